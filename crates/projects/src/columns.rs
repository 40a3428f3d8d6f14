//! Values that do not fit into one column, or into a column of their own kind.

use kit::{Error, Result};
use types::{decimal::Decimal, invalid::InvalidText};

/// Databases take only so many values in one question.
pub(crate) const AT_ONCE: usize = 500;

/// Writes ids into one column, each between spaces, so that one of them can be searched for.
pub(crate) fn list<'a>(ids: impl IntoIterator<Item = &'a str>) -> String {
    let mut list = String::from(" ");
    for id in ids {
        list.push_str(id);
        list.push(' ');
    }
    list
}

/// Reads ids back.
pub(crate) fn read_list<T>(
    list: Option<&str>,
    read: impl Fn(&str) -> std::result::Result<T, InvalidText>,
) -> Result<Vec<T>> {
    let ids = list.unwrap_or_default().split_whitespace();
    ids.map(|it| read(it).map_err(Error::internal)).collect()
}

/// Takes a number apart into two columns.
pub(crate) fn decimal(number: Option<Decimal>) -> (Option<i64>, Option<i64>) {
    number.map(|it| (it.units(), i64::from(it.scale()))).unzip()
}

/// Puts a number together.
pub(crate) fn read_decimal(units: Option<i64>, scale: Option<i64>) -> Result<Option<Decimal>> {
    let (Some(units), Some(scale)) = (units, scale) else {
        return Ok(None);
    };
    let scale = u8::try_from(scale).map_err(Error::internal)?;
    Decimal::new(units, scale)
        .map(Some)
        .map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use types::ids::UnitId;

    use super::*;

    #[test]
    fn ids_and_numbers_come_back_as_they_were_written() {
        assert_eq!(list(["so-tttt", "so-tc"]), " so-tttt so-tc ");
        let read = read_list(Some(" so-tttt so-tc "), UnitId::new).unwrap();
        assert_eq!(
            read,
            ["so-tttt", "so-tc"].map(|it| UnitId::new(it).unwrap())
        );
        assert!(read_list(None, UnitId::new).unwrap().is_empty());
        assert!(read_list(Some(&list([])), UnitId::new).unwrap().is_empty());
        let number: Decimal = "45.50".parse().unwrap();
        let (units, scale) = decimal(Some(number));
        assert_eq!(read_decimal(units, scale).unwrap(), Some(number));
        assert_eq!(decimal(None), (None, None));
    }
}
