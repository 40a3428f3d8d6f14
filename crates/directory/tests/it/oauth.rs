//! Tokens for machines, over real HTTP.

use chrono::Duration;
use directory::Settings;
use kit::{Peer, auth::Verifier};
use proto::{
    convert::timestamp,
    directory::{
        self as pb, access_service_client::AccessServiceClient,
        session_service_client::SessionServiceClient, unit_service_client::UnitServiceClient,
    },
};
use reqwest::StatusCode;
use serde_json::{Value, json};
use testkit::{Person, World};
use tonic::{Code, Status};

use crate::{
    machines::{create, disable, enable, get, machine, public_key, revoke, secret},
    refresh::reason,
    signer::{Signer, signed_with_public_key, unsigned},
    web::{Answer, Web, send},
};

/// Adds a machine that may read units.
async fn viewer(world: &World, account: pb::ServiceAccount) -> pb::ServiceAccount {
    let account = create(world, &world.administrator, "mot-cua", account).await;
    let account = account.unwrap();
    world.grant(&bearer(""), "viewer", "tinh-quang-ngai").await;
    account
}

fn bearer(token: &str) -> Person {
    Person {
        name: "serviceAccounts/mot-cua".into(),
        token: token.into(),
    }
}

async fn read_unit(directory: Peer, token: &str) -> Result<(), Status> {
    let get = pb::GetUnitRequest {
        name: "units/xa-long-hiep".into(),
        ..Default::default()
    };
    let mut units = UnitServiceClient::new(directory);
    units.get_unit(bearer(token).ask(get)).await.map(|_| ())
}

fn assert_refused(answer: &Answer, code: StatusCode, error: &str) {
    assert_eq!(answer.code, code, "{answer:?}");
    assert_eq!(answer.text("error"), error, "{answer:?}");
    assert!(!answer.text("error_description").is_empty());
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(answer.header("content-type"), "application/json");
}

fn assert_invalid_client(answer: &Answer) {
    assert_refused(answer, StatusCode::UNAUTHORIZED, "invalid_client");
    assert!(answer.header("www-authenticate").starts_with("Basic"));
}

#[tokio::test]
async fn a_machine_gets_a_token_for_its_secret_and_reads_what_its_grants_allow() {
    let world = World::new().await;
    let account = viewer(&world, machine()).await;
    let (key, secret) = secret(&world, &account.name).await;
    let web = Web::of(&world).await;
    let in_body = web.token("mot-cua", &secret, &[]).await;
    let grant = [("grant_type", "client_credentials")];
    let in_header = web.form(&grant).basic_auth("mot-cua", Some(&secret));
    for answer in [in_body, send(in_header).await] {
        assert_eq!(answer.code, StatusCode::OK, "{answer:?}");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.text("token_type"), "Bearer");
        assert_eq!(answer.body["expires_in"], json!(300));
        assert_eq!(answer.body.get("scope"), None);
        let token = answer.text("access_token");
        read_unit(world.directory(), token).await.unwrap();
        // The same over the wire, on the port that speaks HTTP/1.1 too.
        let remote = Peer::remote(&format!("http://{}", web.address)).unwrap();
        read_unit(remote, token).await.unwrap();
        let verifier = Verifier::new(world.directory(), world.clock.clone());
        let known = verifier.verify(token).await.unwrap();
        assert_eq!(known.principal.name(), "serviceAccounts/mot-cua");
        assert!(key.name.ends_with(&*known.session));
        let mut sessions = SessionServiceClient::new(world.directory());
        let list = bearer(token).ask(pb::ListSessionsRequest {});
        let refused = sessions.list_sessions(list).await.unwrap_err();
        assert_eq!(reason(&refused), "PERSON_REQUIRED");
    }
    let used = get(&world, &account.name).await;
    assert_eq!(used.last_use_time, Some(timestamp(world.clock.now())));
    assert_eq!(used.etag, account.etag);
}

