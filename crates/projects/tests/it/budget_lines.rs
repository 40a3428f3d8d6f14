use super::*;

#[tokio::test]
async fn a_line_is_opened_once_for_the_unit_in_charge_and_says_what_is_needed() {
    let office = Office::open().await;
    office.task("hop-khong-giay", "A").await;
    let opened = office
        .open_line("hop-khong-giay", 2022, Some(368_000_000))
        .await
        .unwrap();
    assert_eq!(opened.name, line("hop-khong-giay"));
    assert_eq!(opened.unit, "units/huyen-minh-long");
    assert_eq!(opened.planned_amount_vnd, Some(368_000_000));
    assert_eq!(opened.settlement, None);
    let again = office.open_line("hop-khong-giay", 2022, None).await;
    let (code, reason, _) = refusal(again);
    assert_eq!(
        (code, reason.as_str()),
        (Code::AlreadyExists, "BUDGET_LINE_EXISTS")
    );
    // A need that is not stated is not a need of 0.
    let next = office
        .open_line("hop-khong-giay", 2023, None)
        .await
        .unwrap();
    assert_eq!(next.planned_amount_vnd, None);
    for planned in [i64::MIN, -1, MOST + 1, i64::MAX] {
        let refused = office
            .open_line("hop-khong-giay", 2024, Some(planned))
            .await;
        assert_eq!(bad_fields(refused), ["budget_line.planned_amount_vnd"]);
    }

    let update = pb::UpdateBudgetLineRequest {
        budget_line: Some(pb::BudgetLine {
            planned_amount_vnd: Some(400_000_000),
            note: "Thêm màn hình cho 5 xã".into(),
            ..opened.clone()
        }),
        ..Default::default()
    };
    let mut budget = office.budget.clone();
    let changed = budget
        .update_budget_line(office.reporter.ask(update.clone()))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(changed.planned_amount_vnd, Some(400_000_000));
    assert_eq!(office.get_line(&opened.name).await, changed);
    let stale = budget.update_budget_line(office.reporter.ask(update)).await;
    assert_eq!(refusal(stale).1, "ETAG_MISMATCH");

    let list = |fiscal_year| pb::ListBudgetLinesRequest {
        parent: "projects/hop-khong-giay".into(),
        fiscal_year,
        ..Default::default()
    };
    let all = budget.list_budget_lines(office.reporter.ask(list(0))).await;
    assert_eq!(
        all.unwrap().into_inner().budget_lines,
        [changed, next.clone()]
    );
    let one = budget
        .list_budget_lines(office.reporter.ask(list(2023)))
        .await;
    assert_eq!(one.unwrap().into_inner().budget_lines, [next]);
}

/// The district is in the directory from 1 January 2022 on.
#[tokio::test]
async fn no_line_is_opened_and_nothing_paid_before_the_unit_was_there() {
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    let (code, reason, facts) = refusal(office.open_line("a", 2021, None).await);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "UNIT_NOT_IN_FORCE")
    );
    assert_eq!(facts["start_vi"], "1/1/2022");
    let payment = pb::DisbursementKind::Payment;
    let early = office.spend(&line, payment, 1, "2021-12-31").await;
    assert_eq!(refusal(early).1, "UNIT_NOT_IN_FORCE");
    let early = pb::Commitment {
        sign_date: "2021-12-31".into(),
        ..contract("1/HĐ", 1)
    };
    assert_eq!(
        refusal(office.sign(&line, early).await).1,
        "UNIT_NOT_IN_FORCE"
    );
    // On its first day it pays, once there is money of that day.
    let early = office.spend(&line, payment, 1, "2022-01-01").await;
    let (_, reason, facts) = refusal(early);
    assert_eq!(
        (
            reason.as_str(),
            facts["day"].as_str(),
            facts["first_vi"].as_str()
        ),
        ("PAID_BEFORE_GRANTED", "2022-01-01", "10/5/2022")
    );
    let draft = office.draft("dau-nam", 100).await.unwrap();
    let issued = office.issue_on(&draft.name, "1/QĐ-UBND", "2022-01-01", &draft.etag);
    let decision = issued.await.unwrap().name;
    office
        .allocate(&office.receiver, "a", &decision, 100)
        .await
        .unwrap();
    office.spend(&line, payment, 1, "2022-01-01").await.unwrap();
}

#[tokio::test]
async fn a_line_needs_a_year_a_source_and_a_type() {
    let office = Office::open().await;
    let nothing = pb::CreateBudgetLineRequest::default();
    let nothing = office
        .budget
        .clone()
        .create_budget_line(office.reporter.ask(nothing))
        .await;
    let expected = [
        "parent",
        "budget_line.fiscal_year",
        "budget_line.funding_source",
        "budget_line.cost_type",
    ];
    assert_eq!(bad_fields(nothing), expected);
}

#[tokio::test]
async fn a_neighbour_neither_opens_nor_sees_a_line() {
    let office = Office::open().await;
    office.task("a", "A").await;
    office.open_line("a", 2022, None).await.unwrap();
    let neighbour = office
        .world
        .person("ba-to", "reporter", "huyen-ba-to")
        .await;
    let missing = "projects/khong-co/budgetLines/2022.province.recurrent.huyen-minh-long";
    for name in [line("a"), missing.to_owned()] {
        let get = pb::GetBudgetLineRequest { name };
        let refused = office
            .budget
            .clone()
            .get_budget_line(neighbour.ask(get))
            .await;
        assert_eq!(refusal(refused).1, "PERMISSION_MISSING");
    }
}

#[tokio::test]
async fn an_amount_is_split_so_that_nothing_is_lost() {
    let office = Office::open().await;
    let split = |weights: Vec<i64>| {
        let ask = pb::SplitAmountRequest {
            amount_vnd: 50_000_000,
            weights,
        };
        let ask = office.reporter.ask(ask);
        let mut budget = office.budget.clone();
        async move { budget.split_amount(ask).await.map(|it| it.into_inner()) }
    };
    let months = split(vec![1; 12]).await.unwrap().amounts_vnd;
    assert_eq!(months.iter().sum::<i64>(), 50_000_000);
    assert_eq!((months[0], months[11]), (4_166_667, 4_166_666));
    assert_eq!(bad_fields(split(vec![0, 0]).await), ["weights"]);
    assert_eq!(bad_fields(split(vec![1, -1]).await), ["weights[1]"]);
    assert_eq!(bad_fields(split(Vec::new()).await), ["weights"]);
    assert_eq!(bad_fields(split(vec![1; 501]).await), ["weights"]);
}
