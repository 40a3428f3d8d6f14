//! What grants used up of the permissions to spend ahead.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{Condition, ConnectionTrait, ExprTrait, QueryResult};
use sea_orm_migration::{
    prelude::*,
    sea_query::{Expr, Query, SelectStatement},
};

use super::KEY;

/// One entry of a line.
enum Entry {
    Permitted(i64),
    Allocated {
        amount: i64,
        reverses: Option<i64>,
    },
    Committed(i64),
    /// Money out, or below 0 back.
    Disbursed {
        flow: i64,
        under_contract: bool,
    },
}

/// A line as its entries make it, one after the other.
#[derive(Default)]
struct Line {
    allocated: i64,
    permitted: i64,
    repaid: i64,
    /// Spent, or reserved for contracts.
    used: i64,
    /// What each grant took the place of.
    taken: BTreeMap<i64, i64>,
}

/// Money that was granted first took the place of what was spent ahead, which was not written
/// down. So the entries of every line with a permission are gone through in the order entered.
pub(super) async fn use_up(db: &SchemaManagerConnection<'_>) -> Result<(), DbErr> {
    let permissions = Query::select()
        .column("id")
        .from("decisions")
        .and_where(Expr::col("kind").eq("advance-budget"))
        .take();
    let mut permitting = BTreeSet::new();
    for row in db.query_all(&permissions).await? {
        permitting.insert(row.try_get::<String>("", "id")?);
    }
    let lines = Query::select()
        .distinct()
        .columns(KEY)
        .from("allocations")
        .and_where(Expr::col("decision_id").in_subquery(permissions))
        .take();
    for row in db.query_all(&lines).await? {
        let project: String = row.try_get("", "project_id")?;
        let place = place(&row)?;
        let mut line = Line::default();
        for (number, entry) in entries(db, &place, &permitting).await? {
            let repaid = line.enter(number, &entry);
            if repaid != 0 {
                let update = Query::update()
                    .table("allocations")
                    .value("repaid_vnd", repaid)
                    .and_where(Expr::col("project_id").eq(project.as_str()))
                    .and_where(Expr::col("number").eq(number))
                    .take();
                db.execute(&update).await?;
            }
        }
        let update = Query::update()
            .table("budget_lines")
            .value(
                "repaid_vnd",
                Ord::max(Ord::min(line.repaid, line.permitted), 0),
            )
            .cond_where(place)
            .take();
        db.execute(&update).await?;
    }
    Ok(())
}

impl Line {
    /// Enters one thing and returns by how much more of the permission is used up.
    fn enter(&mut self, number: i64, entry: &Entry) -> i64 {
        match *entry {
            Entry::Permitted(amount) => self.permitted += amount,
            Entry::Committed(amount) => self.used += amount,
            // What is paid under a contract was reserved for it before.
            Entry::Disbursed {
                flow,
                under_contract,
            } => {
                if !under_contract {
                    self.used += flow;
                }
            }
            Entry::Allocated { amount, reverses } => {
                let permitted = self.permitted - self.repaid;
                let ahead = Ord::min(self.used - self.allocated, permitted);
                let reversed = reverses.and_then(|it| self.taken.get(&it).copied());
                let repaid = match amount > 0 {
                    true => Ord::min(amount, Ord::max(ahead, 0)),
                    false => -Ord::min(reversed.unwrap_or_default(), self.repaid),
                };
                self.allocated += amount;
                self.repaid += repaid;
                self.taken.insert(number, repaid);
                return repaid;
            }
        }
        0
    }
}

/// Tells the rows of the line of a row.
fn place(row: &QueryResult) -> Result<Condition, DbErr> {
    let mut place = Condition::all();
    for column in KEY {
        let is_there = match column {
            "fiscal_year" => Expr::col(column).eq(row.try_get::<i64>("", column)?),
            _ => Expr::col(column).eq(row.try_get::<String>("", column)?),
        };
        place = place.add(is_there);
    }
    Ok(place)
}

/// Returns the entries of a line in the order entered; pairs that cover change no sum of it.
async fn entries(
    db: &SchemaManagerConnection<'_>,
    place: &Condition,
    permitting: &BTreeSet<String>,
) -> Result<BTreeMap<i64, Entry>, DbErr> {
    let select = |table: &'static str, columns: &[&'static str]| -> SelectStatement {
        Query::select()
            .columns(["number", "amount_vnd"])
            .columns(columns.iter().copied())
            .from(table)
            .cond_where(place.clone())
            .take()
    };
    let mut entries = BTreeMap::new();
    let allocations = select("allocations", &["decision_id", "kind", "reverses"]);
    for row in db.query_all(&allocations).await? {
        let amount = row.try_get("", "amount_vnd")?;
        let decision: String = row.try_get("", "decision_id")?;
        let kind: String = row.try_get("", "kind")?;
        let entry = match (permitting.contains(&decision), kind.as_str()) {
            (_, "cover") => continue,
            (true, _) => Entry::Permitted(amount),
            (false, _) => Entry::Allocated {
                amount,
                reverses: row.try_get("", "reverses")?,
            },
        };
        entries.insert(row.try_get("", "number")?, entry);
    }
    for row in db.query_all(&select("commitments", &[])).await? {
        let entry = Entry::Committed(row.try_get("", "amount_vnd")?);
        entries.insert(row.try_get("", "number")?, entry);
    }
    let disbursements = select("disbursements", &["kind", "commitment"]);
    for row in db.query_all(&disbursements).await? {
        let amount: i64 = row.try_get("", "amount_vnd")?;
        let kind: String = row.try_get("", "kind")?;
        let entry = Entry::Disbursed {
            flow: if kind == "recovery" { -amount } else { amount },
            under_contract: row.try_get::<Option<i64>>("", "commitment")?.is_some(),
        };
        entries.insert(row.try_get("", "number")?, entry);
    }
    Ok(entries)
}
