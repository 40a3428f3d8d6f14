//! Formulas over totals: of the same units, with all digits, and with what is known of their
//! bounds.

use proto::{
    indicators as pb,
    shared::{Qualifier, Quantity, Severity},
};

use crate::{
    reform::{Reform, as_now, ask, covered, in_period, shown},
    story::{count, derived, not_arisen},
};

/// Files that came online and files received, with their share.
async fn of_files() -> Reform {
    let reform = Reform::begins().await;
    for id in ["truc-tuyen", "tiep-nhan"] {
        reform.define(id, in_period(id, pb::ValueKind::Count)).await;
    }
    let formula = "ratio([truc-tuyen], [tiep-nhan])";
    let share_of = derived(pb::ValueKind::Ratio, formula);
    reform.define("ty-le-truc-tuyen", share_of).await;
    reform
}

fn codes(cell: &pb::AggregateCell) -> Vec<&str> {
    cell.issues.iter().map(|it| it.code.as_str()).collect()
}

fn with(qualifier: Qualifier, quantity: Quantity) -> Quantity {
    Quantity {
        qualifier: qualifier.into(),
        ..quantity
    }
}

#[tokio::test]
async fn a_share_is_computed_of_the_communes_that_reported_both_sides_of_it() {
    let reform = of_files().await;
    for (unit, online, all) in [("xa-long-hiep", 60, 100), ("xa-long-mai", 40, 100)] {
        reform
            .enter("truc-tuyen", unit, "2024", count(online))
            .await;
        reform.enter("tiep-nhan", unit, "2024", count(all)).await;
    }
    // One side each: neither makes the share of the district better or worse.
    reform
        .enter("truc-tuyen", "xa-long-son", "2024", count(900))
        .await;
    reform
        .enter("tiep-nhan", "xa-thanh-an", "2024", count(800))
        .await;
    reform
        .enter("truc-tuyen", "xa-thanh-an", "2024", not_arisen())
        .await;
    let district = || ask("ty-le-truc-tuyen", "huyen-minh-long", &["2024"]);
    let cell = reform.total(district()).await;
    assert_eq!(shown(&cell), "50%");
    // Two counted, one that said nothing, two that said half of it.
    assert_eq!(covered(&cell), (5, 2, 1));
    assert_eq!(cell.coverage.as_ref().unwrap().incomplete_count, 2);
    assert_eq!(codes(&cell), ["AGGREGATE_INPUTS_INCOMPLETE"]);
    let told = &cell.issues[0];
    assert_eq!(told.severity(), Severity::Warning);
    for unit in ["units/xa-long-son", "units/xa-thanh-an"] {
        assert!(told.message_vi.contains(unit), "{told:?}");
    }
    // Each commune still speaks for itself.
    let own = reform
        .total(ask("ty-le-truc-tuyen", "xa-thanh-an", &["2024"]))
        .await;
    assert_eq!(shown(&own), "chưa phát sinh");
    // Once the other side is there the commune counts.
    reform
        .enter("tiep-nhan", "xa-long-son", "2024", count(1000))
        .await;
    reform
        .enter("truc-tuyen", "xa-thanh-an", "2024", count(0))
        .await;
    let cell = reform.total(district()).await;
    assert_eq!((shown(&cell), codes(&cell)), ("50%".into(), vec![]));
    assert_eq!(cell.coverage.as_ref().unwrap().incomplete_count, 0);
    // The same figures, where the communes of today are.
    let now = reform
        .total(as_now(ask("ty-le-truc-tuyen", "xa-son-mai", &["2024"])))
        .await;
    assert_eq!(shown(&now), "85,45%");
}

#[tokio::test]
async fn what_a_formula_can_do_without_leaves_nobody_out_and_is_told() {
    let reform = of_files().await;
    let both = derived(
        pb::ValueKind::Count,
        "coalesce([truc-tuyen], 0) + [tiep-nhan]",
    );
    reform.define("tat-ca", both).await;
    for unit in ["xa-long-hiep", "xa-long-mai"] {
        reform.enter("tiep-nhan", unit, "2024", count(100)).await;
    }
    reform
        .enter("truc-tuyen", "xa-long-mai", "2024", count(7))
        .await;
    let cell = reform
        .total(ask("tat-ca", "huyen-minh-long", &["2024"]))
        .await;
    assert_eq!(
        (shown(&cell), codes(&cell)),
        ("207".into(), vec!["AGGREGATE_INPUTS_UNEVEN"])
    );
    assert_eq!(cell.issues[0].severity(), Severity::Info);
    assert!(cell.issues[0].message_vi.contains("1/5") && cell.issues[0].message_vi.contains("2/5"));
}

#[tokio::test]
async fn a_derived_figure_is_rounded_where_it_is_shown_and_nowhere_on_the_way() {
    let reform = of_files().await;
    let third = derived(pb::ValueKind::Decimal, "[tiep-nhan] / 3");
    let third = pb::Indicator {
        accumulation: pb::Accumulation::InPeriod.into(),
        period_aggregation: pb::Aggregation::Sum.into(),
        ..third
    };
    reform.define("mot-phan-ba", third).await;
    let whole = derived(pb::ValueKind::Decimal, "[mot-phan-ba] * 3");
    reform.define("ca-ba-phan", whole).await;
    for period in ["2024-q1", "2024-q2", "2024-q3"] {
        reform
            .enter("tiep-nhan", "xa-long-hiep", period, count(100))
            .await;
    }
    let quarters = ["2024-q1", "2024-q2", "2024-q3"];
    let total = |indicator: &str| pb::AggregateValuesRequest {
        include_all_periods: true,
        ..ask(indicator, "huyen-minh-long", &quarters)
    };
    let row = reform.ask(total("ca-ba-phan")).await.rows.remove(0);
    // Three times 33,33 would be 99,99.
    assert_eq!(shown(&row.cells[0]), "100,00");
    let row = reform.ask(total("mot-phan-ba")).await.rows.remove(0);
    assert_eq!(shown(&row.cells[0]), "33,33");
    assert_eq!(shown(row.all_periods.as_ref().unwrap()), "100,00");
}

#[tokio::test]
async fn a_lower_bound_goes_through_a_formula_as_far_as_its_direction_is_known() {
    let reform = of_files().await;
    for (id, kind, formula) in [
        (
            "con-lai",
            pb::ValueKind::Count,
            "[tiep-nhan] - [truc-tuyen]",
        ),
        ("gap-doi", pb::ValueKind::Count, "[truc-tuyen] * 2"),
        (
            "binh-phuong",
            pb::ValueKind::Decimal,
            "[truc-tuyen] / ([truc-tuyen] + 5)",
        ),
    ] {
        reform.define(id, derived(kind, formula)).await;
    }
    let more = with(Qualifier::MoreThan, count(95));
    reform
        .enter("truc-tuyen", "xa-long-hiep", "2024", more)
        .await;
    reform
        .enter("tiep-nhan", "xa-long-hiep", "2024", count(100))
        .await;
    reform
        .enter("truc-tuyen", "xa-long-mai", "2024", count(5))
        .await;
    reform
        .enter("tiep-nhan", "xa-long-mai", "2024", count(100))
        .await;
    for (indicator, text) in [
        ("ty-le-truc-tuyen", "trên 50%"),
        ("gap-doi", "trên 200"),
        ("con-lai", "dưới 100"),
        // More over more: nobody knows.
        ("binh-phuong", "khoảng 0,95"),
    ] {
        let cell = reform
            .total(ask(indicator, "huyen-minh-long", &["2024"]))
            .await;
        assert_eq!(shown(&cell), text, "{indicator}");
    }
}
