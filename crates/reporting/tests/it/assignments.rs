//! Who owes what by when: extended, let off, reminded, merged away; and requests that are closed,
//! opened again and taken back.

use chrono::{DateTime, Utc};
use kit::Peer;
use prost_types::Timestamp;
use proto::reporting::{
    self as pb, assignment_service_client::AssignmentServiceClient,
    calendar_service_client::CalendarServiceClient, request_service_client::RequestServiceClient,
};
use testkit::Person;
use tonic::Status;
use tonic_types::StatusExt;

use crate::{
    stage::{MINH_LONG, REQUEST, Stage, reason},
    unit_that_ended::merge,
};

const OWED_BY_MINH_LONG: &str = "reportRequests/yc-847/assignments/huyen-minh-long";
const OWED_BY_BA_TO: &str = "reportRequests/yc-847/assignments/huyen-ba-to";

impl Stage {
    fn assignments(&self) -> AssignmentServiceClient<Peer> {
        AssignmentServiceClient::new(self.reporting.clone())
    }

    fn requests(&self) -> RequestServiceClient<Peer> {
        RequestServiceClient::new(self.reporting.clone())
    }

    /// Reads what all units owe to a request, by unit.
    async fn owed(&self, request: &str) -> Vec<pb::Assignment> {
        let list = pb::ListAssignmentsRequest {
            parent: request.into(),
            ..Default::default()
        };
        let answer = self
            .requests()
            .list_assignments(self.receiver.ask(list))
            .await;
        answer.unwrap().into_inner().assignments
    }

    async fn owed_by(&self, name: &str) -> pb::Assignment {
        let (request, _) = name.split_once("/assignments/").unwrap();
        let owed = self.owed(request).await;
        owed.into_iter().find(|it| it.name == name).unwrap()
    }

