//! Taking figures: each is noted, with what a person should know about it.

use types::{
    ids::IndicatorId,
    period::Period,
    quantity::{Absence, Content, Qualifier, Quantity, Value},
};

use super::{Given, Input, Judge, Known, Lacking};
use crate::{
    criteria_set::rule::Figure,
    formula::{Number, Part, evaluate::Outcome, result},
    indicator::ValueKind,
    reason::{
        FIGURE_MISSING, FIGURE_NOT_EXACT, INDICATOR_NOT_IN_FORCE, VALUE_KIND_MISMATCH,
        VALUE_NOT_COMPUTED,
    },
};

impl Judge<'_> {
    /// Notes a figure that is shown only.
    pub(super) fn show(&mut self, figure: &Figure) {
        let period = self.figures.period;
        let before = self.remarks.len();
        let _ = self.quantity(&figure.indicator, period);
        if let Some(denominator) = &figure.denominator {
            let _ = self.quantity(denominator, period);
        }
        // Nothing hangs on it.
        self.remarks.truncate(before);
    }

    pub(super) fn truth(&mut self, indicator: &IndicatorId) -> Given<bool> {
        let quantity = self.quantity(indicator, self.figures.period)?;
        match quantity.content() {
            Content::Value(Value::Flag(flag)) => Ok(*flag),
            _ => Err(self.unfit(indicator, &quantity)),
        }
    }

    /// Returns the number a rule looks at: a figure, or the percentage of two. A percentage
    /// of nothing is "chưa phát sinh".
    pub(super) fn number(&mut self, figure: &Figure, period: Period) -> Given<Number> {
        let number = self.one_number(&figure.indicator, period);
        let Some(denominator) = &figure.denominator else {
            return number;
        };
        let whole = self.one_number(denominator, period)?;
        let part = number?;
        if whole.is_zero() {
            return Err(Lacking::Absent(Absence::NotArisen));
        }
        let hundred = part.multiply(&Number::from(100));
        let percent = hundred.and_then(|it| it.divide(&whole));
        percent.ok_or(Lacking::Missing)
    }

    fn one_number(&mut self, indicator: &IndicatorId, period: Period) -> Given<Number> {
        let quantity = self.quantity(indicator, period)?;
        let kind = self.kind(indicator, period);
        let part = Part::Whole;
        match result::figure(Some(&quantity), part, kind).outcome {
            Outcome::Number(number) => Ok(number),
            _ => Err(self.unfit(indicator, &quantity)),
        }
    }

    /// Returns a share as its percentage, a score as points of its maximum too.
    pub(super) fn percent(&mut self, indicator: &IndicatorId) -> Given<Number> {
        let quantity = self.quantity(indicator, self.figures.period)?;
        let part = Part::Whole;
        match result::figure(Some(&quantity), part, ValueKind::Ratio).outcome {
            Outcome::Number(number) => Ok(number),
            _ => Err(self.unfit(indicator, &quantity)),
        }
    }

    fn kind(&self, indicator: &IndicatorId, period: Period) -> ValueKind {
        let cell = (indicator.clone(), period);
        let kind = self.figures.kinds.get(&cell).copied();
        kind.unwrap_or(ValueKind::Decimal)
    }

    /// Returns a figure that is there, and notes that it was taken.
    pub(super) fn quantity(&mut self, indicator: &IndicatorId, period: Period) -> Given<Quantity> {
        let cell = (indicator.clone(), period);
        let name = ("indicator", indicator.name());
        let known = self.figures.known.get(&cell).cloned();
        let (quantity, revision) = match &known {
            Some(Known::Figure(quantity, revision)) => (Some(quantity.clone()), *revision),
            Some(Known::Failed(..)) | None => (None, 0),
        };
        let style = self.figures.styles.get(&cell).copied().unwrap_or_default();
        let input = Input {
            indicator: indicator.clone(),
            period,
            quantity: quantity.clone(),
            revision,
            scale: style.scale,
            as_parts: style.as_parts,
        };
        if !self.inputs.contains(&input) {
            self.inputs.push(input);
        }
        if !self.figures.kinds.contains_key(&cell) {
            let facts = [name, ("period", period.to_string())];
            self.note(&INDICATOR_NOT_IN_FORCE, &facts);
            return Err(Lacking::Missing);
        }
        let Some(quantity) = quantity else {
            match known {
                Some(Known::Failed(cause_en, cause_vi)) => {
                    let value =
                        format!("{indicator}/values/{}.{period}", self.figures.unit.as_str());
                    let facts = [
                        ("name", value),
                        ("cause_en", cause_en),
                        ("cause_vi", cause_vi),
                    ];
                    self.note(&VALUE_NOT_COMPUTED, &facts);
                }
                _ => {
                    let facts = [name, ("period", period.to_string())];
                    self.note(&FIGURE_MISSING, &facts);
                }
            }
            return Err(Lacking::Missing);
        };
        if let Content::Absent(absence) = quantity.content() {
            return Err(Lacking::Absent(*absence));
        }
        if quantity.qualifier() != Qualifier::Exact {
            let facts = [name, ("words", quantity.to_vietnamese_as(style))];
            self.note(&FIGURE_NOT_EXACT, &facts);
        }
        Ok(quantity)
    }

    /// Notes a figure the rule cannot use.
    pub(super) fn unfit(&mut self, indicator: &IndicatorId, quantity: &Quantity) -> Lacking {
        let found = match quantity.content() {
            Content::Value(value) => ValueKind::of(value).words(),
            Content::Absent(_) => ("", ""),
        };
        let (expected_en, expected_vi) = self.kind(indicator, self.figures.period).words();
        let facts = [
            ("indicator", indicator.name()),
            ("expected_en", expected_en.to_owned()),
            ("expected_vi", expected_vi.to_owned()),
            ("found_en", found.0.to_owned()),
            ("found_vi", found.1.to_owned()),
        ];
        self.note(&VALUE_KIND_MISMATCH, &facts);
        Lacking::Missing
    }
}
