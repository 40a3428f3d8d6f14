//! Whether one item can be taken, for what it is about alone.

use kit::Reason;
use types::{
    ids::{Principal, ValueId},
    quantity::{Content, Quantity},
    validity::Validity,
};

use super::{
    fit::{existed, not_in_force, period_fits},
    ground::{Ground, UnitGround},
    issue::{Issue, Severity},
    item::Item,
};
use crate::{
    indicator::{Definition, Manner, ValueKind, definition::OutOfBounds},
    reason::{
        INDICATOR_NOT_IN_FORCE, PERIOD_NOT_ALLOWED, REFERENCE_NOT_FOUND, UNIT_NOT_IN_FORCE,
        UNIT_NOT_PERMITTED, VALUE_KIND_MISMATCH,
    },
};

/// Returns everything for which an item is refused. Who may not write for a unit does not
/// learn anything about it.
pub(super) fn refusals(item: &Item, principal: &Principal, ground: &Ground) -> Vec<Issue> {
    let mut told = Told {
        item,
        issues: Vec::new(),
    };
    if let Some(id) = &item.id {
        let days = match ground.units.get(&id.unit) {
            Some(UnitGround::Exists(days)) => Some(days),
            Some(UnitGround::NotThere) => {
                told.refuse(&REFERENCE_NOT_FOUND, "unit", &[("name", id.unit.name())]);
                None
            }
            Some(UnitGround::NotPermitted) | None => {
                told.refuse(&UNIT_NOT_PERMITTED, "unit", &[("unit", id.unit.name())]);
                return told.issues;
            }
        };
        match ground.definitions.for_period(&id.indicator, &id.period) {
            None => told.not_counting(id, ground),
            Some(definition) => {
                told.period(definition);
                if let Some(days) = days
                    && !existed(days, &id.period, definition)
                {
                    told.unit_not_in_force(days, definition);
                }
                let breakdown = id.breakdown.as_ref();
                let of_place = breakdown.and_then(|it| definition.undeclared(it));
                told.out_of_bounds(of_place, id);
                if let Ok(entry) = &item.entry {
                    told.quantity(definition, &entry.quantity);
                    let about = (&id.indicator, definition);
                    let refusal = ground
                        .definitions
                        .refusal(about, principal, &entry.quantity);
                    if let Some((reason, facts)) = refusal {
                        told.refuse(reason, "indicator", &facts);
                    }
                }
            }
        }
    }
    if let Err(bad) = &item.entry {
        let violations = bad.violations().iter().cloned();
        told.issues.extend(violations.map(Issue::from));
    }
    told.issues
}

/// Says how the figure of an item is looked at, and whether its indicator asks for documents
/// that prove it.
pub(super) fn looked_at(item: &Item, ground: &Ground) -> (Manner, bool) {
    let definition = item
        .id
        .as_ref()
        .and_then(|it| ground.definitions.for_period(&it.indicator, &it.period));
    let looked_at = definition.map(|it| (it.manner(), it.details.evidence_required));
    looked_at.unwrap_or_default()
}

/// What is told about one item.
struct Told<'a> {
    item: &'a Item,
    issues: Vec<Issue>,
}

