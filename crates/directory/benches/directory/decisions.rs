//! One decision about a right, in memory.

use std::{hint::black_box, time::Instant};

use kit::access::{
    Reach,
    book::{Book, GrantFact, Question, UnitFact},
};
use serde_json::json;
use types::{
    ids::{Principal, RoleGrantId, UnitId},
    validity::Validity,
};

use crate::{RUNS, median, tell};

const PROVINCES: usize = 34;
const COMMUNES: usize = 100;
const PEOPLE: usize = 50_000;
const DECISIONS: usize = 1_000_000;

/// Decides about random people and communes of a country with 3.400 communes and 50.000
/// people, each with two roles.
pub(crate) fn measure() {
    let today = "2026-11-25".parse().unwrap();
    let always = Validity::starting("2022-01-01".parse().unwrap());
    let unit = |text: String| UnitId::new(&text).unwrap();
    let mut book = Book::default();
    let permissions = (0..12).map(|it| format!("area.things.verb{it}"));
    book.put_role("reporter".into(), permissions);
    let mut communes = Vec::new();
    let mut put = |id: &UnitId, parent: Option<UnitId>| {
        let fact = UnitFact {
            validity: always,
            parents: vec![(always, parent)],
            kinds: Vec::new(),
        };
        book.put_unit(id.clone(), fact);
    };
    for province in 0..PROVINCES {
        let above = unit(format!("tinh-{province}"));
        put(&above, None);
        for commune in 0..COMMUNES {
            let id = unit(format!("xa-{province}-{commune}"));
            put(&id, Some(above.clone()));
            communes.push(id);
        }
    }
    let mut people = Vec::new();
    for index in 0..PEOPLE {
        let principal: Principal = format!("users/can-bo-{index}").parse().unwrap();
        for (number, scope) in [
            &communes[index % communes.len()],
            &unit(format!("tinh-{}", index % PROVINCES)),
        ]
        .into_iter()
        .enumerate()
        {
            let fact = GrantFact {
                principal: principal.clone(),
                role: "reporter".into(),
                scope: Some(scope.clone()),
                include_subtree: true,
                validity: always,
            };
            book.put_grant(
                RoleGrantId::new(&format!("g{number}-{index}")).unwrap(),
                fact,
            );
        }
        people.push(principal);
    }
    let mut allowed = 0_usize;
    let runs = (0..RUNS).map(|_| {
        let started = Instant::now();
        for index in 0..DECISIONS {
            let question = Question {
                // A stride that visits everybody in no order.
                principal: &people[index * 7_919 % PEOPLE],
                permission: "area.things.verb7",
                unit: Some(&communes[index * 104_729 % communes.len()]),
                reach: Reach::Unit,
                today,
            };
            allowed += usize::from(black_box(book.allows(&question)));
        }
        started.elapsed().as_secs_f64() * 1e9 / DECISIONS as f64
    });
    let runs: Vec<_> = runs.collect();
    tell(json!({
        "what": "a decision about a right, in process",
        "units": PROVINCES * (COMMUNES + 1), "grants": PEOPLE * 2, "decisions": DECISIONS,
        "allowed": allowed / RUNS,
        "median_ns": median(runs).round(), "aim_ns": 2_000,
    }));
}
