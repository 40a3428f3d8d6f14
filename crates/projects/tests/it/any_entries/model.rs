//! A model that knows no rule: it adds up what was taken.

use std::collections::BTreeMap;

use super::*;

/// Nodes that are compared: a unit, whether alone, and which units are in it.
pub(super) const NODES: [(&str, bool, &[&str]); 4] = [
    ("units/huyen-minh-long", true, &["huyen-minh-long"]),
    ("units/xa-long-hiep", true, &["xa-long-hiep"]),
    (
        "units/huyen-minh-long",
        false,
        &["huyen-minh-long", "xa-long-hiep"],
    ),
    (
        "units/tinh-quang-ngai",
        false,
        &["huyen-minh-long", "xa-long-hiep"],
    ),
];

/// What a node says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Numbers {
    pub(super) planned: i64,
    pub(super) allocated: i64,
    pub(super) permitted: i64,
    pub(super) committed: i64,
    pub(super) disbursed: i64,
    pub(super) advanced: i64,
    pub(super) remaining: i64,
    pub(super) uncovered: i64,
    pub(super) settled: i64,
    pub(super) closed: i64,
    pub(super) lines: i64,
}

fn each(one: Numbers, other: Numbers, of: impl Fn(i64, i64) -> i64) -> Numbers {
    Numbers {
        planned: of(one.planned, other.planned),
        allocated: of(one.allocated, other.allocated),
        permitted: of(one.permitted, other.permitted),
        committed: of(one.committed, other.committed),
        disbursed: of(one.disbursed, other.disbursed),
        advanced: of(one.advanced, other.advanced),
        remaining: of(one.remaining, other.remaining),
        uncovered: of(one.uncovered, other.uncovered),
        settled: of(one.settled, other.settled),
        closed: of(one.closed, other.closed),
        lines: of(one.lines, other.lines),
    }
}

pub(super) fn plus(one: Numbers, other: Numbers) -> Numbers {
    each(one, other, |one, other| one + other)
}

pub(super) fn minus(one: Numbers, other: Numbers) -> Numbers {
    each(one, other, |one, other| one - other)
}

pub(super) fn of_summary(told: &pb::BudgetSummary) -> Numbers {
    Numbers {
        planned: told.planned_amount_vnd,
        allocated: told.allocated_amount_vnd,
        permitted: told.permitted_amount_vnd,
        committed: told.committed_amount_vnd,
        disbursed: told.disbursed_amount_vnd,
        advanced: told.advanced_amount_vnd,
        remaining: told.remaining_amount_vnd,
        uncovered: told.uncovered_amount_vnd,
        settled: told.settled_amount_vnd,
        closed: told.closed_disbursed_amount_vnd,
        lines: told.line_count,
    }
}

pub(super) fn of_line(told: &pb::BudgetLine) -> Numbers {
    Numbers {
        planned: told.planned_amount_vnd.unwrap_or_default(),
        allocated: told.allocated_amount_vnd,
        permitted: told.permitted_amount_vnd,
        committed: told.committed_amount_vnd,
        disbursed: told.disbursed_amount_vnd,
        advanced: told.advanced_amount_vnd,
        remaining: told.remaining_amount_vnd,
        uncovered: told.uncovered_amount_vnd,
        settled: told.settlement.as_ref().map_or(0, |it| it.amount_vnd),
        closed: 0,
        lines: 1,
    }
}

/// What was entered on one line.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) planned: Option<i64>,
    /// Of each decision: what is held of it, whether it only permits, whether it has ended.
    held: BTreeMap<String, (i64, bool, bool)>,
    pub(super) committed: i64,
    pub(super) advanced: i64,
    pub(super) paid: i64,
    pub(super) closed: i64,
    pub(super) settled: i64,
}

impl Line {
    pub(super) fn numbers(&self) -> Numbers {
        let sum = |of: &dyn Fn(bool, bool) -> bool| {
            let held = self.held.values();
            held.filter(|(_, permits, ended)| of(*permits, *ended))
                .map(|(amount, ..)| amount)
                .sum()
        };
        let allocated = sum(&|permits, _| !permits);
        let disbursed = self.advanced + self.paid;
        Numbers {
            planned: self.planned.unwrap_or_default(),
            allocated,
            permitted: sum(&|permits, _| permits),
            committed: self.committed,
            disbursed,
            advanced: self.advanced,
            remaining: allocated - disbursed,
            uncovered: sum(&|_, ended| ended),
            settled: self.settled,
            closed: self.closed,
            lines: 1,
        }
    }

    /// Money that goes out on a day, or below 0 comes back.
    pub(super) fn flow(&mut self, kind: pb::DisbursementKind, amount: i64, day: &str) {
        let flow = match kind {
            pb::DisbursementKind::Payment => {
                self.paid += amount;
                amount
            }
            pb::DisbursementKind::Recovery => {
                self.advanced -= amount;
                -amount
            }
            _ => {
                self.advanced += amount;
                amount
            }
        };
        // The closing of 2022 to 2024 ends on 15 December 2024.
        if day <= "2024-12-15" {
            self.closed += flow;
        }
    }
}

