//! Exact decimal numbers, on the wire and in the Vietnamese way of writing.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    str::FromStr,
};

use serde::{Deserialize, Serialize};

use crate::invalid::InvalidText;

/// The most digits after the point.
const MOST_SCALE: u8 = 6;

/// One more than the greatest number of units: at most 18 digits.
const LIMIT: u64 = 1_000_000_000_000_000_000;

/// An exact decimal number of at most 18 digits, six of them after the point.
///
/// The scale is kept as written ("60,40" is printed as it came), but two decimals are
/// equal when their values are.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Decimal {
    units: i64,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self { units: 0, scale: 0 };

    /// Makes `units / 10^scale`.
    ///
    /// # Errors
    /// Refuses a scale above 6 and more than 18 digits.
    pub fn new(units: i64, scale: u8) -> Result<Self, InvalidText> {
        if scale > MOST_SCALE {
            return Err(too_fine(&format!("{units}e-{scale}")));
        }
        if units.unsigned_abs() >= LIMIT {
            return Err(too_long(&units.to_string()));
        }
        Ok(Self { units, scale })
    }

    /// Makes a whole number.
    ///
    /// # Errors
    /// Refuses more than 18 digits.
    pub fn from_i64(number: i64) -> Result<Self, InvalidText> {
        Self::new(number, 0)
    }

    /// Makes the number out of wide units, dropping zeros at its end when only they make
    /// it too long.
    pub(crate) fn from_wide(mut units: i128, mut scale: u8) -> Option<Self> {
        while scale > 0
            && units % 10 == 0
            && (scale > MOST_SCALE || units.unsigned_abs() >= u128::from(LIMIT))
        {
            units /= 10;
            scale -= 1;
        }
        Self::new(i64::try_from(units).ok()?, scale).ok()
    }

    /// Returns the units at the finest scale, in which all decimals can be compared.
    #[must_use]
    pub fn millionths(self) -> i128 {
        i128::from(self.units) * power_of_ten(MOST_SCALE - self.scale)
    }

    /// Makes the number out of millionths, written with `scale` digits after the comma;
    /// nothing when that is not exact or too long.
    #[must_use]
    pub fn from_millionths(millionths: i128, scale: u8) -> Option<Self> {
        let dropped = power_of_ten(MOST_SCALE.checked_sub(scale)?);
        if millionths % dropped == 0 {
            Self::from_wide(millionths / dropped, scale)
        } else {
            None
        }
    }

    /// Returns the number without its point.
    #[must_use]
    pub const fn units(self) -> i64 {
        self.units
    }

    /// Returns how many digits are after the point, as written.
    #[must_use]
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Says whether the value is 0.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.units == 0
    }

    /// Says whether the value is below 0.
    #[must_use]
    pub const fn is_negative(self) -> bool {
        self.units < 0
    }

    /// Adds exactly; nothing when the sum is too long.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_millionths(self.millionths() + other.millionths(), scale)
    }

    /// Subtracts exactly; nothing when the difference is too long.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        let scale = self.scale.max(other.scale);
        Self::from_millionths(self.millionths() - other.millionths(), scale)
    }

    /// Writes the number with `scale` digits after the point, a half rounded away from
    /// zero; nothing when it is then too long.
    #[must_use]
    pub fn rescale_half_up(self, scale: u8) -> Option<Self> {
        let kept = power_of_ten(MOST_SCALE.checked_sub(scale)?);
        let rounded = divide_half_up(self.millionths(), kept)?;
        Self::new(i64::try_from(rounded).ok()?, scale).ok()
    }

    /// Writes the number in the Vietnamese way: `15.684`, `1.234,5`, `-3`.
    #[must_use]
    pub fn to_vietnamese(self) -> String {
        let (sign, whole, fraction) = self.parts();
        let whole = group(&whole);
        match fraction.as_str() {
            "" => format!("{sign}{whole}"),
            fraction => format!("{sign}{whole},{fraction}"),
        }
    }

    /// Reads a number that is known to be written in the Vietnamese way: dots between
    /// groups of exactly three digits, a comma before decimals. `1.234` is a thousand
    /// and more. Zeros in front (`04`) are read when there are no groups.
    ///
    /// # Errors
    /// Refuses every other form, such as `1,2,3`, `1.23.456` and `0.123`.
    pub fn parse_vietnamese(text: &str) -> Result<Self, InvalidText> {
        let sent = text.trim();
        let (sign, unsigned) = split_sign(sent);
        let (whole, fraction) = unsigned
            .split_once(',')
            .map_or((unsigned, None), |(whole, fraction)| {
                (whole, Some(fraction))
            });
        let mut groups = whole.split('.');
        let first = groups.next().unwrap_or_default();
        let mut digits = first.to_owned();
        let mut grouped = false;
        for group in groups {
            if group.len() != 3 {
                return Err(not_vietnamese(sent));
            }
            grouped = true;
            digits.push_str(group);
        }
        if grouped && (first.len() > 3 || first.starts_with('0')) {
            return Err(not_vietnamese(sent));
        }
        if !is_digits(&digits) || first.is_empty() || !fraction.is_none_or(is_digits) {
            return Err(not_vietnamese(sent));
        }
        let digits = digits.trim_start_matches('0');
        assemble(sent, sign, digits, fraction.unwrap_or_default())
    }

    /// Returns sign, whole digits and fraction digits.
    fn parts(self) -> (&'static str, String, String) {
        let sign = if self.units < 0 { "-" } else { "" };
        let scale = usize::from(self.scale);
        let digits = format!("{:0>1$}", self.units.unsigned_abs(), scale + 1);
        let (whole, fraction) = digits.split_at(digits.len() - scale);
        (sign, whole.to_owned(), fraction.to_owned())
    }
}

