//! What is measured in the measurement: indicators of every kind, and their figures.

use kit::Peer;
use proto::{
    indicators::{
        self as pb, indicator_service_client::IndicatorServiceClient,
        source_system_service_client::SourceSystemServiceClient,
    },
    shared::{Absence, Quantity, Ratio, quantity::Value},
};
use testkit::{Person, World};

/// Indicators that have figures; of each eight three are counts, and there is one of each
/// other kind that is entered.
pub(crate) const INDICATORS: usize = 48;
const KINDS: [pb::ValueKind; 8] = [
    pb::ValueKind::Count,
    pb::ValueKind::Count,
    pb::ValueKind::Count,
    pb::ValueKind::Ratio,
    pb::ValueKind::Decimal,
    pb::ValueKind::AmountVnd,
    pb::ValueKind::Flag,
    pb::ValueKind::Choice,
];
const CHOICES: [&str; 3] = ["Mức độ 2", "Mức độ 3", "Mức độ 4"];

pub(crate) fn unit(number: usize) -> String {
    format!("xa-{number:03}")
}

fn indicator(number: usize) -> String {
    format!("chi-tieu-{number:02}")
}

/// Registers the system that sends, and returns its machine.
pub(crate) async fn connect(world: &World, peer: &Peer) -> Person {
    let machine = world
        .machine("mot-cua", "connector", "huyen-minh-long")
        .await;
    let receiver = world.person("quan-tri", "receiver", "so-tttt").await;
    let create = pb::CreateSourceSystemRequest {
        source_system: Some(pb::SourceSystem {
            display_name: "Phần mềm một cửa điện tử".into(),
            owner_unit: "units/so-tttt".into(),
            connector: machine.name.clone(),
            ..Default::default()
        }),
        source_system_id: "mot-cua".into(),
        ..Default::default()
    };
    let mut systems = SourceSystemServiceClient::new(peer.clone());
    let created = systems.create_source_system(receiver.ask(create)).await;
    created.unwrap();
    machine
}

/// Defines and publishes the indicators.
pub(crate) async fn define(world: &World, peer: &Peer) {
    let receiver = world.person("chuyen-vien", "receiver", "so-tttt").await;
    let mut indicators = IndicatorServiceClient::new(peer.clone());
    for number in 0..INDICATORS {
        let kind = KINDS[number % KINDS.len()];
        let across = match kind {
            pb::ValueKind::Ratio => pb::Aggregation::RatioOfSums,
            pb::ValueKind::Flag => pb::Aggregation::CountTrue,
            pb::ValueKind::Choice => pb::Aggregation::None,
            _ => pb::Aggregation::Sum,
        };
        let choices = CHOICES.map(Into::into).to_vec();
        let create = pb::CreateIndicatorRequest {
            indicator: Some(pb::Indicator {
                display_name: format!("Chỉ tiêu {number}"),
                value_kind: kind.into(),
                accumulation: pb::Accumulation::InPeriod.into(),
                unit_aggregation: across.into(),
                period_aggregation: pb::Aggregation::Latest.into(),
                owner_unit: "units/so-tttt".into(),
                choices: if kind == pb::ValueKind::Choice {
                    choices
                } else {
                    Vec::new()
                },
                ..Default::default()
            }),
            indicator_id: indicator(number),
            ..Default::default()
        };
        let created = indicators.create_indicator(receiver.ask(create)).await;
        let created = created.unwrap().into_inner();
        let publish = pb::PublishIndicatorRequest {
            name: created.name,
            first_period: "2022".into(),
            change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
            etag: created.etag,
            ..Default::default()
        };
        let published = indicators.publish_indicator(receiver.ask(publish)).await;
        published.unwrap();
    }
}

/// One figure as it is sent; every pass says something else.
pub(crate) fn item(unit_number: usize, period: &str, number: usize, pass: i64) -> pb::ValueItem {
    let whole = i64::try_from(unit_number * 1_000 + number).unwrap() + 7 + pass * 3;
    let value = match KINDS[number % KINDS.len()] {
        pb::ValueKind::Ratio => Value::Ratio(Ratio {
            numerator: whole.to_string(),
            denominator: (whole + 392).to_string(),
            ..Default::default()
        }),
        pb::ValueKind::Decimal => Value::Decimal(format!("{whole}.{:02}", pass + 25)),
        pb::ValueKind::AmountVnd => Value::AmountVnd(whole * 1_000_000),
        pb::ValueKind::Flag => Value::Flag(pass % 2 == 0),
        pb::ValueKind::Choice => Value::Choice(CHOICES[(pass % 3) as usize].into()),
        _ => Value::Count(whole),
    };
    // Here and there a figure is not there, with the reason.
    let absence = match (number + unit_number) % 29 {
        0 if pass % 2 == 0 => Absence::NotArisen,
        0 => Absence::NotCollected,
        _ => Absence::Unspecified,
    };
    let is_there = absence == Absence::Unspecified;
    pb::ValueItem {
        indicator: format!("indicators/{}", indicator(number)),
        unit: format!("units/{}", unit(unit_number)),
        period: period.into(),
        quantity: Some(Quantity {
            value: is_there.then_some(value),
            absence: absence.into(),
            ..Default::default()
        }),
        ..Default::default()
    }
}
