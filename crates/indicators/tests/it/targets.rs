//! What units have to reach, and whether they have.

use proto::{indicators as pb, shared};
use tonic::{Code, Status};

use crate::story::{Story, count, definition, derived, fields, item, reason, share, stated};

const NAME: &str = "indicators/ty-le/targets/huyen-minh-long.2022-h1";

/// Files that came online, of all that were received; more is better.
async fn of_online_files() -> Story {
    let story = Story::begins().await;
    let indicator = pb::Indicator {
        direction: pb::Direction::HigherIsBetter.into(),
        ..definition("Tỷ lệ hồ sơ trực tuyến", pb::ValueKind::Ratio)
    };
    story.publish_new("ty-le", indicator).await.unwrap();
    story
}

fn fifty(period: &str) -> pb::Target {
    pb::Target {
        unit: "units/huyen-minh-long".into(),
        period: period.into(),
        quantity: Some(stated("50")),
        document_number: "1234/QĐ-UBND".into(),
        document_date: "2022-01-15".into(),
        ..Default::default()
    }
}

async fn set(story: &Story, indicator: &str, target: pb::Target) -> Result<pb::Target, Status> {
    let create = pb::CreateTargetRequest {
        parent: format!("indicators/{indicator}"),
        target: Some(target),
        ..Default::default()
    };
    let asked = story.receiver.ask(create);
    Ok(story
        .targets
        .clone()
        .create_target(asked)
        .await?
        .into_inner())
}

async fn judged(story: &Story, name: &str) -> pb::EvaluateTargetResponse {
    let asked = story
        .reporter
        .ask(pb::EvaluateTargetRequest { name: name.into() });
    let answer = story.targets.clone().evaluate_target(asked).await;
    answer.unwrap().into_inner()
}

async fn delete(story: &Story, etag: &str) -> Result<(), Status> {
    let delete = pb::DeleteTargetRequest {
        name: NAME.into(),
        reason: "Giao lại".into(),
        etag: etag.into(),
        ..Default::default()
    };
    let asked = story.receiver.ask(delete);
    story.targets.clone().delete_target(asked).await.map(|_| ())
}

async fn history(story: &Story) -> Vec<pb::TargetRevision> {
    let list = pb::ListTargetRevisionsRequest {
        parent: NAME.into(),
        ..Default::default()
    };
    let asked = story.reporter.ask(list);
    let answer = story.targets.clone().list_target_revisions(asked).await;
    answer.unwrap().into_inner().revisions
}

#[tokio::test]
async fn online_files_reach_fifty_percent_by_ten_points() {
    let story = of_online_files().await;
    let target = set(&story, "ty-le", fifty("2022-h1")).await.unwrap();
    assert_eq!(target.name, NAME);
    assert_eq!(target.quantity.as_ref().unwrap().text_vi, "50%");
    // The days of the first half ended on 14 June; it is 24 June.
    let none = judged(&story, NAME).await;
    assert_eq!(none.standing(), pb::TargetStanding::NoValue);
    assert_eq!(
        (none.quantity, none.last_date.as_str()),
        (None, "2022-06-14")
    );
    let results = story
        .enter(vec![item("ty-le", share("9475", "15684", ""))])
        .await;
    assert!(results[0].issues.is_empty());
    let reached = judged(&story, NAME).await;
    assert_eq!(reached.standing(), pb::TargetStanding::Achieved);
    assert_eq!(reached.distance_points, "10.41");
    assert_eq!(reached.distance, "");
    assert_eq!(reached.quantity.unwrap().text_vi, "60,41%");
    assert_eq!(reached.target, Some(target));
}

#[tokio::test]
async fn a_period_that_is_not_over_is_not_due_and_a_derived_figure_is_judged_too() {
    let story = of_online_files().await;
    set(&story, "ty-le", fifty("2022")).await.unwrap();
    let year = judged(&story, "indicators/ty-le/targets/huyen-minh-long.2022").await;
    assert_eq!(year.standing(), pb::TargetStanding::NotDue);

    let better = |indicator| pb::Indicator {
        direction: pb::Direction::LowerIsBetter.into(),
        ..indicator
    };
    let late = better(definition("Hồ sơ trễ hạn", pb::ValueKind::Count));
    story.publish_new("tre-han", late).await.unwrap();
    let double = better(derived(pb::ValueKind::Count, "[tre-han] * 2"));
    story.publish_new("gap-doi", double).await.unwrap();
    let most = pb::Target {
        quantity: Some(count(10)),
        ..fifty("2022-h1")
    };
    set(&story, "gap-doi", most).await.unwrap();
    story.enter(vec![item("tre-han", count(6))]).await;
    let name = "indicators/gap-doi/targets/huyen-minh-long.2022-h1";
    let missed = judged(&story, name).await;
    assert_eq!(missed.standing(), pb::TargetStanding::NotAchieved);
    assert_eq!(
        (missed.distance.as_str(), missed.distance_points.as_str()),
        ("-2", "")
    );
}

