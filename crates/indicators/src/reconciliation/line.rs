//! The canonical line of a figure. Its form is told in `value_service.proto`: a sender
//! computes the same, so it never changes.

use std::fmt::Display;

use types::{
    ids::Breakdown,
    quantity::{Content, Qualifier, Quantity, Value},
};

use crate::{code::Code, value::IndicatorValue};

/// Writes the line of a figure.
pub(super) fn of(value: &IndicatorValue) -> String {
    let breakdown = value.id.breakdown.as_ref().map_or("", Breakdown::as_str);
    let figure = figure(&value.quantity);
    format!("{}\t{breakdown}\t{figure}\n", value.id.indicator.as_str())
}

/// Writes the figure with its qualifier and the words that were published.
pub(crate) fn figure(quantity: &Quantity) -> String {
    let figure = match quantity.content() {
        Content::Value(Value::Count(count)) => format!("count:{count}"),
        Content::Value(Value::Decimal(decimal)) => format!("decimal:{decimal}"),
        Content::Value(Value::Money(money)) => format!("amount_vnd:{}", money.vnd()),
        Content::Value(Value::Ratio(it)) => {
            let (numerator, denominator) = it.parts().unzip();
            let (numerator, denominator) = (written(numerator), written(denominator));
            format!(
                "ratio:{numerator}/{denominator}/{}",
                written(it.stated_percent())
            )
        }
        Content::Value(Value::Flag(flag)) => format!("flag:{flag}"),
        Content::Value(Value::Choice(choice)) => format!("choice:{}", plain(choice)),
        Content::Value(Value::Text(words)) => format!("words:{}", plain(words)),
        Content::Absent(absence) => format!("absence:{}", capitals(absence.code())),
    };
    let published = plain(quantity.published().unwrap_or_default());
    match quantity.qualifier() {
        Qualifier::Exact => format!("{figure}\tEXACT\t{published}"),
        other => format!("{figure}\t{}\t{published}", capitals(other.code())),
    }
}

fn written(number: Option<impl Display>) -> String {
    number.map_or_else(String::new, |it| it.to_string())
}

/// Writes a word of a column as the contract names it: `NOT_ARISEN`.
fn capitals(code: &str) -> String {
    code.to_ascii_uppercase().replace('-', "_")
}

fn plain(words: &str) -> String {
    words.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use proto::convert;
    use types::{money::Money, quantity::Absence, ratio::Ratio};

    use super::*;

    #[test]
    fn every_kind_of_figure_has_its_line() {
        let parts = ("4817".parse().unwrap(), "5209".parse().unwrap());
        let both = Ratio::new(Some(parts), Some("92.4".parse().unwrap())).unwrap();
        let stated = Ratio::new(None, Some("95".parse().unwrap())).unwrap();
        let line = |content, qualifier, published: Option<&str>| {
            let published = published.map(Into::into);
            figure(&Quantity::new(content, qualifier, published).unwrap())
        };
        use Qualifier::{Exact, MoreThan};
        let value = |value| line(Content::Value(value), Exact, None);
        assert_eq!(value(Value::Count(132)), "count:132\tEXACT\t");
        assert_eq!(
            value(Value::Decimal("60.40".parse().unwrap())),
            "decimal:60.40\tEXACT\t"
        );
        assert_eq!(
            value(Value::Money(Money::new(-5))),
            "amount_vnd:-5\tEXACT\t"
        );
        assert_eq!(value(Value::Ratio(both)), "ratio:4817/5209/92.4\tEXACT\t");
        assert_eq!(value(Value::Flag(false)), "flag:false\tEXACT\t");
        assert_eq!(
            value(Value::Choice("Mức\\4".into())),
            "choice:Mức\\\\4\tEXACT\t"
        );
        let more = line(
            Content::Value(Value::Ratio(stated)),
            MoreThan,
            Some("trên 95%"),
        );
        assert_eq!(more, "ratio://95\tMORE_THAN\ttrên 95%");
        let absent = line(Content::Absent(Absence::NotArisen), Exact, None);
        assert_eq!(absent, "absence:NOT_ARISEN\tEXACT\t");
        assert_eq!(plain("một\nhai"), "một\\nhai");
    }

    #[test]
    fn absences_and_qualifiers_are_named_as_in_the_contract() {
        use Absence::{InProgress, None, NotApplicable, NotArisen, NotCollected, NotImplemented};
        let absences = [
            NotArisen,
            NotImplemented,
            InProgress,
            None,
            NotApplicable,
            NotCollected,
        ];
        for absence in absences {
            let quantity = Quantity::absent(absence);
            let name = convert::quantity(&quantity).absence().as_str_name();
            let name = name.trim_start_matches("ABSENCE_");
            assert_eq!(figure(&quantity), format!("absence:{name}\tEXACT\t"));
        }
        use Qualifier::{About, AtLeast, AtMost, Estimated, Exact, LessThan, MoreThan, Nearly};
        let all = [
            About, AtLeast, AtMost, Estimated, Exact, LessThan, MoreThan, Nearly,
        ];
        for qualifier in all {
            let content = Content::Value(Value::Count(7));
            let quantity = Quantity::new(content, qualifier, Option::None).unwrap();
            let name = convert::quantity(&quantity).qualifier().as_str_name();
            let name = name.trim_start_matches("QUALIFIER_");
            assert_eq!(figure(&quantity), format!("count:7\t{name}\t"));
        }
    }
}
