//! Signed tokens (JWT, RFC 7519), verified: the one place in the tree that calls
//! `jsonwebtoken` to verify.
//!
//! `jsonwebtoken` looks neither at `typ` nor at `crit` and takes the time from the system,
//! so all of that is checked here. Four kinds of token come this way: our own access
//! tokens (`auth`), those of the other services (`service_key`), and in `directory` the assertions of machines and the tokens of outside
//! issuers. A key is always chosen by the caller: headers that bring one along (`jwk`,
//! `jku`, `x5u`, `x5c`) are never followed.

use chrono::{DateTime, Utc};
use jsonwebtoken::Validation;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    Error, Result,
    error::{TOKEN_EXPIRED, TOKEN_INVALID},
};

mod key;

pub use key::{Jwk, PublicKey};

/// How far clocks may disagree, in seconds.
const LEEWAY_SECONDS: i64 = 30;
/// A longer token is refused unread.
pub const LONGEST_TOKEN: usize = 4096;

/// The ways of signing that are accepted at all: none does without a key, and none has a
/// key that both sides know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// RSA with SHA-256, the older padding.
    #[serde(rename = "RS256")]
    Rs256,
    /// RSA with SHA-256, the newer padding.
    #[serde(rename = "PS256")]
    Ps256,
}

impl Algorithm {
    fn read(theirs: jsonwebtoken::Algorithm) -> Option<Self> {
        match theirs {
            jsonwebtoken::Algorithm::EdDSA => Some(Self::EdDsa),
            jsonwebtoken::Algorithm::ES256 => Some(Self::Es256),
            jsonwebtoken::Algorithm::RS256 => Some(Self::Rs256),
            jsonwebtoken::Algorithm::PS256 => Some(Self::Ps256),
            _ => None,
        }
    }

    fn theirs(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
        }
    }
}

/// What a token says of itself. Nothing of it is verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// How it is signed.
    pub algorithm: Algorithm,
    /// Type, such as `at+jwt`.
    pub typ: Option<String>,
    /// Which key it is signed with.
    pub kid: Option<String>,
}

/// What a token must say to count.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Its type; `None` = any.
    pub typ: Option<&'a str>,
    /// The ways it may be signed.
    pub algorithms: &'a [Algorithm],
    /// Who issued it.
    pub issuer: &'a str,
    /// Whom it is for: one of these.
    pub audiences: &'a [&'a str],
    /// Whether it may be for others besides.
    pub others_too: bool,
    /// The present instant.
    pub now: DateTime<Utc>,
}

/// The claims that every kind of token has.
#[derive(Deserialize)]
struct Registered {
    iss: String,
    aud: Audience,
    exp: i64,
    nbf: Option<i64>,
    iat: Option<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn is_within(&self, rules: &Rules<'_>) -> bool {
        let is_ours = |it: &String| rules.audiences.contains(&it.as_str());
        match self {
            Self::One(one) => is_ours(one),
            Self::Many(many) if rules.others_too => many.iter().any(is_ours),
            Self::Many(many) => !many.is_empty() && many.iter().all(is_ours),
        }
    }
}

fn invalid() -> Error {
    Error::Unauthenticated(&TOKEN_INVALID)
}

/// Reads the header, to find the key by it.
///
/// # Errors
/// `TOKEN_INVALID` for what is no token, is too long, is signed in a way that is never
/// accepted, or demands that an extension is understood.
pub fn header(token: &str) -> Result<Header> {
    if token.len() > LONGEST_TOKEN {
        return Err(invalid());
    }
    let header = jsonwebtoken::decode_header(token).map_err(|_| invalid())?;
    if header.crit.is_some() {
        return Err(invalid());
    }
    Ok(Header {
        algorithm: Algorithm::read(header.alg).ok_or_else(invalid)?,
        typ: header.typ,
        kid: header.kid,
    })
}

/// Reads who is said to have issued a token, to find out whom to ask about it. Nothing is
/// verified by this.
#[must_use]
pub fn stated_issuer(token: &str) -> Option<String> {
    if token.len() > LONGEST_TOKEN {
        return None;
    }
    let claims: Map<String, Value> = jsonwebtoken::dangerous::insecure_decode_claims(token).ok()?;
    Some(claims.get("iss")?.as_str()?.to_owned())
}