#[tokio::test]
async fn a_wrong_secret_an_unknown_machine_and_none_at_all_answer_alike() {
    let world = World::new().await;
    let account = viewer(&world, machine()).await;
    secret(&world, &account.name).await;
    let web = Web::of(&world).await;
    let wrong = web.token("mot-cua", &"0".repeat(64), &[]).await;
    let unknown = web.token("khong-co", &"0".repeat(64), &[]).await;
    let no_id = web.token("Một cửa", "x", &[]).await;
    let nothing = send(web.form(&[("grant_type", "client_credentials")])).await;
    for answer in [&wrong, &unknown, &no_id, &nothing] {
        assert_invalid_client(answer);
        assert_eq!(answer.body, wrong.body);
    }
}

#[tokio::test]
async fn who_guesses_is_slowed_down() {
    let world = World::new().await;
    let account = viewer(&world, machine()).await;
    let (_, secret) = secret(&world, &account.name).await;
    let web = Web::of(&world).await;
    for _ in 0..3 {
        assert_invalid_client(&web.token("mot-cua", "x", &[]).await);
    }
    let slowed = web.token("mot-cua", &secret, &[]).await;
    assert_eq!(slowed.code, StatusCode::TOO_MANY_REQUESTS, "{slowed:?}");
    assert!(slowed.headers.contains_key("retry-after"));
    world.clock.set(world.clock.now() + Duration::seconds(1));
    let again = web.token("mot-cua", &secret, &[]).await;
    assert_eq!(again.code, StatusCode::OK);
}

#[tokio::test]
async fn a_disabled_machine_gets_no_token_and_those_it_has_do_not_count() {
    let world = World::new().await;
    let account = viewer(&world, machine()).await;
    let (_, secret) = secret(&world, &account.name).await;
    let web = Web::of(&world).await;
    let answer = web.token("mot-cua", &secret, &[]).await;
    let token = answer.text("access_token");
    read_unit(world.directory(), token).await.unwrap();
    let disabled = disable(&world, &world.administrator, &account).await;
    assert_invalid_client(&web.token("mot-cua", &secret, &[]).await);
    // A service that asks now knows at once, one that has just asked after 5 seconds.
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    assert!(verifier.verify(token).await.is_err());
    tokio::time::sleep(std::time::Duration::from_secs(5)).await;
    let refused = read_unit(world.directory(), token).await.unwrap_err();
    assert_eq!(reason(&refused), "SESSION_ENDED");

    enable(&world, &disabled.unwrap(), None).await.unwrap();
    let answer = web.token("mot-cua", &secret, &[]).await;
    assert_eq!(answer.code, StatusCode::OK);
}

#[tokio::test]
async fn a_machine_or_a_key_that_is_over_gets_no_token() {
    let world = World::new().await;
    let in_10_days = world.clock.now() + Duration::days(10);
    let short = pb::ServiceAccount {
        expire_time: Some(timestamp(in_10_days)),
        ..machine()
    };
    let account = viewer(&world, short).await;
    let (revoked, gone) = secret(&world, &account.name).await;
    let (_, stays) = secret(&world, &account.name).await;
    let (_, of_longer) = secret(&world, &account.name).await;
    let web = Web::of(&world).await;
    let answer = web.token("mot-cua", &gone, &[]).await;
    let token = answer.text("access_token").to_owned();
    revoke(&world, &revoked.name).await.unwrap();
    assert_invalid_client(&web.token("mot-cua", &gone, &[]).await);
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    assert!(verifier.verify(&token).await.is_err());
    assert_eq!(web.token("mot-cua", &stays, &[]).await.code, StatusCode::OK);

    world.clock.set(in_10_days);
    assert_invalid_client(&web.token("mot-cua", &stays, &[]).await);
    let mut world = world;
    world.sign_in_again().await;
    let expired = get(&world, &account.name).await;
    let in_a_year = in_10_days + Duration::days(300);
    enable(&world, &expired, Some(in_a_year)).await.unwrap();
    assert_eq!(
        web.token("mot-cua", &of_longer, &[]).await.code,
        StatusCode::OK
    );
    // It is in use all the time, so that nothing but the end of the key keeps it out.
    world.clock.set(in_10_days + Duration::days(40));
    let again = web.token("mot-cua", &of_longer, &[]).await;
    assert_eq!(again.code, StatusCode::OK);
    world.clock.set(in_10_days + Duration::days(80));
    assert_invalid_client(&web.token("mot-cua", &of_longer, &[]).await);
}

