//! Sums from and to the wire.

use kit::{Error, Result};
use proto::{convert::quantity, projects as pb};
use types::{date::LAST_YEAR, ids::UnitId, money::Money, violations::Invalid};

use super::{
    Filter, Grouping, SplitAmount, SummarizeBudget, Summary, Sums, View, narrow, split::MOST_PARTS,
};
use crate::{
    amount::{read_day, read_year},
    budget_line::{CostType, FundingSource},
    choice,
};

/// Most years one question is about, beside the first.
const MOST_YEARS_AFTER: i32 = 9;

impl TryFrom<pb::SummarizeBudgetRequest> for SummarizeBudget {
    type Error = Invalid;

    fn try_from(request: pb::SummarizeBudgetRequest) -> std::result::Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let scope = bad.optional("scope_unit", &request.scope_unit);
        if request.without_subtree && request.scope_unit.is_empty() {
            bad.missing("scope_unit");
        }
        let first = read_year("fiscal_year", request.fiscal_year, &mut bad);
        let last = match (request.last_fiscal_year, first) {
            (0, first) => first,
            (_, None) => None,
            (last, Some(first)) => read_last(first, last, &mut bad),
        };
        let group_by = match request.group_by {
            0 => None,
            wire => choice::from_wire(
                &Grouping::ALL,
                Grouping::to_wire,
                "group_by",
                wire,
                &mut bad,
            ),
        };
        let project = bad.optional("project", &request.project);
        let source = match request.funding_source {
            0 => None,
            wire => FundingSource::from_wire("funding_source", wire, &mut bad),
        };
        let cost_type = match request.cost_type {
            0 => None,
            wire => CostType::from_wire("cost_type", wire, &mut bad),
        };
        let closing = match request.closing_date.as_str() {
            "" => None,
            text => read_day("closing_date", text, &mut bad),
        };
        if closing.is_some() && first != last {
            let (en, vi) = (
                "closes one year only: leave `last_fiscal_year` out",
                "chỉ khóa sổ một năm: hãy để trống `last_fiscal_year`",
            );
            bad.add("closing_date", "OUT_OF_RANGE", en, vi);
        }
        let view = match request.view {
            0 => Some(View::AsWas),
            wire => choice::from_wire(&View::ALL, View::to_wire, "view", wire, &mut bad),
        };
        let (Some(scope), Some(first_year), Some(last_year), Some(project), Some(view), true) =
            (scope, first, last, project, view, bad.is_empty())
        else {
            return Err(bad);
        };
        Ok(Self {
            scope,
            is_unit_alone: request.without_subtree,
            first_year,
            last_year,
            group_by,
            filter: Filter {
                project,
                source,
                cost_type,
            },
            closing,
            view,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

fn read_last(first: i32, last: i32, bad: &mut Invalid) -> Option<i32> {
    let most = (first + MOST_YEARS_AFTER).min(LAST_YEAR);
    if (first..=most).contains(&last) {
        return Some(last);
    }
    bad.add(
        "last_fiscal_year",
        "OUT_OF_RANGE",
        format!("{last} is not between {first} and {most}"),
        format!("{last} không nằm trong khoảng từ {first} đến {most}"),
    );
    None
}

impl View {
    const ALL: [Self; 2] = [Self::AsWas, Self::AsNow];

    fn to_wire(self) -> pb::BudgetView {
        match self {
            Self::AsWas => pb::BudgetView::AsWas,
            Self::AsNow => pb::BudgetView::AsNow,
        }
    }
}

impl Grouping {
    fn to_wire(self) -> pb::BudgetGrouping {
        match self {
            Self::Unit => pb::BudgetGrouping::Unit,
            Self::Project => pb::BudgetGrouping::Project,
            Self::Source => pb::BudgetGrouping::FundingSource,
            Self::CostType => pb::BudgetGrouping::CostType,
            Self::Year => pb::BudgetGrouping::FiscalYear,
        }
    }
}

/// Returns the name of a source or a type as clients write it, by its stored word.
pub(super) fn key(group_by: Option<Grouping>, word: &str) -> Result<String> {
    let name = match group_by {
        Some(Grouping::Source) => {
            let all = FundingSource::ALL;
            let source = choice::from_word(&all, FundingSource::as_word, word)?;
            source.to_wire().as_str_name()
        }
        Some(Grouping::CostType) => {
            let cost_type = choice::from_word(&CostType::ALL, CostType::as_word, word)?;
            cost_type.to_wire().as_str_name()
        }
        _ => return Err(Error::internal("such a group has no word")),
    };
    Ok(name.to_owned())
}

impl TryFrom<Summary> for pb::SummarizeBudgetResponse {
    type Error = Error;

    fn try_from(summary: Summary) -> Result<Self> {
        let rows = summary.rows.into_iter().map(|(key, sums)| {
            let summary = Some(sums.try_into()?);
            Ok(pb::BudgetRow { key, summary })
        });
        let unplaced = summary.unplaced.into_iter().map(|it| {
            let successors = it.successors.iter();
            Ok(pb::UnplacedBudget {
                unit: it.unit.name(),
                successor_units: successors.map(UnitId::name).collect(),
                summary: Some(it.sums.try_into()?),
                in_total: it.is_in_total,
            })
        });
        Ok(Self {
            not_computable: unplaced.collect::<Result<_>>()?,
            rows: rows.collect::<Result<_>>()?,
            total: Some(summary.total.try_into()?),
            next_page_token: summary.next_page_token,
        })
    }
}

impl TryFrom<Sums> for pb::BudgetSummary {
    type Error = Error;

    fn try_from(sums: Sums) -> Result<Self> {
        let disbursed = sums.advanced + sums.paid;
        Ok(Self {
            planned_amount_vnd: narrow(sums.planned)?,
            allocated_amount_vnd: narrow(sums.allocated)?,
            permitted_amount_vnd: narrow(sums.permitted)?,
            committed_amount_vnd: narrow(sums.committed)?,
            disbursed_amount_vnd: narrow(disbursed)?,
            advanced_amount_vnd: narrow(sums.advanced)?,
            remaining_amount_vnd: narrow(sums.allocated - disbursed - sums.lapsed)?,
            uncovered_amount_vnd: narrow(sums.uncovered)?,
            settled_amount_vnd: narrow(sums.settled)?,
            closed_allocated_amount_vnd: narrow(sums.closed_allocated)?,
            closed_disbursed_amount_vnd: narrow(sums.closed)?,
            disbursed_ratio: sums.ratio()?.as_ref().map(quantity),
            line_count: narrow(sums.lines)?,
        })
    }
}

impl TryFrom<pb::SplitAmountRequest> for SplitAmount {
    type Error = Invalid;

    fn try_from(request: pb::SplitAmountRequest) -> std::result::Result<Self, Invalid> {
        let mut bad = Invalid::default();
        if request.weights.is_empty() {
            bad.missing("weights");
        }
        bad.at_most("weights", request.weights.len(), MOST_PARTS);
        let mut weights = Vec::with_capacity(request.weights.len());
        for (index, weight) in request.weights.iter().enumerate() {
            match u64::try_from(*weight) {
                Ok(weight) => weights.push(weight),
                Err(_) => bad.add(
                    format!("weights[{index}]"),
                    "OUT_OF_RANGE",
                    "is below 0",
                    "nhỏ hơn 0",
                ),
            }
        }
        bad.check()?;
        Ok(Self {
            amount: Money::new(request.amount_vnd),
            weights,
        })
    }
}
