//! Changing a scorecard that is not published, and taking a draft away.

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag, mask::Mask};
use proto::indicators as pb;
use types::{ids::ScorecardId, violations::Invalid};

use super::{
    ResultState, Scorecard, Scorecards, State, Step, named, opening::goes_before, store,
    wire::LONGEST_NAME,
};
use crate::reason::RESULTS_HANDED_OVER;

/// Changes what is said about a scorecard.
#[derive(Debug)]
pub(crate) struct UpdateScorecard {
    id: ScorecardId,
    sent: pb::Scorecard,
    mask: Mask,
    etag: String,
}

impl Scorecards {
    /// Changes what is said about a scorecard. Places are compared anew with another previous
    /// one, so that it has to be computed again then.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateScorecard,
    ) -> Result<Scorecard> {
        let before = self.locked(tx, actor, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        before.is_not_published()?;
        let mut after = update.apply(&before)?;
        if after == before {
            return Ok(before);
        }
        if after.previous != before.previous {
            if let Some(previous) = &after.previous {
                goes_before(&tx.db, &after, previous).await?;
            }
            after.state = State::Draft;
        }
        let after = after.touched(tx.now());
        store::update(&tx.db, &after).await?;
        let name = after.id.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// Takes a draft away with its results; the ledger keeps what it was.
    pub(crate) async fn delete(&self, tx: &Tx, actor: &Actor, step: Step) -> Result<()> {
        let before = self.locked(tx, actor, &step.id).await?;
        etag::check(&step.etag, before.version)?;
        if before.state != State::Draft {
            return Err(before.not_allowed("DRAFT"));
        }
        let results = store::results(&tx.db, &before.id).await?;
        let handed_over = results.iter().filter(|it| it.state != ResultState::Draft);
        let handed_over = named(handed_over);
        if !handed_over.is_empty() {
            let facts = [("name", before.id.name()), ("units", handed_over)];
            return Err(Error::rule(&RESULTS_HANDED_OVER, facts));
        }
        store::delete(&tx.db, &before.id).await?;
        let (name, gone) = (before.id.name(), (&before, &results));
        tx.record(Action::Moved, &name, Some(&gone), None).await
    }
}

impl UpdateScorecard {
    const FIELDS: [&'static str; 3] = ["display_name", "previous_scorecard", "document_number"];

    /// Returns the scorecard with the change in it.
    fn apply(self, before: &Scorecard) -> std::result::Result<Scorecard, Invalid> {
        let (sent, mask) = (self.sent, self.mask);
        let mut after = before.clone();
        let mut bad = Invalid::default();
        if mask.takes("display_name", !sent.display_name.is_empty()) {
            let line = bad.line("scorecard.display_name", &sent.display_name, LONGEST_NAME);
            after.display_name = line.unwrap_or_default();
        }
        if mask.takes("previous_scorecard", !sent.previous_scorecard.is_empty()) {
            let field = "scorecard.previous_scorecard";
            let previous = bad.optional(field, &sent.previous_scorecard);
            after.previous = previous.flatten();
        }
        if mask.takes("document_number", !sent.document_number.is_empty()) {
            let number = bad.optional("scorecard.document_number", &sent.document_number);
            after.document_number = number.flatten();
        }
        bad.check()?;
        Ok(after)
    }
}

impl TryFrom<pb::UpdateScorecardRequest> for UpdateScorecard {
    type Error = Invalid;

    fn try_from(request: pb::UpdateScorecardRequest) -> std::result::Result<Self, Invalid> {
        /// Fields that only we write.
        const OUTPUT: [&str; 11] = [
            "name",
            "state",
            "unit_count",
            "ranked_count",
            "incomplete_count",
            "compute_time",
            "publisher",
            "publish_time",
            "create_time",
            "update_time",
            "etag",
        ];
        let mut bad = Invalid::default();
        let sent = request.scorecard.unwrap_or_default();
        let id = bad.required("scorecard.name", &sent.name);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &Self::FIELDS, &OUTPUT, &mut bad);
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                sent,
                mask,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}
