//! Reading values of closed lists, from the wire and from the database.

use kit::{Error, Result};
use proto::convert::unknown;
use types::violations::Invalid;

/// Finds the value that a wire number stands for; notes one that is left out or unknown.
pub(crate) fn from_wire<T: Copy, W: Into<i32>>(
    all: &[T],
    to_wire: impl Fn(T) -> W,
    field: &str,
    wire: i32,
    bad: &mut Invalid,
) -> Option<T> {
    let found = all.iter().copied().find(|it| to_wire(*it).into() == wire);
    match found {
        Some(_) => {}
        None if wire == 0 => bad.missing(field),
        None => unknown(field, wire, bad),
    }
    found
}

/// Finds the value that a stored word stands for.
pub(crate) fn from_word<T: Copy>(
    all: &[T],
    to_word: impl Fn(T) -> &'static str,
    word: &str,
) -> Result<T> {
    let found = all.iter().copied().find(|it| to_word(*it) == word);
    found.ok_or_else(|| Error::internal(format!("`{word}` is not a value of this column")))
}
