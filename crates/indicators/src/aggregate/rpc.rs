//! The methods of adding up: accept, call, reply.

use kit::accept;
use proto::indicators::{self as pb, aggregation_service_server::AggregationService};
use tonic::{Request, Response, Status};

use super::{Aggregates, comparison, wire};

#[derive(Debug)]
pub(crate) struct Rpc(Aggregates);

impl Rpc {
    pub(crate) fn new(aggregates: &Aggregates) -> Self {
        Self(aggregates.clone())
    }
}

#[tonic::async_trait]
impl AggregationService for Rpc {
    async fn aggregate_values(
        &self,
        request: Request<pb::AggregateValuesRequest>,
    ) -> Result<Response<pb::AggregateValuesResponse>, Status> {
        let (actor, ask) = accept(request)?;
        let (totals, atlas) = self.0.aggregate(&actor, ask).await?;
        Ok(Response::new(wire::totals(totals, &atlas)))
    }

    async fn reconcile_views(
        &self,
        request: Request<pb::ReconcileViewsRequest>,
    ) -> Result<Response<pb::ReconcileViewsResponse>, Status> {
        let (actor, ask) = accept(request)?;
        let (compared, atlas) = self.0.compare(&actor, ask).await?;
        Ok(Response::new(comparison::wire::compared(compared, &atlas)))
    }
}
