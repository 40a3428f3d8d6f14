//! Who may call what, as a table that people review: a change of a role or of a
//! method's permission shows as a changed line of `matrix.txt`.

use std::{fmt::Write as _, fs, path::Path};

use kit::policy::{Needs, Policy};
use proto::directory::{self as pb, access_service_client::AccessServiceClient};
use testkit::World;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/matrix.txt");

const LEGEND: &str = "\
# Role x RPC. Written by the test `the_matrix_of_roles_and_methods_is_the_reviewed_one`;
# after a wanted change: UPDATE_MATRIX=1 cargo test -p directory --test it matrix
#   x  the role carries the permission of the method; a grant says for which units
#   .  it does not
#   s  every signed-in caller, about himself or what is common to all
#   p  everybody, without a token
#   i  the other services of the installation only
";

pub(crate) async fn roles(world: &World) -> Vec<pb::Role> {
    let ask = world.administrator.ask(pb::ListRolesRequest {});
    let mut access = AccessServiceClient::new(world.directory());
    access.list_roles(ask).await.unwrap().into_inner().roles
}

async fn matrix(world: &World) -> String {
    const METHOD: usize = 70;
    let policy = Policy::read(proto::DESCRIPTORS).unwrap();
    let roles = roles(world).await;
    let mut text = LEGEND.to_owned();
    for (index, role) in roles.iter().enumerate() {
        let bars = "|".repeat(index);
        writeln!(text, "{:METHOD$}{bars}{}", "", role.name).unwrap();
    }
    for path in policy.paths() {
        let needs = policy.needs(path).unwrap();
        let marks: String = roles
            .iter()
            .map(|role| match needs {
                Needs::Permission(it) if role.permissions.iter().any(|own| **own == **it) => 'x',
                Needs::Permission(_) => '.',
                Needs::SignedIn => 's',
                Needs::Service => 'i',
                Needs::Nothing => 'p',
            })
            .collect();
        let permission = match needs {
            Needs::Permission(permission) => permission,
            Needs::SignedIn | Needs::Service | Needs::Nothing => "",
        };
        let line = format!("{path:METHOD$}{marks}  {permission}");
        writeln!(text, "{}", line.trim_end()).unwrap();
    }
    text
}

#[tokio::test]
async fn the_matrix_of_roles_and_methods_is_the_reviewed_one() {
    let world = World::new().await;
    let now = matrix(&world).await;
    if std::env::var_os("UPDATE_MATRIX").is_some() {
        fs::write(FILE, &now).unwrap();
        return;
    }
    let reviewed = fs::read_to_string(Path::new(FILE)).unwrap_or_default();
    let is_in = |text: &str, line: &str| text.lines().any(|it| it == line);
    let gone = reviewed
        .lines()
        .filter(|it| !is_in(&now, it))
        .map(|it| format!("- {it}"));
    let new = now
        .lines()
        .filter(|it| !is_in(&reviewed, it))
        .map(|it| format!("+ {it}"));
    let changed: Vec<_> = gone.chain(new).collect();
    assert!(
        now == reviewed,
        "who may call what has changed:\n{}\nIf it is wanted: UPDATE_MATRIX=1, and have it reviewed.",
        changed.join("\n")
    );
}
