//! Refresh tokens: random, used once, and the answer to a repeated use.

use aws_lc_rs::rand;
use kit::{Error, Result, actor::hex};
use sha2::{Digest, Sha256};

use super::Tokens;
use crate::seal::SealingKey;

/// Bytes of randomness in a refresh token.
const TOKEN_BYTES: usize = 32;
const PURPOSE: &str = "cds refresh answer";

/// Makes 256 random bits, as hexadecimal.
pub(crate) fn random() -> Result<String> {
    let mut bytes = [0; TOKEN_BYTES];
    rand::fill(&mut bytes).map_err(|_| Error::internal("the system gives no randomness"))?;
    Ok(hex(&bytes))
}

/// Seals an answer so that only who has the used token reads it again: the database
/// holds no token that works.
pub(super) fn seal(used_token: &str, answer: &Tokens) -> Result<Vec<u8>> {
    let answer = serde_json::to_vec(answer).map_err(Error::internal)?;
    key(used_token)?.seal(PURPOSE, &answer)
}

pub(super) fn open(used_token: &str, sealed: &[u8]) -> Result<Tokens> {
    let answer = key(used_token)?
        .open(PURPOSE, sealed)
        .ok_or_else(|| Error::internal("a kept answer cannot be opened"))?;
    serde_json::from_slice(&answer).map_err(Error::internal)
}

/// The token is 256 random bits, so one hash makes a key of it; the prefix keeps that
/// key apart from the hash in the table.
fn key(used_token: &str) -> Result<SealingKey> {
    SealingKey::new(&Sha256::digest(format!("{PURPOSE}|{used_token}")).into())
}
