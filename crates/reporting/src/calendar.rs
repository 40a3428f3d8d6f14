//! The days off of each year, by which working days are counted.

use chrono::{Datelike, NaiveDate};
use kit::{Access, Actor, Db, Result, Tx, db::ledger::Action, etag};
use serde::{Deserialize, Serialize};
use types::{violations::Invalid, working_days::WorkingDays};

pub(crate) mod rpc;
pub(crate) mod store;

/// Most days off of a year, and most days of rest that are worked.
const MOST_DAYS_OFF: usize = 60;
const MOST_MADE_UP: usize = 20;

/// The days off of one year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct YearCalendar {
    pub(crate) year: i32,
    pub(crate) content: Content,
    /// 0 when nobody entered the year.
    pub(crate) version: i64,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) days_off: Vec<DayOff>,
    /// Days of rest that are worked instead.
    pub(crate) made_up: Vec<NaiveDate>,
    /// Where it was announced.
    pub(crate) source: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DayOff {
    pub(crate) date: NaiveDate,
    pub(crate) display_name: String,
}

/// Enters the days off of a year, or replaces them.
#[derive(Debug)]
pub(crate) struct ReplaceCalendar {
    pub(crate) year: i32,
    pub(crate) content: Content,
    pub(crate) etag: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Calendars {
    access: Access,
    db: Db,
}

impl Calendars {
    pub(crate) fn new(access: Access, db: Db) -> Self {
        Self { access, db }
    }

    /// Reads one year.
    pub(crate) async fn get(&self, year: i32) -> Result<YearCalendar> {
        let found = store::find(self.db.reader(), year).await?;
        Ok(found.unwrap_or_else(|| YearCalendar::empty(year)))
    }

    /// Enters one year, or replaces it.
    pub(crate) async fn replace(
        &self,
        tx: &Tx,
        actor: &Actor,
        replace: ReplaceCalendar,
    ) -> Result<YearCalendar> {
        self.access.require_everywhere(actor).await?;
        let known = store::find(&tx.db, replace.year).await?;
        let before = known.unwrap_or_else(|| YearCalendar::empty(replace.year));
        if before.version > 0 {
            etag::check(&replace.etag, before.version)?;
        }
        let after = YearCalendar {
            year: replace.year,
            content: replace.content,
            version: before.version + 1,
        };
        store::save(&tx.db, &after, before.version).await?;
        let (action, seen) = match before.version {
            0 => (Action::Created, None),
            _ => (Action::Updated, Some(&before)),
        };
        tx.record(action, &name(after.year), seen, Some(&after))
            .await?;
        Ok(after)
    }
}

/// Returns the name of a year.
pub(crate) fn name(year: i32) -> String {
    format!("yearCalendars/{year}")
}

impl YearCalendar {
    fn empty(year: i32) -> Self {
        Self {
            year,
            content: Content::default(),
            version: 0,
        }
    }
}

/// Working days, and the years whose days off are known.
#[derive(Debug, Default)]
pub(crate) struct Calendar {
    pub(crate) days: WorkingDays,
    years: Vec<i32>,
}

impl Calendar {
    /// Puts the years together.
    pub(crate) fn of(years: Vec<YearCalendar>) -> Self {
        let off = years.iter().flat_map(|it| &it.content.days_off);
        let made_up = years.iter().flat_map(|it| &it.content.made_up);
        Self {
            days: WorkingDays::new(off.map(|it| it.date), made_up.copied()),
            years: years.iter().map(|it| it.year).collect(),
        }
    }

    /// Says whether somebody entered the days off of the year of a day.
    pub(crate) fn knows(&self, day: NaiveDate) -> bool {
        self.years.contains(&day.year())
    }
}

/// Checks that all days belong to the year, each once, and that only days of rest are made up.
fn fits(year: i32, content: &Content, bad: &mut Invalid) {
    let mut seen = Vec::new();
    let off = content.days_off.iter().enumerate();
    let off = off.map(|(at, it)| (format!("year_calendar.days_off[{at}].date"), it.date));
    let made_up = content.made_up.iter().enumerate();
    let made_up = made_up.map(|(at, it)| (format!("year_calendar.made_up_dates[{at}]"), *it));
    for (field, date) in off.chain(made_up) {
        if date.year() != year {
            let shown = types::date::short(date);
            bad.add(
                field,
                "OUT_OF_RANGE",
                format!("{date} is not a day of {year}"),
                format!("{shown} không thuộc năm {year}"),
            );
        } else if seen.contains(&date) {
            let shown = types::date::short(date);
            bad.add(
                field,
                "DUPLICATE",
                format!("{date} stands there twice"),
                format!("{shown} bị lặp lại"),
            );
        } else {
            seen.push(date);
        }
    }
    let plain = WorkingDays::default();
    for (at, date) in content.made_up.iter().enumerate() {
        if plain.is_working(*date) {
            bad.add(
                format!("year_calendar.made_up_dates[{at}]"),
                "NOT_A_DAY_OF_REST",
                format!("{date} is neither a Saturday nor a Sunday"),
                format!("{} không phải thứ Bảy, Chủ nhật", types::date::short(*date)),
            );
        }
    }
}
