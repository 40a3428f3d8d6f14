use proto::indicators as pb;
use tonic::Code;

use crate::story::{Story, definition, fields, reason};

async fn list(story: &Story, list: pb::ListIndicatorsRequest) -> pb::ListIndicatorsResponse {
    let asked = story.reporter.ask(list);
    story
        .indicators
        .clone()
        .list_indicators(asked)
        .await
        .unwrap()
        .into_inner()
}

fn names(response: &pb::ListIndicatorsResponse) -> Vec<&str> {
    response
        .indicators
        .iter()
        .map(|it| it.name.as_str())
        .collect()
}

#[tokio::test]
async fn the_department_defines_what_is_counted_and_everybody_reads_it() {
    let story = Story::begins().await;
    let create = pb::CreateIndicatorRequest {
        indicator: Some(pb::Indicator {
            measure_unit: "chứng thư số".into(),
            direction: pb::Direction::HigherIsBetter.into(),
            description: "Chứng thư số còn hiệu lực\ntại ngày chốt số liệu".into(),
            legal_basis: "Công văn 847/STTTT-BCVT&CNTT".into(),
            ..definition("Chứng thư số đã cấp", pb::ValueKind::Count)
        }),
        indicator_id: "chung-thu-so".into(),
        ..Default::default()
    };
    let created = story.create(&story.receiver, create).await.unwrap();
    assert_eq!(created.name, "indicators/chung-thu-so");
    assert_eq!(created.etag, "\"v1\"");
    assert_eq!(created.create_time.unwrap().seconds, 1_656_032_400);

    let get = pb::GetIndicatorRequest {
        name: created.name.clone(),
        ..Default::default()
    };
    let read = story
        .indicators
        .clone()
        .get_indicator(story.reporter.ask(get))
        .await
        .unwrap();
    assert_eq!(read.into_inner(), created);

    let get = pb::GetIndicatorRequest {
        name: "indicators/khong-co".into(),
        ..Default::default()
    };
    let absent = story
        .indicators
        .clone()
        .get_indicator(story.reporter.ask(get))
        .await
        .unwrap_err();
    assert_eq!(
        (absent.code(), reason(&absent).as_str()),
        (Code::NotFound, "INDICATOR_NOT_FOUND")
    );
}

#[tokio::test]
async fn an_indicator_id_is_taken_once_and_a_repeated_call_is_not_a_second_one() {
    let story = Story::begins().await;
    let create = pb::CreateIndicatorRequest {
        indicator: Some(definition("Chứng thư số", pb::ValueKind::Count)),
        indicator_id: "chung-thu-so".into(),
        request_id: "0b8a3e0e-6a0f-4d0a-9d43-1c51b2f6d9a1".into(),
    };
    let first = story.create(&story.receiver, create.clone()).await.unwrap();
    assert_eq!(story.create(&story.receiver, create).await.unwrap(), first);
    let taken = story
        .define("chung-thu-so", "Khác", pb::ValueKind::Count)
        .await
        .unwrap_err();
    assert_eq!(
        (taken.code(), reason(&taken).as_str()),
        (Code::AlreadyExists, "INDICATOR_EXISTS")
    );
}

#[tokio::test]
async fn percentages_are_never_summed() {
    let story = Story::begins().await;
    let create = |kind, over_units: pb::Aggregation, over_periods: pb::Aggregation| {
        let indicator = pb::Indicator {
            unit_aggregation: over_units.into(),
            period_aggregation: over_periods.into(),
            ..definition("Tỷ lệ văn bản điện tử", kind)
        };
        let create = pb::CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: "ty-le".into(),
            ..Default::default()
        };
        story.create(&story.receiver, create)
    };
    use pb::{Aggregation as Rule, ValueKind as Kind};
    let refused = create(Kind::Ratio, Rule::Sum, Rule::Sum).await.unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let why = |field: &str| {
        (
            format!("indicator.{field}"),
            "AGGREGATION_NOT_ALLOWED".to_owned(),
        )
    };
    assert_eq!(
        fields(&refused),
        [why("unit_aggregation"), why("period_aggregation")]
    );

    let refused = create(Kind::Count, Rule::RatioOfSums, Rule::Latest)
        .await
        .unwrap_err();
    assert_eq!(fields(&refused), [why("unit_aggregation")]);
    let refused = create(Kind::Count, Rule::Sum, Rule::CountTrue)
        .await
        .unwrap_err();
    assert_eq!(fields(&refused), [why("period_aggregation")]);
    create(Kind::Ratio, Rule::RatioOfSums, Rule::RatioOfSums)
        .await
        .unwrap();
}

