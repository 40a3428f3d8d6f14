use proto::shared::{Disposition, ItemResult};

use super::*;

fn payment(key: &str, line: &str, amount_vnd: i64) -> pb::Disbursement {
    pb::Disbursement {
        budget_line: line.into(),
        kind: pb::DisbursementKind::Payment.into(),
        amount_vnd,
        disburse_date: "2022-05-20".into(),
        voucher_number: format!("UNC {key}"),
        source_system: "kho-bac".into(),
        external_id: key.into(),
        ..Default::default()
    }
}

impl Office {
    async fn send(
        &self,
        who: &Person,
        disbursements: Vec<pb::Disbursement>,
        validate_only: bool,
    ) -> Result<Vec<ItemResult>, Status> {
        let upsert = pb::UpsertDisbursementsRequest {
            disbursements,
            validate_only,
            ..Default::default()
        };
        let upsert = who.ask(upsert);
        let answer = self.spending.clone().upsert_disbursements(upsert).await;
        answer.map(|it| it.into_inner().results)
    }
}

fn told(results: &[ItemResult]) -> Vec<(Disposition, &str)> {
    let told = results.iter().map(|it| {
        let code = it.issues.first().map_or("", |it| it.code.as_str());
        (it.disposition(), code)
    });
    told.collect()
}

#[tokio::test]
async fn each_payment_of_the_treasury_is_judged_alone_and_known_again() {
    use Disposition::{Created, Rejected, Unchanged};
    let office = Office::open().await;
    let (a, b) = (office.funded("a", 100).await, office.funded("b", 100).await);
    let other_kind = pb::Disbursement {
        kind: 0,
        ..payment("4", &a, 1)
    };
    let unknown = "projects/khong-co/budgetLines/2022.province.recurrent.huyen-minh-long";
    let sent = vec![
        payment("1", &a, 60),
        payment("2", &a, 60),
        payment("3", &b, 100),
        other_kind,
        payment("5", unknown, 1),
        payment("6", &a, 40),
        payment("1", &a, 60),
    ];
    let expected = [
        (Created, ""),
        (Rejected, "DISBURSEMENT_EXCEEDED"),
        (Created, ""),
        (Rejected, "REQUIRED"),
        (Rejected, "BUDGET_LINE_UNKNOWN"),
        (Created, ""),
        (Unchanged, ""),
    ];
    let tried = office
        .send(&office.reporter, sent.clone(), true)
        .await
        .unwrap();
    assert_eq!(told(&tried), expected);
    assert_eq!(office.get_line(&a).await.disbursed_amount_vnd, 0);
    let results = office
        .send(&office.reporter, sent.clone(), false)
        .await
        .unwrap();
    assert_eq!(told(&results), expected);
    assert_eq!(results[3].issues[0].field, "disbursements[3].kind");
    assert_eq!(results[1].issues[0].field, "disbursements[1]");
    assert!(results[1].issues[0].message_vi.contains("thiếu 20 đồng"));
    assert_eq!(results[0].name, results[6].name);
    let offsets: Vec<_> = results.iter().map(|it| it.offset).collect();
    assert_eq!(offsets, [0, 1, 2, 3, 4, 5, 6]);
    let now = office.get_line(&a).await;
    assert_eq!(now.disbursed_amount_vnd, 100);

    // Sent again, nothing is entered again; what says something else is refused.
    let again = office.send(&office.reporter, sent, false).await.unwrap();
    let dispositions: Vec<_> = told(&again).into_iter().map(|(it, _)| it).collect();
    assert_eq!(
        dispositions,
        [
            Unchanged, Rejected, Unchanged, Rejected, Rejected, Unchanged, Unchanged
        ]
    );
    assert_eq!(again[0].name, results[0].name);
    let changed = office
        .send(&office.reporter, vec![payment("1", &a, 59)], false)
        .await
        .unwrap();
    assert_eq!(told(&changed), [(Rejected, "DISBURSEMENT_CHANGED")]);
    // Which entry bears the key is told to nobody: it may be of a project out of reach.
    let issue = &changed[0].issues[0];
    for message in [&issue.message, &issue.message_vi] {
        assert!(message.contains("kho-bac"), "{message}");
        assert!(!message.contains("disbursements/"), "{message}");
    }
    let typed = pb::Disbursement {
        budget_line: String::new(),
        ..payment("1", &a, 59)
    };
    let typed = office.disburse(&a, typed).await;
    let status = typed.unwrap_err();
    assert_eq!(status.code(), Code::AlreadyExists);
    assert!(!format!("{status:?}").contains("projects/a/disbursements/"));
    assert_eq!(office.get_line(&a).await, now);

    let reversal = pb::Disbursement {
        kind: 0,
        amount_vnd: 0,
        reverses: results[0].name.clone(),
        ..payment("7", &a, 0)
    };
    let both = vec![reversal, payment("8", &a, 60)];
    let results = office.send(&office.reporter, both, false).await.unwrap();
    assert_eq!(told(&results), [(Created, ""), (Created, "")]);
    // A person enters the next one; the numbers go on.
    office.pay(&b, 1).await.unwrap_err();
    let entered = office
        .spend(&a, pb::DisbursementKind::Payment, 1, "2022-05-20")
        .await;
    assert_eq!(refusal(entered).1, "DISBURSEMENT_EXCEEDED");
}

