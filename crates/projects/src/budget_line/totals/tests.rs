use proptest::prelude::*;

use super::*;
use crate::amount::MOST;

fn line() -> LineId {
    "projects/hop-khong-giay/budgetLines/2022.province.recurrent.huyen-minh-long"
        .parse()
        .unwrap()
}

fn vnd(amount: i64) -> Money {
    Money::new(amount)
}

/// Nothing lost its decision.
fn none() -> Uncovered {
    Uncovered::default()
}

/// So much of what was granted lost its decision.
fn lost(amount: i64) -> Uncovered {
    Uncovered {
        granted: vnd(amount),
        ..none()
    }
}

const DIRECT: Under = Under::None;

fn refusal<T: std::fmt::Debug>(answer: Result<T>) -> (&'static str, String, String) {
    let Err(Error::Rule(reason, facts)) = answer else {
        panic!("{answer:?}")
    };
    let text = |name| facts.get(name).cloned().unwrap_or_default();
    (reason.code, text("available"), text("missing"))
}

fn granted(amount: i64) -> Totals {
    Totals::default().grant(none(), vnd(amount)).unwrap()
}

#[test]
fn nothing_is_spent_beyond_the_allocation_unless_a_decision_permits_it() {
    let totals = granted(368_000_000);
    let paid = totals
        .pay(&line(), none(), vnd(368_000_000), DIRECT)
        .unwrap();
    let (code, available, missing) = refusal(paid.pay(&line(), none(), vnd(1), DIRECT));
    assert_eq!(code, "DISBURSEMENT_EXCEEDED");
    assert_eq!((available.as_str(), missing.as_str()), ("0 đồng", "1 đồng"));
    let ahead = paid.permit(vnd(100)).unwrap();
    let ahead = ahead.pay(&line(), none(), vnd(100), DIRECT).unwrap();
    assert_eq!(ahead.remaining(), vnd(-100));
    assert_eq!(
        refusal(ahead.pay(&line(), none(), vnd(1), DIRECT)).0,
        "DISBURSEMENT_EXCEEDED"
    );
    let (code, available, _) = refusal(ahead.forbid(&line(), none(), vnd(1)));
    assert_eq!((code, available.as_str()), ("RECALL_EXCEEDED", "0 đồng"));
}

#[test]
fn what_is_committed_or_spent_is_not_taken_back() {
    let totals = granted(500).commit(&line(), none(), vnd(300)).unwrap();
    let totals = totals
        .advance(&line(), none(), vnd(120), Under::Contract)
        .unwrap();
    let (code, available, missing) = refusal(totals.take_back(&line(), none(), vnd(201)));
    assert_eq!(code, "RECALL_EXCEEDED");
    assert_eq!(
        (available.as_str(), missing.as_str()),
        ("200 đồng", "1 đồng")
    );
    let less = totals.take_back(&line(), none(), vnd(200)).unwrap();
    assert_eq!(less.allocated, vnd(300));
    // A permission does not turn into money that could be taken back.
    let permitted = granted(100).permit(vnd(50)).unwrap();
    assert_eq!(
        refusal(permitted.take_back(&line(), none(), vnd(101))).1,
        "100 đồng"
    );
}

#[test]
fn money_whose_decision_was_revoked_is_not_spent_any_more() {
    let totals = granted(500).pay(&line(), none(), vnd(200), DIRECT).unwrap();
    // Of the 500, 400 lost their decision: what is left covers less than what was paid.
    let (code, available, missing) = refusal(totals.pay(&line(), lost(400), vnd(50), DIRECT));
    assert_eq!(code, "DISBURSEMENT_EXCEEDED");
    assert_eq!(
        (available.as_str(), missing.as_str()),
        ("0 đồng", "50 đồng")
    );
    assert_eq!(
        refusal(totals.commit(&line(), lost(400), vnd(101))).0,
        "COMMITMENT_EXCEEDED"
    );
    assert!(totals.pay(&line(), lost(200), vnd(100), DIRECT).is_ok());
}

#[test]
fn what_was_spent_is_not_left_on_a_decision_that_has_ended() {
    // 500 lost their decision; the other 300 carry what was paid.
    let totals = granted(800)
        .pay(&line(), lost(500), vnd(300), DIRECT)
        .unwrap();
    let (code, available, _) = refusal(totals.take_back(&line(), lost(500), vnd(1)));
    assert_eq!((code, available.as_str()), ("RECALL_EXCEEDED", "0 đồng"));
    assert!(totals.take_back(&line(), none(), vnd(500)).is_ok());
}

#[test]
fn advances_come_back_once() {
    let totals = granted(500)
        .advance(&line(), none(), vnd(200), DIRECT)
        .unwrap();
    let totals = totals.recover(&line(), vnd(150), DIRECT).unwrap();
    assert_eq!(totals.disbursed(), vnd(50));
    let (code, available, missing) = refusal(totals.recover(&line(), vnd(60), DIRECT));
    assert_eq!(code, "ADVANCES_EXCEEDED");
    assert_eq!(
        (available.as_str(), missing.as_str()),
        ("50 đồng", "10 đồng")
    );
}

