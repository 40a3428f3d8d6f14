//! Vietnamese number words, as money is written out in documents.

const DIGITS: [&str; 10] = [
    "không", "một", "hai", "ba", "bốn", "năm", "sáu", "bảy", "tám", "chín",
];

const BILLION: u64 = 1_000_000_000;

/// Writes a whole number in lower case Vietnamese words: "hai mươi mốt".
///
/// Northern and official use: "linh", "nghìn", "tư" after "mươi".
#[must_use]
pub fn number_in_words(number: i64) -> String {
    let mut words = Vec::new();
    if number < 0 {
        words.push("âm");
    }
    if number == 0 {
        words.push(DIGITS[0]);
    }
    count(number.unsigned_abs(), &mut words);
    words.join(" ")
}

// "tỷ" is the largest word there is, so what lies above it is counted in "tỷ" again:
// "một nghìn tỷ", "một tỷ tỷ".
fn count(number: u64, words: &mut Vec<&'static str>) {
    let leading = words.len();
    if number >= BILLION {
        count(number / BILLION, words);
        words.push("tỷ");
    }
    let below = number % BILLION;
    for (size, name) in [
        (1_000_000, Some("triệu")),
        (1_000, Some("nghìn")),
        (1, None),
    ] {
        let three = below / size % 1_000;
        if three == 0 {
            continue;
        }
        // A sign is not a higher group: what matters is what this number has written.
        group(three, words.len() > leading, words);
        words.extend(name);
    }
}

// Writes 1 to 999. After a higher group the hundreds are always said, so that
// 1.005 ("không trăm linh năm") is not heard as 1.500.
fn group(three: u64, after_higher: bool, words: &mut Vec<&'static str>) {
    let (hundreds, tens, units) = (three / 100, three / 10 % 10, three % 10);
    if hundreds > 0 || after_higher {
        words.extend([digit(hundreds), "trăm"]);
    }
    match tens {
        0 if units > 0 && (hundreds > 0 || after_higher) => words.push("linh"),
        0 => {}
        1 => words.push("mười"),
        _ => words.extend([digit(tens), "mươi"]),
    }
    match (tens, units) {
        (_, 0) => {}
        (2.., 1) => words.push("mốt"),
        (2.., 4) => words.push("tư"),
        (1.., 5) => words.push("lăm"),
        _ => words.push(digit(units)),
    }
}

fn digit(value: u64) -> &'static str {
    usize::try_from(value)
        .ok()
        .and_then(|index| DIGITS.get(index))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_said_as_people_say_them() {
        for (number, words) in [
            (0, "không"),
            (4, "bốn"),
            (10, "mười"),
            (11, "mười một"),
            (14, "mười bốn"),
            (15, "mười lăm"),
            (20, "hai mươi"),
            (21, "hai mươi mốt"),
            (24, "hai mươi tư"),
            (55, "năm mươi lăm"),
            (100, "một trăm"),
            (101, "một trăm linh một"),
            (104, "một trăm linh bốn"),
            (105, "một trăm linh năm"),
            (115, "một trăm mười lăm"),
            (1_000, "một nghìn"),
            (1_005, "một nghìn không trăm linh năm"),
            (1_010, "một nghìn không trăm mười"),
            (15_684, "mười lăm nghìn sáu trăm tám mươi tư"),
            (151_000_000, "một trăm năm mươi mốt triệu"),
            (1_000_005, "một triệu không trăm linh năm"),
            (2_000_005_000, "hai tỷ không trăm linh năm nghìn"),
            (-368_000_000, "âm ba trăm sáu mươi tám triệu"),
            (-5, "âm năm"),
        ] {
            assert_eq!(number_in_words(number), words, "{number}");
        }
    }

    #[test]
    fn a_budget_above_a_thousand_billion_is_counted_in_billions() {
        for (number, words) in [
            (1_000_000_000_000, "một nghìn tỷ"),
            (
                21_005_000_000_000,
                "hai mươi mốt nghìn không trăm linh năm tỷ",
            ),
            (
                1_234_000_000_001,
                "một nghìn hai trăm ba mươi tư tỷ không trăm linh một",
            ),
            (1_000_000_000_000_000, "một triệu tỷ"),
            (1_000_000_000_000_000_000, "một tỷ tỷ"),
            (
                i64::MIN,
                "âm chín tỷ hai trăm hai mươi ba triệu ba trăm bảy mươi hai nghìn không trăm ba \
                 mươi sáu tỷ tám trăm năm mươi tư triệu bảy trăm bảy mươi lăm nghìn tám trăm linh \
                 tám",
            ),
        ] {
            assert_eq!(number_in_words(number), words, "{number}");
        }
    }

    // Reads the words back: what stands before the last "tỷ" is counted in "tỷ".
    fn listen(words: &[&str]) -> i128 {
        if let Some(at) = words.iter().rposition(|word| *word == "tỷ") {
            return listen(&words[..at]) * 1_000_000_000 + listen(&words[at + 1..]);
        }
        let (mut total, mut three, mut unit) = (0, 0, 0);
        for word in words {
            match *word {
                "triệu" => (total, three, unit) = (total + (three + unit) * 1_000_000, 0, 0),
                "nghìn" => (total, three, unit) = (total + (three + unit) * 1_000, 0, 0),
                "trăm" => (three, unit) = (unit * 100, 0),
                "mươi" => (three, unit) = (three + unit * 10, 0),
                "mười" => three += 10,
                "linh" => {}
                "mốt" => unit = 1,
                "tư" => unit = 4,
                "lăm" => unit = 5,
                other => {
                    let index = DIGITS.iter().position(|digit| *digit == other).unwrap();
                    unit = i128::try_from(index).unwrap();
                }
            }
        }
        total + three + unit
    }

    proptest! {
        #[test]
        fn every_number_is_understood(number in any::<i64>(), places in 0..19_u32) {
            // Most numbers of 64 bits are long; shorter ones are wanted as well.
            let number = number / 10_i64.pow(places);
            let words = number_in_words(number);
            let words: Vec<_> = words.split(' ').collect();
            let heard = match words.split_first() {
                Some((&"âm", rest)) => -listen(rest),
                _ => listen(&words),
            };
            prop_assert_eq!(heard, i128::from(number));
        }
    }
}
