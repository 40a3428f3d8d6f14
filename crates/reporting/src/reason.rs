//! Every reason reporting can refuse for, in English and Vietnamese.

use kit::Reason;

macro_rules! reasons {
    ($($name:ident: $en:literal, $vi:literal;)*) => {
        $(pub(crate) static $name: Reason = Reason { code: stringify!($name), en: $en, vi: $vi };)*
        /// All reasons of this service, for the catalogue.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    STATE_NOT_ALLOWED: "`{name}` is {state}; this needs {allowed_states}", "`{name}` đang ở trạng thái {state}; việc này cần trạng thái {allowed_states}";
    REPORT_INCOMPLETE: "the report has {count} errors that stop it: {codes}", "báo cáo còn {count} lỗi cần khắc phục: {codes}";
    SEPARATION_OF_DUTIES: "who wrote in this version may not approve it", "người đã soạn thảo phiên bản này không được duyệt";
    NOTHING_TO_CONSOLIDATE: "no report to `{request}` has been accepted yet", "chưa có báo cáo nào của `{request}` được tiếp nhận";
    DOCUMENT_TOO_LARGE: "the document has {size} bytes, more than one answer carries", "văn bản có dung lượng {size} byte, vượt quá giới hạn của một lần trả lời";
}
