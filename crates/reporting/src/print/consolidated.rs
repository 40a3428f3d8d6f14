//! The consolidated report of the unit that asked, as a document for its head to sign.
//!
//! It is always a draft: number, day and signer are given when it is issued.

use chrono::{DateTime, Utc};
use document::{Align, Annex, Block, Cell, Document, Span, Table};
use types::{money::Money, text::fold};

use super::parts::{cell, column, file_time, in_full, issue_date, narrative, point, spans};
use crate::{
    consolidation::{Content, FigureTotal, Part, SectionParts, Source},
    placeholder::Figure,
    report::{Body, ProjectRow, ReportState},
    request::Timeliness,
    template::ConsolidationRule,
};

/// Numbers of the annexes: every unit's figures, and the projects.
const FIGURES: &str = "I";
const PROJECTS: &str = "II";
/// Printed instead of a sum that no whole number of đồng can hold.
const TOO_MUCH: &str = "vượt giới hạn tính";

/// Puts the document together.
pub(super) fn document(content: &Content, written: DateTime<Utc>) -> Document {
    let letterhead = &content.letterhead;
    let superior = &letterhead.superior_organ;
    let superiors: Vec<String> = Some(superior.clone())
        .filter(|it| !it.is_empty())
        .into_iter()
        .collect();
    // One line, which the form breaks evenly; the outline's own breaks fit its own words.
    let asked = content.subject.lines().collect::<Vec<_>>().join(" ");
    let subject = format!("Tổng hợp kết quả {}", lower_first(&asked));
    Document {
        parent_organ: superiors.clone(),
        organ: vec![letterhead.display_name.clone()],
        number: None,
        symbol: format!("BC-{}", letterhead.symbol),
        place: letterhead.place.clone(),
        date: issue_date(None, written),
        kind: "BÁO CÁO".to_owned(),
        title: format!("Báo cáo {subject} - {}", letterhead.display_name),
        subject: vec![subject],
        addressees: superiors,
        body: body(content),
        authority: content.signing_lines.clone(),
        signer: None,
        // "Như trên" stands for the addressees, if there are any.
        recipients: match superior.as_str() {
            "" => vec!["Lưu: VT.".to_owned()],
            _ => vec!["Như trên;".to_owned(), "Lưu: VT.".to_owned()],
        },
        annexes: annexes(content),
        draft: true,
        created: file_time(written),
    }
}

fn body(content: &Content) -> Vec<Block> {
    let mut blocks = vec![
        Block::Paragraph(spans(&content.opening)),
        heading(1, "I. TÌNH HÌNH GỬI BÁO CÁO"),
    ];
    blocks.extend(attendance(&content.sources));
    blocks.push(heading(1, "II. NỘI DUNG TỔNG HỢP"));
    for section in &content.sections {
        blocks.push(heading(2, &section.heading));
        match section.rule {
            ConsolidationRule::AggregateValues => {
                blocks.extend(totals(content, &section.key));
                // The figures are added up; what the units say about them is kept.
                blocks.extend(concatenated(section));
            }
            ConsolidationRule::Concatenate => blocks.extend(concatenated(section)),
            ConsolidationRule::UnionRows => blocks.push(projects_summary(section)),
            ConsolidationRule::GroupByAddressee => blocks.extend(by_addressee(section)),
            ConsolidationRule::Omit => {}
        }
    }
    let closing = format!(
        "Trên đây là báo cáo tổng hợp {}, {} kính báo cáo./.",
        content.period.to_vietnamese(),
        content.letterhead.display_name,
    );
    blocks.push(Block::Paragraph(spans(&closing)));
    blocks
}

fn heading(level: u8, text: &str) -> Block {
    Block::Heading {
        level,
        text: text.to_owned(),
    }
}

