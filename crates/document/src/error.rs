//! What can go wrong. Text never can: what we cannot print is replaced, see [`crate::problems`].

/// Why a document could not be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RenderError {
    /// The page layout failed, or the file would break the PDF/A or PDF/UA rules.
    #[error("cannot lay out the document: {0}")]
    Layout(String),
    /// The container of the DOCX could not be written.
    #[error("cannot pack the document: {0}")]
    Package(String),
}
