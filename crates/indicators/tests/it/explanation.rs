use proto::indicators as pb;
use tonic::Code;

use crate::story::{Story, count, item, part, value_name};

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
