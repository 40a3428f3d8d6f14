//! The province on the morning of the reports: its department defines what is counted,
//! Minh Long enters its figures.

use indicators::{Indicators, Migrator, NAME};
use kit::{Db, Peer};
use proto::{
    indicators::{
        self as pb, indicator_service_client::IndicatorServiceClient,
        scorecard_service_client::ScorecardServiceClient,
        source_system_service_client::SourceSystemServiceClient,
        target_service_client::TargetServiceClient,
        validation_rule_service_client::ValidationRuleServiceClient,
        value_lock_service_client::ValueLockServiceClient,
        value_service_client::ValueServiceClient,
    },
    shared::{self, Disposition},
};
use testkit::{Person, World};
use tonic::Status;
use tonic_types::StatusExt;

pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) db: Db,
    /// Defines indicators for the department.
    pub(crate) receiver: Person,
    /// Enters the figures of Minh Long.
    pub(crate) reporter: Person,
    pub(crate) indicators: IndicatorServiceClient<Peer>,
    pub(crate) values: ValueServiceClient<Peer>,
    pub(crate) targets: TargetServiceClient<Peer>,
    pub(crate) rules: ValidationRuleServiceClient<Peer>,
    pub(crate) sources: SourceSystemServiceClient<Peer>,
    pub(crate) scores: ScorecardServiceClient<Peer>,
    /// Past the gate, as the service that carries reports reaches it.
    pub(crate) locks: ValueLockServiceClient<Peer>,
    /// All of it behind the gate, as everybody reaches it.
    pub(crate) peer: Peer,
}

impl Story {
    pub(crate) async fn begins() -> Self {
        let world = World::new().await;
        let db = world.db(NAME).await;
        db.migrate::<Migrator>().await.unwrap();
        let service = Indicators::open(db.clone(), world.access()).await.unwrap();
        let peer = world.peer(service.routes());
        Self {
            receiver: world.person("chuyen-vien", "receiver", "so-tttt").await,
            reporter: world.person("can-bo", "reporter", "huyen-minh-long").await,
            indicators: IndicatorServiceClient::new(peer.clone()),
            values: ValueServiceClient::new(peer.clone()),
            targets: TargetServiceClient::new(peer.clone()),
            rules: ValidationRuleServiceClient::new(peer.clone()),
            sources: SourceSystemServiceClient::new(peer.clone()),
            scores: ScorecardServiceClient::new(peer.clone()),
            locks: ValueLockServiceClient::new(Peer::local(service.routes())),
            peer,
            world,
            db,
        }
    }

    /// Defines the indicators of the report of Minh Long, and publishes them.
    pub(crate) async fn of_minh_long() -> Self {
        let story = Self::begins().await;
        let seed = [
            (
                "ty-le-van-ban-dien-tu",
                "Tỷ lệ văn bản trao đổi điện tử",
                pb::ValueKind::Ratio,
            ),
            ("chung-thu-so", "Chứng thư số đã cấp", pb::ValueKind::Count),
            (
                "ty-le-ho-so-truc-tuyen",
                "Tỷ lệ hồ sơ trực tuyến",
                pb::ValueKind::Ratio,
            ),
            (
                "ho-so-da-giai-quyet",
                "Hồ sơ đã giải quyết",
                pb::ValueKind::Count,
            ),
        ];
        for (id, display_name, kind) in seed {
            story.define(id, display_name, kind).await.unwrap();
        }
        story
    }

    pub(crate) async fn define(
        &self,
        id: &str,
        display_name: &str,
        kind: pb::ValueKind,
    ) -> Result<pb::Indicator, Status> {
        let create = pb::CreateIndicatorRequest {
            indicator: Some(definition(display_name, kind)),
            indicator_id: id.into(),
            ..Default::default()
        };
        let created = self.create(&self.receiver, create).await?;
        self.publish(id, "2022").await?;
        Ok(created)
    }

    /// Registers a system, with a machine that may write figures of Minh Long.
    pub(crate) async fn connect(&self, id: &str) -> Person {
        let machine = self.world.machine(id, "connector", "huyen-minh-long").await;
        self.register(id, &machine).await;
        machine
    }

    /// Registers a system whose figures a machine sends.
    pub(crate) async fn register(&self, id: &str, machine: &Person) {
        let create = pb::CreateSourceSystemRequest {
            source_system: Some(pb::SourceSystem {
                display_name: "Phần mềm một cửa điện tử".into(),
                owner_unit: "units/so-tttt".into(),
                connector: machine.name.clone(),
                ..Default::default()
            }),
            source_system_id: id.into(),
            ..Default::default()
        };
        let asked = self.receiver.ask(create);
        let created = self.sources.clone().create_source_system(asked).await;
        created.unwrap();
    }

