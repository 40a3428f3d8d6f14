//! The processes that are measured.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use directory::{Directory, Migrator, Settings};
use kit::{
    Clock, Db, Peer, auth::Verifier, db::sqlite_url, gate::GateLayer, policy::Policy, run::Run,
    server::Port,
};
use sea_orm::{ConnectionTrait, Database};
use tempfile::TempDir;
use tonic::transport::Server;

/// Where a database is.
pub(crate) struct Place {
    pub(crate) url: String,
    _folder: TempDir,
    postgres: Option<(String, String)>,
}

impl Place {
    /// Makes room for a fresh database.
    pub(crate) async fn fresh(server: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        let Some(server) = server else {
            return Self {
                url: sqlite_url(&folder.path().join("directory.db")),
                _folder: folder,
                postgres: None,
            };
        };
        let name = format!("bench_{}", uuid::Uuid::now_v7().simple());
        let admin = Database::connect(server).await.unwrap();
        let create = kit::db::create_statement(&name);
        admin.execute_unprepared(&create).await.unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        Self {
            url: format!("{base}/{name}"),
            _folder: folder,
            postgres: Some((server.to_owned(), name)),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let Some((server, name)) = self.postgres.take() else {
            return;
        };
        let drop = std::thread::spawn(move || {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            runtime.block_on(async {
                let admin = Database::connect(&server).await.unwrap();
                let drop = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
                admin.execute_unprepared(&drop).await.unwrap();
            });
        });
        drop.join().unwrap();
    }
}

/// A process that serves until it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
    pub(crate) secret: String,
}

impl Process {
    /// Starts this program in another role.
    pub(crate) fn start(role: &str, url: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .env("CDS_BENCH_ROLE", role)
            .env("CDS_BENCH_DATABASE", url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        Self {
            address: next(),
            secret: next(),
            child,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The floor: a plain tonic call, without a gate, a token or a database.
pub(crate) async fn echo() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_, health) = tonic_health::server::health_reporter();
    println!("http://{address}\n-");
    Server::builder()
        .add_service(health)
        .serve(address)
        .await
        .unwrap();
}

/// The directory behind its gate, on the database of the environment.
pub(crate) async fn directory() {
    let clock = Clock::system();
    let url = std::env::var("CDS_BENCH_DATABASE").unwrap();
    let db = Db::connect(&url, clock.clone()).await.unwrap();
    db.migrate::<Migrator>().await.unwrap();
    let directory = Directory::open(db, &Settings::default()).await.unwrap();
    let first = directory.first_administrator().await.unwrap().unwrap();
    let verifier = Verifier::new(Peer::local(directory.routes()), clock);
    let gate = GateLayer::new(Policy::read(proto::DESCRIPTORS).unwrap(), verifier);
    let port = Port::take(SocketAddr::from(([127, 0, 0, 1], 0)))
        .await
        .unwrap();
    println!("http://{}\n{}", port.address().unwrap(), first.secret);
    let run = Run::new();
    let services = Directory::services();
    kit::server::serve(port, directory.routes(), gate, &services, run.stop())
        .await
        .unwrap();
}
