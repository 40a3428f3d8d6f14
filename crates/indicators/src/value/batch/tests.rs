use types::{
    ids::UnitId,
    quantity::{Quantity, Value},
    validity::Validity,
};

use super::*;
use crate::{
    indicator::{self, ValueKind, standing::Published},
    value::ground::UnitGround,
};

const NAME: &str = "indicators/chung-thu-so/values/huyen-minh-long.2022-h1";

fn ground(kind: ValueKind) -> Ground {
    let days = Validity::starting("2022-01-01".parse().unwrap());
    let unit = UnitGround::Exists(days);
    let mut revision = indicator::Revision::of_test();
    revision.definition.value_kind = kind;
    let mut ground = Ground::default();
    ground
        .units
        .insert(UnitId::new("huyen-minh-long").unwrap(), unit);
    let id = revision.id.clone();
    let published = Published {
        revisions: vec![revision],
        last_period: None,
    };
    ground.definitions.published.insert(id, published);
    ground
}

fn judged(
    kind: ValueKind,
    entries: Vec<Entry>,
    before: Option<&IndicatorValue>,
) -> (Vec<Outcome>, Changes) {
    judged_in_turn(kind, vec![entries], before)
}

fn judged_in_turn(
    kind: ValueKind,
    batches: Vec<Vec<Entry>>,
    before: Option<&IndicatorValue>,
) -> (Vec<Outcome>, Changes) {
    let by = By {
        principal: &Principal::from_name("users/can-bo").unwrap(),
        now: DateTime::from_timestamp_micros(1).unwrap(),
    };
    let ground = ground(kind);
    let mut places = 0..;
    let mut checked = |entry| {
        let item = Item {
            path: format!("items[{}]", places.next().unwrap()),
            id: Some(NAME.parse().unwrap()),
            entry: Ok(entry),
        };
        Checked::new(item, by.principal, &ground)
    };
    let batches = batches.into_iter();
    let batches = batches.map(|it| it.into_iter().map(&mut checked).collect());
    let known = before.map(|it| (it.id.clone(), it.clone()));
    judge(by, batches.collect(), &known.into_iter().collect())
}

fn take_one(entry: Entry, before: Option<&IndicatorValue>) -> (Disposition, Changes) {
    let kind = match entry.quantity.content() {
        types::quantity::Content::Value(Value::Decimal(_)) => ValueKind::Decimal,
        _ => ValueKind::Count,
    };
    let (outcomes, changes) = judged(kind, vec![entry], before);
    (outcomes[0].disposition, changes)
}

fn count(count: i64) -> Entry {
    Entry::by_hand(Quantity::value(Value::Count(count)))
}

#[test]
fn a_correction_is_the_next_revision_and_keeps_its_reason() {
    let because = |entry, reason: &str| Entry {
        reason: reason.into(),
        ..entry
    };
    let (disposition, changes) = take_one(because(count(132), "gõ thừa"), None);
    assert_eq!(disposition, Disposition::Created);
    let first = &changes.0[0].after;
    assert_eq!((first.value.revision, first.reason.as_str()), (1, ""));
    let again = because(count(133), "rà soát lại");
    let (disposition, changes) = take_one(again, Some(&first.value));
    assert_eq!(disposition, Disposition::Updated);
    let second = &changes.0[0];
    assert_eq!(second.after.value.revision, 2);
    assert_eq!(second.after.reason, "rà soát lại");
    assert_eq!(second.before.as_ref(), Some(&first.value));
}

#[test]
fn the_same_figure_is_no_change_unless_it_is_written_otherwise() {
    let decimal =
        |text: &str| Entry::by_hand(Quantity::value(Value::Decimal(text.parse().unwrap())));
    let (_, changes) = take_one(decimal("60.4"), None);
    let first = &changes.0[0].after.value;
    let (same, other) = (Disposition::Unchanged, Disposition::Updated);
    assert_eq!(take_one(decimal("60.4"), Some(first)).0, same);
    assert_eq!(take_one(decimal("60.40"), Some(first)).0, other);
    let mut seen_again = decimal("60.4");
    seen_again.source.observe_time = DateTime::from_timestamp_micros(7);
    assert_eq!(take_one(seen_again, Some(first)).0, same);
    let mut remarked = decimal("60.4");
    remarked.note = "theo báo cáo".into();
    assert_eq!(take_one(remarked, Some(first)).0, other);
}

