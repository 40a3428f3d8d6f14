//! Tokens of an outside OpenID issuer, whose keys are served by a real HTTP server.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{Router, routing::get};
use chrono::Duration;
use directory::{Directory, OutsideIssuer, Settings, recover_administrator};
use kit::{Error, auth::Verifier, jwt::Algorithm, run::Run};
use proto::directory::{
    self as pb, access_service_client::AccessServiceClient,
    identity_service_client::IdentityServiceClient, session_service_client::SessionServiceClient,
    user_service_client::UserServiceClient,
};
use serde_json::{Value, json};
use testkit::{Person, World};
use tonic::{
    Code, Status,
    service::Routes,
    transport::{Server, server::TcpIncoming},
};

use crate::{
    administrators::{own_grant, reset, second},
    grants::{give, take},
    refresh::reason,
    signer::{Signer, signed_with_public_key, unsigned},
};

const ISSUER: &str = "https://sso.quangngai.example";

/// An issuer with one key of each kind, and how often it was asked for them.
struct Sso {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    signers: [Signer; 3],
    _run: Run,
}

/// Ids of the keys, in the order of the signers.
const KIDS: [&str; 3] = ["k-ed25519", "k-p256", "k-rsa"];

impl Sso {
    async fn start() -> Self {
        let signers = [Signer::ed25519(), Signer::p256(), Signer::rsa()];
        let listed = signers.iter().zip(KIDS).map(|(it, kid)| it.listed(kid));
        let set = json!({ "keys": listed.collect::<Vec<_>>() }).to_string();
        let asked = Arc::<AtomicUsize>::default();
        let counted = asked.clone();
        let routes = Router::new().route(
            "/jwks",
            get(move || {
                counted.fetch_add(1, Ordering::Relaxed);
                std::future::ready(set.clone())
            }),
        );
        let incoming = TcpIncoming::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = incoming.local_addr().unwrap();
        let mut run = Run::new();
        run.start("sso", async move {
            let served = Server::builder()
                .accept_http1(true)
                .add_routes(Routes::from(routes))
                .serve_with_incoming(incoming);
            Ok(served.await?)
        });
        Self {
            address,
            asked,
            signers,
            _run: run,
        }
    }

    fn settings(&self) -> OutsideIssuer {
        OutsideIssuer {
            issuer: ISSUER.into(),
            audience: "cds-quangngai".into(),
            jwks_url: Some(format!("http://{}/jwks", self.address)),
            jwks_file: None,
            algorithms: vec![Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256],
        }
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }

    fn token(&self, claims: &Value) -> String {
        self.signers[1].token(KIDS[1], claims)
    }
}

async fn world(sso: &Sso) -> World {
    World::with(&Settings {
        issuers: vec![sso.settings()],
        ..Settings::default()
    })
    .await
}

fn claims(world: &World) -> Value {
    let now = world.clock.now().timestamp();
    json!({"iss": ISSUER, "aud": "cds-quangngai", "sub": "u-4711", "iat": now, "exp": now + 300})
}

