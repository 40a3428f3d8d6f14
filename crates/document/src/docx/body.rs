//! Paragraphs and the runs in them.

use std::fmt::Write as _;

use super::xml::escape;
use super::{parts, table};
use crate::form::{Piece, Run};
use crate::layout::{HalfPoints, Layout, Twips};

/// The text of the document as it grows.
#[derive(Debug, Default)]
pub(super) struct Body {
    xml: String,
    links: Vec<String>,
}

impl Body {
    /// Returns the part and the addresses it refers to.
    pub(super) fn finish(self) -> (String, Vec<String>) {
        (parts::document(&self.xml), self.links)
    }

    pub(super) fn push(&mut self, xml: &str) {
        self.xml.push_str(xml);
    }

    /// A line in a style.
    pub(super) fn line(&mut self, style: &str, text: &str) {
        self.lines(style, &[text.to_owned()]);
    }

    /// One paragraph whose lines break where they are given to break.
    pub(super) fn lines<T: AsRef<str>>(&mut self, style: &str, lines: &[T]) {
        self.sized_lines(style, None, lines);
    }

    /// The same in another size than the style's.
    pub(super) fn sized_lines<T: AsRef<str>>(
        &mut self,
        style: &str,
        size: Option<HalfPoints>,
        lines: &[T],
    ) {
        if lines.is_empty() {
            return;
        }
        let size = size.map_or_else(String::new, |size| {
            format!(r#"<w:rPr><w:sz w:val="{size}"/><w:szCs w:val="{size}"/></w:rPr>"#)
        });
        self.open(style, "");
        for (at, line) in lines.iter().enumerate() {
            let line_break = if at > 0 { "<w:br/>" } else { "" };
            let _ = write!(
                self.xml,
                r#"<w:r>{size}{line_break}<w:t xml:space="preserve">{}</w:t></w:r>"#,
                escape(line.as_ref())
            );
        }
        self.close();
    }

    /// Opens a paragraph; `properties` are those after the style, in the schema's order.
    pub(super) fn open(&mut self, style: &str, properties: &str) {
        let _ = write!(
            self.xml,
            r#"<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>"#
        );
    }

    pub(super) fn close(&mut self) {
        self.xml.push_str("</w:p>");
    }

    /// A paragraph of runs.
    pub(super) fn paragraph(&mut self, style: &str, properties: &str, runs: &[Run]) {
        self.open(style, properties);
        self.runs(runs);
        self.close();
    }

    fn runs(&mut self, runs: &[Run]) {
        for run in runs {
            if let Some(link) = &run.link {
                let _ = write!(
                    self.xml,
                    r#"<w:hyperlink r:id="rLink{}" w:history="1">"#,
                    self.links.len()
                );
                self.links.push(link.clone());
            }
            let bold = if run.bold { "<w:b/><w:bCs/>" } else { "" };
            let italic = if run.italic { "<w:i/><w:iCs/>" } else { "" };
            let _ = write!(
                self.xml,
                r#"<w:r><w:rPr>{bold}{italic}</w:rPr><w:t xml:space="preserve">{}</w:t></w:r>"#,
                escape(&run.text)
            );
            if run.link.is_some() {
                self.xml.push_str("</w:hyperlink>");
            }
        }
    }

    /// An empty paragraph of an exact height.
    pub(super) fn gap(&mut self, height: Twips, keep_next: bool) {
        let keep = if keep_next { "<w:keepNext/>" } else { "" };
        let _ = write!(
            self.xml,
            concat!(
                r#"<w:p><w:pPr>{}<w:spacing w:before="0" w:after="0" w:line="{}" w:lineRule="exact"/>"#,
                r#"<w:rPr><w:sz w:val="2"/></w:rPr></w:pPr></w:p>"#
            ),
            keep, height
        );
    }

    /// A rule in the middle of `width`: the lower border of an empty line, indented on both sides.
    pub(super) fn rule(&mut self, width: Twips, length: Twips, layout: &Layout, after: Twips) {
        if length <= 0 {
            return;
        }
        let side = (width - length) / 2;
        let _ = write!(
            self.xml,
            concat!(
                r#"<w:p><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="{}" w:space="0" w:color="000000"/></w:pBdr>"#,
                r#"<w:spacing w:before="0" w:after="{}" w:line="{}" w:lineRule="exact"/>"#,
                r#"<w:ind w:left="{}" w:right="{}"/><w:rPr><w:sz w:val="2"/></w:rPr></w:pPr></w:p>"#
            ),
            // Borders count in eighths of a point.
            layout.rule_stroke * 8 / 20,
            after,
            layout.rule_height,
            side,
            side
        );
    }

    /// Ends the pages before an annex.
    pub(super) fn end_section(&mut self, section: &str) {
        let _ = write!(
            self.xml,
            concat!(
                r#"<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>"#,
                r#"<w:rPr><w:sz w:val="2"/></w:rPr>{}</w:pPr></w:p>"#
            ),
            section
        );
    }

    /// The content.
    pub(super) fn pieces(&mut self, pieces: &[Piece], layout: &Layout) {
        let kept = |keep: bool| if keep { "<w:keepNext/>" } else { "" };
        for piece in pieces {
            match piece {
                Piece::Heading { level, spans, .. } => {
                    self.paragraph(&format!("Heading{level}"), "", spans);
                }
                Piece::Paragraph { spans, keep } => {
                    self.paragraph("Content", kept(*keep), spans);
                }
                Piece::List { items, keep } => {
                    for item in items {
                        self.paragraph("Dash", kept(*keep), item);
                    }
                }
                Piece::Table(grid) => table::write(self, grid, layout),
            }
        }
    }
}
