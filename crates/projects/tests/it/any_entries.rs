//! Money after any sequence of entries, against a model that only adds up.
//!
//! Cases: 256, or as many as `PROPTEST_CASES` says. Each case works on projects, lines and
//! decisions of its own; sums over units are compared with what they were before it.

use std::{cell::RefCell, collections::BTreeMap};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use tokio::runtime::Runtime;

use super::*;
use model::{Model, NODES, Numbers, minus, of_line, of_summary, plus};

mod model;
mod play;

/// Days on which money goes out, before and after the closings of the years.
const DAYS: [&str; 4] = ["2022-05-20", "2022-12-20", "2023-02-01", "2023-12-20"];

/// One entry, valid or not: places are taken modulo what there is.
#[derive(Debug, Clone)]
enum Entry {
    Need {
        line: usize,
        amount: Option<i64>,
    },
    Grant {
        line: usize,
        by: usize,
        amount: i64,
    },
    Recall {
        line: usize,
        of: usize,
        amount: i64,
        moved: bool,
    },
    Unallocate {
        nth: usize,
    },
    Move {
        line: usize,
        of: usize,
        amount: i64,
        moved: bool,
        to_unit: bool,
    },
    Revoke {
        of: usize,
    },
    Replace {
        of: usize,
    },
    Cover {
        line: usize,
        of: usize,
        amount: i64,
        moved: bool,
    },
    Sign {
        line: usize,
        amount: i64,
    },
    Amend {
        nth: usize,
        amount: i64,
    },
    Spend {
        line: usize,
        kind: pb::DisbursementKind,
        amount: i64,
        day: usize,
        under: Option<usize>,
    },
    Reverse {
        nth: usize,
        day: usize,
    },
    Settle {
        line: usize,
        off: i64,
    },
}

/// Kinds of entries, with each kind of disbursement.
const KINDS: usize = 15;

impl Entry {
    fn kind(&self) -> String {
        match self {
            Self::Spend { kind, .. } => kind.as_str_name().to_owned(),
            other => {
                let told = format!("{other:?}");
                told.split(' ').next().unwrap().to_owned()
            }
        }
    }
}

fn entry() -> impl Strategy<Value = Entry> {
    let place = || 0..12_usize;
    // Mostly within the means, sometimes far beyond them, sometimes nothing or below it.
    let amount = || prop_oneof![16 => 1..150_i64, 1 => Just(5_000), 1 => -3..=0_i64];
    let kind = prop_oneof![
        Just(pb::DisbursementKind::Advance),
        Just(pb::DisbursementKind::Payment),
        Just(pb::DisbursementKind::Recovery),
    ];
    let need = (place(), proptest::option::of(0..900_i64));
    let spend = (
        place(),
        kind,
        amount(),
        0..DAYS.len(),
        proptest::option::weighted(0.3, place()),
    );
    let triple = || (place(), place(), amount());
    let moved = || proptest::bool::weighted(0.3);
    // What ends things for good is rare, so that much is entered before.
    prop_oneof![
        2 => need.prop_map(|(line, amount)| Entry::Need { line, amount }),
        10 => triple().prop_map(|(line, by, amount)| Entry::Grant { line, by, amount }),
        6 => (triple(), moved()).prop_map(|((line, of, amount), moved)| Entry::Recall {
            line,
            of,
            amount,
            moved,
        }),
        3 => place().prop_map(|nth| Entry::Unallocate { nth }),
        10 => (triple(), moved(), any::<bool>()).prop_map(
            |((line, of, amount), moved, to_unit)| Entry::Move {
                line,
                of,
                amount,
                moved,
                to_unit,
            }
        ),
        1 => place().prop_map(|of| Entry::Revoke { of }),
        2 => place().prop_map(|of| Entry::Replace { of }),
        10 => (triple(), moved()).prop_map(|((line, of, amount), moved)| Entry::Cover {
            line,
            of,
            amount,
            moved,
        }),
        8 => (place(), amount()).prop_map(|(line, amount)| Entry::Sign { line, amount }),
        6 => (place(), -100..100_i64).prop_map(|(nth, amount)| Entry::Amend { nth, amount }),
        24 => spend.prop_map(|(line, kind, amount, day, under)| Entry::Spend {
            line,
            kind,
            amount,
            day,
            under,
        }),
        6 => (place(), 0..DAYS.len()).prop_map(|(nth, day)| Entry::Reverse { nth, day }),
        1 => (place(), prop_oneof![4 => Just(0_i64), 1 => -1..=1_i64])
            .prop_map(|(line, off)| Entry::Settle { line, off }),
    ]
}

/// An office that several cases work in, one after the other.
struct Ground {
    office: Office,
    revoker: String,
    cases: usize,
}

