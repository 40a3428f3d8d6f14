//! What has to hold between figures: rules of the field, from draft to retirement.
//!
//! A published revision never changes: what its owner writes afterwards is the next one, and
//! counts when it is published. How figures are looked at by the rules in force stands in
//! `validation/by_rule.rs`.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    ids::{Principal, ValidationRuleId},
    period::Period,
};

use crate::{
    indicator::standing::{end, start},
    reason::{RULE_ENDS_EARLY, RULE_NOT_IN_FORCE, STATE_NOT_ALLOWED},
};

pub(crate) mod content;
mod publishing;
mod requests;
pub(crate) mod rpc;
pub(crate) mod store;
mod wire;

pub(crate) use content::{Content, Level, Test};
use requests::{
    CreateValidationRule, GetValidationRule, ListRevisions, ListValidationRules,
    PublishValidationRule, RetireValidationRule, UpdateValidationRule,
};

/// A rule, with what is written to be published next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ValidationRule {
    pub(crate) id: ValidationRuleId,
    pub(crate) content: Content,
    /// Number of the newest revision, 0 before the first.
    pub(crate) revision: i64,
    pub(crate) retired: Option<Retired>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Draft,
    Active,
    Retired,
}

/// How a rule ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Retired {
    pub(crate) last_period: Period,
    pub(crate) reason: String,
}

/// A rule as it was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Revision {
    pub(crate) id: ValidationRuleId,
    pub(crate) number: i64,
    pub(crate) content: Content,
    pub(crate) first_period: Period,
    pub(crate) change_note: String,
    pub(crate) publisher: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

/// A rule as it is shown: with what counts for a period, or with what is written.
#[derive(Debug)]
pub(crate) struct Shown {
    rule: ValidationRule,
    /// The revision that is shown; none = what is written.
    revision: Option<Revision>,
    is_changed: bool,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct ValidationRules {
    access: Access,
    pages: Pages,
    db: Db,
}

impl ValidationRules {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Adds a rule, as a draft, for the unit that answers for it.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateValidationRule,
    ) -> Result<Shown> {
        self.access.require(actor, &new.content.owner_unit).await?;
        let rule = ValidationRule {
            id: new.id,
            content: new.content,
            revision: 0,
            retired: None,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &rule).await?;
        let name = rule.id.name();
        tx.record(Action::Created, &name, None, Some(&rule)).await?;
        Ok(rule.shown(None, &[]))
    }

