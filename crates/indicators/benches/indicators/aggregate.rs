//! Adding up: a province's year, and a national roll-up, each against one GROUP BY over the
//! same rows in the same database.
//!
//! The service is asked over TCP, behind the real gate, by a person with a role on the
//! country; who may do what and which units there are it knows from a real directory by the
//! copy that follows it. The country is of the size of 2022: 63 provinces and 10.937 communes,
//! of which the first province has 96. Figures are made by the database itself.
//! `CDS_BENCH_MONTHS` says how many months of the country are filled and rolled up (2 when
//! unset; every line says how many): a year is 39,6 million rows, some 12 GB on SQLite.

use std::{env, fs, net::SocketAddr, time::Instant};

use indicators::{Indicators, Migrator};
use kit::{
    Db, Peer, auth::Verifier, db::sqlite_url, gate::GateLayer, policy::Policy, run::Run,
    server::Port,
};
use proto::{
    directory::UnitKind,
    indicators::{
        self as pb, aggregation_service_client::AggregationServiceClient,
        indicator_service_client::IndicatorServiceClient, value_service_client::ValueServiceClient,
    },
};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use tempfile::TempDir;
use testkit::{Person, World};
use tonic::{Code, Status};

use super::{RUNS, median, tell};

const PROVINCES: usize = 63;
const FIRST_COMMUNES: usize = 96;
const COMMUNES: usize = 10_937;
const INDICATORS: usize = 300;
const YEAR: &str = "2024";
/// Runs of a national roll-up are told by their median too, so they are as many.
const WARM: usize = RUNS + 2;

/// Returns how many communes a province has.
fn communes(province: usize) -> usize {
    let others = COMMUNES - FIRST_COMMUNES;
    match province {
        0 => FIRST_COMMUNES,
        _ => others / (PROVINCES - 1) + usize::from(province <= others % (PROVINCES - 1)),
    }
}

/// Makes the country in the directory, unit by unit, as an administrator would.
async fn settle(world: &World) {
    world
        .unit("viet-nam", "Việt Nam", UnitKind::Other, "")
        .await;
    for province in 0..PROVINCES {
        let above = format!("tinh-{province}");
        let (name, kind) = (format!("UBND tỉnh {province}"), UnitKind::Province);
        world.unit(&above, &name, kind, "units/viet-nam").await;
        for commune in 0..communes(province) {
            let (id, parent) = (format!("xa-{province}-{commune}"), format!("units/{above}"));
            let name = format!("UBND xã {province}-{commune}");
            world.unit(&id, &name, UnitKind::Commune, &parent).await;
        }
    }
}

/// The service with its database.
struct Bench {
    name: &'static str,
    db: Db,
    url: String,
    peer: Peer,
    person: Person,
    server: Option<String>,
    _folder: TempDir,
    _world: World,
    _run: Run,
}

/// Serves the indicators on a TCP port of this process for as long as `run` lives.
async fn serve(world: &World, service: &Indicators, run: &mut Run) -> SocketAddr {
    let port = Port::take(SocketAddr::from(([127, 0, 0, 1], 0)));
    let port = port.await.unwrap();
    let address = port.address().unwrap();
    let verifier = Verifier::new(world.directory_inside(), world.clock.clone());
    let gate = GateLayer::new(Policy::read(proto::DESCRIPTORS).unwrap(), verifier);
    let (routes, stop) = (service.routes(), run.stop());
    run.start("indicators", async move {
        let services = Indicators::services();
        let served = kit::server::serve(port, routes, gate, &services, stop).await;
        served.map_err(|error| format!("{error:?}").into())
    });
    address
}

