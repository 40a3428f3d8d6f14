//! Minh Long over the reform of 1 July 2025: five communes report for 2024, two for the
//! second half of 2025; Trà Bùi, beside them, is divided without a published share.

use indicators::{Indicators, Migrator, NAME};
use kit::{Db, Peer};
use proto::{
    directory::{
        self as dir, UnitKind, reorganization_service_client::ReorganizationServiceClient,
    },
    indicators::{
        self as pb, aggregation_service_client::AggregationServiceClient,
        indicator_service_client::IndicatorServiceClient,
        target_service_client::TargetServiceClient,
        validation_rule_service_client::ValidationRuleServiceClient,
        value_service_client::ValueServiceClient,
    },
    shared::{self, Disposition},
};
use testkit::{Person, World};
use tonic::Status;

use crate::story::{definition, item};

/// A month before the end of the second half of 2025 is long over.
const NOW: &str = "2026-01-10T01:00:00Z";
pub(crate) const COMMUNES: [UnitKind; 3] =
    [UnitKind::Commune, UnitKind::Ward, UnitKind::SpecialZone];

pub(crate) struct Reform {
    pub(crate) world: World,
    pub(crate) db: Db,
    /// Defines indicators and sets targets.
    pub(crate) receiver: Person,
    /// Enters figures of the whole province.
    pub(crate) reporter: Person,
    /// Reads the whole province.
    pub(crate) viewer: Person,
    pub(crate) totals: AggregationServiceClient<Peer>,
    pub(crate) values: ValueServiceClient<Peer>,
    pub(crate) indicators: IndicatorServiceClient<Peer>,
    pub(crate) targets: TargetServiceClient<Peer>,
    pub(crate) rules: ValidationRuleServiceClient<Peer>,
}

impl Reform {
    pub(crate) async fn begins() -> Self {
        let mut world = World::new().await;
        world.clock.set(NOW.parse().unwrap());
        world.sign_in_again().await;
        let commune = UnitKind::Commune;
        for (id, name) in [
            ("xa-long-son", "UBND xã Long Sơn"),
            ("xa-long-mai", "UBND xã Long Mai"),
            ("xa-thanh-an", "UBND xã Thanh An"),
            ("xa-long-mon", "UBND xã Long Môn"),
        ] {
            world.unit(id, name, commune, "units/huyen-minh-long").await;
        }
        let tra_bong = UnitKind::District;
        let province = "units/tinh-quang-ngai";
        world
            .unit("huyen-tra-bong", "UBND huyện Trà Bồng", tra_bong, province)
            .await;
        world
            .unit(
                "xa-tra-bui",
                "UBND xã Trà Bùi",
                commune,
                "units/huyen-tra-bong",
            )
            .await;
        let db = world.db(NAME).await;
        db.migrate::<Migrator>().await.unwrap();
        let service = Indicators::open(db.clone(), world.access()).await.unwrap();
        let peer = world.peer(service.routes());
        let reform = Self {
            receiver: world.person("chuyen-vien", "receiver", "so-tttt").await,
            reporter: world.person("can-bo", "reporter", "tinh-quang-ngai").await,
            viewer: world.person("lanh-dao", "viewer", "tinh-quang-ngai").await,
            totals: AggregationServiceClient::new(peer.clone()),
            values: ValueServiceClient::new(peer.clone()),
            indicators: IndicatorServiceClient::new(peer.clone()),
            targets: TargetServiceClient::new(peer.clone()),
            rules: ValidationRuleServiceClient::new(peer),
            world,
            db,
        };
        reform.happens("nq-1677", &LINKS).await;
        reform.arrives().await;
        reform
    }

