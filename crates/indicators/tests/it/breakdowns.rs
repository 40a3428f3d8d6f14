use proto::{indicators as pb, shared::Disposition};
use tonic::Code;

use crate::story::{
    Story, codes, count, dispositions, item, minh_long, part, reason, whole_history, whole_sheet,
};

#[tokio::test]
async fn a_part_has_its_own_name_history_and_place_behind_the_whole() {
    let story = Story::of_minh_long().await;
    let results = story
        .enter(vec![
            part("chung-thu-so", "gioi-nu", count(52)),
            item("chung-thu-so", count(132)),
            part("chung-thu-so", "gioi-nam", count(80)),
            item("ho-so-da-giai-quyet", count(1)),
            part("chung-thu-so", "Nữ", count(52)),
        ])
        .await;
    use Disposition::{Created, Rejected};
    assert_eq!(
        dispositions(&results),
        [Created, Created, Created, Created, Rejected]
    );
    let name = "indicators/chung-thu-so/values/huyen-minh-long.2022-h1.gioi-nu";
    assert_eq!(results[0].name, name);
    assert_eq!(results[4].issues[0].field, "items[4].breakdown");
    story
        .enter(vec![part("chung-thu-so", "gioi-nu", count(53))])
        .await;

    let get = pb::GetIndicatorValueRequest { name: name.into() };
    let ask = story.reporter.ask(get);
    let value = story.values.clone().get_indicator_value(ask).await;
    let value = value.unwrap().into_inner();
    assert_eq!((value.breakdown.as_str(), value.revision), ("gioi-nu", 2));
    let mut of_part = whole_history("chung-thu-so");
    of_part.parent = name.into();
    let history = story.history(&story.reporter, of_part).await.unwrap();
    assert_eq!(history.revisions.len(), 2);
    let of_whole = whole_history("chung-thu-so");
    let history = story.history(&story.reporter, of_whole).await.unwrap();
    assert_eq!(history.revisions.len(), 1);

    let mut page = whole_sheet();
    page.page_size = 2;
    let mut seen = Vec::new();
    loop {
        let answer = story.sheet(&story.reporter, page.clone()).await.unwrap();
        seen.extend(answer.indicator_values.into_iter().map(|it| it.breakdown));
        if answer.next_page_token.is_empty() {
            break;
        }
        page.page_token = answer.next_page_token;
    }
    assert_eq!(seen, ["", "gioi-nam", "gioi-nu", ""]);
}

#[tokio::test]
async fn a_dry_run_answers_what_writing_would_and_writes_nothing() {
    let story = Story::of_minh_long().await;
    story.enter(vec![item("chung-thu-so", count(132))]).await;
    let sent = |validate_only| pb::UpsertIndicatorValuesRequest {
        validate_only,
        request_id: "6f0f0a86-9a3e-4a63-9f8e-2d6c9f1f4f0b".into(),
        ..minh_long(vec![
            item("chung-thu-so", count(133)),
            item("ho-so-da-giai-quyet", count(-1)),
        ])
    };
    let tried = story.upsert(&story.reporter, sent(true)).await.unwrap();
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.revision, 1);
    let done = story.upsert(&story.reporter, sent(false)).await.unwrap();
    assert_eq!(tried, done);
    use Disposition::{Rejected, Updated};
    assert_eq!(dispositions(&done), [Updated, Rejected]);
    assert_eq!(codes(&done[1]), ["BELOW_ZERO"]);
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.revision, 2);
}

#[tokio::test]
async fn who_knows_an_older_version_is_shown_the_one_in_force() {
    let story = Story::of_minh_long().await;
    story.enter(vec![item("chung-thu-so", count(132))]).await;
    story.enter(vec![item("chung-thu-so", count(134))]).await;
    let late = pb::ValueItem {
        etag: "\"v1\"".into(),
        ..item("chung-thu-so", count(133))
    };
    let upsert = minh_long(vec![late, item("ho-so-da-giai-quyet", count(7))]);
    let ask = story.reporter.ask(upsert);
    let answer = story.values.clone().upsert_indicator_values(ask).await;
    let answer = answer.unwrap().into_inner();
    use Disposition::{Created, Rejected};
    assert_eq!(dispositions(&answer.results), [Rejected, Created]);
    assert_eq!(codes(&answer.results[0]), ["VALUE_CHANGED"]);
    assert_eq!(answer.results[0].issues[0].field, "items[0].etag");
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.quantity.as_ref().unwrap().text_vi, "134");
    assert_eq!(answer.current_values, [value]);
}

#[tokio::test]
async fn a_unit_has_figures_of_the_periods_it_existed_in() {
    // Units of this world began on 1 January 2022.
    let story = Story::of_minh_long().await;
    let at_date = pb::Accumulation::AtDate;
    story
        .define_as("dan-so", pb::ValueKind::Count, at_date)
        .await;
    let year_to_date = pb::Accumulation::YearToDate;
    story
        .define_as("ho-so", pb::ValueKind::Count, year_to_date)
        .await;
    for (period, indicator, code) in [
        ("2021", "ho-so", Some("UNIT_NOT_IN_FORCE")),
        ("2022", "chung-thu-so", None),
        ("2022-m01", "chung-thu-so", None),
        ("2021", "chung-thu-so", Some("INDICATOR_NOT_IN_FORCE")),
        ("2021-m12", "dan-so", Some("UNIT_NOT_IN_FORCE")),
        ("2022-m01", "dan-so", None),
        ("2022-h2", "chung-thu-so", Some("PERIOD_NOT_ALLOWED")),
        ("2022-h2", "dan-so", None),
    ] {
        let result = story.enter_for(period, item(indicator, count(1))).await;
        let told: Vec<_> = code.into_iter().collect();
        assert_eq!(codes(&result), told, "{period} {indicator}");
    }
    let absent = story.value(&story.reporter, "dan-so").await.unwrap_err();
    assert_eq!(
        (absent.code(), reason(&absent).as_str()),
        (Code::NotFound, "INDICATOR_VALUE_NOT_FOUND")
    );
}

#[tokio::test]
async fn rows_that_complete_each_other_make_one_figure() {
    let story = Story::of_minh_long().await;
    let results = story
        .enter(vec![
            item(
                "ty-le-van-ban-dien-tu",
                crate::story::share("4817", "5209", ""),
            ),
            item("ty-le-van-ban-dien-tu", crate::story::stated("92.4")),
        ])
        .await;
    use Disposition::{Created, Unchanged};
    assert_eq!(dispositions(&results), [Created, Unchanged]);
    // 92,47 % is within a tenth of a point: told, and no more than that.
    assert_eq!(codes(&results[0]), ["RATIO_NOT_ROUNDED"]);
    assert_eq!(codes(&results[1]), ["ITEMS_MERGED"]);
    let value = story
        .value(&story.reporter, "ty-le-van-ban-dien-tu")
        .await
        .unwrap();
    assert_eq!(value.quantity.unwrap().text_vi, "92,4%");
    assert_eq!(value.issues[0].severity(), proto::shared::Severity::Info);
}
