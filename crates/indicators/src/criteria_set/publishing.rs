//! Whether a set may be published: a tree without circles, maxima that add up, grades and
//! steps that do not overlap, and indicators that are there and of the right kind.

use std::collections::{BTreeMap, BTreeSet};

use kit::Result;
use sea_orm::ConnectionTrait;
use types::{decimal::Decimal, ids::IndicatorId, period::Period, violations::Invalid};

use super::{
    Content,
    content::{Body, Criterion, GroupKind, Then, Tree, places},
    rule::Rule,
};
use crate::indicator::{Definition, store as indicators};

mod rules;

use rules::Checked;

/// The most levels of a tree.
const DEEPEST: usize = 6;

/// Definitions of the indicators that are published.
pub(super) type Known = BTreeMap<IndicatorId, Definition>;

/// Refuses a set that may not be published, naming every place.
pub(super) async fn allowed(db: &impl ConnectionTrait, content: &Content) -> Result<()> {
    let known = known(db, content).await?;
    let mut bad = Invalid::default();
    check(content, &known, &mut bad);
    bad.check()?;
    Ok(())
}

/// Returns the newest published definition of every indicator a set takes figures of.
async fn known(db: &impl ConnectionTrait, content: &Content) -> Result<Known> {
    // Which period is asked about does not change which indicators are taken.
    let mut cells = Vec::new();
    if let Ok(any) = Period::of_year(2000) {
        let rules = content.criteria.iter().filter_map(Criterion::rule);
        rules.for_each(|it| it.takes(any, &mut cells));
    }
    let ids: BTreeSet<_> = cells.iter().map(|(id, _)| id).collect();
    let ids: Vec<_> = ids.into_iter().collect();
    let published = indicators::published(db, &ids).await?;
    let newest = published.into_iter().filter_map(|(id, mut published)| {
        let newest = published.revisions.pop()?;
        Some((id, newest.definition))
    });
    Ok(newest.collect())
}

/// Notes everything that keeps a set from being published.
fn check(content: &Content, known: &Known, bad: &mut Invalid) {
    if content.document_number.is_none() {
        bad.missing("criteria_set.document_number");
    }
    if content.criteria.is_empty() {
        bad.missing("criteria_set.criteria");
    }
    grades_fall(content, bad);
    let before = bad.violations().len();
    stands_as_a_tree(&content.criteria, bad);
    if bad.violations().len() > before {
        // Nothing adds up in what is no tree.
        return;
    }
    let tree = Tree::new(&content.criteria);
    for (index, criterion) in content.criteria.iter().enumerate() {
        let path = format!("criteria_set.criteria[{index}]");
        match &criterion.body {
            Body::Group(kind) => group_adds_up(&path, &tree, index, *kind, bad),
            Body::Rule(rule) => {
                let maximum = criterion.max_score;
                let is_penalty = tree.under(index) == GroupKind::Penalty;
                leaf_has_a_maximum(&path, criterion, rule, is_penalty, bad);
                let checked = Checked {
                    known,
                    maximum,
                    is_penalty,
                    scale: content.score_scale,
                };
                checked.rule(&format!("{path}.rule"), rule, bad);
                absences_fit(&path, criterion, &checked, bad);
            }
        }
    }
    let total = tree.total();
    if let (Some(declared), Some(total)) = (content.max_score, total)
        && declared != total
    {
        does_not_add_up("criteria_set.max_score", declared, total, bad);
    }
}

fn grades_fall(content: &Content, bad: &mut Invalid) {
    let pairs = content.grades.iter().zip(content.grades.iter().skip(1));
    for (index, (higher, lower)) in pairs.enumerate() {
        if lower.at_least >= higher.at_least {
            bad.add(
                format!("criteria_set.grades[{}].at_least", index + 1),
                "BANDS_OVERLAP",
                format!(
                    "{} is not below the {} of the grade before",
                    lower.at_least, higher.at_least
                ),
                format!(
                    "{} không thấp hơn mức {} của bậc xếp loại trước",
                    lower.at_least.to_vietnamese(),
                    higher.at_least.to_vietnamese()
                ),
            );
        }
    }
}

fn stands_as_a_tree(criteria: &[Criterion], bad: &mut Invalid) {
    let places = places(criteria);
    for (index, criterion) in criteria.iter().enumerate() {
        let key = &criterion.key;
        if places.get(key.as_str()) != Some(&index) {
            bad.add(
                format!("criteria_set.criteria[{index}].key"),
                "REPEATED",
                format!("`{key}` is there twice"),
                format!("mã `{key}` bị lặp lại"),
            );
        }
        let Some(parent) = &criterion.parent else {
            continue;
        };
        let field = format!("criteria_set.criteria[{index}].parent_key");
        match places.get(parent.as_str()).map(|it| &criteria[*it]) {
            None => bad.add(
                field,
                "REFERENCE_NOT_FOUND",
                format!("`{parent}` is not in the set"),
                format!("không có mã `{parent}` trong bộ tiêu chí"),
            ),
            Some(parent) if parent.rule().is_some() => bad.add(
                field,
                "PARENT_NOT_GROUP",
                format!("`{}` is no group", parent.key),
                format!("`{}` không phải nhóm tiêu chí", parent.key),
            ),
            Some(_) => leads_to_the_top(&field, criteria, &places, index, bad),
        }
    }
}

