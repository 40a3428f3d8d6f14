//! Progress entries from and to the wire.

use proto::{
    convert::{issue, optional_date, timestamp},
    projects as pb,
    shared::{self, Severity},
};
use types::{decimal::Decimal, percent::Percent, period::Period, violations::Invalid};

use super::{
    CreateProgressEntry, Health, PlanAhead, ProgressEntry, Said, Shown,
    batch::{Disposition, Issue, Item, MOST_ITEMS, Outcome, UpsertProgress},
    warning::Warning,
};
use crate::{choice, disbursement::Source, entry::PROGRESS, project::ListEntries};

impl TryFrom<pb::CreateProgressEntryRequest> for CreateProgressEntry {
    type Error = Invalid;

    fn try_from(request: pb::CreateProgressEntryRequest) -> Result<Self, Invalid> {
        let entry = request.progress_entry.unwrap_or_default();
        read_entry("parent", &request.parent, entry, Typed::Perhaps)
    }
}

/// Whether an entry may come without the key of another system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Typed {
    Perhaps,
    Never,
}

fn read_entry(
    parent: &str,
    project: &str,
    entry: pb::ProgressEntry,
    typed: Typed,
) -> Result<CreateProgressEntry, Invalid> {
    let mut bad = Invalid::default();
    let project = bad.required(parent, project);
    let period = bad.required("progress_entry.period", &entry.period);
    let as_of = optional_date("progress_entry.as_of_date", &entry.as_of_date, &mut bad);
    let health = Health::from_wire("progress_entry.health", entry.health, &mut bad);
    let field = "progress_entry.completion_percent";
    let percent = read_completion(field, &entry.completion_percent, &mut bad);
    let done = read_done(
        "progress_entry.done_quantity",
        &entry.done_quantity,
        &mut bad,
    );
    let result_text = bad.lines("progress_entry.result_text", &entry.result_text, 4000);
    let difficulty = bad.lines(
        "progress_entry.difficulty_text",
        &entry.difficulty_text,
        4000,
    );
    let note = bad.lines("progress_entry.note", &entry.note, 1000);
    let reason = bad.lines("progress_entry.reason", &entry.reason, 1000);
    let plan = read_plan(period, &entry, &mut bad);
    let corrects = match (&project, entry.corrects.as_str()) {
        (_, "") | (None, _) => Some(None),
        (Some(project), name) => {
            let number = PROGRESS.number(project, name);
            bad.take("progress_entry.corrects", number).map(Some)
        }
    };
    let source = read_source(&entry, typed, &mut bad);
    let read = || {
        Some(CreateProgressEntry {
            project: project?,
            said: Said {
                period: period?,
                as_of: as_of?,
                health: health?,
                result_text: result_text?,
                difficulty_text: difficulty?,
                note: note?,
                reason: reason?,
                plan: plan?,
            },
            percent: percent?,
            done: done?,
            corrects: corrects?,
            source: source?,
        })
    };
    read().ok_or(bad)
}

/// Reads the key of the system that sends an entry: neither part without the other.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_source(
    entry: &pb::ProgressEntry,
    typed: Typed,
    bad: &mut Invalid,
) -> Option<Option<Source>> {
    let (of_system, of_key) = ("progress_entry.source_system", "progress_entry.external_id");
    let system = bad.optional_line(of_system, &entry.source_system, 100);
    let external_id = bad.optional_line(of_key, &entry.external_id, 200);
    let (system, external_id) = (system?, external_id?);
    if typed == Typed::Perhaps && system.is_empty() && external_id.is_empty() {
        return Some(None);
    }
    for (field, text) in [(of_system, &system), (of_key, &external_id)] {
        if text.is_empty() {
            bad.missing(field);
        }
    }
    (!system.is_empty() && !external_id.is_empty()).then_some(Some(Source {
        system,
        external_id,
    }))
}

/// Reads what is planned for a later period; it may be told without a period when there is
/// a next one of the same kind.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_plan(
    period: Option<Period>,
    entry: &pb::ProgressEntry,
    bad: &mut Invalid,
) -> Option<Option<PlanAhead>> {
    let field = "progress_entry.plan_period";
    let text = bad.lines("progress_entry.plan_text", &entry.plan_text, 4000);
    let named = bad.optional::<Period>(field, &entry.plan_period);
    let (text, named) = (text?, named?);
    if text.is_empty() {
        if named.is_some() {
            bad.missing("progress_entry.plan_text");
            return None;
        }
        return Some(None);
    }
    // A bad period is told already.
    let period = period?;
    let Some(planned) = named.or_else(|| period.next()) else {
        bad.missing(field);
        return None;
    };
    if planned.calendar().end() <= period.calendar().end() {
        bad.add(
            field,
            "OUT_OF_RANGE",
            format!("`{planned}` does not end after `{period}`"),
            format!("kỳ `{planned}` không kết thúc sau kỳ `{period}`"),
        );
        return None;
    }
    Some(Some(PlanAhead {
        period: planned,
        text,
    }))
}

#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_done(field: &str, wire: &str, bad: &mut Invalid) -> Option<Option<Decimal>> {
    let done = bad.optional::<Decimal>(field, wire)?;
    if done.is_some_and(Decimal::is_negative) {
        bad.add(field, "OUT_OF_RANGE", "is below 0", "nhỏ hơn 0");
        return None;
    }
    Some(done)
}

