//! Whose figures make a total: the units of every group in a period, under a view.
//!
//! Units are taken as of the last day of the period's data window. One that ended inside
//! the window is counted too when it reported, under what was above it on its last day.
//! Kinds are those of the units that report, at their own time.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use proto::directory::UnitKind;
use types::{period::Period, validity::Validity};

use super::{
    atlas::{Atlas, Number},
    carry::{Carried, Moved, carry},
};
use crate::{formula::Number as Exact, value::fit::window};

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

/// Says whose figures make each row of a period. With a date figures are carried to the
/// units of that date.
pub(crate) fn select(
    atlas: &Atlas,
    scope: &Scope,
    period: &Period,
    date: Option<NaiveDate>,
) -> Selection {
    let days = window(period);
    let last = last_day(&days);
    let mut selection = rows_without_figures(atlas, scope, date.unwrap_or(last));
    match date {
        None => as_was(atlas, scope, &days, &mut selection),
        Some(date) => as_of(atlas, scope, &days, date, &mut selection),
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

/// Returns the last day of a unit in the window of a period; nothing when it has none.
pub(crate) fn day_in(atlas: &Atlas, unit: Number, period: &Period) -> Option<NaiveDate> {
    let lived = atlas.place(unit).validity?;
    lived.intersect(&window(period)).map(|it| last_day(&it))
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
mod tests {
    use kit::access::book::Book;
    use proptest::prelude::*;

    use super::{
        super::atlas::tests::{atlas, day, lead, minh_long, put, unit},
        *,
    };

    const COMMUNES: [UnitKind; 3] = [UnitKind::Commune, UnitKind::Ward, UnitKind::SpecialZone];

    /// Writes rows as `group: living + (ended) ~divided`.
    fn told(book: &Book, top: &str, grouping: Grouping, period: &str, date: &str) -> String {
        let atlas = atlas(book);
        let scope = Scope {
            who: Who::Below(atlas.number(&unit(top)).unwrap()),
            kinds: COMMUNES.into_iter().map(i32::from).collect(),
            grouping,
        };
        let date = (!date.is_empty()).then(|| day(date));
        let selection = select(&atlas, &scope, &period.parse().unwrap(), date);
        let name = |it: &Number| atlas.id(*it).as_str().to_owned();
        let row = |(group, members): (&Group, &Members)| {
            let mut units: Vec<_> = members.living.iter().map(name).collect();
            units.extend(members.ended.iter().map(|it| format!("({})", name(it))));
            units.extend(members.divided.iter().map(|it| {
                let share = it.share.as_ref().map_or("?".into(), ToString::to_string);
                format!("~{} {share}", name(&it.unit))
            }));
            units.sort();
            format!("{}: {}", name(&group.unwrap()), units.join(" "))
        };
        let mut rows: Vec<_> = selection.iter().map(row).collect();
        rows.sort();
        rows.join("; ")
    }

    #[test]
    fn the_communes_of_2024_stand_under_their_district_and_now_under_the_new_ones() {
        let book = minh_long();
        let old = "long-hiep long-mai long-mon long-son thanh-an";
        let as_was = told(&book, "minh-long-h", Grouping::Total, "2024", "");
        assert_eq!(as_was, format!("minh-long-h: {old}"));
        let province = told(&book, "quang-ngai", Grouping::Total, "2024", "");
        assert_eq!(province, format!("quang-ngai: {old} tra-bui"));
        // Trà Bùi was divided inside the province, so the province has all of it.
        let now = told(&book, "quang-ngai", Grouping::Total, "2024", "2026-11-25");
        assert_eq!(now, format!("quang-ngai: {old} tra-bui"));
        let now = told(&book, "quang-ngai", Grouping::ByChild, "2024", "2026-11-25");
        let parted = "ca-dam: ~tra-bui ?; minh-long: long-hiep long-mon thanh-an; \
                      son-mai: long-mai long-son; tra-giang: ~tra-bui ?";
        assert_eq!(now, parted);
        assert_eq!(
            told(&book, "minh-long-h", Grouping::Total, "2024", "2026-11-25"),
            "minh-long-h: "
        );
    }

    #[test]
    fn units_that_ended_in_the_window_count_when_they_reported() {
        let book = minh_long();
        // 15 June to 14 December 2025.
        let as_was = told(&book, "quang-ngai", Grouping::Total, "2025-h2", "");
        let ended = "(long-hiep) (long-mai) (long-mon) (long-son) (thanh-an) (tra-bui)";
        let living = "ca-dam minh-long son-mai tra-giang";
        assert_eq!(as_was, format!("quang-ngai: {ended} {living}"));
        assert_eq!(
            told(&book, "minh-long-h", Grouping::Total, "2025-h2", ""),
            "minh-long-h: (long-hiep) (long-mai) (long-mon) (long-son) (thanh-an)"
        );
        let before = told(&book, "quang-ngai", Grouping::Total, "2025-h1", "");
        assert!(!before.contains('(') && !before.contains("son-mai"));
    }

    #[test]
    fn figures_of_the_new_communes_go_back_to_the_district_but_to_no_single_old_one() {
        let book = minh_long();
        let district = told(&book, "minh-long-h", Grouping::Total, "2026", "2024-12-31");
        assert_eq!(district, "minh-long-h: minh-long son-mai");
        let parts = told(&book, "minh-long-h", Grouping::ByUnit, "2026", "2024-12-31");
        assert!(parts.contains("long-hiep: ~minh-long ?"), "{parts}");
        let other = told(&book, "tra-bong-h", Grouping::ByUnit, "2026", "2024-12-31");
        assert_eq!(other, "tra-bui: ca-dam tra-giang");
    }

    #[test]
    fn a_published_share_is_kept_for_the_part_that_is_in_the_group() {
        let mut book = minh_long();
        let links = [
            ("tra-bui", "tra-giang", "0.7"),
            ("tra-bui", "ca-dam", "0.3"),
        ];
        lead(&mut book, "nq-1677", "2025-07-01", &links);
        let now = told(&book, "tra-giang", Grouping::Total, "2024", "2026-11-25");
        assert_eq!(now, "tra-giang: ~tra-bui 0.7");
        let now = told(&book, "quang-ngai", Grouping::Total, "2024", "2026-11-25");
        assert!(now.ends_with("tra-bui"), "{now}");
    }

    #[test]
    fn a_commune_that_became_a_ward_is_counted_at_its_own_time() {
        let mut book = Book::default();
        let (old, change) = ("2022-01-01", "2025-07-01");
        put(&mut book, ("tinh", UnitKind::Province, "", old, ""));
        put(&mut book, ("xa", UnitKind::Commune, "tinh", old, change));
        put(&mut book, ("phuong", UnitKind::Ward, "tinh", change, ""));
        lead(&mut book, "x", change, &[("xa", "phuong", "1")]);
        assert_eq!(
            told(&book, "tinh", Grouping::ByUnit, "2024", "2026-01-01"),
            "phuong: xa"
        );
        assert_eq!(told(&book, "tinh", Grouping::ByUnit, "2024", ""), "xa: xa");
    }

    #[test]
    fn a_district_is_no_figure_of_the_commune_that_it_led_to() {
        let book = minh_long();
        let atlas = atlas(&book);
        let number = |id| atlas.number(&unit(id)).unwrap();
        let scope = Scope {
            who: Who::Units([number("son-mai")].into()),
            kinds: BTreeSet::new(),
            grouping: Grouping::Total,
        };
        let period = "2024".parse().unwrap();
        let selection = select(&atlas, &scope, &period, Some(day("2026-11-25")));
        let members = &selection[&Some(number("son-mai"))];
        assert_eq!(members.living.len(), 2);
        assert!(members.divided.is_empty());
    }

    proptest! {
        /// However the units stand and whenever they end: the rows of a scope, by child or
        /// by unit, have together everybody whom the scope has, and nobody twice.
        #[test]
        fn the_rows_of_a_scope_part_its_units(
            parents in proptest::collection::vec((0_usize..12, 0_u32..4), 12),
            date in proptest::option::of(0_u32..4),
        ) {
            let mut book = Book::default();
            put(&mut book, ("tinh", UnitKind::Province, "", "2022-01-01", ""));
            for (place, (parent, end)) in parents.iter().enumerate() {
                let id = format!("xa-{place}");
                // Above it stands one that was made before it.
                let above = match parent.checked_rem(place + 1).unwrap_or(0) {
                    0 => "tinh".to_owned(),
                    before => format!("xa-{}", before - 1),
                };
                let end = ["", "2024-03-01", "2024-12-01", "2025-03-01"][*end as usize];
                let row = (id.as_str(), UnitKind::Commune, above.as_str(), "2022-01-01", end);
                put(&mut book, row);
                if !end.is_empty() {
                    lead(&mut book, &format!("het-{place}"), end, &[(id.as_str(), "tinh", "1")]);
                }
            }
            let atlas = atlas(&book);
            let date = date.map(|it| day(["2022-06-01", "2024-06-01", "2025-01-01", "2026-01-01"][it as usize]));
            let everybody = |grouping| {
                let scope = Scope {
                    who: Who::Below(atlas.number(&unit("tinh")).unwrap()),
                    kinds: BTreeSet::new(),
                    grouping,
                };
                let selection = select(&atlas, &scope, &"2024".parse().unwrap(), date);
                let whole = selection.values().flat_map(|it| it.living.iter().chain(&it.ended));
                let mut whole: Vec<_> = whole.copied().collect();
                whole.sort_unstable();
                assert!(whole.windows(2).all(|it| it[0] != it[1]), "{whole:?}");
                // Whoever goes back to several of these units is a part of each.
                let all: BTreeSet<_> = selection.values().flat_map(Members::all).collect();
                all
            };
            let whole = everybody(Grouping::Total);
            prop_assert_eq!(&everybody(Grouping::ByChild), &whole);
            prop_assert_eq!(&everybody(Grouping::ByUnit), &whole);
        }
    }

    #[test]
    fn a_unit_and_one_below_it_are_told_as_a_pair() {
        let book = minh_long();
        let atlas = atlas(&book);
        let number = |id| atlas.number(&unit(id)).unwrap();
        let scope = Scope {
            who: Who::Units([number("minh-long-h"), number("long-mai")].into()),
            kinds: BTreeSet::new(),
            grouping: Grouping::Total,
        };
        let selection = select(&atlas, &scope, &"2024".parse().unwrap(), None);
        let pairs = [(number("minh-long-h"), number("long-mai"))];
        assert_eq!(selection[&None].nested, pairs);
    }
}
