//! What a person should look at in an entry: where it and the state of its project do not
//! go together. Real reports do so all the time, hence it refuses nothing.

use kit::Reason;

use super::{Health, ProgressEntry};
use crate::{
    project::{Project, State},
    reason::{HEALTH_BEFORE_START, HEALTH_DONE_NOT_WHOLE, HEALTH_NOT_STARTED_BUT_MEASURED},
};

/// A remark on an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Warning {
    pub(crate) reason: &'static Reason,
    pub(crate) facts: Vec<(&'static str, String)>,
}

/// Returns what is odd about an entry.
pub(super) fn of(project: &Project, entry: &ProgressEntry) -> Vec<Warning> {
    let mut found = Vec::new();
    let (state, health) = (project.standing.state, entry.said.health);
    let is_under_way = health != Health::NotStarted;
    if matches!(state, State::Proposed | State::Approved) && is_under_way {
        found.push(Warning {
            reason: &HEALTH_BEFORE_START,
            facts: vec![
                ("project", project.id.name()),
                ("state", state.as_name().to_owned()),
            ],
        });
    }
    let Some(percent) = entry.completion.percent else {
        return found;
    };
    let facts = || {
        vec![
            ("percent", percent.to_string()),
            ("percent_vi", percent.to_vietnamese()),
        ]
    };
    let whole = percent
        .decimal()
        .rescale_half_up(6)
        .is_some_and(|it| it.units() == 100_000_000);
    if health == Health::NotStarted && !percent.decimal().is_zero() {
        let reason = &HEALTH_NOT_STARTED_BUT_MEASURED;
        found.push(Warning {
            reason,
            facts: facts(),
        });
    }
    if health == Health::Done && !whole {
        let reason = &HEALTH_DONE_NOT_WHOLE;
        found.push(Warning {
            reason,
            facts: facts(),
        });
    }
    found
}

impl Warning {
    /// Returns the texts of both languages.
    pub(crate) fn texts(&self) -> (String, String) {
        let fill = |text: &str| {
            self.facts
                .iter()
                .fold(text.to_owned(), |text, (name, fact)| {
                    text.replace(&format!("{{{name}}}"), fact)
                })
        };
        (fill(self.reason.en), fill(self.reason.vi))
    }
}
