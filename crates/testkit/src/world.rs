//! A directory with a few units of Quảng Ngãi, on a standing clock.

use std::{net::SocketAddr, sync::Mutex};

use chrono::{DateTime, Utc};
use directory::{Directory, Settings};
use kit::{
    Access, Clock, Db, Peer, access::Watched, auth::Verifier, gate::GateLayer, policy::Policy,
    run::Run, server::Port,
};
use proto::directory::{self as pb, unit_service_client::UnitServiceClient};
use tempfile::TempDir;
use tonic::service::Routes;
use tower::Layer;

use crate::{Person, TestDb};

/// The morning after request 847 reached the districts.
const NOW: &str = "2022-06-24T01:00:00Z";

/// Units every world has: id, display name, kind, parent.
const UNITS: [(&str, &str, pb::UnitKind, &str); 5] = [
    (
        "tinh-quang-ngai",
        "UBND tỉnh Quảng Ngãi",
        pb::UnitKind::Province,
        "",
    ),
    (
        "so-tttt",
        "Sở Thông tin và Truyền thông Quảng Ngãi",
        pb::UnitKind::Department,
        "units/tinh-quang-ngai",
    ),
    (
        "huyen-minh-long",
        "UBND huyện Minh Long",
        pb::UnitKind::District,
        "units/tinh-quang-ngai",
    ),
    (
        "huyen-ba-to",
        "UBND huyện Ba Tơ",
        pb::UnitKind::District,
        "units/tinh-quang-ngai",
    ),
    (
        "xa-long-hiep",
        "UBND xã Long Hiệp",
        pb::UnitKind::Commune,
        "units/huyen-minh-long",
    ),
];

/// A directory to test a service against.
#[derive(Debug)]
pub struct World {
    /// Stands at 08:00 on 24 June 2022 in Vietnam until it is set.
    pub clock: Clock,
    /// The administrator, signed in.
    pub administrator: Person,
    directory: Peer,
    /// The directory past the gate, as a process that runs it reaches it.
    inside: Peer,
    service: Directory,
    routes: Routes,
    gate: GateLayer,
    databases: Mutex<Vec<TestDb>>,
    folder: TempDir,
}

impl World {
    /// Opens a directory on a fresh database and makes its units.
    pub async fn new() -> Self {
        Self::with(&Settings::default()).await
    }

    /// Opens a directory with these settings, as [`World::new`] does.
    pub async fn with(settings: &Settings) -> Self {
        // The second test of a binary finds it started.
        let _ = kit::telemetry::start("warn", kit::telemetry::Format::Text);
        let clock = Clock::standing_at(NOW.parse::<DateTime<Utc>>().unwrap());
        let folder = TempDir::new().unwrap();
        let database = TestDb::fresh(folder.path(), directory::NAME).await;
        let db = database.open(clock.clone()).await;
        db.migrate::<directory::Migrator>().await.unwrap();
        let directory = Directory::open(db, settings).await.unwrap();
        directory.stand_alone();
        let first = directory.first_administrator().await.unwrap().unwrap();
        let inside = Peer::local(directory.routes());
        let verifier = Verifier::new(inside.clone(), clock.clone());
        let gate = GateLayer::new(Policy::read(proto::DESCRIPTORS).unwrap(), verifier)
            .with_open_paths(&directory::OPEN_PATHS);
        let peer = Peer::local(gate.layer(directory.routes()));
        let administrator = Person::arrive(&peer, &first.user.name(), &first.secret).await;
        let world = Self {
            clock,
            administrator,
            directory: peer,
            inside,
            routes: directory.routes(),
            service: directory,
            gate,
            databases: Mutex::new(vec![database]),
            folder,
        };
        for (id, display_name, kind, parent_unit) in UNITS {
            world.unit(id, display_name, kind, parent_unit).await;
        }
        world
    }

    /// Returns the directory, behind the gate.
    #[must_use]
    pub fn directory(&self) -> Peer {
        self.directory.clone()
    }

    /// Returns the directory past the gate, as a process that runs it reaches it.
    #[must_use]
    pub fn directory_inside(&self) -> Peer {
        self.inside.clone()
    }