/// Verifies a token and returns what it claims.
///
/// # Errors
/// `TOKEN_EXPIRED` when its time is over; `TOKEN_INVALID` when anything else is wrong with
/// it, or a claim is missing.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that verifies tokens"
)]
pub fn verify<T: DeserializeOwned>(token: &str, key: &PublicKey, rules: &Rules<'_>) -> Result<T> {
    let header = header(token)?;
    let is_wanted = rules.algorithms.contains(&header.algorithm)
        && key.fits(header.algorithm)
        && rules
            .typ
            .is_none_or(|typ| header.typ.as_deref() == Some(typ));
    if !is_wanted {
        return Err(invalid());
    }
    let mut signature_only = Validation::new(header.algorithm.theirs());
    signature_only.required_spec_claims.clear();
    signature_only.validate_exp = false;
    signature_only.validate_aud = false;
    let data = jsonwebtoken::decode::<Map<String, Value>>(token, &key.decoding, &signature_only);
    let claims = Value::Object(data.map_err(|_| invalid())?.claims);
    let registered = Registered::deserialize(&claims).map_err(|_| invalid())?;
    if registered.iss != rules.issuer || !registered.aud.is_within(rules) {
        return Err(invalid());
    }
    in_time(registered.iat, registered.nbf, registered.exp, rules.now)?;
    T::deserialize(claims).map_err(|_| invalid())
}

