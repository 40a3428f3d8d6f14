use proptest::prelude::*;

use super::*;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn under(date: &str) -> Option<&'static str> {
    decided_under(day(date), None).unwrap().map(|it| it.number)
}

fn million(amount: i64) -> Option<Money> {
    Some(Money::new(amount * 1_000_000))
}

#[test]
fn a_project_goes_on_under_the_decree_of_the_day_it_was_decided() {
    assert_eq!(under("2019-09-04"), None);
    assert_eq!(under("2022-06-24"), Some("73/2019/NĐ-CP"));
    assert_eq!(under("2025-07-01"), Some("82/2024/NĐ-CP"));
    assert_eq!(under("2026-02-28"), Some("82/2024/NĐ-CP"));
    assert_eq!(under("2026-03-01"), Some("45/2026/NĐ-CP"));
    assert_eq!(under("2026-06-30"), Some("45/2026/NĐ-CP"));
    assert_eq!(under("2026-07-01"), Some("224/2026/NĐ-CP"));
}

#[test]
fn where_the_first_day_was_not_read_somebody_has_to_name_the_decree() {
    for (date, candidates) in [
        ("2019-12-31", "73/2019/NĐ-CP"),
        ("2024-07-15", "73/2019/NĐ-CP, 82/2024/NĐ-CP"),
    ] {
        let Err(Error::Rule(reason, facts)) = decided_under(day(date), None) else {
            panic!("{date}")
        };
        assert_eq!(reason.code, "LEGAL_INSTRUMENT_UNCLEAR");
        assert_eq!(facts["candidates"], candidates);
        let named = find("nd-73-2019");
        assert_eq!(decided_under(day(date), named).unwrap(), named);
    }
}

#[test]
fn a_decree_that_had_ended_decides_nothing_more() {
    let named = find("nd-73-2019");
    let Err(Error::Rule(reason, facts)) = decided_under(day("2026-03-01"), named) else {
        panic!()
    };
    assert_eq!(reason.code, "LEGAL_INSTRUMENT_NOT_IN_FORCE");
    assert_eq!(facts["in_force"], "45/2026/NĐ-CP");
    assert!(decided_under(day("2026-02-28"), named).is_ok());
    assert!(decided_under(day("2022-06-24"), find("nd-45-2026")).is_err());
}

#[test]
fn what_was_read_of_a_threshold_is_told_with_how_well_it_is_known() {
    let decree = find("nd-73-2019").unwrap();
    let asked =
        |amount, date| decree.procedure(day(date), Some(FundingKind::Recurrent), million(amount));
    let kinds = [1, 200, 201, 368, 15_000, 15_001].map(|it| asked(it, "2022-06-24").kind);
    use ProcedureKind::{Estimate, Outline, Project};
    let expected = [Estimate, Estimate, Outline, Outline, Outline, Project].map(Some);
    assert_eq!(kinds, expected);
    assert_eq!(asked(368, "2022-06-24").evidence, Some(Evidence::Read));
    assert_eq!(asked(200, "2022-06-24").evidence, Some(Evidence::General));
    let steps: Vec<_> = decree.steps_of(asked(368, "2022-06-24")).collect();
    assert_eq!(steps.len(), 1);
    assert!(steps[0].known_to_be_required);
}

#[test]
fn what_was_not_read_is_not_known_and_nothing_is_made_of_it() {
    let recurrent = Some(FundingKind::Recurrent);
    let investment = Some(FundingKind::Investment);
    let unknown = |id: &str, date: &str, funding, amount| {
        let decree = find(id).unwrap();
        let procedure = decree.procedure(day(date), funding, amount);
        assert!(!procedure.note.is_empty() && !procedure.note_vi.is_empty());
        procedure.kind.is_none()
            && procedure.evidence.is_none()
            && decree.steps_of(procedure).next().is_none()
    };
    // The amounts that NĐ 82/2024 changed.
    assert!(unknown("nd-73-2019", "2024-07-10", recurrent, million(368)));
    assert!(unknown("nd-82-2024", "2025-01-01", recurrent, million(368)));
    assert!(unknown(
        "nd-73-2019",
        "2022-01-01",
        investment,
        million(368)
    ));
    assert!(unknown("nd-45-2026", "2026-04-01", recurrent, million(368)));
    assert!(unknown(
        "nd-224-2026",
        "2026-08-01",
        investment,
        million(368)
    ));
    assert!(unknown("nd-73-2019", "2022-01-01", None, million(368)));
    assert!(unknown("nd-73-2019", "2022-01-01", recurrent, None));
}

#[test]
fn groups_of_45_2026_meet_at_90_and_1600_billion() {
    let decree = find("nd-45-2026").unwrap();
    let group = |vnd| {
        let amount = Some(Money::new(vnd));
        let date = day("2026-04-01");
        decree
            .procedure(date, Some(FundingKind::Investment), amount)
            .group
    };
    assert_eq!(group(89_999_999_999), "C");
    assert_eq!(group(90_000_000_000), "B");
    assert_eq!(group(1_600_000_000_000), "B");
    assert_eq!(group(1_600_000_000_001), "A");
    assert_eq!(group(i64::MAX), "A");
}

#[test]
fn the_book_is_whole() {
    for pair in ALL.windows(2) {
        assert!(pair[0].issued < pair[1].issued);
    }
    for it in ALL {
        assert!(
            it.effective.is_some() || it.in_force_by.is_some(),
            "{}",
            it.id
        );
        assert_eq!(it.end.is_some(), !it.ended_by.is_empty(), "{}", it.id);
        for other in [it.ended_by, it.amends]
            .into_iter()
            .filter(|it| !it.is_empty())
        {
            assert!(find(other).is_some(), "{other}");
        }
        assert!(!it.note.is_empty() && !it.note_vi.is_empty(), "{}", it.id);
    }
}

proptest! {
    /// On any day since the first decree surely counted, either one decree is found, or
    /// the candidates are named; whatever may be named was issued by that day and not ended.
    #[test]
    fn a_day_has_one_decree_or_says_between_which(days in 0..4_000_i64) {
        let date = day("2020-04-09") + chrono::TimeDelta::days(days);
        match decided_under(date, None) {
            Ok(found) => {
                let found = found.unwrap();
                prop_assert!(found.may_be_in_force(date) && found.issued <= date);
                let newer = ALL.iter().filter(|it| it.issued > found.issued);
                prop_assert!(newer.into_iter().all(|it| !it.may_be_in_force(date)));
            }
            Err(Error::Rule(reason, _)) => {
                prop_assert_eq!(reason.code, "LEGAL_INSTRUMENT_UNCLEAR");
                prop_assert!(day("2024-07-10") <= date && date < day("2024-08-01"));
            }
            Err(other) => panic!("{other:?}"),
        }
        for it in ALL {
            prop_assert_eq!(decided_under(date, Some(it)).is_ok(), it.may_be_in_force(date));
        }
    }

    /// The thresholds of a decree leave no gap and do not overlap.
    #[test]
    fn an_amount_has_one_threshold_of_a_decree_at_most(amount in any::<i64>().prop_map(i64::saturating_abs)) {
        let amount = Money::new(amount);
        for (id, funding) in [("nd-73-2019", FundingKind::Recurrent), ("nd-45-2026", FundingKind::Investment)] {
            let fits = |it: &&Threshold| {
                it.funding == funding
                    && it.above.is_none_or(|above| amount > above)
                    && it.up_to.is_none_or(|up_to| amount <= up_to)
            };
            prop_assert_eq!(find(id).unwrap().thresholds.iter().filter(fits).count(), 1);
        }
    }
}
