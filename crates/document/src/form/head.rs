//! The lines above the content: organs, number, date, kind and subject, addressees.

use serde::Serialize;

use super::{capitals, percent};
use crate::font::{self, Style};
use crate::layout::{HalfPoints, Layout, Twips};
use crate::model::{Document, DocumentDate};

const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";

/// Room for a number or a date to be written in: no-break spaces, which keep their width in every format.
fn room(spaces: usize) -> String {
    "\u{A0}".repeat(spaces)
}

/// The two columns at the top of page 1 (điểm 1 to 4).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Head {
    /// The size of organs and Quốc hiệu: 13 pt, or 12 when that saves a line.
    pub(crate) size: HalfPoints,
    pub(crate) left: Twips,
    pub(crate) right: Twips,
    pub(crate) parent: Vec<String>,
    pub(crate) organ: Vec<String>,
    pub(crate) organ_rule: Twips,
    pub(crate) nation: &'static str,
    pub(crate) motto: &'static str,
    pub(crate) motto_rule: Twips,
    pub(crate) number: String,
    pub(crate) date: String,
}

impl Head {
    pub(super) fn new(document: &Document, layout: &Layout) -> Self {
        let [large, small] = [26, 24].map(|size| Self::at(document, layout, size));
        if small.lines() < large.lines() {
            small
        } else {
            large
        }
    }

    fn lines(&self) -> usize {
        self.parent.len() + self.organ.len()
    }

    fn at(document: &Document, layout: &Layout, size: HalfPoints) -> Self {
        // Quốc hiệu stays on one line; the organs get the rest, less a little air between the two.
        let right = font::width(NATION, Style::Bold, size) + 113;
        let left = layout.width(false) - right;
        let set = |lines: &[String], style| -> Vec<String> {
            capitals(lines)
                .iter()
                .flat_map(|line| font::balance(line, style, size, left - 60))
                .collect()
        };
        let organ = set(&document.organ, Style::Bold);
        let organ_rule = organ
            .last()
            .map_or(0, |line| percent(font::width(line, Style::Bold, size), 42));
        Self {
            size,
            left,
            right,
            parent: set(&document.parent_organ, Style::Regular),
            organ,
            organ_rule,
            nation: NATION,
            motto: MOTTO,
            motto_rule: font::width(MOTTO, Style::Bold, layout.motto),
            number: number(document),
            date: date(document),
        }
    }
}

/// "Số: 05/BC-UBND" (điểm 3).
fn number(document: &Document) -> String {
    let number = numeral(document).unwrap_or_else(|| room(10));
    if document.symbol.is_empty() {
        format!("Số: {number}")
    } else {
        format!("Số: {number}/{}", document.symbol.to_uppercase())
    }
}

/// The number, with a zero before a single digit.
fn numeral(document: &Document) -> Option<String> {
    let number = document.number.as_ref()?;
    let single = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
    Some(if single {
        format!("0{number}")
    } else {
        number.clone()
    })
}

/// "Minh Long, ngày 05 tháng 01 năm 2022" (điểm 4).
fn date(document: &Document) -> String {
    let day = written(document.date);
    if document.place.is_empty() {
        day
    } else {
        format!("{}, {day}", document.place)
    }
}

/// A zero stands before days under 10 and before months 1 and 2, and before no other month.
fn written(date: DocumentDate) -> String {
    let day = date.day.map_or_else(|| room(6), |day| format!("{day:02}"));
    let month = date.month.map_or_else(
        || room(6),
        |month| {
            if month <= 2 {
                format!("{month:02}")
            } else {
                month.to_string()
            }
        },
    );
    let year = date.year.map_or_else(|| room(10), |year| year.to_string());
    format!("ngày {day} tháng {month} năm {year}")
}

/// "(Kèm theo Báo cáo số … ngày … của …)" (mục III): what is not known yet leaves room.
pub(super) fn reference(document: &Document) -> String {
    let kind = sentence_case(&document.kind);
    let number = numeral(document).unwrap_or_else(|| room(10));
    let symbol = document.symbol.to_uppercase();
    let organ = document.organ.join(" ");
    let mut line = format!("(Kèm theo {kind} số {number}");
    if !symbol.is_empty() {
        line.push('/');
        line.push_str(&symbol);
    }
    line.push(' ');
    line.push_str(&written(document.date));
    if !organ.is_empty() {
        line.push_str(" của ");
        line.push_str(&organ);
    }
    line.push(')');
    line
}

