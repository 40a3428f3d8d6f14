//! Scorecards to and from the wire.

use kit::etag;
use proto::{convert::timestamp, indicators as pb};
use types::{ids::ScorecardId, violations::Invalid};

use super::{
    CreateScorecard, ListScorecards, Scorecard, State, Step, TryScorecard, Who,
    opening::MOST_UNITS, outcome::Weights,
};
use crate::{
    criteria_set::{
        Content, RevisionId,
        content::Tree,
        rule_wire::points,
        wire::{read_key, read_ranking},
    },
    wire::to_wire,
};

pub(super) const LONGEST_NAME: usize = 300;
const MOST_WEIGHTS: usize = 100;

/// Names one scorecard.
pub(super) struct Named(pub(super) ScorecardId);

impl TryFrom<pb::CreateScorecardRequest> for CreateScorecard {
    type Error = Invalid;

    fn try_from(request: pb::CreateScorecardRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.take("scorecard_id", ScorecardId::new(&request.scorecard_id));
        let wire = request.scorecard.unwrap_or_default();
        let field = |name: &str| format!("scorecard.{name}");
        let display_name = bad.line(field("display_name"), &wire.display_name, LONGEST_NAME);
        let owner_unit = bad.required(field("owner_unit"), &wire.owner_unit);
        let period = bad.required(field("period"), &wire.period);
        let revision = &wire.criteria_set_revision;
        let revision = bad.take(
            field("criteria_set_revision"),
            RevisionId::from_name(revision),
        );
        let who = read_who(&wire, &mut bad);
        let previous = bad.optional(field("previous_scorecard"), &wire.previous_scorecard);
        let number = bad.optional(field("document_number"), &wire.document_number);
        let read = || {
            Some(Self {
                id: id?,
                display_name: display_name?,
                owner_unit: owner_unit?,
                period: period?,
                revision: revision?,
                who: who?,
                previous: previous?,
                document_number: number?,
            })
        };
        match read() {
            Some(new) if bad.is_empty() => Ok(new),
            _ => Err(bad),
        }
    }
}

/// Reads which units are scored: named ones, or those below one.
fn read_who(wire: &pb::Scorecard, bad: &mut Invalid) -> Option<Who> {
    match (wire.units.as_slice(), wire.scope_unit.as_str()) {
        ([], "") => {
            bad.missing("scorecard.units");
            None
        }
        ([], scope) => bad.required("scorecard.scope_unit", scope).map(Who::Below),
        (units, "") => {
            if !bad.at_most("scorecard.units", units.len(), MOST_UNITS) {
                return None;
            }
            let read = units.iter().enumerate();
            let read =
                read.map(|(index, it)| bad.required(format!("scorecard.units[{index}]"), it));
            let read: Vec<_> = read.collect();
            read.into_iter().collect::<Option<Vec<_>>>().map(Who::Units)
        }
        _ => {
            bad.add(
                "scorecard.scope_unit",
                "ONE_OF",
                "units are either named or found below one, not both",
                "chỉ được nêu danh sách đơn vị hoặc phạm vi, không nêu cả hai",
            );
            None
        }
    }
}

impl TryFrom<pb::GetScorecardRequest> for Named {
    type Error = Invalid;

