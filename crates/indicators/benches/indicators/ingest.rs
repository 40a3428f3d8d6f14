//! Figures over one stream, with everything that belongs to them: the right asked for,
//! judged by the definition that counts, kept with their history, entered into the ledger,
//! recorded for a sender who asks again, and committed before they are acknowledged.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use proto::{
    indicators::{
        self as pb, ingest_values_request::Frame as Asked, ingest_values_response::Frame as Told,
        value_service_client::ValueServiceClient,
    },
    shared::Disposition,
};
use serde_json::json;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, transport::Channel};

use crate::{
    RUNS,
    figures::{self, INDICATORS},
    floor::Floor,
    median,
    server::{Database, Process, UNITS},
    share, tell,
};

const MONTHS: usize = 10;
const BATCH: usize = 2_000;

/// In which order a system sends.
#[derive(Clone, Copy)]
enum Order {
    /// All indicators of a unit and month, then those of the next.
    BySheet,
    /// All units and months of an indicator, then those of the next.
    ByIndicator,
}

#[derive(Default)]
struct Measured {
    rates: Vec<f64>,
    floors: Vec<f64>,
    acks: Vec<f64>,
}

pub(crate) async fn measure(database: &Database) {
    let process = Process::start(database);
    let mut floor = Floor::open(database, &process.url).await;
    let passes = [
        "ingest of new figures over one stream",
        "ingest of changed figures over one stream",
    ];
    let mut year = 2_022;
    for (order, told) in [
        (Order::BySheet, "by unit and month"),
        (Order::ByIndicator, "by indicator"),
    ] {
        let mut measured = [Measured::default(), Measured::default()];
        for run in 0..=RUNS {
            for (pass, measured) in (0..).zip(&mut measured) {
                let batches = batches(order, year, pass);
                let disposition = match pass {
                    0 => Disposition::Created,
                    _ => Disposition::Updated,
                };
                let (rate, acks) = send(&process, batches, disposition).await;
                let bare = floor.merge(year).await;
                // The first run warms up.
                if run > 0 {
                    measured.rates.push(rate);
                    measured.acks.extend(acks);
                    measured.floors.push(bare);
                }
            }
            year += 1;
        }
        for (what, it) in passes.iter().zip(&measured) {
            let (rate, bare) = (median(&it.rates), median(&it.floors));
            tell(json!({
                "what": what, "database": database.name, "order": told,
                "n": UNITS * INDICATORS * MONTHS, "items_per_batch": BATCH,
                "values_per_second": rate.round(),
                "runs": it.rates.iter().map(|it| it.round()).collect::<Vec<_>>(),
                "ack_p50_ms": (median(&it.acks) * 10.0).round() / 10.0,
                "ack_p99_ms": (share(&it.acks, 0.99) * 10.0).round() / 10.0,
                "floor": floor.what(),
                "floor_values_per_second": bare.round(),
                "of_floor": (rate / bare * 1000.0).round() / 1000.0,
                "aim": "50.000 values/s or half the floor, whichever is lower",
            }));
        }
    }
}

/// Cuts a year of figures into batches.
fn batches(order: Order, year: usize, pass: i64) -> Vec<pb::IngestBatch> {
    let months: Vec<_> = (1..=MONTHS).map(|it| format!("{year}-m{it:02}")).collect();
    let mut items = Vec::new();
    match order {
        Order::BySheet => {
            for unit in 0..UNITS {
                for month in &months {
                    items.extend((0..INDICATORS).map(|it| figures::item(unit, month, it, pass)));
                }
            }
        }
        Order::ByIndicator => {
            for indicator in 0..INDICATORS {
                for month in &months {
                    let units = 0..UNITS;
                    items.extend(units.map(|it| figures::item(it, month, indicator, pass)));
                }
            }
        }
    }
    let cut = items.chunks(BATCH).zip((0..).step_by(BATCH));
    let cut = cut.map(|(some, offset)| pb::IngestBatch {
        offset,
        items: some.to_vec(),
    });
    cut.collect()
}

/// Sends batches as far as the credit goes until all are acknowledged; returns how many
/// values a second, and after how many milliseconds each batch was acknowledged.
async fn send(
    process: &Process,
    batches: Vec<pb::IngestBatch>,
    disposition: Disposition,
) -> (f64, Vec<f64>) {
    let channel = Channel::from_shared(process.address.clone()).unwrap();
    let channel = channel.connect().await.unwrap();
    let (frames, sent) = mpsc::channel(8);
    let open = pb::IngestOpen {
        session_id: uuid::Uuid::now_v7().to_string(),
        source_system: "sourceSystems/mot-cua".into(),
        scope_unit: "units/huyen-minh-long".into(),
        validate_only: false,
    };
    frames.send(frame(Asked::Open(open))).await.unwrap();
    let mut ask = Request::new(ReceiverStream::new(sent));
    let bearer = format!("Bearer {}", process.token).parse().unwrap();
    ask.metadata_mut().insert("authorization", bearer);
    let mut values = ValueServiceClient::new(channel).max_decoding_message_size(16 << 20);
    let mut answers = values.ingest_values(ask).await.unwrap().into_inner();
    let Some(Told::Ready(ready)) = answers.message().await.unwrap().unwrap().frame else {
        panic!("a session opens with `ready`");
    };
    let credit = usize::try_from(ready.credit).unwrap();
    let total: usize = batches.iter().map(|it| it.items.len()).sum();
    let mut batches = VecDeque::from(batches);
    let (mut free, mut waiting) = (credit, VecDeque::new());
    let (mut acks, mut acknowledged) = (Vec::new(), 0);
    let started = Instant::now();
    while acknowledged < total {
        while batches.front().is_some_and(|it| it.items.len() <= free) {
            let batch = batches.pop_front().unwrap();
            free -= batch.items.len();
            waiting.push_back(Instant::now());
            frames.send(frame(Asked::Batch(batch))).await.unwrap();
        }
        let Some(Told::Ack(ack)) = answers.message().await.unwrap().unwrap().frame else {
            panic!("a batch is acknowledged");
        };
        let wrong = ack
            .results
            .iter()
            .find(|it| it.disposition() != disposition);
        assert_eq!(wrong, None);
        acks.push(milliseconds(waiting.pop_front().unwrap().elapsed()));
        acknowledged += ack.results.len();
        free += ack.results.len();
    }
    (total as f64 / started.elapsed().as_secs_f64(), acks)
}

fn frame(asked: Asked) -> pb::IngestValuesRequest {
    pb::IngestValuesRequest { frame: Some(asked) }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
