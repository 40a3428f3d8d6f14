//! The result of one unit: it scores itself and hands over, others verify or give back.

use std::collections::{BTreeMap, BTreeSet};

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use sea_orm::ConnectionTrait;
use types::{
    ids::{ScorecardId, UnitId},
    violations::Invalid,
};

use super::{
    ResultState, Scorecard, Scorecards, State, UnitResult, content,
    entry::{Claim, Entries},
    outcome::{Outcome, Weights},
    store,
};
use crate::{
    criteria_set::Content,
    reason::{STATE_NOT_ALLOWED, VERIFIES_OWN_SCORES},
};

mod rules;

use rules::{enter, everything_is_verified, has_its_evidence, says_why};

/// Names the result of one unit.
#[derive(Debug, Clone)]
pub(crate) struct ResultId {
    pub(super) scorecard: ScorecardId,
    pub(super) unit: UnitId,
}

/// A score as it was sent.
#[derive(Debug)]
pub(crate) struct Sent {
    /// Its path in the request.
    pub(super) field: String,
    pub(super) key: String,
    pub(super) claim: Claim,
    pub(super) note: String,
    pub(super) evidence: Vec<super::entry::Evidence>,
}

/// Writes what a unit gives itself.
#[derive(Debug)]
pub(crate) struct UpdateResult {
    pub(super) id: ResultId,
    pub(super) scores: Vec<Sent>,
    pub(super) removed: Vec<String>,
    pub(super) etag: String,
}

/// Hands a result over.
#[derive(Debug)]
pub(crate) struct SubmitResult {
    pub(super) id: ResultId,
    pub(super) etag: String,
}

/// Verifies scores.
#[derive(Debug)]
pub(crate) struct VerifyResult {
    pub(super) id: ResultId,
    pub(super) scores: Vec<Sent>,
    pub(super) etag: String,
}

/// Gives a result back.
#[derive(Debug)]
pub(crate) struct ReturnResult {
    pub(super) id: ResultId,
    pub(super) reason: String,
    pub(super) etag: String,
}

/// Asks for the results of a scorecard.
#[derive(Debug)]
pub(crate) struct ListResults {
    pub(super) id: ScorecardId,
    pub(super) page_size: i32,
    pub(super) page_token: String,
}

impl Scorecards {
    /// Reads the result of one unit, for that unit and for the one that scores.
    pub(crate) async fn get_result(&self, actor: &Actor, id: &ResultId) -> Result<UnitResult> {
        let db = self.db.reader();
        let scorecard = store::find(db, &id.scorecard).await?;
        let owner = scorecard.as_ref().map(|it| &it.owner_unit);
        let units: Vec<_> = [Some(&id.unit), owner].into_iter().flatten().collect();
        let units: Vec<_> = units.into_iter().map(Some).collect();
        self.access.require_any(actor, &units).await?;
        self.result(db, id).await
    }

    /// Lists results in the order of the ranking.
    pub(crate) async fn list_results(
        &self,
        actor: &Actor,
        list: ListResults,
    ) -> Result<(Vec<UnitResult>, String)> {
        let scorecard = self.get(actor, &list.id).await?;
        let what = format!("results {} {}", list.id, scorecard.version);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after().map(|it| it.parse().map_err(Error::internal));
        let db = self.db.reader();
        let results = store::list_results(db, &list.id, after.transpose()?, page.limit()).await?;
        page.close(results, |it| it.place.to_string())
    }

    /// Writes what a unit gives itself.
    pub(crate) async fn update_result(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateResult,
    ) -> Result<UnitResult> {
        self.access.require(actor, &update.id.unit).await?;
        let (scorecard, before) = self.open(tx, &update.id, &update.etag).await?;
        before.is(&[ResultState::Draft])?;
        let content = content(&tx.db, &scorecard).await?;
        let mut entries = before.entries.clone();
        for key in &update.removed {
            entries.own.remove(key);
        }
        enter(&content, update.scores, &mut entries.own, actor.principal())?;
        let after = UnitResult {
            entries,
            ..before.touched(tx.now())
        };
        self.write(tx, &scorecard, &before, &after).await?;
        Ok(after)
    }

