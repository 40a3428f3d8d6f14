//! Where the figures of an indicator do not go on with earlier ones: its owner says so, or
//! what is measured changed under the same name.

use std::collections::{BTreeMap, BTreeSet};

use types::{ids::IndicatorId, period::Period};

use super::{
    Comparison, Revision,
    standing::{Published, start},
};
use crate::formula::Formula;

/// Why figures of two periods are not compared, in both languages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Break {
    pub(crate) en: String,
    pub(crate) vi: String,
}

/// Returns why the figures of an indicator in two periods are not comparable; those of a
/// derived one are not when those of something it takes are not. `published` has
/// everything it leads to, or what lies further is not looked at.
pub(crate) fn break_between(
    published: &BTreeMap<IndicatorId, Published>,
    indicator: &IndicatorId,
    one: &Period,
    other: &Period,
) -> Option<Break> {
    let (mut open, mut seen) = (vec![indicator.clone()], BTreeSet::new());
    while let Some(id) = open.pop() {
        let Some(known) = published.get(&id).filter(|_| !seen.contains(&id)) else {
            continue;
        };
        if let Some(found) = known.break_between(one, other) {
            return Some(found);
        }
        let formulas = [one, other]
            .into_iter()
            .filter_map(|it| known.for_period(it));
        let formulas: Vec<Formula> = formulas.filter_map(|it| it.definition.formula()).collect();
        let taken = formulas.iter().flat_map(Formula::references);
        open.extend(taken.map(|it| it.indicator.clone()));
        seen.insert(id);
    }
    None
}

impl Published {
    /// Returns why the own figures of two periods are not comparable.
    pub(crate) fn break_between(&self, one: &Period, other: &Period) -> Option<Break> {
        let (one, other) = (self.for_period(one)?.number, self.for_period(other)?.number);
        let (first, last) = (one.min(other), one.max(other));
        // A revision that was replaced before any period counted by it says nothing.
        let counts = |it: &&Revision| {
            let next = self.revisions.iter().find(|next| next.number > it.number);
            next.is_none_or(|next| start(&next.first_period) != start(&it.first_period))
        };
        let between = self
            .revisions
            .iter()
            .filter(|it| (first..=last).contains(&it.number))
            .filter(counts);
        let between: Vec<_> = between.collect();
        between.windows(2).find_map(|it| breaks(it[0], it[1]))
    }
}

/// Returns why a revision does not go on with the one before it.
fn breaks(before: &Revision, after: &Revision) -> Option<Break> {
    let (old, new) = (&before.definition, &after.definition);
    let said = new.details.sets.iter().find_map(|entry| {
        let Comparison::Not(why) = &entry.comparison else {
            return None;
        };
        (!old.details.sets.contains(entry)).then_some(why)
    });
    if let Some(why) = said {
        return Some(Break {
            en: why.clone(),
            vi: why.clone(),
        });
    }
    if old.measure_unit != new.measure_unit {
        let (old, new) = (&old.measure_unit, &new.measure_unit);
        return Some(Break {
            en: format!("the unit of measure was `{old}` and is `{new}`"),
            vi: format!("đơn vị tính trước là “{old}”, nay là “{new}”"),
        });
    }
    (old.accumulation != new.accumulation).then(|| Break {
        en: "the figures count another stretch of time than before".into(),
        vi: "cách lũy kế của số liệu đã thay đổi".into(),
    })
}

#[cfg(test)]
mod tests {
    use super::{super::SetEntry, *};

    fn entry(set: &str, comparison: Comparison) -> SetEntry {
        SetEntry {
            set: set.into(),
            code: "1.2".into(),
            comparison,
        }
    }

    /// In the set of 2022, and from 2025 on in another one.
    fn published(comparison: Comparison, measure_unit: &str) -> Published {
        let mut first = Revision::of_test();
        (first.number, first.first_period) = (1, "2022".parse().unwrap());
        first.definition.details.sets = vec![entry("DTI-2022", Comparison::Open)];
        first.definition.measure_unit = "hồ sơ".into();
        let mut second = first.clone();
        (second.number, second.first_period) = (2, "2025".parse().unwrap());
        let entries = &mut second.definition.details.sets;
        entries.push(entry("DTI-2025", comparison));
        second.definition.measure_unit = measure_unit.into();
        let mut third = second.clone();
        (third.number, third.first_period) = (3, "2026".parse().unwrap());
        Published {
            revisions: vec![first, second, third],
            last_period: None,
        }
    }

    fn why(published: &Published, one: &str, other: &str) -> Option<String> {
        let found = published.break_between(&one.parse().unwrap(), &other.parse().unwrap());
        found.map(|it| it.vi)
    }

    #[test]
    fn what_its_owner_calls_not_comparable_breaks_where_that_was_first_said() {
        let reason = "thay đổi cách tính theo bộ chỉ số năm 2025";
        let changed = published(Comparison::Not(reason.into()), "hồ sơ");
        assert_eq!(why(&changed, "2024", "2025").as_deref(), Some(reason));
        assert_eq!(why(&changed, "2026", "2022").as_deref(), Some(reason));
        // On either side of the break figures are compared.
        assert_eq!(why(&changed, "2022", "2024"), None);
        assert_eq!(why(&changed, "2025", "2026"), None);
        let other = IndicatorId::new("ty-le-cu").unwrap();
        let goes_on = published(Comparison::With(other), "hồ sơ");
        assert_eq!(why(&goes_on, "2024", "2026"), None);
    }

    #[test]
    fn another_unit_of_measure_is_a_break_too_and_reaches_what_is_computed_from_it() {
        let changed = published(Comparison::Open, "nghìn hồ sơ");
        let told = why(&changed, "2024", "2025").unwrap();
        assert_eq!(told, "đơn vị tính trước là “hồ sơ”, nay là “nghìn hồ sơ”");
        let mut double = Revision::of_test();
        double.id = IndicatorId::new("gap-doi").unwrap();
        double.first_period = "2022".parse().unwrap();
        double.definition.details.collection = super::super::CollectionMode::Derived;
        double.definition.details.formula = "[ho-so] * 2".into();
        let double = Published {
            revisions: vec![double],
            last_period: None,
        };
        let id = |it: &str| IndicatorId::new(it).unwrap();
        let all = BTreeMap::from([(id("ho-so"), changed), (id("gap-doi"), double)]);
        let (one, other) = ("2024".parse().unwrap(), "2025".parse().unwrap());
        assert!(break_between(&all, &id("gap-doi"), &one, &other).is_some());
        assert_eq!(break_between(&all, &id("gap-doi"), &other, &other), None);
    }
}
