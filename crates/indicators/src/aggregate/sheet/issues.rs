//! What a person should look at in a total.

use types::{ids::IndicatorId, period::Period};

use super::{Group, Number, Sheet, Told, Total};
use crate::{
    reason::{
        AGGREGATE_COUNTED_TWICE, AGGREGATE_NOT_COMPUTED, AGGREGATE_TOO_GREAT,
        AGGREGATE_UNIT_NOT_THERE, FORMULA_COUNTED_AS_ZERO, INDICATOR_NOT_IN_FORCE,
    },
    value::{
        fit::window,
        issue::{Issue, Severity},
    },
};

/// Most pairs that are named as counted twice.
const PAIRS_NAMED: usize = 5;

impl Sheet {
    /// Tells what a person should look at in a total.
    pub(crate) fn issues(
        &self,
        indicator: &IndicatorId,
        period: Period,
        group: Group,
        total: &Total,
    ) -> Vec<Issue> {
        let period_code = || ("period", period.to_string());
        if !total.is_in_force {
            let facts = [("indicator", indicator.name()), period_code()];
            let (severity, field) = (Severity::Info, String::from("quantity"));
            return vec![Issue::new(severity, &INDICATOR_NOT_IN_FORCE, field, &facts)];
        }
        let mut issues: Vec<_> = total.problems.iter().map(|it| self.issue(it)).collect();
        if let Some(unit) = group.filter(|_| total.coverage.expected == 0) {
            let place = self.ground.atlas.place(unit);
            let days = window(&period);
            let is_there = match self.date {
                Some(date) => place.exists_on(date),
                None => place.validity.is_some_and(|it| it.overlaps(&days)),
            };
            if !is_there {
                let day = self.date.or(days.end().and_then(|it| it.pred_opt()));
                let day = day.map(|it| it.to_string()).unwrap_or_default();
                let facts = [("unit", place.id.name()), ("date", day)];
                issues.push(warn(&AGGREGATE_UNIT_NOT_THERE, "coverage", &facts));
            }
        }
        issues
    }

    fn issue(&self, told: &Told) -> Issue {
        match told {
            Told::TooGreat => warn(&AGGREGATE_TOO_GREAT, "quantity", &[]),
            Told::CountedTwice(pairs) => {
                let name = |it: Number| self.unit(it).name();
                let named = pairs.iter().take(PAIRS_NAMED);
                let named = named.map(|(one, other)| format!("{} > {}", name(*one), name(*other)));
                let facts = [
                    ("count", pairs.len().to_string()),
                    ("pairs", named.collect::<Vec<_>>().join(", ")),
                ];
                warn(&AGGREGATE_COUNTED_TWICE, "quantity", &facts)
            }
            Told::Formula(problem) => Issue {
                severity: Severity::Info,
                code: FORMULA_COUNTED_AS_ZERO.code,
                field: "quantity".into(),
                en: problem.en.clone(),
                vi: problem.vi.clone(),
            },
            Told::Failed(problem) => {
                let facts = [
                    ("cause_en", problem.en.clone()),
                    ("cause_vi", problem.vi.clone()),
                ];
                warn(&AGGREGATE_NOT_COMPUTED, "quantity", &facts)
            }
        }
    }
}

pub(super) fn warn(reason: &kit::Reason, field: &str, facts: &[(&str, String)]) -> Issue {
    Issue::new(Severity::Warning, reason, field.to_owned(), facts)
}
