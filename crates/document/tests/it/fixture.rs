//! Two reports. The first is public: the report of UBND huyện Minh Long on the first half of 2022, word for word, with
//! its slips. The second is made up: a province's consolidated report with a wide annex.

use std::sync::LazyLock;

use document::{
    Align, Annex, Block, Cell, Column, Document, DocumentDate, DocumentTime, Span, Table,
};

/// The official text, a line for each statement, in reading order, put together from
/// the program's own sample.
pub(crate) static MINH_LONG: LazyLock<String> = LazyLock::new(official_text);

/// What stands in the places of the sample that are filled from data.
const FACTS: [(&str, &str); 11] = [
    ("{{issuer.name}}", "Sở Thông tin và Truyền thông Quảng Ngãi"),
    ("{{unit.name}}", "UBND huyện Minh Long"),
    ("{{request.document_number}}", "847/STTTT-BCVT&CNTT"),
    ("{{request.issue_date}}", "22/6/2022"),
    (
        "{{request.title}}",
        "báo cáo rà soát thực hiện công tác chuyển đổi số",
    ),
    ("{{value.ty-le-trao-doi-van-ban}}", "99%"),
    ("{{value.chung-thu-so}}", "132"),
    ("{{value.ty-le-bao-cao-dinh-ky}}", "100%"),
    ("{{value.ty-le-mot-cua}}", "100%"),
    ("{{value.ho-so-truc-tuyen|capitalize}}", "Chưa phát sinh"),
    ("{{value.ty-le-dan-toc-hre}}", "75%"),
];

fn sample(file: &str) -> toml::Table {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../server/sample/");
    std::fs::read_to_string(format!("{folder}{file}"))
        .unwrap()
        .parse()
        .unwrap()
}

fn texts<'a>(table: &'a toml::Table, list: &str) -> Vec<&'a toml::Table> {
    table[list]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it.as_table().unwrap())
        .collect()
}

fn official_text() -> String {
    let (template, report) = (sample("template.toml"), sample("minh-long.toml"));
    let word = |table: &toml::Table, key: &str| table[key].as_str().unwrap().to_owned();
    let mut lines = vec!["BÁO CÁO".to_owned()];
    lines.extend(word(&template, "subject").trim().lines().map(str::to_owned));
    lines.push(word(&template, "opening"));
    for (number, section) in (1..).zip(texts(&template, "section")) {
        lines.push(format!("{number}. {}", word(section, "heading")));
        let key = word(section, "key");
        let own = texts(&report, "section")
            .into_iter()
            .find(|it| word(it, "key") == key);
        for block in own.map(|it| texts(it, "block")).unwrap_or_default() {
            lines.push(match block.get("bullet") {
                Some(item) => format!("- {}", item.as_str().unwrap()),
                None => word(block, "paragraph"),
            });
        }
        if key == "du-an" {
            lines.push("TT\tNội dung/Nhiệm vụ/ Dự án\tKết quả, tiến độ thực hiện\tKinh phí nếu có\tGhi chú".into());
            for (row, project) in (1..).zip(texts(&report, "project")) {
                lines.push(format!(
                    "{row}\t{}\tChưa thực hiện\t\t",
                    word(project, "display_name")
                ));
            }
        }
        if key == "kien-nghi" {
            for (letter, proposal) in ["a", "b"].iter().zip(texts(&report, "proposal")) {
                lines.push(format!("{letter}) Đối với {}", word(proposal, "addressee")));
                lines.push(word(proposal, "text"));
            }
        }
    }
    lines.push(word(&template, "closing"));
    lines.push("Nơi nhận:".into());
    let recipients = report["recipients"].as_array().unwrap().iter();
    lines.extend(recipients.map(|it| format!("- {}", it.as_str().unwrap())));
    lines.extend(["KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH", "Nguyễn Văn Bảy"].map(str::to_owned));
    FACTS.iter().fold(lines.join("\n"), |text, (place, fact)| {
        text.replace(place, fact)
    })
}

fn lines(text: &[&str]) -> Vec<String> {
    text.iter().map(|line| (*line).to_owned()).collect()
}

fn cells(text: &[&str]) -> Vec<Cell> {
    text.iter().map(|cell| Cell::plain(*cell)).collect()
}

fn column(heading: &str, width: u32, align: Align) -> Column {
    Column {
        heading: heading.into(),
        width,
        align,
    }
}

