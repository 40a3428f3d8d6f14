//! How much a report and one section of it may hold.

/// Most rows of a project table.
pub(crate) const MOST_ROWS: usize = 500;
/// Most proposals.
pub(crate) const MOST_PROPOSALS: usize = 100;
/// Longest cell of a table, in characters.
pub(crate) const LONGEST_CELL: usize = 4000;
/// Most bytes of all sections together: an answer of the contract carries 4 MiB at most, and a
/// submission goes into a consolidation with those of other units.
pub(crate) const LARGEST_REPORT: usize = 1_536 * 1_024;
