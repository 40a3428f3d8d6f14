//! Tables: where each cell stands, how wide each column is, which rows may break.

use serde::Serialize;

use super::{Piece, Run, runs};
use crate::font::{self, Style};
use crate::layout::{HalfPoints, Layout, Twips};
use crate::model::{Align, Cell, Column, Table};

/// A table with every cell in its place.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Grid {
    pub(crate) caption: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) size: HalfPoints,
    pub(crate) widths: Vec<Twips>,
    pub(crate) head: Vec<Row>,
    pub(crate) rows: Vec<Row>,
    /// Whether the head is small enough to be repeated on every page.
    pub(crate) repeat: bool,
    /// Whether it stays whole and with what follows.
    pub(crate) keep: bool,
}

/// A row.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Row {
    /// Whether it is short enough to stay on one page.
    pub(crate) whole: bool,
    pub(crate) cells: Vec<Placed>,
}

/// A cell and its place.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Placed {
    pub(crate) column: usize,
    pub(crate) colspan: usize,
    pub(crate) rowspan: usize,
    pub(crate) align: Align,
    pub(crate) spans: Vec<Run>,
}

/// Settles a table; of one without cells only the words around it are left.
pub(super) fn settle(table: &Table, layout: &Layout, landscape: bool) -> Option<Piece> {
    let heads = head_cells(table);
    let most = table.columns.len().max(1);
    let mut head = place(&heads, most);
    let mut rows = place(&table.rows, most);
    let columns = head
        .iter()
        .chain(&rows)
        .flat_map(|row| &row.cells)
        .map(|cell| cell.column + cell.colspan)
        .max()
        .unwrap_or(0)
        .max(table.columns.len());
    if columns == 0 || head.len() + rows.len() == 0 {
        let words: Vec<&str> = [&table.caption, &table.unit_note]
            .into_iter()
            .flatten()
            .map(String::as_str)
            .collect();
        return (!words.is_empty()).then(|| Piece::Paragraph {
            spans: vec![Run::plain(words.join(". "))],
            keep: false,
        });
    }
    let size = if columns > 8 { 22 } else { 24 };
    let widths = share(&table.columns, columns, layout.width(landscape));
    for (cell, is_head) in cells(&mut head, true).chain(cells(&mut rows, false)) {
        let column = table.columns.get(cell.column);
        cell.align = match column {
            _ if is_head => Align::Center,
            Some(column) => column.align,
            None => Align::Left,
        };
    }
    let page = layout.height(landscape);
    let repeat = head
        .iter()
        .map(|row| height(row, &widths, size, layout))
        .sum::<Twips>()
        < page / 3;
    for row in head.iter_mut().chain(&mut rows) {
        row.whole = height(row, &widths, size, layout) < page / 3;
    }
    Some(Piece::Table(Grid {
        caption: table.caption.clone(),
        unit: table.unit_note.clone(),
        size,
        widths,
        head,
        rows,
        repeat,
        keep: false,
    }))
}

fn cells(rows: &mut [Row], is_head: bool) -> impl Iterator<Item = (&mut Placed, bool)> {
    rows.iter_mut()
        .flat_map(|row| &mut row.cells)
        .map(move |cell| (cell, is_head))
}

/// Returns the rows of the head: those given, or one of the columns' headings.
fn head_cells(table: &Table) -> Vec<Vec<Cell>> {
    let mut heads = table.header_rows.clone();
    let named = table.columns.iter().any(|it| !it.heading.is_empty());
    if heads.is_empty() && named {
        heads.push(
            table
                .columns
                .iter()
                .map(|column| Cell::plain(column.heading.clone()))
                .collect(),
        );
    }
    for cell in heads.iter_mut().flatten() {
        cell.bold = true;
    }
    heads
}

