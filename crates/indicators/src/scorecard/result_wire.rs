//! Results to and from the wire.

use kit::etag;
use proto::{
    convert::{optional_date, quantity, timestamp},
    indicators as pb, shared,
};
use types::{
    decimal::Decimal,
    ids::{ScorecardId, UnitId, ValueId},
    invalid::InvalidText,
    violations::Invalid,
};

use super::{
    ResultState, UnitResult,
    entry::{Claim, Entered, Entries, Evidence},
    outcome::{Basis, Line, Outcome},
    result::{ListResults, ResultId, ReturnResult, Sent, SubmitResult, UpdateResult, VerifyResult},
    scoring::{Input, Remark},
};
use crate::{
    criteria_set::{
        rule_wire::points,
        wire::{MOST_CRITERIA, read_key},
    },
    wire::to_wire,
};

const LONGEST_NOTE: usize = 2000;
const LONGEST_TITLE: usize = 500;
const LONGEST_NUMBER: usize = 100;
const LONGEST_LINK: usize = 500;
const LONGEST_REASON: usize = 500;
const MOST_EVIDENCE: usize = 20;

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
    let path = format!("{field}.evidence");
    bad.at_most(path.clone(), wire.evidence.len(), MOST_EVIDENCE);
    let read = wire.evidence.iter().take(MOST_EVIDENCE).enumerate();
    let evidence = read
        .filter_map(|(index, it)| read_evidence(&format!("{path}[{index}]"), it, bad))
        .collect();
    Some(Sent {
        field,
        key: key?,
        claim: claim?,
        note: note?,
        evidence,
    })
}

fn read_evidence(path: &str, wire: &pb::ScoreEvidence, bad: &mut Invalid) -> Option<Evidence> {
    let title = bad.line(format!("{path}.title"), &wire.title, LONGEST_TITLE);
    let document_number = bad.optional_line(
        format!("{path}.document_number"),
        &wire.document_number,
        LONGEST_NUMBER,
    );
    let field = format!("{path}.document_date");
    let document_date = optional_date(&field, &wire.document_date, bad);
    let field = format!("{path}.link");
    let link = bad.optional_line(field.clone(), &wire.link, LONGEST_LINK)?;
    if !link.is_empty() && !link.starts_with("https://") {
        bad.add(
            field,
            "PATTERN",
            "does not begin with `https://`",
            "không bắt đầu bằng `https://`",
        );
        return None;
    }
    Some(Evidence {
        title: title?,
        document_number: document_number?,
        document_date: document_date?,
        link,
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
        ..pb::ScorecardResult::default()
    }
}

/// Returns how many places a unit rose.
fn rose(outcome: &Outcome) -> Option<i32> {
    let (now, before) = (outcome.place?.rank, outcome.previous_rank?);
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
        pb::ScoreInput {
            indicator_value: id.name(),
            quantity: it.quantity.as_ref().map(quantity),
            revision: it.revision,
        }
    };
    let issue = |it: &Remark| shared::Issue {
        severity: shared::Severity::Warning.into(),
        code: it.code.clone(),
        field: format!("scores[{}]", line.key),
        message: it.en.clone(),
        message_vi: it.vi.clone(),
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
        issues: line.remarks.iter().map(issue).collect(),
    }
}

fn to_entered(key: &str, entered: &Entered) -> pb::EnteredScore {
    let evidence = |it: &Evidence| pb::ScoreEvidence {
        title: it.title.clone(),
        document_number: it.document_number.clone(),
        document_date: it
            .document_date
            .map(|it| it.to_string())
            .unwrap_or_default(),
        link: it.link.clone(),
    };
    pb::EnteredScore {
        key: key.to_owned(),
        score: match entered.claim {
            Claim::Points(points) => points.to_string(),
            Claim::NotApplicable => String::new(),
        },
        not_applicable: entered.claim == Claim::NotApplicable,
        note: entered.note.clone(),
        evidence: entered.evidence.iter().map(evidence).collect(),
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