/// Measures on one kind of database; `server` is the address of PostgreSQL.
pub(crate) async fn measure(name: &'static str, server: Option<&str>) {
    let months: usize = env::var("CDS_BENCH_MONTHS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(2);
    let bench = Bench::open(name, server).await;
    bench.define().await;
    let months_of = |count: usize| (1..=count).map(month).collect::<Vec<_>>();
    // The year of the province is whole; the country has as many months as were asked for.
    let filled = bench.fill(months).await;
    bench
        .measure("province_year", "tinh-0", &months_of(12), filled)
        .await;
    bench
        .measure("national_roll_up", "viet-nam", &months_of(months), filled)
        .await;
    bench.close().await;
}

fn month(number: usize) -> String {
    format!("{YEAR}-m{number:02}")
}

impl Bench {
    async fn open(name: &'static str, server: Option<&str>) -> Self {
        let world = World::new().await;
        let begun = Instant::now();
        settle(&world).await;
        tell(json!({
            "what": "units made in the directory, one call each",
            "database": name,
            "units": 1 + PROVINCES + COMMUNES,
            "seconds": begun.elapsed().as_secs_f64(),
        }));
        let folder = TempDir::new().unwrap();
        let (url, server) = match server {
            None => (sqlite_url(&folder.path().join("indicators.db")), None),
            Some(server) => {
                let database = format!("bench_{}", uuid::Uuid::now_v7().simple());
                let admin = Database::connect(server).await.unwrap();
                let create = kit::db::create_statement(&database);
                admin.execute_unprepared(&create).await.unwrap();
                let (base, _) = server.rsplit_once('/').unwrap();
                (format!("{base}/{database}"), Some(server.to_owned()))
            }
        };
        let db = Db::connect(&url, world.clock.clone()).await.unwrap();
        db.migrate::<Migrator>().await.unwrap();
        let service = Indicators::open(db.clone(), world.access()).await.unwrap();
        let mut run = Run::new();
        let address = serve(&world, &service, &mut run).await;
        let bench = Self {
            name,
            peer: Peer::remote(&format!("http://{address}")).unwrap(),
            person: world.person("chuyen-vien", "receiver", "viet-nam").await,
            db,
            url,
            server,
            _folder: folder,
            _world: world,
            _run: run,
        };
        bench.arrive().await;
        bench
    }

    /// Waits until the copy of rights and units has the country.
    async fn arrive(&self) {
        let list = pb::ListIndicatorValuesRequest {
            unit: format!("units/xa-{}-0", PROVINCES - 1),
            period: month(1),
            ..Default::default()
        };
        let mut values = ValueServiceClient::new(self.peer.clone());
        let begun = Instant::now();
        while values
            .list_indicator_values(self.person.ask(list.clone()))
            .await
            .is_err()
        {
            assert!(
                begun.elapsed().as_secs() < 60,
                "the country has not arrived"
            );
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    }

    async fn close(self) {
        let Some(server) = &self.server else { return };
        let (_, database) = self.url.rsplit_once('/').unwrap();
        let admin = Database::connect(server).await.unwrap();
        let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
        admin.execute_unprepared(&drop).await.unwrap();
    }

    /// Publishes the indicators: counts, and every second one a share.
    async fn define(&self) {
        let mut client = IndicatorServiceClient::new(self.peer.clone());
        for number in 0..INDICATORS {
            let (kind, rule) = if number % 2 == 0 {
                (pb::ValueKind::Count, pb::Aggregation::Sum)
            } else {
                (pb::ValueKind::Ratio, pb::Aggregation::RatioOfSums)
            };
            let id = format!("ct-{number:03}");
            let create = pb::CreateIndicatorRequest {
                indicator: Some(pb::Indicator {
                    display_name: id.clone(),
                    value_kind: kind.into(),
                    accumulation: pb::Accumulation::InPeriod.into(),
                    unit_aggregation: rule.into(),
                    period_aggregation: rule.into(),
                    owner_unit: "units/viet-nam".into(),
                    ..Default::default()
                }),
                indicator_id: id.clone(),
                ..Default::default()
            };
            let created = client
                .create_indicator(self.person.ask(create))
                .await
                .unwrap();
            let publish = pb::PublishIndicatorRequest {
                name: format!("indicators/{id}"),
                first_period: "2022".into(),
                change_note: "để đo".into(),
                etag: created.into_inner().etag,
                ..Default::default()
            };
            client
                .publish_indicator(self.person.ask(publish))
                .await
                .unwrap();
        }
    }

    /// Lets the database make the figures: 9 of 10 reported, a few of them absent. Returns
    /// how many rows there are.
    async fn fill(&self, months: usize) -> i64 {
        let db = Database::connect(&self.url).await.unwrap();
        let begun = Instant::now();
        for number in 1..=12 {
            let last = if number <= months { PROVINCES } else { 1 };
            for province in 0..last {
                let statement = self.filling(province, &month(number));
                db.execute_unprepared(&statement).await.unwrap();
            }
        }
        if self.server.is_some() {
            let analyze = "VACUUM (ANALYZE) indicator_values";
            db.execute_unprepared(analyze).await.unwrap();
        }
        let count = "SELECT COUNT(*) AS it FROM indicator_values";
        let count = Statement::from_string(db.get_database_backend(), count);
        let row = db.query_one_raw(count).await.unwrap().unwrap();
        let rows: i64 = row.try_get("", "it").unwrap();
        tell(json!({
            "what": "figures filled in, by the database itself",
            "database": self.name,
            "rows": rows,
            "whole_months_of_the_country": months,
            "seconds": begun.elapsed().as_secs_f64(),
        }));
        rows
    }

    fn filling(&self, province: usize, month: &str) -> String {
        let (communes, indicators) = (communes(province), INDICATORS);
        let numbers = |name: &str, count: usize| match self.server {
            None => format!(
                "{name}(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM {name} WHERE n + 1 < {count})"
            ),
            Some(_) => format!("{name}(n) AS (SELECT generate_series(0, {count} - 1))"),
        };
        let (recursive, digits) = match self.server {
            None => ("RECURSIVE", "printf('ct-%03d', i.n)"),
            Some(_) => ("", "'ct-' || lpad(i.n::text, 3, '0')"),
        };
        let (u, i) = (numbers("u", communes), numbers("i", indicators));
        // A plain mixture of the two numbers stands for chance.
        let chance = "((u.n * 7919 + i.n * 104729) % 1000)";
        format!(
            "INSERT INTO indicator_values (unit_id, period, indicator_id, breakdown, revision, \
             shape, a_units, a_scale, b_units, b_scale, absence, qualifier, note, source_kind, \
             source_resource, source_external_id, principal, update_micros, create_micros) \
             WITH {recursive} {u}, {i} \
             SELECT 'xa-{province}-' || u.n, '{month}', {digits}, '', 1, \
             CASE WHEN {chance} < 20 THEN 'absent' WHEN i.n % 2 = 0 THEN 'count' ELSE 'ratio' END, \
             CASE WHEN {chance} >= 20 THEN {chance} END, \
             CASE WHEN {chance} >= 20 AND i.n % 2 = 1 THEN 0 END, \
             CASE WHEN {chance} >= 20 AND i.n % 2 = 1 THEN 1000 + u.n END, \
             CASE WHEN {chance} >= 20 AND i.n % 2 = 1 THEN 0 END, \
             CASE WHEN {chance} < 20 THEN 'not-arisen' END, \
             'exact', '', 'manual', '', '', 'users/can-bo', 1, 1 \
             FROM u CROSS JOIN i WHERE {chance} < 900"
        )
    }

    /// Measures all totals of a scope, cold and warm, and the floor.
    async fn measure(&self, what: &str, scope: &str, months: &[String], rows: i64) {
        let memory = resident();
        // What is not in memory is read first. A call that runs out of time is asked again
        // and goes on where it was.
        let (begun, mut calls) = (Instant::now(), 1);
        let cells = loop {
            match self.try_aggregate(scope, months).await {
                Ok(cells) => break cells,
                Err(status) if status.code() == Code::DeadlineExceeded => calls += 1,
                Err(status) => panic!("{status}"),
            }
        };
        let cold = millis(begun);
        let mut warm = Vec::new();
        for _ in 0..WARM {
            let begun = Instant::now();
            assert_eq!(self.aggregate(scope, months).await, cells);
            warm.push(millis(begun));
        }
        let grown = resident() - memory;
        let mut floor = Vec::new();
        for _ in 0..RUNS.min(3) {
            let begun = Instant::now();
            let (groups, added) = self.group_by(scope, months).await;
            floor.push(millis(begun));
            // The same answer, or the comparison would be of nothing.
            assert_eq!((groups, added), cells);
        }
        let units = if scope == "tinh-0" {
            FIRST_COMMUNES
        } else {
            COMMUNES
        };
        let (median, floor) = (median(&warm), median(&floor));
        tell(json!({
            "what": what,
            "database": self.name,
            "units": units,
            "indicators": INDICATORS,
            "months": months.len(),
            "asked": "over TCP, behind the gate, with rights and units of a real directory",
            "figures_that_could_be": units * INDICATORS * months.len(),
            "totals": cells.0,
            "rows_in_the_table": rows,
            "cold_ms": cold,
            "cold_calls": calls,
            "warm_ms_median": median,
            "warm_ms_most": warm.iter().copied().fold(0.0, f64::max),
            "floor_sql_group_by_ms": floor,
            "times_faster_than_floor": floor / median,
            "memory_grown_mib": grown,
        }));
    }

    /// Asks for all totals; returns how many there are and what the numerators make.
    async fn aggregate(&self, scope: &str, months: &[String]) -> (usize, i64) {
        self.try_aggregate(scope, months).await.unwrap()
    }

    async fn try_aggregate(
        &self,
        scope: &str,
        months: &[String],
    ) -> std::result::Result<(usize, i64), Status> {
        let ask = pb::AggregateValuesRequest {
            indicators: (0..INDICATORS)
                .map(|it| format!("indicators/ct-{it:03}"))
                .collect(),
            scope_unit: format!("units/{scope}"),
            unit_kinds: vec![UnitKind::Commune.into()],
            periods: months.to_vec(),
            page_size: 500,
            ..Default::default()
        };
        let mut client = AggregationServiceClient::new(self.peer.clone())
            .max_decoding_message_size(64 * 1024 * 1024);
        let answer = client.aggregate_values(self.person.ask(ask)).await?;
        let rows = answer.into_inner().rows;
        let cells = rows.iter().flat_map(|it| &it.cells);
        let (mut count, mut sum) = (0, 0);
        for cell in cells {
            use proto::shared::quantity::Value;
            match cell.quantity.as_ref().and_then(|it| it.value.as_ref()) {
                Some(Value::Count(it)) => sum += it,
                Some(Value::Ratio(it)) => sum += it.numerator.parse::<i64>().unwrap(),
                other => panic!("{other:?}"),
            }
            count += 1;
        }
        Ok((count, sum))
    }

    /// Lets the database add the same figures.
    async fn group_by(&self, scope: &str, months: &[String]) -> (usize, i64) {
        let months: Vec<_> = months.iter().map(|it| format!("'{it}'")).collect();
        let units = match scope {
            "tinh-0" => {
                let units = (0..FIRST_COMMUNES).map(|it| format!("'xa-0-{it}'"));
                format!("AND unit_id IN ({})", units.collect::<Vec<_>>().join(", "))
            }
            _ => String::new(),
        };
        let whole = if self.server.is_some() {
            "::bigint"
        } else {
            ""
        };
        let statement = format!(
            "SELECT indicator_id, period, SUM(a_units){whole} AS a, SUM(b_units){whole} AS b, \
             COUNT(*) AS n FROM indicator_values WHERE period IN ({}) {units} AND breakdown = '' \
             GROUP BY indicator_id, period",
            months.join(", ")
        );
        let db = self.db.reader();
        let statement = Statement::from_string(db.get_database_backend(), statement);
        let rows = db.query_all_raw(statement).await.unwrap();
        let sums = rows.iter().map(|it| it.try_get::<i64>("", "a").unwrap());
        (rows.len(), sums.sum())
    }
}

fn millis(begun: Instant) -> f64 {
    begun.elapsed().as_secs_f64() * 1_000.0
}

/// Returns how many MiB the process has in memory.
fn resident() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|it| it.starts_with("VmRSS:"));
    let kib = line.and_then(|it| it.split_whitespace().nth(1)?.parse::<i64>().ok());
    kib.unwrap_or(0) / 1024
}
