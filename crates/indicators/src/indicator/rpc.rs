//! The indicator methods: accept, call, reply.

use kit::{Begin, Db, accept, mask::Mask};
use proto::{
    convert::validity,
    indicators::{self as pb, indicator_service_server::IndicatorService},
};
use tonic::{Request, Response, Status};
use types::{ids::IndicatorId, invalid::InvalidText, period::Period, violations::Invalid};

use super::{
    CreateIndicator, Definition, GetIndicator, GetRevision, Indicators, ListIndicators,
    ListRevisions, PublishIndicator, RetireIndicator, UpdateIndicator, View,
    period::describe,
    wire::{self, Change},
};
use crate::{
    formula::rpc::{Calculator, TestFormula},
    wire::from_wire,
};

const MOST_NAMES: usize = 200;
const LONGEST_NOTE: usize = 1000;
const LONGEST_REASON: usize = 500;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    indicators: Indicators,
    calculator: Calculator,
}

impl Rpc {
    pub(crate) fn new(db: &Db, indicators: &Indicators, calculator: &Calculator) -> Self {
        Self {
            db: db.clone(),
            indicators: indicators.clone(),
            calculator: calculator.clone(),
        }
    }
}

/// Names one period, and the indicator whose days are asked for.
struct Named {
    period: Period,
    indicator: Option<IndicatorId>,
}

#[tonic::async_trait]
impl IndicatorService for Rpc {
    async fn create_indicator(
        &self,
        request: Request<pb::CreateIndicatorRequest>,
    ) -> Result<Response<pb::Indicator>, Status> {
        let (actor, new) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let indicator = self.indicators.create(&tx, &actor, new).await?;
        tx.reply(indicator.into()).await
    }

    async fn get_indicator(
        &self,
        request: Request<pb::GetIndicatorRequest>,
    ) -> Result<Response<pb::Indicator>, Status> {
        let (actor, get) = accept(request)?;
        let indicator = self.indicators.get(&actor, get).await?;
        Ok(Response::new(indicator.into()))
    }

    async fn list_indicators(
        &self,
        request: Request<pb::ListIndicatorsRequest>,
    ) -> Result<Response<pb::ListIndicatorsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (indicators, next_page_token) = self.indicators.list(&actor, list).await?;
        let indicators = indicators.into_iter().map(Into::into).collect();
        Ok(Response::new(pb::ListIndicatorsResponse {
            indicators,
            next_page_token,
        }))
    }

    async fn update_indicator(
        &self,
        request: Request<pb::UpdateIndicatorRequest>,
    ) -> Result<Response<pb::Indicator>, Status> {
        let (actor, update) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let indicator = self.indicators.update(&tx, &actor, update).await?;
        tx.reply(indicator.into()).await
    }

    async fn publish_indicator(
        &self,
        request: Request<pb::PublishIndicatorRequest>,
    ) -> Result<Response<pb::IndicatorRevision>, Status> {
        let (actor, publish) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let (revision, published) = self.indicators.publish(&tx, &actor, publish).await?;
        tx.reply(wire::revision(&revision, &published)).await
    }

    async fn retire_indicator(
        &self,
        request: Request<pb::RetireIndicatorRequest>,
    ) -> Result<Response<pb::Indicator>, Status> {
        let (actor, retire) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let indicator = self.indicators.retire(&tx, &actor, retire).await?;
        tx.reply(indicator.into()).await
    }

    async fn get_indicator_revision(
        &self,
        request: Request<pb::GetIndicatorRevisionRequest>,
    ) -> Result<Response<pb::IndicatorRevision>, Status> {
        let (actor, get) = accept(request)?;
        let (revision, published) = self.indicators.get_revision(&actor, get).await?;
        Ok(Response::new(wire::revision(&revision, &published)))
    }

    async fn list_indicator_revisions(
        &self,
        request: Request<pb::ListIndicatorRevisionsRequest>,
    ) -> Result<Response<pb::ListIndicatorRevisionsResponse>, Status> {
        let (actor, list) = accept(request)?;
        let (revisions, published, next_page_token) =
            self.indicators.list_revisions(&actor, list).await?;
        let revisions = revisions.iter().map(|it| wire::revision(it, &published));
        Ok(Response::new(pb::ListIndicatorRevisionsResponse {
            revisions: revisions.collect(),
            next_page_token,
        }))
    }

    async fn test_formula(
        &self,
        request: Request<pb::TestFormulaRequest>,
    ) -> Result<Response<pb::TestFormulaResponse>, Status> {
        let (actor, test): (_, TestFormula) = accept(request)?;
        let tested = self.calculator.test(&actor, test).await?;
        Ok(Response::new(tested.into()))
    }

    async fn describe_period(
        &self,
        request: Request<pb::DescribePeriodRequest>,
    ) -> Result<Response<pb::DescribePeriodResponse>, Status> {
        let (actor, Named { period, indicator }) = accept(request)?;
        let definition = match indicator {
            Some(id) => Some(self.indicators.in_force(&actor, &id, &period).await?),
            None => None,
        };
        let described = describe(period, definition.as_ref());
        let code = |it: Option<Period>| it.map(|it| it.to_string()).unwrap_or_default();
        Ok(Response::new(pb::DescribePeriodResponse {
            calendar: Some(validity(&described.calendar)),
            data_window: described.window.as_ref().map(validity),
            label_vi: described.vietnamese,
            label_en: described.english,
            previous_period: code(described.previous),
            same_period_last_year: code(described.same_last_year),
        }))
    }
}