/// "BÁO CÁO" as "Báo cáo".
fn sentence_case(kind: &str) -> String {
    let mut letters = kind.chars();
    match letters.next() {
        Some(first) => first
            .to_uppercase()
            .chain(letters.flat_map(char::to_lowercase))
            .collect(),
        None => "Văn bản".to_owned(),
    }
}

/// Kind and subject (điểm 5a).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Title {
    pub(crate) kind: Vec<String>,
    pub(crate) subject: Vec<String>,
    pub(crate) rule: Twips,
}

impl Title {
    pub(super) fn new(document: &Document, layout: &Layout) -> Self {
        let limit = percent(layout.width(false), 86);
        let set = |line: &str| font::balance(line, Style::Bold, layout.title, limit);
        let subject: Vec<String> = document.subject.iter().flat_map(|line| set(line)).collect();
        let rule = subject.last().map_or(0, |line| {
            percent(font::width(line, Style::Bold, layout.title), 40)
        });
        Self {
            kind: set(&document.kind.to_uppercase()),
            subject,
            rule,
        }
    }
}

/// "Kính gửi" (điểm 9, ô 9a).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Addressees {
    pub(crate) label: &'static str,
    /// One: it follows the label on its line. Several: a line each under it.
    pub(crate) lines: Vec<String>,
    /// Where the label begins, and the dashes under its colon.
    pub(crate) label_at: Twips,
    pub(crate) dash_at: Twips,
}

impl Addressees {
    pub(super) fn new(addressees: &[String], layout: &Layout) -> Option<Self> {
        const LABEL: &str = "Kính gửi:";
        let last = addressees.len().checked_sub(1)?;
        let size = 28;
        let lines: Vec<String> = if last == 0 {
            addressees.to_vec()
        } else {
            addressees
                .iter()
                .enumerate()
                .map(|(at, line)| {
                    let bare = line.trim_end_matches([';', '.', ',']);
                    format!("- {bare}{}", if at == last { '.' } else { ';' })
                })
                .collect()
        };
        let colon = font::width("Kính gửi", Style::Regular, size);
        let widest = lines
            .iter()
            .map(|line| font::width(line, Style::Regular, size))
            .max()
            .unwrap_or(0);
        let width = layout.width(false);
        let label_at = ((width - colon - widest) / 2).clamp(layout.indent, width / 3);
        Some(Self {
            label: LABEL,
            lines,
            label_at,
            dash_at: label_at + colon,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(day: u32, month: u32) -> String {
        written(DocumentDate {
            day: Some(day),
            month: Some(month),
            year: Some(2022),
        })
    }

    #[test]
    fn zeros_stand_where_the_decree_puts_them() {
        assert_eq!(on(5, 1), "ngày 05 tháng 01 năm 2022");
        assert_eq!(on(22, 6), "ngày 22 tháng 6 năm 2022");
        let document = Document {
            number: Some("5".into()),
            symbol: "BC-UBND".into(),
            ..Document::default()
        };
        assert_eq!(number(&document), "Số: 05/BC-UBND");
    }

    #[test]
    fn a_draft_leaves_room_for_number_and_day() {
        let document = Document {
            symbol: "BC-UBND".into(),
            place: "Minh Long".into(),
            ..Document::default()
        };
        assert!(number(&document).ends_with("\u{A0}/BC-UBND"));
        assert!(date(&document).starts_with("Minh Long, ngày \u{A0}"));
    }

    #[test]
    fn several_addressees_end_in_semicolons_and_one_full_stop() {
        let to = Addressees::new(
            &["UBND tỉnh;".into(), "Sở Tài chính".into()],
            &Layout::default(),
        )
        .unwrap();
        assert_eq!(to.lines, ["- UBND tỉnh;", "- Sở Tài chính."]);
    }

    #[test]
    fn a_long_name_takes_the_smaller_size_when_that_saves_a_line() {
        let document = Document {
            organ: vec!["SỞ KHOA HỌC VÀ CÔNG NGHỆ TỈNH".into()],
            ..Document::default()
        };
        let head = Head::new(&document, &Layout::default());
        assert!(head.organ.len() <= 2 && head.left + head.right == Layout::default().width(false));
    }
}
