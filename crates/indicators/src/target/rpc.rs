//! The methods of targets: accept, call, reply.

use std::collections::BTreeSet;

use kit::{Begin, Db, accept, etag, mask::Mask};
use proto::{
    convert::{quantity, quantity_as, read_quantity, timestamp},
    indicators::{self as pb, target_service_server::TargetService},
};
use sea_orm::ConnectionTrait;
use tonic::{Request, Response, Status};
use types::{
    date, decimal::Decimal, ids::IndicatorId, ids::UnitId, invalid::InvalidText, quantity::Style,
    violations::Invalid,
};

use super::{
    CreateTarget, DeleteTarget, Evaluated, ListRevisions, ListTargets, Order, Revision, Target,
    TargetId, Targets, UpdateTarget, standing::Standing,
};
use crate::{
    indicator::standing::{Definitions, definitions},
    wire::to_wire,
};

const LONGEST_REASON: usize = 500;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    targets: Targets,
}

impl Rpc {
    pub(crate) fn new(db: &Db, targets: &Targets) -> Self {
        Self {
            db: db.clone(),
            targets: targets.clone(),
        }
    }
}

/// Names one target.
struct Named(TargetId);

#[tonic::async_trait]
impl TargetService for Rpc {
    async fn create_target(
        &self,
        request: Request<pb::CreateTargetRequest>,
    ) -> Result<Response<pb::Target>, Status> {
        let (actor, new): (_, CreateTarget) = accept(request)?;
        if let Some(answer) = self.db.answered(&actor).await? {
            return answer.reply();
        }
        let days = self.targets.unit_days(&actor, &new).await?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let target = self.targets.create(&tx, &actor, new, days).await?;
        let styles = styles(&tx.db, [&target]).await?;
        tx.reply(wire(target, &styles)).await
    }

    async fn get_target(
        &self,
        request: Request<pb::GetTargetRequest>,
    ) -> Result<Response<pb::Target>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let target = self.targets.get(&actor, &id).await?;
        let styles = styles(self.db.reader(), [&target]).await?;
        Ok(Response::new(wire(target, &styles)))
    }

    async fn list_targets(
        &self,
        request: Request<pb::ListTargetsRequest>,
    ) -> Result<Response<pb::ListTargetsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (targets, next_page_token) = self.targets.list(&actor, list).await?;
        let styles = styles(self.db.reader(), &targets).await?;
        let targets = targets.into_iter().map(|it| wire(it, &styles)).collect();
        Ok(Response::new(pb::ListTargetsResponse {
            targets,
            next_page_token,
        }))
    }

    async fn update_target(
        &self,
        request: Request<pb::UpdateTargetRequest>,
    ) -> Result<Response<pb::Target>, Status> {
        let (actor, update) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let target = self.targets.update(&tx, &actor, update).await?;
        let styles = styles(&tx.db, [&target]).await?;
        tx.reply(wire(target, &styles)).await
    }

    async fn delete_target(
        &self,
        request: Request<pb::DeleteTargetRequest>,
    ) -> Result<Response<pb::DeleteTargetResponse>, Status> {
        let (actor, delete) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        self.targets.delete(&tx, &actor, delete).await?;
        tx.reply(pb::DeleteTargetResponse {}).await
    }

    async fn list_target_revisions(
        &self,
        request: Request<pb::ListTargetRevisionsRequest>,
    ) -> Result<Response<pb::ListTargetRevisionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (revisions, next_page_token) = self.targets.list_revisions(&actor, list).await?;
        let styles = styles(self.db.reader(), revisions.iter().map(|it| &it.target)).await?;
        let revisions = revisions.into_iter();
        let revisions = revisions.map(|it| revision(it, &styles)).collect();
        Ok(Response::new(pb::ListTargetRevisionsResponse {
            revisions,
            next_page_token,
        }))
    }

    async fn evaluate_target(
        &self,
        request: Request<pb::EvaluateTargetRequest>,
    ) -> Result<Response<pb::EvaluateTargetResponse>, Status> {
        let (actor, Named(id)) = accept(request)?;
        let evaluated = self.targets.evaluate(&actor, &id).await?;
        Ok(Response::new(evaluated.into()))
    }
}

