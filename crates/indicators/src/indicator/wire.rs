//! Definitions to and from the wire, and changes of some of their fields.

use kit::{etag, mask::Mask};
use proto::{
    convert::{AGGREGATIONS, timestamp},
    indicators as pb,
};
use types::violations::Invalid;

use super::{
    Accumulation, CollectionMode, Comparison, Definition, Details, Direction, Revision, SetEntry,
    Shown, State, ValueKind,
    definition::{Bounds, adds_up},
    standing::Published,
};
use crate::{
    formula::{LONGEST, Missing},
    wire::{from_wire, to_wire},
};

mod bounds;

const LONGEST_NAME: usize = 300;
const LONGEST_MEASURE_UNIT: usize = 50;
const LONGEST_DESCRIPTION: usize = 4000;
const LONGEST_BASIS: usize = 500;
const LONGEST_TOPIC: usize = 100;
const LONGEST_CHOICE: usize = 100;
const MOST_CHOICES: usize = 100;
const MOST_SETS: usize = 20;
const LONGEST_CODE: usize = 50;
const LONGEST_REASON: usize = 500;
const MOST_SCALE: i32 = 6;

/// New content for some fields of a definition.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) sent: pb::Indicator,
    pub(super) mask: Mask,
}

impl Change {
    /// The fields a caller may change.
    pub(super) const FIELDS: [&'static str; 25] = [
        "display_name",
        "value_kind",
        "measure_unit",
        "accumulation",
        "unit_aggregation",
        "period_aggregation",
        "direction",
        "description",
        "owner_unit",
        "legal_basis",
        "topic",
        "collection_mode",
        "source_system",
        "choices",
        "formula",
        "missing_values",
        "scale",
        "evidence_required",
        "indicator_sets",
        "numerator_within_denominator",
        "negative_allowed",
        "bonus_allowed",
        "base_period",
        "window_rule",
        "dimensions",
    ];

    /// Returns the definition with the change in it.
    pub(super) fn apply(self, before: &Definition) -> Result<Definition, Invalid> {
        let (sent, mask) = (self.sent, self.mask);
        let mut next = to_definition(before);
        macro_rules! take {
            ($($field:ident)*) => {$(
                let is_set = sent.$field != pb::Indicator::default().$field;
                if mask.takes(stringify!($field), is_set) {
                    next.$field = sent.$field;
                }
            )*};
        }
        take!(
            display_name value_kind measure_unit accumulation unit_aggregation
            period_aggregation direction description owner_unit legal_basis topic
            collection_mode source_system choices formula missing_values scale
            evidence_required indicator_sets numerator_within_denominator negative_allowed
            bonus_allowed base_period window_rule dimensions
        );
        let mut bad = Invalid::default();
        let definition = Definition::from_wire(&next, &mut bad);
        match (definition, bad.is_empty()) {
            (Some(definition), true) => Ok(definition),
            _ => Err(bad),
        }
    }
}

