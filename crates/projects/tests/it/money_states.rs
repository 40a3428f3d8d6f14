//! What is done with the money of a project depends on where the project stands.

use super::*;
use pb::DisbursementKind::{Advance, Payment, Recovery};

#[track_caller]
fn not_allowed<T: std::fmt::Debug>(answer: Result<T, Status>, state: &str, allowed: &str) {
    let (code, reason, facts) = refusal(answer);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "STATE_NOT_ALLOWED")
    );
    assert_eq!(
        (facts["state"].as_str(), facts["allowed_states"].as_str()),
        (state, allowed)
    );
}

impl Office {
    pub(crate) async fn cancel(&self, name: &str) -> Result<pb::Project, Status> {
        let cancel = pb::CancelProjectRequest {
            name: name.into(),
            reason: "Trùng với dự án của tỉnh".into(),
            etag: self.get_project(name).await.etag,
            ..Default::default()
        };
        let cancel = self.leader.ask(cancel);
        let answer = self.projects.clone().cancel_project(cancel).await;
        answer.map(tonic::Response::into_inner)
    }

    pub(crate) async fn settle(
        &self,
        line: &str,
        decision: &str,
        amount_vnd: i64,
    ) -> Result<pb::BudgetLine, Status> {
        let settle = pb::SettleBudgetLineRequest {
            name: line.into(),
            decision: decision.into(),
            amount_vnd,
            etag: self.get_line(line).await.etag,
            ..Default::default()
        };
        let settle = self.receiver.ask(settle);
        let answer = self.spending.clone().settle_budget_line(settle).await;
        answer.map(tonic::Response::into_inner)
    }
}

#[tokio::test]
async fn a_project_that_is_only_proposed_asks_for_money_and_gets_none() {
    let office = Office::open().await;
    let project = office.task("a", "A").await;
    let line = office.open_line("a", 2022, Some(100)).await.unwrap().name;
    office.request("a", "2022-h1", Some(100)).await.unwrap();
    let cap = office
        .decide("cap", pb::DecisionKind::AssignBudget, 100)
        .await;
    let granted = office.allocate(&office.receiver, "a", &cap, 100).await;
    not_allowed(granted, "PROPOSED", "APPROVED, IN_PROGRESS, COMPLETED");
    let allowed = "APPROVED, IN_PROGRESS";
    not_allowed(
        office.sign(&line, contract("1/HĐ", 1)).await,
        "PROPOSED",
        allowed,
    );
    not_allowed(office.pay(&line, 1).await, "PROPOSED", allowed);

    // The decision that assigns the money may be the one that approves the task.
    office.approve(&project, &cap).await.unwrap();
    office
        .allocate(&office.receiver, "a", &cap, 100)
        .await
        .unwrap();
    office.pay(&line, 100).await.unwrap();
}

#[tokio::test]
async fn a_suspended_project_takes_advances_back_and_pays_nothing() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let project = office.get_project("projects/a").await;
    let project = office.start(&project, "2022-06-01").await.unwrap();
    let signed = office.sign(&line, contract("1/HĐ", 300)).await.unwrap();
    office
        .spend(&line, Advance, 100, "2022-06-02")
        .await
        .unwrap();
    let suspend = pb::SuspendProjectRequest {
        name: project.name,
        reason: "Chờ bố trí vốn".into(),
        etag: project.etag,
        ..Default::default()
    };
    let suspend = office.reporter.ask(suspend);
    office
        .projects
        .clone()
        .suspend_project(suspend)
        .await
        .unwrap();

    let allowed = "APPROVED, IN_PROGRESS";
    not_allowed(office.pay(&line, 1).await, "SUSPENDED", allowed);
    let advance = office.spend(&line, Advance, 1, "2022-06-10").await;
    not_allowed(advance, "SUSPENDED", allowed);
    not_allowed(
        office.sign(&line, contract("2/HĐ", 1)).await,
        "SUSPENDED",
        allowed,
    );
    let under = pb::Disbursement {
        kind: Payment.into(),
        amount_vnd: 1,
        disburse_date: "2022-06-10".into(),
        commitment: signed.name.clone(),
        ..Default::default()
    };
    let allowed = "APPROVED, IN_PROGRESS, COMPLETED";
    not_allowed(office.disburse(&line, under).await, "SUSPENDED", allowed);
    let more = office
        .decide("them", pb::DecisionKind::AssignBudget, 1)
        .await;
    let granted = office.allocate(&office.receiver, "a", &more, 1).await;
    not_allowed(granted, "SUSPENDED", allowed);

    office
        .spend(&line, Recovery, 100, "2022-06-10")
        .await
        .unwrap();
    let annex = pb::Commitment {
        amends: signed.name,
        ..contract("PL", -300)
    };
    office.sign(&line, annex).await.unwrap();
    let by = office
        .decide("quyet-toan", pb::DecisionKind::ApproveSettlement, 1)
        .await;
    office.settle(&line, &by, 0).await.unwrap();
}

