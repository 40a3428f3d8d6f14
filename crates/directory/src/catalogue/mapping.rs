//! What a mapping of old to new units comes to. A pure function.

use std::collections::{BTreeSet, HashMap, HashSet};

use types::{ids::UnitId, invalid::InvalidText};

use super::{
    Day, Effect, File, MappingChange, RowResult,
    file::{MappingKind, MappingRow, UnitRow},
    snapshot, wrong,
};
use crate::{
    reorganization::{Kind, Link, share::Share},
    unit::history,
};

/// Returns the reorganisation that a mapping stands for.
pub(super) fn change(
    day: &Day,
    pairs: &[MappingRow],
    rows: &[UnitRow],
) -> Result<MappingChange, Vec<RowResult>> {
    let mut work = Work {
        day,
        known: day.known(),
        rows: rows.iter().map(|it| (it.code.as_str(), it)).collect(),
        bad: Vec::new(),
        ids: HashMap::new(),
        lives: HashSet::new(),
    };
    work.check(pairs);
    if !work.bad.is_empty() {
        return Err(work.bad);
    }
    work.name(pairs);
    let links = work.links(pairs);
    let mut change = MappingChange {
        kind: kind(pairs),
        divided: divided(pairs),
        untouched: work.untouched(pairs),
        links,
        new_units: Vec::new(),
        changes: Vec::new(),
        results: work.ended(pairs),
    };
    work.fill(rows, &mut change);
    if work.bad.is_empty() {
        Ok(change)
    } else {
        Err(work.bad)
    }
}

struct Work<'a> {
    day: &'a Day<'a>,
    known: HashMap<&'a str, &'a UnitId>,
    rows: HashMap<&'a str, &'a UnitRow>,
    bad: Vec<RowResult>,
    /// Who bears a new code from the day on.
    ids: HashMap<&'a str, UnitId>,
    /// Codes whose bearers live on.
    lives: HashSet<&'a str>,
}

impl<'a> Work<'a> {
    /// Both codes of a row must stand for something.
    fn check(&mut self, pairs: &[MappingRow]) {
        for pair in pairs {
            let mut refuse = |column, code: &str, en: &str, vi: &str| {
                let code = InvalidText::excerpt(code);
                let (en, vi) = (format!("{code} {en}"), format!("{code} {vi}"));
                let reason = "REFERENCE_NOT_FOUND";
                let row = wrong(File::Mapping, pair.line, &pair.old, column, reason, en, vi);
                self.bad.push(row);
            };
            if !self.known.contains_key(pair.old.as_str()) {
                let en = "is borne by no unit on that day";
                refuse(
                    "old_code",
                    &pair.old,
                    en,
                    "không thuộc đơn vị nào vào ngày đó",
                );
            }
            if let Some(new) = pair.new.as_deref()
                && !self.rows.contains_key(new)
            {
                let en = "is not in the catalogue of the units after it";
                refuse("new_code", new, en, "không có trong danh mục sau sắp xếp");
            }
        }
    }

    /// Says who bears each new code: the unit that lives on, or a new one.
    fn name(&mut self, pairs: &'a [MappingRow]) {
        for pair in pairs {
            let Some(new) = pair.new.as_deref() else {
                continue;
            };
            if self.lives_on(pair)
                && let Some(id) = self.known.get(new)
            {
                self.lives.insert(new);
                self.ids.insert(new, (*id).clone());
            } else if !self.ids.contains_key(new)
                && let Ok(id) = self.day.new_id(new)
            {
                self.ids.insert(new, id);
            }
        }
    }

    fn lives_on(&self, pair: &MappingRow) -> bool {
        let same_name = || {
            let history = self.day.units.get(*self.known.get(pair.old.as_str())?)?;
            let now = history::on(&history.appearances, self.day.date)?;
            let row = self.rows.get(pair.old.as_str())?;
            Some(snapshot::same_name(now, &row.name))
        };
        match pair.kind {
            MappingKind::LivesOn => true,
            MappingKind::Enlarged => same_name().unwrap_or(false),
            _ => false,
        }
    }

    fn links(&self, pairs: &[MappingRow]) -> Vec<Link> {
        let mut links = Vec::new();
        let mut becomes: HashMap<&UnitId, BTreeSet<&UnitId>> = HashMap::new();
        for pair in pairs {
            let old = self.known.get(pair.old.as_str());
            let new = pair.new.as_deref().and_then(|it| self.ids.get(it));
            let (Some(old), Some(new)) = (old, new) else {
                continue;
            };
            becomes.entry(old).or_default().insert(new);
            if *old != new {
                links.push(Link {
                    predecessor: (*old).clone(),
                    successor: Some(new.clone()),
                    share: (pair.kind != MappingKind::Split).then_some(Share::WHOLE),
                });
            }
        }
        let below = self.below();
        for pair in pairs.iter().filter(|it| it.kind == MappingKind::Abolished) {
            let Some(old) = self.known.get(pair.old.as_str()) else {
                continue;
            };
            let communes = below.get(old).into_iter().flatten();
            let heirs: BTreeSet<_> = communes
                .flat_map(|it| becomes.get(it).into_iter().flatten())
                .collect();
            // How much of a district went to each of several heirs nobody says.
            let share = (heirs.len() == 1).then_some(Share::WHOLE);
            let link = |successor: Option<UnitId>| Link {
                predecessor: (*old).clone(),
                successor,
                share,
            };
            if heirs.is_empty() {
                links.push(link(None));
            }
            links.extend(heirs.into_iter().map(|it| link(Some((*it).clone()))));
        }
        links
    }

