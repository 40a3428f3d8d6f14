//! Whose figures make a total: the units of every group in a period, under a view.
//!
//! Units are taken as of the last day of the period's data window. One that ended inside
//! the window is counted too when it reported, under what was above it on its last day.
//! Kinds are those of the units that report, at their own time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use proto::directory::UnitKind;
use types::validity::Validity;

use super::{
    atlas::{Atlas, Number},
    carry::{Carried, Moved, carry},
};
use crate::formula::Number as Exact;

/// Whose figures are added, and into which rows.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) who: Who,
    /// Kinds of the units that are counted; empty = all.
    pub(crate) kinds: BTreeSet<i32>,
    pub(crate) grouping: Grouping,
}

#[derive(Debug, Clone)]
pub(crate) enum Who {
    /// The named units alone.
    Units(BTreeSet<Number>),
    /// A unit and everything below it.
    Below(Number),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Grouping {
    Total,
    ByChild,
    ByUnit,
}

/// The unit a row is about; none for the total of several named units.
pub(crate) type Group = Option<Number>;

/// Whose figures make each row in one period.
pub(crate) type Selection = BTreeMap<Group, Members>;

/// Whose figures make one total.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Members {
    /// They have to report.
    pub(crate) living: Vec<Number>,
    /// They ended inside the window and are counted when they reported.
    pub(crate) ended: Vec<Number>,
    /// Only a part of them belongs here.
    pub(crate) divided: Vec<Divided>,
    /// Pairs of which one stands below the other.
    pub(crate) nested: Vec<(Number, Number)>,
}

/// A unit of which a part belongs to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Divided {
    pub(crate) unit: Number,
    pub(crate) has_ended: bool,
    /// How much of it, when it is published.
    pub(crate) share: Option<Exact>,
    pub(crate) links: BTreeSet<usize>,
}

/// A unit that reports for a period, as of its last day in the window.
#[derive(Debug, Clone, Copy)]
struct Source {
    unit: Number,
    day: NaiveDate,
    has_ended: bool,
}

/// Says whose figures make each row of a period, of which these days count. With a date
/// figures are carried to the units of that date.
pub(crate) fn select(
    atlas: &Atlas,
    scope: &Scope,
    days: &Validity,
    date: Option<NaiveDate>,
) -> Selection {
    let last = last_day(days);
    let mut selection = rows_without_figures(atlas, scope, date.unwrap_or(last));
    match date {
        None => as_was(atlas, scope, days, &mut selection),
        Some(date) => as_of(atlas, scope, days, date, &mut selection),
    }
    let may_nest = scope.grouping != Grouping::ByUnit;
    for members in selection.values_mut().filter(|_| may_nest) {
        members.nested = nested(atlas, members, last);
    }
    selection
}

/// Returns the last day of a window; it has one.
fn last_day(days: &Validity) -> NaiveDate {
    let last = days.end().and_then(|it| it.pred_opt());
    last.unwrap_or(days.start())
}

/// Returns the rows there are on a day, also when nobody reported for them.
fn rows_without_figures(atlas: &Atlas, scope: &Scope, day: NaiveDate) -> Selection {
    let mut rows = Selection::new();
    let mut row = |group| {
        rows.insert(group, Members::default());
    };
    match (&scope.who, scope.grouping) {
        (Who::Units(units), Grouping::ByUnit) => units.iter().for_each(|it| row(Some(*it))),
        (Who::Units(_), _) => row(scope.total()),
        (Who::Below(_), Grouping::Total) => row(scope.total()),
        (Who::Below(top), Grouping::ByChild) => {
            let tree = atlas.tree(day);
            let children = tree.below(*top).iter();
            let is_child = |it: &&Number| atlas.place(**it).parent_on(day) == Some(*top);
            children.filter(is_child).for_each(|it| row(Some(*it)));
        }
        (Who::Below(top), Grouping::ByUnit) => {
            let tree = atlas.tree(day);
            let below = tree.below(*top).iter();
            let counts = |it: &&Number| scope.counts(atlas, **it, day);
            below.filter(counts).for_each(|it| row(Some(*it)));
        }
    }
    rows
}

fn as_was(atlas: &Atlas, scope: &Scope, days: &Validity, selection: &mut Selection) {
    for source in sources(atlas, scope, days) {
        let group = match &scope.who {
            Who::Units(units) => units.contains(&source.unit).then(|| match scope.grouping {
                Grouping::ByUnit => Some(source.unit),
                Grouping::Total | Grouping::ByChild => scope.total(),
            }),
            Who::Below(top) => scope.group_below(atlas, *top, source.unit, source.day),
        };
        if let Some(group) = group {
            selection.entry(group).or_default().take(source);
        }
    }
}

fn as_of(
    atlas: &Atlas,
    scope: &Scope,
    days: &Validity,
    date: NaiveDate,
    selection: &mut Selection,
) {
    let group_of = |end: Number| match &scope.who {
        Who::Units(units) => units.contains(&end).then(|| match scope.grouping {
            Grouping::ByUnit => Some(end),
            Grouping::Total | Grouping::ByChild => scope.total(),
        }),
        Who::Below(top) => {
            let exists = atlas.place(end).exists_on(date);
            exists.then(|| scope.group_below(atlas, *top, end, date))?
        }
    };
    for source in sources(atlas, scope, days) {
        match carry(atlas, source.unit, source.day, date) {
            Carried::Same => {
                let is_there = atlas.place(source.unit).exists_on(date);
                if let Some(group) = group_of(source.unit).filter(|_| is_there) {
                    selection.entry(group).or_default().take(source);
                }
            }
            Carried::Moved(moved) => place(source, &moved, group_of, selection),
        }
    }
}

