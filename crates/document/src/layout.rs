//! Every number of the page, in one place, for PDF and DOCX alike.
//!
//! Lengths are twips (1/20 pt, Word's unit) and sizes half-points, both whole, so that the two formats cannot round
//! apart. Numbers of articles: Phụ lục I, Phần I of Nghị định 30/2020/NĐ-CP. Where the decree leaves a choice, the
//! choice is the one made here for the province.

use serde::Serialize;

/// A length in 1/20 pt.
pub(crate) type Twips = i32;

/// A font size in 1/2 pt.
pub(crate) type HalfPoints = i32;

/// Whole millimetres in twips: 1 mm = 1440 / 25.4 twips.
const fn mm(length: i32) -> Twips {
    (length * 14_400 + 127) / 254
}

/// Points in twips.
const fn pt(length: i32) -> Twips {
    length * 20
}

/// The numbers of a page.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Layout {
    /// A4 (mục I.1).
    pub(crate) paper_width: Twips,
    pub(crate) paper_height: Twips,
    /// Margins (mục I.3). The narrow right one leaves room for long names of organs.
    pub(crate) top: Twips,
    pub(crate) bottom: Twips,
    pub(crate) left: Twips,
    pub(crate) right: Twips,
    /// From the paper's edge to the page number (mục I.7).
    pub(crate) page_number_top: Twips,
    pub(crate) page_number: HalfPoints,
    /// The text (mục II.6e), chosen by `fit` from [`LADDER`].
    pub(crate) body: HalfPoints,
    /// Line spacing in percent of Word's "single".
    pub(crate) line: i32,
    pub(crate) indent: Twips,
    pub(crate) paragraph_gap: Twips,
    /// Quốc hiệu and Tiêu ngữ (mục II.1), số (II.3), ngày (II.4).
    pub(crate) motto: HalfPoints,
    pub(crate) number: HalfPoints,
    pub(crate) date: HalfPoints,
    pub(crate) number_gap: Twips,
    /// Tên loại and trích yếu (mục II.5).
    pub(crate) title: HalfPoints,
    pub(crate) title_above: Twips,
    pub(crate) title_below: Twips,
    /// The height of the line that carries a rule, and the rule's thickness.
    pub(crate) rule_height: Twips,
    pub(crate) rule_stroke: Twips,
    /// Tables.
    pub(crate) table_gap: Twips,
    pub(crate) table_caption: HalfPoints,
    pub(crate) table_note: HalfPoints,
    pub(crate) cell_x: Twips,
    pub(crate) cell_y: Twips,
    /// Room for the signature (mục II.7), and above it.
    pub(crate) closing_above: Twips,
    pub(crate) signature: Twips,
    /// "Nơi nhận" and the list under it (mục II.9).
    pub(crate) recipients_label: HalfPoints,
    pub(crate) recipients: HalfPoints,
    /// How much of the width "Nơi nhận" takes, in percent.
    pub(crate) recipients_share: i32,
    /// "DỰ THẢO", and how far above the text it stands.
    pub(crate) draft: HalfPoints,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            paper_width: mm(210),
            paper_height: mm(297),
            top: mm(20),
            bottom: mm(20),
            left: mm(30),
            right: mm(15),
            page_number_top: mm(10),
            page_number: 26,
            body: LADDER[0].body,
            line: LADDER[0].line,
            indent: pt(36), // 1.27 cm
            paragraph_gap: pt(6),
            motto: 28,
            number: 26,
            date: 28,
            number_gap: pt(5),
            title: 28,
            title_above: pt(14),
            title_below: pt(12),
            rule_height: 70,
            rule_stroke: 15,
            table_gap: pt(6),
            table_caption: 26,
            table_note: 24,
            cell_x: mm(1) + 28,
            cell_y: 40,
            closing_above: pt(14),
            signature: mm(26),
            recipients_label: 24,
            recipients: 22,
            recipients_share: 46,
            draft: 26,
        }
    }
}

impl Layout {
    /// Returns the width of the text on a page.
    pub(crate) fn width(&self, landscape: bool) -> Twips {
        let paper = if landscape {
            self.paper_height
        } else {
            self.paper_width
        };
        paper - self.left - self.right
    }

    /// Returns the height of the text on a page.
    pub(crate) fn height(&self, landscape: bool) -> Twips {
        let paper = if landscape {
            self.paper_width
        } else {
            self.paper_height
        };
        paper - self.top - self.bottom
    }

    /// Returns the same numbers with the text set as `rung` says.
    pub(crate) fn with(&self, rung: Rung) -> Self {
        Self {
            body: rung.body,
            line: rung.line,
            ..self.clone()
        }
    }
}

/// One way of setting the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rung {
    pub(crate) body: HalfPoints,
    pub(crate) line: i32,
}

/// The ways of setting the text, from the loosest to the tightest, all within mục II.6e.
pub(crate) const LADDER: [Rung; 7] = [
    Rung {
        body: 28,
        line: 115,
    },
    Rung {
        body: 28,
        line: 110,
    },
    Rung {
        body: 28,
        line: 105,
    },
    Rung {
        body: 28,
        line: 100,
    },
    Rung {
        body: 27,
        line: 100,
    },
    Rung {
        body: 26,
        line: 105,
    },
    Rung {
        body: 26,
        line: 100,
    },
];
