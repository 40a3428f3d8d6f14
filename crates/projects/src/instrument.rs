//! The decrees under which projects are decided, as dated data.
//!
//! Decrees follow each other, and a project goes on under the one it was decided by
//! (NĐ 224/2026/NĐ-CP, Điều 91). Only what was read is written down in the book; what was
//! not read is said to be not known, and no threshold and no step is made up for it.

use chrono::NaiveDate;
use kit::{Error, Result};
use serde::Serialize;
use types::money::Money;

use crate::reason::{LEGAL_INSTRUMENT_NOT_IN_FORCE, LEGAL_INSTRUMENT_UNCLEAR};

mod book;
pub(crate) mod rpc;

pub(crate) use book::ALL;

/// A decree.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Instrument {
    pub(crate) id: &'static str,
    pub(crate) number: &'static str,
    pub(crate) issued: NaiveDate,
    /// First day in force, where that was read.
    pub(crate) effective: Option<NaiveDate>,
    /// A day on which it was surely in force, where the first one was not read.
    pub(crate) in_force_by: Option<NaiveDate>,
    pub(crate) end: Option<NaiveDate>,
    pub(crate) ended_by: &'static str,
    pub(crate) amends: &'static str,
    pub(crate) thresholds: &'static [Threshold],
    pub(crate) steps: &'static [NamedStep],
    pub(crate) note: &'static str,
    pub(crate) note_vi: &'static str,
}

/// What a decree asks of works of one size.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    pub(crate) funding: FundingKind,
    pub(crate) above: Option<Money>,
    pub(crate) up_to: Option<Money>,
    pub(crate) procedure: Procedure,
    /// First day on which it no longer counts, though the decree still does.
    pub(crate) end: Option<NaiveDate>,
}

/// What has to be drawn up for a project, as far as that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Procedure {
    pub(crate) kind: Option<ProcedureKind>,
    pub(crate) group: &'static str,
    pub(crate) evidence: Option<Evidence>,
    pub(crate) note: &'static str,
    pub(crate) note_vi: &'static str,
}

/// A step a decree names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NamedStep {
    pub(crate) key: &'static str,
    pub(crate) phase: Phase,
    pub(crate) title: &'static str,
    pub(crate) procedure: ProcedureKind,
    pub(crate) known_to_be_required: bool,
    pub(crate) basis: &'static str,
    pub(crate) evidence: Evidence,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum FundingKind {
    Investment,
    Recurrent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcedureKind {
    Estimate,
    Outline,
    Project,
}

/// How well a fact of the law is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Evidence {
    Read,
    Secondary,
    General,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum Phase {
    Preparation,
    Execution,
    Completion,
}

/// Whether a decree was in force on a day, as far as its days are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Force {
    Surely,
    Perhaps,
    No,
}

/// Finds a decree by its id.
pub(crate) fn find(id: &str) -> Option<&'static Instrument> {
    ALL.iter().find(|it| it.id == id)
}

/// Asks for the decrees.
#[derive(Debug)]
pub(crate) struct ListInstruments {
    pub(crate) as_of: Option<NaiveDate>,
}

impl ListInstruments {
    /// Lists the decrees, the oldest first: the law is common to all who are signed in.
    pub(crate) fn answer(&self) -> Vec<&'static Instrument> {
        let open = |it: &&Instrument| self.as_of.is_none_or(|day| it.may_be_in_force(day));
        ALL.iter().filter(open).collect()
    }
}

