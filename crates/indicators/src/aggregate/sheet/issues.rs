//! What a person should look at in a total.

use types::{ids::IndicatorId, period::Period};

use super::{Group, Number, Sheet, Told, Total};
use crate::{
    aggregate::change::Change,
    reason::{
        AGGREGATE_COUNTED_TWICE, AGGREGATE_INPUTS_INCOMPLETE, AGGREGATE_INPUTS_UNEVEN,
        AGGREGATE_NOT_COMPUTED, AGGREGATE_TOO_GREAT, AGGREGATE_UNIT_NOT_THERE,
        FORMULA_COUNTED_AS_ZERO, INDICATOR_NOT_IN_FORCE, NOT_COMPARABLE,
    },
    value::issue::{Issue, Severity},
};

/// Most pairs that are named as counted twice.
const PAIRS_NAMED: usize = 5;
/// Most units that are named as left out.
const UNITS_NAMED: usize = 20;

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
            let days = self.days(indicator, &period);
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
            Told::Incomplete(period, units) => {
                let names: Vec<_> = units.iter().map(|it| self.unit(*it).name()).collect();
                let shown = names.iter().take(UNITS_NAMED).cloned().collect::<Vec<_>>();
                let more = match names.len().checked_sub(UNITS_NAMED) {
                    Some(more @ 1..) => format!(" (+{more})"),
                    _ => String::new(),
                };
                let facts = [
                    ("count", names.len().to_string()),
                    ("period", period.to_string()),
                    ("period_vi", period.to_vietnamese()),
                    ("units", shown.join(", ") + &more),
                ];
                warn(&AGGREGATE_INPUTS_INCOMPLETE, "coverage", &facts)
            }
            Told::Uneven(least, most) => {
                let written = |it: &super::Share| {
                    let (indicator, period) = (it.input.0.name(), it.input.1);
                    (format!("{indicator} {period}"), it.counted, it.expected)
                };
                let ((one, a, b), (other, c, d)) = (written(least), written(most));
                let facts = [
                    ("one", one),
                    ("one_counted", a.to_string()),
                    ("one_expected", b.to_string()),
                    ("other", other),
                    ("other_counted", c.to_string()),
                    ("other_expected", d.to_string()),
                ];
                let (severity, field) = (Severity::Info, String::from("coverage"));
                Issue::new(severity, &AGGREGATE_INPUTS_UNEVEN, field, &facts)
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

/// Tells that a total is not compared with the earlier one.
pub(crate) fn not_comparable(change: &Change) -> Option<Issue> {
    let why = change.not_comparable.as_ref()?;
    let facts = [
        ("period", change.period.to_string()),
        ("period_vi", change.period.to_vietnamese()),
        ("cause_en", why.en.clone()),
        ("cause_vi", why.vi.clone()),
    ];
    Some(warn(&NOT_COMPARABLE, "change", &facts))
}

pub(super) fn warn(reason: &kit::Reason, field: &str, facts: &[(&str, String)]) -> Issue {
    Issue::new(Severity::Warning, reason, field.to_owned(), facts)
}
