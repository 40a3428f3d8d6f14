//! What may be done with the money of a project in each of its states.
//!
//! The order is that of the work: the project is approved, then money is assigned, then
//! contracts are signed and paid, then the work is handed over, then it is settled ("quyết định
//! đầu tư → kế hoạch vốn → giao dự toán → tạm ứng, thanh toán → nghiệm thu, bàn giao → quyết
//! toán"). What only takes money back, or puts an entry right, may be done in every state.

use chrono::NaiveDate;
use kit::{Error, Result};
use sea_orm::ConnectionTrait;
use types::ids::ProjectId;

use super::{Project, State, state::stands_in_one_of, store};

/// Something that is done with money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// States what is needed: opens and changes lines.
    Plan,
    /// Asks for more, and says what is thought of that.
    Ask,
    /// Grants money, approves a request for it, or reverses a recall of it.
    Grant,
    /// Lets a line spend ahead of its allocation.
    Permit,
    /// Moves money to another year or unit of the same project.
    Move,
    /// Signs a contract or raises one.
    Commit,
    /// Advances money, or pays without a contract.
    Spend,
    /// Pays under a contract that was signed before.
    PayContract,
    /// Settles a line.
    Settle,
    /// Takes money back, recovers an advance, lowers a contract, covers what lost its decision,
    /// refuses a request, or reverses an entry other than a recall.
    Lower,
}

impl Act {
    /// Returns the states of the project in which it may be done: the whole table.
    ///
    /// - PROPOSED: nothing was decided, so needs are stated and money is asked for, no more.
    /// - APPROVED, IN_PROGRESS: everything.
    /// - SUSPENDED: no new money, no new contract, no payment. What is left at the end of a year
    ///   may move on, and the year is settled.
    /// - COMPLETED: nothing new is begun. What was signed is still paid, and completed work that
    ///   was not fully funded is still granted money, as capital plans do.
    /// - CANCELLED: money only comes back, and lines are settled.
    pub(crate) fn states(self) -> &'static [State] {
        use State::{Approved, Cancelled, Completed, InProgress, Proposed, Suspended};
        match self {
            Self::Plan | Self::Ask => &[Proposed, Approved, InProgress, Suspended, Completed],
            Self::Grant | Self::PayContract => &[Approved, InProgress, Completed],
            Self::Permit | Self::Commit | Self::Spend => &[Approved, InProgress],
            Self::Move => &[Approved, InProgress, Suspended, Completed],
            Self::Settle => &[Approved, InProgress, Suspended, Completed, Cancelled],
            Self::Lower => &State::ALL,
        }
    }
}

/// Requires that something may be done with the money of a project. Whoever asks has taken the
/// row of the project, so its state does not move before the entry is written.
pub(crate) async fn allows(db: &impl ConnectionTrait, id: &ProjectId, act: Act) -> Result<()> {
    let project = store::find(db, id).await?;
    let project = project.ok_or_else(|| Error::internal(format!("`{id}` is gone")))?;
    stands_in_one_of(&project, act.states())
}

/// Requires that money may go out on a day. What was paid up to the day a project was completed
/// is entered also afterwards.
pub(crate) fn allows_on(project: &Project, act: Act, day: NaiveDate) -> Result<()> {
    let standing = &project.standing;
    let was_under_way = standing.actual_end.is_some_and(|end| day <= end);
    if standing.state == State::Completed && was_under_way {
        return Ok(());
    }
    stands_in_one_of(project, act.states())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The table as it was decided; a change of it is a change of this picture.
    #[test]
    fn the_table_of_what_may_be_done_in_which_state() {
        use Act::{Ask, Commit, Grant, Lower, Move, PayContract, Permit, Plan, Settle, Spend};
        let acts = [
            Plan,
            Ask,
            Grant,
            Permit,
            Move,
            Commit,
            Spend,
            PayContract,
            Settle,
            Lower,
        ];
        let mut table = String::new();
        for act in acts {
            let marks = State::ALL.map(|it| match act.states().contains(&it) {
                true => "x",
                false => "-",
            });
            table += &format!("{act:?} {}\n", marks.concat());
        }
        // PROPOSED, APPROVED, IN_PROGRESS, SUSPENDED, COMPLETED, CANCELLED.
        let expected = "Plan xxxxx-\nAsk xxxxx-\nGrant -xx-x-\nPermit -xx---\nMove -xxxx-\n\
             Commit -xx---\nSpend -xx---\nPayContract -xx-x-\nSettle -xxxxx\nLower xxxxxx\n";
        assert_eq!(table, expected);
    }
}
