//! Figures on the stage: defining them, entering them, reading them.

use proto::{
    indicators::{
        self as ind, indicator_service_client::IndicatorServiceClient,
        value_service_client::ValueServiceClient,
    },
    shared::{Quantity, quantity::Value},
};
use testkit::Person;

use super::Stage;

impl Stage {
    /// Sets one figure of a unit, and a part of it, which no report cites as the whole.
    pub(crate) async fn set(&self, person: &Person, unit: &str, indicator: &str, value: Value) {
        let result = self.try_set(person, unit, indicator, value).await;
        assert_ne!(
            result.disposition(),
            proto::shared::Disposition::Rejected,
            "{result:?}"
        );
    }

    /// Does the same, and returns what became of the figure.
    pub(crate) async fn try_set(
        &self,
        person: &Person,
        unit: &str,
        indicator: &str,
        value: Value,
    ) -> proto::shared::ItemResult {
        let item = |value, breakdown: &str| ind::ValueItem {
            indicator: format!("indicators/{indicator}"),
            quantity: Some(Quantity {
                value: Some(value),
                ..Default::default()
            }),
            breakdown: breakdown.into(),
            // Only asked for when the figure was submitted once.
            reason: "Rà soát lại với cấp xã".into(),
            ..Default::default()
        };
        let part = match &value {
            Value::Count(_) => Value::Count(1),
            other => other.clone(),
        };
        let upsert = ind::UpsertIndicatorValuesRequest {
            unit: format!("units/{unit}"),
            period: "2022-h1".into(),
            items: vec![item(value, ""), item(part, "gioi-nu")],
            ..Default::default()
        };
        let mut values = ValueServiceClient::new(self.indicators.clone());
        let answer = values
            .upsert_indicator_values(person.ask(upsert))
            .await
            .unwrap();
        answer.into_inner().results.remove(0)
    }

    /// Sets the certificates of Minh Long, and returns why that is refused.
    pub(crate) async fn certificates(&self, count: i64) -> String {
        let value = Value::Count(count);
        let set = self.try_set(&self.reporter, "huyen-minh-long", "chung-thu-so", value);
        let issues = set.await.issues;
        issues
            .first()
            .map_or_else(String::new, |it| it.code.clone())
    }

    /// Reads a figure of Minh Long.
    pub(crate) async fn figure(&self, indicator: &str) -> ind::IndicatorValue {
        let get = ind::GetIndicatorValueRequest {
            name: format!("indicators/{indicator}/values/huyen-minh-long.2022-h1"),
        };
        let mut values = ValueServiceClient::new(self.indicators.clone());
        let answer = values.get_indicator_value(self.reporter.ask(get)).await;
        answer.unwrap().into_inner()
    }

    /// Defines an indicator and publishes it.
    pub(crate) async fn define(&self, id: &str, indicator: ind::Indicator) {
        let mut definitions = IndicatorServiceClient::new(self.indicators.clone());
        let create = ind::CreateIndicatorRequest {
            indicator: Some(indicator),
            indicator_id: id.into(),
            ..Default::default()
        };
        let created = definitions
            .create_indicator(self.receiver.ask(create))
            .await;
        self.publish(created.unwrap().into_inner(), "2022").await;
    }

    /// Publishes what is written of an indicator.
    pub(crate) async fn publish(&self, indicator: ind::Indicator, first_period: &str) {
        let mut definitions = IndicatorServiceClient::new(self.indicators.clone());
        let publish = ind::PublishIndicatorRequest {
            name: indicator.name,
            first_period: first_period.into(),
            change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
            etag: indicator.etag,
            ..Default::default()
        };
        let published = definitions
            .publish_indicator(self.receiver.ask(publish))
            .await;
        published.unwrap();
    }
}
