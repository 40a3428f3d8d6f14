//! Figures to and from the wire.

use kit::etag;
use proto::{
    convert::{self, instant, quantity_as, read_quantity, timestamp, validity},
    indicators as pb, shared,
};
use types::{
    ids::{Breakdown, UnitId, ValueId},
    period::Period,
    violations::Invalid,
};

use super::{
    IndicatorValue, Revision, Shown, Source, SourceKind, ValueState,
    derived::{Listed, NotComputed},
    explanation::Explanation,
    issue::{Issue, Severity, of_quantity},
    item::{Disposition, Entry, Item, Outcome},
    lock::Held,
    published::Beside,
};
use crate::{
    evidence,
    formula::derive::Input,
    indicator::{Manner, standing::Definitions},
    wire::{from_wire, to_wire},
};

const LONGEST_NOTE: usize = 2000;
pub(super) const LONGEST_REASON: usize = 500;
const LONGEST_SOURCE: usize = 200;

/// What a request says for all of its items.
#[derive(Debug, Clone, Default)]
pub(crate) struct ForAll {
    /// The sheet they are about; an item may then leave it out.
    pub(crate) sheet: Option<(UnitId, Period)>,
    /// The system that sends them; none when a person does.
    pub(crate) source_system: Option<String>,
}

impl Item {
    /// Reads an item; what is bad in it stays with it, so that the others stand.
    pub(crate) fn from_wire(path: String, wire: &pb::ValueItem, for_all: &ForAll) -> Self {
        let mut bad = Invalid::default();
        let field = |name: &str| format!("{path}.{name}");
        let indicator = bad.required(field("indicator"), &wire.indicator);
        let (unit, period) = match &for_all.sheet {
            Some((unit, period)) => (
                same(field("unit"), &wire.unit, unit, &mut bad),
                same(field("period"), &wire.period, period, &mut bad),
            ),
            None => (
                bad.required(field("unit"), &wire.unit),
                bad.required(field("period"), &wire.period),
            ),
        };
        let breakdown = bad.optional::<Breakdown>(field("breakdown"), &wire.breakdown);
        let quantity = read_quantity(&field("quantity"), wire.quantity.as_ref(), &mut bad);
        let note = lines(&path, "note", &wire.note, LONGEST_NOTE, &mut bad);
        let evidence = evidence::read(&path, &wire.evidence, &mut bad);
        let source = Source::from_wire(&field("source"), wire.source.as_ref(), for_all, &mut bad);
        let reason = lines(&path, "reason", &wire.reason, LONGEST_REASON, &mut bad);
        let id = match (indicator, unit, period, breakdown) {
            (Some(indicator), Some(unit), Some(period), Some(breakdown)) => Some(ValueId {
                indicator,
                unit,
                period,
                breakdown,
            }),
            _ => None,
        };
        let entry = match (quantity, note, source, reason, bad.is_empty()) {
            (Some(quantity), Some(note), Some(source), Some(reason), true) => Ok(Entry {
                quantity,
                note,
                evidence,
                source,
                reason,
                etag: wire.etag.clone(),
            }),
            _ => Err(bad),
        };
        Self { path, id, entry }
    }
}

/// Reads text of an item. Most items have none, and then not even a path is written.
fn lines(path: &str, name: &str, text: &str, longest: usize, bad: &mut Invalid) -> Option<String> {
    if text.is_empty() {
        return Some(String::new());
    }
    bad.lines(format!("{path}.{name}"), text, longest)
}

/// Reads what a request says for all items: empty, or the same.
fn same<T>(field: String, sent: &str, for_all: &T, bad: &mut Invalid) -> Option<T>
where
    T: std::str::FromStr<Err = types::invalid::InvalidText> + PartialEq + Clone,
{
    let own = bad.optional::<T>(field.clone(), sent)?;
    if own.is_some_and(|it| it != *for_all) {
        bad.add(
            field,
            "NOT_THE_SAME",
            "is not the one of the request",
            "không trùng với yêu cầu",
        );
        return None;
    }
    Some(for_all.clone())
}

