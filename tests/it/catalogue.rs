//! Every reason a service can refuse for.

use std::collections::BTreeSet;

use kit::Reason;

fn all() -> Vec<(&'static str, &'static Reason)> {
    let services = [
        ("kit", kit::error::REASONS),
        ("directory", directory::REASONS),
        ("indicators", indicators::REASONS),
        ("projects", projects::REASONS),
        ("reporting", reporting::REASONS),
    ];
    services
        .into_iter()
        .flat_map(|(area, reasons)| reasons.iter().map(move |it| (area, *it)))
        .collect()
}

/// Returns the facts a text names; a fact that is itself a word has one for each language.
fn facts(text: &str) -> BTreeSet<&str> {
    text.split('{')
        .skip(1)
        .filter_map(|it| it.split_once('}'))
        .map(|(fact, _)| fact.trim_end_matches("_en").trim_end_matches("_vi"))
        .collect()
}

#[test]
fn every_reason_says_the_same_in_english_and_vietnamese() {
    for (area, reason) in all() {
        let code = reason.code;
        assert!(
            !reason.en.is_empty() && !reason.vi.is_empty(),
            "{area} {code}"
        );
        assert_ne!(reason.en, reason.vi, "{area} {code}");
        assert_eq!(facts(reason.en), facts(reason.vi), "{area} {code}");
        assert!(
            !reason.en.ends_with('.') && !reason.vi.ends_with('.'),
            "{area} {code}"
        );
        let capitals = code.bytes().all(|it| it.is_ascii_uppercase() || it == b'_');
        assert!(capitals, "{area} {code}");
    }
}

#[test]
fn a_code_means_one_thing_within_a_service() {
    let mut seen = BTreeSet::new();
    for (area, reason) in all() {
        assert!(seen.insert((area, reason.code)), "{area} {}", reason.code);
    }
}
