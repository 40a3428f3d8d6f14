//! What units come to: points, maximum, grade and place, out of figures and what was
//! verified. Nothing here reads a database.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use types::{decimal::Decimal, ids::UnitId};

use super::{
    entry::{Claim, Entered, Entries},
    scoring::{Figures, Input, Judged, Remark, Verdict, judge},
};
use crate::{
    criteria_set::{
        Content,
        content::{Body, GroupKind, Tree},
        rule::Rule,
    },
    formula::Number,
    ranking::{MissingScores, Place, RankedBy, Ranking},
    reason::{BONUS_CAPPED, EVIDENCE_NOT_THERE, NOTHING_TO_RANK_BY},
};

/// Digits after the comma of a percentage that is shown.
const PERCENT_SCALE: u8 = 2;
/// The finest number there is.
const FINEST: u8 = 6;

/// What one unit has come to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    pub(crate) lines: Vec<Line>,
    pub(crate) points: Decimal,
    pub(crate) maximum: Decimal,
    /// Nothing while scores are missing, and when nothing concerns the unit.
    pub(crate) percent: Option<Decimal>,
    pub(crate) self_points: Decimal,
    pub(crate) missing: usize,
    pub(crate) grade: Option<String>,
    pub(crate) place: Option<Place>,
    pub(crate) previous_rank: Option<usize>,
    /// Why the place is not compared with the previous one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) not_comparable: Option<Remark>,
}

/// Places of an earlier scorecard.
#[derive(Debug, Default)]
pub(super) struct Previous {
    pub(super) ranks: BTreeMap<UnitId, usize>,
    /// Why they are not compared with the places now.
    pub(super) not_comparable: Option<Remark>,
}

/// What one line of the set came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) maximum: Option<Decimal>,
    /// Below 0 where points are taken away.
    pub(crate) score: Option<Decimal>,
    pub(crate) basis: Basis,
    pub(crate) computed: Option<Decimal>,
    pub(crate) inputs: Vec<Input>,
    pub(crate) remarks: Vec<Remark>,
}

/// What a score rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Basis {
    Missing,
    Computed,
    Verified,
    NotApplicable,
    Group,
    Unscored,
}

/// Other maxima, by key of the line, to try what would be.
pub(crate) type Weights = BTreeMap<String, Decimal>;

/// Scores units by one set.
#[derive(Debug)]
pub(super) struct Scorer<'a> {
    content: &'a Content,
    ranking: Ranking,
    tree: Tree<'a>,
    /// By how much the points of each line are changed.
    factors: Vec<Option<Number>>,
    weights: &'a Weights,
}

/// A unit that was scored and has no place yet.
struct Scored {
    outcome: Outcome,
    /// What it is ranked by; nothing while scores are missing.
    total: Option<Number>,
}

/// Adds up lines.
#[derive(Debug, Default)]
struct Sum {
    points: Number,
    maximum: Number,
    self_points: Number,
    missing: usize,
    known: usize,
}

impl<'a> Scorer<'a> {
    /// Prepares to score by a set, under other maxima and another ranking if they are tried.
    pub(super) fn new(content: &'a Content, weights: &'a Weights, ranking: Ranking) -> Self {
        let tree = Tree::new(&content.criteria);
        let mut scorer = Self {
            content,
            ranking,
            factors: vec![None; content.criteria.len()],
            tree,
            weights,
        };
        scorer.weigh();
        scorer
    }

    /// Works out how the points of each line change: by its own weight, and by that of the
    /// groups it is in.
    fn weigh(&mut self) {
        let top = self.tree.top().iter().map(|it| (*it, None));
        let mut open: Vec<(usize, Option<Number>)> = top.collect();
        while let Some((index, above)) = open.pop() {
            let criterion = &self.content.criteria[index];
            let is_cap = matches!(
                criterion.body,
                Body::Group(GroupKind::Bonus | GroupKind::Penalty | GroupKind::Unscored)
            );
            let own = self.weights.get(&criterion.key).filter(|_| !is_cap);
            let before = self.tree.maximum(index).filter(|it| !it.is_zero());
            let factor = match (own, before) {
                // What is said of a line itself counts, not what is said of its groups.
                (Some(weight), Some(before)) => Number::from(*weight).divide(&before.into()),
                _ => above,
            };
            let children = self.tree.children(index).iter();
            open.extend(children.map(|it| (*it, factor.clone())));
            self.factors[index] = factor;
        }
    }

