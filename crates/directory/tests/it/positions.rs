//! Posts: who heads a unit, who signs, and until when.

use proto::directory::{self as pb, user_service_client::UserServiceClient};
use testkit::{Person, World};
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::refresh::reason;

pub(crate) fn validity(start: &str, end: &str) -> Option<proto::shared::Validity> {
    Some(proto::shared::Validity {
        start_date: start.into(),
        end_date: end.into(),
    })
}

/// A post of a person from the beginning of 2022 on.
pub(crate) fn post(person: &Person, title: &str) -> pb::Position {
    pb::Position {
        user: person.name.clone(),
        title: title.into(),
        validity: validity("2022-01-01", ""),
        ..Default::default()
    }
}

pub(crate) async fn create(
    world: &World,
    unit: &str,
    id: &str,
    position: pb::Position,
) -> Result<pb::Position, Status> {
    let create = pb::CreatePositionRequest {
        parent: format!("units/{unit}"),
        position_id: id.into(),
        position: Some(position),
        ..Default::default()
    };
    let mut users = UserServiceClient::new(world.directory());
    let created = users.create_position(world.administrator.ask(create)).await;
    Ok(created?.into_inner())
}

pub(crate) async fn end(
    world: &World,
    by: &Person,
    position: &pb::Position,
    end_date: &str,
) -> Result<pb::Position, Status> {
    let end = pb::EndPositionRequest {
        name: position.name.clone(),
        end_date: end_date.into(),
        reason: "điều động".into(),
        etag: position.etag.clone(),
        ..Default::default()
    };
    let mut users = UserServiceClient::new(world.directory());
    Ok(users.end_position(by.ask(end)).await?.into_inner())
}

async fn held(world: &World, unit: &str, day: &str) -> Vec<String> {
    let list = pb::ListPositionsRequest {
        parent: format!("units/{unit}"),
        as_of_date: day.into(),
        ..Default::default()
    };
    let listed = UserServiceClient::new(world.directory())
        .list_positions(world.administrator.ask(list))
        .await
        .unwrap()
        .into_inner();
    listed.positions.into_iter().map(|it| it.name).collect()
}

pub(crate) fn violations(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let bad = details.bad_request().unwrap();
    bad.field_violations
        .iter()
        .map(|it| (it.field.clone(), it.reason.clone()))
        .collect()
}

#[tokio::test]
async fn lines_are_made_from_form_and_title_where_only_one_reading_is_possible() {
    let world = World::new().await;
    let person = world.person("lanh-dao", "leader", "huyen-minh-long").await;
    let head = pb::Position {
        is_head: true,
        can_sign: true,
        signing_form: pb::SigningForm::Tm.into(),
        ..post(&person, "Chủ tịch")
    };
    let head = create(&world, "huyen-minh-long", "chu-tich", head).await;
    let head = head.unwrap();
    assert_eq!(head.signing_lines, ["TM. ỦY BAN NHÂN DÂN", "CHỦ TỊCH"]);
    assert!(head.is_head && head.can_sign && !head.etag.is_empty());
    let by_order = pb::Position {
        can_sign: true,
        signing_form: pb::SigningForm::Tl.into(),
        ..post(&person, "Chánh Văn phòng")
    };
    let by_order = create(&world, "huyen-minh-long", "chanh-van-phong", by_order).await;
    let by_order = by_order.unwrap();
    assert_eq!(by_order.signing_lines, ["TL. CHỦ TỊCH", "CHÁNH VĂN PHÒNG"]);
    // Nobody heads the commune, so nobody knows whose order it would be.
    let unclear = pb::Position {
        can_sign: true,
        signing_form: pb::SigningForm::Tl.into(),
        ..post(&person, "Chánh Văn phòng")
    };
    let refused = create(&world, "xa-long-hiep", "chanh-van-phong", unclear).await;
    let expected = (
        "position.signing_lines".into(),
        "SIGNING_LINES_UNCLEAR".into(),
    );
    assert_eq!(violations(&refused.unwrap_err()), [expected]);
}

