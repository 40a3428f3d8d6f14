//! The keys that sign access tokens.

use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Duration, Utc};
use jsonwebtoken::{EncodingKey, Header};
use kit::{
    Db, Error, Result, Tx,
    auth::{AUDIENCE, Claims, ISSUER, TOKEN_TYPE},
    config::Secret,
    db::{ledger::Action, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryOrder, entity::prelude::*};
use sha2::{Digest, Sha256};
use types::ids::Principal;
use uuid::Uuid;

use crate::seal::SealingKey;

/// How long an access token works (`security.md` §1.2).
pub(crate) const TOKEN_LIFE: Duration = Duration::minutes(5);

/// A new key is listed this long before it signs: longer than a service waits before it
/// asks for keys again (`kit::auth`), so that no service meets a token of an unknown key.
const LISTED_BEFORE_USE: Duration = Duration::minutes(1);
/// A key stays listed until its last token is dead, and this long for clocks that disagree.
const CLOCKS_DISAGREE: Duration = Duration::minutes(1);

/// A key pair that signs tokens.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    pub(crate) public_key: Vec<u8>,
    pub(crate) sign_from: DateTime<Utc>,
    encoding: EncodingKey,
}

impl SigningKey {
    /// Signs an access token, and says when it ends.
    pub(super) fn sign(
        &self,
        principal: Principal,
        session: &str,
        scope: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<(String, DateTime<Utc>)> {
        let expires = now + TOKEN_LIFE;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: AUDIENCE.to_owned(),
            sub: principal,
            sid: session.to_owned(),
            jti: Uuid::now_v7().to_string(),
            iat: now.timestamp(),
            exp: expires.timestamp(),
            scope,
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
        pub(super) sign_from_micros: Option<i64>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) sealed_with: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// The keys at rest, sealed when there is a secret to seal them with.
#[derive(Clone)]
pub(super) struct Keys {
    db: Db,
    secret: Option<Arc<SealingKey>>,
}

/// What the private keys are sealed as: the only way today.
const SEALED: &str = "AES-256-GCM";

impl Keys {
    /// Makes the first key on a new database, and seals keys that lie open when there is
    /// a secret.
    pub(super) async fn open(db: Db, secret: Option<&Secret>) -> Result<Self> {
        let secret = match secret {
            Some(text) => Some(Arc::new(SealingKey::from_hex(text.expose()).ok_or_else(
                || Error::internal("`directory.key_secret` has to be 64 hexadecimal digits"),
            )?)),
            None => None,
        };
        let keys = Self { db, secret };
        let tx = keys.db.begin_as("system", "signing-keys", "start").await?;
        // Two processes that start on one database must come to one key.
        tx.lock("signing-keys").await?;
        let rows = rows(&tx.db).await?;
        if rows.is_empty() {
            keys.make(&tx, tx.now()).await?;
        }
        for row in rows {
            let pkcs8 = keys.opened(&row)?;
            if keys.secret.is_some() && row.sealed_with.is_none() {
                keys.seal_in_place(&tx, &row.kid, &pkcs8).await?;
            }
        }
        tx.commit().await?;
        Ok(keys)
    }

    /// Makes a key that signs a little later.
    pub(super) async fn rotate(&self, tx: &Tx) -> Result<SigningKey> {
        self.make(tx, tx.now() + LISTED_BEFORE_USE).await
    }

    /// Returns the keys a living token may be signed with, and those that sign soon.
    pub(super) async fn listed(&self) -> Result<Vec<SigningKey>> {
        let keys = self.all(self.db.reader()).await?;
        Ok(listed(keys, self.db.clock().now()))
    }

    /// Returns the key to sign with now: the newest that everybody can know.
    pub(super) async fn signing(&self, db: &impl ConnectionTrait) -> Result<SigningKey> {
        let mut keys = self.all(db).await?;
        let now = self.db.clock().now();
        let newest = keys.iter().rposition(|it| it.sign_from <= now).unwrap_or(0);
        if keys.is_empty() {
            return Err(Error::internal("there is no signing key"));
        }
        Ok(keys.swap_remove(newest))
    }

    async fn all(&self, db: &impl ConnectionTrait) -> Result<Vec<SigningKey>> {
        let rows = rows(db).await?;
        let mut keys = Vec::with_capacity(rows.len());
        for row in rows {
            keys.push(SigningKey {
                encoding: EncodingKey::from_ed_der(&self.opened(&row)?),
                sign_from: instant(row.sign_from_micros.unwrap_or(row.create_micros))?,
                kid: row.kid,
                public_key: row.public_key,
            });
        }
        // The order in which they sign, which the order of rows need not be.
        keys.sort_by_key(|it| it.sign_from);
        Ok(keys)
    }

    async fn make(&self, tx: &Tx, sign_from: DateTime<Utc>) -> Result<SigningKey> {
        let pair =
            Ed25519KeyPair::generate().map_err(|_| Error::internal("a key cannot be made"))?;
        let pkcs8 = pair
            .to_pkcs8()
            .map_err(|_| Error::internal("a key cannot be written"))?;
        let public_key = pair.public_key().as_ref().to_vec();
        let kid = thumbprint(&public_key);
        let kept = match &self.secret {
            Some(secret) => secret.seal(&kid, pkcs8.as_ref())?,
            None => pkcs8.as_ref().to_vec(),
        };
        row::Entity::insert(row::ActiveModel {
            kid: Set(kid.clone()),
            pkcs8: Set(kept),
            public_key: Set(public_key.clone()),
            create_micros: Set(tx.now().timestamp_micros()),
            sign_from_micros: Set(Some(sign_from.timestamp_micros())),
            sealed_with: Set(self.secret.as_ref().map(|_| SEALED.to_owned())),
        })
        .exec_without_returning(&tx.db)
        .await?;
        let name = format!("signingKeys/{kid}");
        tx.record(Action::Created, &name, None, Some(&sign_from))
            .await?;
        Ok(SigningKey {
            encoding: EncodingKey::from_ed_der(pkcs8.as_ref()),
            kid,
            public_key,
            sign_from,
        })
    }

    async fn seal_in_place(&self, tx: &Tx, kid: &str, pkcs8: &[u8]) -> Result<()> {
        let Some(secret) = &self.secret else {
            return Ok(());
        };
        row::Entity::update_many()
            .col_expr(row::Column::Pkcs8, Expr::value(secret.seal(kid, pkcs8)?))
            .col_expr(row::Column::SealedWith, Expr::value(SEALED))
            .filter(row::Column::Kid.eq(kid))
            .exec(&tx.db)
            .await?;
        Ok(())
    }

    fn opened(&self, row: &row::Model) -> Result<Vec<u8>> {
        match (&row.sealed_with, &self.secret) {
            (None, _) => Ok(row.pkcs8.clone()),
            (Some(_), Some(secret)) => secret.open(&row.kid, &row.pkcs8).ok_or_else(|| {
                Error::internal("the signing keys are sealed with another `directory.key_secret`")
            }),
            (Some(_), None) => Err(Error::internal(
                "the signing keys are sealed: set `directory.key_secret`",
            )),
        }
    }
}

async fn rows(db: &impl ConnectionTrait) -> Result<Vec<row::Model>> {
    Ok(row::Entity::find()
        .order_by_asc(row::Column::CreateMicros)
        .order_by_asc(row::Column::Kid)
        .all(db)
        .await?)
}

/// A key is over when the one after it has signed for longer than a token lives.
fn listed(keys: Vec<SigningKey>, now: DateTime<Utc>) -> Vec<SigningKey> {
    let ends: Vec<_> = keys
        .iter()
        .skip(1)
        .map(|next| Some(next.sign_from + TOKEN_LIFE + CLOCKS_DISAGREE))
        .chain([None])
        .collect();
    keys.into_iter()
        .zip(ends)
        .filter(|(_, end)| end.is_none_or(|end| now < end))
        .map(|(key, _)| key)
        .collect()
}

/// Names a key after its content (RFC 7638, RFC 8037).
fn thumbprint(public_key: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public_key);
    let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(canonical))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_named_as_in_the_example_of_rfc_8037() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
        let public_key = URL_SAFE_NO_PAD.decode(x).unwrap();
        assert_eq!(
            thumbprint(&public_key),
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
        );
    }
}
