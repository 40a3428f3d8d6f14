//! What decisions do with money, and where they stand.

use serde::Serialize;

/// What a decision does with money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum DecisionKind {
    ApprovePolicy,
    ApproveProject,
    PlanCapital,
    AssignBudget,
    AdjustBudget,
    SupplementBudget,
    RecallBudget,
    ApproveSettlement,
    MoveBudget,
    AdvanceBudget,
    Other,
}

impl DecisionKind {
    pub(crate) const ALL: [Self; 11] = [
        Self::ApprovePolicy,
        Self::ApproveProject,
        Self::PlanCapital,
        Self::AssignBudget,
        Self::AdjustBudget,
        Self::SupplementBudget,
        Self::RecallBudget,
        Self::ApproveSettlement,
        Self::MoveBudget,
        Self::AdvanceBudget,
        Self::Other,
    ];

    /// Says whether money is granted by it.
    pub(crate) fn grants(self) -> bool {
        matches!(
            self,
            Self::PlanCapital | Self::AssignBudget | Self::AdjustBudget | Self::SupplementBudget
        )
    }

    /// Says whether it lets a line spend ahead of its allocation.
    pub(crate) fn permits(self) -> bool {
        self == Self::AdvanceBudget
    }

    /// Says whether it brings money to a line or lets it spend ahead.
    pub(crate) fn gives(self) -> bool {
        self.grants() || self.permits()
    }

    /// Says whether what another decision granted is taken back by it.
    pub(crate) fn takes_back(self) -> bool {
        matches!(self, Self::RecallBudget | Self::AdjustBudget)
    }

    /// Says whether money is moved by it.
    pub(crate) fn moves(self) -> bool {
        self == Self::MoveBudget
    }

    /// Says whether a line is settled by it.
    pub(crate) fn settles(self) -> bool {
        self == Self::ApproveSettlement
    }

    /// Returns its name as clients read it.
    pub(crate) fn as_name(self) -> &'static str {
        match self {
            Self::ApprovePolicy => "APPROVE_POLICY",
            Self::ApproveProject => "APPROVE_PROJECT",
            Self::PlanCapital => "PLAN_CAPITAL",
            Self::AssignBudget => "ASSIGN_BUDGET",
            Self::AdjustBudget => "ADJUST_BUDGET",
            Self::SupplementBudget => "SUPPLEMENT_BUDGET",
            Self::RecallBudget => "RECALL_BUDGET",
            Self::ApproveSettlement => "APPROVE_SETTLEMENT",
            Self::MoveBudget => "MOVE_BUDGET",
            Self::AdvanceBudget => "ADVANCE_BUDGET",
            Self::Other => "OTHER",
        }
    }
}

/// Where a decision stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum DecisionState {
    Draft,
    Issued,
    Revoked,
    Replaced,
}

impl DecisionState {
    pub(crate) const ALL: [Self; 4] = [Self::Draft, Self::Issued, Self::Revoked, Self::Replaced];

    /// Returns its name as clients read it.
    pub(crate) fn as_name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Issued => "ISSUED",
            Self::Revoked => "REVOKED",
            Self::Replaced => "REPLACED",
        }
    }
}
