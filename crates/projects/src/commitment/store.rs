//! The table of contracts; the only file that knows its columns.

use std::collections::BTreeMap;

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{
    ActiveValue::Set, Condition, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*,
};
use types::{
    ids::{Principal, ProjectId},
    money::Money,
};

use super::{Commitment, Standing};
use crate::{
    budget_line::{
        Contract, LineId,
        store::{line_id, on_line},
    },
    disbursement,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "commitments")]
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
        pub(super) contract_number: String,
        pub(super) partner: String,
        pub(super) amount_vnd: i64,
        pub(super) sign_date: Date,
        pub(super) amends: Option<i64>,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

pub(super) async fn insert(db: &impl ConnectionTrait, commitment: &Commitment) -> Result<()> {
    let line = &commitment.line;
    let row = row::ActiveModel {
        project_id: Set(line.project.as_str().into()),
        number: Set(commitment.number),
        fiscal_year: Set(line.fiscal_year.into()),
        funding_source: Set(line.source.as_word().into()),
        cost_type: Set(line.cost_type.as_word().into()),
        unit: Set(line.unit.as_str().into()),
        note: Set(commitment.note.clone()),
        principal: Set(commitment.principal.name()),
        create_micros: Set(commitment.create_time.timestamp_micros()),
        contract_number: Set(commitment.contract_number.as_str().into()),
        partner: Set(commitment.partner.clone()),
        amount_vnd: Set(commitment.amount.vnd()),
        sign_date: Set(commitment.sign_date),
        amends: Set(commitment.amends),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns the contracts of a project after a number, the oldest first.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    project: &ProjectId,
    line: Option<&LineId>,
    after: i64,
    limit: u64,
) -> Result<Vec<Commitment>> {
    let mut rows = row::Entity::find()
        .filter(row::Column::ProjectId.eq(project.as_str()))
        .filter(row::Column::Number.gt(after))
        .order_by_asc(row::Column::Number)
        .limit(limit);
    if let Some(line) = line {
        rows = rows.filter(on_line(line));
    }
    let rows = rows.all(db).await?;
    rows.into_iter().map(Commitment::try_from).collect()
}

/// Returns contracts by project and number, with their annexes and what was paid under them.
/// An annex is no contract.
pub(crate) async fn contracts(
    db: &impl ConnectionTrait,
    names: &[(ProjectId, i64)],
) -> Result<BTreeMap<(ProjectId, i64), Standing>> {
    let mut contracts = BTreeMap::new();
    if names.is_empty() {
        return Ok(contracts);
    }
    let wanted = names.iter().map(|(project, number)| {
        let is_one = Condition::any()
            .add(row::Column::Number.eq(*number))
            .add(row::Column::Amends.eq(*number));
        Condition::all()
            .add(row::Column::ProjectId.eq(project.as_str()))
            .add(is_one)
    });
    let rows = row::Entity::find()
        .filter(wanted.fold(Condition::any(), Condition::add))
        .order_by_asc(row::Column::Number)
        .all(db)
        .await?;
    for row in rows {
        let commitment = Commitment::try_from(row)?;
        let project = commitment.project().clone();
        let key = (project, commitment.amends.unwrap_or(commitment.number));
        let contract = contracts.entry(key).or_insert_with(|| Standing {
            line: commitment.line.clone(),
            contract: Contract::default(),
        });
        let amount = contract.contract.amount.checked_add(commitment.amount);
        contract.contract.amount =
            amount.ok_or_else(|| Error::internal("a sum of money does not fit"))?;
    }
    // A name of an annex gathers nothing of its own.
    contracts.retain(|key, _| names.contains(key));
    for (key, advanced, paid) in disbursement::store::under(db, names).await? {
        if let Some(contract) = contracts.get_mut(&key) {
            contract.contract.advanced = advanced;
            contract.contract.paid = paid;
        }
    }
    Ok(contracts)
}

impl TryFrom<row::Model> for Commitment {
    type Error = Error;

    fn try_from(row: row::Model) -> Result<Self> {
        Ok(Self {
            number: row.number,
            line: line_id(
                &row.project_id,
                row.fiscal_year,
                &row.funding_source,
                &row.cost_type,
                &row.unit,
            )?,
            contract_number: row.contract_number.parse().map_err(Error::internal)?,
            partner: row.partner,
            amount: Money::new(row.amount_vnd),
            sign_date: row.sign_date,
            amends: row.amends,
            note: row.note,
            principal: Principal::from_name(&row.principal).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
