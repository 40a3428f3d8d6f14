//! Amounts at the edges of 64 bits, and below 0, wherever money is told to the service.

use super::*;

/// Never an amount of money that is given, moved, covered or approved.
const NEVER: [i64; 5] = [i64::MIN, -1, 0, MOST + 1, i64::MAX];

#[tokio::test]
async fn money_that_moves_or_is_covered_is_above_0_and_within_the_limit() {
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    let mut budget = office.budget.clone();
    for amount_vnd in NEVER {
        let carry = pb::MoveAllocationRequest {
            parent: line.clone(),
            decision: "decisions/cap-a".into(),
            by_decision: "decisions/cap-a".into(),
            amount_vnd,
            target_fiscal_year: 2023,
            ..Default::default()
        };
        let moved = budget.move_allocation(office.receiver.ask(carry)).await;
        assert_eq!(bad_fields(moved), ["amount_vnd"], "{amount_vnd}");
        let cover = pb::CoverAllocationRequest {
            parent: line.clone(),
            decision: "decisions/cap-a".into(),
            by_decision: "decisions/cap-a".into(),
            amount_vnd,
            ..Default::default()
        };
        let covered = budget.cover_allocation(office.receiver.ask(cover)).await;
        assert_eq!(bad_fields(covered), ["amount_vnd"], "{amount_vnd}");
    }
    assert_eq!(office.get_line(&line).await.allocated_amount_vnd, 100);
}

#[tokio::test]
async fn a_settlement_and_an_appraisal_may_be_0_and_never_below() {
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    let asked = office.request("a", "2022-h1", Some(50)).await.unwrap();
    let mut budget = office.budget.clone();
    let mut spending = office.spending.clone();
    for amount_vnd in NEVER.into_iter().filter(|it| *it != 0) {
        let settle = pb::SettleBudgetLineRequest {
            name: line.clone(),
            decision: "decisions/cap-a".into(),
            amount_vnd,
            ..Default::default()
        };
        let settled = spending.settle_budget_line(office.receiver.ask(settle));
        assert_eq!(bad_fields(settled.await), ["amount_vnd"], "{amount_vnd}");
        let appraise = pb::AppraiseSupplementaryRequestRequest {
            name: asked.name.clone(),
            opinion: "Đề nghị cấp".into(),
            proposed_amount_vnd: amount_vnd,
            etag: asked.etag.clone(),
            ..Default::default()
        };
        let appraised = budget.appraise_supplementary_request(office.receiver.ask(appraise));
        let fields = bad_fields(appraised.await);
        assert_eq!(fields, ["proposed_amount_vnd"], "{amount_vnd}");
    }
    for amount_vnd in NEVER {
        let approve = pb::ApproveSupplementaryRequestRequest {
            name: asked.name.clone(),
            decision: "decisions/cap-a".into(),
            approved_amount_vnd: amount_vnd,
            budget_line: line.clone(),
            etag: asked.etag.clone(),
            ..Default::default()
        };
        let approved = budget.approve_supplementary_request(office.receiver.ask(approve));
        let fields = bad_fields(approved.await);
        assert_eq!(fields, ["approved_amount_vnd"], "{amount_vnd}");
    }
}

#[tokio::test]
async fn the_smallest_and_the_largest_amount_are_split_to_the_last_dong() {
    let office = Office::open().await;
    for amount_vnd in [i64::MIN, -1, 0, 1, i64::MAX] {
        for weights in [vec![1; 12], vec![0, i64::MAX, 1], vec![3]] {
            let split = pb::SplitAmountRequest {
                amount_vnd,
                weights: weights.clone(),
            };
            let split = office
                .budget
                .clone()
                .split_amount(office.receiver.ask(split))
                .await;
            let parts = split.unwrap().into_inner().amounts_vnd;
            assert_eq!(parts.len(), weights.len());
            let sum: i128 = parts.iter().copied().map(i128::from).sum();
            assert_eq!(sum, i128::from(amount_vnd), "{weights:?}");
        }
    }
}
