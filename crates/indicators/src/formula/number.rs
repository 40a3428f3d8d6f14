//! Exact numbers: fractions of bounded size.

use std::{cmp::Ordering, fmt};

use num_bigint::{BigInt, Sign};
use num_integer::Integer;
use num_traits::{One, Signed, ToPrimitive, Zero};
use types::decimal::Decimal;

/// The most bits of a numerator and of a denominator: 154 digits.
const MOST_BITS: u64 = 512;
/// The greatest exponent; more digits than fit anyhow.
const GREATEST_EXPONENT: i64 = 512;

/// A fraction in lowest terms with a denominator above 0. What does not fit is no number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Number {
    numerator: BigInt,
    denominator: BigInt,
}

/// Why a power is no number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoPower {
    /// The exponent is no whole number or is out of reach.
    Exponent,
    /// 0 to the power of something below 0.
    ZeroDenominator,
    TooGreat,
}

impl Number {
    pub(crate) fn zero() -> Self {
        Self::whole(BigInt::zero())
    }

    fn whole(numerator: BigInt) -> Self {
        Self {
            numerator,
            denominator: BigInt::one(),
        }
    }

    /// Makes a whole number that may be longer than one that is stored.
    pub(crate) fn from_wide(number: i128) -> Self {
        Self::whole(number.into())
    }

    /// Makes a fraction of whole numbers; nothing for a denominator of 0 or what is too
    /// great.
    fn fraction(numerator: BigInt, denominator: BigInt) -> Option<Self> {
        if denominator.is_zero() {
            return None;
        }
        let divisor = numerator.gcd(&denominator);
        let (mut numerator, mut denominator) = (numerator / &divisor, denominator / &divisor);
        if denominator.is_negative() {
            (numerator, denominator) = (-numerator, -denominator);
        }
        let fits = numerator.bits() <= MOST_BITS && denominator.bits() <= MOST_BITS;
        fits.then_some(Self {
            numerator,
            denominator,
        })
    }