    fn below(&self) -> HashMap<&UnitId, Vec<&UnitId>> {
        let mut below: HashMap<_, Vec<_>> = HashMap::new();
        for history in self.day.units.values() {
            if let Some(Some(parent)) = history::on(&history.parents, self.day.date) {
                below.entry(parent).or_default().push(&history.id);
            }
        }
        below
    }

    /// Counts the units of the catalogue that no file names, below one that a file names: they
    /// stay as they are, and somebody may have forgotten them.
    fn untouched(&self, pairs: &[MappingRow]) -> usize {
        let codes: HashSet<_> = pairs.iter().map(|it| it.old.as_str()).collect();
        let is_named = |code: &str| codes.contains(code) || self.rows.contains_key(code);
        let named = self.known.iter().filter(|it| is_named(it.0));
        let named: HashSet<&UnitId> = named.map(|(_, id)| *id).collect();
        let stands_below = |id: &UnitId| {
            let mut above = self.parent(id);
            while let Some(unit) = above {
                if named.contains(unit) {
                    return true;
                }
                above = self.parent(unit);
            }
            false
        };
        let left = self.known.values().filter(|it| !named.contains(**it));
        left.filter(|it| stands_below(it)).count()
    }

    fn parent(&self, id: &UnitId) -> Option<&UnitId> {
        let history = self.day.units.get(id)?;
        history::on(&history.parents, self.day.date)?.as_ref()
    }

    /// Tells which units end, at their first line.
    fn ended(&self, pairs: &[MappingRow]) -> Vec<RowResult> {
        let mut seen = HashSet::new();
        let mut results = Vec::new();
        for pair in pairs {
            let old = pair.old.as_str();
            let Some(id) = self.known.get(old) else {
                continue;
            };
            if !self.lives.contains(old) && seen.insert(old) {
                results.push(RowResult {
                    file: File::Mapping,
                    ..snapshot::result(pair.line, old, id, vec![Effect::Closed])
                });
            }
        }
        results
    }

    /// Makes the new units and changes those that live on, as the catalogue says.
    fn fill(&mut self, rows: &[UnitRow], change: &mut MappingChange) {
        for row in rows {
            let parent = row.parent.as_deref().map(|it| self.bearer(it));
            let parent = match parent {
                None => None,
                Some(Some(parent)) => Some(parent),
                Some(None) => {
                    self.bad.push(snapshot::unknown_parent(row));
                    continue;
                }
            };
            let Some(id) = self.bearer(&row.code) else {
                let en = "no row of the mapping leads to it, and no unit bears the code";
                let vi = "không dòng nào dẫn đến mã này và chưa có đơn vị nào mang mã";
                let reason = "REFERENCE_NOT_FOUND";
                let found = wrong(File::Units, row.line, &row.code, "code", reason, en, vi);
                self.bad.push(found);
                continue;
            };
            let effects = match self.day.units.get(&id) {
                None => {
                    change.new_units.push(snapshot::beginning(&id, row, parent));
                    vec![Effect::Created]
                }
                Some(history) => match snapshot::change(history, row, parent, self.day.date) {
                    Ok((wanted, effects)) => {
                        change.changes.extend(wanted);
                        effects
                    }
                    Err(found) => {
                        self.bad.push(*found);
                        continue;
                    }
                },
            };
            if !effects.is_empty() {
                let result = snapshot::result(row.line, &row.code, &id, effects);
                change.results.push(result);
            }
        }
    }

    /// Returns who bears a code from the day on.
    fn bearer(&self, code: &str) -> Option<UnitId> {
        let known = || self.known.get(code).map(|it| (*it).clone());
        self.ids.get(code).cloned().or_else(known)
    }
}

fn divided(pairs: &[MappingRow]) -> usize {
    let split = pairs.iter().filter(|it| it.kind == MappingKind::Split);
    split.map(|it| &it.old).collect::<BTreeSet<_>>().len()
}

fn kind(pairs: &[MappingRow]) -> Kind {
    let any = |kind| pairs.iter().any(|it| it.kind == kind);
    if any(MappingKind::Abolished) {
        Kind::AbolishTier
    } else if any(MappingKind::Merged) {
        Kind::Merge
    } else if any(MappingKind::Split) {
        Kind::Split
    } else {
        Kind::Rename
    }
}
