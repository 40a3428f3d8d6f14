//! The canonical line of a figure. Its form is told in `value_service.proto`: a sender
//! computes the same, so it never changes.

use proto::{convert, shared::quantity::Value};
use types::{ids::Breakdown, quantity::Quantity};

use crate::value::IndicatorValue;

/// Writes the line of a figure.
pub(super) fn of(value: &IndicatorValue) -> String {
    let breakdown = value.id.breakdown.as_ref().map_or("", Breakdown::as_str);
    let figure = figure(&value.quantity);
    format!("{}\t{breakdown}\t{figure}\n", value.id.indicator.as_str())
}

/// Writes the figure with its qualifier and the words that were published.
pub(crate) fn figure(quantity: &Quantity) -> String {
    let wire = convert::quantity(quantity);
    let absence = wire.absence().as_str_name();
    let figure = match &wire.value {
        Some(Value::Count(count)) => format!("count:{count}"),
        Some(Value::Decimal(decimal)) => format!("decimal:{decimal}"),
        Some(Value::AmountVnd(amount)) => format!("amount_vnd:{amount}"),
        Some(Value::Ratio(it)) => {
            let (numerator, denominator) = (&it.numerator, &it.denominator);
            format!("ratio:{numerator}/{denominator}/{}", it.stated_percent)
        }
        Some(Value::Flag(flag)) => format!("flag:{flag}"),
        Some(Value::Choice(choice)) => format!("choice:{}", plain(choice)),
        Some(Value::Words(words)) => format!("words:{}", plain(words)),
        None => format!("absence:{}", absence.trim_start_matches("ABSENCE_")),
    };
    let qualifier = wire.qualifier().as_str_name();
    let qualifier = qualifier.trim_start_matches("QUALIFIER_");
    format!("{figure}\t{qualifier}\t{}", plain(&wire.published))
}

fn plain(words: &str) -> String {
    words.replace('\\', "\\\\").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use types::{
        money::Money,
        quantity::{Absence, Content, Qualifier, Value},
        ratio::Ratio,
    };

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
}
