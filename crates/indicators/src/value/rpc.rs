//! The value methods: accept, call, reply.

use std::pin::Pin;

use futures_util::Stream;
use kit::{Begin, Db, accept, accept_dialogue};
use proto::indicators::{self as pb, value_service_server::ValueService};
use tonic::{Request, Response, Status, Streaming};
use types::violations::Invalid;

use super::{
    GetValue, ListRevisions, ListValues, UpsertValues, Values,
    explanation::ExplainValue,
    item::{Item, Outcome},
    verdict::{AcceptValue, RejectValue},
    wire::{self, ForAll, LONGEST_REASON},
};
use crate::{
    ingest::Ingests,
    reconciliation::{self, Reconcile},
    validation::{self, Validate},
};

const MOST_ITEMS: usize = 500;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    values: Values,
    ingests: Ingests,
}

impl Rpc {
    pub(crate) fn new(db: &Db, values: &Values, ingests: &Ingests) -> Self {
        Self {
            db: db.clone(),
            values: values.clone(),
            ingests: ingests.clone(),
        }
    }
}

#[tonic::async_trait]
impl ValueService for Rpc {
    type IngestValuesStream =
        Pin<Box<dyn Stream<Item = Result<pb::IngestValuesResponse, Status>> + Send>>;

    async fn upsert_indicator_values(
        &self,
        request: Request<pb::UpsertIndicatorValuesRequest>,
    ) -> Result<Response<pb::UpsertIndicatorValuesResponse>, Status> {
        let (actor, upsert) = accept::<_, UpsertValues>(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let ground = self.values.before_upsert(&actor, &upsert).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let validate_only = upsert.validate_only;
        let outcomes = self.values.upsert(&tx, &actor, upsert, &ground).await?;
        let answer = answer(outcomes);
        if validate_only {
            tx.take_back().await?;
            return Ok(Response::new(answer));
        }
        tx.reply(answer).await
    }

    async fn ingest_values(
        &self,
        request: Request<Streaming<pb::IngestValuesRequest>>,
    ) -> Result<Response<Self::IngestValuesStream>, Status> {
        let (actor, messages) = accept_dialogue(request)?;
        let dialogue = self.ingests.open(actor, messages).await?;
        Ok(Response::new(Box::pin(dialogue)))
    }

    async fn get_indicator_value(
        &self,
        request: Request<pb::GetIndicatorValueRequest>,
    ) -> Result<Response<pb::IndicatorValue>, Status> {
        let (actor, get) = accept(request)?;
        let (value, definitions) = self.values.get(&actor, get).await?;
        Ok(Response::new(wire::listed(value, &definitions)))
    }

    async fn accept_indicator_value(
        &self,
        request: Request<pb::AcceptIndicatorValueRequest>,
    ) -> Result<Response<pb::IndicatorValue>, Status> {
        let (actor, judge) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let (value, definitions) = self.values.accept(&tx, &actor, judge).await?;
        tx.reply(wire::listed(value, &definitions)).await
    }

    async fn reject_indicator_value(
        &self,
        request: Request<pb::RejectIndicatorValueRequest>,
    ) -> Result<Response<pb::IndicatorValue>, Status> {
        let (actor, judge) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let (value, definitions) = self.values.reject(&tx, &actor, judge).await?;
        tx.reply(wire::listed(value, &definitions)).await
    }

    async fn list_indicator_values(
        &self,
        request: Request<pb::ListIndicatorValuesRequest>,
    ) -> Result<Response<pb::ListIndicatorValuesResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (values, definitions, next_page_token) = self.values.list(&actor, list).await?;
        let values = values.into_iter();
        let indicator_values = values.map(|it| wire::listed(it, &definitions)).collect();
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
        let (revisions, manner, next_page_token) = self.values.list_revisions(&actor, list).await?;
        let revisions = revisions.into_iter();
        let revisions = revisions.map(|it| wire::revision(it, manner)).collect();
        Ok(Response::new(pb::ListIndicatorValueRevisionsResponse {
            revisions,
            next_page_token,
        }))
    }

    async fn validate_values(
        &self,
        request: Request<pb::ValidateValuesRequest>,
    ) -> Result<Response<pb::ValidateValuesResponse>, Status> {
        let (actor, validate) = accept::<_, Validate>(request)?;
        let report = validation::validate(&self.values, &actor, validate).await?;
        Ok(Response::new(report.into()))
    }

    async fn reconcile_values(
        &self,
        request: Request<pb::ReconcileValuesRequest>,
    ) -> Result<Response<pb::ReconcileValuesResponse>, Status> {
        let (actor, reconcile) = accept::<_, Reconcile>(request)?;
        let (rows, next_page_token) =
            reconciliation::reconcile(&self.values, &actor, reconcile).await?;
        let rows = rows.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ReconcileValuesResponse {
            rows,
            next_page_token,
        }))
    }

    async fn explain_value(
        &self,
        request: Request<pb::ExplainValueRequest>,
    ) -> Result<Response<pb::ExplainValueResponse>, Status> {
        let (actor, explain) = accept(request)?;
        let explanation = self.values.explain(&actor, explain).await?;
        Ok(Response::new(explanation.into()))
    }
}

fn answer(outcomes: Vec<Outcome>) -> pb::UpsertIndicatorValuesResponse {
    let mut answer = pb::UpsertIndicatorValuesResponse::default();
    for (offset, outcome) in (0..).zip(outcomes) {
        let (result, current) = outcome.into_wire(offset);
        answer.results.push(result);
        answer.current_values.extend(current);
    }
    answer
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
        let for_all = ForAll {
            sheet: Some((unit, period)),
            source_system: None,
        };
        let items = request.items.iter().enumerate();
        let items = items
            .map(|(index, item)| Item::from_wire(format!("items[{index}]"), item, &for_all))
            .collect();
        let (unit, period) = for_all.sheet.ok_or(bad)?;
        Ok(Self {
            unit,
            period,
            items,
            validate_only: request.validate_only,
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

impl TryFrom<pb::AcceptIndicatorValueRequest> for AcceptValue {
    type Error = Invalid;

    fn try_from(request: pb::AcceptIndicatorValueRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let etag = request.etag;
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id, etag }).ok_or(bad)
    }
}

impl TryFrom<pb::RejectIndicatorValueRequest> for RejectValue {
    type Error = Invalid;

    fn try_from(request: pb::RejectIndicatorValueRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let etag = request.etag;
        let id = bad.required("name", &request.name);
        let reason = bad.line("reason", &request.reason, LONGEST_REASON);
        match (id, reason) {
            (Some(id), Some(reason)) => Ok(Self { id, reason, etag }),
            _ => Err(bad),
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

impl TryFrom<pb::ExplainValueRequest> for ExplainValue {
    type Error = Invalid;

    fn try_from(request: pb::ExplainValueRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("name", &request.name) {
            Some(id) => Ok(Self { id }),
            None => Err(bad),
        }
    }
}
