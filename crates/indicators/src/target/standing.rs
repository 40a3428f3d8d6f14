//! Whether a target is reached, and by how much.

use std::cmp::Ordering;

use types::{
    decimal::Decimal,
    quantity::{Content, Qualifier, Quantity, Value},
    ratio::Ratio,
};

use crate::{
    formula::{
        Number,
        bounds::{Known, Order, compared},
    },
    indicator::{Direction, ValueKind},
};

/// Digits after the comma of a distance, where figures have any.
const DISTANCE_SCALE: u8 = 2;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure {
    pub(crate) kind: ValueKind,
    pub(crate) direction: Direction,
}

/// Where a unit stands. Distances are above 0 beyond the target and below 0 short of it,
/// whichever direction is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) standing: Standing,
    /// In the unit of measure.
    pub(crate) distance: Option<Decimal>,
    /// In percentage points, where the measure is a percentage.
    pub(crate) points: Option<Decimal>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    Achieved,
    NotAchieved,
    NotDue,
    NoValue,
    /// The figure is a bound, or called about, that leaves it open.
    NotDecided,
}

impl Measure {
    /// Judges a figure by its target. Before the days that count are over nothing is
    /// decided, but the distance so far is told.
    pub(crate) fn judge(
        self,
        target: &Quantity,
        figure: Option<&Quantity>,
        is_over: bool,
    ) -> Judged {
        let sides = figure.and_then(|it| self.sides(target, it));
        let beyond = sides
            .as_ref()
            .and_then(|(target, figure)| match self.direction {
                Direction::HigherIsBetter => figure.subtract(target),
                Direction::LowerIsBetter => target.subtract(figure),
                Direction::Neutral => None,
            });
        let standing = match (&sides, &beyond, figure) {
            _ if !is_over => Standing::NotDue,
            (Some((threshold, number)), Some(_), Some(figure)) => {
                let is_strict = self.is_strict(target);
                self.decide(threshold, (number.clone(), figure.qualifier()), is_strict)
            }
            _ => Standing::NoValue,
        };
        let is_percentage = self.kind == ValueKind::Ratio;
        let scale = match self.kind {
            ValueKind::Ratio | ValueKind::Decimal | ValueKind::Score => DISTANCE_SCALE,
            _ => 0,
        };
        let distance = beyond
            .filter(|_| self.kind != ValueKind::Flag)
            .and_then(|it| it.to_decimal(scale));
        Judged {
            standing,
            distance: distance.filter(|_| !is_percentage),
            points: distance.filter(|_| is_percentage),
        }
    }

    /// Judges exactly, what is printed as 50,00% may still fall short of 50%; and only as far
    /// as the figure is known: "dưới 50%" does not reach 50%, "dưới 60%" may.
    fn decide(self, threshold: &Number, figure: Known, is_strict: bool) -> Standing {
        let (good, bad) = match self.direction {
            Direction::LowerIsBetter => (Ordering::Less, Ordering::Greater),
            Direction::HigherIsBetter | Direction::Neutral => (Ordering::Greater, Ordering::Less),
        };
        // What has to be reached is said, not measured: it is exact.
        let (_, order) = compared(&figure, &(threshold.clone(), Qualifier::Exact));
        match order {
            Order::Is(it) if it == good => Standing::Achieved,
            Order::Is(Ordering::Equal) if !is_strict => Standing::Achieved,
            Order::IsNot(it) if it == bad && !is_strict => Standing::Achieved,
            Order::Is(_) => Standing::NotAchieved,
            Order::IsNot(it) if it == good && is_strict => Standing::NotAchieved,
            Order::IsNot(_) | Order::Open(_) => Standing::NotDecided,
        }
    }

    /// Says whether a target is only reached beyond it, as "trên 50%" is.
    fn is_strict(self, target: &Quantity) -> bool {
        match self.direction {
            Direction::HigherIsBetter => target.qualifier() == Qualifier::MoreThan,
            Direction::LowerIsBetter => target.qualifier() == Qualifier::LessThan,
            Direction::Neutral => false,
        }
    }

