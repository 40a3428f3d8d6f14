//! The forms of official codes. A scheme that is not known here takes any value.
//!
//! The two forms of organisation codes write the levels in opposite order; nothing here
//! makes one of the other, because the correspondence is not published.

use proto::directory as pb;
use types::{invalid::InvalidText, violations::Invalid};

/// Codes of the General Statistics Office.
pub(crate) const GSO: &str = "gso";
/// Organisation codes of Quyết định 20/2020/QĐ-TTg: the top level first.
const QD20_2020: &str = "qd20-2020";
/// Organisation codes of QCVN 102:2016/BTTTT: the top level last.
const QCVN102: &str = "qcvn102";

/// Characters of a code; QĐ 20/2020 allows no more either.
const MOST: usize = 35;
const MOST_SCHEME: usize = 30;

/// Reads a scheme and a value in the form of the scheme.
pub(crate) fn read_code(
    field: &str,
    wire: &pb::Identifier,
    bad: &mut Invalid,
) -> Option<(String, String)> {
    let scheme = bad.line(format!("{field}.scheme"), &wire.scheme, MOST_SCHEME);
    let value = bad.line(format!("{field}.value"), &wire.value, MOST);
    let (scheme, value) = (scheme?, value?);
    bad.take(format!("{field}.value"), check(&scheme, &value))?;
    Some((scheme, value))
}

fn check(scheme: &str, value: &str) -> Result<(), InvalidText> {
    let (is_good, en, vi) = match scheme {
        GSO => (
            value.bytes().all(|it| it.is_ascii_digit()),
            "of digits only",
            "chỉ gồm chữ số",
        ),
        QD20_2020 if is_qcvn102(value) && !begins_with_letter(value) => (
            false,
            "with the top level first, such as H48.53; this is the form of `qcvn102`",
            "bắt đầu từ cấp cao nhất, ví dụ H48.53; đây là dạng của `qcvn102`",
        ),
        QD20_2020 => (
            value.split('.').all(|it| !it.is_empty() && is_group(it)),
            "of groups of A-Z and 0-9 joined by dots, the top level first, such as H48.53",
            "gồm các nhóm A-Z, 0-9 nối bằng dấu chấm, cấp cao nhất đứng trước, ví dụ H48.53",
        ),
        QCVN102 => (
            is_qcvn102(value),
            "of 13 characters with the top level last, such as 000.00.53.H48",
            "gồm 13 ký tự, cấp cao nhất đứng cuối, ví dụ 000.00.53.H48",
        ),
        _ => return Ok(()),
    };
    if is_good {
        return Ok(());
    }
    let sent = InvalidText::excerpt(value);
    let en = format!("`{sent}` is no code of `{scheme}`: it has to be {en}");
    let vi = format!("“{sent}” không phải mã của `{scheme}`: mã phải {vi}");
    Err(InvalidText::new("PATTERN", en, vi))
}

fn is_group(text: &str) -> bool {
    let fits = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit();
    text.bytes().all(fits)
}

fn begins_with_letter(text: &str) -> bool {
    text.bytes()
        .next()
        .is_some_and(|it| it.is_ascii_uppercase())
}

/// Three groups for the levels below, then the top level: a letter and two digits.
fn is_qcvn102(value: &str) -> bool {
    let groups: Vec<_> = value.split('.').collect();
    groups.iter().map(|it| it.len()).eq([3, 2, 2, 3])
        && groups.iter().all(|it| is_group(it))
        && begins_with_letter(groups[3])
        && groups[3].bytes().skip(1).all(|it| it.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_has_its_form_and_other_schemes_are_free() {
        let good = [
            (GSO, "51"),
            (GSO, "21361"),
            (QD20_2020, "H48"),
            (QD20_2020, "H48.53"),
            (QD20_2020, "H48.53.02.015.A"),
            (QD20_2020, "4300205943"),
            (QCVN102, "000.00.53.H48"),
            (QCVN102, "001.05.53.H48"),
            ("tax", "0101234567-001"),
            ("ma-noi-bo", "Sở/KH&CN"),
        ];
        for (scheme, value) in good {
            assert!(check(scheme, value).is_ok(), "{scheme} {value}");
        }
    }

    #[test]
    fn what_does_not_have_the_form_is_refused_in_both_languages() {
        let bad = [
            (GSO, "21361a"),
            (GSO, "21 361"),
            (QD20_2020, "h48.53"),
            (QD20_2020, "H48..53"),
            (QD20_2020, ".H48"),
            (QD20_2020, "H48-53"),
            (QD20_2020, "000.00.53.H48"),
            (QCVN102, "H48.53"),
            (QCVN102, "H48.53.00.000"),
            (QCVN102, "000.00.53.h48"),
            (QCVN102, "000.0.053.H48"),
            (QCVN102, "000.00.53.H48.00"),
        ];
        for (scheme, value) in bad {
            let refused = check(scheme, value).unwrap_err();
            assert_eq!(refused.reason, "PATTERN", "{scheme} {value}");
            assert!(refused.en.contains(value) && refused.vi.contains(value));
        }
    }
}