    async fn extend(&self, name: &str, due: &str) -> Result<pb::Assignment, Status> {
        let extend = pb::ExtendAssignmentRequest {
            name: name.into(),
            etag: self.owed_by(name).await.etag,
            due_time: Some(at(due)),
            reason: "Bão số 4".into(),
            ..Default::default()
        };
        let answer = self
            .assignments()
            .extend_assignment(self.receiver.ask(extend))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn exempt(&self, name: &str) -> Result<pb::Assignment, Status> {
        let exempt = pb::ExemptAssignmentRequest {
            name: name.into(),
            etag: self.owed_by(name).await.etag,
            reason: "Đang tập trung phòng, chống bão".into(),
            ..Default::default()
        };
        let answer = self
            .assignments()
            .exempt_assignment(self.receiver.ask(exempt))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn compliance(&self, person: &Person) -> pb::SummarizeComplianceResponse {
        let summarize = pb::SummarizeComplianceRequest {
            scope_unit: "units/tinh-quang-ngai".into(),
            report_request: REQUEST.into(),
            ..Default::default()
        };
        let answer = self
            .assignments()
            .summarize_compliance(person.ask(summarize))
            .await;
        answer.unwrap().into_inner()
    }

    async fn close(&self) -> Result<pb::ReportRequest, Status> {
        let close = pb::CloseReportRequestRequest {
            name: REQUEST.into(),
            etag: self.request(&self.receiver, REQUEST).await.etag,
            ..Default::default()
        };
        let answer = self
            .requests()
            .close_report_request(self.receiver.ask(close))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    async fn cancel(&self) -> Result<pb::ReportRequest, Status> {
        let cancel = pb::CancelReportRequestRequest {
            name: REQUEST.into(),
            etag: self.request(&self.receiver, REQUEST).await.etag,
            reason: "Ban hành nhầm kỳ".into(),
            ..Default::default()
        };
        let answer = self
            .requests()
            .cancel_report_request(self.receiver.ask(cancel))
            .await;
        answer.map(tonic::Response::into_inner)
    }

    /// Lets days pass; everybody signs in again.
    pub(crate) async fn passes(&mut self, until: &str) {
        self.world
            .clock
            .set(until.parse::<DateTime<Utc>>().unwrap());
        self.world.sign_in_again().await;
        for person in [&mut self.reporter, &mut self.leader, &mut self.receiver] {
            *person = Person::sign_in(&self.world.directory(), &person.name).await;
        }
    }
}

fn at(instant: &str) -> Timestamp {
    let instant: DateTime<Utc> = instant.parse().unwrap();
    Timestamp {
        seconds: instant.timestamp(),
        nanos: 0,
    }
}

/// Monday 4 July, on which nobody works, so that Tuesday is the fourth working day after 28 June.
async fn a_day_off(stage: &Stage) {
    let calendar = pb::YearCalendar {
        name: "yearCalendars/2022".into(),
        days_off: vec![pb::DayOff {
            date: "2022-07-04".into(),
            display_name: "Nghỉ bù".into(),
        }],
        source: "Thông báo lịch nghỉ".into(),
        ..Default::default()
    };
    let replace = pb::ReplaceYearCalendarRequest {
        year_calendar: Some(calendar),
        ..Default::default()
    };
    let everywhere = stage.world.everywhere("thu-ky", "receiver").await;
    let mut calendars = CalendarServiceClient::new(stage.reporting.clone());
    let answer = calendars
        .replace_year_calendar(everywhere.ask(replace))
        .await;
    assert_eq!(answer.unwrap().get_ref().etag, "\"v1\"");
}

#[tokio::test]
async fn a_late_report_is_told_in_working_days_and_a_later_deadline_makes_it_on_time() {
    let mut stage = Stage::new().await;
    a_day_off(&stage).await;
    stage.approved(MINH_LONG).await;
    stage.passes("2022-07-05T03:00:00Z").await;
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    let owed = stage.owed_by(OWED_BY_MINH_LONG).await;
    assert_eq!(owed.timeliness(), pb::Timeliness::Late);
    // 29 and 30 June, 1 and 5 July.
    assert_eq!(owed.late_working_days, 4);
    let refused = stage
        .extend(OWED_BY_MINH_LONG, "2022-06-20T10:00:00Z")
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "DUE_NOT_LATER");
    let extended = stage
        .extend(OWED_BY_MINH_LONG, "2022-07-05T10:00:00Z")
        .await
        .unwrap();
    assert_eq!(extended.timeliness(), pb::Timeliness::OnTime);
    assert_eq!(extended.late_working_days, 0);
    assert_eq!(extended.original_due_time, Some(at("2022-06-28T10:00:00Z")));
    assert_eq!(extended.reason, "Bão số 4");
}

#[tokio::test]
async fn who_was_let_off_is_neither_late_nor_missing() {
    let mut stage = Stage::new().await;
    stage.sent().await;
    stage.exempt(OWED_BY_BA_TO).await.unwrap();
    let refused = stage.exempt(OWED_BY_MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "REPORT_IS_IN");
    stage.passes("2022-07-05T03:00:00Z").await;
    let told = stage.compliance(&stage.receiver).await.total.unwrap();
    assert_eq!((told.assigned_count, told.exempt_count), (1, 1));
    assert_eq!((told.on_time_count, told.missing_count), (1, 0));
    assert_eq!(told.completeness_percent, "100.00");
    // Given a later deadline after all, it owes its report again.
    let extended = stage
        .extend(OWED_BY_BA_TO, "2022-07-10T10:00:00Z")
        .await
        .unwrap();
    assert_eq!(extended.timeliness(), pb::Timeliness::NotDue);
}

#[tokio::test]
async fn compliance_counts_what_is_on_time_late_missing_and_sent_back() {
    let mut stage = Stage::new().await;
    stage.sent().await;
    stage.passes("2022-06-30T03:00:00Z").await;
    let told = stage.compliance(&stage.receiver).await;
    let units: Vec<_> = told.rows.iter().map(|it| it.unit.as_str()).collect();
    assert_eq!(units, ["units/huyen-ba-to", "units/huyen-minh-long"]);
    let total = told.total.unwrap();
    assert_eq!((total.on_time_count, total.missing_count), (1, 1));
    assert_eq!(total.on_time_percent, "50.00");
    assert_eq!(total.late_working_days, 2);
    let back = stage.send_back(&stage.receiver, MINH_LONG, "Rà soát lại");
    back.await.unwrap();
    let total = stage.compliance(&stage.receiver).await.total.unwrap();
    assert_eq!((total.missing_count, total.returned_count), (2, 1));
    let district = stage
        .world
        .person("xem-huyen", "viewer", "huyen-minh-long")
        .await;
    let summarize = pb::SummarizeComplianceRequest {
        scope_unit: "units/tinh-quang-ngai".into(),
        report_request: REQUEST.into(),
        ..Default::default()
    };
    let refused = stage
        .assignments()
        .summarize_compliance(district.ask(summarize))
        .await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::PermissionDenied);
}

#[tokio::test]
async fn only_those_are_reminded_whose_report_is_not_in() {
    let stage = Stage::new().await;
    stage.sent().await;
    let remind = pb::RemindAssignmentsRequest {
        parent: REQUEST.into(),
        ..Default::default()
    };
    let answer = stage
        .assignments()
        .remind_assignments(stage.receiver.ask(remind))
        .await;
    let reminded = answer.unwrap().into_inner().assignments;
    let names: Vec<_> = reminded.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, [OWED_BY_BA_TO]);
    let owed = stage.owed_by(OWED_BY_BA_TO).await;
    assert_eq!(owed.remind_time, Some(at("2022-06-24T01:00:00Z")));
}

