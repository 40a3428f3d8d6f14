//! Criteria sets to and from the wire, and changes of some of their fields.

use kit::{etag, mask::Mask};
use proto::{
    convert::{optional_date, timestamp},
    directory, indicators as pb,
};
use types::{
    decimal::Decimal, ids::CriteriaSetId, invalid::InvalidText, quantity::Absence,
    violations::Invalid,
};

use super::{
    Content, CriteriaSet, Revision, RevisionId,
    content::{AbsenceRule, Body, Criterion, Grade, GroupKind, Level, Then, Tree},
    rule_wire::{points, read_rule, to_rule},
};
use crate::{
    ranking::{MissingScores, RankedBy, Ranking, Ties},
    wire::{from_wire, to_wire},
};

const LONGEST_NAME: usize = 300;
const LONGEST_SOURCE: usize = 2000;
const LONGEST_KEY: usize = 30;
pub(super) const LONGEST_TITLE: usize = 500;
const LONGEST_GUIDANCE: usize = 2000;
const LONGEST_HINT: usize = 500;
const LONGEST_GRADE: usize = 100;
/// The most lines of a set.
pub(crate) const MOST_CRITERIA: usize = 500;
const MOST_GRADES: usize = 20;
const MOST_LEVELS: usize = 10;
const MOST_ABSENCES: usize = 6;
const USUAL_SCALE: u8 = 2;
const MOST_SCALE: i32 = 6;

/// New content for some fields of a set.
#[derive(Debug)]
pub(crate) struct Change {
    pub(super) sent: pb::CriteriaSet,
    pub(super) mask: Mask,
}

/// The fields a caller may change.
pub(super) const FIELDS: [&str; 11] = [
    "display_name",
    "issuer_unit",
    "criteria",
    "ranking",
    "document_number",
    "document_date",
    "unit_kinds",
    "grades",
    "score_scale",
    "source",
    "max_score",
];

impl Change {
    /// Returns the content with the change in it.
    pub(super) fn apply(self, before: &Content) -> Result<Content, Invalid> {
        let (sent, mask) = (self.sent, self.mask);
        let mut next = to_content(before);
        macro_rules! take {
            ($($field:ident)*) => {$(
                let is_set = sent.$field != pb::CriteriaSet::default().$field;
                if mask.takes(stringify!($field), is_set) {
                    next.$field = sent.$field;
                }
            )*};
        }
        take!(
            display_name issuer_unit criteria ranking document_number document_date unit_kinds
            grades score_scale source max_score
        );
        let mut bad = Invalid::default();
        let content = Content::from_wire(&next, &mut bad);
        match (content, bad.is_empty()) {
            (Some(content), true) => Ok(content),
            _ => Err(bad),
        }
    }
}

impl Content {
    pub(super) fn from_wire(wire: &pb::CriteriaSet, bad: &mut Invalid) -> Option<Self> {
        let set = |name: &str| format!("criteria_set.{name}");
        let display_name = bad.line(set("display_name"), &wire.display_name, LONGEST_NAME);
        let issuer_unit = bad.required(set("issuer_unit"), &wire.issuer_unit);
        let document_number = bad.optional(set("document_number"), &wire.document_number);
        let document_date = optional_date(&set("document_date"), &wire.document_date, bad);
        let source = bad.lines(set("source"), &wire.source, LONGEST_SOURCE);
        let max_score = points(&set("max_score"), &wire.max_score, bad);
        let score_scale = scale(&set("score_scale"), wire.score_scale, bad);
        let ranking = read_ranking(&set("ranking"), wire.ranking.as_ref(), bad);
        let mut levels = Vec::new();
        bad.at_most(set("unit_kinds"), wire.unit_kinds.len(), MOST_LEVELS);
        for (index, kind) in wire.unit_kinds.iter().take(MOST_LEVELS).enumerate() {
            let field = set(&format!("unit_kinds[{index}]"));
            levels.extend(from_wire(&LEVELS, &field, *kind, bad));
        }
        let criteria = read_criteria(&wire.criteria, bad);
        let grades = read_grades(&wire.grades, bad);
        Some(Self {
            display_name: display_name?,
            issuer_unit: issuer_unit?,
            document_number: document_number?,
            document_date: document_date?,
            levels,
            source: source?,
            max_score: max_score?,
            score_scale: score_scale?,
            criteria,
            grades,
            ranking: ranking?,
        })
    }
}