/// Who is in, who is not: no total can be judged without it.
fn attendance(sources: &[Source]) -> Vec<Block> {
    let in_count = sources.iter().filter(|it| it.submission.is_some()).count();
    let exempt = |it: &&Source| it.submission.is_none() && it.timeliness == Timeliness::Exempt;
    let exempt = sources.iter().filter(exempt).count();
    let expected = sources.len() - exempt;
    let out_count = expected - in_count;
    let let_off = match exempt {
        0 => String::new(),
        count => format!("; {count} đơn vị được miễn báo cáo"),
    };
    let text = format!(
        "Đến thời điểm tổng hợp, {in_count}/{expected} đơn vị có báo cáo được tiếp nhận; {out_count} đơn vị chưa có báo cáo được tiếp nhận{let_off}. Số liệu tổng hợp dưới đây chỉ gồm các đơn vị đã có báo cáo.",
    );
    let rows = (1..).zip(sources).map(|(number, source)| {
        vec![
            cell(number.to_string()),
            cell(&source.display_name),
            cell(state(source)),
            cell(timeliness(source.timeliness)),
            cell(notes(source)),
        ]
    });
    let columns = vec![
        column("TT", 6, Align::Center),
        column("Đơn vị", 34, Align::Left),
        column("Tình trạng báo cáo", 20, Align::Left),
        column("Thời hạn", 19, Align::Left),
        column("Ghi chú", 21, Align::Left),
    ];
    let table = Table {
        columns,
        rows: rows.collect(),
        ..Table::default()
    };
    vec![Block::Paragraph(spans(&text)), Block::Table(table)]
}

fn state(source: &Source) -> &'static str {
    match source.state {
        _ if source.submission.is_some() => "Đã tiếp nhận",
        _ if source.timeliness == Timeliness::Exempt => "Được miễn báo cáo",
        ReportState::Submitted => "Đã gửi, chờ tiếp nhận",
        ReportState::Returned => "Đã trả lại để hoàn thiện",
        _ => "Chưa gửi",
    }
}

fn timeliness(timeliness: Timeliness) -> &'static str {
    match timeliness {
        Timeliness::OnTime => "Đúng hạn",
        Timeliness::Late => "Trễ hạn",
        Timeliness::NotDue => "Chưa đến hạn",
        Timeliness::Missing => "Quá hạn",
        Timeliness::Exempt => "–",
    }
}

/// What a unit says of its figures, and what was granted to it.
fn notes(source: &Source) -> String {
    let mut notes = Vec::new();
    if !source.note.is_empty() {
        notes.push(source.note.clone());
    }
    if !source.reason.is_empty() {
        notes.push(source.reason.clone());
    }
    if !source.stands_for.is_empty() {
        notes.push(format!(
            "Báo cáo thay {} đơn vị đã sáp nhập",
            source.stands_for.len()
        ));
    }
    notes.join("; ")
}

/// The totals of a section, each with how many units it speaks for.
fn totals(content: &Content, section: &str) -> Vec<Block> {
    let cited = |it: &&FigureTotal| {
        it.section_keys.is_empty() || it.section_keys.iter().any(|key| key == section)
    };
    let figures: Vec<_> = content.figures.iter().filter(cited).collect();
    if figures.is_empty() {
        return Vec::new();
    }
    let rows = (1..).zip(figures).map(|(number, figure)| {
        vec![
            cell(i32::to_string(&number)),
            cell(&figure.display_name),
            cell(&figure.measure_unit),
            Cell {
                bold: true,
                ..cell(total(figure))
            },
            cell(format!("{}/{}", figure.counted, figure.expected)),
            cell(remark(figure)),
        ]
    });
    let columns = vec![
        column("TT", 5, Align::Center),
        column("Chỉ tiêu", 32, Align::Left),
        column("Đơn vị tính", 12, Align::Left),
        column("Tổng hợp", 12, Align::Right),
        column("Số đơn vị được cộng", 11, Align::Center),
        column("Ghi chú", 28, Align::Left),
    ];
    let table = Table {
        columns,
        rows: rows.collect(),
        ..Table::default()
    };
    let detail = format!("Số liệu của từng đơn vị tại Phụ lục {FIGURES}.");
    vec![Block::Table(table), Block::Paragraph(spans(&detail))]
}

fn total(figure: &FigureTotal) -> String {
    match &figure.total {
        Some(total) => figure
            .printed
            .clone()
            .unwrap_or_else(|| total.to_vietnamese()),
        None if !figure.is_defined => "Chưa ban hành chỉ tiêu".to_owned(),
        None if figure.adds_up => "Chưa đủ số liệu".to_owned(),
        None => "Không cộng".to_owned(),
    }
}

/// Says what is not in a total, and why: an absence keeps the words it was stated with.
fn remark(figure: &FigureTotal) -> String {
    let mut remarks = Vec::new();
    if figure.without_parts > 0 {
        remarks.push(format!(
            "{} đơn vị chỉ nêu tỷ lệ, không cộng được",
            figure.without_parts
        ));
    }
    for (absence, count) in &figure.absent {
        remarks.push(format!("{count} đơn vị {}", absence.to_vietnamese()));
    }
    if figure.missing > 0 {
        remarks.push(format!("{} đơn vị chưa có số liệu", figure.missing));
    }
    remarks.join("; ")
}