    /// Hands a result over, with its evidence.
    pub(crate) async fn submit_result(
        &self,
        tx: &Tx,
        actor: &Actor,
        submit: SubmitResult,
    ) -> Result<UnitResult> {
        self.access.require(actor, &submit.id.unit).await?;
        let (scorecard, before) = self.open(tx, &submit.id, &submit.etag).await?;
        before.is(&[ResultState::Draft])?;
        let content = content(&tx.db, &scorecard).await?;
        has_its_evidence(&content, &before.entries)?;
        let after = UnitResult {
            state: ResultState::Submitted,
            entries: Entries {
                submitter: Some(actor.principal().clone()),
                return_reason: String::new(),
                ..before.entries.clone()
            },
            ..before.touched(tx.now())
        };
        self.write(tx, &scorecard, &before, &after).await?;
        Ok(after)
    }

    /// Verifies scores, each as the unit that the set names for it.
    pub(crate) async fn verify_result(
        &self,
        tx: &Tx,
        actor: &Actor,
        verify: VerifyResult,
    ) -> Result<UnitResult> {
        let scorecard = self.for_verifying(tx, actor, &verify).await?;
        let (_, before) = self.open(tx, &verify.id, &verify.etag).await?;
        before.is(&[ResultState::Submitted, ResultState::Verified])?;
        if before.entries.were_made_by(actor.principal()) {
            let facts = [
                ("principal", actor.principal().name()),
                ("name", before.name()),
            ];
            return Err(Error::rule(&VERIFIES_OWN_SCORES, facts));
        }
        let content = content(&tx.db, &scorecard).await?;
        let now = self
            .outcome_now(&tx.db, &scorecard, &content, &before)
            .await?;
        says_why(&verify.scores, &before.entries, &now, &content)?;
        let mut entries = before.entries.clone();
        enter(
            &content,
            verify.scores,
            &mut entries.verified,
            actor.principal(),
        )?;
        let state = if everything_is_verified(&content, &entries) {
            ResultState::Verified
        } else {
            ResultState::Submitted
        };
        let after = UnitResult {
            state,
            entries,
            ..before.touched(tx.now())
        };
        self.write(tx, &scorecard, &before, &after).await?;
        Ok(after)
    }

    /// Requires the right of every unit that has to verify one of the scores.
    async fn for_verifying(
        &self,
        tx: &Tx,
        actor: &Actor,
        verify: &VerifyResult,
    ) -> Result<Scorecard> {
        let Some(scorecard) = store::find(&tx.db, &verify.id.scorecard).await? else {
            let missing = Error::not_found("SCORECARD", &verify.id.scorecard);
            return Err(self.access.hide(actor, missing).await);
        };
        let content = content(&tx.db, &scorecard).await?;
        let verifier = |sent: &Sent| {
            let mut criteria = content.criteria.iter();
            let found = criteria.find(|it| it.key == sent.key);
            let named = found.and_then(|it| it.verifier_unit.clone());
            named.unwrap_or_else(|| scorecard.owner_unit.clone())
        };
        let verifiers: Vec<_> = verify.scores.iter().map(verifier).collect();
        let units: BTreeSet<_> = verifiers.iter().collect();
        let units: Vec<_> = units.into_iter().collect();
        let permitted = self.access.permitted(actor, &units).await?;
        if !permitted.contains(&true) {
            // Nothing of it is his: he learns no more than that.
            let units: Vec<_> = units.into_iter().map(Some).collect();
            self.access.require_any(actor, &units).await?;
            return Ok(scorecard);
        }
        let refused = units.iter().zip(&permitted).filter(|(_, may)| !**may);
        let refused: BTreeSet<_> = refused.map(|(unit, _)| *unit).collect();
        let mut bad = Invalid::default();
        for (sent, unit) in verify.scores.iter().zip(&verifiers) {
            if refused.contains(unit) {
                bad.add(
                    format!("{}.key", sent.field),
                    "VERIFIER_NOT_PERMITTED",
                    format!("`{}` is verified by `{unit}`", sent.key),
                    format!("tiêu chí `{}` do `{unit}` xác minh", sent.key),
                );
            }
        }
        bad.check()?;
        Ok(scorecard)
    }

