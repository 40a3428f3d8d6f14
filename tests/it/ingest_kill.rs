//! A server that is killed while another system sends figures: every acknowledged figure
//! is there, none twice, and the sender goes on by itself.

use std::{env, path::Path, time::Duration};

use kit::Peer;
use proto::{
    directory::{CreateUnitRequest, Unit, UnitKind, unit_service_client::UnitServiceClient},
    indicators::{
        self as pb, indicator_service_client::IndicatorServiceClient,
        ingest_values_request::Frame as Asked, ingest_values_response::Frame as Told,
        source_system_service_client::SourceSystemServiceClient,
        value_service_client::ValueServiceClient,
    },
    shared::{Disposition, ItemResult, Quantity, Validity, quantity::Value},
};
use sea_orm::{ConnectionTrait, Database};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use testkit::Person;
use tokio::sync::{mpsc, watch};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Code, Status, transport::Endpoint};

use crate::{
    process::{Service, program},
    rights::{UNIT, arrive, as_bearer, clerk, grant, grant_to},
};

const KILLS: usize = 20;
const INDICATORS: [&str; 4] = ["ho-so", "ho-so-dung-han", "ho-so-truc-tuyen", "phi-le-phi"];
const COMMUNES: [&str; 3] = ["xa-long-hiep", "xa-long-mai", "xa-long-son"];
const MONTHS: usize = 12;
/// Kinds of procedures by which each figure of a month is broken down.
const PARTS: usize = 60;
/// Batches are of many lengths, one after the other.
const BATCHES: [usize; 6] = [100, 37, 250, 1, 112, 73];
/// Batches on the way without an acknowledgement.
const AHEAD: usize = 5;

fn units() -> Vec<String> {
    let communes = COMMUNES.iter().map(|it| format!("units/{it}"));
    communes.chain([UNIT.to_owned()]).collect()
}

/// One figure of each indicator and unit for each of the parts of each month, month by month
/// and unit by unit in turn, so that a batch is about many of them.
fn items() -> Vec<pb::ValueItem> {
    let units = units();
    let count = INDICATORS.len() * units.len() * MONTHS * PARTS;
    let items = (0..count).map(|number| {
        let (rest, month) = (number / MONTHS, number % MONTHS + 1);
        let (rest, unit) = (rest / units.len(), rest % units.len());
        let (part, indicator) = (rest / INDICATORS.len(), rest % INDICATORS.len());
        pb::ValueItem {
            indicator: format!("indicators/{}", INDICATORS[indicator]),
            unit: units[unit].clone(),
            period: format!("2022-m{month:02}"),
            breakdown: format!("thu-tuc-{part:03}"),
            quantity: Some(Quantity {
                value: Some(Value::Count(i64::try_from(number).unwrap())),
                ..Default::default()
            }),
            ..Default::default()
        }
    });
    items.collect()
}

/// The hash of a unit and month as the sender makes it from what it sent.
fn own_hash(items: &[pb::ValueItem], unit: &str, period: &str) -> String {
    let of_sheet = items
        .iter()
        .filter(|it| it.unit == unit && it.period == period);
    let mut lines: Vec<_> = of_sheet
        .map(|it| match &it.quantity.as_ref().unwrap().value {
            Some(Value::Count(count)) => {
                let indicator = it.indicator.trim_start_matches("indicators/");
                format!("{indicator}\t{}\tcount:{count}\tEXACT\t\n", it.breakdown)
            }
            other => panic!("{other:?} was not sent"),
        })
        .collect();
    lines.sort();
    let digest = Sha256::digest(lines.concat());
    digest.iter().map(|it| format!("{it:02x}")).collect()
}

/// Says whether a call failed because the server was not there or went away: it says so
/// itself, or the client found its line broken, which leaves the cause with the status. A
/// status that the server sent has none.
fn is_broken_line(status: &Status) -> bool {
    status.code() == Code::Unavailable || std::error::Error::source(status).is_some()
}

/// A system that sends its figures until all of them are acknowledged.
struct Sender<'a> {
    items: &'a [pb::ValueItem],
    token: &'a str,
    /// Where the server answers now.
    address: watch::Receiver<String>,
    /// What was acknowledged, in order.
    acknowledged: watch::Sender<Vec<ItemResult>>,
}