fn concatenated(section: &SectionParts) -> Vec<Block> {
    let mut blocks = Vec::new();
    for part in &section.parts {
        let Body::Narrative(text) = &part.body else {
            continue;
        };
        blocks.push(heading(3, &part.display_name));
        blocks.extend(narrative(text));
    }
    blocks
}

/// Every row of the units' project tables with its unit.
fn project_rows(section: &SectionParts) -> Vec<(&Part, &ProjectRow)> {
    let rows = section.parts.iter().flat_map(|part| match &part.body {
        Body::ProjectTable(rows) => rows.iter().map(|row| (part, row)).collect(),
        _ => Vec::new(),
    });
    rows.collect()
}

fn granted(rows: &[(&Part, &ProjectRow)]) -> Option<Money> {
    Money::checked_sum(
        rows.iter()
            .map(|(_, row)| Money::new(row.allocated_amount_vnd)),
    )
}

fn asked(rows: &[(&Part, &ProjectRow)]) -> Option<Money> {
    Money::checked_sum(
        rows.iter()
            .filter_map(|(_, row)| row.requested_amount_vnd.map(Money::new)),
    )
}

/// What the rows come to; the table itself is wide and stands in an annex.
fn projects_summary(section: &SectionParts) -> Block {
    let rows = project_rows(section);
    let units = section
        .parts
        .iter()
        .filter(|it| !it.body.is_empty())
        .count();
    let said = |sum: Option<Money>| match sum {
        None => TOO_MUCH.to_owned(),
        Some(Money::ZERO) => Money::ZERO.to_vietnamese(),
        Some(sum) => in_full(sum),
    };
    let text = format!(
        "Các đơn vị báo cáo {} dự án, nhiệm vụ (của {units} đơn vị); kinh phí đã cấp theo quyết định: {}; \
         đề xuất bổ sung (chưa phải kinh phí được cấp): {}. Chi tiết tại Phụ lục {PROJECTS}.",
        rows.len(),
        said(granted(&rows)),
        said(asked(&rows)),
    );
    Block::Paragraph(spans(&text))
}

/// All rows in one table, with the sums of what was granted and what was asked.
fn projects(section: &SectionParts) -> Block {
    let rows = project_rows(section);
    let mut cells: Vec<Vec<Cell>> = (1..)
        .zip(&rows)
        .map(|(number, (part, row))| {
            vec![
                cell(i32::to_string(&number)),
                cell(&part.display_name),
                cell(&row.title),
                cell(&row.result_text),
                cell(amount(Some(row.allocated_amount_vnd).filter(|it| *it != 0))),
                cell(row.decision_numbers.join(", ")),
                cell(match row.requested_amount_vnd {
                    None if row.requested => "Có đề xuất".to_owned(),
                    asked => amount(asked),
                }),
                cell(&row.note),
            ]
        })
        .collect();
    cells.push(vec![
        Cell {
            colspan: 4,
            bold: true,
            ..cell("Tổng cộng")
        },
        Cell {
            bold: true,
            ..cell(sum(granted(&rows)))
        },
        cell(""),
        Cell {
            bold: true,
            ..cell(sum(asked(&rows)))
        },
        cell(""),
    ]);
    let columns = vec![
        column("TT", 5, Align::Center),
        column("Đơn vị", 15, Align::Left),
        column("Nội dung/Nhiệm vụ/Dự án", 23, Align::Left),
        column("Kết quả, tiến độ thực hiện", 15, Align::Left),
        column("Kinh phí đã cấp", 12, Align::Right),
        column("Theo quyết định", 12, Align::Left),
        column("Đề xuất bổ sung", 12, Align::Right),
        column("Ghi chú", 10, Align::Left),
    ];
    let unit_note = Some("Đơn vị tính: đồng".to_owned());
    Block::Table(Table {
        columns,
        rows: cells,
        unit_note,
        ..Table::default()
    })
}

fn amount(vnd: Option<i64>) -> String {
    vnd.map(types::decimal::group_thousands).unwrap_or_default()
}

fn sum(total: Option<Money>) -> String {
    total.map_or_else(
        || "Vượt giới hạn".to_owned(),
        |it| types::decimal::group_thousands(it.vnd()),
    )
}

