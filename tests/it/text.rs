//! The words of a document, as a reader gets them.

use std::{io::Read, path::Path, process::Command};

/// Returns the text of a DOCX in reading order, one line per paragraph.
pub(crate) fn of_docx(file: &Path) -> String {
    let mut archive = zip::ZipArchive::new(std::fs::File::open(file).unwrap()).unwrap();
    let mut xml = String::new();
    archive
        .by_name("word/document.xml")
        .unwrap()
        .read_to_string(&mut xml)
        .unwrap();
    let mut text = String::new();
    for part in xml.split('<').skip(1) {
        let (tag, rest) = part.split_once('>').unwrap();
        match tag.split([' ', '/']).next().unwrap() {
            "w:t" => text.push_str(rest),
            "w:tab" | "w:br" => text.push(' '),
            "" if tag == "/w:p" => text.push('\n'),
            _ => {}
        }
    }
    for (entity, letter) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&apos;", "'"),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, letter);
    }
    text
}

/// Returns the text of a PDF as pdftotext reads it, or nothing where pdftotext is not
/// installed, which is said.
pub(crate) fn of_pdf(file: &Path) -> Option<String> {
    let read = Command::new("pdftotext")
        .args(["-raw", "-nopgbrk"])
        .arg(file)
        .arg("-")
        .output();
    let Ok(read) = read else {
        eprintln!("not read: {} (pdftotext is not installed)", file.display());
        return None;
    };
    assert!(read.status.success());
    Some(String::from_utf8(read.stdout).unwrap())
}

/// Joins lines and drops what only layout puts in: page numbers and break marks.
pub(crate) fn flat(text: &str) -> String {
    let lines = text.lines().filter(|it| it.trim().parse::<u8>().is_err());
    let words = lines
        .flat_map(str::split_whitespace)
        .collect::<Vec<_>>()
        .join(" ");
    words.replace('\u{200b}', "")
}

/// Checks that statements stand in a text, one after the other.
pub(crate) fn assert_in_order(text: &str, statements: &[String]) {
    let mut rest = text;
    for statement in statements {
        let Some(at) = rest.find(statement.as_str()) else {
            let elsewhere = if text.contains(statement.as_str()) {
                "out of order"
            } else {
                "missing"
            };
            panic!("{elsewhere}: {statement}\nin: {rest}");
        };
        rest = &rest[at + statement.len()..];
    }
}
