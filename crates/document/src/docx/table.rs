//! Tables with spans, whose head Word repeats on every page.

use super::body::Body;
use crate::form::{Grid, Placed, Row};
use crate::layout::{Layout, Twips};
use crate::model::Align;

/// What stands at one place of the grid.
enum Place<'a> {
    Cell(&'a Placed),
    /// The lower part of a cell that spans rows.
    Below(usize),
    Empty,
}

pub(super) fn write(body: &mut Body, grid: &Grid, layout: &Layout) {
    if let Some(caption) = &grid.caption {
        body.line("TableCaption", caption);
    }
    if let Some(unit) = &grid.unit {
        body.line("TableUnit", unit);
    }
    body.push(&properties(grid, layout));
    let style = if grid.size < 24 {
        "TableWide"
    } else {
        "TableCell"
    };
    rows(body, grid, &grid.head, style, grid.repeat);
    rows(body, grid, &grid.rows, style, false);
    body.push("</w:tbl>");
    body.gap(layout.table_gap, grid.keep);
}

fn properties(grid: &Grid, layout: &Layout) -> String {
    let borders: String = ["top", "left", "bottom", "right", "insideH", "insideV"]
        .iter()
        .map(|side| format!(r#"<w:{side} w:val="single" w:sz="4" w:space="0" w:color="000000"/>"#))
        .collect();
    let columns: String = grid
        .widths
        .iter()
        .map(|width| format!(r#"<w:gridCol w:w="{width}"/>"#))
        .collect();
    format!(
        concat!(
            r#"<w:tbl><w:tblPr><w:tblW w:w="{whole}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders>"#,
            r#"<w:tblLayout w:type="fixed"/><w:tblCellMar><w:top w:w="{y}" w:type="dxa"/>"#,
            r#"<w:left w:w="{x}" w:type="dxa"/><w:bottom w:w="{y}" w:type="dxa"/><w:right w:w="{x}" w:type="dxa"/>"#,
            r#"</w:tblCellMar></w:tblPr><w:tblGrid>{columns}</w:tblGrid>"#
        ),
        whole = grid.widths.iter().sum::<Twips>(),
        borders = borders,
        x = layout.cell_x,
        y = layout.cell_y,
        columns = columns,
    )
}

fn rows(body: &mut Body, grid: &Grid, rows: &[Row], style: &str, head: bool) {
    for (at, row) in rows.iter().enumerate() {
        let whole = if row.whole { "<w:cantSplit/>" } else { "" };
        let repeated = if head { "<w:tblHeader/>" } else { "" };
        body.push(&format!("<w:tr><w:trPr>{whole}{repeated}</w:trPr>"));
        // The head stays with the first row, and a table kept whole stays with the signature.
        let keep = if head || grid.keep {
            "<w:keepNext/>"
        } else {
            ""
        };
        let mut column = 0;
        while column < grid.widths.len() {
            column += match find(rows, at, column) {
                Place::Cell(cell) => {
                    open(body, grid, column, cell.colspan, merge(cell));
                    let align = match cell.align {
                        Align::Left => "left",
                        Align::Center => "center",
                        Align::Right => "right",
                    };
                    let properties = format!(r#"{keep}<w:jc w:val="{align}"/>"#);
                    body.paragraph(style, &properties, &cell.spans);
                    body.push("</w:tc>");
                    cell.colspan
                }
                Place::Below(colspan) => {
                    open(body, grid, column, colspan, "<w:vMerge/>");
                    body.paragraph(style, keep, &[]);
                    body.push("</w:tc>");
                    colspan
                }
                Place::Empty => {
                    open(body, grid, column, 1, "");
                    body.paragraph(style, keep, &[]);
                    body.push("</w:tc>");
                    1
                }
            };
        }
        body.push("</w:tr>");
    }
}

fn merge(cell: &Placed) -> &'static str {
    if cell.rowspan > 1 {
        r#"<w:vMerge w:val="restart"/>"#
    } else {
        ""
    }
}

fn open(body: &mut Body, grid: &Grid, column: usize, colspan: usize, merge: &str) {
    let width: Twips = grid.widths.iter().skip(column).take(colspan).sum();
    let span = if colspan > 1 {
        format!(r#"<w:gridSpan w:val="{colspan}"/>"#)
    } else {
        String::new()
    };
    body.push(&format!(
        r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{span}{merge}<w:vAlign w:val="center"/></w:tcPr>"#
    ));
}

/// Returns what stands in `column` of row `at`.
fn find(rows: &[Row], at: usize, column: usize) -> Place<'_> {
    if let Some(cell) = rows[at].cells.iter().find(|it| it.column == column) {
        return Place::Cell(cell);
    }
    let above = rows[..at].iter().enumerate().rev().find_map(|(y, row)| {
        row.cells
            .iter()
            .find(|it| it.column == column && y + it.rowspan > at)
    });
    above.map_or(Place::Empty, |cell| Place::Below(cell.colspan))
}
