//! The tables of rules; the only file that knows their columns.

use kit::{
    Error, Result,
    db::{on_unique, times::instant},
};
use sea_orm::{ActiveValue::Set, QueryFilter, QueryOrder, QuerySelect, entity::prelude::*};
use types::ids::{Principal, ValidationRuleId};

use super::{Content, Retired, Revision, ValidationRule};

mod rule {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "validation_rules")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) id: String,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
        pub(super) revision: i64,
        pub(super) last_period: Option<String>,
        #[sea_orm(column_type = "Text", nullable)]
        pub(super) retire_reason: Option<String>,
        pub(super) create_micros: i64,
        pub(super) update_micros: i64,
        pub(super) version: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

mod revision {
    use sea_orm::entity::prelude::*;

    #[sea_orm::model]
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "validation_rule_revisions")]
    pub(super) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) validation_rule_id: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub(super) number: i64,
        #[sea_orm(column_type = "Text")]
        pub(super) content: String,
        pub(super) first_period: String,
        pub(super) change_note: String,
        pub(super) publisher: String,
        pub(super) create_micros: i64,
    }

    impl ActiveModelBehavior for ActiveModel {}
}

fn active(it: &ValidationRule) -> Result<rule::ActiveModel> {
    let (last_period, reason) = it
        .retired
        .as_ref()
        .map(|it| (it.last_period.to_string(), it.reason.clone()))
        .unzip();
    Ok(rule::ActiveModel {
        id: Set(it.id.as_str().into()),
        content: Set(written(&it.content)?),
        revision: Set(it.revision),
        last_period: Set(last_period),
        retire_reason: Set(reason),
        create_micros: Set(it.create_time.timestamp_micros()),
        update_micros: Set(it.update_time.timestamp_micros()),
        version: Set(it.version),
    })
}

pub(super) async fn insert(db: &impl ConnectionTrait, it: &ValidationRule) -> Result<()> {
    rule::Entity::insert(active(it)?)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::taken("VALIDATION_RULE", &it.id)))?;
    Ok(())
}

/// Writes a rule over; the caller holds its lock.
pub(super) async fn update(db: &impl ConnectionTrait, it: &ValidationRule) -> Result<()> {
    rule::Entity::update_many()
        .set(active(it)?)
        .filter(rule::Column::Id.eq(it.id.as_str()))
        .exec(db)
        .await?;
    Ok(())
}

pub(super) async fn find(
    db: &impl ConnectionTrait,
    id: &ValidationRuleId,
) -> Result<Option<ValidationRule>> {
    let found = rule::Entity::find_by_id(id.as_str().to_owned())
        .one(db)
        .await?;
    found.map(ValidationRule::try_from).transpose()
}

/// Returns rules in the order of their ids.
pub(super) async fn list(
    db: &impl ConnectionTrait,
    after: Option<&str>,
    limit: u64,
) -> Result<Vec<ValidationRule>> {
    let mut query = rule::Entity::find();
    if let Some(after) = after {
        query = query.filter(rule::Column::Id.gt(after));
    }
    let rows = query
        .order_by_asc(rule::Column::Id)
        .limit(limit)
        .all(db)
        .await?;
    rows.into_iter().map(ValidationRule::try_from).collect()
}

/// Returns all rules that were ever published, with their revisions: two questions.
pub(crate) async fn published(
    db: &impl ConnectionTrait,
) -> Result<(Vec<ValidationRule>, Vec<Revision>)> {
    let rows = rule::Entity::find()
        .filter(rule::Column::Revision.gt(0))
        .order_by_asc(rule::Column::Id)
        .all(db)
        .await?;
    let rules = rows.into_iter().map(ValidationRule::try_from);
    let rules: Vec<_> = rules.collect::<Result<_>>()?;
    if rules.is_empty() {
        return Ok((rules, Vec::new()));
    }
    let rows = revision::Entity::find()
        .order_by_asc(revision::Column::ValidationRuleId)
        .order_by_asc(revision::Column::Number)
        .all(db)
        .await?;
    let revisions = rows.into_iter().map(Revision::try_from);
    Ok((rules, revisions.collect::<Result<_>>()?))
}

pub(super) async fn insert_revision(db: &impl ConnectionTrait, it: &Revision) -> Result<()> {
    let row = revision::ActiveModel {
        validation_rule_id: Set(it.id.as_str().into()),
        number: Set(it.number),
        content: Set(written(&it.content)?),
        first_period: Set(it.first_period.to_string()),
        change_note: Set(it.change_note.clone()),
        publisher: Set(it.publisher.name()),
        create_micros: Set(it.create_time.timestamp_micros()),
    };
    revision::Entity::insert(row)
        .exec_without_returning(db)
        .await
        .map_err(|error| on_unique(error, || Error::Conflict))?;
    Ok(())
}

/// Returns the revisions of rules, of each the oldest first.
pub(super) async fn revisions(
    db: &impl ConnectionTrait,
    ids: &[&ValidationRuleId],
) -> Result<Vec<Revision>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = revision::Entity::find()
        .filter(revision::Column::ValidationRuleId.is_in(ids.iter().map(|it| it.as_str())))
        .order_by_asc(revision::Column::ValidationRuleId)
        .order_by_asc(revision::Column::Number)
        .all(db)
        .await?;
    rows.into_iter().map(Revision::try_from).collect()
}

fn written(content: &Content) -> Result<String> {
    serde_json::to_string(content).map_err(Error::internal)
}

fn read(content: &str) -> Result<Content> {
    serde_json::from_str(content).map_err(Error::internal)
}

impl TryFrom<rule::Model> for ValidationRule {
    type Error = Error;

    fn try_from(row: rule::Model) -> Result<Self> {
        let retired = match (row.last_period, row.retire_reason) {
            (Some(last), Some(reason)) => Some(Retired {
                last_period: last.parse().map_err(Error::internal)?,
                reason,
            }),
            _ => None,
        };
        Ok(Self {
            id: ValidationRuleId::new(&row.id).map_err(Error::internal)?,
            content: read(&row.content)?,
            revision: row.revision,
            retired,
            create_time: instant(row.create_micros)?,
            update_time: instant(row.update_micros)?,
            version: row.version,
        })
    }
}

impl TryFrom<revision::Model> for Revision {
    type Error = Error;

    fn try_from(row: revision::Model) -> Result<Self> {
        Ok(Self {
            id: ValidationRuleId::new(&row.validation_rule_id).map_err(Error::internal)?,
            number: row.number,
            content: read(&row.content)?,
            first_period: row.first_period.parse().map_err(Error::internal)?,
            change_note: row.change_note,
            publisher: Principal::from_name(&row.publisher).map_err(Error::internal)?,
            create_time: instant(row.create_micros)?,
        })
    }
}
