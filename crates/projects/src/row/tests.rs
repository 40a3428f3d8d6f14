use chrono::DateTime;
use types::ids::Principal;

use super::*;
use crate::{
    allocation::AllocationKind,
    decision::{DecisionKind, DecisionState, Issue, Revocation, Used},
    progress::{Completion, Said},
    project::{Content, Measure, Method, Plan, ProjectKind, Standing, State},
    supplementary_request::{Asked, SupplementaryState},
};

fn period(code: &str) -> Period {
    code.parse().unwrap()
}

/// Makes the table of a period as of its last day.
fn of(code: &str, facts: &Facts) -> Vec<Row> {
    rows(period(code), planned::last_day(period(code)), facts).unwrap()
}

pub(crate) fn project(id: &str, ordinal: i32, start: &str) -> Project {
    Project {
        id: ProjectId::new(id).unwrap(),
        owner_unit: UnitId::new("huyen-minh-long").unwrap(),
        ordinal,
        content: Content {
            display_name: format!("Triển khai {id}"),
            kind: ProjectKind::Task,
            start_period: period(start),
            objective: String::new(),
            code: String::new(),
            program: String::new(),
            legal_instrument: None,
            partner_units: Vec::new(),
            plan: Plan::default(),
            indicators: Vec::new(),
            estimated_amount: None,
            funding_kind: None,
            measure: Measure {
                method: Method::Estimate,
                planned_quantity: None,
                quantity_unit: String::new(),
            },
        },
        standing: Standing::default(),
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

pub(crate) fn entry(id: &str, number: i64, code: &str, health: Health) -> ProgressEntry {
    ProgressEntry {
        project: ProjectId::new(id).unwrap(),
        number,
        said: Said {
            period: period(code),
            as_of: None,
            health,
            result_text: String::new(),
            difficulty_text: String::new(),
            note: format!("ghi chú {number}"),
            reason: String::new(),
            plan: None,
        },
        method: Method::Estimate,
        completion: Completion::default(),
        corrects: None,
        source: None,
        principal: Principal::from_name("users/can-bo").unwrap(),
        create_time: DateTime::UNIX_EPOCH,
    }
}

fn decision(id: &str, number: &str, date: &str) -> (DecisionId, Decision) {
    let id = DecisionId::new(id).unwrap();
    let date = types::date::parse_iso(date).unwrap();
    let decision = Decision {
        id: id.clone(),
        authority_unit: UnitId::new("tinh-quang-ngai").unwrap(),
        subject: "Phân bổ kinh phí".into(),
        amount: Money::new(1_000_000_000),
        kind: DecisionKind::AssignBudget,
        replaces: None,
        state: DecisionState::Issued,
        revocation: None,
        used: Used::default(),
        issue: Some(Issue {
            number: number.parse().unwrap(),
            date,
        }),
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 2,
    };
    (id, decision)
}

fn allocation(
    id: &str,
    (decision, date): (&str, &str),
    amount: i64,
    fiscal_year: i32,
) -> Allocation {
    Allocation {
        project: ProjectId::new(id).unwrap(),
        number: 1,
        line: format!("projects/{id}/budgetLines/{fiscal_year}.province.recurrent.huyen-minh-long")
            .parse()
            .unwrap(),
        decision: DecisionId::new(decision).unwrap(),
        moved_by: None,
        by_decision: None,
        effective: types::date::parse_iso(date).unwrap(),
        kind: AllocationKind::Grant,
        amount: Money::new(amount),
        repaid: Money::ZERO,
        fiscal_year,
        reverses: None,
        counterpart: None,
        request: None,
        note: String::new(),
        principal: Principal::from_name("users/can-bo").unwrap(),
        create_time: DateTime::UNIX_EPOCH,
    }
}

fn request(id: &str, code: &str, amount: Option<i64>) -> SupplementaryRequest {
    SupplementaryRequest {
        project: ProjectId::new(id).unwrap(),
        number: 1,
        asked: Asked {
            period: period(code),
            amount: amount.map(Money::new),
            justification: String::new(),
        },
        state: SupplementaryState::Submitted,
        appraisal: None,
        outcome: None,
        principal: Principal::from_name("users/can-bo").unwrap(),
        editors: Vec::new(),
        create_time: DateTime::UNIX_EPOCH,
        update_time: DateTime::UNIX_EPOCH,
        version: 1,
    }
}

#[test]
fn projects_that_have_begun_stand_in_the_units_own_order() {
    let facts = Facts {
        projects: vec![
            project("hop-truc-tuyen", 2, "2022-q2"),
            project("trung-tam", 3, "2022-h2"),
            project("hop-khong-giay", 1, "2021"),
        ],
        ..Facts::default()
    };
    let titles = |code| -> Vec<_> {
        let rows = of(code, &facts);
        rows.into_iter()
            .map(|it| it.project.as_str().to_owned())
            .collect()
    };
    assert_eq!(titles("2022-h1"), ["hop-khong-giay", "hop-truc-tuyen"]);
    assert_eq!(titles("2022-m03"), ["hop-khong-giay"]);
    assert_eq!(
        titles("2022-9m"),
        ["hop-khong-giay", "hop-truc-tuyen", "trung-tam"]
    );
    assert!(titles("2020").is_empty());
}

#[test]
fn a_project_leaves_the_table_after_the_period_it_ended_in() {
    let mut done = project("a", 1, "2021");
    done.standing.state = State::Completed;
    done.standing.actual_end = Some(types::date::parse_iso("2022-05-10").unwrap());
    let facts = Facts {
        projects: vec![done],
        ..Facts::default()
    };
    let count = |code| of(code, &facts).len();
    assert_eq!(count("2022-q2"), 1);
    assert_eq!(count("2022"), 1);
    assert_eq!(count("2022-q3"), 0);
    assert_eq!(count("2022-h2"), 0);
}

#[test]
fn a_row_tells_what_stands_for_exactly_its_period() {
    let facts = Facts {
        projects: vec![project("a", 1, "2022"), project("b", 2, "2022")],
        entries: vec![
            entry("a", 3, "2022-h1", Health::Blocked),
            entry("a", 1, "2022-h1", Health::NotStarted),
            entry("a", 4, "2022-q2", Health::Done),
        ],
        ..Facts::default()
    };
    let rows = of("2022-h1", &facts);
    assert_eq!(rows[0].health, Some(Health::Blocked));
    assert_eq!(rows[0].result_text, "Gặp vướng mắc");
    assert_eq!(rows[0].note, "ghi chú 3");
    assert_eq!(
        rows[0].progress_entry.as_deref(),
        Some("projects/a/progressEntries/p000003")
    );
    // Nothing entered is not "not begun".
    assert_eq!((rows[1].health, rows[1].result_text.as_str()), (None, ""));
}

#[test]
fn money_is_that_of_the_year_by_decisions_issued_by_the_end_of_the_period() {
    let facts = Facts {
        projects: vec![project("a", 1, "2021")],
        decisions: BTreeMap::from([
            decision("mot", "10/QĐ-UBND", "2022-05-10"),
            decision("hai", "9/QĐ-UBND", "2022-05-10"),
            decision("ba", "02/QĐ-STC", "2022-06-30"),
            decision("bon", "99/QĐ-UBND", "2022-07-01"),
            decision("nam", "04/QĐ-UBND", "2022-01-04"),
            decision("sau", "77/QĐ-UBND", "2021-12-01"),
        ]),
        allocations: vec![
            allocation("a", ("mot", "2022-05-10"), 300, 2022),
            allocation("a", ("mot", "2022-05-10"), -100, 2022),
            allocation("a", ("hai", "2022-05-10"), 20, 2022),
            allocation("a", ("ba", "2022-06-30"), 3, 2022),
            allocation("a", ("bon", "2022-07-01"), 50_000, 2022),
            allocation("a", ("nam", "2022-01-04"), 7_000, 2022),
            allocation("a", ("nam", "2022-01-04"), -7_000, 2022),
            allocation("a", ("sau", "2021-12-01"), 900_000, 2021),
            allocation("b", ("mot", "2022-05-10"), 8_000_000, 2022),
        ],
        ..Facts::default()
    };
    let first_half = &of("2022-h1", &facts)[0];
    assert_eq!(first_half.allocated, Money::new(223));
    assert_eq!(
        first_half.decision_numbers,
        ["9/QĐ-UBND", "10/QĐ-UBND", "02/QĐ-STC"]
    );
    let year = &of("2022", &facts)[0];
    assert_eq!(year.allocated, Money::new(50_223));
    let before = &of("2021", &facts)[0];
    assert_eq!(before.decision_numbers, ["77/QĐ-UBND"]);
}

#[test]
fn asking_is_told_also_when_no_sum_is_named_and_is_never_money() {
    let facts = |requests| Facts {
        projects: vec![project("a", 1, "2022")],
        requests,
        ..Facts::default()
    };
    let row = |requests| of("2022-h1", &facts(requests)).remove(0);
    assert!(!row(vec![request("a", "2022-h2", Some(5))]).requested);
    let without_sum = row(vec![request("a", "2022-h1", None)]);
    assert_eq!(
        (without_sum.requested, without_sum.requested_amount),
        (true, None)
    );
    let asked = row(vec![
        request("a", "2022-h1", Some(400)),
        request("a", "2022-h1", None),
        request("a", "2022-h1", Some(50)),
    ]);
    assert_eq!(asked.requested_amount, Some(Money::new(450)));
    assert_eq!(
        (asked.allocated, asked.decision_numbers.len()),
        (Money::ZERO, 0)
    );
}

#[test]
fn what_is_decided_after_the_day_of_a_table_does_not_change_it() {
    let (cap, mut granting) = decision("cap", "10/QĐ-UBND", "2022-05-10");
    let revoked = Revocation {
        by: DecisionId::new("huy").unwrap(),
        reason: String::new(),
    };
    granting.state = DecisionState::Revoked;
    granting.revocation = Some(revoked);
    let mut recalled = allocation("a", ("cap", "2022-08-01"), -100, 2022);
    recalled.kind = AllocationKind::Recall;
    let facts = Facts {
        projects: vec![project("a", 1, "2022")],
        decisions: BTreeMap::from([(cap, granting), decision("huy", "70/QĐ-UBND", "2022-09-01")]),
        allocations: vec![allocation("a", ("cap", "2022-05-10"), 500, 2022), recalled],
        ..Facts::default()
    };
    let row = |day: &str| {
        let day = types::date::parse_iso(day).unwrap();
        let row = rows(period("2022"), day, &facts).unwrap().remove(0);
        (
            row.allocated.vnd(),
            row.decision_numbers.len(),
            row.uncovered.vnd(),
            row.uncovered_numbers.join(", "),
        )
    };
    assert_eq!(row("2022-05-09"), (0, 0, 0, String::new()));
    assert_eq!(row("2022-06-14"), (500, 1, 0, String::new()));
    assert_eq!(row("2022-08-01"), (400, 1, 0, String::new()));
    assert_eq!(row("2022-09-01"), (0, 0, 400, "10/QĐ-UBND".into()));
}
