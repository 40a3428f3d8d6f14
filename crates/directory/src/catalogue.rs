//! The national catalogues of units, taken in as files.
//!
//! A unit is known by the code of scheme `gso` that it bears on the day of the
//! catalogue. A new unit is named after its code and its first day:
//! `gso-21361-20250701`, or `gso-21361-20250701-2` when a unit of that name was taken
//! back. A file with one wrong row changes nothing; a rehearsal does everything and takes
//! it back.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use kit::{Access, Actor, Error, Result, Tx, db::ledger::Action};
use serde::Serialize;
use types::{
    ids::{ReorganizationId, UnitId},
    invalid::InvalidText,
};

use crate::{
    mirror::{Mirror, Written},
    reorganization::{
        self, Content, CreateReorganization, Kind,
        rules::{self, Contradiction, NewUnit, UnitChange},
    },
    unit::{self, history::Histories, scheme::GSO},
};

mod closure;
mod file;
mod mapping;
pub(crate) mod rpc;
mod scope;
mod snapshot;

use file::{MappingRow, UnitRow};
use scope::Scope;

/// Takes in the state of the country, or of the subtree of a unit, on a day.
#[derive(Debug)]
pub(crate) struct ImportSnapshot {
    pub(crate) day: NaiveDate,
    pub(crate) source: String,
    pub(crate) scope: Option<UnitId>,
    pub(crate) allow_mass_closure: bool,
    pub(crate) validate_only: bool,
}

/// Takes in which unit becomes which.
#[derive(Debug)]
pub(crate) struct ImportMapping {
    pub(crate) day: NaiveDate,
    pub(crate) decision_number: String,
    pub(crate) source: String,
    pub(crate) id: ReorganizationId,
    pub(crate) validate_only: bool,
}

/// Which file a line is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum File {
    Units,
    Mapping,
}

/// What happens to a unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    Created,
    Renamed,
    Moved,
    Closed,
}

/// What became of one row, or of a unit that no row names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowResult {
    pub(crate) line: i32,
    pub(crate) file: File,
    pub(crate) code: String,
    pub(crate) unit: Option<UnitId>,
    pub(crate) effects: Vec<Effect>,
    pub(crate) issues: Vec<RowIssue>,
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RowIssue {
    pub(crate) column: &'static str,
    pub(crate) code: &'static str,
    pub(crate) en: String,
    pub(crate) vi: String,
}

/// What an import answers.
#[derive(Debug, Default)]
pub(crate) struct Report {
    pub(crate) rows: Vec<RowResult>,
    pub(crate) reorganization: Option<ReorganizationId>,
    pub(crate) link_count: usize,
    pub(crate) divided_count: usize,
    /// Units below one that a file names, and which no file names.
    pub(crate) untouched_count: usize,
    /// What units became, once it is committed.
    pub(crate) written: Option<Written>,
}

impl Report {
    /// Says whether every row is right.
    pub(crate) fn accepted(&self) -> bool {
        self.rows.iter().all(|it| it.issues.is_empty())
    }

    fn refused(rows: Vec<RowResult>) -> Self {
        Self {
            rows,
            ..Self::default()
        }
    }
}

/// What a ledger entry tells of a snapshot.
#[derive(Serialize)]
struct Taken<'a> {
    day: NaiveDate,
    source: &'a str,
    scope: Option<&'a UnitId>,
    new_units: &'a [NewUnit],
    changes: &'a [UnitChange],
    closed: &'a BTreeSet<UnitId>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Catalogues {
    access: Access,
    mirror: Mirror,
}

impl Catalogues {
    pub(crate) fn new(access: Access, mirror: Mirror) -> Self {
        Self { access, mirror }
    }

    /// Requires the right to import, over all units whatever the scope: what stood in it on
    /// the day may stand elsewhere by now. Files are not even received from others.
    pub(crate) async fn may_import(&self, actor: &Actor) -> Result<()> {
        self.access.require_everywhere(actor).await
    }

    /// Commits an import, and lets reads know what it wrote.
    pub(crate) async fn commit<T, E>(
        &self,
        written: Option<Written>,
        commit: impl Future<Output = std::result::Result<T, E>>,
    ) -> std::result::Result<T, E> {
        self.mirror.commit(written, commit).await
    }

    /// Takes in the state of the country, or of a part of it, on a day. The caller takes
    /// the change back when the report is not accepted.
    async fn snapshot(
        &self,
        tx: &Tx,
        actor: &Actor,
        import: &ImportSnapshot,
        rows: &[UnitRow],
    ) -> Result<Report> {
        self.may_import(actor).await?;
        unit::store::hold_tree(&tx.db).await?;
        let units = self.mirror.held(tx).await?;
        let day = Day {
            units: &units,
            date: import.day,
            retired: unit::store::retired(&tx.db).await?,
        };
        let scope = match &import.scope {
            Some(root) => Some(Scope::below(&units, root, import.day)?),
            None => None,
        };
        let (plan, results) = match snapshot::difference(&day, rows, scope.as_ref()) {
            Ok(difference) => difference,
            Err(wrong) => return Ok(Report::refused(wrong)),
        };
        if scope.is_none() && !import.allow_mass_closure {
            closure::check(&day.known(), &units, &plan.closed, import.day)?;
        }
        let clashes = reorganization::elsewhere(tx, None, &plan).await?;
        if !clashes.is_empty() {
            return Ok(Report::refused(explain(clashes, &results)));
        }
        let changed = match rules::apply(&units, &plan, tx.now()) {
            Ok(changed) => changed,
            Err(found) => return Ok(Report::refused(explain(found, &results))),
        };
        let gone = BTreeSet::new();
        let trees = self.mirror.trees(&changed).await;
        let told = unit::store::save(&tx.db, &units, &changed, &trees, &gone).await?;
        let taken = Taken {
            day: import.day,
            source: &import.source,
            scope: import.scope.as_ref(),
            new_units: &plan.new_units,
            changes: &plan.changes,
            closed: &plan.closed,
        };
        let recording = tx.record(Action::Updated, "units", None, Some(&taken));
        let (recorded, written) = tokio::join!(recording, self.mirror.prepare(told, trees));
        recorded?;
        Ok(Report {
            rows: results,
            written: written?,
            ..Report::default()
        })
    }

