//! Plain text in reading order, for hashing and comparing: what the pages say, without how they look.

use crate::Document;
use crate::form::{Form, Grid, Piece, Row, Run};

/// Returns the text of `document`, a line for each paragraph, a tab between the cells of a row.
pub fn render(document: &Document) -> String {
    let form = Form::new(document);
    let mut lines: Vec<String> = Vec::new();
    lines.extend(form.draft.map(str::to_owned));
    let head = &form.head;
    lines.push(head.parent.join(" "));
    lines.push(head.organ.join(" "));
    lines.extend([head.number.clone(), head.nation.into(), head.motto.into()]);
    lines.push(head.date.clone());
    lines.push(form.title.kind.join(" "));
    lines.push(form.title.subject.join(" "));
    if let Some(to) = &form.addressees {
        if let [one] = &to.lines[..] {
            lines.push(format!("{} {one}", to.label));
        } else {
            lines.push(to.label.to_owned());
            lines.extend(to.lines.iter().cloned());
        }
    }
    pieces(&mut lines, &form.body);
    let closing = &form.closing;
    if !closing.recipients.is_empty() {
        lines.push(closing.recipients_label.to_owned());
        lines.extend(closing.recipients.iter().map(|line| format!("- {line}")));
    }
    lines.extend(closing.authority.iter().cloned());
    lines.extend(closing.signer.clone());
    for annex in &form.annexes {
        lines.push(annex.label.clone());
        lines.push(annex.title.join(" "));
        lines.push(annex.note.clone());
        pieces(&mut lines, &annex.body);
    }
    lines.retain(|line| !line.trim().is_empty());
    let mut text = lines.join("\n");
    text.push('\n');
    // Room to write in is made of no-break spaces; here it is only space.
    text.replace('\u{A0}', " ")
}

fn words(spans: &[Run]) -> String {
    spans.iter().map(|run| run.text.as_str()).collect()
}

fn pieces(lines: &mut Vec<String>, pieces: &[Piece]) {
    for piece in pieces {
        match piece {
            Piece::Heading { spans, .. } | Piece::Paragraph { spans, .. } => {
                lines.push(words(spans));
            }
            Piece::List { items, .. } => {
                lines.extend(items.iter().map(|item| format!("- {}", words(item))));
            }
            Piece::Table(grid) => table(lines, grid),
        }
    }
}

fn table(lines: &mut Vec<String>, grid: &Grid) {
    lines.extend(grid.caption.clone());
    lines.extend(grid.unit.clone());
    for Row { cells, .. } in grid.head.iter().chain(&grid.rows) {
        let cells: Vec<String> = cells.iter().map(|cell| words(&cell.spans)).collect();
        lines.push(cells.join("\t"));
    }
}
