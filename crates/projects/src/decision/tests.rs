use proptest::prelude::*;
use types::date::parse_iso;

use super::*;

fn decision(kind: DecisionKind, amount: i64) -> Decision {
    Decision {
        id: DecisionId::new("qd-123").unwrap(),
        authority_unit: UnitId::new("tinh-quang-ngai").unwrap(),
        subject: "Hỗ trợ kinh phí triển khai phòng họp không giấy".into(),
        amount: Money::new(amount),
        kind,
        replaces: None,
        state: DecisionState::Issued,
        issue: Some(Issue {
            number: "123/QĐ-UBND".parse().unwrap(),
            date: parse_iso("2022-05-10").unwrap(),
        }),
        revocation: None,
        used: Used::default(),
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 2,
    }
}

fn refusal<T: std::fmt::Debug>(answer: Result<T>) -> (&'static str, kit::error::Facts) {
    let Err(Error::Rule(reason, facts)) = answer else {
        panic!("{answer:?}")
    };
    (reason.code, facts)
}

#[test]
fn one_dong_too_much_is_refused_with_all_numbers() {
    let mut decision = decision(DecisionKind::AssignBudget, 500_000_000);
    let granted = |it: &mut Decision, vnd| it.spend(|it| &mut it.granted, Money::new(vnd));
    granted(&mut decision, 300_000_000).unwrap();
    granted(&mut decision, 200_000_000).unwrap();
    let (code, facts) = refusal(granted(&mut decision, 1));
    assert_eq!(code, "BUDGET_EXCEEDED");
    assert_eq!(facts["amount"], "500.000.000 đồng");
    assert_eq!(facts["allocated"], "500.000.000 đồng");
    assert_eq!(facts["asked"], "1 đồng");
    assert_eq!(facts["available"], "0 đồng");
    assert_eq!(facts["missing"], "1 đồng");
    // What it takes back is counted apart from what it grants.
    decision
        .spend(|it| &mut it.recalled, decision.amount)
        .unwrap();
    assert_eq!(decision.used.recalled, decision.used.granted);
}

#[test]
fn only_what_is_in_force_can_be_acted_on() {
    for (state, is_fine) in [
        (DecisionState::Draft, false),
        (DecisionState::Issued, true),
        (DecisionState::Revoked, false),
        (DecisionState::Replaced, false),
    ] {
        let decision = Decision {
            state,
            ..decision(DecisionKind::AssignBudget, 1)
        };
        match is_fine {
            true => decision.is_issued().unwrap(),
            false => assert_eq!(refusal(decision.is_issued()).0, "DECISION_NOT_ISSUED"),
        }
    }
}

#[test]
fn each_kind_does_what_its_name_says() {
    let fits = |test: fn(DecisionKind) -> bool| -> Vec<_> {
        let fit = DecisionKind::ALL.into_iter().filter(|it| test(*it));
        fit.map(DecisionKind::as_name).collect()
    };
    assert_eq!(
        fits(DecisionKind::grants),
        [
            "PLAN_CAPITAL",
            "ASSIGN_BUDGET",
            "ADJUST_BUDGET",
            "SUPPLEMENT_BUDGET"
        ]
    );
    assert_eq!(
        fits(DecisionKind::takes_back),
        ["ADJUST_BUDGET", "RECALL_BUDGET"]
    );
    assert_eq!(fits(DecisionKind::permits), ["ADVANCE_BUDGET"]);
    assert_eq!(fits(DecisionKind::moves), ["MOVE_BUDGET"]);
    assert_eq!(fits(DecisionKind::settles), ["APPROVE_SETTLEMENT"]);
    let policy = decision(DecisionKind::ApprovePolicy, 1);
    let (code, facts) = refusal(policy.is_for(DecisionKind::takes_back));
    assert_eq!(code, "DECISION_KIND_UNFIT");
    assert_eq!(facts["kind"], "APPROVE_POLICY");
    assert_eq!(facts["allowed_kinds"], "ADJUST_BUDGET, RECALL_BUDGET");
}

proptest! {
    #[test]
    fn whatever_is_tried_what_was_done_stays_between_nothing_and_the_amount(
        amount in 1..2_000_i64,
        tried in proptest::collection::vec((any::<bool>(), 1..1_000_i64), 0..60),
    ) {
        let mut decision = decision(DecisionKind::AdjustBudget, amount);
        let mut done = Vec::new();
        for (is_reversal, amount) in tried {
            let amount = Money::new(amount);
            if is_reversal {
                if let Some(last) = done.pop() {
                    decision.give_back(|it| &mut it.granted, last).unwrap();
                }
            } else if decision.spend(|it| &mut it.granted, amount).is_ok() {
                done.push(amount);
            }
            prop_assert_eq!(Money::checked_sum(done.iter().copied()), Some(decision.used.granted));
            prop_assert!((Money::ZERO..=decision.amount).contains(&decision.used.granted));
        }
    }
}