/// Reads the official text into the model: its form tells what each line is.
pub(crate) fn minh_long() -> Document {
    let mut statements = MINH_LONG.lines();
    let kind = statements.next().unwrap().to_owned();
    let subject = vec![
        statements.next().unwrap().to_owned(),
        statements.next().unwrap().to_owned(),
    ];
    let mut body = Vec::new();
    let mut table: Option<Table> = None;
    let mut rest = Vec::new();
    for line in statements {
        if !rest.is_empty() || line == "Nơi nhận:" {
            rest.push(line.to_owned());
        } else if line.contains('\t') {
            let row: Vec<&str> = line.split('\t').collect();
            match &mut table {
                Some(table) => table.rows.push(cells(&row)),
                None => table = Some(projects(&row)),
            }
        } else {
            body.extend(table.take().map(Block::Table));
            body.push(block(line));
        }
    }
    Document {
        parent_organ: lines(&["UBND tỉnh Quảng Ngãi"]),
        organ: lines(&["UBND huyện Minh Long"]),
        number: None,
        symbol: "BC-UBND".into(),
        place: "Minh Long".into(),
        date: DocumentDate {
            day: None,
            month: Some(6),
            year: Some(2022),
        },
        kind,
        subject,
        body,
        recipients: rest[1..6]
            .iter()
            .map(|line| line.trim_start_matches("- ").to_owned())
            .collect(),
        authority: rest[6..8].to_vec(),
        signer: Some(rest[8].clone()),
        created: DocumentTime {
            year: 2022,
            month: 6,
            day: 22,
            hour: 8,
            minute: 30,
        },
        ..Document::default()
    }
}

fn projects(headings: &[&str]) -> Table {
    let widths = [5, 28, 20, 32, 15];
    Table {
        columns: headings
            .iter()
            .zip(widths)
            .map(|(heading, width)| {
                let align = if *heading == "TT" {
                    Align::Center
                } else {
                    Align::Left
                };
                column(heading, width, align)
            })
            .collect(),
        ..Table::default()
    }
}

fn block(line: &str) -> Block {
    let numbered = line.starts_with(|first: char| first.is_ascii_digit())
        && line.split_once(". ").is_some_and(|(at, _)| at.len() == 1);
    if numbered {
        Block::heading(1, line)
    } else if line.starts_with("a) ") || line.starts_with("b) ") {
        Block::heading(2, line)
    } else if let Some(item) = line.strip_prefix("- ") {
        Block::Bullet(linked(item))
    } else {
        Block::paragraph(line)
    }
}

/// The one address in the report leads where it says.
fn linked(text: &str) -> Vec<Span> {
    const SITE: &str = "https://minhlong.quangngai.gov.vn/";
    let Some((before, after)) = text.split_once(SITE) else {
        return vec![Span::plain(text)];
    };
    let site = Span {
        link: Some(SITE.into()),
        ..Span::plain(SITE)
    };
    vec![Span::plain(before), site, Span::plain(after)]
}

/// A consolidated report: addressees, a table of figures in the text, a wide table with a spanned head in an annex.
pub(crate) fn province() -> Document {
    let unit = |at: usize| {
        let names = [
            "Ba Tơ",
            "Bình Sơn",
            "Đức Phổ",
            "Lý Sơn",
            "Minh Long",
            "Mộ Đức",
            "Nghĩa Hành",
        ];
        format!("UBND huyện {}", names[at % names.len()])
    };
    let figures =
        (1..=26)
            .map(|at: usize| {
                let mut row = cells(&[&at.to_string(), &unit(at)]);
                row.extend((0..6).map(|part| {
                    Cell::plain(format!("{},{}", 60 + (at * 7 + part * 5) % 40, at % 10))
                }));
                row.push(Cell::plain(if at.is_multiple_of(5) {
                    "Chưa phát sinh"
                } else {
                    ""
                }));
                row
            })
            .collect();
    let total = Cell {
        colspan: 2,
        bold: true,
        ..Cell::plain("Toàn tỉnh")
    };
    let mut annex = wide(figures);
    let mut last = vec![total];
    last.extend((0..6).map(|_| Cell {
        bold: true,
        ..Cell::plain("84,15")
    }));
    last.push(Cell::default());
    annex.rows.push(last);
    Document {
        parent_organ: lines(&["UBND tỉnh Quảng Ngãi"]),
        organ: lines(&["Sở Khoa học và Công nghệ"]),
        number: Some("7".into()),
        symbol: "BC-SKHCN".into(),
        place: "Quảng Ngãi".into(),
        date: DocumentDate {
            day: Some(5),
            month: Some(1),
            year: Some(2026),
        },
        kind: "Báo cáo".into(),
        subject: lines(&[
            "Tổng hợp kết quả chuyển đổi số năm 2025 của các sở, ban, ngành, địa phương trên địa bàn tỉnh",
        ]),
        addressees: lines(&[
            "Bộ Khoa học và Công nghệ",
            "Ủy ban nhân dân tỉnh Quảng Ngãi",
        ]),
        body: provincial_text(),
        authority: lines(&["KT. Giám đốc", "Phó Giám đốc"]),
        signer: Some("Trần Thị Ánh Tuyết".into()),
        recipients: lines(&[
            "Như trên;",
            "Ban Chỉ đạo Chuyển đổi số tỉnh;",
            "Lưu: VT, CĐS (5).",
        ]),
        annexes: vec![Annex {
            label: "Phụ lục".into(),
            title: "Kết quả thực hiện các chỉ tiêu chuyển đổi số theo đơn vị".into(),
            landscape: true,
            body: vec![Block::Table(annex)],
        }],
        draft: true,
        created: DocumentTime {
            year: 2026,
            month: 1,
            day: 5,
            hour: 9,
            minute: 0,
        },
        ..Document::default()
    }
}

