use proto::{
    indicators as pb,
    shared::{self, Disposition},
};
use sha2::{Digest, Sha256};
use tonic::{Code, Status};

use crate::{
    bounds::up_to_august,
    reform::Reform,
    story::{Story, count, definition, fields, item, minh_long, not_arisen, part, share},
};

async fn compare(
    story: &Story,
    reconcile: pb::ReconcileValuesRequest,
) -> Result<pb::ReconcileValuesResponse, Status> {
    let ask = story.receiver.ask(reconcile);
    Ok(story
        .values
        .clone()
        .reconcile_values(ask)
        .await?
        .into_inner())
}

/// The hash as a sender makes it from what it has, knowing nothing but the contract.
fn own_hash(lines: &[&str]) -> String {
    let digest = Sha256::digest(lines.concat());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

#[tokio::test]
async fn a_sender_proves_that_everything_is_here_as_it_was_sent() {
    let story = Story::of_minh_long().await;
    let district = story
        .world
        .person("vien-chuc", "receiver", "tinh-quang-ngai")
        .await;
    let story = Story {
        receiver: district,
        ..story
    };
    story
        .enter(vec![
            item("ty-le-van-ban-dien-tu", share("4817", "5209", "92.4")),
            item("ty-le-ho-so-truc-tuyen", not_arisen()),
            part("chung-thu-so", "gioi-nu", count(52)),
            item("chung-thu-so", count(132)),
        ])
        .await;
    let commune = pb::UpsertIndicatorValuesRequest {
        unit: "units/xa-long-hiep".into(),
        ..minh_long(vec![item("chung-thu-so", count(7))])
    };
    story.upsert(&story.reporter, commune).await.unwrap();
    // Another period counts nothing here.
    story
        .enter_for("2022", item("chung-thu-so", count(200)))
        .await;

    let below = pb::ReconcileValuesRequest {
        scope_unit: "units/tinh-quang-ngai".into(),
        period: "2022-h1".into(),
        ..Default::default()
    };
    let answer = compare(&story, below.clone()).await.unwrap();
    let rows: Vec<_> = answer
        .rows
        .iter()
        .map(|it| (it.unit.as_str(), it.value_count))
        .collect();
    assert_eq!(
        rows,
        [
            ("units/huyen-ba-to", 0),
            ("units/huyen-minh-long", 4),
            ("units/so-tttt", 0),
            ("units/tinh-quang-ngai", 0),
            ("units/xa-long-hiep", 1),
        ]
    );
    let minh_long = own_hash(&[
        "chung-thu-so\t\tcount:132\tEXACT\t\n",
        "chung-thu-so\tgioi-nu\tcount:52\tEXACT\t\n",
        "ty-le-ho-so-truc-tuyen\t\tabsence:NOT_ARISEN\tEXACT\t\n",
        "ty-le-van-ban-dien-tu\t\tratio:4817/5209/92.4\tEXACT\t\n",
    ]);
    assert_eq!(answer.rows[1].sha256, minh_long);
    assert_eq!(answer.rows[0].sha256, own_hash(&[]));

    let mut pages = below;
    pages.page_size = 2;
    let mut paged = Vec::new();
    loop {
        let page = compare(&story, pages.clone()).await.unwrap();
        paged.extend(page.rows);
        if page.next_page_token.is_empty() {
            break;
        }
        pages.page_token = page.next_page_token;
    }
    assert_eq!(paged, answer.rows);

    let named = pb::ReconcileValuesRequest {
        units: vec!["units/xa-long-hiep".into(), "units/huyen-minh-long".into()],
        period: "2022-h1".into(),
        ..Default::default()
    };
    let named = compare(&story, named).await.unwrap();
    assert_eq!(named.rows, [answer.rows[1].clone(), answer.rows[4].clone()]);
}

#[tokio::test]
async fn scores_ranks_and_words_are_taken_completed_and_compared_like_other_figures() {
    let story = Story::of_minh_long().await;
    for (id, kind) in [
        ("diem", pb::ValueKind::Score),
        ("thu-hang", pb::ValueKind::Rank),
        ("kho-khan", pb::ValueKind::Text),
    ] {
        let indicator = pb::Indicator {
            unit_aggregation: pb::Aggregation::None.into(),
            period_aggregation: pb::Aggregation::None.into(),
            ..definition(id, kind)
        };
        story.publish_new(id, indicator).await.unwrap();
    }
    let words = |words: &str| shared::Quantity {
        value: Some(shared::quantity::Value::Words(words.into())),
        ..Default::default()
    };
    let results = story
        .enter(vec![
            item("diem", share("86.5", "100", "")),
            // The same score again, with the share that was published.
            item("diem", share("86.5", "100", "86.5")),
            item("thu-hang", share("7", "13", "")),
            part("kho-khan", "ha-tang", words("Thiếu máy\nở cấp xã")),
            item("kho-khan", count(1)),
        ])
        .await;
    use Disposition::{Created, Rejected, Unchanged};
    let told: Vec<_> = results.iter().map(|it| it.disposition()).collect();
    assert_eq!(told, [Created, Unchanged, Created, Created, Rejected]);

    let reconcile = pb::ReconcileValuesRequest {
        units: vec!["units/huyen-minh-long".into()],
        period: "2022-h1".into(),
        ..Default::default()
    };
    let ask = story.reporter.ask(reconcile);
    let answer = story.values.clone().reconcile_values(ask).await.unwrap();
    let row = answer.into_inner().rows.remove(0);
    let expected = own_hash(&[
        "diem\t\tratio:86.5/100/86.5\tEXACT\t\n",
        "kho-khan\tha-tang\twords:Thiếu máy\\nở cấp xã\tEXACT\t\n",
        "thu-hang\t\tratio:7/13/\tEXACT\t\n",
    ]);
    assert_eq!((row.value_count, row.sha256), (3, expected));
}

#[tokio::test]
async fn who_may_not_read_a_unit_learns_no_count_of_it() {
    let story = Story::of_minh_long().await;
    let sibling = story.world.person("ba-to", "reporter", "huyen-ba-to").await;
    let story = Story {
        receiver: sibling,
        ..story
    };
    let asked = |units: &[&str], scope_unit: &str| pb::ReconcileValuesRequest {
        units: units.iter().map(|it| (*it).into()).collect(),
        scope_unit: scope_unit.into(),
        period: "2022-h1".into(),
        ..Default::default()
    };
    for refused in [
        asked(&["units/huyen-ba-to", "units/huyen-minh-long"], ""),
        asked(&["units/khong-co"], ""),
        asked(&[], "units/tinh-quang-ngai"),
    ] {
        let refused = compare(&story, refused).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
    assert!(
        compare(&story, asked(&[], "units/huyen-ba-to"))
            .await
            .is_ok()
    );
    let why = |field: &str, reason: &str| vec![(field.to_owned(), reason.to_owned())];
    let both = asked(&["units/huyen-ba-to"], "units/huyen-ba-to");
    let both = compare(&story, both).await.unwrap_err();
    assert_eq!(fields(&both), why("scope_unit", "NOT_ALLOWED"));
    let none = compare(&story, asked(&[], "")).await.unwrap_err();
    assert_eq!(fields(&none), why("units", "REQUIRED"));
    let many = compare(&story, asked(&["units/huyen-ba-to"; 201], "")).await;
    assert_eq!(fields(&many.unwrap_err()), why("units", "OUT_OF_RANGE"));
}

#[tokio::test]
async fn a_commune_that_counts_by_the_days_of_one_indicator_alone_is_compared_too() {
    let reform = Reform::begins().await;
    reform
        .define("the-chip", up_to_august("Thẻ căn cước"))
        .await;
    reform
        .enter("the-chip", "xa-minh-long", "2025-h1", count(70))
        .await;
    let ask = async |page_size, page_token: &str| {
        let reconcile = pb::ReconcileValuesRequest {
            scope_unit: "units/tinh-quang-ngai".into(),
            period: "2025-h1".into(),
            page_size,
            page_token: page_token.into(),
            ..Default::default()
        };
        let ask = reform.reporter.ask(reconcile);
        let answer = reform.values.clone().reconcile_values(ask).await;
        answer.unwrap().into_inner()
    };
    let rows = ask(0, "").await.rows;
    let row = rows.iter().find(|it| it.unit == "units/xa-minh-long");
    let row = row.expect("what was accepted is compared");
    let hash = own_hash(&["the-chip\t\tcount:70\tEXACT\t\n"]);
    assert_eq!((row.value_count, &row.sha256), (1, &hash));
    // The other new communes have no figures, and no day that usually counts.
    assert!(rows.iter().all(|it| it.unit != "units/xa-son-mai"));
    assert!(rows.is_sorted_by_key(|it| it.unit.clone()));
    let first = ask(3, "").await;
    let rest = ask(100, &first.next_page_token).await;
    assert_eq!([first.rows, rest.rows].concat(), rows);
}
