//! What a criteria set says: its criteria as a tree, its grades, its way of ranking.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};
use types::{decimal::Decimal, document_number::DocumentNumber, ids::UnitId, quantity::Absence};

use super::rule::Rule;
use crate::ranking::Ranking;

/// What its issuer says about a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) display_name: String,
    pub(crate) issuer_unit: UnitId,
    pub(crate) document_number: Option<DocumentNumber>,
    pub(crate) document_date: Option<NaiveDate>,
    /// Levels of units it is for; none = any.
    pub(crate) levels: Vec<Level>,
    pub(crate) source: String,
    /// Points to be had without bonus, as the document says.
    pub(crate) max_score: Option<Decimal>,
    /// Digits after the comma of every score.
    pub(crate) score_scale: u8,
    pub(crate) criteria: Vec<Criterion>,
    pub(crate) grades: Vec<Grade>,
    pub(crate) ranking: Ranking,
}

/// A level of units, as the directory tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Level {
    Province,
    Department,
    District,
    Commune,
    Ward,
    SpecialZone,
    Subordinate,
    PublicService,
    PartyOrgan,
    Other,
}

/// One line of a set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Criterion {
    pub(crate) key: String,
    pub(crate) parent: Option<String>,
    pub(crate) title: String,
    pub(crate) max_score: Option<Decimal>,
    pub(crate) body: Body,
    pub(crate) absences: Vec<AbsenceRule>,
    pub(crate) guidance: String,
    pub(crate) evidence_hint: String,
    pub(crate) evidence_required: bool,
    pub(crate) verifier_unit: Option<UnitId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Body {
    Group(GroupKind),
    Rule(Rule),
}

/// How the points of a group count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum GroupKind {
    Counted,
    /// Added to the points and not to the maximum.
    Bonus,
    /// Taken away.
    Penalty,
    /// Shown and worth 0.
    Unscored,
}

/// What it means when a figure is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AbsenceRule {
    pub(crate) absence: Absence,
    pub(crate) then: Then,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Then {
    /// The criterion does not concern the unit.
    LeaveOut,
    Points(Decimal),
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grade {
    pub(crate) at_least: Decimal,
    pub(crate) label: String,
}

impl Criterion {
    pub(crate) fn rule(&self) -> Option<&Rule> {
        match &self.body {
            Body::Rule(rule) => Some(rule),
            Body::Group(_) => None,
        }
    }

    /// Says whether the set lets it be out of the question for a unit.
    pub(crate) fn may_be_left_out(&self) -> bool {
        self.absences.iter().any(|it| it.then == Then::LeaveOut)
    }
}

/// The criteria as a tree. Only a set without circles and unknown parents has one.
#[derive(Debug)]
pub(crate) struct Tree<'a> {
    criteria: &'a [Criterion],
    top: Vec<usize>,
    children: Vec<Vec<usize>>,
    /// The group kind each line stands under; a plain line counts.
    under: Vec<GroupKind>,
}

impl<'a> Tree<'a> {
    /// Puts the criteria of a checked set under each other. A line whose parent is not there
    /// stands at the top, one in a circle nowhere.
    pub(crate) fn new(criteria: &'a [Criterion]) -> Self {
        let places = places(criteria);
        let (mut top, mut children) = (Vec::new(), vec![Vec::new(); criteria.len()]);
        for (index, criterion) in criteria.iter().enumerate() {
            let parent = criterion.parent.as_deref();
            match parent.and_then(|it| places.get(it)) {
                Some(parent) => children[*parent].push(index),
                None => top.push(index),
            }
        }
        let mut tree = Self {
            criteria,
            top,
            children,
            under: vec![GroupKind::Counted; criteria.len()],
        };
        tree.mark();
        tree
    }

    /// Notes under which kind of group each line stands, from the top down.
    fn mark(&mut self) {
        let mut open: Vec<_> = self
            .top
            .iter()
            .map(|it| (*it, GroupKind::Counted))
            .collect();
        while let Some((index, above)) = open.pop() {
            let kind = match self.criteria[index].body {
                Body::Group(kind) if kind != GroupKind::Counted => kind,
                _ => above,
            };
            self.under[index] = kind;
            open.extend(self.children[index].iter().map(|it| (*it, kind)));
        }
    }

    pub(crate) fn criteria(&self) -> &'a [Criterion] {
        self.criteria
    }

    pub(crate) fn top(&self) -> &[usize] {
        &self.top
    }

    pub(crate) fn children(&self, index: usize) -> &[usize] {
        &self.children[index]
    }

    /// Returns the kind of the nearest group that is not plain, the line itself included.
    pub(crate) fn under(&self, index: usize) -> GroupKind {
        self.under[index]
    }

    /// Returns the points to be had for a line: as it says, or those of its children. Nothing
    /// where nothing bounds them, and where they are too many to be written.
    pub(crate) fn maximum(&self, index: usize) -> Option<Decimal> {
        let criterion = &self.criteria[index];
        match criterion.body {
            Body::Group(GroupKind::Unscored) => Some(Decimal::ZERO),
            Body::Group(kind) => match (criterion.max_score, kind) {
                (Some(declared), _) => Some(declared),
                // Taken away without a bound.
                (None, GroupKind::Penalty) => None,
                (None, _) => self.sum_of_children(index),
            },
            Body::Rule(Rule::Unscored { .. }) => Some(Decimal::ZERO),
            Body::Rule(_) => criterion.max_score,
        }
    }

    /// Adds up what the children of a group give to it: bonus and penalties are beside it.
    pub(crate) fn sum_of_children(&self, index: usize) -> Option<Decimal> {
        self.sum(&self.children[index], self.under[index])
    }

    /// Returns the points to be had without bonus.
    pub(crate) fn total(&self) -> Option<Decimal> {
        self.sum(&self.top, GroupKind::Counted)
    }

    fn sum(&self, lines: &[usize], under: GroupKind) -> Option<Decimal> {
        let beside = |it: &&usize| self.under[**it] == under;
        let mut lines = lines.iter().filter(beside);
        lines.try_fold(Decimal::ZERO, |sum, it| sum.checked_add(self.maximum(*it)?))
    }
}

/// Returns where each key is; the first of those that are there twice.
pub(crate) fn places(criteria: &[Criterion]) -> BTreeMap<&str, usize> {
    let mut places = BTreeMap::new();
    for (index, criterion) in criteria.iter().enumerate() {
        places.entry(criterion.key.as_str()).or_insert(index);
    }
    places
}