/// Puts each cell in the first free place of its row, as HTML does. Spans are cut to `most` columns and to the rows
/// there are, and a row with too many cells makes the table wider, so no text is ever lost.
fn place(rows: &[Vec<Cell>], most: usize) -> Vec<Row> {
    // For each column, how many rows are still covered from above.
    let mut covered: Vec<usize> = Vec::new();
    let mut out = Vec::with_capacity(rows.len());
    for (at, row) in rows.iter().enumerate() {
        let mut taken = covered.clone();
        covered
            .iter_mut()
            .for_each(|rows| *rows = rows.saturating_sub(1));
        let mut placed = Vec::with_capacity(row.len());
        for cell in row {
            let colspan = usize::try_from(cell.colspan).unwrap_or(1).clamp(1, most);
            let rowspan = usize::try_from(cell.rowspan)
                .unwrap_or(1)
                .clamp(1, rows.len() - at);
            let column = free(&taken, colspan);
            let end = column + colspan;
            if taken.len() < end {
                taken.resize(end, 0);
                covered.resize(end, 0);
            }
            taken[column..end].fill(1);
            covered[column..end].fill(rowspan - 1);
            let mut spans = runs(&cell.spans);
            if cell.bold {
                spans.iter_mut().for_each(|run| run.bold = true);
            }
            placed.push(Placed {
                column,
                colspan,
                rowspan,
                align: Align::Left,
                spans,
            });
        }
        placed.sort_by_key(|cell| cell.column);
        out.push(Row {
            whole: true,
            cells: placed,
        });
    }
    out
}

/// Returns the first column with `width` free ones from it on.
fn free(taken: &[usize], width: usize) -> usize {
    (0..taken.len())
        .find(|start| taken.iter().skip(*start).take(width).all(|rows| *rows == 0))
        .unwrap_or(taken.len())
}

/// Shares `whole` among the columns by their relative widths, to the last twip.
fn share(columns: &[Column], count: usize, whole: Twips) -> Vec<Twips> {
    let weight = |at: usize| i64::from(columns.get(at).map_or(1, |column| column.width.max(1)));
    let total: i64 = (0..count).map(weight).sum::<i64>().max(1);
    // No column so narrow that it cannot hold a letter; the rest is shared by weight.
    let floor = (i64::from(whole) / i64::try_from(count.max(1)).unwrap_or(1)).min(500);
    let rest = i64::from(whole) - floor * i64::try_from(count).unwrap_or(0);
    let wanted: Vec<i64> = (0..count)
        .map(|at| weight(at) * i64::from(whole) / total)
        .collect();
    let roomy: i64 = wanted.iter().map(|width| (width - floor).max(0)).sum();
    let mut left = i64::from(whole);
    let mut widths = Vec::with_capacity(count);
    for (at, want) in wanted.iter().enumerate() {
        let width = if at + 1 == count {
            left
        } else if roomy == 0 {
            floor
        } else {
            floor + (want - floor).max(0) * rest / roomy
        };
        left -= width;
        widths.push(Twips::try_from(width).unwrap_or(0));
    }
    widths
}

/// Estimates how high a row will be.
fn height(row: &Row, widths: &[Twips], size: HalfPoints, layout: &Layout) -> Twips {
    let lines = row
        .cells
        .iter()
        .map(|cell| {
            let room: Twips = widths.iter().skip(cell.column).take(cell.colspan).sum();
            let text: i64 = cell
                .spans
                .iter()
                .map(|run| i64::from(font::width(&run.text, Style::Bold, size)))
                .sum();
            text / i64::from((room - 2 * layout.cell_x).max(200)) + 1
        })
        .max()
        .unwrap_or(1);
    Twips::try_from(lines * i64::from(size) * 12).unwrap_or(Twips::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spanned(colspan: u32, rowspan: u32) -> Cell {
        Cell {
            colspan,
            rowspan,
            ..Cell::plain("x")
        }
    }

    #[test]
    fn cells_flow_around_those_that_span() {
        let rows = place(
            &[
                vec![spanned(1, 2), spanned(2, 1), spanned(1, 2)],
                vec![spanned(1, 1), spanned(1, 1)],
            ],
            4,
        );
        let columns: Vec<Vec<usize>> = rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| cell.column).collect())
            .collect();
        assert_eq!(columns, [vec![0, 1, 3], vec![1, 2]]);
    }

    #[test]
    fn absurd_spans_are_cut_and_no_cell_is_lost() {
        let rows = place(
            &[
                vec![spanned(u32::MAX, u32::MAX), spanned(0, 9)],
                vec![spanned(1, 1); 3],
            ],
            2,
        );
        assert_eq!(rows[0].cells[0].colspan, 2);
        assert_eq!(rows[0].cells[1].rowspan, 2);
        assert_eq!(
            rows[1].cells.iter().map(|c| c.column).collect::<Vec<_>>(),
            [3, 4, 5]
        );
    }

    #[test]
    fn columns_fill_the_page_to_the_twip() {
        let columns = [1, 20, 7, 0].map(|width| Column {
            width,
            ..Column::default()
        });
        let widths = share(&columns, 5, 9354);
        assert_eq!(widths.iter().sum::<i32>(), 9354);
        assert!(widths.iter().all(|width| *width >= 500));
    }
}
