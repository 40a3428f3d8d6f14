//! Who may act: the people and the machines, as far as a grant has to know them.

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Error, Result};
use sea_orm::ConnectionTrait;
use types::{
    date::vietnam_date,
    ids::{Principal, UnitId, UserId},
};

use crate::{
    service_account::{self, State},
    user::{self, suspension},
};

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

/// Returns which of some principals could do nothing on a day, whatever they hold: people who
/// were suspended ([`suspension`]), and, of today and the days to come, machines that are
/// disabled or over. What a machine was on a day that is over is not known.
pub(crate) async fn kept_out(
    db: &impl ConnectionTrait,
    principals: impl Iterator<Item = &Principal>,
    day: NaiveDate,
    now: DateTime<Utc>,
) -> Result<BTreeSet<Principal>> {
    let (mut people, mut machines) = (BTreeSet::new(), BTreeSet::new());
    for principal in principals {
        match principal {
            Principal::User(id) => people.insert(id.as_str().to_owned()),
            Principal::ServiceAccount(id) => machines.insert(id.clone()),
        };
    }
    let today = vietnam_date(now);
    let mut kept_out = BTreeSet::new();
    for id in suspension::kept_out(db, &people, day, today).await? {
        kept_out.insert(UserId::new(&id).map_err(Error::internal)?.into());
    }
    for id in machines.into_iter().filter(|_| day >= today) {
        let machine = service_account::store::find(db, &id).await?;
        if machine.is_none_or(|it| it.state(now) != State::Active) {
            kept_out.insert(id.into());
        }
    }
    Ok(kept_out)
}

/// Keeps everybody else from changing a principal until the end of the transaction.
pub(crate) async fn lock(db: &impl ConnectionTrait, principal: &Principal) -> Result<()> {
    match principal {
        Principal::User(id) => user::store::lock(db, id).await,
        Principal::ServiceAccount(id) => service_account::store::lock(db, id).await,
    }
}
