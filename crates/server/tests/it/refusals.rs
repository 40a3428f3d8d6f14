//! What cannot work is told in one line, with an exit code that is not 0.

use std::{fs, net::TcpListener, path::Path, process::Command};

/// Runs the program in a directory of its own and returns its exit code and stderr.
fn run(directory: &Path, arguments: &[&str]) -> (i32, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_cds-server"))
        .args(arguments)
        .current_dir(directory)
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    (
        output.status.code().unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

/// Runs what cannot work and returns the one line that is told.
fn refused(directory: &Path, arguments: &[&str]) -> String {
    let (code, told) = run(directory, arguments);
    assert_eq!(code, 1, "{told}");
    assert_eq!(told.lines().count(), 1, "{told}");
    assert!(!told.contains("s3cret"), "{told}");
    told
}

#[test]
fn a_busy_port_is_named_and_nothing_is_left_behind() {
    let directory = tempfile::tempdir().unwrap();
    let busy = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = busy.local_addr().unwrap().to_string();
    let told = refused(directory.path(), &["serve", "--listen", &address]);
    assert!(told.contains(&address), "{told}");
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

#[test]
fn a_bad_setting_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("cds.toml"),
        "[log]\nformatt = \"json\"\n",
    )
    .unwrap();
    let told = refused(directory.path(), &["serve", "--config", "cds.toml"]);
    assert!(
        told.contains("formatt") && told.contains("cds.toml"),
        "{told}"
    );
    fs::write(directory.path().join("cds.toml"), "listen =\n").unwrap();
    refused(directory.path(), &["serve", "--config", "cds.toml"]);
    let told = refused(directory.path(), &["serve", "--config", "nowhere.toml"]);
    assert!(told.contains("nowhere.toml"), "{told}");
}

#[test]
fn a_neighbour_without_an_address_or_with_a_bad_one_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let told = refused(directory.path(), &["serve", "--services", "projects"]);
    assert!(told.contains("`directory.at`"), "{told}");
    let arguments = [
        "serve",
        "--services",
        "projects",
        "--directory-at",
        "10.0.0.5:8080",
    ];
    let told = refused(directory.path(), &arguments);
    assert!(told.contains("`10.0.0.5:8080`"), "{told}");
}

#[test]
fn a_database_that_cannot_be_opened_is_named_without_its_password() {
    let directory = tempfile::tempdir().unwrap();
    let free = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgres://cds:s3cret@{free}/cds");
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--database-url", &url];
    let told = refused(directory.path(), &arguments);
    assert!(told.contains("cds_directory"), "{told}");
    let told = refused(
        directory.path(),
        &["demo", "--database-url", "mysql://cds:s3cret@db/cds"],
    );
    assert!(told.contains("mysql://cds@db/cds"), "{told}");
    fs::write(directory.path().join("data"), "a file").unwrap();
    let told = refused(directory.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(told.contains("`data`"), "{told}");
}

#[test]
fn an_earlier_demo_is_not_overwritten() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir_all(directory.path().join("out/data")).unwrap();
    let told = refused(
        directory.path(),
        &["demo", "--serve", "--listen", "127.0.0.1:0"],
    );
    assert!(told.contains("out/data"), "{told}");
}

#[test]
fn a_sample_directory_that_is_not_there_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let told = refused(directory.path(), &["demo", "--sample", "my-province"]);
    assert!(told.contains("my-province/units.toml"), "{told}");
}

#[test]
fn a_word_that_is_no_command_is_answered_with_how_to_use_it() {
    let directory = tempfile::tempdir().unwrap();
    let (code, told) = run(directory.path(), &["start"]);
    assert_eq!(code, 2);
    assert!(told.contains("Usage: cds-server"), "{told}");
}
