//! Rules to and from the wire, and changes of some of their fields.

use kit::{etag, mask::Mask};
use proto::{
    convert::{timestamp, unknown},
    directory::UnitKind,
    indicators as pb, shared,
};
use types::{decimal::Decimal, ids::IndicatorId, violations::Invalid};

use super::{Content, Level, Revision, Shown, State, Test};
use crate::{
    formula::{LONGEST, Missing, read},
    indicator::{read_missing, write_missing},
    wire::{from_wire, to_wire},
};

const LONGEST_NAME: usize = 300;
const LONGEST_MESSAGE: usize = 300;
const LONGEST_BASIS: usize = 500;
const MOST_INDICATORS: usize = 100;
const MOST_KINDS: usize = 20;

/// New content for some fields of a rule.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) sent: pb::ValidationRule,
    pub(super) mask: Mask,
}

impl Change {
    /// The fields a caller may change.
    pub(super) const FIELDS: [&'static str; 12] = [
        "display_name",
        "expression",
        "missing_values",
        "total_indicators",
        "tolerance",
        "severity",
        "message",
        "message_vi",
        "unit_kinds",
        "scope_unit",
        "owner_unit",
        "legal_basis",
    ];

    /// Returns the content with the change in it.
    pub(super) fn apply(self, before: &Content) -> Result<Content, Invalid> {
        let (sent, mask) = (self.sent, self.mask);
        let mut next = to_content(before);
        macro_rules! take {
            ($($field:ident)*) => {$(
                let is_set = sent.$field != pb::ValidationRule::default().$field;
                if mask.takes(stringify!($field), is_set) {
                    next.$field = sent.$field;
                }
            )*};
        }
        take!(
            display_name expression missing_values total_indicators tolerance severity message
            message_vi unit_kinds scope_unit owner_unit legal_basis
        );
        let mut bad = Invalid::default();
        let content = Content::from_wire(&next, &mut bad);
        match (content, bad.is_empty()) {
            (Some(content), true) => Ok(content),
            _ => Err(bad),
        }
    }
}

fn field(name: &str) -> String {
    format!("validation_rule.{name}")
}

impl Content {
    pub(super) fn from_wire(wire: &pb::ValidationRule, bad: &mut Invalid) -> Option<Self> {
        let display_name = bad.line(field("display_name"), &wire.display_name, LONGEST_NAME);
        let owner_unit = bad.required(field("owner_unit"), &wire.owner_unit);
        let test = Test::from_wire(wire, bad);
        let tolerance = read_tolerance(&wire.tolerance, bad);
        let level = match wire.severity {
            0 => Some(Level::Warning),
            severity => from_wire(&LEVELS, &field("severity"), severity, bad),
        };
        let message = bad.line(field("message"), &wire.message, LONGEST_MESSAGE);
        let message_vi = bad.line(field("message_vi"), &wire.message_vi, LONGEST_MESSAGE);
        let unit_kinds = read_kinds(&wire.unit_kinds, bad);
        let scope_unit = bad.optional(field("scope_unit"), &wire.scope_unit);
        let legal_basis = bad.optional_line(field("legal_basis"), &wire.legal_basis, LONGEST_BASIS);
        Some(Self {
            display_name: display_name?,
            owner_unit: owner_unit?,
            test: test?,
            tolerance: tolerance?,
            level: level?,
            message: message?,
            message_vi: message_vi?,
            unit_kinds,
            scope_unit: scope_unit?,
            legal_basis: legal_basis?,
        })
    }
}

impl Test {
    /// Reads what has to hold: one of two things.
    fn from_wire(wire: &pb::ValidationRule, bad: &mut Invalid) -> Option<Self> {
        let missing = read_missing(&field("missing_values"), wire.missing_values, bad)?;
        let text = wire.expression.trim();
        match (text.is_empty(), wire.total_indicators.is_empty()) {
            (false, true) => {
                if !bad.at_most(field("expression"), text.len(), LONGEST) {
                    return None;
                }
                read(&field("expression"), text, missing, bad)?;
                Some(Self::Expression {
                    formula: text.to_owned(),
                    missing,
                })
            }
            (true, false) => read_totals(&wire.total_indicators, bad).map(Self::UnitTotal),
            (true, true) => {
                bad.missing(field("expression"));
                None
            }
            (false, false) => {
                bad.add(
                    field("total_indicators"),
                    "NOT_ALLOWED",
                    "is not allowed beside `expression`: make two rules",
                    "không dùng cùng với `expression`: hãy lập hai quy tắc",
                );
                None
            }
        }
    }
}

