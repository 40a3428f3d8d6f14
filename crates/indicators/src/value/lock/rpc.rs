//! The methods of locks, for the other services alone: read, call, reply.

use kit::{Db, Tx, inside::trace_id, read};
use proto::{
    convert::read_quantity,
    indicators::{self as pb, value_lock_service_server::ValueLockService},
};
use tonic::{Request, Response, Status};
use types::{
    ids::{Principal, ValueId},
    invalid::InvalidText,
    violations::Invalid,
};
use uuid::Uuid;

use super::{
    AcceptValues, Cited, LockValues, Locked, MOST_PINS, ReleaseValues, accept, lock, release,
};

/// The longest name of a submission.
const LONGEST_SUBMISSION: usize = 200;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
}

impl Rpc {
    pub(crate) fn new(db: &Db) -> Self {
        Self { db: db.clone() }
    }

    /// Begins a change for the person the calling service works for.
    async fn begin(&self, principal: &Principal, method: &str, trace: &str) -> kit::Result<Tx> {
        let method = format!("/cds.indicators.v1.ValueLockService/{method}");
        self.db.begin_as(&principal.name(), &method, trace).await
    }
}

#[tonic::async_trait]
impl ValueLockService for Rpc {
    async fn lock_values(
        &self,
        request: Request<pb::LockValuesRequest>,
    ) -> Result<Response<pb::LockValuesResponse>, Status> {
        let trace = trace_id(&request);
        let asked: LockValues = read(request)?;
        let tx = self.begin(&asked.principal, "LockValues", &trace).await?;
        match lock(&tx, asked).await? {
            Locked::All(count) => {
                tx.commit().await?;
                Ok(Response::new(pb::LockValuesResponse {
                    locked_count: i32::try_from(count).unwrap_or(i32::MAX),
                    moved_values: Vec::new(),
                }))
            }
            Locked::Moved(moved) => {
                tx.take_back().await?;
                Ok(Response::new(pb::LockValuesResponse {
                    locked_count: 0,
                    moved_values: moved.iter().map(ValueId::name).collect(),
                }))
            }
        }
    }

    async fn accept_values(
        &self,
        request: Request<pb::AcceptValuesRequest>,
    ) -> Result<Response<pb::AcceptValuesResponse>, Status> {
        let trace = trace_id(&request);
        let asked: AcceptValues = read(request)?;
        let tx = self.begin(&asked.principal, "AcceptValues", &trace).await?;
        accept(&tx, asked).await?;
        tx.commit().await?;
        Ok(Response::new(pb::AcceptValuesResponse {}))
    }

    async fn release_values(
        &self,
        request: Request<pb::ReleaseValuesRequest>,
    ) -> Result<Response<pb::ReleaseValuesResponse>, Status> {
        let trace = trace_id(&request);
        let asked: ReleaseValues = read(request)?;
        let tx = self
            .begin(&asked.principal, "ReleaseValues", &trace)
            .await?;
        release(&tx, asked).await?;
        tx.commit().await?;
        Ok(Response::new(pb::ReleaseValuesResponse {}))
    }
}

impl TryFrom<pb::LockValuesRequest> for LockValues {
    type Error = Invalid;

    fn try_from(request: pb::LockValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = lock_id(&request.lock_id, &mut bad);
        let submission = submission(&request.submission, &mut bad);
        let principal = bad.required("principal", &request.principal);
        if request.pins.is_empty() {
            bad.missing("pins");
        }
        let mut pins = std::collections::BTreeMap::new();
        if bad.at_most("pins", request.pins.len(), MOST_PINS) {
            for (index, pin) in request.pins.iter().enumerate() {
                let path = format!("pins[{index}]");
                let figure = bad.required(format!("{path}.indicator_value"), &pin.indicator_value);
                let cited = cited(&path, pin, &mut bad);
                if let (Some(figure), Some(cited)) = (figure, cited)
                    && pins.insert(figure, cited).is_some()
                {
                    bad.add(
                        format!("{path}.indicator_value"),
                        "DUPLICATE",
                        "is pinned twice",
                        "bị lặp lại",
                    );
                }
            }
        }
        match (id, submission, principal, bad.is_empty()) {
            (Some(id), Some(submission), Some(principal), true) => Ok(Self {
                id,
                submission,
                principal,
                pins,
            }),
            _ => Err(bad),
        }
    }
}

/// A version says which figure is meant; a computed figure has none, and says itself.
fn cited(path: &str, pin: &pb::ValuePin, bad: &mut Invalid) -> Option<Cited> {
    match pin.revision {
        0 => {
            let field = format!("{path}.quantity");
            read_quantity(&field, pin.quantity.as_ref(), bad).map(Cited::Computed)
        }
        1.. => Some(Cited::Revision(pin.revision.into())),
        _ => {
            bad.add(
                format!("{path}.revision"),
                "OUT_OF_RANGE",
                "is below 0",
                "nhỏ hơn 0",
            );
            None
        }
    }
}

impl TryFrom<pb::AcceptValuesRequest> for AcceptValues {
    type Error = Invalid;

    fn try_from(request: pb::AcceptValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = lock_id(&request.lock_id, &mut bad);
        let principal = bad.required("principal", &request.principal);
        match (id, principal) {
            (Some(id), Some(principal)) => Ok(Self { id, principal }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ReleaseValuesRequest> for ReleaseValues {
    type Error = Invalid;

    fn try_from(request: pb::ReleaseValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = lock_id(&request.lock_id, &mut bad);
        let submission = submission(&request.submission, &mut bad);
        let principal = bad.required("principal", &request.principal);
        let mut rejected = std::collections::BTreeSet::new();
        if bad.at_most("rejected_values", request.rejected_values.len(), MOST_PINS) {
            for (index, name) in request.rejected_values.iter().enumerate() {
                rejected.extend(bad.required::<ValueId>(format!("rejected_values[{index}]"), name));
            }
        }
        match (id, submission, principal, bad.is_empty()) {
            (Some(id), Some(submission), Some(principal), true) => Ok(Self {
                id,
                submission,
                principal,
                rejected,
            }),
            _ => Err(bad),
        }
    }
}

fn lock_id(id: &str, bad: &mut Invalid) -> Option<Uuid> {
    if id.is_empty() {
        bad.missing("lock_id");
        return None;
    }
    let read = Uuid::try_parse(id)
        .map_err(|_| InvalidText::new("PATTERN", "is not a UUID", "không phải là UUID"));
    bad.take("lock_id", read)
}

/// Reads the name of a submission as far as a figure needs it: it is another service's.
fn submission(name: &str, bad: &mut Invalid) -> Option<String> {
    let is_name = name
        .strip_prefix("reports/")
        .is_some_and(|it| it.contains("/submissions/"));
    if !is_name {
        let form = "reports/{report}/submissions/{submission}";
        bad.add(
            "submission",
            "PATTERN",
            format!("is not of the form `{form}`"),
            format!("không có dạng `{form}`"),
        );
        return None;
    }
    bad.line("submission", name, LONGEST_SUBMISSION)
}
