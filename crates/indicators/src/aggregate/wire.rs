//! Totals to and from the wire.

use proto::{
    convert::{absence_to_wire, optional_date, quantity_as, timestamp, unknown},
    directory::UnitKind,
    indicators as pb,
};
use types::{decimal::Decimal, period::Period, quantity::Style, violations::Invalid};

use super::{
    AggregateValues, Baseline, Cell, Row, Target, Totals, View, Whose,
    atlas::{Atlas, Link},
    change::Change,
    column::States,
    members::Grouping,
    tally::Coverage,
};
use crate::{
    feed::Place,
    target::rpc::STANDINGS,
    value::wire::STATES,
    wire::{from_wire, to_wire},
};

const MOST_INDICATORS: usize = 300;
const MOST_UNITS: usize = 500;
const MOST_PERIODS: usize = 24;
/// Kinds there are; naming one twice is no more.
const MOST_KINDS: usize = 20;
const MOST_STATES: usize = 4;
/// Most units that are named as divided, and links of each.
pub(super) const MOST_DIVIDED: usize = 100;
pub(super) const MOST_LINKS: usize = 20;

impl TryFrom<pb::AggregateValuesRequest> for AggregateValues {
    type Error = Invalid;

    fn try_from(request: pb::AggregateValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let count = request.indicators.len();
        if count == 0 {
            bad.missing("indicators");
        }
        bad.at_most("indicators", count, MOST_INDICATORS);
        let named = request.indicators.iter().take(MOST_INDICATORS).enumerate();
        let indicators = named
            .filter_map(|(index, name)| bad.required(format!("indicators[{index}]"), name))
            .collect();
        let whose = whose(&request.units, &request.scope_unit, &mut bad);
        let kinds = kinds(&request.unit_kinds, &mut bad);
        let periods = periods(&request.periods, &mut bad);
        let grouping = match request.grouping {
            0 => Some(Grouping::Total),
            sent => from_wire(&GROUPINGS, "grouping", sent, &mut bad),
        };
        if grouping == Some(Grouping::ByChild) && matches!(whose, Some(Whose::Units(_))) {
            let en = "groups by what is below `scope_unit`, which is not sent";
            let vi = "nhóm theo đơn vị trực thuộc `scope_unit` nhưng chưa gửi trường này";
            bad.add("grouping", "NOT_ALLOWED", en, vi);
        }
        let view = view(request.view, &request.as_of_date, &mut bad);
        let mut states = Vec::new();
        bad.at_most("states", request.states.len(), MOST_STATES);
        for (index, sent) in request.states.iter().take(MOST_STATES).enumerate() {
            let field = format!("states[{index}]");
            states.extend(from_wire(&STATES, &field, *sent, &mut bad));
        }
        let baseline = match request.baseline {
            0 => None,
            sent => from_wire(&BASELINES, "baseline", sent, &mut bad),
        };
        match (whose, grouping, view, bad.is_empty()) {
            (Some(whose), Some(grouping), Some(view), true) => Ok(Self {
                indicators,
                whose,
                kinds,
                periods,
                grouping,
                all_periods: request.include_all_periods,
                view,
                states: States::of(&states),
                baseline,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            _ => Err(bad),
        }
    }
}

fn whose(units: &[String], scope: &str, bad: &mut Invalid) -> Option<Whose> {
    bad.at_most("units", units.len(), MOST_UNITS);
    let named = units.iter().take(MOST_UNITS).enumerate();
    let named = named
        .filter_map(|(index, name)| bad.required(format!("units[{index}]"), name))
        .collect();
    match (bad.optional("scope_unit", scope)?, units.is_empty()) {
        (Some(top), true) => Some(Whose::Below(top)),
        (None, false) => Some(Whose::Units(named)),
        (Some(_), false) => {
            let en = "is not allowed beside `units`";
            let vi = "không dùng cùng với `units`";
            bad.add("scope_unit", "NOT_ALLOWED", en, vi);
            None
        }
        (None, true) => {
            bad.missing("scope_unit");
            None
        }
    }
}

pub(super) fn kinds(sent: &[i32], bad: &mut Invalid) -> std::collections::BTreeSet<i32> {
    bad.at_most("unit_kinds", sent.len(), MOST_KINDS);
    for (index, kind) in sent.iter().take(MOST_KINDS).enumerate() {
        let field = format!("unit_kinds[{index}]");
        match UnitKind::try_from(*kind) {
            Ok(UnitKind::Unspecified) => bad.missing(field),
            Ok(_) => {}
            Err(_) => {
                unknown(&field, *kind, bad);
            }
        }
    }
    sent.iter().copied().collect()
}

pub(super) fn periods(sent: &[String], bad: &mut Invalid) -> Vec<Period> {
    if sent.is_empty() {
        bad.missing("periods");
    }
    bad.at_most("periods", sent.len(), MOST_PERIODS);
    let mut periods: Vec<Period> = Vec::new();
    for (index, code) in sent.iter().take(MOST_PERIODS).enumerate() {
        let field = format!("periods[{index}]");
        let Some(period) = bad.required(field.clone(), code) else {
            continue;
        };
        if periods.contains(&period) {
            let (en, vi) = ("is named twice", "bị lặp lại");
            bad.add(field, "DUPLICATE", en, vi);
        }
        periods.push(period);
    }
    periods
}

fn view(sent: i32, date: &str, bad: &mut Invalid) -> Option<View> {
    let date = optional_date("as_of_date", date, bad)?;
    let asked = match sent {
        0 => pb::AggregateView::AsWas,
        sent => match pb::AggregateView::try_from(sent) {
            Ok(view) => view,
            Err(_) => {
                unknown("view", sent, bad);
                return None;
            }
        },
    };
    match (asked, date) {
        (pb::AggregateView::AsOf, Some(date)) => Some(View::On(date)),
        (pb::AggregateView::AsOf, None) => {
            bad.missing("as_of_date");
            None
        }
        (_, Some(_)) => {
            let en = "is only allowed for the view as-of";
            let vi = "chỉ dùng khi tổng hợp theo đơn vị tại một ngày";
            bad.add("as_of_date", "NOT_ALLOWED", en, vi);
            None
        }
        (pb::AggregateView::AsNow, None) => Some(View::Today),
        (_, None) => Some(View::AtTheTime),
    }
}

/// Writes an answer; names come from the atlas it was computed with.
pub(super) fn totals(totals: Totals, atlas: &Atlas) -> pb::AggregateValuesResponse {
    let rows = totals.rows.into_iter().map(|it| row(it, atlas));
    let date = totals.date.map(|it| it.to_string());
    pb::AggregateValuesResponse {
        rows: rows.collect(),
        next_page_token: totals.next_page_token,
        watermark: Some(watermark(&totals.place)),
        view_date: date.unwrap_or_default(),
    }
}

pub(super) fn watermark(place: &Place) -> pb::AggregateWatermark {
    pb::AggregateWatermark {
        change_number: place.number,
        change_time: place.time.map(timestamp),
    }
}

fn row(row: Row, atlas: &Atlas) -> pb::AggregateRow {
    let cells = row.cells.into_iter().map(|it| cell(it, atlas));
    pb::AggregateRow {
        indicator: row.indicator.name(),
        unit: row.unit.map(|it| it.name()).unwrap_or_default(),
        cells: cells.collect(),
        all_periods: row.all_periods.map(|it| cell(it, atlas)),
    }
}

pub(super) fn cell(cell: Cell, atlas: &Atlas) -> pb::AggregateCell {
    let period = cell.period.map(|it| it.to_string());
    let (total, style) = (cell.total, cell.style);
    let divided = total.divided.len();
    let not_computable = (divided > 0).then(|| {
        let mut units = total.divided;
        units.sort_by(|one, other| {
            let key = |it: &super::sheet::Unplaced| (atlas.id(it.unit).clone(), it.period);
            key(one).cmp(&key(other))
        });
        pb::NotComputable {
            divided_count: to_count(divided),
            units: units
                .into_iter()
                .take(MOST_DIVIDED)
                .map(|it| pb::DividedUnit {
                    unit: atlas.id(it.unit).name(),
                    indicator: it.indicator.name(),
                    period: it.period.to_string(),
                    quantity: it
                        .quantity
                        .as_ref()
                        .map(|quantity| quantity_as(quantity, it.style)),
                    links: links(it.links.iter().map(|it| atlas.link(*it))),
                })
                .collect(),
        }
    });
    pb::AggregateCell {
        period: period.unwrap_or_default(),
        quantity: total.quantity.as_ref().map(|it| quantity_as(it, style)),
        coverage: Some(coverage(&total.coverage)),
        target: cell.target.map(|it| to_target(it, style)),
        change: cell.change.map(|it| to_change(it, style)),
        not_computable,
        issues: cell.issues.into_iter().map(Into::into).collect(),
    }
}

pub(super) fn links<'a>(links: impl Iterator<Item = &'a Link>) -> Vec<pb::AggregateLink> {
    let told = links.take(MOST_LINKS).map(|it| {
        let successor = it.fact.successor.as_ref();
        pb::AggregateLink {
            reorganization: it.act.name(),
            effective_date: it.date.to_string(),
            predecessor_unit: it.fact.predecessor.name(),
            successor_unit: successor.map(|it| it.name()).unwrap_or_default(),
            share: it.fact.share.map(|it| it.to_string()).unwrap_or_default(),
        }
    });
    told.collect()
}

fn coverage(coverage: &Coverage) -> pb::AggregateCoverage {
    let absences = coverage.absent.iter().map(|(absence, count)| {
        let count = to_count(*count as usize);
        pb::AbsenceCount {
            absence: absence_to_wire(*absence).into(),
            count,
        }
    });
    let count = |it: u32| to_count(it as usize);
    pb::AggregateCoverage {
        expected_count: count(coverage.expected),
        counted_count: count(coverage.counted),
        missing_count: count(coverage.missing),
        without_parts_count: count(coverage.without_parts),
        divided_count: count(coverage.divided),
        incomplete_count: count(coverage.incomplete),
        absences: absences.collect(),
    }
}

/// There are fewer units than two thousand million.
pub(super) fn to_count(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn text(decimal: Option<Decimal>) -> String {
    decimal.map(|it| it.to_string()).unwrap_or_default()
}

fn to_target(target: Target, style: Style) -> pb::AggregateTarget {
    pb::AggregateTarget {
        target: target.name,
        quantity: Some(quantity_as(&target.order, style)),
        standing: to_wire(&STANDINGS, &target.judged.standing),
        distance: text(target.judged.distance),
        distance_points: text(target.judged.points),
    }
}

/// The total of before is printed as the one it is compared with.
fn to_change(change: Change, style: Style) -> pb::AggregateChange {
    let earlier = change.quantity.as_ref();
    pb::AggregateChange {
        baseline_period: change.period.to_string(),
        baseline_quantity: earlier.map(|it| quantity_as(it, style)),
        baseline_coverage: Some(coverage(&change.coverage)),
        difference: text(change.difference),
        difference_points: text(change.points),
        growth_percent: text(change.growth),
        is_not_comparable: change.not_comparable.is_some(),
    }
}

const GROUPINGS: [(Grouping, pb::AggregateGrouping); 3] = [
    (Grouping::Total, pb::AggregateGrouping::Total),
    (Grouping::ByChild, pb::AggregateGrouping::ByChild),
    (Grouping::ByUnit, pb::AggregateGrouping::ByUnit),
];

const BASELINES: [(Baseline, pb::Baseline); 3] = [
    (Baseline::Previous, pb::Baseline::PreviousPeriod),
    (Baseline::SameLastYear, pb::Baseline::SamePeriodLastYear),
    (Baseline::EndOfLastYear, pb::Baseline::EndOfLastYear),
];
