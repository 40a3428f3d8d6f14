//! What a unit is, its rules and its use cases.
//!
//! A unit is its id. Its name, parent and codes are facts with a validity of their own,
//! so a reader always says on which day he looks.

use chrono::{DateTime, NaiveDate, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::{Deserialize, Serialize};
use types::{ids::UnitId, text::fold, validity::Validity, violations::Invalid};

use crate::{
    mirror::Mirror,
    reason::{IDENTIFIER_TAKEN, UNIT_ID_RETIRED, UNIT_NOT_IN_FORCE},
};

pub(crate) mod forest;
pub(crate) mod history;
pub(crate) mod rpc;
pub(crate) mod scheme;
pub(crate) mod store;

use forest::Wanted;

/// A unit as it is on one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Unit {
    pub(crate) id: UnitId,
    pub(crate) kind: UnitKind,
    pub(crate) validity: Validity,
    pub(crate) parent: Option<UnitId>,
    pub(crate) names: UnitNames,
    pub(crate) identifiers: Vec<Identifier>,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

/// How a unit is called and how it heads its documents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct UnitNames {
    pub(crate) display_name: String,
    pub(crate) short_name: String,
    pub(crate) symbol: String,
    pub(crate) place: String,
    pub(crate) superior_organ: String,
}

/// An official code, which identifies a unit only together with a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identifier {
    pub(crate) scheme: String,
    pub(crate) value: String,
    pub(crate) validity: Validity,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum UnitKind {
    Province,
    Department,
    District,
    Commune,
    Ward,
    SpecialZone,
    Subordinate,
    PublicService,
    PartyOrgan,
    Other,
}

/// Adds a unit.
#[derive(Debug)]
pub(crate) struct CreateUnit {
    pub(crate) id: UnitId,
    pub(crate) kind: UnitKind,
    pub(crate) validity: Validity,
    pub(crate) parent: Option<UnitId>,
    pub(crate) names: UnitNames,
    pub(crate) identifiers: Vec<Identifier>,
}

/// Asks for one unit on a day.
#[derive(Debug)]
pub(crate) struct GetUnit {
    pub(crate) id: UnitId,
    pub(crate) as_of: Option<NaiveDate>,
}

/// Asks for the units below one on a day.
#[derive(Debug)]
pub(crate) struct ListUnits {
    pub(crate) ancestor: Option<UnitId>,
    pub(crate) children_only: bool,
    pub(crate) kind: Option<UnitKind>,
    pub(crate) as_of: Option<NaiveDate>,
    /// Part of the name, folded; empty for all.
    pub(crate) search: String,
    /// Scheme and value.
    pub(crate) code: Option<(String, String)>,
    pub(crate) began_since: Option<NaiveDate>,
    pub(crate) ends_by: Option<NaiveDate>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Asks who bears a code on a day.
#[derive(Debug)]
pub(crate) struct ResolveIdentifier {
    pub(crate) scheme: String,
    pub(crate) value: String,
    pub(crate) as_of: Option<NaiveDate>,
}

/// Everybody who ever bears a code.
#[derive(Debug)]
pub(crate) struct Bearers {
    pub(crate) then: Option<UnitId>,
    pub(crate) now: Option<UnitId>,
    /// Oldest first, with the name of the first day.
    pub(crate) all: Vec<(UnitId, String, Validity)>,
}

impl UnitNames {
    /// Returns these names with every name that the others have in its place.
    pub(crate) fn replaced_by(&self, others: &Self) -> Self {
        let pick = |mine: &String, other: &String| {
            let chosen = if other.is_empty() { mine } else { other };
            chosen.clone()
        };
        Self {
            display_name: pick(&self.display_name, &others.display_name),
            short_name: pick(&self.short_name, &others.short_name),
            symbol: pick(&self.symbol, &others.symbol),
            place: pick(&self.place, &others.place),
            superior_organ: pick(&self.superior_organ, &others.superior_organ),
        }
    }

