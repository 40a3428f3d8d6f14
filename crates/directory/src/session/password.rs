//! Hashing passwords with Argon2id.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::phc::{Output, ParamsString, PasswordHash, Salt},
};
use aws_lc_rs::rand;
use kit::{Error, Result};

use super::cost::{LANES, PasswordCost, calibrate, work};

const SALT_BYTES: usize = 16;
pub(super) const HASH_BYTES: usize = 32;

/// Hashes passwords in memory that is used again: the allocator would keep a buffer of
/// 19 MiB and more for every thread that ever hashed.
pub(super) struct Hasher {
    cost: PasswordCost,
    /// The work of the dearest hash that is known to be kept, or of today's cost.
    dearest: AtomicU64,
    buffers: Mutex<Vec<Vec<Block>>>,
}

impl Hasher {
    /// Hashes at a cost.
    pub(super) fn new(cost: PasswordCost) -> Self {
        Self {
            cost,
            dearest: AtomicU64::new(cost.work()),
            buffers: Mutex::default(),
        }
    }

    /// Hashes at the cost that this machine bears, which is measured here.
    pub(super) fn calibrated() -> Result<Self> {
        let mut hasher = Self::new(PasswordCost::LEAST);
        let cost = calibrate(|cost| hasher.measure(cost))?;
        (hasher.cost, hasher.dearest) = (cost, AtomicU64::new(cost.work()));
        hasher.buffers().clear();
        Ok(hasher)
    }

    /// Says how long a hash takes: the shorter of two times, as the first also gets the
    /// memory, and something else may run beside one of them.
    fn measure(&self, cost: PasswordCost) -> Result<Duration> {
        let params = cost.params()?;
        let mut best = Duration::MAX;
        for _ in 0..2 {
            let begun = Instant::now();
            self.derive(&params, "", &[0; SALT_BYTES], &mut [0; HASH_BYTES])?;
            best = best.min(begun.elapsed());
        }
        Ok(best)
    }

    /// Returns what a hash costs.
    pub(super) fn cost(&self) -> PasswordCost {
        self.cost
    }

