//! What scores people may give, and what has to stand beside them.

use std::collections::{BTreeMap, BTreeSet};

use kit::Result;
use types::{decimal::Decimal, ids::Principal, violations::Invalid};

use super::Sent;
use crate::{
    criteria_set::{
        Content,
        content::{Criterion, GroupKind, Tree},
        rule::Rule,
    },
    scorecard::{
        entry::{Claim, Entered, Entries},
        outcome::Outcome,
    },
};

/// Enters scores that fit their criteria, or tells of all that do not.
pub(super) fn enter(
    content: &Content,
    scores: Vec<Sent>,
    entries: &mut BTreeMap<String, Entered>,
    principal: &Principal,
) -> Result<()> {
    let tree = Tree::new(&content.criteria);
    let mut bad = Invalid::default();
    let mut seen = BTreeSet::new();
    for sent in scores {
        let mut criteria = content.criteria.iter();
        let index = criteria.position(|it| it.key == sent.key);
        let is_scored = |it: &Rule| !matches!(it, Rule::Unscored { .. });
        let Some(index) = index.filter(|it| content.criteria[*it].rule().is_some_and(is_scored))
        else {
            bad.add(
                format!("{}.key", sent.field),
                "REFERENCE_NOT_FOUND",
                format!("`{}` is no criterion of the set that is scored", sent.key),
                format!("`{}` không phải tiêu chí được chấm điểm", sent.key),
            );
            continue;
        };
        if !seen.insert(index) {
            bad.add(
                format!("{}.key", sent.field),
                "REPEATED",
                format!("`{}` is there twice", sent.key),
                format!("tiêu chí `{}` bị lặp lại", sent.key),
            );
        }
        let criterion = &content.criteria[index];
        let is_counted = tree.under(index) == GroupKind::Counted;
        fits(&sent, criterion, is_counted, content.score_scale, &mut bad);
        let entered = Entered {
            claim: sent.claim,
            note: sent.note,
            evidence: sent.evidence,
            principal: principal.clone(),
        };
        entries.insert(sent.key, entered);
    }
    bad.check()?;
    Ok(())
}

fn fits(sent: &Sent, criterion: &Criterion, is_counted: bool, scale: u8, bad: &mut Invalid) {
    let field = format!("{}.score", sent.field);
    match sent.claim {
        Claim::NotApplicable => {
            if !is_counted || !criterion.may_be_left_out() {
                bad.add(
                    format!("{}.not_applicable", sent.field),
                    "APPLIES_TO_ALL",
                    format!("the set does not let `{}` be left out", criterion.key),
                    format!("bộ tiêu chí không cho loại trừ `{}`", criterion.key),
                );
            }
        }
        Claim::Points(points) => {
            if points.rescale_half_up(scale) != Some(points) {
                bad.add(
                    field.clone(),
                    "TOO_FINE",
                    format!("{points} has more than {scale} digits after the comma"),
                    format!("{} có hơn {scale} chữ số thập phân", points.to_vietnamese()),
                );
            }
            if let Some(most) = criterion.max_score.filter(|it| points > *it) {
                bad.add(
                    field,
                    "ABOVE_MAXIMUM",
                    format!("{points} is more than the maximum of {most}"),
                    format!(
                        "{} lớn hơn điểm tối đa {}",
                        points.to_vietnamese(),
                        most.to_vietnamese()
                    ),
                );
            }
        }
    }
}

/// Refuses to hand over a claim that the set wants proved and that is not.
pub(super) fn has_its_evidence(content: &Content, entries: &Entries) -> Result<()> {
    let mut bad = Invalid::default();
    for criterion in content.criteria.iter().filter(|it| it.evidence_required) {
        let claims_points = |it: &&Entered| match it.claim {
            Claim::Points(points) => !points.is_zero(),
            Claim::NotApplicable => false,
        };
        let claimed = entries.own.get(&criterion.key).filter(claims_points);
        if claimed.is_some_and(|it| it.evidence.is_empty()) {
            let hint = &criterion.evidence_hint;
            bad.add(
                format!("self_scores[{}].evidence", criterion.key),
                "EVIDENCE_MISSING",
                format!(
                    "`{}` needs a document that proves it: {hint}",
                    criterion.key
                ),
                format!(
                    "tiêu chí `{}` cần tài liệu kiểm chứng: {hint}",
                    criterion.key
                ),
            );
        }
    }
    bad.check()?;
    Ok(())
}

/// Requires a note where what is verified is neither what the data give nor what the unit
/// claims.
pub(super) fn says_why(
    scores: &[Sent],
    entries: &Entries,
    now: &Outcome,
    content: &Content,
) -> Result<()> {
    let tree = Tree::new(&content.criteria);
    let mut bad = Invalid::default();
    for sent in scores.iter().filter(|it| it.note.is_empty()) {
        let claimed = entries.own.get(&sent.key).map(|it| it.claim);
        let line = now.lines.iter().find(|it| it.key == sent.key);
        let index = content.criteria.iter().position(|it| it.key == sent.key);
        let is_penalty = index.is_some_and(|it| tree.under(it) == GroupKind::Penalty);
        let computed = line.and_then(|it| it.computed);
        let computed = computed.and_then(|it| {
            if is_penalty {
                Decimal::ZERO.checked_sub(it)
            } else {
                Some(it)
            }
        });
        // The data come first; a claim is what there is to differ from without them.
        let expected = computed.map(Claim::Points).or(claimed);
        if expected.is_some_and(|it| it != sent.claim) {
            bad.add(
                format!("{}.note", sent.field),
                "NOTE_REQUIRED",
                format!("`{}` is verified otherwise than given: say why", sent.key),
                format!(
                    "điểm thẩm định của `{}` khác điểm đã có: cần giải trình",
                    sent.key
                ),
            );
        }
    }
    bad.check()?;
    Ok(())
}

/// Says whether nothing is left that only a person can decide: every claim, and every counted
/// criterion that no figure gives points for.
pub(super) fn everything_is_verified(content: &Content, entries: &Entries) -> bool {
    let tree = Tree::new(&content.criteria);
    let is_open = |(index, criterion): (usize, &Criterion)| {
        let only_by_a_person = criterion.rule().is_some_and(Rule::is_entered)
            && tree.under(index) == GroupKind::Counted;
        let is_asked_for = only_by_a_person || entries.own.contains_key(&criterion.key);
        is_asked_for && !entries.verified.contains_key(&criterion.key)
    };
    !content.criteria.iter().enumerate().any(is_open)
}