    /// Applies the reorganisation of Minh Long and Trà Bồng.
    pub(crate) async fn happens(&self, id: &str, links: &[(&str, &str, &str)]) {
        let unit = |id: &str| (!id.is_empty()).then(|| format!("units/{id}"));
        let links = links.iter().map(|(from, to, share)| dir::LineageLink {
            predecessor_unit: unit(from).unwrap(),
            successor_unit: unit(to).unwrap_or_default(),
            share: (*share).into(),
        });
        let new = [
            ("xa-minh-long", "UBND xã Minh Long"),
            ("xa-son-mai", "UBND xã Sơn Mai"),
            ("xa-tra-giang", "UBND xã Trà Giang"),
            ("xa-ca-dam", "UBND xã Cà Đam"),
        ];
        let new_unit = |(id, name): (&str, &str)| dir::NewUnit {
            unit_id: id.into(),
            display_name: name.into(),
            kind: UnitKind::Commune.into(),
            parent_unit: "units/tinh-quang-ngai".into(),
            ..Default::default()
        };
        let create = dir::CreateReorganizationRequest {
            reorganization_id: id.into(),
            reorganization: Some(dir::Reorganization {
                kind: dir::ReorganizationKind::Merge.into(),
                decision_number: "1677/NQ-UBTVQH15".into(),
                effective_date: "2025-07-01".into(),
                source: "Nghị quyết".into(),
                links: links.collect(),
                new_units: new.map(new_unit).into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let admin = &self.world.administrator;
        let mut acts = ReorganizationServiceClient::new(self.world.directory());
        let created = acts.create_reorganization(admin.ask(create)).await.unwrap();
        let apply = dir::ApplyReorganizationRequest {
            name: format!("reorganizations/{id}"),
            etag: created.into_inner().etag,
            ..Default::default()
        };
        acts.apply_reorganization(admin.ask(apply)).await.unwrap();
    }

    /// Waits until the copy of the units has the newest of them: the feed tells it within
    /// half a second.
    async fn arrives(&self) {
        for _ in 0..200 {
            let ask = ask("chung-thu-so", "xa-minh-long", &["2025-h2"]);
            match self.try_ask(ask).await {
                Err(status) if status.message().contains("units/xa-minh-long") => {}
                Err(status) if status.code() == tonic::Code::PermissionDenied => {}
                _ => return,
            }
            tokio::time::sleep(std::time::Duration::from_millis(25)).await;
        }
        panic!("the new communes have not arrived");
    }

    /// Defines an indicator and publishes it for all years.
    pub(crate) async fn define(&self, id: &str, indicator: pb::Indicator) {
        let create = pb::CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: id.into(),
            ..Default::default()
        };
        let mut indicators = self.indicators.clone();
        let created = indicators.create_indicator(self.receiver.ask(create)).await;
        let publish = pb::PublishIndicatorRequest {
            name: format!("indicators/{id}"),
            first_period: "2022".into(),
            change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
            etag: created.unwrap().into_inner().etag,
            ..Default::default()
        };
        let publish = self.receiver.ask(publish);
        indicators.publish_indicator(publish).await.unwrap();
    }

    /// Enters the figure of a unit.
    pub(crate) async fn enter(
        &self,
        indicator: &str,
        unit: &str,
        period: &str,
        quantity: shared::Quantity,
    ) {
        let upsert = pb::UpsertIndicatorValuesRequest {
            unit: format!("units/{unit}"),
            period: period.into(),
            items: vec![item(indicator, quantity)],
            ..Default::default()
        };
        let upsert = self.reporter.ask(upsert);
        let answer = self.values.clone().upsert_indicator_values(upsert).await;
        let result = answer.unwrap().into_inner().results.remove(0);
        let written = [Disposition::Created, Disposition::Updated];
        assert!(written.contains(&result.disposition()), "{result:?}");
    }

    pub(crate) async fn try_ask(
        &self,
        ask: pb::AggregateValuesRequest,
    ) -> Result<pb::AggregateValuesResponse, Status> {
        let ask = self.viewer.ask(ask);
        let answer = self.totals.clone().aggregate_values(ask).await;
        Ok(answer?.into_inner())
    }

    pub(crate) async fn ask(&self, ask: pb::AggregateValuesRequest) -> pb::AggregateValuesResponse {
        self.try_ask(ask).await.unwrap()
    }

    /// Asks for one total.
    pub(crate) async fn total(&self, ask: pb::AggregateValuesRequest) -> pb::AggregateCell {
        let mut answer = self.ask(ask).await;
        assert_eq!(answer.rows.len(), 1);
        answer.rows.remove(0).cells.remove(0)
    }
}

/// Which unit leads to which on 1 July 2025.
pub(crate) const LINKS: [(&str, &str, &str); 10] = [
    ("xa-long-hiep", "xa-minh-long", "1"),
    ("xa-thanh-an", "xa-minh-long", "1"),
    ("xa-long-mon", "xa-minh-long", "1"),
    ("xa-long-mai", "xa-son-mai", "1"),
    ("xa-long-son", "xa-son-mai", "1"),
    ("xa-tra-bui", "xa-tra-giang", ""),
    ("xa-tra-bui", "xa-ca-dam", ""),
    ("huyen-minh-long", "xa-minh-long", ""),
    ("huyen-minh-long", "xa-son-mai", ""),
    ("huyen-tra-bong", "", ""),
];

/// What the communes reported for 2024, with Trà Bùi last.
pub(crate) const OF_2024: [(&str, i64); 6] = [
    ("xa-long-hiep", 61),
    ("xa-thanh-an", 34),
    ("xa-long-mon", 13),
    ("xa-long-mai", 27),
    ("xa-long-son", 21),
    ("xa-tra-bui", 40),
];

/// Asks for the total of the communes below a unit.
pub(crate) fn ask(indicator: &str, scope: &str, periods: &[&str]) -> pb::AggregateValuesRequest {
    pb::AggregateValuesRequest {
        indicators: vec![format!("indicators/{indicator}")],
        scope_unit: format!("units/{scope}"),
        unit_kinds: COMMUNES.map(i32::from).into(),
        periods: periods.iter().map(|it| (*it).into()).collect(),
        ..Default::default()
    }
}

pub(crate) fn as_now(ask: pb::AggregateValuesRequest) -> pb::AggregateValuesRequest {
    pb::AggregateValuesRequest {
        view: pb::AggregateView::AsNow.into(),
        ..ask
    }
}

pub(crate) fn as_of(date: &str, ask: pb::AggregateValuesRequest) -> pb::AggregateValuesRequest {
    pb::AggregateValuesRequest {
        view: pb::AggregateView::AsOf.into(),
        as_of_date: date.into(),
        ..ask
    }
}

/// An indicator of the period alone, which adds up over units and periods.
pub(crate) fn in_period(name: &str, kind: pb::ValueKind) -> pb::Indicator {
    let sum = definition(name, kind);
    pb::Indicator {
        accumulation: pb::Accumulation::InPeriod.into(),
        period_aggregation: sum.unit_aggregation,
        ..sum
    }
}

/// A total as it is printed, or a dash.
pub(crate) fn shown(cell: &pb::AggregateCell) -> String {
    let quantity = cell.quantity.as_ref();
    quantity.map_or_else(|| "–".into(), |it| it.text_vi.clone())
}

/// Expected, counted and missing units of a total.
pub(crate) fn covered(cell: &pb::AggregateCell) -> (i32, i32, i32) {
    let coverage = cell.coverage.as_ref().unwrap();
    (
        coverage.expected_count,
        coverage.counted_count,
        coverage.missing_count,
    )
}