    /// Scores units, each with its figures and entries, and puts them in order.
    pub(super) fn score(
        &self,
        units: &[(&UnitId, Figures<'_>, &Entries)],
        previous: &Previous,
    ) -> Vec<Outcome> {
        let scored: Vec<_> = units
            .iter()
            .map(|(_, figures, entries)| self.one(figures, entries))
            .collect();
        let totals: Vec<_> = scored.iter().map(|it| it.total.clone()).collect();
        let places = self.ranking.places(&totals);
        let units = units.iter().map(|(unit, ..)| *unit);
        let ranked = units.zip(scored).zip(places);
        ranked
            .map(|((unit, scored), place)| Outcome {
                place,
                previous_rank: previous.ranks.get(unit).copied(),
                not_comparable: previous
                    .not_comparable
                    .clone()
                    .filter(|_| previous.ranks.contains_key(unit)),
                ..scored.outcome
            })
            .collect()
    }

    fn one(&self, figures: &Figures<'_>, entries: &Entries) -> Scored {
        let mut lines = vec![None; self.content.criteria.len()];
        let mut sum = Sum::default();
        for index in self.tree.top() {
            sum.take(&self.line(*index, figures, entries, &mut lines));
        }
        let is_known = sum.missing == 0 || self.ranking.missing == MissingScores::AsZero;
        let hundred = Number::from(100);
        let exact = sum.points.multiply(&hundred);
        let has_maximum = !sum.maximum.is_zero();
        let exact = exact.filter(|_| has_maximum && is_known);
        let exact = exact.and_then(|it| it.divide(&sum.maximum));
        let total = match self.ranking.by {
            RankedBy::Points => is_known.then(|| sum.points.clone()),
            RankedBy::Percent => exact.clone(),
        };
        let mut lines: Vec<Line> = lines.into_iter().flatten().collect();
        if !has_maximum && let Some(first) = lines.first_mut() {
            first.remarks.push(Remark::new(&NOTHING_TO_RANK_BY, &[]));
        }
        let outcome = Outcome {
            lines,
            points: finest(&sum.points, self.content.score_scale),
            maximum: finest(&sum.maximum, self.content.score_scale),
            percent: exact.and_then(|it| it.to_decimal(PERCENT_SCALE)),
            self_points: finest(&sum.self_points, self.content.score_scale),
            missing: sum.missing,
            grade: total.as_ref().and_then(|it| self.grade(it)),
            place: None,
            previous_rank: None,
            not_comparable: None,
        };
        Scored { outcome, total }
    }

    /// Returns the highest grade a total reaches, rounded as it is ranked.
    fn grade(&self, total: &Number) -> Option<String> {
        let total = total.round(self.ranking.scale)?;
        let mut grades = self.content.grades.iter();
        let reached = grades.find(|it| total >= it.at_least.into());
        reached.map(|it| it.label.clone())
    }

    /// Scores a line and those in it, and returns what they add.
    fn line(
        &self,
        index: usize,
        figures: &Figures<'_>,
        entries: &Entries,
        lines: &mut [Option<Line>],
    ) -> Sum {
        match &self.content.criteria[index].body {
            Body::Group(kind) => {
                let mut sum = Sum::default();
                for child in self.tree.children(index) {
                    sum.take(&self.line(*child, figures, entries, lines));
                }
                lines[index] = Some(self.close_group(index, *kind, &mut sum));
                sum
            }
            Body::Rule(rule) => {
                let leaf = self.leaf(index, rule, figures, entries);
                let sum = self.sum_of(index, &leaf);
                lines[index] = Some(leaf.line);
                sum
            }
        }
    }

    /// Ends a group: what is beyond its cap does not count, and what is worth 0 adds nothing.
    fn close_group(&self, index: usize, kind: GroupKind, sum: &mut Sum) -> Line {
        let criterion = &self.content.criteria[index];
        let cap = self.weights.get(&criterion.key).copied();
        let cap = cap.or(criterion.max_score).map(Number::from);
        let scale = self.content.score_scale;
        let mut remarks = Vec::new();
        let earned = sum.points.clone();
        match (kind, cap) {
            (GroupKind::Bonus, Some(cap)) => {
                if earned > cap {
                    let sum = finest(&earned, scale);
                    let most = finest(&cap, scale);
                    let facts = [
                        ("sum_en", sum.to_string()),
                        ("sum_vi", sum.to_vietnamese()),
                        ("cap_en", most.to_string()),
                        ("cap_vi", most.to_vietnamese()),
                    ];
                    remarks.push(Remark::new(&BONUS_CAPPED, &facts));
                }
                sum.points = earned.min(cap.clone());
                sum.self_points = std::mem::take(&mut sum.self_points).min(cap);
            }
            (GroupKind::Penalty, Some(cap)) => {
                let most = cap.negate();
                sum.points = earned.max(most.clone());
                sum.self_points = std::mem::take(&mut sum.self_points).max(most);
            }
            (GroupKind::Unscored, _) => *sum = Sum::default(),
            _ => {}
        }
        let is_empty = sum.known == 0 && sum.missing > 0;
        let maximum = match kind {
            GroupKind::Counted if self.tree.under(index) == GroupKind::Counted => {
                Some(finest(&sum.maximum, scale))
            }
            GroupKind::Unscored => Some(Decimal::ZERO),
            _ => self
                .weights
                .get(&criterion.key)
                .copied()
                .or(self.tree.maximum(index)),
        };
        Line {
            key: criterion.key.clone(),
            maximum,
            score: (!is_empty).then(|| finest(&sum.points, scale)),
            basis: Basis::Group,
            computed: None,
            inputs: Vec::new(),
            remarks,
        }
    }

    fn leaf(&self, index: usize, rule: &Rule, figures: &Figures<'_>, entries: &Entries) -> Leaf {
        let criterion = &self.content.criteria[index];
        let Judged {
            verdict,
            inputs,
            mut remarks,
        } = judge(criterion, rule, figures);
        let computed = match &verdict {
            Verdict::Points(points) => Some(self.written(index, points)),
            _ => None,
        };
        let by_data = match &verdict {
            Verdict::Points(_) => Basis::Computed,
            Verdict::NotApplicable => Basis::NotApplicable,
            Verdict::Open | Verdict::Missing => Basis::Missing,
            Verdict::Unscored => Basis::Unscored,
        };
        let entered = |entry: &Entered| match entry.claim {
            Claim::Points(points) => (Basis::Verified, Some(self.written(index, &points.into()))),
            Claim::NotApplicable => (Basis::NotApplicable, None),
        };
        let verified = entries.verified.get(&criterion.key).map(entered);
        let claimed = entries.own.get(&criterion.key).map(entered);
        let (basis, points) = verified.unwrap_or((by_data, computed));
        let (own_basis, own_points) = claimed.unwrap_or((by_data, computed));
        let maximum = match basis {
            Basis::NotApplicable => Some(Decimal::ZERO),
            _ => self.maximum(index),
        };
        let own = entries.own.get(&criterion.key);
        let is_proved = own.is_some_and(|it| !it.evidence.is_empty());
        let earns = basis == Basis::Computed && points.is_some_and(|it| !it.is_zero());
        if criterion.evidence_required && earns && !is_proved {
            let hint = ("hint", criterion.evidence_hint.clone());
            remarks.push(Remark::new(&EVIDENCE_NOT_THERE, &[hint]));
        }
        let is_penalty = self.tree.under(index) == GroupKind::Penalty;
        let signed = |it: Decimal| if is_penalty { negated(it) } else { it };
        Leaf {
            own_points: own_points.filter(|_| own_basis != Basis::NotApplicable),
            line: Line {
                key: criterion.key.clone(),
                maximum,
                score: points.map(signed),
                basis,
                computed: computed.map(signed),
                inputs,
                remarks,
            },
        }
    }

    /// Returns what a leaf adds: bonus and penalties no maximum, what is not scored nothing.
    fn sum_of(&self, index: usize, leaf: &Leaf) -> Sum {
        let mut sum = Sum::default();
        let under = self.tree.under(index);
        let is_counted = under == GroupKind::Counted;
        if under == GroupKind::Unscored || leaf.line.basis == Basis::Unscored {
            return sum;
        }
        if let Some(score) = leaf.line.score {
            add(&mut sum.points, &score.into());
            sum.known = 1;
        }
        if let Some(own) = leaf.own_points {
            let own = Number::from(own);
            let is_penalty = under == GroupKind::Penalty;
            let own = if is_penalty { own.negate() } else { own };
            add(&mut sum.self_points, &own);
        }
        if is_counted {
            if leaf.line.basis == Basis::Missing {
                sum.missing = 1;
            }
            if let Some(maximum) = leaf.line.maximum {
                add(&mut sum.maximum, &maximum.into());
            }
        }
        sum
    }

    /// Returns the maximum of a leaf, as it is tried.
    fn maximum(&self, index: usize) -> Option<Decimal> {
        let maximum = self.tree.maximum(index)?;
        match &self.factors[index] {
            None => Some(maximum),
            Some(factor) => Number::from(maximum).multiply(factor)?.to_decimal(FINEST),
        }
    }

    /// Rounds points, once, as the set says.
    fn written(&self, index: usize, points: &Number) -> Decimal {
        let changed = match &self.factors[index] {
            None => Some(points.clone()),
            Some(factor) => points.multiply(factor),
        };
        let written = changed.and_then(|it| it.to_decimal(self.content.score_scale));
        // Points are at most a million times what is tried, which can always be written.
        written.unwrap_or(Decimal::ZERO)
    }
}

/// A line that holds no others, and what the unit claims for it.
struct Leaf {
    line: Line,
    own_points: Option<Decimal>,
}

impl Sum {
    fn take(&mut self, other: &Self) {
        add(&mut self.points, &other.points);
        add(&mut self.maximum, &other.maximum);
        add(&mut self.self_points, &other.self_points);
        self.missing += other.missing;
        self.known += other.known;
    }
}

/// Five hundred lines of a million points each are far from what is too great.
fn add(sum: &mut Number, other: &Number) {
    if let Some(more) = sum.add(other) {
        *sum = more;
    }
}

/// Writes a sum of rounded points, which needs no rounding.
fn finest(number: &Number, scale: u8) -> Decimal {
    let exact = number.to_exact_decimal(scale);
    exact
        .or_else(|| number.to_decimal(FINEST))
        .unwrap_or(Decimal::ZERO)
}

fn negated(points: Decimal) -> Decimal {
    Decimal::ZERO.checked_sub(points).unwrap_or(points)
}

#[cfg(test)]
mod tests;
