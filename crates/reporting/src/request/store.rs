//! The requests table.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
    etag,
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::ids::{ReportRequestId, ReportTemplateId, UnitId};

use super::{ListRequests, ReportRequest, RequestState};
use crate::assignment;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "requests")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) title: String,
        pub(super) issuer_unit: String,
        pub(super) issuer_name: String,
        pub(super) template_id: String,
        pub(super) period: String,
        pub(super) due_micros: i64,
        pub(super) units: String,
        pub(super) document_number: String,
        pub(super) issue_date: Date,
        pub(super) state: String,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
        pub(super) refuses_late: i64,
        pub(super) state_reason: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, request: &ReportRequest) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(request.id.as_str().into()),
        title: Set(request.title.clone()),
        issuer_unit: Set(request.issuer.as_str().into()),
        issuer_name: Set(request.issuer_name.clone()),
        template_id: Set(request.template.as_str().into()),
        period: Set(request.period.to_string()),
        due_micros: Set(request.due_time.timestamp_micros()),
        units: Set(serde_json::to_string(&request.units).map_err(Error::internal)?),
        document_number: Set(request.document_number.to_string()),
        issue_date: Set(request.issue_date),
        state: Set(state_text(request.state).into()),
        create_micros: Set(request.create_time.timestamp_micros()),
        update_micros: Set(request.update_time.timestamp_micros()),
        version: Set(request.version),
        refuses_late: Set(i64::from(request.refuses_late)),
        state_reason: Set(request.state_reason.clone()),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("REPORT_REQUEST", &request.id)))?;
    Ok(())
}

/// Writes a request, unless somebody else changed it first.
pub(super) async fn update(
    db: &impl ConnectionTrait,
    after: &ReportRequest,
    seen: i64,
) -> Result<()> {
    use row::Column::{
        DocumentNumber, DueMicros, Id, IssueDate, IssuerName, IssuerUnit, Period, RefusesLate,
        State, StateReason, TemplateId, Title, Units, UpdateMicros, Version,
    };
    let units = serde_json::to_string(&after.units).map_err(Error::internal)?;
    let number = after.document_number.to_string();
    let changed = row::Entity::update_many()
        .col_expr(Title, Expr::value(after.title.clone()))
        .col_expr(IssuerUnit, Expr::value(after.issuer.as_str()))
        .col_expr(IssuerName, Expr::value(after.issuer_name.clone()))
        .col_expr(TemplateId, Expr::value(after.template.as_str()))
        .col_expr(Period, Expr::value(after.period.to_string()))
        .col_expr(DueMicros, Expr::value(after.due_time.timestamp_micros()))
        .col_expr(Units, Expr::value(units))
        .col_expr(DocumentNumber, Expr::value(number))
        .col_expr(IssueDate, Expr::value(after.issue_date))
        .col_expr(RefusesLate, Expr::value(i64::from(after.refuses_late)))
        .col_expr(State, Expr::value(state_text(after.state)))
        .col_expr(StateReason, Expr::value(after.state_reason.clone()))
        .col_expr(
            UpdateMicros,
            Expr::value(after.update_time.timestamp_micros()),
        )
        .col_expr(Version, Expr::value(after.version))
        .filter(Id.eq(after.id.as_str()))
        .filter(Version.eq(seen))
        .exec(db)
        .await?;
    match changed.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Stale {
            current_etag: etag::of(after.version),
        }),
    }
}

/// Returns requests, newest first: of an issuer, or such as a unit must answer.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    list: &ListRequests,
    after: Option<(i64, String)>,
    limit: u64,
) -> Result<Vec<ReportRequest>> {
    let mut query = row::Entity::find();
    if let Some(issuer) = &list.issuer {
        query = query.filter(row::Column::IssuerUnit.eq(issuer.as_str()));
    }
    if let Some(reader) = &list.reader {
        let asked = assignment::store::requests_of(reader);
        query = query.filter(row::Column::Id.in_subquery(asked));
    }
    if !list.states.is_empty() {
        let states = list.states.iter().map(|it| state_text(*it));
        query = query.filter(row::Column::State.is_in(states));
    }
    if let Some((micros, id)) = after {
        let earlier = row::Column::CreateMicros.lt(micros);
        let same = row::Column::CreateMicros.eq(micros);
        let before = Condition::all().add(same).add(row::Column::Id.lt(id));
        query = query.filter(Condition::any().add(earlier).add(before));
    }
    let rows = query
        .order_by_desc(row::Column::CreateMicros)
        .order_by_desc(row::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(ReportRequest::try_from).collect()
}

/// Returns one request.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    id: &ReportRequestId,
) -> Result<Option<ReportRequest>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(ReportRequest::try_from).transpose()
}

fn state_text(state: RequestState) -> &'static str {
    match state {
        RequestState::Draft => "draft",
        RequestState::Issued => "issued",
        RequestState::Closed => "closed",
        RequestState::Cancelled => "cancelled",
    }
}

impl TryFrom<row::Model> for ReportRequest {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            id: ReportRequestId::new(&row.id).map_err(Error::internal)?,
            title: row.title,
            issuer: UnitId::new(&row.issuer_unit).map_err(Error::internal)?,
            issuer_name: row.issuer_name,
            template: ReportTemplateId::new(&row.template_id).map_err(Error::internal)?,
            period: row.period.parse().map_err(Error::internal)?,
            due_time: instant(row.due_micros)?,
            units: serde_json::from_str(&row.units).map_err(Error::internal)?,
            document_number: row.document_number.parse().map_err(Error::internal)?,
            issue_date: row.issue_date,
            refuses_late: row.refuses_late != 0,
            state_reason: row.state_reason,
            state: match row.state.as_str() {
                "draft" => RequestState::Draft,
                "issued" => RequestState::Issued,
                "closed" => RequestState::Closed,
                "cancelled" => RequestState::Cancelled,
                other => {
                    return Err(Error::internal(format!(
                        "`{other}` is no state of a request"
                    )));
                }
            },
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
