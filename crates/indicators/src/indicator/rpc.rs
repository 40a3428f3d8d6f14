//! The indicator methods: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::{
    convert::{AGGREGATIONS, timestamp},
    indicators::{self as pb, indicator_service_server::IndicatorService},
};
use tonic::{Request, Response, Status};
use types::{ids::IndicatorId, violations::Invalid};

use super::{
    Accumulation, CreateIndicator, Definition, Direction, GetIndicator, Indicator, Indicators,
    ListIndicators, ValueKind, adds_up,
};
use crate::wire::{from_wire, to_wire};

const MOST_NAMES: usize = 200;
const LONGEST_NAME: usize = 300;
const LONGEST_MEASURE_UNIT: usize = 50;
const LONGEST_DESCRIPTION: usize = 4000;
const LONGEST_BASIS: usize = 500;

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    indicators: Indicators,
}

impl Rpc {
    pub(crate) fn new(db: &Db, indicators: &Indicators) -> Self {
        Self {
            db: db.clone(),
            indicators: indicators.clone(),
        }
    }
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

impl Definition {
    fn from_wire(wire: &pb::Indicator, bad: &mut Invalid) -> Option<Self> {
        let display_name = bad.line("indicator.display_name", &wire.display_name, LONGEST_NAME);
        let value_kind = from_wire(&KINDS, "indicator.value_kind", wire.value_kind, bad);
        let measure_unit = bad.optional_line(
            "indicator.measure_unit",
            &wire.measure_unit,
            LONGEST_MEASURE_UNIT,
        );
        let accumulation = from_wire(
            &ACCUMULATIONS,
            "indicator.accumulation",
            wire.accumulation,
            bad,
        );
        let mut rule = |field, wire| {
            let rule = from_wire(&AGGREGATIONS, field, wire, bad);
            if let (Some(kind), Some(rule)) = (value_kind, rule) {
                adds_up(field, kind, rule, bad);
            }
            rule
        };
        let unit_aggregation = rule("indicator.unit_aggregation", wire.unit_aggregation);
        let period_aggregation = rule("indicator.period_aggregation", wire.period_aggregation);
        let direction = match wire.direction {
            0 => Some(Direction::Neutral),
            direction => from_wire(&DIRECTIONS, "indicator.direction", direction, bad),
        };
        let description = bad.lines(
            "indicator.description",
            &wire.description,
            LONGEST_DESCRIPTION,
        );
        let owner_unit = bad.required("indicator.owner_unit", &wire.owner_unit);
        let legal_basis =
            bad.optional_line("indicator.legal_basis", &wire.legal_basis, LONGEST_BASIS);
        Some(Self {
            display_name: display_name?,
            value_kind: value_kind?,
            measure_unit: measure_unit?,
            accumulation: accumulation?,
            unit_aggregation: unit_aggregation?,
            period_aggregation: period_aggregation?,
            direction: direction?,
            description: description?,
            owner_unit: owner_unit?,
            legal_basis: legal_basis?,
        })
    }
}

impl TryFrom<pb::GetIndicatorRequest> for GetIndicator {
    type Error = Invalid;

    fn try_from(request: pb::GetIndicatorRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("name", &request.name) {
            Some(id) => Ok(Self { id }),
            None => Err(bad),
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
        bad.check()?;
        // The page token is bound to the set, not to the order it was asked in.
        ids.sort();
        ids.dedup();
        Ok(Self {
            ids,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<Indicator> for pb::Indicator {
    fn from(indicator: Indicator) -> Self {
        let definition = indicator.definition;
        Self {
            name: indicator.id.name(),
            display_name: definition.display_name,
            value_kind: to_wire(&KINDS, &definition.value_kind),
            measure_unit: definition.measure_unit,
            accumulation: to_wire(&ACCUMULATIONS, &definition.accumulation),
            unit_aggregation: to_wire(&AGGREGATIONS, &definition.unit_aggregation),
            period_aggregation: to_wire(&AGGREGATIONS, &definition.period_aggregation),
            direction: to_wire(&DIRECTIONS, &definition.direction),
            description: definition.description,
            owner_unit: definition.owner_unit.name(),
            legal_basis: definition.legal_basis,
            create_time: Some(timestamp(indicator.create_time)),
            update_time: Some(timestamp(indicator.update_time)),
            etag: etag::of(indicator.version),
        }
    }
}

const KINDS: [(ValueKind, pb::ValueKind); 6] = [
    (ValueKind::Count, pb::ValueKind::Count),
    (ValueKind::Decimal, pb::ValueKind::Decimal),
    (ValueKind::Ratio, pb::ValueKind::Ratio),
    (ValueKind::Money, pb::ValueKind::AmountVnd),
    (ValueKind::Flag, pb::ValueKind::Flag),
    (ValueKind::Choice, pb::ValueKind::Choice),
];

const ACCUMULATIONS: [(Accumulation, pb::Accumulation); 4] = [
    (Accumulation::InPeriod, pb::Accumulation::InPeriod),
    (Accumulation::YearToDate, pb::Accumulation::YearToDate),
    (Accumulation::SinceStart, pb::Accumulation::SinceStart),
    (Accumulation::AtDate, pb::Accumulation::AtDate),
];

const DIRECTIONS: [(Direction, pb::Direction); 3] = [
    (Direction::HigherIsBetter, pb::Direction::HigherIsBetter),
    (Direction::LowerIsBetter, pb::Direction::LowerIsBetter),
    (Direction::Neutral, pb::Direction::Neutral),
];
