//! Which units are named here. The directory asks before it takes units back.

use kit::{
    Db, read,
    references::{self, UnitColumn, json, list, one},
};
use proto::reporting::{self as pb, unit_reference_service_server::UnitReferenceService};
use tonic::{Request, Response, Status};
use types::{ids::UnitId, violations::Invalid};

/// Of whom a proposal asks something.
const ADDRESSEE: &[&str] = &["addressee_unit"];

/// Every column that names units.
const COLUMNS: &[UnitColumn] = &[
    json("templates", "content", &["owner"], "reportTemplates"),
    one("requests", "issuer_unit", "reportRequests"),
    list("requests", "units", "reportRequests"),
    one("assignments", "unit_id", "reportRequests/-/assignments"),
    list("assignments", "stands_for", "reportRequests/-/assignments"),
    one("assignments", "replaced_by", "reportRequests/-/assignments"),
    one("reports", "unit_id", "reports"),
    json("sections", "body", ADDRESSEE, "reports"),
    one("submissions", "unit_id", "reports/-/submissions"),
    json("submissions", "content", ADDRESSEE, "reports/-/submissions"),
    one("consolidations", "unit_id", "consolidations"),
];

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
}

impl Rpc {
    pub(crate) fn new(db: &Db) -> Self {
        Self { db: db.clone() }
    }
}

#[tonic::async_trait]
impl UnitReferenceService for Rpc {
    async fn find_unit_references(
        &self,
        request: Request<pb::FindUnitReferencesRequest>,
    ) -> Result<Response<pb::FindUnitReferencesResponse>, Status> {
        let Units(units) = read(request)?;
        let references = references::find(&self.db, COLUMNS, &units).await?;
        Ok(Response::new(pb::FindUnitReferencesResponse { references }))
    }
}

struct Units(Vec<UnitId>);

impl TryFrom<pb::FindUnitReferencesRequest> for Units {
    type Error = Invalid;

    fn try_from(request: pb::FindUnitReferencesRequest) -> Result<Self, Invalid> {
        references::read_units(&request.units).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Columns that mean other units, and those that only repeat what stands in another.
    const LEFT_OUT: &[(&str, &str)] = &[
        ("sections", "unit_id"),
        ("editors", "unit_id"),
        ("document_numbers", "unit_id"),
        ("figure_locks", "unit_id"),
        // Of the units that were asked, which are named by their assignments, and of what they
        // have submitted.
        ("consolidations", "content"),
        ("reports", "frame"),
        ("year_calendars", "content"),
    ];

    #[tokio::test]
    async fn every_column_that_names_units_is_looked_at() {
        let scratch = testkit::Scratch::new().await;
        scratch.db.migrate::<crate::Migrator>().await.unwrap();
        let forgotten = scratch.unit_columns_beside(COLUMNS, LEFT_OUT).await;
        assert_eq!(forgotten, Vec::<String>::new());
    }
}
