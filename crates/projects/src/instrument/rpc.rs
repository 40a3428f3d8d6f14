//! Legal instruments to the wire, and their words from it.

use chrono::NaiveDate;
use proto::{convert::optional_date, projects as pb};
use types::{money::Money, violations::Invalid};

use super::{
    Evidence, FundingKind, Instrument, ListInstruments, NamedStep, Phase, Procedure, ProcedureKind,
    Threshold,
};
use crate::choice;

impl TryFrom<pb::ListLegalInstrumentsRequest> for ListInstruments {
    type Error = Invalid;

    fn try_from(request: pb::ListLegalInstrumentsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let as_of = optional_date("as_of_date", &request.as_of_date, &mut bad);
        as_of.map(|as_of| Self { as_of }).ok_or(bad)
    }
}

/// Reads the name of a decree; none when it is left out.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
pub(crate) fn read_instrument(
    field: &str,
    name: &str,
    bad: &mut Invalid,
) -> Option<Option<&'static Instrument>> {
    if name.is_empty() {
        return Some(None);
    }
    let found = name.strip_prefix("legalInstruments/").and_then(super::find);
    if found.is_none() {
        let shown = types::invalid::InvalidText::excerpt(name);
        bad.add(
            field,
            "REFERENCE_NOT_FOUND",
            format!("`{shown}` is no legal instrument known here"),
            format!("chưa biết căn cứ pháp lý `{shown}`"),
        );
        return None;
    }
    Some(found)
}

fn written(day: Option<NaiveDate>) -> String {
    day.map(|it| it.to_string()).unwrap_or_default()
}

fn named(id: &str) -> String {
    super::find(id).map(Instrument::name).unwrap_or_default()
}

impl From<&Instrument> for pb::LegalInstrument {
    fn from(it: &Instrument) -> Self {
        Self {
            name: it.name(),
            document_number: it.number.to_owned(),
            issue_date: it.issued.to_string(),
            effective_date: written(it.effective),
            in_force_by_date: written(it.effective.or(it.in_force_by)),
            end_date: written(it.end),
            ended_by: named(it.ended_by),
            amends: named(it.amends),
            thresholds: it.thresholds.iter().map(Into::into).collect(),
            steps: it.steps.iter().map(Into::into).collect(),
            note: it.note.to_owned(),
            note_vi: it.note_vi.to_owned(),
        }
    }
}

impl From<&Threshold> for pb::Threshold {
    fn from(it: &Threshold) -> Self {
        Self {
            funding_kind: it.funding.to_wire().into(),
            above_amount_vnd: it.above.map(Money::vnd),
            up_to_amount_vnd: it.up_to.map(Money::vnd),
            procedure: Some(it.procedure.into()),
            start_date: String::new(),
            end_date: written(it.end),
        }
    }
}

impl From<Procedure> for pb::Procedure {
    fn from(it: Procedure) -> Self {
        let kind = it
            .kind
            .map_or(pb::ProcedureKind::Unspecified, ProcedureKind::to_wire);
        let evidence = it
            .evidence
            .map_or(pb::Evidence::Unspecified, Evidence::to_wire);
        Self {
            kind: kind.into(),
            group: it.group.to_owned(),
            evidence: evidence.into(),
            note: it.note.to_owned(),
            note_vi: it.note_vi.to_owned(),
        }
    }
}

impl From<&NamedStep> for pb::InstrumentStep {
    fn from(it: &NamedStep) -> Self {
        Self {
            key: it.key.to_owned(),
            phase: it.phase.to_wire().into(),
            title: it.title.to_owned(),
            procedure_kind: it.procedure.to_wire().into(),
            known_to_be_required: it.known_to_be_required,
            basis: it.basis.to_owned(),
            evidence: it.evidence.to_wire().into(),
        }
    }
}

impl FundingKind {
    pub(crate) fn to_wire(self) -> pb::FundingKind {
        match self {
            Self::Investment => pb::FundingKind::Investment,
            Self::Recurrent => pb::FundingKind::Recurrent,
        }
    }
}

impl ProcedureKind {
    fn to_wire(self) -> pb::ProcedureKind {
        match self {
            Self::Estimate => pb::ProcedureKind::Estimate,
            Self::Outline => pb::ProcedureKind::Outline,
            Self::Project => pb::ProcedureKind::Project,
        }
    }
}

impl Evidence {
    fn to_wire(self) -> pb::Evidence {
        match self {
            Self::Read => pb::Evidence::Read,
            Self::Secondary => pb::Evidence::Secondary,
            Self::General => pb::Evidence::General,
        }
    }
}

impl Phase {
    pub(crate) fn to_wire(self) -> pb::StepPhase {
        match self {
            Self::Preparation => pb::StepPhase::Preparation,
            Self::Execution => pb::StepPhase::Execution,
            Self::Completion => pb::StepPhase::Completion,
        }
    }

    pub(crate) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