    /// Reads digits with a dot among them: `12`, `12.50`. At most 18 digits before it and 18
    /// after it.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let all_digits = |it: &str| it.len() <= 18 && it.bytes().all(|it| it.is_ascii_digit());
        if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
            return None;
        }
        let units: BigInt = format!("{whole}{fraction}").parse().ok()?;
        Self::fraction(
            units,
            BigInt::from(10).pow(u32::try_from(fraction.len()).ok()?),
        )
    }

    pub(crate) fn add(&self, other: &Self) -> Option<Self> {
        let numerator = &self.numerator * &other.denominator + &other.numerator * &self.denominator;
        Self::fraction(numerator, &self.denominator * &other.denominator)
    }

    pub(crate) fn subtract(&self, other: &Self) -> Option<Self> {
        self.add(&other.negate())
    }

    pub(crate) fn multiply(&self, other: &Self) -> Option<Self> {
        let numerator = &self.numerator * &other.numerator;
        Self::fraction(numerator, &self.denominator * &other.denominator)
    }

    /// Divides; the caller has seen to it that the other number is not 0.
    pub(crate) fn divide(&self, other: &Self) -> Option<Self> {
        let numerator = &self.numerator * &other.denominator;
        Self::fraction(numerator, &self.denominator * &other.numerator)
    }

    /// Returns what is left after dividing, with the sign of this number; the other one is
    /// not 0.
    pub(super) fn remainder(&self, other: &Self) -> Option<Self> {
        let quotient = self.divide(other)?;
        let whole = Self::whole(&quotient.numerator / &quotient.denominator);
        self.subtract(&whole.multiply(other)?)
    }

    pub(super) fn power(&self, exponent: &Self) -> Result<Self, NoPower> {
        let exponent = exponent.to_i64().ok_or(NoPower::Exponent)?;
        if !(-GREATEST_EXPONENT..=GREATEST_EXPONENT).contains(&exponent) {
            return Err(NoPower::Exponent);
        }
        if exponent < 0 && self.is_zero() {
            return Err(NoPower::ZeroDenominator);
        }
        // A number of n bits has at least (n - 1) * times bits then; seen before it is made.
        let (steps, times) = (exponent.unsigned_abs(), exponent.unsigned_abs() as u32);
        let bits = self.numerator.bits().max(self.denominator.bits());
        if bits.saturating_sub(1).saturating_mul(steps) > MOST_BITS {
            return Err(NoPower::TooGreat);
        }
        let (numerator, denominator) = (self.numerator.pow(times), self.denominator.pow(times));
        let power = if exponent < 0 {
            Self::fraction(denominator, numerator)
        } else {
            Self::fraction(numerator, denominator)
        };
        power.ok_or(NoPower::TooGreat)
    }

    pub(crate) fn negate(&self) -> Self {
        Self {
            numerator: -&self.numerator,
            denominator: self.denominator.clone(),
        }
    }

    pub(super) fn abs(&self) -> Self {
        Self {
            numerator: self.numerator.abs(),
            denominator: self.denominator.clone(),
        }
    }

    pub(super) fn floor(&self) -> Self {
        Self::whole(self.numerator.div_floor(&self.denominator))
    }

    pub(super) fn ceil(&self) -> Self {
        self.negate().floor().negate()
    }

    /// Rounds to `scale` digits after the comma, a half away from zero.
    pub(crate) fn round(&self, scale: u8) -> Option<Self> {
        let (units, ten) = (self.units(scale), BigInt::from(10).pow(u32::from(scale)));
        Self::fraction(units, ten)
    }

    /// Returns how many units of `scale` digits it is, a half rounded away from zero.
    fn units(&self, scale: u8) -> BigInt {
        let scaled = self.numerator.abs() * BigInt::from(10).pow(u32::from(scale));
        let rounded = (scaled * 2u8 + &self.denominator).div_floor(&(&self.denominator * 2u8));
        match self.numerator.sign() {
            Sign::Minus => -rounded,
            Sign::NoSign | Sign::Plus => rounded,
        }
    }

    /// Writes it with `scale` digits after the comma, rounded once; nothing when it is too
    /// long then.
    pub(crate) fn to_decimal(&self, scale: u8) -> Option<Decimal> {
        Decimal::new(self.units(scale).to_i64()?, scale).ok()
    }

    /// Writes it exactly, with as many digits after the comma as it needs and at least
    /// `scale`; nothing when six are not enough.
    pub(crate) fn to_exact_decimal(&self, scale: u8) -> Option<Decimal> {
        let exact = |scale: &u8| self.round(*scale).as_ref() == Some(self);
        let scale = (scale..=6).find(exact)?;
        self.to_decimal(scale)
    }

    /// Returns it as a whole number, rounded once.
    pub(crate) fn to_rounded_i64(&self) -> Option<i64> {
        self.units(0).to_i64()
    }

    /// Returns it when it is whole.
    pub(super) fn to_i64(&self) -> Option<i64> {
        self.denominator.is_one().then(|| self.numerator.to_i64())?
    }

    /// Writes numerator and denominator.
    #[cfg(test)]
    pub(super) fn to_fraction(&self) -> String {
        format!("{}/{}", self.numerator, self.denominator)
    }

    pub(crate) fn is_zero(&self) -> bool {
        self.numerator.is_zero()
    }

    pub(crate) fn is_negative(&self) -> bool {
        self.numerator.is_negative()
    }
}

impl Default for Number {
    fn default() -> Self {
        Self::zero()
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Self {
        Self::whole(number.into())
    }
}

impl From<Decimal> for Number {
    fn from(decimal: Decimal) -> Self {
        let ten = BigInt::from(10).pow(u32::from(decimal.scale()));
        // A decimal has 18 digits at most and fits.
        Self::fraction(decimal.units().into(), ten).unwrap_or_else(Self::zero)
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let (one, two) = (
            &self.numerator * &other.denominator,
            &other.numerator * &self.denominator,
        );
        one.cmp(&two)
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Writes what a formula can say: a decimal that ends.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, mut rest) = self.numerator.abs().div_rem(&self.denominator);
        let sign = if self.is_negative() { "-" } else { "" };
        write!(formatter, "{sign}{whole}")?;
        if !rest.is_zero() {
            formatter.write_str(".")?;
        }
        for _ in 0..18 {
            if rest.is_zero() {
                break;
            }
            let (digit, left) = (rest * 10u8).div_rem(&self.denominator);
            write!(formatter, "{digit}")?;
            rest = left;
        }
        Ok(())
    }
}
