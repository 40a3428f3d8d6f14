//! Lets words break that are wider than their line. Word breaks them by itself; typst would run off the page.

use crate::font::{self, Style};
use crate::form::{Form, Grid, Piece, Row, Run};
use crate::layout::{HalfPoints, Layout, Twips};

/// A place where a line may end, without width. `hygiene` drops it from text that comes in.
const BREAK: char = '\u{200B}';

/// Opens every word of `form` that is wider than the place it stands in.
pub(super) fn soften(form: &mut Form) {
    let layout = form.layout.clone();
    let width = layout.width(false);
    let share = |percent: i32| width * percent / 100 - layout.indent;
    for (lines, size, room) in [
        (&mut form.closing.authority, layout.body, share(54)),
        (&mut form.closing.recipients, layout.recipients, share(46)),
    ] {
        lines.iter_mut().for_each(|line| open(line, size, room));
    }
    if let Some(signer) = &mut form.closing.signer {
        open(signer, layout.body, share(54));
    }
    open(&mut form.head.number, layout.number, form.head.left);
    open(&mut form.head.date, layout.date, form.head.right);
    if let Some(to) = &mut form.addressees {
        let room = width - to.dash_at - layout.indent;
        to.lines
            .iter_mut()
            .for_each(|line| open(line, layout.body, room));
    }
    pieces(&mut form.body, &layout, false);
    for annex in &mut form.annexes {
        let room = layout.width(annex.landscape);
        open(&mut annex.label, layout.title, room);
        open(&mut annex.note, layout.body, room);
        pieces(&mut annex.body, &layout, annex.landscape);
    }
}

fn pieces(pieces: &mut [Piece], layout: &Layout, landscape: bool) {
    let room = layout.width(landscape) - 2 * layout.indent;
    for piece in pieces {
        match piece {
            Piece::Heading { spans, .. } | Piece::Paragraph { spans, .. } => {
                runs(spans, layout.body, room);
            }
            Piece::List { items, .. } => {
                items
                    .iter_mut()
                    .for_each(|item| runs(item, layout.body, room));
            }
            Piece::Table(grid) => table(grid, layout, room),
        }
    }
}

fn table(grid: &mut Grid, layout: &Layout, room: Twips) {
    for (line, size) in [
        (&mut grid.caption, layout.table_caption),
        (&mut grid.unit, layout.table_note),
    ] {
        if let Some(line) = line {
            open(line, size, room);
        }
    }
    for Row { cells, .. } in grid.head.iter_mut().chain(&mut grid.rows) {
        for cell in cells {
            let room: Twips = grid
                .widths
                .iter()
                .skip(cell.column)
                .take(cell.colspan)
                .sum();
            runs(&mut cell.spans, grid.size, room - 2 * layout.cell_x);
        }
    }
}

fn runs(runs: &mut [Run], size: HalfPoints, room: Twips) {
    for run in runs {
        open(&mut run.text, size, room);
    }
}

fn open(text: &mut String, size: HalfPoints, room: Twips) {
    // No letter is wider than its size: a word of few letters fits, and most words are of few letters.
    let always_fits = usize::try_from(room / (size * 10).max(1)).unwrap_or(0);
    let wide = |word: &str| {
        word.chars().count() > always_fits && font::width(word, Style::Bold, size) > room
    };
    if !text.split(' ').any(wide) {
        return;
    }
    let words: Vec<String> = text
        .split(' ')
        .map(|word| {
            if wide(word) {
                word.chars()
                    .flat_map(|letter| [letter, BREAK])
                    .collect::<String>()
            } else {
                word.to_owned()
            }
        })
        .collect();
    *text = words.join(" ");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_do_not_fit_are_opened() {
        let mut text = format!("ngắn {} ngắn", "W".repeat(80));
        let before = text.clone();
        open(&mut text, 28, 25_000);
        assert_eq!(text, before);
        open(&mut text, 28, 9000);
        assert!(text.starts_with("ngắn W\u{200B}W"));
        assert_eq!(text.replace(BREAK, ""), before);
    }
}
