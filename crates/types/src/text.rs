//! Vietnamese text: cleaned where it enters, folded where it is compared or searched.

use std::borrow::Cow;

use unicode_normalization::{
    IsNormalized, UnicodeNormalization,
    char::{decompose_canonical, is_combining_mark},
    is_nfc_quick,
};

use crate::invalid::InvalidText;

/// Cleans one line of text: NFC, trimmed, without invisible characters.
///
/// Characters that nobody sees (direction marks, zero-width characters, byte order
/// marks, soft hyphens) are dropped silently, since people paste them unknowingly.
///
/// # Errors
/// Refuses control characters, line breaks and tabs inside the text.
pub fn clean(text: &str) -> Result<String, InvalidText> {
    let seen = composed(text);
    let line = seen.trim();
    match line.chars().find(|it| is_refused(*it)) {
        Some(refused) => Err(control_character(refused)),
        None => Ok(line.to_owned()),
    }
}

/// Cleans text of several lines like [`clean`], with every line break as `\n`.
///
/// # Errors
/// Refuses control characters other than line breaks.
pub fn clean_multiline(text: &str) -> Result<String, InvalidText> {
    let seen: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter(|it| !is_invisible(*it))
        .nfc()
        .collect();
    let lines = seen.trim();
    match lines.chars().find(|it| *it != '\n' && is_refused(*it)) {
        Some(refused) => Err(control_character(refused)),
        None => Ok(lines.to_owned()),
    }
}

/// Puts letters and their marks together, and leaves out what nobody sees. Most text is so
/// already.
fn composed(text: &str) -> Cow<'_, str> {
    let is_plain = text.is_ascii()
        || is_nfc_quick(text.chars()) == IsNormalized::Yes && !text.chars().any(is_invisible);
    if is_plain {
        return text.into();
    }
    let seen = text.chars().filter(|it| !is_invisible(*it));
    seen.nfc().collect::<String>().into()
}

/// Makes a search key: lower case, no marks, `đ` as `d`, single spaces.
#[must_use]
pub fn fold(text: &str) -> String {
    let mut key = String::with_capacity(text.len());
    let mut add = |part: char| match part {
        it if is_combining_mark(it) => {}
        it if it.is_whitespace() => {
            if !key.is_empty() && !key.ends_with(' ') {
                key.push(' ');
            }
        }
        // Icelandic eth looks just like đ in capitals, and old keyboards typed it.
        'đ' | 'ð' => key.push('d'),
        it => key.push(it),
    };
    // As in `lower_parts`; in which order marks follow a letter makes no difference here.
    for letter in composed(text).chars().flat_map(char::to_lowercase) {
        decompose_canonical(letter, &mut add);
    }
    key.truncate(key.trim_end().len());
    key
}

/// Says whether two texts are the same but for case and the place of tone marks:
/// "Hòa" is "HOÀ" but not "Hoa".
#[must_use]
pub fn same_text(a: &str, b: &str) -> bool {
    a == b || tone_last(a) == tone_last(b)
}

/// Moves the tone of every word to its end, because a Vietnamese syllable has one tone
/// and the old and the new spelling differ only in the letter that carries it.
fn tone_last(text: &str) -> String {
    let mut moved = String::with_capacity(text.len());
    let mut tones = String::new();
    for character in lower_parts(text) {
        if is_tone(character) {
            tones.push(character);
            continue;
        }
        if !character.is_alphabetic() && !is_combining_mark(character) {
            moved.push_str(&tones);
            tones.clear();
        }
        moved.push(character);
    }
    moved.push_str(&tones);
    moved.trim().to_owned()
}

/// Lower case letters, each followed by its marks. Lower case comes before taking
/// letters apart, because it can itself bring forth combining marks.
fn lower_parts(text: &str) -> impl Iterator<Item = char> {
    text.chars()
        .filter(|it| !is_invisible(*it))
        .nfc()
        .flat_map(char::to_lowercase)
        .nfd()
}

/// Grave, acute, tilde, hook above and dot below. Circumflex, breve and horn are not
/// among them: they make another letter.
fn is_tone(character: char) -> bool {
    matches!(
        character,
        '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}'
    )
}

fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{61c}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
    )
}

/// The line and paragraph separators are not control characters, yet break lines.
fn is_refused(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}')
}

fn control_character(refused: char) -> InvalidText {
    let code = u32::from(refused);
    InvalidText::new(
        "CONTROL_CHARACTER",
        format!("contains the control character U+{code:04X}"),
        format!("có ký tự điều khiển U+{code:04X}"),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn text_typed_in_parts_becomes_one_letter() {
        assert_eq!(clean("  Minh Long  ").unwrap(), "Minh Long");
        assert_eq!(clean("Hu\u{323}ye\u{302}\u{323}n").unwrap(), "Hụyện");
        assert_eq!(clean("e\u{200b}\u{302}").unwrap(), "ê");
    }

    #[test]
    fn pasted_invisible_characters_are_dropped() {
        assert_eq!(
            clean("\u{feff} Sở\u{200b} Khoa\u{ad} \u{202e}học\u{2069}").unwrap(),
            "Sở Khoa học"
        );
    }

    #[test]
    fn control_characters_are_refused_and_named() {
        for bad in ["a\0b", "a\nb", "a\tb", "a\u{7f}b", "a\u{85}b", "a\u{2028}b"] {
            assert_eq!(clean(bad).unwrap_err().reason, "CONTROL_CHARACTER");
        }
        assert_eq!(
            clean("99\0%").unwrap_err().en,
            "contains the control character U+0000"
        );
    }

    #[test]
    fn lines_are_kept_with_one_kind_of_break() {
        assert_eq!(
            clean_multiline("Như trên;\r\nVP: C,PVP\n\n").unwrap(),
            "Như trên;\nVP: C,PVP"
        );
        for bad in ["a\rb", "a\tb", "a\0b"] {
            assert!(clean_multiline(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_search_key_has_no_marks() {
        assert_eq!(
            fold("  Đường  ĐỨC Phổ,\tQuảng Ngãi "),
            "duong duc pho, quang ngai"
        );
        assert_eq!(fold("HUYỆN MINH LONG"), fold("huyen minh long"));
        assert_eq!(fold("ư ơ ă â ê ô đ Ỹ"), "u o a a e o d y");
    }

    #[test]
    fn both_spellings_of_a_tone_are_the_same_text() {
        assert!(same_text("Hòa", "Hoà"));
        assert!(same_text("THỦY ĐIỆN", "thuỷ điện"));
        assert!(same_text("Quý I", "Qúy I"));
        assert!(!same_text("Hòa", "Hoa"));
        assert!(!same_text("Hòa", "Hóa"));
        assert!(!same_text("đo", "do"));
        assert!(!same_text("tân", "tan"));
        // A tone never wanders to the next word.
        assert!(!same_text("bà ba", "ba bà"));
    }

    proptest! {
        #[test]
        fn cleaning_and_folding_twice_changes_nothing(text in any::<String>()) {
            if let Ok(line) = clean(&text) {
                prop_assert_eq!(clean(&line).unwrap(), line.clone());
                prop_assert!(same_text(&line, &text));
            }
            let key = fold(&text);
            prop_assert_eq!(fold(&key), key.clone());
        }

        #[test]
        fn the_short_ways_lead_where_the_long_ones_do(
            text in prop_oneof![any::<String>(), "[ A-Za-z\u{c0}-\u{1b0}\u{1ea0}-\u{1ef9}\u{300}-\u{323}\u{200b}]{0,30}"],
        ) {
            let seen = text.chars().filter(|it| !is_invisible(*it));
            prop_assert_eq!(composed(&text), seen.nfc().collect::<String>());
            let bare = lower_parts(&text).filter(|it| !is_combining_mark(*it));
            let bare = bare.map(|it| if matches!(it, 'đ' | 'ð') { 'd' } else { it });
            let bare: String = bare.collect();
            let words: Vec<&str> = bare.split_whitespace().collect();
            prop_assert_eq!(fold(&text), words.join(" "));
        }
    }
}
