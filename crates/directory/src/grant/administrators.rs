//! Somebody always administers.
//!
//! The directory is administered by who holds `administrator` over all units, is not suspended
//! and can come in: by a password, or by an identity at an issuer that is trusted. A change may not make the time for
//! which that is so shorter: two people who take each other's right at the same moment would
//! otherwise leave nobody, and so would taking the right of the last one whose own has no end.
//! Whoever makes such a change takes his turn, and looks again when it is his.

use std::collections::BTreeSet;

use chrono::NaiveDate;
use kit::{Error, Result, Tx};
use types::{date::vietnam_date, validity::Validity};

use super::store;
use crate::{identity, reason::LAST_ADMINISTRATOR, user};

/// The lock for which changes wait that may leave nobody who administers. It is taken after the
/// locks of what is changed, and nothing is locked after it but the feed.
const LOCK: &str = "administrators";

/// Until when somebody administered, as it stood before a change.
#[must_use]
pub(crate) struct Administered<'a> {
    until: NaiveDate,
    issuers: &'a [String],
}

/// Waits for its turn among the changes that may leave nobody who administers. An identity
/// counts when its issuer is one of those that are trusted.
pub(crate) async fn watch<'a>(tx: &Tx, issuers: &'a [String]) -> Result<Administered<'a>> {
    tx.lock(LOCK).await?;
    Ok(Administered {
        until: until(tx, issuers).await?,
        issuers,
    })
}

impl Administered<'_> {
    /// Says whether anybody administers today.
    pub(super) fn by_somebody(&self, tx: &Tx) -> bool {
        self.until > vietnam_date(tx.now())
    }

    /// Refuses a change, which has been made, when it leaves nobody who administers, today or
    /// on a day on which somebody would have.
    ///
    /// # Errors
    /// `LAST_ADMINISTRATOR` with the first such day.
    pub(crate) async fn still(self, tx: &Tx) -> Result<()> {
        let left = until(tx, self.issuers).await?;
        if left >= self.until {
            return Ok(());
        }
        Err(Error::rule(
            &LAST_ADMINISTRATOR,
            [("date", left.to_string())],
        ))
    }
}

/// Returns the first day on which nobody administers any more.
async fn until(tx: &Tx, issuers: &[String]) -> Result<NaiveDate> {
    let grants = store::of_administrators(&tx.db).await?;
    let people: BTreeSet<String> = grants
        .iter()
        .filter_map(|it| it.principal.user())
        .map(|it| it.as_str().to_owned())
        .collect();
    let linked = identity::store::linked_among(&tx.db, &people, issuers).await?;
    let able = user::store::able_among(&tx.db, &people, &linked).await?;
    let days = grants.into_iter().filter_map(|it| {
        let user = it.principal.user()?;
        able.contains(user.as_str()).then_some(it.validity)
    });
    Ok(first_gap(days.collect(), vietnam_date(tx.now())))
}

/// Returns the first day from today on that none of these times covers; the last day there is
/// when one of them goes on for ever.
fn first_gap(mut times: Vec<Validity>, today: NaiveDate) -> NaiveDate {
    times.sort_unstable_by_key(Validity::start);
    let mut covered = today;
    for time in &times {
        if time.start() <= covered {
            covered = covered.max(time.end().unwrap_or(NaiveDate::MAX));
        }
    }
    covered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        types::date::parse_iso(text).unwrap()
    }

    fn gap(times: &[(&str, &str)]) -> String {
        let read = |(start, end): &(&str, &str)| {
            let end = (!end.is_empty()).then(|| day(end));
            Validity::new(day(start), end).unwrap()
        };
        let gap = first_gap(times.iter().map(read).collect(), day("2022-06-24"));
        if gap == NaiveDate::MAX {
            "never".to_owned()
        } else {
            gap.to_string()
        }
    }

    #[test]
    fn rights_that_follow_each_other_are_one_time_and_the_first_day_without_is_the_gap() {
        for (times, expected) in [
            (&[][..], "2022-06-24"),
            (&[("2022-01-01", "")], "never"),
            (&[("2022-01-01", "2022-06-24")], "2022-06-24"),
            (&[("2022-06-25", "")], "2022-06-24"),
            (&[("2022-01-01", "2022-07-01")], "2022-07-01"),
            (&[("2022-07-01", ""), ("2022-01-01", "2022-07-01")], "never"),
            (
                &[("2022-07-02", ""), ("2022-01-01", "2022-07-01")],
                "2022-07-01",
            ),
            (
                &[("2022-01-01", "2022-12-01"), ("2022-02-01", "2022-07-01")],
                "2022-12-01",
            ),
        ] {
            assert_eq!(gap(times), expected, "{times:?}");
        }
    }
}
