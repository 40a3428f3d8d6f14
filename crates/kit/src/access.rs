//! Whether the caller may do this, here. Rights are data in `directory`.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::NaiveDate;
use proto::directory::{CheckAccessRequest, UnitKind, access_service_client::AccessServiceClient};
use types::{ids::UnitId, validity::Validity};

use crate::{Actor, Error, Peer, Result};

pub mod book;
pub mod territory;
mod watched;

pub use watched::Watched;

use territory::Territory;

/// How far a right has to reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The unit alone.
    Unit,
    /// The unit and everything below it.
    Subtree,
}

/// Where rights are looked up: the directory's own tables, or a copy of them.
#[async_trait]
pub trait Rights: Send + Sync + 'static {
    /// Says for each unit whether the actor holds the permission now; `None` stands for
    /// all units.
    ///
    /// # Errors
    /// Unavailable when the rights are not known: then nothing is allowed.
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
        reach: Reach,
    ) -> Result<Vec<bool>>;

    /// Says it again before a caller is refused. Whoever decides by a copy asks the
    /// directory: a right that was given a moment ago may not have arrived yet.
    ///
    /// # Errors
    /// Unavailable when the directory cannot be asked.
    async fn confirmed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
        reach: Reach,
    ) -> Result<Vec<bool>> {
        self.allowed(actor, permission, units, reach).await
    }

    /// Returns the days on which each of the units exists; none for a unit that is not
    /// known.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    async fn unit_days(&self, actor: &Actor, units: &[&UnitId]) -> Result<Vec<Option<Validity>>>;

    /// Returns the units that stood below a unit on some of these days, and the unit itself,
    /// by id.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    async fn units_below(&self, root: &UnitId, days: Validity) -> Result<Vec<UnitId>>;

    /// Returns the units in time and how they lead to each other.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    async fn territory(&self) -> Result<Arc<Territory>>;
}

/// Asks for the permission that the called method declares in the contract.
#[derive(Clone)]
pub struct Access(Arc<dyn Rights>);

impl std::fmt::Debug for Access {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Access")
    }
}

impl Access {
    /// Looks rights up here.
    pub fn new(rights: impl Rights) -> Self {
        Self(Arc::new(rights))
    }

    /// Requires the method's permission on a unit. First line of a use case.
    ///
    /// # Errors
    /// Denied, with the same words whether the thing exists or not.
    pub async fn require(&self, actor: &Actor, unit: &UnitId) -> Result<()> {
        self.require_any(actor, &[Some(unit)]).await
    }

    /// Requires the method's permission over all units.
    ///
    /// # Errors
    /// Denied.
    pub async fn require_everywhere(&self, actor: &Actor) -> Result<()> {
        self.require_any(actor, &[None]).await
    }

    /// Requires the method's permission on one of the units at least; `None` stands for
    /// all units.
    ///
    /// # Errors
    /// Denied.
    pub async fn require_any(&self, actor: &Actor, units: &[Option<&UnitId>]) -> Result<()> {
        self.decide(actor, units, Reach::Unit).await
    }

    /// Requires the method's permission on a unit and everything below it; `None` stands
    /// for all units.
    ///
    /// # Errors
    /// Denied.
    pub async fn require_subtree(&self, actor: &Actor, unit: Option<&UnitId>) -> Result<()> {
        self.decide(actor, &[unit], Reach::Subtree).await
    }

    /// Says for each unit whether the caller holds the method's permission there, for calls
    /// whose parts are refused one by one. The caller is then answered, not refused.
    ///
    /// # Errors
    /// When the rights are not known.
    pub async fn permitted(&self, actor: &Actor, units: &[&UnitId]) -> Result<Vec<bool>> {
        let permission = actor.permission()?;
        let asked: Vec<_> = units.iter().map(|it| Some(*it)).collect();
        let mut said = self
            .0
            .allowed(actor, permission, &asked, Reach::Unit)
            .await?;
        let refused = |said: &[bool]| -> Vec<usize> {
            (0..said.len()).filter(|place| !said[*place]).collect()
        };
        let again = refused(&said);
        if !again.is_empty() {
            let asked: Vec<_> = again.iter().map(|place| asked[*place]).collect();
            let confirmed = self.0.confirmed(actor, permission, &asked, Reach::Unit);
            for (place, is_allowed) in again.into_iter().zip(confirmed.await?) {
                said[place] = is_allowed;
            }
        }
        actor.note_decision();
        Ok(said)
    }

