//! The value methods: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{self, instant, quantity, read_quantity, timestamp},
    indicators::{self as pb, value_service_server::ValueService},
    shared,
};
use tonic::{Request, Response, Status};
use types::violations::Invalid;

use super::{
    Disposition, Entry, GetValue, IndicatorValue, Item, ListRevisions, ListValues, Outcome,
    Revision, Source, SourceKind, UpsertValues, Values,
    issue::{Issue, Severity, of_quantity},
};
use crate::wire::{from_wire, to_wire};

const MOST_ITEMS: usize = 500;
const LONGEST_NOTE: usize = 2000;
const LONGEST_REASON: usize = 500;
const LONGEST_SOURCE: usize = 200;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    values: Values,
}

impl Rpc {
    pub(crate) fn new(db: &Db, values: &Values) -> Self {
        Self {
            db: db.clone(),
            values: values.clone(),
        }
    }
}

#[tonic::async_trait]
impl ValueService for Rpc {
    async fn upsert_indicator_values(
        &self,
        request: Request<pb::UpsertIndicatorValuesRequest>,
    ) -> Result<Response<pb::UpsertIndicatorValuesResponse>, Status> {
        let (actor, upsert) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let outcomes = self.values.upsert(&tx, &actor, upsert).await?;
        let results = (0..)
            .zip(outcomes)
            .map(|(offset, it)| it.into_wire(offset))
            .collect();
        tx.reply(pb::UpsertIndicatorValuesResponse { results })
            .await
    }

    async fn get_indicator_value(
        &self,
        request: Request<pb::GetIndicatorValueRequest>,
    ) -> Result<Response<pb::IndicatorValue>, Status> {
        let (actor, get) = accept(request)?;
        let value = self.values.get(&actor, get).await?;
        Ok(Response::new(value.into()))
    }

    async fn list_indicator_values(
        &self,
        request: Request<pb::ListIndicatorValuesRequest>,
    ) -> Result<Response<pb::ListIndicatorValuesResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (values, next_page_token) = self.values.list(&actor, list).await?;
        let indicator_values = values.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListIndicatorValuesResponse {
            indicator_values,
            next_page_token,
        }))
    }

    async fn list_indicator_value_revisions(
        &self,
        request: Request<pb::ListIndicatorValueRevisionsRequest>,
    ) -> Result<Response<pb::ListIndicatorValueRevisionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (revisions, next_page_token) = self.values.list_revisions(&actor, list).await?;
        let revisions = revisions.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListIndicatorValueRevisionsResponse {
            revisions,
            next_page_token,
        }))
    }
}

impl TryFrom<pb::UpsertIndicatorValuesRequest> for UpsertValues {
    type Error = Invalid;

    fn try_from(request: pb::UpsertIndicatorValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &request.unit);
        let period = bad.required("period", &request.period);
        if request.items.is_empty() {
            bad.missing("items");
        }
        bad.at_most("items", request.items.len(), MOST_ITEMS);
        let (Some(unit), Some(period), true) = (unit, period, bad.is_empty()) else {
            return Err(bad);
        };
        let items = request.items.into_iter().enumerate();
        let items = items
            .map(|(index, item)| Item::from_wire(index, &item))
            .collect();
        Ok(Self {
            unit,
            period,
            items,
        })
    }
}

impl Item {
    /// Reads an item; what is bad in it stays with it, so that the others stand.
    fn from_wire(index: usize, wire: &pb::ValueItem) -> Self {
        let mut bad = Invalid::default();
        let field = |name: &str| format!("items[{index}].{name}");
        let indicator = bad.required(field("indicator"), &wire.indicator);
        let quantity = read_quantity(&field("quantity"), wire.quantity.as_ref(), &mut bad);
        let note = bad.lines(field("note"), &wire.note, LONGEST_NOTE);
        let source = Source::from_wire(&field("source"), wire.source.as_ref(), &mut bad);
        let reason = bad.lines(field("reason"), &wire.reason, LONGEST_REASON);
        let entry = match (indicator.clone(), quantity, note, source, reason) {
            (Some(indicator), Some(quantity), Some(note), Some(source), Some(reason)) => {
                Ok(Entry {
                    indicator,
                    quantity,
                    note,
                    source,
                    reason,
                })
            }
            _ => Err(bad),
        };
        Self { indicator, entry }
    }
}

