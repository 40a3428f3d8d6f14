//! What who stands at the console of a running directory can do.

use std::path::Path;

use kit::Peer;
use tempfile::TempDir;

use crate::{
    process::{Service, program, secret_in},
    rights::arrive,
};

/// Asks for a one-time secret; returns it, or what is told in its stead.
fn recover(data: &Path, flags: &[&str]) -> Result<String, String> {
    let ran = program()
        .arg("recover-administrator")
        .arg("--data-dir")
        .arg(data)
        .args(flags)
        .output()
        .unwrap();
    if ran.status.success() {
        return Ok(secret_in(&String::from_utf8(ran.stdout).unwrap()).unwrap());
    }
    Err(String::from_utf8(ran.stderr).unwrap())
}

#[tokio::test]
async fn a_first_secret_that_ran_out_is_replaced_by_a_command_while_the_server_runs() {
    let folder = TempDir::new().unwrap();
    let directory = Service::start("directory", folder.path(), 0, &[]);
    let peer = Peer::remote(&directory.address).unwrap();
    let first = directory.secret.clone().unwrap();
    let secret = recover(folder.path(), &[]).unwrap();
    assert_ne!(secret, first);
    arrive(&peer, "users/administrator", &secret).await;

    let refused = recover(folder.path(), &[]).unwrap_err();
    assert!(refused.contains("somebody administers"), "{refused}");
    let missing = recover(folder.path(), &["--user", "khong-co"]).unwrap_err();
    assert!(
        missing.contains("`users/khong-co` does not exist"),
        "{missing}"
    );
    // He forgot his password, and is the only one.
    let secret = recover(folder.path(), &["--user", "administrator"]).unwrap();
    arrive(&peer, "users/administrator", &secret).await;
}