#[test]
fn who_knows_an_older_version_is_refused_and_shown_the_one_in_force() {
    let (_, changes) = take_one(count(132), None);
    let first = &changes.0[0].after.value;
    let knowing = |entry, etag: &str| Entry {
        etag: etag.into(),
        ..entry
    };
    let sent = |entry| judged(ValueKind::Count, vec![entry], Some(first)).0;
    let outcomes = sent(knowing(count(133), "\"v7\""));
    assert_eq!(outcomes[0].disposition, Disposition::Rejected);
    assert_eq!(outcomes[0].issues[0].code, "VALUE_CHANGED");
    assert_eq!(outcomes[0].issues[0].field, "items[0].etag");
    let current = outcomes[0].current.as_ref().map(|it| &it.value);
    assert_eq!(current, Some(first));
    let outcomes = sent(knowing(count(133), "\"v1\""));
    assert_eq!(outcomes[0].disposition, Disposition::Updated);
    // A repeated write already stands, whatever it replaced.
    let outcomes = sent(knowing(count(132), "\"v0\""));
    assert_eq!(outcomes[0].disposition, Disposition::Unchanged);
}

#[test]
fn contradicting_rows_are_all_refused_and_name_each_other() {
    let rows = vec![count(132), count(133), count(132)];
    let (outcomes, changes) = judged(ValueKind::Count, rows, None);
    assert!(changes.0.is_empty());
    for (place, others) in [(0, "items[1], items[2]"), (1, "items[0], items[2]")] {
        let outcome = &outcomes[place];
        assert_eq!(outcome.disposition, Disposition::Rejected);
        assert_eq!(outcome.issues[0].code, "ITEMS_CONTRADICT");
        assert!(
            outcome.issues[0].vi.contains(others),
            "{}",
            outcome.issues[0].vi
        );
    }
}

#[test]
fn completing_rows_make_one_figure_and_a_refused_row_takes_none_along() {
    let mut remarked = count(132);
    remarked.note = "Gồm cả cấp xã".into();
    let rows = vec![count(132), count(-1), remarked];
    let (outcomes, changes) = judged(ValueKind::Count, rows, None);
    let made: Vec<_> = outcomes.iter().map(|it| it.disposition).collect();
    use Disposition::{Created, Rejected, Unchanged};
    assert_eq!(made, [Created, Rejected, Unchanged]);
    assert_eq!(outcomes[2].issues[0].code, "ITEMS_MERGED");
    assert_eq!(changes.0.len(), 1);
    assert_eq!(changes.0[0].after.value.note, "Gồm cả cấp xã");
}

#[test]
fn batches_that_are_written_together_follow_each_other() {
    // Within a batch the two contradict each other; one after the other they do not.
    let batches = vec![
        vec![count(132)],
        vec![count(132)],
        vec![count(133), count(134)],
        vec![count(135)],
    ];
    let (outcomes, changes) = judged_in_turn(ValueKind::Count, batches, None);
    let made: Vec<_> = outcomes.iter().map(|it| it.disposition).collect();
    use Disposition::{Created, Rejected, Unchanged, Updated};
    assert_eq!(made, [Created, Unchanged, Rejected, Rejected, Updated]);
    let [first, second] = &changes.0[..] else {
        panic!("{changes:?}");
    };
    assert_eq!(first.before, None);
    assert_eq!(second.before.as_ref(), Some(&first.after.value));
    assert_eq!(second.after.value.revision, 2);
    assert!(outcomes.iter().all(|it| it.name.is_some()));
}
