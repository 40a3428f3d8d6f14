//! What a reader and an archive expect of a report.

use std::io::{Cursor, Read};

use document::{Document, docx, pdf, problems, text};

use crate::fixture::{self, MINH_LONG};

/// Writes a file to look at, beside the build, and returns its bytes.
fn kept(name: &str, bytes: Vec<u8>) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join(name), &bytes).unwrap();
    bytes
}

/// How many pages a PDF has: the count of its page tree.
pub(crate) fn pages(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    let at = text
        .find("/Type/Pages")
        .or_else(|| text.find("/Type /Pages"))
        .unwrap();
    let count = text[at..].split("/Count").nth(1).unwrap();
    count
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect::<String>()
        .parse()
        .unwrap()
}

/// The parts of a DOCX, each as text.
pub(crate) fn parts(docx: &[u8]) -> Vec<(String, String)> {
    let mut zip = zip::ZipArchive::new(Cursor::new(docx)).unwrap();
    (0..zip.len())
        .map(|at| {
            let mut part = zip.by_index(at).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            (part.name().unwrap().into_owned(), text)
        })
        .collect()
}

/// The words of a DOCX, paragraph by paragraph, when all of its parts are well-formed.
pub(crate) fn words(docx: &[u8]) -> String {
    let mut out = String::new();
    for (name, part) in parts(docx) {
        let tree =
            roxmltree::Document::parse(&part).unwrap_or_else(|error| panic!("{name}: {error}"));
        if name != "word/document.xml" {
            continue;
        }
        for node in tree.descendants() {
            match node.tag_name().name() {
                "t" => out.push_str(node.text().unwrap_or_default()),
                "p" | "br" => out.push('\n'),
                _ => {}
            }
        }
    }
    out
}

/// Holds that every statement is in `text`, in the order given.
fn in_order<'a>(text: &str, statements: impl Iterator<Item = &'a str>) {
    let mut rest = text;
    for statement in statements {
        let at = rest
            .find(statement)
            .unwrap_or_else(|| panic!("missing or out of order: {statement}"));
        rest = &rest[at + statement.len()..];
    }
}

fn statements() -> impl Iterator<Item = &'static str> {
    MINH_LONG
        .lines()
        .flat_map(|line| line.split('\t'))
        .map(|line| line.trim_start_matches("- "))
        .filter(|line| !line.is_empty())
}

#[test]
fn the_report_of_minh_long_says_all_it_said() {
    let report = fixture::minh_long();
    assert_eq!(problems(&report), Vec::<String>::new());
    let text = text::render(&report);
    in_order(&text, statements());
    assert!(text.starts_with("UBND TỈNH QUẢNG NGÃI\nUBND HUYỆN MINH LONG\nSố: "));
    assert!(text.contains("Độc lập - Tự do - Hạnh phúc"));
}

#[test]
fn the_report_of_minh_long_is_two_pages_of_pdf_with_the_same_bytes_every_time() {
    let report = fixture::minh_long();
    let file = kept("minh-long.pdf", pdf::render(&report).unwrap());
    assert!(file.starts_with(b"%PDF-1.7"));
    assert_eq!(pages(&file), 2);
    assert!(file.len() < 90_000, "{}", file.len());
    assert_eq!(file, pdf::render(&report).unwrap());
    let said = String::from_utf8_lossy(&file);
    for mark in ["pdfaid:part>2<", "pdfaid:conformance>A<", "pdfuaid:part>1<"] {
        assert!(said.contains(mark), "{mark}");
    }
}

#[test]
fn the_report_of_minh_long_is_a_docx_with_every_word() {
    let report = fixture::minh_long();
    let file = kept("minh-long.docx", docx::render(&report).unwrap());
    assert_eq!(file, docx::render(&report).unwrap());
    in_order(
        &words(&file),
        statements().filter(|line| *line != "Nơi nhận:"),
    );
    let all = parts(&file);
    let part = |name: &str| &all.iter().find(|(it, _)| it == name).unwrap().1;
    let body = part("word/document.xml");
    for needed in [
        "<w:titlePg/>",
        "<w:tblHeader/>",
        "<w:cantSplit/>",
        "<w:keepNext/>",
        r#"w:val="Heading1""#,
    ] {
        assert!(body.contains(needed), "{needed}");
    }
    assert!(part("word/header1.xml").contains(" PAGE "));
    assert!(part("word/_rels/document.xml.rels").contains("https://minhlong.quangngai.gov.vn/"));
}

#[test]
fn style_names_have_no_comma_because_word_reads_two_names() {
    let file = docx::render(&Document::default()).unwrap();
    let all = parts(&file);
    let styles = &all
        .iter()
        .find(|(name, _)| name == "word/styles.xml")
        .unwrap()
        .1;
    let tree = roxmltree::Document::parse(styles).unwrap();
    let names: Vec<&str> = tree
        .descendants()
        .filter(|node| {
            node.has_tag_name((
                "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
                "name",
            ))
        })
        .flat_map(|node| node.attributes())
        .map(|it| it.value())
        .collect();
    assert!(
        names.len() > 20 && names.iter().all(|name| !name.contains(',')),
        "{names:?}"
    );
}

#[test]
fn a_province_puts_its_wide_table_on_a_page_on_its_side() {
    let report = fixture::province();
    let file = kept("province.pdf", pdf::render(&report).unwrap());
    // One page of text, two of figures: the head is repeated on the second.
    assert_eq!(pages(&file), 3);
    let file = kept("province.docx", docx::render(&report).unwrap());
    let said = words(&file);
    in_order(
        &said,
        [
            "Số: 07/BC-SKHCN",
            "Quảng Ngãi, ngày 05 tháng 01 năm 2026",
            "BÁO CÁO",
            "Kính gửi:",
            "- Ủy ban nhân dân tỉnh Quảng Ngãi.",
        ]
        .into_iter(),
    );
    assert!(said.contains(
        "(Kèm theo Báo cáo số 07/BC-SKHCN ngày 05 tháng 01 năm 2026 của Sở Khoa học và Công nghệ)"
    ));
    let all = parts(&file);
    let body = &all
        .iter()
        .find(|(name, _)| name == "word/document.xml")
        .unwrap()
        .1;
    assert!(
        body.contains(r#"w:orient="landscape""#) && body.contains(r#"<w:gridSpan w:val="2"/>"#)
    );
    assert!(body.contains(r#"<w:vMerge w:val="restart"/>"#));
    assert!(all.iter().any(|(_, part)| part.contains("DỰ THẢO")));
}

#[test]
fn a_document_with_nothing_in_it_still_prints() {
    let empty = Document::default();
    assert_eq!(pages(&pdf::render(&empty).unwrap()), 1);
    words(&docx::render(&empty).unwrap());
    assert!(text::render(&empty).contains("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"));
}
