//! What the figures of an indicator may be, which days they count, and how they are printed.

use kit::Reason;
use serde::{Deserialize, Serialize};
use types::{
    decimal::Decimal,
    ids::Breakdown,
    period::{Period, WindowRule},
    quantity::{Style, Value},
    ratio::Ratio,
    validity::Validity,
    violations::Invalid,
};

use super::{Accumulation, Definition, ValueKind};
use crate::{
    indicator::standing::{end, start},
    reason::{
        AMOUNT_BELOW_ZERO, BELOW_ZERO, DIMENSION_NOT_DECLARED, DIMENSION_VALUE_NOT_DECLARED,
        PERIOD_BEFORE_BASE, RANK_OUT_OF_RANGE, SCORE_ABOVE_MAXIMUM,
    },
};

/// What the figures may be, as far as their owner says it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bounds {
    /// Whether more than the whole is told, of a share; none = yes.
    pub(crate) within_whole: Option<bool>,
    pub(crate) negative_allowed: bool,
    pub(crate) bonus_allowed: bool,
    /// First period of the programme, for figures since its start.
    pub(crate) base_period: Option<Period>,
    /// Days that count for a period; none = those of NĐ 09/2019.
    pub(crate) window: Option<WindowRule>,
    /// By what figures may be broken down; empty = by anything.
    pub(crate) dimensions: Vec<Dimension>,
}

/// Something by which figures are broken down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dimension {
    pub(crate) key: String,
    pub(crate) display_name: String,
    /// What it may be; empty = anything.
    pub(crate) values: Vec<String>,
}

/// How figures are printed and looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Manner {
    pub(crate) style: Style,
    /// Whether a numerator above its denominator is told.
    pub(crate) within_whole: bool,
}

/// Where nothing is known of the indicator, a share is taken for one of a whole.
impl Default for Manner {
    fn default() -> Self {
        Self {
            style: Style::default(),
            within_whole: true,
        }
    }
}

