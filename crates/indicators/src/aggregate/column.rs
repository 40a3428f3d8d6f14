//! The figures of one indicator and period, dense, by the number of the unit.
//!
//! A mark of one byte says what there is and how far it has come, and numbers stand beside it as they are added:
//! counts and đồng as they are, everything else in millionths. 300 indicators of 11.000
//! units take 9 bytes a unit, shares 17; where few units have figures, as of an indicator of
//! provinces, only theirs are kept, beside the byte.

use std::{cmp::Ordering, collections::BTreeMap};

use types::{
    decimal::Decimal,
    money::Money,
    percent::Percent,
    quantity::{Absence, Content, Qualifier, Quantity, Value},
    ratio::Ratio,
};

use super::atlas::Number;
use crate::{formula::Number as Exact, indicator::ValueKind, value::ValueState};

mod numbers;

pub(crate) use numbers::Numbers;

/// What is known of a unit: nothing was read yet, or what was reported. The lower half
/// says what, the upper half how far it has come.
pub(crate) type Mark = u8;

const WHAT: Mark = 0x0f;
const STATE_BITS: u32 = 4;

/// The unit has not reported.
pub(crate) const MISSING: Mark = 0;
/// Nothing was read of the unit.
pub(crate) const UNKNOWN: Mark = u8::MAX;
/// Marks below are values with the qualifier of that place, from 1 on.
const FIRST_ABSENT: Mark = 9;
/// A percentage without its numbers.
pub(crate) const STATED: Mark = 15;

pub(crate) const QUALIFIERS: [Qualifier; 8] = [
    Qualifier::Exact,
    Qualifier::About,
    Qualifier::MoreThan,
    Qualifier::LessThan,
    Qualifier::Nearly,
    Qualifier::AtLeast,
    Qualifier::AtMost,
    Qualifier::Estimated,
];

pub(crate) const ABSENCES: [Absence; 6] = [
    Absence::NotArisen,
    Absence::NotImplemented,
    Absence::InProgress,
    Absence::None,
    Absence::NotApplicable,
    Absence::NotCollected,
];

const STATES: [ValueState; 4] = [
    ValueState::Draft,
    ValueState::Submitted,
    ValueState::Accepted,
    ValueState::Rejected,
];

/// Figures of which states are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct States([bool; 4]);

impl States {
    pub(crate) const ALL: Self = Self([true; 4]);

    /// Returns these states; all when none is named.
    pub(crate) fn of(states: &[ValueState]) -> Self {
        if states.is_empty() {
            return Self::ALL;
        }
        Self(STATES.map(|it| states.contains(&it)))
    }

    /// Returns what is seen of a mark: what has not come so far counts as missing.
    pub(crate) fn seen(self, mark: Mark) -> Mark {
        if mark == UNKNOWN {
            return UNKNOWN;
        }
        let state = usize::from(mark >> STATE_BITS);
        match self.0.get(state) {
            Some(true) => mark & WHAT,
            _ => MISSING,
        }
    }
}

/// Of what kind the figures of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Count,
    Money,
    Decimal,
    /// Numerator and denominator.
    Share,
    Flag,
    Choice,
    Text,
}

/// The figures of one indicator and period.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    shape: Shape,
    marks: Vec<Mark>,
    numbers: Numbers,
    /// Only of shares.
    denominators: Numbers,
    /// Percentages that were stated without numbers.
    stated: BTreeMap<Number, (Percent, Qualifier)>,
    /// Only of choices and texts.
    words: BTreeMap<Number, Box<str>>,
    /// How many units nothing was read of.
    unknown: usize,
}

impl Shape {
    /// Returns the shape of an indicator's figures.
    pub(crate) fn of(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Count => Self::Count,
            ValueKind::Money => Self::Money,
            ValueKind::Decimal => Self::Decimal,
            ValueKind::Ratio | ValueKind::Score | ValueKind::Rank => Self::Share,
            ValueKind::Flag => Self::Flag,
            ValueKind::Choice => Self::Choice,
            ValueKind::Text => Self::Text,
        }
    }
}

impl Column {
    /// Makes a column of which nothing was read.
    pub(crate) fn unread(shape: Shape) -> Self {
        Self {
            shape,
            marks: Vec::new(),
            numbers: Numbers::none(),
            denominators: Numbers::none(),
            stated: BTreeMap::new(),
            words: BTreeMap::new(),
            unknown: 0,
        }
    }

