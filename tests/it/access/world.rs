//! All services on fresh databases, with a few units and the people who call.

use directory::OutsideIssuer;
use kit::{Clock, Peer, config::Secret, jwt::Algorithm};
use proto::{
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        unit_service_client::UnitServiceClient,
    },
    shared::Validity,
};
use server::{Assembly, Config, config::Part};
use tempfile::TempDir;
use testkit::TestDb;

use super::{
    people::{Caller, Grant},
    requests::Ask,
};

/// Where everybody holds his role.
pub(super) const OWN: &str = "huyen-minh-long";

/// Units there are: id, name, kind, parent. The last two are nobody's own: what one unit
/// asks of another has a far side, once within everybody's reach and once beyond it.
const UNITS: [(&str, &str, pb::UnitKind, &str); 7] = [
    (
        "tinh-quang-ngai",
        "UBND tỉnh Quảng Ngãi",
        pb::UnitKind::Province,
        "",
    ),
    (
        "tinh-kon-tum",
        "UBND tỉnh Kon Tum",
        pb::UnitKind::Province,
        "",
    ),
    (
        OWN,
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
    (
        "tram-y-te",
        "Trạm Y tế xã Long Hiệp",
        pb::UnitKind::Subordinate,
        "units/xa-long-hiep",
    ),
    (
        "so-tttt",
        "Sở Thông tin và Truyền thông",
        pb::UnitKind::Department,
        "units/tinh-quang-ngai",
    ),
];

/// All services behind the gate, and everybody who calls them.
#[derive(Debug)]
pub(super) struct World {
    pub(super) peer: Peer,
    /// Everybody whose role is one on huyện Minh Long, each role in every state.
    pub(super) callers: Vec<Caller>,
    /// For each role somebody who holds it over all units.
    everywhere: Vec<Caller>,
    _databases: [TestDb; 4],
    _folder: TempDir,
}

impl World {
    pub(super) async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (config, databases) = databases(&folder).await;
        let assembly = Assembly::open(&config).await.unwrap();
        let peer = assembly.peer();
        let secret = &assembly.first_administrator().unwrap().secret;
        let administrator = Caller::first(&peer, secret).await;
        create_units(&peer, &administrator).await;

        let mut access = AccessServiceClient::new(peer.clone());
        let list = administrator.ask(pb::ListRolesRequest {});
        let roles = access.list_roles(list).await.unwrap().into_inner().roles;
        let (mut callers, mut everywhere) = (Vec::new(), Vec::new());
        for role in &roles {
            for grant in [Grant::Standing, Grant::Expired, Grant::Revoked] {
                callers.push(administrator.add(&peer, role, grant).await);
            }
            everywhere.push(administrator.add(&peer, role, Grant::Everywhere).await);
        }
        Self {
            peer,
            callers,
            everywhere,
            _databases: databases,
            _folder: folder,
        }
    }

    /// Sends every request about every unit, as somebody who may do that everywhere, and
    /// sees that it is answered as its line says.
    pub(super) async fn prepare(&mut self, asks: &[Ask]) {
        for person in &mut self.everywhere {
            person.sign_in(&self.peer).await;
        }
        let mut wrong = Vec::new();
        for ask in asks {
            let person = self.everywhere.iter().find(|it| match &ask.by {
                Some(role) => it.role == *role,
                None => it.permissions.contains(&ask.permission),
            });
            let person = person.unwrap_or_else(|| panic!("{ask}: nobody may ask it"));
            let units = UNITS.map(|(id, ..)| id);
            let units = if ask.names_unit { &units[..] } else { &[""] };
            for unit in units {
                let answer = ask.send(&self.peer, &person.token, unit).await;
                if answer.code != ask.answer {
                    wrong.push(format!("{ask} by {person} on `{unit}`: {answer}"));
                }
            }
        }
        assert!(
            wrong.is_empty(),
            "requests that are not answered as access_requests.json says:\n{}",
            wrong.join("\n")
        );
    }
}

/// Makes a database for each service: SQLite files, or PostgreSQL when there is one.
async fn databases(folder: &TempDir) -> (Config, [TestDb; 4]) {
    let fresh = |name| TestDb::fresh(folder.path(), name);
    let of_directory = fresh(directory::NAME).await;
    let db = of_directory.open(Clock::system()).await;
    db.migrate::<directory::Migrator>().await.unwrap();
    let of_indicators = fresh(indicators::NAME).await;
    let db = of_indicators.open(Clock::system()).await;
    db.migrate::<indicators::Migrator>().await.unwrap();
    let of_projects = fresh(projects::NAME).await;
    let db = of_projects.open(Clock::system()).await;
    db.migrate::<projects::Migrator>().await.unwrap();
    let of_reporting = fresh(reporting::NAME).await;
    let db = of_reporting.open(Clock::system()).await;
    db.migrate::<reporting::Migrator>().await.unwrap();
    let part = |database: &TestDb| Part {
        database: Some(Secret::new(database.url().to_owned())),
        ..Part::default()
    };
    let config = Config {
        directory: Part {
            issuers: vec![outside_issuer(folder)],
            password_cost: Some(directory::PasswordCost::LEAST),
            ..part(&of_directory)
        },
        indicators: part(&of_indicators),
        projects: part(&of_projects),
        reporting: part(&of_reporting),
        ..Config::default()
    };
    let databases = [of_directory, of_indicators, of_projects, of_reporting];
    (config, databases)
}

/// An issuer that people can be linked to. Nobody signs in by it here; its key is the one
/// of RFC 8037, Appendix A.
fn outside_issuer(folder: &TempDir) -> OutsideIssuer {
    let jwks = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"rfc8037",
        "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
    let file = folder.path().join("jwks.json");
    std::fs::write(&file, jwks).unwrap();
    OutsideIssuer {
        issuer: "https://sso.example.vn".into(),
        audience: "cds".into(),
        jwks_url: None,
        jwks_file: Some(file),
        algorithms: vec![Algorithm::EdDsa],
    }
}

async fn create_units(peer: &Peer, administrator: &Caller) {
    let mut units = UnitServiceClient::new(peer.clone());
    for (id, display_name, kind, parent_unit) in UNITS {
        let validity = Validity {
            start_date: "2022-01-01".into(),
            end_date: String::new(),
        };
        let code = pb::Identifier {
            scheme: "thu".into(),
            value: id.into(),
            validity: Some(validity.clone()),
        };
        let unit = pb::Unit {
            display_name: display_name.into(),
            kind: kind.into(),
            parent_unit: parent_unit.into(),
            validity: Some(validity),
            identifiers: vec![code],
            ..Default::default()
        };
        let create = pb::CreateUnitRequest {
            unit: Some(unit),
            unit_id: id.into(),
            ..Default::default()
        };
        units.create_unit(administrator.ask(create)).await.unwrap();
    }
}
