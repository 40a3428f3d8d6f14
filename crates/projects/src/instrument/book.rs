//! What was read of each decree. A fact that was read only in a newspaper, or is general
//! knowledge, says so; a new decree is one more entry, and an old one is given its end.

use chrono::NaiveDate;
use types::money::Money;

use super::{
    Evidence, FundingKind, Instrument, NamedStep, Phase, Procedure, ProcedureKind, Threshold,
};

const MILLION: i64 = 1_000_000;
const BILLION: i64 = 1_000 * MILLION;

const fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(day) => day,
        // Found when the program is compiled.
        None => panic!("there is no such day"),
    }
}

/// Every decree known here, the oldest first.
pub(crate) static ALL: &[Instrument] = &[
    Instrument {
        id: "nd-73-2019",
        number: "73/2019/NĐ-CP",
        issued: day(2019, 9, 5),
        effective: None,
        // TT 03/2020/TT-BTTTT, which details it, is in force since that day.
        in_force_by: Some(day(2020, 4, 9)),
        end: Some(day(2026, 3, 1)),
        ended_by: "nd-45-2026",
        amends: "",
        thresholds: &[
            Threshold {
                funding: FundingKind::Recurrent,
                above: None,
                up_to: Some(Money::new(200 * MILLION)),
                procedure: Procedure {
                    kind: Some(ProcedureKind::Estimate),
                    group: "",
                    evidence: Some(Evidence::General),
                    note: "general knowledge: up to 200 million đồng an ordinary estimate is enough",
                    note_vi: "kiến thức chung: đến 200 triệu đồng thì lập dự toán thông thường",
                },
                end: CHANGED_BY_82_2024,
            },
            Threshold {
                funding: FundingKind::Recurrent,
                above: Some(Money::new(200 * MILLION)),
                up_to: Some(Money::new(15 * BILLION)),
                procedure: Procedure {
                    kind: Some(ProcedureKind::Outline),
                    group: "",
                    evidence: Some(Evidence::Read),
                    note: "TT 03/2020/TT-BTTTT: current expenditure above 200 million to 15 billion đồng that creates, extends or upgrades",
                    note_vi: "TT 03/2020/TT-BTTTT: chi thường xuyên trên 200 triệu đến 15 tỷ đồng để thiết lập mới, mở rộng hoặc nâng cấp",
                },
                end: CHANGED_BY_82_2024,
            },
            Threshold {
                funding: FundingKind::Recurrent,
                above: Some(Money::new(15 * BILLION)),
                up_to: None,
                procedure: Procedure {
                    kind: Some(ProcedureKind::Project),
                    group: "",
                    evidence: Some(Evidence::General),
                    note: "general knowledge: above 15 billion đồng as a project",
                    note_vi: "kiến thức chung: trên 15 tỷ đồng thì lập dự án",
                },
                end: CHANGED_BY_82_2024,
            },
        ],
        steps: &[
            NamedStep {
                key: "du-toan",
                phase: Phase::Preparation,
                title: "Lập dự toán",
                procedure: ProcedureKind::Estimate,
                known_to_be_required: false,
                basis: "NĐ 73/2019/NĐ-CP",
                evidence: Evidence::General,
            },
            NamedStep {
                key: "de-cuong",
                phase: Phase::Preparation,
                title: "Trình đề cương và dự toán chi tiết",
                procedure: ProcedureKind::Outline,
                known_to_be_required: true,
                basis: "TT 03/2020/TT-BTTTT",
                evidence: Evidence::Read,
            },
        ],
        note: "The day it came into force was not read; TT 03/2020/TT-BTTTT, which details it, \
               is in force since 9 April 2020. Thresholds of public investment were not read. \
               NĐ 82/2024/NĐ-CP changed amounts from July 2024, and which was not read.",
        note_vi: "Chưa đọc được ngày có hiệu lực; TT 03/2020/TT-BTTTT hướng dẫn nghị định này có \
                  hiệu lực từ ngày 09/4/2020. Chưa đọc được ngưỡng của vốn đầu tư công. NĐ \
                  82/2024/NĐ-CP sửa một số mức tiền từ tháng 7/2024, chưa đọc được các mức mới.",
    },
    Instrument {
        id: "nd-82-2024",
        number: "82/2024/NĐ-CP",
        issued: day(2024, 7, 10),
        effective: None,
        // It counts from July 2024; the day was not read.
        in_force_by: Some(day(2024, 8, 1)),
        end: Some(day(2026, 3, 1)),
        ended_by: "nd-45-2026",
        amends: "nd-73-2019",
        thresholds: &[],
        steps: &[],
        note: "Amends NĐ 73/2019/NĐ-CP from July 2024; only its title was read, so its amounts \
               and steps are not known.",
        note_vi: "Sửa đổi NĐ 73/2019/NĐ-CP từ tháng 7/2024; mới đọc được tên văn bản, chưa biết \
                  các mức tiền và các bước.",
    },
    Instrument {
        id: "nd-45-2026",
        number: "45/2026/NĐ-CP",
        issued: day(2026, 1, 26),
        effective: Some(day(2026, 3, 1)),
        in_force_by: None,
        end: Some(day(2026, 7, 1)),
        ended_by: "nd-224-2026",
        amends: "",
        thresholds: &[
            // "Dưới 90 tỷ đồng": 90 billion itself is group B.
            group(None, Some(90 * BILLION - 1), "C"),
            group(Some(90 * BILLION - 1), Some(1_600 * BILLION), "B"),
            group(Some(1_600 * BILLION), None, "A"),
        ],
        steps: &[
            NamedStep {
                key: "nghien-cuu-kha-thi",
                phase: Phase::Preparation,
                title: "Lập báo cáo nghiên cứu khả thi",
                procedure: ProcedureKind::Project,
                known_to_be_required: false,
                basis: "NĐ 45/2026/NĐ-CP, Điều 12",
                evidence: Evidence::Secondary,
            },
            NamedStep {
                key: "thiet-ke-co-so",
                phase: Phase::Preparation,
                title: "Thiết kế cơ sở",
                procedure: ProcedureKind::Project,
                known_to_be_required: false,
                basis: "NĐ 45/2026/NĐ-CP, Điều 13",
                evidence: Evidence::Secondary,
            },
            NamedStep {
                key: "thiet-ke-chi-tiet",
                phase: Phase::Execution,
                title: "Thiết kế chi tiết",
                procedure: ProcedureKind::Project,
                known_to_be_required: false,
                basis: "NĐ 45/2026/NĐ-CP, Điều 14",
                evidence: Evidence::Secondary,
            },
        ],
        note: "Groups A, B and C as a newspaper tells them; which step is required of which \
               group was not read, nor the thresholds of current expenditure. Mixed money falls \
               under it when the state budget is at least 30 percent or the largest share.",
        note_vi: "Nhóm A, B, C theo báo chí; chưa đọc được bước nào bắt buộc với nhóm nào và \
                  ngưỡng của chi thường xuyên. Nguồn hỗn hợp áp dụng khi ngân sách nhà nước từ \
                  30% trở lên hoặc chiếm tỷ trọng lớn nhất.",
    },
    Instrument {
        id: "nd-224-2026",
        number: "224/2026/NĐ-CP",
        issued: day(2026, 6, 24),
        effective: Some(day(2026, 7, 1)),
        in_force_by: None,
        end: None,
        ended_by: "",
        amends: "",
        thresholds: &[],
        steps: &[],
        note: "Chapter VI (Điều 36–69) on investment, procurement and leasing was not read, so \
               thresholds and steps are not known. Điều 91: what was decided before goes on \
               under the earlier rules.",
        note_vi: "Chưa đọc được Chương VI (Điều 36–69) về đầu tư, mua sắm, thuê dịch vụ nên chưa \
                  biết ngưỡng và các bước. Điều 91: nội dung đã quyết định trước đó tiếp tục thực \
                  hiện theo quy định cũ.",
    },
];

/// NĐ 82/2024/NĐ-CP changed amounts; from the day it was issued the old ones are not sure.
const CHANGED_BY_82_2024: Option<NaiveDate> = Some(day(2024, 7, 10));

/// A group of investment projects by NĐ 45/2026/NĐ-CP.
const fn group(above: Option<i64>, up_to: Option<i64>, group: &'static str) -> Threshold {
    const fn money(vnd: Option<i64>) -> Option<Money> {
        match vnd {
            Some(vnd) => Some(Money::new(vnd)),
            None => None,
        }
    }
    Threshold {
        funding: FundingKind::Investment,
        above: money(above),
        up_to: money(up_to),
        procedure: Procedure {
            kind: Some(ProcedureKind::Project),
            group,
            evidence: Some(Evidence::Secondary),
            note: "groups A above 1.600, B from 90, C below 90 billion đồng, as a newspaper tells them",
            note_vi: "nhóm A trên 1.600 tỷ, B từ 90 tỷ, C dưới 90 tỷ đồng, theo báo chí",
        },
        end: None,
    }
}