fn read_totals(sent: &[String], bad: &mut Invalid) -> Option<Vec<IndicatorId>> {
    if !bad.at_most(field("total_indicators"), sent.len(), MOST_INDICATORS) {
        return None;
    }
    let mut ids: Vec<IndicatorId> = Vec::new();
    for (index, name) in sent.iter().enumerate() {
        let field = field(&format!("total_indicators[{index}]"));
        let id: IndicatorId = bad.required(field.clone(), name)?;
        if ids.contains(&id) {
            bad.add(field, "REPEATED", "is there twice", "bị lặp lại");
        }
        ids.push(id);
    }
    Some(ids)
}

fn read_tolerance(sent: &str, bad: &mut Invalid) -> Option<Decimal> {
    let tolerance = bad.optional::<Decimal>(field("tolerance"), sent)?;
    let tolerance = tolerance.unwrap_or(Decimal::ZERO);
    if tolerance.is_negative() {
        bad.add(
            field("tolerance"),
            "OUT_OF_RANGE",
            "is below 0",
            "nhỏ hơn 0",
        );
        return None;
    }
    Some(tolerance)
}

fn read_kinds(sent: &[i32], bad: &mut Invalid) -> Vec<String> {
    bad.at_most(field("unit_kinds"), sent.len(), MOST_KINDS);
    let mut kinds = Vec::new();
    for (index, kind) in sent.iter().take(MOST_KINDS).enumerate() {
        let field = field(&format!("unit_kinds[{index}]"));
        match UnitKind::try_from(*kind) {
            Ok(UnitKind::Unspecified) => bad.missing(field),
            Ok(kind) => kinds.push(kind.as_str_name().to_owned()),
            Err(_) => {
                unknown(&field, *kind, bad);
            }
        }
    }
    kinds
}

/// Writes what a rule says; what it is besides is left empty.
fn to_content(content: &Content) -> pb::ValidationRule {
    let (expression, missing, totals) = match &content.test {
        Test::Expression { formula, missing } => (formula.clone(), *missing, Vec::new()),
        Test::UnitTotal(ids) => {
            let names = ids.iter().map(IndicatorId::name).collect();
            (String::new(), Missing::SkipIfAny, names)
        }
    };
    let kinds = content.unit_kinds.iter();
    let kinds = kinds.filter_map(|it| UnitKind::from_str_name(it));
    let scope_unit = content.scope_unit.as_ref();
    pb::ValidationRule {
        display_name: content.display_name.clone(),
        expression,
        missing_values: write_missing(missing),
        total_indicators: totals,
        tolerance: content.tolerance.to_string(),
        severity: to_wire(&LEVELS, &content.level),
        message: content.message.clone(),
        message_vi: content.message_vi.clone(),
        unit_kinds: kinds.map(Into::into).collect(),
        scope_unit: scope_unit.map(|it| it.name()).unwrap_or_default(),
        owner_unit: content.owner_unit.name(),
        legal_basis: content.legal_basis.clone(),
        ..pb::ValidationRule::default()
    }
}

impl From<Shown> for pb::ValidationRule {
    fn from(shown: Shown) -> Self {
        let (rule, revision) = (shown.rule, shown.revision.as_ref());
        let content = revision.map_or(&rule.content, |it| &it.content);
        let number_shown = revision.map_or(rule.revision, |it| it.number);
        let first = revision.map(|it| it.first_period.to_string());
        let state = to_wire(&STATES, &rule.state());
        let wire = to_content(content);
        let (last_period, retire_reason) = rule
            .retired
            .map(|it| (it.last_period.to_string(), it.reason))
            .unwrap_or_default();
        Self {
            name: rule.id.name(),
            state,
            revision: number(number_shown),
            first_period: first.unwrap_or_default(),
            last_period,
            retire_reason,
            has_unpublished_changes: shown.is_changed,
            create_time: Some(timestamp(rule.create_time)),
            update_time: Some(timestamp(rule.update_time)),
            etag: etag::of(rule.version),
            ..wire
        }
    }
}

impl From<Revision> for pb::ValidationRuleRevision {
    fn from(revision: Revision) -> Self {
        Self {
            name: revision.name(),
            first_period: revision.first_period.to_string(),
            change_note: revision.change_note.clone(),
            publisher: revision.publisher.name(),
            create_time: Some(timestamp(revision.create_time)),
            snapshot: Some(pb::ValidationRule {
                name: revision.id.name(),
                revision: number(revision.number),
                first_period: revision.first_period.to_string(),
                ..to_content(&revision.content)
            }),
        }
    }
}

/// Two thousand million revisions of one rule are out of reach.
fn number(revision: i64) -> i32 {
    i32::try_from(revision).unwrap_or(i32::MAX)
}

const LEVELS: [(Level, shared::Severity); 3] = [
    (Level::Info, shared::Severity::Info),
    (Level::Warning, shared::Severity::Warning),
    (Level::Error, shared::Severity::Error),
];

const STATES: [(State, pb::ValidationRuleState); 3] = [
    (State::Draft, pb::ValidationRuleState::Draft),
    (State::Active, pb::ValidationRuleState::Active),
    (State::Retired, pb::ValidationRuleState::Retired),
];
