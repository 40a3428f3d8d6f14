//! Results to and from the wire.

use kit::etag;
use proto::{
    convert::{quantity_as, timestamp},
    indicators as pb, shared,
};
use types::{
    decimal::Decimal,
    ids::{ScorecardId, UnitId, ValueId},
    invalid::InvalidText,
    quantity::Style,
    violations::Invalid,
};

use super::{
    ResultState, UnitResult,
    entry::{Claim, Entered, Entries},
    outcome::{Basis, Line, Outcome},
    result::{ListResults, ResultId, ReturnResult, Sent, SubmitResult, UpdateResult, VerifyResult},
    scoring::{Input, Remark},
};
use crate::{
    criteria_set::{
        rule_wire::points,
        wire::{MOST_CRITERIA, read_key},
    },
    evidence,
    wire::to_wire,
};

const LONGEST_NOTE: usize = 2000;
const LONGEST_REASON: usize = 500;

impl ResultId {
    /// Reads the full name.
    fn from_name(name: &str) -> Result<Self, InvalidText> {
        let read = || {
            let (scorecard, unit) = name.split_once("/results/")?;
            Some(Self {
                scorecard: ScorecardId::from_name(scorecard).ok()?,
                unit: UnitId::new(unit).ok()?,
            })
        };
        read().ok_or_else(|| {
            InvalidText::new(
                "PATTERN",
                "is not of the form `scorecards/{scorecard}/results/{unit}`",
                "không có dạng `scorecards/{scorecard}/results/{unit}`",
            )
        })
    }
}

/// Names one result.
pub(super) struct NamedResult(pub(super) ResultId);

impl TryFrom<pb::GetScorecardResultRequest> for NamedResult {
    type Error = Invalid;