impl Ground {
    async fn open() -> Self {
        let office = Office::open_on("2023-12-20").await;
        let revoker = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
        Self {
            office,
            revoker,
            cases: 0,
        }
    }
}

/// What was entered in a case, and what comes of it.
struct Case<'a> {
    office: &'a Office,
    revoker: &'a str,
    id: String,
    projects: [String; 2],
    /// Lines that are entered on; money moves to others as well.
    lines: Vec<String>,
    /// Decisions that give, the first ones and those that replaced one.
    decisions: Vec<String>,
    /// Decisions that move, in the same way.
    moving: Vec<String>,
    model: Model,
}

/// Something to be entered was refused by a rule, or was never sent.
#[derive(Debug)]
struct Refused;

impl Refused {
    /// Every refusal names a rule or a field; nothing fails by accident.
    fn by_a_rule(status: Status) -> Self {
        let code = status.code();
        assert!(
            matches!(code, Code::FailedPrecondition | Code::InvalidArgument),
            "{status:?}"
        );
        Self
    }
}

#[test]
fn after_any_entries_every_node_is_the_sum_of_its_entries_and_of_the_nodes_below_it() {
    let runtime = Runtime::new().unwrap();
    let ground = RefCell::new(None);
    let taken = RefCell::new(BTreeMap::new());
    let config = Config {
        failure_persistence: None,
        max_shrink_iters: 200,
        ..Config::default()
    };
    let is_thorough = config.cases >= 256;
    let entries = proptest::collection::vec(entry(), 1..40);
    TestRunner::new(config)
        .run(&entries, |entries| {
            // A case that fails leaves its office behind.
            let kept: Option<Ground> = ground.borrow_mut().take();
            let used = runtime.block_on(async {
                // The table of a unit has room for 500 projects.
                let mut it = match kept.filter(|it| it.cases < 200) {
                    Some(it) => it,
                    None => Ground::open().await,
                };
                it.cases += 1;
                let played = one_case(&it, &entries).await;
                for kind in played {
                    *taken.borrow_mut().entry(kind).or_insert(0_u32) += 1;
                }
                it
            });
            *ground.borrow_mut() = Some(used);
            Ok(())
        })
        .unwrap();
    // Sums of nothing but refusals would prove nothing.
    let taken = taken.into_inner();
    eprintln!("taken: {taken:?}");
    assert!(!is_thorough || taken.len() == KINDS, "{taken:?}");
    // What holds a database is let go within the runtime.
    runtime.block_on(async move { drop(ground) });
}

/// Plays one case and returns the kinds of the entries that were taken.
async fn one_case(ground: &Ground, entries: &[Entry]) -> Vec<String> {
    let office = &ground.office;
    let mut case = Case::open(ground).await;
    let mut before = Vec::new();
    for (unit, alone, _) in NODES {
        before.push(node(office, unit, alone).await);
    }
    let opened = case.model.nodes();
    let mut taken = Vec::new();
    for entry in entries {
        if case.play(entry).await.is_ok() {
            taken.push(entry.kind());
        }
    }
    let now = case.model.nodes();
    for (place, (unit, alone, _)) in NODES.into_iter().enumerate() {
        let expected = plus(before[place], minus(now[place], opened[place]));
        let told = node(office, unit, alone).await;
        assert_eq!(told, expected, "{unit} alone={alone}");
    }
    for project in &case.projects {
        let lines = case.model.of_project(project);
        let ask = pb::SummarizeBudgetRequest {
            project: project.clone(),
            ..ask("units/tinh-quang-ngai")
        };
        let told = office.summary(ask).await.unwrap().total.unwrap();
        assert_eq!(of_summary(&told), lines, "{project}");
        case.entries_add_up(project).await;
    }
    case.model.holds();
    taken
}

fn ask(scope_unit: &str) -> pb::SummarizeBudgetRequest {
    pb::SummarizeBudgetRequest {
        scope_unit: scope_unit.into(),
        fiscal_year: 2022,
        last_fiscal_year: 2024,
        ..Default::default()
    }
}

async fn node(office: &Office, unit: &str, alone: bool) -> Numbers {
    let ask = pb::SummarizeBudgetRequest {
        without_subtree: alone,
        ..ask(unit)
    };
    let total = office.summary(ask).await.unwrap().total.unwrap();
    // All decisions of the cases are issued before the first closing.
    assert_eq!(
        total.closed_allocated_amount_vnd,
        total.allocated_amount_vnd
    );
    of_summary(&total)
}

