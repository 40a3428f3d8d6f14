//! Whether the caller may do this, here. Rights are data in `directory`.

use std::sync::Arc;

use async_trait::async_trait;
use proto::directory::{CheckAccessRequest, access_service_client::AccessServiceClient};
use types::ids::UnitId;

use crate::{Actor, Error, Peer, Result};

/// Where rights are looked up: the directory's own tables, or the directory over the
/// contract.
#[async_trait]
pub trait Rights: Send + Sync + 'static {
    /// Says for each unit whether the actor holds the permission now; `None` stands for
    /// all units.
    ///
    /// # Errors
    /// Unavailable when the rights cannot be read: then nothing is allowed.
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
    ) -> Result<Vec<bool>>;
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

    /// Asks the directory in every call, so that a revoked right is gone at once.
    #[must_use]
    pub fn remote(directory: Peer) -> Self {
        Self::new(Remote(directory))
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
        let permission = actor.permission()?;
        let allowed = self.allowed(actor, permission, units).await?;
        if allowed.len() == units.len() && allowed.into_iter().any(|it| it) {
            actor.note_decision();
            Ok(())
        } else {
            Err(Error::Denied {
                permission: permission.to_owned(),
            })
        }
    }

    /// Requires one more permission than the method declares, on a unit.
    ///
    /// # Errors
    /// Denied.
    pub async fn require_also(&self, actor: &Actor, permission: &str, unit: &UnitId) -> Result<()> {
        match self
            .allowed(actor, permission, &[Some(unit)])
            .await?
            .as_slice()
        {
            [true] => Ok(()),
            _ => Err(Error::Denied {
                permission: permission.to_owned(),
            }),
        }
    }

    /// A token that is narrowed to other permissions is as good as none for this one.
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
    ) -> Result<Vec<bool>> {
        if actor.scope_allows(permission) {
            self.0.allowed(actor, permission, units).await
        } else {
            Ok(vec![false; units.len()])
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
}

struct Remote(Peer);

/// Most units one question may name (see `CheckAccessRequest`).
const UNITS_PER_QUESTION: usize = 200;

#[async_trait]
impl Rights for Remote {
    async fn allowed(
        &self,
        actor: &Actor,
        permission: &str,
        units: &[Option<&UnitId>],
    ) -> Result<Vec<bool>> {
        let mut client = AccessServiceClient::new(self.0.clone());
        let mut allowed = Vec::with_capacity(units.len());
        for part in units.chunks(UNITS_PER_QUESTION) {
            let question = CheckAccessRequest {
                permission: permission.to_owned(),
                units: part
                    .iter()
                    .map(|it| it.map(UnitId::name).unwrap_or_default())
                    .collect(),
            };
            let answer = client.check_access(actor.request(question)).await?;
            allowed.extend(answer.into_inner().allowed);
        }
        Ok(allowed)
    }
}
