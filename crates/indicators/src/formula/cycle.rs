//! Formulas that lead back to themselves.

use std::collections::{BTreeMap, BTreeSet};

use types::ids::IndicatorId;

use super::{Formula, Offset};

/// Which indicators each formula takes figures of the same period of. Figures of earlier
/// periods are no circle: time goes one way.
pub(crate) type Inputs = BTreeMap<IndicatorId, BTreeSet<IndicatorId>>;

impl Formula {
    /// Returns the indicators whose figures of the same period it takes.
    pub(crate) fn inputs_of_the_period(&self) -> BTreeSet<IndicatorId> {
        let now = self.references().into_iter();
        now.filter(|it| it.when == Offset::Same)
            .map(|it| it.indicator.clone())
            .collect()
    }
}

/// Returns the way from an indicator back to itself, with it at both ends.
pub(crate) fn find(start: &IndicatorId, inputs: &Inputs) -> Option<Vec<IndicatorId>> {
    let none = BTreeSet::new();
    let of = |id: &IndicatorId| inputs.get(id).unwrap_or(&none).iter();
    let mut seen = BTreeSet::new();
    // The way so far, each step with what is still to be tried from it.
    let mut way = vec![(start, of(start))];
    while let Some((_, open)) = way.last_mut() {
        match open.next() {
            None => {
                way.pop();
            }
            Some(next) if next == start => {
                let steps = way.iter().map(|(id, _)| (*id).clone());
                return Some(steps.chain([start.clone()]).collect());
            }
            Some(next) => {
                if seen.insert(next) {
                    way.push((next, of(next)));
                }
            }
        }
    }
    None
}

/// Writes a way: `a -> b -> a`.
pub(crate) fn written(way: &[IndicatorId]) -> String {
    let ids: Vec<_> = way.iter().map(IndicatorId::as_str).collect();
    ids.join(" -> ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(id: &str) -> IndicatorId {
        IndicatorId::new(id).unwrap()
    }

    fn inputs(formulas: &[(&str, &[&str])]) -> Inputs {
        let of = |to: &[&str]| to.iter().map(|it| id(it)).collect();
        formulas
            .iter()
            .map(|(from, to)| (id(from), of(to)))
            .collect()
    }

    #[test]
    fn a_circle_is_told_with_its_way() {
        let inputs = inputs(&[("a", &["x", "b"]), ("b", &["c"]), ("c", &["x", "a"])]);
        let way = find(&id("a"), &inputs).unwrap();
        assert_eq!(written(&way), "a -> b -> c -> a");
        assert_eq!(find(&id("x"), &inputs), None);
        let alone = super::tests::inputs(&[("a", &["a"])]);
        assert_eq!(written(&find(&id("a"), &alone).unwrap()), "a -> a");
    }

    #[test]
    fn two_ways_to_one_figure_are_no_circle() {
        let inputs = inputs(&[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"])]);
        assert_eq!(find(&id("a"), &inputs), None);
    }
}
