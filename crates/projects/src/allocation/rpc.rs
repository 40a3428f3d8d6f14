//! Allocations from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::{
    date::{FIRST_YEAR, LAST_YEAR},
    money::Money,
    violations::Invalid,
};

use super::{Allocation, CreateAllocation, FundingSource};
use crate::{choice, project::ListEntries};

impl TryFrom<pb::CreateAllocationRequest> for CreateAllocation {
    type Error = Invalid;

    fn try_from(request: pb::CreateAllocationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let allocation = request.allocation.unwrap_or_default();
        let project = bad.required("parent", &request.parent);
        let decision = bad.required("allocation.decision", &allocation.decision);
        if allocation.amount_vnd == 0 {
            let (en, vi) = (
                "is 0 đồng: nothing is allocated",
                "bằng 0 đồng: không phân bổ gì",
            );
            bad.add("allocation.amount_vnd", "OUT_OF_RANGE", en, vi);
        }
        let year = read_year("allocation.fiscal_year", allocation.fiscal_year, &mut bad);
        let field = "allocation.funding_source";
        let source = FundingSource::from_wire(field, allocation.funding_source, &mut bad);
        let note = bad.lines("allocation.note", &allocation.note, 1000);
        let (
            Some(project),
            Some(decision),
            Some(fiscal_year),
            Some(funding_source),
            Some(note),
            true,
        ) = (project, decision, year, source, note, bad.is_empty())
        else {
            return Err(bad);
        };
        let amount = Money::new(allocation.amount_vnd);
        Ok(Self {
            project,
            decision,
            amount,
            fiscal_year,
            funding_source,
            note,
        })
    }
}

fn read_year(field: &str, wire: i32, bad: &mut Invalid) -> Option<i32> {
    if wire == 0 {
        bad.missing(field);
        return None;
    }
    if !(FIRST_YEAR..=LAST_YEAR).contains(&wire) {
        bad.add(
            field,
            "OUT_OF_RANGE",
            format!("{wire} is not between {FIRST_YEAR} and {LAST_YEAR}"),
            format!("{wire} không nằm trong khoảng từ {FIRST_YEAR} đến {LAST_YEAR}"),
        );
        return None;
    }
    Some(wire)
}

impl TryFrom<pb::ListAllocationsRequest> for ListEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListAllocationsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(project) = bad.required("parent", &request.parent) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<Allocation> for pb::Allocation {
    fn from(allocation: Allocation) -> Self {
        Self {
            name: allocation.name(),
            decision: allocation.decision.name(),
            amount_vnd: allocation.amount.vnd(),
            fiscal_year: allocation.fiscal_year,
            funding_source: allocation.funding_source.to_wire().into(),
            note: allocation.note,
            principal: allocation.principal.name(),
            create_time: Some(timestamp(allocation.create_time)),
        }
    }
}

impl FundingSource {
    fn to_wire(self) -> pb::FundingSource {
        match self {
            Self::Central => pb::FundingSource::Central,
            Self::Province => pb::FundingSource::Province,
            Self::District => pb::FundingSource::District,
            Self::Commune => pb::FundingSource::Commune,
            Self::Socialised => pb::FundingSource::Socialised,
            Self::Other => pb::FundingSource::Other,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
