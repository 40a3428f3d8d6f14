//! Who keeps to the deadlines, unit by unit and together.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, Utc};
use kit::{Actor, Error, Result, db::times::instant};
use sea_orm::{ConnectionTrait, DatabaseBackend, FromQueryResult, Statement};
use types::{
    date::vietnam_date,
    decimal::Decimal,
    ids::{ReportRequestId, UnitId},
    percent::Percent,
    validity::Validity,
};

use super::Assignments;
use crate::{
    calendar,
    report::ReportState,
    request::{self, Timeliness},
};

/// Asks who keeps to the deadlines.
#[derive(Debug)]
pub(crate) struct Summarize {
    pub(crate) scope: UnitId,
    pub(crate) due: Due,
}

/// Whose deadlines are looked at.
#[derive(Debug)]
pub(crate) enum Due {
    /// Those of one request.
    Of(ReportRequestId),
    /// Those that fall on one of these days.
    On(Validity),
}

/// What was owed and how it came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Compliance {
    pub(crate) assigned: u32,
    pub(crate) exempt: u32,
    pub(crate) on_time: u32,
    pub(crate) late: u32,
    pub(crate) missing: u32,
    pub(crate) not_due: u32,
    pub(crate) returned: u32,
    pub(crate) accepted: u32,
    pub(crate) late_working_days: u32,
}

/// A row of what is owed, beside its report.
#[derive(Debug, FromQueryResult)]
struct Owed {
    unit_id: String,
    due_micros: i64,
    is_exempt: i64,
    state: String,
    submit_micros: Option<i64>,
}

impl Assignments {
    /// Counts what the units below a unit owed.
    pub(crate) async fn compliance(
        &self,
        actor: &Actor,
        summarize: &Summarize,
    ) -> Result<(BTreeMap<UnitId, Compliance>, Compliance)> {
        let scope = &summarize.scope;
        let db = self.db.reader();
        let now = self.db.clock().now();
        let (owed, days) = match &summarize.due {
            Due::Of(id) => {
                let Some(request) = request::store::find(db, id).await? else {
                    let missing = Error::not_found("REPORT_REQUEST", id);
                    return Err(self.access.hide(actor, missing).await);
                };
                // Who asked may look at what comes in, from wherever.
                if self.access.require(actor, &request.issuer).await.is_err() {
                    self.access.require_subtree(actor, Some(scope)).await?;
                }
                let due = vietnam_date(request.due_time).max(request.issue_date);
                let days = Validity::new(request.issue_date, due.succ_opt());
                (of_request(db, id).await?, days.map_err(Error::internal)?)
            }
            Due::On(days) => {
                self.access.require_subtree(actor, Some(scope)).await?;
                (due_on(db, *days).await?, *days)
            }
        };
        let below = self.access.units_below(scope, days).await?;
        let calendar = calendar::store::all(db).await?;
        let (mut rows, mut total) = (BTreeMap::<UnitId, Compliance>::new(), Compliance::default());
        for owed in owed {
            let unit = UnitId::new(&owed.unit_id).map_err(Error::internal)?;
            if below.binary_search(&unit).is_err() {
                continue;
            }
            let due = instant(owed.due_micros)?;
            let state = ReportState::read(&owed.state)?;
            let in_since = match state {
                ReportState::Submitted | ReportState::Accepted => {
                    owed.submit_micros.map(instant).transpose()?
                }
                _ => None,
            };
            let timeliness = Timeliness::of(in_since, due, now, owed.is_exempt == 0);
            let until = vietnam_date(in_since.unwrap_or(now));
            let late_days = calendar.days.between(vietnam_date(due), until);
            for row in [rows.entry(unit).or_default(), &mut total] {
                row.count(timeliness, state, late_days);
            }
        }
        Ok((rows, total))
    }
}

impl Compliance {
    fn count(&mut self, timeliness: Timeliness, state: ReportState, late_days: u32) {
        if timeliness == Timeliness::Exempt {
            self.exempt += 1;
            return;
        }
        self.assigned += 1;
        match timeliness {
            Timeliness::OnTime => self.on_time += 1,
            Timeliness::Late => self.late += 1,
            Timeliness::Missing => self.missing += 1,
            Timeliness::NotDue | Timeliness::Exempt => self.not_due += 1,
        }
        if matches!(timeliness, Timeliness::Late | Timeliness::Missing) {
            self.late_working_days += late_days;
        }
        match state {
            ReportState::Returned => self.returned += 1,
            ReportState::Accepted => self.accepted += 1,
            _ => {}
        }
    }

