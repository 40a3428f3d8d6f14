use sea_orm::{ConnectionTrait, Statement};

use super::*;

fn of_province(group_by: pb::BudgetGrouping) -> pb::SummarizeBudgetRequest {
    pb::SummarizeBudgetRequest {
        scope_unit: "units/tinh-quang-ngai".into(),
        fiscal_year: 2022,
        group_by: group_by.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn the_ratio_of_a_year_is_closed_on_15_december() {
    let office = Office::open_on("2023-01-31").await;
    let line = office.funded("a", 1_000).await;
    let payment = pb::DisbursementKind::Payment;
    for (amount, date) in [(600, "2022-12-15"), (100, "2022-12-16"), (50, "2023-01-10")] {
        let paid = office.spend(&line, payment, amount, date).await.unwrap();
        let year = if date <= "2022-12-15" { 2022 } else { 2023 };
        assert_eq!(paid.closing_year, year);
    }
    let year = office
        .summary(of_province(pb::BudgetGrouping::Unspecified))
        .await;
    let total = year.unwrap().total.unwrap();
    assert_eq!(total.disbursed_amount_vnd, 750);
    assert_eq!(total.closed_disbursed_amount_vnd, 600);
    let ratio = total.disbursed_ratio.unwrap();
    assert_eq!(ratio.text_vi, "60%");
    // Nothing was assigned for 2023, so its ratio does not apply; it is not 0, nor endless.
    let next = pb::SummarizeBudgetRequest {
        fiscal_year: 2023,
        ..of_province(pb::BudgetGrouping::Unspecified)
    };
    let total = office.summary(next).await.unwrap().total.unwrap();
    assert_eq!(total.closed_disbursed_amount_vnd, 0);
    let ratio = total.disbursed_ratio.unwrap();
    assert_eq!(ratio.absence(), proto::shared::Absence::NotApplicable);
    assert_eq!(ratio.value, None);
    // The days are data: another regime closes on 31 December.
    let on = |closing_date: &str| pb::SummarizeBudgetRequest {
        closing_date: closing_date.into(),
        ..of_province(pb::BudgetGrouping::Unspecified)
    };
    let total = office.summary(on("2022-12-31")).await.unwrap();
    let total = total.total.unwrap();
    assert_eq!(total.closed_disbursed_amount_vnd, 700);
    assert_eq!(total.disbursed_ratio.unwrap().text_vi, "70%");
    let two_years = pb::SummarizeBudgetRequest {
        last_fiscal_year: 2023,
        ..on("2022-12-31")
    };
    assert_eq!(
        bad_fields(office.summary(two_years).await),
        ["closing_date"]
    );
    // What is assigned after the closing, or taken back, does not change the ratio of the year.
    let draft = office.draft("cap-muon", 1_000).await.unwrap();
    let late = office.issue_on(&draft.name, "99/QĐ-UBND", "2022-12-20", &draft.etag);
    let late = late.await.unwrap().name;
    office
        .allocate(&office.receiver, "a", &late, 1_000)
        .await
        .unwrap();
    let year = office
        .summary(of_province(pb::BudgetGrouping::Unspecified))
        .await;
    let total = year.unwrap().total.unwrap();
    assert_eq!(
        (
            total.allocated_amount_vnd,
            total.closed_allocated_amount_vnd
        ),
        (2_000, 1_000)
    );
    assert_eq!(total.disbursed_ratio.unwrap().text_vi, "60%");
    let total = office.summary(on("2022-12-31")).await.unwrap();
    let total = total.total.unwrap();
    assert_eq!(total.disbursed_ratio.unwrap().text_vi, "35%");
    // Before anything was assigned the ratio does not apply.
    let total = office.summary(on("2022-05-09")).await.unwrap();
    let ratio = total.total.unwrap().disbursed_ratio.unwrap();
    assert_eq!(ratio.absence(), proto::shared::Absence::NotApplicable);
}

/// A small generator, so that a failing run can be repeated.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: i64) -> i64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        i64::try_from(self.0 >> 33).unwrap() % sides
    }
}