/// New content for some fields of a target.
#[derive(Debug)]
pub(crate) struct Change {
    sent: pb::Target,
    mask: Mask,
}

impl Change {
    /// Returns the content with the change in it.
    pub(super) fn apply(self, before: &Order) -> Result<Order, Invalid> {
        let (sent, mask) = (self.sent, self.mask);
        let mut next = pb::Target {
            quantity: Some(quantity(&before.quantity)),
            document_number: before.document_number.as_str().to_owned(),
            document_date: before.document_date.to_string(),
            ..pb::Target::default()
        };
        if mask.takes("quantity", sent.quantity.is_some()) {
            next.quantity = sent.quantity;
        }
        if mask.takes("document_number", !sent.document_number.is_empty()) {
            next.document_number = sent.document_number;
        }
        if mask.takes("document_date", !sent.document_date.is_empty()) {
            next.document_date = sent.document_date;
        }
        let mut bad = Invalid::default();
        Order::from_wire(&next, &mut bad).ok_or(bad)
    }
}

impl Order {
    fn from_wire(wire: &pb::Target, bad: &mut Invalid) -> Option<Self> {
        let quantity = read_quantity("target.quantity", wire.quantity.as_ref(), bad);
        let document_number = bad.required("target.document_number", &wire.document_number);
        let document_date = match wire.document_date.as_str() {
            "" => {
                bad.missing("target.document_date");
                None
            }
            day => bad.take("target.document_date", date::parse_iso(day)),
        };
        Some(Self {
            quantity: quantity?,
            document_number: document_number?,
            document_date: document_date?,
        })
    }
}

impl TargetId {
    /// Reads the full name.
    fn from_name(name: &str) -> Result<Self, InvalidText> {
        let read = || {
            let (indicator, rest) = name.split_once("/targets/")?;
            let (unit, period) = rest.split_once('.')?;
            Some(Self {
                indicator: IndicatorId::from_name(indicator).ok()?,
                unit: UnitId::new(unit).ok()?,
                period: period.parse().ok()?,
            })
        };
        read().ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `indicators/{indicator}/targets/{unit}.{period}`",
                "không có dạng `indicators/{indicator}/targets/{unit}.{period}`",
            )
        })
    }
}

impl TryFrom<pb::CreateTargetRequest> for CreateTarget {
    type Error = Invalid;

    fn try_from(request: pb::CreateTargetRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let wire = request.target.unwrap_or_default();
        let indicator = bad.required("parent", &request.parent);
        let unit = bad.required("target.unit", &wire.unit);
        let period = bad.required("target.period", &wire.period);
        let content = Order::from_wire(&wire, &mut bad);
        match (indicator, unit, period, content) {
            (Some(indicator), Some(unit), Some(period), Some(content)) => Ok(Self {
                id: TargetId {
                    indicator,
                    unit,
                    period,
                },
                content,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::GetTargetRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::GetTargetRequest) -> Result<Self, Invalid> {
        named(&request.name)
    }
}

impl TryFrom<pb::EvaluateTargetRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::EvaluateTargetRequest) -> Result<Self, Invalid> {
        named(&request.name)
    }
}

fn named(name: &str) -> Result<Named, Invalid> {
    let mut bad = Invalid::default();
    let id = bad.take("name", TargetId::from_name(name));
    id.map(Named).ok_or(bad)
}

impl TryFrom<pb::ListTargetsRequest> for ListTargets {
    type Error = Invalid;

