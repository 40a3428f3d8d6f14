use sea_orm::ConnectionTrait;
use sea_orm_migration::{MigrationTrait, MigratorTrait};

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
    // What was left of the decision can still be allocated, once the project is approved.
    let project = office.get_project("projects/hop-khong-giay").await;
    office.approve(&project, "decisions/qd-mot").await.unwrap();
    office
        .allocate(&office.receiver, "hop-khong-giay", "decisions/qd-mot", 300)
        .await
        .unwrap();
    office
        .pay(&super::line("hop-khong-giay"), 500)
        .await
        .unwrap();
}

/// The schema as it was before money kept the decision that granted it.
struct BeforeOrigins;

impl MigratorTrait for BeforeOrigins {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let all = projects::Migrator::migrations().into_iter();
        all.filter(|it| it.name() < "m0030").collect()
    }
}

/// 1.000 đồng of a decision, 600 of them moved to 2023 and 200 of those on to 2024, as it was
/// entered when moved money was that of the decision that moved it.
#[tokio::test]
async fn money_that_was_moved_before_is_that_of_the_decision_that_granted_it() {
    let world = World::new().await;
    let db = world.db(projects::NAME).await;
    db.migrate::<BeforeOrigins>().await.unwrap();
    let mut statements = vec![
        "INSERT INTO projects (id, display_name, kind, owner_unit, start_period, ordinal, objective, \
         last_entry, create_micros, update_micros, version, state) VALUES ('a', 'A', 'task', \
         'huyen-minh-long', '2022-h1', 1, '', 9, 1, 1, 1, 'approved')"
            .to_owned(),
    ];
    for (id, kind, date) in [
        ("cap-a", "assign-budget", "2022-05-10"),
        ("chuyen-mot", "move-budget", "2022-12-20"),
        ("chuyen-hai", "move-budget", "2023-12-20"),
    ] {
        statements.push(format!(
            "INSERT INTO decisions (id, authority_unit, subject, amount_vnd, document_number, \
             number_key, issue_date, issue_year, kind, state, granted_vnd, create_micros, \
             update_micros, version) VALUES ('{id}', 'tinh-quang-ngai', '', 1000, '{id}', '{id}', \
             '{date}', 2022, '{kind}', 'issued', 1000, 1, 2, 2)"
        ));
    }
    for (number, decision, by, amount, year, counterpart) in [
        (1, "cap-a", "NULL", 1_000, 2022, "NULL"),
        (2, "cap-a", "'chuyen-mot'", -600, 2022, "3"),
        (3, "chuyen-mot", "'chuyen-mot'", 600, 2023, "2"),
        (4, "chuyen-mot", "'chuyen-hai'", -200, 2023, "5"),
        (5, "chuyen-hai", "'chuyen-hai'", 200, 2024, "4"),
    ] {
        let kind = if number == 1 { "grant" } else { "move" };
        statements.push(format!(
            "INSERT INTO allocations (project_id, number, decision_id, by_decision, amount_vnd, \
             fiscal_year, funding_source, cost_type, unit, kind, counterpart, note, principal, \
             create_micros) VALUES ('a', {number}, '{decision}', {by}, {amount}, {year}, 'province', \
             'recurrent', 'huyen-minh-long', '{kind}', {counterpart}, '', 'users/can-bo', 5)"
        ));
    }
    for (year, allocated, committed) in [(2022, 400, 300), (2023, 400, 0), (2024, 200, 0)] {
        statements.push(format!(
            "INSERT INTO budget_lines (project_id, fiscal_year, funding_source, cost_type, unit, note, \
             allocated_vnd, permitted_vnd, committed_vnd, advanced_vnd, paid_vnd, create_micros, \
             update_micros, version) VALUES ('a', {year}, 'province', 'recurrent', \
             'huyen-minh-long', '', {allocated}, 0, {committed}, 0, {committed} / 3, 1, 1, 1)"
        ));
    }
    statements.push(
        "INSERT INTO commitments (project_id, number, fiscal_year, funding_source, cost_type, unit, \
         note, principal, create_micros, contract_number, partner, amount_vnd, sign_date) VALUES \
         ('a', 6, 2022, 'province', 'recurrent', 'huyen-minh-long', '', 'users/can-bo', 5, '1/HĐ', \
         'A', 300, '2022-05-15')"
            .into(),
    );
    statements.push(
        "INSERT INTO disbursements (project_id, number, fiscal_year, funding_source, cost_type, unit, \
         note, principal, create_micros, kind, amount_vnd, disburse_date, closing_year, \
         voucher_number, treasury_code, commitment) VALUES ('a', 7, 2022, 'province', 'recurrent', \
         'huyen-minh-long', '', 'users/can-bo', 5, 'payment', 100, '2022-05-20', 2022, '', '', 6)"
            .into(),
    );
    let tx = db
        .begin_as("users/administrator", "test", "test")
        .await
        .unwrap();
    for statement in &statements {
        tx.db.execute_unprepared(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.migrate::<projects::Migrator>().await.unwrap();

    let office = Office::on(world, db).await;
    let list = pb::ListAllocationsRequest {
        parent: "projects/a".into(),
        ..Default::default()
    };
    let list = office.reporter.ask(list);
    let entries = office.budget.clone().list_allocations(list).await;
    let entries = entries.unwrap().into_inner().allocations;
    let told: Vec<_> = entries
        .iter()
        .map(|it| {
            (
                it.decision.strip_prefix("decisions/").unwrap(),
                it.moved_by_decision.as_str(),
                it.effective_date.as_str(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("cap-a", "", "2022-05-10"),
            ("cap-a", "", "2022-12-20"),
            ("cap-a", "decisions/chuyen-mot", "2022-12-20"),
            ("cap-a", "decisions/chuyen-mot", "2023-12-20"),
            ("cap-a", "decisions/chuyen-hai", "2023-12-20"),
        ]
    );
    // 200 of the contract are not paid yet, and stay reserved.
    let now = office.get_line(&line("a")).await;
    assert_eq!(now.reserved_amount_vnd, 200);
    let by = office.decide("huy-bo", pb::DecisionKind::Other, 1).await;
    revocations::revoke(&office, "decisions/cap-a", &by)
        .await
        .unwrap();
    for year in [2022, 2023, 2024] {
        let line = line("a").replace("2022", &year.to_string());
        let now = office.get_line(&line).await;
        assert_eq!(now.uncovered_amount_vnd, now.allocated_amount_vnd, "{year}");
    }
}

/// 300 of one decision and 300 of another are moved to 2023; 400 go on to 2024, and 100 of 2023 are
/// recalled. 80 were spent in 2022 beyond what was granted, by a permission for 100.
#[tokio::test]
async fn money_of_two_decisions_that_moved_before_stays_that_of_both_and_a_permission_is_used_up() {
    let world = World::new().await;
    let db = world.db(projects::NAME).await;
    db.migrate::<BeforeOrigins>().await.unwrap();
    let mut statements = vec![
        "INSERT INTO projects (id, display_name, kind, owner_unit, start_period, ordinal, objective, \
         last_entry, create_micros, update_micros, version, state) VALUES ('a', 'A', 'task', \
         'huyen-minh-long', '2022-h1', 1, '', 20, 1, 1, 1, 'approved')"
            .to_owned(),
    ];
    for (id, kind) in [
        ("cap-a", "assign-budget"),
        ("cap-b", "assign-budget"),
        ("ung", "advance-budget"),
        ("chuyen-mot", "move-budget"),
        ("chuyen-hai", "move-budget"),
        ("thu-hoi", "recall-budget"),
    ] {
        statements.push(format!(
            "INSERT INTO decisions (id, authority_unit, subject, amount_vnd, document_number, \
             number_key, issue_date, issue_year, kind, state, granted_vnd, create_micros, \
             update_micros, version) VALUES ('{id}', 'tinh-quang-ngai', '', 1000, '{id}', '{id}', \
             '2022-05-10', 2022, '{kind}', 'issued', 1000, 1, 2, 2)"
        ));
    }
    for (number, kind, decision, by, amount, year, counterpart) in [
        (1, "permit", "ung", "NULL", 100, 2022, "NULL"),
        // 3: 80 are spent ahead. The grants that follow take their place.
        (4, "grant", "cap-a", "NULL", 380, 2022, "NULL"),
        (5, "grant", "cap-b", "NULL", 300, 2022, "NULL"),
        (6, "move", "cap-a", "'chuyen-mot'", -300, 2022, "7"),
        (7, "move", "chuyen-mot", "'chuyen-mot'", 300, 2023, "6"),
        (8, "move", "cap-b", "'chuyen-mot'", -300, 2022, "9"),
        (9, "move", "chuyen-mot", "'chuyen-mot'", 300, 2023, "8"),
        (10, "move", "chuyen-mot", "'chuyen-hai'", -400, 2023, "11"),
        (11, "move", "chuyen-hai", "'chuyen-hai'", 400, 2024, "10"),
        (12, "recall", "chuyen-mot", "'thu-hoi'", -100, 2023, "NULL"),
    ] {
        statements.push(format!(
            "INSERT INTO allocations (project_id, number, decision_id, by_decision, amount_vnd, \
             fiscal_year, funding_source, cost_type, unit, kind, counterpart, note, principal, \
             create_micros) VALUES ('a', {number}, '{decision}', {by}, {amount}, {year}, 'province', \
             'recurrent', 'huyen-minh-long', '{kind}', {counterpart}, '', 'users/can-bo', 5)"
        ));
    }
    for (year, allocated, permitted, paid) in
        [(2022, 80, 100, 80), (2023, 100, 0, 0), (2024, 400, 0, 0)]
    {
        statements.push(format!(
            "INSERT INTO budget_lines (project_id, fiscal_year, funding_source, cost_type, unit, note, \
             allocated_vnd, permitted_vnd, committed_vnd, advanced_vnd, paid_vnd, create_micros, \
             update_micros, version) VALUES ('a', {year}, 'province', 'recurrent', \
             'huyen-minh-long', '', {allocated}, {permitted}, 0, 0, {paid}, 1, 1, 1)"
        ));
    }
    statements.push(
        "INSERT INTO disbursements (project_id, number, fiscal_year, funding_source, cost_type, unit, \
         note, principal, create_micros, kind, amount_vnd, disburse_date, closing_year, \
         voucher_number, treasury_code) VALUES ('a', 3, 2022, 'province', 'recurrent', \
         'huyen-minh-long', '', 'users/can-bo', 5, 'payment', 80, '2022-05-20', 2022, '', '')"
            .into(),
    );
    let tx = db
        .begin_as("users/administrator", "test", "test")
        .await
        .unwrap();
    for statement in &statements {
        tx.db.execute_unprepared(statement).await.unwrap();
    }
    tx.commit().await.unwrap();
    db.migrate::<projects::Migrator>().await.unwrap();

    let office = Office::on(world, db).await;
    let now = office.get_line(&line("a")).await;
    assert_eq!(now.used_permission_amount_vnd, 80);
    let list = pb::ListAllocationsRequest {
        parent: "projects/a".into(),
        ..Default::default()
    };
    let list = office.reporter.ask(list);
    let entries = office.budget.clone().list_allocations(list).await;
    let entries = entries.unwrap().into_inner().allocations;
    let mut held = std::collections::BTreeMap::<_, i64>::new();
    for it in &entries {
        let of = it.decision.strip_prefix("decisions/").unwrap();
        *held.entry((it.fiscal_year, of)).or_default() += it.amount_vnd;
        // The entries of a pair are of the same money.
        let other = entries.iter().find(|other| other.name == it.counterpart);
        assert_eq!(other.is_some(), !it.counterpart.is_empty());
        if let Some(other) = other {
            assert_eq!(other.counterpart, it.name);
            assert_eq!(
                (&other.decision, other.amount_vnd),
                (&it.decision, -it.amount_vnd)
            );
        }
    }
    let of = |year, decision: &str| held.get(&(year, decision)).copied().unwrap_or_default();
    assert!(held.values().all(|it| *it >= 0), "{held:?}");
    for (year, allocated) in [(2022, 80), (2023, 100), (2024, 400)] {
        let both = of(year, "cap-a") + of(year, "cap-b");
        assert_eq!(both, allocated, "{held:?}");
    }
    // What left 2023 was first all of one, then some of the other.
    let mut gone = [of(2024, "cap-a"), of(2024, "cap-b")];
    gone.sort_unstable();
    assert_eq!(gone, [100, 300]);
}
