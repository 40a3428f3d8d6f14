//! Who may send figures as which system.

use proto::{
    indicators::{self as pb},
    shared::Disposition,
};
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    ingest::MINH_LONG,
    ingest_line::{Line, SESSION, one_stop, sent},
    story::{Story, codes, count, definition, dispositions, fields, reason},
};

#[tokio::test]
async fn a_session_is_opened_by_the_connector_of_its_system_and_is_its_alone() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let ioffice = story.connect("ioffice").await;
    let open = one_stop(SESSION);
    let viewer = story.world.person("nguoi-xem", "viewer", MINH_LONG).await;
    let sibling = story.world.machine("ba-to", "connector", "huyen-ba-to");
    for principal in [&viewer, &sibling.await] {
        let refused = Line::open(&story.values, principal, open.clone()).await;
        let refused = refused.err().unwrap();
        assert_eq!(
            (refused.code(), reason(&refused).as_str()),
            (Code::PermissionDenied, "PERMISSION_MISSING")
        );
    }
    let colleague = story.world.machine("khac", "connector", MINH_LONG).await;
    for principal in [&story.reporter, &colleague, &ioffice] {
        for validate_only in [false, true] {
            let open = pb::IngestOpen {
                validate_only,
                ..open.clone()
            };
            let refused = Line::open(&story.values, principal, open).await;
            let refused = refused.err().unwrap();
            assert_eq!(
                (refused.code(), reason(&refused).as_str()),
                (Code::FailedPrecondition, "INGEST_CONNECTOR_ONLY")
            );
            let details = refused.get_error_details();
            let info = details.error_info().unwrap();
            assert_eq!(info.metadata["principal"], principal.name);
            assert_eq!(info.metadata["source_system"], "sourceSystems/mot-cua");
            let vietnamese = details.localized_message().unwrap();
            assert!(vietnamese.message.contains("không phải tài khoản kết nối"));
        }
    }
    let unknown = pb::IngestOpen {
        source_system: "sourceSystems/khong-co".into(),
        ..open.clone()
    };
    let refused = Line::open(&story.values, &machine, unknown).await;
    let why = ("open.source_system", "REFERENCE_NOT_FOUND");
    let told = fields(&refused.err().unwrap());
    assert_eq!(told, [(why.0.to_owned(), why.1.to_owned())]);

    let item = [sent(MINH_LONG, "chung-thu-so", count(132))];
    let mut line = Line::open(&story.values, &machine, open.clone())
        .await
        .unwrap();
    line.batch(0, &item).await.unwrap();
    // The same id of another machine is another session.
    let other = pb::IngestOpen {
        source_system: "sourceSystems/ioffice".into(),
        ..open.clone()
    };
    let theirs = Line::open(&story.values, &ioffice, other).await;
    assert_eq!(theirs.unwrap().ready.next_offset, 0);
    // One machine may be the connector of two systems; a session belongs to one of them.
    story.register("cong-dich-vu-cong", &machine).await;
    let moved = pb::IngestOpen {
        source_system: "sourceSystems/cong-dich-vu-cong".into(),
        ..open
    };
    let refused = Line::open(&story.values, &machine, moved).await;
    assert_eq!(reason(&refused.err().unwrap()), "INGEST_SESSION_REUSED");
}

#[tokio::test]
async fn only_the_connector_of_its_system_writes_a_figure_that_is_ingested() {
    let story = Story::begins().await;
    let machine = story.connect("mot-cua").await;
    let ioffice = story.connect("ioffice").await;
    let definition = pb::Indicator {
        collection_mode: pb::CollectionMode::Ingested.into(),
        source_system: "sourceSystems/mot-cua".into(),
        ..definition("Hồ sơ đã tiếp nhận", pb::ValueKind::Count)
    };
    story.publish_new("ho-so", definition).await.unwrap();
    let item = |figure| sent(MINH_LONG, "ho-so", count(figure));
    let other = pb::IngestOpen {
        source_system: "sourceSystems/ioffice".into(),
        ..one_stop(SESSION)
    };
    let mut line = Line::open(&story.values, &ioffice, other).await.unwrap();
    let ack = line.batch(0, &[item(15_684)]).await.unwrap();
    assert_eq!(dispositions(&ack.results), [Disposition::Rejected]);
    assert_eq!(codes(&ack.results[0]), ["CONNECTOR_ONLY"]);
    assert_eq!(ack.results[0].issues[0].field, "items[0].indicator");

    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let ack = line.batch(0, &[item(15_684)]).await.unwrap();
    assert_eq!(dispositions(&ack.results), [Disposition::Created]);
    // The other machine cannot write it in any other way either, and a person may mend it.
    let upsert = crate::story::minh_long(vec![crate::story::item("ho-so", count(15_690))]);
    let refused = story.upsert(&ioffice, upsert.clone()).await.unwrap();
    assert_eq!(codes(&refused[0]), ["CONNECTOR_ONLY"]);
    let mended = story.upsert(&story.reporter, upsert).await.unwrap();
    assert_eq!(dispositions(&mended), [Disposition::Updated]);
}
