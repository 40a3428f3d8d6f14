//! Trying to sign in too often, over a real port behind a proxy that says who calls.

use chrono::Duration;
use directory::Settings;
use kit::{Peer, run::Run};
use proto::directory::{self as pb, session_service_client::SessionServiceClient};
use testkit::World;
use tokio::task::JoinSet;
use tonic::{Code, Request, Status};
use tonic_types::StatusExt;

use crate::refresh::{PASSWORD, reason};

/// The directory on a port of its own.
struct Port {
    world: World,
    address: String,
    peer: Peer,
    _run: Run,
}

impl Port {
    /// Believes these proxies.
    async fn behind(proxies: &[&str]) -> Self {
        let settings = Settings {
            trusted_proxies: proxies.iter().map(|it| it.parse().unwrap()).collect(),
            ..Settings::default()
        };
        let world = World::with(&settings).await;
        let mut run = Run::new();
        let address = format!("http://{}", world.serve(&mut run).await);
        Self {
            peer: Peer::remote(&address).unwrap(),
            address,
            world,
            _run: run,
        }
    }

    async fn sign_in(&self, user: &str, from: &str) -> Result<(), Status> {
        sign_in(self.peer.clone(), user, from).await
    }
}

async fn sign_in(peer: Peer, user: &str, from: &str) -> Result<(), Status> {
    let mut request = Request::new(pb::SignInRequest {
        user: format!("users/{user}"),
        password: PASSWORD.into(),
        ..Default::default()
    });
    let from = from.parse().unwrap();
    request.metadata_mut().insert("x-forwarded-for", from);
    SessionServiceClient::new(peer)
        .sign_in(request)
        .await
        .map(drop)
}

#[tokio::test]
async fn a_network_that_tries_too_often_is_told_when_to_come_back_and_others_sign_in() {
    let port = Port::behind(&["127.0.0.1/32"]).await;
    port.world.person("can-bo", "viewer", "so-tttt").await;
    for number in 0..30 {
        let from = format!("203.0.113.{number}");
        let refused = port.sign_in(&format!("bia-dat-{number}"), &from).await;
        assert_eq!(reason(&refused.unwrap_err()), "SIGN_IN_REFUSED");
    }
    // Also a right password, and whatever stands before the address the proxy has added.
    for from in ["203.0.113.200", "10.12.0.1, 203.0.113.7"] {
        let refused = port.sign_in("can-bo", from).await.unwrap_err();
        assert_eq!(refused.code(), Code::ResourceExhausted);
        assert_eq!(reason(&refused), "TOO_MANY_TRIES");
        let details = refused.get_error_details();
        let wait = details.retry_info().unwrap().retry_delay.unwrap();
        assert_eq!(wait.as_secs(), 60);
        assert!(refused.message().contains("try again in 60 s"));
        let vi = &details.localized_message().unwrap().message;
        assert!(vi.contains("sau 60 giây"), "{vi}");
    }
    // An office of 35 behind one address begins its day.
    for _ in 0..35 {
        port.sign_in("can-bo", "198.51.100.7").await.unwrap();
    }
    let now = port.world.clock.now();
    port.world.clock.set(now + Duration::minutes(1));
    port.sign_in("can-bo", "203.0.113.200").await.unwrap();
}

#[tokio::test]
async fn who_floods_from_one_network_keeps_nobody_from_another_one_out() {
    let port = Port::behind(&["127.0.0.1/32"]).await;
    port.world.person("can-bo", "viewer", "so-tttt").await;
    let mut flood = JoinSet::new();
    for number in 0..150 {
        let peer = port.peer.clone();
        flood.spawn(async move {
            let from = format!("203.0.113.{number}");
            sign_in(peer, &format!("bia-dat-{number}"), &from).await
        });
    }
    let elsewhere = Peer::remote(&port.address).unwrap();
    sign_in(elsewhere, "can-bo", "198.51.100.7").await.unwrap();
    let answers = flood.join_all().await;
    let told = answers.into_iter().map(|it| it.unwrap_err().code());
    let (mut looked_at, mut turned_away) = (0, 0);
    for code in told {
        match code {
            Code::Unauthenticated => looked_at += 1,
            Code::ResourceExhausted => turned_away += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(looked_at <= 30, "{looked_at} were looked at");
    assert_eq!(looked_at + turned_away, 150);
}

#[tokio::test]
async fn who_is_no_trusted_proxy_does_not_choose_the_network_he_tries_from() {
    let port = Port::behind(&[]).await;
    for number in 0..30 {
        let refused = port.sign_in("khong-co", &format!("10.{number}.0.1")).await;
        assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    }
    let refused = port.sign_in("khong-co", "10.200.0.1").await.unwrap_err();
    assert_eq!(reason(&refused), "TOO_MANY_TRIES");
}

#[tokio::test]
async fn who_guesses_shuts_nobody_out_who_works_beside_him_at_a_known_device() {
    let port = Port::behind(&["127.0.0.1/32"]).await;
    port.world.person("can-bo", "viewer", "so-tttt").await;
    port.world.person("dong-nghiep", "viewer", "so-tttt").await;
    let from_device = async |user: &str, token: &str, password: &str| {
        let mut request = Request::new(pb::SignInRequest {
            user: format!("users/{user}"),
            password: password.into(),
            device_token: token.into(),
            ..Default::default()
        });
        let from = "203.0.113.200".parse().unwrap();
        request.metadata_mut().insert("x-forwarded-for", from);
        let mut sessions = SessionServiceClient::new(port.peer.clone());
        let signed_in = sessions.sign_in(request).await?.into_inner();
        Ok::<_, Status>(signed_in.device_token)
    };
    let token = from_device("can-bo", "", PASSWORD).await.unwrap();
    for number in 0..30 {
        let name = format!("bia-dat-{number}");
        let refused = port.sign_in(&name, "203.0.113.9").await.unwrap_err();
        assert_eq!(reason(&refused), "SIGN_IN_REFUSED");
    }
    // Neither an unknown device, nor one that is known of somebody else.
    for (user, token) in [
        ("can-bo", ""),
        ("can-bo", "no such token"),
        ("dong-nghiep", token.as_str()),
    ] {
        let refused = from_device(user, token, PASSWORD).await.unwrap_err();
        assert_eq!(reason(&refused), "TOO_MANY_TRIES", "{user} {token}");
    }
    let token = from_device("can-bo", &token, PASSWORD).await.unwrap();
    // What is tried from the device is counted there.
    for _ in 0..5 {
        let refused = from_device("can-bo", &token, "sai mật khẩu của tôi").await;
        assert_eq!(reason(&refused.unwrap_err()), "SIGN_IN_REFUSED");
    }
    let refused = from_device("can-bo", &token, PASSWORD).await.unwrap_err();
    assert_eq!(reason(&refused), "SIGN_IN_REFUSED");
}
