//! Hashing passwords with Argon2id.

use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::rand;
use kit::{Error, Result};

/// Memory, passes and lanes: the floor of `security.md` §1.2.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const SALT_BYTES: usize = 16;
const HASH_BYTES: usize = 32;

/// Hashes passwords in memory that is used again: the allocator would keep a buffer of
/// 19 MiB for every thread that ever hashed.
#[derive(Default)]
pub(super) struct Hasher {
    buffers: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    /// Hashes a password with a fresh salt, as a PHC string.
    pub(super) fn hash(&self, password: &str) -> Result<String> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, Some(HASH_BYTES)).map_err(internal)?;
        let mut salt = [0; SALT_BYTES];
        rand::fill(&mut salt).map_err(internal)?;
        let mut hash = [0; HASH_BYTES];
        self.derive(&params, password, &salt, &mut hash)?;
        let kept = PasswordHash {
            algorithm: Algorithm::Argon2id.ident(),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(internal)?,
            salt: Some(Salt::new(&salt).map_err(internal)?),
            hash: Some(Output::new(&hash).map_err(internal)?),
        };
        Ok(kept.to_string())
    }

    /// Says whether a password is the one a PHC string was made of. The comparison takes
    /// the same time for every wrong password.
    pub(super) fn verify(&self, password: &str, kept: &str) -> Result<bool> {
        let kept = PasswordHash::new(kept).map_err(internal)?;
        let params = Params::try_from(&kept).map_err(internal)?;
        let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else {
            return Err(Error::internal("a kept password has no salt or no hash"));
        };
        let mut hash = vec![0; expected.len()];
        self.derive(&params, password, salt, &mut hash)?;
        Ok(Output::new(&hash).map_err(internal)? == *expected)
    }

    /// Says whether a PHC string was made with other parameters than are used today.
    pub(super) fn is_outdated(&self, kept: &str) -> Result<bool> {
        let kept = PasswordHash::new(kept).map_err(internal)?;
        let params = Params::try_from(&kept).map_err(internal)?;
        let used = (params.m_cost(), params.t_cost(), params.p_cost());
        let today = used == (MEMORY_KIB, PASSES, LANES);
        Ok(!today || kept.algorithm != Algorithm::Argon2id.ident())
    }

    fn derive(&self, params: &Params, password: &str, salt: &[u8], hash: &mut [u8]) -> Result<()> {
        let mut buffer = self.buffers().pop().unwrap_or_default();
        buffer.resize(params.block_count(), Block::default());
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let derived =
            argon2.hash_password_into_with_memory(password.as_bytes(), salt, hash, &mut buffer);
        self.buffers().push(buffer);
        derived.map_err(internal)
    }

    fn buffers(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        self.buffers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn internal(error: impl std::fmt::Display) -> Error {
    Error::internal(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_kept_as_argon2id_with_its_parameters() {
        let hasher = Hasher::default();
        let kept = hasher.hash("một mật khẩu đủ dài").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(hasher.verify("một mật khẩu đủ dài", &kept).unwrap());
        assert!(!hasher.verify("một mật khẩu khác", &kept).unwrap());
        assert_eq!(hasher.buffers().len(), 1);
    }

    #[test]
    fn a_hash_made_with_other_parameters_is_outdated() {
        let hasher = Hasher::default();
        let kept = hasher.hash("một mật khẩu đủ dài").unwrap();
        assert!(!hasher.is_outdated(&kept).unwrap());
        for (now, before) in [
            ("m=19456", "m=9216"),
            ("t=2", "t=3"),
            ("argon2id", "argon2i"),
        ] {
            let other = kept.replace(now, before);
            assert!(hasher.is_outdated(&other).unwrap(), "{other}");
        }
    }

    #[test]
    fn the_reference_hash_of_the_argon2_library_is_understood() {
        use argon2::{PasswordHasher, PasswordVerifier};
        let theirs = Argon2::default()
            .hash_password("tương thích".as_bytes())
            .unwrap()
            .to_string();
        assert!(Hasher::default().verify("tương thích", &theirs).unwrap());
        let ours = Hasher::default().hash("tương thích").unwrap();
        assert!(
            Argon2::default()
                .verify_password("tương thích".as_bytes(), ours.as_str())
                .is_ok()
        );
    }
}
