//! The public keys of an outside issuer: read from the one place that is set, kept for a
//! while, and read again when a token names a key nobody knows.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use kit::{
    Error, Result,
    jwt::{Jwk, PublicKey},
};
use reqwest::{Client, Url, redirect::Policy};
use serde::Deserialize;
use serde_json::Value;

use super::OutsideIssuer;

/// Tokens that name unknown keys cannot make us ask more often than this.
const ASK_AGAIN_AFTER: Duration = Duration::from_secs(30);
/// Keys are asked for again after this time, so that one the issuer has withdrawn ends.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// While the issuer cannot be reached its keys count on for this time.
const KEPT_FOR: Duration = Duration::from_secs(60 * 60);
/// The issuer gets this long to answer.
const LONGEST_QUESTION: Duration = Duration::from_secs(5);
const LARGEST_ANSWER: usize = 256 * 1024;
const MOST_KEYS: usize = 100;

/// Where keys are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Source {
    Url(Url),
    File(PathBuf),
}

impl Source {
    /// Returns the one place that is set.
    pub(super) fn of(set: &OutsideIssuer) -> std::result::Result<Self, String> {
        let name = &set.issuer;
        match (&set.jwks_url, &set.jwks_file) {
            (None, None) => Err(format!("`{name}` has neither `jwks_url` nor `jwks_file`")),
            (Some(_), Some(_)) => Err(format!("`{name}` has both `jwks_url` and `jwks_file`")),
            (None, Some(file)) => Ok(Self::File(file.clone())),
            (Some(text), None) => {
                let url = Url::parse(text).ok().filter(is_safe);
                url.map(Self::Url).ok_or_else(|| {
                    format!("`jwks_url` of `{name}` is `{text}`, which is not an https address")
                })
            }
        }
    }
}

/// Keys that come over a network in clear could be anybody's.
fn is_safe(url: &Url) -> bool {
    let is_here = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    url.scheme() == "https" || url.scheme() == "http" && is_here
}

type ByKid = HashMap<String, PublicKey>;

/// The keys of one issuer; clones share them.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    issuer: String,
    source: Source,
    client: Client,
    held: Arc<RwLock<Option<(ByKid, Instant)>>>,
    tried: Arc<tokio::sync::Mutex<Option<Instant>>>,
}

impl Keys {
    pub(super) async fn open(set: &OutsideIssuer) -> std::result::Result<Self, String> {
        let client = Client::builder()
            .timeout(LONGEST_QUESTION)
            // A redirect would lead away from the address that is trusted.
            .redirect(Policy::none())
            .build()
            .map_err(|error| format!("no way to ask for keys: {error}"))?;
        let keys = Self {
            issuer: set.issuer.clone(),
            source: Source::of(set)?,
            client,
            held: Arc::default(),
            tried: Arc::default(),
        };
        if matches!(keys.source, Source::File(_)) {
            let read = keys.read().await;
            keys.hold(read.map_err(|why| format!("`jwks_file` of `{}`: {why}", set.issuer))?);
        }
        Ok(keys)
    }

    /// Returns a key by its id.
    pub(super) async fn find(&self, kid: &str) -> Result<Option<PublicKey>> {
        if let Some(key) = self.known(kid, FRESH_FOR) {
            return Ok(Some(key));
        }
        let mut tried = self.tried.lock().await;
        // Another call may have asked while this one waited.
        if let Some(key) = self.known(kid, FRESH_FOR) {
            return Ok(Some(key));
        }
        if tried.is_none_or(|it| it.elapsed() >= ASK_AGAIN_AFTER) {
            *tried = Some(Instant::now());
            match self.read().await {
                Ok(keys) => self.hold(keys),
                Err(why) => tracing::warn!(
                    issuer = self.issuer,
                    why,
                    "the keys of an outside issuer cannot be read"
                ),
            }
        }
        if self.age().is_none_or(|it| it >= KEPT_FOR) {
            return Err(Error::Unavailable);
        }
        Ok(self.known(kid, KEPT_FOR))
    }

    async fn read(&self) -> std::result::Result<ByKid, String> {
        let text = match &self.source {
            Source::Url(url) => self.fetch(url).await?,
            Source::File(file) => tokio::fs::read(file)
                .await
                .map_err(|error| format!("`{}`: {error}", file.display()))?,
        };
        parse(&text)
    }

    /// Reads an answer, and no more of it than keys can take.
    async fn fetch(&self, url: &Url) -> std::result::Result<Vec<u8>, String> {
        let failed = |error: reqwest::Error| error.to_string();
        let answer = self.client.get(url.clone()).send().await.map_err(failed)?;
        let mut answer = answer.error_for_status().map_err(failed)?;
        if answer.status().is_redirection() {
            return Err(format!("`{url}` leads elsewhere, which is not followed"));
        }
        let mut text = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(failed)? {
            text.extend_from_slice(&part);
            if text.len() > LARGEST_ANSWER {
                return Err(format!("`{url}` answers more than {LARGEST_ANSWER} bytes"));
            }
        }
        Ok(text)
    }

    fn hold(&self, keys: ByKid) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        *held = Some((keys, Instant::now()));
    }

    fn age(&self) -> Option<Duration> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        held.as_ref().map(|(_, read)| read.elapsed())
    }

    fn known(&self, kid: &str, not_older: Duration) -> Option<PublicKey> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner);
        let (keys, read) = held.as_ref()?;
        (read.elapsed() < not_older)
            .then(|| keys.get(kid).cloned())
            .flatten()
    }
}

#[derive(Deserialize)]
struct Set {
    keys: Vec<Value>,
}

/// Reads a JSON Web Key Set. Keys of a kind that is not used here do not spoil the others.
fn parse(text: &[u8]) -> std::result::Result<ByKid, String> {
    let set: Set = serde_json::from_slice(text).map_err(|_| "is not a JSON Web Key Set")?;
    let mut keys = ByKid::new();
    for key in set.keys.into_iter().take(MOST_KEYS) {
        let Ok(jwk) = serde_json::from_value::<Jwk>(key) else {
            continue;
        };
        if let (Some(key), Some(kid)) = (PublicKey::from_jwk(&jwk), jwk.kid) {
            keys.insert(kid, key);
        }
    }
    if keys.is_empty() {
        return Err("holds no key that can be used".to_owned());
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_other_kinds_do_not_spoil_a_set() {
        let set = br#"{"keys":[
            {"kty":"oct","k":"AAAA","kid":"a"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"},
            {"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo","kid":"b"},
            {"kty":"OKP","crv":"Ed448","x":"AAAA","kid":"c"},
            7
        ]}"#;
        let keys = parse(set).unwrap();
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["b"]);
        assert!(parse(b"{\"keys\":[]}").is_err());
        assert!(parse(&set[..set.len() - 3]).is_err());
    }
}
