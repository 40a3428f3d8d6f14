//! Days of money, what is closed, and what rests on which decision.

use sea_orm::ConnectionTrait;

use super::*;
use moves::carry;
use pb::DisbursementKind::Payment;
use revocations::{cover, revoke};

impl Office {
    async fn decide_on(&self, id: &str, kind: pb::DecisionKind, amount: i64, day: &str) -> String {
        let draft = self.draft_as(id, decision(kind, amount)).await.unwrap();
        let number = format!("{id}/QĐ-UBND");
        let issued = self.issue_on(&draft.name, &number, day, &draft.etag);
        issued.await.unwrap().name
    }

    async fn year(&self, fiscal_year: i32, closing_date: &str) -> pb::BudgetSummary {
        let ask = pb::SummarizeBudgetRequest {
            scope_unit: "units/tinh-quang-ngai".into(),
            fiscal_year,
            closing_date: closing_date.into(),
            ..Default::default()
        };
        self.summary(ask).await.unwrap().total.unwrap()
    }
}

/// 700 are moved to 2023 on 20 December; the decision that recalls 200 of them is of the 10th.
#[tokio::test]
async fn money_does_not_leave_before_the_day_on_which_it_came() {
    let office = Office::open_on("2023-02-01").await;
    let line = office.funded("a", 1_000).await;
    let kind = pb::DecisionKind::MoveBudget;
    let by = office.decide_on("chuyen", kind, 700, "2022-12-20").await;
    let pair = carry(&office, &line, &by, 700, 2023).await.unwrap();
    let next = pair.arriving.unwrap().budget_line;
    let kind = pb::DecisionKind::RecallBudget;
    let recalling = office.decide_on("thu-hoi", kind, 200, "2022-12-10").await;
    let recall = pb::Allocation {
        decision: "decisions/cap-a".into(),
        moved_by_decision: by,
        by_decision: recalling,
        amount_vnd: -200,
        ..Default::default()
    };
    let recalled = office.enter_allocation(&next, recall).await.unwrap();
    assert_eq!(recalled.effective_date, "2022-12-20");
    for (day, closed) in [("2022-12-15", 0), ("2022-12-20", 500)] {
        let sums = office.year(2023, day).await;
        assert_eq!(sums.closed_allocated_amount_vnd, closed, "{day}");
    }
    let absent = office.year(2023, "2022-12-15").await.disbursed_ratio;
    let absent = absent.unwrap().absence();
    assert_eq!(absent, proto::shared::Absence::NotApplicable);
}

#[tokio::test]
async fn a_line_is_not_settled_over_an_open_contract_and_the_project_can_be_given_up() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let signed = office.sign(&line, contract("1/HĐ", 300)).await.unwrap();
    let under = pb::Disbursement {
        kind: Payment.into(),
        amount_vnd: 100,
        disburse_date: "2022-05-20".into(),
        commitment: signed.name.clone(),
        ..Default::default()
    };
    office.disburse(&line, under).await.unwrap();
    let kind = pb::DecisionKind::ApproveSettlement;
    let by = office.decide("quyet-toan", kind, 100).await;
    let (_, reason, facts) = refusal(office.settle(&line, &by, 100).await);
    assert_eq!(
        (reason.as_str(), facts["reserved"].as_str()),
        ("CONTRACTS_OPEN", "200 đồng")
    );
    let annex = pb::Commitment {
        amends: signed.name,
        ..contract("PL 01", -200)
    };
    office.sign(&line, annex).await.unwrap();
    office.settle(&line, &by, 100).await.unwrap();
    // A line that was settled over a contract in former times holds nothing up.
    let tx = office.db.begin_as("users/administrator", "test", "test");
    let tx = tx.await.unwrap();
    let former = "UPDATE budget_lines SET committed_vnd = committed_vnd + 50";
    tx.db.execute_unprepared(former).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(office.get_line(&line).await.reserved_amount_vnd, 50);
    office.cancel("projects/a").await.unwrap();
}

#[tokio::test]
async fn a_settled_line_whose_decision_is_replaced_is_covered() {
    let office = Office::open().await;
    let line = office.funded("a", 500).await;
    office.pay(&line, 400).await.unwrap();
    let kind = pb::DecisionKind::ApproveSettlement;
    let by = office.decide("quyet-toan", kind, 400).await;
    office.settle(&line, &by, 400).await.unwrap();
    let replacing = pb::Decision {
        replaces: "decisions/cap-a".into(),
        ..decision(pb::DecisionKind::AssignBudget, 500)
    };
    let draft = office.draft_as("thay-the", replacing).await.unwrap();
    let issued = office.issue(&draft.name, "9/QĐ-UBND", &draft.etag).await;
    let new = issued.unwrap().name;
    assert_eq!(office.get_line(&line).await.uncovered_amount_vnd, 500);
    cover(&office, &line, &new, 500).await.unwrap();
    let now = office.get_line(&line).await;
    assert_eq!(
        (now.allocated_amount_vnd, now.uncovered_amount_vnd),
        (500, 0)
    );
    assert_eq!(now.settlement.unwrap().lapsed_amount_vnd, 100);
    assert_eq!(refusal(office.pay(&line, 1).await).1, "LINE_SETTLED");
}

