//! The table of disbursements and their sums by closing; the only file that knows its columns.

use std::collections::{BTreeMap, BTreeSet};

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set,
    Condition, QueryFilter, QueryOrder, QuerySelect,
    entity::prelude::*,
    sea_query::{Expr, OnConflict},
};
use types::{
    ids::{Principal, ProjectId},
    money::Money,
};

use super::{Disbursement, DisbursementKind, Source, Words, ground::Entry};
use crate::{
    budget_line::{
        Contract, LineId,
        store::{line_id, on_line},
    },
    choice,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "disbursements")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        pub(super) fiscal_year: i64,
        pub(super) funding_source: String,
        pub(super) cost_type: String,
        pub(super) unit: String,
        pub(super) note: String,
        pub(super) principal: String,
        pub(super) create_micros: i64,
        pub(super) kind: String,
        pub(super) amount_vnd: i64,
        pub(super) disburse_date: Date,
        pub(super) closing_year: i64,
        pub(super) voucher_number: String,
        pub(super) treasury_code: String,
        pub(super) commitment: Option<i64>,
        pub(super) reverses: Option<i64>,
        pub(super) source_system: Option<String>,
        pub(super) external_id: Option<String>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod closing {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "budget_closings")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) project_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) fiscal_year: i64,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) funding_source: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) cost_type: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) closing_year: i64,
        pub(super) disbursed_vnd: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

/// Databases take only so many values in one statement.
const AT_ONCE: usize = 500;

/// Writes new entries, and adds them to the sums of their closings.
pub(super) async fn insert(db: &impl ConnectionTrait, entered: &[Disbursement]) -> Result<()> {
    for part in entered.chunks(AT_ONCE) {
        let rows = part.iter().map(row);
        // What was sent before was looked up a moment ago; the project is taken, but another
        // one may have got the same key in the same moment.
        row::Entity::insert_many(rows)
            .exec_without_returning(db)
            .await
            .map_err(|error| on_unique(error, || Error::Conflict))?;
    }
    let mut sums: BTreeMap<(&LineId, i32), i64> = BTreeMap::new();
    for it in entered {
        let sum = sums.entry((&it.line, it.closing_year)).or_default();
        *sum = sum
            .checked_add(it.flow().vnd())
            .ok_or_else(|| Error::internal("a sum of money does not fit"))?;
    }
    let rows: Vec<_> = sums
        .into_iter()
        .map(|((line, closing_year), vnd)| closing::ActiveModel {
            project_id: Set(line.project.as_str().into()),
            fiscal_year: Set(line.fiscal_year.into()),
            funding_source: Set(line.source.as_word().into()),
            cost_type: Set(line.cost_type.as_word().into()),
            unit: Set(line.unit.as_str().into()),
            closing_year: Set(closing_year.into()),
            disbursed_vnd: Set(vnd),
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let key = [
        closing::Column::ProjectId,
        closing::Column::FiscalYear,
        closing::Column::FundingSource,
        closing::Column::CostType,
        closing::Column::Unit,
        closing::Column::ClosingYear,
    ];
    let sum = Expr::cust("budget_closings.disbursed_vnd + excluded.disbursed_vnd");
    let add = OnConflict::columns(key)
        .value(closing::Column::DisbursedVnd, sum)
        .to_owned();
    closing::Entity::insert_many(rows)
        .on_conflict(add)
        .exec_without_returning(db)
        .await?;
    Ok(())
}

fn row(it: &Disbursement) -> row::ActiveModel {
    let (line, source) = (&it.line, it.source.as_ref());
    row::ActiveModel {
        project_id: Set(line.project.as_str().into()),
        number: Set(it.number),
        fiscal_year: Set(line.fiscal_year.into()),
        funding_source: Set(line.source.as_word().into()),
        cost_type: Set(line.cost_type.as_word().into()),
        unit: Set(line.unit.as_str().into()),
        note: Set(it.words.note.clone()),
        principal: Set(it.principal.name()),
        create_micros: Set(it.create_time.timestamp_micros()),
        kind: Set(it.kind.as_word().into()),
        amount_vnd: Set(it.amount.vnd()),
        disburse_date: Set(it.date),
        closing_year: Set(it.closing_year.into()),
        voucher_number: Set(it.words.voucher_number.clone()),
        treasury_code: Set(it.words.treasury_code.clone()),
        commitment: Set(it.commitment),
        reverses: Set(it.reverses),
        source_system: Set(source.map(|it| it.system.clone())),
        external_id: Set(source.map(|it| it.external_id.clone())),
    }
}

/// Returns the disbursements of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    line: Option<&LineId>,
    after: i64,
    limit: u64,
) -> Result<Vec<Disbursement>> {
    let mut rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit);
    if let Some(line) = line {
        rows = rows.filter(on_line(line));
    }
    let rows = rows.all(db).await?;
    rows.into_iter().map(Disbursement::try_from).collect()
}

