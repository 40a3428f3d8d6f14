//! The part of the country that a catalogue describes.

use std::collections::{BTreeSet, HashMap};

use chrono::NaiveDate;
use kit::{Error, Result};
use types::ids::UnitId;

use super::{File, RowResult, file::UnitRow, wrong};
use crate::unit::history::{self, Histories};

/// A unit and everything below it on a day.
pub(super) struct Scope<'a> {
    pub(super) root: &'a UnitId,
    inside: BTreeSet<&'a UnitId>,
}

impl<'a> Scope<'a> {
    /// Finds the units below one.
    ///
    /// # Errors
    /// Invalid when the unit is not there on the day.
    pub(super) fn below(units: &'a Histories, root: &'a UnitId, day: NaiveDate) -> Result<Self> {
        if !units.get(root).is_some_and(|it| it.validity.contains(day)) {
            return Err(Error::reference("header.scope_unit", root.name()));
        }
        let mut children: HashMap<&UnitId, Vec<&UnitId>> = HashMap::new();
        for history in units.values() {
            if let Some(Some(parent)) = history::on(&history.parents, day) {
                children.entry(parent).or_default().push(&history.id);
            }
        }
        let mut inside = BTreeSet::from([root]);
        let mut next = vec![root];
        while let Some(parent) = next.pop() {
            for child in children.get(parent).into_iter().flatten() {
                if inside.insert(*child) {
                    next.push(*child);
                }
            }
        }
        Ok(Self { root, inside })
    }

    pub(super) fn contains(&self, unit: &UnitId) -> bool {
        self.inside.contains(unit)
    }

    /// Checks that a row speaks of the scope: of a unit that is new or stands in it, and
    /// that stays below its root; the root itself keeps its place.
    pub(super) fn check(
        &self,
        row: &UnitRow,
        known: &HashMap<&str, &UnitId>,
        units: &Histories,
        day: NaiveDate,
    ) -> std::result::Result<(), RowResult> {
        let refuse = |column, en: &str, vi: &str| {
            let (file, reason) = (File::Units, "OUT_OF_SCOPE");
            Err(wrong(file, row.line, &row.code, column, reason, en, vi))
        };
        let bearer = known.get(row.code.as_str()).copied();
        if bearer.is_some_and(|it| !self.contains(it)) {
            let en = "a unit outside the scope of the catalogue bears the code";
            return refuse(
                "code",
                en,
                "mã thuộc về một đơn vị ngoài phạm vi của danh mục",
            );
        }
        if bearer == Some(self.root) {
            let above = units.get(self.root);
            let above = above.and_then(|it| history::on(&it.parents, day)?.as_ref());
            let wanted = row.parent.as_deref().map(|it| known.get(it).copied());
            if wanted.flatten() != above || wanted == Some(None) {
                let en = "the unit of the scope keeps its place; moving it needs a wider scope";
                let vi = "đơn vị của phạm vi giữ nguyên vị trí; muốn chuyển cần phạm vi rộng hơn";
                return refuse("parent_code", en, vi);
            }
            return Ok(());
        }
        let parent = row.parent.as_deref().map(|it| known.get(it).copied());
        // A parent that nobody bears yet has to be another row.
        if parent.is_none_or(|it| it.is_some_and(|it| !self.contains(it))) {
            let en = "a unit of the scope stands below its root";
            let vi = "đơn vị trong phạm vi phải có cấp trên thuộc phạm vi";
            return refuse("parent_code", en, vi);
        }
        Ok(())
    }
}
