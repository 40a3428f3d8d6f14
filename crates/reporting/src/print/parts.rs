//! Pieces that every document is put together from.

use chrono::{DateTime, Datelike, Duration, NaiveDate, Timelike, Utc};
use document::{Align, Block, Cell, Column, DocumentDate, DocumentTime, Span, Table};
use types::{money::Money, period::Period};

use crate::{
    report::ProjectRow,
    template::{self, BlockKind},
};

/// Letters of the Vietnamese alphabet as points are counted with (NĐ 30/2020): đ comes
/// after d, and there is no f.
const LETTERS: [char; 22] = [
    'a', 'b', 'c', 'd', 'đ', 'e', 'g', 'h', 'i', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't',
    'u', 'v', 'x',
];

/// Returns the mark of a point, such as `a)`; after the alphabet, a number.
pub(super) fn point(index: usize) -> String {
    LETTERS
        .get(index)
        .map_or_else(|| format!("{})", index + 1), |letter| format!("{letter})"))
}

/// Returns text as spans, in which web addresses lead where they say.
pub(super) fn spans(text: &str) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut rest = text;
    while let Some(start) = rest.find("https://").or_else(|| rest.find("http://")) {
        let (before, from) = rest.split_at(start);
        let end = from
            .find(|it: char| it.is_whitespace() || "<>\"".contains(it))
            .unwrap_or(from.len());
        // A mark at the end belongs to the sentence, not to the address.
        let address = from[..end].trim_end_matches(['.', ',', ';', ':', ')', '!', '?']);
        if !before.is_empty() {
            spans.push(Span::plain(before));
        }
        spans.push(Span {
            link: Some(address.to_owned()),
            ..Span::plain(address)
        });
        rest = &from[address.len()..];
    }
    if !rest.is_empty() || spans.is_empty() {
        spans.push(Span::plain(rest));
    }
    spans
}

/// Returns text as paragraphs, one for each line.
pub(super) fn paragraphs(text: &str) -> impl Iterator<Item = Block> + '_ {
    text.lines()
        .filter(|it| !it.trim().is_empty())
        .map(|it| Block::Paragraph(spans(it)))
}

/// Returns the blocks of a section, with their figures in place.
pub(super) fn narrative(blocks: &[template::Block]) -> impl Iterator<Item = Block> + '_ {
    blocks.iter().flat_map(|block| match block.kind {
        BlockKind::Paragraph => paragraphs(&block.resolved).collect::<Vec<_>>(),
        BlockKind::Bullet => {
            let lines = block.resolved.lines().filter(|it| !it.trim().is_empty());
            lines.map(|it| Block::Bullet(spans(it))).collect()
        }
    })
}

/// Returns a column.
pub(super) fn column(heading: &str, width: u32, align: Align) -> Column {
    Column {
        heading: heading.to_owned(),
        width,
        align,
    }
}

/// Returns a cell of text.
pub(super) fn cell(text: impl Into<String>) -> Cell {
    Cell::plain(text)
}

/// Returns the project table of one unit, with its one money column as the outline of
/// the province has it.
pub(super) fn project_table(rows: &[ProjectRow], period: Period) -> Block {
    let money = match period {
        Period::HalfYear { half: 1, .. } => {
            "Kinh phí nếu có (bao nhiêu, đã cấp theo QĐ nào hoặc đề xuất bổ sung 6 tháng cuối năm)"
        }
        _ => "Kinh phí nếu có (bao nhiêu, đã cấp theo QĐ nào hoặc đề xuất bổ sung)",
    };
    let columns = vec![
        column("TT", 5, Align::Center),
        column("Nội dung/Nhiệm vụ/ Dự án", 32, Align::Left),
        column("Kết quả, tiến độ thực hiện", 20, Align::Left),
        column(money, 28, Align::Left),
        column("Ghi chú", 15, Align::Left),
    ];
    let rows = (1..).zip(rows).map(|(number, row)| {
        vec![
            cell(number.to_string()),
            cell(&row.title),
            cell(&row.result_text),
            cell(money_text(row)),
            cell(&row.note),
        ]
    });
    Block::Table(Table {
        columns,
        rows: rows.collect(),
        ..Table::default()
    })
}