#[tokio::test]
async fn every_bad_field_of_a_definition_is_named() {
    let story = Story::begins().await;
    let refused = story
        .create(&story.receiver, pb::CreateIndicatorRequest::default())
        .await;
    let fields_told: Vec<_> = fields(&refused.unwrap_err())
        .into_iter()
        .map(|it| it.0)
        .collect();
    assert_eq!(
        fields_told,
        [
            "indicator_id",
            "indicator.display_name",
            "indicator.value_kind",
            "indicator.accumulation",
            "indicator.unit_aggregation",
            "indicator.period_aggregation",
            "indicator.owner_unit",
        ],
    );
    let create = |indicator| pb::CreateIndicatorRequest {
        indicator: Some(indicator),
        indicator_id: "dai".into(),
        ..Default::default()
    };
    let long = |length| "ô".repeat(length);
    let refused = create(pb::Indicator {
        display_name: long(301),
        measure_unit: long(51),
        description: long(4001),
        legal_basis: long(501),
        direction: 9,
        ..definition("", pb::ValueKind::Count)
    });
    let refused = story.create(&story.receiver, refused).await.unwrap_err();
    let bad: Vec<_> = fields(&refused).into_iter().map(|it| it.0).collect();
    assert_eq!(
        bad,
        [
            "indicator.display_name",
            "indicator.measure_unit",
            "indicator.direction",
            "indicator.description",
            "indicator.legal_basis",
        ],
    );
    let longest = create(pb::Indicator {
        display_name: long(300),
        measure_unit: long(50),
        description: long(4000),
        legal_basis: long(500),
        ..definition("", pb::ValueKind::Count)
    });
    story.create(&story.receiver, longest).await.unwrap();
}

#[tokio::test]
async fn only_the_owner_of_an_indicator_defines_it() {
    let story = Story::begins().await;
    let create = |owner_unit: &str| pb::CreateIndicatorRequest {
        indicator: Some(pb::Indicator {
            owner_unit: owner_unit.into(),
            ..definition("Chứng thư số", pb::ValueKind::Count)
        }),
        indicator_id: "chung-thu-so".into(),
        ..Default::default()
    };
    let district = create("units/huyen-minh-long");
    let refused = story
        .create(&story.reporter, district.clone())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = story.create(&story.receiver, district).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    let refused = story
        .create(&story.receiver, create("units/khong-co"))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    story
        .create(&story.receiver, create("units/so-tttt"))
        .await
        .unwrap();
}

#[tokio::test]
async fn indicators_are_listed_by_name_page_by_page_or_by_choice() {
    let story = Story::of_minh_long().await;
    let all = [
        "indicators/chung-thu-so",
        "indicators/ho-so-da-giai-quyet",
        "indicators/ty-le-ho-so-truc-tuyen",
        "indicators/ty-le-van-ban-dien-tu",
    ];
    let whole = list(&story, pb::ListIndicatorsRequest::default()).await;
    assert_eq!(names(&whole), all);
    assert_eq!(whole.next_page_token, "");

    let mut page = pb::ListIndicatorsRequest {
        page_size: 3,
        ..Default::default()
    };
    let first = list(&story, page.clone()).await;
    assert_eq!(names(&first), all[..3]);
    page.page_token = first.next_page_token;
    assert_eq!(names(&list(&story, page.clone()).await), all[3..]);

    let chosen = |names: &[&str]| pb::ListIndicatorsRequest {
        names: names.iter().map(|it| (*it).to_owned()).collect(),
        ..Default::default()
    };
    let wanted = chosen(&[all[3], all[0], all[0], "indicators/khong-co"]);
    assert_eq!(names(&list(&story, wanted.clone()).await), [all[0], all[3]]);

    let foreign = pb::ListIndicatorsRequest {
        page_token: page.page_token,
        ..wanted
    };
    let asked = story.reporter.ask(foreign);
    let refused = story
        .indicators
        .clone()
        .list_indicators(asked)
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PAGE_TOKEN_INVALID");

    let asked = story.reporter.ask(chosen(&[all[0]; 200]));
    story
        .indicators
        .clone()
        .list_indicators(asked)
        .await
        .unwrap();
    let asked = story.reporter.ask(chosen(&[all[0]; 201]));
    let refused = story
        .indicators
        .clone()
        .list_indicators(asked)
        .await
        .unwrap_err();
    assert_eq!(
        fields(&refused),
        [("names".to_owned(), "OUT_OF_RANGE".to_owned())]
    );
}
