//! Which units are named here. The directory asks before it takes units back.

use kit::{
    Db, read,
    references::{self, UnitColumn, json, one},
};
use proto::indicators::{self as pb, unit_reference_service_server::UnitReferenceService};
use tonic::{Request, Response, Status};
use types::{ids::UnitId, violations::Invalid};

/// Who issues a criteria set, and who verifies a criterion of it.
const OF_CRITERIA: &[&str] = &["issuer_unit", "verifier_unit"];
/// Whose a validation rule is, and for whom.
const OF_RULES: &[&str] = &["owner_unit", "scope_unit"];

/// Every column that names units.
const COLUMNS: &[UnitColumn] = &[
    one("indicators", "owner_unit_id", "indicators"),
    one("indicator_revisions", "owner_unit_id", "indicators"),
    one("source_systems", "owner_unit_id", "sourceSystems"),
    one("targets", "unit_id", "indicators/-/targets"),
    one("target_revisions", "unit_id", "indicators/-/targets"),
    one("indicator_values", "unit_id", "indicators/-/values"),
    one(
        "indicator_value_revisions",
        "unit_id",
        "indicators/-/values",
    ),
    one("scorecards", "owner_unit_id", "scorecards"),
    one("scorecards", "scope_unit_id", "scorecards"),
    one("scorecard_results", "unit_id", "scorecards"),
    json("criteria_sets", "content", OF_CRITERIA, "criteriaSets"),
    json(
        "criteria_set_revisions",
        "content",
        OF_CRITERIA,
        "criteriaSets",
    ),
    json("validation_rules", "content", OF_RULES, "validationRules"),
    json(
        "validation_rule_revisions",
        "content",
        OF_RULES,
        "validationRules",
    ),
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
        ("indicators", "measure_unit"),
        ("indicator_revisions", "measure_unit"),
        ("indicators", "unit_aggregation"),
        ("indicator_revisions", "unit_aggregation"),
        ("value_sheets", "unit_id"),
        ("value_changes", "unit_id"),
        ("value_pins", "unit_id"),
    ];

    #[tokio::test]
    async fn every_column_that_names_units_is_looked_at() {
        let scratch = testkit::Scratch::new().await;
        scratch.db.migrate::<crate::Migrator>().await.unwrap();
        let forgotten = scratch.unit_columns_beside(COLUMNS, LEFT_OUT).await;
        assert_eq!(forgotten, Vec::<String>::new());
    }
}
