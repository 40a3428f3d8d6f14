//! Who the people are to outside OpenID issuers.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action};
use serde::Serialize;
use types::ids::UserId;
use uuid::Uuid;

use crate::{
    grant::{self, administrators},
    issuer::Issuers,
    reason::TOO_MANY_IDENTITIES,
    user,
};

pub(crate) mod rpc;
pub(crate) mod store;

/// A person as an outside issuer knows him.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Identity {
    pub(crate) name: IdentityName,
    pub(crate) issuer: String,
    pub(crate) subject: String,
    pub(crate) create_time: DateTime<Utc>,
}

/// `users/{user}/identities/{identity}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct IdentityName {
    pub(crate) user: UserId,
    pub(crate) id: String,
}

/// Links a person to an identity.
#[derive(Debug)]
pub(crate) struct Link {
    pub(crate) user: UserId,
    pub(crate) issuer: String,
    pub(crate) subject: String,
}

/// Unlinks an identity.
#[derive(Debug)]
pub(crate) struct Unlink {
    pub(crate) name: IdentityName,
    pub(crate) reason: String,
}

/// What is left of an identity in the ledger once it is unlinked.
#[derive(Serialize)]
#[serde(untagged)]
enum Recorded<'a> {
    Linked(&'a Identity),
    Unlinked { reason: &'a str },
}

impl IdentityName {
    pub(crate) fn name(&self) -> String {
        format!("{}/identities/{}", self.user.name(), self.id)
    }
}

/// Identities of one person: one per issuer, and some to spare.
const MOST_IDENTITIES: usize = 10;

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Identities {
    access: Access,
    issuers: Issuers,
    db: Db,
}

impl Identities {
    pub(crate) fn new(access: Access, issuers: Issuers, db: Db) -> Self {
        Self {
            access,
            issuers,
            db,
        }
    }

    /// Links a person to an identity, which nobody else may have.
    pub(crate) async fn link(&self, tx: &Tx, actor: &Actor, link: Link) -> Result<Identity> {
        user::store::lock(&tx.db, &link.user).await?;
        self.require(&tx.db, actor, &link.user).await?;
        // Who links an identity can let others act as the person, so he needs the right
        // wherever the person already has one.
        let person = link.user.clone().into();
        for scope in grant::store::scopes_of(&tx.db, &person).await? {
            self.access.require_any(actor, &[scope.as_ref()]).await?;
        }
        if !self.issuers.knows(&link.issuer) {
            return Err(Error::reference("identity.issuer", &link.issuer));
        }
        let linked = store::of_user(&tx.db, &link.user).await?;
        if linked.len() >= MOST_IDENTITIES {
            let facts = [
                ("user", link.user.name()),
                ("most", MOST_IDENTITIES.to_string()),
            ];
            return Err(Error::rule(&TOO_MANY_IDENTITIES, facts));
        }
        let identity = Identity {
            name: IdentityName {
                user: link.user,
                id: format!("i{}", Uuid::now_v7().simple()),
            },
            issuer: link.issuer,
            subject: link.subject,
            create_time: tx.now(),
        };
        store::insert(&tx.db, &identity).await?;
        let after = Recorded::Linked(&identity);
        tx.record(Action::Created, &identity.name.name(), None, Some(&after))
            .await?;
        Ok(identity)
    }

    /// Unlinks an identity, not when nobody who administers would be able to come in.
    pub(crate) async fn unlink(&self, tx: &Tx, actor: &Actor, unlink: Unlink) -> Result<()> {
        let name = unlink.name;
        user::store::lock(&tx.db, &name.user).await?;
        self.require(&tx.db, actor, &name.user).await?;
        let linked = store::of_user(&tx.db, &name.user).await?;
        let Some(identity) = linked.into_iter().find(|it| it.name == name) else {
            return Err(Error::not_found("IDENTITY", name.name()));
        };
        let administered = administrators::watch(tx, self.issuers.names()).await?;
        store::delete(&tx.db, &name).await?;
        administered.still(tx).await?;
        let before = Recorded::Linked(&identity);
        let reason = unlink.reason.as_str();
        let after = Recorded::Unlinked { reason };
        tx.record(Action::Moved, &name.name(), Some(&before), Some(&after))
            .await
    }

    /// Lists the identities of a person, the oldest first.
    pub(crate) async fn list(&self, actor: &Actor, user: &UserId) -> Result<Vec<Identity>> {
        self.require(self.db.reader(), actor, user).await?;
        store::of_user(self.db.reader(), user).await
    }

    /// Requires the permission on the unit of a person who exists.
    async fn require(
        &self,
        db: &impl sea_orm::ConnectionTrait,
        actor: &Actor,
        id: &UserId,
    ) -> Result<()> {
        let Some(user) = user::store::find(db, id).await? else {
            return Err(self.access.hide(actor, Error::not_found("USER", id)).await);
        };
        self.access
            .require_any(actor, &[user.home_unit.as_ref()])
            .await
    }
}
