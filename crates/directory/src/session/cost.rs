//! How much work hashing a password takes: as much as this machine does in a quarter of a
//! second, so that who stole the hashes has as much of it as possible for every guess.

use std::time::Duration;

use argon2::Params;
use kit::{Error, Result};
use serde::{Deserialize, Serialize};

use super::password::HASH_BYTES;

/// What a password costs: memory and passes over it. There is one lane, as there is one core
/// for a hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PasswordCost {
    /// Memory that a hash fills, in MiB: 19 to 256.
    pub memory_mib: u32,
    /// How often it is gone over: 2 to 10 times.
    pub passes: u32,
}

/// What is tried at the start, the cheapest first: each costs more than the one before, in
/// memory or in passes, and less in neither.
const STEPS: [PasswordCost; 5] = [
    PasswordCost::LEAST,
    PasswordCost::new(32, 2),
    PasswordCost::new(48, 2),
    PasswordCost::new(64, 2),
    PasswordCost::new(64, 3),
];
/// A sign-in waits no longer than this for its hash (`security.md` §1.2).
const LONGEST: Duration = Duration::from_millis(250);

/// More would let a few sign-ins take the memory of the machine.
const MOST_MEMORY_MIB: u32 = 256;
const MOST_PASSES: u32 = 10;
/// Lanes of a hash.
pub(super) const LANES: u32 = 1;

impl PasswordCost {
    /// The floor of `security.md` §1.2; no hash is made with less.
    pub const LEAST: Self = Self::new(19, 2);

    const fn new(memory_mib: u32, passes: u32) -> Self {
        Self { memory_mib, passes }
    }

    /// Checks that a cost is neither below the floor nor out of reason.
    ///
    /// # Errors
    /// Says which costs there are.
    pub fn check(self) -> std::result::Result<(), String> {
        let (least, memory, passes) = (Self::LEAST, self.memory_mib, self.passes);
        let is_good = (least.memory_mib..=MOST_MEMORY_MIB).contains(&memory)
            && (least.passes..=MOST_PASSES).contains(&passes);
        if is_good {
            return Ok(());
        }
        Err(format!(
            "`directory.password_cost` is {memory} MiB and {passes} passes; it has to be {} to \
             {MOST_MEMORY_MIB} MiB and {} to {MOST_PASSES} passes",
            least.memory_mib, least.passes,
        ))
    }

    pub(super) fn params(self) -> Result<Params> {
        of(self.memory_mib * 1024, self.passes)
    }

    /// Says whether hashes of some parameters are weaker than those of this cost. What is more
    /// in one and less in the other is not, or two processes that do not agree would hash a
    /// password anew in turn.
    pub(super) fn is_more_than(self, params: &Params) -> bool {
        let (memory, passes) = (self.memory_mib * 1024, self.passes);
        self.is_undercut_by(params) && params.m_cost() <= memory && params.t_cost() <= passes
    }

    /// Says whether hashes of some parameters stay below this cost, in memory or in passes.
    pub(super) fn is_undercut_by(self, params: &Params) -> bool {
        params.m_cost() < self.memory_mib * 1024 || params.t_cost() < self.passes
    }

    /// Returns what a hash of this cost is worth.
    pub(super) fn work(self) -> u64 {
        u64::from(self.memory_mib) * 1024 * u64::from(self.passes)
    }

    /// Returns the work that is missing to so much when a hash of these parameters was made, if
    /// it is worth doing: in no more memory than a hash of this cost fills.
    pub(super) fn missing(self, whole: u64, params: &Params) -> Result<Option<Params>> {
        let left = whole.saturating_sub(work(params));
        let passes = left.div_ceil(u64::from(self.memory_mib) * 1024).max(1);
        let memory = u32::try_from(left / passes).map_err(Error::internal)?;
        if memory < Params::MIN_M_COST {
            return Ok(None);
        }
        of(memory, u32::try_from(passes).map_err(Error::internal)?).map(Some)
    }
}

