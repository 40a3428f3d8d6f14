//! The real program, as a process.

use std::{
    io::{BufRead, BufReader, Lines, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

/// The program that `cargo test --workspace` has built beside this test.
pub(crate) fn program() -> Command {
    let test = std::env::current_exe().unwrap();
    let program = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("cds-server");
    assert!(
        program.exists(),
        "build it first: cargo build, or cargo test --workspace"
    );
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("CDS_LOG__FILTER", "warn")
        // A program that is not optimised would measure for seconds what a password may cost.
        .env("CDS_DIRECTORY__PASSWORD_COST__MEMORY_MIB", "19")
        .env("CDS_DIRECTORY__PASSWORD_COST__PASSES", "2");
    command
}

/// Returns the one-time secret that a line tells.
pub(crate) fn secret_in(told: &str) -> Option<String> {
    let (_, behind) = told.split_once("\"secret\":\"")?;
    Some(behind.split('"').next()?.to_owned())
}

/// Runs the demo and returns what it says.
pub(crate) fn demo(out: &Path, flags: &[&str]) -> String {
    let ran = program()
        .arg("demo")
        .arg("--out")
        .arg(out)
        .args(flags)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(
        ran.status.success(),
        "{told}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    told
}

/// The files a demo makes.
pub(crate) fn documents(out: &Path) -> [PathBuf; 4] {
    [
        "bao-cao-minh-long-2022-h1.pdf",
        "bao-cao-minh-long-2022-h1.docx",
        "tong-hop-quang-ngai-2022-h1.pdf",
        "tong-hop-quang-ngai-2022-h1.docx",
    ]
    .map(|it| out.join(it))
}

/// A service that runs until it is dropped.
pub(crate) struct Service {
    child: Child,
    pub(crate) address: String,
    pub(crate) secret: Option<String>,
}

impl Service {
    /// Starts services on a free port.
    pub(crate) fn start(services: &str, data_dir: &Path, shift: i64, flags: &[&str]) -> Self {
        let (mut service, lines) = Self::spawn(services, data_dir, shift, flags);
        if services == "directory" {
            service.secret = lines.map_while(Result::ok).find_map(|it| secret_in(&it));
            assert!(service.secret.is_some());
        }
        service
    }

    /// Starts services whose administrator has enrolled.
    pub(crate) fn start_again(services: &str, data_dir: &Path, flags: &[&str]) -> Self {
        Self::spawn(services, data_dir, 0, flags).0
    }

    fn spawn(
        services: &str,
        data_dir: &Path,
        shift: i64,
        flags: &[&str],
    ) -> (Self, Lines<BufReader<ChildStdout>>) {
        let mut child = program()
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--services",
                services,
                "--data-dir",
            ])
            .arg(data_dir)
            .args(flags)
            .env("CDS_CLOCK__SHIFT_SECONDS", shift.to_string())
            .env("CDS_PEER_SECRET", "only-for-tests-only-for-tests-only")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = lines
            .next()
            .unwrap_or_else(|| panic!("{services} did not start"))
            .unwrap();
        let address = first.rsplit_once(" on ").unwrap().1.trim();
        let service = Self {
            child,
            address: format!("http://{address}"),
            secret: None,
        };
        (service, lines)
    }

    /// Sends it a signal such as `STOP`, after which it stands still, or `CONT`.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status();
        assert!(sent.unwrap().success());
    }

    /// Ends it at once, as a power cut would: `kill -9`.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to stop as Kubernetes does, and returns whether it ended well.
    pub(crate) fn terminate(mut self) -> bool {
        self.signal("TERM");
        self.child.wait().unwrap().success()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(stderr) = &mut self.child.stderr {
            let mut told = String::new();
            let _ = stderr.read_to_string(&mut told);
        }
    }
}
