//! The requests table.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
    etag,
};
use sea_orm::{ActiveValue::Set, QueryFilter, entity::prelude::*};
use types::ids::{ReportRequestId, ReportTemplateId, UnitId};

use super::{ReportRequest, RequestState};

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
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("REPORT_REQUEST", &request.id)))?;
    Ok(())
}

/// Moves a request to its new state, unless somebody else changed it first.
pub(super) async fn update_state(
    db: &impl ConnectionTrait,
    after: &ReportRequest,
    seen: i64,
) -> Result<()> {
    let changed = row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(state_text(after.state)))
        .col_expr(
            row::Column::UpdateMicros,
            Expr::value(after.update_time.timestamp_micros()),
        )
        .col_expr(row::Column::Version, Expr::value(after.version))
        .filter(row::Column::Id.eq(after.id.as_str()))
        .filter(row::Column::Version.eq(seen))
        .exec(db)
        .await?;
    match changed.rows_affected {
        1 => Ok(()),
        _ => Err(Error::Stale {
            current_etag: etag::of(after.version),
        }),
    }
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
            state: match row.state.as_str() {
                "draft" => RequestState::Draft,
                "issued" => RequestState::Issued,
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
