use proptest::prelude::*;
use types::ids::UnitId;

use super::*;

fn decision(amount: i64) -> Decision {
    Decision {
        id: DecisionId::new("qd-123").unwrap(),
        authority_unit: UnitId::new("tinh-quang-ngai").unwrap(),
        subject: "Hỗ trợ kinh phí triển khai phòng họp không giấy".into(),
        amount: Money::new(amount),
        issue: None,
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn project(index: usize) -> ProjectId {
    ProjectId::new(&format!("du-an-{index}")).unwrap()
}

fn asked(project: ProjectId, amount: i64) -> CreateAllocation {
    CreateAllocation {
        project,
        decision: decision(1).id,
        amount: Money::new(amount),
        fiscal_year: 2022,
        funding_source: FundingSource::Province,
        note: String::new(),
    }
}

fn booking(project: ProjectId, fiscal_year: i32, amount: i64) -> Booking {
    Booking {
        project,
        fiscal_year,
        amount: Money::new(amount),
    }
}

fn refusal(balance: Balance, new: &CreateAllocation) -> kit::error::Facts {
    let Err(Error::Rule(reason, facts)) = balance.check(new) else {
        panic!()
    };
    assert_eq!(reason.code, "BUDGET_EXCEEDED");
    facts
}

#[test]
fn one_dong_too_much_is_refused_with_all_numbers() {
    let decision = decision(500_000_000);
    let booked = [
        booking(project(1), 2022, 300_000_000),
        booking(project(2), 2022, 200_000_000),
    ];
    let balance = Balance::read(&decision, &asked(project(1), 1), &booked).unwrap();
    let facts = refusal(balance, &asked(project(1), 1));
    assert_eq!(facts["amount"], "500.000.000 đồng");
    assert_eq!(facts["allocated"], "500.000.000 đồng");
    assert_eq!(facts["asked"], "1 đồng");
    assert_eq!(facts["available"], "0 đồng");
}

#[test]
fn a_project_gives_back_no_more_than_it_has() {
    let decision = decision(500_000_000);
    let booked = [
        booking(project(1), 2022, 300_000_000),
        booking(project(2), 2022, 200_000_000),
    ];
    let balance = Balance::read(&decision, &asked(project(2), 1), &booked).unwrap();
    assert!(balance.check(&asked(project(2), -200_000_000)).is_ok());
    let facts = refusal(balance, &asked(project(2), -200_000_001));
    assert_eq!(facts["asked"], "-200.000.001 đồng");
    assert_eq!(facts["available"], "-200.000.000 đồng");
}

#[test]
fn what_was_given_in_one_year_is_not_taken_back_in_another() {
    let decision = decision(500_000_000);
    let booked = [booking(project(1), 2021, 300_000_000)];
    let recall = asked(project(1), -300_000_000);
    let balance = Balance::read(&decision, &recall, &booked).unwrap();
    assert_eq!(refusal(balance, &recall)["available"], "0 đồng");
}

#[test]
fn a_draft_grants_nothing() {
    let mut decision = decision(500_000_000);
    assert!(
        matches!(is_issued(&decision), Err(Error::Rule(reason, _)) if reason.code == "DECISION_NOT_ISSUED")
    );
    let date = types::date::parse_iso("2022-05-10").unwrap();
    decision.issue = Some(decision::Issue {
        number: "123/QĐ-UBND".parse().unwrap(),
        date,
    });
    assert!(is_issued(&decision).is_ok());
}

#[test]
fn what_can_never_be_added_up_is_refused_in_time() {
    let most = Money::new(i64::MAX);
    assert!(can_be_added_up(&[], most).is_ok());
    assert!(can_be_added_up(&[most], Money::new(1)).is_err());
    assert!(can_be_added_up(&[], Money::new(i64::MIN)).is_err());
    let Err(Error::Invalid(bad)) = can_be_added_up(&[most, Money::new(-1)], Money::new(1)) else {
        panic!()
    };
    assert_eq!(bad.violations()[0].field, "allocation.amount_vnd");
}

/// Amounts around the ends of what is possible, and wild ones.
fn some_amount() -> impl Strategy<Value = i64> {
    prop_oneof![
        -1_000..1_000_i64,
        any::<i64>(),
        Just(i64::MIN),
        Just(i64::MAX)
    ]
}

proptest! {
    #[test]
    fn whatever_is_tried_the_sum_stays_between_nothing_and_the_amount(
        amount in prop_oneof![1..2_000_i64, Just(i64::MAX)],
        tried in proptest::collection::vec((0..3_usize, some_amount()), 0..60),
    ) {
        let decision = decision(amount);
        let mut booked = Vec::new();
        for (index, amount) in tried {
            let new = asked(project(index), amount);
            let balance = Balance::read(&decision, &new, &booked).unwrap();
            if balance.check(&new).is_ok() {
                booked.push(booking(new.project, 2022, new.amount.vnd()));
            }
            let all = sum(booked.iter().map(|it| it.amount)).unwrap();
            prop_assert!((Money::ZERO..=decision.amount).contains(&all));
            for index in 0..3 {
                let held = Balance::read(&decision, &asked(project(index), 1), &booked).unwrap().held;
                prop_assert!(held >= Money::ZERO);
            }
        }
    }

    #[test]
    fn what_is_refused_as_too_much_fits_when_it_is_what_is_possible(
        amount in 1..2_000_i64,
        given in 0..2_000_i64,
        tried in some_amount(),
    ) {
        let decision = decision(amount);
        let booked = [booking(project(0), 2022, given.min(amount))];
        let balance = Balance::read(&decision, &asked(project(0), 1), &booked).unwrap();
        let possible = balance.possible(Money::new(tried)).unwrap();
        prop_assert!(balance.fits(possible));
        let outside = if tried < 0 { tried < possible.vnd() } else { tried > possible.vnd() };
        prop_assert_eq!(!balance.fits(Money::new(tried)), outside);
    }
}
