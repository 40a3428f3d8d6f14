//! What counts for a period: the revision in force for it.

use std::collections::{BTreeMap, BTreeSet};

use kit::Result;
use sea_orm::ConnectionTrait;
use types::{
    ids::{IndicatorId, Principal, SourceSystemId, ValueId},
    period::Period,
    quantity::{Content, Quantity, Value},
};

use super::{Definition, Manner, Revision, ValueKind, store};
use crate::{
    formula::check::Facts,
    reason::{CHOICE_UNKNOWN, CONNECTOR_ONLY},
    source_system,
};

/// The published revisions of an indicator, the oldest first, and where they end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Published {
    pub(crate) revisions: Vec<Revision>,
    pub(crate) last_period: Option<Period>,
}

impl Published {
    /// Returns the revision that counts for a period: the newest that begins no later than
    /// the period does, unless the indicator ended before the period does.
    pub(crate) fn for_period(&self, period: &Period) -> Option<&Revision> {
        if self
            .last_period
            .is_some_and(|last| end(&last) < end(period))
        {
            return None;
        }
        let mut newest_first = self.revisions.iter().rev();
        newest_first.find(|it| start(&it.first_period) <= start(period))
    }

    /// Returns the last period a revision counts for, when another one follows or the
    /// indicator ended.
    pub(crate) fn last_period_of(&self, number: i64) -> Option<Period> {
        let next = self.revisions.iter().find(|it| it.number > number);
        next.map_or(self.last_period, |next| before(&next.first_period))
    }
}

/// Returns when a period begins, in months that can be compared over years.
pub(crate) fn start(period: &Period) -> (i32, u32) {
    (period.year(), period.months().0)
}

/// Returns when a period ends.
pub(crate) fn end(period: &Period) -> (i32, u32) {
    (period.year(), period.months().1)
}

/// Returns the period of the same kind just before, or else the month before.
fn before(period: &Period) -> Option<Period> {
    let (year, month) = start(period);
    let month_before = || match month {
        1 => Period::of_month(year - 1, 12),
        _ => Period::of_month(year, month - 1),
    };
    period.previous().or_else(|| month_before().ok())
}

/// What was published of some indicators, and the machines that send their figures.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    pub(crate) published: BTreeMap<IndicatorId, Published>,
    pub(crate) connectors: BTreeMap<SourceSystemId, Principal>,
}

impl Definitions {
    /// Says whether there is such an indicator, published or not.
    pub(crate) fn knows(&self, id: &IndicatorId) -> bool {
        self.published.contains_key(id)
    }

    /// Returns the definition that counts for a period.
    pub(crate) fn for_period(&self, id: &IndicatorId, period: &Period) -> Option<&Definition> {
        let revision = self.published.get(id)?.for_period(period)?;
        Some(&revision.definition)
    }

    /// Returns how a figure is printed and looked at.
    pub(crate) fn manner(&self, id: &ValueId) -> Manner {
        let definition = self.for_period(&id.indicator, &id.period);
        definition.map(Definition::manner).unwrap_or_default()
    }

    /// Returns why a figure of an indicator and period is not taken from somebody.
    pub(crate) fn refusal(
        &self,
        (indicator, definition): (&IndicatorId, &Definition),
        principal: &Principal,
        quantity: &Quantity,
    ) -> Option<Refusal> {
        let (name, details) = (("indicator", indicator.name()), &definition.details);
        // A person may always put right what a machine sent.
        if let (Some(source), Principal::ServiceAccount(_)) = (&details.source_system, principal)
            && self.connectors.get(source) != Some(principal)
        {
            return Some((&CONNECTOR_ONLY, vec![name, ("principal", principal.name())]));
        }
        match quantity.content() {
            Content::Value(Value::Choice(choice))
                if definition.value_kind == ValueKind::Choice
                    && !details.choices.contains(choice) =>
            {
                let choices = details.choices.join("; ");
                let facts = [("choice", choice.clone()), ("choices", choices)];
                Some((&CHOICE_UNKNOWN, facts.into_iter().chain([name]).collect()))
            }
            _ => None,
        }
    }
}

/// Why a figure is not taken, with the facts of the text.
pub(crate) type Refusal = (&'static kit::Reason, Vec<(&'static str, String)>);

/// Reads what was published of the indicators there are: three questions, however many
/// they are.
pub(crate) async fn definitions(
    db: &impl ConnectionTrait,
    ids: &[&IndicatorId],
) -> Result<Definitions> {
    let published = store::published(db, ids).await?;
    let sources: BTreeSet<_> = published
        .values()
        .flat_map(|it| &it.revisions)
        .filter_map(|it| it.definition.details.source_system.as_ref())
        .collect();
    let sources: Vec<_> = sources.into_iter().collect();
    let connectors = source_system::store::connectors(db, &sources).await?;
    Ok(Definitions {
        published,
        connectors,
    })
}

impl Revision {
    /// Returns what a formula has to know.
    pub(crate) fn facts(&self) -> Facts {
        Facts {
            kind: self.definition.value_kind,
            accumulation: self.definition.accumulation,
            period_aggregation: self.definition.period_aggregation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn period(code: &str) -> Period {
        code.parse().unwrap()
    }

    fn published(firsts: &[&str], last: Option<&str>) -> Published {
        let revisions = (1..).zip(firsts).map(|(number, first)| {
            let mut revision = Revision::of_test();
            revision.number = number;
            revision.first_period = period(first);
            revision
        });
        Published {
            revisions: revisions.collect(),
            last_period: last.map(period),
        }
    }

    fn number(published: &Published, code: &str) -> Option<i64> {
        published.for_period(&period(code)).map(|it| it.number)
    }

    #[test]
    fn a_revision_counts_for_periods_that_begin_with_it_or_later() {
        let published = published(&["2022-h1", "2023-q3", "2023-q3"], Some("2025"));
        assert_eq!(number(&published, "2021"), None);
        assert_eq!(number(&published, "2022-m01"), Some(1));
        assert_eq!(number(&published, "2022"), Some(1));
        // The year began under the first revision.
        assert_eq!(number(&published, "2023"), Some(1));
        assert_eq!(number(&published, "2023-h2"), Some(3));
        assert_eq!(number(&published, "2025-m12"), Some(3));
        assert_eq!(number(&published, "2026-m01"), None);
    }

    #[test]
    fn a_revision_ends_where_the_next_begins_and_the_last_with_the_indicator() {
        let published = published(&["2022-h1", "2023-9m"], Some("2025"));
        let last = |number| published.last_period_of(number).unwrap().to_string();
        assert_eq!(last(1), "2022-m12");
        assert_eq!(last(2), "2025");
        let published = super::tests::published(&["2022-h1", "2023-h2"], None);
        assert_eq!(published.last_period_of(1), Some(period("2023-h1")));
        assert_eq!(published.last_period_of(2), None);
    }
}
