//! Makes text printable, once, for every format: what reaches a renderer can be drawn and cannot turn the line around.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use crate::font;
use crate::model::{Block, Cell, Document, Span, Table};

/// Stands in for a letter the font lacks. PDF/A refuses a file with a letter that cannot be drawn.
const MISSING: char = '□';

/// Returns what had to be changed to print `document`, in Vietnamese, one sentence each; usually nothing.
pub fn problems(document: &Document) -> Vec<String> {
    clean(document).1.sentences()
}

/// What was changed, and how often.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    removed: BTreeMap<char, usize>,
    replaced: BTreeMap<char, usize>,
    links: Vec<String>,
}

impl Changes {
    fn sentences(&self) -> Vec<String> {
        let removed = self.removed.iter().map(|(letter, times)| {
            format!("Đã bỏ ký tự điều khiển {} ({times} lần).", code(*letter))
        });
        let replaced = self.replaced.iter().map(|(letter, times)| {
            format!(
                "Phông chữ không có ký tự {}, in thành {MISSING} ({times} lần).",
                code(*letter)
            )
        });
        let links = self.links.iter().map(|link| {
            let start: String = link.chars().take(60).collect();
            format!("Địa chỉ không hợp lệ, chỉ in chữ: {start}")
        });
        removed.chain(replaced).chain(links).collect()
    }
}

fn code(letter: char) -> String {
    format!("U+{:04X}", u32::from(letter))
}

/// Returns `document` with every string made printable, and what was changed.
pub(crate) fn clean(document: &Document) -> (Document, Changes) {
    let mut document = document.clone();
    let mut changes = Changes::default();
    let it = &mut changes;
    for lines in [
        &mut document.parent_organ,
        &mut document.organ,
        &mut document.subject,
        &mut document.addressees,
        &mut document.authority,
        &mut document.recipients,
    ] {
        lines.iter_mut().for_each(|line| tidy(line, it));
        lines.retain(|line| !line.is_empty());
    }
    for line in [
        &mut document.symbol,
        &mut document.place,
        &mut document.kind,
        &mut document.title,
    ] {
        tidy(line, it);
    }
    for line in [&mut document.number, &mut document.signer] {
        optional(line, it);
    }
    blocks(&mut document.body, it);
    for annex in &mut document.annexes {
        tidy(&mut annex.label, it);
        tidy(&mut annex.title, it);
        blocks(&mut annex.body, it);
    }
    (document, changes)
}

/// Cleans a line that stands alone: the spaces around it have no meaning.
fn tidy(line: &mut String, changes: &mut Changes) {
    *line = printable(line, changes).trim().to_owned();
}

fn optional(line: &mut Option<String>, changes: &mut Changes) {
    if let Some(line) = line {
        tidy(line, changes);
    }
    if line.as_ref().is_some_and(String::is_empty) {
        *line = None;
    }
}

fn blocks(blocks: &mut Vec<Block>, changes: &mut Changes) {
    for block in blocks.iter_mut() {
        match block {
            Block::Heading { text, .. } => tidy(text, changes),
            Block::Paragraph(runs) | Block::Bullet(runs) => spans(runs, changes),
            Block::Table(one) => table(one, changes),
        }
    }
    // An empty heading has no name in the outline, which PDF/UA refuses; an empty paragraph is only a hole.
    blocks.retain(|block| match block {
        Block::Heading { text, .. } => !text.is_empty(),
        Block::Paragraph(runs) | Block::Bullet(runs) => !runs.is_empty(),
        Block::Table(_) => true,
    });
}

fn table(table: &mut Table, changes: &mut Changes) {
    optional(&mut table.caption, changes);
    optional(&mut table.unit_note, changes);
    for column in &mut table.columns {
        tidy(&mut column.heading, changes);
    }
    for Cell { spans: runs, .. } in table
        .header_rows
        .iter_mut()
        .chain(&mut table.rows)
        .flatten()
    {
        spans(runs, changes);
    }
}

fn spans(spans: &mut Vec<Span>, changes: &mut Changes) {
    for span in spans.iter_mut() {
        span.text = printable(&span.text, changes);
        if let Some(link) = span.link.take() {
            span.link = address(&link);
            if span.link.is_none() {
                let shown = printable(&link, changes);
                changes.links.push(shown);
            }
        }
    }
    if let Some(first) = spans.first_mut() {
        first.text = first.text.trim_start().to_owned();
    }
    if let Some(last) = spans.last_mut() {
        last.text = last.text.trim_end().to_owned();
    }
    spans.retain(|span| !span.text.is_empty());
}