impl TryFrom<pb::UpsertProgressRequest> for UpsertProgress {
    type Error = Invalid;

    fn try_from(request: pb::UpsertProgressRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        if request.items.is_empty() {
            bad.missing("items");
        }
        bad.at_most("items", request.items.len(), MOST_ITEMS);
        bad.check()?;
        let items = request.items.into_iter().map(|it| Item {
            entry: read_entry(
                "project",
                &it.project,
                it.progress_entry.unwrap_or_default(),
                Typed::Never,
            ),
        });
        Ok(Self {
            items: items.collect(),
            validate_only: request.validate_only,
        })
    }
}

/// Reads how much is done; empty means that nobody measured it.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_completion(field: &str, wire: &str, bad: &mut Invalid) -> Option<Option<Percent>> {
    let completion = bad.optional::<Percent>(field, wire)?;
    let most = Decimal::new(100, 0).ok();
    if completion.is_some_and(|it| Some(it.decimal()) > most) {
        bad.add(
            field,
            "OUT_OF_RANGE",
            "is above 100 percent",
            "lớn hơn 100%",
        );
        return None;
    }
    Some(completion)
}

impl TryFrom<pb::ListProgressEntriesRequest> for ListEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListProgressEntriesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(project) = bad.required("parent", &request.parent) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<ProgressEntry> for pb::ProgressEntry {
    fn from(entry: ProgressEntry) -> Self {
        let name = entry.name();
        let corrects = entry.corrects.map(|it| PROGRESS.name(&entry.project, it));
        let decimal = |it: Option<Decimal>| it.map(|it| it.to_string()).unwrap_or_default();
        let (source_system, external_id) = entry
            .source
            .map(|it| (it.system, it.external_id))
            .unwrap_or_default();
        let said = entry.said;
        let (plan_period, plan_text) = said
            .plan
            .map(|it| (it.period.to_string(), it.text))
            .unwrap_or_default();
        Self {
            name,
            period: said.period.to_string(),
            health: said.health.to_wire().into(),
            completion_percent: decimal(entry.completion.percent.map(Percent::decimal)),
            result_text: said.result_text,
            difficulty_text: said.difficulty_text,
            note: said.note,
            corrects: corrects.unwrap_or_default(),
            principal: entry.principal.name(),
            as_of_date: said.as_of.map(|it| it.to_string()).unwrap_or_default(),
            completion_method: entry.method.to_wire().into(),
            done_quantity: decimal(entry.completion.done),
            planned_quantity: decimal(entry.completion.planned),
            reason: said.reason,
            plan_text,
            plan_period,
            issues: Vec::new(),
            superseded: false,
            source_system,
            external_id,
            create_time: Some(timestamp(entry.create_time)),
        }
    }
}

impl From<Shown> for pb::ProgressEntry {
    fn from(shown: Shown) -> Self {
        Self {
            superseded: shown.superseded,
            issues: shown.warnings.iter().map(Into::into).collect(),
            ..shown.entry.into()
        }
    }
}

impl From<&Warning> for shared::Issue {
    fn from(warning: &Warning) -> Self {
        let (en, vi) = warning.texts();
        let code = warning.reason.code;
        issue(Severity::Warning, code, "progress_entry", en, vi)
    }
}

impl From<Outcome> for shared::ItemResult {
    fn from(outcome: Outcome) -> Self {
        let disposition = match outcome.disposition {
            Disposition::Created => shared::Disposition::Created,
            Disposition::Updated => shared::Disposition::Updated,
            Disposition::Unchanged => shared::Disposition::Unchanged,
            Disposition::Rejected => shared::Disposition::Rejected,
        };
        Self {
            // At most 500.
            offset: i32::try_from(outcome.offset).unwrap_or(i32::MAX),
            name: outcome.name,
            disposition: disposition.into(),
            issues: outcome.issues.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Issue> for shared::Issue {
    fn from(it: Issue) -> Self {
        let severity = match it.is_error {
            true => Severity::Error,
            false => Severity::Warning,
        };
        issue(severity, &it.code, it.field, it.en, it.vi)
    }
}

impl Health {
    pub(crate) fn to_wire(self) -> pb::Health {
        match self {
            Self::NotStarted => pb::Health::NotStarted,
            Self::OnTrack => pb::Health::OnTrack,
            Self::AtRisk => pb::Health::AtRisk,
            Self::Late => pb::Health::Late,
            Self::Blocked => pb::Health::Blocked,
            Self::Done => pb::Health::Done,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_is_a_percentage_up_to_100_kept_as_written() {
        let read = |wire| {
            let mut bad = Invalid::default();
            let completion = read_completion("percent", wire, &mut bad);
            bad.check()
                .map(|()| completion.unwrap().map(|it| it.to_string()))
        };
        assert_eq!(read("").unwrap(), None);
        for written in ["0", "45.50", "100", "100.00"] {
            assert_eq!(read(written).unwrap().as_deref(), Some(written));
        }
        for wrong in ["100.01", "-1", "45,5", "một nửa"] {
            let bad = read(wrong).unwrap_err();
            assert_eq!(
                (bad.violations().len(), bad.violations()[0].field.as_str()),
                (1, "percent")
            );
        }
    }
}
