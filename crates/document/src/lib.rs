//! Turns one document model into PDF, DOCX and plain text in the form of Nghị định 30/2020/NĐ-CP.
//!
//! It owns the form: which block stands where, in which size, and where a page breaks. It never decides what a
//! document says, never reads a file or the network, and never lets text become markup: text reaches typst as JSON
//! data and Word as escaped XML.
//!
//! The way through: [`Document`] → `hygiene` (letters we can print) → `form` (every line, width and rule settled, in
//! twips) → [`pdf`], [`docx`] or [`text`], which only place what the form says. That is why they agree.
#![cfg_attr(
    test,
    allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")
)]

mod error;
mod font;
mod form;
mod hygiene;
mod layout;
mod model;

pub mod docx;
pub mod pdf;
pub mod text;

pub use error::RenderError;
pub use hygiene::problems;
pub use model::{
    Align, Annex, Block, Cell, Column, Document, DocumentDate, DocumentTime, Span, Table,
};