async fn link(
    world: &World,
    by: &Person,
    user: &str,
    issuer: &str,
    subject: &str,
) -> Result<pb::FederatedIdentity, Status> {
    let link = pb::LinkIdentityRequest {
        parent: user.into(),
        identity: Some(pb::FederatedIdentity {
            issuer: issuer.into(),
            subject: subject.into(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut identities = IdentityServiceClient::new(world.directory());
    Ok(identities.link_identity(by.ask(link)).await?.into_inner())
}

/// Says who the bearer is to a service that has not seen the token before.
async fn resolved(world: &World, token: &str) -> Result<String, &'static str> {
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    match verifier.verify(token).await {
        Ok(bearer) => Ok(bearer.principal.name()),
        Err(Error::Unauthenticated(reason)) => Err(reason.code),
        Err(other) => panic!("{other:?}"),
    }
}

/// Makes any call of the directory with a token.
async fn call(world: &World, token: &str) -> Result<(), Status> {
    let bearer = Person {
        name: String::new(),
        token: token.into(),
    };
    let mut sessions = SessionServiceClient::new(world.directory());
    let list = bearer.ask(pb::ListSessionsRequest {});
    sessions.list_sessions(list).await.map(|_| ())
}

#[tokio::test]
async fn a_token_of_a_trusted_issuer_stands_for_the_person_it_is_linked_to() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    link(&world, &world.administrator, &person.name, ISSUER, "u-4711")
        .await
        .unwrap();
    assert_eq!(sso.asked(), 0);
    for (signer, kid) in sso.signers.iter().zip(KIDS) {
        let token = signer.token(kid, &claims(&world));
        assert_eq!(resolved(&world, &token).await.as_ref(), Ok(&person.name));
        call(&world, &token).await.unwrap();
    }
    assert_eq!(sso.asked(), 1);
    let mut for_others = claims(&world);
    for_others["aud"] = json!(["account", "cds-quangngai"]);
    assert!(resolved(&world, &sso.token(&for_others)).await.is_ok());
}

/// The story: two administer; one has no password any more and comes in by the issuer.
#[tokio::test]
async fn the_identity_by_which_the_last_administrator_comes_in_stays() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let root = &world.administrator;
    let other = second(&world, ("2022-01-01", "")).await;
    let linked = link(&world, root, &other.name, ISSUER, "u-4711").await;
    let linked = linked.unwrap();
    reset(&world, root, &other).await.unwrap();
    let other = Person {
        token: sso.token(&claims(&world)),
        ..other
    };
    let grant = own_grant(&world, root, root).await;
    take(&world, &other, &grant).await.unwrap();
    let unlink = other.ask(pb::UnlinkIdentityRequest {
        name: linked.name,
        reason: "không dùng nữa".into(),
        ..Default::default()
    });
    let mut identities = IdentityServiceClient::new(world.directory());
    let refused = identities.unlink_identity(unlink).await.unwrap_err();
    assert_eq!(reason(&refused), "LAST_ADMINISTRATOR");
    call(&world, &other.token).await.unwrap();
}

/// The story: one of those who administer comes in by the issuer alone, and the issuer is taken
/// out of the settings.
#[tokio::test]
async fn who_comes_in_by_an_issuer_that_is_set_no_more_does_not_administer() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let root = &world.administrator;
    let other = second(&world, ("2022-01-01", "")).await;
    let linked = link(&world, root, &other.name, ISSUER, "u-4711").await;
    linked.unwrap();
    reset(&world, root, &other).await.unwrap();
    let third = world
        .person("quan-tri-ba", "administrator", "so-tttt")
        .await;
    let until_july = ("2022-01-01", "2022-07-01");
    let given = give(&world, root, &third, "administrator", "", until_july);
    given.await.unwrap();

    let db = world.directory_db().await;
    let settings = Settings::default();
    let without = Directory::open(db.clone(), &settings).await.unwrap();
    let without = world.peer(without.routes());
    let grant = own_grant(&world, &third, root).await;
    let delete = pb::DeleteRoleGrantRequest {
        name: grant.name.clone(),
        reason: "chuyển công tác".into(),
        etag: grant.etag.clone(),
        ..Default::default()
    };
    let deleted = AccessServiceClient::new(without)
        .delete_role_grant(third.ask(delete))
        .await;
    assert_eq!(reason(&deleted.unwrap_err()), "LAST_ADMINISTRATOR");
    // As long as it is set, the right may be taken.
    take(&world, &third, &grant).await.unwrap();
    world.clock.set(world.clock.now() + Duration::days(30));
    let trusted = recover_administrator(&db, &[sso.settings()], None).await;
    assert!(
        matches!(&trusted, Err(Error::Rule(why, _)) if why.code == "SOMEBODY_ADMINISTERS"),
        "{trusted:?}"
    );
    recover_administrator(&db, &[], None).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_not_exactly_right_lets_nobody_in() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    link(&world, &world.administrator, &person.name, ISSUER, "u-4711")
        .await
        .unwrap();
    let now = world.clock.now().timestamp();
    let changes = [
        (json!({"aud": "another-system"}), "TOKEN_INVALID"),
        (json!({"aud": "cds"}), "TOKEN_INVALID"),
        (json!({"aud": null}), "TOKEN_INVALID"),
        (
            json!({"iss": "https://sso.elsewhere.example"}),
            "TOKEN_INVALID",
        ),
        (json!({"sub": "u-4712"}), "TOKEN_INVALID"),
        (json!({"sub": null}), "TOKEN_INVALID"),
        (json!({"exp": now - 30}), "TOKEN_EXPIRED"),
        (json!({"exp": null}), "TOKEN_INVALID"),
        (json!({"nbf": now + 31}), "TOKEN_INVALID"),
        (json!({"iat": now + 31}), "TOKEN_INVALID"),
        (json!({"iat": null}), "TOKEN_INVALID"),
        // Eleven minutes old, though it says to live for ever.
        (
            json!({"iat": now - 660, "exp": i64::from(i32::MAX)}),
            "TOKEN_EXPIRED",
        ),
    ];
    for (change, expected) in changes {
        let mut claims = claims(&world);
        for (name, value) in change.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let token = sso.token(&claims);
        assert_eq!(resolved(&world, &token).await, Err(expected), "{change}");
        let refused = call(&world, &token).await.unwrap_err();
        assert_eq!(refused.code(), Code::Unauthenticated);
        assert_eq!(reason(&refused), expected);
    }

    let good = claims(&world);
    let own = Signer::p256();
    let attacker = json!({
        "alg": "ES256", "kid": KIDS[1], "jwk": own.jwk(),
        "jku": format!("http://{}/jwks", sso.address), "x5u": "http://127.0.0.1:1/",
    });
    let forgeries = [
        ("unsigned", unsigned(&good)),
        (
            "public key as secret",
            signed_with_public_key(KIDS[1], &sso.signers[1], &good),
        ),
        ("another key", own.token(KIDS[1], &good)),
        ("its own key", own.signed(&attacker, &good)),
        ("key of another kind", sso.signers[0].token(KIDS[1], &good)),
        (
            "not allowed for this issuer",
            sso.signers[2].signed(&json!({"alg": "PS256", "kid": KIDS[2]}), &good),
        ),
        (
            "no key named",
            sso.signers[1].signed(&json!({"alg": "ES256"}), &good),
        ),
        (
            "another type",
            sso.signers[1].signed(
                &json!({"alg": "ES256", "typ": "logout+jwt", "kid": KIDS[1]}),
                &good,
            ),
        ),
    ];
    for (what, token) in forgeries {
        assert_eq!(
            resolved(&world, &token).await,
            Err("TOKEN_INVALID"),
            "{what}"
        );
    }
    assert_eq!(sso.asked(), 1);
    assert!(resolved(&world, &sso.token(&good)).await.is_ok());
}