impl Office {
    async fn number(&self, sql: &str) -> i64 {
        let reader = self.db.reader();
        let statement = Statement::from_string(reader.get_database_backend(), sql);
        let row = reader.query_one_raw(statement).await.unwrap().unwrap();
        row.try_get("", "it").unwrap()
    }
}

/// Sums of one node, as the contract tells them.
fn numbers(summary: &pb::BudgetSummary) -> [i64; 8] {
    [
        summary.planned_amount_vnd,
        summary.allocated_amount_vnd,
        summary.permitted_amount_vnd,
        summary.committed_amount_vnd,
        summary.disbursed_amount_vnd,
        summary.advanced_amount_vnd,
        summary.remaining_amount_vnd,
        summary.line_count,
    ]
}

/// Enters what comes, valid or not, on six projects of three units in two years.
async fn enter_anything(office: &Office, seed: u64, steps: usize) {
    let mut dice = Dice(seed);
    let mut lines = Vec::new();
    let units = ["huyen-minh-long", "huyen-minh-long", "xa-long-hiep"];
    for (index, unit) in units.iter().cycle().take(6).enumerate() {
        let id = format!("du-an-{index}");
        let project = pb::Project {
            owner_unit: format!("units/{unit}"),
            ..task(&id)
        };
        let project = office.create_project(&id, project).await.unwrap();
        office.approve_for_money(&project).await;
        for year in [2022, 2023] {
            let planned = (dice.roll(3) > 0).then_some(1_000 + dice.roll(500));
            lines.push(office.open_line(&id, year, planned).await.unwrap().name);
        }
    }
    for index in 0..4 {
        let id = format!("cap-{index}");
        office
            .decide(&id, pb::DecisionKind::AssignBudget, 3_000)
            .await;
    }
    office
        .decide("dieu-chinh", pb::DecisionKind::AdjustBudget, 3_000)
        .await;
    office
        .decide("ung-truoc", pb::DecisionKind::AdvanceBudget, 1_000)
        .await;
    office
        .decide("chuyen", pb::DecisionKind::MoveBudget, 2_000)
        .await;
    let mut entered: Vec<(String, String)> = Vec::new();
    for step in 0..steps {
        let place = usize::try_from(dice.roll(i64::try_from(lines.len()).unwrap())).unwrap();
        let line = lines[place].clone();
        let amount = 1 + dice.roll(600);
        let decision = format!("decisions/cap-{}", dice.roll(4));
        let date = ["2022-05-20", "2022-12-20", "2023-02-01"];
        let date = date[usize::try_from(dice.roll(3)).unwrap()];
        let given = |decision: &str, amount_vnd| pb::Allocation {
            decision: decision.into(),
            amount_vnd,
            ..Default::default()
        };
        let kinds = [
            pb::DisbursementKind::Advance,
            pb::DisbursementKind::Payment,
            pb::DisbursementKind::Recovery,
        ];
        let done = match dice.roll(10) {
            0 | 1 => office
                .enter_allocation(&line, given(&decision, amount))
                .await
                .map(|_| None),
            2 => {
                let by = pb::Allocation {
                    by_decision: "decisions/dieu-chinh".into(),
                    ..given(&decision, -amount)
                };
                office.enter_allocation(&line, by).await.map(|_| None)
            }
            3 => {
                let ahead = given("decisions/ung-truoc", amount);
                office.enter_allocation(&line, ahead).await.map(|_| None)
            }
            4 => {
                let carry = pb::MoveAllocationRequest {
                    parent: line.clone(),
                    decision,
                    by_decision: "decisions/chuyen".into(),
                    amount_vnd: amount,
                    target_fiscal_year: if dice.roll(2) == 0 { 2023 } else { 2024 },
                    ..Default::default()
                };
                let carry = office.receiver.ask(carry);
                office
                    .budget
                    .clone()
                    .move_allocation(carry)
                    .await
                    .map(|_| None)
            }
            5 => {
                let signed = contract(&format!("{step}/HĐ"), amount);
                office.sign(&line, signed).await.map(|_| None)
            }
            6 if !entered.is_empty() => {
                let last = dice.roll(i64::try_from(entered.len()).unwrap());
                let (line, name) = entered.swap_remove(usize::try_from(last).unwrap());
                let reversal = pb::Disbursement {
                    reverses: name,
                    disburse_date: date.into(),
                    ..Default::default()
                };
                office.disburse(&line, reversal).await.map(|_| None)
            }
            other => {
                let kind = kinds[usize::try_from(other % 3).unwrap()];
                let paid = office.spend(&line, kind, amount, date).await;
                paid.map(|it| Some((line.clone(), it.name)))
            }
        };
        match done {
            Ok(Some(entry)) => entered.push(entry),
            Ok(None) => {}
            // What is refused is refused by a rule, and nothing of it stays.
            Err(status) => assert!(
                matches!(
                    status.code(),
                    Code::FailedPrecondition | Code::InvalidArgument
                ),
                "{status:?}"
            ),
        }
    }
}