fn read_criteria(wire: &[pb::Criterion], bad: &mut Invalid) -> Vec<Criterion> {
    bad.at_most("criteria_set.criteria", wire.len(), MOST_CRITERIA);
    let read = wire.iter().take(MOST_CRITERIA).enumerate();
    read.filter_map(|(index, it)| {
        Criterion::from_wire(&format!("criteria_set.criteria[{index}]"), it, bad)
    })
    .collect()
}

impl Criterion {
    fn from_wire(path: &str, wire: &pb::Criterion, bad: &mut Invalid) -> Option<Self> {
        let field = |name: &str| format!("{path}.{name}");
        let key = bad.take(field("key"), read_key(&wire.key));
        let parent = match wire.parent_key.as_str() {
            "" => Some(None),
            parent => bad.take(field("parent_key"), read_key(parent)).map(Some),
        };
        let title = bad.line(field("title"), &wire.title, LONGEST_TITLE);
        let max_score = points(&field("max_score"), &wire.max_score, bad);
        let body = match &wire.content {
            None => {
                bad.missing(field("rule"));
                None
            }
            Some(pb::criterion::Content::Group(group)) => match group.kind {
                0 => Some(GroupKind::Counted),
                kind => from_wire(&GROUPS, &field("group.kind"), kind, bad),
            }
            .map(Body::Group),
            Some(pb::criterion::Content::Rule(rule)) => {
                read_rule(&field("rule"), rule, 0, bad).map(Body::Rule)
            }
        };
        let mut absences = Vec::new();
        bad.at_most(field("absences"), wire.absences.len(), MOST_ABSENCES);
        for (index, absence) in wire.absences.iter().take(MOST_ABSENCES).enumerate() {
            let path = field(&format!("absences[{index}]"));
            absences.extend(read_absence(&path, absence, bad));
        }
        let guidance = bad.lines(field("guidance"), &wire.guidance, LONGEST_GUIDANCE);
        let hint = bad.optional_line(field("evidence_hint"), &wire.evidence_hint, LONGEST_HINT);
        let verifier_unit = bad.optional(field("verifier_unit"), &wire.verifier_unit);
        Some(Self {
            key: key?,
            parent: parent?,
            title: title?,
            max_score: max_score?,
            body: body?,
            absences,
            guidance: guidance?,
            evidence_hint: hint?,
            evidence_required: wire.evidence_required,
            verifier_unit: verifier_unit?,
        })
    }
}

/// Reads the key of a line: groups of letters and digits with a dot or a hyphen between.
pub(crate) fn read_key(key: &str) -> Result<String, InvalidText> {
    let groups_are_good = key
        .split(['.', '-'])
        .all(|it| !it.is_empty() && it.bytes().all(|it| it.is_ascii_alphanumeric()));
    if groups_are_good && key.len() <= LONGEST_KEY {
        return Ok(key.to_owned());
    }
    let shown = InvalidText::excerpt(key);
    Err(InvalidText::new(
        "PATTERN",
        format!(
            "`{shown}` is not a key such as `II.4.2`, of at most {LONGEST_KEY} letters, digits, dots and hyphens"
        ),
        format!(
            "`{shown}` không phải mã tiêu chí dạng `II.4.2`, tối đa {LONGEST_KEY} chữ cái không dấu, chữ số, dấu chấm và gạch nối"
        ),
    ))
}

fn read_absence(path: &str, wire: &pb::AbsenceRule, bad: &mut Invalid) -> Option<AbsenceRule> {
    let absence = from_wire(&ABSENCES, &format!("{path}.absence"), wire.absence, bad);
    let score = points(&format!("{path}.score"), &wire.score, bad);
    let then = match (wire.leaves_out, score?) {
        (true, None) => Some(Then::LeaveOut),
        (false, Some(score)) => Some(Then::Points(score)),
        _ => {
            bad.add(
                format!("{path}.score"),
                "ONE_OF",
                "needs either points or `leaves_out`, not both",
                "cần đúng một trong hai: điểm hoặc `leaves_out`",
            );
            None
        }
    };
    Some(AbsenceRule {
        absence: absence?,
        then: then?,
    })
}

fn read_grades(wire: &[pb::Grade], bad: &mut Invalid) -> Vec<Grade> {
    bad.at_most("criteria_set.grades", wire.len(), MOST_GRADES);
    let read = wire.iter().take(MOST_GRADES).enumerate();
    read.filter_map(|(index, it)| {
        let field = |name: &str| format!("criteria_set.grades[{index}].{name}");
        let at_least = bad.required(field("at_least"), &it.at_least);
        let label = bad.line(field("label"), &it.label, LONGEST_GRADE);
        Some(Grade {
            at_least: at_least?,
            label: label?,
        })
    })
    .collect()
}

