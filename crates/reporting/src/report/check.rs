//! What is missing in a report, and what offends the rules of form.
//!
//! Rules of form warn and never stop a report: real official documents break them, the
//! report of Minh Long itself three times.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use types::{
    decimal::Decimal,
    quantity::{Content, Value},
    ratio::RatioIssue,
};

use super::{Body, Gathered, Whole};
use crate::{
    placeholder::{self, Figure},
    template::SectionKind,
};

/// Something a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Finding {
    severity: Severity,
    pub(crate) code: String,
    pub(crate) field: String,
    pub(crate) en: String,
    pub(crate) vi: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Severity {
    Warning,
    Error,
}

impl Finding {
    fn error(
        code: &str,
        field: impl Into<String>,
        en: impl Into<String>,
        vi: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Error,
            code: code.to_owned(),
            field: field.into(),
            en: en.into(),
            vi: vi.into(),
        }
    }

    fn warning(
        code: &str,
        field: impl Into<String>,
        en: impl Into<String>,
        vi: impl Into<String>,
    ) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, field, en, vi)
        }
    }

    /// Says whether it stops a submission.
    pub(crate) fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Finds everything, errors first.
pub(super) fn report(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    let mut findings = sections(whole, gathered);
    findings.extend(texts(whole, gathered));
    findings.extend(signature(whole, gathered));
    findings.extend(projects(whole, gathered));
    findings.extend(figures(whole, gathered));
    odd(whole, gathered, &mut findings);
    findings.extend(form(whole, gathered));
    findings.sort_by_key(|it| !it.is_error());
    findings
}

/// Required sections say something, and every figure they cite is there.
fn sections(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    let mut findings = Vec::new();
    for section in &whole.sections {
        let field = format!("sections/{}", section.key);
        // A unit without projects has an empty table, and nothing to add to it.
        let required = whole
            .spec(&section.key)
            .is_some_and(|it| it.required && it.kind != SectionKind::ProjectTable);
        if required && section.body.is_empty() {
            findings.push(Finding::error(
                "SECTION_EMPTY",
                field.clone(),
                "a required section is empty",
                "mục bắt buộc chưa có nội dung",
            ));
        }
        for indicator in section.body.cited() {
            if !gathered.facts.figures.contains_key(&indicator) {
                findings.push(Finding::error(
                    "VALUE_MISSING",
                    field.clone(),
                    format!("cites `{indicator}`, of which there is no figure"),
                    format!("trích dẫn `{indicator}` nhưng chưa có số liệu"),
                ));
            }
        }
    }
    findings
}

/// Opening, closing and subject cite only figures that are there.
fn texts(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    let frame = &whole.report.frame;
    let mut findings = Vec::new();
    for (field, text) in [
        ("report.subject", &frame.subject),
        ("report.opening", &frame.opening),
        ("report.closing", &frame.closing),
    ] {
        if text.is_empty() {
            findings.push(Finding::error(
                "TEXT_MISSING",
                field,
                "is empty",
                "chưa có nội dung",
            ));
        }
        for indicator in placeholder::cited(text) {
            if !gathered.facts.figures.contains_key(&indicator) {
                findings.push(Finding::error(
                    "VALUE_MISSING",
                    field,
                    format!("cites `{indicator}`, of which there is no figure"),
                    format!("trích dẫn `{indicator}` nhưng chưa có số liệu"),
                ));
            }
        }
    }
    findings
}

/// Every project of the unit and period stands in the table, and nothing else that is called one.
fn projects(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    let Some(known) = &gathered.facts.projects else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut told = BTreeSet::new();
    for section in &whole.sections {
        let Body::ProjectTable(rows) = &section.body else {
            continue;
        };
        let field = format!("sections/{}", section.key);
        for row in rows.iter().filter(|it| !it.project.is_empty()) {
            told.insert(&row.project);
            if !known.contains_key(&row.project) {
                findings.push(Finding::error(
                    "PROJECT_NOT_IN_TABLE",
                    field.clone(),
                    format!("`{}` is no project of the unit in the period", row.project),
                    format!("`{}` không phải dự án của đơn vị trong kỳ", row.project),
                ));
            }
        }
    }
    for (name, row) in known.iter().filter(|(name, _)| !told.contains(name)) {
        findings.push(Finding::warning(
            "PROJECT_MISSING",
            name.clone(),
            format!("`{}` stands in no project table of the report", row.title),
            format!("“{}” chưa có trong bảng dự án của báo cáo", row.title),
        ));
    }
    findings
}

/// Somebody must sign, and the post he signs from must be one that signs.
fn signature(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    const FIELD: &str = "report.signer_position";
    let position = &whole.report.frame.signer_position;
    match &gathered.signer {
        Some(signer) if !signer.lines.is_empty() && !signer.name.is_empty() => Vec::new(),
        Some(_) => vec![Finding::error(
            "SIGNER_MAY_NOT_SIGN",
            FIELD,
            format!("`{position}` is a post that does not sign"),
            format!("chức vụ `{position}` không có thẩm quyền ký"),
        )],
        None if !position.is_empty() => vec![Finding::error(
            "SIGNER_NOT_IN_FORCE",
            FIELD,
            format!("`{position}` is no post and no delegation in force today"),
            format!("`{position}` không phải chức vụ hay việc giao ký đang có hiệu lực"),
        )],
        None => vec![Finding::error(
            "SIGNER_MISSING",
            FIELD,
            "nobody is named to sign",
            "chưa xác định người ký",
        )],
    }
}