    /// Publishes what is written of an indicator.
    pub(crate) async fn publish(
        &self,
        id: &str,
        first_period: &str,
    ) -> Result<pb::IndicatorRevision, Status> {
        let publish = pb::PublishIndicatorRequest {
            name: format!("indicators/{id}"),
            first_period: first_period.into(),
            change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
            etag: self.next(id).await?.etag,
            ..Default::default()
        };
        let asked = self.receiver.ask(publish);
        Ok(self
            .indicators
            .clone()
            .publish_indicator(asked)
            .await?
            .into_inner())
    }

    /// Reads an indicator as it will be published next.
    pub(crate) async fn next(&self, id: &str) -> Result<pb::Indicator, Status> {
        self.read(id, pb::IndicatorView::Next, "").await
    }

    pub(crate) async fn read(
        &self,
        id: &str,
        view: pb::IndicatorView,
        period: &str,
    ) -> Result<pb::Indicator, Status> {
        let get = pb::GetIndicatorRequest {
            name: format!("indicators/{id}"),
            view: view.into(),
            period: period.into(),
        };
        let asked = self.reporter.ask(get);
        Ok(self
            .indicators
            .clone()
            .get_indicator(asked)
            .await?
            .into_inner())
    }

    /// Adds a definition and publishes it.
    pub(crate) async fn publish_new(
        &self,
        id: &str,
        indicator: pb::Indicator,
    ) -> Result<pb::IndicatorRevision, Status> {
        let create = pb::CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: id.into(),
            ..Default::default()
        };
        self.create(&self.receiver, create).await?;
        self.publish(id, "2022").await
    }

    pub(crate) async fn create(
        &self,
        person: &Person,
        create: pb::CreateIndicatorRequest,
    ) -> Result<pb::Indicator, Status> {
        let answer = self
            .indicators
            .clone()
            .create_indicator(person.ask(create))
            .await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn upsert(
        &self,
        person: &Person,
        upsert: pb::UpsertIndicatorValuesRequest,
    ) -> Result<Vec<shared::ItemResult>, Status> {
        let answer = self
            .values
            .clone()
            .upsert_indicator_values(person.ask(upsert))
            .await?;
        Ok(answer.into_inner().results)
    }

    /// Defines an indicator that counts in its own way.
    pub(crate) async fn define_as(
        &self,
        id: &str,
        kind: pb::ValueKind,
        accumulation: pb::Accumulation,
    ) {
        let create = pb::CreateIndicatorRequest {
            indicator: Some(pb::Indicator {
                accumulation: accumulation.into(),
                ..definition(id, kind)
            }),
            indicator_id: id.into(),
            ..Default::default()
        };
        self.create(&self.receiver, create).await.unwrap();
        self.publish(id, "2017").await.unwrap();
    }

    /// Enters one figure of Minh Long for a period.
    pub(crate) async fn enter_for(&self, period: &str, item: pb::ValueItem) -> shared::ItemResult {
        let upsert = pb::UpsertIndicatorValuesRequest {
            period: period.into(),
            ..minh_long(vec![item])
        };
        self.upsert(&self.reporter, upsert).await.unwrap().remove(0)
    }

    /// Returns what a person should look at in the figures of Minh Long.
    pub(crate) async fn look_at(
        &self,
        period: &str,
        indicators: &[&str],
    ) -> pb::ValidateValuesResponse {
        let validate = pb::ValidateValuesRequest {
            unit: "units/huyen-minh-long".into(),
            period: period.into(),
            indicators: indicators
                .iter()
                .map(|it| format!("indicators/{it}"))
                .collect(),
        };
        let ask = self.reporter.ask(validate);
        self.values
            .clone()
            .validate_values(ask)
            .await
            .unwrap()
            .into_inner()
    }

    /// Enters figures of Minh Long for the first half of 2022.
    pub(crate) async fn enter(&self, items: Vec<pb::ValueItem>) -> Vec<shared::ItemResult> {
        self.upsert(&self.reporter, minh_long(items)).await.unwrap()
    }

    pub(crate) async fn value(
        &self,
        person: &Person,
        indicator: &str,
    ) -> Result<pb::IndicatorValue, Status> {
        let get = pb::GetIndicatorValueRequest {
            name: value_name(indicator),
        };
        let answer = self
            .values
            .clone()
            .get_indicator_value(person.ask(get))
            .await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn history(
        &self,
        person: &Person,
        list: pb::ListIndicatorValueRevisionsRequest,
    ) -> Result<pb::ListIndicatorValueRevisionsResponse, Status> {
        let answer = self
            .values
            .clone()
            .list_indicator_value_revisions(person.ask(list))
            .await?;
        Ok(answer.into_inner())
    }

    pub(crate) async fn sheet(
        &self,
        person: &Person,
        list: pb::ListIndicatorValuesRequest,
    ) -> Result<pb::ListIndicatorValuesResponse, Status> {
        let answer = self
            .values
            .clone()
            .list_indicator_values(person.ask(list))
            .await?;
        Ok(answer.into_inner())
    }
}

/// A definition whose figures add up in the way of their kind.
pub(crate) fn definition(display_name: &str, kind: pb::ValueKind) -> pb::Indicator {
    let rule = match kind {
        pb::ValueKind::Ratio => pb::Aggregation::RatioOfSums,
        pb::ValueKind::Flag => pb::Aggregation::CountTrue,
        pb::ValueKind::Choice => pb::Aggregation::None,
        _ => pb::Aggregation::Sum,
    };
    pb::Indicator {
        display_name: display_name.into(),
        value_kind: kind.into(),
        accumulation: pb::Accumulation::YearToDate.into(),
        unit_aggregation: rule.into(),
        period_aggregation: pb::Aggregation::Latest.into(),
        owner_unit: "units/so-tttt".into(),
        ..Default::default()
    }
}

/// A definition that is computed by a formula.
pub(crate) fn derived(kind: pb::ValueKind, formula: &str) -> pb::Indicator {
    pb::Indicator {
        collection_mode: pb::CollectionMode::Derived.into(),
        formula: formula.into(),
        ..definition("Tính từ chỉ tiêu khác", kind)
    }
}

pub(crate) fn minh_long(items: Vec<pb::ValueItem>) -> pb::UpsertIndicatorValuesRequest {
    pb::UpsertIndicatorValuesRequest {
        unit: "units/huyen-minh-long".into(),
        period: "2022-h1".into(),
        items,
        ..Default::default()
    }
}

pub(crate) fn value_name(indicator: &str) -> String {
    format!("indicators/{indicator}/values/huyen-minh-long.2022-h1")
}

pub(crate) fn item(indicator: &str, quantity: shared::Quantity) -> pb::ValueItem {
    pb::ValueItem {
        indicator: format!("indicators/{indicator}"),
        quantity: Some(quantity),
        ..Default::default()
    }
}

pub(crate) fn count(count: i64) -> shared::Quantity {
    shared::Quantity {
        value: Some(shared::quantity::Value::Count(count)),
        ..Default::default()
    }
}

pub(crate) fn stated(percent: &str) -> shared::Quantity {
    share("", "", percent)
}

pub(crate) fn share(numerator: &str, denominator: &str, stated_percent: &str) -> shared::Quantity {
    let ratio = shared::Ratio {
        numerator: numerator.into(),
        denominator: denominator.into(),
        stated_percent: stated_percent.into(),
        ..Default::default()
    };
    shared::Quantity {
        value: Some(shared::quantity::Value::Ratio(ratio)),
        ..Default::default()
    }
}

/// A part of a figure.
pub(crate) fn part(indicator: &str, breakdown: &str, quantity: shared::Quantity) -> pb::ValueItem {
    pb::ValueItem {
        breakdown: breakdown.into(),
        ..item(indicator, quantity)
    }
}

pub(crate) fn not_arisen() -> shared::Quantity {
    shared::Quantity {
        absence: shared::Absence::NotArisen.into(),
        ..Default::default()
    }
}

/// The stable reason of a refusal.
pub(crate) fn reason(status: &Status) -> String {
    status
        .get_error_details()
        .error_info()
        .unwrap()
        .reason
        .clone()
}

/// The bad fields of a refusal, each with its reason.
pub(crate) fn fields(status: &Status) -> Vec<(String, String)> {
    let details = status.get_error_details();
    let bad = details.bad_request().unwrap().field_violations.iter();
    bad.map(|it| {
        let vietnamese = it.localized_message.as_ref().unwrap();
        assert!(!it.description.is_empty() && !vietnamese.message.is_empty());
        (it.field.clone(), it.reason.clone())
    })
    .collect()
}

pub(crate) fn codes(result: &shared::ItemResult) -> Vec<&str> {
    result.issues.iter().map(|it| it.code.as_str()).collect()
}

pub(crate) fn dispositions(results: &[shared::ItemResult]) -> Vec<Disposition> {
    results
        .iter()
        .map(shared::ItemResult::disposition)
        .collect()
}

pub(crate) fn whole_sheet() -> pb::ListIndicatorValuesRequest {
    pb::ListIndicatorValuesRequest {
        unit: "units/huyen-minh-long".into(),
        period: "2022-h1".into(),
        ..Default::default()
    }
}

pub(crate) fn whole_history(indicator: &str) -> pb::ListIndicatorValueRevisionsRequest {
    pb::ListIndicatorValueRevisionsRequest {
        parent: value_name(indicator),
        ..Default::default()
    }
}
