//! Versions of resources as clients see them: quoted, opaque, strong (RFC 9110 §8.8.3).

use crate::{Error, Result};

/// Writes the etag of a version.
#[must_use]
pub fn of(version: i64) -> String {
    format!("\"v{version}\"")
}

/// Checks the etag a caller sent against the version in force.
///
/// # Errors
/// `ETAG_REQUIRED` when it was left out, `ETAG_MISMATCH` when the resource moved on.
pub fn check(sent: &str, version: i64) -> Result<()> {
    if sent.is_empty() {
        return Err(Error::bad_request(&crate::error::ETAG_REQUIRED, "etag"));
    }
    let current = of(version);
    if sent == current {
        Ok(())
    } else {
        Err(Error::Stale {
            current_etag: current,
        })
    }
}
