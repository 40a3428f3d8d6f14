//! The decision table; the only file that knows its columns.

use std::collections::BTreeMap;

use chrono::Datelike;
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    entity::prelude::*,
    sea_query::{Expr, SelectStatement},
};
use types::{
    ids::{DecisionId, UnitId},
    money::Money,
};

use super::{Decision, DecisionKind, DecisionState, Filter, Issue, Revocation, Used};
use crate::{choice, columns::AT_ONCE};

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
        pub(super) kind: String,
        pub(super) state: String,
        pub(super) replaces: Option<String>,
        pub(super) revoked_by: Option<String>,
        pub(super) revoke_reason: String,
        pub(super) granted_vnd: i64,
        pub(super) recalled_vnd: i64,
        pub(super) settled_vnd: i64,
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
        create_micros: Set(decision.create_time.timestamp_micros()),
        ..columns(decision)
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("DECISION", &decision.id)))?;
    Ok(())
}

/// Writes a change, if the decision is still as it was read.
pub(super) async fn save(
    db: &impl ConnectionTrait,
    before: &Decision,
    after: &Decision,
) -> Result<()> {
    let written = row::Entity::update_many()
        .set(columns(after))
        .filter(row::Column::Id.eq(before.id.as_str()))
        .filter(row::Column::Version.eq(before.version))
        .exec(db)
        .await?;
    if written.rows_affected == 1 {
        Ok(())
    } else {
        Err(Error::Conflict)
    }
}

/// Writes what was done by a decision that was taken before. That is no new version of it.
pub(crate) async fn book(db: &impl ConnectionTrait, decision: &Decision) -> Result<()> {
    let values = row::ActiveModel {
        granted_vnd: Set(decision.used.granted.vnd()),
        recalled_vnd: Set(decision.used.recalled.vnd()),
        settled_vnd: Set(decision.used.settled.vnd()),
        ..Default::default()
    };
    row::Entity::update_many()
        .set(values)
        .filter(row::Column::Id.eq(decision.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

/// Everything about a decision that may change.
fn columns(decision: &Decision) -> row::ActiveModel {
    let issue = decision.issue.as_ref();
    let revocation = decision.revocation.as_ref();
    row::ActiveModel {
        subject: Set(decision.subject.clone()),
        amount_vnd: Set(decision.amount.vnd()),
        kind: Set(decision.kind.as_word().into()),
        state: Set(decision.state.as_word().into()),
        replaces: Set(decision.replaces.as_ref().map(|it| it.as_str().into())),
        document_number: Set(issue.map(|it| it.number.as_str().into())),
        number_key: Set(issue.map(|it| it.number.search_key())),
        issue_date: Set(issue.map(|it| it.date)),
        issue_year: Set(issue.map(|it| it.date.year().into())),
        revoked_by: Set(revocation.map(|it| it.by.as_str().into())),
        revoke_reason: Set(revocation.map(|it| it.reason.clone()).unwrap_or_default()),
        granted_vnd: Set(decision.used.granted.vnd()),
        recalled_vnd: Set(decision.used.recalled.vnd()),
        settled_vnd: Set(decision.used.settled.vnd()),
        update_micros: Set(decision.update_time.timestamp_micros()),
        version: Set(decision.version),
        ..Default::default()
    }
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

/// Returns the decisions that were issued in place of these.
pub(crate) async fn replacing(
    db: &impl ConnectionTrait,
    ids: &[&DecisionId],
) -> Result<Vec<Decision>> {
    let mut decisions = Vec::new();
    for part in ids.chunks(AT_ONCE) {
        let rows = row::Entity::find()
            .filter(row::Column::Replaces.is_in(part.iter().map(|it| it.as_str())))
            .filter(row::Column::IssueDate.is_not_null())
            .all(db)
            .await?;
        for row in rows {
            decisions.push(Decision::try_from(row)?);
        }
    }
    Ok(decisions)
}

/// Returns the decisions of a unit after an id, by id.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    filter: &Filter,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<Decision>> {
    let mut rows = row::Entity::find()
        .filter(row::Column::AuthorityUnit.eq(unit.as_str()))
        .order_by_asc(row::Column::Id)
        .limit(limit);
    if let Some(after) = after {
        rows = rows.filter(row::Column::Id.gt(after));
    }
    if !filter.number_key.is_empty() {
        // Both databases order keys by code point, so a beginning is a range.
        let end = format!("{}{}", filter.number_key, char::MAX);
        rows = rows
            .filter(row::Column::NumberKey.gte(filter.number_key.as_str()))
            .filter(row::Column::NumberKey.lt(end));
    }
    if let Some(kind) = filter.kind {
        rows = rows.filter(row::Column::Kind.eq(kind.as_word()));
    }
    if let Some(state) = filter.state {
        rows = rows.filter(row::Column::State.eq(state.as_word()));
    }
    if let Some(year) = filter.issue_year {
        rows = rows.filter(row::Column::IssueYear.eq(i64::from(year)));
    }
    let rows = rows.all(db).await?;
    rows.into_iter().map(Decision::try_from).collect()
}

/// Returns the other decisions to which the same authority gave the same number in the same
/// year, at most a few of them.
pub(super) async fn namesakes(
    db: &impl ConnectionTrait,
    decision: &Decision,
) -> Result<Vec<DecisionId>> {
    const MOST: u64 = 5;
    let Some(issue) = &decision.issue else {
        return Ok(Vec::new());
    };
    let ids: Vec<String> = row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::AuthorityUnit.eq(decision.authority_unit.as_str()))
        .filter(row::Column::IssueYear.eq(i64::from(issue.date.year())))
        .filter(row::Column::NumberKey.eq(issue.number.search_key()))
        .filter(row::Column::Id.ne(decision.id.as_str()))
        .order_by_asc(row::Column::Id)
        .limit(MOST)
        .into_tuple()
        .all(db)
        .await?;
    ids.iter()
        .map(|it| DecisionId::new(it).map_err(Error::internal))
        .collect()
}

/// Decisions that nobody else touches until the change ends.
#[derive(Debug)]
pub(crate) struct Taken(BTreeMap<DecisionId, Decision>);

impl Taken {
    /// Hands one of them out.
    pub(crate) fn get(&self, id: &DecisionId) -> Result<Decision> {
        let decision = self.0.get(id).cloned();
        decision.ok_or_else(|| Error::internal(format!("`{id}` is gone")))
    }
}

/// Keeps others from touching some decisions until the change ends, and reads them as they
/// are then: an update locks the row in PostgreSQL; SQLite has one writer anyway. They are
/// taken by id, and always before a project, so that no two changes wait for each other.
pub(crate) async fn lock(
    db: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = &DecisionId>,
) -> Result<Taken> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort();
    ids.dedup();
    for id in &ids {
        row::Entity::update_many()
            .col_expr(row::Column::Version, Expr::col(row::Column::Version))
            .filter(row::Column::Id.eq(id.as_str()))
            .exec(db)
            .await?;
    }
    let found = find_all(db, &ids).await?;
    Ok(Taken(
        found.into_iter().map(|it| (it.id.clone(), it)).collect(),
    ))
}

/// Selects the ids of the decisions that do nothing any more.
pub(crate) fn void() -> SelectStatement {
    let ended = [DecisionState::Revoked, DecisionState::Replaced];
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::State.is_in(ended.map(DecisionState::as_word)))
        .into_query()
}

