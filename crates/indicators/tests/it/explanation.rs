use proto::indicators as pb;
use tonic::Code;

use crate::story::{Story, count, derived, item, part, value_name};

#[tokio::test]
async fn a_figure_leads_back_to_who_entered_what_why_and_to_its_parts() {
    let story = Story::of_minh_long().await;
    story
        .enter(vec![
            item("chung-thu-so", count(132)),
            part("chung-thu-so", "gioi-nam", count(80)),
            part("chung-thu-so", "gioi-nu", count(52)),
            item("ho-so-da-giai-quyet", count(1)),
        ])
        .await;
    let corrected = pb::ValueItem {
        reason: "Rà soát lại với cấp xã".into(),
        ..item("chung-thu-so", count(134))
    };
    story.enter(vec![corrected]).await;

    let explain = |name: String| {
        let ask = story.reporter.ask(pb::ExplainValueRequest { name });
        let mut values = story.values.clone();
        async move { values.explain_value(ask).await }
    };
    let whole = explain(value_name("chung-thu-so"))
        .await
        .unwrap()
        .into_inner();
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(whole.indicator_value.as_ref(), Some(&value));
    let history: Vec<_> = whole
        .revisions
        .iter()
        .map(|it| (it.principal.as_str(), it.reason.as_str()))
        .collect();
    assert_eq!(
        history,
        [
            ("users/can-bo", "Rà soát lại với cấp xã"),
            ("users/can-bo", "")
        ]
    );
    let parts: Vec<_> = whole.parts.iter().map(|it| it.breakdown.as_str()).collect();
    assert_eq!(parts, ["gioi-nam", "gioi-nu"]);
    let issue = whole.issues[0].issue.as_ref().unwrap();
    assert_eq!(whole.issues[0].indicator_value, value.name);
    assert_eq!(issue.code, "PARTS_DO_NOT_ADD_UP");

    let part = format!("{}.gioi-nu", value_name("chung-thu-so"));
    let part = explain(part).await.unwrap().into_inner();
    assert!(part.parts.is_empty() && part.issues.is_empty());
    assert_eq!(part.revisions.len(), 1);
    let absent = explain(value_name("ty-le-van-ban-dien-tu")).await;
    assert_eq!(absent.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn a_computed_figure_tells_its_formula_its_inputs_and_what_is_missing() {
    let story = Story::of_minh_long().await;
    for (id, formula) in [
        ("tang-them", "[chung-thu-so] - [chung-thu-so@last-year]"),
        ("tong-hop", "[ho-so-da-giai-quyet] + [tang-them]"),
    ] {
        let formula = derived(pb::ValueKind::Count, formula);
        story.publish_new(id, formula).await.unwrap();
    }
    story
        .enter(vec![
            item("chung-thu-so", count(132)),
            item("ho-so-da-giai-quyet", count(1_250)),
        ])
        .await;
    let explain = async |indicator: &str| {
        let name = value_name(indicator);
        let ask = story.reporter.ask(pb::ExplainValueRequest { name });
        let answer = story.values.clone().explain_value(ask).await;
        answer.unwrap().into_inner()
    };
    let told = explain("tong-hop").await;
    assert_eq!(told.formula, "[ho-so-da-giai-quyet] + [tang-them]");
    let inputs: Vec<_> = told
        .inputs
        .iter()
        .map(|it| {
            let text = it.quantity.as_ref().map_or("", |it| it.text_vi.as_str());
            (it.indicator_value.clone(), it.display_name.as_str(), text)
        })
        .collect();
    assert_eq!(
        inputs,
        [
            (
                value_name("ho-so-da-giai-quyet"),
                "Hồ sơ đã giải quyết",
                "1.250"
            ),
            (
                value_name("tang-them"),
                "Tính từ chỉ tiêu khác",
                "chưa thu thập"
            ),
        ]
    );
    let year_ago = "indicators/chung-thu-so/values/huyen-minh-long.2021-h1";
    assert!(told.inputs[0].inputs.is_empty());
    assert_eq!(
        told.inputs[1].inputs,
        [year_ago.to_owned(), value_name("chung-thu-so")]
    );
    assert_eq!(told.missing_values, [year_ago]);
    let value = told.indicator_value.unwrap();
    assert_eq!(value.quantity.unwrap().text_vi, "chưa thu thập");

    // The figure that nobody reported is told as an input without a quantity.
    let told = explain("tang-them").await;
    assert_eq!(told.inputs[0].indicator_value, year_ago);
    assert_eq!(told.inputs[0].quantity, None);
    assert!(told.revisions.is_empty() && told.parts.is_empty());

    let too_great = derived(pb::ValueKind::Count, "[ho-so-da-giai-quyet] ^ 9 ^ 2");
    story.publish_new("qua-lon", too_great).await.unwrap();
    let told = explain("qua-lon").await;
    assert_eq!(told.indicator_value.unwrap().quantity, None);
    assert_eq!(
        told.issues[0].issue.as_ref().unwrap().code,
        "VALUE_NOT_COMPUTED"
    );
    assert_eq!(told.inputs[0].quantity.as_ref().unwrap().text_vi, "1.250");
}