impl Definition {
    pub(super) fn from_wire(wire: &pb::Indicator, bad: &mut Invalid) -> Option<Self> {
        let display_name = bad.line("indicator.display_name", &wire.display_name, LONGEST_NAME);
        let value_kind = from_wire(&KINDS, "indicator.value_kind", wire.value_kind, bad);
        let measure_unit = bad.optional_line(
            "indicator.measure_unit",
            &wire.measure_unit,
            LONGEST_MEASURE_UNIT,
        );
        let accumulation = from_wire(
            &ACCUMULATIONS,
            "indicator.accumulation",
            wire.accumulation,
            bad,
        );
        let mut rule = |field, wire| {
            let rule = from_wire(&AGGREGATIONS, field, wire, bad);
            if let (Some(kind), Some(rule)) = (value_kind, rule) {
                adds_up(field, kind, rule, bad);
            }
            rule
        };
        let unit_aggregation = rule("indicator.unit_aggregation", wire.unit_aggregation);
        let period_aggregation = rule("indicator.period_aggregation", wire.period_aggregation);
        let direction = match wire.direction {
            0 => Some(Direction::Neutral),
            direction => from_wire(&DIRECTIONS, "indicator.direction", direction, bad),
        };
        let description = bad.lines(
            "indicator.description",
            &wire.description,
            LONGEST_DESCRIPTION,
        );
        let owner_unit = bad.required("indicator.owner_unit", &wire.owner_unit);
        let legal_basis =
            bad.optional_line("indicator.legal_basis", &wire.legal_basis, LONGEST_BASIS);
        let details = Details::from_wire(wire, bad);
        let definition = Self {
            display_name: display_name?,
            value_kind: value_kind?,
            measure_unit: measure_unit?,
            accumulation: accumulation?,
            unit_aggregation: unit_aggregation?,
            period_aggregation: period_aggregation?,
            direction: direction?,
            description: description?,
            owner_unit: owner_unit?,
            legal_basis: legal_basis?,
            details: details?,
        };
        definition.formula_reads(bad);
        Some(definition)
    }
}

impl Details {
    fn from_wire(wire: &pb::Indicator, bad: &mut Invalid) -> Option<Self> {
        let topic = bad.optional_line("indicator.topic", &wire.topic, LONGEST_TOPIC);
        let collection = match wire.collection_mode {
            0 => Some(CollectionMode::Reported),
            mode => from_wire(&MODES, "indicator.collection_mode", mode, bad),
        };
        let source_system = bad.optional("indicator.source_system", &wire.source_system);
        let missing = read_missing("indicator.missing_values", wire.missing_values, bad);
        let scale = read_scale("indicator.scale", wire.scale, bad);
        let choices = read_choices(&wire.choices, bad);
        let sets = read_sets(&wire.indicator_sets, bad);
        let bounds = Bounds::from_wire(wire, bad);
        let formula = wire.formula.trim().to_owned();
        if formula.len() > LONGEST {
            // The text is told as too long when it is read.
            bad.at_most("indicator.formula", formula.len(), LONGEST);
            return None;
        }
        Some(Self {
            topic: topic?,
            collection: collection?,
            source_system: source_system?,
            choices,
            formula,
            missing: missing?,
            scale: scale?,
            evidence_required: wire.evidence_required,
            sets,
            bounds: bounds?,
        })
    }
}

pub(crate) fn read_missing(field: &str, wire: i32, bad: &mut Invalid) -> Option<Missing> {
    match wire {
        0 => Some(Missing::SkipIfAny),
        missing => from_wire(&MISSING, field, missing, bad),
    }
}

pub(crate) fn write_missing(missing: Missing) -> i32 {
    to_wire(&MISSING, &missing)
}

/// Reads digits after the comma, which may be left out.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
pub(crate) fn read_scale(field: &str, wire: Option<i32>, bad: &mut Invalid) -> Option<Option<u8>> {
    let Some(scale) = wire else {
        return Some(None);
    };
    let read = u8::try_from(scale).ok();
    let read = read.filter(|it| i32::from(*it) <= MOST_SCALE);
    if read.is_none() {
        bad.add(
            field,
            "OUT_OF_RANGE",
            format!("{scale} is not between 0 and {MOST_SCALE}"),
            format!("{scale} không nằm trong khoảng từ 0 đến {MOST_SCALE}"),
        );
    }
    read.map(Some)
}

fn read_choices(wire: &[String], bad: &mut Invalid) -> Vec<String> {
    bad.at_most("indicator.choices", wire.len(), MOST_CHOICES);
    let mut choices: Vec<String> = Vec::new();
    for (index, choice) in wire.iter().take(MOST_CHOICES).enumerate() {
        let field = format!("indicator.choices[{index}]");
        let Some(choice) = bad.line(field.clone(), choice, LONGEST_CHOICE) else {
            continue;
        };
        if choices.contains(&choice) {
            bad.add(field, "REPEATED", "is there twice", "bị lặp lại");
        }
        choices.push(choice);
    }
    choices
}