/// Returns `text` in NFC, without control, direction and invisible characters, and with [`MISSING`] for what the font
/// cannot draw.
fn printable(text: &str, changes: &mut Changes) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.nfc() {
        match letter {
            '\t' | '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => {
                out.push(' ');
            }
            _ if invisible(letter) => *changes.removed.entry(letter).or_default() += 1,
            _ if font::draws(letter) => out.push(letter),
            _ => {
                *changes.replaced.entry(letter).or_default() += 1;
                out.push(MISSING);
            }
        }
    }
    // Dropping a character between a letter and its mark can leave two that belong together.
    if unicode_normalization::is_nfc(&out) {
        out
    } else {
        out.nfc().collect()
    }
}

/// Characters that draw nothing: controls, soft hyphen, zero widths, directions, joiners, variation selectors, tags.
fn invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Returns the address when it is a plain `http(s)` one. Word calls a file with a malformed address damaged, so this
/// is stricter than a browser.
fn address(link: &str) -> Option<String> {
    let link = link.trim();
    let (scheme, rest) = link.split_once("://")?;
    if !matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https") || link.len() > 2000 {
        return None;
    }
    let host_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(host_end);
    let (name, port) = host.split_once(':').unwrap_or((host, "0"));
    let named = !name.is_empty()
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-'));
    let port_is_a_number = port.parse::<u16>().is_ok();
    let mut out = String::new();
    let mut bytes = path.bytes();
    let mut fragments = 0;
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let pair = [bytes.next()?, bytes.next()?];
                if !pair.iter().all(u8::is_ascii_hexdigit) {
                    return None;
                }
                out.push('%');
                out.extend(pair.map(char::from));
            }
            b'#' if fragments > 0 => return None,
            b'#' => {
                fragments += 1;
                out.push('#');
            }
            _ if byte.is_ascii_alphanumeric() || b"-._~/?!$&'()*+,;=:@".contains(&byte) => {
                out.push(char::from(byte));
            }
            0x80.. => out.push_str(&format!("%{byte:02X}")),
            _ => return None,
        }
    }
    (named && port_is_a_number).then(|| format!("{scheme}://{host}{out}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &str) -> String {
        printable(text, &mut Changes::default())
    }

    #[test]
    fn text_becomes_nfc_and_loses_what_cannot_be_seen() {
        assert_eq!(through("Qua\u{309}ng Nga\u{303}i"), "Quảng Ngãi");
        assert_eq!(through("a\u{202E}b\u{200B}c\0d\u{AD}e"), "abcde");
        assert_eq!(through("một\thai\r\nba"), "một hai  ba");
        assert_eq!(through("a\u{200B}\u{301}"), "á");
    }

    #[test]
    fn a_letter_the_font_lacks_is_shown_as_missing_and_reported() {
        let document = Document {
            kind: "BÁO CÁO 😀 漢".into(),
            subject: vec!["x\u{202E}y".into()],
            ..Document::default()
        };
        assert_eq!(clean(&document).0.kind, "BÁO CÁO □ □");
        assert_eq!(
            problems(&document),
            [
                "Đã bỏ ký tự điều khiển U+202E (1 lần).",
                "Phông chữ không có ký tự U+6F22, in thành □ (1 lần).",
                "Phông chữ không có ký tự U+1F600, in thành □ (1 lần).",
            ]
        );
    }

    #[test]
    fn only_plain_web_addresses_lead_anywhere() {
        let good = [
            "https://minhlong.quangngai.gov.vn/",
            "http://a.vn:8080/x?y=1&z=%20#k",
        ];
        for link in good {
            assert_eq!(address(link).as_deref(), Some(link));
        }
        assert_eq!(
            address("https://a.vn/đ").as_deref(),
            Some("https://a.vn/%C4%91")
        );
        for link in [
            "javascript:alert(1)",
            "file:///etc/passwd",
            "https://",
            "https://a b",
            "https://a.vn/\"x",
            "https://a.vn/%zz",
            "https://[::1",
            "data://text/html,x",
        ] {
            assert_eq!(address(link), None, "{link}");
        }
    }
}