/// Writes a whole number with a dot between groups of three digits: `15.684`.
#[must_use]
pub fn group_thousands(number: i64) -> String {
    let sign = if number < 0 { "-" } else { "" };
    format!("{sign}{}", group(&number.unsigned_abs().to_string()))
}

fn group(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push('.');
        }
        grouped.push(digit);
    }
    grouped
}

/// Divides by a positive number, a half rounded away from zero; nothing on overflow.
pub(crate) fn divide_half_up(numerator: i128, denominator: i128) -> Option<i128> {
    let magnitude = numerator.unsigned_abs();
    let divisor = u128::try_from(denominator).ok().filter(|it| *it > 0)?;
    let up = u128::from(magnitude % divisor >= divisor.div_ceil(2));
    let quotient = i128::try_from(magnitude / divisor + up).ok()?;
    Some(if numerator < 0 { -quotient } else { quotient })
}

pub(crate) const fn power_of_ten(exponent: u8) -> i128 {
    10_i128.pow(exponent as u32)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

fn split_sign(text: &str) -> (i64, &str) {
    text.strip_prefix('-').map_or((1, text), |it| (-1, it))
}

fn assemble(sent: &str, sign: i64, whole: &str, fraction: &str) -> Result<Decimal, InvalidText> {
    let scale = u8::try_from(fraction.len())
        .ok()
        .filter(|it| *it <= MOST_SCALE)
        .ok_or_else(|| too_fine(sent))?;
    let units = format!("0{whole}{fraction}")
        .parse::<i64>()
        .map_err(|_| too_long(sent))?;
    Decimal::new(sign * units, scale).map_err(|_| too_long(sent))
}

fn too_fine(sent: &str) -> InvalidText {
    let sent = InvalidText::excerpt(sent);
    InvalidText::new(
        "OUT_OF_RANGE",
        format!("`{sent}` has more than {MOST_SCALE} digits after the point"),
        format!("`{sent}` có hơn {MOST_SCALE} chữ số thập phân"),
    )
}

fn too_long(sent: &str) -> InvalidText {
    let sent = InvalidText::excerpt(sent);
    InvalidText::new(
        "OUT_OF_RANGE",
        format!("`{sent}` has more than 18 digits"),
        format!("`{sent}` có hơn 18 chữ số"),
    )
}

fn not_vietnamese(sent: &str) -> InvalidText {
    let sent = InvalidText::excerpt(sent);
    InvalidText::new(
        "PATTERN",
        format!("`{sent}` is not a number in the Vietnamese form, such as `1.234,5`"),
        format!("`{sent}` không phải số viết theo cách Việt Nam, như `1.234,5`"),
    )
}

impl FromStr for Decimal {
    type Err = InvalidText;

    /// Reads the wire form `-?(0|[1-9]\d{0,17})(\.\d{1,6})?`.
    fn from_str(sent: &str) -> Result<Self, InvalidText> {
        let (sign, unsigned) = split_sign(sent);
        let (whole, fraction) = unsigned
            .split_once('.')
            .map_or((unsigned, None), |(whole, fraction)| {
                (whole, Some(fraction))
            });
        let padded = whole.len() > 1 && whole.starts_with('0');
        if padded || !is_digits(whole) || !fraction.is_none_or(is_digits) {
            let sent = InvalidText::excerpt(sent);
            return Err(InvalidText::new(
                "PATTERN",
                format!("`{sent}` is not a decimal, such as `60.41`"),
                format!("`{sent}` không phải số thập phân, như `60.41`"),
            ));
        }
        assemble(sent, sign, whole, fraction.unwrap_or_default())
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, whole, fraction) = self.parts();
        match fraction.as_str() {
            "" => write!(formatter, "{sign}{whole}"),
            fraction => write!(formatter, "{sign}{whole}.{fraction}"),
        }
    }
}

impl TryFrom<String> for Decimal {
    type Error = InvalidText;

    fn try_from(text: String) -> Result<Self, InvalidText> {
        text.parse()
    }
}

impl From<Decimal> for String {
    fn from(decimal: Decimal) -> Self {
        decimal.to_string()
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.millionths() == other.millionths()
    }
}

impl Eq for Decimal {}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.millionths().cmp(&other.millionths())
    }
}

impl Hash for Decimal {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.millionths().hash(state);
    }
}

#[cfg(test)]
mod tests;
