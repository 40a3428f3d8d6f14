//! Outside OpenID issuers whose tokens count here, and whom they stand for.

use std::{path::PathBuf, sync::Arc};

use chrono::{DateTime, Duration, Utc};
use kit::{
    Db, Error, Result,
    auth::ISSUER,
    error::{TOKEN_EXPIRED, TOKEN_INVALID},
    jwt::{self, Algorithm, Rules},
};
use serde::{Deserialize, Serialize};
use types::ids::UserId;

use crate::{identity, user};

mod jwks;

use jwks::{Keys, Source};

/// An outside issuer, as it is set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutsideIssuer {
    /// `iss` of its tokens.
    pub issuer: String,
    /// `aud` of the tokens that are meant for us: what the issuer calls this system. It has
    /// no default, because a token for another system must not count here.
    pub audience: String,
    /// Where its public keys are read, `https://…`; plain `http` from this machine only.
    pub jwks_url: Option<String>,
    /// A file with its public keys instead, for a network without a way to the issuer.
    pub jwks_file: Option<PathBuf>,
    /// How its tokens may be signed: `EdDSA`, `ES256`, `RS256`, `PS256`.
    pub algorithms: Vec<Algorithm>,
}

impl OutsideIssuer {
    /// Checks what one setting cannot say alone.
    ///
    /// # Errors
    /// Names the setting that is bad or missing.
    pub fn check(&self) -> std::result::Result<(), String> {
        let name = &self.issuer;
        if name.is_empty() || name == ISSUER {
            return Err(format!("`issuer` is `{name}`, which is no outside issuer"));
        }
        if self.audience.is_empty() {
            return Err(format!("`audience` of `{name}` is empty"));
        }
        if self.algorithms.is_empty() {
            return Err(format!("`algorithms` of `{name}` names none"));
        }
        Source::of(self).map(|_| ())
    }
}

/// A token counts this long after it was issued, whatever it says itself.
const LONGEST_AGE: Duration = Duration::minutes(10);
/// The types of a token that says who somebody is; others, such as one that signs somebody
/// out, do not let anybody in.
const TYPES: [&str; 3] = ["JWT", "at+jwt", "application/at+jwt"];

/// What is asked of an outside token. Rights are never taken from it.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    iat: i64,
    exp: i64,
}

/// The issuers that are trusted; clones share what is known of their keys.
#[derive(Debug, Clone)]
pub(crate) struct Issuers {
    db: Db,
    known: Arc<[Issuer]>,
    names: Arc<[String]>,
}

#[derive(Debug)]
struct Issuer {
    issuer: String,
    audience: String,
    algorithms: Vec<Algorithm>,
    keys: Keys,
}

impl Issuers {
    /// Trusts the issuers that are set. Keys in a file are read at once, those at an
    /// address when they are first needed.
    pub(crate) async fn open(db: Db, settings: &[OutsideIssuer]) -> Result<Self> {
        let mut known: Vec<Issuer> = Vec::with_capacity(settings.len());
        for set in settings {
            let bad = |why: String| Error::internal(format!("`directory.issuers`: {why}"));
            set.check().map_err(bad)?;
            if known.iter().any(|it| it.issuer == set.issuer) {
                return Err(bad(format!("`{}` is there twice", set.issuer)));
            }
            known.push(Issuer {
                issuer: set.issuer.clone(),
                audience: set.audience.clone(),
                algorithms: set.algorithms.clone(),
                keys: Keys::open(set).await.map_err(bad)?,
            });
        }
        Ok(Self {
            db,
            names: known.iter().map(|it| it.issuer.clone()).collect(),
            known: known.into(),
        })
    }

    /// Returns the names of the issuers that are trusted.
    pub(crate) fn names(&self) -> &[String] {
        &self.names
    }

    /// Says whether an issuer is trusted.
    pub(crate) fn knows(&self, issuer: &str) -> bool {
        self.known.iter().any(|it| it.issuer == issuer)
    }

