//! The decision table; the only file that knows its columns.

use chrono::Datelike;
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, entity::prelude::*, sea_query::Expr};
use types::{
    ids::{DecisionId, UnitId},
    money::Money,
};

use super::{Decision, Issue};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "decisions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) authority_unit: String,
        pub(super) subject: String,
        pub(super) amount_vnd: i64,
        pub(super) document_number: Option<String>,
        pub(super) number_key: Option<String>,
        pub(super) issue_date: Option<Date>,
        pub(super) issue_year: Option<i64>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, decision: &Decision) -> Result<()> {
    let row = row::ActiveModel {
        id: Set(decision.id.as_str().into()),
        authority_unit: Set(decision.authority_unit.as_str().into()),
        subject: Set(decision.subject.clone()),
        amount_vnd: Set(decision.amount.vnd()),
        document_number: Set(None),
        number_key: Set(None),
        issue_date: Set(None),
        issue_year: Set(None),
        create_micros: Set(decision.create_time.timestamp_micros()),
        update_micros: Set(decision.update_time.timestamp_micros()),
        version: Set(decision.version),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("DECISION", &decision.id)))?;
    Ok(())
}

pub(crate) async fn find(db: &impl ConnectionTrait, id: &DecisionId) -> Result<Option<Decision>> {
    let row = row::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    row.map(Decision::try_from).transpose()
}

/// Returns the decisions of these names.
pub(crate) async fn find_all(
    db: &impl ConnectionTrait,
    ids: &[&DecisionId],
) -> Result<Vec<Decision>> {
    /// Databases take only so many values in one question.
    const AT_ONCE: usize = 500;
    let mut decisions = Vec::with_capacity(ids.len());
    for part in ids.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::Id.is_in(part.iter().map(|it| it.as_str())))
            .all(db)
            .await?;
        for row in rows {
            decisions.push(Decision::try_from(row)?);
        }
    }
    Ok(decisions)
}

/// Writes the issue, if the decision is still as it was read.
pub(super) async fn issue(
    db: &impl ConnectionTrait,
    before: &Decision,
    after: &Decision,
) -> Result<()> {
    let Some(issue) = &after.issue else {
        return Err(Error::internal("an issue has a number and a day"));
    };
    let values = row::ActiveModel {
        document_number: Set(Some(issue.number.as_str().into())),
        number_key: Set(Some(issue.number.search_key())),
        issue_date: Set(Some(issue.date)),
        issue_year: Set(Some(issue.date.year().into())),
        update_micros: Set(after.update_time.timestamp_micros()),
        version: Set(after.version),
        ..Default::default()
    };
    // One authority numbers its documents of a year through.
    let written = row::Entity::update_many()
        .set(values)
        .filter(row::Column::Id.eq(before.id.as_str()))
        .filter(row::Column::Version.eq(before.version))
        .exec(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("DECISION_NUMBER", &issue.number)))?;
    if written.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Keeps others from allocating by a decision until the change ends: an update locks the
/// row in PostgreSQL; SQLite has one writer anyway.
pub(crate) async fn lock(db: &impl ConnectionTrait, id: &DecisionId) -> Result<()> {
    row::Entity::update_many()
        .col_expr(row::Column::Version, Expr::col(row::Column::Version))
        .filter(row::Column::Id.eq(id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

impl TryFrom<row::Model> for Decision {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let issue = match (row.document_number, row.issue_date) {
            (Some(number), Some(date)) => Some(Issue {
                number: number.parse().map_err(Error::internal)?,
                date,
            }),
            _ => None,
        };
        Ok(Self {
            id: DecisionId::new(&row.id).map_err(Error::internal)?,
            authority_unit: UnitId::new(&row.authority_unit).map_err(Error::internal)?,
            subject: row.subject,
            amount: Money::new(row.amount_vnd),
            issue,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