impl Source {
    fn from_wire(
        field: &str,
        wire: Option<&shared::Source>,
        for_all: &ForAll,
        bad: &mut Invalid,
    ) -> Option<Self> {
        let unsaid = shared::Source::default();
        let wire = wire.unwrap_or(&unsaid);
        let kind = match wire.kind {
            0 if for_all.source_system.is_some() => Some(SourceKind::Ingested),
            0 => Some(SourceKind::Manual),
            kind => from_wire(&SOURCES, &format!("{field}.kind"), kind, bad),
        };
        let mut line = |name, text: &str| match text {
            "" => Some(String::new()),
            text => bad.optional_line(format!("{field}.{name}"), text, LONGEST_SOURCE),
        };
        let resource = match (&for_all.source_system, wire.resource.as_str()) {
            (Some(system), "") => Some(system.clone()),
            (_, resource) => line("resource", resource),
        };
        let external_id = line("external_id", &wire.external_id);
        let observe_time = match wire.observe_time {
            None => Some(None),
            observed => instant(&format!("{field}.observe_time"), observed, bad).map(Some),
        };
        Some(Self {
            kind: kind?,
            resource: resource?,
            external_id: external_id?,
            observe_time: observe_time?,
        })
    }
}

impl Source {
    fn into_wire(self, principal: String) -> shared::Source {
        shared::Source {
            kind: to_wire(&SOURCES, &self.kind),
            resource: self.resource,
            principal,
            external_id: self.external_id,
            observe_time: self.observe_time.map(timestamp),
        }
    }
}

impl Outcome {
    /// Writes the result of the item at a place, and the figure in force if it is told.
    pub(crate) fn into_wire(self, offset: i32) -> (shared::ItemResult, Option<pb::IndicatorValue>) {
        let result = shared::ItemResult {
            offset,
            name: self.name.map(|it| it.name()).unwrap_or_default(),
            disposition: to_wire(&DISPOSITIONS, &self.disposition),
            issues: self.issues.into_iter().map(Into::into).collect(),
        };
        (result, self.current.map(Into::into))
    }
}

impl From<Shown> for pb::IndicatorValue {
    fn from(Shown { value, manner }: Shown) -> Self {
        let issues = of_quantity(&value.quantity, "quantity", manner);
        let source = value.source;
        let breakdown = value.id.breakdown.as_ref();
        Self {
            name: value.id.name(),
            indicator: value.id.indicator.name(),
            unit: value.id.unit.name(),
            period: value.id.period.to_string(),
            breakdown: breakdown.map_or_else(String::new, |it| it.as_str().to_owned()),
            quantity: Some(quantity_as(&value.quantity, manner.style)),
            note: value.note,
            evidence: value.evidence.iter().map(Into::into).collect(),
            source: Some(source.into_wire(value.principal.name())),
            revision: number(value.revision),
            issues: issues.into_iter().map(Into::into).collect(),
            state: to_wire(&STATES, &value.stage.state),
            locked_by: value.stage.locked_by.unwrap_or_default(),
            state_reason: value.stage.reason.unwrap_or_default(),
            create_time: Some(timestamp(value.create_time)),
            update_time: Some(timestamp(value.update_time)),
            etag: etag::of(value.revision),
            ..Self::default()
        }
    }
}

/// Writes a figure out of a list, as its definition has it printed.
pub(super) fn listed(listed: Listed, definitions: &Definitions) -> pb::IndicatorValue {
    match listed {
        Listed::Figure(value) => shown(*value, definitions),
        Listed::NotComputed(failed) => (*failed).into(),
        Listed::Beside(both) => beside(*both, definitions),
    }
}

/// The quantity is the computed one; everything that was entered is of what was published,
/// whose etag takes a change of it.
fn beside(both: Beside, definitions: &Definitions) -> pb::IndicatorValue {
    let manner = definitions.manner(&both.published.id);
    let difference = both.difference(manner);
    let (published, style) = (both.published, manner.style);
    let mut value = listed(both.computed, definitions);
    value.issues.extend(difference.map(Into::into));
    pb::IndicatorValue {
        published_quantity: Some(quantity_as(&published.quantity, style)),
        published_source: Some(published.source.into_wire(published.principal.name())),
        published_revision: number(published.revision),
        note: published.note,
        evidence: published.evidence.iter().map(Into::into).collect(),
        state: to_wire(&STATES, &published.stage.state),
        locked_by: published.stage.locked_by.unwrap_or_default(),
        state_reason: published.stage.reason.unwrap_or_default(),
        create_time: Some(timestamp(published.create_time)),
        update_time: Some(timestamp(published.update_time)),
        etag: etag::of(published.revision),
        ..value
    }
}

fn shown(value: IndicatorValue, definitions: &Definitions) -> pb::IndicatorValue {
    let manner = definitions.manner(&value.id);
    Shown { value, manner }.into()
}

/// A figure that could not be computed has no quantity, and an issue says why.
impl From<NotComputed> for pb::IndicatorValue {
    fn from(failed: NotComputed) -> Self {
        Self {
            name: failed.id.name(),
            indicator: failed.id.indicator.name(),
            unit: failed.id.unit.name(),
            period: failed.id.period.to_string(),
            source: Some(failed.source.into_wire(failed.principal.name())),
            issues: vec![failed.issue.into()],
            create_time: Some(timestamp(failed.time)),
            update_time: Some(timestamp(failed.time)),
            ..Self::default()
        }
    }
}