    /// Hashes a password with a fresh salt, as a PHC string.
    pub(super) fn hash(&self, password: &str) -> Result<String> {
        let params = self.cost.params()?;
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

    /// Notes what a kept hash costs: from now on no wrong password takes less. A machine may be
    /// slower today than the one that made it. What cannot be read is told when it is used.
    pub(super) fn note(&self, kept: &str) {
        let kept = PasswordHash::new(kept).ok();
        if let Some(params) = kept.and_then(|it| Params::try_from(&it).ok()) {
            self.dearest.fetch_max(work(&params), Ordering::Relaxed);
        }
    }

    /// Says whether a password is the one a PHC string was made of. That takes the same work
    /// for every wrong password, whether the kept one cost less than it would today, or more: the
    /// time must not tell somebody from nobody.
    pub(super) fn verify(&self, password: &str, kept: &str) -> Result<bool> {
        self.note(kept);
        let kept = PasswordHash::new(kept).map_err(internal)?;
        let params = Params::try_from(&kept).map_err(internal)?;
        let (Some(salt), Some(expected)) = (&kept.salt, &kept.hash) else {
            return Err(Error::internal("a kept password has no salt or no hash"));
        };
        let mut hash = vec![0; expected.len()];
        self.derive(&params, password, salt, &mut hash)?;
        let is_right = Output::new(&hash).map_err(internal)? == *expected;
        if !is_right && let Some(missing) = self.missing(&params)? {
            self.derive(&missing, password, salt, &mut hash)?;
        }
        Ok(is_right)
    }

    /// Returns what is left to do for a wrong password after a hash of these parameters.
    fn missing(&self, params: &Params) -> Result<Option<Params>> {
        let whole = self.dearest.load(Ordering::Relaxed);
        self.cost.missing(whole, params)
    }

    /// Says whether a PHC string is to be made anew: it cost less than it would today, or was
    /// made in another way. What cost more stays.
    pub(super) fn is_outdated(&self, kept: &str) -> Result<bool> {
        let kept = PasswordHash::new(kept).map_err(internal)?;
        let params = Params::try_from(&kept).map_err(internal)?;
        let is_argon2id = kept.algorithm == Algorithm::Argon2id.ident();
        let is_below = PasswordCost::LEAST.is_undercut_by(&params);
        let is_cheap = is_below || self.cost.is_more_than(&params);
        Ok(is_cheap || params.p_cost() != LANES || !is_argon2id)
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

    const DEARER: PasswordCost = PasswordCost {
        memory_mib: 20,
        passes: 3,
    };

    #[test]
    fn a_password_is_kept_as_argon2id_with_its_parameters() {
        let hasher = Hasher::new(PasswordCost::LEAST);
        let kept = hasher.hash("một mật khẩu đủ dài").unwrap();
        assert!(
            kept.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{kept}"
        );
        assert!(hasher.verify("một mật khẩu đủ dài", &kept).unwrap());
        assert!(!hasher.verify("một mật khẩu khác", &kept).unwrap());
        assert_eq!(hasher.buffers().len(), 1);
        let kept = Hasher::new(DEARER).hash("một mật khẩu đủ dài").unwrap();
        assert!(kept.contains("$m=20480,t=3,p=1$"), "{kept}");
    }

    #[test]
    fn a_hash_made_with_other_parameters_verifies_and_is_outdated_when_it_cost_less() {
        let (least, dearer) = (Hasher::new(PasswordCost::LEAST), Hasher::new(DEARER));
        let password = "một mật khẩu đủ dài";
        let (old, new) = (
            least.hash(password).unwrap(),
            dearer.hash(password).unwrap(),
        );
        for (hasher, kept, is_outdated) in [
            (&least, &old, false),
            (&dearer, &old, true),
            (&dearer, &new, false),
            // A machine that is slower today does not weaken what was stronger.
            (&least, &new, false),
        ] {
            assert!(hasher.verify(password, kept).unwrap());
            assert!(!hasher.verify("một mật khẩu khác", kept).unwrap());
            assert_eq!(hasher.is_outdated(kept).unwrap(), is_outdated, "{kept}");
        }
        for (now, before) in [
            ("m=19456", "m=9216"),
            ("m=19456,t=2", "m=9216,t=8"),
            ("p=1", "p=2"),
            ("argon2id", "argon2i"),
        ] {
            let other = old.replace(now, before);
            assert!(least.is_outdated(&other).unwrap(), "{other}");
        }
    }

    #[test]
    fn a_wrong_password_is_as_much_work_whatever_the_kept_one_cost_and_so_is_nobody() {
        let hasher = Hasher::new(PasswordCost::LEAST);
        let password = "một mật khẩu đủ dài";
        let dear = Hasher::new(DEARER).hash(password).unwrap();
        let nobody = hasher.hash("no such password").unwrap();
        let spent = |kept: &str| {
            let params = Params::try_from(&PasswordHash::new(kept).unwrap()).unwrap();
            let missing = hasher.missing(&params).unwrap();
            work(&params) + missing.map_or(0, |it| work(&it))
        };
        // Before it is known that a dearer one is kept.
        assert_eq!(spent(&nobody), PasswordCost::LEAST.work());
        hasher.note(&dear);
        let (whole, rest) = (DEARER.work(), u64::from(DEARER.passes));
        for kept in [&nobody, &dear, &hasher.hash(password).unwrap()] {
            assert!(spent(kept) <= whole && whole - spent(kept) < rest, "{kept}");
            assert!(!hasher.verify("một mật khẩu khác", kept).unwrap());
        }
        // One that another process made meanwhile is noted with the first try.
        let dearer_still = PasswordCost {
            memory_mib: 21,
            ..DEARER
        };
        let made = Hasher::new(dearer_still).hash(password).unwrap();
        assert!(hasher.verify(password, &made).unwrap());
        assert!(spent(&nobody) > whole);
        hasher.note("not a hash");
    }

    #[test]
    fn a_machine_finds_a_cost_that_may_be_set() {
        let hasher = Hasher::calibrated().unwrap();
        assert_eq!(hasher.cost().check(), Ok(()));
        let kept = hasher.hash("một mật khẩu đủ dài").unwrap();
        assert!(hasher.verify("một mật khẩu đủ dài", &kept).unwrap());
        assert!(!hasher.is_outdated(&kept).unwrap());
    }

    #[test]
    fn the_reference_hash_of_the_argon2_library_is_understood() {
        use argon2::{PasswordHasher, PasswordVerifier};
        let theirs = Argon2::default()
            .hash_password("tương thích".as_bytes())
            .unwrap()
            .to_string();
        assert!(
            Hasher::new(PasswordCost::LEAST)
                .verify("tương thích", &theirs)
                .unwrap()
        );
        let ours = Hasher::new(PasswordCost::LEAST)
            .hash("tương thích")
            .unwrap();
        assert!(
            Argon2::default()
                .verify_password("tương thích".as_bytes(), ours.as_str())
                .is_ok()
        );
    }
}
