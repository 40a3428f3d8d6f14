//! Who may act: the people and the machines, as far as a grant has to know them.

use kit::Result;
use sea_orm::ConnectionTrait;
use types::ids::{Principal, UnitId};

use crate::{service_account, user};

/// What is told of somebody who may act.
#[derive(Debug)]
pub(crate) struct Known {
    pub(crate) display_name: String,
    /// The unit it belongs to; the first administrator belongs to none.
    pub(crate) unit: Option<UnitId>,
}

/// Returns what is known of a principal.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    principal: &Principal,
) -> Result<Option<Known>> {
    Ok(match principal {
        Principal::User(id) => user::store::find(db, id).await?.map(|it| Known {
            display_name: it.display_name,
            unit: it.home_unit,
        }),
        Principal::ServiceAccount(id) => {
            service_account::store::find(db, id).await?.map(|it| Known {
                display_name: it.display_name,
                unit: Some(it.owner_unit),
            })
        }
    })
}

/// Keeps everybody else from changing a principal until the end of the transaction.
pub(crate) async fn lock(db: &impl ConnectionTrait, principal: &Principal) -> Result<()> {
    match principal {
        Principal::User(id) => user::store::lock(db, id).await,
        Principal::ServiceAccount(id) => service_account::store::lock(db, id).await,
    }
}
