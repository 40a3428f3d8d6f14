//! A service that cannot hear the directory refuses rather than guesses, and serves again when
//! it can.

use std::{
    convert::Infallible,
    fs,
    time::{Duration, Instant},
};

use http_body_util::{BodyStream, StreamBody};
use indicators::Indicators;
use kit::{Access, Peer, access::Watched};
use tempfile::TempDir;
use testkit::World;
use tokio::sync::watch;
use tokio_stream::StreamExt;
use tonic::{Code, body::Body};
use tower::Service;

use crate::{
    process::Service as Process,
    rights::{arrive, read_values, viewer},
};

/// A way to a neighbour that can be cut: what was open ends, and what is asked waits until the
/// way is there again.
fn wire(to: Peer, cut: &watch::Sender<bool>) -> Peer {
    let cut = cut.clone();
    Peer::local(tower::service_fn(move |request: http::Request<Body>| {
        let (mut to, cut) = (to.clone(), cut.clone());
        async move {
            let _ = cut.subscribe().wait_for(|is_cut| !is_cut).await;
            let answer = to.call(request).await.unwrap();
            let (head, body) = answer.into_parts();
            let frames = BodyStream::new(body).take_while(move |_| !*cut.borrow());
            let body = Body::new(StreamBody::new(frames));
            Ok::<_, Infallible>(http::Response::from_parts(head, body))
        }
    }))
}

/// The session of the caller is known all the time, so nothing but the age of the copy decides.
#[tokio::test]
async fn a_copy_of_rights_older_than_30_seconds_decides_nothing() {
    let world = World::new().await;
    let person = world.person("can-bo", "viewer", "huyen-minh-long").await;
    let cut = watch::Sender::new(false);
    let feed = wire(world.directory_inside(), &cut);
    let watched = Watched::start(world.directory(), feed, None, world.clock.clone());
    let db = world.db("indicators").await;
    db.migrate::<indicators::Migrator>().await.unwrap();
    let service = Indicators::open(db, Access::new(watched)).await.unwrap();
    let peer = world.peer(service.routes());
    assert_eq!(read_values(&peer, &person.token).await, Code::Ok);

    cut.send_replace(true);
    let since = Instant::now();
    // What was heard at most two seconds ago counts for 30 s from then.
    let refused = loop {
        match read_values(&peer, &person.token).await {
            Code::Ok => {}
            Code::Unavailable => break since.elapsed(),
            other => panic!("{other:?}"),
        }
        assert!(
            since.elapsed() < Duration::from_secs(35),
            "a copy older than 30 s still decided"
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    };
    assert!(
        refused > Duration::from_secs(20),
        "refused after {refused:?} already"
    );
    // As long as it lasts.
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(read_values(&peer, &person.token).await, Code::Unavailable);

    cut.send_replace(false);
    until(Code::Ok, &peer, &person.token, Duration::from_secs(15)).await;
}

/// Reads until it is answered by this code.
async fn until(code: Code, peer: &Peer, token: &str, longest: Duration) {
    let since = Instant::now();
    loop {
        let answered = read_values(peer, token).await;
        if answered == code {
            return;
        }
        assert!(
            since.elapsed() < longest,
            "{answered:?} after {longest:?}, not {code:?}"
        );
        tokio::time::sleep(Duration::from_millis(250)).await;
    }
}

#[tokio::test]
async fn a_service_whose_directory_stands_still_refuses_and_serves_again_when_it_goes_on() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    let directory = Process::start("directory", &data, 0, &[]);
    let at = ["--directory-at", directory.address.as_str()];
    let indicators = Process::start("indicators", &data, 0, &at);
    let peer = Peer::remote(&directory.address).unwrap();
    let values = Peer::remote(&indicators.address).unwrap();
    let secret = directory.secret.clone().unwrap();
    let administrator = arrive(&peer, "users/administrator", &secret).await;
    let (_, token) = viewer(&peer, &administrator).await;
    assert_eq!(read_values(&values, &token).await, Code::Ok);

    // It holds its connections, and says nothing.
    directory.signal("STOP");
    let longest = Duration::from_secs(60);
    until(Code::Unavailable, &values, &token, longest).await;
    directory.signal("CONT");
    until(Code::Ok, &values, &token, longest).await;
}