    /// Gives a result back to its unit; what was verified so far is dropped.
    pub(crate) async fn return_result(
        &self,
        tx: &Tx,
        actor: &Actor,
        give_back: ReturnResult,
    ) -> Result<UnitResult> {
        let found = store::find(&tx.db, &give_back.id.scorecard).await?;
        self.found(actor, found, &give_back.id.scorecard).await?;
        let (scorecard, before) = self.open(tx, &give_back.id, &give_back.etag).await?;
        before.is(&[ResultState::Submitted, ResultState::Verified])?;
        let after = UnitResult {
            state: ResultState::Draft,
            entries: Entries {
                verified: BTreeMap::new(),
                return_reason: give_back.reason,
                ..before.entries.clone()
            },
            ..before.touched(tx.now())
        };
        self.write(tx, &scorecard, &before, &after).await?;
        Ok(after)
    }

    /// Returns a result of a scorecard that is not published, and nobody else changes it until
    /// the end of the transaction. The caller's right was asked for.
    async fn open(&self, tx: &Tx, id: &ResultId, etag: &str) -> Result<(Scorecard, UnitResult)> {
        tx.lock(&id.scorecard.name()).await?;
        let scorecard = store::find(&tx.db, &id.scorecard).await?;
        let missing = || Error::not_found("SCORECARD", &id.scorecard);
        let scorecard = scorecard.ok_or_else(missing)?;
        let result = self.result(&tx.db, id).await?;
        scorecard.is_not_published()?;
        etag::check(etag, result.version)?;
        Ok((scorecard, result))
    }

    async fn result(&self, db: &impl ConnectionTrait, id: &ResultId) -> Result<UnitResult> {
        let found = store::find_result(db, &id.scorecard, &id.unit).await?;
        found.ok_or_else(|| {
            let name = format!("{}/results/{}", id.scorecard, id.unit.as_str());
            Error::not_found("SCORECARD_RESULT", name)
        })
    }

    /// Computes what the data give one unit now.
    async fn outcome_now(
        &self,
        db: &impl ConnectionTrait,
        scorecard: &Scorecard,
        content: &Content,
        result: &UnitResult,
    ) -> Result<Outcome> {
        let one = std::slice::from_ref(result);
        let weights = Weights::new();
        let outcomes = self.outcomes(db, scorecard, content, one, &weights, None);
        let first = outcomes.await?.into_iter().next();
        first.ok_or_else(|| Error::internal("a unit was not scored"))
    }

    /// Writes a result; what was computed no longer tells where the units stand.
    async fn write(
        &self,
        tx: &Tx,
        scorecard: &Scorecard,
        before: &UnitResult,
        after: &UnitResult,
    ) -> Result<()> {
        store::update_result(&tx.db, after).await?;
        let action = if before.state == after.state {
            Action::Updated
        } else {
            Action::Moved
        };
        tx.record(action, &after.name(), Some(before), Some(after))
            .await?;
        if scorecard.state == State::Computed {
            let again = Scorecard {
                state: State::Draft,
                ..scorecard.touched(tx.now())
            };
            store::update(&tx.db, &again).await?;
            let name = scorecard.id.name();
            tx.record(Action::Moved, &name, Some(scorecard), Some(&again))
                .await?;
        }
        Ok(())
    }
}

impl UnitResult {
    fn is(&self, allowed: &[ResultState]) -> Result<()> {
        if allowed.contains(&self.state) {
            return Ok(());
        }
        let words = |state: &ResultState| match state {
            ResultState::Draft => "DRAFT",
            ResultState::Submitted => "SUBMITTED",
            ResultState::Verified => "VERIFIED",
        };
        let allowed: Vec<_> = allowed.iter().map(words).collect();
        let facts = [
            ("name", self.name()),
            ("state", words(&self.state).to_owned()),
            ("allowed_states", allowed.join(", ")),
        ];
        Err(Error::rule(&STATE_NOT_ALLOWED, facts))
    }
}
