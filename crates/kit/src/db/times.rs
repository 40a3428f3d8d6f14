//! Instants at rest: microseconds since 1970 in a whole number, the same on both
//! databases.

use chrono::{DateTime, Utc};

use crate::{Error, Result};

/// Reads an instant from its column.
///
/// # Errors
/// Internal when the number is no instant.
pub fn instant(micros: i64) -> Result<DateTime<Utc>> {
    DateTime::from_timestamp_micros(micros)
        .ok_or_else(|| Error::internal(format!("{micros} is not an instant")))
}