fn wide(rows: Vec<Vec<Cell>>) -> Table {
    let tall = |text: &str| Cell {
        rowspan: 2,
        ..Cell::plain(text)
    };
    let broad = |text: &str| Cell {
        colspan: 2,
        ..Cell::plain(text)
    };
    let mut columns = vec![column("", 5, Align::Center), column("", 26, Align::Left)];
    columns.extend((0..6).map(|_| column("", 10, Align::Right)));
    columns.push(column("", 14, Align::Left));
    Table {
        unit_note: Some("Đơn vị tính: %".into()),
        columns,
        header_rows: vec![
            vec![
                tall("TT"),
                tall("Đơn vị"),
                broad("Văn bản điện tử"),
                broad("Dịch vụ công trực tuyến"),
                broad("Báo cáo điện tử"),
                tall("Ghi chú"),
            ],
            cells(&[
                "Kế hoạch",
                "Thực hiện",
                "Kế hoạch",
                "Thực hiện",
                "Kế hoạch",
                "Thực hiện",
            ]),
        ],
        rows,
        ..Table::default()
    }
}

fn provincial_text() -> Vec<Block> {
    let table = Table {
        caption: Some("Bảng 1. Tình hình gửi báo cáo".into()),
        unit_note: Some("Đơn vị tính: đơn vị".into()),
        columns: vec![
            column("Nhóm đơn vị", 40, Align::Left),
            column("Phải gửi", 20, Align::Right),
            column("Đúng hạn", 20, Align::Right),
            column("Chậm", 20, Align::Right),
        ],
        rows: vec![
            cells(&["Sở, ban, ngành", "20", "18", "2"]),
            cells(&["Địa phương", "13", "13", "0"]),
        ],
        ..Table::default()
    };
    vec![
        Block::paragraph(
            "Thực hiện Nghị định số 09/2019/NĐ-CP, Sở Khoa học và Công nghệ tổng hợp, báo cáo như sau:",
        ),
        Block::heading(1, "I. KẾT QUẢ CHUNG"),
        Block::heading(2, "1. Tình hình gửi báo cáo"),
        Block::Table(table),
        Block::heading(2, "2. Các chỉ tiêu chính"),
        Block::Bullet(vec![
            Span::plain("Tỷ lệ văn bản điện tử đạt "),
            Span {
                bold: true,
                ..Span::plain("92,4%")
            },
            Span {
                italic: true,
                ..Span::plain(" (33/33 đơn vị báo cáo)")
            },
            Span::plain(", vượt 2,4 điểm phần trăm so với kế hoạch."),
        ]),
        Block::bullet("Số chứng thư số đã cấp: 12.540, tăng 1.032 so với cùng kỳ năm trước."),
        Block::heading(3, "a) Số liệu chi tiết"),
        Block::paragraph("Số liệu của từng đơn vị tại Phụ lục kèm theo."),
        Block::heading(1, "II. KIẾN NGHỊ"),
        Block::paragraph(
            "Đề nghị Bộ Khoa học và Công nghệ sớm ban hành hướng dẫn về bộ chỉ số mới. Trên đây là báo cáo của Sở./.",
        ),
    ]
}
