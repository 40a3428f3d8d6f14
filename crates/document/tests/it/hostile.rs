//! Text that would like to be something else. It is printed as it stands, or without what cannot be printed.

use document::{Annex, Block, Cell, Column, Document, Span, Table, docx, pdf, text};

use crate::samples::{pages, words};

/// What is typed, and what must be read back.
const CORPUS: [(&str, &str); 26] = [
    ("#import \"/etc/passwd\": *", "#import \"/etc/passwd\": *"),
    (
        "#read(\"/doc.json\") #panic()",
        "#read(\"/doc.json\") #panic()",
    ),
    ("$x^2$ và \\u{41}", "$x^2$ và \\u{41}"),
    (
        "*đậm* _nghiêng_ `mã` ```rust fn```",
        "*đậm* _nghiêng_ `mã` ```rust fn```",
    ),
    ("= Tiêu đề == Phụ", "= Tiêu đề == Phụ"),
    ("- gạch + số / mục: nghĩa", "- gạch + số / mục: nghĩa"),
    ("@ref <nhãn> ~ \\ // /* */", "@ref <nhãn> ~ \\ // /* */"),
    ("</w:t></w:r></w:p><w:p>", "</w:t></w:r></w:p><w:p>"),
    (
        "&amp; &#x41; &lt;b&gt; &nbsp;",
        "&amp; &#x41; &lt;b&gt; &nbsp;",
    ),
    ("<![CDATA[x]]> <!-- y -->", "<![CDATA[x]]> <!-- y -->"),
    ("{{ mẫu }} ${biến} %s %n", "{{ mẫu }} ${biến} %s %n"),
    ("'nháy' \"kép\" --- ... --", "'nháy' \"kép\" --- ... --"),
    ("=1+1 @SUM(A1) +84 -5", "=1+1 @SUM(A1) +84 -5"),
    ("'; DROP TABLE units; --", "'; DROP TABLE units; --"),
    ("phải\u{202E}trái\u{202C}", "phảitrái"),
    ("\u{2066}cô lập\u{2069}\u{200F}", "cô lập"),
    ("không\u{200B}rộng\u{FEFF}\u{AD}", "khôngrộng"),
    ("không\0có\u{8}\u{1B}[31m", "khôngcó[31m"),
    ("vui 😀👨‍👩‍👧 漢字 ไทย", "vui □□□□ □□ □□□"),
    ("Qua\u{309}ng Nga\u{303}i", "Quảng Ngãi"),
    ("một\thai\nba\u{2028}bốn", "một hai ba bốn"),
    ("\u{FFFF}\u{E000}\u{10FFFF}", "□□□"),
    (
        "mark z\u{301}\u{323}\u{308}\u{302}a",
        "mark ẓ\u{301}\u{308}\u{302}a",
    ),
    ("\u{A0}cứng\u{A0}", "cứng"),
    ("/../../x %2e%2e C:\\x", "/../../x %2e%2e C:\\x"),
    ("ﬁ ½ № ₫ ≥ “ngoặc” – —", "□ ½ № ₫ ≥ “ngoặc” – —"),
];

/// Puts one text in every place a document has.
fn everywhere(text: &str) -> Document {
    let own = || text.to_owned();
    let span = || Span {
        bold: true,
        link: Some(own()),
        ..Span::plain(text)
    };
    let table = || {
        Block::Table(Table {
            caption: Some(own()),
            unit_note: Some(own()),
            columns: vec![
                Column {
                    heading: own(),
                    width: 1,
                    ..Column::default()
                },
                Column::default(),
            ],
            rows: vec![
                vec![
                    Cell {
                        colspan: 9,
                        rowspan: 9,
                        ..Cell::plain(text)
                    },
                    Cell::plain(text),
                    Cell::plain(text),
                ],
                vec![],
                vec![Cell::plain(text)],
            ],
            ..Table::default()
        })
    };
    let body = || {
        vec![
            Block::heading(5, text),
            Block::Paragraph(vec![span(), Span::plain(text)]),
            Block::Bullet(vec![span()]),
            table(),
            Block::bullet(text),
        ]
    };
    Document {
        parent_organ: vec![own()],
        organ: vec![own()],
        number: Some(own()),
        symbol: own(),
        place: own(),
        kind: own(),
        subject: vec![own()],
        addressees: vec![own(), own()],
        body: body(),
        authority: vec![own()],
        signer: Some(own()),
        recipients: vec![own()],
        annexes: vec![Annex {
            label: own(),
            title: own(),
            landscape: true,
            body: body(),
        }],
        title: own(),
        ..Document::default()
    }
}

#[test]
fn hostile_text_is_printed_and_never_obeyed() {
    for (typed, read) in CORPUS {
        let document = everywhere(typed);
        let plain = text::render(&document);
        assert!(plain.contains(read), "{typed:?}: {plain}");
        let file = pdf::render(&document).unwrap_or_else(|error| panic!("{typed:?}: {error}"));
        assert!(pages(&file) >= 2, "{typed:?}");
        let file = docx::render(&document).unwrap_or_else(|error| panic!("{typed:?}: {error}"));
        let said = words(&file);
        assert!(said.matches(read).count() >= 10, "{typed:?}: {said}");
    }
}

#[test]
fn a_word_longer_than_a_page_neither_fails_nor_is_lost() {
    for long in [
        "W".repeat(3000),
        "https://a.vn/".to_owned() + &"x".repeat(900),
        "số ".repeat(4000),
    ] {
        let document = everywhere(&long);
        pdf::render(&document).unwrap();
        let said = words(&docx::render(&document).unwrap());
        assert!(said.contains(long.trim()));
    }
}

#[test]
fn tables_of_any_shape_are_printed() {
    let shapes: [(usize, Vec<usize>); 6] = [
        (0, vec![]),
        (0, vec![0, 0]),
        (0, vec![3]),
        (4, vec![]),
        (2, vec![0, 5, 1]),
        (60, vec![60]),
    ];
    for (columns, rows) in shapes {
        let table = Table {
            caption: Some("Bảng".into()),
            columns: vec![
                Column {
                    heading: "x".into(),
                    ..Column::default()
                };
                columns
            ],
            rows: rows
                .iter()
                .map(|cells| vec![Cell::plain("ô"); *cells])
                .collect(),
            ..Table::default()
        };
        let document = Document {
            body: vec![Block::Table(table)],
            ..Document::default()
        };
        pdf::render(&document).unwrap_or_else(|error| panic!("{columns} {rows:?}: {error}"));
        let said = words(&docx::render(&document).unwrap());
        assert_eq!(
            said.matches('ô').count(),
            rows.iter().sum::<usize>(),
            "{said}"
        );
    }
}

#[test]
fn a_time_that_never_was_still_gives_a_file() {
    let mut document = everywhere("x");
    document.created.month = 77;
    document.created.day = 99;
    document.date.day = Some(u32::MAX);
    pdf::render(&document).unwrap();
    words(&docx::render(&document).unwrap());
}