#[tokio::test]
async fn a_figure_that_is_a_bound_decides_only_what_it_says() {
    use proto::shared::Qualifier::{About, LessThan, MoreThan};
    let story = of_online_files().await;
    set(&story, "ty-le", fifty("2022-h1")).await.unwrap();
    for (qualifier, percent, text, standing) in [
        (MoreThan, "50", "trên 50%", pb::TargetStanding::Achieved),
        (LessThan, "50", "dưới 50%", pb::TargetStanding::NotAchieved),
        (LessThan, "60", "dưới 60%", pb::TargetStanding::NotDecided),
        (About, "50", "khoảng 50%", pb::TargetStanding::NotDecided),
    ] {
        let quantity = shared::Quantity {
            qualifier: qualifier.into(),
            ..stated(percent)
        };
        let results = story.enter(vec![item("ty-le", quantity)]).await;
        assert_ne!(results[0].disposition(), shared::Disposition::Rejected);
        let judged = judged(&story, NAME).await;
        assert_eq!(judged.standing(), standing, "{text}");
        assert_eq!(judged.quantity.unwrap().text_vi, text);
    }
}

#[tokio::test]
async fn every_change_of_a_target_stays_readable_with_its_reason() {
    let story = of_online_files().await;
    let first = set(&story, "ty-le", fifty("2022-h1")).await.unwrap();
    let taken = set(&story, "ty-le", fifty("2022-h1")).await.unwrap_err();
    assert_eq!(reason(&taken), "TARGET_EXISTS");
    let update = |etag: &str, why: &str| {
        let update = pb::UpdateTargetRequest {
            target: Some(pb::Target {
                name: NAME.into(),
                quantity: Some(stated("60")),
                ..Default::default()
            }),
            reason: why.into(),
            etag: etag.into(),
            ..Default::default()
        };
        let asked = story.receiver.ask(update);
        let mut targets = story.targets.clone();
        async move { targets.update_target(asked).await }
    };
    let refused = update(&first.etag, "").await.unwrap_err();
    assert_eq!(fields(&refused)[0].0, "reason");
    let second = update(&first.etag, "Điều chỉnh kế hoạch").await;
    let second = second.unwrap().into_inner();
    assert_eq!((second.revision, second.etag.as_str()), (2, "\"v2\""));
    assert_eq!(second.document_number, "1234/QĐ-UBND");
    let stale = update(&first.etag, "Điều chỉnh kế hoạch").await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");

    delete(&story, &second.etag).await.unwrap();
    let gone = pb::GetTargetRequest { name: NAME.into() };
    let gone = story
        .targets
        .clone()
        .get_target(story.reporter.ask(gone))
        .await;
    assert_eq!(reason(&gone.unwrap_err()), "TARGET_NOT_FOUND");
    let again = set(&story, "ty-le", fifty("2022-h1")).await.unwrap();
    assert_eq!(again.revision, 4);
    let told: Vec<_> = history(&story)
        .await
        .into_iter()
        .map(|it| (it.snapshot.unwrap().revision, it.deleted, it.reason))
        .collect();
    let row = |revision, deleted, reason: &str| (revision, deleted, reason.to_owned());
    assert_eq!(
        told,
        [
            row(4, false, ""),
            row(3, true, "Giao lại"),
            row(2, false, "Điều chỉnh kế hoạch"),
            row(1, false, ""),
        ],
    );
}

