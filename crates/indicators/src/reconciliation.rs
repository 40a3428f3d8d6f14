//! Counts and hashes of what is here, for a sender to compare with what it sent.

use std::collections::{BTreeSet, HashMap};

use kit::{Actor, Result, actor::hex};
use sha2::{Digest, Sha256};
use types::{
    ids::UnitId,
    period::{Period, WindowRule},
};

use crate::value::{Values, fit::window, store};

pub(crate) mod line;
mod rpc;

/// Asks for counts and hashes in a period.
#[derive(Debug)]
pub(crate) struct Reconcile {
    of: Of,
    period: Period,
    page_size: i32,
    page_token: String,
}

/// Whose figures are compared.
#[derive(Debug)]
enum Of {
    Units(Vec<UnitId>),
    Subtree(UnitId),
}

/// What is here of a unit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    unit: UnitId,
    count: i64,
    sha256: String,
}

/// Compares a page of units. A unit without figures has a row too: that is the finding.
pub(crate) async fn reconcile(
    values: &Values,
    actor: &Actor,
    reconcile: Reconcile,
) -> Result<(Vec<Row>, String)> {
    let (access, period) = (values.access(), reconcile.period);
    let (units, what) = match reconcile.of {
        Of::Units(units) => {
            for unit in &units {
                access.require(actor, unit).await?;
            }
            let names: Vec<_> = units.iter().map(UnitId::as_str).collect();
            let what = format!("reconcile {period} {}", names.join(" "));
            (units, what)
        }
        Of::Subtree(root) => {
            access.require_subtree(actor, Some(&root)).await?;
            let units = below(values, actor, &root, &period).await?;
            (units, format!("reconcile {period} below {root}"))
        }
    };
    let pages = values.pages();
    let page = pages.page(reconcile.page_size, &reconcile.page_token, what)?;
    let after = page.after().map(ToOwned::to_owned);
    let is_after = |it: &UnitId| after.as_deref().is_none_or(|after| it.as_str() > after);
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let units: Vec<_> = units.into_iter().filter(is_after).take(limit).collect();
    let (units, next_page_token) = page.close(units, |it| it.as_str().to_owned())?;
    let figures = store::of_units(values.db().reader(), &units, &[period]).await?;
    let mut lines: HashMap<_, Vec<_>> = HashMap::new();
    for figure in &figures {
        let of_unit = lines.entry(&figure.id.unit).or_default();
        of_unit.push(line::of(figure));
    }
    let rows = units.into_iter().map(|unit| {
        let lines = lines.remove(&unit).unwrap_or_default();
        Row {
            unit,
            count: i64::try_from(lines.len()).unwrap_or(i64::MAX),
            sha256: hex(&Sha256::digest(lines.concat())),
        }
    });
    Ok((rows.collect(), next_page_token))
}

/// Returns the units below another on the days that usually count for a period, and those
/// that have figures of it by the days of some indicator alone, by id.
async fn below(
    values: &Values,
    actor: &Actor,
    root: &UnitId,
    period: &Period,
) -> Result<Vec<UnitId>> {
    let access = values.access();
    let mut units: BTreeSet<_> = access
        .units_below(root, window(period))
        .await?
        .into_iter()
        .collect();
    // No indicator may count days beyond these.
    let widest = WindowRule::new(-12, 1, 12, 31).and_then(|it| it.window(*period));
    let widest = widest.unwrap_or_else(|_| window(period));
    let others = access.units_below(root, widest).await?.into_iter();
    let others: Vec<_> = others.filter(|it| !units.contains(it)).collect();
    let others = store::reporting(values.db().reader(), &others, period).await?;
    // On those days they may have stood elsewhere.
    let asked: Vec<_> = others.iter().collect();
    let permitted = access.permitted(actor, &asked).await?;
    let permitted = others.iter().zip(permitted).filter(|(_, may)| *may);
    units.extend(permitted.map(|(unit, _)| unit.clone()));
    Ok(units.into_iter().collect())
}