impl<'a> Case<'a> {
    async fn open(ground: &'a Ground) -> Self {
        let office = &ground.office;
        let id = format!("c{}", ground.cases);
        let mut case = Self {
            office,
            revoker: &ground.revoker,
            projects: [format!("projects/{id}-p"), format!("projects/{id}-q")],
            lines: Vec::new(),
            decisions: Vec::new(),
            moving: Vec::new(),
            model: Model::default(),
            id,
        };
        let units = ["huyen-minh-long", "xa-long-hiep"];
        for (project, unit) in case.projects.clone().iter().zip(units) {
            let id = project.strip_prefix("projects/").unwrap();
            let new = pb::Project {
                owner_unit: format!("units/{unit}"),
                ..task(id)
            };
            let created = office.create_project(id, new).await.unwrap();
            office.approve_for_money(&created).await;
            for year in [2022, 2023] {
                let opened = office.open_line(id, year, Some(700)).await.unwrap();
                case.model.line(&opened.name).planned = Some(700);
                case.lines.push(opened.name);
            }
        }
        for (what, kind, amount) in [
            ("cap", pb::DecisionKind::AssignBudget, 1_500),
            ("bo-sung", pb::DecisionKind::SupplementBudget, 900),
            ("ung", pb::DecisionKind::AdvanceBudget, 500),
        ] {
            let name = case.decide(what, kind, amount).await;
            case.model.decided(&name, kind, amount, None);
            case.decisions.push(name);
        }
        for (what, kind) in [
            ("dieu-chinh", pb::DecisionKind::AdjustBudget),
            ("chuyen", pb::DecisionKind::MoveBudget),
            ("quyet-toan", pb::DecisionKind::ApproveSettlement),
        ] {
            let name = case.decide(what, kind, 1_200).await;
            case.model.decided(&name, kind, 1_200, None);
            if kind == pb::DecisionKind::MoveBudget {
                case.moving.push(name);
            }
        }
        // There is something to spend from the beginning.
        for line in 0..case.lines.len() {
            for (by, amount) in [(0, 300), (2, 50)] {
                let grant = Entry::Grant { line, by, amount };
                case.play(&grant).await.unwrap();
            }
        }
        case
    }

    /// Returns the name of a decision of this case.
    fn named(&self, what: &str) -> String {
        format!("decisions/{}-{what}", self.id)
    }

    async fn decide(&self, what: &str, kind: pb::DecisionKind, amount: i64) -> String {
        let id = format!("{}-{what}", self.id);
        self.office.decide(&id, kind, amount).await
    }

    /// Enters one thing. Whether it is taken or refused, its line then says what the model says.
    async fn play(&mut self, entry: &Entry) -> Result<(), Refused> {
        let line = self.touched(entry);
        let answer = self.try_enter(entry).await;
        if let Some(line) = line {
            let told = self.office.get_line(&line).await;
            let known = self.model.numbers(&line);
            assert_eq!(of_line(&told), Numbers { closed: 0, ..known }, "{entry:?}");
        }
        answer
    }

    /// The entries of a project, read page by page, are what its lines say.
    async fn entries_add_up(&self, project: &str) {
        let office = self.office;
        let (mut budget, mut spending) = (office.budget.clone(), office.spending.clone());
        let list = pb::ListAllocationsRequest {
            parent: project.to_owned(),
            page_size: 500,
            ..Default::default()
        };
        let answer = budget.list_allocations(office.reporter.ask(list));
        let mut allocated = BTreeMap::<String, i64>::new();
        for it in answer.await.unwrap().into_inner().allocations {
            *allocated.entry(it.budget_line).or_default() += it.amount_vnd;
        }
        let list = pb::ListCommitmentsRequest {
            parent: project.to_owned(),
            page_size: 500,
            ..Default::default()
        };
        let answer = spending.list_commitments(office.reporter.ask(list));
        let mut committed = BTreeMap::<String, i64>::new();
        for it in answer.await.unwrap().into_inner().commitments {
            *committed.entry(it.budget_line).or_default() += it.amount_vnd;
        }
        let list = pb::ListDisbursementsRequest {
            parent: project.to_owned(),
            page_size: 500,
            ..Default::default()
        };
        let answer = spending.list_disbursements(office.reporter.ask(list));
        let mut disbursed = BTreeMap::<String, i64>::new();
        for it in answer.await.unwrap().into_inner().disbursements {
            let back = it.kind() == pb::DisbursementKind::Recovery;
            let flow = if back { -it.amount_vnd } else { it.amount_vnd };
            *disbursed.entry(it.budget_line).or_default() += flow;
        }
        for name in self.model.lines_of(project) {
            let entered =
                |sums: &BTreeMap<String, i64>| sums.get(name).copied().unwrap_or_default();
            let it = self.model.numbers(name);
            assert_eq!(entered(&allocated), it.allocated + it.permitted, "{name}");
            assert_eq!(entered(&committed), it.committed, "{name}");
            assert_eq!(entered(&disbursed), it.disbursed, "{name}");
        }
    }
}
