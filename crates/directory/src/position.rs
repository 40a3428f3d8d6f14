//! The posts people hold in units, and how they sign in them.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, etag, page::Pages};
use serde::Serialize;
use types::{
    ids::{UnitId, UserId},
    validity::Validity,
};

use crate::{
    reason::{END_NOT_EARLIER, TWO_HEADS},
    unit, user,
};

pub(crate) mod form;
pub(crate) mod rpc;
pub(crate) mod store;

use form::{Post, SigningForm};

/// A post a person holds in a unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Position {
    pub(crate) key: PositionKey,
    pub(crate) user: UserId,
    pub(crate) holder: String,
    pub(crate) title: String,
    pub(crate) is_head: bool,
    pub(crate) can_sign: bool,
    pub(crate) form: Option<SigningForm>,
    pub(crate) signing_lines: Vec<String>,
    pub(crate) validity: Validity,
    pub(crate) end_reason: String,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// Identity of a post: `units/{unit}/positions/{position}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct PositionKey {
    pub(crate) unit: UnitId,
    pub(crate) id: String,
}

/// Gives a person a post.
#[derive(Debug)]
pub(crate) struct CreatePosition {
    pub(crate) key: PositionKey,
    pub(crate) user: UserId,
    pub(crate) title: String,
    pub(crate) is_head: bool,
    pub(crate) can_sign: bool,
    pub(crate) form: Option<SigningForm>,
    /// Empty when they are to be made.
    pub(crate) signing_lines: Vec<String>,
    pub(crate) validity: Validity,
}

/// Ends a post.
#[derive(Debug)]
pub(crate) struct EndPosition {
    pub(crate) key: PositionKey,
    pub(crate) end: NaiveDate,
    pub(crate) reason: String,
    pub(crate) etag: String,
}

/// Asks for the posts of a unit on a day.
#[derive(Debug)]
pub(crate) struct ListPositions {
    pub(crate) unit: UnitId,
    pub(crate) as_of: Option<NaiveDate>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

impl PositionKey {
    pub(crate) fn name(&self) -> String {
        format!("{}/positions/{}", self.unit.name(), self.id)
    }
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Positions {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Positions {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
    }

    /// Gives a person a post in a unit. A person may hold several at a time.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreatePosition,
    ) -> Result<Position> {
        self.access.require(actor, &new.key.unit).await?;
        // Posts of a unit are made one after the other, because the unit is held.
        let today = self.db.clock().today();
        let Some(unit) = unit::store::hold(&tx.db, &new.key.unit, today).await? else {
            return Err(Error::reference("parent", &new.key.unit));
        };
        let Some(holder) = user::store::find(&tx.db, &new.user).await? else {
            return Err(Error::reference("position.user", &new.user));
        };
        let heads = store::heads(&tx.db, &new.key.unit).await?;
        one_head(&new, &heads)?;
        let mut signing_lines = new.signing_lines;
        if new.can_sign && signing_lines.is_empty() {
            let start = new.validity.start();
            let head = heads.iter().find(|it| it.validity.contains(start));
            signing_lines = form::lines_of(&Post {
                form: new.form,
                title: &new.title,
                is_head: new.is_head,
                unit: &unit.names.display_name,
                head_title: head.map(|it| it.title.as_str()),
            })?;
        }
        let position = Position {
            key: new.key,
            user: new.user,
            holder: holder.display_name,
            title: new.title,
            is_head: new.is_head,
            can_sign: new.can_sign,
            form: new.form,
            signing_lines,
            validity: new.validity,
            end_reason: String::new(),
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &position).await?;
        tx.record(Action::Created, &position.key.name(), None, Some(&position))
            .await?;
        Ok(position)
    }

