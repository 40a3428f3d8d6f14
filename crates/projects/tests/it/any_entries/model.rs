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
        // What is left of a settled line lapsed.
        remaining: told.remaining_amount_vnd
            - told
                .settlement
                .as_ref()
                .map_or(0, |it| it.lapsed_amount_vnd),
        uncovered: told.uncovered_amount_vnd,
        settled: told.settlement.as_ref().map_or(0, |it| it.amount_vnd),
        closed: 0,
        lines: 1,
    }
}

/// Money of a decision, and the decision that moved it to the line, if any.
pub(super) type Money = (String, Option<String>);

/// What was entered on one line.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    pub(super) planned: Option<i64>,
    held: BTreeMap<Money, i64>,
    /// Permission whose place a later grant took.
    repaid: i64,
    pub(super) committed: i64,
    advanced: i64,
    paid: i64,
    /// Part of both that went out under contracts.
    under_contract: i64,
    closed: i64,
    pub(super) settled: i64,
}

impl Line {
    fn used(&self) -> i64 {
        self.advanced + self.paid + self.committed - self.under_contract
    }

    /// Money that goes out on a day, or below 0 comes back. What is paid after 15 December of the
    /// year of the line is not in its closing.
    pub(super) fn flow(&mut self, spent: &Spent, amount: i64, day: &str) {
        let flow = match spent.kind {
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
        if spent.under_contract {
            self.under_contract += flow;
        }
        let (_, rest) = spent.line.split_once("/budgetLines/").unwrap();
        let (year, _) = rest.split_once('.').unwrap();
        if day <= format!("{year}-12-15").as_str() {
            self.closed += flow;
        }
    }
}

/// A decision and what was done by it.
#[derive(Debug, Clone)]
struct Decided {
    amount: i64,
    kind: pb::DecisionKind,
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
    pub(super) money: Money,
    /// The decision by which it was recalled.
    pub(super) by: Option<String>,
    pub(super) amount: i64,
    /// What of a permission it took the place of.
    pub(super) repaid: i64,
}

/// A disbursement that may be reversed.
#[derive(Debug, Clone)]
pub(super) struct Spent {
    pub(super) line: String,
    pub(super) name: String,
    pub(super) kind: pb::DisbursementKind,
    pub(super) amount: i64,
    pub(super) day: &'static str,
    pub(super) under_contract: bool,
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
            kind,
            ended: false,
            replaces,
            granted: 0,
            recalled: 0,
        };
        self.decisions.insert(name.to_owned(), decided);
    }

    pub(super) fn permits(&self, name: &str) -> bool {
        self.kind(name) == pb::DecisionKind::AdvanceBudget
    }

    pub(super) fn kind(&self, name: &str) -> pb::DecisionKind {
        self.decisions[name].kind
    }

    /// A decision ends, and what is held of it shows as uncovered everywhere.
    pub(super) fn end(&mut self, name: &str) {
        self.decisions.get_mut(name).unwrap().ended = true;
    }

    /// Returns the last decision in the place of another one.
    pub(super) fn replacement(&self, of: &str) -> Option<String> {
        let next = |of: &str| {
            let mut all = self.decisions.iter();
            all.find(|(_, it)| it.replaces.as_deref() == Some(of))
                .map(|(name, _)| name.clone())
        };
        let mut last = next(of)?;
        while let Some(further) = next(&last) {
            last = further;
        }
        Some(last)
    }

    /// A line holds more of some money, or less. What is used rests on the money in force first
    /// and on the permission for the rest. Money in force that comes takes the place of that;
    /// returns how much of it. What has no decision in force carries nothing, and takes no place.
    pub(super) fn give(&mut self, line: &str, money: &Money, amount: i64) -> i64 {
        let permits = self.permits(&money.0);
        let is_void = self.is_void(money);
        let before = self.numbers(line);
        let held = self.lines.get(line).into_iter().flat_map(|it| &it.held);
        let carrying = held.filter(|(money, _)| !self.permits(&money.0) && !self.is_void(money));
        let carrying: i64 = carrying.map(|(_, amount)| amount).sum();
        let it = self.line(line);
        let ahead = (it.used() - carrying).min(before.permitted - it.repaid);
        let repaid = match permits || is_void {
            true => 0,
            false => amount.min(ahead.max(0)),
        };
        it.repaid += repaid;
        self.hold(line, money, amount);
        repaid
    }

    /// A line holds more of some money, or less, and nothing comes of it.
    pub(super) fn hold(&mut self, line: &str, money: &Money, amount: i64) {
        *self.line(line).held.entry(money.clone()).or_default() += amount;
    }

    /// A grant that was reversed takes the place of nothing any more.
    pub(super) fn unrepay(&mut self, line: &str, repaid: i64) {
        let it = self.line(line);
        it.repaid = (it.repaid - repaid).max(0);
    }

    fn is_void(&self, (decision, moved_by): &Money) -> bool {
        let ended = |it: &String| self.decisions[it].ended;
        ended(decision) || moved_by.as_ref().is_some_and(ended)
    }

    /// Returns what a line holds of decisions that have ended.
    pub(super) fn uncovered(&self, line: &str) -> Vec<Money> {
        let held = self.lines.get(line).into_iter().flat_map(|it| &it.held);
        let void = held.filter(|(money, amount)| **amount > 0 && self.is_void(money));
        void.map(|(money, _)| money.clone()).collect()
    }

    pub(super) fn numbers(&self, line: &str) -> Numbers {
        let it = self.lines.get(line).cloned().unwrap_or_default();
        let sum = |of: &dyn Fn(bool, bool) -> bool| -> i64 {
            let held = it.held.iter();
            let held = held.filter(|(money, _)| of(self.permits(&money.0), self.is_void(money)));
            held.map(|(_, amount)| amount).sum()
        };
        let allocated = sum(&|permits, _| !permits);
        let disbursed = it.advanced + it.paid;
        Numbers {
            planned: it.planned.unwrap_or_default(),
            allocated,
            permitted: sum(&|permits, _| permits),
            committed: it.committed,
            disbursed,
            advanced: it.advanced,
            remaining: match it.settled {
                0 => allocated - disbursed,
                _ => 0,
            },
            // A permission whose place a grant took needs no decision.
            uncovered: sum(&|permits, is_void| is_void && !permits)
                + (sum(&|permits, is_void| is_void && permits) - it.repaid).max(0),
            settled: it.settled,
            closed: it.closed,
            lines: 1,
        }
    }

    pub(super) fn granted(&mut self, by: &str, amount: i64) {
        self.decisions.get_mut(by).unwrap().granted += amount;
    }

    pub(super) fn recalled(&mut self, by: &str, amount: i64) {
        self.decisions.get_mut(by).unwrap().recalled += amount;
    }

    pub(super) fn lines_of(&self, project: &str) -> impl Iterator<Item = &str> {
        let prefix = format!("{project}/");
        let lines = self.lines.keys().map(String::as_str);
        lines.filter(move |it| it.starts_with(&prefix))
    }

    pub(super) fn of_project(&self, project: &str) -> Numbers {
        let lines = self.lines_of(project).map(|it| self.numbers(it));
        lines.fold(Numbers::default(), plus)
    }

    /// Sums of the nodes, from the lines of the units in them.
    pub(super) fn nodes(&self) -> [Numbers; 4] {
        NODES.map(|(_, _, units)| {
            let within = self.lines.keys().filter(|name| {
                let unit = name.rsplit('.').next().unwrap();
                units.contains(&unit)
            });
            within
                .map(|name| self.numbers(name))
                .fold(Numbers::default(), plus)
        })
    }

    /// What never happens, whatever is entered: a decision that gives or takes back more than it
    /// says, a line that holds less than nothing of one, or is beyond its means.
    pub(super) fn holds(&self) {
        for (name, it) in &self.decisions {
            assert!(
                it.granted <= it.amount && it.recalled <= it.amount,
                "{name}: {it:?}"
            );
        }
        for (name, line) in &self.lines {
            let it = self.numbers(name);
            let means = it.allocated + it.permitted - line.repaid;
            assert!(line.used() <= means, "{name}: {line:?}");
            assert!(line.repaid <= it.permitted, "{name}: {line:?}");
            assert!(line.advanced >= 0 && line.paid >= 0, "{name}: {line:?}");
            assert!(line.held.values().all(|it| *it >= 0), "{name}: {line:?}");
        }
    }
}
