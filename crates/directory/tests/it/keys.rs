//! Signing keys are replaced without anybody being put out, and are kept sealed.

use chrono::Duration;
use directory::{Directory, Migrator, Settings};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kit::{
    Db, Error, Peer,
    auth::{AUDIENCE, Claims, ISSUER, TOKEN_TYPE, Verifier},
    config::Secret,
};
use proto::directory::{self as pb, session_service_client::SessionServiceClient};
use sea_orm::{ConnectionTrait, Statement};
use testkit::{Person, World};
use tonic::{Code, Status};

use crate::refresh::sign_in;

async fn listed(directory: Peer) -> Vec<pb::SigningKey> {
    let ask = pb::ListSigningKeysRequest {};
    let mut sessions = SessionServiceClient::new(directory);
    sessions
        .list_signing_keys(ask)
        .await
        .unwrap()
        .into_inner()
        .keys
}

async fn rotate(world: &World, by: &Person) -> Result<pb::SigningKey, Status> {
    let ask = by.ask(pb::RotateSigningKeyRequest::default());
    let mut sessions = SessionServiceClient::new(world.directory());
    Ok(sessions.rotate_signing_key(ask).await?.into_inner())
}

/// Says whether a service that asks for the keys now lets the bearer in.
async fn works(world: &World, token: &str) -> bool {
    let verifier = Verifier::new(world.directory(), world.clock.clone());
    verifier.verify(token).await.is_ok()
}

fn wait(world: &World, time: Duration) {
    world.clock.set(world.clock.now() + time);
}

#[tokio::test]
async fn a_new_key_takes_over_while_tokens_of_the_old_one_live_on() {
    let world = World::new().await;
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let old = listed(world.directory()).await.remove(0);
    let new = rotate(&world, &world.administrator).await.unwrap();
    assert_eq!(listed(world.directory()).await, [old.clone(), new.clone()]);

    // For a minute the old key still signs: every service gets to know the new one.
    let header = |it: &pb::SignInResponse| it.access_token.split('.').next().unwrap().to_owned();
    let before = sign_in(&world, &person.name, "").await;
    wait(&world, Duration::minutes(1));
    let after = sign_in(&world, &person.name, "").await;
    assert_ne!(header(&before), header(&after));
    assert!(works(&world, &before.access_token).await);
    assert!(works(&world, &after.access_token).await);

    wait(&world, Duration::minutes(6) - Duration::seconds(1));
    assert_eq!(listed(world.directory()).await, [old, new.clone()]);
    wait(&world, Duration::seconds(1));
    assert_eq!(
        listed(world.directory()).await.as_slice(),
        std::slice::from_ref(&new)
    );
    assert_eq!(
        (&*new.kty, &*new.crv, &*new.alg, &*new.r#use),
        ("OKP", "Ed25519", "EdDSA", "sig")
    );
    assert_eq!((new.kid.len(), new.x.len()), (43, 43));
}

#[tokio::test]
async fn only_who_administers_everything_rotates_keys() {
    let world = World::new().await;
    let district = world
        .person("quan-tri-huyen", "administrator", "huyen-minh-long")
        .await;
    let reporter = world.person("can-bo", "reporter", "huyen-minh-long").await;
    for person in [district, reporter] {
        let refused = rotate(&world, &person).await.unwrap_err();
        assert_eq!(refused.code(), Code::PermissionDenied);
    }
}

async fn kept(db: &Db) -> (Vec<u8>, Option<String>) {
    let question = "SELECT pkcs8, sealed_with FROM signing_keys";
    let question = Statement::from_string(db.reader().get_database_backend(), question);
    let row = db.reader().query_one_raw(question).await.unwrap().unwrap();
    (
        row.try_get("", "pkcs8").unwrap(),
        row.try_get("", "sealed_with").unwrap(),
    )
}

/// Whoever got hold of a key signs nothing with it once it was rotated out, also where the key
/// was known.
#[tokio::test]
async fn what_a_rotated_key_signs_counts_no_more() {
    let world = World::new().await;
    let service = Verifier::new(world.directory(), world.clock.clone());
    let old = listed(world.directory()).await.remove(0);
    let (stolen, _) = kept(&world.directory_db().await).await;
    let forged = || {
        let now = world.clock.now().timestamp();
        let claims = Claims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: world.administrator.name.parse().unwrap(),
            sid: "khong-co".into(),
            jti: "gia-mao".into(),
            iat: now,
            exp: now + 60,
            scope: None,
        };
        let header = Header {
            typ: Some(TOKEN_TYPE.into()),
            kid: Some(old.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&stolen)).unwrap()
    };
    let refused = async || match service.verify(&forged()).await {
        Err(Error::Unauthenticated(reason)) => reason.code,
        other => panic!("{other:?}"),
    };
    // The signature is good; only the session is none.
    assert_eq!(refused().await, "SESSION_ENDED");
    rotate(&world, &world.administrator).await.unwrap();
    wait(&world, Duration::minutes(7));
    assert_eq!(refused().await, "TOKEN_INVALID");
}

#[tokio::test]
async fn keys_that_lay_open_are_sealed_and_of_no_use_without_the_secret() {
    let world = World::new().await;
    let db = world.db("sealed").await;
    db.migrate::<Migrator>().await.unwrap();
    let with = |key_secret: Option<&Secret>| Settings {
        key_secret: key_secret.cloned(),
        ..Settings::default()
    };
    let open = Directory::open(db.clone(), &with(None)).await.unwrap();
    let key = listed(Peer::local(open.routes())).await;
    let (pkcs8, sealed_with) = kept(&db).await;
    assert_eq!(sealed_with, None);

    let with = |key_secret: Option<&Secret>| Settings {
        key_secret: key_secret.cloned(),
        ..Settings::default()
    };
    let secret = Secret::new("5a".repeat(32));
    let sealed = Directory::open(db.clone(), &with(Some(&secret)))
        .await
        .unwrap();
    assert_eq!(listed(Peer::local(sealed.routes())).await, key);
    let (bytes, sealed_with) = kept(&db).await;
    assert_eq!(sealed_with.as_deref(), Some("AES-256-GCM"));
    assert!(!bytes.windows(16).any(|it| it == &pkcs8[16..32]));

    let other = Secret::new("5b".repeat(32));
    for secret in [None, Some(&other)] {
        let refused = Directory::open(db.clone(), &with(secret))
            .await
            .unwrap_err();
        let kit::Error::Internal(cause) = refused else {
            panic!("{refused:?}");
        };
        assert!(
            cause.to_string().contains("`directory.key_secret`"),
            "{cause}"
        );
    }
}
