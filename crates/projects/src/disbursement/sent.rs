//! Disbursements that another system sends: judged one by one, known again by its keys.

use std::collections::{BTreeMap, BTreeSet};

use kit::{Error, Reason, Tx, error::PERMISSION_MISSING};
use types::{
    ids::{Principal, ProjectId, UnitId},
    violations::{Invalid, Violation},
};

use super::{Disbursement, New, Source, What, ground::Ground};
use crate::reason::{BUDGET_LINE_UNKNOWN, DISBURSEMENT_CHANGED, DISBURSEMENT_CONFLICT};

/// One item of a request. It is refused alone, so what is wrong with it is kept here.
#[derive(Debug)]
pub(crate) struct Item {
    /// Where it stands, such as `disbursements[3]`.
    pub(crate) path: String,
    pub(crate) new: Result<New, Invalid>,
}

impl Item {
    /// Returns what is to be entered, when it could be read.
    pub(super) fn readable(&self) -> Option<&New> {
        self.new.as_ref().ok()
    }
}

/// What became of one item.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Name of the entry, new or known.
    pub(crate) name: String,
    pub(crate) disposition: Disposition,
    pub(crate) issues: Vec<Violation>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disposition {
    Created,
    Unchanged,
    Rejected,
}

/// A request on its way through the rules.
pub(super) struct Sending<'a> {
    pub(super) tx: &'a Tx,
    pub(super) principal: &'a Principal,
    pub(super) permission: String,
    /// Units on which the caller may enter.
    pub(super) permitted: BTreeSet<UnitId>,
    pub(super) ground: Ground,
    /// What was sent before, by the keys of its system.
    pub(super) known: BTreeMap<Source, Disbursement>,
    /// Last number given under each project.
    pub(super) numbers: BTreeMap<ProjectId, i64>,
}

impl Sending<'_> {
    /// Judges one item.
    pub(super) fn take(&mut self, item: &Item) -> Outcome {
        let path = &item.path;
        let new = match &item.new {
            Ok(new) => new,
            Err(bad) => return rejected(bad.violations().to_vec()),
        };
        if !self.permitted.contains(&new.line.unit) {
            let facts = [("permission", self.permission.clone())];
            return rejected(vec![violation(&PERMISSION_MISSING, path, &facts)]);
        }
        let known = new.source.as_ref().and_then(|it| self.known.get(it));
        if let Some(known) = known {
            let name = known.name();
            if says_the_same(known, new) {
                return Outcome {
                    name,
                    disposition: Disposition::Unchanged,
                    issues: Vec::new(),
                };
            }
            // Which entry it was is not told: it may be of a project out of reach.
            let source = &known.source;
            let told = |it: fn(&Source) -> &String| source.as_ref().map(it).cloned();
            let facts = [
                ("system", told(|it| &it.system).unwrap_or_default()),
                ("key", told(|it| &it.external_id).unwrap_or_default()),
            ];
            return rejected(vec![violation(&DISBURSEMENT_CHANGED, path, &facts)]);
        }
        let Some(last) = self.numbers.get(&new.line.project).copied() else {
            let facts = [("line", new.line.name())];
            return rejected(vec![violation(&BUDGET_LINE_UNKNOWN, path, &facts)]);
        };
        let entered = self.ground.enter(self.tx, self.principal, new, last + 1);
        let disbursement = match entered {
            Ok(disbursement) => disbursement,
            Err(error) => return rejected(told(error, path)),
        };
        self.numbers.insert(new.line.project.clone(), last + 1);
        let name = disbursement.name();
        if let Some(source) = &new.source {
            self.known.insert(source.clone(), disbursement);
        }
        Outcome {
            name,
            disposition: Disposition::Created,
            issues: Vec::new(),
        }
    }
}

/// Says whether an entry is what was sent, to the last đồng.
fn says_the_same(known: &Disbursement, new: &New) -> bool {
    let what = match &new.what {
        What::Flow {
            kind,
            amount,
            commitment,
        } => {
            (known.kind, known.amount, known.commitment, known.reverses)
                == (*kind, *amount, *commitment, None)
        }
        What::Reverse { number } => known.reverses == Some(*number),
    };
    what && known.line == new.line && known.date == new.date && known.words == new.words
}

fn rejected(issues: Vec<Violation>) -> Outcome {
    Outcome {
        name: String::new(),
        disposition: Disposition::Rejected,
        issues,
    }
}

/// Tells an error of one item; the others stand on their own.
fn told(error: Error, path: &str) -> Vec<Violation> {
    match error {
        Error::Invalid(bad) => {
            let found = bad.violations().iter().cloned();
            let within = |it: Violation| {
                // A rule of one entry speaks of `disbursement.…`; here it is one of many.
                let field = it.field.strip_prefix("disbursement.");
                let field = format!("{path}.{}", field.unwrap_or(&it.field));
                Violation { field, ..it }
            };
            found.map(within).collect()
        }
        Error::Rule(reason, facts) => {
            let facts: Vec<_> = facts.into_iter().collect();
            vec![violation(reason, path, &facts)]
        }
        Error::NotFound(_, line) => {
            vec![violation(&BUDGET_LINE_UNKNOWN, path, &[("line", line)])]
        }
        _ => vec![violation(&DISBURSEMENT_CONFLICT, path, &[])],
    }
}

fn violation(reason: &'static Reason, path: &str, facts: &[(&str, String)]) -> Violation {
    let fill = |text: &str| {
        facts.iter().fold(text.to_owned(), |text, (name, fact)| {
            text.replace(&format!("{{{name}}}"), fact)
        })
    };
    Violation {
        field: path.to_owned(),
        reason: reason.code,
        en: fill(reason.en),
        vi: fill(reason.vi),
    }
}
