use proto::{
    directory::{self as pb, unit_service_client::UnitServiceClient},
    shared::Validity,
};
use testkit::World;
use tonic::Code;
use tonic_types::StatusExt;

fn validity(start_date: &str, end_date: &str) -> Option<Validity> {
    Some(Validity {
        start_date: start_date.into(),
        end_date: end_date.into(),
    })
}

fn commune(id: &str, display_name: &str) -> pb::CreateUnitRequest {
    pb::CreateUnitRequest {
        unit_id: id.into(),
        unit: Some(pb::Unit {
            display_name: display_name.into(),
            kind: pb::UnitKind::Commune.into(),
            parent_unit: "units/huyen-minh-long".into(),
            validity: validity("2022-01-01", ""),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn with_code(mut request: pb::CreateUnitRequest, value: &str) -> pb::CreateUnitRequest {
    let unit = request.unit.as_mut().unwrap();
    let code = pb::Identifier {
        scheme: "gso".into(),
        value: value.into(),
        validity: unit.validity.clone(),
    };
    unit.identifiers.push(code);
    request
}

#[tokio::test]
async fn an_id_is_taken_once() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let long_mai = commune("xa-long-mai", "UBND xã Long Mai");
    units
        .create_unit(world.administrator.ask(long_mai.clone()))
        .await
        .unwrap();
    let again = units
        .create_unit(world.administrator.ask(long_mai))
        .await
        .unwrap_err();
    assert_eq!(again.code(), Code::AlreadyExists);
    assert_eq!(
        again.get_error_details().error_info().unwrap().reason,
        "UNIT_EXISTS"
    );
}

#[tokio::test]
async fn the_same_request_id_gives_the_same_answer_and_other_content_is_refused() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let mut request = commune("xa-long-mai", "UBND xã Long Mai");
    request.request_id = uuid::Uuid::new_v4().to_string();
    let first = units
        .create_unit(world.administrator.ask(request.clone()))
        .await
        .unwrap();
    let again = units
        .create_unit(world.administrator.ask(request.clone()))
        .await
        .unwrap();
    assert_eq!(first.into_inner(), again.into_inner());
    request.unit_id = "xa-long-son".into();
    let other = units
        .create_unit(world.administrator.ask(request))
        .await
        .unwrap_err();
    assert_eq!(
        other.get_error_details().error_info().unwrap().reason,
        "REQUEST_ID_REUSED"
    );
}

#[tokio::test]
async fn a_unit_is_read_as_it_was_on_a_day() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let mut request = commune("xa-long-mai", "UBND xã Long Mai");
    request.unit.as_mut().unwrap().validity = validity("2022-01-01", "2025-07-01");
    units
        .create_unit(world.administrator.ask(with_code(request, "21352")))
        .await
        .unwrap();
    let mut on = async |day: &str| {
        let get = pb::GetUnitRequest {
            name: "units/xa-long-mai".into(),
            as_of_date: day.into(),
        };
        units.get_unit(world.administrator.ask(get)).await
    };
    let unit = on("2025-06-30").await.unwrap().into_inner();
    assert_eq!(unit.identifiers[0].value, "21352");
    assert_eq!(unit.parent_unit, "units/huyen-minh-long");
    assert_eq!(on("2025-07-01").await.unwrap_err().code(), Code::NotFound);
    assert_eq!(on("2021-12-31").await.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_code_is_borne_by_one_unit_at_a_time() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let first = with_code(commune("xa-long-mai", "UBND xã Long Mai"), "21352");
    units
        .create_unit(world.administrator.ask(first))
        .await
        .unwrap();
    let second = with_code(commune("xa-long-son", "UBND xã Long Sơn"), "21352");
    let refused = units
        .create_unit(world.administrator.ask(second))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let details = refused.get_error_details();
    assert_eq!(details.error_info().unwrap().reason, "IDENTIFIER_TAKEN");
    assert!(
        details
            .localized_message()
            .unwrap()
            .message
            .contains("units/xa-long-mai")
    );
}

#[tokio::test]
async fn every_bad_field_is_told_at_once_in_both_languages() {
    let world = World::new().await;
    let request = pb::CreateUnitRequest {
        unit_id: "Xã Long Mai".into(),
        unit: Some(pb::Unit {
            parent_unit: "huyen-minh-long".into(),
            validity: validity("30/6/2025", ""),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut units = UnitServiceClient::new(world.directory());
    let refused = units
        .create_unit(world.administrator.ask(request))
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "unit_id",
            "unit.kind",
            "unit.validity.start_date",
            "unit.parent_unit",
            "unit.display_name",
        ],
    );
    assert!(violations.iter().all(|it| it.localized_message.is_some()));
}

#[tokio::test]
async fn the_subtree_is_listed_page_by_page_and_a_token_fits_only_its_list() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let mut list = pb::ListUnitsRequest {
        ancestor_unit: "units/tinh-quang-ngai".into(),
        page_size: 3,
        ..Default::default()
    };
    let first = units
        .list_units(world.administrator.ask(list.clone()))
        .await
        .unwrap()
        .into_inner();
    let names: Vec<_> = first.units.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "units/huyen-ba-to",
            "units/huyen-minh-long",
            "units/so-tttt"
        ]
    );
    list.page_token = first.next_page_token;
    let second = units
        .list_units(world.administrator.ask(list.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(second.units[0].name, "units/xa-long-hiep");
    assert_eq!(second.next_page_token, "");
    list.children_only = true;
    let refused = units
        .list_units(world.administrator.ask(list))
        .await
        .unwrap_err();
    assert_eq!(
        refused.get_error_details().error_info().unwrap().reason,
        "PAGE_TOKEN_INVALID"
    );
}

#[tokio::test]
async fn who_may_not_see_a_unit_does_not_learn_whether_it_exists() {
    let world = World::new().await;
    let viewer = world.person("nguoi-xem", "viewer", "huyen-minh-long").await;
    let mut units = UnitServiceClient::new(world.directory());
    let mut get = async |name: &str| {
        let get = pb::GetUnitRequest {
            name: name.into(),
            ..Default::default()
        };
        units.get_unit(viewer.ask(get)).await
    };
    assert!(get("units/xa-long-hiep").await.is_ok());
    let hidden = get("units/huyen-ba-to").await.unwrap_err();
    let absent = get("units/khong-co").await.unwrap_err();
    assert_eq!(hidden.code(), Code::PermissionDenied);
    assert_eq!(hidden.message(), absent.message());
    assert_eq!(hidden.details(), absent.details());
}

#[tokio::test]
async fn agencies_of_every_kind_report_and_their_codes_have_the_form_of_their_scheme() {
    let world = World::new().await;
    let mut units = UnitServiceClient::new(world.directory());
    let kinds = [
        ("benh-vien", pb::UnitKind::PublicService),
        ("ban-to-chuc", pb::UnitKind::PartyOrgan),
        ("hoi-nong-dan", pb::UnitKind::Other),
    ];
    for (id, kind) in kinds {
        let mut create = commune(id, "Đơn vị");
        create.unit.as_mut().unwrap().kind = kind.into();
        let made = units.create_unit(world.administrator.ask(create)).await;
        let list = pb::ListUnitsRequest {
            kind: kind.into(),
            ..Default::default()
        };
        let listed = units.list_units(world.administrator.ask(list)).await;
        let listed = listed.unwrap().into_inner().units;
        assert_eq!(listed, [made.unwrap().into_inner()]);
    }

    let mut create = commune("xa-long-mai", "UBND xã Long Mai");
    let unit = create.unit.as_mut().unwrap();
    for (scheme, value) in [
        ("gso", "2135x"),
        ("qd20-2020", "000.00.53.H48"),
        ("qcvn102", "H48.53"),
        ("ma-noi-bo", "Xã/Long Mai"),
    ] {
        unit.identifiers.push(pb::Identifier {
            scheme: scheme.into(),
            value: value.into(),
            validity: unit.validity.clone(),
        });
    }
    let refused = units.create_unit(world.administrator.ask(create)).await;
    let details = refused.unwrap_err().get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let fields: Vec<_> = violations.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(
        fields,
        [0, 1, 2].map(|it| format!("unit.identifiers[{it}].value"))
    );
    assert!(violations.iter().all(|it| it.localized_message.is_some()));
}
