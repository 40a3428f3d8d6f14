//! A server that is killed in the middle of an import has either done all of it or
//! nothing.

use std::{
    env, fmt,
    fmt::Write as _,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

use pb::{
    catalogue_service_client::CatalogueServiceClient,
    reorganization_service_client::ReorganizationServiceClient,
    session_service_client::SessionServiceClient, unit_service_client::UnitServiceClient,
};
use prost::Message;
use proto::directory as pb;
use sea_orm::{ConnectionTrait, Database};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokio::task::JoinSet;
use tonic::{Request, metadata::MetadataValue, transport::Channel};

use crate::process::{Service, program};

mod catalogues;

use catalogues::{Catalogues, Second};

const KILLS: u32 = 20;
const FIRST_DAY: &str = "2022-07-01";

/// Where the directory keeps its data, and how to begin again from a copy.
#[derive(Clone)]
enum Store {
    Files(PathBuf),
    Postgres { server: String, stem: String },
}

impl Store {
    /// Flags with which the program uses the copy of this name.
    fn flags(&self, copy: &str) -> Vec<String> {
        match self {
            Self::Files(_) => Vec::new(),
            Self::Postgres { server, stem } => {
                vec!["--database-url".into(), format!("{server}/{stem}_{copy}")]
            }
        }
    }

    fn folder(&self, copy: &str) -> PathBuf {
        match self {
            Self::Files(folder) => folder.join(copy),
            // Nothing is written there.
            Self::Postgres { .. } => env::temp_dir(),
        }
    }

    /// Makes a database, or a copy of one that nobody uses.
    async fn copy(&self, from: &str, to: &str) {
        match self {
            Self::Files(_) => {
                fs::create_dir(self.folder(to)).unwrap();
                for file in fs::read_dir(self.folder(from)).unwrap() {
                    let file = file.unwrap();
                    fs::copy(file.path(), self.folder(to).join(file.file_name())).unwrap();
                }
            }
            Self::Postgres { stem, .. } => {
                let (from, to) = (format!("{stem}_{from}"), format!("{stem}_{to}"));
                let copy = format!("CREATE DATABASE {to}_directory TEMPLATE {from}_directory");
                self.run(&copy).await;
            }
        }
    }

    async fn drop(&self, copy: &str) {
        match self {
            Self::Files(_) => fs::remove_dir_all(self.folder(copy)).unwrap(),
            Self::Postgres { stem, .. } => {
                let drop = format!("DROP DATABASE IF EXISTS {stem}_{copy}_directory WITH (FORCE)");
                self.run(&drop).await;
            }
        }
    }

    async fn run(&self, statement: &str) {
        let Self::Postgres { server, .. } = self else {
            return;
        };
        let admin = Database::connect(format!("{server}/postgres"))
            .await
            .unwrap();
        admin.execute_unprepared(statement).await.unwrap();
        admin.close().await.unwrap();
    }

    fn start(&self, copy: &str) -> Service {
        let flags = self.flags(copy);
        let flags: Vec<_> = flags.iter().map(String::as_str).collect();
        Service::start_again("directory", &self.folder(copy), &flags)
    }
}

/// What a caller sees of the catalogue: counts of units on both days, and a digest of
/// everything about them, and of the acts, but when it was written.
#[derive(Clone, PartialEq, Eq)]
struct Seen {
    counts: [usize; 2],
    digest: String,
}

impl fmt::Debug for Seen {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {}", self.counts, &self.digest[..12])
    }
}

struct Administrator {
    token: String,
}

impl Administrator {
    async fn enroll(service: &Service) -> Self {
        const PASSWORD: &str = "mật khẩu chỉ để thử";
        let channel = connect(service).await;
        let mut sessions = SessionServiceClient::new(channel);
        let enroll = pb::EnrollRequest {
            user: "users/administrator".into(),
            secret: service.secret.clone().unwrap(),
            password: PASSWORD.into(),
        };
        sessions.enroll(enroll).await.unwrap();
        let sign_in = pb::SignInRequest {
            user: "users/administrator".into(),
            password: PASSWORD.into(),
            ..Default::default()
        };
        let signed_in = sessions.sign_in(sign_in).await.unwrap().into_inner();
        Self {
            token: signed_in.access_token,
        }
    }