fn read_sets(wire: &[pb::IndicatorSetEntry], bad: &mut Invalid) -> Vec<SetEntry> {
    bad.at_most("indicator.indicator_sets", wire.len(), MOST_SETS);
    let mut sets: Vec<SetEntry> = Vec::new();
    for (index, entry) in wire.iter().take(MOST_SETS).enumerate() {
        let field = |name: &str| format!("indicator.indicator_sets[{index}].{name}");
        let set = bad.line(field("indicator_set"), &entry.indicator_set, LONGEST_CODE);
        let code = bad.line(field("code"), &entry.code, LONGEST_CODE);
        let with = bad.optional(field("comparable_with"), &entry.comparable_with);
        let reason = field("not_comparable_reason");
        let why_not =
            bad.optional_line(reason.clone(), &entry.not_comparable_reason, LONGEST_REASON);
        let (Some(set), Some(code), Some(with), Some(why_not)) = (set, code, with, why_not) else {
            continue;
        };
        let comparison = match (with, why_not.is_empty()) {
            (None, true) => Comparison::Open,
            (Some(with), true) => Comparison::With(with),
            (None, false) => Comparison::Not(why_not),
            (Some(_), false) => {
                bad.add(
                    reason,
                    "CONTRADICTION",
                    "says that it cannot be compared beside what it is compared with",
                    "vừa ghi so sánh được vừa ghi lý do không so sánh được",
                );
                continue;
            }
        };
        if sets.iter().any(|it| it.set == set) {
            let field = field("indicator_set");
            bad.add(field, "REPEATED", "is there twice", "bị lặp lại");
        }
        sets.push(SetEntry {
            set,
            code,
            comparison,
        });
    }
    sets
}

/// Writes what a definition says; what an indicator is besides is left empty.
fn to_definition(definition: &Definition) -> pb::Indicator {
    let details = &definition.details;
    let source_system = details.source_system.as_ref();
    let mut wire = pb::Indicator {
        display_name: definition.display_name.clone(),
        value_kind: to_wire(&KINDS, &definition.value_kind),
        measure_unit: definition.measure_unit.clone(),
        accumulation: to_wire(&ACCUMULATIONS, &definition.accumulation),
        unit_aggregation: to_wire(&AGGREGATIONS, &definition.unit_aggregation),
        period_aggregation: to_wire(&AGGREGATIONS, &definition.period_aggregation),
        direction: to_wire(&DIRECTIONS, &definition.direction),
        description: definition.description.clone(),
        owner_unit: definition.owner_unit.name(),
        legal_basis: definition.legal_basis.clone(),
        topic: details.topic.clone(),
        collection_mode: to_wire(&MODES, &details.collection),
        source_system: source_system.map(|it| it.name()).unwrap_or_default(),
        choices: details.choices.clone(),
        formula: details.formula.clone(),
        missing_values: to_wire(&MISSING, &details.missing),
        scale: details.scale.map(i32::from),
        evidence_required: details.evidence_required,
        indicator_sets: details.sets.iter().map(Into::into).collect(),
        ..pb::Indicator::default()
    };
    details.bounds.write(&mut wire);
    wire
}

impl From<&SetEntry> for pb::IndicatorSetEntry {
    fn from(entry: &SetEntry) -> Self {
        let (comparable_with, not_comparable_reason) = match &entry.comparison {
            Comparison::Open => Default::default(),
            Comparison::With(other) => (other.name(), String::new()),
            Comparison::Not(reason) => (String::new(), reason.clone()),
        };
        Self {
            indicator_set: entry.set.clone(),
            code: entry.code.clone(),
            comparable_with,
            not_comparable_reason,
        }
    }
}