#[test]
fn a_contract_is_neither_overpaid_nor_lowered_below_what_was_paid() {
    let contract = Contract {
        amount: vnd(300),
        ..Contract::default()
    };
    let contract = contract.advance(&line(), vnd(100)).unwrap();
    let contract = contract.pay(&line(), vnd(150)).unwrap();
    assert_eq!(
        refusal(contract.pay(&line(), vnd(51))).0,
        "CONTRACT_EXCEEDED"
    );
    let totals = granted(500).commit(&line(), none(), vnd(300)).unwrap();
    assert_eq!(
        refusal(totals.release(&line(), contract, vnd(51))).0,
        "CONTRACT_PAID"
    );
    let lowered = totals.release(&line(), contract, vnd(50)).unwrap();
    assert_eq!(lowered.committed, vnd(250));
}

#[test]
fn what_a_contract_commits_is_paid_under_it_alone() {
    let totals = granted(1_000).commit(&line(), none(), vnd(600)).unwrap();
    let (code, available, missing) = refusal(totals.pay(&line(), none(), vnd(401), DIRECT));
    assert_eq!(code, "DISBURSEMENT_EXCEEDED");
    assert_eq!(
        (available.as_str(), missing.as_str()),
        ("400 đồng", "1 đồng")
    );
    let totals = totals.pay(&line(), none(), vnd(400), DIRECT).unwrap();
    assert_eq!(
        refusal(totals.commit(&line(), none(), vnd(1))).0,
        "COMMITMENT_EXCEEDED"
    );
    assert_eq!(
        refusal(totals.take_back(&line(), none(), vnd(1))).0,
        "RECALL_EXCEEDED"
    );
    let under = Under::Contract;
    let totals = totals.advance(&line(), none(), vnd(200), under).unwrap();
    let totals = totals.pay(&line(), none(), vnd(400), under).unwrap();
    assert_eq!((totals.reserved(), totals.used()), (vnd(0), vnd(1_000)));
    // What was advanced under the contract comes back under it, and is reserved for it again.
    assert_eq!(
        refusal(totals.recover(&line(), vnd(1), DIRECT)).0,
        "ADVANCES_EXCEEDED"
    );
    let totals = totals.recover(&line(), vnd(200), under).unwrap();
    assert_eq!(
        (totals.reserved(), totals.disbursed()),
        (vnd(200), vnd(800))
    );
    assert_eq!(
        refusal(totals.pay(&line(), none(), vnd(1), DIRECT)).0,
        "DISBURSEMENT_EXCEEDED"
    );
}

#[test]
fn a_permission_to_spend_ahead_is_used_up_by_the_grant_that_follows() {
    let totals = granted(100).permit(vnd(50)).unwrap();
    let totals = totals.pay(&line(), none(), vnd(130), DIRECT).unwrap();
    // 30 were spent ahead: the grant takes their place, and they are not permitted again.
    let totals = totals.grant(none(), vnd(50)).unwrap();
    assert_eq!((totals.permitted, totals.repaid), (vnd(50), vnd(30)));
    assert_eq!(totals.limit(none()), vnd(170));
    let (_, available, _) = refusal(totals.pay(&line(), none(), vnd(41), DIRECT));
    assert_eq!(available, "40 đồng");
    // What is used up carries nothing, so it is all the same when its decision ends.
    let revoked = Uncovered {
        permitted: vnd(30),
        ..none()
    };
    assert_eq!(totals.limit(revoked), vnd(170));
    // Where money lost its decision the permission carries what rested on it, and once.
    let carried = granted(100).permit(vnd(100)).unwrap();
    let carried = carried.pay(&line(), none(), vnd(100), DIRECT).unwrap();
    let carried = carried.grant(lost(100), vnd(50)).unwrap();
    assert_eq!(
        (carried.repaid, carried.limit(lost(100))),
        (vnd(50), vnd(100))
    );
    // A grant that was entered wrongly gives back what it used up.
    let reversed = totals.unrepay(vnd(30));
    let reversed = reversed.take_back(&line(), none(), vnd(50)).unwrap();
    assert_eq!(reversed.limit(none()), vnd(150));
    // What was not spent ahead is still permitted after a grant.
    let totals = granted(100)
        .permit(vnd(50))
        .unwrap()
        .grant(none(), vnd(10))
        .unwrap();
    assert_eq!(totals.limit(none()), vnd(160));
}