#[tokio::test]
async fn a_completed_project_pays_what_was_signed_and_begins_nothing_new() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let project = office.get_project("projects/a").await;
    let project = office.start(&project, "2022-06-01").await.unwrap();
    let signed = office.sign(&line, contract("1/HĐ", 300)).await.unwrap();
    office.complete(&project, "2022-06-20").await.unwrap();

    let on = |date: &str, commitment: &str| pb::Disbursement {
        kind: Payment.into(),
        amount_vnd: 100,
        disburse_date: date.into(),
        commitment: commitment.into(),
        ..Default::default()
    };
    let allowed = "APPROVED, IN_PROGRESS";
    let without = office.disburse(&line, on("2022-06-21", "")).await;
    not_allowed(without, "COMPLETED", allowed);
    not_allowed(
        office.sign(&line, contract("2/HĐ", 1)).await,
        "COMPLETED",
        allowed,
    );
    let after = on("2022-06-21", &signed.name);
    office.disburse(&line, after).await.unwrap();
    // A voucher of the days before is entered also now.
    office.disburse(&line, on("2022-06-20", "")).await.unwrap();
    // Work that was not fully funded is still granted money.
    let more = office
        .decide("bo-tri-them", pb::DecisionKind::PlanCapital, 50)
        .await;
    office
        .allocate(&office.receiver, "a", &more, 50)
        .await
        .unwrap();
    let ahead = office
        .decide("ung", pb::DecisionKind::AdvanceBudget, 50)
        .await;
    let permitted = office.allocate(&office.receiver, "a", &ahead, 50).await;
    not_allowed(permitted, "COMPLETED", allowed);
}

#[tokio::test]
async fn a_project_is_cancelled_when_nothing_is_open_and_then_pays_no_more() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000_000).await;
    let signed = office.sign(&line, contract("1/HĐ", 300_000)).await.unwrap();
    let under = |kind: pb::DisbursementKind, amount_vnd| pb::Disbursement {
        kind: kind.into(),
        amount_vnd,
        disburse_date: "2022-06-10".into(),
        commitment: signed.name.clone(),
        ..Default::default()
    };
    office
        .disburse(&line, under(Advance, 90_000))
        .await
        .unwrap();
    office
        .spend(&line, Advance, 10_000, "2022-06-10")
        .await
        .unwrap();
    let refused = office.cancel("projects/a").await;
    let status = refused.clone().unwrap_err();
    let details = status.get_error_details();
    let vietnamese = details.localized_message().unwrap().message.clone();
    assert!(
        vietnamese.contains("còn 100.000 đồng tạm ứng chưa thu hồi, 210.000 đồng giữ cho hợp đồng"),
        "{vietnamese}"
    );
    let (code, reason, facts) = refusal(refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "MONEY_OPEN")
    );
    assert_eq!(facts["advanced"], "100.000 đồng");
    assert_eq!(facts["reserved"], "210.000 đồng");

    let payment = office.disburse(&line, under(Payment, 50_000)).await;
    assert_eq!(payment.unwrap().amount_vnd, 50_000);
    office
        .disburse(&line, under(Recovery, 90_000))
        .await
        .unwrap();
    let recovered = office.spend(&line, Recovery, 10_000, "2022-06-11").await;
    let annex = pb::Commitment {
        amends: signed.name.clone(),
        ..contract("PL", -250_000)
    };
    office.sign(&line, annex).await.unwrap();
    let cancelled = office.cancel("projects/a").await.unwrap();
    assert_eq!(cancelled.state(), pb::ProjectState::Cancelled);

    let allowed = "APPROVED, IN_PROGRESS";
    not_allowed(office.pay(&line, 1).await, "CANCELLED", allowed);
    not_allowed(
        office.sign(&line, contract("2/HĐ", 1)).await,
        "CANCELLED",
        allowed,
    );
    let any_but = "PROPOSED, APPROVED, IN_PROGRESS, SUSPENDED, COMPLETED";
    not_allowed(
        office.open_line("a", 2023, None).await,
        "CANCELLED",
        any_but,
    );
    not_allowed(
        office.draft_request("a", "2022-h1", None).await,
        "CANCELLED",
        any_but,
    );
    let by = office
        .decide("chuyen", pb::DecisionKind::MoveBudget, 1_000)
        .await;
    let carry = pb::MoveAllocationRequest {
        parent: line.clone(),
        decision: "decisions/cap-a".into(),
        by_decision: by,
        amount_vnd: 1,
        target_fiscal_year: 2023,
        ..Default::default()
    };
    let carry = office.receiver.ask(carry);
    let moved = office.budget.clone().move_allocation(carry).await;
    let allowed = "APPROVED, IN_PROGRESS, SUSPENDED, COMPLETED";
    not_allowed(moved, "CANCELLED", allowed);

    // A recovery that was entered wrongly is put right all the same, and entered again.
    let reversal = pb::Disbursement {
        reverses: recovered.unwrap().name,
        disburse_date: "2022-06-12".into(),
        ..Default::default()
    };
    office.disburse(&line, reversal).await.unwrap();
    office
        .spend(&line, Recovery, 10_000, "2022-06-12")
        .await
        .unwrap();
    // What is left is taken back, and what was spent is settled.
    let by = office
        .decide("thu-hoi", pb::DecisionKind::RecallBudget, 950_000)
        .await;
    let taken_back = pb::Allocation {
        decision: "decisions/cap-a".into(),
        by_decision: by,
        amount_vnd: -950_000,
        ..Default::default()
    };
    office.enter_allocation(&line, taken_back).await.unwrap();
    let by = office
        .decide("quyet-toan", pb::DecisionKind::ApproveSettlement, 50_000)
        .await;
    office.settle(&line, &by, 50_000).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_payment_and_a_cancellation_at_once_nothing_stays_open() {
    let office = Office::open().await;
    for round in 0..6 {
        let project = format!("du-an-{round}");
        let line = office.funded(&project, 1_000).await;
        let name = format!("projects/{project}");
        let (advanced, cancelled) = tokio::join!(
            office.spend(&line, Advance, 100, "2022-06-10"),
            office.cancel(&name)
        );
        assert_ne!(advanced.is_ok(), cancelled.is_ok(), "round {round}");
        let state = office.get_project(&name).await.state();
        let open = office.get_line(&line).await.advanced_amount_vnd;
        assert_eq!(state == pb::ProjectState::Cancelled, open == 0);
    }
}