#[tokio::test]
async fn nothing_is_sent_to_a_closed_request_until_it_is_opened_again() {
    let stage = Stage::new().await;
    stage.approved(MINH_LONG).await;
    let closed = stage.close().await.unwrap();
    assert_eq!(closed.state(), pb::RequestState::Closed);
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_NOT_OPEN");
    let details = refused.get_error_details();
    let vietnamese = &details.localized_message().unwrap().message;
    assert!(vietnamese.contains("đã đóng"), "{vietnamese}");
    let refused = stage.exempt(OWED_BY_BA_TO).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_NOT_OPEN");
    let reopen = pb::ReopenReportRequestRequest {
        name: REQUEST.into(),
        etag: closed.etag,
        reason: "Huyện đề nghị gửi bổ sung".into(),
        ..Default::default()
    };
    let opened = stage
        .requests()
        .reopen_report_request(stage.receiver.ask(reopen))
        .await;
    let opened = opened.unwrap().into_inner();
    assert_eq!(opened.state_reason, "Huyện đề nghị gửi bổ sung");
    stage.submit(&stage.leader, MINH_LONG).await.unwrap();
    // What is in is taken in even when the request is closed by then.
    stage.close().await.unwrap();
    stage.accept(MINH_LONG).await.unwrap();
}