/// Refuses a circle, told once, at the first line of it, and a tree that is too deep.
fn leads_to_the_top(
    field: &str,
    criteria: &[Criterion],
    places: &BTreeMap<&str, usize>,
    index: usize,
    bad: &mut Invalid,
) {
    let mut way = vec![index];
    let mut here = index;
    while let Some(parent) = criteria[here].parent.as_deref() {
        let Some(next) = places.get(parent) else {
            return;
        };
        here = *next;
        if here == index {
            if way.iter().all(|it| *it >= index) {
                way.push(index);
                let keys: Vec<_> = way.iter().map(|it| criteria[*it].key.as_str()).collect();
                let way = keys.join(" -> ");
                bad.add(
                    field,
                    "CIRCLE",
                    format!("leads back to itself: {way}"),
                    format!("dẫn vòng lại chính nó: {way}"),
                );
            }
            return;
        }
        if way.contains(&here) {
            // A circle further up is told at its own lines.
            return;
        }
        way.push(here);
    }
    if way.len() > DEEPEST {
        bad.add(
            field,
            "TOO_DEEP",
            format!(
                "stands on level {}, at most {DEEPEST} are allowed",
                way.len()
            ),
            format!("nằm ở cấp {}, tối đa {DEEPEST} cấp", way.len()),
        );
    }
}

fn group_adds_up(path: &str, tree: &Tree<'_>, index: usize, kind: GroupKind, bad: &mut Invalid) {
    let criterion = &tree.criteria()[index];
    if tree.children(index).is_empty() {
        bad.add(
            path,
            "GROUP_EMPTY",
            format!("the group `{}` holds nothing", criterion.key),
            format!("nhóm `{}` không có tiêu chí nào", criterion.key),
        );
    }
    let above = criterion.parent.as_deref().and_then(|parent| {
        let mut criteria = tree.criteria().iter();
        criteria.position(|it| it.key == parent)
    });
    let is_special = |kind| kind != GroupKind::Counted;
    if is_special(kind) && above.is_some_and(|it| is_special(tree.under(it))) {
        bad.add(
            format!("{path}.group.kind"),
            "GROUP_NESTED",
            "a bonus, penalty or unscored group is not allowed inside another",
            "nhóm điểm thưởng, điểm trừ hoặc không tính điểm không được nằm trong nhóm loại đó",
        );
    }
    let (Some(declared), sum) = (criterion.max_score, tree.sum_of_children(index)) else {
        return;
    };
    let field = format!("{path}.max_score");
    let fits = match (kind, sum) {
        (GroupKind::Unscored, _) => declared.is_zero(),
        (GroupKind::Counted, Some(sum)) => declared == sum,
        // A cap is a bound; one that nothing can reach says something else than it means.
        (GroupKind::Bonus | GroupKind::Penalty, Some(sum)) => declared <= sum,
        (_, None) => true,
    };
    if !fits {
        let sum = match kind {
            GroupKind::Unscored => Decimal::ZERO,
            _ => sum.unwrap_or(Decimal::ZERO),
        };
        does_not_add_up(&field, declared, sum, bad);
    }
}

pub(super) fn does_not_add_up(field: &str, declared: Decimal, sum: Decimal, bad: &mut Invalid) {
    bad.add(
        field,
        "MAXIMA_DO_NOT_ADD_UP",
        format!("{declared} is declared, and what is in it gives {sum}"),
        format!(
            "ghi {}, các mục bên trong cho {}",
            declared.to_vietnamese(),
            sum.to_vietnamese()
        ),
    );
}

fn leaf_has_a_maximum(
    path: &str,
    criterion: &Criterion,
    rule: &Rule,
    is_penalty: bool,
    bad: &mut Invalid,
) {
    let field = format!("{path}.max_score");
    let is_unscored = matches!(rule, Rule::Unscored { .. });
    match criterion.max_score {
        Some(maximum) if is_unscored && !maximum.is_zero() => bad.add(
            field,
            "MAXIMUM_NOT_ALLOWED",
            "what is not scored has no maximum",
            "tiêu chí không chấm điểm thì không có điểm tối đa",
        ),
        Some(maximum) if !is_unscored && maximum.is_zero() => {
            bad.add(field, "OUT_OF_RANGE", "has to be above 0", "phải lớn hơn 0")
        }
        None if is_unscored => {}
        // Days and cases may count without a bound.
        None if is_penalty && matches!(rule, Rule::Penalty { .. }) => {}
        None => bad.missing(field),
        Some(_) => {}
    }
}

fn absences_fit(path: &str, criterion: &Criterion, checked: &Checked<'_>, bad: &mut Invalid) {
    for (index, rule) in criterion.absences.iter().enumerate() {
        let field = format!("{path}.absences[{index}]");
        let earlier = &criterion.absences[..index];
        if earlier.iter().any(|it| it.absence == rule.absence) {
            bad.add(
                format!("{field}.absence"),
                "REPEATED",
                "is there twice",
                "bị lặp lại",
            );
        }
        if let Then::Points(points) = rule.then {
            checked.points(&format!("{field}.score"), points, bad);
        }
    }
}

#[cfg(test)]
mod tests;