    fn ask<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = MetadataValue::try_from(format!("Bearer {}", self.token)).unwrap();
        request.metadata_mut().insert("authorization", bearer);
        request
    }

    /// Sends a catalogue, always with the same id for the same day; returns how many of
    /// each, or nothing when nobody answers any more.
    async fn import(&self, channel: Channel, units: &[u8], day: &str) -> Option<pb::ImportCounts> {
        let header = pb::ImportUnitSnapshotHeader {
            as_of_date: day.into(),
            source: "thử".into(),
            request_id: request_id(day),
            ..Default::default()
        };
        let parts = testkit::catalogue::snapshot(header, units);
        let request = self.ask(tokio_stream::iter(parts));
        let mut catalogues = CatalogueServiceClient::new(channel);
        let answer = catalogues.import_unit_snapshot(request).await.ok()?;
        let answer = answer.into_inner();
        assert!(answer.accepted, "{:?}", answer.rows.first());
        answer.counts
    }

    /// Sends what comes upon the first catalogue, as [`Administrator::import`] does.
    async fn go_on(&self, channel: Channel, second: &Second) -> Option<pb::ImportCounts> {
        let (pairs, after) = match second {
            Second::Catalogue(units) => return self.import(channel, units, second.day()).await,
            Second::Mapping(pairs, after) => (pairs, after),
        };
        let header = pb::ImportUnitMappingHeader {
            effective_date: second.day().into(),
            decision_number: "202/2025/QH15".into(),
            source: "thử".into(),
            reorganization_id: "sap-xep-2025".into(),
            request_id: request_id(second.day()),
            ..Default::default()
        };
        let parts = testkit::catalogue::mapping(header, pairs, after);
        let request = self.ask(tokio_stream::iter(parts));
        let mut catalogues = CatalogueServiceClient::new(channel);
        let answer = catalogues.import_unit_mapping(request).await.ok()?;
        let answer = answer.into_inner();
        assert!(answer.accepted, "{:?}", answer.rows.first());
        answer.counts
    }

    async fn see(&self, service: &Service, second: &Second) -> Seen {
        let mut units = UnitServiceClient::new(connect(service).await);
        let mut content = Sha256::new();
        let mut counts = [0; 2];
        for (day, count) in [FIRST_DAY, second.day()].into_iter().zip(&mut counts) {
            let mut page_token = String::new();
            loop {
                let list = pb::ListUnitsRequest {
                    as_of_date: day.into(),
                    page_size: 500,
                    page_token,
                    ..Default::default()
                };
                let page = units.list_units(self.ask(list)).await.unwrap().into_inner();
                for unit in page.units {
                    *count += 1;
                    let unit = pb::Unit {
                        create_time: None,
                        update_time: None,
                        ..unit
                    };
                    content.update(unit.encode_length_delimited_to_vec());
                }
                page_token = page.next_page_token;
                if page_token.is_empty() {
                    break;
                }
            }
        }
        let mut acts = ReorganizationServiceClient::new(connect(service).await)
            .max_decoding_message_size(64 * 1024 * 1024);
        let list = pb::ListReorganizationsRequest::default();
        let listed = acts.list_reorganizations(self.ask(list)).await.unwrap();
        for act in listed.into_inner().reorganizations {
            let get = pb::GetReorganizationRequest { name: act.name };
            let act = acts.get_reorganization(self.ask(get)).await.unwrap();
            let act = pb::Reorganization {
                apply_time: None,
                create_time: None,
                update_time: None,
                ..act.into_inner()
            };
            content.update(act.encode_length_delimited_to_vec());
        }
        let digest = content
            .finalize()
            .iter()
            .fold(String::new(), |mut text, it| {
                let _ = write!(text, "{it:02x}");
                text
            });
        Seen { counts, digest }
    }
}

/// The id of the one call that is made for a day.
fn request_id(day: &str) -> String {
    format!("00000000-0000-4000-8000-0000{}", day.replace('-', ""))
}

async fn connect(service: &Service) -> Channel {
    let address = tonic::transport::Endpoint::from_shared(service.address.clone());
    address.unwrap().connect().await.unwrap()
}

/// Imports and kills the server at a moment; returns what is there afterwards, and what
/// the same call, made again, answers then.
async fn kill_at(
    store: &Store,
    administrator: &Administrator,
    second: &Second,
    moment: Duration,
) -> (Seen, Option<pb::ImportCounts>) {
    store.copy("before", "killed").await;
    let service = store.start("killed");
    let channel = connect(&service).await;
    let import = administrator.go_on(channel, second);
    // An import that is done sooner is killed when it is done.
    let _ = tokio::time::timeout(moment, import).await;
    service.kill();
    let service = store.start("killed");
    let seen = administrator.see(&service, second).await;
    let channel = connect(&service).await;
    let again = administrator.go_on(channel, second).await;
    service.kill();
    store.drop("killed").await;
    (seen, again)
}