impl From<Shown> for pb::Indicator {
    fn from(shown: Shown) -> Self {
        let (indicator, revision) = (shown.indicator, shown.revision.as_ref());
        let definition = revision.map_or(&indicator.definition, |it| &it.definition);
        let first = revision.map(|it| it.first_period.to_string());
        let (last_period, retire_reason) = indicator
            .retired
            .map(|it| (it.last_period.to_string(), it.reason))
            .unwrap_or_default();
        Self {
            name: indicator.id.name(),
            state: to_wire(&STATES, &indicator.state),
            revision: revision.map_or(0, |it| number(it.number)),
            first_period: first.unwrap_or_default(),
            last_period,
            retire_reason,
            has_unpublished_changes: shown.is_changed,
            create_time: Some(timestamp(indicator.create_time)),
            update_time: Some(timestamp(indicator.update_time)),
            etag: etag::of(indicator.version),
            ..to_definition(definition)
        }
    }
}

/// Writes a revision; the others say how long it counts.
pub(super) fn revision(revision: &Revision, published: &Published) -> pb::IndicatorRevision {
    let last = published.last_period_of(revision.number);
    pb::IndicatorRevision {
        name: revision.name(),
        first_period: revision.first_period.to_string(),
        last_period: last.map(|it| it.to_string()).unwrap_or_default(),
        change_note: revision.change_note.clone(),
        publisher: revision.publisher.name(),
        create_time: Some(timestamp(revision.create_time)),
        snapshot: Some(pb::Indicator {
            name: revision.id.name(),
            revision: number(revision.number),
            first_period: revision.first_period.to_string(),
            ..to_definition(&revision.definition)
        }),
    }
}

/// Two thousand million revisions of one indicator are out of reach.
fn number(revision: i64) -> i32 {
    i32::try_from(revision).unwrap_or(i32::MAX)
}

const KINDS: [(ValueKind, pb::ValueKind); 9] = [
    (ValueKind::Count, pb::ValueKind::Count),
    (ValueKind::Decimal, pb::ValueKind::Decimal),
    (ValueKind::Ratio, pb::ValueKind::Ratio),
    (ValueKind::Money, pb::ValueKind::AmountVnd),
    (ValueKind::Flag, pb::ValueKind::Flag),
    (ValueKind::Choice, pb::ValueKind::Choice),
    (ValueKind::Score, pb::ValueKind::Score),
    (ValueKind::Rank, pb::ValueKind::Rank),
    (ValueKind::Text, pb::ValueKind::Text),
];

const ACCUMULATIONS: [(Accumulation, pb::Accumulation); 4] = [
    (Accumulation::InPeriod, pb::Accumulation::InPeriod),
    (Accumulation::YearToDate, pb::Accumulation::YearToDate),
    (Accumulation::SinceStart, pb::Accumulation::SinceStart),
    (Accumulation::AtDate, pb::Accumulation::AtDate),
];

const DIRECTIONS: [(Direction, pb::Direction); 3] = [
    (Direction::HigherIsBetter, pb::Direction::HigherIsBetter),
    (Direction::LowerIsBetter, pb::Direction::LowerIsBetter),
    (Direction::Neutral, pb::Direction::Neutral),
];

const MODES: [(CollectionMode, pb::CollectionMode); 3] = [
    (CollectionMode::Reported, pb::CollectionMode::Reported),
    (CollectionMode::Ingested, pb::CollectionMode::Ingested),
    (CollectionMode::Derived, pb::CollectionMode::Derived),
];

const MISSING: [(Missing, pb::MissingValues); 3] = [
    (Missing::SkipIfAny, pb::MissingValues::SkipIfAny),
    (Missing::SkipIfAll, pb::MissingValues::SkipIfAll),
    (Missing::NeverSkip, pb::MissingValues::NeverSkip),
];

const STATES: [(State, pb::IndicatorState); 3] = [
    (State::Draft, pb::IndicatorState::Draft),
    (State::Active, pb::IndicatorState::Active),
    (State::Retired, pb::IndicatorState::Retired),
];