    /// Returns whom a token stands for, and until when.
    ///
    /// # Errors
    /// `TOKEN_INVALID` for whatever is wrong with it, also when it stands for nobody or for
    /// somebody who is suspended; `TOKEN_EXPIRED`; Unavailable when the issuer's keys cannot
    /// be read.
    pub(crate) async fn resolve(&self, token: &str) -> Result<(UserId, DateTime<Utc>)> {
        let invalid = || Error::Unauthenticated(&TOKEN_INVALID);
        let stated = jwt::stated_issuer(token).ok_or_else(invalid)?;
        let issuer = self.known.iter().find(|it| it.issuer == stated);
        let issuer = issuer.ok_or_else(invalid)?;
        let claims = issuer.verify(token, self.db.clock().now()).await?;

        let db = self.db.reader();
        let linked = identity::store::find_user(db, &issuer.issuer, &claims.sub).await?;
        let Some(user) = linked else {
            tracing::info!(
                issuer = issuer.issuer,
                "a token of an outside issuer stands for nobody here"
            );
            return Err(invalid());
        };
        let person = user::store::find(db, &user).await?;
        if person.is_none_or(|it| it.suspended.is_some()) {
            tracing::info!(%user, "a token of an outside issuer stands for a suspended person");
            return Err(invalid());
        }
        let expires = DateTime::from_timestamp(claims.exp, 0).ok_or_else(invalid)?;
        Ok((user, expires))
    }
}

impl Issuer {
    async fn verify(&self, token: &str, now: DateTime<Utc>) -> Result<Claims> {
        let invalid = || Error::Unauthenticated(&TOKEN_INVALID);
        let header = jwt::header(token)?;
        let has_type = header
            .typ
            .is_none_or(|typ| TYPES.iter().any(|it| it.eq_ignore_ascii_case(&typ)));
        // What cannot be right must not make us ask for keys.
        if !has_type || !self.algorithms.contains(&header.algorithm) {
            return Err(invalid());
        }
        let kid = header.kid.ok_or_else(invalid)?;
        let key = self.keys.find(&kid).await?.ok_or_else(invalid)?;
        let rules = Rules {
            typ: None,
            algorithms: &self.algorithms,
            issuer: &self.issuer,
            audiences: &[&self.audience],
            others_too: true,
            now,
        };
        let claims: Claims = jwt::verify(token, &key, &rules)?;
        // However long it says to live, it is over when it is too old.
        jwt::in_time(
            None,
            None,
            claims.iat.saturating_add(LONGEST_AGE.num_seconds()),
            now,
        )
        .map_err(|_| Error::Unauthenticated(&TOKEN_EXPIRED))?;
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> OutsideIssuer {
        OutsideIssuer {
            issuer: "https://sso.quangngai.example".into(),
            audience: "cds".into(),
            jwks_url: Some("https://sso.quangngai.example/jwks".into()),
            jwks_file: None,
            algorithms: vec![Algorithm::Es256],
        }
    }

    #[test]
    fn an_issuer_without_an_audience_a_way_to_its_keys_or_an_algorithm_is_refused() {
        assert_eq!(good().check(), Ok(()));
        let url = |it: &str| Some(it.to_owned());
        let bad = [
            (
                OutsideIssuer {
                    audience: String::new(),
                    ..good()
                },
                "`audience`",
            ),
            (
                OutsideIssuer {
                    issuer: ISSUER.into(),
                    ..good()
                },
                "`issuer`",
            ),
            (
                OutsideIssuer {
                    algorithms: vec![],
                    ..good()
                },
                "`algorithms`",
            ),
            (
                OutsideIssuer {
                    jwks_url: None,
                    ..good()
                },
                "`jwks_url`",
            ),
            (
                OutsideIssuer {
                    jwks_file: Some("keys.json".into()),
                    ..good()
                },
                "`jwks_file`",
            ),
            (
                OutsideIssuer {
                    jwks_url: url("http://sso.quangngai.example/jwks"),
                    ..good()
                },
                "`jwks_url`",
            ),
            (
                OutsideIssuer {
                    jwks_url: url("/jwks"),
                    ..good()
                },
                "`jwks_url`",
            ),
        ];
        for (issuer, key) in bad {
            let told = issuer.check().unwrap_err();
            assert!(told.contains(key), "{told}");
        }
    }
}