async fn whole_or_not_at_all(store: &Store, catalogues: Catalogues) {
    let begun = Instant::now();
    let Catalogues { first, second } = catalogues;
    if matches!(store, Store::Files(_)) {
        fs::create_dir(store.folder("before")).unwrap();
    } else {
        let mut migrate = program();
        migrate.args(["migrate", "--create", "--services", "directory"]);
        migrate.args(store.flags("before"));
        assert!(migrate.status().unwrap().success());
    }
    let flags = store.flags("before");
    let flags: Vec<_> = flags.iter().map(String::as_str).collect();
    let service = Service::start("directory", &store.folder("before"), 0, &flags);
    let administrator = Administrator::enroll(&service).await;
    let channel = connect(&service).await;
    let imported = administrator.import(channel, &first, FIRST_DAY).await;
    assert!(imported.is_some());
    let before = administrator.see(&service, &second).await;
    assert!(service.terminate());

    store.copy("before", "after").await;
    let service = store.start("after");
    let channel = connect(&service).await;
    let started = Instant::now();
    let counts = administrator.go_on(channel, &second).await;
    assert!(counts.is_some());
    let whole = started.elapsed();
    let after = administrator.see(&service, &second).await;
    assert!(service.terminate());
    store.drop("after").await;
    assert_ne!(before, after);

    let mut outcomes = [0, 0];
    // The first imports after a start differ: spread wider when one outcome is missing.
    for tenths in [12, 20, 40] {
        for number in 0..KILLS {
            let moment = whole * (tenths * number) / (10 * (KILLS - 1));
            let (seen, again) = kill_at(store, &administrator, &second, moment).await;
            assert_eq!(again, counts, "repeated after {moment:?}");
            let outcome = [&before, &after].iter().position(|it| **it == seen);
            let outcome = outcome.unwrap_or_else(|| {
                panic!("killed after {moment:?}: {seen:?}, neither {before:?} nor {after:?}")
            });
            outcomes[outcome] += 1;
        }
        eprintln!(
            "an import of {whole:?}, killed {KILLS} times within {tenths}/10 of it: \
             before {}, after {}; {:?} in all",
            outcomes[0],
            outcomes[1],
            begun.elapsed()
        );
        if outcomes.iter().all(|it| *it > 0) {
            break;
        }
        eprintln!("one of the two was not seen: once more, spread wider");
    }
    assert!(outcomes.iter().all(|it| *it > 0), "{outcomes:?}");
}

async fn on_sqlite(catalogues: Catalogues) {
    let folder = TempDir::new().unwrap();
    let store = Store::Files(folder.path().to_owned());
    whole_or_not_at_all(&store, catalogues).await;
}

async fn on_postgresql(name: &str, catalogues: fn() -> Catalogues) {
    let Ok(url) = env::var("TEST_DATABASE_URL") else {
        eprintln!("not run on PostgreSQL: TEST_DATABASE_URL is not set");
        return;
    };
    let (server, _) = url.rsplit_once('/').unwrap();
    let store = Store::Postgres {
        server: server.to_owned(),
        stem: format!("kill_{name}_{}", std::process::id()),
    };
    let (mut test, tested) = (JoinSet::new(), store.clone());
    test.spawn(async move { whole_or_not_at_all(&tested, catalogues()).await });
    let told = test.join_next().await.unwrap();
    // A test that failed leaves no databases behind either.
    for copy in ["before", "after", "killed"] {
        store.drop(copy).await;
    }
    told.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_killed_at_20_moments_is_whole_or_not_there_on_sqlite() {
    on_sqlite(Catalogues::two()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_killed_at_20_moments_is_whole_or_not_there_on_postgresql() {
    on_postgresql("catalogue", Catalogues::two).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mapping_killed_at_20_moments_is_whole_or_not_there_on_sqlite() {
    on_sqlite(Catalogues::reform()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mapping_killed_at_20_moments_is_whole_or_not_there_on_postgresql() {
    on_postgresql("mapping", Catalogues::reform).await;
}