/// Today is 24 June 2022.
#[tokio::test]
async fn nothing_is_decided_signed_or_paid_on_a_day_that_has_not_come() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let draft = office.draft("cap-mai", 1).await.unwrap();
    let issue = |day: &'static str| office.issue_on(&draft.name, "7/QĐ-UBND", day, &draft.etag);
    assert_eq!(bad_fields(issue("2022-06-25").await), ["issue_date"]);
    issue("2022-06-24").await.unwrap();
    let sign = |day: &str| pb::Commitment {
        sign_date: day.into(),
        ..contract("1/HĐ", 1)
    };
    let early = office.sign(&line, sign("2022-06-25")).await;
    assert_eq!(bad_fields(early), ["commitment.sign_date"]);
    office.sign(&line, sign("2022-06-24")).await.unwrap();
    let early = office.spend(&line, Payment, 1, "2022-06-25").await;
    assert_eq!(bad_fields(early), ["disbursement.disburse_date"]);
    office.spend(&line, Payment, 1, "2022-06-24").await.unwrap();
    // Nor was anything paid before the money was there.
    let early = office.spend(&line, Payment, 1, "2022-05-09").await;
    let (_, reason, facts) = refusal(early);
    assert_eq!(
        (
            reason.as_str(),
            facts["day_vi"].as_str(),
            facts["first_vi"].as_str()
        ),
        ("PAID_BEFORE_GRANTED", "9/5/2022", "10/5/2022")
    );
    office.spend(&line, Payment, 1, "2022-05-10").await.unwrap();
}

/// Paid on 10 December and found to be wrong after the closing.
#[tokio::test]
async fn a_reversed_payment_is_taken_back_from_the_closing_in_which_it_counted() {
    let office = Office::open_on("2022-12-31").await;
    let line = office.funded("a", 1_000).await;
    let wrong = office.spend(&line, Payment, 600, "2022-12-10").await;
    let wrong = wrong.unwrap();
    assert_eq!(office.year(2022, "").await.closed_disbursed_amount_vnd, 600);
    let reversal = |day: &str| pb::Disbursement {
        reverses: wrong.name.clone(),
        disburse_date: day.into(),
        ..Default::default()
    };
    let early = office.disburse(&line, reversal("2022-12-09")).await;
    assert_eq!(bad_fields(early), ["disbursement.disburse_date"]);
    let reversed = office.disburse(&line, reversal("2022-12-20")).await;
    assert_eq!(reversed.unwrap().closing_year, 2022);
    for day in ["", "2022-12-12", "2022-12-31"] {
        let sums = office.year(2022, day).await;
        assert_eq!(sums.closed_disbursed_amount_vnd, 0, "{day}");
        assert_eq!(sums.disbursed_ratio.unwrap().text_vi, "0%", "{day}");
    }
}

/// 100 granted and spent, 100 more permitted; the grant is revoked and 50 are granted anew.
#[tokio::test]
async fn a_permission_that_carries_money_without_a_decision_is_used_once() {
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    let kind = pb::DecisionKind::AdvanceBudget;
    let ahead = office.decide("ung", kind, 100).await;
    let who = &office.receiver;
    office.allocate(who, "a", &ahead, 100).await.unwrap();
    office.pay(&line, 100).await.unwrap();
    let by = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    revoke(&office, "decisions/cap-a", &by).await.unwrap();
    let kind = pb::DecisionKind::AssignBudget;
    let anew = office.decide("cap-lai", kind, 50).await;
    office.allocate(who, "a", &anew, 50).await.unwrap();
    let now = office.get_line(&line).await;
    assert_eq!(now.used_permission_amount_vnd, 50);
    let (_, reason, facts) = refusal(office.pay(&line, 1).await);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("DISBURSEMENT_EXCEEDED", "0 đồng")
    );
}

#[tokio::test]
async fn a_recall_is_not_undone_where_no_money_may_be_given() {
    let office = Office::open().await;
    let line = office.funded("a", 500).await;
    let recall = pb::Allocation {
        decision: "decisions/cap-a".into(),
        by_decision: office
            .decide("thu-hoi", pb::DecisionKind::RecallBudget, 200)
            .await,
        amount_vnd: -200,
        ..Default::default()
    };
    let recalled = office.enter_allocation(&line, recall).await.unwrap();
    office.cancel("projects/a").await.unwrap();
    let back = pb::Allocation {
        reverses: recalled.name,
        ..Default::default()
    };
    let (_, reason, facts) = refusal(office.enter_allocation(&line, back).await);
    assert_eq!(
        (reason.as_str(), facts["state"].as_str()),
        ("STATE_NOT_ALLOWED", "CANCELLED")
    );
    assert_eq!(office.get_line(&line).await.allocated_amount_vnd, 300);
}

/// 60 of 100 permitted are spent and then granted; the permission is revoked.
#[tokio::test]
async fn of_a_revoked_permission_only_what_is_not_used_up_lacks_a_decision() {
    let office = Office::open().await;
    office.approved("a", "A").await;
    let line = office.open_line("a", 2022, None).await.unwrap().name;
    let kind = pb::DecisionKind::AdvanceBudget;
    let ahead = office.decide("ung", kind, 100).await;
    let who = &office.receiver;
    office.allocate(who, "a", &ahead, 100).await.unwrap();
    office.pay(&line, 60).await.unwrap();
    let kind = pb::DecisionKind::AssignBudget;
    let cap = office.decide("cap", kind, 60).await;
    office.allocate(who, "a", &cap, 60).await.unwrap();
    let by = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    revoke(&office, &ahead, &by).await.unwrap();
    assert_eq!(office.get_line(&line).await.uncovered_amount_vnd, 40);
    assert_eq!(office.year(2022, "").await.uncovered_amount_vnd, 40);
    let list = pb::ListBudgetLinesRequest {
        parent: "projects/a".into(),
        ..Default::default()
    };
    let list = office.reporter.ask(list);
    let listed = office.budget.clone().list_budget_lines(list).await;
    let listed = listed.unwrap().into_inner().budget_lines;
    assert_eq!(listed[0].uncovered_amount_vnd, 40);
}
