//! The document with everything settled that does not depend on a page: each line of the head, the lengths of the
//! rules, the widths of columns. PDF, DOCX and plain text are three ways of placing this one form.
//!
//! Numbers of articles: Phụ lục I, Phần I, mục II of Nghị định 30/2020/NĐ-CP.

mod head;
mod table;

use serde::Serialize;

use crate::font::{self, Style};
use crate::hygiene;
use crate::layout::{Layout, Twips};
use crate::model::{Annex, Block, Document, DocumentTime, Span};

pub(crate) use head::{Addressees, Head, Title};
pub(crate) use table::{Grid, Placed, Row};

/// A document ready to be placed.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Form {
    pub(crate) layout: Layout,
    pub(crate) meta: Meta,
    pub(crate) draft: Option<&'static str>,
    pub(crate) head: Head,
    pub(crate) title: Title,
    pub(crate) addressees: Option<Addressees>,
    pub(crate) body: Vec<Piece>,
    pub(crate) closing: Closing,
    pub(crate) annexes: Vec<AnnexForm>,
}

/// What the file says about itself.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Meta {
    pub(crate) title: String,
    pub(crate) author: String,
    #[serde(skip)]
    pub(crate) created: DocumentTime,
}

/// The signature and the recipients (điểm 7 and 9).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Closing {
    pub(crate) authority: Vec<String>,
    pub(crate) signer: Option<String>,
    pub(crate) recipients_label: &'static str,
    pub(crate) recipients: Vec<String>,
}

/// An annex (mục III).
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AnnexForm {
    /// Label and title as one line, for the outline.
    pub(crate) name: String,
    pub(crate) label: String,
    pub(crate) title: Vec<String>,
    /// The reference to the document it belongs to.
    pub(crate) note: String,
    pub(crate) landscape: bool,
    pub(crate) body: Vec<Piece>,
}

/// A part of the content.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum Piece {
    Heading {
        /// How it looks: 1 to 3.
        level: u8,
        /// Where it stands in the outline, which may not skip a level.
        depth: u8,
        spans: Vec<Run>,
    },
    Paragraph {
        spans: Vec<Run>,
        /// Whether it stays on the page of what follows.
        keep: bool,
    },
    List {
        items: Vec<Vec<Run>>,
        keep: bool,
    },
    Table(Grid),
}

/// A run of text.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Run {
    pub(crate) text: String,
    pub(crate) bold: bool,
    pub(crate) italic: bool,
    pub(crate) link: Option<String>,
}

impl Run {
    fn plain(text: String) -> Self {
        Self {
            text,
            ..Self::default()
        }
    }
}

impl Form {
    /// Settles `document`, with the text set as loosely as the form allows.
    pub(crate) fn new(document: &Document) -> Self {
        let (document, _) = hygiene::clean(document);
        let layout = Layout::default();
        let head = Head::new(&document, &layout);
        let title = Title::new(&document, &layout);
        let mut body = pieces(&document.body, &layout, false, 0);
        keep_with_signature(&mut body);
        Self {
            meta: meta(&document, &title),
            draft: document.draft.then_some("DỰ THẢO"),
            addressees: Addressees::new(&document.addressees, &layout),
            body,
            closing: Closing {
                authority: capitals(&document.authority),
                signer: document.signer.clone(),
                recipients_label: "Nơi nhận:",
                recipients: document.recipients.clone(),
            },
            annexes: document
                .annexes
                .iter()
                .map(|annex| AnnexForm::new(annex, &document, &layout))
                .collect(),
            head,
            title,
            layout,
        }
    }
}

