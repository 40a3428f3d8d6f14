//! Where a unit stands, on the last of its days in a period.

use chrono::NaiveDate;
use kit::access::territory::Territory;
use proto::directory::UnitKind;
use types::{ids::UnitId, period::Period, validity::Validity};

use crate::value::fit::window;

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
    /// Looks at a unit on the last of its days among those that usually count for a period;
    /// nothing when it has none.
    pub(super) fn new(territory: &'a Territory, unit: &'a UnitId, period: &Period) -> Option<Self> {
        let fact = territory.unit(unit)?;
        let day = last_day(&fact.validity, &window(period))?;
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

    /// Returns the units just below on the last day the unit has among these days.
    pub(super) fn children(&self, days: &Validity) -> Vec<UnitId> {
        let lived = self.territory.unit(self.unit).map(|it| it.validity);
        let Some(day) = lived.and_then(|it| last_day(&it, days)) else {
            return Vec::new();
        };
        let units = self.territory.units.iter();
        let below = units.filter(|(id, fact)| {
            fact.validity.contains(day) && self.parent(id, day) == Some(self.unit)
        });
        below.map(|(id, _)| id.clone()).collect()
    }

    fn parent(&self, unit: &UnitId, day: NaiveDate) -> Option<&'a UnitId> {
        let parents = &self.territory.unit(unit)?.parents;
        let found = parents.iter().find(|(days, _)| days.contains(day));
        found.and_then(|(_, parent)| parent.as_ref())
    }
}

fn last_day(lived: &Validity, days: &Validity) -> Option<NaiveDate> {
    let shared = lived.intersect(days)?;
    shared.end().and_then(|it| it.pred_opt())
}