    /// Changes what is published next. What is in force stays so.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateValidationRule,
    ) -> Result<Shown> {
        let before = self.locked(tx, actor, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        before.is_in(&[State::Draft, State::Active])?;
        let content = update.change.apply(&before.content)?;
        if content.owner_unit != before.content.owner_unit {
            self.access.require(actor, &content.owner_unit).await?;
        }
        let after = ValidationRule {
            content,
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        let name = after.id.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        let revisions = store::revisions(&tx.db, &[&after.id]).await?;
        Ok(after.shown(None, &revisions))
    }

    /// Looks at what has to be known before a rule is published: whether the unit it is for
    /// is there.
    pub(crate) async fn before_publish(
        &self,
        actor: &Actor,
        publish: &PublishValidationRule,
    ) -> Result<()> {
        let found = store::find(self.db.reader(), &publish.id).await?;
        let rule = self.found(actor, found, &publish.id).await?;
        let Some(scope) = rule.content.scope_unit else {
            return Ok(());
        };
        match self.access.unit_days(actor, &[&scope]).await?.first() {
            Some(Some(_)) => Ok(()),
            _ => Err(Error::reference("validation_rule.scope_unit", scope.name())),
        }
    }

    /// Publishes what is written as the next revision.
    pub(crate) async fn publish(
        &self,
        tx: &Tx,
        actor: &Actor,
        publish: PublishValidationRule,
    ) -> Result<Revision> {
        let before = self.locked(tx, actor, &publish.id).await?;
        etag::check(&publish.etag, before.version)?;
        before.is_in(&[State::Draft, State::Active])?;
        let revision = Revision {
            id: publish.id,
            number: before.revision + 1,
            content: before.content.clone(),
            first_period: publish.first_period,
            change_note: publish.change_note,
            publisher: actor.principal().clone(),
            create_time: tx.now(),
        };
        let earlier = store::revisions(&tx.db, &[&before.id]).await?;
        publishing::allowed(&tx.db, &revision, earlier.last()).await?;
        let after = ValidationRule {
            revision: revision.number,
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        store::insert_revision(&tx.db, &revision).await?;
        let name = after.id.name();
        tx.record(Action::Moved, &name, Some(&before), Some(&after))
            .await?;
        tx.record(Action::Created, &revision.name(), None, Some(&revision))
            .await?;
        Ok(revision)
    }

    /// Ends a rule after a period.
    pub(crate) async fn retire(
        &self,
        tx: &Tx,
        actor: &Actor,
        retire: RetireValidationRule,
    ) -> Result<Shown> {
        let before = self.locked(tx, actor, &retire.id).await?;
        etag::check(&retire.etag, before.version)?;
        before.is_in(&[State::Active])?;
        let revisions = store::revisions(&tx.db, &[&retire.id]).await?;
        if let Some(newest) = revisions.last()
            && end(&retire.retired.last_period) < start(&newest.first_period)
        {
            let first_period = newest.first_period.to_string();
            let facts = [("rule", retire.id.name()), ("first_period", first_period)];
            return Err(Error::rule(&RULE_ENDS_EARLY, facts));
        }
        let after = ValidationRule {
            retired: Some(retire.retired),
            ..before.touched(tx.now())
        };
        store::update(&tx.db, &after).await?;
        let name = after.id.name();
        tx.record(Action::Moved, &name, Some(&before), Some(&after))
            .await?;
        Ok(after.shown(None, &revisions))
    }

    /// Reads one rule; rules are common to all who are signed in.
    pub(crate) async fn get(&self, _actor: &Actor, get: GetValidationRule) -> Result<Shown> {
        let db = self.db.reader();
        let found = store::find(db, &get.id).await?;
        let found = found.ok_or_else(|| Error::not_found("VALIDATION_RULE", &get.id))?;
        let revisions = store::revisions(db, &[&get.id]).await?;
        let Some(period) = get.period else {
            return Ok(found.shown(None, &revisions));
        };
        match found.for_period(&revisions, &period) {
            Some(revision) => Ok(found.shown(Some(revision), &revisions)),
            None => {
                let facts = [("rule", get.id.name()), ("period", period.to_string())];
                Err(Error::rule(&RULE_NOT_IN_FORCE, facts))
            }
        }
    }

    /// Lists rules by name; rules are common to all who are signed in.
    pub(crate) async fn list(
        &self,
        _actor: &Actor,
        list: ListValidationRules,
    ) -> Result<(Vec<Shown>, String)> {
        let what = format!("validation rules {:?}", list.period);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let db = self.db.reader();
        let found = store::list(db, page.after(), page.limit()).await?;
        let (found, next) = page.close(found, |it| it.id.as_str().to_owned())?;
        let ids: Vec<_> = found.iter().map(|it| &it.id).collect();
        let revisions = store::revisions(db, &ids).await?;
        let shown = found.into_iter().filter_map(|rule| {
            let of_rule = revisions.iter().filter(|it| it.id == rule.id);
            let of_rule: Vec<_> = of_rule.cloned().collect();
            let revision = match &list.period {
                Some(period) => Some(rule.for_period(&of_rule, period)?),
                None => None,
            };
            Some(rule.shown(revision, &of_rule))
        });
        Ok((shown.collect(), next))
    }

    /// Lists revisions, the newest first.
    pub(crate) async fn list_revisions(
        &self,
        _actor: &Actor,
        list: ListRevisions,
    ) -> Result<(Vec<Revision>, String)> {
        let db = self.db.reader();
        if store::find(db, &list.id).await?.is_none() {
            return Err(Error::not_found("VALIDATION_RULE", &list.id));
        }
        let what = format!("validation rule revisions {}", list.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let before = page.after().map(|it| it.parse().map_err(Error::internal));
        let before: Option<i64> = before.transpose()?;
        let revisions = store::revisions(db, &[&list.id]).await?.into_iter().rev();
        let open = revisions.filter(|it| before.is_none_or(|before| it.number < before));
        page.close(open.collect(), |it| it.number.to_string())
    }

    /// Returns a rule whom nobody else changes until the end of the transaction.
    async fn locked(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &ValidationRuleId,
    ) -> Result<ValidationRule> {
        tx.lock(&id.name()).await?;
        self.found(actor, store::find(&tx.db, id).await?, id).await
    }

    /// Requires the right of the unit that answers for a rule.
    async fn found(
        &self,
        actor: &Actor,
        found: Option<ValidationRule>,
        id: &ValidationRuleId,
    ) -> Result<ValidationRule> {
        let Some(found) = found else {
            let missing = Error::not_found("VALIDATION_RULE", id);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access
            .require(actor, &found.content.owner_unit)
            .await?;
        Ok(found)
    }
}

impl ValidationRule {
    fn state(&self) -> State {
        match (&self.retired, self.revision) {
            (Some(_), _) => State::Retired,
            (None, 0) => State::Draft,
            (None, _) => State::Active,
        }
    }

    fn touched(&self, now: DateTime<Utc>) -> Self {
        Self {
            update_time: now,
            version: self.version + 1,
            ..self.clone()
        }
    }

    fn is_in(&self, allowed: &[State]) -> Result<()> {
        if allowed.contains(&self.state()) {
            return Ok(());
        }
        let allowed: Vec<_> = allowed.iter().map(|it| it.word()).collect();
        let facts = [
            ("name", self.id.name()),
            ("state", self.state().word().to_owned()),
            ("allowed_states", allowed.join(", ")),
        ];
        Err(Error::rule(&STATE_NOT_ALLOWED, facts))
    }

    /// Returns the revision that counts for a period: the newest that begins no later than
    /// the period does, unless the rule ended before the period does.
    pub(crate) fn for_period(&self, revisions: &[Revision], period: &Period) -> Option<Revision> {
        let last = self.retired.as_ref().map(|it| it.last_period);
        if last.is_some_and(|last| end(&last) < end(period)) {
            return None;
        }
        let of_rule = revisions.iter().filter(|it| it.id == self.id);
        let begun = of_rule.filter(|it| start(&it.first_period) <= start(period));
        begun.max_by_key(|it| it.number).cloned()
    }

    fn shown(self, revision: Option<Revision>, revisions: &[Revision]) -> Shown {
        let newest = revisions.last();
        let is_changed = newest.is_none_or(|it| it.content != self.content);
        Shown {
            rule: self,
            revision,
            is_changed,
        }
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Active => "ACTIVE",
            Self::Retired => "RETIRED",
        }
    }
}

impl Revision {
    pub(crate) fn name(&self) -> String {
        format!("{}/revisions/{}", self.id, self.number)
    }
}
