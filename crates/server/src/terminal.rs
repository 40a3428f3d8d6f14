//! What the program says on standard output. Logs go to standard error.

use std::io::Write;

/// Says one line. A reader who has gone away, as in `cds-server demo | head`, is no
/// reason to stop the work.
pub(crate) fn say(line: impl std::fmt::Display) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