#[tokio::test]
async fn unknown_keys_do_not_make_us_ask_the_issuer_again_and_again() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    for kid in ["k1", "k2", "k3"] {
        let token = sso.signers[1].token(kid, &claims(&world));
        assert_eq!(resolved(&world, &token).await, Err("TOKEN_INVALID"));
    }
    assert_eq!(sso.asked(), 1);
}

#[tokio::test]
async fn a_suspended_person_is_not_let_in_by_another_issuer() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    link(&world, &world.administrator, &person.name, ISSUER, "u-4711")
        .await
        .unwrap();
    let token = sso.token(&claims(&world));
    call(&world, &token).await.unwrap();
    let mut users = UserServiceClient::new(world.directory());
    let get = pb::GetUserRequest {
        name: person.name.clone(),
    };
    let seen = users.get_user(world.administrator.ask(get)).await.unwrap();
    let suspend = pb::SuspendUserRequest {
        name: person.name.clone(),
        reason: "nghỉ việc".into(),
        etag: seen.into_inner().etag,
        ..Default::default()
    };
    users
        .suspend_user(world.administrator.ask(suspend))
        .await
        .unwrap();
    assert_eq!(resolved(&world, &token).await, Err("TOKEN_INVALID"));
    // A service that has just asked lets him in for 5 seconds more at most.
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let refused = call(&world, &token).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
}

#[tokio::test]
async fn an_outside_token_that_is_remembered_still_expires() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let person = world.person("can-bo", "viewer", "so-tttt").await;
    link(&world, &world.administrator, &person.name, ISSUER, "u-4711")
        .await
        .unwrap();
    let token = sso.token(&claims(&world));
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    verifier.verify(&token).await.unwrap();
    world.clock.set(world.clock.now() + Duration::seconds(330));
    let refused = verifier.verify(&token).await.unwrap_err();
    assert!(matches!(refused, Error::Unauthenticated(it) if it.code == "TOKEN_EXPIRED"));
}

