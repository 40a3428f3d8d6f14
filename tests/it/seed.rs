//! The report of UBND huyện Minh Long for the first half of 2022, made from data.

use std::{env, fs, path::Path};

use tempfile::TempDir;

use crate::{
    process::{demo, documents},
    text::{assert_in_order, flat, of_docx, of_pdf},
};

const SAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/server/sample");

/// What the report says, in order, in short.
const STATEMENTS: [&str; 24] = [
    "UBND HUYỆN MINH LONG",
    "BÁO CÁO",
    "Thực hiện công tác chuyển đổi số 06 tháng đầu năm,",
    "tại Công văn số 847/STTTT-BCVT&CNTT ngày 22/6/2022",
    "1. Tình hình thực hiện công tác chuyển đổi số 06 tháng đầu năm 2022",
    "Tỷ lệ trao đổi văn bản điện tử trên phần mềm đạt 99%",
    "Cấp 132 chứng thư số cho tất cả các cơ quan",
    "100% báo cáo định kỳ được gửi",
    "đã triển khai 100% cho các cơ quan",
    "2. Nhiệm vụ trọng tâm 06 tháng cuối năm 2022 và các năm tiếp theo",
    "3. Nội dung, nhiệm vụ dự án",
    "Triển khai phòng họp không giấy Chưa thực hiện",
    "Triển khai phòng họp trực tiếp tại UBND huyện, UBND 5 xã Chưa thực hiện",
    "4. Một số tồn tại, hạn chế",
    "Chưa phát sinh hồ sơ trực tuyến",
    "75% là người dân tộc H're",
    "5. Đề xuất, kiến nghị",
    "a) Đối với UBND tỉnh",
    "Hỗ trợ kinh phí cho huyện đầu tư",
    "b) Đối với Sở Thông tin và Truyền thông",
    "UBND huyện Minh Long kính báo cáo./.",
    "Nơi nhận:",
    "KT. CHỦ TỊCH PHÓ CHỦ TỊCH",
    "Nguyễn Văn Bảy",
];

/// Runs the demo and returns the words of Minh Long's report, as DOCX and, where it can
/// be read, as PDF.
fn report(out: &Path, flags: &[&str]) -> Vec<String> {
    demo(out, flags);
    let [pdf, docx, ..] = documents(out);
    [Some(of_docx(&docx)), of_pdf(&pdf)]
        .into_iter()
        .flatten()
        .map(|it| flat(&it))
        .collect()
}

#[test]
fn the_report_says_in_order_what_minh_long_reported() {
    let folder = TempDir::new().unwrap();
    let mut statements = vec![STATEMENTS.map(str::to_owned).to_vec()];
    match env::var("SHARED_DATA") {
        Ok(data) => statements.push(seed(Path::new(&data))),
        Err(_) => eprintln!("not compared with the seed report: SHARED_DATA is not set"),
    }
    for text in report(folder.path(), &[]) {
        for statements in &statements {
            assert_in_order(&text, statements);
        }
    }
}

/// Reads every statement of the seed report: a line, or a cell of its table. Marks of
/// the text file (bold, links, list dashes) are no part of the statement.
fn seed(data: &Path) -> Vec<String> {
    let text = fs::read_to_string(data.join("minh-long-2022-h1.txt")).unwrap();
    let text = text.replace("**", "").replace(['<', '>'], "");
    let statements: Vec<_> = text
        .lines()
        .flat_map(|it| it.split('\t'))
        .map(|it| flat(it.trim().trim_start_matches("- ")))
        .filter(|it| !it.is_empty())
        .collect();
    assert!(statements.len() > 40, "the seed report could not be read");
    statements
}

#[test]
fn a_value_that_changes_in_the_sample_changes_in_the_document() {
    let folder = TempDir::new().unwrap();
    let sample = folder.path().join("sample");
    fs::create_dir(&sample).unwrap();
    for file in fs::read_dir(SAMPLE).unwrap() {
        let file = file.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let changed = text.replace("count = 132", "count = 1140");
        fs::write(sample.join(file.file_name()), changed).unwrap();
    }
    let out = folder.path().join("out");
    for text in report(&out, &["--sample", sample.to_str().unwrap()]) {
        assert!(text.contains("Cấp 1.140 chứng thư số"), "{text}");
        assert!(!text.contains("132 chứng thư số"));
    }
}

#[test]
fn the_consolidated_report_says_who_is_missing_and_what_is_only_illustrative() {
    let folder = TempDir::new().unwrap();
    demo(folder.path(), &[]);
    let [.., docx] = documents(folder.path());
    let text = flat(&of_docx(&docx));
    let statements = [
        "Kính gửi: UBND tỉnh Quảng Ngãi",
        "3/13 đơn vị có báo cáo được tiếp nhận; 10 đơn vị chưa có báo cáo",
        "Tổng hợp",
        "GIÁM ĐỐC",
        "Số liệu minh họa",
    ];
    for statement in statements {
        assert!(text.contains(statement), "missing: {statement}\nin: {text}");
    }
}