#[tokio::test]
async fn after_any_entries_every_node_is_the_sum_of_what_is_below_it_and_of_its_entries() {
    let office = Office::open_on("2023-02-01").await;
    enter_anything(&office, 847, 160).await;
    let all_years = |group_by| pb::SummarizeBudgetRequest {
        last_fiscal_year: 2025,
        ..of_province(group_by)
    };
    let whole = office
        .summary(all_years(pb::BudgetGrouping::Unspecified))
        .await
        .unwrap();
    assert!(whole.rows.is_empty());
    let total = numbers(whole.total.as_ref().unwrap());
    for (place, at_least) in [(1, 1_000), (3, 100), (4, 100)] {
        assert!(total[place] > at_least, "too little was entered: {total:?}");
    }
    for group_by in [
        pb::BudgetGrouping::Unit,
        pb::BudgetGrouping::Project,
        pb::BudgetGrouping::FundingSource,
        pb::BudgetGrouping::CostType,
        pb::BudgetGrouping::FiscalYear,
    ] {
        let grouped = office.summary(all_years(group_by)).await.unwrap();
        let mut sums = [0; 8];
        for row in &grouped.rows {
            for (sum, it) in sums.iter_mut().zip(numbers(row.summary.as_ref().unwrap())) {
                *sum += it;
            }
        }
        assert_eq!(sums, total, "{group_by:?}");
        assert_eq!(grouped.total, whole.total);
    }
    // The entries themselves, added up by the database and not by us.
    for (place, sql) in [
        (
            1,
            "SELECT CAST(SUM(amount_vnd) AS BIGINT) AS it FROM allocations \
             WHERE decision_id <> 'ung-truoc'",
        ),
        (
            2,
            "SELECT CAST(COALESCE(SUM(amount_vnd), 0) AS BIGINT) AS it FROM allocations \
             WHERE decision_id = 'ung-truoc'",
        ),
        (
            3,
            "SELECT CAST(SUM(amount_vnd) AS BIGINT) AS it FROM commitments",
        ),
        (
            4,
            "SELECT CAST(SUM(CASE WHEN kind = 'recovery' THEN -amount_vnd ELSE amount_vnd END) \
             AS BIGINT) AS it FROM disbursements",
        ),
        (
            5,
            "SELECT CAST(SUM(CASE WHEN kind = 'recovery' THEN -amount_vnd ELSE amount_vnd END) \
             AS BIGINT) AS it FROM disbursements WHERE kind <> 'payment'",
        ),
    ] {
        assert_eq!(total[place], office.number(sql).await, "{sql}");
    }
    assert_eq!(total[6], total[1] - total[4]);
    // Every line is the sum of its own entries and within its limit, and what moved sums to 0.
    let wrong = "SELECT CAST(COUNT(*) AS BIGINT) AS it FROM budget_lines WHERE \
         advanced_vnd + paid_vnd + committed_vnd - contract_advanced_vnd - contract_paid_vnd \
         > allocated_vnd + permitted_vnd - repaid_vnd OR repaid_vnd > permitted_vnd OR advanced_vnd < 0 OR paid_vnd < 0 \
         OR allocated_vnd + permitted_vnd <> (SELECT COALESCE(CAST(SUM(a.amount_vnd) AS BIGINT), 0) \
         FROM allocations a WHERE a.project_id = budget_lines.project_id \
         AND a.fiscal_year = budget_lines.fiscal_year AND a.unit = budget_lines.unit)";
    assert_eq!(office.number(wrong).await, 0);
    let repaid = "SELECT CAST((SELECT SUM(repaid_vnd) FROM budget_lines) - (SELECT SUM(repaid_vnd) \
         FROM allocations) AS BIGINT) AS it";
    assert_eq!(office.number(repaid).await, 0);
    let moved = "SELECT CAST(COALESCE(SUM(amount_vnd), 0) AS BIGINT) AS it FROM allocations \
         WHERE kind = 'move'";
    assert_eq!(office.number(moved).await, 0);
    let closed = "SELECT CAST(SUM(disbursed_vnd) AS BIGINT) AS it FROM budget_closings";
    assert_eq!(office.number(closed).await, total[4]);
}

