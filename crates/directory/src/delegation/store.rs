//! The table of delegations.

use std::collections::{BTreeMap, BTreeSet};

use chrono::NaiveDate;
use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, entity::prelude::*};
use types::{
    ids::{UnitId, UserId},
    validity::Validity,
};

use super::{Delegation, DelegationKey};
use crate::{
    position::{PositionKey, form::SigningForm},
    user,
};

mod row {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "signing_delegations")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) unit_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) position_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        pub(super) user_id: String,
        pub(super) title: String,
        pub(super) signing_form: String,
        pub(super) document_number: String,
        pub(super) document_date: Date,
        pub(super) start_date: Date,
        pub(super) end_date: Date,
        pub(super) reason: String,
        pub(super) revoke_date: Option<Date>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) revoke_reason: Option<String>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

use row::Column::{
    EndDate, Id, PositionId, RevokeDate, RevokeReason, StartDate, UnitId as Unit, UpdateMicros,
    UserId as Person, Version,
};

pub(super) async fn insert(db: &impl ConnectionTrait, it: &Delegation) -> Result<()> {
    let end = it.validity.end();
    let row = row::ActiveModel {
        unit_id: Set(it.key.giver.unit.as_str().into()),
        position_id: Set(it.key.giver.id.clone()),
        id: Set(it.key.id.clone()),
        user_id: Set(it.user.as_str().into()),
        title: Set(it.title.clone()),
        signing_form: Set(it.form.as_str().into()),
        document_number: Set(it.document_number.clone()),
        document_date: Set(it.document_date),
        start_date: Set(it.validity.start()),
        end_date: Set(end.ok_or_else(|| Error::internal("a delegation has no end"))?),
        reason: Set(it.reason.clone()),
        revoke_date: Set(None),
        revoke_reason: Set(None),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    };
    row::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("SIGNING_DELEGATION", it.key.name())))?;
    Ok(())
}

/// Writes that a delegation was revoked.
pub(super) async fn set_revoked(db: &impl ConnectionTrait, it: &Delegation) -> Result<()> {
    let (date, reason) = match &it.revocation {
        Some((date, reason)) => (Some(*date), Some(reason.clone())),
        None => (None, None),
    };
    row::Entity::update_many()
        .col_expr(RevokeDate, Expr::value(date))
        .col_expr(RevokeReason, Expr::value(reason))
        .col_expr(UpdateMicros, Expr::value(it.update_time.timestamp_micros()))
        .col_expr(Version, Expr::value(it.version))
        .filter(Unit.eq(it.key.giver.unit.as_str()))
        .filter(PositionId.eq(it.key.giver.id.as_str()))
        .filter(Id.eq(it.key.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    key: &DelegationKey,
) -> Result<Option<Delegation>> {
    let id = (
        key.giver.unit.as_str().to_owned(),
        key.giver.id.clone(),
        key.id.clone(),
    );
    let row = row::Entity::find_by_id(id).one(db).await?;
    Ok(with_names(db, row.into_iter().collect()).await?.pop())
}

/// Returns everything that was ever delegated from a post to a person.
pub(super) async fn to_person(
    db: &impl ConnectionTrait,
    giver: &PositionKey,
    user: &UserId,
) -> Result<Vec<Delegation>> {
    let rows = row::Entity::find()
        .filter(Unit.eq(giver.unit.as_str()))
        .filter(PositionId.eq(giver.id.as_str()))
        .filter(Person.eq(user.as_str()))
        .all(db)
        .await?;
    with_names(db, rows).await
}

/// Returns what was delegated from posts of a unit for a day, revoked or not.
pub(super) async fn of_unit(
    db: &impl ConnectionTrait,
    unit: &UnitId,
    day: NaiveDate,
) -> Result<Vec<Delegation>> {
    let rows = row::Entity::find()
        .filter(Unit.eq(unit.as_str()))
        .filter(StartDate.lte(day))
        .filter(EndDate.gt(day))
        .all(db)
        .await?;
    with_names(db, rows).await
}

/// Reads delegations with the names of the people who may sign.
async fn with_names(db: &impl ConnectionTrait, rows: Vec<row::Model>) -> Result<Vec<Delegation>> {
    let ids: BTreeSet<_> = rows.iter().map(|it| it.user_id.clone()).collect();
    let names = user::store::names(db, ids).await?;
    rows.into_iter()
        .map(|row| Delegation::read(row, &names))
        .collect()
}

impl Delegation {
    fn read(row: row::Model, names: &BTreeMap<String, String>) -> Result<Self> {
        let form = SigningForm::read(&row.signing_form).ok_or_else(|| {
            Error::internal(format!("`{}` is not a signing form", row.signing_form))
        })?;
        let reason = row.revoke_reason.unwrap_or_default();
        Ok(Self {
            display_name: names.get(&row.user_id).cloned().unwrap_or_default(),
            key: DelegationKey {
                giver: PositionKey {
                    unit: UnitId::new(&row.unit_id).map_err(Error::internal)?,
                    id: row.position_id,
                },
                id: row.id,
            },
            user: UserId::new(&row.user_id).map_err(Error::internal)?,
            title: row.title,
            form,
            document_number: row.document_number,
            document_date: row.document_date,
            validity: Validity::new(row.start_date, Some(row.end_date)).map_err(Error::internal)?,
            reason: row.reason,
            revocation: row.revoke_date.map(|it| (it, reason)),
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}
