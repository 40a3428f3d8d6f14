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
    STATE_NOT_ALLOWED: "`{name}` is {state}; this needs {allowed_states}", "`{name}` đang ở trạng thái “{state_vi}”; việc này cần trạng thái “{allowed_states_vi}”";
    REPORT_INCOMPLETE: "the report has {count} errors that stop it: {problems_en}", "báo cáo còn {count} lỗi cần khắc phục: {problems_vi}";
    CHANGED_SINCE_APPROVAL: "a figure or the signer of `{name}` has changed since it was approved; return it and approve it again", "số liệu hoặc người ký của `{name}` đã thay đổi sau khi duyệt; hãy trả lại và duyệt lại";
    CHANGED_SINCE_READ: "`{name}` is no longer what you have read; read it again and approve that", "`{name}` đã thay đổi so với nội dung đã xem; hãy xem lại rồi duyệt";
    OWN_FIGURES: "who entered figures of this report may not approve it: {figures}", "người đã nhập số liệu của báo cáo này không được duyệt: {figures}";
    REQUEST_NOT_OPEN: "`{name}` is {state}; nothing is sent to it or changed in it", "yêu cầu `{name}` ở trạng thái “{state_vi}”; không thể gửi hoặc thay đổi";
    REQUEST_HAS_REPORTS: "reports to `{name}` are in already: {count}; close it instead", "đã có {count} báo cáo gửi theo yêu cầu `{name}`; hãy đóng yêu cầu thay vì thu hồi";
    LATE_REFUSED: "`{name}` was due at {due_time} and late reports are refused; ask for a later deadline", "`{name}` hết hạn ngày {due_time_vi} và không nhận báo cáo trễ hạn; hãy đề nghị gia hạn";
    DUE_NOT_LATER: "the deadline of `{unit}` is {due_time}; only a later one can be given", "hạn nộp của `{unit}` là ngày {due_time_vi}; chỉ được gia hạn muộn hơn";
    REPORT_IS_IN: "`{name}` is in already", "báo cáo `{name}` đã được gửi";
    ASSIGNMENT_REPLACED: "`{unit}` was merged; `{successor}` reports instead", "`{unit}` đã sáp nhập; `{successor}` báo cáo thay";
    FIGURES_MOVED: "{count} figures changed while the report was sent, nothing was sent: {figures}", "{count} số liệu đã thay đổi trong khi gửi, báo cáo chưa được gửi: {figures}";
    SEPARATION_OF_DUTIES: "who wrote in this report may not approve it", "người đã soạn thảo báo cáo này không được duyệt";
    SENDER_MAY_NOT_ACCEPT: "who wrote, approved or sent this report may not accept it", "người soạn thảo, duyệt hoặc gửi báo cáo không được tự tiếp nhận";
    REPORT_TOO_LARGE: "the sections of `{name}` would have {size} bytes together, at most {most} are kept", "các mục của `{name}` có tổng dung lượng {size} byte, vượt quá giới hạn {most} byte";
    INDICATORS_NOT_DEFINED: "the outline of `{name}` asks for indicators that are not published for {period}: {indicators}", "đề cương của `{name}` yêu cầu chỉ tiêu chưa được ban hành cho kỳ {period}: {indicators}";
    CONSOLIDATION_TOO_LARGE: "the texts of all reports together have {size} bytes, more than one consolidation holds", "nội dung các báo cáo có tổng dung lượng {size} byte, vượt quá giới hạn của một bản tổng hợp";
    NOTHING_TO_CONSOLIDATE: "no report to `{request}` has been accepted yet", "chưa có báo cáo nào của `{request}` được tiếp nhận";
    DOCUMENT_TOO_LARGE: "the document has {size} bytes, more than one answer carries", "văn bản có dung lượng {size} byte, vượt quá giới hạn của một lần tải";
}
