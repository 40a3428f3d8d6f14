//! Every reason this service can refuse for, in English and Vietnamese.

use kit::Reason;

macro_rules! reasons {
    ($($name:ident: $en:literal, $vi:literal;)*) => {
        $(pub(crate) static $name: Reason = Reason { code: stringify!($name), en: $en, vi: $vi };)*
        /// All reasons of this service, for the catalogue.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    PROJECT_TABLE_FULL: "the table of `{unit}` has {most} projects already", "bảng dự án của `{unit}` đã đủ {most} dự án";
    PROGRESS_NEEDS_CORRECTION: "progress for {period} stands in `{standing}`: name it in `corrects` to replace it", "tiến độ kỳ {period} đã có tại `{standing}`: hãy ghi bản ghi này vào `corrects` để đính chính";
    COMPLETION_FELL: "completion falls from {before}% in `{entry}` to {after}%: say why in `note`", "mức độ hoàn thành giảm từ {before}% tại `{entry}` xuống {after}%: hãy nêu lý do trong `note`";
    STATE_NOT_ALLOWED: "`{name}` is {state}, it has to be {allowed_states}", "`{name}` đang ở trạng thái {state}, cần ở trạng thái {allowed_states}";
    DECISION_NOT_ISSUED: "`{decision}` is {state}: only what is issued and neither revoked nor replaced can be acted on", "`{decision}` đang ở trạng thái {state}: chỉ quyết định đã ban hành, chưa bị hủy bỏ hoặc thay thế mới là căn cứ thực hiện";
    BUDGET_EXCEEDED: "{asked} cannot be done by `{decision}`: of {amount}, {allocated} are used, possible is {available} at most, {missing} are missing", "không thể thực hiện {asked} theo `{decision}`: trong {amount} đã sử dụng {allocated}, chỉ còn {available}, thiếu {missing}";
    DECISION_KIND_UNFIT: "`{decision}` is of kind {kind}; this needs one of kind {allowed_kinds}", "`{decision}` thuộc loại {kind}; việc này cần quyết định loại {allowed_kinds}";
    DECISION_NUMBER_REPEATED: "`{other}` of the same authority and year bears this number too", "`{other}` của cùng cơ quan, cùng năm cũng mang số này";
    DECISION_IN_FORCE: "`{decision}` is neither revoked nor replaced, so `{by_decision}` has nothing to cover", "`{decision}` chưa bị hủy bỏ hoặc thay thế nên `{by_decision}` không có gì để thay căn cứ";
    NOT_REPLACING: "`{by_decision}` does not replace `{decision}`", "`{by_decision}` không thay thế `{decision}`";
    NOT_HELD: "`{line}` holds {available} of `{decision}`, {asked} are asked for, {missing} are missing", "`{line}` chỉ có {available} được cấp theo `{decision}`, yêu cầu {asked}, thiếu {missing}";
    RECALL_EXCEEDED: "{asked} cannot leave `{line}`: {available} are neither committed nor disbursed, {missing} are missing", "không thể rút {asked} khỏi `{line}`: chỉ còn {available} chưa cam kết, chưa giải ngân, thiếu {missing}";
    COMMITMENT_EXCEEDED: "{asked} cannot be committed on `{line}`: {available} are left, {missing} are missing", "không thể cam kết chi {asked} tại `{line}`: chỉ còn {available}, thiếu {missing}";
    CONTRACT_PAID: "the contract on `{line}` cannot be lowered by {asked}: {available} of it are not paid, {missing} are missing", "không thể giảm hợp đồng tại `{line}` đi {asked}: chỉ còn {available} chưa thanh toán, thiếu {missing}";
    CONTRACT_EXCEEDED: "{asked} cannot be paid under the contract on `{line}`: {available} of it are left, {missing} are missing", "không thể chi {asked} theo hợp đồng tại `{line}`: giá trị hợp đồng chỉ còn {available}, thiếu {missing}";
    DISBURSEMENT_EXCEEDED: "{asked} cannot be disbursed on `{line}`: {available} are left, {missing} are missing", "không thể giải ngân {asked} tại `{line}`: chỉ còn {available}, thiếu {missing}";
    ADVANCES_EXCEEDED: "{asked} cannot be recovered on `{line}`: {available} are advanced, {missing} are missing", "không thể thu hồi tạm ứng {asked} tại `{line}`: số tạm ứng còn {available}, thiếu {missing}";
    ALLOCATION_NOT_REVERSIBLE: "`{allocation}` is a reversal, one of a pair or fulfils a request, and is not reversed", "`{allocation}` là bản ghi hủy, thuộc một cặp bản ghi hoặc thực hiện một đề xuất nên không hủy được";
    ENTRY_REVERSED: "`{entry}` names an entry that was reversed before, or is one", "`{entry}` đã bị hủy trước đó hoặc nêu bản ghi đã bị hủy";
    ENTRY_IS_REVERSAL: "`{entry}` is itself a reversal: enter what is right anew", "`{entry}` là bản ghi hủy: hãy nhập lại bản ghi đúng";
    LINE_SETTLED: "`{line}` is settled at {amount} by `{decision}` and takes no entry any more", "`{line}` đã được quyết toán {amount} theo `{decision}`, không ghi thêm được nữa";
    LINE_UNIT_ENDED: "`{unit}` ended on {end_date}: on `{line}` nothing is granted, signed or paid from that day on; move what is left, by a decision, to the unit that carries on", "`{unit}` đã chấm dứt hoạt động từ ngày {end_date}: kể từ ngày đó không cấp, không ký hợp đồng, không chi tại `{line}`; hãy điều chuyển phần còn lại, theo quyết định, cho đơn vị tiếp nhận";
    ADVANCES_OPEN: "{advanced} are advanced on `{line}` and not recovered", "`{line}` còn {advanced} tạm ứng chưa thu hồi";
    LINE_UNCOVERED: "{uncovered} of `{line}` have no decision in force", "`{line}` còn {uncovered} chưa có quyết định thay thế";
    SETTLEMENT_DIFFERS: "{asked} were approved for `{line}`, {disbursed} were disbursed: the difference is {difference}", "`{line}` được duyệt quyết toán {asked} nhưng đã giải ngân {disbursed}: chênh lệch {difference}";
    REQUEST_BY_SAME_PERSON: "`{principal}` entered `{name}` and neither appraises nor approves it", "`{principal}` đã lập `{name}` nên không được thẩm định, phê duyệt";
    BUDGET_LINE_UNKNOWN: "`{line}` does not exist", "`{line}` không tồn tại";
    DISBURSEMENT_CHANGED: "`{name}` was sent before under the same key and says something else: reverse it and send what is right under a new key", "`{name}` đã được gửi trước đó với cùng mã nhưng nội dung khác: hãy hủy bản ghi đó và gửi lại với mã mới";
    DISBURSEMENT_CONFLICT: "the disbursement cannot be entered", "không thể ghi nhận khoản giải ngân";
    SUM_TOO_LARGE: "the sum is larger than can be told", "tổng số tiền vượt quá giới hạn biểu diễn";
}
