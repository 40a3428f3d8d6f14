//! Rights as the directory's own tables give them.

use std::sync::Arc;

use kit::{
    Actor, Db, Result,
    access::{
        Reach, Rights,
        book::{GrantFact, Question},
        territory::Territory,
    },
};
use types::{ids::UnitId, validity::Validity};

use crate::mirror::Mirror;

/// Rights looked up in the directory's own copy of its tables.
#[derive(Debug, Clone)]
pub(crate) struct OwnRights {
    db: Db,
    mirror: Mirror,
}

impl OwnRights {
    pub(crate) fn new(db: Db, mirror: Mirror) -> Self {
        Self { db, mirror }
    }

    /// Returns the grants by which the actor may do something today.
    pub(super) async fn deciding(
        &self,
        actor: &Actor,
        permission: &str,
        unit: Option<&UnitId>,
        reach: Reach,
    ) -> Result<Vec<GrantFact>> {
        let question = Question {
            principal: actor.principal(),
            permission,
            unit,
            reach,
            today: self.db.clock().today(),
        };
        self.mirror
            .look(|it| it.book.deciding(&question).cloned().collect())
            .await
    }
}

#[tonic::async_trait]
impl Rights for OwnRights {
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
        reach: Reach,
    ) -> Result<Vec<bool>> {
        let today = self.db.clock().today();
        self.mirror
            .look(|it| {
                let decide = |unit: &Option<&UnitId>| {
                    it.book.allows(&Question {
                        principal: actor.principal(),
                        permission,
                        unit: *unit,
                        reach,
                        today,
                    })
                };
                units.iter().map(decide).collect()
            })
            .await
    }

    async fn unit_days(&self, _actor: &Actor, units: &[&UnitId]) -> Result<Vec<Option<Validity>>> {
        self.mirror
            .look(|it| {
                let known = |unit: &&UnitId| it.book.unit(unit).map(|it| it.validity);
                units.iter().map(known).collect()
            })
            .await
    }

    async fn units_below(&self, root: &UnitId, days: Validity) -> Result<Vec<UnitId>> {
        self.mirror.look(|it| it.book.below(root, days)).await
    }

    async fn territory(&self) -> Result<Arc<Territory>> {
        self.mirror.look(|it| Arc::new(it.book.territory())).await
    }
}