/// Proposals gathered by the organ they are addressed to, in order of first mention.
fn by_addressee(section: &SectionParts) -> Vec<Block> {
    let mut groups: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for part in &section.parts {
        let Body::Proposals(proposals) = &part.body else {
            continue;
        };
        for proposal in proposals {
            let asked = (proposal.resolved.clone(), part.display_name.clone());
            let known = groups
                .iter_mut()
                .find(|(organ, _)| fold(organ) == fold(&proposal.addressee));
            match known {
                Some((_, asked_of)) => asked_of.push(asked),
                None => groups.push((proposal.addressee.clone(), vec![asked])),
            }
        }
    }
    let mut blocks = Vec::new();
    for (index, (organ, asked)) in groups.into_iter().enumerate() {
        blocks.push(heading(3, &format!("{} Đối với {organ}", point(index))));
        for (text, unit) in asked {
            let one_line = text.lines().map(str::trim).collect::<Vec<_>>().join(" ");
            let mut item = spans(&one_line);
            item.push(Span {
                italic: true,
                ..Span::plain(format!(" ({unit})"))
            });
            blocks.push(Block::Bullet(item));
        }
    }
    blocks
}

/// The wide tables, on pages that lie on their side.
fn annexes(content: &Content) -> Vec<Annex> {
    let period = content.period.to_vietnamese();
    let annex = |number: &str, title: &str, body| Annex {
        label: format!("Phụ lục {number}"),
        title: format!("{title}, {period}"),
        landscape: true,
        body,
    };
    let mut annexes = Vec::new();
    if !content.figures.is_empty() {
        annexes.push(annex(FIGURES, "Số liệu của từng đơn vị", figures(content)));
    }
    let tables = content
        .sections
        .iter()
        .filter(|it| it.rule == ConsolidationRule::UnionRows);
    let tables: Vec<_> = tables.map(projects).collect();
    if !tables.is_empty() {
        annexes.push(annex(PROJECTS, "Dự án, nhiệm vụ của các đơn vị", tables));
    }
    annexes
}

/// Indicators side by side on a page that lies on its side.
const SIDE_BY_SIDE: usize = 8;

/// Every unit's figures, and below them the total: a row for each unit, as many tables as the
/// indicators need.
fn figures(content: &Content) -> Vec<Block> {
    let units: Vec<&Source> = content
        .sources
        .iter()
        .filter(|it| it.submission.is_some())
        .collect();
    let tables = content.figures.chunks(SIDE_BY_SIDE);
    let mut body: Vec<_> = tables.map(|it| side_by_side(&units, it)).collect();
    for source in units.iter().filter(|it| !it.note.is_empty()) {
        let note = format!(
            "(*) {}: {}.",
            source.display_name,
            source.note.trim_end_matches('.')
        );
        body.push(Block::Paragraph(vec![Span {
            italic: true,
            ..Span::plain(note)
        }]));
    }
    body
}

/// Some indicators of all units.
fn side_by_side(units: &[&Source], figures: &[FigureTotal]) -> Block {
    let mut columns = vec![
        column("TT", 4, Align::Center),
        column("Đơn vị", 22, Align::Left),
    ];
    columns.extend(figures.iter().map(|it| {
        let measure_unit = match it.measure_unit.as_str() {
            "" => String::new(),
            unit => format!(" ({unit})"),
        };
        let name = format!("{}{measure_unit}", it.display_name);
        column(&name, 13, Align::Right)
    }));
    let mut rows: Vec<Vec<Cell>> = (1..)
        .zip(units)
        .map(|(number, source)| {
            let mark = if source.note.is_empty() { "" } else { " (*)" };
            let mut row = vec![
                cell(i32::to_string(&number)),
                cell(format!("{}{mark}", source.display_name)),
            ];
            row.extend(figures.iter().map(|figure| {
                let known = figure.by_unit.get(&source.unit);
                cell(known.map_or_else(|| "–".to_owned(), Figure::text))
            }));
            row
        })
        .collect();
    let bold = |it: Cell| Cell { bold: true, ..it };
    let mut last = vec![Cell {
        colspan: 2,
        ..bold(cell("Tổng hợp"))
    }];
    last.extend(figures.iter().map(|it| bold(cell(total(it)))));
    rows.push(last);
    Block::Table(Table {
        columns,
        rows,
        ..Table::default()
    })
}

/// Continues a sentence with a subject: its first word loses its capital, unless the whole
/// word is capitals, such as UBND.
fn lower_first(text: &str) -> String {
    let word = text.split_whitespace().next().unwrap_or_default();
    if word.chars().count() > 1 && word.chars().all(char::is_uppercase) {
        return text.to_owned();
    }
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_lowercase);
    first.chain(letters).collect()
}
