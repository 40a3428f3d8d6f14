//! What the receiver says of a figure that no submission pins: he accepts it, and it stays as
//! it is; or he sends it back, and says why. Figures of a report are accepted and sent back
//! with it.

use std::collections::BTreeSet;

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::ids::ValueId;

use super::{
    IndicatorValue, Stage, ValueState, Values,
    derived::{self, Listed},
    published::Beside,
    store,
};
use crate::{
    feed,
    indicator::standing::{Definitions, definitions},
    reason::{ACCEPTS_OWN_FIGURE, VALUE_LOCKED},
};

/// Accepts a figure.
#[derive(Debug)]
pub(crate) struct AcceptValue {
    pub(super) id: ValueId,
    pub(super) etag: String,
}

/// Sends a figure back.
#[derive(Debug)]
pub(crate) struct RejectValue {
    pub(super) id: ValueId,
    pub(super) reason: String,
    pub(super) etag: String,
}

impl Values {
    /// Accepts a figure as it is. From then on it is changed only after it was sent back.
    pub(crate) async fn accept(
        &self,
        tx: &Tx,
        actor: &Actor,
        accept: AcceptValue,
    ) -> Result<(Listed, Definitions)> {
        let before = self.judged(tx, actor, &accept.id, &accept.etag).await?;
        if before.principal == *actor.principal() {
            let principal = actor.principal().name();
            let facts = [("principal", principal), ("name", accept.id.name())];
            return Err(Error::rule(&ACCEPTS_OWN_FIGURE, facts));
        }
        let stage = Stage {
            state: ValueState::Accepted,
            locked_by: Some(actor.principal().name()),
            submitted_revision: Some(before.revision),
            reason: None,
        };
        let figure = BTreeSet::from([accept.id]);
        store::note_submitted(&tx.db, &figure).await?;
        self.settled(tx, before, stage).await
    }

    /// Sends a figure back, accepted or not. It may be changed then.
    pub(crate) async fn reject(
        &self,
        tx: &Tx,
        actor: &Actor,
        reject: RejectValue,
    ) -> Result<(Listed, Definitions)> {
        let before = self.judged(tx, actor, &reject.id, &reject.etag).await?;
        let stage = Stage {
            state: ValueState::Rejected,
            locked_by: None,
            submitted_revision: before.stage.submitted_revision,
            reason: Some(reject.reason),
        };
        self.settled(tx, before, stage).await
    }

    /// Returns a figure that may be judged by itself; nobody else changes it until the end of
    /// the transaction.
    async fn judged(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &ValueId,
        sent_etag: &str,
    ) -> Result<IndicatorValue> {
        self.access.require(actor, &id.unit).await?;
        store::take_turns(&tx.db, &[(&id.unit, id.period)]).await?;
        let found = store::find(&tx.db, id).await?;
        let found = found.ok_or_else(|| Error::not_found("INDICATOR_VALUE", id))?;
        etag::check(sent_etag, found.revision)?;
        match found.stage.pinned_by() {
            Some(submission) => {
                let facts = [("name", id.name()), ("locked_by", submission.to_owned())];
                Err(Error::rule(&VALUE_LOCKED, facts))
            }
            None => Ok(found),
        }
    }

    /// Keeps the verdict, and returns the figure as it is read from then on.
    async fn settled(
        &self,
        tx: &Tx,
        before: IndicatorValue,
        stage: Stage,
    ) -> Result<(Listed, Definitions)> {
        let ids = BTreeSet::from([&before.id]);
        store::mark(&tx.db, &ids, &stage).await?;
        let after = IndicatorValue {
            stage,
            ..before.clone()
        };
        let name = after.id.name();
        tx.record(Action::Moved, &name, Some(&before), Some(&after))
            .await?;
        let definitions = definitions(&tx.db, &[&after.id.indicator]).await?;
        let sheets = BTreeSet::from([(&after.id.unit, after.id.period)]);
        feed::append(&tx.db, &sheets, tx.now()).await?;
        let listed = match derived::told(&tx.db, &after.id).await? {
            Some((computed, _)) => Listed::Beside(Box::new(Beside {
                computed,
                published: after,
            })),
            None => Listed::Figure(Box::new(after)),
        };
        Ok((listed, definitions))
    }
}

impl Stage {
    /// Returns the submission that holds the figure; whoever accepted it by itself is none.
    fn pinned_by(&self) -> Option<&str> {
        let by = self.locked_by.as_deref()?;
        by.contains("/submissions/").then_some(by)
    }
}