/// Why a figure is refused: the reason, the field of the item, and the facts of the text.
pub(crate) type OutOfBounds = (&'static Reason, &'static str, Vec<(&'static str, String)>);

impl Definition {
    /// Returns how the figures are printed and looked at.
    pub(crate) fn manner(&self) -> Manner {
        let as_parts = matches!(self.value_kind, ValueKind::Score | ValueKind::Rank);
        let within_whole = self.details.bounds.within_whole.unwrap_or(true);
        Manner {
            style: Style {
                scale: self.details.scale,
                as_parts,
            },
            // More points than the maximum are refused or a bonus, never odd.
            within_whole: within_whole && self.value_kind == ValueKind::Ratio,
        }
    }

    /// Returns the days that count for a period.
    pub(crate) fn window(&self, period: &Period) -> Validity {
        let rule = self.details.bounds.window;
        let rule = rule.unwrap_or_else(WindowRule::decree_09_2019);
        rule.window(*period).unwrap_or_else(|_| period.calendar())
    }

    /// Returns why a value of the right kind is not taken.
    pub(crate) fn out_of_bounds(&self, value: &Value) -> Option<OutOfBounds> {
        let bounds = &self.details.bounds;
        match (value, self.value_kind) {
            (Value::Count(count), _) if *count < 0 => {
                let facts = vec![("count", count.to_string())];
                Some((&BELOW_ZERO, "quantity.count", facts))
            }
            (Value::Money(money), _) if money.vnd() < 0 && !bounds.negative_allowed => {
                let facts = vec![("amount_vi", money.to_vietnamese())];
                let facts = [facts, vec![("amount_en", money.vnd().to_string())]].concat();
                Some((&AMOUNT_BELOW_ZERO, "quantity.amount_vnd", facts))
            }
            (Value::Ratio(ratio), ValueKind::Score) if !bounds.bonus_allowed => {
                is_above_whole(ratio).map(|it| (&SCORE_ABOVE_MAXIMUM, "quantity.ratio", it))
            }
            (Value::Ratio(ratio), ValueKind::Rank) => {
                is_no_place(ratio).map(|it| (&RANK_OUT_OF_RANGE, "quantity.ratio", it))
            }
            _ => None,
        }
    }

    /// Returns why there are no figures of such a period.
    pub(crate) fn before_base(&self, period: &Period) -> Option<OutOfBounds> {
        let base = self.details.bounds.base_period?;
        (end(period) < start(&base)).then(|| {
            let facts = vec![
                ("period", period.to_string()),
                ("base_period", base.to_string()),
                ("base_period_vi", base.to_vietnamese()),
            ];
            (&PERIOD_BEFORE_BASE, "period", facts)
        })
    }

    /// Returns why a figure is not broken down like that.
    pub(crate) fn undeclared(&self, breakdown: &Breakdown) -> Option<OutOfBounds> {
        let dimensions = &self.details.bounds.dimensions;
        if dimensions.is_empty() {
            return None;
        }
        let (key, value) = match breakdown.as_str().split_once('-') {
            Some((key, value)) => (key, value),
            None => (breakdown.as_str(), ""),
        };
        let fact = ("breakdown", breakdown.as_str().to_owned());
        let Some(dimension) = dimensions.iter().find(|it| it.key == key) else {
            let keys: Vec<_> = dimensions.iter().map(|it| it.key.as_str()).collect();
            let facts = vec![fact, ("key", key.to_owned()), ("keys", keys.join(", "))];
            return Some((&DIMENSION_NOT_DECLARED, "breakdown", facts));
        };
        let is_declared =
            dimension.values.is_empty() || dimension.values.iter().any(|it| it == value);
        (!is_declared).then(|| {
            let values = dimension.values.join(", ");
            let facts = vec![fact, ("key", key.to_owned()), ("values", values)];
            (&DIMENSION_VALUE_NOT_DECLARED, "breakdown", facts)
        })
    }

    /// Notes what is said of figures that does not concern their kind.
    pub(super) fn is_bounded_as_its_kind(&self, bad: &mut Invalid) {
        let bounds = &self.details.bounds;
        let kind = self.value_kind;
        let said = [
            (
                bounds.within_whole.is_some(),
                "numerator_within_denominator",
                ValueKind::Ratio,
            ),
            (
                bounds.negative_allowed,
                "negative_allowed",
                ValueKind::Money,
            ),
            (bounds.bonus_allowed, "bonus_allowed", ValueKind::Score),
        ];
        for (is_said, field, concerned) in said {
            if is_said && kind != concerned {
                let ((wanted_en, wanted_vi), (found_en, found_vi)) =
                    (concerned.words(), kind.words());
                bad.add(
                    format!("indicator.{field}"),
                    "NOT_FOR_THIS_KIND",
                    format!("is said where each figure is {wanted_en}, not {found_en}"),
                    format!("chỉ áp dụng cho số liệu dạng {wanted_vi}, không phải {found_vi}"),
                );
            }
        }
        match (self.accumulation, &bounds.base_period) {
            (Accumulation::SinceStart, None) => bad.missing("indicator.base_period"),
            (Accumulation::SinceStart, Some(_)) | (_, None) => {}
            (_, Some(_)) => bad.add(
                "indicator.base_period",
                "BASE_PERIOD_NOT_ALLOWED",
                "only figures since the start of a programme count from a base period",
                "chỉ số liệu lũy kế từ đầu chương trình mới có kỳ gốc",
            ),
        }
    }
}

/// Returns the facts when more points are given than there are.
fn is_above_whole(ratio: &Ratio) -> Option<Vec<(&'static str, String)>> {
    let (points, maximum) = ratio.parts()?;
    let over = points.checked_sub(maximum)?;
    let is_over = !over.is_negative() && !over.is_zero();
    is_over.then(|| of_parts(points, maximum))
}

/// Returns the facts when a place is none among so many: 1 is the first, the last is their
/// number, and nobody stands between two places.
fn is_no_place(ratio: &Ratio) -> Option<Vec<(&'static str, String)>> {
    let (place, count) = ratio.parts()?;
    let whole = |it: Decimal| it.rescale_half_up(0).map(Decimal::units);
    let is_whole = |it: Decimal| {
        let rounded = it
            .rescale_half_up(0)
            .and_then(|rounded| rounded.checked_sub(it));
        rounded.is_some_and(Decimal::is_zero)
    };
    let is_place = is_whole(place)
        && is_whole(count)
        && whole(place) >= Some(1)
        && whole(place) <= whole(count);
    (!is_place).then(|| of_parts(place, count))
}

fn of_parts(part: Decimal, whole: Decimal) -> Vec<(&'static str, String)> {
    vec![
        ("part_en", part.to_string()),
        ("part_vi", part.to_vietnamese()),
        ("whole_en", whole.to_string()),
        ("whole_vi", whole.to_vietnamese()),
    ]
}

#[cfg(test)]
mod tests {
    use types::money::Money;

    use super::*;
    use crate::indicator::Revision;

    fn of_kind(kind: ValueKind) -> Definition {
        Definition {
            value_kind: kind,
            ..Revision::of_test().definition
        }
    }

    fn parts(part: &str, whole: &str) -> Value {
        let parts = (part.parse().unwrap(), whole.parse().unwrap());
        Value::Ratio(Ratio::new(Some(parts), None).unwrap())
    }

    fn refused(definition: &Definition, value: &Value) -> Option<(&'static str, &'static str)> {
        let (reason, field, _) = definition.out_of_bounds(value)?;
        Some((reason.code, field))
    }

    #[test]
    fn points_stay_within_the_maximum_unless_a_bonus_is_declared() {
        let mut score = of_kind(ValueKind::Score);
        assert_eq!(refused(&score, &parts("17.25", "20")), None);
        assert_eq!(refused(&score, &parts("20", "20")), None);
        let over = Some(("SCORE_ABOVE_MAXIMUM", "quantity.ratio"));
        assert_eq!(refused(&score, &parts("21", "20")), over);
        score.details.bounds.bonus_allowed = true;
        assert_eq!(refused(&score, &parts("21", "20")), None);
        // A share may be above its whole; that is told and kept.
        assert_eq!(
            refused(&of_kind(ValueKind::Ratio), &parts("21", "20")),
            None
        );
    }

    #[test]
    fn a_rank_is_a_place_among_so_many() {
        let rank = of_kind(ValueKind::Rank);
        for good in [("1", "13"), ("3", "13"), ("13", "13"), ("3.0", "13")] {
            assert_eq!(refused(&rank, &parts(good.0, good.1)), None, "{good:?}");
        }
        let out = Some(("RANK_OUT_OF_RANGE", "quantity.ratio"));
        for bad in [("0", "13"), ("14", "13"), ("2.5", "13"), ("2", "12.5")] {
            assert_eq!(refused(&rank, &parts(bad.0, bad.1)), out, "{bad:?}");
        }
    }

    #[test]
    fn an_amount_is_below_zero_only_where_the_definition_says_so() {
        let mut money = of_kind(ValueKind::Money);
        let owed = Value::Money(Money::new(-5_000_000));
        let below = Some(("AMOUNT_BELOW_ZERO", "quantity.amount_vnd"));
        assert_eq!(refused(&money, &owed), below);
        assert_eq!(refused(&money, &Value::Money(Money::new(0))), None);
        money.details.bounds.negative_allowed = true;
        assert_eq!(refused(&money, &owed), None);
    }

    #[test]
    fn a_programme_has_no_figures_from_before_it_began() {
        let mut definition = of_kind(ValueKind::Count);
        definition.details.bounds.base_period = Some("2021-h2".parse().unwrap());
        let refused = |code: &str| definition.before_base(&code.parse().unwrap()).is_some();
        assert!(refused("2021-h1") && refused("2020") && refused("2021-m06"));
        assert!(!refused("2021") && !refused("2021-m07") && !refused("2022-q1"));
    }

    #[test]
    fn a_part_is_of_a_dimension_that_is_declared() {
        let mut definition = of_kind(ValueKind::Count);
        let reason = |definition: &Definition, breakdown: &str| {
            let refused = definition.undeclared(&Breakdown::new(breakdown).unwrap());
            refused.map(|(reason, ..)| reason.code)
        };
        assert_eq!(reason(&definition, "gioi-nu"), None);
        let dimension = |key: &str, values: &[&str]| Dimension {
            key: key.into(),
            display_name: "Phân tổ".into(),
            values: values.iter().map(|it| (*it).to_owned()).collect(),
        };
        definition.details.bounds.dimensions =
            vec![dimension("gioi", &["nam", "nu"]), dimension("xa", &[])];
        assert_eq!(reason(&definition, "gioi-nu"), None);
        assert_eq!(reason(&definition, "xa-long-hiep"), None);
        let value = Some("DIMENSION_VALUE_NOT_DECLARED");
        assert_eq!(reason(&definition, "gioi-khac"), value);
        assert_eq!(reason(&definition, "gioi"), value);
        assert_eq!(
            reason(&definition, "cap-huyen"),
            Some("DIMENSION_NOT_DECLARED")
        );
    }

    #[test]
    fn what_does_not_concern_the_kind_is_refused_by_its_field() {
        let fields = |definition: &Definition| -> Vec<String> {
            let mut bad = Invalid::default();
            definition.is_bounded_as_its_kind(&mut bad);
            bad.violations().iter().map(|it| it.field.clone()).collect()
        };
        let mut count = of_kind(ValueKind::Count);
        count.details.bounds = Bounds {
            within_whole: Some(false),
            negative_allowed: true,
            bonus_allowed: true,
            base_period: Some("2021".parse().unwrap()),
            ..Bounds::default()
        };
        let refused = [
            "indicator.numerator_within_denominator",
            "indicator.negative_allowed",
            "indicator.bonus_allowed",
            "indicator.base_period",
        ];
        assert_eq!(fields(&count), refused);
        let mut programme = of_kind(ValueKind::Count);
        programme.accumulation = Accumulation::SinceStart;
        assert_eq!(fields(&programme), ["indicator.base_period"]);
        programme.details.bounds.base_period = Some("2021".parse().unwrap());
        assert!(fields(&programme).is_empty());
    }
}