    /// Makes room for units of which nothing was read.
    pub(crate) fn grow(&mut self, units: usize) {
        if units > self.marks.len() {
            self.unknown += units - self.marks.len();
            self.marks.resize(units, UNKNOWN);
            self.numbers.resize(units);
            if self.shape == Shape::Share {
                self.denominators.resize(units);
            }
        }
    }

    /// Says whether everything was read of so many units.
    pub(crate) fn is_read(&self, units: usize) -> bool {
        self.unknown == 0 && self.marks.len() >= units
    }

    /// Returns the mark of a unit.
    pub(crate) fn mark(&self, unit: Number) -> Mark {
        self.marks.get(unit as usize).copied().unwrap_or(UNKNOWN)
    }

    pub(crate) fn marks(&self) -> &[Mark] {
        &self.marks
    }

    pub(crate) fn shape(&self) -> Shape {
        self.shape
    }

    pub(crate) fn numbers(&self) -> &Numbers {
        &self.numbers
    }

    pub(crate) fn denominators(&self) -> &Numbers {
        &self.denominators
    }

    /// Notes that a unit has not reported.
    pub(crate) fn clear(&mut self, unit: Number) {
        self.put_mark(unit, MISSING);
    }

    /// Notes what a unit reported. What does not fit the kind of the column is no figure of
    /// this indicator: kinds never change once one is published.
    pub(crate) fn put(&mut self, unit: Number, quantity: &Quantity, state: ValueState) {
        let state = STATES.iter().position(|it| *it == state).unwrap_or(0);
        let state = Mark::try_from(state).unwrap_or(0) << STATE_BITS;
        let value = match quantity.content() {
            Content::Absent(absence) => {
                let place = ABSENCES.iter().position(|it| it == absence).unwrap_or(0);
                let mark = FIRST_ABSENT + Mark::try_from(place).unwrap_or(0);
                self.put_mark(unit, mark | state);
                return;
            }
            Content::Value(value) => value,
        };
        let qualifier = quantity.qualifier();
        let place = QUALIFIERS.iter().position(|it| *it == qualifier);
        let mark = 1 + Mark::try_from(place.unwrap_or(0)).unwrap_or(0);
        self.put_mark(unit, mark | state);
        let index = unit as usize;
        match (self.shape, value) {
            (Shape::Count, Value::Count(count)) => self.numbers.set(index, (*count).into()),
            (Shape::Money, Value::Money(money)) => self.numbers.set(index, money.vnd().into()),
            (Shape::Decimal, Value::Decimal(it)) => self.numbers.set(index, it.millionths()),
            (Shape::Flag, Value::Flag(flag)) => self.numbers.set(index, i128::from(*flag)),
            (Shape::Share, Value::Ratio(ratio)) => match (ratio.parts(), ratio.stated_percent()) {
                (Some((numerator, denominator)), _) => {
                    self.numbers.set(index, numerator.millionths());
                    self.denominators.set(index, denominator.millionths());
                }
                (None, stated) => {
                    self.put_mark(unit, STATED | state);
                    let stated = stated.unwrap_or(ratio.shown_percent());
                    self.stated.insert(unit, (stated, qualifier));
                }
            },
            (Shape::Choice, Value::Choice(words)) | (Shape::Text, Value::Text(words)) => {
                self.words.insert(unit, words.as_str().into());
            }
            _ => self.put_mark(unit, MISSING),
        }
    }

    fn put_mark(&mut self, unit: Number, mark: Mark) {
        let index = unit as usize;
        self.grow(index + 1);
        if self.marks[index] == UNKNOWN {
            self.unknown -= 1;
        }
        self.marks[index] = mark;
        self.numbers.set(index, 0);
        self.denominators.set(index, 0);
        self.stated.remove(&unit);
        self.words.remove(&unit);
    }

    /// Returns what a unit reported; the words that were published are not kept.
    pub(crate) fn quantity(&self, unit: Number) -> Option<Quantity> {
        let mark = States::ALL.seen(self.mark(unit));
        if mark == STATED {
            let (stated, qualifier) = self.stated.get(&unit)?;
            let ratio = Ratio::new(None, Some(*stated)).ok()?;
            return Some(Quantity::computed(Value::Ratio(ratio), *qualifier));
        }
        if let Some(absence) = absence(mark) {
            return Some(Quantity::absent(absence));
        }
        let qualifier = qualifier(mark)?;
        let words = || self.words.get(&unit).map(|it| String::from(&**it));
        let number = self.numbers.get(unit as usize);
        let value = match self.shape {
            Shape::Flag => Value::Flag(number != 0),
            Shape::Choice => Value::Choice(words()?),
            Shape::Text => Value::Text(words()?),
            shape => value(shape, number, self.denominators.get(unit as usize))?,
        };
        Some(Quantity::computed(value, qualifier))
    }