    /// Returns the numbers of a target and a figure; nothing when they cannot be compared.
    fn sides(self, target: &Quantity, figure: &Quantity) -> Option<(Number, Number)> {
        let (target, figure) = (value(target)?, value(figure)?);
        // Points of one maximum are compared as points, else as shares of their maxima.
        let same_maximum = match (target, figure) {
            (Value::Ratio(one), Value::Ratio(other)) => {
                one.parts().map(|it| it.1) == other.parts().map(|it| it.1)
            }
            _ => false,
        };
        let number = |value: &Value| self.number(value, same_maximum);
        Some((number(target)?, number(figure)?))
    }

    fn number(self, value: &Value, same_maximum: bool) -> Option<Number> {
        match value {
            Value::Count(count) => Some((*count).into()),
            Value::Money(money) => Some(money.vnd().into()),
            Value::Decimal(decimal) => Some((*decimal).into()),
            Value::Flag(flag) => Some(i64::from(*flag).into()),
            Value::Ratio(ratio) => match self.kind {
                ValueKind::Rank => ratio.parts().map(|it| it.0.into()),
                ValueKind::Score if same_maximum => ratio.parts().map(|it| it.0.into()),
                _ => percent(ratio),
            },
            Value::Choice(_) | Value::Text(_) => None,
        }
    }
}

fn value(quantity: &Quantity) -> Option<&Value> {
    match quantity.content() {
        Content::Value(value) => Some(value),
        Content::Absent(_) => None,
    }
}

/// Returns the percentage of a share, exactly when its parts are known.
fn percent(ratio: &Ratio) -> Option<Number> {
    match ratio.parts() {
        Some((numerator, denominator)) => Number::from(numerator)
            .multiply(&Number::from(100))?
            .divide(&Number::from(denominator)),
        None => ratio.stated_percent().map(|it| it.decimal().into()),
    }
}

#[cfg(test)]
mod tests {
    use types::quantity::Absence;

    use super::*;

    const HIGHER: Direction = Direction::HigherIsBetter;
    const LOWER: Direction = Direction::LowerIsBetter;

    fn share(parts: Option<(&str, &str)>, stated: Option<&str>) -> Quantity {
        let parts = parts.map(|(n, d)| (n.parse().unwrap(), d.parse().unwrap()));
        let stated = stated.map(|it| it.parse().unwrap());
        Quantity::value(Value::Ratio(Ratio::new(parts, stated).unwrap()))
    }

    fn judge(
        kind: ValueKind,
        direction: Direction,
        target: &Quantity,
        figure: Option<&Quantity>,
    ) -> (Standing, String) {
        let judged = Measure { kind, direction }.judge(target, figure, true);
        let distance = judged.points.or(judged.distance);
        let shown = distance.map(Decimal::to_vietnamese).unwrap_or_default();
        (judged.standing, shown)
    }

    #[test]
    fn online_files_of_the_province_are_beyond_their_target_by_points() {
        let (fifty, online) = (
            share(None, Some("50")),
            share(Some(("9475", "15684")), None),
        );
        let measure = Measure {
            kind: ValueKind::Ratio,
            direction: HIGHER,
        };
        let judged = measure.judge(&fifty, Some(&online), true);
        assert_eq!(judged.standing, Standing::Achieved);
        assert_eq!(judged.points.unwrap().to_vietnamese(), "10,41");
        assert_eq!(judged.distance, None);
    }

    #[test]
    fn nothing_is_decided_before_the_days_are_over_and_without_a_figure() {
        let fifty = share(None, Some("50"));
        let online = share(Some(("9475", "15684")), None);
        let measure = Measure {
            kind: ValueKind::Ratio,
            direction: HIGHER,
        };
        let early = measure.judge(&fifty, Some(&online), false);
        assert_eq!(early.standing, Standing::NotDue);
        assert_eq!(early.points.unwrap().to_vietnamese(), "10,41");
        let absent = Quantity::absent(Absence::NotArisen);
        for figure in [None, Some(&absent)] {
            let judged = measure.judge(&fifty, figure, true);
            assert_eq!((judged.standing, judged.points), (Standing::NoValue, None));
        }
    }

    #[test]
    fn what_is_printed_as_the_target_may_still_fall_short() {
        let fifty = share(None, Some("50"));
        let almost = share(Some(("49999", "100000")), None);
        let judged = judge(ValueKind::Ratio, HIGHER, &fifty, Some(&almost));
        assert_eq!(judged, (Standing::NotAchieved, "0,00".to_owned()));
        let even = share(Some(("1", "2")), None);
        let judged = judge(ValueKind::Ratio, HIGHER, &fifty, Some(&even));
        assert_eq!(judged.0, Standing::Achieved);
    }

