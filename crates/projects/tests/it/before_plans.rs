//! What was there before a migration still counts after it.

use projects::{Migrator, NAME, Projects};
use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

use super::*;

/// The schema as it was before there were plans and states.
struct Before;

impl MigratorTrait for Before {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let all = Migrator::migrations().into_iter();
        all.filter(|it| it.name() < "m0003").collect()
    }
}

const PROJECT: &str = "INSERT INTO projects (id, display_name, kind, owner_unit, start_period, \
     ordinal, objective, last_entry, create_micros, update_micros, version) VALUES ('hop', \
     'Triển khai phòng họp không giấy', 'task', 'huyen-minh-long', '2022-h1', 1, '', 1, 1, 1, 1)";

const PROGRESS: &str = "INSERT INTO progress_entries (project_id, number, period, \
     period_end_date, health, completion_units, completion_scale, result_text, difficulty_text, \
     note, corrects, principal, create_micros) VALUES ('hop', 1, '2022-h1', '2022-07-01', \
     'not-started', 0, 0, '', '', '', NULL, 'users/can-bo', 1)";

#[tokio::test]
async fn a_project_from_before_there_were_states_is_proposed_found_and_reported_on() {
    let world = World::new().await;
    let db = world.db(NAME).await;
    db.migrate::<Before>().await.unwrap();
    let tx = db
        .begin_as("users/administrator", "test", "test")
        .await
        .unwrap();
    tx.db.execute_unprepared(PROJECT).await.unwrap();
    tx.db.execute_unprepared(PROGRESS).await.unwrap();
    tx.commit().await.unwrap();
    db.migrate::<Migrator>().await.unwrap();

    let service = Projects::open(db, world.access()).await.unwrap();
    let mut client = ProjectServiceClient::new(world.peer(service.routes()));
    let person = world.person("can-bo", "reporter", "huyen-minh-long").await;
    let list = pb::ListProjectsRequest {
        owner_unit: "units/huyen-minh-long".into(),
        states: vec![pb::ProjectState::Proposed.into()],
        search: "phong hop khong giay".into(),
        ..Default::default()
    };
    let found = client.list_projects(person.ask(list)).await.unwrap();
    let project = found.into_inner().projects.remove(0);
    assert_eq!(project.completion_method(), pb::CompletionMethod::Estimate);
    assert_eq!(project.completion_percent, "0");
    assert_eq!(
        project.latest_progress_entry,
        "projects/hop/progressEntries/p000001"
    );
    let rows = pb::ListProjectRowsRequest {
        unit: "units/huyen-minh-long".into(),
        period: "2022-h1".into(),
        ..Default::default()
    };
    let rows = client.list_project_rows(person.ask(rows)).await.unwrap();
    let row = rows.into_inner().rows.remove(0);
    assert_eq!(
        (row.title.as_str(), row.result_text.as_str()),
        ("Triển khai phòng họp không giấy", "Chưa thực hiện")
    );
}
