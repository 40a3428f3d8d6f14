//! The submissions table. Content is only ever inserted.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, entity::prelude::*, sea_query::OnConflict};
use types::ids::{Principal, ReportId, ReportRequestId, UnitId};

use super::{Content, State, Submission};
use crate::request::Timeliness;

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "submissions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) request_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) state: String,
        pub(super) content: String,
        pub(super) content_sha256: String,
        pub(super) submitter: String,
        pub(super) submit_micros: i64,
        pub(super) timeliness: String,
        pub(super) return_reason: String,
        pub(super) number_key: Option<String>,
        pub(super) number_year: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod number_row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "document_numbers")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) year: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number_key: String,
        pub(super) request_id: String,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) async fn insert(db: &impl ConnectionTrait, submission: &Submission) -> Result<()> {
    let (number_key, number_year) = submission.content.number_key().unzip();
    let row = row::ActiveModel {
        request_id: Set(submission.report.request.as_str().into()),
        unit_id: Set(submission.report.unit.as_str().into()),
        number: Set(submission.number),
        state: Set(word(&submission.state)?),
        content: Set(serde_json::to_string(&submission.content).map_err(Error::internal)?),
        content_sha256: Set(submission.content_sha256.clone()),
        submitter: Set(submission.submitter.name()),
        submit_micros: Set(submission.submit_time.timestamp_micros()),
        timeliness: Set(word(&submission.timeliness)?),
        return_reason: Set(submission.return_reason.clone()),
        number_key: Set(number_key),
        number_year: Set(number_year),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Takes the number for the report, unless another report of the unit bears it in the same
/// year: numbers run from 01 on 1 January and are unique per organ (NĐ 30/2020, Điều 15).
pub(crate) async fn take_number(
    db: &impl ConnectionTrait,
    report: &ReportId,
    content: &Content,
) -> Result<()> {
    let Some((number_key, year)) = content.number_key() else {
        return Ok(());
    };
    let key = (report.unit.as_str().to_owned(), year, number_key);
    let row = number_row::ActiveModel {
        unit_id: Set(key.0.clone()),
        year: Set(key.1),
        number_key: Set(key.2.clone()),
        request_id: Set(report.request.as_str().into()),
    };
    // Of two who send at once, the second waits here and then finds the first one's number.
    let columns = [
        number_row::Column::UnitId,
        number_row::Column::Year,
        number_row::Column::NumberKey,
    ];
    let once = OnConflict::columns(columns).do_nothing().to_owned();
    number_row::Entity::insert(row)
        .on_conflict(once)
        .exec_without_returning(db)
        .await?;
    let holder = number_row::Entity::find_by_id(key).one(db).await?;
    match holder {
        // A report that is sent again may keep its number.
        Some(it) if it.request_id == report.request.as_str() => Ok(()),
        _ => Err(Error::taken("DOCUMENT_NUMBER", &content.document_number)),
    }
}

/// Notes what the receiver did.
pub(crate) async fn mark(
    db: &impl ConnectionTrait,
    report: &ReportId,
    number: i64,
    state: State,
    return_reason: &str,
) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::State, Expr::value(word(&state)?))
        .col_expr(row::Column::ReturnReason, Expr::value(return_reason))
        .filter(row::Column::RequestId.eq(report.request.as_str()))
        .filter(row::Column::UnitId.eq(report.unit.as_str()))
        .filter(row::Column::Number.eq(number))
        .exec(db)
        .await?;
    Ok(())
}

/// Returns one submission.
pub(crate) async fn find(
    db: &impl ConnectionTrait,
    report: &ReportId,
    number: i64,
) -> Result<Option<Submission>> {
    let key = (
        report.request.as_str().to_owned(),
        report.unit.as_str().to_owned(),
        number,
    );
    let row = row::Entity::find_by_id(key).one(db).await?;
    row.map(Submission::try_from).transpose()
}

/// Returns the accepted submissions to a request, at most one per unit, by unit.
pub(crate) async fn accepted(
    db: &impl ConnectionTrait,
    request: &ReportRequestId,
) -> Result<Vec<Submission>> {
    let rows = row::Entity::find()
        .filter(row::Column::RequestId.eq(request.as_str()))
        .filter(row::Column::State.eq(word(&State::Accepted)?))
        .all(db)
        .await?;
    rows.into_iter().map(Submission::try_from).collect()
}

/// Writes a state as the word it is serialized as.
fn word(value: &impl serde::Serialize) -> Result<String> {
    match serde_json::to_value(value).map_err(Error::internal)? {
        serde_json::Value::String(word) => Ok(word),
        other => Err(Error::internal(format!("{other} is no word"))),
    }
}

fn read<T: serde::de::DeserializeOwned>(word: String) -> Result<T> {
    serde_json::from_value(serde_json::Value::String(word)).map_err(Error::internal)
}

impl TryFrom<row::Model> for Submission {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            report: ReportId {
                request: ReportRequestId::new(&row.request_id).map_err(Error::internal)?,
                unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
            },
            number: row.number,
            state: read(row.state)?,
            content: serde_json::from_str(&row.content).map_err(Error::internal)?,
            content_sha256: row.content_sha256,
            submitter: Principal::from_name(&row.submitter).map_err(Error::internal)?,
            submit_time: instant(row.submit_micros)?,
            timeliness: read::<Timeliness>(row.timeliness)?,
            return_reason: row.return_reason,
        })
    }
}
