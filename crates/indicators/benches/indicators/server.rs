//! The process that is measured: a directory with units and machines, and the indicators
//! beside it, as in the embedded server.

use std::{
    env,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    process::{Child, Command, Stdio},
};

use indicators::{Indicators, Migrator, NAME};
use kit::{auth::Verifier, gate::GateLayer, policy::Policy, run::Run, server::Port};
use proto::directory::UnitKind;
use tempfile::TempDir;
use testkit::{TestDb, World};

use crate::figures;

/// Units that have figures.
pub(crate) const UNITS: usize = 200;

/// A kind of database to measure on.
pub(crate) struct Database {
    pub(crate) name: &'static str,
    /// Address of the PostgreSQL server.
    pub(crate) server: Option<String>,
}

impl Database {
    /// SQLite, and PostgreSQL when there is one.
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self {
            name: "sqlite",
            server: None,
        }];
        match env::var("TEST_DATABASE_URL") {
            Ok(server) => all.push(Self {
                name: "postgresql",
                server: Some(server),
            }),
            Err(_) => eprintln!("not measured on PostgreSQL: TEST_DATABASE_URL is not set"),
        }
        all
    }
}

/// A process that serves until it is dropped.
pub(crate) struct Process {
    child: Child,
    pub(crate) address: String,
    /// Token of the machine that sends.
    pub(crate) token: String,
    /// Where its figures lie.
    pub(crate) url: String,
}

impl Process {
    /// Starts this program as the indicators.
    pub(crate) fn start(database: &Database) -> Self {
        let mut command = Command::new(env::current_exe().unwrap());
        command.env("CDS_BENCH_ROLE", "indicators");
        match &database.server {
            Some(server) => command.env("TEST_DATABASE_URL", server),
            None => command.env_remove("TEST_DATABASE_URL"),
        };
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut next = || lines.next().unwrap().unwrap();
        Self {
            address: next(),
            token: next(),
            url: next(),
            child,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input is its sign to clear up and go.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

pub(crate) async fn indicators() {
    let world = World::new().await;
    for unit in 0..UNITS {
        let (id, kind) = (figures::unit(unit), UnitKind::Commune);
        let parent = "units/huyen-minh-long";
        world.unit(&id, &format!("UBND {id}"), kind, parent).await;
    }
    let folder = TempDir::new().unwrap();
    let database = TestDb::fresh(folder.path(), NAME).await;
    let db = database.open(world.clock.clone()).await;
    db.migrate::<Migrator>().await.unwrap();
    let service = Indicators::open(db, world.access()).await.unwrap();
    figures::define(&world, &world.peer(service.routes())).await;
    let machine = figures::connect(&world, &world.peer(service.routes())).await;

    let verifier = Verifier::new(world.directory_inside(), world.clock.clone());
    let gate = GateLayer::new(Policy::read(proto::DESCRIPTORS).unwrap(), verifier);
    let port = Port::take(SocketAddr::from(([127, 0, 0, 1], 0)));
    let port = port.await.unwrap();
    println!("http://{}", port.address().unwrap());
    println!("{}\n{}", machine.token, database.url());
    let run = Run::new();
    let services = Indicators::services();
    let served = kit::server::serve(port, service.routes(), gate, &services, run.stop());
    let asked_to_go = tokio::task::spawn_blocking(|| {
        let mut rest = Vec::new();
        std::io::stdin().read_to_end(&mut rest)
    });
    tokio::select! {
        served = served => served.unwrap(),
        _ = asked_to_go => {}
    }
}