/// Checks that a token is neither over nor ahead of its time; clocks may disagree a little.
///
/// # Errors
/// `TOKEN_EXPIRED`, `TOKEN_INVALID`.
pub fn in_time(iat: Option<i64>, nbf: Option<i64>, exp: i64, now: DateTime<Utc>) -> Result<()> {
    let now = now.timestamp();
    if exp.saturating_add(LEEWAY_SECONDS) <= now {
        return Err(Error::Unauthenticated(&TOKEN_EXPIRED));
    }
    let is_ahead = |it: i64| it > now + LEEWAY_SECONDS;
    if iat.is_some_and(is_ahead) || nbf.is_some_and(is_ahead) {
        return Err(invalid());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    use jsonwebtoken::EncodingKey;
    use serde_json::json;

    use super::*;
    use crate::Clock;

    const NOW: i64 = 1_656_032_400;

    fn pair() -> Ed25519KeyPair {
        Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
    }

    fn key() -> PublicKey {
        PublicKey::from_ed25519(pair().public_key().as_ref()).unwrap()
    }

    fn rules<'a>() -> Rules<'a> {
        Rules {
            typ: Some("at+jwt"),
            algorithms: &[Algorithm::EdDsa],
            issuer: "cds",
            audiences: &["cds"],
            others_too: false,
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        }
    }

    /// Signs any header and claims, also what no library would write.
    fn signed(header: &Value, claims: &Value) -> String {
        let part = |it: &Value| URL_SAFE_NO_PAD.encode(it.to_string());
        let message = format!("{}.{}", part(header), part(claims));
        let signature = URL_SAFE_NO_PAD.encode(pair().sign(message.as_bytes()));
        format!("{message}.{signature}")
    }

    fn good() -> (Value, Value) {
        let header = json!({"alg": "EdDSA", "typ": "at+jwt", "kid": "k"});
        let claims = json!({"iss": "cds", "aud": "cds", "sub": "a", "iat": NOW, "exp": NOW + 300});
        (header, claims)
    }

    fn refused(header: &Value, claims: &Value) -> &'static str {
        match verify::<Value>(&signed(header, claims), &key(), &rules()) {
            Err(Error::Unauthenticated(reason)) => reason.code,
            other => panic!("{header} {claims}: {other:?}"),
        }
    }

    #[test]
    fn a_good_token_is_accepted_and_every_part_of_it_counts() {
        let (header, claims) = good();
        let token = signed(&header, &claims);
        assert_eq!(verify::<Value>(&token, &key(), &rules()).unwrap(), claims);
        let mut altered = token.clone().into_bytes();
        for index in (0..altered.len()).step_by(7) {
            let kept = altered[index];
            altered[index] = if kept == b'A' { b'B' } else { b'A' };
            let text = String::from_utf8(altered.clone()).unwrap();
            assert!(verify::<Value>(&text, &key(), &rules()).is_err(), "{index}");
            altered[index] = kept;
        }
    }

    #[test]
    fn headers_that_ask_for_another_way_are_refused() {
        let (good_header, claims) = good();
        let changes = [
            json!({"alg": "none"}),
            json!({"alg": "HS256"}),
            json!({"alg": "ES256"}),
            json!({"alg": "RS256"}),
            json!({"typ": "JWT"}),
            json!({"typ": null}),
            json!({"crit": ["b64"], "b64": false}),
        ];
        for change in changes {
            let mut header = good_header.clone();
            for (name, value) in change.as_object().unwrap() {
                header[name] = value.clone();
            }
            assert_eq!(refused(&header, &claims), "TOKEN_INVALID", "{change}");
        }
    }

    #[test]
    fn claims_that_are_missing_foreign_or_out_of_time_are_refused() {
        let (header, good_claims) = good();
        let changes = [
            (json!({"iss": "other"}), "TOKEN_INVALID"),
            (json!({"iss": null}), "TOKEN_INVALID"),
            (json!({"iss": ["cds"]}), "TOKEN_INVALID"),
            (json!({"aud": "other"}), "TOKEN_INVALID"),
            (json!({"aud": null}), "TOKEN_INVALID"),
            (json!({"aud": []}), "TOKEN_INVALID"),
            (json!({"aud": ["cds", "other"]}), "TOKEN_INVALID"),
            (json!({"exp": null}), "TOKEN_INVALID"),
            (json!({"exp": "2099-01-01"}), "TOKEN_INVALID"),
            (json!({"exp": NOW - 30}), "TOKEN_EXPIRED"),
            (json!({"exp": i64::MIN}), "TOKEN_EXPIRED"),
            (json!({"iat": NOW + 31}), "TOKEN_INVALID"),
            (json!({"nbf": NOW + 31}), "TOKEN_INVALID"),
            (json!({"nbf": i64::MAX}), "TOKEN_INVALID"),
        ];
        for (change, reason) in changes {
            let mut claims = good_claims.clone();
            for (name, value) in change.as_object().unwrap() {
                claims[name] = value.clone();
            }
            assert_eq!(refused(&header, &claims), reason, "{change}");
        }
    }

    #[test]
    fn a_public_key_is_no_secret_to_sign_with() {
        let (_, claims) = good();
        let mut header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::HS256);
        header.typ = Some("at+jwt".into());
        let public = EncodingKey::from_secret(pair().public_key().as_ref());
        let token = jsonwebtoken::encode(&header, &claims, &public).unwrap();
        assert!(verify::<Value>(&token, &key(), &rules()).is_err());
    }

    #[test]
    fn a_token_for_others_besides_counts_only_where_that_is_allowed() {
        let (header, mut claims) = good();
        claims["aud"] = json!(["account", "cds"]);
        let token = signed(&header, &claims);
        assert!(verify::<Value>(&token, &key(), &rules()).is_err());
        let lenient = Rules {
            others_too: true,
            ..rules()
        };
        assert!(verify::<Value>(&token, &key(), &lenient).is_ok());
    }

    #[test]
    fn a_token_longer_than_4_kib_is_refused_unread() {
        let (header, mut claims) = good();
        claims["padding"] = json!("x".repeat(LONGEST_TOKEN));
        assert_eq!(refused(&header, &claims), "TOKEN_INVALID");
        assert_eq!(stated_issuer(&signed(&header, &claims)), None);
    }

    #[test]
    fn clocks_may_disagree_by_half_a_minute() {
        let now = Clock::standing_at(DateTime::from_timestamp(NOW, 0).unwrap()).now();
        assert!(in_time(Some(NOW + 30), Some(NOW + 30), NOW - 29, now).is_ok());
        assert!(in_time(None, None, NOW - 30, now).is_err());
    }
}
