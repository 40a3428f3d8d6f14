use super::*;

fn wrong<M, C: TryFrom<M, Error = Invalid>>(request: M) -> Vec<(String, &'static str)> {
    let bad = C::try_from(request).err();
    let bad = bad.map(|it| it.violations().to_vec()).unwrap_or_default();
    bad.into_iter().map(|it| (it.field, it.reason)).collect()
}

fn opened(units: usize, scope_unit: &str) -> Vec<(String, &'static str)> {
    let scorecard = pb::Scorecard {
        display_name: "Chấm điểm năm 2026".into(),
        owner_unit: "units/so-tttt".into(),
        period: "2026".into(),
        criteria_set_revision: "criteriaSets/cap-xa/revisions/1".into(),
        units: vec!["units/xa-long-hiep".into(); units],
        scope_unit: scope_unit.into(),
        ..Default::default()
    };
    wrong::<_, CreateScorecard>(pb::CreateScorecardRequest {
        scorecard: Some(scorecard),
        scorecard_id: "cap-xa".into(),
        ..Default::default()
    })
}

#[test]
fn at_most_a_thousand_units_are_named_or_they_are_found_below_one() {
    assert_eq!(opened(1000, ""), []);
    assert_eq!(opened(0, "units/huyen-minh-long"), []);
    let told = |field: &str, reason| vec![(field.to_owned(), reason)];
    assert_eq!(opened(1001, ""), told("scorecard.units", "OUT_OF_RANGE"));
    assert_eq!(opened(0, ""), told("scorecard.units", "REQUIRED"));
    let both = opened(1, "units/huyen-minh-long");
    assert_eq!(both, told("scorecard.scope_unit", "ONE_OF"));
}

#[test]
fn at_most_a_hundred_other_maxima_are_tried_each_once() {
    let tried = |keys: Vec<String>| {
        let weight = |key| pb::CriterionWeight {
            key,
            max_score: "10".into(),
        };
        wrong::<_, TryScorecard>(pb::TryScorecardRequest {
            name: "scorecards/cap-xa".into(),
            weights: keys.into_iter().map(weight).collect(),
            ranking: None,
        })
    };
    let keys = |count: usize| (0..count).map(|it| it.to_string()).collect();
    assert_eq!(tried(keys(100)), []);
    assert_eq!(tried(keys(101)), [("weights".to_owned(), "OUT_OF_RANGE")]);
    let twice = vec!["1".to_owned(), "1".to_owned()];
    assert_eq!(tried(twice), [("weights[1].key".to_owned(), "REPEATED")]);
}

#[test]
fn a_revision_has_one_name() {
    let read = |name: &str| RevisionId::from_name(name).map(|it| it.name()).ok();
    let name = "criteriaSets/cap-xa/revisions/12";
    assert_eq!(read(name).as_deref(), Some(name));
    for bad in [
        "criteriaSets/cap-xa",
        "criteriaSets/cap-xa/revisions/0",
        "criteriaSets/cap-xa/revisions/+1",
        "criteriaSets/cap-xa/revisions/01",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