    #[test]
    fn the_good_direction_decides() {
        let count = |it| Quantity::value(Value::Count(it));
        let (ten, twelve) = (count(10), count(12));
        let judged = judge(ValueKind::Count, HIGHER, &ten, Some(&twelve));
        assert_eq!(judged, (Standing::Achieved, "2".to_owned()));
        let judged = judge(ValueKind::Count, LOWER, &ten, Some(&twelve));
        assert_eq!(judged, (Standing::NotAchieved, "-2".to_owned()));
        let (third, fifth) = (
            share(Some(("3", "13")), None),
            share(Some(("5", "13")), None),
        );
        let judged = judge(ValueKind::Rank, LOWER, &fifth, Some(&third));
        assert_eq!(judged, (Standing::Achieved, "2".to_owned()));
        let flag = |it| Quantity::value(Value::Flag(it));
        let judged = judge(ValueKind::Flag, HIGHER, &flag(true), Some(&flag(false)));
        assert_eq!(judged, (Standing::NotAchieved, String::new()));
    }

    #[test]
    fn points_of_one_maximum_are_points_and_of_two_are_shares() {
        let score = |n, d| share(Some((n, d)), None);
        let judged = judge(
            ValueKind::Score,
            HIGHER,
            &score("16", "20"),
            Some(&score("17.25", "20")),
        );
        assert_eq!(judged, (Standing::Achieved, "1,25".to_owned()));
        let judged = judge(
            ValueKind::Score,
            HIGHER,
            &score("16", "20"),
            Some(&score("17.25", "25")),
        );
        assert_eq!(judged, (Standing::NotAchieved, "-11,00".to_owned()));
    }

    /// Where a share called so stands to a target of 50%.
    fn called(qualifier: Qualifier, percent: &str, direction: Direction) -> Standing {
        let stated = Ratio::new(None, Some(percent.parse().unwrap())).unwrap();
        let content = Content::Value(Value::Ratio(stated));
        let figure = Quantity::new(content, qualifier, None).unwrap();
        let fifty = share(None, Some("50"));
        judge(ValueKind::Ratio, direction, &fifty, Some(&figure)).0
    }

    #[test]
    fn a_figure_that_is_not_exact_is_judged_as_far_as_it_is_known() {
        use Qualifier::{About, AtLeast, AtMost, Estimated, LessThan, MoreThan, Nearly};
        use Standing::{Achieved, NotAchieved, NotDecided};
        for (qualifier, percent, standing) in [
            (MoreThan, "50", Achieved),
            (MoreThan, "49", NotDecided),
            (AtLeast, "50", Achieved),
            (LessThan, "50", NotAchieved),
            (LessThan, "60", NotDecided),
            (Nearly, "50", NotAchieved),
            (AtMost, "50", NotDecided),
            (AtMost, "49", NotAchieved),
            (About, "60", NotDecided),
            (Estimated, "60", NotDecided),
        ] {
            let judged = called(qualifier, percent, HIGHER);
            assert_eq!(judged, standing, "{qualifier:?} {percent}");
        }
        // Late files: the fewer the better.
        for (qualifier, percent, standing) in [
            (LessThan, "50", Achieved),
            (AtMost, "50", Achieved),
            (MoreThan, "50", NotAchieved),
            (MoreThan, "40", NotDecided),
            (AtLeast, "50", NotDecided),
        ] {
            let judged = called(qualifier, percent, LOWER);
            assert_eq!(judged, standing, "{qualifier:?} {percent}");
        }
    }

    #[test]
    fn more_than_fifty_percent_is_not_reached_by_fifty() {
        let content = share(None, Some("50")).content().clone();
        let more = Quantity::new(content, Qualifier::MoreThan, None).unwrap();
        let even = share(Some(("1", "2")), None);
        let judged = judge(ValueKind::Ratio, HIGHER, &more, Some(&even));
        assert_eq!(judged.0, Standing::NotAchieved);
        let above = share(Some(("51", "100")), None);
        let judged = judge(ValueKind::Ratio, HIGHER, &more, Some(&above));
        assert_eq!(judged.0, Standing::Achieved);
    }
}