    /// Ends a post on a day, which may lie ahead or behind.
    pub(crate) async fn end(&self, tx: &Tx, actor: &Actor, end: EndPosition) -> Result<Position> {
        self.access.require(actor, &end.key.unit).await?;
        store::lock(&tx.db, &end.key).await?;
        let before = store::find(&tx.db, &end.key).await?;
        let before = before.ok_or_else(|| Error::not_found("POSITION", end.key.name()))?;
        etag::check(&end.etag, before.version)?;
        let after = Position {
            validity: ended(&before, end.end)?,
            end_reason: end.reason,
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::set_end(&tx.db, &after).await?;
        tx.record(
            Action::Moved,
            &after.key.name(),
            Some(&before),
            Some(&after),
        )
        .await?;
        Ok(after)
    }

    /// Reads one post.
    pub(crate) async fn get(&self, actor: &Actor, key: &PositionKey) -> Result<Position> {
        self.access.require(actor, &key.unit).await?;
        let found = store::find(self.db.reader(), key).await?;
        found.ok_or_else(|| Error::not_found("POSITION", key.name()))
    }

    /// Lists the posts of a unit that are held on a day.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListPositions,
    ) -> Result<(Vec<Position>, String)> {
        self.access.require(actor, &list.unit).await?;
        let day = list.as_of.unwrap_or_else(|| self.db.clock().today());
        let what = format!("positions {} {day}", list.unit);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let some = Some((page.after(), page.limit()));
        let positions = store::held(self.db.reader(), &list.unit, day, some).await?;
        page.close(positions, |it| it.key.id.clone())
    }
}

/// A unit has one head at a time.
fn one_head(new: &CreatePosition, heads: &[Position]) -> Result<()> {
    let taken = heads
        .iter()
        .find(|it| new.is_head && it.validity.overlaps(&new.validity));
    match taken {
        None => Ok(()),
        Some(head) => Err(Error::rule(
            &TWO_HEADS,
            [
                ("unit", new.key.unit.name()),
                ("position", head.key.name()),
                ("holder", head.user.name()),
            ],
        )),
    }
}

/// Returns when a post is held once it is ended: ending never makes it longer.
fn ended(position: &Position, end: NaiveDate) -> Result<Validity> {
    let start = position.validity.start();
    let earlier = position.validity.end().is_none_or(|it| end < it);
    match Validity::new(start, Some(end)) {
        Ok(validity) if earlier => Ok(validity),
        _ => {
            let until = position.validity.end();
            let until = until.map_or_else(|| "…".to_owned(), |it| it.to_string());
            let facts = [
                ("position", position.key.name()),
                ("start", start.to_string()),
                ("until", until),
                ("date", end.to_string()),
            ];
            Err(Error::rule(&END_NOT_EARLIER, facts))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        types::date::parse_iso(text).unwrap()
    }

    fn head(start: &str, end: Option<&str>) -> Position {
        Position {
            key: PositionKey {
                unit: UnitId::new("so-tttt").unwrap(),
                id: "giam-doc".into(),
            },
            user: UserId::new("giam-doc").unwrap(),
            holder: "Giám đốc".into(),
            title: "Giám đốc".into(),
            is_head: true,
            can_sign: true,
            form: None,
            signing_lines: vec!["GIÁM ĐỐC".into()],
            validity: Validity::new(day(start), end.map(day)).unwrap(),
            end_reason: String::new(),
            create_time: DateTime::UNIX_EPOCH,
            update_time: DateTime::UNIX_EPOCH,
            version: 1,
        }
    }

    fn new(is_head: bool, start: &str) -> CreatePosition {
        let it = head(start, None);
        CreatePosition {
            key: it.key,
            user: it.user,
            title: it.title,
            is_head,
            can_sign: true,
            form: None,
            signing_lines: Vec::new(),
            validity: it.validity,
        }
    }

    #[test]
    fn a_second_head_may_begin_on_the_day_the_first_one_ends() {
        let heads = [head("2020-01-01", Some("2022-07-01"))];
        assert!(one_head(&new(true, "2022-07-01"), &heads).is_ok());
        assert!(one_head(&new(true, "2022-06-30"), &heads).is_err());
        assert!(one_head(&new(false, "2022-06-30"), &heads).is_ok());
    }

    #[test]
    fn a_post_ends_after_its_start_and_never_later_than_it_would() {
        let open = head("2022-01-01", None);
        assert_eq!(
            ended(&open, day("2022-07-01")).unwrap().end(),
            Some(day("2022-07-01"))
        );
        assert!(ended(&open, day("2022-01-01")).is_err());
        let limited = head("2022-01-01", Some("2022-07-01"));
        assert!(ended(&limited, day("2022-06-30")).is_ok());
        assert!(ended(&limited, day("2022-07-01")).is_err());
    }
}
