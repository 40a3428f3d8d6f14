//! The blocks that stand side by side, above the content and below it: tables without borders.

use std::fmt::Write as _;

use super::body::Body;
use crate::form::{Addressees, Form};
use crate::layout::{Layout, Twips};

/// Opens a table of two columns whose cells have no margins of their own.
fn open(body: &mut Body, left: Twips, right: Twips) {
    body.push(&format!(
        concat!(
            r#"<w:tbl><w:tblPr><w:tblW w:w="{whole}" w:type="dxa"/><w:tblLayout w:type="fixed"/><w:tblCellMar>"#,
            r#"<w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>"#,
            r#"<w:tblGrid><w:gridCol w:w="{left}"/><w:gridCol w:w="{right}"/></w:tblGrid>"#
        ),
        whole = left + right,
        left = left,
        right = right,
    ));
}

/// A row that never breaks, of the two cells that `fill` writes.
fn row(body: &mut Body, widths: [Twips; 2], mut fill: impl FnMut(&mut Body, usize)) {
    body.push("<w:tr><w:trPr><w:cantSplit/></w:trPr>");
    for (at, width) in widths.into_iter().enumerate() {
        body.push(&format!(
            r#"<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>"#
        ));
        fill(body, at);
        body.push("</w:tc>");
    }
    body.push("</w:tr>");
}

/// Everything above the content.
pub(super) fn write(body: &mut Body, form: &Form) {
    let (head, layout) = (&form.head, &form.layout);
    let widths = [head.left, head.right];
    let size = Some(head.size);
    open(body, head.left, head.right);
    row(body, widths, |body, at| {
        if at == 0 {
            body.sized_lines("Parent", size, &head.parent);
            body.sized_lines("Organ", size, &head.organ);
            body.rule(head.left, head.organ_rule, layout, 0);
            // A cell must hold a paragraph, and end in one that is not only a rule.
            body.gap(20, false);
        } else {
            body.sized_lines("Nation", size, &[head.nation]);
            body.line("Motto", head.motto);
            body.rule(head.right, head.motto_rule, layout, 0);
            body.gap(20, false);
        }
    });
    row(body, widths, |body, at| {
        if at == 0 {
            body.line("Number", &head.number);
        } else {
            body.line("Date", &head.date);
        }
    });
    body.push("</w:tbl>");
    let title = &form.title;
    body.lines("Title", &title.kind);
    body.lines("Subtitle", &title.subject);
    if title.rule > 0 {
        body.rule(layout.width(false), title.rule, layout, layout.title_below);
    } else {
        body.gap(layout.title_below, false);
    }
    if let Some(to) = &form.addressees {
        addressees(body, to, layout);
    }
}

fn addressees(body: &mut Body, to: &Addressees, layout: &Layout) {
    if let [one] = &to.lines[..] {
        body.open("Addressee", r#"<w:jc w:val="center"/>"#);
        body.text(&format!("{} {one}", to.label));
        body.close();
    } else {
        let indent = |left: Twips, hanging: Twips| {
            format!(r#"<w:ind w:left="{left}" w:hanging="{hanging}"/>"#)
        };
        body.open("Addressee", &indent(to.label_at, 0));
        body.text(to.label);
        body.close();
        for line in &to.lines {
            body.open("Addressee", &indent(to.dash_at + 163, 163));
            body.text(line);
            body.close();
        }
    }
    body.gap(layout.title_below / 2, false);
}

/// The recipients and the signature, side by side and never apart.
pub(super) fn closing(body: &mut Body, form: &Form) {
    let (closing, layout) = (&form.closing, &form.layout);
    let whole = layout.width(false);
    let left = whole * layout.recipients_share / 100;
    let widths = [left, whole - left];
    // The last paragraph brings its own space below.
    body.gap(layout.closing_above - layout.paragraph_gap, true);
    open(body, widths[0], widths[1]);
    row(body, widths, |body, at| {
        if at == 0 {
            if !closing.recipients.is_empty() {
                body.line("RecipientsLabel", closing.recipients_label);
            }
            for line in &closing.recipients {
                body.open("Recipient", r#"<w:ind w:left="128" w:hanging="128"/>"#);
                body.text(&format!("- {line}"));
                body.close();
            }
            if closing.recipients.is_empty() {
                body.gap(20, false);
            }
        } else {
            body.lines("Authority", &closing.authority);
            body.gap(layout.signature, false);
            let name = closing.signer.as_deref().unwrap_or_default();
            body.line("Signer", name);
        }
    });
    body.push("</w:tbl>");
    body.gap(20, false);
}

impl Body {
    /// A run of plain text.
    fn text(&mut self, text: &str) {
        let mut run = String::new();
        let _ = write!(
            run,
            r#"<w:r><w:t xml:space="preserve">{}</w:t></w:r>"#,
            super::xml::escape(text)
        );
        self.push(&run);
    }
}