/// What a machine states of itself; each time with a new id.
fn statement(world: &World, audience: &str) -> Value {
    let now = world.clock.now().timestamp();
    json!({
        "iss": "mot-cua", "sub": "mot-cua", "aud": audience,
        "iat": now, "exp": now + 60, "jti": uuid::Uuid::now_v7().to_string(),
    })
}

const SERVER: &str = "http://127.0.0.1:8080";

#[tokio::test]
async fn a_machine_signs_who_it_is_and_each_statement_counts_once() {
    let world = World::new().await;
    let account = viewer(&world, machine()).await;
    let (ed25519, p256) = (Signer::ed25519(), Signer::p256());
    public_key(&world, &account.name, &ed25519).await;
    public_key(&world, &account.name, &p256).await;
    let web = Web::of(&world).await;
    for signer in [&ed25519, &p256] {
        for audience in [SERVER, "http://127.0.0.1:8080/oauth2/token"] {
            let assertion = signer.token("any", &statement(&world, audience));
            let answer = web.assert(&assertion).await;
            assert_eq!(answer.code, StatusCode::OK, "{answer:?}");
            let token = answer.text("access_token");
            read_unit(world.directory(), token).await.unwrap();
            assert_invalid_client(&web.assert(&assertion).await);
        }
    }
    // A statement that is over is forgotten, and is over all the same.
    let statement = statement(&world, SERVER);
    let assertion = p256.token("any", &statement);
    assert_eq!(web.assert(&assertion).await.code, StatusCode::OK);
    world.clock.set(world.clock.now() + Duration::minutes(10));
    assert_invalid_client(&web.assert(&assertion).await);
}

/// What makes a statement worthless; nothing else of it is changed.
fn spoils(now: i64) -> [Value; 13] {
    [
        json!({"aud": "https://sso.example.vn/oauth2/token"}),
        json!({"aud": "cds"}),
        json!({"aud": [SERVER, "https://sso.example.vn"]}),
        json!({"aud": null}),
        json!({"sub": "he-thong-khac"}),
        json!({"sub": null}),
        json!({"exp": now + 61}),
        json!({"exp": now - 30}),
        json!({"exp": null}),
        json!({"iat": now + 31}),
        json!({"jti": ""}),
        json!({"jti": null}),
        json!({"iss": "he-thong-khac"}),
    ]
}

#[tokio::test]
async fn a_statement_that_is_not_exactly_right_is_worthless() {
    let world = World::new().await;
    let account = viewer(&world, machine()).await;
    let signer = Signer::ed25519();
    public_key(&world, &account.name, &signer).await;
    let web = Web::of(&world).await;
    // Time goes on between the tries, so that none is refused for coming too soon.
    let wait = || world.clock.set(world.clock.now() + Duration::seconds(11));
    for index in 0..spoils(0).len() {
        wait();
        let spoil = &spoils(world.clock.now().timestamp())[index];
        let mut claims = statement(&world, SERVER);
        for (name, value) in spoil.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let answer = web.assert(&signer.token("any", &claims)).await;
        assert_eq!(answer.code, StatusCode::UNAUTHORIZED, "{spoil}");
        assert_invalid_client(&answer);
    }
    let forgeries: [fn(&Signer, &Value) -> String; 5] = [
        |_, claims| unsigned(claims),
        |signer, claims| signed_with_public_key("any", signer, claims),
        |_, claims| Signer::ed25519().token("any", claims),
        |_, claims| {
            let own = Signer::p256();
            let header = json!({"alg": "ES256", "jwk": own.jwk()});
            own.signed(&header, claims)
        },
        |_, _| "a.b.c".to_owned(),
    ];
    for (index, forge) in forgeries.iter().enumerate() {
        wait();
        let answer = web
            .assert(&forge(&signer, &statement(&world, SERVER)))
            .await;
        assert_eq!(answer.code, StatusCode::UNAUTHORIZED, "{index}");
        assert_invalid_client(&answer);
    }
    wait();
    let good = signer.token("any", &statement(&world, SERVER));
    assert_eq!(web.assert(&good).await.code, StatusCode::OK);
}

