//! Public keys to verify with, and the form other systems send them in.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::{Deserialize, Serialize};

use super::Algorithm;

/// Bytes of an Ed25519 key, and of a coordinate on P-256.
const COORDINATE: usize = 32;
/// Bytes of the modulus of an RSA key: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// A key that verifies. The ways it can be used in follow from what it is, never from what
/// a token says.
#[derive(Clone)]
pub struct PublicKey {
    kind: Kind,
    pub(super) decoding: DecodingKey,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Ed25519,
    P256,
    Rsa,
}

impl std::fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PublicKey({:?})", self.kind)
    }
}

/// The public part of a JSON Web Key (RFC 7517).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jwk {
    /// Type: `OKP`, `EC` or `RSA`.
    pub kty: String,
    /// Curve: `Ed25519` or `P-256`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// Key or first coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Second coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// The one way it is used in, when it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// What it is for: `sig`.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub usage: Option<String>,
}

impl PublicKey {
    /// Takes the 32 bytes of an Ed25519 key.
    #[must_use]
    pub fn from_ed25519(bytes: &[u8]) -> Option<Self> {
        UnparsedPublicKey::new(&ED25519, bytes).parse().ok()?;
        Some(Self {
            kind: Kind::Ed25519,
            decoding: DecodingKey::from_ed_der(bytes),
        })
    }

    /// Takes a JSON Web Key: Ed25519, P-256, or RSA of 2048 bits or more. Nothing when it is
    /// another one, not for signatures, or no point of its curve.
    #[must_use]
    pub fn from_jwk(jwk: &Jwk) -> Option<Self> {
        if jwk.usage.as_deref().is_some_and(|it| it != "sig") {
            return None;
        }
        let bytes = |part: &Option<String>| URL_SAFE_NO_PAD.decode(part.as_deref()?).ok();
        let coordinate = |part| bytes(part).filter(|it| it.len() == COORDINATE);
        let key = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("OKP", Some("Ed25519")) => Self::from_ed25519(&coordinate(&jwk.x)?)?,
            ("EC", Some("P-256")) => {
                let point = [&[4], &*coordinate(&jwk.x)?, &*coordinate(&jwk.y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point)
                    .parse()
                    .ok()?;
                Self {
                    kind: Kind::P256,
                    decoding: DecodingKey::from_ec_der(&point),
                }
            }
            ("RSA", None) => {
                let modulus = bytes(&jwk.n).filter(|it| MODULUS.contains(&it.len()))?;
                Self {
                    kind: Kind::Rsa,
                    decoding: DecodingKey::from_rsa_raw_components(&modulus, &bytes(&jwk.e)?),
                }
            }
            _ => return None,
        };
        let said = jwk.alg.as_ref();
        let is_said_right = said.is_none_or(|said| key.algorithms().contains(&said.as_str()));
        is_said_right.then_some(key)
    }

    fn algorithms(&self) -> &'static [&'static str] {
        match self.kind {
            Kind::Ed25519 => &["EdDSA", "Ed25519"],
            Kind::P256 => &["ES256"],
            Kind::Rsa => &["RS256", "PS256"],
        }
    }

    /// Says whether the key can be used in this way.
    pub(super) fn fits(&self, algorithm: Algorithm) -> bool {
        match algorithm {
            Algorithm::EdDsa => self.kind == Kind::Ed25519,
            Algorithm::Es256 => self.kind == Kind::P256,
            Algorithm::Rs256 | Algorithm::Ps256 => self.kind == Kind::Rsa,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(jwk: Value) -> Option<PublicKey> {
        PublicKey::from_jwk(&serde_json::from_value(jwk).unwrap())
    }

    /// The example of RFC 7517, appendix A.1.
    fn p256() -> Value {
        json!({
            "kty": "EC", "crv": "P-256",
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        })
    }

    #[test]
    fn keys_are_read_as_the_rfcs_write_them() {
        let ed25519 = json!({"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"});
        assert!(read(ed25519).unwrap().fits(Algorithm::EdDsa));
        let p256 = read(p256()).unwrap();
        assert!(p256.fits(Algorithm::Es256) && !p256.fits(Algorithm::Rs256));
    }

    #[test]
    fn keys_that_are_weak_broken_or_for_something_else_are_not_taken() {
        for (field, value) in [
            ("kty", "oct"),
            ("crv", "P-384"),
            ("x", "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D5"),
            ("y", ""),
            ("use", "enc"),
            ("alg", "HS256"),
        ] {
            let mut jwk = p256();
            jwk[field] = json!(value);
            assert!(read(jwk).is_none(), "{field}");
        }
        let short = URL_SAFE_NO_PAD.encode([0xff; 128]);
        assert!(read(json!({"kty": "RSA", "n": short, "e": "AQAB"})).is_none());
    }
}
