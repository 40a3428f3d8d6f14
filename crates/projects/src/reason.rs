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
    DECISION_NOT_ISSUED: "`{decision}` is not issued, so it grants nothing yet", "`{decision}` chưa được ban hành nên chưa cấp kinh phí";
    BUDGET_EXCEEDED: "{asked} cannot be allocated by `{decision}` to `{project}`: of {amount}, {allocated} are allocated, possible is {available} at most", "không thể phân bổ {asked} theo `{decision}` cho `{project}`: trong {amount} đã phân bổ {allocated}, chỉ có thể phân bổ nhiều nhất {available}";
}
