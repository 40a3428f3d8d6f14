//! What a catalogue changes. A pure function.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use types::{ids::UnitId, text::same_text};

use super::{
    Day, Effect, File, GSO, RowResult, Scope,
    file::{Level, UnitRow},
    wrong,
};
use crate::{
    reorganization::rules::{NewUnit, Plan, UnitChange},
    unit::{
        UnitNames,
        history::{self, Appearance, History},
    },
};

/// Returns what has to happen so that exactly the units of the rows are in force, in the
/// whole country or in the scope, and what that means for each of them.
pub(super) fn difference(
    day: &Day,
    rows: &[UnitRow],
    scope: Option<&Scope>,
) -> Result<(Plan, Vec<RowResult>), Vec<RowResult>> {
    let known = day.known();
    let mut bad = Vec::new();
    let ids = bearers(day, &known, rows, scope, &mut bad);
    let mut plan = Plan {
        date: day.date,
        links: Vec::new(),
        new_units: Vec::new(),
        changes: Vec::new(),
        closed: BTreeSet::new(),
    };
    let mut results = Vec::new();
    let refused: BTreeSet<_> = bad.iter().map(|it| it.line).collect();
    for row in rows.iter().filter(|it| !refused.contains(&it.line)) {
        let Some(id) = ids.get(row.code.as_str()) else {
            continue;
        };
        let parent = match row.parent.as_deref().map(|it| ids.get(it)) {
            None => None,
            Some(Some(parent)) => Some(parent.clone()),
            Some(None) => {
                bad.push(unknown_parent(row));
                continue;
            }
        };
        let history = day.units.get(id);
        let effects = match history.filter(|_| known.contains_key(row.code.as_str())) {
            None => {
                plan.new_units.push(beginning(id, row, parent));
                vec![Effect::Created]
            }
            Some(history) => match change(history, row, parent, day.date) {
                Ok((change, effects)) => {
                    plan.changes.extend(change);
                    effects
                }
                Err(wrong) => {
                    bad.push(*wrong);
                    continue;
                }
            },
        };
        if !effects.is_empty() {
            results.push(result(row.line, &row.code, id, effects));
        }
    }
    let described = |id: &UnitId| scope.is_none_or(|it| it.contains(id) && it.root != id);
    let mut closed: Vec<_> = known
        .iter()
        .filter(|(code, id)| described(id) && !ids.contains_key(*code))
        .collect();
    closed.sort();
    for (code, id) in closed {
        plan.closed.insert((*id).clone());
        results.push(result(0, code, id, vec![Effect::Closed]));
    }
    if bad.is_empty() {
        return Ok((plan, results));
    }
    bad.sort_by_key(|it| it.line);
    Err(bad)
}

/// Says who bears each code of the rows. In a scope, its root and the unit above it may
/// be named as parents without a row of their own.
fn bearers<'a>(
    day: &Day<'a>,
    known: &HashMap<&'a str, &'a UnitId>,
    rows: &'a [UnitRow],
    scope: Option<&Scope>,
    bad: &mut Vec<RowResult>,
) -> HashMap<&'a str, UnitId> {
    let mut ids = HashMap::with_capacity(rows.len());
    for row in rows {
        let outside = scope.map(|it| it.check(row, known, day.units, day.date));
        if let Some(Err(outside)) = outside {
            bad.push(outside);
            continue;
        }
        let id = match known.get(row.code.as_str()) {
            Some(id) => (*id).clone(),
            None => match day.new_id(&row.code) {
                Ok(id) => id,
                Err(_) => {
                    bad.push(bad_code(row));
                    continue;
                }
            },
        };
        ids.insert(row.code.as_str(), id);
    }
    if let Some(scope) = scope {
        let root = day.units.get(scope.root);
        let above = root.and_then(|it| history::on(&it.parents, day.date)?.as_ref());
        for unit in above.into_iter().chain([scope.root]) {
            let code = day.units.get(unit).and_then(|it| it.code(GSO, day.date));
            if let Some(code) = code {
                ids.entry(code).or_insert_with(|| unit.clone());
            }
        }
    }
    ids
}

pub(super) fn result(line: i32, code: &str, unit: &UnitId, effects: Vec<Effect>) -> RowResult {
    RowResult {
        line,
        file: File::Units,
        code: code.to_owned(),
        unit: Some(unit.clone()),
        effects,
        issues: Vec::new(),
    }
}

pub(super) fn bad_code(row: &UnitRow) -> RowResult {
    let (en, vi) = ("is no code", "không phải là mã");
    wrong(File::Units, row.line, &row.code, "code", "PATTERN", en, vi)
}

pub(super) fn unknown_parent(row: &UnitRow) -> RowResult {
    let parent = row.parent.as_deref().unwrap_or_default();
    let en = format!("no unit has the code {parent} on that day");
    let vi = format!("không có đơn vị nào mang mã {parent} vào ngày đó");
    let reason = "REFERENCE_NOT_FOUND";
    wrong(
        File::Units,
        row.line,
        &row.code,
        "parent_code",
        reason,
        en,
        vi,
    )
}

pub(super) fn beginning(id: &UnitId, row: &UnitRow, parent: Option<UnitId>) -> NewUnit {
    NewUnit {
        id: id.clone(),
        appearance: row.appearance(),
        parent,
        codes: vec![(GSO.to_owned(), row.code.clone())],
    }
}

/// Says how a unit that lives on has to change to be as its row says.
pub(super) fn change(
    history: &History,
    row: &UnitRow,
    parent: Option<UnitId>,
    day: NaiveDate,
) -> Result<(Option<UnitChange>, Vec<Effect>), Box<RowResult>> {
    let kind = row.kind();
    let mut effects = Vec::new();
    let mut change = UnitChange {
        unit: history.id.clone(),
        kind: None,
        names: UnitNames::default(),
        parent: None,
        to_the_top: false,
        codes: Vec::new(),
    };
    if let Some(now) = history::on(&history.appearances, day) {
        if Level::of(now.kind) != Some(row.level) {
            let en = "a unit of another level bears the code on that day";
            let vi = "vào ngày đó mã này thuộc về một đơn vị ở cấp khác";
            let found = wrong(
                File::Units,
                row.line,
                &row.code,
                "level",
                "OUT_OF_RANGE",
                en,
                vi,
            );
            return Err(Box::new(found));
        }
        if !same_name(now, &row.name) {
            change.names = renamed(now, row.names());
            effects.push(Effect::Renamed);
        }
        if now.kind != kind {
            change.kind = Some(kind);
            if effects.is_empty() {
                effects.push(Effect::Renamed);
            }
        }
    }
    if history::on(&history.parents, day) != Some(&parent) {
        change.to_the_top = parent.is_none();
        change.parent = parent;
        effects.push(Effect::Moved);
    }
    Ok(((!effects.is_empty()).then_some(change), effects))
}

/// People's committees are called after their territory: "UBND xã Minh Long".
const COMMITTEE: &str = "UBND ";

/// Says whether a unit is called so already; neither the place of a tone mark nor the
/// committee in front makes another name.
pub(super) fn same_name(now: &Appearance, name: &str) -> bool {
    let known = &now.names.display_name;
    let territory = known.strip_prefix(COMMITTEE).unwrap_or(known);
    same_text(territory, name)
}

fn renamed(now: &Appearance, mut names: UnitNames) -> UnitNames {
    if now.names.display_name.starts_with(COMMITTEE) {
        let mut letters = names.display_name.chars();
        let first = letters.next().into_iter().flat_map(char::to_lowercase);
        names.display_name = COMMITTEE.chars().chain(first).chain(letters).collect();
    }
    names
}