    /// Returns what a search looks through.
    pub(crate) fn search_key(&self) -> String {
        fold(&format!("{} {}", self.display_name, self.short_name))
    }
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Units {
    access: Access,
    pages: Pages,
    mirror: Mirror,
    db: Db,
}

impl Units {
    pub(crate) fn new(access: Access, pages: Pages, mirror: Mirror, db: Db) -> Self {
        Self {
            access,
            pages,
            mirror,
            db,
        }
    }

    /// Adds a unit under an existing parent.
    pub(crate) async fn create(&self, tx: &Tx, actor: &Actor, new: CreateUnit) -> Result<Unit> {
        self.access
            .require_any(actor, &[new.parent.as_ref()])
            .await?;
        store::hold_tree(&tx.db).await?;
        let retired = store::retired_among(&tx.db, std::slice::from_ref(&new.id)).await?;
        if let Some(by) = retired.get(&new.id) {
            let facts = [("unit", new.id.name()), ("reorganization", by.name())];
            return Err(Error::rule(&UNIT_ID_RETIRED, facts));
        }
        if let Some(parent) = &new.parent {
            let parent = store::find(&tx.db, parent, new.validity.start()).await?;
            parent_in_force(new.parent.as_ref(), parent.as_ref(), &new.validity)?;
        }
        if !new.identifiers.is_empty() {
            // That a code is free is seen, then relied on: one change after the other.
            tx.lock("unit-identifiers").await?;
        }
        for identifier in &new.identifiers {
            let bearers = store::bearers(&tx.db, &identifier.scheme, &identifier.value).await?;
            identifier_free(identifier, &bearers)?;
        }
        let unit = Unit {
            id: new.id,
            kind: new.kind,
            validity: new.validity,
            parent: new.parent,
            names: new.names,
            identifiers: new.identifiers,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &unit).await?;
        tx.record(Action::Created, &unit.id.name(), None, Some(&unit))
            .await?;
        Ok(unit)
    }

    /// Reads one unit as it is on a day, with the units above it.
    pub(crate) async fn get(&self, actor: &Actor, get: GetUnit) -> Result<(Unit, Vec<UnitId>)> {
        self.access.require(actor, &get.id).await?;
        let day = get.as_of.unwrap_or_else(|| self.db.clock().today());
        let found = self.mirror.look(|it| {
            let unit = it.forest.on(&get.id, day)?;
            Some((unit, it.forest.ancestors(&get.id, day)))
        });
        let found = found.await?;
        found.ok_or_else(|| Error::not_found("UNIT", &get.id))
    }

    /// Lists units below another, as they are on a day.
    pub(crate) async fn list(&self, actor: &Actor, list: ListUnits) -> Result<(Vec<Unit>, String)> {
        self.access
            .require_subtree(actor, list.ancestor.as_ref())
            .await?;
        let day = list.as_of.unwrap_or_else(|| self.db.clock().today());
        let what = format!(
            "units {:?} {} {:?} {day} {} {:?} {:?} {:?}",
            list.ancestor,
            list.children_only,
            list.kind,
            list.search,
            list.code,
            list.began_since,
            list.ends_by,
        );
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let limit = usize::try_from(page.limit()).map_err(Error::internal)?;
        let wanted = Wanted {
            day,
            ancestor: list.ancestor.as_ref(),
            children_only: list.children_only,
            kind: list.kind,
            search: &list.search,
            code: list.code.as_ref(),
            began_since: list.began_since,
            ends_by: list.ends_by,
        };
        let units = self
            .mirror
            .look(|it| it.forest.list(&wanted, page.after(), limit))
            .await?;
        page.close(units, |it| it.id.as_str().to_owned())
    }

