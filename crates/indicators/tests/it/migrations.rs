//! What was there before a migration still counts after it.

use indicators::{Indicators, Migrator, NAME};
use proto::indicators::{
    self as pb, indicator_service_client::IndicatorServiceClient,
    value_service_client::ValueServiceClient,
};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};
use testkit::World;

/// The schema as it was before there were drafts.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let all = Migrator::migrations().into_iter();
        all.filter(|it| it.name() < "m0003").collect()
    }
}

const OLD: &str = "INSERT INTO indicators (id, display_name, value_kind, measure_unit, \
     accumulation, unit_aggregation, period_aggregation, direction, description, owner_unit_id, \
     legal_basis, create_micros, update_micros, version) VALUES ('chung-thu-so', \
     'Chứng thư số', 'count', '', 'in-period', 'sum', 'sum', 'higher', '', 'so-tttt', '', 1, 1, 1)";

#[tokio::test]
async fn indicators_from_before_there_were_drafts_are_in_force_for_every_period() {
    let world = World::new().await;
    let db = world.db(NAME).await;
    db.migrate::<Before>().await.unwrap();
    let tx = db
        .begin_as("users/administrator", "test", "test")
        .await
        .unwrap();
    tx.db.execute_unprepared(OLD).await.unwrap();
    tx.commit().await.unwrap();
    db.migrate::<Migrator>().await.unwrap();

    let service = Indicators::open(db, world.access()).await.unwrap();
    let mut client = IndicatorServiceClient::new(world.peer(service.routes()));
    let get = pb::GetIndicatorRequest {
        name: "indicators/chung-thu-so".into(),
        period: "2019-m01".into(),
        ..Default::default()
    };
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let read = client
        .get_indicator(person.ask(get))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(read.state(), pb::IndicatorState::Active);
    assert_eq!((read.revision, read.first_period.as_str()), (1, "1900"));
    assert!(!read.has_unpublished_changes);
    assert_eq!(read.display_name, "Chứng thư số");
}

/// The schema as it was before figures had evidence.
struct BeforeEvidence;

impl MigratorTrait for BeforeEvidence {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let all = Migrator::migrations().into_iter();
        all.filter(|it| it.name() < "m0041").collect()
    }
}

const OLD_FIGURE: &str = "(unit_id, period, indicator_id, breakdown, revision, shape, a_units, \
     a_scale, qualifier, note, source_kind, source_resource, source_external_id, principal, \
     update_micros, {own}) VALUES ('huyen-minh-long', '2022-h1', 'chung-thu-so', '', 1, 'count', \
     132, 0, 'exact', '', 'manual', '', '', 'users/can-bo', 1, {said})";

#[tokio::test]
async fn figures_from_before_there_was_evidence_have_none() {
    let world = World::new().await;
    let db = world.db(NAME).await;
    db.migrate::<BeforeEvidence>().await.unwrap();
    let tx = db
        .begin_as("users/administrator", "test", "test")
        .await
        .unwrap();
    for (table, own, said) in [
        ("indicator_values", "create_micros", "1"),
        ("indicator_value_revisions", "reason", "''"),
    ] {
        let figure = OLD_FIGURE.replace("{own}", own).replace("{said}", said);
        let insert = format!("INSERT INTO {table} {figure}");
        tx.db.execute_unprepared(&insert).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.migrate::<Migrator>().await.unwrap();

    let service = Indicators::open(db, world.access()).await.unwrap();
    let mut client = ValueServiceClient::new(world.peer(service.routes()));
    let name = "indicators/chung-thu-so/values/huyen-minh-long.2022-h1";
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let get = pb::GetIndicatorValueRequest { name: name.into() };
    let read = client.get_indicator_value(person.ask(get)).await;
    let read = read.unwrap().into_inner();
    assert_eq!(read.quantity.unwrap().text_vi, "132");
    assert!(read.evidence.is_empty());
    let list = pb::ListIndicatorValueRevisionsRequest {
        parent: name.into(),
        ..Default::default()
    };
    let listed = client
        .list_indicator_value_revisions(person.ask(list))
        .await;
    let versions = listed.unwrap().into_inner().revisions;
    let evidence: Vec<_> = versions
        .into_iter()
        .map(|it| it.snapshot.unwrap().evidence)
        .collect();
    assert_eq!(evidence, [Vec::new()]);
}
