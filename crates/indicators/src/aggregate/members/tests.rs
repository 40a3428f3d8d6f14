use kit::access::book::Book;
use proptest::prelude::*;

use super::{
    super::atlas::tests::{atlas, day, lead, minh_long, put, unit},
    *,
};
use crate::value::fit;

/// The days that usually count for a period.
fn window(period: &str) -> Validity {
    fit::window(&period.parse().unwrap())
}

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
    let selection = select(&atlas, &scope, &window(period), date);
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
    let selection = select(&atlas, &scope, &window("2024"), Some(day("2026-11-25")));
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
            let selection = select(&atlas, &scope, &window("2024"), date);
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
    let selection = select(&atlas, &scope, &window("2024"), None);
    let pairs = [(number("minh-long-h"), number("long-mai"))];
    assert_eq!(selection[&None].nested, pairs);
}
