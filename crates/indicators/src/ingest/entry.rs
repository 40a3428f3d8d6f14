//! What the ledger keeps of figures that were committed together.
//!
//! The figures stand in their versions, which never change; once more in the ledger they
//! would cost as much as writing them. The entry proves what they said: it has the SHA-256 of
//! one line per version, sorted by their bytes and each ended by a line break. A line is unit,
//! period, indicator, breakdown, number of the version, and the figure as it stands in the
//! canonical line of `ReconcileValues`, with tabs between them. The versions are those that
//! the principal of the entry recorded in its sheets at its time.

use kit::actor::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};
use types::{
    ids::{Breakdown, UnitId},
    period::Period,
};

use super::Session;
use crate::{
    reconciliation::line,
    value::{
        IndicatorValue,
        batch::{Change, Changes},
    },
};

#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Entry<'a> {
    source_system: &'a str,
    first_offset: i64,
    end_offset: i64,
    created_count: usize,
    updated_count: usize,
    /// Where versions were recorded, such as `huyen-minh-long.2022-h1`.
    sheets: Vec<String>,
    values_sha256: String,
}

impl<'a> Entry<'a> {
    /// Sums up what items of a session changed; none when they changed nothing.
    pub(super) fn of(session: &'a Session, first_offset: i64, changes: &Changes) -> Option<Self> {
        let changes = &changes.0;
        if changes.is_empty() {
            return None;
        }
        let is_update = |it: &&Change| it.before.is_some();
        let updated_count = changes.iter().filter(is_update).count();
        // They come sheet by sheet.
        let sheets = changes.chunk_by(|one, next| sheet(one) == sheet(next));
        let sheets = sheets.map(|it| {
            let (unit, period) = sheet(&it[0]);
            format!("{}.{period}", unit.as_str())
        });
        Some(Self {
            source_system: &session.source_system,
            first_offset,
            end_offset: session.next_offset,
            created_count: changes.len() - updated_count,
            updated_count,
            sheets: sheets.collect(),
            values_sha256: sha256(changes.iter().map(|it| &it.after.value)),
        })
    }
}

fn sheet(change: &Change) -> (&UnitId, Period) {
    let id = &change.after.value.id;
    (&id.unit, id.period)
}

fn sha256<'a>(values: impl Iterator<Item = &'a IndicatorValue>) -> String {
    let mut lines: Vec<_> = values.map(version_line).collect();
    lines.sort_unstable();
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
    }
    hex(&hash.finalize())
}

fn version_line(value: &IndicatorValue) -> String {
    let id = &value.id;
    let breakdown = id.breakdown.as_ref().map_or("", Breakdown::as_str);
    format!(
        "{}\t{}\t{}\t{breakdown}\t{}\t{}\n",
        id.unit.as_str(),
        id.period,
        id.indicator.as_str(),
        value.revision,
        line::figure(&value.quantity)
    )
}
