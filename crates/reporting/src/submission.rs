//! What was sent: numbered, never changed, hashed, with the exact version of every
//! figure in it.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use kit::{Error, Result, actor::hex};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use types::{
    document_number::DocumentNumber,
    ids::{IndicatorId, Principal, ReportId},
    period::Period,
};

use crate::{
    neighbours::{Letterhead, Signer},
    placeholder::{self, Figure},
    report::{Body, Finding, Frame, Gathered, Submit, Whole},
    request::Timeliness,
    template::{ConsolidationRule, SectionKind},
};

pub(crate) mod store;

/// One submission of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Submission {
    pub(crate) report: ReportId,
    pub(crate) number: i64,
    pub(crate) state: State,
    pub(crate) content: Content,
    pub(crate) content_sha256: String,
    pub(crate) submitter: Principal,
    pub(crate) submit_time: DateTime<Utc>,
    pub(crate) timeliness: Timeliness,
    pub(crate) return_reason: String,
}

/// What the receiver did with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum State {
    Received,
    Accepted,
    Returned,
}

/// The content that is hashed. Maps are ordered and fields stand in this order, so the
/// same content always gives the same bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) report: ReportId,
    pub(crate) period: Period,
    pub(crate) letterhead: Letterhead,
    pub(crate) frame: Frame,
    pub(crate) sections: Vec<PinnedSection>,
    pub(crate) figures: BTreeMap<IndicatorId, Figure>,
    pub(crate) signer: Signer,
    pub(crate) document_number: String,
    pub(crate) issue_date: Option<NaiveDate>,
    /// What the sender was shown before he sent it.
    pub(crate) findings: Vec<Finding>,
}

/// A section as it was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PinnedSection {
    pub(crate) key: String,
    /// With its number.
    pub(crate) heading: String,
    pub(crate) kind: SectionKind,
    pub(crate) rule: ConsolidationRule,
    pub(crate) body: Body,
}

/// Returns the name of a submission.
pub(crate) fn name(report: &ReportId, number: i64) -> String {
    format!("{}/submissions/{number}", report.name())
}

impl Submission {
    /// Makes a submission of a content, with its hash.
    pub(crate) fn new(
        report: &ReportId,
        number: i64,
        content: Content,
        submitter: &Principal,
        submit_time: DateTime<Utc>,
        timeliness: Timeliness,
    ) -> Result<Self> {
        Ok(Self {
            report: report.clone(),
            number,
            state: State::Received,
            content_sha256: content.sha256()?,
            content,
            submitter: submitter.clone(),
            submit_time,
            timeliness,
            return_reason: String::new(),
        })
    }

    pub(crate) fn name(&self) -> String {
        name(&self.report, self.number)
    }
}

impl Content {
    /// Adds what is only known when it is sent.
    pub(crate) fn sent(self, submit: &Submit, findings: Vec<Finding>) -> Self {
        Self {
            document_number: submit.document_number.clone(),
            issue_date: submit.issue_date,
            findings,
            ..self
        }
    }

    /// Hashes the content in its one canonical form.
    pub(crate) fn sha256(&self) -> Result<String> {
        let canonical = serde_json::to_vec(self).map_err(Error::internal)?;
        Ok(hex(&Sha256::digest(canonical)))
    }

    /// Returns the document number as it is compared, with its year, once both are given: as
    /// it is printed, so that `5`, `05` and `05/BC-UBND` are one number of the organ.
    pub(crate) fn number_key(&self) -> Option<(String, i64)> {
        let (number, symbol) = match self.document_number.split_once('/') {
            Some((number, symbol)) => (number, symbol.to_owned()),
            None => (
                self.document_number.as_str(),
                format!("BC-{}", self.letterhead.symbol),
            ),
        };
        let number = number.trim().trim_start_matches('0');
        let printed: DocumentNumber = format!("{number}/{symbol}").parse().ok()?;
        Some((printed.search_key(), i64::from(self.issue_date?.year())))
    }

    /// Makes the content of a report as it stands at this moment.
    pub(crate) fn of(whole: &Whole, gathered: &Gathered) -> Result<Self> {
        let facts = &gathered.facts;
        let put = |text: &str| placeholder::resolve(text, facts, &mut Vec::new());
        let frame = Frame {
            subject: put(&whole.report.frame.subject),
            opening: put(&whole.report.frame.opening),
            closing: put(&whole.report.frame.closing),
            ..whole.report.frame.clone()
        };
        let cited = whole.pinned();
        let mut sections = Vec::new();
        for section in &whole.sections {
            let spec = whole.spec(&section.key).ok_or_else(|| {
                Error::internal(format!("the outline has no section `{}`", section.key))
            })?;
            let mut body = section.body.clone();
            body.resolve(facts, &mut Vec::new());
            sections.push(PinnedSection {
                key: section.key.clone(),
                heading: format!("{}. {}", section.ordinal, put(&spec.heading)),
                kind: spec.kind,
                rule: spec.rule,
                body,
            });
        }
        let figures = facts.figures.iter().filter(|(id, _)| cited.contains(id));
        Ok(Self {
            report: whole.report.id.clone(),
            period: whole.report.period,
            letterhead: gathered.letterhead.clone(),
            frame,
            sections,
            figures: figures
                .map(|(id, figure)| (id.clone(), figure.clone()))
                .collect(),
            signer: gathered.signer.clone().unwrap_or_default(),
            document_number: String::new(),
            issue_date: None,
            findings: Vec::new(),
        })
    }
}