/// Places a unit in the groups of its successors: whole when all are in one group.
fn place(
    source: Source,
    moved: &Moved,
    group_of: impl Fn(Number) -> Option<Group>,
    selection: &mut Selection,
) {
    let mut groups: BTreeMap<Option<Group>, Option<Exact>> = BTreeMap::new();
    for (end, share) in &moved.ends {
        let group = end.and_then(&group_of);
        let sum = match groups.remove(&group) {
            None => share.clone(),
            Some(known) => known
                .zip(share.clone())
                .and_then(|(one, two)| one.add(&two)),
        };
        groups.insert(group, sum);
    }
    let is_whole = groups.len() == 1;
    for (group, share) in groups {
        let Some(group) = group else { continue };
        let members = selection.entry(group).or_default();
        if is_whole {
            members.take(source);
        } else {
            members.divided.push(Divided {
                unit: source.unit,
                has_ended: source.has_ended,
                share,
                links: moved.links.clone(),
            });
        }
    }
}

/// Returns the units that report for a window and are of the kinds that are counted.
fn sources(atlas: &Atlas, scope: &Scope, days: &Validity) -> Vec<Source> {
    let last = last_day(days);
    let tiers = scope.tiers(atlas);
    let source = |unit: Number| {
        let lived = atlas.place(unit).validity?;
        let day = if lived.contains(last) {
            last
        } else {
            lived.intersect(days).map(|it| last_day(&it))?
        };
        let is_counted = match &tiers {
            Some(tiers) => tiers.contains(&tier(atlas.place(unit).kind_on(day)?)),
            None => scope.counts(atlas, unit, day),
        };
        is_counted.then_some(Source {
            unit,
            day,
            has_ended: day != last,
        })
    };
    atlas.all().filter_map(source).collect()
}

/// Returns the last day of a unit among those that count; nothing when it has none.
pub(crate) fn day_in(atlas: &Atlas, unit: Number, days: &Validity) -> Option<NaiveDate> {
    let lived = atlas.place(unit).validity?;
    lived.intersect(days).map(|it| last_day(&it))
}

/// Returns pairs of members of which one stands below the other, each with the nearest.
fn nested(atlas: &Atlas, members: &Members, last: NaiveDate) -> Vec<(Number, Number)> {
    let counted = || members.living.iter().chain(&members.ended).copied();
    let mut is_member = vec![false; atlas.len()];
    counted().for_each(|it| is_member[it as usize] = true);
    let pair = |unit: Number| {
        let lived = atlas.place(unit).validity?;
        let day = lived.end().and_then(|it| it.pred_opt());
        let day = day.map_or(last, |it| it.min(last));
        let mut above = atlas.above(unit, day);
        let above = above.find(|it| is_member[*it as usize])?;
        Some((above, unit))
    };
    counted().filter_map(pair).collect()
}

impl Scope {
    /// Returns the unit that the total is about.
    fn total(&self) -> Group {
        match &self.who {
            Who::Below(top) => Some(*top),
            Who::Units(units) if units.len() == 1 => units.first().copied(),
            Who::Units(_) => None,
        }
    }

    /// Says whether a unit is of a kind that is counted.
    fn counts(&self, atlas: &Atlas, unit: Number, day: NaiveDate) -> bool {
        let kind = atlas.place(unit).kind_on(day);
        self.kinds.is_empty() || kind.is_some_and(|it| self.kinds.contains(&i32::from(it)))
    }

    /// Returns the row of a unit below the scope; nothing when it is not there.
    fn group_below(
        &self,
        atlas: &Atlas,
        top: Number,
        unit: Number,
        day: NaiveDate,
    ) -> Option<Group> {
        if unit == top {
            return Some(Some(top));
        }
        let mut child = unit;
        for above in atlas.above(unit, day) {
            if above == top {
                return Some(Some(match self.grouping {
                    Grouping::Total => top,
                    Grouping::ByChild => child,
                    Grouping::ByUnit => unit,
                }));
            }
            child = above;
        }
        None
    }

    /// Returns on which tiers named units stand: what others of another tier reported, such
    /// as a district that was abolished, is no figure of theirs.
    fn tiers(&self, atlas: &Atlas) -> Option<BTreeSet<i32>> {
        let Who::Units(units) = &self.who else {
            return None;
        };
        let kinds = units.iter().flat_map(|it| atlas.place(*it).kinds());
        Some(kinds.map(tier).collect())
    }
}

/// Returns one number for all kinds of one tier: communes, wards and special zones become
/// each other.
fn tier(kind: UnitKind) -> i32 {
    match kind {
        UnitKind::Ward | UnitKind::SpecialZone => UnitKind::Commune.into(),
        other => other.into(),
    }
}

impl Members {
    fn take(&mut self, source: Source) {
        if source.has_ended {
            self.ended.push(source.unit);
        } else {
            self.living.push(source.unit);
        }
    }

    /// Returns everybody whose figure is looked at.
    pub(crate) fn all(&self) -> impl Iterator<Item = Number> {
        let divided = self.divided.iter().map(|it| it.unit);
        let whole = self.living.iter().chain(&self.ended).copied();
        whole.chain(divided)
    }
}

#[cfg(test)]
mod tests;