/// Shares that were stated without their parts cannot be added up for the province.
fn figures(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    let cited: BTreeSet<_> = whole.cited().into_iter().collect();
    let mut findings = Vec::new();
    for indicator in cited {
        let Some(figure) = gathered.facts.figures.get(&indicator) else {
            continue;
        };
        findings.extend(published(figure));
        let Content::Value(Value::Ratio(ratio)) = figure.quantity.content() else {
            continue;
        };
        for issue in ratio.issues() {
            findings.push(match issue {
                RatioIssue::PartsMissing => Finding::warning(
                    "RATIO_PARTS_MISSING",
                    figure.name.clone(),
                    "a percentage without numerator and denominator cannot be added up",
                    "tỷ lệ không có tử số và mẫu số nên không tổng hợp được",
                ),
                RatioIssue::Mismatch { stated, computed } => Finding::warning(
                    "RATIO_MISMATCH",
                    figure.name.clone(),
                    format!("states {stated} % where its parts give {computed} %"),
                    format!(
                        "công bố {} nhưng tính theo tử số, mẫu số là {}",
                        stated.to_vietnamese(),
                        computed.to_vietnamese(),
                    ),
                ),
            });
        }
    }
    findings
}

/// What is odd about the figures that are sent, as the service that keeps them tells it: no
/// document proves one, or a rule of the field is broken. It warns, however grave.
fn odd(whole: &Whole, gathered: &Gathered, findings: &mut Vec<Finding>) {
    let sent: BTreeSet<_> = whole.pinned().into_iter().collect();
    for odd in &gathered.odd {
        let is_told = |it: &Finding| it.code == odd.code && it.field == odd.name;
        if odd.indicators.is_disjoint(&sent) || findings.iter().any(is_told) {
            continue;
        }
        let (en, vi) = (odd.en.as_str(), odd.vi.as_str());
        findings.push(Finding::warning(&odd.code, odd.name.as_str(), en, vi));
    }
}

/// What the agency printed stands beside what it counted; a difference is shown.
fn published(figure: &Figure) -> Option<Finding> {
    let printed = figure.quantity.published()?;
    let counted = match figure.quantity.content() {
        Content::Value(Value::Count(count)) => Decimal::from_i64(*count).ok()?,
        Content::Value(Value::Decimal(decimal)) => *decimal,
        _ => return None,
    };
    if Decimal::parse_vietnamese(printed).is_ok_and(|it| it == counted) {
        return None;
    }
    Some(Finding::warning(
        "PUBLISHED_MISMATCH",
        figure.name.clone(),
        format!("is printed as `{printed}` where {counted} was counted"),
        format!(
            "in là “{printed}” nhưng số liệu đã nhập là {}",
            counted.to_vietnamese()
        ),
    ))
}

/// Rules of form of NĐ 30/2020/NĐ-CP, Phụ lục I, with the number of the block (ô số).
fn form(whole: &Whole, gathered: &Gathered) -> Vec<Finding> {
    let frame = &whole.report.frame;
    let mut findings = Vec::new();
    let mut warn = |code, field, en, vi| findings.push(Finding::warning(code, field, en, vi));
    let first = frame
        .recipients
        .first()
        .map(String::as_str)
        .unwrap_or_default();
    if frame.addressees.is_empty() {
        warn(
            "ADDRESSEE_MISSING",
            "report.addressees",
            "a report to a superior has a line `Kính gửi` (NĐ 30/2020, ô 9a)",
            "báo cáo gửi cấp trên cần có mục “Kính gửi” (NĐ 30/2020, ô số 9a)",
        );
    }
    if !first.starts_with("Như trên") {
        warn(
            "FIRST_RECIPIENT",
            "report.recipients",
            "the first recipient of a report is `Như trên` (NĐ 30/2020, ô 9b)",
            "dòng đầu của “Nơi nhận” trong báo cáo là “Như trên” (NĐ 30/2020, ô số 9b)",
        );
    }
    if !frame
        .recipients
        .last()
        .is_some_and(|it| it.starts_with("Lưu: VT"))
    {
        warn(
            "ARCHIVE_LINE",
            "report.recipients",
            "the last recipient is `Lưu: VT` (NĐ 30/2020, ô 9b)",
            "dòng cuối của “Nơi nhận” là “Lưu: VT” (NĐ 30/2020, ô số 9b)",
        );
    }
    if !frame.closing.is_empty() && !frame.closing.trim_end().ends_with("./.") {
        warn(
            "END_MARK",
            "report.closing",
            "the text of a document ends with `./.` (NĐ 30/2020, ô 6)",
            "nội dung văn bản kết thúc bằng “./.” (NĐ 30/2020, ô số 6)",
        );
    }
    let collective = gathered.letterhead.symbol == "UBND";
    let lines = gathered
        .signer
        .as_ref()
        .map(|it| it.lines.as_slice())
        .unwrap_or_default();
    if collective && lines.first().is_some_and(|it| !it.starts_with("TM.")) {
        warn(
            "ON_BEHALF_LINE",
            "report.signer_position",
            "a People's Committee signs as a body: `TM. ỦY BAN NHÂN DÂN` comes first (NĐ 30/2020, ô 7a)",
            "UBND ký thay mặt tập thể: dòng đầu là “TM. ỦY BAN NHÂN DÂN” (NĐ 30/2020, ô số 7a)",
        );
    }
    findings
}
