//! The keys that sign access tokens.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{EncodingKey, Header};
use kit::{
    Db, Error, Result,
    actor::hex,
    auth::{AUDIENCE, Claims, ISSUER, TOKEN_TYPE},
};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};
use sha2::{Digest, Sha256};
use types::ids::UserId;
use uuid::Uuid;

/// How long an access token works (`security.md` §1.2).
const TOKEN_LIFE: Duration = Duration::minutes(5);

/// A key pair that signs tokens.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    encoding: EncodingKey,
}

impl SigningKey {
    /// Signs an access token, and says when it ends.
    pub(super) fn sign(
        &self,
        user: &UserId,
        session: &str,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>)> {
        let expires = now + TOKEN_LIFE;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: user.clone(),
            sid: session.to_owned(),
            jti: Uuid::now_v7().to_string(),
            iat: now.timestamp(),
            exp: expires.timestamp(),
        };
        let mut header = Header::new(jsonwebtoken::Algorithm::EdDSA);
        header.typ = Some(TOKEN_TYPE.to_owned());
        header.kid = Some(self.kid.clone());
        let text =
            jsonwebtoken::encode(&header, &claims, &self.encoding).map_err(Error::internal)?;
        Ok((text, expires))
    }
}

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