    /// Serves the directory on a free TCP port for as long as `run` lives.
    pub async fn serve(&self, run: &mut Run) -> SocketAddr {
        let port = Port::take(SocketAddr::from(([127, 0, 0, 1], 0)));
        let port = port.await.unwrap();
        let address = port.address().unwrap();
        let (routes, gate, stop) = (self.routes.clone(), self.gate.clone(), run.stop());
        run.start("directory", async move {
            let services = Directory::services();
            let served = kit::server::serve(port, routes, gate, &services, stop).await;
            served.map_err(|error| format!("{error:?}").into())
        });
        address
    }

    /// Returns the way other services decide about rights: by a copy that follows the
    /// directory.
    #[must_use]
    pub fn access(&self) -> Access {
        let (asked, feed) = (self.directory(), self.inside.clone());
        Access::new(Watched::start(asked, feed, None, self.clock.clone()))
    }

    /// Opens the directory once more on the same database, as another process would, and
    /// returns it past the gate.
    pub async fn another_directory(&self) -> Peer {
        let url = self.databases.lock().unwrap()[0].url().to_owned();
        let db = Db::connect(&url, self.clock.clone()).await.unwrap();
        Peer::local(
            Directory::open(db, &Settings::default())
                .await
                .unwrap()
                .routes(),
        )
    }

    /// Lets the directory know who else keeps things of units; at first it is alone.
    pub fn join(&self, neighbours: directory::Neighbours) {
        self.service.join(neighbours);
    }

    /// Puts routes behind the gate.
    #[must_use]
    pub fn peer(&self, routes: Routes) -> Peer {
        Peer::local(self.gate.layer(routes))
    }

    /// Opens a fresh, empty database.
    pub async fn db(&self, name: &str) -> Db {
        let database = TestDb::fresh(self.folder.path(), name).await;
        let db = database.open(self.clock.clone()).await;
        self.databases.lock().unwrap().push(database);
        db
    }

    /// Opens the directory's own database, to look at what lies in it.
    pub async fn directory_db(&self) -> Db {
        let url = self.databases.lock().unwrap()[0].url().to_owned();
        Db::connect(&url, self.clock.clone()).await.unwrap()
    }

    /// Adds a person with a role on a unit and everything below it, signed in.
    pub async fn person(&self, id: &str, role: &str, unit: &str) -> Person {
        let person = self.administrator.invite(&self.directory, id, unit).await;
        self.administrator
            .grant(&self.directory, &person, role, unit)
            .await;
        person
    }

    /// Adds a person with a role over all units, signed in.
    pub async fn everywhere(&self, id: &str, role: &str) -> Person {
        let home = "tinh-quang-ngai";
        let person = self.administrator.invite(&self.directory, id, home).await;
        let administrator = &self.administrator;
        administrator
            .grant(&self.directory, &person, role, "")
            .await;
        person
    }

    /// Adds a machine of a unit, with a role there and everywhere below, and a token.
    pub async fn machine(&self, id: &str, role: &str, unit: &str) -> Person {
        let owner_unit = format!("units/{unit}");
        let machine = crate::machine(&self.directory, &self.administrator, id, &owner_unit).await;
        self.grant(&machine, role, unit).await;
        machine
    }

    /// Signs the administrator in again, after the clock was set far ahead.
    pub async fn sign_in_again(&mut self) {
        let name = self.administrator.name.clone();
        self.administrator = Person::sign_in(&self.directory, &name).await;
    }

    /// Gives a person one more role.
    pub async fn grant(&self, person: &Person, role: &str, unit: &str) {
        self.administrator
            .grant(&self.directory, person, role, unit)
            .await;
    }

    /// Adds a unit.
    pub async fn unit(&self, id: &str, display_name: &str, kind: pb::UnitKind, parent_unit: &str) {
        let unit = pb::Unit {
            display_name: display_name.into(),
            kind: kind.into(),
            parent_unit: parent_unit.into(),
            symbol: "UBND".into(),
            validity: Some(proto::shared::Validity {
                start_date: "2022-01-01".into(),
                end_date: String::new(),
            }),
            ..Default::default()
        };
        let create = pb::CreateUnitRequest {
            unit: Some(unit),
            unit_id: id.into(),
            ..Default::default()
        };
        UnitServiceClient::new(self.directory())
            .create_unit(self.administrator.ask(create))
            .await
            .unwrap();
    }
}
