//! Civil dates of Vietnam, as they are sent and as documents print them.

use chrono::{DateTime, Datelike, NaiveDate, TimeDelta, Utc};

use crate::invalid::InvalidText;

/// First year that is accepted anywhere.
pub const FIRST_YEAR: i32 = 1900;

/// Last year that is accepted anywhere.
pub const LAST_YEAR: i32 = 2199;

/// Writes the date of a document: "ngày 05 tháng 01 năm 2022".
///
/// Days below 10 and months 1 and 2 get a leading 0, other months do not
/// (NĐ 30/2020/NĐ-CP, Phụ lục I, mục II.4).
#[must_use]
pub fn to_vietnamese(date: NaiveDate) -> String {
    let (day, month, year) = (date.day(), date.month(), date.year());
    if month <= 2 {
        format!("ngày {day:02} tháng {month:02} năm {year}")
    } else {
        format!("ngày {day:02} tháng {month} năm {year}")
    }
}

/// Writes the date inside a sentence or a table: "22/6/2022".
#[must_use]
pub fn short(date: NaiveDate) -> String {
    format!("{}/{}/{}", date.day(), date.month(), date.year())
}

/// Reads a date of exactly the form `YYYY-MM-DD`, of the years 1900 to 2199.
///
/// # Errors
/// Tells why the text is not such a date.
pub fn parse_iso(sent: &str) -> Result<NaiveDate, InvalidText> {
    let (year, month, day) = split_iso(sent).ok_or_else(|| {
        let excerpt = InvalidText::excerpt(sent);
        InvalidText::new(
            "PATTERN",
            format!("`{excerpt}` is not a date of the form YYYY-MM-DD"),
            format!("“{excerpt}” không phải là ngày theo dạng NNNN-TT-NN (năm-tháng-ngày)"),
        )
    })?;
    if !(FIRST_YEAR..=LAST_YEAR).contains(&year) {
        return Err(InvalidText::new(
            "OUT_OF_RANGE",
            format!("`{sent}` is not between the years {FIRST_YEAR} and {LAST_YEAR}"),
            format!("“{sent}” không nằm trong các năm từ {FIRST_YEAR} đến {LAST_YEAR}"),
        ));
    }
    NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| {
        InvalidText::new(
            "OUT_OF_RANGE",
            format!("`{sent}` is not a day of the calendar"),
            format!("“{sent}” không có trong lịch"),
        )
    })
}

// By hand, because chrono also takes signs, spaces and months of one digit.
fn split_iso(sent: &str) -> Option<(i32, u32, u32)> {
    let shape = |(index, byte): (usize, u8)| match index {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    };
    if sent.len() != 10 || !sent.bytes().enumerate().all(shape) {
        return None;
    }
    let year = sent.get(..4)?.parse().ok()?;
    let month = sent.get(5..7)?.parse().ok()?;
    let day = sent.get(8..)?.parse().ok()?;
    Some((year, month, day))
}

/// Returns the civil date in Vietnam (UTC+7, no summer time) at an instant.
#[must_use]
pub fn vietnam_date(instant: DateTime<Utc>) -> NaiveDate {
    let utc = instant.naive_utc();
    // Only the last seven hours that chrono can hold overflow; they keep their own date.
    utc.checked_add_signed(TimeDelta::hours(7))
        .unwrap_or(utc)
        .date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn a_report_is_dated_as_the_decree_prints_it() {
        assert_eq!(to_vietnamese(day(2022, 1, 5)), "ngày 05 tháng 01 năm 2022");
        assert_eq!(to_vietnamese(day(2022, 6, 22)), "ngày 22 tháng 6 năm 2022");
        assert_eq!(to_vietnamese(day(2022, 3, 9)), "ngày 09 tháng 3 năm 2022");
        assert_eq!(to_vietnamese(day(2022, 2, 10)), "ngày 10 tháng 02 năm 2022");
        assert_eq!(short(day(2022, 6, 22)), "22/6/2022");
        assert_eq!(short(day(2022, 1, 5)), "5/1/2022");
    }

    #[test]
    fn a_date_is_sent_in_one_form_only() {
        assert_eq!(parse_iso("2022-06-22").unwrap(), day(2022, 6, 22));
        for sent in [
            "",
            "2022-6-22",
            "22/6/2022",
            "+022-06-22",
            "2022-06-22 ",
            " 022-06-22",
            "2022-06-2é",
            "2022/06/22",
            "năm 2022-1",
        ] {
            assert_eq!(parse_iso(sent).unwrap_err().reason, "PATTERN", "{sent}");
        }
        for sent in [
            "2022-02-29",
            "2022-13-01",
            "2022-00-10",
            "1899-12-31",
            "2200-01-01",
        ] {
            assert_eq!(
                parse_iso(sent).unwrap_err().reason,
                "OUT_OF_RANGE",
                "{sent}"
            );
        }
    }

    #[test]
    fn the_day_begins_at_midnight_in_vietnam() {
        let at = |text: &str| vietnam_date(text.parse::<DateTime<Utc>>().unwrap());
        assert_eq!(at("2022-06-21T16:59:59Z"), day(2022, 6, 21));
        assert_eq!(at("2022-06-21T17:00:00Z"), day(2022, 6, 22));
        // The end of time does not panic.
        let _ = vietnam_date(DateTime::<Utc>::MAX_UTC);
    }

    proptest! {
        #[test]
        fn every_date_reads_back(days in 0..109_572_i64) {
            let date = day(1900, 1, 1) + TimeDelta::days(days);
            prop_assert_eq!(parse_iso(&date.to_string()).unwrap(), date);
        }

        #[test]
        fn no_text_panics(sent in "\\PC{0,12}") {
            let _ = parse_iso(&sent);
        }
    }
}
