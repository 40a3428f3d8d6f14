//! The ledger: one row per change, in the transaction of the change, never altered.
//!
//! Rows carry a hash of their own content. Nothing chains them here: a sequencer may
//! later put them into a Merkle log without slowing writers down (`security.md` §3).

use sea_orm::{ActiveValue::Set, EntityTrait};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::Tx;
use crate::{Error, Result, actor::hex};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "ledger")]
    pub(super) struct Model {
        #[sea_orm(primary_key)]
        pub(super) sequence: i64,
        pub(super) record_micros: i64,
        pub(super) principal: String,
        pub(super) method: String,
        pub(super) trace_id: String,
        pub(super) action: String,
        pub(super) name: String,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) before: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) after: Option<String>,
        pub(super) content_sha256: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// What happened to the thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// It is new.
    Created,
    /// Its content changed.
    Updated,
    /// It moved to another state.
    Moved,
}

pub(super) async fn record<T: Serialize>(
    tx: &Tx,
    action: Action,
    name: &str,
    before: Option<&T>,
    after: Option<&T>,
) -> Result<()> {
    let json = |it: Option<&T>| {
        it.map(serde_json::to_string)
            .transpose()
            .map_err(Error::internal)
    };
    let (before, after) = (json(before)?, json(after)?);
    let action = match action {
        Action::Created => "created",
        Action::Updated => "updated",
        Action::Moved => "moved",
    };
    let record_micros = tx.now.timestamp_micros();
    let content = serde_json::to_vec(&(
        record_micros,
        &tx.principal,
        &tx.method,
        &tx.trace_id,
        action,
        name,
        &before,
        &after,
    ))
    .map_err(Error::internal)?;
    let entry = row::ActiveModel {
        record_micros: Set(record_micros),
        principal: Set(tx.principal.clone()),
        method: Set(tx.method.clone()),
        trace_id: Set(tx.trace_id.clone()),
        action: Set(action.to_owned()),
        name: Set(name.to_owned()),
        before: Set(before),
        after: Set(after),
        content_sha256: Set(hex(&Sha256::digest(&content))),
        ..Default::default()
    };
    row::Entity::insert(entry)
        .exec_without_returning(&tx.db)
        .await?;
    Ok(())
}