/// Reads a way of ranking; what is left out is the usual one.
pub(crate) fn read_ranking(
    path: &str,
    wire: Option<&pb::Ranking>,
    bad: &mut Invalid,
) -> Option<Ranking> {
    let wire = wire.copied().unwrap_or_default();
    let by = match wire.ranked_by {
        0 => Some(RankedBy::Percent),
        by => from_wire(&RANKED_BY, &format!("{path}.ranked_by"), by, bad),
    };
    let scale = scale(&format!("{path}.scale"), wire.scale, bad);
    let ties = match wire.ties {
        0 => Some(Ties::Skip),
        ties => from_wire(&TIES, &format!("{path}.ties"), ties, bad),
    };
    let missing = match wire.missing {
        0 => Some(MissingScores::NotRanked),
        missing => from_wire(&MISSING, &format!("{path}.missing"), missing, bad),
    };
    Some(Ranking {
        by: by?,
        scale: scale?,
        ties: ties?,
        missing: missing?,
    })
}

fn scale(field: &str, wire: Option<i32>, bad: &mut Invalid) -> Option<u8> {
    let Some(scale) = wire else {
        return Some(USUAL_SCALE);
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
    read
}

pub(crate) fn to_ranking(ranking: &Ranking) -> pb::Ranking {
    pb::Ranking {
        ranked_by: to_wire(&RANKED_BY, &ranking.by),
        scale: Some(ranking.scale.into()),
        ties: to_wire(&TIES, &ranking.ties),
        missing: to_wire(&MISSING, &ranking.missing),
    }
}

fn to_content(content: &Content) -> pb::CriteriaSet {
    pb::CriteriaSet {
        criteria: content.criteria.iter().map(to_criterion).collect(),
        ..to_head(content)
    }
}

/// Writes a set without its criteria.
fn to_head(content: &Content) -> pb::CriteriaSet {
    let number = content.document_number.as_ref();
    let grade = |it: &Grade| pb::Grade {
        at_least: it.at_least.to_string(),
        label: it.label.clone(),
    };
    pb::CriteriaSet {
        display_name: content.display_name.clone(),
        issuer_unit: content.issuer_unit.name(),
        ranking: Some(to_ranking(&content.ranking)),
        document_number: number.map(|it| it.as_str().to_owned()).unwrap_or_default(),
        document_date: shown(content.document_date),
        unit_kinds: content
            .levels
            .iter()
            .map(|it| to_wire(&LEVELS, it))
            .collect(),
        grades: content.grades.iter().map(grade).collect(),
        score_scale: Some(content.score_scale.into()),
        source: content.source.clone(),
        max_score: shown(content.max_score),
        total_score: shown(Tree::new(&content.criteria).total()),
        ..pb::CriteriaSet::default()
    }
}

pub(super) fn shown<T: ToString>(it: Option<T>) -> String {
    it.map(|it| it.to_string()).unwrap_or_default()
}

fn to_criterion(it: &Criterion) -> pb::Criterion {
    let absence = |it: &AbsenceRule| pb::AbsenceRule {
        absence: to_wire(&ABSENCES, &it.absence),
        leaves_out: it.then == Then::LeaveOut,
        score: match it.then {
            Then::LeaveOut => String::new(),
            Then::Points(points) => points.to_string(),
        },
    };
    let content = match &it.body {
        Body::Group(kind) => pb::criterion::Content::Group(pb::CriterionGroup {
            kind: to_wire(&GROUPS, kind),
        }),
        Body::Rule(rule) => pb::criterion::Content::Rule(to_rule(rule)),
    };
    pb::Criterion {
        key: it.key.clone(),
        parent_key: it.parent.clone().unwrap_or_default(),
        title: it.title.clone(),
        max_score: shown(it.max_score),
        content: Some(content),
        absences: it.absences.iter().map(absence).collect(),
        guidance: it.guidance.clone(),
        evidence_hint: it.evidence_hint.clone(),
        evidence_required: it.evidence_required,
        verifier_unit: shown(it.verifier_unit.as_ref().map(types::ids::UnitId::name)),
    }
}

/// Writes a set; in a list without its criteria.
pub(crate) fn to_set(set: &CriteriaSet, is_whole: bool) -> pb::CriteriaSet {
    let content = if is_whole { to_content } else { to_head };
    let state = if set.revision > 0 {
        pb::CriteriaSetState::Active
    } else {
        pb::CriteriaSetState::Draft
    };
    pb::CriteriaSet {
        name: set.id.name(),
        state: state.into(),
        revision: number(set.revision),
        create_time: Some(timestamp(set.create_time)),
        update_time: Some(timestamp(set.update_time)),
        etag: etag::of(set.version),
        ..content(&set.content)
    }
}

/// Writes a revision; in a list without its criteria.
pub(crate) fn to_revision(revision: &Revision, is_whole: bool) -> pb::CriteriaSetRevision {
    let content = if is_whole { to_content } else { to_head };
    let snapshot = pb::CriteriaSet {
        name: revision.id.set.name(),
        state: pb::CriteriaSetState::Active.into(),
        revision: number(revision.id.number),
        ..content(&revision.content)
    };
    pb::CriteriaSetRevision {
        name: revision.id.name(),
        snapshot: Some(snapshot),
        change_note: revision.change_note.clone(),
        publisher: revision.publisher.name(),
        create_time: Some(timestamp(revision.create_time)),
    }
}

fn number(revision: i64) -> i32 {
    // Two thousand million revisions of one set are out of reach.
    i32::try_from(revision).unwrap_or(i32::MAX)
}

impl RevisionId {
    /// Reads the full name.
    pub(crate) fn from_name(name: &str) -> Result<Self, InvalidText> {
        let read = || {
            let (set, number) = name.split_once("/revisions/")?;
            let number: i64 = number.parse().ok().filter(|it| *it > 0)?;
            let set = CriteriaSetId::from_name(set).ok()?;
            let id = Self { set, number };
            // One name for one revision: no `+1` and no `01`.
            (id.name() == name).then_some(id)
        };
        read().ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `criteriaSets/{criteria_set}/revisions/{revision}`",
                "không có dạng `criteriaSets/{criteria_set}/revisions/{revision}`",
            )
        })
    }
}

