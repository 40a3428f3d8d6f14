//! Putting the reports of many units together.
//!
//! A consolidation is an object of its own: which submissions went in, who is missing,
//! the totals with their coverage, and every unit's part. It never changes.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, actor::hex, db::ledger::Action};
use proto::{convert::AGGREGATIONS, indicators};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use types::{
    aggregate::{Aggregation, add_up},
    ids::{ConsolidationId, IndicatorId, ReportRequestId, UnitId},
    period::Period,
    quantity::{Absence, Quantity, Style},
};
use uuid::Uuid;

use crate::{
    assignment::{self, Assignment},
    neighbours::{Letterhead, Neighbours},
    placeholder::{self, Figure},
    reason::{CONSOLIDATION_TOO_LARGE, NOTHING_TO_CONSOLIDATE},
    report::{self, Body, ReportState},
    request::{self, ReportRequest, Timeliness},
    submission::{self, Submission},
    template::{self, ConsolidationRule, Template},
};

pub(crate) mod rpc;
pub(crate) mod store;

/// What was made of the reports to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Consolidation {
    pub(crate) id: ConsolidationId,
    pub(crate) content: Content,
    pub(crate) content_sha256: String,
    pub(crate) principal: String,
    pub(crate) create_time: DateTime<Utc>,
}

/// The content that is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Content {
    pub(crate) request: ReportRequestId,
    pub(crate) unit: UnitId,
    pub(crate) period: Period,
    pub(crate) letterhead: Letterhead,
    pub(crate) signing_lines: Vec<String>,
    pub(crate) subject: String,
    pub(crate) opening: String,
    pub(crate) sources: Vec<Source>,
    pub(crate) figures: Vec<FigureTotal>,
    pub(crate) sections: Vec<SectionParts>,
}

/// What went in for one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    pub(crate) unit: UnitId,
    pub(crate) display_name: String,
    pub(crate) submission: Option<i64>,
    pub(crate) state: ReportState,
    pub(crate) timeliness: Timeliness,
    pub(crate) note: String,
    /// Units that were merged into it and would have reported themselves.
    #[serde(default)]
    pub(crate) stands_for: BTreeSet<UnitId>,
    /// Why its deadline was extended, or why it was let off.
    #[serde(default)]
    pub(crate) reason: String,
}

/// A total with all that is needed to judge it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FigureTotal {
    pub(crate) indicator: IndicatorId,
    pub(crate) display_name: String,
    pub(crate) measure_unit: String,
    /// Whether the indicator is published for the period.
    #[serde(default = "yes")]
    pub(crate) is_defined: bool,
    /// Sections of the outline that cite it; none are told in consolidations made before they
    /// were kept, and then it stands in all.
    #[serde(default)]
    pub(crate) section_keys: Vec<String>,
    /// Whether it is an indicator that adds up over units at all.
    pub(crate) adds_up: bool,
    pub(crate) total: Option<Quantity>,
    /// How the indicator has the total printed, where that is not how any figure is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) printed: Option<String>,
    pub(crate) expected: u32,
    pub(crate) counted: u32,
    pub(crate) missing: u32,
    /// Units that stated an absence, by what they stated.
    pub(crate) absent: BTreeMap<Absence, u32>,
    pub(crate) without_parts: u32,
    pub(crate) by_unit: BTreeMap<UnitId, Figure>,
}

fn yes() -> bool {
    true
}

/// One section with every unit's part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SectionParts {
    pub(crate) key: String,
    pub(crate) heading: String,
    pub(crate) rule: ConsolidationRule,
    pub(crate) parts: Vec<Part>,
}

/// What one unit wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Part {
    pub(crate) unit: UnitId,
    pub(crate) display_name: String,
    pub(crate) body: Body,
}

/// Most bytes of content: what one answer of the contract carries, with room to spare.
const LARGEST: usize = 3 * 1024 * 1024;

