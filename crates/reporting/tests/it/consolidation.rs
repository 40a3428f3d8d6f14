use proto::{
    reporting::{self as pb, consolidation_service_client::ConsolidationServiceClient},
    shared::{Ratio, quantity::Value},
};

use crate::stage::{MINH_LONG, REQUEST, Stage, block, reason};

const BA_TO: &str = "reports/yc-847.huyen-ba-to";

async fn consolidate(stage: &Stage) -> Result<pb::ConsolidateReportsResponse, tonic::Status> {
    let request = pb::ConsolidateReportsRequest {
        report_request: REQUEST.into(),
        ..Default::default()
    };
    let mut client = ConsolidationServiceClient::new(stage.reporting.clone());
    let answer = client
        .consolidate_reports(stage.receiver.ask(request))
        .await;
    answer.map(tonic::Response::into_inner)
}

fn ratio(numerator: &str, denominator: &str, stated_percent: &str) -> Value {
    Value::Ratio(Ratio {
        numerator: numerator.into(),
        denominator: denominator.into(),
        stated_percent: stated_percent.into(),
        ..Default::default()
    })
}

#[tokio::test]
async fn nothing_is_consolidated_before_something_is_accepted() {
    let stage = Stage::new().await;
    stage.sent().await;
    let refused = consolidate(&stage).await.unwrap_err();
    assert_eq!(reason(&refused), "NOTHING_TO_CONSOLIDATE");
}

#[tokio::test]
async fn a_total_says_how_many_it_speaks_for_and_who_is_missing() {
    let stage = Stage::new().await;
    stage.sent().await;
    stage.accept(MINH_LONG).await.unwrap();
    let answer = consolidate(&stage).await.unwrap();
    let made = answer.consolidation.unwrap();
    let figure = &made.figures[0];
    assert_eq!(figure.total.as_ref().unwrap().text_vi, "132");
    assert_eq!(
        (
            figure.expected_count,
            figure.counted_count,
            figure.missing_count
        ),
        (2, 1, 1)
    );
    assert_eq!(made.sources[1].unit, "units/huyen-ba-to");
    assert_eq!(made.sources[1].submission, "");
    assert_eq!(answer.issues[0].code, "REPORT_NOT_IN");
}

#[tokio::test]
async fn a_stated_percentage_is_shown_and_never_averaged_into_the_total() {
    let stage = Stage::new().await;
    let reporter = stage
        .world
        .person("can-bo-ba-to", "reporter", "huyen-ba-to")
        .await;
    let leader = stage
        .world
        .person("lanh-dao-ba-to", "leader", "huyen-ba-to")
        .await;
    stage.post("huyen-ba-to", &leader, &["CHỦ TỊCH"]).await;
    let units = [
        (
            MINH_LONG,
            "huyen-minh-long",
            &stage.reporter,
            &stage.leader,
            ratio("", "", "99"),
            132,
        ),
        (
            BA_TO,
            "huyen-ba-to",
            &reporter,
            &leader,
            ratio("925", "1000", ""),
            68,
        ),
    ];
    for (report, unit, reporter, leader, value, count) in units {
        stage.set(reporter, unit, "ty-le", value).await;
        stage
            .set(reporter, unit, "chung-thu-so", Value::Count(count))
            .await;
        stage.write(reporter, report, unit).await;
        let list = pb::ListReportSectionsRequest {
            parent: report.into(),
        };
        let sections = stage
            .reports()
            .list_report_sections(reporter.ask(list))
            .await
            .unwrap();
        let section = sections.into_inner().sections.remove(0);
        let text = "Tỷ lệ {{value.ty-le}}; cấp {{value.chung-thu-so}} chứng thư số";
        let narrative = pb::Narrative {
            blocks: vec![block(text)],
        };
        let body = pb::SectionBody {
            body: Some(pb::section_body::Body::Narrative(narrative)),
        };
        let update = pb::UpdateReportSectionRequest {
            section: Some(pb::ReportSection {
                body: Some(body),
                ..section
            }),
            ..Default::default()
        };
        stage
            .reports()
            .update_report_section(reporter.ask(update))
            .await
            .unwrap();
        stage.forward(reporter, report).await.unwrap();
        stage.approve(leader, report).await.unwrap();
        stage.submit(leader, report).await.unwrap();
        stage.accept(report).await.unwrap();
    }
    let made = consolidate(&stage).await.unwrap().consolidation.unwrap();
    let share = made
        .figures
        .iter()
        .find(|it| it.indicator == "indicators/ty-le")
        .unwrap();
    assert_eq!(share.total.as_ref().unwrap().text_vi, "92,5%");
    assert_eq!((share.counted_count, share.without_parts_count), (1, 1));
    let shown: Vec<_> = share
        .unit_figures
        .iter()
        .map(|it| it.quantity.as_ref().unwrap().text_vi.as_str())
        .collect();
    assert_eq!(shown, ["92,5%", "99%"]);
    let count = made
        .figures
        .iter()
        .find(|it| it.indicator == "indicators/chung-thu-so")
        .unwrap();
    assert_eq!(count.total.as_ref().unwrap().text_vi, "200");
}