impl AnnexForm {
    fn new(annex: &Annex, document: &Document, layout: &Layout) -> Self {
        let width = layout.width(annex.landscape);
        let name = [annex.label.as_str(), annex.title.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect::<Vec<_>>()
            .join(": ");
        Self {
            // Without a name the annex would have no place in the outline.
            label: if name.is_empty() {
                "Phụ lục".to_owned()
            } else {
                annex.label.clone()
            },
            name: if name.is_empty() {
                "Phụ lục".to_owned()
            } else {
                cut(&name)
            },
            title: font::balance(
                &annex.title.to_uppercase(),
                Style::Bold,
                layout.title,
                width * 9 / 10,
            ),
            note: head::reference(document),
            landscape: annex.landscape,
            // The annex's own name is the heading of level 1.
            body: pieces(&annex.body, layout, annex.landscape, 1),
        }
    }
}

fn meta(document: &Document, title: &Title) -> Meta {
    let whole = [&title.kind[..], &title.subject[..]].concat().join(" ");
    let name = [document.title.as_str(), whole.as_str(), "Văn bản"]
        .into_iter()
        .find(|line| !line.is_empty())
        .unwrap_or_default();
    Meta {
        title: cut(name),
        author: cut(&document.organ.join(" ")),
        created: moment(document.created),
    }
}

/// The longest name in the outline or the metadata, in letters.
const LONGEST_NAME: usize = 1000;

/// Cuts a name to what PDF/A allows. On the page it stands in full.
fn cut(name: &str) -> String {
    name.chars().take(LONGEST_NAME).collect()
}

/// Moves every part of `time` into its range, so that a careless caller gets a file and not an error.
fn moment(time: DocumentTime) -> DocumentTime {
    let year = time.year.clamp(1980, 2107);
    let month = time.month.clamp(1, 12);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    DocumentTime {
        year,
        month,
        day: time.day.clamp(1, days),
        hour: time.hour.min(23),
        minute: time.minute.min(59),
    }
}

pub(crate) fn capitals(lines: &[String]) -> Vec<String> {
    lines.iter().map(|line| line.to_uppercase()).collect()
}

fn runs(spans: &[Span]) -> Vec<Run> {
    spans
        .iter()
        .map(|span| Run {
            text: span.text.clone(),
            bold: span.bold,
            italic: span.italic,
            link: span.link.clone(),
        })
        .collect()
}

/// Settles the content; `above` is the level of the outline it stands under.
fn pieces(blocks: &[Block], layout: &Layout, landscape: bool, above: u8) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut depth = above;
    for block in blocks {
        match block {
            // PDF/A has a limit for names in the outline; what is so long names nothing.
            Block::Heading { text, .. } if text.chars().count() > LONGEST_NAME => {
                out.push(Piece::Paragraph {
                    spans: vec![Run {
                        bold: true,
                        ..Run::plain(text.clone())
                    }],
                    keep: false,
                });
            }
            Block::Heading { level, text } => {
                let level = (*level).clamp(1, 6);
                depth = level.saturating_add(above).min(depth + 1).min(6);
                out.push(Piece::Heading {
                    level: level.min(3),
                    depth,
                    spans: vec![Run::plain(text.clone())],
                });
            }
            Block::Paragraph(spans) => out.push(Piece::Paragraph {
                spans: runs(spans),
                keep: false,
            }),
            Block::Bullet(spans) => {
                if let Some(Piece::List { items, .. }) = out.last_mut() {
                    items.push(runs(spans));
                } else {
                    out.push(Piece::List {
                        items: vec![runs(spans)],
                        keep: false,
                    });
                }
            }
            Block::Table(table) => out.extend(table::settle(table, layout, landscape)),
        }
    }
    out
}

/// Marks the last words, so that a signature is never alone on its page.
fn keep_with_signature(body: &mut Vec<Piece>) {
    match body.last_mut() {
        Some(Piece::Paragraph { keep, .. }) => *keep = true,
        Some(Piece::List { items, keep }) => {
            if items.len() == 1 {
                *keep = true;
            } else if let Some(last) = items.pop() {
                body.push(Piece::List {
                    items: vec![last],
                    keep: true,
                });
            }
        }
        Some(Piece::Table(grid)) => grid.keep = grid.rows.len() <= 8,
        Some(Piece::Heading { .. }) | None => {}
    }
}

/// Returns `share` percent of `width`.
fn percent(width: Twips, share: i32) -> Twips {
    width * share / 100
}