#[tokio::test]
async fn a_token_is_narrowed_to_what_was_asked_for() {
    let world = World::new().await;
    let bound = pb::ServiceAccount {
        scopes: vec![
            "directory.positions.read".into(),
            "directory.units.read".into(),
        ],
        ..machine()
    };
    let account = viewer(&world, bound).await;
    let (_, secret) = secret(&world, &account.name).await;
    let web = Web::of(&world).await;
    let all = web.token("mot-cua", &secret, &[]).await;
    assert_eq!(
        all.text("scope"),
        "directory.positions.read directory.units.read"
    );
    read_unit(world.directory(), all.text("access_token"))
        .await
        .unwrap();

    let narrow = [("scope", "directory.positions.read")];
    let narrow = web.token("mot-cua", &secret, &narrow).await;
    assert_eq!(narrow.text("scope"), "directory.positions.read");
    let token = narrow.text("access_token");
    let refused = read_unit(world.directory(), token).await.unwrap_err();
    assert_eq!(refused.code(), Code::PermissionDenied);
    assert_eq!(reason(&refused), "PERMISSION_MISSING");
    // Other services ask the directory, which knows the token too.
    for (permission, expected) in [
        ("directory.positions.read", true),
        ("directory.units.read", false),
    ] {
        let check = pb::CheckAccessRequest {
            permission: permission.into(),
            units: vec!["units/xa-long-hiep".into()],
            ..Default::default()
        };
        let mut access = AccessServiceClient::new(world.directory());
        let answer = access.check_access(bearer(token).ask(check)).await.unwrap();
        assert_eq!(answer.into_inner().allowed, [expected], "{permission}");
    }

    for beyond in ["directory.units.read indicators.values.read", "fly"] {
        let answer = web.token("mot-cua", &secret, &[("scope", beyond)]).await;
        assert_refused(&answer, StatusCode::BAD_REQUEST, "invalid_scope");
    }
}

#[tokio::test]
async fn a_machine_asks_from_its_networks_only() {
    let from = async |settings: &Settings, networks: &[&str], forwarded: Option<&str>| {
        let world = World::with(settings).await;
        let bound = pb::ServiceAccount {
            allowed_networks: networks.iter().map(|it| (*it).to_owned()).collect(),
            ..machine()
        };
        let account = viewer(&world, bound).await;
        let (_, secret) = secret(&world, &account.name).await;
        let web = Web::of(&world).await;
        let mut request = web.form(&[
            ("grant_type", "client_credentials"),
            ("client_id", "mot-cua"),
            ("client_secret", &secret),
        ]);
        if let Some(forwarded) = forwarded {
            request = request.header("x-forwarded-for", forwarded);
        }
        send(request).await
    };
    let bare = Settings::default();
    let behind_proxy = Settings {
        trusted_proxies: vec!["127.0.0.0/8".parse().unwrap()],
        ..Settings::default()
    };
    let (here, there) = (["127.0.0.0/8"], ["10.12.0.0/16"]);
    assert_eq!(from(&bare, &here, None).await.code, StatusCode::OK);
    assert_invalid_client(&from(&bare, &there, None).await);
    // Who is no trusted proxy may say what he likes.
    assert_invalid_client(&from(&bare, &there, Some("10.12.0.1")).await);
    let answer = from(&behind_proxy, &there, Some("203.0.113.9, 10.12.0.1")).await;
    assert_eq!(answer.code, StatusCode::OK);
    let answer = from(&behind_proxy, &there, Some("10.12.0.1, 203.0.113.9")).await;
    assert_invalid_client(&answer);
}

