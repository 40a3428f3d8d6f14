//! What has to be known of units and indicators before figures are judged.

use std::collections::{BTreeSet, HashMap};

use kit::{Actor, Result};
use types::{
    ids::{UnitId, ValueId},
    validity::Validity,
};

use super::Values;
use crate::indicator::standing::{Definitions, definitions};

/// What is known of the units and indicators of some figures.
#[derive(Debug, Default)]
pub(crate) struct Ground {
    pub(super) units: HashMap<UnitId, UnitGround>,
    pub(super) definitions: Definitions,
}

/// A unit, as far as its figures depend on it.
#[derive(Debug, Clone, Copy)]
pub(super) enum UnitGround {
    /// The caller may not do there what he asks for; nothing else is looked at.
    NotPermitted,
    /// There is no such unit.
    NotThere,
    /// It exists on these days.
    Exists(Validity),
}

impl Values {
    /// Looks at the ground of some figures: one question for all rights, one for all units,
    /// and three for all indicators.
    pub(crate) async fn ground(
        &self,
        actor: &Actor,
        ids: impl Iterator<Item = &ValueId>,
    ) -> Result<Ground> {
        let (mut units, mut indicators) = (BTreeSet::new(), BTreeSet::new());
        for id in ids {
            units.insert(&id.unit);
            indicators.insert(&id.indicator);
        }
        let units: Vec<_> = units.into_iter().collect();
        let permitted = self.access.permitted(actor, &units).await?;
        let refused = |unit: &&UnitId| ((*unit).clone(), UnitGround::NotPermitted);
        let mut grounds: HashMap<_, _> = units.iter().map(refused).collect();
        let permitted = units.into_iter().zip(permitted).filter(|(_, it)| *it);
        let permitted: Vec<_> = permitted.map(|(unit, _)| unit).collect();
        let days = self.access.unit_days(actor, &permitted).await?;
        for (unit, days) in permitted.into_iter().zip(days) {
            let ground = days.map_or(UnitGround::NotThere, UnitGround::Exists);
            grounds.insert(unit.clone(), ground);
        }
        let indicators: Vec<_> = indicators.into_iter().collect();
        Ok(Ground {
            units: grounds,
            definitions: definitions(self.db.reader(), &indicators).await?,
        })
    }
}
