//! The table of requests for money; the only file that knows its columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::{
    ids::{DecisionId, Principal, ProjectId},
    money::Money,
    period::Period,
};

use super::{Appraisal, Asked, Outcome, SupplementaryRequest, SupplementaryState};
use crate::{choice, columns};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "supplementary_requests")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) period: String,
        pub(super) amount_vnd: Option<i64>,
        pub(super) justification: String,
        pub(super) principal: String,
        pub(super) create_micros: i64,
        pub(super) state: String,
        pub(super) appraiser: Option<String>,
        pub(super) opinion: String,
        pub(super) proposed_vnd: Option<i64>,
        pub(super) decider: Option<String>,
        pub(super) decision_id: Option<String>,
        pub(super) approved_vnd: Option<i64>,
        pub(super) allocation_number: Option<i64>,
        pub(super) rejection_reason: String,
        pub(super) update_micros: i64,
        pub(super) version: i64,
        pub(super) editors: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(
    db: &impl ConnectionTrait,
    request: &SupplementaryRequest,
) -> Result<()> {
    let row = row::ActiveModel {
        project_id: Set(request.project.as_str().into()),
        number: Set(request.number),
        principal: Set(request.principal.name()),
        create_micros: Set(request.create_time.timestamp_micros()),
        ..columns(request)
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Writes a change, if the request is still as it was read.
pub(super) async fn save(
    db: &impl ConnectionTrait,
    before: &SupplementaryRequest,
    after: &SupplementaryRequest,
) -> Result<()> {
    let written = row::Entity::update_many()
        .set(columns(after))
        .filter(row::Column::ProjectId.eq(before.project.as_str()))
        .filter(row::Column::Number.eq(before.number))
        .filter(row::Column::Version.eq(before.version))
        .exec(db)
        .await?;
    if written.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Everything about a request that may change.
fn columns(request: &SupplementaryRequest) -> row::ActiveModel {
    let appraisal = request.appraisal.as_ref();
    let editors: Vec<_> = request.editors.iter().map(Principal::name).collect();
    let row = row::ActiveModel {
        period: Set(request.asked.period.to_string()),
        amount_vnd: Set(request.asked.amount.map(Money::vnd)),
        justification: Set(request.asked.justification.clone()),
        state: Set(request.state.as_word().into()),
        appraiser: Set(appraisal.map(|it| it.principal.name())),
        opinion: Set(appraisal.map(|it| it.opinion.clone()).unwrap_or_default()),
        proposed_vnd: Set(appraisal.map(|it| it.proposed.vnd())),
        decider: Set(None),
        decision_id: Set(None),
        approved_vnd: Set(None),
        allocation_number: Set(None),
        rejection_reason: Set(String::new()),
        editors: Set(Some(editors.join(" "))),
        update_micros: Set(request.update_time.timestamp_micros()),
        version: Set(request.version),
        ..Default::default()
    };
    match &request.outcome {
        None => row,
        Some(Outcome::Approved {
            decision,
            amount,
            allocation,
            principal,
        }) => row::ActiveModel {
            decider: Set(Some(principal.name())),
            decision_id: Set(Some(decision.as_str().into())),
            approved_vnd: Set(Some(amount.vnd())),
            allocation_number: Set(Some(*allocation)),
            ..row
        },
        Some(Outcome::Rejected { reason, principal }) => row::ActiveModel {
            decider: Set(Some(principal.name())),
            rejection_reason: Set(reason.clone()),
            ..row
        },
    }
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    number: i64,
) -> Result<Option<SupplementaryRequest>> {
    let row = row::Entity::find_by_id((project.as_str().to_owned(), number))
        .one(db)
        .await?;
    row.map(SupplementaryRequest::try_from).transpose()
}

/// Returns the requests of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    after: i64,
    limit: u64,
) -> Result<Vec<SupplementaryRequest>> {
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter()
        .map(SupplementaryRequest::try_from)
        .collect()
}

/// Returns what was ever asked for these projects in a period or in one within it: no drafts.
pub(crate) async fn of_period(
    db: &impl ConnectionTrait,
    projects: &[&str],
    period: Period,
) -> Result<Vec<SupplementaryRequest>> {
    let asked = SupplementaryState::ALL
        .into_iter()
        .filter(|it| it.was_asked());
    let rows = row::Entity::find()
        .filter(row::Column::ProjectId.is_in(projects.iter().copied()))
        .filter(row::Column::State.is_in(asked.map(SupplementaryState::as_word)))
        .all(db)
        .await?;
    let mut requests: Vec<SupplementaryRequest> = rows
        .into_iter()
        .map(SupplementaryRequest::try_from)
        .collect::<Result<_>>()?;
    requests.retain(|it| period.contains(&it.asked.period));
    Ok(requests)
}

impl TryFrom<row::Model> for SupplementaryRequest {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let person = |name: String| Principal::from_name(&name).map_err(Error::internal);
        let appraisal = match (row.appraiser, row.proposed_vnd) {
            (Some(appraiser), Some(vnd)) => Some(Appraisal {
                opinion: row.opinion,
                proposed: Money::new(vnd),
                principal: person(appraiser)?,
            }),
            _ => None,
        };
        let outcome = match (row.decider, row.decision_id, row.approved_vnd) {
            (Some(decider), Some(decision), Some(vnd)) => Some(Outcome::Approved {
                decision: DecisionId::new(&decision).map_err(Error::internal)?,
                amount: Money::new(vnd),
                allocation: row.allocation_number.unwrap_or_default(),
                principal: person(decider)?,
            }),
            (Some(decider), _, _) => Some(Outcome::Rejected {
                reason: row.rejection_reason,
                principal: person(decider)?,
            }),
            _ => None,
        };
        let states = SupplementaryState::ALL;
        Ok(Self {
            project: ProjectId::new(&row.project_id).map_err(Error::internal)?,
            number: row.number,
            asked: Asked {
                period: row.period.parse().map_err(Error::internal)?,
                amount: row.amount_vnd.map(Money::new),
                justification: row.justification,
            },
            state: choice::from_word(&states, SupplementaryState::as_word, &row.state)?,
            appraisal,
            outcome,
            editors: columns::read_list(row.editors.as_deref(), Principal::from_name)?,
            principal: person(row.principal)?,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl SupplementaryState {
    fn as_word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Appraised => "appraised",
            Self::Approved => "approved",
            Self::Rejected => "rejected",
        }
    }
}
