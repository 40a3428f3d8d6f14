//! Lines of the project table from and to the wire.

use chrono::NaiveDate;
use proto::projects as pb;
use types::{date::short, ids::UnitId, money::Money, period::Period, violations::Invalid};

use super::{ListProjectRows, Row};
use crate::{amount::read_day, planned::last_day};

impl TryFrom<pb::ListProjectRowsRequest> for ListProjectRows {
    type Error = Invalid;

    fn try_from(request: pb::ListProjectRowsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &request.unit);
        let period = bad.required("period", &request.period);
        let day = match request.as_of_date.as_str() {
            "" => period.map(last_day),
            text => read_day("as_of_date", text, &mut bad),
        };
        if let (Some(period), Some(day)) = (period, day) {
            not_before(period, day, &mut bad);
        }
        let (Some(unit), Some(period), Some(day), true) = (unit, period, day, bad.is_empty())
        else {
            return Err(bad);
        };
        Ok(Self { unit, period, day })
    }
}

/// A table is of no day before its period.
fn not_before(period: Period, day: NaiveDate, bad: &mut Invalid) {
    // Windows of the regimes begin up to half a month before the calendar does.
    let earliest = period.calendar().start() - chrono::Days::new(31);
    if day < earliest {
        bad.add(
            "as_of_date",
            "OUT_OF_RANGE",
            format!("{day} is before the period `{period}`"),
            format!("ngày {} trước kỳ `{period}`", short(day)),
        );
    }
}

impl From<Row> for pb::ProjectRow {
    fn from(row: Row) -> Self {
        let health = row
            .health
            .map_or(pb::Health::Unspecified, |it| it.to_wire());
        let words = |amount: Option<Money>| amount.map(Money::to_words).unwrap_or_default();
        Self {
            allocated_amount_words_vi: words(Some(row.allocated).filter(|it| *it != Money::ZERO)),
            requested_amount_words_vi: words(row.requested_amount),
            project: row.project.name(),
            title: row.title,
            health: health.into(),
            result_text: row.result_text,
            allocated_amount_vnd: row.allocated.vnd(),
            decision_numbers: row.decision_numbers,
            uncovered_amount_vnd: row.uncovered.vnd(),
            uncovered_decision_numbers: row.uncovered_numbers,
            requested_amount_vnd: row.requested_amount.map(Money::vnd),
            requested: row.requested,
            note: row.note,
            progress_entry: row.progress_entry.unwrap_or_default(),
            owner_unit: row.owner_unit.name(),
            partner_units: row.partner_units.iter().map(UnitId::name).collect(),
            deadline_text: row.deadline,
            completion_percent: row.completion.map(|it| it.to_string()).unwrap_or_default(),
            difficulty_text: row.difficulty_text,
        }
    }
}