/// Returns what a hash is worth: KiB that are filled, as often as they are gone over. The time
/// goes with it, on as many lanes as it may be made.
pub(super) fn work(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

fn of(memory_kib: u32, passes: u32) -> Result<Params> {
    let params = Params::new(memory_kib, passes, LANES, Some(HASH_BYTES));
    params.map_err(|error| Error::internal(error.to_string()))
}

/// Returns the dearest step that takes no longer than a sign-in may wait. It begins with the
/// dearest of all, where most machines end; those that are slower are tried again where the
/// time that was measured says they should be.
pub(super) fn calibrate(
    mut measure: impl FnMut(PasswordCost) -> Result<Duration>,
) -> Result<PasswordCost> {
    let mut left = &STEPS[..];
    while let Some((step, cheaper)) = left.split_last() {
        // The floor is used however long it takes.
        if cheaper.is_empty() {
            return Ok(*step);
        }
        let taken = measure(*step)?;
        if taken <= LONGEST {
            return Ok(*step);
        }
        let expected = |it: &PasswordCost| {
            let share = it.memory_mib * it.passes;
            taken * share / (step.memory_mib * step.passes)
        };
        let likely = cheaper.iter().filter(|it| expected(it) <= LONGEST).count();
        left = &cheaper[..likely.max(1)];
    }
    Ok(PasswordCost::LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Calibrates on a machine that goes over a MiB in so many milliseconds; returns what was
    /// tried too.
    fn on(ms_per_mib: u64) -> (PasswordCost, Vec<PasswordCost>) {
        let mut tried = Vec::new();
        let found = calibrate(|cost| {
            tried.push(cost);
            Ok(Duration::from_millis(cost.work() / 1024 * ms_per_mib))
        });
        (found.unwrap(), tried)
    }

    #[test]
    fn a_machine_hashes_as_dearly_as_it_can_in_a_quarter_of_a_second() {
        let (dearest, second) = (PasswordCost::new(64, 3), PasswordCost::new(64, 2));
        assert_eq!(on(1), (dearest, vec![dearest]));
        // 192 MiB are 384 ms, 128 MiB are 256, 96 MiB are 192.
        let third = PasswordCost::new(48, 2);
        assert_eq!(on(2), (third, vec![dearest, third]));
        // 250 ms and not more is fast enough.
        let exactly = calibrate(|_| Ok(LONGEST)).unwrap();
        assert_eq!(exactly, dearest);
        // So slow that the floor takes seconds: it is the floor all the same, tried or not.
        assert_eq!(on(100), (PasswordCost::LEAST, vec![dearest]));
        // What was expected to be fast enough and is not goes down, to the floor at last.
        let mut tried = Vec::new();
        let stuck = calibrate(|cost| {
            tried.push(cost);
            Ok(LONGEST + Duration::from_millis(1))
        });
        assert_eq!(stuck.unwrap(), PasswordCost::LEAST);
        assert_eq!(tried[..2], [dearest, second]);
    }

    #[test]
    fn every_step_costs_more_than_the_one_before_and_none_less_than_the_floor() {
        for pair in STEPS.windows(2) {
            assert!(pair[1].is_more_than(&pair[0].params().unwrap()), "{pair:?}");
            assert!(!pair[0].is_more_than(&pair[1].params().unwrap()));
        }
        assert!(STEPS.iter().all(|it| it.check().is_ok()));
        assert_eq!(STEPS[0], PasswordCost::LEAST);
    }

    #[test]
    fn a_cost_is_set_between_the_floor_and_what_is_reasonable() {
        for (memory, passes) in [(19, 2), (64, 3), (256, 10)] {
            assert_eq!(PasswordCost::new(memory, passes).check(), Ok(()));
        }
        for (memory, passes) in [(18, 2), (19, 1), (257, 2), (64, 11), (0, 0)] {
            let refused = PasswordCost::new(memory, passes).check().unwrap_err();
            assert!(refused.contains("`directory.password_cost`"), "{refused}");
        }
    }

    #[test]
    fn two_costs_of_which_neither_is_more_leave_each_others_hashes_alone() {
        let (wide, long) = (PasswordCost::new(64, 2), PasswordCost::new(32, 5));
        assert!(!wide.is_more_than(&long.params().unwrap()));
        assert!(!long.is_more_than(&wide.params().unwrap()));
        assert!(!wide.is_more_than(&wide.params().unwrap()));
    }

    #[test]
    fn a_cheaper_hash_and_what_is_missing_are_as_much_work_as_a_dear_one() {
        let (dear, cheap) = (PasswordCost::new(64, 3), PasswordCost::LEAST);
        let dearest = PasswordCost::new(256, 10);
        for (cost, whole, done) in [
            (dear, dear.work(), cheap),
            // A hash of before that cost more than today's is caught up with in today's memory.
            (cheap, dear.work(), cheap),
            (cheap, dearest.work(), cheap),
            (dear, dearest.work(), dear),
        ] {
            let done = done.params().unwrap();
            let missing = cost.missing(whole, &done).unwrap().unwrap();
            assert!(missing.m_cost() <= cost.memory_mib * 1024);
            let reached = work(&missing) + work(&done);
            let lacking = whole.checked_sub(reached).unwrap();
            assert!(lacking < u64::from(missing.t_cost()), "{lacking}");
        }
        let none = |cost: PasswordCost, whole, done: PasswordCost| {
            cost.missing(whole, &done.params().unwrap()).unwrap()
        };
        assert_eq!(none(dear, dear.work(), dear), None);
        assert_eq!(none(cheap, cheap.work(), dear), None);
    }
}
