//! The national catalogues, from 2022 to 2026, against writing the same rows by hand.

use std::{
    fs,
    path::PathBuf,
    sync::Mutex,
    time::{Duration, Instant},
};

use kit::Db;
use proto::directory::{
    self as pb, catalogue_service_client::CatalogueServiceClient,
    session_service_client::SessionServiceClient, unit_service_client::UnitServiceClient,
};
use sea_orm::{ConnectionTrait, DatabaseBackend, Statement, TransactionTrait, Value};
use serde_json::json;
use tonic::{
    Request,
    metadata::{Ascii, MetadataValue},
    transport::Channel,
};

use crate::{
    RUNS, median,
    server::{Place, Process},
    tell,
};

const PASSWORD: &str = "một mật khẩu chỉ để đo 847";
const ADMINISTRATOR: &str = "users/administrator";
const CHUNK: usize = 256 * 1024;

/// The first administrator of a server that runs.
pub(crate) struct Administrator {
    pub(crate) server: Process,
    channel: Channel,
    bearer: Mutex<Option<MetadataValue<Ascii>>>,
}

impl Administrator {
    async fn of(server: Process) -> Self {
        let channel = Channel::from_shared(server.address.clone()).unwrap();
        let channel = channel.connect().await.unwrap();
        let enroll = pb::EnrollRequest {
            user: ADMINISTRATOR.into(),
            secret: server.secret.clone(),
            password: PASSWORD.into(),
        };
        let mut sessions = SessionServiceClient::new(channel.clone());
        sessions.enroll(enroll).await.unwrap();
        let administrator = Self {
            server,
            channel,
            bearer: Mutex::default(),
        };
        administrator.sign_in().await;
        administrator
    }

    /// Signs in anew: a token lives five minutes.
    pub(crate) async fn sign_in(&self) {
        let sign_in = pb::SignInRequest {
            user: ADMINISTRATOR.into(),
            password: PASSWORD.into(),
            ..Default::default()
        };
        let mut sessions = SessionServiceClient::new(self.channel.clone());
        let answer = sessions.sign_in(sign_in).await.unwrap().into_inner();
        let bearer = format!("Bearer {}", answer.access_token).parse().unwrap();
        *self.bearer.lock().unwrap() = Some(bearer);
    }

    pub(crate) fn bearer(&self) -> MetadataValue<Ascii> {
        self.bearer.lock().unwrap().clone().unwrap()
    }

