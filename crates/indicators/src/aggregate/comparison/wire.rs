//! Compared views to and from the wire.

use proto::{convert::optional_date, indicators as pb};
use types::violations::Invalid;

use super::{
    super::{
        atlas::Atlas,
        wire::{cell, kinds, links, periods, to_count, watermark},
    },
    Amount, CompareViews, Compared, Difference, SideBySide,
};
use crate::formula::Number as Exact;

/// Most lines of an explanation.
const MOST_LINES: usize = 500;

impl TryFrom<pb::ReconcileViewsRequest> for CompareViews {
    type Error = Invalid;

    fn try_from(request: pb::ReconcileViewsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let indicator = bad.required("indicator", &request.indicator);
        let top = bad.required("scope_unit", &request.scope_unit);
        let kinds = kinds(&request.unit_kinds, &mut bad);
        let periods = periods(&request.periods, &mut bad);
        let date = optional_date("as_of_date", &request.as_of_date, &mut bad);
        match (indicator, top, date, bad.is_empty()) {
            (Some(indicator), Some(top), Some(date), true) => Ok(Self {
                indicator,
                top,
                kinds,
                periods,
                date,
            }),
            _ => Err(bad),
        }
    }
}

pub(crate) fn compared(compared: Compared, atlas: &Atlas) -> pb::ReconcileViewsResponse {
    let periods = compared.periods.into_iter();
    pb::ReconcileViewsResponse {
        comparisons: periods.map(|it| side_by_side(it, atlas)).collect(),
        watermark: Some(watermark(&compared.place)),
    }
}

fn side_by_side(views: SideBySide, atlas: &Atlas) -> pb::ViewComparison {
    let period = views.as_was.period.map(|it| it.to_string());
    let (now, now_difference) = views.as_now;
    let (as_of, as_of_difference) = views.as_of.unzip();
    pb::ViewComparison {
        period: period.unwrap_or_default(),
        as_was: Some(cell(views.as_was, atlas)),
        as_now: Some(cell(now, atlas)),
        as_of: as_of.map(|it| cell(it, atlas)),
        as_now_difference: Some(difference(now_difference, atlas)),
        as_of_difference: as_of_difference.map(|it| difference(it, atlas)),
    }
}

fn difference(difference: Difference, atlas: &Atlas) -> pb::ViewDifference {
    let (amount, denominator_amount) = texts(difference.amount.as_ref());
    let line_count = to_count(difference.lines.len());
    let lines = difference.lines.into_iter().take(MOST_LINES).map(|it| {
        let (amount, denominator_amount) = texts(it.amount.as_ref());
        pb::ViewDifferenceLine {
            unit: atlas.id(it.unit).name(),
            amount,
            denominator_amount,
            is_not_computable: it.is_not_computable,
            links: links(it.links.iter().map(|it| atlas.link(*it))),
        }
    });
    pb::ViewDifference {
        amount,
        denominator_amount,
        line_count,
        lines: lines.collect(),
    }
}

fn texts(amount: Option<&Amount>) -> (String, String) {
    let text = |it: &Exact| {
        let decimal = it.to_exact_decimal(0).or_else(|| it.to_decimal(6));
        decimal.map(|it| it.to_string()).unwrap_or_default()
    };
    let number = amount.map(|it| text(&it.number));
    let denominator = amount.and_then(|it| it.denominator.as_ref()).map(text);
    (number.unwrap_or_default(), denominator.unwrap_or_default())
}