/// A decision and what was done by it.
#[derive(Debug, Clone)]
struct Decided {
    amount: i64,
    permits: bool,
    ended: bool,
    replaces: Option<String>,
    granted: i64,
    recalled: i64,
}

/// An allocation that may be reversed.
#[derive(Debug, Clone)]
pub(super) struct Entered {
    pub(super) line: String,
    pub(super) name: String,
    pub(super) decision: String,
    /// The decision by which it was recalled.
    pub(super) by: Option<String>,
    pub(super) amount: i64,
}

/// A disbursement that may be reversed.
#[derive(Debug, Clone)]
pub(super) struct Spent {
    pub(super) line: String,
    pub(super) name: String,
    pub(super) kind: pb::DisbursementKind,
    pub(super) amount: i64,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    lines: BTreeMap<String, Line>,
    decisions: BTreeMap<String, Decided>,
    pub(super) allocations: Vec<Entered>,
    pub(super) contracts: Vec<(String, String)>,
    pub(super) spent: Vec<Spent>,
}

impl Model {
    pub(super) fn line(&mut self, name: &str) -> &mut Line {
        self.lines.entry(name.to_owned()).or_default()
    }

    pub(super) fn decided(
        &mut self,
        name: &str,
        kind: pb::DecisionKind,
        amount: i64,
        replaces: Option<String>,
    ) {
        if let Some(old) = &replaces {
            self.end(old);
        }
        let decided = Decided {
            amount,
            permits: kind == pb::DecisionKind::AdvanceBudget,
            ended: false,
            replaces,
            granted: 0,
            recalled: 0,
        };
        self.decisions.insert(name.to_owned(), decided);
    }

    pub(super) fn permits(&self, name: &str) -> bool {
        self.decisions[name].permits
    }

    /// A decision ends, and what is held of it shows as uncovered everywhere.
    pub(super) fn end(&mut self, name: &str) {
        self.decisions.get_mut(name).unwrap().ended = true;
        for line in self.lines.values_mut() {
            if let Some((_, _, ended)) = line.held.get_mut(name) {
                *ended = true;
            }
        }
    }

    pub(super) fn replacement(&self, of: &str) -> Option<String> {
        let mut all = self.decisions.iter();
        all.find(|(_, it)| it.replaces.as_deref() == Some(of))
            .map(|(name, _)| name.clone())
    }

    /// A line holds more of a decision, or less.
    pub(super) fn hold(&mut self, line: &str, decision: &str, amount: i64) {
        let known = &self.decisions[decision];
        let (permits, ended) = (known.permits, known.ended);
        let held = &mut self.line(line).held;
        let entry = held
            .entry(decision.to_owned())
            .or_insert((0, permits, ended));
        entry.0 += amount;
    }

    pub(super) fn granted(&mut self, by: &str, amount: i64) {
        self.decisions.get_mut(by).unwrap().granted += amount;
    }

    pub(super) fn recalled(&mut self, by: &str, amount: i64) {
        self.decisions.get_mut(by).unwrap().recalled += amount;
    }

    pub(super) fn lines_of(&self, project: &str) -> impl Iterator<Item = (&str, &Line)> {
        let prefix = format!("{project}/");
        let lines = self.lines.iter();
        lines
            .filter(move |(name, _)| name.starts_with(&prefix))
            .map(|(name, it)| (name.as_str(), it))
    }

    pub(super) fn of_project(&self, project: &str) -> Numbers {
        let lines = self.lines_of(project).map(|(_, it)| it.numbers());
        lines.fold(Numbers::default(), plus)
    }

    /// Sums of the nodes, from the lines of the units in them.
    pub(super) fn nodes(&self) -> [Numbers; 4] {
        NODES.map(|(_, _, units)| {
            let lines = self.lines.iter();
            let within = lines.filter(|(name, _)| {
                let unit = name.rsplit('.').next().unwrap();
                units.contains(&unit)
            });
            within
                .map(|(_, it)| it.numbers())
                .fold(Numbers::default(), plus)
        })
    }

    /// What never happens, whatever is entered: a decision that gives or takes back more than it
    /// says, a line that holds less than nothing of one, or is beyond its means.
    pub(super) fn holds(&self) {
        for (name, it) in &self.decisions {
            assert!(
                it.granted <= it.amount && it.recalled <= it.amount,
                "{name}"
            );
        }
        for (name, line) in &self.lines {
            let it = line.numbers();
            let means = it.allocated + it.permitted;
            assert!(
                it.disbursed <= means && it.committed <= means,
                "{name}: {it:?}"
            );
            assert!(it.advanced >= 0 && line.paid >= 0, "{name}: {it:?}");
            assert!(line.held.values().all(|(held, ..)| *held >= 0), "{name}");
        }
    }
}