    fn ask<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        request
            .metadata_mut()
            .insert("authorization", self.bearer());
        request
    }

    /// Returns the names of all communes of today.
    pub(crate) async fn communes(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut page_token = String::new();
        loop {
            let list = pb::ListUnitsRequest {
                kind: pb::UnitKind::Commune.into(),
                page_size: 500,
                page_token,
                ..Default::default()
            };
            let mut units = UnitServiceClient::new(self.channel.clone());
            let page = units.list_units(self.ask(list)).await.unwrap().into_inner();
            names.extend(page.units.into_iter().map(|it| it.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return names;
            }
        }
    }

    /// Returns the name of a province.
    pub(crate) async fn a_province(&self) -> String {
        let list = pb::ListUnitsRequest {
            kind: pb::UnitKind::Province.into(),
            page_size: 1,
            ..Default::default()
        };
        let mut units = UnitServiceClient::new(self.channel.clone());
        let page = units.list_units(self.ask(list)).await.unwrap().into_inner();
        page.units[0].name.clone()
    }

    async fn snapshot(&self, units_csv: &[u8], as_of_date: &str) {
        let header = pb::ImportUnitSnapshotHeader {
            as_of_date: as_of_date.into(),
            source: "bench".into(),
            allow_mass_closure: true,
            units_csv_size_bytes: i64::try_from(units_csv.len()).unwrap(),
            ..Default::default()
        };
        use pb::import_unit_snapshot_request::Part;
        let chunks = units_csv
            .chunks(CHUNK)
            .map(|it| Part::UnitsCsv(it.to_vec()));
        let parts: Vec<_> = [Part::Header(header)].into_iter().chain(chunks).collect();
        let messages = parts
            .into_iter()
            .map(|part| pb::ImportUnitSnapshotRequest { part: Some(part) });
        let stream = tokio_stream::iter(messages.collect::<Vec<_>>());
        let mut catalogues = CatalogueServiceClient::new(self.channel.clone());
        let answer = catalogues.import_unit_snapshot(self.ask(stream)).await;
        assert!(answer.unwrap().into_inner().accepted);
    }

    async fn mapping(&self, mapping_csv: &[u8], units_csv: &[u8]) {
        let size = |it: &[u8]| i64::try_from(it.len()).unwrap();
        let header = pb::ImportUnitMappingHeader {
            effective_date: "2025-07-01".into(),
            decision_number: "202/2025/QH15".into(),
            source: "bench".into(),
            reorganization_id: "sap-xep-2025".into(),
            mapping_csv_size_bytes: size(mapping_csv),
            units_csv_size_bytes: size(units_csv),
            ..Default::default()
        };
        use pb::import_unit_mapping_request::Part;
        let mapping = mapping_csv
            .chunks(CHUNK)
            .map(|it| Part::MappingCsv(it.to_vec()));
        let units = units_csv
            .chunks(CHUNK)
            .map(|it| Part::UnitsCsv(it.to_vec()));
        let parts = [Part::Header(header)]
            .into_iter()
            .chain(mapping)
            .chain(units);
        let messages = parts.map(|part| pb::ImportUnitMappingRequest { part: Some(part) });
        let stream = tokio_stream::iter(messages.collect::<Vec<_>>());
        let mut catalogues = CatalogueServiceClient::new(self.channel.clone());
        let answer = catalogues.import_unit_mapping(self.ask(stream)).await;
        assert!(answer.unwrap().into_inner().accepted);
    }
}

/// The four catalogues, and how many rows they have together.
struct Catalogues {
    y2022: Vec<u8>,
    before: Vec<u8>,
    mapping: Vec<u8>,
    after: Vec<u8>,
    y2026: Vec<u8>,
    rows: usize,
    source: &'static str,
}

/// Imports the catalogues [`RUNS`] times into fresh databases, writes what they left by
/// raw SQL in one transaction as often, and returns the administrator of the last server.
pub(crate) async fn measure(database: &str, place: &Place) -> Administrator {
    let catalogues = Catalogues::read();
    let server = std::env::var("TEST_DATABASE_URL").ok();
    let server = server.filter(|_| !place.url.starts_with("sqlite"));
    let (mut imported, mut written, mut all) = (Vec::new(), Vec::new(), Vec::new());
    let (mut floor_rows, mut all_rows) = (0, 0);
    for _ in 1..RUNS {
        let place = Place::fresh(server.as_deref()).await;
        let administrator = Administrator::of(Process::start("directory", &place.url)).await;
        imported.push(import(&administrator, &catalogues).await.as_secs_f64());
    }
    let administrator = Administrator::of(Process::start("directory", &place.url)).await;
    imported.push(import(&administrator, &catalogues).await.as_secs_f64());
    for _ in 0..RUNS {
        let other = Place::fresh(server.as_deref()).await;
        let (rows, time) = write_again(&TABLES, &place.url, &other.url).await;
        floor_rows = rows;
        written.push(time.as_secs_f64());
        let other = Place::fresh(server.as_deref()).await;
        let tables = [&TABLES[..], &BESIDES].concat();
        let (rows, time) = write_again(&tables, &place.url, &other.url).await;
        all_rows = rows;
        all.push(time.as_secs_f64());
    }
    let (imported, written, all) = (median(imported), median(written), median(all));
    tell(json!({
        "what": "import of the four national catalogues", "database": database,
        "catalogues": catalogues.source, "catalogue_rows": catalogues.rows,
        "seconds": (imported * 1000.0).round() / 1000.0,
        "floor": "the rows they leave in the tables of units and links, by raw SQL, 1.000 a statement, in one transaction",
        "floor_rows": floor_rows,
        "floor_seconds": (written * 1000.0).round() / 1000.0,
        "times_the_floor": (imported / written * 100.0).round() / 100.0,
        "aim_times_the_floor": 3,
        "besides": "the same with what is left to take it back, to follow it and to prove it",
        "all_rows": all_rows,
        "all_seconds": (all * 1000.0).round() / 1000.0,
    }));
    administrator
}

