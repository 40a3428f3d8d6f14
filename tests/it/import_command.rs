//! Catalogues from files, by the commands an operator has.

use std::{fs, path::Path};

use kit::Peer;
use proto::directory::{self as pb, unit_service_client::UnitServiceClient};
use tempfile::TempDir;

use crate::{
    process::{Service, program},
    rights::{arrive, as_bearer},
};

const BEFORE: &str = "code,name,level,parent_code\n\
    51,Tỉnh Quảng Ngãi,province,\n\
    531,Huyện Minh Long,district,51\n\
    21349,Xã Long Sơn,commune,531\n\
    21361,Xã Long Hiệp,commune,531\n";
const AFTER: &str = "code,name,level,parent_code\n\
    51,Tỉnh Quảng Ngãi,province,\n\
    21361,Xã Minh Long,commune,51\n";
const MAPPING: &str = "old_code,new_code,kind\n\
    51,51,province_unchanged\n\
    531,,district_abolished\n\
    21349,21361,commune_merged\n\
    21361,21361,commune_merged\n";

/// Runs a command and returns whether it ended well, and what it said on both outputs.
fn run(folder: &Path, arguments: &[&str]) -> (bool, String, String) {
    let ran = program()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap();
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    (ran.status.success(), text(&ran.stdout), text(&ran.stderr))
}

#[tokio::test]
async fn an_operator_rehearses_and_imports_a_catalogue_and_a_mapping() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let service = Service::start("directory", &data, 0, &[]);
    let peer = Peer::remote(&service.address).unwrap();
    let secret = service.secret.clone().unwrap();
    let token = arrive(&peer, "users/administrator", &secret).await;
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("token", &format!("{token}\n"));
    write("before.csv", BEFORE);
    write("after.csv", AFTER);
    write("mapping.csv", MAPPING);
    write("wrong.csv", &BEFORE.replace("21349,", "2134,"));

    let units = async |day: &str| {
        let list = pb::ListUnitsRequest {
            as_of_date: day.into(),
            ..Default::default()
        };
        let mut units = UnitServiceClient::new(peer.clone());
        let answer = units.list_units(as_bearer(&token, list)).await;
        answer.unwrap().into_inner().units.len()
    };
    let common = [
        "--address",
        &service.address,
        "--token-file",
        "token",
        "--source",
        "thử",
    ];
    let catalogue = |file: &str, more: &[&str]| {
        let first = ["import-catalogue", "--as-of", "2025-06-30"];
        run(
            folder.path(),
            &[&first[..], &common, more, &[file]].concat(),
        )
    };

    let (well, told, error) = catalogue("wrong.csv", &[]);
    assert!(!well);
    assert!(told.contains("units_csv 4 2134 code: PATTERN"), "{told}");
    assert!(told.contains("không phải là mã"), "{told}");
    assert!(error.contains("nothing was taken in"), "{error}");
    assert_eq!(units("2025-06-30").await, 0);

    let (well, told, error) = catalogue("before.csv", &["--dry-run"]);
    assert!(well, "{error}");
    assert!(
        told.contains("units_csv 5 21361 units/gso-21361-20250630 created"),
        "{told}"
    );
    assert!(
        told.contains("4 created, 0 renamed, 0 moved, 0 closed, 0 wrong rows"),
        "{told}"
    );
    assert!(told.contains("nothing of it was kept"), "{told}");
    assert_eq!(units("2025-06-30").await, 0);

    let (well, told, error) = catalogue("before.csv", &[]);
    assert!(well, "{error}");
    assert!(told.ends_with("taken in\n"), "{told}");
    assert_eq!(units("2025-06-30").await, 4);

    let mapping = |more: &[&str]| {
        let first = [
            "import-mapping",
            "--effective",
            "2025-07-01",
            "--decision",
            "1677/NQ-UBTVQH15",
            "--reorganization",
            "sap-xep-2025",
        ];
        let files = ["mapping.csv", "after.csv"];
        run(folder.path(), &[&first[..], &common, more, &files].concat())
    };
    let (well, told, error) = mapping(&["--dry-run"]);
    assert!(well, "{error}");
    assert!(told.contains("mapping_csv 3 531"), "{told}");
    assert_eq!(units("2025-07-01").await, 4);
    let (well, told, error) = mapping(&[]);
    assert!(well, "{error}");
    assert!(
        told.contains("reorganizations/sap-xep-2025: 3 links, 0 divided units"),
        "{told}"
    );
    assert_eq!(units("2025-07-01").await, 2);

    // Without a right, or without a server, nothing is done, and one line says why.
    write("token", "khong-phai");
    let (well, _, error) = catalogue("before.csv", &[]);
    assert!(!well && error.contains("the directory refuses"), "{error}");
    assert_eq!(error.lines().count(), 1, "{error}");
    let (well, _, error) = run(
        folder.path(),
        &[
            "import-catalogue",
            "--as-of",
            "2025-06-30",
            "--token-file",
            "nowhere",
            "--source",
            "thử",
            "before.csv",
        ],
    );
    assert!(!well && error.contains("nowhere"), "{error}");
}