#[tokio::test]
async fn a_machine_enters_only_where_it_may() {
    use Disposition::{Created, Rejected};
    let office = Office::open().await;
    let line = office.funded("a", 100).await;
    let commune = pb::Project {
        owner_unit: "units/xa-long-hiep".into(),
        ..task("Của xã")
    };
    let commune = office.create_project("cua-xa", commune).await.unwrap();
    office.approve_for_money(&commune).await;
    let of_commune = office.open_line("cua-xa", 2022, None).await.unwrap().name;
    let cap = office
        .decide("cap-xa", pb::DecisionKind::AssignBudget, 50)
        .await;
    let given = pb::Allocation {
        decision: cap,
        amount_vnd: 50,
        ..Default::default()
    };
    office.enter_allocation(&of_commune, given).await.unwrap();
    let commune = office
        .world
        .person("ke-toan-xa", "connector", "xa-long-hiep")
        .await;
    let sent = vec![payment("1", &of_commune, 10), payment("2", &line, 10)];
    let results = office.send(&commune, sent, false).await.unwrap();
    assert_eq!(
        told(&results),
        [(Created, ""), (Rejected, "PERMISSION_MISSING")]
    );
    let refused = office
        .send(&commune, vec![payment("3", &line, 10)], false)
        .await;
    assert_eq!(refusal(refused).1, "PERMISSION_MISSING");
}

#[tokio::test]
async fn a_request_has_1_to_500_items() {
    let office = Office::open().await;
    let line = office.funded("a", 1_000).await;
    let none = office.send(&office.reporter, Vec::new(), false).await;
    assert_eq!(bad_fields(none), ["disbursements"]);
    let many = |count: usize| -> Vec<_> {
        let keys = (0..count).map(|it| format!("k{it}"));
        keys.map(|key| payment(&key, &line, 1)).collect()
    };
    let too_many = office.send(&office.reporter, many(501), false).await;
    assert_eq!(bad_fields(too_many), ["disbursements"]);
    let results = office
        .send(&office.reporter, many(500), false)
        .await
        .unwrap();
    assert!(
        results
            .iter()
            .all(|it| it.disposition() == Disposition::Created)
    );
    assert_eq!(office.get_line(&line).await.disbursed_amount_vnd, 500);
    let keyless = pb::Disbursement {
        external_id: String::new(),
        ..payment("x", &line, 1)
    };
    let results = office
        .send(&office.reporter, vec![keyless], false)
        .await
        .unwrap();
    assert_eq!(results[0].issues[0].field, "disbursements[0].external_id");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_senders_who_send_the_same_at_once_each_thing_is_entered_once() {
    let office = Office::open().await;
    let lines = [
        office.funded("a", 1_000).await,
        office.funded("b", 1_000).await,
        office.funded("c", 1_000).await,
    ];
    let mut all = tokio::task::JoinSet::new();
    for sender in 0..6_usize {
        // Each names the lines in another order.
        let sent: Vec<_> = (0..30_usize)
            .map(|it| (it + sender * 7) % 30)
            .map(|it| payment(&format!("k{it}"), &lines[it % 3], 50))
            .collect();
        let upsert = pb::UpsertDisbursementsRequest {
            disbursements: sent,
            ..Default::default()
        };
        let upsert = office.reporter.ask(upsert);
        let mut spending = office.spending.clone();
        all.spawn(async move { spending.upsert_disbursements(upsert).await });
    }
    let mut created = 0;
    for answer in all.join_all().await {
        let results = answer.unwrap().into_inner().results;
        for it in results {
            assert_ne!(it.disposition(), Disposition::Rejected, "{it:?}");
            created += usize::from(it.disposition() == Disposition::Created);
        }
    }
    assert_eq!(created, 30);
    for line in &lines {
        assert_eq!(office.get_line(line).await.disbursed_amount_vnd, 500);
    }
}
