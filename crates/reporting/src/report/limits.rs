//! How much one section may hold.

/// Most rows of a project table.
pub(crate) const MOST_ROWS: usize = 500;
/// Most proposals.
pub(crate) const MOST_PROPOSALS: usize = 100;
/// Longest cell of a table, in characters.
pub(crate) const LONGEST_CELL: usize = 4000;
