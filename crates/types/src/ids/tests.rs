use proptest::prelude::*;

use super::*;

#[test]
fn a_unit_is_known_by_segment_and_by_name() {
    let unit = UnitId::new("so-khcn").unwrap();
    assert_eq!(unit.name(), "units/so-khcn");
    assert_eq!(unit.as_str(), "so-khcn");
    assert_eq!(UnitId::from_name("units/so-khcn").unwrap(), unit);
    assert_eq!("units/so-khcn".parse::<UnitId>().unwrap(), unit);
    assert_eq!(String::from(unit.clone()), "so-khcn");
    assert_eq!(UnitId::try_from("so-khcn".to_owned()).unwrap(), unit);
}

#[test]
fn bad_segments_are_refused() {
    let long = "a".repeat(64);
    for bad in [
        "", "-a", "a-", "1a", "Sở", "A", "a.b", "a/b", "a b", "a\n", &long,
    ] {
        assert_eq!(UnitId::new(bad).unwrap_err().reason, "PATTERN", "{bad:?}");
    }
    assert!(UnitId::new("a").is_ok());
    assert!(UnitId::new(&long[..63]).is_ok());
}

#[test]
fn a_name_of_another_collection_is_refused() {
    for bad in ["so-khcn", "users/so-khcn", "units/", "units/a/b", "Units/a"] {
        assert!(UnitId::from_name(bad).is_err(), "{bad}");
    }
    assert_eq!(
        UnitId::from_name("users/a").unwrap_err().en,
        "`users/a` is not a name of the form `units/{id}`"
    );
}

#[test]
fn who_acts_is_a_person_or_a_machine_and_says_which() {
    let person: Principal = "users/nguyen-van-bay".parse().unwrap();
    assert_eq!(person.user().unwrap().as_str(), "nguyen-van-bay");
    let machine: Principal = "serviceAccounts/mot-cua".parse().unwrap();
    assert_eq!(machine.user(), None);
    assert_eq!(machine.name(), "serviceAccounts/mot-cua");
    let bad = Principal::from_name("units/mot-cua").unwrap_err();
    assert_eq!(
        bad.en,
        "`units/mot-cua` is not a name of the form `users/{id}` or `serviceAccounts/{id}`"
    );
}

#[test]
fn a_report_is_named_by_request_and_unit() {
    let name = "reports/cds-2022-h1.huyen-minh-long";
    let report: ReportId = name.parse().unwrap();
    assert_eq!(report.request.name(), "reportRequests/cds-2022-h1");
    assert_eq!(report.unit.name(), "units/huyen-minh-long");
    assert_eq!(report.name(), name);
    for bad in ["reports/a", "reports/a.", "reports/a.b.c", "a.b"] {
        assert!(ReportId::from_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_value_is_named_by_indicator_unit_and_period() {
    let name = "indicators/chung-thu-so/values/huyen-minh-long.2022-h1";
    let value: ValueId = name.parse().unwrap();
    assert_eq!(value.indicator.as_str(), "chung-thu-so");
    assert_eq!(value.unit.as_str(), "huyen-minh-long");
    assert_eq!(value.period.to_string(), "2022-h1");
    assert_eq!(value.to_string(), name);
    for bad in [
        "indicators/a/values/b",
        "indicators/a/values/b.",
        "indicators/a/values/b.2022-h9",
        "indicators/a/b.2022",
        "indicators/a/values/b.2022.",
        "indicators/a/values/b.2022.-nu",
        "indicators/a/values/b.2022.gioi.nu",
    ] {
        assert!(ValueId::from_name(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_part_is_named_after_its_whole_and_says_by_what_it_is_broken_down() {
    let name = "indicators/can-bo/values/huyen-minh-long.2022-h1.gioi-nu";
    let part: ValueId = name.parse().unwrap();
    let breakdown = part.breakdown.as_ref().unwrap();
    assert_eq!((breakdown.as_str(), breakdown.axis()), ("gioi-nu", "gioi"));
    assert_eq!(part.name(), name);
    assert_eq!(Breakdown::new("4").unwrap().axis(), "4");
    for bad in ["", "-a", "a-", "Nữ", "a.b", &"a".repeat(64)] {
        assert_eq!(
            Breakdown::new(bad).unwrap_err().reason,
            "PATTERN",
            "{bad:?}"
        );
    }
}

proptest! {
    #[test]
    fn every_id_of_the_pattern_is_read_back(
        segment in "[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    ) {
        let id = IndicatorId::new(&segment).unwrap();
        prop_assert_eq!(IndicatorId::from_name(&id.name()).unwrap(), id);
    }
}