#[tokio::test]
async fn a_request_is_taken_back_only_as_long_as_nothing_was_sent() {
    let stage = Stage::new().await;
    stage.approved(MINH_LONG).await;
    let cancelled = stage.cancel().await.unwrap();
    assert_eq!(cancelled.state(), pb::RequestState::Cancelled);
    let refused = stage.submit(&stage.leader, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_NOT_OPEN");
    let other = Stage::new().await;
    other.sent().await;
    let refused = other.cancel().await.unwrap_err();
    assert_eq!(reason(&refused), "REQUEST_HAS_REPORTS");
    let still = other.request(&other.receiver, REQUEST).await;
    assert_eq!(still.state(), pb::RequestState::Issued);
}

#[tokio::test]
async fn closing_and_sending_at_the_same_moment_leave_no_report_in_a_closed_request_unseen() {
    for _ in 0..5 {
        let stage = Stage::new().await;
        stage.approved(MINH_LONG).await;
        let (cancelled, sent) =
            tokio::join!(stage.cancel(), stage.submit(&stage.leader, MINH_LONG));
        assert!(cancelled.is_ok() != sent.is_ok(), "{cancelled:?} {sent:?}");
    }
}

#[tokio::test]
async fn a_request_that_refuses_what_is_late_says_so() {
    let mut stage = Stage::new().await;
    let strict = pb::ReportRequest {
        refuses_late: true,
        document_number: "850/STTTT".into(),
        ..stage.request(&stage.receiver, REQUEST).await
    };
    stage.ask_for("yc-850", strict).await;
    let report = "reports/yc-850.huyen-minh-long";
    stage.approved(report).await;
    stage.passes("2022-06-29T03:00:00Z").await;
    let refused = stage.submit(&stage.leader, report).await.unwrap_err();
    assert_eq!(reason(&refused), "LATE_REFUSED");
    let owed = "reportRequests/yc-850/assignments/huyen-minh-long";
    stage.extend(owed, "2022-06-30T10:00:00Z").await.unwrap();
    stage.submit(&stage.leader, report).await.unwrap();
}

#[tokio::test]
async fn the_successor_of_a_merged_unit_reports_once_for_both() {
    let stage = Stage::new().await;
    merge(&stage, "2022-06-26").await;
    // Asked anew, Ba Tơ is asked once, for itself and for Minh Long.
    stage.issue("yc-moi").await;
    let list = pb::ListAssignmentsRequest {
        parent: "reportRequests/yc-moi".into(),
        ..Default::default()
    };
    let answer = stage
        .requests()
        .list_assignments(stage.receiver.ask(list))
        .await;
    let owed = answer.unwrap().into_inner().assignments;
    assert_eq!(owed.len(), 1);
    assert_eq!(owed[0].unit, "units/huyen-ba-to");
    assert_eq!(owed[0].stands_for_units, ["units/huyen-minh-long"]);
    // What was asked before the merger is brought up to date.
    let adjust = pb::AdjustAssignmentsRequest {
        parent: REQUEST.into(),
        ..Default::default()
    };
    let adjusted = stage
        .assignments()
        .adjust_assignments(stage.receiver.ask(adjust))
        .await;
    let adjusted = adjusted.unwrap().into_inner();
    assert_eq!(adjusted.replaced_units, ["units/huyen-minh-long"]);
    assert_eq!(
        adjusted.assignments[0].stands_for_units,
        ["units/huyen-minh-long"]
    );
    let gone = stage.owed_by(OWED_BY_MINH_LONG).await;
    assert_eq!(gone.replaced_by_unit, "units/huyen-ba-to");
    assert_eq!(gone.timeliness(), pb::Timeliness::Exempt);
    let refused = stage.forward(&stage.reporter, MINH_LONG).await.unwrap_err();
    assert_eq!(reason(&refused), "ASSIGNMENT_REPLACED");
}

#[tokio::test]
async fn a_unit_finds_what_is_asked_of_it_and_what_it_has_to_do() {
    let stage = Stage::new().await;
    stage.ask_again("yc-900", "2022-q2").await;
    let list = pb::ListReportRequestsRequest {
        reader_unit: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let answer = stage
        .requests()
        .list_report_requests(stage.reporter.ask(list))
        .await;
    let asked = answer.unwrap().into_inner().report_requests;
    let mut names: Vec<_> = asked.iter().map(|it| it.name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["reportRequests/yc-847", "reportRequests/yc-900"]);
    stage.sent().await;
    let list = |states: &[pb::ReportState]| pb::ListReportsRequest {
        unit: "units/huyen-minh-long".into(),
        states: states.iter().map(|it| (*it).into()).collect(),
        page_size: 1,
        ..Default::default()
    };
    let mut reports = stage.reports();
    let open = reports
        .list_reports(stage.reporter.ask(list(&[pb::ReportState::Draft])))
        .await;
    let open = open.unwrap().into_inner();
    assert_eq!(open.reports[0].name, "reports/yc-900.huyen-minh-long");
    assert_eq!(open.next_page_token, "");
    let first = stage
        .reports()
        .list_reports(stage.reporter.ask(list(&[])))
        .await;
    let first = first.unwrap().into_inner();
    let next = pb::ListReportsRequest {
        page_token: first.next_page_token,
        ..list(&[])
    };
    let second = stage.reports().list_reports(stage.reporter.ask(next)).await;
    let second = second.unwrap().into_inner();
    assert_ne!(first.reports[0].name, second.reports[0].name);
    assert_eq!(second.next_page_token, "");
}

#[tokio::test]
async fn a_request_in_preparation_is_changed_and_its_issuer_is_told_what_to_look_at() {
    let stage = Stage::new().await;
    let mut early = stage.request(&stage.receiver, REQUEST).await;
    assert!(early.issues.iter().any(|it| it.code == "CALENDAR_MISSING"));
    early.due_time = Some(at("2022-06-14T10:00:00Z"));
    early.document_number = "860/STTTT".into();
    let create = pb::CreateReportRequestRequest {
        report_request: Some(early),
        report_request_id: "yc-860".into(),
        ..Default::default()
    };
    let made = stage
        .requests()
        .create_report_request(stage.receiver.ask(create))
        .await;
    let made = made.unwrap().into_inner();
    let read = stage.request(&stage.receiver, &made.name).await;
    assert!(
        read.issues.iter().any(|it| it.code == "DUE_TOO_EARLY"),
        "{:?}",
        read.issues
    );
    let update = pb::UpdateReportRequestRequest {
        report_request: Some(pb::ReportRequest {
            due_time: Some(at("2022-06-20T10:00:00Z")),
            ..read
        }),
        ..Default::default()
    };
    let changed = stage
        .requests()
        .update_report_request(stage.receiver.ask(update))
        .await;
    let changed = changed.unwrap().into_inner();
    let read = stage.request(&stage.receiver, &changed.name).await;
    assert!(
        read.issues.iter().all(|it| it.code != "DUE_TOO_EARLY"),
        "{:?}",
        read.issues
    );
    let issued = pb::UpdateReportRequestRequest {
        report_request: Some(stage.request(&stage.receiver, REQUEST).await),
        ..Default::default()
    };
    let refused = stage
        .requests()
        .update_report_request(stage.receiver.ask(issued))
        .await;
    assert_eq!(reason(&refused.unwrap_err()), "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn days_off_are_checked_day_by_day() {
    let stage = Stage::new().await;
    let everywhere = stage.world.everywhere("thu-ky", "receiver").await;
    let replace = pb::ReplaceYearCalendarRequest {
        year_calendar: Some(pb::YearCalendar {
            name: "yearCalendars/2022".into(),
            days_off: vec![pb::DayOff {
                date: "2023-09-02".into(),
                display_name: "Quốc khánh".into(),
            }],
            made_up_dates: vec!["2022-09-05".into()],
            source: "Thông báo".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut calendars = CalendarServiceClient::new(stage.reporting.clone());
    let refused = calendars
        .replace_year_calendar(everywhere.ask(replace))
        .await
        .unwrap_err();
    let details = refused.get_error_details();
    let violations = &details.bad_request().unwrap().field_violations;
    let told: Vec<_> = violations
        .iter()
        .map(|it| (it.field.as_str(), it.reason.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("year_calendar.days_off[0].date", "OUT_OF_RANGE"),
            ("year_calendar.made_up_dates[0]", "NOT_A_DAY_OF_REST"),
        ]
    );
    let plain = pb::ReplaceYearCalendarRequest {
        year_calendar: Some(pb::YearCalendar {
            name: "yearCalendars/2022".into(),
            source: "Thông báo".into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let refused = calendars
        .replace_year_calendar(stage.receiver.ask(plain))
        .await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::PermissionDenied);
}
