//! What stands in brackets: `[thu-ngan-sach@last-year,ytd]`.

use std::fmt;

use types::ids::IndicatorId;

use super::{FURTHEST_BACK, Offset, Part, Problem, Reference};
use crate::reason::{FORMULA_BACK, FORMULA_MODIFIER, FORMULA_REFERENCE};

/// Reads what stands between the brackets that open at `column`.
pub(super) fn parse(inside: &str, column: usize) -> Result<Reference, Problem> {
    let shown = |text: &str| text.chars().take(80).collect::<String>();
    let (what, modifiers) = inside.split_once('@').unwrap_or((inside, ""));
    let (id, part) = match what.split_once('.') {
        None => (what, Some(Part::Whole)),
        Some((id, "numerator")) => (id, Some(Part::Numerator)),
        Some((id, "denominator")) => (id, Some(Part::Denominator)),
        Some((id, _)) => (id, None),
    };
    let (Ok(indicator), Some(part)) = (IndicatorId::new(id), part) else {
        let facts = [("reference", shown(what))];
        return Err(Problem::new(&FORMULA_REFERENCE, column + 1, &facts));
    };
    let mut reference = Reference {
        indicator,
        part,
        when: Offset::Same,
        year_to_date: false,
    };
    if !inside.contains('@') {
        return Ok(reference);
    }
    // Of what stands after the mark.
    let mut column = column + what.chars().count() + 2;
    for modifier in modifiers.split(',') {
        let unknown = || {
            let facts = [("modifier", shown(modifier))];
            Problem::new(&FORMULA_MODIFIER, column, &facts)
        };
        let fresh = reference.when == Offset::Same;
        match modifier {
            "ytd" if !reference.year_to_date => reference.year_to_date = true,
            "previous" if fresh => reference.when = Offset::Back(1),
            "last-year" if fresh => reference.when = Offset::LastYear,
            other => {
                let digits = other
                    .strip_prefix('-')
                    .filter(|_| fresh)
                    .ok_or_else(unknown)?;
                if digits.is_empty() || !digits.bytes().all(|it| it.is_ascii_digit()) {
                    return Err(unknown());
                }
                let back = digits.parse().ok();
                let back = back.filter(|it| (1..=FURTHEST_BACK).contains(it));
                let back = back.ok_or_else(|| {
                    let facts = [("most", FURTHEST_BACK.to_string())];
                    Problem::new(&FORMULA_BACK, column, &facts)
                })?;
                reference.when = Offset::Back(back);
            }
        }
        column += modifier.chars().count() + 1;
    }
    Ok(reference)
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = match self.part {
            Part::Whole => "",
            Part::Numerator => ".numerator",
            Part::Denominator => ".denominator",
        };
        let when = match self.when {
            Offset::Same => None,
            Offset::Back(1) => Some("previous".to_owned()),
            Offset::Back(back) => Some(format!("-{back}")),
            Offset::LastYear => Some("last-year".to_owned()),
        };
        let year_to_date = self.year_to_date.then(|| "ytd".to_owned());
        let modifiers: Vec<_> = when.into_iter().chain(year_to_date).collect();
        let mark = if modifiers.is_empty() { "" } else { "@" };
        let (id, modifiers) = (self.indicator.as_str(), modifiers.join(","));
        write!(formatter, "[{id}{part}{mark}{modifiers}]")
    }
}