impl From<Explanation> for pb::ExplainValueResponse {
    fn from(explanation: Explanation) -> Self {
        let definitions = &explanation.definitions;
        let id = explanation.value.id();
        let manner = definitions.manner(id);
        let definition = definitions.for_period(&id.indicator, &id.period);
        let base_period = definition.and_then(|it| it.details.bounds.base_period);
        let data_window = definition.map(|it| validity(&it.window(&id.period)));
        let revisions = explanation.revisions.into_iter();
        let parts = explanation.parts.into_iter();
        let (formula, inputs, missing) = match explanation.computation {
            Some(it) => (it.formula, it.inputs, it.missing),
            None => Default::default(),
        };
        Self {
            base_period: base_period.map(|it| it.to_string()).unwrap_or_default(),
            data_window,
            indicator_value: Some(listed(explanation.value, definitions)),
            revisions: revisions.map(|it| revision(it, manner)).collect(),
            parts: parts.map(|it| shown(it, definitions)).collect(),
            issues: explanation.issues.into_iter().map(value_issue).collect(),
            formula,
            inputs: inputs
                .into_iter()
                .map(|it| input(it, definitions))
                .collect(),
            missing_values: missing.iter().map(ValueId::name).collect(),
            locks: explanation.locks.into_iter().map(Into::into).collect(),
        }
    }
}

fn input(input: Input, definitions: &Definitions) -> pb::ExplainedInput {
    let style = definitions.manner(&input.id).style;
    pb::ExplainedInput {
        indicator_value: input.id.name(),
        display_name: input.display_name,
        quantity: input.quantity.as_ref().map(|it| quantity_as(it, style)),
        inputs: input.takes.iter().map(ValueId::name).collect(),
    }
}

impl From<Held> for pb::ValueLock {
    fn from(held: Held) -> Self {
        Self {
            submission: held.submission,
            state: to_wire(&STATES, &held.state.of_figure()),
            revision: number(held.revision),
            lock_time: Some(timestamp(held.lock_time)),
        }
    }
}

/// Writes one version of a figure.
pub(super) fn revision(revision: Revision, manner: Manner) -> pb::IndicatorValueRevision {
    let value = revision.value;
    pb::IndicatorValueRevision {
        name: format!("{}/revisions/{}", value.id, value.revision),
        principal: value.principal.name(),
        reason: revision.reason,
        create_time: Some(timestamp(value.update_time)),
        snapshot: Some(pb::IndicatorValue {
            state: pb::ValueState::Unspecified.into(),
            ..Shown { value, manner }.into()
        }),
    }
}

impl From<Issue> for shared::Issue {
    fn from(issue: Issue) -> Self {
        let severity = match issue.severity {
            Severity::Info => shared::Severity::Info,
            Severity::Warning => shared::Severity::Warning,
            Severity::Error => shared::Severity::Error,
        };
        convert::issue(severity, issue.code, issue.field, issue.en, issue.vi)
    }
}

/// Writes what is odd about a figure.
pub(crate) fn value_issue((id, issue): (ValueId, Issue)) -> pb::ValueIssue {
    pb::ValueIssue {
        indicator_value: id.name(),
        issue: Some(issue.into()),
        ..pb::ValueIssue::default()
    }
}

/// Two thousand million versions of one figure are out of reach.
fn number(revision: i64) -> i32 {
    i32::try_from(revision).unwrap_or(i32::MAX)
}

const SOURCES: [(SourceKind, shared::SourceKind); 5] = [
    (SourceKind::Manual, shared::SourceKind::Manual),
    (SourceKind::Ingested, shared::SourceKind::Ingested),
    (SourceKind::Imported, shared::SourceKind::Imported),
    (SourceKind::Derived, shared::SourceKind::Derived),
    (SourceKind::Consolidated, shared::SourceKind::Consolidated),
];

pub(crate) const STATES: [(ValueState, pb::ValueState); 4] = [
    (ValueState::Draft, pb::ValueState::Draft),
    (ValueState::Submitted, pb::ValueState::Submitted),
    (ValueState::Accepted, pb::ValueState::Accepted),
    (ValueState::Rejected, pb::ValueState::Rejected),
];

const DISPOSITIONS: [(Disposition, shared::Disposition); 4] = [
    (Disposition::Created, shared::Disposition::Created),
    (Disposition::Updated, shared::Disposition::Updated),
    (Disposition::Unchanged, shared::Disposition::Unchanged),
    (Disposition::Rejected, shared::Disposition::Rejected),
];
