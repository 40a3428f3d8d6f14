//! Where a unit stands, on the last of its days in a period.

use chrono::NaiveDate;
use kit::access::territory::Territory;
use proto::directory::UnitKind;
use types::{ids::UnitId, validity::Validity};

/// No tree is deeper; what goes on beyond is a circle.
const DEEPEST: usize = 64;

/// A unit among the others.
#[derive(Debug)]
pub(super) struct Place<'a> {
    territory: &'a Territory,
    unit: &'a UnitId,
    day: NaiveDate,
}

impl<'a> Place<'a> {
    /// Looks at a unit on the last of its days among those of a period, as the first of these
    /// windows counts them that has one; nothing when none has.
    pub(super) fn new(
        territory: &'a Territory,
        unit: &'a UnitId,
        windows: &[Validity],
    ) -> Option<Self> {
        let lived = territory.unit(unit)?.validity;
        let day = windows.iter().find_map(|days| last_day(&lived, days))?;
        Some(Self {
            territory,
            unit,
            day,
        })
    }

    /// Returns what the unit is.
    pub(super) fn kind(&self) -> Option<UnitKind> {
        let kinds = &self.territory.unit(self.unit)?.kinds;
        let kind = kinds.iter().find(|(days, _)| days.contains(self.day));
        kind.map(|(_, kind)| *kind)
    }

    /// Says whether the unit is this one or stands below it.
    pub(super) fn is_within(&self, scope: &UnitId) -> bool {
        let mut at = self.unit;
        for _ in 0..DEEPEST {
            if at == scope {
                return true;
            }
            match self.parent(at, self.day) {
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }

    /// Returns the units just below on the last day the unit has among these days, and those
    /// that ended before it and stood just below on their own last day.
    pub(super) fn children(&self, days: &Validity) -> Children {
        let lived = self.territory.unit(self.unit).map(|it| it.validity);
        let Some(day) = lived.and_then(|it| last_day(&it, days)) else {
            return Children::default();
        };
        let units = self.territory.units.iter();
        let mut children = Children::default();
        for (id, fact) in units {
            if fact.validity.contains(day) {
                if self.parent(id, day) == Some(self.unit) {
                    children.living.push(id.clone());
                }
                continue;
            }
            let last = last_day(&fact.validity, days).filter(|it| *it < day);
            if last.is_some_and(|it| self.parent(id, it) == Some(self.unit)) {
                children.ended.push(id.clone());
            }
        }
        children
    }

    fn parent(&self, unit: &UnitId, day: NaiveDate) -> Option<&'a UnitId> {
        let parents = &self.territory.unit(unit)?.parents;
        let found = parents.iter().find(|(days, _)| days.contains(day));
        found.and_then(|(_, parent)| parent.as_ref())
    }
}

/// The units just below another.
#[derive(Debug, Default)]
pub(super) struct Children {
    /// They have to report.
    pub(super) living: Vec<UnitId>,
    /// They ended on the way and are counted when they reported.
    pub(super) ended: Vec<UnitId>,
}

impl Children {
    pub(super) fn all(&self) -> impl Iterator<Item = &UnitId> {
        self.living.iter().chain(&self.ended)
    }
}

fn last_day(lived: &Validity, days: &Validity) -> Option<NaiveDate> {
    let shared = lived.intersect(days)?;
    shared.end().and_then(|it| it.pred_opt())
}
