//! The word that stands in a column for one of a closed set of meanings.

use kit::{Error, Result};
use types::{
    aggregate::Aggregation,
    quantity::{Absence, Qualifier},
};

use crate::{
    indicator::{Accumulation, Direction, State, ValueKind},
    value::{SourceKind, ValueState, lock::LockState},
};

/// A meaning that is kept as a word. Words never change: rows hold them.
pub(crate) trait Code: Sized {
    /// Returns the word.
    fn code(&self) -> &'static str;

    /// Reads the word back.
    fn read(code: &str) -> Result<Self>;
}

macro_rules! codes {
    ($($meaning:ident { $($variant:ident = $code:literal,)* })*) => {$(
        impl Code for $meaning {
            fn code(&self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            fn read(code: &str) -> Result<Self> {
                match code {
                    $($code => Ok(Self::$variant),)*
                    other => {
                        let meaning = stringify!($meaning);
                        Err(Error::internal(format!("`{other}` is no word for {meaning}")))
                    }
                }
            }
        }
    )*};
}

codes! {
    ValueKind {
        Count = "count",
        Decimal = "decimal",
        Ratio = "ratio",
        Money = "amount-vnd",
        Flag = "flag",
        Choice = "choice",
        Score = "score",
        Rank = "rank",
        Text = "text",
    }
    State {
        Draft = "draft",
        Active = "active",
        Retired = "retired",
    }
    Accumulation {
        InPeriod = "in-period",
        YearToDate = "year-to-date",
        SinceStart = "since-start",
        AtDate = "at-date",
    }
    Direction {
        HigherIsBetter = "higher",
        LowerIsBetter = "lower",
        Neutral = "neutral",
    }
    Aggregation {
        Sum = "sum",
        RatioOfSums = "ratio-of-sums",
        Min = "min",
        Max = "max",
        Latest = "latest",
        CountTrue = "count-true",
        None = "none",
    }
    Absence {
        NotArisen = "not-arisen",
        NotImplemented = "not-implemented",
        InProgress = "in-progress",
        None = "none",
        NotApplicable = "not-applicable",
        NotCollected = "not-collected",
    }
    Qualifier {
        Exact = "exact",
        About = "about",
        MoreThan = "more-than",
        LessThan = "less-than",
        Nearly = "nearly",
        AtLeast = "at-least",
        AtMost = "at-most",
        Estimated = "estimated",
    }
    SourceKind {
        Manual = "manual",
        Ingested = "ingested",
        Imported = "imported",
        Derived = "derived",
        Consolidated = "consolidated",
    }
    ValueState {
        Rejected = "rejected",
        Draft = "draft",
        Submitted = "submitted",
        Accepted = "accepted",
    }
    LockState {
        Released = "released",
        Held = "held",
        Accepted = "accepted",
    }
}
