use prost_types::FieldMask;

use super::*;

fn mask(paths: &[&str]) -> Option<FieldMask> {
    Some(FieldMask {
        paths: paths.iter().map(|it| (*it).to_owned()).collect(),
    })
}

async fn update(
    office: &Office,
    project: pb::Project,
    paths: &[&str],
) -> Result<pb::Project, Status> {
    let update = pb::UpdateProjectRequest {
        etag: project.etag.clone(),
        project: Some(project),
        update_mask: mask(paths),
        ..Default::default()
    };
    let answer = office
        .projects
        .clone()
        .update_project(office.reporter.ask(update))
        .await;
    answer.map(tonic::Response::into_inner)
}

#[tokio::test]
async fn the_fields_that_are_named_change_and_the_others_stay() {
    let office = Office::open().await;
    let before = pb::Project {
        objective: "Giảm văn bản giấy".into(),
        program: "Chương trình chuyển đổi số tỉnh".into(),
        partner_units: vec!["units/so-tttt".into(), "units/xa-long-hiep".into()],
        indicators: vec!["indicators/ty-le-trao-doi-van-ban".into()],
        deadline_text: "20 ngày sau khi được cấp kinh phí".into(),
        estimated_amount_vnd: Some(368_000_000),
        funding_kind: pb::FundingKind::Recurrent.into(),
        ..task("Triển khai phòng họp không giấy")
    };
    let before = office.create_project("hop", before).await.unwrap();
    let sent = pb::Project {
        display_name: "Phòng họp không giấy".into(),
        objective: "không đổi".into(),
        ..before.clone()
    };
    let after = update(&office, sent, &["display_name", "state"])
        .await
        .unwrap();
    assert_eq!(after.display_name, "Phòng họp không giấy");
    assert_ne!(after.etag, before.etag);
    let same = pb::Project {
        display_name: before.display_name.clone(),
        etag: before.etag.clone(),
        update_time: before.update_time,
        ..after.clone()
    };
    assert_eq!(same, before);

    // Emptied by name; without a mask what is set counts.
    let emptied = pb::Project {
        program: String::new(),
        partner_units: Vec::new(),
        estimated_amount_vnd: None,
        ..after
    };
    let paths = ["program", "partner_units", "estimated_amount_vnd"];
    let emptied = update(&office, emptied, &paths).await.unwrap();
    assert_eq!(
        (emptied.program.as_str(), emptied.partner_units.len()),
        ("", 0)
    );
    assert_eq!(emptied.estimated_amount_vnd, None);
    let only = pb::Project {
        name: emptied.name.clone(),
        code: "ML-01".into(),
        etag: emptied.etag.clone(),
        ..Default::default()
    };
    let set = update(&office, only, &[]).await.unwrap();
    assert_eq!(
        (set.code.as_str(), set.display_name.as_str()),
        ("ML-01", "Phòng họp không giấy")
    );
    assert_eq!(office.get_project(&set.name).await, set);
}

#[tokio::test]
async fn an_update_of_what_moved_on_or_of_what_is_fixed_is_refused() {
    let office = Office::open().await;
    let project = office.task("a", "A").await;
    office.task("b", "B").await;
    let stale = pb::Project {
        etag: "\"v9\"".into(),
        ..project.clone()
    };
    assert_eq!(
        refusal(update(&office, stale, &["code"]).await).1,
        "ETAG_MISMATCH"
    );
    let elsewhere = pb::Project {
        owner_unit: "units/huyen-ba-to".into(),
        ..project.clone()
    };
    let moved = update(&office, elsewhere, &["owner_unit"]).await;
    assert_eq!(bad_fields(moved), ["project.owner_unit"]);
    let unknown = update(&office, project.clone(), &["budget"]).await;
    assert_eq!(bad_fields(unknown), ["update_mask"]);
    let second = pb::Project {
        ordinal: 2,
        ..project.clone()
    };
    let taken = update(&office, second, &["ordinal"]).await;
    assert_eq!(refusal(taken).1, "PROJECT_ORDINAL_EXISTS");
    let third = pb::Project {
        ordinal: 3,
        ..project
    };
    assert_eq!(
        update(&office, third, &["ordinal"]).await.unwrap().ordinal,
        3
    );
}

#[tokio::test]
async fn bad_content_is_named_field_by_field() {
    let office = Office::open().await;
    let bad = pb::Project {
        partner_units: vec![
            "units/so-tttt".into(),
            "so-tttt".into(),
            "units/so-tttt".into(),
        ],
        plan_start_date: "2022-12-01".into(),
        plan_end_date: "2022-11-30".into(),
        indicators: vec!["units/so-tttt".into()],
        legal_instrument: "legalInstruments/nd-1-1999".into(),
        estimated_amount_vnd: Some(-1),
        completion_method: pb::CompletionMethod::Quantity.into(),
        program: "x".repeat(501),
        ..task("A")
    };
    let expected = [
        "project.program",
        "project.legal_instrument",
        "project.partner_units[1]",
        "project.partner_units[2]",
        "project.plan_end_date",
        "project.indicators[0]",
        "project.estimated_amount_vnd",
        "project.planned_quantity",
    ];
    assert_eq!(bad_fields(office.create_project("a", bad).await), expected);
    let nobody = pb::Project {
        partner_units: vec!["units/so-tttt".into(), "units/khong-co".into()],
        ..task("A")
    };
    assert_eq!(
        bad_fields(office.create_project("a", nobody).await),
        ["project.partner_units[1]"]
    );
    let many = pb::Project {
        indicators: (0..51)
            .map(|it| format!("indicators/chi-tieu-{it}"))
            .collect(),
        ..task("A")
    };
    assert_eq!(
        bad_fields(office.create_project("a", many).await),
        ["project.indicators"]
    );
    // The largest amount there is can be kept.
    let most = pb::Project {
        estimated_amount_vnd: Some(i64::MAX),
        ..task("A")
    };
    let most = office.create_project("a", most).await.unwrap();
    assert_eq!(most.estimated_amount_vnd, Some(i64::MAX));
}
