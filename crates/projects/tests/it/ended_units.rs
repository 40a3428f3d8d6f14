use std::time::Duration;

use proto::directory::{
    self, reorganization_service_client::ReorganizationServiceClient as Reorganizations,
    unit_service_client::UnitServiceClient as Units,
};

use super::*;

const OLD: &str = "projects/a/budgetLines/2022.province.recurrent.xa-long-hiep";
const NEW: &str = "projects/a/budgetLines/2022.province.recurrent.xa-minh-long";

/// Long Hiệp and Long Mai become xã Minh Long on 1 June 2022.
async fn merge(office: &Office) {
    let administrator = &office.world.administrator;
    let days = proto::shared::Validity {
        start_date: "2022-01-01".into(),
        end_date: String::new(),
    };
    let create = directory::CreateUnitRequest {
        unit_id: "xa-long-mai".into(),
        unit: Some(directory::Unit {
            display_name: "UBND xã Long Mai".into(),
            kind: directory::UnitKind::Commune.into(),
            parent_unit: "units/huyen-minh-long".into(),
            validity: Some(days),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut units = Units::new(office.world.directory());
    units.create_unit(administrator.ask(create)).await.unwrap();
    let link = |from: &str| link(from, "xa-minh-long", "1");
    let kind = directory::ReorganizationKind::Merge;
    let links = vec![link("xa-long-hiep"), link("xa-long-mai")];
    reorganize(office, kind, links, &["xa-minh-long"]).await;
}

pub(crate) fn link(from: &str, to: &str, share: &str) -> directory::LineageLink {
    directory::LineageLink {
        predecessor_unit: format!("units/{from}"),
        successor_unit: format!("units/{to}"),
        share: share.into(),
    }
}

/// Reorganises communes of the district on 1 June 2022.
pub(crate) async fn reorganize(
    office: &Office,
    kind: directory::ReorganizationKind,
    links: Vec<directory::LineageLink>,
    new_units: &[&str],
) {
    let administrator = &office.world.administrator;
    let new_unit = |id: &&str| directory::NewUnit {
        unit_id: (*id).into(),
        display_name: format!("UBND {id}"),
        kind: directory::UnitKind::Commune.into(),
        parent_unit: "units/huyen-minh-long".into(),
        ..Default::default()
    };
    let create = directory::CreateReorganizationRequest {
        reorganization_id: "sap-xep".into(),
        reorganization: Some(directory::Reorganization {
            kind: kind.into(),
            decision_number: "1677/NQ-UBTVQH15".into(),
            effective_date: "2022-06-01".into(),
            source: "Nghị quyết".into(),
            links,
            new_units: new_units.iter().map(new_unit).collect(),
            ..Default::default()
        }),
        ..Default::default()
    };
    let mut acts = Reorganizations::new(office.world.directory());
    let act = acts.create_reorganization(administrator.ask(create)).await;
    let apply = directory::ApplyReorganizationRequest {
        name: "reorganizations/sap-xep".into(),
        etag: act.unwrap().into_inner().etag,
        ..Default::default()
    };
    acts.apply_reorganization(administrator.ask(apply))
        .await
        .unwrap();
}

/// Waits until the service has heard that the commune has ended.
pub(crate) async fn heard(office: &Office) {
    let payment = pb::Disbursement {
        budget_line: OLD.into(),
        kind: pb::DisbursementKind::Payment.into(),
        amount_vnd: 1,
        disburse_date: "2022-06-10".into(),
        source_system: "thu".into(),
        external_id: "thu".into(),
        ..Default::default()
    };
    for _ in 0..100 {
        let tried = pb::UpsertDisbursementsRequest {
            disbursements: vec![payment.clone()],
            validate_only: true,
            ..Default::default()
        };
        let tried = office.reporter.ask(tried);
        let answer = office.spending.clone().upsert_disbursements(tried).await;
        let results = answer.unwrap().into_inner().results;
        if results[0].disposition() == proto::shared::Disposition::Rejected {
            assert_eq!(results[0].issues[0].code, "LINE_UNIT_ENDED");
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the end of the commune did not arrive");
}

async fn office_of_a_commune() -> Office {
    let office = commune_with_money().await;
    merge(&office).await;
    heard(&office).await;
    office
}

/// The commune Long Hiệp with 1.000 đồng, of which 300 are paid.
pub(crate) async fn commune_with_money() -> Office {
    let office = Office::open().await;
    let project = pb::Project {
        owner_unit: "units/xa-long-hiep".into(),
        ..task("Phòng họp trực tuyến xã")
    };
    let project = office.create_project("a", project).await.unwrap();
    office.approve_for_money(&project).await;
    office.open_line("a", 2022, Some(1_000)).await.unwrap();
    let cap = office
        .decide("cap-a", pb::DecisionKind::AssignBudget, 1_000)
        .await;
    let given = pb::Allocation {
        decision: cap,
        amount_vnd: 1_000,
        ..Default::default()
    };
    office.enter_allocation(OLD, given).await.unwrap();
    office.pay(OLD, 300).await.unwrap();
    office
}

async fn move_to_successor(
    office: &Office,
    by: &str,
    amount_vnd: i64,
    target_unit: &str,
) -> Result<pb::AllocationPair, Status> {
    let carry = pb::MoveAllocationRequest {
        parent: OLD.into(),
        decision: "decisions/cap-a".into(),
        by_decision: by.into(),
        amount_vnd,
        target_unit: target_unit.into(),
        ..Default::default()
    };
    let carry = office.receiver.ask(carry);
    let answer = office.budget.clone().move_allocation(carry).await;
    answer.map(tonic::Response::into_inner)
}

/// Issues a decision of the province on a day.
async fn decide_on(office: &Office, id: &str, kind: pb::DecisionKind, date: &str) -> String {
    let draft = office.draft_as(id, decision(kind, 1_000)).await.unwrap();
    let number = format!("{id}/QĐ-UBND");
    let issued = office
        .issue_on(&draft.name, &number, date, &draft.etag)
        .await;
    issued.unwrap().name
}

#[tokio::test]
async fn a_unit_that_ceased_in_mid_year_pays_no_more_and_its_successor_pays_on_by_a_decision() {
    let office = office_of_a_commune().await;
    // What it paid on its days is entered also afterwards.
    let payment = pb::DisbursementKind::Payment;
    office.spend(OLD, payment, 50, "2022-05-31").await.unwrap();
    let refused = office.spend(OLD, payment, 1, "2022-06-01").await;
    let status = refused.clone().unwrap_err();
    let vietnamese = status.get_error_details();
    let vietnamese = vietnamese.localized_message().unwrap().message.clone();
    let (code, reason, facts) = refusal(refused);
    assert_eq!(
        (code, reason.as_str()),
        (Code::FailedPrecondition, "LINE_UNIT_ENDED")
    );
    assert_eq!(facts["unit"], "units/xa-long-hiep");
    assert_eq!(facts["end_date"], "2022-06-01");
    assert!(
        status.message().contains("ended on 2022-06-01"),
        "{status:?}"
    );
    assert!(
        vietnamese.contains("chấm dứt hoạt động từ ngày 1/6/2022"),
        "{vietnamese}"
    );
    let late = pb::Commitment {
        sign_date: "2022-06-02".into(),
        ..contract("9/HĐ", 1)
    };
    assert_eq!(refusal(office.sign(OLD, late).await).1, "LINE_UNIT_ENDED");
    let more = decide_on(
        &office,
        "them",
        pb::DecisionKind::AssignBudget,
        "2022-06-15",
    )
    .await;
    let given = pb::Allocation {
        decision: more,
        amount_vnd: 1,
        ..Default::default()
    };
    assert_eq!(
        refusal(office.enter_allocation(OLD, given).await).1,
        "LINE_UNIT_ENDED"
    );

    let by = decide_on(
        &office,
        "chuyen",
        pb::DecisionKind::MoveBudget,
        "2022-06-15",
    )
    .await;
    let back = move_to_successor(&office, &by, 650, "units/xa-long-mai").await;
    assert_eq!(refusal(back).1, "LINE_UNIT_ENDED");
    let (_, reason, facts) =
        refusal(move_to_successor(&office, &by, 651, "units/xa-minh-long").await);
    assert_eq!(
        (reason.as_str(), facts["available"].as_str()),
        ("RECALL_EXCEEDED", "650 đồng")
    );
    let pair = move_to_successor(&office, &by, 650, "units/xa-minh-long")
        .await
        .unwrap();
    assert_eq!(pair.arriving.unwrap().budget_line, NEW);
    office.spend(NEW, payment, 600, "2022-06-20").await.unwrap();
    let old = office.get_line(OLD).await;
    assert_eq!(
        (old.allocated_amount_vnd, old.disbursed_amount_vnd),
        (350, 350)
    );

    // The district has both; each stays with the unit that held it.
    let ask = pb::SummarizeBudgetRequest {
        scope_unit: "units/huyen-minh-long".into(),
        fiscal_year: 2022,
        group_by: pb::BudgetGrouping::Unit.into(),
        ..Default::default()
    };
    let sums = office.summary(ask).await.unwrap();
    let rows: Vec<_> = sums
        .rows
        .iter()
        .map(|it| {
            let summary = it.summary.as_ref().unwrap();
            (
                it.key.as_str(),
                summary.allocated_amount_vnd,
                summary.disbursed_amount_vnd,
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            ("units/xa-long-hiep", 350, 350),
            ("units/xa-minh-long", 650, 600)
        ]
    );
    let total = sums.total.unwrap();
    assert_eq!(
        (total.allocated_amount_vnd, total.disbursed_amount_vnd),
        (1_000, 950)
    );
    // Now the successor has both.
    let now = pb::SummarizeBudgetRequest {
        scope_unit: "units/huyen-minh-long".into(),
        fiscal_year: 2022,
        group_by: pb::BudgetGrouping::Unit.into(),
        view: pb::BudgetView::AsNow.into(),
        ..Default::default()
    };
    let now = office.summary(now).await.unwrap();
    let rows: Vec<_> = now.rows.iter().map(|it| it.key.as_str()).collect();
    assert_eq!(rows, ["units/xa-minh-long"]);
    assert_eq!(now.rows[0].summary, now.total);
    let total_now = now.total.unwrap();
    assert_eq!(
        (
            total_now.allocated_amount_vnd,
            total_now.disbursed_amount_vnd
        ),
        (1_000, 950)
    );
    assert!(now.not_computable.is_empty());
    let alone = pb::SummarizeBudgetRequest {
        scope_unit: "units/huyen-minh-long".into(),
        fiscal_year: 2022,
        without_subtree: true,
        ..Default::default()
    };
    let alone = office.summary(alone).await.unwrap().total.unwrap();
    assert_eq!(alone.line_count, 0);
}

#[tokio::test]
async fn what_lowers_the_amounts_of_an_ended_unit_is_still_entered() {
    let office = office_of_a_commune().await;
    let advance = pb::DisbursementKind::Advance;
    office.spend(OLD, advance, 100, "2022-05-30").await.unwrap();
    let signed = office.sign(OLD, contract("1/HĐ", 200)).await.unwrap();
    let recovery = pb::DisbursementKind::Recovery;
    let recovered = office.spend(OLD, recovery, 60, "2022-06-20").await.unwrap();
    let annex = pb::Commitment {
        amends: signed.name,
        sign_date: "2022-06-20".into(),
        ..contract("PL", -200)
    };
    office.sign(OLD, annex).await.unwrap();
    // Taking the recovery back would be paying anew.
    let again = pb::Disbursement {
        reverses: recovered.name,
        disburse_date: "2022-06-21".into(),
        ..Default::default()
    };
    assert_eq!(
        refusal(office.disburse(OLD, again).await).1,
        "LINE_UNIT_ENDED"
    );
    // No line is opened for a year in which the unit does not exist any more.
    let next = office.open_line("a", 2023, None).await;
    assert_eq!(refusal(next).1, "LINE_UNIT_ENDED");
}

#[tokio::test]
async fn a_unit_that_ceased_does_not_get_back_what_was_recalled_from_it() {
    let office = office_of_a_commune().await;
    let recalled = pb::Allocation {
        decision: "decisions/cap-a".into(),
        by_decision: office
            .decide("thu-hoi", pb::DecisionKind::RecallBudget, 10)
            .await,
        amount_vnd: -10,
        ..Default::default()
    };
    let recalled = office.enter_allocation(OLD, recalled).await.unwrap();
    let back = pb::Allocation {
        reverses: recalled.name,
        ..Default::default()
    };
    let back = office.enter_allocation(OLD, back).await;
    assert_eq!(refusal(back).1, "LINE_UNIT_ENDED");
}
