//! The methods about spending: accept, call, reply.

use kit::{Begin, Db, accept};
use proto::{
    convert::{issue, timestamp},
    projects::{self as pb, spending_service_server::SpendingService},
    shared,
};
use tonic::{Request, Response, Status};
use types::violations::Invalid;

use super::{
    CreateDisbursement, Disbursement, DisbursementKind, Disbursements, Disposition, Item, New,
    Outcome, Source, UpsertDisbursements, What, Words, taken_by_reversal,
};
use crate::{
    amount::{read_day, read_positive},
    budget_line::{LineId, ListLineEntries},
    choice,
    commitment::Commitments,
    entry::{COMMITMENTS, DISBURSEMENTS},
    settlement::Settlements,
};

const MOST_ITEMS: usize = 500;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    commitments: Commitments,
    disbursements: Disbursements,
    settlements: Settlements,
}

impl Rpc {
    pub(crate) fn new(
        db: &Db,
        commitments: &Commitments,
        disbursements: &Disbursements,
        settlements: &Settlements,
    ) -> Self {
        Self {
            db: db.clone(),
            commitments: commitments.clone(),
            disbursements: disbursements.clone(),
            settlements: settlements.clone(),
        }
    }
}

#[tonic::async_trait]
impl SpendingService for Rpc {
    async fn create_commitment(
        &self,
        request: Request<pb::CreateCommitmentRequest>,
    ) -> Result<Response<pb::Commitment>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let commitment = self.commitments.create(&tx, &actor, new).await?;
        tx.reply(commitment.into()).await
    }

    async fn list_commitments(
        &self,
        request: Request<pb::ListCommitmentsRequest>,
    ) -> Result<Response<pb::ListCommitmentsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (commitments, next_page_token) = self.commitments.list(&actor, list).await?;
        let commitments = commitments.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListCommitmentsResponse {
            commitments,
            next_page_token,
        }))
    }

    async fn create_disbursement(
        &self,
        request: Request<pb::CreateDisbursementRequest>,
    ) -> Result<Response<pb::Disbursement>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let disbursement = self.disbursements.create(&tx, &actor, new).await?;
        tx.reply(disbursement.into()).await
    }

    async fn upsert_disbursements(
        &self,
        request: Request<pb::UpsertDisbursementsRequest>,
    ) -> Result<Response<pb::UpsertDisbursementsResponse>, Status> {
        let (actor, upsert) = accept::<_, UpsertDisbursements>(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let validate_only = upsert.validate_only;
        let outcomes = self.disbursements.upsert(&tx, &actor, upsert).await?;
        let outcomes = (0..).zip(outcomes);
        let results = outcomes.map(|(offset, it)| it.into_wire(offset, validate_only));
        let answer = pb::UpsertDisbursementsResponse {
            results: results.collect(),
        };
        if validate_only {
            tx.take_back().await?;
            return Ok(Response::new(answer));
        }
        tx.reply(answer).await
    }

    async fn list_disbursements(
        &self,
        request: Request<pb::ListDisbursementsRequest>,
    ) -> Result<Response<pb::ListDisbursementsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (disbursements, next_page_token) = self.disbursements.list(&actor, list).await?;
        let disbursements = disbursements.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListDisbursementsResponse {
            disbursements,
            next_page_token,
        }))
    }

    async fn settle_budget_line(
        &self,
        request: Request<pb::SettleBudgetLineRequest>,
    ) -> Result<Response<pb::BudgetLine>, Status> {
        let (actor, settle) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let line = self.settlements.settle(&tx, &actor, settle).await?;
        tx.reply(line.into()).await
    }
}

impl TryFrom<pb::CreateDisbursementRequest> for CreateDisbursement {
    type Error = Invalid;

