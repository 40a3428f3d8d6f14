//! Money of units that were divided, among the units of today.

use ended_units::{commune_with_money, heard, link, reorganize};
use proto::directory::ReorganizationKind::Split;

use super::*;

fn of(scope: &str, view: pb::BudgetView) -> pb::SummarizeBudgetRequest {
    pb::SummarizeBudgetRequest {
        scope_unit: format!("units/{scope}"),
        fiscal_year: 2022,
        group_by: pb::BudgetGrouping::Unit.into(),
        view: view.into(),
        ..Default::default()
    }
}

fn told(answer: &pb::SummarizeBudgetResponse) -> Vec<(&str, i64, i64)> {
    let rows = answer.rows.iter().map(|it| {
        let summary = it.summary.as_ref().unwrap();
        (
            it.key.as_str(),
            summary.allocated_amount_vnd,
            summary.disbursed_amount_vnd,
        )
    });
    rows.collect()
}

#[tokio::test]
async fn money_of_a_unit_that_was_divided_without_shares_is_not_guessed_apart() {
    let office = commune_with_money().await;
    let links = vec![
        link("xa-long-hiep", "xa-mot", ""),
        link("xa-long-hiep", "xa-hai", ""),
    ];
    reorganize(&office, Split, links, &["xa-mot", "xa-hai"]).await;
    heard(&office).await;

    let (as_was, as_now) = (pb::BudgetView::AsWas, pb::BudgetView::AsNow);
    let was = office.summary(of("huyen-minh-long", as_was)).await.unwrap();
    assert_eq!(told(&was), [("units/xa-long-hiep", 1_000, 300)]);
    assert!(was.not_computable.is_empty());

    // The district has it as a whole, whichever commune has it now.
    let now = office.summary(of("huyen-minh-long", as_now)).await.unwrap();
    assert!(now.rows.is_empty());
    assert_eq!(now.total, was.total);
    let [unplaced] = &now.not_computable[..] else {
        panic!("{now:?}")
    };
    assert_eq!(unplaced.unit, "units/xa-long-hiep");
    assert_eq!(unplaced.successor_units, ["units/xa-hai", "units/xa-mot"]);
    assert_eq!(unplaced.summary, was.total);
    assert!(unplaced.in_total);
    let by_project = pb::SummarizeBudgetRequest {
        group_by: pb::BudgetGrouping::Project.into(),
        ..of("huyen-minh-long", as_now)
    };
    let by_project = office.summary(by_project).await.unwrap();
    assert_eq!(told(&by_project), [("projects/a", 1_000, 300)]);

    // Of one of them nobody knows.
    let one = office.summary(of("xa-mot", as_now)).await.unwrap();
    assert!(one.rows.is_empty());
    assert_eq!(one.total.unwrap().line_count, 0);
    let [unplaced] = &one.not_computable[..] else {
        panic!()
    };
    assert_eq!(unplaced.unit, "units/xa-long-hiep");
    assert!(!unplaced.in_total);
}

#[tokio::test]
async fn money_of_a_unit_that_was_divided_by_published_shares_adds_up_to_the_dong() {
    let office = commune_with_money().await;
    let links = vec![
        link("xa-long-hiep", "xa-mot", "0.333"),
        link("xa-long-hiep", "xa-hai", "0.667"),
    ];
    reorganize(&office, Split, links, &["xa-mot", "xa-hai"]).await;
    heard(&office).await;
    let as_now = pb::BudgetView::AsNow;
    let now = office.summary(of("huyen-minh-long", as_now)).await.unwrap();
    assert_eq!(
        told(&now),
        [("units/xa-hai", 667, 200), ("units/xa-mot", 333, 100)]
    );
    let total = now.total.unwrap();
    assert_eq!(
        (total.allocated_amount_vnd, total.disbursed_amount_vnd),
        (1_000, 300)
    );
    assert!(now.not_computable.is_empty());
    let one = office.summary(of("xa-mot", as_now)).await.unwrap();
    assert_eq!(told(&one), [("units/xa-mot", 333, 100)]);
}
