//! Allocations from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::{ids::DecisionId, money::Money, violations::Invalid};

use super::{Allocation, AllocationKind, CoverAllocation, CreateAllocation, MoveAllocation, What};
use crate::{
    amount::{read_not_zero, read_positive, read_year},
    budget_line::{LineId, ListLineEntries},
    entry::{ALLOCATIONS, REQUESTS},
};

impl TryFrom<pb::CreateAllocationRequest> for CreateAllocation {
    type Error = Invalid;

    fn try_from(request: pb::CreateAllocationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let allocation = request.allocation.unwrap_or_default();
        let line: Option<LineId> = bad.required("parent", &request.parent);
        let what = match allocation.reverses.as_str() {
            "" => read_amount(&allocation, &mut bad),
            _ => read_reversal(&allocation, line.as_ref(), &mut bad),
        };
        let note = bad.lines("allocation.note", &allocation.note, 1000);
        let (Some(line), Some(what), Some(note)) = (line, what, note) else {
            return Err(bad);
        };
        Ok(Self { line, what, note })
    }
}

fn read_amount(allocation: &pb::Allocation, bad: &mut Invalid) -> Option<What> {
    let decision: Option<DecisionId> = bad.required("allocation.decision", &allocation.decision);
    let amount = read_not_zero("allocation.amount_vnd", allocation.amount_vnd, bad);
    let by = bad.optional("allocation.by_decision", &allocation.by_decision)?;
    let field = "allocation.moved_by_decision";
    let moved_by = bad.optional(field, &allocation.moved_by_decision)?;
    if by.is_none() && moved_by.is_some() {
        let (en, vi) = (
            "is for money that is taken back only",
            "chỉ dùng khi thu hồi kinh phí",
        );
        bad.add(field, "OUT_OF_RANGE", en, vi);
        return None;
    }
    let (decision, amount) = (decision?, amount?);
    match (by, amount.is_negative()) {
        (None, false) => Some(What::Give { decision, amount }),
        (Some(by), true) => {
            let amount = Money::new(amount.vnd().saturating_neg());
            Some(What::Recall {
                decision,
                moved_by,
                by,
                amount,
            })
        }
        (None, true) => {
            let (en, vi) = (
                "is required: money is taken back by a decision",
                "là bắt buộc: thu hồi kinh phí phải có quyết định",
            );
            bad.add("allocation.by_decision", "REQUIRED", en, vi);
            None
        }
        (Some(_), false) => {
            let (en, vi) = (
                "is for an amount below 0 only",
                "chỉ dùng khi số tiền nhỏ hơn 0",
            );
            bad.add("allocation.by_decision", "OUT_OF_RANGE", en, vi);
            None
        }
    }
}

fn read_reversal(
    allocation: &pb::Allocation,
    line: Option<&LineId>,
    bad: &mut Invalid,
) -> Option<What> {
    for (field, is_empty) in [
        ("allocation.decision", allocation.decision.is_empty()),
        ("allocation.by_decision", allocation.by_decision.is_empty()),
        (
            "allocation.moved_by_decision",
            allocation.moved_by_decision.is_empty(),
        ),
        ("allocation.amount_vnd", allocation.amount_vnd == 0),
    ] {
        if !is_empty {
            let (en, vi) = (
                "follows from the entry that is reversed: leave it out",
                "được lấy từ bản ghi bị hủy: hãy để trống",
            );
            bad.add(field, "OUT_OF_RANGE", en, vi);
        }
    }
    let field = "allocation.reverses";
    let number = bad.take(
        field,
        ALLOCATIONS.number(&line?.project, &allocation.reverses),
    )?;
    bad.is_empty().then_some(What::Reverse { number })
}

impl TryFrom<pb::MoveAllocationRequest> for MoveAllocation {
    type Error = Invalid;

