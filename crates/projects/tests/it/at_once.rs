//! Many who write at once: whoever comes first, no line and no decision is overdrawn, and
//! nobody is refused but by a rule.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::*;

/// Again and again, because once may be luck.
const ROUNDS: usize = 4;

type Jobs = JoinSet<Result<(), Status>>;

async fn office() -> Arc<Office> {
    Arc::new(Office::open().await)
}

/// Waits for all and returns how many were taken; the others were refused for one of these
/// reasons.
async fn taken(jobs: Jobs, reasons: &[&str]) -> usize {
    let answers = jobs.join_all().await;
    let all = answers.len();
    let refused: Vec<_> = answers.into_iter().filter(Result::is_err).collect();
    let taken = all - refused.len();
    for answer in refused {
        let (_, reason, _) = refusal(answer);
        assert!(reasons.contains(&reason.as_str()), "{reason}");
    }
    taken
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_payments_at_once_only_those_are_made_that_the_line_can_bear() {
    let office = office().await;
    for round in 0..ROUNDS {
        let line = office.funded(&format!("chi-{round}"), 1_000).await;
        let mut jobs = Jobs::new();
        for place in 0..24 {
            let (office, line) = (office.clone(), line.clone());
            jobs.spawn(async move {
                let kind = match place % 2 {
                    0 => pb::DisbursementKind::Payment,
                    _ => pb::DisbursementKind::Advance,
                };
                let paid = office.spend(&line, kind, 90, "2022-05-20").await;
                paid.map(drop)
            });
        }
        assert_eq!(taken(jobs, &["DISBURSEMENT_EXCEEDED"]).await, 11);
        let now = office.get_line(&line).await;
        assert_eq!(now.disbursed_amount_vnd, 990);
        assert_eq!(now.remaining_amount_vnd, 10);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn contracts_signed_at_once_stay_within_the_line_and_payments_within_the_contract() {
    let office = office().await;
    for round in 0..ROUNDS {
        let line = office.funded(&format!("hop-dong-{round}"), 1_000).await;
        let mut jobs = Jobs::new();
        for place in 0..16 {
            let (office, line) = (office.clone(), line.clone());
            jobs.spawn(async move {
                let signed = contract(&format!("{place}/HĐ"), 300);
                office.sign(&line, signed).await.map(drop)
            });
        }
        assert_eq!(taken(jobs, &["COMMITMENT_EXCEEDED"]).await, 3);

        // One contract is paid and lowered at once: six hundreds of it are there for both.
        let line = office.funded(&format!("phu-luc-{round}"), 1_000).await;
        let signed = office.sign(&line, contract("01/HĐ", 600)).await.unwrap();
        let mut jobs = Jobs::new();
        for place in 0..16 {
            let (office, line) = (office.clone(), line.clone());
            let signed = signed.name.clone();
            jobs.spawn(async move {
                if place % 2 == 0 {
                    let payment = pb::Disbursement {
                        kind: pb::DisbursementKind::Payment.into(),
                        amount_vnd: 100,
                        disburse_date: "2022-05-20".into(),
                        commitment: signed,
                        ..Default::default()
                    };
                    return office.disburse(&line, payment).await.map(drop);
                }
                let annex = pb::Commitment {
                    amends: signed,
                    partner: String::new(),
                    ..contract("PL", -100)
                };
                office.sign(&line, annex).await.map(drop)
            });
        }
        assert_eq!(
            taken(jobs, &["CONTRACT_EXCEEDED", "CONTRACT_PAID"]).await,
            6
        );
        let now = office.get_line(&line).await;
        assert_eq!(now.committed_amount_vnd, now.disbursed_amount_vnd);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_is_allocated_while_its_decision_is_revoked_came_before_or_not_at_all() {
    let office = office().await;
    let revoker = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    for round in 0..ROUNDS {
        let projects: Vec<_> = (0..8).map(|it| format!("cap-{round}-{it}")).collect();
        for project in &projects {
            office.approved(project, project).await;
            office.open_line(project, 2022, None).await.unwrap();
        }
        let id = format!("giao-{round}");
        let name = office
            .decide(&id, pb::DecisionKind::AssignBudget, 800)
            .await;
        let mut jobs = Jobs::new();
        for (place, project) in projects.iter().cloned().enumerate() {
            // The revocation comes in the midst of them.
            if place == 4 {
                let (office, name, by) = (office.clone(), name.clone(), revoker.clone());
                jobs.spawn(async move { revoke_for_sure(&office, &name, &by).await });
            }
            let (office, name) = (office.clone(), name.clone());
            jobs.spawn(async move {
                let given = office.allocate(&office.receiver, &project, &name, 100);
                given.await.map(drop)
            });
        }
        let taken = taken(jobs, &["DECISION_NOT_ISSUED"]).await - 1;
        let decision = office.get_decision(&name).await;
        assert_eq!(decision.state(), pb::DecisionState::Revoked);
        assert_eq!(decision.allocated_amount_vnd, 100 * count(taken));
        let mut uncovered = 0;
        for project in &projects {
            let it = office.get_line(&line(project)).await;
            assert_eq!(it.uncovered_amount_vnd, it.allocated_amount_vnd);
            uncovered += it.uncovered_amount_vnd;
        }
        assert_eq!(uncovered, 100 * count(taken));
    }
}

/// Revokes a decision, looking again when somebody has used it in the meantime.
async fn revoke_for_sure(office: &Office, name: &str, by: &str) -> Result<(), Status> {
    loop {
        let revoke = pb::RevokeDecisionRequest {
            name: name.into(),
            revoking_decision: by.into(),
            reason: "Ban hành sai thẩm quyền".into(),
            etag: office.get_decision(name).await.etag,
            ..Default::default()
        };
        let mut budget = office.budget.clone();
        match budget.revoke_decision(office.receiver.ask(revoke)).await {
            Err(status) if status.code() == Code::Aborted => {}
            other => return other.map(drop),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn money_that_moves_away_is_not_spent_and_what_is_spent_does_not_move() {
    let office = office().await;
    for round in 0..ROUNDS {
        let project = format!("chuyen-{round}");
        let from = office.funded(&project, 1_000).await;
        let by = office
            .decide(
                &format!("chuyen-nguon-{round}"),
                pb::DecisionKind::MoveBudget,
                1_000,
            )
            .await;
        let mut jobs = Jobs::new();
        for place in 0..16 {
            let (office, line, by) = (office.clone(), from.clone(), by.clone());
            let decision = format!("decisions/cap-{project}");
            jobs.spawn(async move {
                if place % 2 == 0 {
                    return office.pay(&line, 150).await.map(drop);
                }
                let carry = pb::MoveAllocationRequest {
                    parent: line,
                    decision,
                    by_decision: by,
                    amount_vnd: 150,
                    target_fiscal_year: 2023,
                    ..Default::default()
                };
                let mut budget = office.budget.clone();
                let moved = budget.move_allocation(office.receiver.ask(carry)).await;
                moved.map(drop)
            });
        }
        // Each takes 150 of 1.000, one way or the other.
        let reasons = ["DISBURSEMENT_EXCEEDED", "RECALL_EXCEEDED"];
        assert_eq!(taken(jobs, &reasons).await, 6);
        let here = office.get_line(&from).await;
        assert_eq!(here.remaining_amount_vnd, 100);
        let ask = pb::SummarizeBudgetRequest {
            scope_unit: "units/tinh-quang-ngai".into(),
            fiscal_year: 2022,
            last_fiscal_year: 2023,
            project: format!("projects/{project}"),
            ..Default::default()
        };
        let total = office.summary(ask).await.unwrap().total.unwrap();
        assert_eq!(total.allocated_amount_vnd, 1_000);
        assert_eq!(total.disbursed_amount_vnd, here.disbursed_amount_vnd);
    }
}

/// A request that waits for a decision, and the line that is to get the money.
async fn appraised(office: &Office, project: &str) -> pb::SupplementaryRequest {
    let asked = office.request(project, "2022-h1", Some(300)).await.unwrap();
    let appraise = pb::AppraiseSupplementaryRequestRequest {
        name: asked.name,
        opinion: "Đề nghị cấp đủ".into(),
        proposed_amount_vnd: 300,
        etag: asked.etag,
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let answer = budget
        .appraise_supplementary_request(office.receiver.ask(appraise))
        .await;
    answer.unwrap().into_inner()
}

async fn approve(
    office: &Office,
    asked: &pb::SupplementaryRequest,
    decision: &str,
    line: String,
) -> Result<(), Status> {
    let approve = pb::ApproveSupplementaryRequestRequest {
        name: asked.name.clone(),
        decision: decision.into(),
        approved_amount_vnd: 300,
        budget_line: line,
        etag: asked.etag.clone(),
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let answer = budget
        .approve_supplementary_request(office.receiver.ask(approve))
        .await;
    answer.map(drop)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_request_approved_twice_at_once_is_money_once() {
    let office = office().await;
    for round in 0..ROUNDS {
        let project = format!("de-xuat-{round}");
        office.approved(&project, &project).await;
        office.open_line(&project, 2022, None).await.unwrap();
        let asked = appraised(&office, &project).await;
        let mut jobs = Jobs::new();
        for place in 0..4 {
            let id = format!("bo-sung-{round}-{place}");
            let kind = pb::DecisionKind::SupplementBudget;
            let decision = office.decide(&id, kind, 300).await;
            let (office, asked, line) = (office.clone(), asked.clone(), line(&project));
            jobs.spawn(async move { approve(&office, &asked, &decision, line).await });
        }
        let reasons = ["ETAG_MISMATCH", "STATE_NOT_ALLOWED", "TRANSACTION_CONFLICT"];
        assert_eq!(taken(jobs, &reasons).await, 1);
        let now = office.get_line(&line(&project)).await;
        assert_eq!(now.allocated_amount_vnd, 300);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_approved_at_once_by_one_decision_get_no_more_than_it_says() {
    let office = office().await;
    for round in 0..ROUNDS {
        let kind = pb::DecisionKind::SupplementBudget;
        let id = format!("bo-sung-chung-{round}");
        let decision = office.decide(&id, kind, 1_000).await;
        let mut all = Vec::new();
        for place in 0..6 {
            let project = format!("chung-{round}-{place}");
            office.approved(&project, &project).await;
            office.open_line(&project, 2022, None).await.unwrap();
            all.push((appraised(&office, &project).await, line(&project)));
        }
        let mut jobs = Jobs::new();
        for (asked, line) in all {
            let (office, decision) = (office.clone(), decision.clone());
            jobs.spawn(async move { approve(&office, &asked, &decision, line).await });
        }
        assert_eq!(taken(jobs, &["BUDGET_EXCEEDED"]).await, 3);
        let used = office.get_decision(&decision).await;
        assert_eq!(used.allocated_amount_vnd, 900);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn uncovered_money_covered_at_once_is_covered_once() {
    let office = office().await;
    for round in 0..ROUNDS {
        let project = format!("thay-{round}");
        let line = office.funded(&project, 500).await;
        let old = format!("decisions/cap-{project}");
        let id = format!("thay-the-{round}");
        let new = pb::Decision {
            replaces: old.clone(),
            ..decision(pb::DecisionKind::AssignBudget, 800)
        };
        let draft = office.draft_as(&id, new).await.unwrap();
        let number = format!("{id}/QĐ-UBND");
        let issued = office.issue(&draft.name, &number, &draft.etag).await;
        let by = issued.unwrap().name;
        let mut jobs = Jobs::new();
        for _ in 0..12 {
            let (office, line) = (office.clone(), line.clone());
            let (old, by) = (old.clone(), by.clone());
            jobs.spawn(async move {
                let cover = pb::CoverAllocationRequest {
                    parent: line,
                    decision: old,
                    by_decision: by,
                    amount_vnd: 100,
                    ..Default::default()
                };
                let mut budget = office.budget.clone();
                let covered = budget.cover_allocation(office.receiver.ask(cover)).await;
                covered.map(drop)
            });
        }
        assert_eq!(taken(jobs, &["NOT_HELD"]).await, 5);
        let now = office.get_line(&line).await;
        assert_eq!(
            (now.allocated_amount_vnd, now.uncovered_amount_vnd),
            (500, 0)
        );
        assert_eq!(office.get_decision(&by).await.allocated_amount_vnd, 500);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_line_is_settled_at_what_was_spent_whoever_pays_in_the_same_moment() {
    let office = office().await;
    for round in 0..ROUNDS {
        let line = office.funded(&format!("quyet-toan-{round}"), 1_000).await;
        office.pay(&line, 400).await.unwrap();
        let kind = pb::DecisionKind::ApproveSettlement;
        let by = office.decide(&format!("duyet-{round}"), kind, 1_000).await;
        let etag = office.get_line(&line).await.etag;
        let mut jobs = Jobs::new();
        for place in 0..8 {
            let (office, line) = (office.clone(), line.clone());
            let (by, etag) = (by.clone(), etag.clone());
            jobs.spawn(async move {
                if place % 2 == 1 {
                    return office.pay(&line, 50).await.map(drop);
                }
                let settle = pb::SettleBudgetLineRequest {
                    name: line,
                    decision: by,
                    amount_vnd: 400,
                    etag,
                    ..Default::default()
                };
                let mut spending = office.spending.clone();
                let settled = spending
                    .settle_budget_line(office.receiver.ask(settle))
                    .await;
                settled.map(drop)
            });
        }
        let reasons = ["LINE_SETTLED", "ETAG_MISMATCH", "SETTLEMENT_DIFFERS"];
        let taken = taken(jobs, &reasons).await;
        let now = office.get_line(&line).await;
        match now.settlement {
            // Then nobody paid before, and nobody can any more.
            Some(it) => assert_eq!(
                (taken, it.amount_vnd, now.disbursed_amount_vnd),
                (1, 400, 400)
            ),
            None => assert_eq!((taken, now.disbursed_amount_vnd), (4, 600)),
        }
    }
}
