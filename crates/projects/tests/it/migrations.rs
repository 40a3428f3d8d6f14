use sea_orm::ConnectionTrait;
use sea_orm_migration::MigratorTrait;

use super::*;

/// Migrations there were before lines of the budget: those of every service, projects, money.
const BEFORE_LINES: u32 = 3;

#[tokio::test]
async fn what_was_allocated_before_there_were_lines_stands_on_lines() {
    let world = World::new().await;
    let db = world.db(projects::NAME).await;
    let connection = db.reader();
    let up = projects::Migrator::up(connection, Some(BEFORE_LINES));
    up.await.unwrap();
    for statement in [
        "INSERT INTO projects (id, display_name, kind, owner_unit, start_period, ordinal, objective, \
         last_entry, create_micros, update_micros, version) VALUES ('hop-khong-giay', 'Triển khai \
         phòng họp không giấy', 'task', 'huyen-minh-long', '2022-h1', 1, '', 3, 1, 1, 1)",
        "INSERT INTO decisions (id, authority_unit, subject, amount_vnd, document_number, number_key, \
         issue_date, issue_year, create_micros, update_micros, version) VALUES ('qd-mot', \
         'tinh-quang-ngai', 'Cấp kinh phí', 500, '123/QĐ-UBND', '123/qd-ubnd', '2022-05-10', 2022, \
         1, 2, 2)",
        "INSERT INTO decisions (id, authority_unit, subject, amount_vnd, create_micros, \
         update_micros, version) VALUES ('nhap', 'tinh-quang-ngai', 'Dự thảo', 5, 1, 1, 1)",
        "INSERT INTO allocations (project_id, number, decision_id, amount_vnd, fiscal_year, \
         funding_source, note, principal, create_micros) VALUES ('hop-khong-giay', 1, 'qd-mot', \
         300, 2022, 'province', '', 'users/can-bo', 5), ('hop-khong-giay', 2, 'qd-mot', -100, 2022, \
         'province', 'thu hồi', 'users/can-bo', 6)",
        "INSERT INTO supplementary_requests (project_id, number, period, amount_vnd, justification, \
         principal, create_micros) VALUES ('hop-khong-giay', 3, '2022-h1', 368, '', 'users/can-bo', 7)",
    ] {
        connection.execute_unprepared(statement).await.unwrap();
    }
    db.migrate::<projects::Migrator>().await.unwrap();

    let office = Office::on(world, db).await;
    let line = office.get_line(&line("hop-khong-giay")).await;
    assert_eq!(line.allocated_amount_vnd, 200);
    assert_eq!(line.planned_amount_vnd, None);
    let decision = office.get_decision("decisions/qd-mot").await;
    assert_eq!(decision.state(), pb::DecisionState::Issued);
    assert_eq!(decision.allocated_amount_vnd, 200);
    let draft = office.get_decision("decisions/nhap").await;
    assert_eq!(draft.state(), pb::DecisionState::Draft);
    let row = office.rows("2022-h1").await.remove(0);
    assert_eq!(row.allocated_amount_vnd, 200);
    assert_eq!(row.decision_numbers, ["123/QĐ-UBND"]);
    assert_eq!(row.requested_amount_vnd, Some(368));
    // What was left of the decision can still be allocated.
    office
        .allocate(&office.receiver, "hop-khong-giay", "decisions/qd-mot", 300)
        .await
        .unwrap();
    office
        .pay(&super::line("hop-khong-giay"), 500)
        .await
        .unwrap();
}