    fn try_from(request: pb::GetScorecardRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        id.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::ListScorecardsRequest> for ListScorecards {
    type Error = Invalid;

    fn try_from(request: pb::ListScorecardsRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        match bad.required("owner_unit", &request.owner_unit) {
            Some(owner_unit) => Ok(Self {
                owner_unit,
                page_size: request.page_size,
                page_token: request.page_token,
            }),
            None => Err(bad),
        }
    }
}

impl TryFrom<pb::ComputeScorecardRequest> for Step {
    type Error = Invalid;

    fn try_from(request: pb::ComputeScorecardRequest) -> Result<Self, Invalid> {
        step(&request.name, request.etag)
    }
}

impl TryFrom<pb::DeleteScorecardRequest> for Step {
    type Error = Invalid;

    fn try_from(request: pb::DeleteScorecardRequest) -> Result<Self, Invalid> {
        step(&request.name, request.etag)
    }
}

impl TryFrom<pb::PublishScorecardRequest> for Step {
    type Error = Invalid;

    fn try_from(request: pb::PublishScorecardRequest) -> Result<Self, Invalid> {
        step(&request.name, request.etag)
    }
}

fn step(name: &str, etag: String) -> Result<Step, Invalid> {
    let mut bad = Invalid::default();
    let id = bad.required("name", name);
    id.map(|id| Step { id, etag }).ok_or(bad)
}

impl TryFrom<pb::TryScorecardRequest> for TryScorecard {
    type Error = Invalid;

    fn try_from(request: pb::TryScorecardRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let id = bad.required("name", &request.name);
        bad.at_most("weights", request.weights.len(), MOST_WEIGHTS);
        let mut weights = Weights::new();
        for (index, weight) in request.weights.iter().take(MOST_WEIGHTS).enumerate() {
            let key = bad.take(format!("weights[{index}].key"), read_key(&weight.key));
            let field = format!("weights[{index}].max_score");
            let most = points(&field, &weight.max_score, &mut bad);
            if most == Some(None) {
                bad.missing(field);
            }
            if let (Some(key), Some(Some(most))) = (key, most)
                && weights.insert(key, most).is_some()
            {
                bad.add(
                    format!("weights[{index}].key"),
                    "REPEATED",
                    "is there twice",
                    "bị lặp lại",
                );
            }
        }
        let ranking = match &request.ranking {
            None => Some(None),
            ranking => read_ranking("ranking", ranking.as_ref(), &mut bad).map(Some),
        };
        match (id, ranking, bad.is_empty()) {
            (Some(id), Some(ranking), true) => Ok(Self {
                id,
                weights,
                ranking,
            }),
            _ => Err(bad),
        }
    }
}

/// Refuses other maxima for lines that are not there or have none to begin with.
pub(super) fn weights_fit(content: &Content, weights: &Weights) -> Result<(), Invalid> {
    let tree = Tree::new(&content.criteria);
    let mut bad = Invalid::default();
    for key in weights.keys() {
        let index = content.criteria.iter().position(|it| it.key == *key);
        let maximum = index.map(|it| tree.maximum(it));
        let (en, vi) = match maximum {
            Some(Some(maximum)) if !maximum.is_zero() => continue,
            // A penalty group without a bound may be given one.
            Some(None) if index.is_some_and(|it| content.criteria[it].rule().is_none()) => continue,
            Some(_) => (
                format!("`{key}` has no maximum that could be another"),
                format!("`{key}` không có điểm tối đa để thay đổi"),
            ),
            None => (
                format!("`{key}` is not in the set"),
                format!("không có mã `{key}` trong bộ tiêu chí"),
            ),
        };
        bad.add(format!("weights[{key}].key"), "REFERENCE_NOT_FOUND", en, vi);
    }
    bad.check()
}

impl From<Scorecard> for pb::Scorecard {
    fn from(it: Scorecard) -> Self {
        let number = it.document_number.as_ref();
        let published = it.published.as_ref();
        // At most a thousand units.
        let count = |it: i64| i32::try_from(it).unwrap_or(i32::MAX);
        Self {
            name: it.id.name(),
            display_name: it.display_name,
            owner_unit: it.owner_unit.name(),
            period: it.period.to_string(),
            criteria_set_revision: it.revision.name(),
            units: Vec::new(),
            scope_unit: it.scope_unit.map(|it| it.name()).unwrap_or_default(),
            previous_scorecard: it.previous.map(|it| it.name()).unwrap_or_default(),
            document_number: number.map(|it| it.as_str().to_owned()).unwrap_or_default(),
            state: to_wire(&STATES, &it.state),
            unit_count: count(it.counts.units),
            ranked_count: count(it.counts.ranked),
            incomplete_count: count(it.counts.incomplete),
            compute_time: it.compute_time.map(timestamp),
            publisher: published.map(|it| it.publisher.name()).unwrap_or_default(),
            publish_time: published.map(|it| timestamp(it.time)),
            create_time: Some(timestamp(it.create_time)),
            update_time: Some(timestamp(it.update_time)),
            etag: etag::of(it.version),
        }
    }
}

const STATES: [(State, pb::ScorecardState); 3] = [
    (State::Draft, pb::ScorecardState::Draft),
    (State::Computed, pb::ScorecardState::Computed),
    (State::Published, pb::ScorecardState::Published),
];

#[cfg(test)]
mod tests;