/// Puts the reports to a request together.
#[derive(Debug)]
pub(crate) struct Consolidate {
    pub(crate) request: ReportRequestId,
    pub(crate) id: Option<ConsolidationId>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Consolidations {
    access: Access,
    neighbours: Neighbours,
    db: Db,
}

impl Consolidations {
    pub(crate) fn new(access: Access, neighbours: Neighbours, db: Db) -> Self {
        Self {
            access,
            neighbours,
            db,
        }
    }

    /// Reads all that goes in and adds it up, before anything is written.
    pub(crate) async fn prepare(
        &self,
        actor: &Actor,
        consolidate: &Consolidate,
    ) -> Result<Content> {
        let db = self.db.reader();
        let Some(request) = request::store::find(db, &consolidate.request).await? else {
            let missing = Error::not_found("REPORT_REQUEST", &consolidate.request);
            return Err(self.access.hide(actor, missing).await);
        };
        self.access.require(actor, &request.issuer).await?;
        let template = template::store::find(db, &request.template).await?;
        let template =
            template.ok_or_else(|| Error::internal("the outline of a request is gone"))?;
        let mut accepted: BTreeMap<UnitId, Submission> = BTreeMap::new();
        for submission in submission::store::accepted(db, &request.id).await? {
            accepted.insert(submission.report.unit.clone(), submission);
        }
        if accepted.is_empty() {
            let facts = [("request", request.id.name())];
            return Err(Error::rule(&NOTHING_TO_CONSOLIDATE, facts));
        }
        let unknown = || Error::reference("unit", &request.issuer);
        let day = report::last_day(&self.db, &self.access, actor, &request.issuer).await?;
        let day = day.ok_or_else(unknown)?;
        let neighbours = &self.neighbours;
        let letterhead = neighbours.letterhead(actor, &request.issuer, day).await?;
        let letterhead = letterhead.ok_or_else(unknown)?;
        let owed = assignment::store::of_request(db, &request.id).await?;
        // What another unit reports instead, or a unit was let off, is not missing.
        let mut owed: Vec<_> = owed
            .into_iter()
            .filter(|it| it.replaced_by.is_none())
            .collect();
        // In the order of the letter; successors that were not asked themselves come last.
        owed.sort_by_cached_key(|it| {
            let place = request
                .units
                .iter()
                .position(|unit| *unit == it.report.unit);
            place.unwrap_or(usize::MAX)
        });
        let expected = |it: &&Assignment| !it.is_exempt || accepted.contains_key(&it.report.unit);
        let units: Vec<_> = owed
            .iter()
            .filter(expected)
            .map(|it| it.report.unit.clone())
            .collect();
        let sources = self.sources(actor, &owed, &accepted).await?;
        let cited = cited(&units, &template, &accepted);
        let indicators: Vec<_> = cited.iter().map(|(it, _)| it.clone()).collect();
        let definitions = neighbours
            .definitions(actor, &indicators, request.period)
            .await?;
        let figures = totals(&units, cited, &definitions, &accepted)?;
        let facts = request::facts(&request, &letterhead.display_name);
        let put = |text: &str| placeholder::resolve(text, &facts, &mut Vec::new());
        Ok(Content {
            signing_lines: neighbours
                .signing_lines(actor, &request.issuer, day)
                .await?,
            subject: put(&template.subject),
            opening: opening(&request),
            sections: sections(&units, &template, &accepted, &put),
            request: request.id,
            unit: request.issuer,
            period: request.period,
            letterhead,
            sources,
            figures,
        })
    }