#[tokio::test]
async fn sums_are_asked_for_by_project_source_and_page() {
    let office = Office::open().await;
    for project in ["a", "b", "c"] {
        office.funded(project, 100).await;
    }
    let page = |page_token: String| pb::SummarizeBudgetRequest {
        page_size: 2,
        page_token,
        ..of_province(pb::BudgetGrouping::Project)
    };
    let first = office.summary(page(String::new())).await.unwrap();
    let rest = office.summary(page(first.next_page_token)).await.unwrap();
    let keys =
        |rows: &[pb::BudgetRow]| -> Vec<String> { rows.iter().map(|it| it.key.clone()).collect() };
    assert_eq!(keys(&first.rows), ["projects/a", "projects/b"]);
    assert_eq!(keys(&rest.rows), ["projects/c"]);
    assert_eq!(rest.total.unwrap().allocated_amount_vnd, 300);
    let one = pb::SummarizeBudgetRequest {
        project: "projects/b".into(),
        funding_source: pb::FundingSource::Province.into(),
        cost_type: pb::CostType::Recurrent.into(),
        ..of_province(pb::BudgetGrouping::FundingSource)
    };
    let one = office.summary(one).await.unwrap();
    assert_eq!(keys(&one.rows), ["FUNDING_SOURCE_PROVINCE"]);
    assert_eq!(one.total.unwrap().allocated_amount_vnd, 100);
    let none = pb::SummarizeBudgetRequest {
        cost_type: pb::CostType::Investment.into(),
        ..of_province(pb::BudgetGrouping::CostType)
    };
    let none = office.summary(none).await.unwrap();
    assert!(none.rows.is_empty());
    assert_eq!(none.total.unwrap().line_count, 0);
    let bad = pb::SummarizeBudgetRequest {
        last_fiscal_year: 2032,
        without_subtree: true,
        scope_unit: String::new(),
        ..of_province(pb::BudgetGrouping::Unit)
    };
    let fields = bad_fields(office.summary(bad).await);
    assert_eq!(fields, ["scope_unit", "last_fiscal_year"]);
}

#[tokio::test]
async fn a_district_sees_its_own_sums_and_no_others() {
    let office = Office::open().await;
    office.funded("a", 100).await;
    let viewer = office
        .world
        .person("nguoi-xem", "viewer", "huyen-minh-long")
        .await;
    let ask = |scope_unit: &str| pb::SummarizeBudgetRequest {
        scope_unit: scope_unit.into(),
        ..of_province(pb::BudgetGrouping::Unit)
    };
    let mut budget = office.budget.clone();
    let own = budget
        .summarize_budget(viewer.ask(ask("units/huyen-minh-long")))
        .await;
    assert_eq!(
        own.unwrap()
            .into_inner()
            .total
            .unwrap()
            .allocated_amount_vnd,
        100
    );
    for scope in [
        "units/tinh-quang-ngai",
        "units/huyen-ba-to",
        "units/khong-co",
        "",
    ] {
        let refused = budget.summarize_budget(viewer.ask(ask(scope))).await;
        assert_eq!(refusal(refused).1, "PERMISSION_MISSING", "{scope}");
    }
}
