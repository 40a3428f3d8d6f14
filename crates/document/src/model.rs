//! The document as its writer thinks of it. Numbers of articles: Phụ lục I, Phần I, mục II of Nghị định 30/2020/NĐ-CP.

use serde::{Deserialize, Serialize};

/// An administrative document with a named kind (Mẫu 1.4, Phụ lục III).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Document {
    /// The superior organ, line by line (điểm 2); may be empty. Printed in capitals.
    pub parent_organ: Vec<String>,
    /// The issuing organ, line by line (điểm 2). Printed in capitals; one long line is broken evenly.
    pub organ: Vec<String>,
    /// The number (điểm 3); `None` leaves room for the registry. One digit gets a zero in front.
    pub number: Option<String>,
    /// The symbol after the number, such as `BC-UBND` (điểm 3).
    pub symbol: String,
    /// The place in front of the date (điểm 4).
    pub place: String,
    /// The date of issue (điểm 4).
    pub date: DocumentDate,
    /// The kind of document, such as `BÁO CÁO` (điểm 5). Printed in capitals.
    pub kind: String,
    /// The subject (điểm 5); one long line is broken evenly, several stand as given.
    pub subject: Vec<String>,
    /// Who the document is addressed to, "Kính gửi" (điểm 9); may be empty.
    pub addressees: Vec<String>,
    /// The content (điểm 6).
    pub body: Vec<Block>,
    /// Authority and position of the signer, line by line (điểm 7). Printed in capitals.
    pub authority: Vec<String>,
    /// The signer's name (điểm 7).
    pub signer: Option<String>,
    /// The recipients, "Nơi nhận" (điểm 9), without the dash: `Lưu: VT.`
    pub recipients: Vec<String>,
    /// The annexes, each on its own pages with its own numbering.
    pub annexes: Vec<Annex>,
    /// Prints a framed "DỰ THẢO" in the top margin of page 1.
    pub draft: bool,
    /// The title in the file's metadata; when empty, kind and subject.
    pub title: String,
    /// The time written into the file. Fixed by the caller, so that the same document gives the same bytes.
    pub created: DocumentTime,
}

/// A date whose missing parts leave room to be written in (điểm 4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentDate {
    /// Day of the month.
    pub day: Option<u32>,
    /// Month.
    pub month: Option<u32>,
    /// Year.
    pub year: Option<i32>,
}

/// A moment in Vietnam's time (+07:00), to the minute. What is out of range is moved into it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct DocumentTime {
    /// Year, from 1980 (the first a ZIP container knows).
    pub year: i32,
    /// Month, 1 to 12.
    pub month: u32,
    /// Day of the month.
    pub day: u32,
    /// Hour, 0 to 23.
    pub hour: u32,
    /// Minute.
    pub minute: u32,
}

/// An annex (Phụ lục I, Phần I, mục III).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Annex {
    /// Its label, such as `Phụ lục I`.
    pub label: String,
    /// Its title. Printed in capitals.
    pub title: String,
    /// Whether its pages lie on their side.
    pub landscape: bool,
    /// Its content.
    pub body: Vec<Block>,
}

/// A part of the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A heading, with its own number in the text: `1. Kết quả`. Levels 1 and 2 are bold, deeper ones bold italic.
    Heading {
        /// Its level, from 1.
        level: u8,
        /// Its text.
        text: String,
    },
    /// A paragraph.
    Paragraph(Vec<Span>),
    /// A list item, written without its dash.
    Bullet(Vec<Span>),
    /// A table.
    Table(Table),
}

/// A run of text in one style.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Span {
    /// The text.
    pub text: String,
    /// Whether it is bold.
    pub bold: bool,
    /// Whether it is italic.
    pub italic: bool,
    /// Where it leads. Only `http` and `https` addresses become links.
    pub link: Option<String>,
}

/// A table whose head is repeated on every page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Table {
    /// Its title, above it.
    pub caption: Option<String>,
    /// The unit of its figures, such as `Đơn vị tính: triệu đồng`.
    pub unit_note: Option<String>,
    /// Its columns.
    pub columns: Vec<Column>,
    /// A head with spanned cells; when empty, the columns' headings are the head.
    pub header_rows: Vec<Vec<Cell>>,
    /// Its rows. A place under a cell that spans rows is left out, as in HTML.
    pub rows: Vec<Vec<Cell>>,
}

/// A column of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Column {
    /// Its heading.
    pub heading: String,
    /// Its width, relative to the other columns.
    pub width: u32,
    /// How its cells are aligned.
    pub align: Align,
}

/// How text stands in a column.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Align {
    /// To the left.
    #[default]
    Left,
    /// In the middle.
    Center,
    /// To the right: figures.
    Right,
}

/// A cell of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Cell {
    /// Its text.
    pub spans: Vec<Span>,
    /// Whether all of it is bold, as in a row of totals.
    pub bold: bool,
    /// How many columns it covers; 0 counts as 1.
    pub colspan: u32,
    /// How many rows it covers; 0 counts as 1.
    pub rowspan: u32,
}

impl Span {
    /// Returns plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }
}

impl Cell {
    /// Returns a cell of plain text.
    pub fn plain(text: impl Into<String>) -> Self {
        Self {
            spans: vec![Span::plain(text)],
            ..Self::default()
        }
    }
}

impl Block {
    /// Returns a paragraph of plain text.
    pub fn paragraph(text: impl Into<String>) -> Self {
        Self::Paragraph(vec![Span::plain(text)])
    }

    /// Returns a list item of plain text.
    pub fn bullet(text: impl Into<String>) -> Self {
        Self::Bullet(vec![Span::plain(text)])
    }

    /// Returns a heading.
    pub fn heading(level: u8, text: impl Into<String>) -> Self {
        Self::Heading {
            level,
            text: text.into(),
        }
    }
}
