use std::{fs, path::Path};

use super::*;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/config.toml");

fn load(text: &str) -> Result<Config, String> {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("config.toml");
    fs::write(&file, text).unwrap();
    kit::config::load(Some(&file)).map_err(|error| error.to_string())
}

#[test]
fn the_example_file_equals_the_defaults() {
    let example: Config = kit::config::load(Some(Path::new(EXAMPLE))).unwrap();
    assert_eq!(example, Config::default());
}

#[test]
fn every_key_the_example_file_leaves_out_can_be_set_as_it_shows() {
    let example = fs::read_to_string(EXAMPLE).unwrap();
    let is_setting = |it: &str| it.contains(" = ") && !it.starts_with(' ');
    let shown: Vec<_> = example
        .lines()
        .map(|line| {
            line.strip_prefix("# ")
                .filter(|it| is_setting(it))
                .unwrap_or(line)
        })
        .collect();
    let config = load(&shown.join("\n")).unwrap();
    assert!(config.database_url.is_some());
    for service in ServiceName::ALL {
        assert!(config.part(service).database.is_some(), "{service:?}");
        assert!(config.part(service).at.is_some(), "{service:?}");
    }
    config.check().unwrap();
}

#[test]
fn a_key_nobody_knows_is_refused_with_its_name() {
    let error = load("[directory]\ndatabse = \"postgres://cds:s3cret@db/cds\"").unwrap_err();
    assert!(error.contains("`databse`"), "{error}");
    assert!(!error.contains("s3cret"), "{error}");
    let error = load("listen = \"anywhere\"").unwrap_err();
    assert!(error.contains("listen"), "{error}");
}

#[test]
fn the_secret_of_the_signing_keys_is_checked_and_never_shown() {
    let config =
        |part: &str, secret: &str| load(&format!("[{part}]\nkey_secret = \"{secret}\"")).unwrap();
    let good = "0123456789abcdef".repeat(4);
    config("directory", &good).check().unwrap();
    assert!(!format!("{:?}", config("directory", &good)).contains(&good));
    for (part, secret) in [("directory", "s3cret"), ("projects", &good)] {
        let error = config(part, secret).check().unwrap_err().to_string();
        assert!(error.contains(&format!("`{part}.key_secret`")), "{error}");
        assert!(!error.contains(secret), "{error}");
    }
}

#[test]
fn an_outside_issuer_without_an_audience_does_not_start() {
    let issuer = |rest: &str| {
        let issuer = "https://sso.quangngai.example";
        format!(
            "[directory]\nissuers = [{{ issuer = \"{issuer}\", \
             jwks_url = \"{issuer}/jwks\", algorithms = [\"ES256\"]{rest} }}]"
        )
    };
    load(&issuer(", audience = \"cds\""))
        .unwrap()
        .check()
        .unwrap();
    let error = load(&issuer("")).unwrap_err();
    assert!(error.contains("`audience`"), "{error}");
    let error = load(&issuer(", audience = \"\"")).unwrap().check();
    let error = format!("{:#}", error.unwrap_err());
    assert!(
        error.contains("`directory.issuers`") && error.contains("`audience`"),
        "{error}"
    );
    let weak = issuer(", audience = \"cds\"").replace("ES256", "HS256");
    assert!(load(&weak).unwrap_err().contains("HS256"));
    let elsewhere = issuer(", audience = \"cds\"").replace("[directory]", "[projects]");
    let error = load(&elsewhere).unwrap().check().unwrap_err().to_string();
    assert!(error.contains("`projects.issuers`"), "{error}");
}

#[test]
fn a_password_never_costs_less_than_the_floor() {
    let config = |part: &str, memory_mib: u32| {
        let cost = format!("{{ memory_mib = {memory_mib}, passes = 2 }}");
        load(&format!("[{part}]\npassword_cost = {cost}")).unwrap()
    };
    let good = config("directory", 19);
    good.check().unwrap();
    assert_eq!(
        good.directory_settings().password_cost,
        Some(PasswordCost::LEAST)
    );
    assert_eq!(load("").unwrap().directory_settings().password_cost, None);
    let error = config("directory", 18).check().unwrap_err();
    let error = format!("{error:#}");
    assert!(error.contains("`directory.password_cost`"), "{error}");
    let error = config("projects", 19).check().unwrap_err().to_string();
    assert!(error.contains("`projects.password_cost`"), "{error}");
}

#[test]
fn only_the_directory_has_a_list_of_breached_passwords() {
    let config =
        |part: &str| load(&format!("[{part}]\nbreached_passwords_file = \"list.txt\"")).unwrap();
    config("directory").check().unwrap();
    let error = config("projects").check().unwrap_err().to_string();
    assert!(
        error.contains("`projects.breached_passwords_file`"),
        "{error}"
    );
}

#[test]
fn settings_never_show_a_password() {
    let config = load("database_url = \"postgres://cds:s3cret@db/cds\"").unwrap();
    assert!(!format!("{config:?}").contains("s3cret"));
}

#[test]
fn each_service_has_a_database_of_its_own() {
    let mut config = Config::default();
    let url = |config: &Config, it| config.database(it).unwrap().expose().to_owned();
    assert_eq!(
        url(&config, ServiceName::Projects),
        "sqlite://data/projects.db?mode=rwc"
    );
    config.database_url = Some(Secret::new("postgres://cds@db/cds"));
    assert_eq!(
        url(&config, ServiceName::Projects),
        "postgres://cds@db/cds_projects"
    );
    config.projects.database = Some(Secret::new("postgres://cds@other/p"));
    assert_eq!(
        url(&config, ServiceName::Projects),
        "postgres://cds@other/p"
    );
}

#[test]
fn a_neighbour_that_is_nowhere_is_named() {
    let mut config = Config {
        services: vec![ServiceName::Reporting],
        ..Config::default()
    };
    config.directory.at = Some("http://127.0.0.1:8081".into());
    config.indicators.at = Some("http://127.0.0.1:8082".into());
    let error = config.check().unwrap_err().to_string();
    assert!(error.contains("`projects.at`"), "{error}");
    config.projects.at = Some("127.0.0.1:8083".into());
    let error = format!("{:#}", config.check().unwrap_err());
    assert!(
        error.contains("`projects.at`") && error.contains("`127.0.0.1:8083`"),
        "{error}"
    );
    config.projects.at = Some("http://127.0.0.1:8083".into());
    config.peer_secret = Some(Secret::new("0123456789abcdef0123456789abcdef"));
    config.check().unwrap();
}

#[test]
fn services_that_run_apart_need_the_secret_they_know_each_other_by() {
    let mut config = Config {
        services: vec![ServiceName::Directory],
        ..Config::default()
    };
    let missing = config.check().unwrap_err().to_string();
    assert!(missing.contains("`peer_secret`"), "{missing}");
    config.peer_secret = Some(Secret::new("too short"));
    let short = config.check().unwrap_err().to_string();
    assert!(short.contains("fewer than 32 characters"), "{short}");
    config.peer_secret = Some(Secret::new("0123456789abcdef0123456789abcdef"));
    config.check().unwrap();
    // One process for everything needs none.
    Config::default().check().unwrap();
}