impl TryFrom<pb::CreateIndicatorRequest> for CreateIndicator {
    type Error = Invalid;

    fn try_from(request: pb::CreateIndicatorRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("indicator_id", IndicatorId::new(&request.indicator_id));
        let wire = request.indicator.unwrap_or_default();
        let definition = Definition::from_wire(&wire, &mut bad);
        match (id, definition, bad.is_empty()) {
            (Some(id), Some(definition), true) => Ok(Self { id, definition }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::UpdateIndicatorRequest> for UpdateIndicator {
    type Error = Invalid;

    fn try_from(request: pb::UpdateIndicatorRequest) -> Result<Self, Invalid> {
        /// Fields that only we write.
        const OUTPUT: [&str; 10] = [
            "name",
            "state",
            "revision",
            "first_period",
            "last_period",
            "retire_reason",
            "has_unpublished_changes",
            "create_time",
            "update_time",
            "etag",
        ];
        let mut bad = Invalid::default();
        let sent = request.indicator.unwrap_or_default();
        let id = bad.required("indicator.name", &sent.name);
        let paths = request.update_mask.as_ref().map(|it| it.paths.as_slice());
        let mask = Mask::read(paths, &Change::FIELDS, &OUTPUT, &mut bad);
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                change: Change { sent, mask },
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::PublishIndicatorRequest> for PublishIndicator {
    type Error = Invalid;

    fn try_from(request: pb::PublishIndicatorRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let first_period = bad.required("first_period", &request.first_period);
        let change_note = bad.lines("change_note", &request.change_note, LONGEST_NOTE);
        if change_note.as_ref().is_some_and(String::is_empty) {
            bad.missing("change_note");
        }
        match (id, first_period, change_note, bad.is_empty()) {
            (Some(id), Some(first_period), Some(change_note), true) => Ok(Self {
                id,
                first_period,
                change_note,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::RetireIndicatorRequest> for RetireIndicator {
    type Error = Invalid;

    fn try_from(request: pb::RetireIndicatorRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let last_period = bad.required("last_period", &request.last_period);
        let reason = bad.line("reason", &request.reason, LONGEST_REASON);
        match (id, last_period, reason) {
            (Some(id), Some(last_period), Some(reason)) => Ok(Self {
                id,
                last_period,
                reason,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::GetIndicatorRequest> for GetIndicator {
    type Error = Invalid;

    fn try_from(request: pb::GetIndicatorRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        let view = View::from_wire(request.view, &request.period, &mut bad);
        match (id, view) {
            (Some(id), Some(view)) => Ok(Self { id, view }),
            _ => Err(bad),
        }
    }
}

impl View {
    fn from_wire(view: i32, period: &str, bad: &mut Invalid) -> Option<Self> {
        const VIEWS: [(View, pb::IndicatorView); 2] = [
            (View::Published, pb::IndicatorView::Published),
            (View::Next, pb::IndicatorView::Next),
        ];
        let view = match view {
            0 => Some(Self::Published),
            view => from_wire(&VIEWS, "view", view, bad),
        };
        let period: Option<Period> = bad.optional("period", period)?;
        match (view?, period) {
            (view, None) => Some(view),
            (Self::Next, Some(_)) => {
                bad.add(
                    "period",
                    "CONTRADICTION",
                    "what is not published counts for no period",
                    "bản chưa ban hành không áp dụng cho kỳ nào",
                );
                None
            }
            (_, Some(period)) => Some(Self::Of(period)),
        }
    }
}

impl TryFrom<pb::ListIndicatorsRequest> for ListIndicators {
    type Error = Invalid;

    fn try_from(request: pb::ListIndicatorsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        bad.at_most("names", request.names.len(), MOST_NAMES);
        let mut ids: Vec<IndicatorId> = Vec::new();
        for (index, name) in request.names.iter().take(MOST_NAMES).enumerate() {
            ids.extend(bad.required(format!("names[{index}]"), name));
        }
        let view = View::from_wire(request.view, &request.period, &mut bad);
        let (Some(view), true) = (view, bad.is_empty()) else {
            return Err(bad);
        };
        // The page token is bound to the set, not to the order it was asked in.
        ids.sort();
        ids.dedup();
        Ok(Self {
            ids,
            view,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl TryFrom<pb::GetIndicatorRevisionRequest> for GetRevision {
    type Error = Invalid;

    fn try_from(request: pb::GetIndicatorRevisionRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let read = || {
            let (id, number) = request.name.split_once("/revisions/")?;
            let (id, number) = (IndicatorId::from_name(id).ok()?, number.parse().ok()?);
            Some(Self { id, number }).filter(|_| number > 0)
        };
        let read = read().ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `indicators/{indicator}/revisions/{revision}`",
                "không có dạng `indicators/{indicator}/revisions/{revision}`",
            )
        });
        bad.take("name", read).ok_or(bad)
    }
}

impl TryFrom<pb::ListIndicatorRevisionsRequest> for ListRevisions {
    type Error = Invalid;

    fn try_from(request: pb::ListIndicatorRevisionsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("parent", &request.parent) {
            Some(id) => Ok(Self {
                id,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::DescribePeriodRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::DescribePeriodRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let period = bad.required("period", &request.period);
        let indicator = bad.optional("indicator", &request.indicator);
        match (period, indicator) {
            (Some(period), Some(indicator)) => Ok(Self { period, indicator }),
            _ => Err(bad),
        }
    }
}