    /// Returns the days on which each of the units exists; none for a unit there is not.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    pub async fn unit_days(
        &self,
        actor: &Actor,
        units: &[&UnitId],
    ) -> Result<Vec<Option<Validity>>> {
        self.0.unit_days(actor, units).await
    }

    /// Returns the units that stood below a unit on some of these days, and the unit itself,
    /// by id.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    pub async fn units_below(&self, root: &UnitId, days: Validity) -> Result<Vec<UnitId>> {
        self.0.units_below(root, days).await
    }

    /// Returns the units in time and how they lead to each other.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    pub async fn territory(&self) -> Result<Arc<Territory>> {
        self.0.territory().await
    }

    /// Returns the units of some kinds below a unit on a day, by id; of any kind when none are
    /// named.
    ///
    /// # Errors
    /// Unavailable when the units are not known.
    pub async fn units_of_kinds(
        &self,
        root: &UnitId,
        kinds: &[UnitKind],
        day: NaiveDate,
    ) -> Result<Vec<UnitId>> {
        let days = Validity::new(day, day.succ_opt()).map_err(Error::internal)?;
        let mut units = self.units_below(root, days).await?;
        let territory = self.territory().await?;
        units.retain(|unit| {
            let fact = territory.unit(unit);
            let mut is = fact.into_iter().flat_map(|it| &it.kinds);
            let fits = is.any(|(days, kind)| days.contains(day) && kinds.contains(kind));
            unit != root && (kinds.is_empty() || fits)
        });
        Ok(units)
    }

    async fn decide(&self, actor: &Actor, units: &[Option<&UnitId>], reach: Reach) -> Result<()> {
        let permission = actor.permission()?;
        if self.holds(actor, permission, units, reach).await? {
            actor.note_decision();
            Ok(())
        } else {
            Err(denied(permission))
        }
    }

    /// Requires one more permission than the method declares, on a unit.
    ///
    /// # Errors
    /// Denied.
    pub async fn require_also(&self, actor: &Actor, permission: &str, unit: &UnitId) -> Result<()> {
        if self
            .holds(actor, permission, &[Some(unit)], Reach::Unit)
            .await?
        {
            Ok(())
        } else {
            Err(denied(permission))
        }
    }

    /// Returns the error for a thing that is not there: only a caller who may see
    /// everything learns that it does not exist.
    pub async fn hide(&self, actor: &Actor, missing: Error) -> Error {
        match self.require_everywhere(actor).await {
            Ok(()) => missing,
            Err(denied) => denied,
        }
    }

    async fn holds(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
        reach: Reach,
    ) -> Result<bool> {
        // A token that is narrowed to other permissions is as good as none for this one.
        if !actor.scope_allows(permission) {
            return Ok(false);
        }
        let any = |said: Vec<bool>| said.len() == units.len() && said.contains(&true);
        Ok(any(self.0.allowed(actor, permission, units, reach).await?)
            || any(self.0.confirmed(actor, permission, units, reach).await?))
    }
}

fn denied(permission: &str) -> Error {
    Error::Denied {
        permission: permission.to_owned(),
    }
}

/// Most units one question may name (see `CheckAccessRequest`).
const UNITS_PER_QUESTION: usize = 200;

/// Asks the directory itself, as the caller.
async fn ask(
    directory: &Peer,
    actor: &Actor,
    permission: &str,
    units: &[Option<&UnitId>],
    reach: Reach,
) -> Result<Vec<bool>> {
    let mut client = AccessServiceClient::new(directory.clone());
    let mut allowed = Vec::with_capacity(units.len());
    for part in units.chunks(UNITS_PER_QUESTION) {
        let question = CheckAccessRequest {
            permission: permission.to_owned(),
            units: part
                .iter()
                .map(|it| it.map(UnitId::name).unwrap_or_default())
                .collect(),
            include_subtree: reach == Reach::Subtree,
        };
        let answer = client.check_access(actor.request(question)).await?;
        allowed.extend(answer.into_inner().allowed);
    }
    Ok(allowed)
}
