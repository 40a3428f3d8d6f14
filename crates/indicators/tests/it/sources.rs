//! The register of source systems.

use proto::indicators as pb;
use tonic::Code;

use crate::story::{Story, definition, fields, reason};

fn one_stop() -> pb::SourceSystem {
    pb::SourceSystem {
        display_name: "Phần mềm một cửa điện tử".into(),
        owner_unit: "units/so-tttt".into(),
        connector: "serviceAccounts/mot-cua".into(),
        description: "Hồ sơ thủ tục hành chính".into(),
        ..Default::default()
    }
}

async fn register(story: &Story, id: &str) -> pb::SourceSystem {
    let create = pb::CreateSourceSystemRequest {
        source_system: Some(one_stop()),
        source_system_id: id.into(),
        ..Default::default()
    };
    let asked = story.receiver.ask(create);
    let answer = story.sources.clone().create_source_system(asked).await;
    answer.unwrap().into_inner()
}

#[tokio::test]
async fn a_system_is_registered_read_and_changed() {
    let story = Story::begins().await;
    let made = register(&story, "mot-cua").await;
    assert_eq!(made.name, "sourceSystems/mot-cua");
    let get = pb::GetSourceSystemRequest {
        name: made.name.clone(),
    };
    let mut sources = story.sources.clone();
    let read = sources.get_source_system(story.reporter.ask(get)).await;
    assert_eq!(read.unwrap().into_inner(), made);

    let change = |sent: pb::SourceSystem, paths: &[&str], etag: &str| {
        let update = pb::UpdateSourceSystemRequest {
            source_system: Some(pb::SourceSystem {
                name: "sourceSystems/mot-cua".into(),
                ..sent
            }),
            update_mask: Some(prost_types::FieldMask {
                paths: paths.iter().map(|it| (*it).to_owned()).collect(),
            }),
            etag: etag.into(),
            ..Default::default()
        };
        let asked = story.receiver.ask(update);
        let mut sources = story.sources.clone();
        async move { sources.update_source_system(asked).await }
    };
    let none = pb::SourceSystem::default();
    let changed = change(none.clone(), &["connector"], &made.etag).await;
    let changed = changed.unwrap().into_inner();
    assert_eq!(changed.connector, "");
    assert_eq!(changed.display_name, made.display_name);
    let stale = change(none.clone(), &["connector"], &made.etag).await;
    assert_eq!(reason(&stale.unwrap_err()), "ETAG_MISMATCH");
    let emptied = change(none, &["*"], &changed.etag).await.unwrap_err();
    let told: Vec<_> = fields(&emptied).into_iter().map(|it| it.0).collect();
    assert_eq!(
        told,
        ["source_system.display_name", "source_system.owner_unit"]
    );
}

#[tokio::test]
async fn systems_are_listed_page_by_page_and_an_id_is_taken_once() {
    let story = Story::begins().await;
    for id in ["cong-dich-vu-cong", "ioffice", "mot-cua"] {
        register(&story, id).await;
    }
    let mut sources = story.sources.clone();
    let mut list = pb::ListSourceSystemsRequest {
        page_size: 2,
        ..Default::default()
    };
    let first = sources.list_source_systems(story.reporter.ask(list.clone()));
    let first = first.await.unwrap().into_inner();
    assert_eq!(first.source_systems.len(), 2);
    list.page_token = first.next_page_token;
    let second = sources.list_source_systems(story.reporter.ask(list));
    let second = second.await.unwrap().into_inner();
    assert_eq!(second.source_systems[0].name, "sourceSystems/mot-cua");
    let again = pb::CreateSourceSystemRequest {
        source_system: Some(one_stop()),
        source_system_id: "ioffice".into(),
        ..Default::default()
    };
    let taken = sources.create_source_system(story.receiver.ask(again.clone()));
    let taken = taken.await.unwrap_err();
    assert_eq!(reason(&taken), "SOURCE_SYSTEM_EXISTS");
    let refused = sources.create_source_system(story.reporter.ask(again));
    assert_eq!(refused.await.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn an_indicator_names_a_system_that_is_registered() {
    let story = Story::begins().await;
    let sent = pb::Indicator {
        collection_mode: pb::CollectionMode::Ingested.into(),
        source_system: "sourceSystems/mot-cua".into(),
        ..definition("Hồ sơ đã tiếp nhận", pb::ValueKind::Count)
    };
    let refused = story.publish_new("ho-so", sent).await.unwrap_err();
    let why = (
        "indicator.source_system".to_owned(),
        "REFERENCE_NOT_FOUND".to_owned(),
    );
    assert_eq!(fields(&refused), [why]);
    register(&story, "mot-cua").await;
    let published = story.publish("ho-so", "2022").await.unwrap();
    let snapshot = published.snapshot.unwrap();
    assert_eq!(snapshot.source_system, "sourceSystems/mot-cua");
}