#[tokio::test]
async fn what_is_not_formed_as_the_standard_says_is_told() {
    let world = World::new().await;
    let web = Web::of(&world).await;
    let password = [("grant_type", "password"), ("client_id", "mot-cua")];
    let answer = send(web.form(&password)).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "unsupported_grant_type");
    let twice = [("grant_type", "client_credentials"), ("grant_type", "a")];
    let answer = send(web.form(&twice)).await;
    assert_refused(&answer, StatusCode::BAD_REQUEST, "invalid_request");
    let json = web.post("/oauth2/token").body("{}");
    assert_refused(
        &send(json).await,
        StatusCode::BAD_REQUEST,
        "invalid_request",
    );
    let large = "x".repeat(64 * 1024);
    let answer = send(web.form(&[("scope", &large)])).await;
    assert_refused(&answer, StatusCode::PAYLOAD_TOO_LARGE, "invalid_request");
    let got = send(web.get("/oauth2/token")).await;
    assert_eq!(got.code, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(got.header("allow"), "POST");
    let posted = send(web.post("/.well-known/jwks.json")).await;
    assert_eq!(posted.code, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "stands for a stranger who has only the published keys"
)]
async fn the_published_keys_verify_a_real_token_and_the_metadata_says_where_they_are() {
    let settings = Settings {
        public_url: "https://cds.example.vn".into(),
        ..Settings::default()
    };
    let world = World::with(&settings).await;
    let web = Web::of(&world).await;
    let keys = send(web.get("/.well-known/jwks.json")).await;
    assert_eq!(keys.code, StatusCode::OK);
    assert_eq!(keys.header("cache-control"), "public, max-age=30");
    // Nothing of ours is used to find or read the key.
    let set: jsonwebtoken::jwk::JwkSet = serde_json::from_value(keys.body).unwrap();
    let token = &world.administrator.token;
    let header = jsonwebtoken::decode_header(token).unwrap();
    let key = set.find(&header.kid.unwrap()).unwrap();
    let mut rules = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::EdDSA);
    rules.set_audience(&["cds"]);
    rules.validate_exp = false;
    let key = jsonwebtoken::DecodingKey::from_jwk(key).unwrap();
    let read = jsonwebtoken::decode::<Value>(token, &key, &rules).unwrap();
    assert_eq!(read.claims["sub"], json!("users/administrator"));

    let told = send(web.get("/.well-known/oauth-authorization-server")).await;
    assert_eq!(told.code, StatusCode::OK);
    assert_eq!(told.text("issuer"), "https://cds.example.vn");
    let server = "https://cds.example.vn";
    assert_eq!(
        told.text("token_endpoint"),
        format!("{server}/oauth2/token")
    );
    assert_eq!(
        told.text("jwks_uri"),
        format!("{server}/.well-known/jwks.json")
    );
    let ways = &told.body["token_endpoint_auth_signing_alg_values_supported"];
    assert_eq!(*ways, json!(["EdDSA", "ES256"]));
    assert!(told.body["grant_types_supported"].is_array());
}

#[tokio::test]
async fn nothing_else_is_open_on_the_port() {
    let world = World::new().await;
    let web = Web::of(&world).await;
    for path in [
        "/",
        "/oauth2",
        "/oauth2/token/",
        "/oauth2/token/more",
        "/.well-known/openid-configuration",
        "/.well-known/../oauth2/authorize",
    ] {
        let answer = send(web.get(path)).await;
        let status = answer.headers.get("grpc-status");
        let status = status.unwrap_or_else(|| panic!("{path}: {answer:?}"));
        // UNAUTHENTICATED
        assert_eq!(status, "16", "{path}");
    }
}