#[test]
fn the_edges_are_refused_and_never_overflow() {
    let most = Totals::default().grant(none(), MOST).unwrap();
    assert!(matches!(most.grant(none(), vnd(1)), Err(Error::Invalid(_))));
    assert!(matches!(
        Totals::default().grant(none(), vnd(i64::MAX)),
        Err(Error::Invalid(_))
    ));
    let both = most.permit(MOST).unwrap();
    assert_eq!(both.limit(none()), vnd(2 * MOST.vnd()));
    let all = lost(MOST.vnd());
    assert_eq!(
        refusal(both.pay(&line(), all, vnd(i64::MAX), DIRECT)).0,
        "DISBURSEMENT_EXCEEDED"
    );
    assert!(both.pay(&line(), all, MOST, DIRECT).is_ok());
}

/// One thing somebody tries on a line.
#[derive(Debug, Clone, Copy)]
enum Try {
    Grant,
    Permit,
    TakeBack,
    Forbid,
    Commit,
    Release,
    Advance(Under),
    Pay(Under),
    Recover(Under),
}

fn tries() -> impl Strategy<Value = (Try, i64)> {
    let what = prop_oneof![
        Just(Try::Grant),
        Just(Try::Permit),
        Just(Try::TakeBack),
        Just(Try::Forbid),
        Just(Try::Commit),
        Just(Try::Release),
        Just(Try::Advance(DIRECT)),
        Just(Try::Advance(Under::Contract)),
        Just(Try::Pay(DIRECT)),
        Just(Try::Pay(Under::Contract)),
        Just(Try::Recover(DIRECT)),
        Just(Try::Recover(Under::Contract)),
    ];
    (what, prop_oneof![1..1_000_i64, Just(MOST.vnd())])
}

proptest! {
    #[test]
    fn whatever_is_tried_totals_are_the_sums_of_the_entries_and_stay_within_the_limit(
        tried in proptest::collection::vec(tries(), 0..80),
        share in 0..100_i64,
    ) {
        let (line, none) = (line(), none());
        let mut totals = Totals::default();
        let mut contract = Contract::default();
        // Sums of the entries that were taken: granted, permitted, committed, advanced, paid.
        let mut sums = [0_i64; 5];
        for (what, amount) in tried {
            let asked = vnd(amount);
            // What is under the contract has to suit the line and the contract.
            let mut under = contract;
            let after = match what {
                Try::Grant => totals.grant(none, asked),
                Try::Permit => totals.permit(asked),
                Try::TakeBack => totals.take_back(&line, none, asked),
                Try::Forbid => totals.forbid(&line, none, asked),
                Try::Commit => totals.commit(&line, none, asked),
                Try::Release => totals.release(&line, contract, asked),
                Try::Advance(DIRECT) => totals.advance(&line, none, asked, DIRECT),
                Try::Pay(DIRECT) => totals.pay(&line, none, asked, DIRECT),
                Try::Recover(DIRECT) => totals.recover(&line, asked, DIRECT),
                Try::Advance(it) => contract.advance(&line, asked).and_then(|contract| {
                    under = contract;
                    totals.advance(&line, none, asked, it)
                }),
                Try::Pay(it) => contract.pay(&line, asked).and_then(|contract| {
                    under = contract;
                    totals.pay(&line, none, asked, it)
                }),
                Try::Recover(it) => contract.recover(&line, asked).and_then(|contract| {
                    under = contract;
                    totals.recover(&line, asked, it)
                }),
            };
            let Ok(after) = after else { continue };
            if matches!(what, Try::Grant) {
                // Spending ahead is permitted once: a grant makes room for what it is beyond it.
                let room = |it: Totals| minus(it.limit(none), it.used());
                let ahead = minus(after.repaid, totals.repaid);
                prop_assert_eq!(room(after), minus(plus(room(totals), asked), ahead));
            }
            (totals, contract) = (after, under);
            let (place, sign) = match what {
                Try::Grant => (0, 1),
                Try::TakeBack => (0, -1),
                Try::Permit => (1, 1),
                Try::Forbid => (1, -1),
                Try::Commit => (2, 1),
                Try::Release => (2, -1),
                Try::Advance(_) => (3, 1),
                Try::Recover(_) => (3, -1),
                Try::Pay(_) => (4, 1),
            };
            sums[place] += sign * amount;
            contract.amount = totals.committed;
            let now = [
                totals.allocated,
                totals.permitted,
                totals.committed,
                totals.advanced,
                totals.paid,
            ];
            prop_assert_eq!(now.map(Money::vnd), sums);
            prop_assert!(now.iter().all(|it| !it.is_negative()));
            prop_assert!(!totals.reserved().is_negative());
            prop_assert_eq!(
                (contract.advanced, contract.paid),
                (totals.contract_advanced, totals.contract_paid)
            );
            // Nothing that is reserved is spent or given away.
            prop_assert!(totals.used() <= totals.limit(none));
            // Whatever part of it loses its decision, no more than the rest is spent.
            let uncovered = lost(totals.allocated.vnd() / 100 * share);
            if let Ok(paid) = totals.pay(&line, uncovered, vnd(1), DIRECT) {
                prop_assert!(paid.used() <= totals.limit(uncovered));
            }
        }
    }
}
