//! The font's four faces and what they say: which letters can be drawn, how wide a line is, where to break it.

use std::sync::LazyLock;

use ttf_parser::Face;

use crate::layout::{HalfPoints, Twips};

/// The four faces, in the order of [`Style`].
pub(crate) const FILES: [&[u8]; 4] = [
    include_bytes!("../fonts/Tinos-Regular.ttf"),
    include_bytes!("../fonts/Tinos-Bold.ttf"),
    include_bytes!("../fonts/Tinos-Italic.ttf"),
    include_bytes!("../fonts/Tinos-BoldItalic.ttf"),
];

/// A face of the font, as far as this crate measures it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Regular = 0,
    Bold = 1,
}

static FACES: LazyLock<Vec<Face<'static>>> = LazyLock::new(|| {
    // The files are part of the program; a test holds that all four parse.
    FILES
        .iter()
        .filter_map(|file| Face::parse(file, 0).ok())
        .collect()
});

/// Returns whether every face can draw `letter`.
pub(crate) fn draws(letter: char) -> bool {
    FACES
        .iter()
        .all(|face| face.glyph_index(letter).is_some_and(|glyph| glyph.0 != 0))
}

/// Returns how wide `text` is on one line.
pub(crate) fn width(text: &str, style: Style, size: HalfPoints) -> Twips {
    let Some(face) = FACES.get(style as usize) else {
        return 0;
    };
    let units: i64 = text
        .chars()
        .filter_map(|letter| face.glyph_index(letter))
        .filter_map(|glyph| face.glyph_hor_advance(glyph))
        .map(i64::from)
        .sum();
    let twips = units * i64::from(size) * 10 / i64::from(face.units_per_em());
    Twips::try_from(twips).unwrap_or(Twips::MAX)
}

/// Words a line of a heading should not end with: they belong to what follows.
const LEANING: [&str; 10] = [
    "và", "của", "các", "những", "tại", "về", "cho", "với", "trong", "theo",
];

/// Breaks `text` into as few lines as fit `limit`, as evenly as they go.
pub(crate) fn balance(text: &str, style: Style, size: HalfPoints, limit: Twips) -> Vec<String> {
    let words = pieces(text, style, size, limit);
    if words.is_empty() {
        return Vec::new();
    }
    let space = width(" ", style, size);
    let widths: Vec<Twips> = words.iter().map(|word| width(word, style, size)).collect();
    let even = words.len() <= 120;
    let target = if even {
        let whole: i64 = widths
            .iter()
            .map(|w| i64::from(*w) + i64::from(space))
            .sum();
        let count = greedy(&widths, space, limit).len().max(1);
        whole / i64::try_from(count).unwrap_or(1)
    } else {
        i64::from(limit)
    };
    let ends = if even {
        best(&words, &widths, space, limit, target)
    } else {
        greedy(&widths, space, limit)
    };
    let mut lines = Vec::with_capacity(ends.len());
    let mut start = 0;
    for end in ends {
        lines.push(words[start..end].join(" "));
        start = end;
    }
    lines
}

/// Splits at spaces, and a word wider than a line into parts that fit.
fn pieces(text: &str, style: Style, size: HalfPoints, limit: Twips) -> Vec<String> {
    let mut words = Vec::new();
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if width(word, style, size) <= limit {
            words.push(word.to_owned());
            continue;
        }
        let mut part = String::new();
        for letter in word.chars() {
            part.push(letter);
            if width(&part, style, size) > limit && part.chars().count() > 1 {
                part.pop();
                words.push(std::mem::replace(&mut part, letter.to_string()));
            }
        }
        words.push(part);
    }
    words
}

/// Returns where the lines end when each takes all it can.
fn greedy(widths: &[Twips], space: Twips, limit: Twips) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut line = 0;
    for (at, word) in widths.iter().enumerate() {
        let wider = if line == 0 {
            *word
        } else {
            line + space + word
        };
        if line > 0 && wider > limit {
            ends.push(at);
            line = *word;
        } else {
            line = wider;
        }
    }
    ends.push(widths.len());
    ends
}

/// Returns where the lines end when they are as close to `target` as they can be.
fn best(words: &[String], widths: &[Twips], space: Twips, limit: Twips, target: i64) -> Vec<usize> {
    let count = words.len();
    // cost[i]: the least cost of setting words i.., next[i]: where its first line ends.
    let mut cost = vec![i64::MAX; count + 1];
    let mut next = vec![count; count + 1];
    cost[count] = 0;
    for start in (0..count).rev() {
        let mut line = 0;
        for end in start + 1..=count {
            line += widths[end - 1] + if end > start + 1 { space } else { 0 };
            if line > limit && end > start + 1 {
                break;
            }
            let off = i64::from(line) - target;
            let leaning = end < count && LEANING.contains(&words[end - 1].to_lowercase().as_str());
            let whole = (off * off)
                .saturating_add(if leaning { target * target } else { 0 })
                .saturating_add(cost[end]);
            if whole < cost[start] {
                cost[start] = whole;
                next[start] = end;
            }
        }
    }
    let mut ends = Vec::new();
    let mut at = 0;
    while at < count {
        at = next[at];
        ends.push(at);
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_vietnamese_letter() {
        assert_eq!(FACES.len(), 4);
        let letters = "aăâeêioôơuưyđ";
        for base in letters.chars().chain(letters.to_uppercase().chars()) {
            assert!(draws(base), "{base}");
        }
        assert!(
            "ạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ₫□–“”…≥"
                .chars()
                .all(draws)
        );
    }

    #[test]
    fn the_national_name_is_as_wide_as_in_word() {
        // 95.7 mm at 13 pt bold, read back from a page set in Times New Roman.
        let name = width("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Style::Bold, 26);
        assert!((5410..=5440).contains(&name), "{name}");
    }

    #[test]
    fn lines_are_even_and_never_end_in_a_word_that_leans_on_the_next() {
        let lines = balance(
            "SỞ THÔNG TIN VÀ TRUYỀN THÔNG TỈNH QUẢNG NGÃI",
            Style::Bold,
            26,
            3800,
        );
        assert_eq!(lines.len(), 2);
        assert!(!lines[0].ends_with("VÀ"), "{lines:?}");
    }

    #[test]
    fn a_word_wider_than_the_line_is_cut() {
        let lines = balance(&"W".repeat(200), Style::Bold, 26, 2000);
        assert!(lines.len() > 5);
        assert_eq!(lines.concat(), "W".repeat(200));
    }
}
