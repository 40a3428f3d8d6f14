//! Which decision granted money that was moved.

use std::collections::BTreeMap;

use sea_orm::{ConnectionTrait, ExprTrait, QueryResult};
use sea_orm_migration::{
    prelude::*,
    sea_query::{Expr, Query},
};

use super::KEY;

/// A line, and the decision that moved money there.
type Place = (String, i64, String, String, String, String);

/// What of an entry is money of one decision.
#[derive(Clone)]
struct Part {
    number: i64,
    origin: String,
    amount: i64,
}

/// Money that was moved was that of the decision that moved it. It becomes again that of the one
/// that granted it: every entry is looked at in the order entered, the one that left before the
/// one that arrived. An entry of money that several decisions granted becomes one for each.
pub(super) async fn keep(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let moving = Query::select()
        .column("id")
        .from("decisions")
        .and_where(Expr::col("kind").eq("move-budget"))
        .take();
    let entries = Query::select()
        .columns(KEY)
        .columns(["number", "decision_id", "amount_vnd"])
        .columns(["counterpart", "reverses"])
        .from("allocations")
        .and_where(Expr::col("decision_id").in_subquery(moving))
        .order_by("project_id", Order::Asc)
        .order_by("number", Order::Asc)
        .take();
    // What each decision granted of what was moved to a line.
    let mut origins: BTreeMap<Place, BTreeMap<String, i64>> = BTreeMap::new();
    let mut parted: BTreeMap<(String, i64), Vec<Part>> = BTreeMap::new();
    for row in db.query_all(&entries).await? {
        let (place, number) = (place(&row)?, row.try_get::<i64>("", "number")?);
        let project = place.0.clone();
        let amount: i64 = row.try_get("", "amount_vnd")?;
        let counterpart: Option<i64> = row.try_get("", "counterpart")?;
        let reverses: Option<i64> = row.try_get("", "reverses")?;
        let held = origins.entry(place.clone()).or_default();
        // Money comes back, or arrives, as it left.
        let mirrored = match amount > 0 {
            true => reverses.or(counterpart),
            false => None,
        };
        let mirrored = mirrored.map(|it| (project.clone(), it));
        let mut parts = match &mirrored {
            None => leaving(held, amount),
            Some(other) => match parted.get(other) {
                Some(parts) => parts
                    .iter()
                    .map(|it| (it.origin.clone(), -it.amount))
                    .collect(),
                None => granting(db, other)
                    .await?
                    .map(|it| (it, amount))
                    .into_iter()
                    .collect(),
            },
        }
        .into_iter();
        let Some((origin, first)) = parts.next() else {
            continue;
        };
        for (origin, amount) in [(origin.clone(), first)].into_iter().chain(parts.clone()) {
            *held.entry(origin).or_default() += amount;
        }
        let update = Query::update()
            .table("allocations")
            .value("decision_id", origin.as_str())
            .value("moved_by", place.5.as_str())
            .value("amount_vnd", first)
            .and_where(Expr::col("project_id").eq(project.as_str()))
            .and_where(Expr::col("number").eq(number))
            .take();
        db.execute(&update).await?;
        let mut made = vec![Part {
            number,
            origin,
            amount: first,
        }];
        for (origin, amount) in parts {
            let other = mirrored.as_ref().and_then(|it| parted.get(it));
            let other = other.and_then(|it| it.get(made.len())).map(|it| it.number);
            let part = Part {
                number: next_entry(db, &project).await?,
                origin,
                amount,
            };
            let (counterpart, reverses) = match reverses {
                Some(_) => (None, other),
                None => (other, None),
            };
            part.copy(db, (&project, number), &place.5, counterpart, reverses)
                .await?;
            made.push(part);
        }
        parted.insert((project, number), made);
    }
    Ok(())
}