/// Returns the decree by which something decided on a day goes on: the one that is named,
/// or the newest that was in force. None when the day is before all that are known.
pub(crate) fn decided_under(
    day: NaiveDate,
    named: Option<&'static Instrument>,
) -> Result<Option<&'static Instrument>> {
    if let Some(named) = named {
        if named.may_be_in_force(day) {
            return Ok(Some(named));
        }
        let facts = [
            ("instrument", named.number.to_owned()),
            ("date", day.to_string()),
            (
                "in_force",
                numbers(ALL.iter().filter(|it| it.may_be_in_force(day))),
            ),
        ];
        return Err(Error::rule(&LEGAL_INSTRUMENT_NOT_IN_FORCE, facts));
    }
    let mut possible: Vec<_> = ALL.iter().filter(|it| it.may_be_in_force(day)).collect();
    possible.sort_by_key(|it| it.issued);
    match possible.last() {
        None => Ok(None),
        Some(newest) if newest.force(day) == Force::Surely => Ok(Some(newest)),
        Some(_) => {
            let facts = [
                ("date", day.to_string()),
                ("candidates", numbers(possible.into_iter())),
            ];
            Err(Error::rule(&LEGAL_INSTRUMENT_UNCLEAR, facts))
        }
    }
}

fn numbers<'a>(instruments: impl Iterator<Item = &'a Instrument>) -> String {
    let numbers: Vec<_> = instruments.map(|it| it.number).collect();
    match numbers.is_empty() {
        true => "–".to_owned(),
        false => numbers.join(", "),
    }
}

impl Instrument {
    pub(crate) fn name(&self) -> String {
        format!("legalInstruments/{}", self.id)
    }

    fn may_be_in_force(&self, day: NaiveDate) -> bool {
        self.force(day) != Force::No
    }

    fn force(&self, day: NaiveDate) -> Force {
        if self.end.is_some_and(|end| day >= end) {
            return Force::No;
        }
        let surely_from = self.effective.or(self.in_force_by);
        if surely_from.is_some_and(|from| day >= from) {
            return Force::Surely;
        }
        // A decree whose first day was not read may count from the day it was issued.
        match self.effective {
            None if day >= self.issued => Force::Perhaps,
            _ => Force::No,
        }
    }

    /// Returns what the decree asks of works of a size that were decided on a day.
    pub(crate) fn procedure(
        &self,
        day: NaiveDate,
        funding: Option<FundingKind>,
        amount: Option<Money>,
    ) -> Procedure {
        let (Some(funding), Some(amount)) = (funding, amount) else {
            return Procedure::unknown(
                "the kind of money or the estimate is not given",
                "chưa nêu loại kinh phí hoặc tổng mức, dự toán",
            );
        };
        let fits = |it: &&Threshold| {
            it.funding == funding
                && it.above.is_none_or(|above| amount > above)
                && it.up_to.is_none_or(|up_to| amount <= up_to)
                && it.end.is_none_or(|end| day < end)
        };
        let found = self.thresholds.iter().find(fits);
        found.map_or_else(
            || {
                Procedure::unknown(
                    "the threshold of this decree for such works was not read",
                    "chưa đọc được ngưỡng của văn bản này cho loại công việc như vậy",
                )
            },
            |it| it.procedure,
        )
    }

    /// Returns the steps the decree names for works of a procedure. Without a known
    /// procedure none is known.
    pub(crate) fn steps_of(
        &self,
        procedure: Procedure,
    ) -> impl Iterator<Item = &'static NamedStep> {
        let steps = self.steps.iter();
        steps.filter(move |it| procedure.kind == Some(it.procedure))
    }
}

impl Procedure {
    const fn unknown(note: &'static str, note_vi: &'static str) -> Self {
        Self {
            kind: None,
            group: "",
            evidence: None,
            note,
            note_vi,
        }
    }
}

impl FundingKind {
    pub(crate) const ALL: [Self; 2] = [Self::Investment, Self::Recurrent];

    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Investment => "investment",
            Self::Recurrent => "recurrent",
        }
    }
}

impl Phase {
    pub(crate) const ALL: [Self; 3] = [Self::Preparation, Self::Execution, Self::Completion];

    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Preparation => "preparation",
            Self::Execution => "execution",
            Self::Completion => "completion",
        }
    }
}

#[cfg(test)]
mod tests;