#[tokio::test]
async fn a_target_fits_an_indicator_that_can_be_reached() {
    let story = of_online_files().await;
    let wrong = pb::Target {
        quantity: Some(count(50)),
        ..fifty("2022-h1")
    };
    let refused = set(&story, "ty-le", wrong).await.unwrap_err();
    let why = (
        "target.quantity".to_owned(),
        "VALUE_KIND_MISMATCH".to_owned(),
    );
    assert_eq!(fields(&refused), [why]);
    let absent = pb::Target {
        quantity: Some(shared::Quantity {
            absence: shared::Absence::NotArisen.into(),
            ..Default::default()
        }),
        ..fifty("2022-h1")
    };
    let refused = set(&story, "ty-le", absent).await.unwrap_err();
    assert_eq!(fields(&refused)[0].1, "VALUE_KIND_MISMATCH");
    let refused = set(&story, "ty-le", fifty("2021")).await.unwrap_err();
    assert_eq!(reason(&refused), "INDICATOR_NOT_IN_FORCE");
    let neutral = definition("Dân số", pb::ValueKind::Ratio);
    story.publish_new("dan-so", neutral).await.unwrap();
    let refused = set(&story, "dan-so", fifty("2022-h1")).await.unwrap_err();
    assert_eq!(reason(&refused), "TARGET_NEEDS_DIRECTION");
    let words = pb::Indicator {
        unit_aggregation: pb::Aggregation::None.into(),
        ..definition("Đánh giá", pb::ValueKind::Text)
    };
    story.publish_new("danh-gia", words).await.unwrap();
    let refused = set(&story, "danh-gia", fifty("2022-h1")).await.unwrap_err();
    assert_eq!(reason(&refused), "TARGET_NOT_MEASURED");
    let refused = set(&story, "ty-le", pb::Target::default())
        .await
        .unwrap_err();
    let told: Vec<_> = fields(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(
        told,
        [
            "target.unit",
            "target.period",
            "target.quantity",
            "target.document_number",
            "target.document_date",
        ],
    );
}

#[tokio::test]
async fn a_unit_reads_its_own_targets_and_the_owner_reads_and_sets_all() {
    let story = of_online_files().await;
    set(&story, "ty-le", fifty("2022-h1")).await.unwrap();
    set(&story, "ty-le", fifty("2022")).await.unwrap();
    let elsewhere = pb::Target {
        unit: "units/huyen-ba-to".into(),
        ..fifty("2022-h1")
    };
    set(&story, "ty-le", elsewhere).await.unwrap();
    let list = |parent: &str, unit: &str, page_size| pb::ListTargetsRequest {
        parent: parent.into(),
        unit: unit.into(),
        page_size,
        ..Default::default()
    };
    let mut targets = story.targets.clone();
    let own = list("indicators/-", "units/huyen-minh-long", 0);
    let own = targets.list_targets(story.reporter.ask(own)).await.unwrap();
    assert_eq!(own.into_inner().targets.len(), 2);
    let mut all = list("indicators/ty-le", "", 2);
    let first = targets.list_targets(story.receiver.ask(all.clone()));
    let first = first.await.unwrap().into_inner();
    all.page_token = first.next_page_token;
    let second = targets.list_targets(story.receiver.ask(all.clone()));
    let second = second.await.unwrap().into_inner();
    let pages = first.targets.iter().chain(&second.targets);
    let names: Vec<_> = pages.map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "indicators/ty-le/targets/huyen-ba-to.2022-h1",
            "indicators/ty-le/targets/huyen-minh-long.2022",
            NAME,
        ],
    );
    let refused = [
        targets
            .list_targets(story.reporter.ask(list("indicators/ty-le", "", 0)))
            .await
            .unwrap_err(),
        targets
            .list_targets(
                story
                    .reporter
                    .ask(list("indicators/-", "units/huyen-ba-to", 0)),
            )
            .await
            .unwrap_err(),
        targets
            .create_target(story.reporter.ask(pb::CreateTargetRequest {
                parent: "indicators/ty-le".into(),
                target: Some(fifty("2022-q1")),
                ..Default::default()
            }))
            .await
            .unwrap_err(),
    ];
    assert!(refused.iter().all(|it| it.code() == Code::PermissionDenied));
    let nowhere = list("indicators/-", "", 0);
    let refused = targets.list_targets(story.receiver.ask(nowhere)).await;
    assert_eq!(fields(&refused.unwrap_err())[0].0, "unit");
}

#[tokio::test]
async fn a_unit_gets_a_target_for_a_period_it_existed_in() {
    let story = of_online_files().await;
    let refused = set(&story, "ty-le", fifty("2021-h1")).await.unwrap_err();
    // The indicator counts from 2022 on, and so does the district.
    assert_eq!(reason(&refused), "INDICATOR_NOT_IN_FORCE");
    let indicator = pb::Indicator {
        direction: pb::Direction::HigherIsBetter.into(),
        ..definition("Tỷ lệ từ lâu", pb::ValueKind::Ratio)
    };
    let create = pb::CreateIndicatorRequest {
        indicator: Some(indicator),
        indicator_id: "tu-lau".into(),
        ..Default::default()
    };
    story.create(&story.receiver, create).await.unwrap();
    story.publish("tu-lau", "2017").await.unwrap();
    let refused = set(&story, "tu-lau", fifty("2020-h1")).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "UNIT_NOT_IN_FORCE")
    );
    // Its first day lies in the days that the first half counts.
    set(&story, "tu-lau", fifty("2022-h1")).await.unwrap();
    let nowhere = pb::Target {
        unit: "units/huyen-khong-co".into(),
        ..fifty("2022-h1")
    };
    let refused = set(&story, "tu-lau", nowhere).await.unwrap_err();
    assert_eq!(
        fields(&refused),
        [("target.unit".into(), "REFERENCE_NOT_FOUND".into())]
    );
}
