//! Who may still write about the projects of a unit that has ceased.
//!
//! A unit that ceases in mid-year leaves its projects behind. From that day on nothing new
//! begins and nothing moves under it: the project is handed over first, and then its new
//! unit writes. Only periods that began while the unit was there may still be reported on
//! and corrected, by everybody whose rights over it go on: its own people while their
//! grants last, and those who stood above it.

use chrono::NaiveDate;
use kit::{Access, Actor, Error, Result};
use types::{ids::UnitId, validity::Validity, violations::Invalid};

use crate::reason::{UNIT_CEASED, UNIT_NOT_IN_FORCE};

/// Requires that a unit is there on some of these days.
pub(crate) async fn in_charge(
    access: &Access,
    actor: &Actor,
    unit: &UnitId,
    days: Validity,
) -> Result<()> {
    let known = access.unit_days(actor, &[unit]).await?;
    match known.first().copied().flatten() {
        Some(existed) => is_there(unit, existed, days),
        None => Err(Error::not_found("UNIT", unit)),
    }
}

fn is_there(unit: &UnitId, existed: Validity, days: Validity) -> Result<()> {
    if existed.overlaps(&days) {
        return Ok(());
    }
    match existed.end() {
        Some(end) if end <= days.start() => {
            let facts = [
                ("unit", unit.name()),
                ("end", end.to_string()),
                ("end_vi", types::date::short(end)),
            ];
            Err(Error::rule(&UNIT_CEASED, facts))
        }
        _ => {
            let facts = [
                ("unit", unit.name()),
                ("start", existed.start().to_string()),
                ("start_vi", types::date::short(existed.start())),
            ];
            Err(Error::rule(&UNIT_NOT_IN_FORCE, facts))
        }
    }
}

/// One day.
pub(crate) fn only(day: NaiveDate) -> Validity {
    Validity::new(day, day.succ_opt()).unwrap_or(Validity::starting(day))
}

/// Notes the name of a unit that stands for nothing.
pub(crate) fn no_such_unit(field: String, unit: &UnitId, bad: &mut Invalid) {
    bad.add(
        field,
        "REFERENCE_NOT_FOUND",
        format!("`{unit}` does not exist"),
        format!("`{unit}` không tồn tại"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(start: &str, end: &str) -> Validity {
        Validity::new(start.parse().unwrap(), end.parse().ok()).unwrap()
    }

    #[test]
    fn a_district_that_ceased_on_1_july_2025_still_answers_for_what_had_begun() {
        let unit = UnitId::new("huyen-minh-long").unwrap();
        let existed = days("2022-01-01", "2025-07-01");
        let check = |start, end| is_there(&unit, existed, days(start, end));
        assert!(check("2025-01-01", "2025-07-01").is_ok());
        // The year had begun.
        assert!(check("2025-01-01", "2026-01-01").is_ok());
        let Err(Error::Rule(reason, facts)) = check("2025-07-01", "2026-01-01") else {
            panic!()
        };
        assert_eq!(
            (reason.code, facts["end_vi"].as_str()),
            ("UNIT_CEASED", "1/7/2025")
        );
        let Err(Error::Rule(reason, _)) = check("2021-01-01", "2022-01-01") else {
            panic!()
        };
        assert_eq!(reason.code, "UNIT_NOT_IN_FORCE");
        assert!(is_there(&unit, existed, only("2025-06-30".parse().unwrap())).is_ok());
        assert!(is_there(&unit, existed, only("2025-07-01".parse().unwrap())).is_err());
    }
}