async fn import(administrator: &Administrator, catalogues: &Catalogues) -> Duration {
    let started = Instant::now();
    administrator
        .snapshot(&catalogues.y2022, "2022-07-01")
        .await;
    administrator
        .snapshot(&catalogues.before, "2025-06-30")
        .await;
    administrator
        .mapping(&catalogues.mapping, &catalogues.after)
        .await;
    administrator
        .snapshot(&catalogues.y2026, "2026-04-30")
        .await;
    started.elapsed()
}

type Table = (&'static str, &'static [&'static str]);

const TABLES: [Table; 5] = [
    (
        "units",
        &[
            "id",
            "kind",
            "start_date",
            "end_date",
            "create_micros",
            "update_micros",
            "version",
        ],
    ),
    (
        "unit_names",
        &[
            "unit_id",
            "start_date",
            "end_date",
            "display_name",
            "short_name",
            "symbol",
            "place",
            "superior_organ",
            "kind",
            "folded",
        ],
    ),
    (
        "unit_parents",
        &["unit_id", "start_date", "end_date", "parent_id"],
    ),
    (
        "unit_identifiers",
        &["unit_id", "scheme", "value", "start_date", "end_date"],
    ),
    (
        "reorganization_links",
        &[
            "reorganization_id",
            "position",
            "predecessor_id",
            "successor_id",
            "share_millionths",
        ],
    ),
];

/// What an import leaves besides.
const BESIDES: [Table; 4] = [
    (
        "reorganizations",
        &[
            "id",
            "kind",
            "decision_number",
            "effective_date",
            "source",
            "state",
            "content",
            "apply_micros",
            "revert_micros",
            "revert_reason",
            "create_micros",
            "update_micros",
            "version",
        ],
    ),
    (
        "reorganization_undo",
        &["reorganization_id", "unit_id", "version_after", "before"],
    ),
    ("access_changes", &["sequence", "kind", "key"]),
    (
        "ledger",
        &[
            "sequence",
            "record_micros",
            "principal",
            "method",
            "trace_id",
            "action",
            "name",
            "before",
            "after",
            "content_sha256",
        ],
    ),
];

/// Reads what an import left, and writes it into a fresh database of the same schema.
async fn write_again(tables: &[Table], from: &str, to: &str) -> (usize, Duration) {
    let clock = kit::Clock::system();
    let from = Db::connect(from, clock.clone()).await.unwrap();
    let to = Db::connect(to, clock).await.unwrap();
    to.migrate::<directory::Migrator>().await.unwrap();
    let backend = to.reader().get_database_backend();
    let mut statements = Vec::new();
    let mut count = 0;
    for (table, columns) in tables {
        let select = format!("SELECT {} FROM {table}", columns.join(", "));
        let rows = from
            .reader()
            .query_all_raw(Statement::from_string(backend, select))
            .await
            .unwrap();
        count += rows.len();
        for some in rows.chunks(1_000) {
            let mut values: Vec<Value> = Vec::new();
            let mut places = Vec::new();
            for row in some {
                let first = values.len();
                for column in *columns {
                    values.push(value(row, column));
                }
                // SQLite looks numbered parameters up by name, which takes ever longer.
                let mark = |it| match backend {
                    DatabaseBackend::Postgres => format!("${it}"),
                    _ => "?".to_owned(),
                };
                let marks = (first + 1..=values.len()).map(mark);
                places.push(format!("({})", marks.collect::<Vec<_>>().join(",")));
            }
            let insert = format!(
                "INSERT INTO {table} ({}) VALUES {}",
                columns.join(", "),
                places.join(",")
            );
            statements.push(Statement::from_sql_and_values(backend, insert, values));
        }
    }
    let started = Instant::now();
    let tx = to.reader().begin().await.unwrap();
    for statement in statements {
        tx.execute_raw(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
    (count, started.elapsed())
}

fn value(row: &sea_orm::QueryResult, column: &str) -> Value {
    if column.ends_with("_date") {
        return row
            .try_get::<Option<chrono::NaiveDate>>("", column)
            .unwrap()
            .into();
    }
    let is_number = [
        "version",
        "version_after",
        "position",
        "share_millionths",
        "sequence",
    ]
    .contains(&column);
    if is_number || column.ends_with("_micros") {
        return row.try_get::<Option<i64>>("", column).unwrap().into();
    }
    row.try_get::<Option<String>>("", column).unwrap().into()
}

impl Catalogues {
    fn read() -> Self {
        let folder = std::env::var_os("SHARED_DATA").map(PathBuf::from);
        let Some(folder) = folder else {
            eprintln!("SHARED_DATA is not set: a generated country is measured");
            return Self::generated();
        };
        let file = |name: &str| fs::read(folder.join(name)).unwrap();
        let changes = String::from_utf8(file("unit_changes_2026.csv")).unwrap();
        let renamed: Vec<(String, String)> = changes
            .lines()
            .skip(1)
            .map(|line| line.split(',').collect::<Vec<_>>())
            .map(|it| (it[0].to_owned(), it[3].to_owned()))
            .collect();
        let after = file("units_after.csv");
        let text = String::from_utf8(after.clone()).unwrap();
        let y2026 = text.lines().map(|line| {
            let mut parts: Vec<&str> = line.split(',').collect();
            let new = renamed.iter().find(|(code, _)| code == parts[0]);
            if let Some((_, name)) = new {
                parts[1] = name;
            }
            parts.join(",") + "\n"
        });
        Self {
            y2026: y2026.collect::<String>().into_bytes(),
            y2022: file("units_2022.csv"),
            before: file("units_before.csv"),
            mapping: file("unit_mapping.csv"),
            after,
            rows: 0,
            source: "SHARED_DATA",
        }
        .counted()
    }

    /// A country of 60 provinces with 11 districts of 15 communes each, which become 30
    /// provinces with 110 communes each.
    fn generated() -> Self {
        let head = "code,name,level,parent_code\n";
        let (mut before, mut after) = (head.to_owned(), head.to_owned());
        let mut mapping = "old_code,new_code,kind\n".to_owned();
        for province in 0..60 {
            let (code, new) = (
                format!("{:02}", province + 10),
                format!("{:02}", province / 2 * 2 + 10),
            );
            before += &format!("{code},Tỉnh {code},province,\n");
            if province % 2 == 0 {
                after += &format!("{code},Tỉnh {code},province,\n");
                mapping += &format!("{code},{code},province_kept_code_enlarged\n");
            } else {
                mapping += &format!("{code},{new},province_merged\n");
            }
            for district in 0..11 {
                let above = 100 + province * 11 + district;
                before += &format!("{above},Huyện {above},district,{code}\n");
                mapping += &format!("{above},,district_abolished\n");
                for commune in 0..15 {
                    let id = above * 15 + commune + 10_000;
                    let into = above * 15 + commune / 3 * 3 + 10_000;
                    before += &format!("{id:05},Xã {id},commune,{above}\n");
                    mapping += &format!("{id:05},{into:05},commune_merged\n");
                    if id == into {
                        after += &format!("{id:05},Xã {id} mới,commune,{new}\n");
                    }
                }
            }
        }
        Self {
            y2022: before.clone().into_bytes(),
            before: before.replace("Xã 1000", "Xã mới 1000").into_bytes(),
            mapping: mapping.into_bytes(),
            y2026: after.replace("Xã 1", "Phường 1").into_bytes(),
            after: after.into_bytes(),
            rows: 0,
            source: "generated",
        }
        .counted()
    }

    fn counted(self) -> Self {
        let files = [
            &self.y2022,
            &self.before,
            &self.mapping,
            &self.after,
            &self.y2026,
        ];
        let lines = files.map(|it| it.iter().filter(|byte| **byte == b'\n').count() - 1);
        Self {
            rows: lines.iter().sum(),
            ..self
        }
    }
}