    /// Returns the qualifier of what a unit reported.
    pub(crate) fn qualifier(&self, unit: Number) -> Option<Qualifier> {
        match States::ALL.seen(self.mark(unit)) {
            STATED => self.stated.get(&unit).map(|(_, qualifier)| *qualifier),
            mark => qualifier(mark),
        }
    }

    /// Compares the figures of two units that both reported one: shares by their exact
    /// value. Among equal ones what else is known decides, so that the order of units
    /// never does.
    pub(crate) fn compare(&self, one: Number, other: Number) -> Ordering {
        self.compare_values(one, other).then_with(|| {
            let known = |it: Number| {
                let index = it as usize;
                (self.numbers.get(index), self.denominators.get(index))
            };
            known(one).cmp(&known(other))
        })
    }

    /// Compares the figures of two units by their value alone.
    pub(crate) fn compare_values(&self, one: Number, other: Number) -> Ordering {
        let (first, second) = (one as usize, other as usize);
        if self.shape != Shape::Share {
            return self.numbers.get(first).cmp(&self.numbers.get(second));
        }
        if let (Numbers::Narrow(above), Numbers::Narrow(below)) =
            (&self.numbers, &self.denominators)
            && below[first] != 0
            && below[second] != 0
        {
            let cross = |a: usize, b: usize| i128::from(above[a]) * i128::from(below[b]);
            return cross(first, second).cmp(&cross(second, first));
        }
        self.share(one).cmp(&self.share(other))
    }

    /// Returns a share on the scale from 0 to 100, exactly.
    fn share(&self, unit: Number) -> Option<Exact> {
        if let Some((stated, _)) = self.stated.get(&unit) {
            return Some(stated.decimal().into());
        }
        let index = unit as usize;
        let numerator = Exact::from_wide(self.numbers.get(index)).multiply(&Exact::from(100))?;
        numerator.divide(&Exact::from_wide(self.denominators.get(index)))
    }

    /// Returns about how many bytes it takes.
    pub(crate) fn bytes(&self) -> usize {
        let words: usize = self.words.values().map(|it| it.len() + 48).sum();
        let lists = self.numbers.bytes() + self.denominators.bytes();
        self.marks.capacity() + lists + self.stated.len() * 64 + words + 256
    }
}

/// Returns the absence that is seen of a mark.
pub(crate) fn absence(mark: Mark) -> Option<Absence> {
    let place = mark.checked_sub(FIRST_ABSENT)?;
    ABSENCES.get(usize::from(place)).copied()
}

/// Returns the qualifier of the value that is seen of a mark.
pub(crate) fn qualifier(mark: Mark) -> Option<Qualifier> {
    let place = mark.checked_sub(1)?;
    QUALIFIERS.get(usize::from(place)).copied()
}

/// Makes a value of the numbers a column adds; nothing when it is too great. What is not
/// a whole number is written as short as it is exact.
pub(crate) fn value(shape: Shape, number: i128, denominator: i128) -> Option<Value> {
    let whole = || i64::try_from(number).ok();
    match shape {
        Shape::Count | Shape::Flag => whole().map(Value::Count),
        Shape::Money => whole().map(|it| Value::Money(Money::new(it))),
        Shape::Decimal => decimal(number).map(Value::Decimal),
        Shape::Share => {
            let parts = decimal(number).zip(decimal(denominator));
            Ratio::new(Some(parts?), None).ok().map(Value::Ratio)
        }
        Shape::Choice | Shape::Text => None,
    }
}

