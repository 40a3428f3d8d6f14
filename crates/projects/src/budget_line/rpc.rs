//! Lines from and to the wire.

use kit::etag;
use proto::{convert::timestamp, projects as pb};
use types::{ids::ProjectId, money::Money, violations::Invalid};

use super::{
    BudgetLine, CostType, CreateBudgetLine, FundingSource, GetBudgetLine, LineId, ListBudgetLines,
    ListLineEntries, Settlement, Shown, UpdateBudgetLine,
};
use crate::{
    amount::{read_not_negative, read_year},
    choice,
};

impl TryFrom<pb::CreateBudgetLineRequest> for CreateBudgetLine {
    type Error = Invalid;

    fn try_from(request: pb::CreateBudgetLineRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let line = request.budget_line.unwrap_or_default();
        let project = bad.required("parent", &request.parent);
        let year = read_year("budget_line.fiscal_year", line.fiscal_year, &mut bad);
        let field = "budget_line.funding_source";
        let source = FundingSource::from_wire(field, line.funding_source, &mut bad);
        let cost_type = CostType::from_wire("budget_line.cost_type", line.cost_type, &mut bad);
        let planned = read_planned(line.planned_amount_vnd, &mut bad);
        let note = bad.lines("budget_line.note", &line.note, 1000);
        let (
            Some(project),
            Some(fiscal_year),
            Some(source),
            Some(cost_type),
            Some(planned),
            Some(note),
        ) = (project, year, source, cost_type, planned, note)
        else {
            return Err(bad);
        };
        Ok(Self {
            project,
            fiscal_year,
            source,
            cost_type,
            planned,
            note,
        })
    }
}

/// Reads what is needed. The outer `None` means that it was bad.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_planned(wire: Option<i64>, bad: &mut Invalid) -> Option<Option<Money>> {
    match wire {
        None => Some(None),
        Some(vnd) => read_not_negative("budget_line.planned_amount_vnd", vnd, bad).map(Some),
    }
}

impl TryFrom<pb::UpdateBudgetLineRequest> for UpdateBudgetLine {
    type Error = Invalid;

    fn try_from(request: pb::UpdateBudgetLineRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let line = request.budget_line.unwrap_or_default();
        let id = bad.required("budget_line.name", &line.name);
        let planned = read_planned(line.planned_amount_vnd, &mut bad);
        let note = bad.lines("budget_line.note", &line.note, 1000);
        let (Some(id), Some(planned), Some(note)) = (id, planned, note) else {
            return Err(bad);
        };
        Ok(Self {
            id,
            planned,
            note,
            etag: line.etag,
        })
    }
}

impl TryFrom<pb::GetBudgetLineRequest> for GetBudgetLine {
    type Error = Invalid;

    fn try_from(request: pb::GetBudgetLineRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(|id| Self { id }).ok_or(bad)
    }
}

impl TryFrom<pb::ListBudgetLinesRequest> for ListBudgetLines {
    type Error = Invalid;

    fn try_from(request: pb::ListBudgetLinesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project = bad.required("parent", &request.parent);
        let fiscal_year = match request.fiscal_year {
            0 => None,
            year => read_year("fiscal_year", year, &mut bad),
        };
        let (Some(project), true) = (project, bad.is_empty()) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            fiscal_year,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl ListLineEntries {
    /// Reads which entries are wanted.
    pub(crate) fn read(
        parent: &str,
        budget_line: &str,
        page_size: i32,
        page_token: String,
    ) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let project: Option<ProjectId> = bad.required("parent", parent);
        let line: Option<Option<LineId>> = bad.optional("budget_line", budget_line);
        let (Some(project), Some(line)) = (project, line) else {
            return Err(bad);
        };
        if line.as_ref().is_some_and(|it| it.project != project) {
            let (en, vi) = (
                "is a line of another project than `parent`",
                "là dòng kinh phí của dự án khác với `parent`",
            );
            return Err(Invalid::field("budget_line", "OUT_OF_RANGE", en, vi));
        }
        Ok(Self {
            project,
            line,
            page_size,
            page_token,
        })
    }
}

impl From<Shown> for pb::BudgetLine {
    fn from(shown: Shown) -> Self {
        Self {
            uncovered_amount_vnd: shown.uncovered.vnd(),
            ..shown.line.into()
        }
    }
}

impl From<BudgetLine> for pb::BudgetLine {
    fn from(line: BudgetLine) -> Self {
        let lapsed = line.totals.remaining();
        Self {
            name: line.id.name(),
            fiscal_year: line.id.fiscal_year,
            funding_source: line.id.source.to_wire().into(),
            cost_type: line.id.cost_type.to_wire().into(),
            planned_amount_vnd: line.planned.map(Money::vnd),
            note: line.note,
            unit: line.id.unit.name(),
            allocated_amount_vnd: line.totals.allocated.vnd(),
            permitted_amount_vnd: line.totals.permitted.vnd(),
            committed_amount_vnd: line.totals.committed.vnd(),
            disbursed_amount_vnd: line.totals.disbursed().vnd(),
            advanced_amount_vnd: line.totals.advanced.vnd(),
            remaining_amount_vnd: line.totals.remaining().vnd(),
            uncovered_amount_vnd: 0,
            reserved_amount_vnd: line.totals.reserved().vnd(),
            used_permission_amount_vnd: line.totals.repaid.vnd(),
            settlement: line.settlement.map(|it| it.into_wire(lapsed)),
            create_time: Some(timestamp(line.create_time)),
            update_time: Some(timestamp(line.update_time)),
            etag: etag::of(line.version),
        }
    }
}

impl Settlement {
    fn into_wire(self, lapsed: Money) -> pb::Settlement {
        pb::Settlement {
            decision: self.decision.name(),
            amount_vnd: self.amount.vnd(),
            lapsed_amount_vnd: lapsed.max(Money::ZERO).vnd(),
            principal: self.principal.name(),
            settle_time: Some(timestamp(self.settle_time)),
        }
    }
}

impl FundingSource {
    pub(crate) fn to_wire(self) -> pb::FundingSource {
        match self {
            Self::Central => pb::FundingSource::Central,
            Self::Province => pb::FundingSource::Province,
            Self::District => pb::FundingSource::District,
            Self::Commune => pb::FundingSource::Commune,
            Self::Socialised => pb::FundingSource::Socialised,
            Self::Other => pb::FundingSource::Other,
            Self::ServiceRevenue => pb::FundingSource::ServiceRevenue,
            Self::Oda => pb::FundingSource::Oda,
            Self::Integrated => pb::FundingSource::Integrated,
            Self::Enterprise => pb::FundingSource::Enterprise,
        }
    }

    pub(crate) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

impl CostType {
    pub(crate) fn to_wire(self) -> pb::CostType {
        match self {
            Self::Investment => pb::CostType::Investment,
            Self::Recurrent => pb::CostType::Recurrent,
        }
    }

    pub(crate) fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
