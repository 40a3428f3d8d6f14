//! Minh Long over the reform of 1 July 2025, read from memory.

use chrono::DateTime;

use super::*;
use crate::unit::{
    Identifier, UnitNames,
    history::{Appearance, Fact},
};

const REFORM: &str = "2025-07-01";

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn id(text: &str) -> UnitId {
    UnitId::new(text).unwrap()
}

fn unit(
    name: &str,
    kind: UnitKind,
    days: (&str, Option<&str>),
    parent: Option<&str>,
    code: &str,
) -> History {
    let validity = Validity::new(day(days.0), days.1.map(day)).unwrap();
    let fact = |value| Fact { value, validity };
    let names = UnitNames {
        display_name: name.into(),
        ..UnitNames::default()
    };
    History {
        id: id(&types::text::fold(name).replace(' ', "-")),
        validity,
        appearances: vec![fact(Appearance { kind, names })],
        parents: vec![Fact {
            value: parent.map(id),
            validity,
        }],
        identifiers: vec![Identifier {
            scheme: "gso".into(),
            value: code.into(),
            validity,
        }],
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

fn forest() -> Forest {
    let old = ("2022-01-01", Some(REFORM));
    let new = (REFORM, None);
    let lasting = ("2022-01-01", None);
    let mut forest = Forest::default();
    for history in [
        unit("Tỉnh Quảng Ngãi", UnitKind::Province, lasting, None, "51"),
        unit(
            "Huyện Minh Long",
            UnitKind::District,
            old,
            Some("tinh-quang-ngai"),
            "531",
        ),
        unit(
            "Xã Long Hiệp",
            UnitKind::Commune,
            old,
            Some("huyen-minh-long"),
            "21361",
        ),
        unit(
            "Xã Long Mai",
            UnitKind::Commune,
            old,
            Some("huyen-minh-long"),
            "21352",
        ),
        unit(
            "Xã Minh Long",
            UnitKind::Commune,
            new,
            Some("tinh-quang-ngai"),
            "21361",
        ),
    ] {
        forest.put(forest.tree(history));
    }
    forest
}

fn wanted(text: &str) -> Wanted<'static> {
    Wanted {
        day: day(text),
        ancestor: None,
        children_only: false,
        kind: None,
        search: "",
        code: None,
        began_since: None,
        ends_by: None,
    }
}

fn names(units: &[Unit]) -> Vec<&str> {
    units.iter().map(|it| it.id.as_str()).collect()
}

#[test]
fn the_tree_is_the_one_of_the_day_asked_for() {
    let forest = forest();
    let province = id("tinh-quang-ngai");
    let below = |text| {
        let wanted = Wanted {
            ancestor: Some(&province),
            ..wanted(text)
        };
        names(&forest.list(&wanted, None, 10))
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        below("2025-06-30"),
        ["huyen-minh-long", "xa-long-hiep", "xa-long-mai"]
    );
    assert_eq!(below(REFORM), ["xa-minh-long"]);
    let commune = id("xa-long-hiep");
    assert_eq!(
        forest.ancestors(&commune, day("2025-06-30")),
        [id("huyen-minh-long"), province.clone()]
    );
    assert_eq!(forest.ancestors(&commune, day(REFORM)), []);
    assert!(forest.on(&commune, day(REFORM)).is_none());
}

#[test]
fn a_reused_code_belongs_to_whoever_bears_it_that_day() {
    let forest = forest();
    let bearers = forest.bearers("gso", "21361");
    let told: Vec<_> = bearers
        .iter()
        .map(|(id, name, _)| (id.as_str(), name.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("xa-long-hiep", "Xã Long Hiệp"),
            ("xa-minh-long", "Xã Minh Long")
        ]
    );
    let code = ("gso".to_owned(), "21361".to_owned());
    let on = |text| {
        let wanted = Wanted {
            code: Some(&code),
            ..wanted(text)
        };
        forest.list(&wanted, None, 10)
    };
    assert_eq!(names(&on("2025-06-30")), ["xa-long-hiep"]);
    assert_eq!(names(&on(REFORM)), ["xa-minh-long"]);
}

#[test]
fn what_ended_and_what_began_with_the_reform_can_be_asked_for() {
    let forest = forest();
    let ended = Wanted {
        ends_by: Some(day(REFORM)),
        kind: Some(UnitKind::Commune),
        ..wanted("2025-06-30")
    };
    assert_eq!(
        names(&forest.list(&ended, None, 10)),
        ["xa-long-hiep", "xa-long-mai"]
    );
    let began = Wanted {
        began_since: Some(day(REFORM)),
        ..wanted(REFORM)
    };
    assert_eq!(names(&forest.list(&began, None, 10)), ["xa-minh-long"]);
}

#[test]
fn a_search_finds_a_name_without_its_marks_and_goes_on_after_a_page() {
    let forest = forest();
    let wanted = Wanted {
        search: "long",
        ..wanted("2025-06-30")
    };
    let first = forest.list(&wanted, None, 2);
    assert_eq!(names(&first), ["huyen-minh-long", "xa-long-hiep"]);
    let rest = forest.list(&wanted, Some("xa-long-hiep"), 2);
    assert_eq!(names(&rest), ["xa-long-mai"]);
}

#[test]
fn what_is_put_again_replaces_what_was_known_and_what_is_removed_leaves_no_trace() {
    let mut forest = forest();
    let moved = unit(
        "Xã Long Mai",
        UnitKind::Commune,
        ("2022-01-01", None),
        Some("tinh-quang-ngai"),
        "99999",
    );
    forest.put(forest.tree(moved));
    let district = id("huyen-minh-long");
    let below = Wanted {
        ancestor: Some(&district),
        ..wanted("2025-06-30")
    };
    assert_eq!(names(&forest.list(&below, None, 10)), ["xa-long-hiep"]);
    assert_eq!(forest.bearers("gso", "21352"), []);
    forest.remove(&id("xa-long-mai"));
    assert!(forest.find(&id("xa-long-mai")).is_none());
    assert_eq!(forest.bearers("gso", "99999"), []);
}