/// Returns entries by project and number.
pub(super) async fn find_many(
    db: &impl ConnectionTrait,
    entries: &[Entry],
) -> Result<BTreeMap<Entry, Disbursement>> {
    let mut found = BTreeMap::new();
    if entries.is_empty() {
        return Ok(found);
    }
    let rows = row::Entity::find()
        .filter(any(entries, row::Column::Number))
        .all(db)
        .await?;
    for row in rows {
        let disbursement = Disbursement::try_from(row)?;
        let key = (disbursement.project().clone(), disbursement.number);
        found.insert(key, disbursement);
    }
    Ok(found)
}

/// Returns which of these entries were reversed.
pub(super) async fn reversed(
    db: &impl ConnectionTrait,
    entries: &[Entry],
) -> Result<BTreeSet<Entry>> {
    if entries.is_empty() {
        return Ok(BTreeSet::new());
    }
    let rows = row::Entity::find()
        .filter(any(entries, row::Column::Reverses))
        .all(db)
        .await?;
    let keys = rows.into_iter().filter_map(|row| {
        let project = ProjectId::new(&row.project_id).map_err(Error::internal);
        row.reverses.map(|number| Ok((project?, number)))
    });
    keys.collect()
}

/// Returns what was advanced and paid under contracts, by project and number of the contract.
pub(crate) async fn under(
    db: &impl ConnectionTrait,
    contracts: &[Entry],
) -> Result<Vec<(Entry, Money, Money)>> {
    let rows: Vec<(String, Option<i64>, String, i64)> = row::Entity::find()
        .select_only()
        .column(row::Column::ProjectId)
        .column(row::Column::Commitment)
        .column(row::Column::Kind)
        .column(row::Column::AmountVnd)
        .filter(any(contracts, row::Column::Commitment))
        .into_tuple()
        .all(db)
        .await?;
    let mut sums: BTreeMap<Entry, Contract> = BTreeMap::new();
    for (project, commitment, kind, vnd) in rows {
        let Some(number) = commitment else { continue };
        let project = ProjectId::new(&project).map_err(Error::internal)?;
        let kind = choice::from_word(&DisbursementKind::ALL, DisbursementKind::as_word, &kind)?;
        let sum = sums.entry((project, number)).or_default();
        let amount = Money::new(vnd);
        let (added, place) = match kind {
            DisbursementKind::Advance => (sum.advanced.checked_add(amount), &mut sum.advanced),
            DisbursementKind::Recovery => (sum.advanced.checked_sub(amount), &mut sum.advanced),
            DisbursementKind::Payment => (sum.paid.checked_add(amount), &mut sum.paid),
        };
        *place = added.ok_or_else(|| Error::internal("a sum of money does not fit"))?;
    }
    let sums = sums.into_iter();
    Ok(sums
        .map(|(key, sum)| (key, sum.advanced, sum.paid))
        .collect())
}

/// Chooses rows by project and a number in some column.
fn any(entries: &[Entry], column: row::Column) -> Condition {
    let one = |(project, number): &Entry| {
        Condition::all()
            .add(row::Column::ProjectId.eq(project.as_str()))
            .add(column.eq(*number))
    };
    entries
        .iter()
        .map(one)
        .fold(Condition::any(), Condition::add)
}

/// Returns what was sent before under these keys.
pub(super) async fn sent(
    db: &impl ConnectionTrait,
    keys: &[&Source],
) -> Result<BTreeMap<Source, Disbursement>> {
    let mut by_system: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for key in keys {
        let ids = by_system.entry(&key.system).or_default();
        ids.push(&key.external_id);
    }
    let mut known = BTreeMap::new();
    for (system, ids) in by_system {
        let rows = row::Entity::find()
            .filter(row::Column::SourceSystem.eq(system))
            .filter(row::Column::ExternalId.is_in(ids))
            .all(db)
            .await?;
        for row in rows {
            let disbursement = Disbursement::try_from(row)?;
            if let Some(source) = disbursement.source.clone() {
                known.insert(source, disbursement);
            }
        }
    }
    Ok(known)
}

impl TryFrom<row::Model> for Disbursement {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        let source = row.source_system.zip(row.external_id);
        let kinds = DisbursementKind::ALL;
        Ok(Self {
            number: row.number,
            line: line_id(
                &row.project_id,
                row.fiscal_year,
                &row.funding_source,
                &row.cost_type,
                &row.unit,
            )?,
            kind: choice::from_word(&kinds, DisbursementKind::as_word, &row.kind)?,
            amount: Money::new(row.amount_vnd),
            date: row.disburse_date,
            closing_year: i32::try_from(row.closing_year).map_err(Error::internal)?,
            words: Words {
                voucher_number: row.voucher_number,
                treasury_code: row.treasury_code,
                note: row.note,
            },
            commitment: row.commitment,
            reverses: row.reverses,
            source: source.map(|(system, external_id)| Source {
                system,
                external_id,
            }),
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}

impl DisbursementKind {
    fn as_word(self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::Payment => "payment",
            Self::Recovery => "recovery",
        }
    }
}