impl Source {
    fn from_wire(field: &str, wire: Option<&shared::Source>, bad: &mut Invalid) -> Option<Self> {
        let by_hand = shared::Source::default();
        let wire = wire.unwrap_or(&by_hand);
        let kind = match wire.kind {
            0 => Some(SourceKind::Manual),
            kind => from_wire(&SOURCES, &format!("{field}.kind"), kind, bad),
        };
        let mut line =
            |name, text: &str| bad.optional_line(format!("{field}.{name}"), text, LONGEST_SOURCE);
        let resource = line("resource", &wire.resource);
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

impl TryFrom<pb::GetIndicatorValueRequest> for GetValue {
    type Error = Invalid;

    fn try_from(request: pb::GetIndicatorValueRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("name", &request.name) {
            Some(id) => Ok(Self { id }),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::ListIndicatorValuesRequest> for ListValues {
    type Error = Invalid;

    fn try_from(request: pb::ListIndicatorValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &request.unit);
        let period = bad.required("period", &request.period);
        let (Some(unit), Some(period)) = (unit, period) else {
            return Err(bad);
        };
        Ok(Self {
            unit,
            period,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::ListIndicatorValueRevisionsRequest> for ListRevisions {
    type Error = Invalid;

    fn try_from(request: pb::ListIndicatorValueRevisionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(id) = bad.required("parent", &request.parent) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl Outcome {
    fn into_wire(self, offset: i32) -> shared::ItemResult {
        shared::ItemResult {
            offset,
            name: self.name.map(|it| it.name()).unwrap_or_default(),
            disposition: to_wire(&DISPOSITIONS, &self.disposition),
            issues: self.issues.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<IndicatorValue> for pb::IndicatorValue {
    fn from(value: IndicatorValue) -> Self {
        let issues = of_quantity(&value.quantity, "quantity");
        let source = value.source;
        Self {
            name: value.id.name(),
            indicator: value.id.indicator.name(),
            unit: value.id.unit.name(),
            period: value.id.period.to_string(),
            quantity: Some(quantity(&value.quantity)),
            note: value.note,
            source: Some(shared::Source {
                kind: to_wire(&SOURCES, &source.kind),
                resource: source.resource,
                principal: value.principal.name(),
                external_id: source.external_id,
                observe_time: source.observe_time.map(timestamp),
            }),
            revision: number(value.revision),
            issues: issues.into_iter().map(Into::into).collect(),
            create_time: Some(timestamp(value.create_time)),
            update_time: Some(timestamp(value.update_time)),
            etag: etag::of(value.revision),
        }
    }
}

impl From<Revision> for pb::IndicatorValueRevision {
    fn from(revision: Revision) -> Self {
        let value = revision.value;
        Self {
            name: format!("{}/revisions/{}", value.id, value.revision),
            principal: value.principal.name(),
            reason: revision.reason,
            create_time: Some(timestamp(value.update_time)),
            snapshot: Some(value.into()),
        }
    }
}

impl From<Issue> for shared::Issue {
    fn from(issue: Issue) -> Self {
        let severity = match issue.severity {
            Severity::Warning => shared::Severity::Warning,
            Severity::Error => shared::Severity::Error,
        };
        convert::issue(severity, issue.code, issue.field, issue.en, issue.vi)
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

const DISPOSITIONS: [(Disposition, shared::Disposition); 4] = [
    (Disposition::Created, shared::Disposition::Created),
    (Disposition::Updated, shared::Disposition::Updated),
    (Disposition::Unchanged, shared::Disposition::Unchanged),
    (Disposition::Rejected, shared::Disposition::Rejected),
];
