//! The numbers of a unit's documents: one for each in a year, from 01 (NĐ 30/2020, Điều 15).

use tonic::Code;
use tonic_types::StatusExt;

use crate::stage::{MINH_LONG, Stage};

const THEMATIC: &str = "reports/yc-chuyen-de.huyen-minh-long";

#[tokio::test]
async fn five_and_zero_five_are_one_number_however_they_are_written() {
    let stage = Stage::new().await;
    stage.issue("yc-chuyen-de").await;
    stage.approved(MINH_LONG).await;
    let submit = stage.submit_numbered(&stage.leader, MINH_LONG, "05/BC-UBND", "2022-06-24");
    submit.await.unwrap();
    stage.approved(THEMATIC).await;
    for same in ["05/BC-UBND", "5/BC-UBND", "5 / bc-ubnd", "05"] {
        let submit = stage.submit_numbered(&stage.leader, THEMATIC, same, "2022-06-24");
        assert_eq!(
            submit.await.unwrap_err().code(),
            Code::AlreadyExists,
            "{same}"
        );
    }
    let submit = stage.submit_numbered(&stage.leader, THEMATIC, "06/BC-UBND", "2022-06-24");
    submit.await.unwrap();
}

#[tokio::test]
async fn a_report_that_is_sent_again_may_keep_its_number() {
    let stage = Stage::new().await;
    stage.approved(MINH_LONG).await;
    let submit = stage.submit_numbered(&stage.leader, MINH_LONG, "05/BC-UBND", "2022-06-24");
    submit.await.unwrap();
    let back = stage.send_back(&stage.receiver, MINH_LONG, "Rà soát lại");
    back.await.unwrap();
    stage.forward(&stage.reporter, MINH_LONG).await.unwrap();
    stage.approve(&stage.leader, MINH_LONG).await.unwrap();
    let submit = stage.submit_numbered(&stage.leader, MINH_LONG, "05/BC-UBND", "2022-06-24");
    submit.await.unwrap();
}

#[tokio::test]
async fn of_two_reports_sent_at_once_under_one_number_one_is_refused() {
    let stage = Stage::new().await;
    stage.issue("yc-chuyen-de").await;
    stage.approved(MINH_LONG).await;
    stage.approved(THEMATIC).await;
    let submit = |report| stage.submit_numbered(&stage.leader, report, "05/BC-UBND", "2022-06-24");
    let (one, other) = tokio::join!(submit(MINH_LONG), submit(THEMATIC));
    let refused = match (one, other) {
        (Ok(_), Err(refused)) | (Err(refused), Ok(_)) => refused,
        both => panic!("{both:?}"),
    };
    assert_eq!(refused.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn what_is_sent_today_was_not_issued_tomorrow() {
    let stage = Stage::new().await;
    stage.approved(MINH_LONG).await;
    let tomorrow = stage.world.clock.today().succ_opt().unwrap().to_string();
    let submit = stage.submit_numbered(&stage.leader, MINH_LONG, "05/BC-UBND", &tomorrow);
    let refused = submit.await.unwrap_err();
    let details = refused.get_error_details();
    let violation = &details.bad_request().unwrap().field_violations[0];
    assert_eq!(
        (violation.field.as_str(), violation.reason.as_str()),
        ("issue_date", "OUT_OF_RANGE")
    );
}
