//! Chooses how loosely the text is set: as loosely as the fewest pages allow.

use super::soften::soften;
use super::world;
use crate::RenderError;
use crate::form::Form;
use crate::layout::{LADDER, Rung};

/// Beyond this many pages a page more or less does not matter, and trying would cost more than it brings.
const WORTH_FITTING: usize = 5;

/// Word's lines come out a little longer than ours; with this much more space (in percent of a line) the number of
/// pages must still hold.
const SLACK: i32 = 3;

/// What long documents are set in.
const COMFORTABLE: Rung = Rung {
    body: 28,
    line: 105,
};

/// Returns the loosest way of setting the text of `form` that needs no more pages than the tightest.
pub(crate) fn fit(form: &Form) -> Result<Rung, RenderError> {
    let mut form = form.clone();
    // The annexes begin on new pages whatever the text does, so only the document itself is tried.
    form.annexes.clear();
    let base = form.layout.clone();
    soften(&mut form);
    choose(|rung| {
        form.layout = base.with(Rung {
            line: rung.line + SLACK,
            ..rung
        });
        world::layout(&form).map(|pages| pages.pages().len())
    })
}

/// Searches the ladder by halves: a tighter setting never needs more pages.
fn choose(mut pages: impl FnMut(Rung) -> Result<usize, RenderError>) -> Result<Rung, RenderError> {
    let loosest = pages(LADDER[0])?;
    if loosest == 1 {
        return Ok(LADDER[0]);
    }
    if loosest > WORTH_FITTING {
        return Ok(COMFORTABLE);
    }
    let mut tightest = LADDER.len() - 1;
    let fewest = pages(LADDER[tightest])?;
    if fewest == loosest {
        return Ok(LADDER[0]);
    }
    let mut too_loose = 0;
    while tightest - too_loose > 1 {
        let middle = (tightest + too_loose) / 2;
        if pages(LADDER[middle])? <= fewest {
            tightest = middle;
        } else {
            too_loose = middle;
        }
    }
    Ok(LADDER[tightest])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A document of as many pages as the ladder's rung says.
    fn chosen(pages: [usize; 7]) -> (Rung, usize) {
        let mut tries = 0;
        let rung = choose(|rung| {
            tries += 1;
            let at = LADDER.iter().position(|it| *it == rung).unwrap();
            Ok(pages[at])
        });
        (rung.unwrap(), tries)
    }

    #[test]
    fn the_loosest_setting_wins_that_saves_a_page() {
        assert_eq!(chosen([3, 3, 3, 2, 2, 2, 2]).0, LADDER[3]);
        assert_eq!(chosen([3, 3, 3, 3, 3, 3, 2]).0, LADDER[6]);
        assert_eq!(chosen([2; 7]), (LADDER[0], 2));
    }

    #[test]
    fn short_and_long_documents_are_laid_out_once() {
        assert_eq!(chosen([1; 7]), (LADDER[0], 1));
        assert_eq!(chosen([30; 7]), (COMFORTABLE, 1));
    }
}