#[tokio::test]
async fn an_identity_is_linked_once_and_unlinked_again() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let one = world.person("can-bo", "viewer", "so-tttt").await;
    let other = world.person("can-bo-khac", "viewer", "huyen-ba-to").await;
    let by = &world.administrator;
    let linked = link(&world, by, &one.name, ISSUER, "u-4711").await.unwrap();
    assert!(linked.name.starts_with("users/can-bo/identities/i"));
    for person in [&one, &other] {
        let taken = link(&world, by, &person.name, ISSUER, "u-4711").await;
        assert_eq!(taken.unwrap_err().code(), Code::AlreadyExists);
    }
    let foreign = link(&world, by, &one.name, "https://sso.elsewhere.example", "a").await;
    assert_eq!(foreign.unwrap_err().code(), Code::InvalidArgument);
    let nobody = link(&world, by, "users/khong-co", ISSUER, "a").await;
    assert_eq!(nobody.unwrap_err().code(), Code::NotFound);
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-ba-to")
        .await;
    let beyond = link(&world, &district, &one.name, ISSUER, "a").await;
    assert_eq!(beyond.unwrap_err().code(), Code::PermissionDenied);
    // Of his own district, but with a role beyond it.
    world.grant(&other, "viewer", "so-tttt").await;
    let beyond = link(&world, &district, &other.name, ISSUER, "a").await;
    assert_eq!(beyond.unwrap_err().code(), Code::PermissionDenied);

    let mut identities = IdentityServiceClient::new(world.directory());
    let list = pb::ListIdentitiesRequest {
        parent: one.name.clone(),
    };
    let listed = identities.list_identities(by.ask(list)).await.unwrap();
    assert_eq!(
        listed.into_inner().identities,
        std::slice::from_ref(&linked)
    );
    let token = sso.token(&claims(&world));
    assert!(resolved(&world, &token).await.is_ok());
    let unlink = pb::UnlinkIdentityRequest {
        name: linked.name,
        reason: "chuyển công tác".into(),
        ..Default::default()
    };
    let again = unlink.clone();
    identities.unlink_identity(by.ask(unlink)).await.unwrap();
    assert_eq!(resolved(&world, &token).await, Err("TOKEN_INVALID"));
    let twice = identities.unlink_identity(by.ask(again)).await.unwrap_err();
    assert_eq!(twice.code(), Code::NotFound);
    link(&world, by, &other.name, ISSUER, "u-4711")
        .await
        .unwrap();
    assert_eq!(resolved(&world, &token).await, Ok(other.name));
}

#[tokio::test]
async fn a_person_has_ten_identities_at_most() {
    let sso = Sso::start().await;
    let world = world(&sso).await;
    let name = &world.administrator.name;
    for number in 0..10 {
        let subject = format!("u-{number}");
        let linked = link(&world, &world.administrator, name, ISSUER, &subject).await;
        linked.unwrap();
    }
    let refused = link(&world, &world.administrator, name, ISSUER, "u-10").await;
    assert_eq!(reason(&refused.unwrap_err()), "TOO_MANY_IDENTITIES");
}

#[tokio::test]
async fn keys_may_lie_in_a_file_that_has_to_be_there() {
    let signer = Signer::p256();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("jwks.json");
    let issuer = OutsideIssuer {
        issuer: ISSUER.into(),
        audience: "cds-quangngai".into(),
        jwks_url: None,
        jwks_file: Some(file.clone()),
        algorithms: vec![Algorithm::Es256],
    };
    let settings = Settings {
        issuers: vec![issuer],
        ..Settings::default()
    };
    let db = World::new().await.db("no_keys").await;
    let Err(Error::Internal(cause)) = Directory::open(db, &settings).await else {
        panic!("opened without keys");
    };
    assert!(cause.to_string().contains("`jwks_file`"), "{cause}");
    std::fs::write(&file, json!({ "keys": [signer.listed("k")] }).to_string()).unwrap();
    let world = World::with(&settings).await;
    let name = &world.administrator.name;
    link(&world, &world.administrator, name, ISSUER, "u-4711")
        .await
        .unwrap();
    let token = signer.token("k", &claims(&world));
    assert_eq!(resolved(&world, &token).await.as_ref(), Ok(name));
}