#[tokio::test]
async fn form_lines_and_whether_a_post_signs_have_to_agree() {
    let world = World::new().await;
    let person = world.person("lanh-dao", "leader", "huyen-minh-long").await;
    let lines = || vec!["KT. CHỦ TỊCH".to_owned(), "PHÓ CHỦ TỊCH".to_owned()];
    let seed = pb::Position {
        can_sign: true,
        signing_lines: lines(),
        ..post(&person, "Phó Chủ tịch")
    };
    let made = create(&world, "huyen-minh-long", "pho-chu-tich", seed.clone()).await;
    let made = made.unwrap();
    assert_eq!(made.signing_form(), pb::SigningForm::Kt);
    assert_eq!(made.signing_lines, lines());
    let clerk = create(
        &world,
        "huyen-minh-long",
        "van-thu",
        post(&person, "Văn thư"),
    )
    .await;
    assert!(!clerk.unwrap().can_sign);
    let lines_without = pb::Position {
        can_sign: false,
        ..seed.clone()
    };
    let other_form = pb::Position {
        signing_form: pb::SigningForm::Tm.into(),
        ..seed.clone()
    };
    let no_form = pb::Position {
        signing_form: 77,
        ..seed.clone()
    };
    let without_end = pb::Position {
        can_sign: true,
        signing_form: pb::SigningForm::Tuq.into(),
        ..post(&person, "Trưởng phòng")
    };
    let cases = [
        (lines_without, "position.signing_lines", "NOT_ALLOWED"),
        (other_form, "position.signing_form", "DOES_NOT_FIT"),
        (no_form, "position.signing_form", "OUT_OF_RANGE"),
        (without_end, "position.validity.end_date", "REQUIRED"),
    ];
    for (position, field, why) in cases {
        let refused = create(&world, "huyen-minh-long", "x", position).await;
        let found = violations(&refused.unwrap_err());
        assert_eq!(found[0].0, field);
        assert_eq!(found[0].1, why);
    }
}

#[tokio::test]
async fn a_unit_has_one_head_at_a_time_and_a_person_several_posts() {
    let world = World::new().await;
    let one = world.person("mot", "leader", "so-tttt").await;
    let other = world.person("hai", "leader", "so-tttt").await;
    let head = |person: &Person, start: &str| pb::Position {
        is_head: true,
        can_sign: true,
        validity: validity(start, ""),
        ..post(person, "Giám đốc")
    };
    let first = create(&world, "so-tttt", "giam-doc-1", head(&one, "2022-01-01")).await;
    let first = first.unwrap();
    assert_eq!(first.signing_lines, ["GIÁM ĐỐC"]);
    let refused = create(&world, "so-tttt", "giam-doc-2", head(&other, "2022-07-01")).await;
    assert_eq!(reason(&refused.unwrap_err()), "TWO_HEADS");
    // The same person may well head two units, and hold a second post in one.
    create(&world, "huyen-ba-to", "truong-ban", {
        pb::Position {
            can_sign: false,
            ..head(&one, "2022-01-01")
        }
    })
    .await
    .unwrap();
    create(&world, "so-tttt", "uy-vien", post(&one, "Ủy viên"))
        .await
        .unwrap();
    end(&world, &world.administrator, &first, "2022-07-01")
        .await
        .unwrap();
    create(&world, "so-tttt", "giam-doc-2", head(&other, "2022-07-01"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_heads_made_at_the_same_time_one_is_refused() {
    let world = World::new().await;
    let person = world.person("mot", "leader", "so-tttt").await;
    let head = || pb::Position {
        is_head: true,
        can_sign: true,
        ..post(&person, "Giám đốc")
    };
    let (one, two) = tokio::join!(
        create(&world, "so-tttt", "giam-doc-1", head()),
        create(&world, "so-tttt", "giam-doc-2", head()),
    );
    let refused = match (one, two) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("{both:?}"),
    };
    assert_eq!(reason(&refused), "TWO_HEADS");
}

#[tokio::test]
async fn a_post_ends_on_a_day_with_a_reason_and_is_not_made_longer_by_it() {
    let world = World::new().await;
    let person = world.person("lanh-dao", "leader", "huyen-minh-long").await;
    let unit = "huyen-minh-long";
    let made = create(&world, unit, "van-thu", post(&person, "Văn thư")).await;
    let made = made.unwrap();
    let ended = end(&world, &world.administrator, &made, "2022-07-01").await;
    let ended = ended.unwrap();
    assert_eq!(ended.end_reason, "điều động");
    assert_eq!(ended.validity.as_ref().unwrap().end_date, "2022-07-01");
    assert_eq!(
        held(&world, unit, "2022-06-30").await,
        std::slice::from_ref(&made.name)
    );
    assert!(held(&world, unit, "2022-07-01").await.is_empty());
    let stale = end(&world, &world.administrator, &made, "2022-06-01").await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
    for day in ["2022-08-01", "2022-07-01", "2022-01-01"] {
        let refused = end(&world, &world.administrator, &ended, day).await;
        assert_eq!(reason(&refused.unwrap_err()), "END_NOT_EARLIER", "{day}");
    }
    let nothing = pb::Position {
        name: "units/huyen-minh-long/positions/khong-co".into(),
        ..ended.clone()
    };
    let missing = end(&world, &world.administrator, &nothing, "2022-07-01").await;
    assert_eq!(missing.unwrap_err().code(), Code::NotFound);
    let empty = end(&world, &world.administrator, &ended, "").await;
    let expected = ("end_date".into(), "REQUIRED".into());
    assert_eq!(violations(&empty.unwrap_err()), [expected]);
    let refused = end(&world, &person, &ended, "2022-06-01")
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
}