/// Writes the three facts of money in one cell: how much, granted by what, asked for.
pub(super) fn money_text(row: &ProjectRow) -> String {
    let mut facts = Vec::new();
    let amount =
        (row.allocated_amount_vnd != 0).then(|| in_full(Money::new(row.allocated_amount_vnd)));
    let decisions = row.decision_numbers.join(", ");
    match (amount, decisions.as_str()) {
        (Some(amount), "") => facts.push(amount),
        (Some(amount), decisions) => {
            facts.push(format!("{amount}, đã cấp theo Quyết định số {decisions}"))
        }
        (None, "") => {}
        (None, decisions) => facts.push(format!("Quyết định số {decisions}")),
    }
    match row.requested_amount_vnd {
        Some(amount) => facts.push(format!("Đề xuất bổ sung {}", in_full(Money::new(amount)))),
        None if row.requested => facts.push("Đề xuất bổ sung kinh phí".to_owned()),
        None => {}
    }
    facts.join("; ")
}

/// Writes an amount in figures and, behind them, in words, as documents about money do: nobody
/// adds a digit to words.
pub(super) fn in_full(amount: Money) -> String {
    format!(
        "{} (bằng chữ: {})",
        amount.to_vietnamese(),
        amount.to_words()
    )
}

/// Returns a date of issue; what is not known leaves room to be written in.
pub(super) fn issue_date(date: Option<NaiveDate>, written: DateTime<Utc>) -> DocumentDate {
    match date {
        Some(date) => DocumentDate {
            day: Some(date.day()),
            month: Some(date.month()),
            year: Some(date.year()),
        },
        None => DocumentDate {
            year: Some(vietnam(written).year()),
            ..DocumentDate::default()
        },
    }
}

/// Returns the time written into a file, so that the same source gives the same bytes.
pub(super) fn file_time(written: DateTime<Utc>) -> DocumentTime {
    let local = vietnam(written);
    DocumentTime {
        year: local.year(),
        month: local.month(),
        day: local.day(),
        hour: local.hour(),
        minute: local.minute(),
    }
}

/// Vietnam is seven hours ahead all year.
fn vietnam(instant: DateTime<Utc>) -> DateTime<Utc> {
    instant + Duration::hours(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_counted_with_the_vietnamese_alphabet() {
        let marks: Vec<_> = (0..7).map(point).collect();
        assert_eq!(marks, ["a)", "b)", "c)", "d)", "đ)", "e)", "g)"]);
        assert_eq!(point(22), "23)");
    }

    #[test]
    fn the_portal_of_minh_long_becomes_a_link_without_the_colon_behind_it() {
        let spans = spans("điện tử https://minhlong.quangngai.gov.vn/: của huyện");
        assert_eq!(
            spans[1].link.as_deref(),
            Some("https://minhlong.quangngai.gov.vn/")
        );
        let text: String = spans.iter().map(|it| it.text.as_str()).collect();
        assert_eq!(
            text,
            "điện tử https://minhlong.quangngai.gov.vn/: của huyện"
        );
    }

    #[test]
    fn the_one_money_cell_tells_its_three_facts_apart() {
        let row = ProjectRow {
            allocated_amount_vnd: 368_000_000,
            decision_numbers: vec!["123/QĐ-UBND".into()],
            requested_amount_vnd: Some(50_000_000),
            requested: true,
            ..ProjectRow::default()
        };
        assert_eq!(
            money_text(&row),
            "368.000.000 đồng (bằng chữ: Ba trăm sáu mươi tám triệu đồng chẵn), đã cấp theo Quyết định \
             số 123/QĐ-UBND; Đề xuất bổ sung 50.000.000 đồng (bằng chữ: Năm mươi triệu đồng chẵn)",
        );
        assert_eq!(money_text(&ProjectRow::default()), "");
    }
}