/// Selects the ids of the decisions that only let lines spend ahead.
pub(crate) fn permitting() -> SelectStatement {
    let kinds = DecisionKind::ALL.into_iter().filter(|it| it.permits());
    row::Entity::find()
        .select_only()
        .column(row::Column::Id)
        .filter(row::Column::Kind.is_in(kinds.map(DecisionKind::as_word)))
        .into_query()
}

impl TryFrom<row::Model> for Decision {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let id = |it: Option<String>| {
            it.map(|it| DecisionId::new(&it).map_err(Error::internal))
                .transpose()
        };
        let issue = match (row.document_number, row.issue_date) {
            (Some(number), Some(date)) => Some(Issue {
                number: number.parse().map_err(Error::internal)?,
                date,
            }),
            _ => None,
        };
        let reason = row.revoke_reason;
        let revocation = id(row.revoked_by)?.map(|by| Revocation { by, reason });
        let (kinds, states) = (DecisionKind::ALL, DecisionState::ALL);
        Ok(Self {
            id: DecisionId::new(&row.id).map_err(Error::internal)?,
            authority_unit: UnitId::new(&row.authority_unit).map_err(Error::internal)?,
            subject: row.subject,
            amount: Money::new(row.amount_vnd),
            kind: choice::from_word(&kinds, DecisionKind::as_word, &row.kind)?,
            replaces: id(row.replaces)?,
            state: choice::from_word(&states, DecisionState::as_word, &row.state)?,
            issue,
            revocation,
            used: Used {
                granted: Money::new(row.granted_vnd),
                recalled: Money::new(row.recalled_vnd),
                settled: Money::new(row.settled_vnd),
            },
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl DecisionKind {
    fn as_word(self) -> &'static str {
        match self {
            Self::ApprovePolicy => "approve-policy",
            Self::ApproveProject => "approve-project",
            Self::PlanCapital => "plan-capital",
            Self::AssignBudget => "assign-budget",
            Self::AdjustBudget => "adjust-budget",
            Self::SupplementBudget => "supplement-budget",
            Self::RecallBudget => "recall-budget",
            Self::ApproveSettlement => "approve-settlement",
            Self::MoveBudget => "move-budget",
            Self::AdvanceBudget => "advance-budget",
            Self::Other => "other",
        }
    }
}

impl DecisionState {
    fn as_word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Issued => "issued",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
        }
    }
}
