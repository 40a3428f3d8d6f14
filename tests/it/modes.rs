//! The same report, however the services run.

use std::{env, fs, path::Path};

use kit::Clock;
use tempfile::TempDir;

use crate::{
    process::{Service, demo, documents},
    text,
};

/// Reads the words of all four documents.
fn words(out: &Path) -> Vec<String> {
    let files = documents(out);
    let of = |file: &std::path::PathBuf| match file.extension().unwrap().to_str() {
        Some("docx") => Some(text::of_docx(file)),
        _ => text::of_pdf(file),
    };
    files.iter().filter_map(of).collect()
}

fn embedded(out: &Path) -> Vec<String> {
    demo(out, &[]);
    words(out)
}

#[test]
fn four_processes_over_tcp_print_the_same_words_as_one() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let now = Clock::system().now();
    let shift = (server::demo::MORNING
        .parse::<chrono::DateTime<chrono::Utc>>()
        .unwrap()
        - now)
        .num_seconds();

    let directory = Service::start("directory", &data, shift, &[]);
    let at = ["--directory-at", directory.address.as_str()];
    let indicators = Service::start("indicators", &data, shift, &at);
    let projects = Service::start("projects", &data, shift, &at);
    let neighbours = [
        at.as_slice(),
        &[
            "--indicators-at",
            &indicators.address,
            "--projects-at",
            &projects.address,
        ],
    ]
    .concat();
    let reporting = Service::start("reporting", &data, shift, &neighbours);

    let all = [&directory, &indicators, &projects, &reporting]
        .map(|it| it.address.as_str())
        .join(",");
    let apart = folder.path().join("apart");
    let secret = directory.secret.clone().unwrap();
    demo(&apart, &["--against", &all, "--secret", &secret]);
    for service in [reporting, projects, indicators, directory] {
        assert!(
            service.terminate(),
            "a service did not end well after SIGTERM"
        );
    }
    assert_eq!(words(&apart), embedded(&folder.path().join("together")));
}

#[test]
fn postgresql_prints_the_same_words_as_sqlite() {
    let Ok(url) = env::var("TEST_DATABASE_URL") else {
        eprintln!("not run on PostgreSQL: TEST_DATABASE_URL is not set");
        return;
    };
    let (server, _) = url.rsplit_once('/').unwrap();
    let folder = TempDir::new().unwrap();
    let out = folder.path().join("postgresql");
    demo(&out, &["--database-url", &format!("{server}/e2e")]);
    assert_eq!(words(&out), embedded(&folder.path().join("sqlite")));
}