    /// Keeps what was put together.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: Option<ConsolidationId>,
        content: Content,
    ) -> Result<Consolidation> {
        let made = format!("c{}", Uuid::now_v7().simple());
        let id = match id {
            Some(id) => id,
            None => ConsolidationId::new(&made).map_err(Error::internal)?,
        };
        let canonical = serde_json::to_vec(&content).map_err(Error::internal)?;
        if canonical.len() > LARGEST {
            let facts = [("size", canonical.len().to_string())];
            return Err(Error::rule(&CONSOLIDATION_TOO_LARGE, facts));
        }
        let consolidation = Consolidation {
            id,
            content,
            content_sha256: hex(&Sha256::digest(canonical)),
            principal: actor.principal().name(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &consolidation).await?;
        tx.record(
            Action::Created,
            &consolidation.id.name(),
            None,
            Some(&consolidation),
        )
        .await?;
        Ok(consolidation)
    }

    /// Reads a consolidation.
    pub(crate) async fn get(&self, actor: &Actor, id: &ConsolidationId) -> Result<Consolidation> {
        match store::find(self.db.reader(), id).await? {
            Some(found) => {
                self.access.require(actor, &found.content.unit).await?;
                Ok(found)
            }
            None => Err(self
                .access
                .hide(actor, Error::not_found("CONSOLIDATION", id))
                .await),
        }
    }

    /// Returns what a unit is called, or was when it ended.
    async fn name_of(&self, actor: &Actor, unit: &UnitId) -> Result<String> {
        let day = report::last_day(&self.db, &self.access, actor, unit).await?;
        let letterhead = match day {
            Some(day) => self.neighbours.letterhead(actor, unit, day).await?,
            None => None,
        };
        Ok(letterhead.map_or_else(|| unit.as_str().to_owned(), |it| it.display_name))
    }

    async fn sources(
        &self,
        actor: &Actor,
        expected: &[Assignment],
        accepted: &BTreeMap<UnitId, Submission>,
    ) -> Result<Vec<Source>> {
        let now = self.db.clock().now();
        let mut sources = Vec::new();
        for owed in expected {
            let (id, unit) = (&owed.report, &owed.report.unit);
            let report = report::store::find(self.db.reader(), id).await?;
            let report =
                report.ok_or_else(|| Error::internal(format!("`{id}` was never opened")))?;
            let submission = accepted.get(unit);
            let display_name = match submission {
                Some(submission) => submission.content.letterhead.display_name.clone(),
                None => self.name_of(actor, unit).await?,
            };
            sources.push(Source {
                unit: unit.clone(),
                display_name,
                submission: submission.map(|it| it.number),
                state: report.state,
                timeliness: {
                    let sent = submission.map(|it| it.submit_time);
                    let since = sent.or(report.in_since());
                    Timeliness::of(since, owed.due_time, now, !owed.is_exempt)
                },
                stands_for: owed.stands_for.clone(),
                reason: owed.reason.clone(),
                note: submission
                    .map(|it| it.content.frame.note.clone())
                    .unwrap_or_default(),
            });
        }
        Ok(sources)
    }
}

/// Returns the indicators of sections that are added up, each with the keys of these sections:
/// those the outline asks for, then those the units cite, in order of first mention.
fn cited(
    units: &[UnitId],
    template: &Template,
    accepted: &BTreeMap<UnitId, Submission>,
) -> Vec<(IndicatorId, Vec<String>)> {
    let added = template.sections.iter();
    let added = added.filter(|it| it.rule == ConsolidationRule::AggregateValues);
    let mut cited: Vec<(IndicatorId, Vec<String>)> = Vec::new();
    let mut places: BTreeMap<IndicatorId, usize> = BTreeMap::new();
    let mut cite = |indicator: IndicatorId, section: &str| {
        let place = *places.entry(indicator.clone()).or_insert_with(|| {
            cited.push((indicator, Vec::new()));
            cited.len() - 1
        });
        let keys = &mut cited[place].1;
        if keys.iter().all(|it| it != section) {
            keys.push(section.to_owned());
        }
    };
    for spec in added.clone() {
        for indicator in spec.asked() {
            cite(indicator, &spec.key);
        }
    }
    for submission in units.iter().filter_map(|it| accepted.get(it)) {
        for spec in added.clone() {
            let mut sections = submission.content.sections.iter();
            let section = sections.find(|it| it.key == spec.key);
            for indicator in section.into_iter().flat_map(|it| it.body.cited()) {
                cite(indicator, &spec.key);
            }
        }
    }
    cited
}

/// Adds each indicator up over all units that must report. A unit that is not in, and a
/// unit that has no such figure, are told apart from zero.
fn totals(
    units: &[UnitId],
    cited: Vec<(IndicatorId, Vec<String>)>,
    definitions: &BTreeMap<IndicatorId, indicators::Indicator>,
    accepted: &BTreeMap<UnitId, Submission>,
) -> Result<Vec<FigureTotal>> {
    let mut totals = Vec::new();
    for (indicator, section_keys) in cited {
        // Without a definition nobody can say how it adds up; the figures are still shown.
        let definition = definitions.get(&indicator);
        let figures = units.iter().map(|unit| {
            let submission = accepted.get(unit)?;
            submission.content.figures.get(&indicator).cloned()
        });
        let figures: Vec<Option<Figure>> = figures.collect();
        let items: Vec<_> = figures
            .iter()
            .map(|it| it.as_ref().map(|it| it.quantity.clone()))
            .collect();
        let rule = definition.map_or(Aggregation::None, rule_of);
        // A sum that no number holds must not keep the province from its report.
        let total = add_up(rule, &items).or_else(|_| add_up(Aggregation::None, &items));
        let total = total.map_err(Error::internal)?;
        let by_unit = units.iter().zip(figures);
        let printed = total.quantity.as_ref().and_then(|it| {
            let style = definition.map(style_of).unwrap_or_default();
            let text = it.to_vietnamese_as(style);
            (text != it.to_vietnamese()).then_some(text)
        });
        totals.push(FigureTotal {
            display_name: match definition {
                Some(it) => it.display_name.clone(),
                None => indicator.as_str().to_owned(),
            },
            measure_unit: definition.map_or_else(String::new, |it| it.measure_unit.clone()),
            is_defined: definition.is_some(),
            section_keys,
            indicator,
            adds_up: !matches!(rule, Aggregation::None | Aggregation::Latest),
            counted: if total.quantity.is_some() {
                total.coverage.counted
            } else {
                0
            },
            expected: total.coverage.expected,
            missing: total.coverage.missing,
            absent: total.coverage.absent,
            without_parts: total.coverage.without_parts,
            total: total.quantity,
            printed,
            by_unit: by_unit
                .filter_map(|(unit, it)| Some((unit.clone(), it?)))
                .collect(),
        });
    }
    Ok(totals)
}

/// Returns how the figures of an indicator are printed.
fn style_of(definition: &indicators::Indicator) -> Style {
    use indicators::ValueKind::{Rank, Score};
    Style {
        scale: definition.scale.and_then(|it| u8::try_from(it).ok()),
        as_parts: matches!(definition.value_kind(), Score | Rank),
    }
}

fn rule_of(definition: &indicators::Indicator) -> Aggregation {
    let found = AGGREGATIONS
        .iter()
        .find(|(_, wire)| i32::from(*wire) == definition.unit_aggregation);
    found.map_or(Aggregation::None, |(ours, _)| *ours)
}

fn sections(
    units: &[UnitId],
    template: &Template,
    accepted: &BTreeMap<UnitId, Submission>,
    put: &impl Fn(&str) -> String,
) -> Vec<SectionParts> {
    let kept = (1..)
        .zip(&template.sections)
        .filter(|(_, it)| it.rule != ConsolidationRule::Omit);
    let sections = kept.map(|(ordinal, spec)| {
        let in_order = units.iter().filter_map(|it| accepted.get(it));
        let parts = in_order.filter_map(|submission| {
            let section = submission
                .content
                .sections
                .iter()
                .find(|it| it.key == spec.key)?;
            Some(Part {
                unit: submission.report.unit.clone(),
                display_name: submission.content.letterhead.display_name.clone(),
                body: section.body.clone(),
            })
        });
        SectionParts {
            key: spec.key.clone(),
            heading: format!("{ordinal}. {}", put(&spec.heading)),
            rule: spec.rule,
            parts: parts.collect(),
        }
    });
    sections.collect()
}

fn opening(request: &ReportRequest) -> String {
    format!(
        "Thực hiện Công văn số {} ngày {} của {} về việc {}; trên cơ sở báo cáo của các đơn vị, {} tổng hợp như sau:",
        request.document_number,
        types::date::short(request.issue_date),
        request.issuer_name,
        request.title,
        request.issuer_name,
    )
}
