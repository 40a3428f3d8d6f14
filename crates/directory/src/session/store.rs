//! The signing keys at rest.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use jsonwebtoken::EncodingKey;
use kit::{Db, Error, Result, actor::hex};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};
use sha2::{Digest, Sha256};

use super::SigningKey;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_keys")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) kid: String,
        pub(super) pkcs8: Vec<u8>,
        pub(super) public_key: Vec<u8>,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Returns all keys, the newest last; makes the first one when there is none.
pub(super) async fn keys(db: &Db) -> Result<Vec<SigningKey>> {
    let tx = db.begin_as("system", "signing-keys", "start").await?;
    // Two processes that start on one database must come to one key.
    tx.lock("signing-keys").await?;
    let mut rows = row::Entity::find()
        .order_by_asc(row::Column::CreateMicros)
        .all(&tx.db)
        .await?;
    if rows.is_empty() {
        let made = make(tx.now().timestamp_micros())?;
        row::Entity::insert(row::ActiveModel {
            kid: Set(made.kid.clone()),
            pkcs8: Set(made.pkcs8.clone()),
            public_key: Set(made.public_key.clone()),
            create_micros: Set(made.create_micros),
        })
        .exec_without_returning(&tx.db)
        .await?;
        rows.push(made);
    }
    tx.commit().await?;
    Ok(rows.into_iter().map(SigningKey::from).collect())
}

fn make(create_micros: i64) -> Result<row::Model> {
    let pair = Ed25519KeyPair::generate().map_err(|_| Error::internal("a key cannot be made"))?;
    let pkcs8 = pair
        .to_pkcs8()
        .map_err(|_| Error::internal("a key cannot be written"))?;
    let public_key = pair.public_key().as_ref().to_vec();
    Ok(row::Model {
        kid: hex(&Sha256::digest(&public_key))[..16].to_owned(),
        pkcs8: pkcs8.as_ref().to_vec(),
        public_key,
        create_micros,
    })
}

impl From<row::Model> for SigningKey {
    fn from(row: row::Model) -> Self {
        Self {
            kid: row.kid,
            public_key: row.public_key,
            encoding: EncodingKey::from_ed_der(&row.pkcs8),
        }
    }
}
