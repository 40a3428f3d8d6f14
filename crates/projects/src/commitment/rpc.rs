//! Contracts from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::violations::Invalid;

use super::{Commitment, CreateCommitment};
use crate::{
    amount::{read_day, read_not_zero, read_positive},
    budget_line::{LineId, ListLineEntries},
    entry::COMMITMENTS,
};

impl TryFrom<pb::CreateCommitmentRequest> for CreateCommitment {
    type Error = Invalid;

    fn try_from(request: pb::CreateCommitmentRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let wire = request.commitment.unwrap_or_default();
        let line: Option<LineId> = bad.required("parent", &request.parent);
        let contract_number = bad.required("commitment.contract_number", &wire.contract_number);
        let field = "commitment.amount_vnd";
        let is_annex = !wire.amends.is_empty();
        let (amount, partner) = match is_annex {
            true => (
                read_not_zero(field, wire.amount_vnd, &mut bad),
                bad.optional_line("commitment.partner", &wire.partner, 500),
            ),
            false => (
                read_positive(field, wire.amount_vnd, &mut bad),
                bad.line("commitment.partner", &wire.partner, 500),
            ),
        };
        let sign_date = read_day("commitment.sign_date", &wire.sign_date, &mut bad);
        let amends = match (is_annex, &line) {
            (true, Some(line)) => {
                let number = COMMITMENTS.number(&line.project, &wire.amends);
                bad.take("commitment.amends", number)
            }
            _ => None,
        };
        let note = bad.lines("commitment.note", &wire.note, 1000);
        let (
            Some(line),
            Some(contract_number),
            Some(partner),
            Some(amount),
            Some(sign_date),
            Some(note),
            true,
        ) = (
            line,
            contract_number,
            partner,
            amount,
            sign_date,
            note,
            bad.is_empty(),
        )
        else {
            return Err(bad);
        };
        Ok(Self {
            line,
            contract_number,
            partner,
            amount,
            sign_date,
            amends,
            note,
        })
    }
}

impl TryFrom<pb::ListCommitmentsRequest> for ListLineEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListCommitmentsRequest) -> Result<Self, Invalid> {
        Self::read(
            &request.parent,
            &request.budget_line,
            request.page_size,
            request.page_token,
        )
    }
}

impl From<Commitment> for pb::Commitment {
    fn from(commitment: Commitment) -> Self {
        let amends = commitment.amends;
        let amends = amends.map(|it| COMMITMENTS.name(commitment.project(), it));
        Self {
            name: commitment.name(),
            amount_vnd: commitment.amount.vnd(),
            sign_date: commitment.sign_date.to_string(),
            amends: amends.unwrap_or_default(),
            budget_line: commitment.line.name(),
            principal: commitment.principal.name(),
            create_time: Some(timestamp(commitment.create_time)),
            contract_number: commitment.contract_number.into(),
            partner: commitment.partner,
            note: commitment.note,
        }
    }
}