impl Part {
    /// Writes it as an entry of its own, like the one it was a part of.
    async fn copy(
        &self,
        db: &SchemaManagerConnection<'_>,
        (project, number): (&str, i64),
        moved_by: &str,
        counterpart: Option<i64>,
        reverses: Option<i64>,
    ) -> Result<(), DbErr> {
        const SAME: [&str; 11] = [
            "project_id",
            "fiscal_year",
            "funding_source",
            "cost_type",
            "unit",
            "note",
            "principal",
            "create_micros",
            "kind",
            "by_decision",
            "request_number",
        ];
        const OWN: [&str; 6] = [
            "number",
            "decision_id",
            "amount_vnd",
            "moved_by",
            "counterpart",
            "reverses",
        ];
        let entry = Query::select()
            .columns(SAME)
            .expr(Expr::val(self.number))
            .expr(Expr::val(self.origin.as_str()))
            .expr(Expr::val(self.amount))
            .expr(Expr::val(moved_by))
            .expr(Expr::val(counterpart))
            .expr(Expr::val(reverses))
            .from("allocations")
            .and_where(Expr::col("project_id").eq(project))
            .and_where(Expr::col("number").eq(number))
            .take();
        let mut insert = Query::insert();
        insert
            .into_table("allocations")
            .columns(SAME.into_iter().chain(OWN))
            .select_from(entry)
            .map_err(|error| DbErr::Custom(error.to_string()))?;
        db.execute(&insert).await?;
        let Some(counterpart) = counterpart else {
            return Ok(());
        };
        // The part that left learns its counterpart.
        let update = Query::update()
            .table("allocations")
            .value("counterpart", self.number)
            .and_where(Expr::col("project_id").eq(project))
            .and_where(Expr::col("number").eq(counterpart))
            .take();
        db.execute(&update).await?;
        Ok(())
    }
}

fn place(row: &QueryResult) -> Result<Place, DbErr> {
    let text = |name: &str| row.try_get::<String>("", name);
    Ok((
        text("project_id")?,
        row.try_get("", "fiscal_year")?,
        text("funding_source")?,
        text("cost_type")?,
        text("unit")?,
        text("decision_id")?,
    ))
}

/// Says out of what money leaves: out of what there is most of, and never more of one decision
/// than is held of it.
fn leaving(held: &BTreeMap<String, i64>, amount: i64) -> Vec<(String, i64)> {
    let mut held: Vec<_> = held.iter().filter(|(_, it)| **it > 0).collect();
    held.sort_by_key(|(_, it)| -**it);
    let mut left = -amount;
    let mut parts = Vec::new();
    for (origin, held) in held {
        let taken = Ord::min(left, *held);
        if taken > 0 {
            parts.push((origin.clone(), -taken));
            left -= taken;
        }
    }
    // The brakes kept this from happening; all the same the sum of a line never changes.
    if left > 0
        && let Some((_, first)) = parts.first_mut()
    {
        *first -= left;
    }
    parts
}

/// Returns the decision of an entry that was not moved before.
async fn granting(
    db: &SchemaManagerConnection<'_>,
    (project, number): &(String, i64),
) -> Result<Option<String>, DbErr> {
    let entry = Query::select()
        .column("decision_id")
        .from("allocations")
        .and_where(Expr::col("project_id").eq(project.as_str()))
        .and_where(Expr::col("number").eq(*number))
        .take();
    let row = db.query_one(&entry).await?;
    row.map(|it| it.try_get("", "decision_id")).transpose()
}

/// Counts one entry more under a project and returns its number.
async fn next_entry(db: &SchemaManagerConnection<'_>, project: &str) -> Result<i64, DbErr> {
    let update = Query::update()
        .table("projects")
        .value("last_entry", Expr::col("last_entry").add(1))
        .and_where(Expr::col("id").eq(project))
        .take();
    db.execute(&update).await?;
    let select = Query::select()
        .column("last_entry")
        .from("projects")
        .and_where(Expr::col("id").eq(project))
        .take();
    let row = db.query_one(&select).await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound(project.to_owned()))?;
    row.try_get("", "last_entry")
}