    fn try_from(request: pb::CreateDisbursementRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let wire = request.disbursement.unwrap_or_default();
        let line = bad.required("parent", &request.parent);
        let new = read("disbursement", &wire, line, &mut bad);
        match (new, bad.is_empty()) {
            (Some(new), true) => Ok(Self(new)),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::UpsertDisbursementsRequest> for UpsertDisbursements {
    type Error = Invalid;

    fn try_from(request: pb::UpsertDisbursementsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let field = "disbursements";
        if request.disbursements.is_empty() {
            bad.missing(field);
        }
        bad.at_most(field, request.disbursements.len(), MOST_ITEMS);
        bad.check()?;
        let items = request.disbursements.iter().enumerate();
        let items = items.map(|(index, wire)| read_item(format!("{field}[{index}]"), wire));
        Ok(Self {
            items: items.collect(),
            validate_only: request.validate_only,
        })
    }
}

/// Reads one item; what is wrong with it refuses it alone.
fn read_item(path: String, wire: &pb::Disbursement) -> Item {
    let mut bad = Invalid::default();
    let line = bad.required(format!("{path}.budget_line"), &wire.budget_line);
    // One without the other is missed by whoever reads them.
    if wire.source_system.is_empty() && wire.external_id.is_empty() {
        bad.missing(format!("{path}.source_system"));
        bad.missing(format!("{path}.external_id"));
    }
    let new = read(&path, wire, line, &mut bad);
    let new = match (new, bad.is_empty()) {
        (Some(new), true) => Ok(new),
        _ => Err(bad),
    };
    Item { path, new }
}

fn read(
    path: &str,
    wire: &pb::Disbursement,
    line: Option<LineId>,
    bad: &mut Invalid,
) -> Option<New> {
    let field = |name: &str| format!("{path}.{name}");
    let what = match wire.reverses.as_str() {
        "" => read_flow(path, wire, line.as_ref(), bad),
        _ => read_reversal(path, wire, line.as_ref(), bad),
    };
    let date = read_day(&field("disburse_date"), &wire.disburse_date, bad);
    let voucher = bad.optional_line(field("voucher_number"), &wire.voucher_number, 100);
    let treasury = bad.optional_line(field("treasury_code"), &wire.treasury_code, 50);
    let note = bad.lines(field("note"), &wire.note, 1000);
    let system = bad.optional_line(field("source_system"), &wire.source_system, 100);
    let external = bad.optional_line(field("external_id"), &wire.external_id, 200);
    let source = match (system?, external?) {
        (system, external_id) if !system.is_empty() && !external_id.is_empty() => Some(Source {
            system,
            external_id,
        }),
        (system, external_id) => {
            for (name, is_alone) in [
                ("external_id", !system.is_empty()),
                ("source_system", !external_id.is_empty()),
            ] {
                if is_alone {
                    bad.missing(field(name));
                }
            }
            None
        }
    };
    Some(New {
        line: line?,
        what: what?,
        date: date?,
        words: Words {
            voucher_number: voucher?,
            treasury_code: treasury?,
            note: note?,
        },
        source,
    })
}

fn read_flow(
    path: &str,
    wire: &pb::Disbursement,
    line: Option<&LineId>,
    bad: &mut Invalid,
) -> Option<What> {
    let kind = DisbursementKind::from_wire(&format!("{path}.kind"), wire.kind, bad);
    let amount = read_positive(&format!("{path}.amount_vnd"), wire.amount_vnd, bad);
    let commitment = match (wire.commitment.as_str(), line) {
        ("", _) | (_, None) => None,
        (name, Some(line)) => {
            let number = COMMITMENTS.number(&line.project, name);
            Some(bad.take(format!("{path}.commitment"), number)?)
        }
    };
    Some(What::Flow {
        kind: kind?,
        amount: amount?,
        commitment,
    })
}

fn read_reversal(
    path: &str,
    wire: &pb::Disbursement,
    line: Option<&LineId>,
    bad: &mut Invalid,
) -> Option<What> {
    for (name, is_empty) in [
        ("kind", wire.kind == 0),
        ("amount_vnd", wire.amount_vnd == 0),
        ("commitment", wire.commitment.is_empty()),
    ] {
        if !is_empty {
            let told = taken_by_reversal(&format!("{path}.{name}"));
            for it in told.violations() {
                bad.add(it.field.clone(), it.reason, it.en.clone(), it.vi.clone());
            }
        }
    }
    let number = DISBURSEMENTS.number(&line?.project, &wire.reverses);
    let number = bad.take(format!("{path}.reverses"), number)?;
    Some(What::Reverse { number })
}

impl TryFrom<pb::ListDisbursementsRequest> for ListLineEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListDisbursementsRequest) -> Result<Self, Invalid> {
        Self::read(
            &request.parent,
            &request.budget_line,
            request.page_size,
            request.page_token,
        )
    }
}

impl Outcome {
    /// Writes what became of an item. What was only tried has no name.
    fn into_wire(self, offset: i32, validate_only: bool) -> shared::ItemResult {
        let is_new = self.disposition == Disposition::Created;
        let disposition = match self.disposition {
            Disposition::Created => shared::Disposition::Created,
            Disposition::Unchanged => shared::Disposition::Unchanged,
            Disposition::Rejected => shared::Disposition::Rejected,
        };
        let issues = self.issues.into_iter();
        let issues = issues
            .map(|it| issue(shared::Severity::Error, it.reason, it.field, it.en, it.vi))
            .collect();
        shared::ItemResult {
            offset,
            name: match is_new && validate_only {
                true => String::new(),
                false => self.name,
            },
            disposition: disposition.into(),
            issues,
        }
    }
}

impl From<Disbursement> for pb::Disbursement {
    fn from(it: Disbursement) -> Self {
        let commitment = it.commitment;
        let commitment = commitment.map(|number| COMMITMENTS.name(it.project(), number));
        let reverses = it.reverses;
        let reverses = reverses.map(|number| DISBURSEMENTS.name(it.project(), number));
        let (source_system, external_id) = match &it.source {
            None => Default::default(),
            Some(source) => (source.system.clone(), source.external_id.clone()),
        };
        Self {
            name: it.name(),
            budget_line: it.line.name(),
            kind: it.kind.to_wire().into(),
            amount_vnd: it.amount.vnd(),
            disburse_date: it.date.to_string(),
            voucher_number: it.words.voucher_number,
            treasury_code: it.words.treasury_code,
            commitment: commitment.unwrap_or_default(),
            reverses: reverses.unwrap_or_default(),
            note: it.words.note,
            source_system,
            external_id,
            closing_year: it.closing_year,
            principal: it.principal.name(),
            create_time: Some(timestamp(it.create_time)),
        }
    }
}

impl DisbursementKind {
    fn to_wire(self) -> pb::DisbursementKind {
        match self {
            Self::Advance => pb::DisbursementKind::Advance,
            Self::Payment => pb::DisbursementKind::Payment,
            Self::Recovery => pb::DisbursementKind::Recovery,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}