impl Sender<'_> {
    async fn send_all(&self) -> Vec<ItemResult> {
        while let Err(status) = self.one_line().await {
            // Only a line that broke off is taken up again. What the server says of the
            // figures or the session is an error of ours, and ends the sending.
            assert!(is_broken_line(&status), "the server says: {status:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.acknowledged.borrow().clone()
    }

    async fn one_line(&self) -> Result<(), Status> {
        let address = self.address.borrow().clone();
        let endpoint = Endpoint::from_shared(address).unwrap();
        let channel = endpoint.connect().await;
        let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
        let (frames, sent) = mpsc::channel(100);
        let send = async |frame| {
            let frame = pb::IngestValuesRequest { frame: Some(frame) };
            let sent = frames.send(frame).await;
            sent.map_err(|_| Status::unavailable("the line is closed"))
        };
        send(Asked::Open(pb::IngestOpen {
            session_id: "0d6f7b4c-4f0e-4d3a-9a51-5f8c2f6f8f01".into(),
            source_system: "sourceSystems/mot-cua".into(),
            scope_unit: UNIT.into(),
            validate_only: false,
        }))
        .await?;
        let ask = as_bearer(self.token, ReceiverStream::new(sent));
        let mut values = ValueServiceClient::new(channel);
        let mut answers = values.ingest_values(ask).await?.into_inner();
        let mut told = async || {
            let next = answers.message().await?.and_then(|it| it.frame);
            next.ok_or_else(|| Status::unavailable("the stream is over"))
        };
        let Told::Ready(ready) = told().await? else {
            panic!("a session opens with `ready`");
        };
        // What was committed and never acknowledged is sent once more, to hear of it.
        let known = self.acknowledged.borrow().len();
        assert!(
            usize::try_from(ready.next_offset).unwrap() >= known,
            "an acknowledged item is gone"
        );
        let mut lengths = BATCHES.iter().cycle();
        let mut from = known;
        let mut on_the_way = 0;
        loop {
            while on_the_way < AHEAD
                && from < self.items.len()
                && let Some(length) = lengths.next()
            {
                let to = (from + length).min(self.items.len());
                send(Asked::Batch(pb::IngestBatch {
                    offset: i64::try_from(from).unwrap(),
                    items: self.items[from..to].to_vec(),
                }))
                .await?;
                from = to;
                on_the_way += 1;
            }
            if on_the_way == 0 {
                break;
            }
            let Told::Ack(ack) = told().await? else {
                panic!("a batch is acknowledged");
            };
            on_the_way -= 1;
            self.acknowledged.send_modify(|it| it.extend(ack.results));
        }
        let total_count = i64::try_from(self.items.len()).unwrap();
        send(Asked::Close(pb::IngestClose { total_count })).await?;
        let Told::Summary(summary) = told().await? else {
            panic!("a session ends with a summary");
        };
        assert_eq!(summary.created_count, total_count);
        Ok(())
    }
}

/// Starts the indicators again after each kill.
async fn kill_20_times(
    start: impl Fn() -> Service,
    first: Service,
    address: &watch::Sender<String>,
    mut acknowledged: watch::Receiver<Vec<ItemResult>>,
    total: usize,
) -> Service {
    let mut service = first;
    for kill in 1..=KILLS {
        let enough = |it: &Vec<ItemResult>| it.len() >= total * kill / (KILLS + 1);
        acknowledged.wait_for(enough).await.unwrap();
        // At another moment of a batch each time.
        tokio::time::sleep(Duration::from_millis(u64::try_from(kill).unwrap() * 2)).await;
        // Dropping it is `kill -9`.
        drop(service);
        service = tokio::task::block_in_place(&start);
        address.send_replace(service.address.clone());
    }
    service
}

/// Registers the system that sends; returns the token of its machine.
async fn connector(
    directory: &Peer,
    service: &Service,
    administrator: &str,
    clerk: &str,
) -> String {
    let by = Person {
        name: "users/administrator".into(),
        token: administrator.into(),
    };
    let machine = testkit::machine(directory, &by, "mot-cua", UNIT).await;
    grant_to(&machine.name, directory, administrator, "connector").await;
    let create = pb::CreateSourceSystemRequest {
        source_system: Some(pb::SourceSystem {
            display_name: "Phần mềm một cửa điện tử".into(),
            owner_unit: UNIT.into(),
            connector: machine.name,
            ..Default::default()
        }),
        source_system_id: "mot-cua".into(),
        ..Default::default()
    };
    let service = Peer::remote(&service.address).unwrap();
    let mut systems = SourceSystemServiceClient::new(service);
    let created = systems.create_source_system(as_bearer(clerk, create)).await;
    created.unwrap();
    machine.token
}

/// Adds a commune of Minh Long.
async fn below_minh_long(directory: &Peer, administrator: &str, id: &str) {
    let create = CreateUnitRequest {
        unit: Some(Unit {
            display_name: format!("UBND {id}"),
            kind: UnitKind::Commune.into(),
            parent_unit: UNIT.into(),
            validity: Some(Validity {
                start_date: "2022-01-01".into(),
                end_date: String::new(),
            }),
            ..Default::default()
        }),
        unit_id: id.into(),
        ..Default::default()
    };
    let mut units = UnitServiceClient::new(directory.clone());
    let created = units.create_unit(as_bearer(administrator, create)).await;
    created.unwrap();
}

/// Defines an indicator whose figures the one-stop software sends.
async fn define(service: &Service, token: &str, id: &str) {
    let indicator = pb::Indicator {
        display_name: id.into(),
        collection_mode: pb::CollectionMode::Ingested.into(),
        source_system: "sourceSystems/mot-cua".into(),
        value_kind: pb::ValueKind::Count.into(),
        accumulation: pb::Accumulation::InPeriod.into(),
        unit_aggregation: pb::Aggregation::Sum.into(),
        period_aggregation: pb::Aggregation::Sum.into(),
        owner_unit: UNIT.into(),
        ..Default::default()
    };
    let create = pb::CreateIndicatorRequest {
        indicator: Some(indicator),
        indicator_id: id.into(),
        ..Default::default()
    };
    let mut indicators = IndicatorServiceClient::new(Peer::remote(&service.address).unwrap());
    let created = indicators.create_indicator(as_bearer(token, create));
    let created = created.await.unwrap().into_inner();
    let publish = pb::PublishIndicatorRequest {
        name: created.name,
        first_period: "2022".into(),
        change_note: "Theo Công văn 847/STTTT-BCVT&CNTT".into(),
        etag: created.etag,
        ..Default::default()
    };
    indicators
        .publish_indicator(as_bearer(token, publish))
        .await
        .unwrap();
}

async fn every_figure_once(folder: &Path, flags: &[&str]) {
    let directory = Service::start("directory", folder, 0, &[]);
    let flags = [&["--directory-at", directory.address.as_str()], flags].concat();
    let start = || Service::start("indicators", folder, 0, &flags);
    let service = start();
    let peer = Peer::remote(&directory.address).unwrap();
    let secret = directory.secret.clone().unwrap();
    let administrator = arrive(&peer, "users/administrator", &secret).await;
    let token = clerk(&peer, &administrator).await;
    for role in ["receiver", "reporter"] {
        grant(&peer, &administrator, role).await;
    }
    for commune in COMMUNES {
        below_minh_long(&peer, &administrator, commune).await;
    }
    let machine = connector(&peer, &service, &administrator, &token).await;
    for indicator in INDICATORS {
        define(&service, &token, indicator).await;
    }

    let items = items();
    let address = watch::Sender::new(service.address.clone());
    let sender = Sender {
        items: &items,
        token: &machine,
        address: address.subscribe(),
        acknowledged: watch::Sender::new(Vec::new()),
    };
    let acknowledged = sender.acknowledged.subscribe();
    let killed = kill_20_times(start, service, &address, acknowledged, items.len());
    let (results, service) = tokio::join!(sender.send_all(), killed);
    assert_eq!(results.len(), items.len());
    for (place, result) in results.iter().enumerate() {
        assert_eq!(usize::try_from(result.offset).unwrap(), place);
        assert_eq!(result.disposition(), Disposition::Created, "{result:?}");
    }
    check(&service, &token, &items).await;
}

/// Compares what is there with what was sent.
async fn check(service: &Service, token: &str, items: &[pb::ValueItem]) {
    let mut values = ValueServiceClient::new(Peer::remote(&service.address).unwrap());
    let mut count = 0;
    for (unit, month) in units()
        .iter()
        .flat_map(|unit| (1..=MONTHS).map(move |month| (unit, month)))
    {
        let period = format!("2022-m{month:02}");
        let reconcile = pb::ReconcileValuesRequest {
            units: vec![unit.clone()],
            period: period.clone(),
            ..Default::default()
        };
        let answer = values.reconcile_values(as_bearer(token, reconcile)).await;
        let row = answer.unwrap().into_inner().rows.remove(0);
        let of_sheet = INDICATORS.len() * PARTS;
        assert_eq!(usize::try_from(row.value_count).unwrap(), of_sheet);
        assert_eq!(row.sha256, own_hash(items, unit, &period));
        let list = pb::ListIndicatorValuesRequest {
            unit: unit.clone(),
            period,
            page_size: 500,
            ..Default::default()
        };
        let page = values.list_indicator_values(as_bearer(token, list)).await;
        let page = page.unwrap().into_inner();
        assert_eq!(page.next_page_token, "");
        assert!(page.indicator_values.iter().all(|it| it.revision == 1));
        count += page.indicator_values.len();
    }
    assert_eq!(count, items.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_sent_while_the_server_is_killed_20_times_are_there_once_on_sqlite() {
    let folder = TempDir::new().unwrap();
    every_figure_once(folder.path(), &[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn figures_sent_while_the_server_is_killed_20_times_are_there_once_on_postgresql() {
    let Ok(url) = env::var("TEST_DATABASE_URL") else {
        eprintln!("not run on PostgreSQL: TEST_DATABASE_URL is not set");
        return;
    };
    let (server, _) = url.rsplit_once('/').unwrap();
    let stem = format!("kill_{}", std::process::id());
    let at = format!("{server}/{stem}");
    let flags = ["--database-url", at.as_str()];
    let mut migrate = program();
    migrate.args(["migrate", "--create", "--services", "indicators"]);
    assert!(migrate.args(flags).status().unwrap().success());
    let folder = TempDir::new().unwrap();
    every_figure_once(folder.path(), &flags).await;
    let admin = Database::connect(format!("{server}/postgres"))
        .await
        .unwrap();
    let drop = format!("DROP DATABASE IF EXISTS {stem}_indicators WITH (FORCE)");
    admin.execute_unprepared(&drop).await.unwrap();
    admin.close().await.unwrap();
}
