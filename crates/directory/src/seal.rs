//! Keeping bytes unreadable at rest with AES-256-GCM.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    rand,
};
use kit::{Error, Result};

/// A key that seals and opens.
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    /// Takes 256 bits as a key.
    pub(crate) fn new(bytes: &[u8; 32]) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, bytes)
            .map_err(|_| Error::internal("a sealing key cannot be used"))?;
        Ok(Self(LessSafeKey::new(key)))
    }

    /// Reads a key from 64 hexadecimal digits; nothing when it is written otherwise.
    pub(crate) fn from_hex(text: &str) -> Option<Self> {
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        let mut bytes = [0; 32];
        for (index, byte) in bytes.iter_mut().enumerate() {
            let digits = text.get(2 * index..2 * index + 2)?;
            if !digits.bytes().all(|it| it.is_ascii_hexdigit()) {
                return None;
            }
            *byte = u8::from_str_radix(digits, 16).ok()?;
        }
        Self::new(&bytes).ok()
    }

    /// Seals bytes for one purpose, behind a random nonce.
    pub(crate) fn seal(&self, purpose: &str, bytes: &[u8]) -> Result<Vec<u8>> {
        let mut nonce = [0; NONCE_LEN];
        rand::fill(&mut nonce).map_err(|_| Error::internal("the system gives no randomness"))?;
        let mut sealed = bytes.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose),
                &mut sealed,
            )
            .map_err(|_| Error::internal("bytes cannot be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed with the same key for the same purpose; nothing when it was
    /// not, or when a bit of it changed.
    pub(crate) fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut sealed = sealed.to_vec();
        let bytes = self
            .0
            .open_in_place(nonce, Aad::from(purpose), &mut sealed)
            .ok()?;
        Some(bytes.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_only_with_its_key_for_its_purpose_and_untouched() {
        let key = SealingKey::new(&[7; 32]).unwrap();
        let mut sealed = key.seal("a", b"secret").unwrap();
        assert!(!sealed.windows(6).any(|it| it == b"secret"));
        assert_eq!(key.open("a", &sealed).unwrap(), b"secret");
        assert_eq!(key.open("b", &sealed), None);
        let other = SealingKey::new(&[8; 32]).unwrap();
        assert_eq!(other.open("a", &sealed), None);
        sealed[20] ^= 1;
        assert_eq!(key.open("a", &sealed), None);
        assert_eq!(key.open("a", &[]), None);
    }
}