/// Says whether points lie within what is allowed: `points` reads no others.
pub(super) const MOST_POINTS: i64 = 1_000_000;

pub(super) fn is_within(points: Decimal) -> bool {
    !points.is_negative() && Decimal::from_i64(MOST_POINTS).is_ok_and(|most| points <= most)
}

pub(crate) const LEVELS: [(Level, directory::UnitKind); 10] = [
    (Level::Province, directory::UnitKind::Province),
    (Level::Department, directory::UnitKind::Department),
    (Level::District, directory::UnitKind::District),
    (Level::Commune, directory::UnitKind::Commune),
    (Level::Ward, directory::UnitKind::Ward),
    (Level::SpecialZone, directory::UnitKind::SpecialZone),
    (Level::Subordinate, directory::UnitKind::Subordinate),
    (Level::PublicService, directory::UnitKind::PublicService),
    (Level::PartyOrgan, directory::UnitKind::PartyOrgan),
    (Level::Other, directory::UnitKind::Other),
];

const GROUPS: [(GroupKind, pb::GroupKind); 4] = [
    (GroupKind::Counted, pb::GroupKind::Counted),
    (GroupKind::Bonus, pb::GroupKind::Bonus),
    (GroupKind::Penalty, pb::GroupKind::Penalty),
    (GroupKind::Unscored, pb::GroupKind::Unscored),
];

const ABSENCES: [(Absence, proto::shared::Absence); 6] = [
    (Absence::NotArisen, proto::shared::Absence::NotArisen),
    (
        Absence::NotImplemented,
        proto::shared::Absence::NotImplemented,
    ),
    (Absence::InProgress, proto::shared::Absence::InProgress),
    (Absence::None, proto::shared::Absence::None),
    (
        Absence::NotApplicable,
        proto::shared::Absence::NotApplicable,
    ),
    (Absence::NotCollected, proto::shared::Absence::NotCollected),
];

const RANKED_BY: [(RankedBy, pb::RankedBy); 2] = [
    (RankedBy::Points, pb::RankedBy::Points),
    (RankedBy::Percent, pb::RankedBy::Percent),
];

const TIES: [(Ties, pb::TieRule); 2] = [
    (Ties::Skip, pb::TieRule::Skip),
    (Ties::Dense, pb::TieRule::Dense),
];

const MISSING: [(MissingScores, pb::MissingRule); 3] = [
    (MissingScores::NotRanked, pb::MissingRule::NotRanked),
    (MissingScores::Last, pb::MissingRule::Last),
    (MissingScores::AsZero, pb::MissingRule::AsZero),
];

#[cfg(test)]
mod tests;