impl Told<'_> {
    fn refuse(&mut self, reason: &'static Reason, field: &str, facts: &[(&str, String)]) {
        let field = self.item.field(field);
        self.issues
            .push(Issue::new(Severity::Error, reason, field, facts));
    }

    /// The indicator has no definition that counts for the period.
    fn not_counting(&mut self, id: &ValueId, ground: &Ground) {
        let name = id.indicator.name();
        if ground.definitions.knows(&id.indicator) {
            let facts = [("indicator", name), ("period", id.period.to_string())];
            self.refuse(&INDICATOR_NOT_IN_FORCE, "indicator", &facts);
        } else {
            self.refuse(&REFERENCE_NOT_FOUND, "indicator", &[("name", name)]);
        }
    }

    fn period(&mut self, definition: &Definition) {
        let Some(id) = &self.item.id else { return };
        if !period_fits(&id.period, definition.accumulation) {
            let facts = [
                ("indicator", id.indicator.name()),
                ("period", id.period.to_string()),
                ("period_vi", id.period.to_vietnamese()),
            ];
            self.refuse(&PERIOD_NOT_ALLOWED, "period", &facts);
        }
        self.out_of_bounds(definition.before_base(&id.period), id);
    }

    fn out_of_bounds(&mut self, refused: Option<OutOfBounds>, id: &ValueId) {
        if let Some((reason, field, mut facts)) = refused {
            facts.push(("indicator", id.indicator.name()));
            self.refuse(reason, field, &facts);
        }
    }

    fn unit_not_in_force(&mut self, days: &Validity, definition: &Definition) {
        let Some(id) = &self.item.id else { return };
        let facts = not_in_force(&id.unit, &id.period, days, definition);
        self.refuse(&UNIT_NOT_IN_FORCE, "unit", &facts);
    }

    fn quantity(&mut self, definition: &Definition, quantity: &Quantity) {
        let (Some(id), Content::Value(value)) = (&self.item.id, quantity.content()) else {
            // An absence fits every indicator.
            return;
        };
        let expected = definition.value_kind;
        if !expected.takes(value) {
            let ((expected_en, expected_vi), (found_en, found_vi)) =
                (expected.words(), ValueKind::of(value).words());
            let facts = [
                ("indicator", id.indicator.name()),
                ("expected_en", expected_en.to_owned()),
                ("expected_vi", expected_vi.to_owned()),
                ("found_en", found_en.to_owned()),
                ("found_vi", found_vi.to_owned()),
            ];
            self.refuse(&VALUE_KIND_MISMATCH, "quantity", &facts);
            return;
        }
        self.out_of_bounds(definition.out_of_bounds(value), id);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, HashMap};

    use types::{
        ids::{IndicatorId, SourceSystemId, UnitId},
        quantity::{Absence, Value},
        ratio::Ratio,
        violations::Invalid,
    };

    use super::*;
    use crate::{
        indicator::{
            Accumulation, CollectionMode, Revision,
            standing::{Definitions, Published},
        },
        value::item::Entry,
    };

    /// Minh Long until the reform; a count and a share, and stock at a date.
    fn ground() -> Ground {
        use Accumulation::{AtDate, InPeriod, YearToDate};
        use ValueKind::{Choice, Count, Rank, Ratio, Score};
        let day = |it: &str| it.parse().unwrap();
        let days = Validity::new(day("2022-01-01"), Some(day("2025-07-01"))).unwrap();
        let indicator = |id: &str| IndicatorId::new(id).unwrap();
        Ground {
            units: HashMap::from([
                (UnitId::new("minh-long").unwrap(), UnitGround::Exists(days)),
                (UnitId::new("ba-to").unwrap(), UnitGround::NotPermitted),
                (UnitId::new("moi").unwrap(), UnitGround::NotThere),
            ]),
            definitions: Definitions {
                published: BTreeMap::from([
                    counting("chung-thu-so", Count, YearToDate),
                    counting("ty-le", Ratio, InPeriod),
                    counting("dan-so", Count, AtDate),
                    counting("diem", Score, InPeriod),
                    counting("xep-hang", Rank, InPeriod),
                    counting("muc-do", Choice, InPeriod),
                    counting("ho-so", Count, InPeriod),
                    counting("tong-ho-so", Count, InPeriod),
                    (indicator("du-thao"), Published::default()),
                ]),
                connectors: BTreeMap::from([(
                    SourceSystemId::new("mot-cua").unwrap(),
                    Principal::from_name("serviceAccounts/mot-cua").unwrap(),
                )]),
            },
        }
    }

    /// An indicator that counts from 2021 on.
    fn counting(id: &str, kind: ValueKind, accumulation: Accumulation) -> (IndicatorId, Published) {
        let mut revision = Revision::of_test();
        revision.id = IndicatorId::new(id).unwrap();
        revision.first_period = "2021".parse().unwrap();
        revision.definition.value_kind = kind;
        revision.definition.accumulation = accumulation;
        let details = &mut revision.definition.details;
        match id {
            "muc-do" => details.choices = vec!["Mức 3".into(), "Mức 4".into()],
            "ho-so" => {
                details.collection = CollectionMode::Ingested;
                details.source_system = Some(SourceSystemId::new("mot-cua").unwrap());
            }
            "tong-ho-so" => details.collection = CollectionMode::Derived,
            _ => {}
        }
        let published = Published {
            revisions: vec![revision.clone()],
            last_period: None,
        };
        (revision.id, published)
    }

    fn codes(key: &str, quantity: Quantity) -> Vec<(String, &'static str)> {
        codes_from("users/can-bo", key, quantity)
    }

    fn codes_from(principal: &str, key: &str, quantity: Quantity) -> Vec<(String, &'static str)> {
        let (indicator, value) = key.split_once(' ').unwrap();
        let item = Item {
            path: "items[3]".into(),
            id: Some(
                format!("indicators/{indicator}/values/{value}")
                    .parse()
                    .unwrap(),
            ),
            entry: Ok(Entry::by_hand(quantity)),
        };
        let principal = Principal::from_name(principal).unwrap();
        let told = refusals(&item, &principal, &ground());
        told.into_iter().map(|it| (it.field, it.code)).collect()
    }

    fn count(count: i64) -> Quantity {
        Quantity::value(Value::Count(count))
    }

    fn refused(field: &str, code: &'static str) -> Vec<(String, &'static str)> {
        vec![(format!("items[3].{field}"), code)]
    }

    #[test]
    fn a_figure_fits_the_kind_of_its_indicator_and_an_absence_fits_every_kind() {
        let stated = Ratio::new(None, Some("99".parse().unwrap())).unwrap();
        let stated = Quantity::value(Value::Ratio(stated));
        let found = codes("chung-thu-so minh-long.2022-h1", stated.clone());
        assert_eq!(found, refused("quantity", "VALUE_KIND_MISMATCH"));
        assert_eq!(codes("ty-le minh-long.2022-h1", stated), []);
        assert_eq!(codes("chung-thu-so minh-long.2022-h1", count(0)), []);
        let absent = Quantity::absent(Absence::NotArisen);
        assert_eq!(codes("ty-le minh-long.2022-h1", absent), []);
        let found = codes("chung-thu-so minh-long.2022-h1", count(-1));
        assert_eq!(found, refused("quantity.count", "BELOW_ZERO"));
    }

    #[test]
    fn a_draft_takes_no_figure_and_a_derived_indicator_what_was_published() {
        let not_in_force = refused("indicator", "INDICATOR_NOT_IN_FORCE");
        assert_eq!(codes("du-thao minh-long.2022-h1", count(1)), not_in_force);
        assert_eq!(codes("ty-le minh-long.2020", count(1)), not_in_force);
        assert_eq!(codes("tong-ho-so minh-long.2022-h1", count(1)), []);
    }

    #[test]
    fn a_machine_writes_what_comes_from_its_own_system_and_a_person_may_mend_it() {
        let sent = |from: &str| codes_from(from, "ho-so minh-long.2022-h1", count(1));
        assert_eq!(sent("serviceAccounts/mot-cua"), []);
        assert_eq!(sent("users/can-bo"), []);
        let other = "serviceAccounts/khac";
        assert_eq!(sent(other), refused("indicator", "CONNECTOR_ONLY"));
        assert_eq!(
            codes_from(other, "chung-thu-so minh-long.2022-h1", count(1)),
            []
        );
    }

    #[test]
    fn a_choice_is_one_of_the_choices_and_a_score_and_a_rank_have_both_numbers() {
        let choice = |word: &str| {
            let choice = Quantity::value(Value::Choice(word.into()));
            codes("muc-do minh-long.2022-h1", choice)
        };
        assert_eq!(choice("Mức 4"), []);
        assert_eq!(choice("Mức 5"), refused("indicator", "CHOICE_UNKNOWN"));
        let stated = Ratio::new(None, Some("86".parse().unwrap())).unwrap();
        let parts = ("7".parse().unwrap(), "11".parse().unwrap());
        let parts = Ratio::new(Some(parts), None).unwrap();
        for indicator in ["diem", "xep-hang"] {
            let key = format!("{indicator} minh-long.2022-h1");
            let found = codes(&key, Quantity::value(Value::Ratio(stated)));
            assert_eq!(found, refused("quantity", "VALUE_KIND_MISMATCH"));
            assert_eq!(codes(&key, Quantity::value(Value::Ratio(parts))), []);
        }
    }

    #[test]
    fn a_unit_has_figures_of_the_periods_it_existed_in() {
        let out = refused("unit", "UNIT_NOT_IN_FORCE");
        assert_eq!(codes("chung-thu-so minh-long.2025", count(1)), []);
        assert_eq!(codes("chung-thu-so minh-long.2026-h1", count(1)), out);
        assert_eq!(codes("chung-thu-so minh-long.2021-9m", count(1)), out);
        assert_eq!(codes("dan-so minh-long.2025", count(1)), out);
        assert_eq!(codes("dan-so minh-long.2025-h1", count(1)), []);
        let found = codes("chung-thu-so minh-long.2025-h2", count(1));
        assert_eq!(found, refused("period", "PERIOD_NOT_ALLOWED"));
    }

    #[test]
    fn who_may_not_write_for_a_unit_is_told_that_and_nothing_else() {
        let denied = refused("unit", "UNIT_NOT_PERMITTED");
        assert_eq!(codes("khong-co ba-to.2030", count(1)), denied);
        assert_eq!(codes("khong-co huyen-khong-co.2022", count(1)), denied);
        let found = codes("khong-co moi.2022", count(1));
        let found: Vec<_> = found.into_iter().map(|(field, _)| field).collect();
        assert_eq!(found, ["items[3].unit", "items[3].indicator"]);
    }

    #[test]
    fn everything_wrong_with_an_item_is_told_at_once() {
        let long = Invalid::field("items[3].note", "TOO_LONG", "is long", "dài");
        let item = Item {
            path: "items[3]".into(),
            id: Some("indicators/khong-co/values/minh-long.2022".parse().unwrap()),
            entry: Err(long),
        };
        let principal = Principal::from_name("users/can-bo").unwrap();
        let told = refusals(&item, &principal, &ground());
        let told: Vec<_> = told.iter().map(|it| it.code).collect();
        assert_eq!(told, ["REFERENCE_NOT_FOUND", "TOO_LONG"]);
    }
}