    /// Takes in which unit becomes which, as one reorganisation that is applied.
    async fn mapping(
        &self,
        tx: &Tx,
        actor: &Actor,
        import: &ImportMapping,
        pairs: &[MappingRow],
        rows: &[UnitRow],
    ) -> Result<Report> {
        self.may_import(actor).await?;
        unit::store::hold_tree(&tx.db).await?;
        let units = self.mirror.held(tx).await?;
        let day = Day {
            units: &units,
            date: import.day,
            retired: unit::store::retired(&tx.db).await?,
        };
        let change = match mapping::change(&day, pairs, rows) {
            Ok(change) => change,
            Err(wrong) => return Ok(Report::refused(wrong)),
        };
        let new = CreateReorganization {
            id: import.id.clone(),
            kind: change.kind,
            decision_number: import.decision_number.clone(),
            date: import.day,
            source: import.source.clone(),
            links: change.links,
            content: Content {
                new_units: change.new_units,
                changes: change.changes,
            },
        };
        match reorganization::insert_applied(tx, &units, new, &self.mirror).await? {
            Ok((applied, written)) => Ok(Report {
                rows: change.results,
                link_count: applied.links.len(),
                reorganization: Some(applied.id),
                divided_count: change.divided,
                untouched_count: change.untouched,
                written,
            }),
            Err(found) => Ok(Report::refused(explain(found, &change.results))),
        }
    }
}

/// Reads a mapping and the catalogue of the units after it. What is wrong with either is told.
fn read_both(
    mapping: &[u8],
    units: &[u8],
) -> std::result::Result<(Vec<MappingRow>, Vec<UnitRow>), Report> {
    match (file::mapping(mapping), file::units(units)) {
        (Ok(pairs), Ok(rows)) => Ok((pairs, rows)),
        (mapping, units) => {
            let wrong = units.err().into_iter().chain(mapping.err()).flatten();
            Err(Report::refused(wrong.collect()))
        }
    }
}

/// Tells contradictions at the rows that brought them about.
fn explain(found: Vec<Contradiction>, results: &[RowResult]) -> Vec<RowResult> {
    let lines: BTreeMap<_, _> = results
        .iter()
        .filter_map(|it| Some((it.unit.as_ref()?, it)))
        .collect();
    let tell = |it: Contradiction| {
        let row = lines.get(&it.unit);
        let fill = |text: &str| {
            let mut text = text.to_owned();
            for (name, value) in &it.facts {
                text = text.replace(&format!("{{{name}}}"), value);
            }
            text
        };
        RowResult {
            line: row.map_or(0, |it| it.line),
            file: row.map_or(File::Units, |it| it.file),
            code: row.map(|it| it.code.clone()).unwrap_or_default(),
            effects: Vec::new(),
            issues: vec![RowIssue {
                column: "code",
                code: it.reason.code,
                en: fill(it.reason.en),
                vi: fill(it.reason.vi),
            }],
            unit: Some(it.unit),
        }
    };
    found.into_iter().map(tell).collect()
}

/// The units on the day of an import.
struct Day<'a> {
    units: &'a Histories,
    date: NaiveDate,
    /// Names that are never used again.
    retired: BTreeSet<UnitId>,
}

impl<'a> Day<'a> {
    /// Returns the units that bear a code, by that code.
    fn known(&self) -> HashMap<&'a str, &'a UnitId> {
        let in_force = self.units.values();
        in_force
            .filter(|it| it.validity.contains(self.date))
            .filter_map(|it| Some((it.code(GSO, self.date)?, &it.id)))
            .collect()
    }

    /// Names a new unit after its code and its first day.
    fn new_id(&self, code: &str) -> Result<UnitId> {
        let first = format!("{GSO}-{code}-{}", self.date.format("%Y%m%d"));
        let mut id = UnitId::new(&first).map_err(Error::internal)?;
        let mut number = 1;
        while self.retired.contains(&id) {
            number += 1;
            id = UnitId::new(&format!("{first}-{number}")).map_err(Error::internal)?;
        }
        Ok(id)
    }
}

fn wrong(
    file: File,
    line: i32,
    code: &str,
    column: &'static str,
    reason: &'static str,
    en: impl Into<String>,
    vi: impl Into<String>,
) -> RowResult {
    RowResult {
        line,
        file,
        code: InvalidText::excerpt(code),
        unit: None,
        effects: Vec::new(),
        issues: vec![RowIssue {
            column,
            code: reason,
            en: en.into(),
            vi: vi.into(),
        }],
    }
}

/// What a mapping comes to.
struct MappingChange {
    kind: Kind,
    links: Vec<reorganization::Link>,
    new_units: Vec<NewUnit>,
    changes: Vec<UnitChange>,
    results: Vec<RowResult>,
    divided: usize,
    untouched: usize,
}