    fn try_from(request: pb::MoveAllocationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let line = bad.required("parent", &request.parent);
        let decision = bad.required("decision", &request.decision);
        let moved_by = bad.optional("moved_by_decision", &request.moved_by_decision);
        let by = bad.required("by_decision", &request.by_decision);
        let amount = read_positive("amount_vnd", request.amount_vnd, &mut bad);
        let target_year = match request.target_fiscal_year {
            0 => None,
            year => read_year("target_fiscal_year", year, &mut bad),
        };
        let target_unit = bad.optional("target_unit", &request.target_unit);
        let note = bad.lines("note", &request.note, 1000);
        let (
            Some(line),
            Some(decision),
            Some(moved_by),
            Some(by),
            Some(amount),
            Some(target_unit),
            Some(note),
            true,
        ) = (
            line,
            decision,
            moved_by,
            by,
            amount,
            target_unit,
            note,
            bad.is_empty(),
        )
        else {
            return Err(bad);
        };
        Ok(Self {
            line,
            decision,
            moved_by,
            by,
            amount,
            target_year,
            target_unit,
            note,
        })
    }
}

impl TryFrom<pb::CoverAllocationRequest> for CoverAllocation {
    type Error = Invalid;

    fn try_from(request: pb::CoverAllocationRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let line = bad.required("parent", &request.parent);
        let decision = bad.required("decision", &request.decision);
        let moved_by = bad.optional("moved_by_decision", &request.moved_by_decision);
        let by = bad.required("by_decision", &request.by_decision);
        let amount = read_positive("amount_vnd", request.amount_vnd, &mut bad);
        let note = bad.lines("note", &request.note, 1000);
        let (Some(line), Some(decision), Some(moved_by), Some(by), Some(amount), Some(note)) =
            (line, decision, moved_by, by, amount, note)
        else {
            return Err(bad);
        };
        Ok(Self {
            line,
            decision,
            moved_by,
            by,
            amount,
            note,
        })
    }
}

impl TryFrom<pb::ListAllocationsRequest> for ListLineEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListAllocationsRequest) -> Result<Self, Invalid> {
        Self::read(
            &request.parent,
            &request.budget_line,
            request.page_size,
            request.page_token,
        )
    }
}

impl From<Allocation> for pb::Allocation {
    fn from(allocation: Allocation) -> Self {
        let project = &allocation.project;
        let sibling = |number: Option<i64>| {
            let name = number.map(|it| ALLOCATIONS.name(project, it));
            name.unwrap_or_default()
        };
        let request = allocation.request.map(|it| REQUESTS.name(project, it));
        let by = allocation.by_decision.as_ref();
        let moved_by = allocation.moved_by.as_ref();
        Self {
            name: allocation.name(),
            decision: allocation.decision.name(),
            amount_vnd: allocation.amount.vnd(),
            fiscal_year: allocation.fiscal_year,
            funding_source: allocation.line.source.to_wire().into(),
            by_decision: by.map(DecisionId::name).unwrap_or_default(),
            moved_by_decision: moved_by.map(DecisionId::name).unwrap_or_default(),
            effective_date: allocation.effective.to_string(),
            reverses: sibling(allocation.reverses),
            budget_line: allocation.line.name(),
            kind: allocation.kind.to_wire().into(),
            counterpart: sibling(allocation.counterpart),
            supplementary_request: request.unwrap_or_default(),
            unit: allocation.unit().name(),
            note: allocation.note.clone(),
            principal: allocation.principal.name(),
            create_time: Some(timestamp(allocation.create_time)),
        }
    }
}

impl AllocationKind {
    fn to_wire(self) -> pb::AllocationKind {
        match self {
            Self::Grant => pb::AllocationKind::Grant,
            Self::Permit => pb::AllocationKind::Permit,
            Self::Recall => pb::AllocationKind::Recall,
            Self::Move => pb::AllocationKind::Move,
            Self::Cover => pb::AllocationKind::Cover,
            Self::Reversal => pb::AllocationKind::Reversal,
        }
    }
}
