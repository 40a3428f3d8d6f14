use super::*;
use kit::access::{
    book::UnitFact,
    territory::{ActFact, LinkFact, Stamp},
};
use types::{ids::ReorganizationId, validity::Validity};

fn id(text: &str) -> UnitId {
    UnitId::new(text).unwrap()
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Long Sơn goes into Minh Long on 1 July 2025, and Minh Long into Sơn Hà a year later; Trà Bùi
/// is divided.
fn reform() -> Territory {
    let unit = |name: &str, end: Option<&str>| {
        let validity = Validity::new(day("2020-01-01"), end.map(day)).unwrap();
        let fact = UnitFact {
            validity,
            parents: Vec::new(),
            kinds: Vec::new(),
        };
        (id(name), fact)
    };
    let act = |name: &str, date: &str, links: &[(&str, &str)]| {
        let links = links.iter().map(|(before, after)| LinkFact {
            predecessor: id(before),
            successor: Some(id(after)),
            share: None,
        });
        let act = ActFact {
            date: day(date),
            links: links.collect(),
        };
        (ReorganizationId::new(name).unwrap(), act)
    };
    Territory {
        stamp: Stamp::default(),
        units: vec![
            unit("long-son", Some("2025-07-01")),
            unit("minh-long", Some("2026-07-01")),
            unit("son-ha", None),
            unit("tra-bui", Some("2025-07-01")),
        ],
        acts: vec![
            act(
                "sx-2025",
                "2025-07-01",
                &[
                    ("long-son", "minh-long"),
                    ("tra-bui", "minh-long"),
                    ("tra-bui", "son-ha"),
                ],
            ),
            act("sx-2026", "2026-07-01", &[("minh-long", "son-ha")]),
        ],
    }
}

#[test]
fn a_unit_merged_as_a_whole_is_followed_to_who_is_there_on_the_day() {
    let territory = reform();
    let follow = |unit: &str, by: &str| successor(&territory, &id(unit), day(by));
    assert_eq!(follow("long-son", "2025-06-30"), None);
    assert_eq!(follow("long-son", "2025-07-06"), Some(id("minh-long")));
    assert_eq!(follow("long-son", "2026-07-06"), Some(id("son-ha")));
    assert_eq!(follow("son-ha", "2026-07-06"), None);
}

#[test]
fn nobody_stands_for_a_unit_that_was_divided() {
    assert_eq!(
        successor(&reform(), &id("tra-bui"), day("2025-07-06")),
        None
    );
}
