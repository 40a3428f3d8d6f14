//! Enum fields: tables that pair each meaning of ours with its number on the wire.

use proto::convert::unknown;
use types::violations::Invalid;

/// Writes a meaning; one table serves both ways.
pub(crate) fn to_wire<T: PartialEq, W: Copy + Into<i32>>(table: &[(T, W)], ours: &T) -> i32 {
    let found = table.iter().find(|(it, _)| it == ours);
    found.map_or(0, |(_, wire)| (*wire).into())
}

/// Reads a meaning that has to be said.
pub(crate) fn from_wire<T: Copy, W: Copy + Into<i32>>(
    table: &[(T, W)],
    field: &str,
    wire: i32,
    bad: &mut Invalid,
) -> Option<T> {
    let found = table.iter().find(|(_, known)| (*known).into() == wire);
    match found {
        Some((ours, _)) => Some(*ours),
        None if wire == 0 => {
            bad.missing(field);
            None
        }
        None => {
            unknown(field, wire, bad);
            None
        }
    }
}