    /// Says who bears a code on a day, who bears it today, and who ever bore it.
    pub(crate) async fn resolve(&self, actor: &Actor, ask: ResolveIdentifier) -> Result<Bearers> {
        let bearers = self
            .mirror
            .look(|it| it.forest.bearers(&ask.scheme, &ask.value))
            .await?;
        if bearers.is_empty() {
            let code = format!("{} {}", ask.scheme, ask.value);
            let missing = Error::not_found("IDENTIFIER", code);
            return Err(self.access.hide(actor, missing).await);
        }
        let units: Vec<_> = bearers.iter().map(|(unit, ..)| Some(unit)).collect();
        self.access.require_any(actor, &units).await?;
        let today = self.db.clock().today();
        let on = |day: NaiveDate| {
            let found = bearers.iter().find(|(.., it)| it.contains(day));
            found.map(|(unit, ..)| unit.clone())
        };
        Ok(Bearers {
            then: on(ask.as_of.unwrap_or(today)),
            now: on(today),
            all: bearers,
        })
    }
}

/// A unit lives no longer than the parent it is put under; until a reorganisation
/// moves it, it has that one parent.
fn parent_in_force(id: Option<&UnitId>, parent: Option<&Unit>, child: &Validity) -> Result<()> {
    let (Some(id), parent) = (id, parent) else {
        return Ok(());
    };
    let refuse = |date: NaiveDate| {
        Error::rule(
            &UNIT_NOT_IN_FORCE,
            [("unit", id.name()), ("date", date.to_string())],
        )
    };
    let Some(parent) = parent else {
        return Err(refuse(child.start()));
    };
    match (parent.validity.end(), child.end()) {
        (Some(end), None) => Err(refuse(end)),
        (Some(end), Some(child_end)) if child_end > end => Err(refuse(end)),
        _ => Ok(()),
    }
}

/// One code of a scheme is borne by one unit at a time; later it may be reused.
fn identifier_free(identifier: &Identifier, bearers: &[(UnitId, Validity)]) -> Result<()> {
    let taken = bearers
        .iter()
        .find(|(_, validity)| validity.overlaps(&identifier.validity));
    match taken {
        None => Ok(()),
        Some((unit, _)) => Err(Error::rule(
            &IDENTIFIER_TAKEN,
            [
                ("scheme", identifier.scheme.clone()),
                ("value", identifier.value.clone()),
                ("unit", unit.name()),
            ],
        )),
    }
}

/// A unit's codes must not say two things at once.
fn distinct_identifiers(identifiers: &[Identifier], bad: &mut Invalid) {
    for (index, one) in identifiers.iter().enumerate() {
        let again = identifiers[..index]
            .iter()
            .any(|other| other.scheme == one.scheme && other.validity.overlaps(&one.validity));
        if again {
            bad.add(
                format!("unit.identifiers[{index}]"),
                "DUPLICATE",
                format!("a second code of scheme `{}` for the same time", one.scheme),
                format!(
                    "mã thứ hai của hệ thống `{}` trong cùng thời gian",
                    one.scheme
                ),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        types::date::parse_iso(text).unwrap()
    }

    fn gso(value: &str, start: &str, end: Option<&str>) -> Identifier {
        Identifier {
            scheme: "gso".into(),
            value: value.into(),
            validity: Validity::new(day(start), end.map(day)).unwrap(),
        }
    }

    #[test]
    fn code_21361_may_go_to_xa_minh_long_on_the_day_long_hiep_lays_it_down() {
        let long_hiep = UnitId::new("xa-long-hiep").unwrap();
        let until = Validity::new(day("2022-01-01"), Some(day("2025-07-01"))).unwrap();
        let bearers = [(long_hiep, until)];
        assert!(identifier_free(&gso("21361", "2025-07-01", None), &bearers).is_ok());
        assert!(identifier_free(&gso("21361", "2025-06-30", None), &bearers).is_err());
    }

    #[test]
    fn a_unit_bears_one_code_of_a_scheme_at_a_time() {
        let mut bad = Invalid::default();
        let codes = [
            gso("531", "2022-01-01", Some("2025-07-01")),
            gso("532", "2025-07-01", None),
        ];
        distinct_identifiers(&codes, &mut bad);
        assert!(bad.is_empty());
        distinct_identifiers(
            &[
                gso("531", "2022-01-01", None),
                gso("532", "2023-01-01", None),
            ],
            &mut bad,
        );
        assert_eq!(bad.violations()[0].field, "unit.identifiers[1]");
    }
}