/// Writes millionths as short as they are exact.
pub(crate) fn decimal(millionths: i128) -> Option<Decimal> {
    let mut scales = 0..=6;
    scales.find_map(|it| Decimal::from_millionths(millionths, it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(numerator: &str, denominator: &str) -> Value {
        let parts = (numerator.parse().unwrap(), denominator.parse().unwrap());
        Value::Ratio(Ratio::new(Some(parts), None).unwrap())
    }

    fn stated(percent: &str) -> Value {
        Value::Ratio(Ratio::new(None, Some(percent.parse().unwrap())).unwrap())
    }

    fn back(shape: Shape, quantity: &Quantity) -> Option<Quantity> {
        let mut column = Column::unread(shape);
        column.put(3, quantity, ValueState::Submitted);
        column.quantity(3)
    }

    #[test]
    fn what_a_unit_reported_comes_back() {
        let wide = "999999999999999999".parse().unwrap();
        for (shape, value) in [
            (Shape::Count, Value::Count(-132)),
            (Shape::Money, Value::Money(Money::new(i64::MAX))),
            (Shape::Decimal, Value::Decimal("60.41".parse().unwrap())),
            (Shape::Decimal, Value::Decimal(wide)),
            (Shape::Share, share("9475", "15684")),
            (Shape::Share, share("17.25", "20")),
            (Shape::Share, stated("99")),
            (Shape::Flag, Value::Flag(false)),
            (Shape::Choice, Value::Choice("Mức 4".into())),
            (Shape::Text, Value::Text("Đang triển khai".into())),
        ] {
            for qualifier in QUALIFIERS {
                let quantity = Quantity::computed(value.clone(), qualifier);
                assert_eq!(back(shape, &quantity), Some(quantity));
            }
        }
        for absence in ABSENCES {
            let quantity = Quantity::absent(absence);
            assert_eq!(back(Shape::Count, &quantity), Some(quantity));
        }
    }

    #[test]
    fn a_column_of_few_figures_is_small_and_is_the_same_as_a_full_one() {
        const UNITS: u32 = 10_937;
        let column = |every: usize| {
            let mut column = Column::unread(Shape::Share);
            column.grow(UNITS as usize);
            for unit in 0..UNITS {
                column.clear(unit);
            }
            for unit in (0..UNITS).step_by(every) {
                let parts = share(&unit.to_string(), "20000");
                column.put(unit, &Quantity::value(parts), ValueState::Draft);
            }
            column
        };
        let (provinces, communes) = (column(160), column(1));
        assert!(provinces.bytes() * 10 < communes.bytes());
        for unit in [0, 160, 161, 10_880] {
            let is_there = unit % 160 == 0;
            let expected = communes.quantity(unit).filter(|_| is_there);
            assert_eq!(provinces.quantity(unit), expected, "{unit}");
        }
        assert_eq!(provinces.compare(0, 160), communes.compare(0, 160));
        let mut taken_back = provinces.clone();
        taken_back.clear(160);
        taken_back.put(161, &Quantity::value(share("1", "2")), ValueState::Draft);
        assert_eq!(taken_back.quantity(160), None);
        assert_eq!(taken_back.quantity(161).unwrap().to_vietnamese(), "50%");
        // What is too great for a narrow number makes room for all.
        let huge = share("300000000000000000", "900000000000000000");
        taken_back.put(320, &Quantity::value(huge.clone()), ValueState::Draft);
        assert_eq!(taken_back.quantity(320), Some(Quantity::value(huge)));
        assert_eq!(taken_back.quantity(480), provinces.quantity(480));
    }

    #[test]
    fn what_was_not_read_is_not_missing() {
        let mut column = Column::unread(Shape::Count);
        column.grow(4);
        assert!(!column.is_read(4));
        assert_eq!((column.mark(2), column.mark(9)), (UNKNOWN, UNKNOWN));
        for unit in 0..4 {
            column.clear(unit);
        }
        assert!(column.is_read(4) && !column.is_read(5));
        assert_eq!(column.quantity(2), None);
        column.put(2, &Quantity::value(Value::Count(0)), ValueState::Draft);
        assert_eq!(column.quantity(2), Some(Quantity::value(Value::Count(0))));
    }

    #[test]
    fn shares_are_compared_exactly_whatever_is_known_of_them() {
        let mut column = Column::unread(Shape::Share);
        let huge = share("300000000000000000", "900000000000000000");
        for (unit, value) in (0..).zip([share("1", "3"), share("2", "6"), stated("33.33"), huge]) {
            column.put(unit, &Quantity::value(value), ValueState::Draft);
        }
        assert_eq!(column.compare_values(0, 1), Ordering::Equal);
        assert_eq!(column.compare(0, 1), Ordering::Less);
        assert_eq!(column.compare_values(2, 0), Ordering::Less);
        assert_eq!(column.compare_values(3, 0), Ordering::Equal);
    }
}
