//! A figure at rest: exact integers, the scale as it was written, words for the rest.
//!
//! | shape | a | b | stated | absence | choice |
//! |---|---|---|---|---|---|
//! | `count`, `amount-vnd`, `decimal` | the number | | | | |
//! | `ratio` | numerator | denominator | percentage | | |
//! | `flag` | 1 or 0 | | | | |
//! | `choice`, `text` | | | | | the words |
//! | `absent` | | | | why | |

use std::borrow::Cow;

use kit::{Error, Result};
use types::{
    decimal::Decimal,
    money::Money,
    percent::Percent,
    quantity::{Content, Quantity, Value},
    ratio::Ratio,
};

use crate::code::Code;

/// The columns of a figure.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct QuantityRow {
    pub(super) shape: Cow<'static, str>,
    pub(super) a_units: Option<i64>,
    pub(super) a_scale: Option<i64>,
    pub(super) b_units: Option<i64>,
    pub(super) b_scale: Option<i64>,
    pub(super) stated_units: Option<i64>,
    pub(super) stated_scale: Option<i64>,
    pub(super) absence: Option<Cow<'static, str>>,
    pub(super) qualifier: Cow<'static, str>,
    pub(super) choice: Option<String>,
    pub(super) published: Option<String>,
}

/// Says whether two figures are written alike: 60,4 and 60,40 are equal, yet a document
/// shows which of them it was.
pub(super) fn same_as_written(one: &Quantity, other: &Quantity) -> bool {
    QuantityRow::from(one) == QuantityRow::from(other)
}

impl From<&Quantity> for QuantityRow {
    fn from(quantity: &Quantity) -> Self {
        let mut row = Self {
            qualifier: quantity.qualifier().code().into(),
            published: quantity.published().map(Into::into),
            ..Self::default()
        };
        let value = match quantity.content() {
            Content::Absent(absence) => {
                row.shape = "absent".into();
                row.absence = Some(absence.code().into());
                return row;
            }
            Content::Value(value) => value,
        };
        let shape = match value {
            Value::Count(count) => {
                row.a_units = Some(*count);
                "count"
            }
            Value::Money(money) => {
                row.a_units = Some(money.vnd());
                "amount-vnd"
            }
            Value::Decimal(decimal) => {
                (row.a_units, row.a_scale) = columns(Some(*decimal));
                "decimal"
            }
            Value::Ratio(ratio) => {
                let (numerator, denominator) = ratio.parts().unzip();
                let stated = ratio.stated_percent().map(Percent::decimal);
                (row.a_units, row.a_scale) = columns(numerator);
                (row.b_units, row.b_scale) = columns(denominator);
                (row.stated_units, row.stated_scale) = columns(stated);
                "ratio"
            }
            Value::Flag(flag) => {
                row.a_units = Some(i64::from(*flag));
                "flag"
            }
            Value::Choice(choice) => {
                row.choice = Some(choice.clone());
                "choice"
            }
            Value::Text(words) => {
                row.choice = Some(words.clone());
                "text"
            }
        };
        row.shape = shape.into();
        row
    }
}

impl TryFrom<QuantityRow> for Quantity {
    type Error = Error;

    fn try_from(row: QuantityRow) -> Result<Self> {
        let whole = || row.a_units.ok_or_else(|| missing("a_units"));
        let content = match &*row.shape {
            "absent" => {
                let absence = row.absence.as_ref().ok_or_else(|| missing("absence"))?;
                Content::Absent(Code::read(absence)?)
            }
            "count" => Content::Value(Value::Count(whole()?)),
            "amount-vnd" => Content::Value(Value::Money(Money::new(whole()?))),
            "decimal" => {
                let decimal = decimal(row.a_units, row.a_scale)?;
                Content::Value(Value::Decimal(decimal.ok_or_else(|| missing("a_units"))?))
            }
            "ratio" => Content::Value(Value::Ratio(ratio(&row)?)),
            "flag" => Content::Value(Value::Flag(whole()? == 1)),
            "choice" => {
                let choice = row.choice.ok_or_else(|| missing("choice"))?;
                Content::Value(Value::Choice(choice))
            }
            "text" => {
                let words = row.choice.ok_or_else(|| missing("choice"))?;
                Content::Value(Value::Text(words))
            }
            other => {
                return Err(Error::internal(format!(
                    "`{other}` is no shape of a figure"
                )));
            }
        };
        let qualifier = Code::read(&row.qualifier)?;
        Self::new(content, qualifier, row.published).map_err(Error::internal)
    }
}

fn ratio(row: &QuantityRow) -> Result<Ratio> {
    let numerator = decimal(row.a_units, row.a_scale)?;
    let denominator = decimal(row.b_units, row.b_scale)?;
    let stated = decimal(row.stated_units, row.stated_scale)?;
    let stated = stated
        .map(Percent::new)
        .transpose()
        .map_err(Error::internal)?;
    Ratio::new(numerator.zip(denominator), stated).map_err(Error::internal)
}

fn columns(decimal: Option<Decimal>) -> (Option<i64>, Option<i64>) {
    decimal
        .map(|it| (it.units(), i64::from(it.scale())))
        .unzip()
}

fn decimal(units: Option<i64>, scale: Option<i64>) -> Result<Option<Decimal>> {
    let Some((units, scale)) = units.zip(scale) else {
        return Ok(None);
    };
    let scale = u8::try_from(scale).map_err(Error::internal)?;
    Decimal::new(units, scale)
        .map(Some)
        .map_err(Error::internal)
}