    fn try_from(request: pb::ListTargetsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let indicator = match request.parent.as_str() {
            "indicators/-" => Some(None),
            parent => bad.required("parent", parent).map(Some),
        };
        let unit = bad.optional("unit", &request.unit);
        let period = bad.optional("period", &request.period);
        if indicator == Some(None) && unit == Some(None) {
            bad.missing("unit");
        }
        let (Some(indicator), Some(unit), Some(period), true) =
            (indicator, unit, period, bad.is_empty())
        else {
            return Err(bad);
        };
        Ok(Self {
            indicator,
            unit,
            period,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::UpdateTargetRequest> for UpdateTarget {
    type Error = Invalid;

    fn try_from(request: pb::UpdateTargetRequest) -> Result<Self, Invalid> {
        const FIELDS: [&str; 3] = ["quantity", "document_number", "document_date"];
        const OUTPUT: [&str; 5] = ["name", "revision", "create_time", "update_time", "etag"];
        let mut bad = Invalid::default();
        let sent = request.target.unwrap_or_default();
        let id = bad.take("target.name", TargetId::from_name(&sent.name));
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &FIELDS, &OUTPUT, &mut bad);
        let reason = bad.line("reason", &request.reason, LONGEST_REASON);
        match (id, reason, bad.is_empty()) {
            (Some(id), Some(reason), true) => Ok(Self {
                id,
                change: Change { sent, mask },
                reason,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::DeleteTargetRequest> for DeleteTarget {
    type Error = Invalid;

    fn try_from(request: pb::DeleteTargetRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", TargetId::from_name(&request.name));
        let reason = bad.line("reason", &request.reason, LONGEST_REASON);
        match (id, reason) {
            (Some(id), Some(reason)) => Ok(Self {
                id,
                reason,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ListTargetRevisionsRequest> for ListRevisions {
    type Error = Invalid;

    fn try_from(request: pb::ListTargetRevisionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.take("parent", TargetId::from_name(&request.parent)) {
            Some(id) => Ok(Self {
                id,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}

/// Reads how the figures of the indicators of some targets are printed.
async fn styles(
    db: &impl ConnectionTrait,
    targets: impl IntoIterator<Item = &Target>,
) -> kit::Result<Definitions> {
    let ids: BTreeSet<_> = targets.into_iter().map(|it| &it.id.indicator).collect();
    definitions(db, &ids.into_iter().collect::<Vec<_>>()).await
}

/// Writes a target as figures of its indicator and period are printed.
fn wire(target: Target, definitions: &Definitions) -> pb::Target {
    let definition = definitions.for_period(&target.id.indicator, &target.id.period);
    let style = definition.map(|it| it.manner().style).unwrap_or_default();
    printed(target, style)
}

fn printed(target: Target, style: Style) -> pb::Target {
    pb::Target {
        name: target.id.name(),
        unit: target.id.unit.name(),
        period: target.id.period.to_string(),
        quantity: Some(quantity_as(&target.content.quantity, style)),
        document_number: target.content.document_number.as_str().to_owned(),
        document_date: target.content.document_date.to_string(),
        // Two thousand million versions of one target are out of reach.
        revision: i32::try_from(target.revision).unwrap_or(i32::MAX),
        create_time: Some(timestamp(target.create_time)),
        update_time: Some(timestamp(target.update_time)),
        etag: etag::of(target.revision),
    }
}

fn revision(revision: Revision, definitions: &Definitions) -> pb::TargetRevision {
    let target = revision.target;
    pb::TargetRevision {
        name: format!("{}/revisions/{}", target.id.name(), target.revision),
        principal: revision.principal.name(),
        reason: revision.reason,
        deleted: target.deleted,
        create_time: Some(timestamp(target.update_time)),
        snapshot: Some(wire(target, definitions)),
    }
}

impl From<Evaluated> for pb::EvaluateTargetResponse {
    fn from(evaluated: Evaluated) -> Self {
        let text = |it: Option<Decimal>| it.map(|it| it.to_string()).unwrap_or_default();
        let (judged, style) = (evaluated.judged, evaluated.style);
        let quantity = evaluated.quantity.as_ref();
        Self {
            standing: to_wire(&STANDINGS, &judged.standing),
            distance: text(judged.distance),
            distance_points: text(judged.points),
            target: Some(printed(evaluated.target, style)),
            quantity: quantity.map(|it| quantity_as(it, style)),
            last_date: evaluated
                .last_day
                .map(|it| it.to_string())
                .unwrap_or_default(),
        }
    }
}

pub(crate) const STANDINGS: [(Standing, pb::TargetStanding); 5] = [
    (Standing::Achieved, pb::TargetStanding::Achieved),
    (Standing::NotAchieved, pb::TargetStanding::NotAchieved),
    (Standing::NotDue, pb::TargetStanding::NotDue),
    (Standing::NoValue, pb::TargetStanding::NoValue),
    (Standing::NotDecided, pb::TargetStanding::NotDecided),
];