    /// Returns what of that which was due came in by its deadline; none when nothing was due.
    pub(crate) fn on_time_percent(&self) -> Option<Percent> {
        share(self.on_time, self.due())
    }

    /// Returns what of that which was due came in at all; none when nothing was due.
    pub(crate) fn completeness_percent(&self) -> Option<Percent> {
        share(self.on_time + self.late, self.due())
    }

    /// What is in counts as due, even before its deadline.
    fn due(&self) -> u32 {
        self.on_time + self.late + self.missing
    }
}

fn share(part: u32, whole: u32) -> Option<Percent> {
    const SCALE: u8 = 2;
    let exact = |it: u32| Decimal::from_i64(i64::from(it)).ok();
    Percent::of(exact(part)?, exact(whole)?, SCALE)
}

/// What is expected, beside its report. What another unit reports instead is that unit's.
const OWED: &str = "SELECT assignments.unit_id, assignments.due_micros, assignments.is_exempt, \
     reports.state, reports.submit_micros \
     FROM assignments \
     JOIN reports ON reports.request_id = assignments.request_id \
     AND reports.unit_id = assignments.unit_id \
     JOIN requests ON requests.id = assignments.request_id \
     WHERE assignments.replaced_by = '' AND requests.state IN ('issued', 'closed')";

async fn of_request(db: &impl ConnectionTrait, id: &ReportRequestId) -> Result<Vec<Owed>> {
    let sql = format!("{OWED} AND assignments.request_id = {}", place(db, 1));
    rows(db, sql, [id.as_str().into()].into()).await
}

async fn due_on(db: &impl ConnectionTrait, days: Validity) -> Result<Vec<Owed>> {
    let end = days
        .end()
        .ok_or_else(|| Error::internal("days without an end"))?;
    let sql = format!(
        "{OWED} AND assignments.due_micros >= {} AND assignments.due_micros < {}",
        place(db, 1),
        place(db, 2),
    );
    let bounds = [midnight(days.start()), midnight(end)].map(|it| it.timestamp_micros().into());
    rows(db, sql, bounds.into()).await
}

async fn rows(
    db: &impl ConnectionTrait,
    sql: String,
    values: Vec<sea_orm::Value>,
) -> Result<Vec<Owed>> {
    let statement = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
    Ok(Owed::find_by_statement(statement).all(db).await?)
}

fn place(db: &impl ConnectionTrait, number: u8) -> String {
    match db.get_database_backend() {
        DatabaseBackend::Postgres => format!("${number}"),
        _ => "?".to_owned(),
    }
}

/// Returns when a day begins in Vietnam.
fn midnight(day: NaiveDate) -> DateTime<Utc> {
    const AHEAD_OF_UTC: TimeDelta = TimeDelta::hours(7);
    day.and_time(NaiveTime::MIN).and_utc() - AHEAD_OF_UTC
}

/// Most days one question may span.
const MOST_DAYS: i64 = 366;

/// Takes the first and the last day of deadlines.
pub(super) fn days(first: NaiveDate, last: NaiveDate) -> Option<Validity> {
    let is_span = last >= first && (last - first).num_days() < MOST_DAYS;
    let end = last.checked_add_days(Days::new(1));
    is_span.then(|| Validity::new(first, end).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_total_is_the_sum_of_its_units_and_every_report_is_counted_once(
            owed in proptest::collection::vec((0_u8..5, 0_u8..6, 0_u8..5, 0_u32..30), 0..80),
        ) {
            let states = [
                ReportState::Draft,
                ReportState::InReview,
                ReportState::Approved,
                ReportState::Submitted,
                ReportState::Accepted,
                ReportState::Returned,
            ];
            let kinds = [
                Timeliness::NotDue,
                Timeliness::OnTime,
                Timeliness::Late,
                Timeliness::Missing,
                Timeliness::Exempt,
            ];
            let (mut rows, mut total) = (BTreeMap::<u8, Compliance>::new(), Compliance::default());
            for (unit, state, kind, late) in &owed {
                let (state, kind) = (states[usize::from(*state)], kinds[usize::from(*kind)]);
                for row in [rows.entry(*unit).or_default(), &mut total] {
                    row.count(kind, state, *late);
                }
            }
            let sum = |of: fn(&Compliance) -> u32| rows.values().map(of).sum::<u32>();
            prop_assert_eq!(sum(|it| it.assigned), total.assigned);
            prop_assert_eq!(sum(|it| it.late_working_days), total.late_working_days);
            prop_assert_eq!(total.assigned + total.exempt, u32::try_from(owed.len()).unwrap());
            let kinds = total.on_time + total.late + total.missing + total.not_due;
            prop_assert_eq!(kinds, total.assigned);
        }
    }
}
