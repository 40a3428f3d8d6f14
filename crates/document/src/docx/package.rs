//! The ZIP container.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::RenderError;

/// Packs the parts in the order given. Entries carry no time of their own, so the same parts give the same bytes.
pub(super) fn pack(parts: &[(&str, String)]) -> Result<Vec<u8>, RenderError> {
    let failed = |error: &dyn std::error::Error| RenderError::Package(error.to_string());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(DateTime::default());
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(*name, options).map_err(|it| failed(&it))?;
        zip.write_all(text.as_bytes()).map_err(|it| failed(&it))?;
    }
    let file = zip.finish().map_err(|it| failed(&it))?;
    Ok(file.into_inner())
}