fn missing(column: &str) -> Error {
    Error::internal(format!("a figure is stored without its `{column}`"))
}

#[cfg(test)]
mod tests {
    use proptest::{option, prelude::*};
    use types::quantity::{Absence, Qualifier};

    use super::*;

    fn again(quantity: &Quantity) -> Quantity {
        QuantityRow::from(quantity).try_into().unwrap()
    }

    fn value(value: Value) -> Quantity {
        Quantity::value(value)
    }

    #[test]
    fn the_figures_of_minh_long_come_back_as_they_were_written() {
        let stated = |text: &str| Ratio::new(None, Some(text.parse().unwrap())).unwrap();
        let published = Quantity::new(
            Content::Value(Value::Count(15_684)),
            Qualifier::MoreThan,
            Some("trên 15.684".into()),
        );
        for (quantity, printed) in [
            (value(Value::Ratio(stated("99"))), "99%"),
            (value(Value::Count(132)), "132"),
            (Quantity::absent(Absence::NotArisen), "chưa phát sinh"),
            (published.unwrap(), "trên 15.684"),
            (value(Value::Decimal("60.40".parse().unwrap())), "60,40"),
            (
                value(Value::Money(Money::new(-150_000_000))),
                "-150.000.000",
            ),
            (value(Value::Flag(true)), "Có"),
            (value(Value::Flag(false)), "Không"),
            (value(Value::Choice("Mức 4".into())), "Mức 4"),
        ] {
            let read = again(&quantity);
            assert_eq!(read, quantity);
            assert!(same_as_written(&read, &quantity));
            assert!(
                read.to_vietnamese().contains(printed),
                "{}",
                read.to_vietnamese()
            );
        }
    }

    #[test]
    fn a_row_that_was_tampered_with_is_our_fault_and_never_a_guess() {
        let good = QuantityRow::from(&value(Value::Count(132)));
        for bad in [
            QuantityRow {
                shape: "picture".into(),
                ..good.clone()
            },
            QuantityRow {
                shape: "text".into(),
                ..good.clone()
            },
            QuantityRow {
                a_units: None,
                ..good.clone()
            },
            QuantityRow {
                shape: "ratio".into(),
                ..good.clone()
            },
            QuantityRow {
                shape: "choice".into(),
                ..good.clone()
            },
            QuantityRow {
                shape: "absent".into(),
                ..good.clone()
            },
            QuantityRow {
                shape: "decimal".into(),
                a_scale: Some(7),
                ..good.clone()
            },
            QuantityRow {
                qualifier: "perhaps".into(),
                ..good
            },
        ] {
            assert!(matches!(Quantity::try_from(bad), Err(Error::Internal(_))));
        }
    }

    fn decimals() -> impl Strategy<Value = Decimal> {
        (0_i64..1_000_000_000_000, 0_u8..=6)
            .prop_map(|(units, scale)| Decimal::new(units, scale).unwrap())
    }

    fn ratios() -> impl Strategy<Value = Ratio> {
        let parts = option::of((decimals(), decimals()));
        let stated = option::of(decimals().prop_map(|it| Percent::new(it).unwrap()));
        (parts, stated)
            .prop_filter_map("no share", |(parts, stated)| Ratio::new(parts, stated).ok())
    }

    fn contents() -> impl Strategy<Value = Content> {
        let value = prop_oneof![
            any::<i64>().prop_map(Value::Count),
            any::<i64>().prop_map(|it| Value::Money(Money::new(it))),
            (decimals(), any::<bool>()).prop_map(|(it, negative)| {
                let units = if negative { -it.units() } else { it.units() };
                Value::Decimal(Decimal::new(units, it.scale()).unwrap())
            }),
            ratios().prop_map(Value::Ratio),
            any::<bool>().prop_map(Value::Flag),
            "[a-z ]{1,20}".prop_map(Value::Choice),
            "[a-z ]{1,20}".prop_map(Value::Text),
        ];
        let absence = prop_oneof![
            Just(Absence::NotArisen),
            Just(Absence::NotImplemented),
            Just(Absence::InProgress),
            Just(Absence::None),
            Just(Absence::NotApplicable),
            Just(Absence::NotCollected),
        ];
        prop_oneof![
            value.prop_map(Content::Value),
            absence.prop_map(Content::Absent)
        ]
    }

    fn qualifiers() -> impl Strategy<Value = Qualifier> {
        prop_oneof![
            Just(Qualifier::Exact),
            Just(Qualifier::About),
            Just(Qualifier::MoreThan),
            Just(Qualifier::LessThan),
            Just(Qualifier::Nearly),
            Just(Qualifier::AtLeast),
            Just(Qualifier::AtMost),
            Just(Qualifier::Estimated),
        ]
    }

    proptest! {
        #[test]
        fn every_figure_comes_back_to_the_last_digit(
            content in contents(),
            qualifier in qualifiers(),
            published in option::of("[0-9a-z,.%]{1,12}"),
        ) {
            let qualifier = match content {
                Content::Absent(_) => Qualifier::Exact,
                Content::Value(_) => qualifier,
            };
            let quantity = Quantity::new(content, qualifier, published).unwrap();
            let read = again(&quantity);
            prop_assert_eq!(&read, &quantity);
            prop_assert_eq!(format!("{read:?}"), format!("{quantity:?}"));
        }
    }
}