    fn try_from(request: pb::GetScorecardResultRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", ResultId::from_name(&request.name));
        id.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::ListScorecardResultsRequest> for ListResults {
    type Error = Invalid;

    fn try_from(request: pb::ListScorecardResultsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("parent", &request.parent) {
            Some(id) => Ok(Self {
                id,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::UpdateScorecardResultRequest> for UpdateResult {
    type Error = Invalid;

    fn try_from(request: pb::UpdateScorecardResultRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", ResultId::from_name(&request.name));
        let scores = read_scores("self_scores", &request.self_scores, &mut bad);
        let removed = &request.removed_keys;
        bad.at_most("removed_keys", removed.len(), MOST_CRITERIA);
        let removed = removed.iter().take(MOST_CRITERIA).enumerate();
        let removed = removed
            .filter_map(|(index, key)| bad.take(format!("removed_keys[{index}]"), read_key(key)));
        let removed: Vec<_> = removed.collect();
        if scores.is_empty() && removed.is_empty() && bad.is_empty() {
            bad.missing("self_scores");
        }
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                scores,
                removed,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::SubmitScorecardResultRequest> for SubmitResult {
    type Error = Invalid;

    fn try_from(request: pb::SubmitScorecardResultRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", ResultId::from_name(&request.name));
        let etag = request.etag;
        id.map(|id| Self { id, etag }).ok_or(bad)
    }
}

impl TryFrom<pb::VerifyScorecardResultRequest> for VerifyResult {
    type Error = Invalid;

    fn try_from(request: pb::VerifyScorecardResultRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", ResultId::from_name(&request.name));
        let scores = read_scores("verified_scores", &request.verified_scores, &mut bad);
        if scores.is_empty() && bad.is_empty() {
            bad.missing("verified_scores");
        }
        match (id, bad.is_empty()) {
            (Some(id), true) => Ok(Self {
                id,
                scores,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

impl TryFrom<pb::ReturnScorecardResultRequest> for ReturnResult {
    type Error = Invalid;

    fn try_from(request: pb::ReturnScorecardResultRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("name", ResultId::from_name(&request.name));
        let reason = bad.line("reason", &request.reason, LONGEST_REASON);
        match (id, reason) {
            (Some(id), Some(reason)) => Ok(Self {
                id,
                reason,
                etag: request.etag,
            }),
            _ => Err(bad),
        }
    }
}

fn read_scores(path: &str, wire: &[pb::EnteredScore], bad: &mut Invalid) -> Vec<Sent> {
    bad.at_most(path, wire.len(), MOST_CRITERIA);
    let read = wire.iter().take(MOST_CRITERIA).enumerate();
    read.filter_map(|(index, it)| read_score(format!("{path}[{index}]"), it, bad))
        .collect()
}

fn read_score(field: String, wire: &pb::EnteredScore, bad: &mut Invalid) -> Option<Sent> {
    let key = bad.take(format!("{field}.key"), read_key(&wire.key));
    let score = points(&format!("{field}.score"), &wire.score, bad)?;
    let claim = match (score, wire.not_applicable) {
        (Some(score), false) => Some(Claim::Points(score)),
        (None, true) => Some(Claim::NotApplicable),
        (None, false) => {
            bad.missing(format!("{field}.score"));
            None
        }
        (Some(_), true) => {
            bad.add(
                format!("{field}.score"),
                "ONE_OF",
                "what does not apply has no points",
                "tiêu chí không áp dụng thì không ghi điểm",
            );
            None
        }
    };
    let note = bad.lines(format!("{field}.note"), &wire.note, LONGEST_NOTE);
    let evidence = evidence::read(&field, &wire.evidence, bad);
    Some(Sent {
        field,
        key: key?,
        claim: claim?,
        note: note?,
        evidence,
    })
}

/// Writes a result; in a list without the lines of the set and the claims.
pub(super) fn to_result(result: UnitResult, is_whole: bool) -> pb::ScorecardResult {
    let entries = &result.entries;
    let rank_change = result.outcome.as_ref().and_then(rose);
    let head = result.outcome.as_ref().map(to_head).unwrap_or_default();
    let lines = result.outcome.as_ref().map(|it| it.lines.as_slice());
    let scores = lines.unwrap_or_default().iter();
    let scores = scores.map(|it| to_line(it, &result.unit, entries));
    let own = entries.own.iter().map(|(key, it)| to_entered(key, it));
    pb::ScorecardResult {
        name: result.name(),
        unit: result.unit.name(),
        self_scores: own.filter(|_| is_whole).collect(),
        state: to_wire(&STATES, &result.state),
        scores: scores.filter(|_| is_whole).collect(),
        rank_change,
        return_reason: entries.return_reason.clone(),
        submitter: entries
            .submitter
            .as_ref()
            .map(|it| it.name())
            .unwrap_or_default(),
        update_time: Some(timestamp(result.update_time)),
        etag: etag::of(result.version),
        ..head
    }
}

/// Writes what a unit came to as a whole.
fn to_head(outcome: &Outcome) -> pb::ScorecardResult {
    let place = outcome.place.as_ref();
    pb::ScorecardResult {
        points: outcome.points.to_string(),
        maximum: outcome.maximum.to_string(),
        percent: shown(outcome.percent),
        self_points: outcome.self_points.to_string(),
        missing_count: number(outcome.missing),
        grade: outcome.grade.clone().unwrap_or_default(),
        rank: place.map_or(0, |it| number(it.rank)),
        best_rank: place.map_or(0, |it| number(it.best)),
        worst_rank: place.map_or(0, |it| number(it.worst)),
        previous_rank: outcome.previous_rank.map_or(0, number),
        issues: outcome
            .not_comparable
            .iter()
            .map(|it| issue(it, "rank_change".into()))
            .collect(),
        ..pb::ScorecardResult::default()
    }
}

/// Returns how many places a unit rose.
fn rose(outcome: &Outcome) -> Option<i32> {
    let (now, before) = (outcome.place?.rank, outcome.previous_rank?);
    if outcome.not_comparable.is_some() {
        return None;
    }
    Some(number(before) - number(now))
}

/// At most a thousand units and five hundred lines.
fn number(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn shown(it: Option<Decimal>) -> String {
    it.map(|it| it.to_string()).unwrap_or_default()
}

fn to_line(line: &Line, unit: &UnitId, entries: &Entries) -> pb::CriterionScore {
    let verified = entries.verified.get(&line.key);
    let own = entries.own.get(&line.key);
    let input = |it: &Input| {
        let id = ValueId {
            indicator: it.indicator.clone(),
            unit: unit.clone(),
            period: it.period,
            breakdown: None,
        };
        let style = Style {
            scale: it.scale,
            as_parts: it.as_parts,
        };
        pb::ScoreInput {
            indicator_value: id.name(),
            quantity: it.quantity.as_ref().map(|it| quantity_as(it, style)),
            revision: it.revision,
        }
    };
    pb::CriterionScore {
        key: line.key.clone(),
        max_score: shown(line.maximum),
        score: shown(line.score),
        basis: to_wire(&BASES, &line.basis),
        computed_score: shown(line.computed),
        self_score: own.map(|it| to_entered(&line.key, it)),
        verified_score: verified.map(|it| to_entered(&line.key, it)),
        verifier: verified.map(|it| it.principal.name()).unwrap_or_default(),
        inputs: line.inputs.iter().map(input).collect(),
        issues: line
            .remarks
            .iter()
            .map(|it| issue(it, format!("scores[{}]", line.key)))
            .collect(),
    }
}

fn issue(remark: &Remark, field: String) -> shared::Issue {
    shared::Issue {
        severity: shared::Severity::Warning.into(),
        code: remark.code.clone(),
        field,
        message: remark.en.clone(),
        message_vi: remark.vi.clone(),
    }
}

fn to_entered(key: &str, entered: &Entered) -> pb::EnteredScore {
    pb::EnteredScore {
        key: key.to_owned(),
        score: match entered.claim {
            Claim::Points(points) => points.to_string(),
            Claim::NotApplicable => String::new(),
        },
        not_applicable: entered.claim == Claim::NotApplicable,
        note: entered.note.clone(),
        evidence: entered.evidence.iter().map(Into::into).collect(),
    }
}

const STATES: [(ResultState, pb::ScorecardResultState); 3] = [
    (ResultState::Draft, pb::ScorecardResultState::Draft),
    (ResultState::Submitted, pb::ScorecardResultState::Submitted),
    (ResultState::Verified, pb::ScorecardResultState::Verified),
];

const BASES: [(Basis, pb::ScoreBasis); 6] = [
    (Basis::Missing, pb::ScoreBasis::Missing),
    (Basis::Computed, pb::ScoreBasis::Computed),
    (Basis::Verified, pb::ScoreBasis::Verified),
    (Basis::NotApplicable, pb::ScoreBasis::NotApplicable),
    (Basis::Group, pb::ScoreBasis::Group),
    (Basis::Unscored, pb::ScoreBasis::Unscored),
];
