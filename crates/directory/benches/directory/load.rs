//! Unary calls under load, against a plain call in the same run.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use proto::directory::{GetUnitRequest, ListUnitsRequest, unit_service_client::UnitServiceClient};
use serde_json::json;
use tonic::{Request, transport::Channel};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

use crate::{RUNS, import::Administrator, median, server::Process, tell};

const CONNECTIONS: usize = 8;
const AT_ONCE: usize = 64;
const LASTING: Duration = Duration::from_secs(2);

/// Measures GetUnit and subtree listings at 64 calls at once over 8 connections.
pub(crate) async fn measure(database: &str, administrator: &Administrator) {
    let echo = Process::start("echo", "");
    // The address is free again a moment before it listens.
    tokio::time::sleep(Duration::from_millis(300)).await;
    let plain = channels(&echo.address).await;
    let ours = channels(&administrator.server.address).await;
    administrator.sign_in().await;
    let bearer = administrator.bearer();
    let units = Arc::new(administrator.communes().await);
    let province = administrator.a_province().await;
    let (mut floor, mut get, mut list) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        floor.push(
            run(&plain, |channel, _| async move {
                let check = HealthCheckRequest::default();
                HealthClient::new(channel).check(check).await.is_ok()
            })
            .await,
        );
        let (known, as_administrator) = (units.clone(), bearer.clone());
        get.push(
            run(&ours, move |channel, index| {
                let (units, bearer) = (known.clone(), as_administrator.clone());
                async move {
                    let mut ask = Request::new(GetUnitRequest {
                        name: units[index * 7_919 % units.len()].clone(),
                        ..Default::default()
                    });
                    ask.metadata_mut().insert("authorization", bearer);
                    UnitServiceClient::new(channel).get_unit(ask).await.is_ok()
                }
            })
            .await,
        );
        let (below, as_administrator) = (province.clone(), bearer.clone());
        list.push(
            run(&ours, move |channel, _| {
                let (ancestor_unit, bearer) = (below.clone(), as_administrator.clone());
                async move {
                    let mut ask = Request::new(ListUnitsRequest {
                        ancestor_unit,
                        page_size: 100,
                        ..Default::default()
                    });
                    ask.metadata_mut().insert("authorization", bearer);
                    UnitServiceClient::new(channel)
                        .list_units(ask)
                        .await
                        .is_ok()
                }
            })
            .await,
        );
    }
    let floor_rate = median(floor.iter().map(|it| it.rate).collect());
    for (what, runs, aim) in [
        ("plain tonic call (floor)", &floor, None),
        ("GetUnit", &get, Some(0.5)),
        ("ListUnits below a province, 100 a page", &list, None),
    ] {
        let rate = median(runs.iter().map(|it| it.rate).collect());
        tell(json!({
            "what": what, "database": database,
            "connections": CONNECTIONS, "at_once": AT_ONCE,
            "calls_per_second": rate.round(),
            "p50_ms": median(runs.iter().map(|it| it.p50).collect()),
            "p99_ms": median(runs.iter().map(|it| it.p99).collect()),
            "floor_calls_per_second": floor_rate.round(),
            "of_floor": (rate / floor_rate * 1000.0).round() / 1000.0,
            "aim_of_floor": aim,
        }));
    }
}

struct Measured {
    rate: f64,
    p50: f64,
    p99: f64,
}

async fn run<F, W>(channels: &[Channel], call: F) -> Measured
where
    F: Fn(Channel, usize) -> W + Clone + Send + 'static,
    W: Future<Output = bool> + Send,
{
    let number = Arc::new(AtomicUsize::new(0));
    let started = Instant::now();
    let callers: Vec<_> = (0..AT_ONCE)
        .map(|caller| {
            let (channel, call) = (channels[caller % CONNECTIONS].clone(), call.clone());
            let number = number.clone();
            tokio::spawn(async move {
                let mut times = Vec::new();
                while started.elapsed() < LASTING {
                    let index = number.fetch_add(1, Ordering::Relaxed);
                    let begun = Instant::now();
                    assert!(call(channel.clone(), index).await, "a call failed");
                    times.push(begun.elapsed().as_secs_f64() * 1000.0);
                }
                times
            })
        })
        .collect();
    let mut times = Vec::new();
    for caller in callers {
        times.extend(caller.await.unwrap());
    }
    let lasted = started.elapsed().as_secs_f64();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| (times[(times.len() as f64 * share) as usize] * 1000.0).round() / 1000.0;
    Measured {
        rate: times.len() as f64 / lasted,
        p50: at(0.5),
        p99: at(0.99),
    }
}

async fn channels(address: &str) -> Vec<Channel> {
    let mut channels = Vec::new();
    for _ in 0..CONNECTIONS {
        let endpoint = Channel::from_shared(address.to_owned()).unwrap();
        channels.push(endpoint.connect().await.unwrap());
    }
    channels
}
