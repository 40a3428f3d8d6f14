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
    COMPLETION_FELL: "completion falls from {before}% to {after}% beside `{entry}`: say why in `reason`", "mức độ hoàn thành giảm từ {before_vi} xuống {after_vi} so với `{entry}`: hãy nêu lý do trong `reason`";
    STATE_NOT_ALLOWED: "`{name}` is {state}, it has to be {allowed_states}", "`{name}` đang ở trạng thái {state}, cần ở trạng thái {allowed_states}";
    DECISION_NOT_ISSUED: "`{decision}` is not issued, so it grants nothing yet", "`{decision}` chưa được ban hành nên chưa cấp kinh phí";
    BUDGET_EXCEEDED: "{asked} cannot be allocated by `{decision}` to `{project}`: of {amount}, {allocated} are allocated, possible is {available} at most", "không thể phân bổ {asked} theo `{decision}` cho `{project}`: trong {amount} đã phân bổ {allocated}, chỉ có thể phân bổ nhiều nhất {available}";
    LEGAL_INSTRUMENT_NOT_IN_FORCE: "{instrument} was not in force on {date}; in force were: {in_force}", "{instrument} không có hiệu lực vào ngày {date}; văn bản có hiệu lực khi đó: {in_force}";
    LEGAL_INSTRUMENT_UNCLEAR: "which decree was in force on {date} is not known for sure: name one in `legal_instrument` out of {candidates}", "chưa xác định chắc văn bản có hiệu lực vào ngày {date}: hãy nêu trong `legal_instrument` một trong các văn bản {candidates}";
    LEGAL_INSTRUMENT_FIXED: "`{project}` was decided under {instrument} and goes on under it", "`{project}` đã được quyết định theo {instrument} và tiếp tục thực hiện theo văn bản đó";
    PLAN_NEEDS_BASELINE: "the planned days of `{project}` are decided: change them by a new baseline", "thời gian thực hiện của `{project}` đã được phê duyệt: hãy điều chỉnh bằng một mốc kế hoạch mới";
    STEPS_OPEN: "`{project}` cannot be completed while required steps are open: {steps} ({names})", "không thể hoàn thành `{project}` khi còn bước bắt buộc chưa thực hiện: {steps} ({names})";
    STEP_SKIPPED: "`{step}` was skipped; add a new step to do it after all", "`{step}` đã được bỏ qua; hãy thêm bước mới nếu vẫn thực hiện";
    STEPS_FULL: "`{project}` has {most} steps already", "`{project}` đã đủ {most} bước";
    TASKS_FULL: "`{project}` has {most} tasks already", "`{project}` đã đủ {most} công việc";
    BASELINES_FULL: "`{project}` has {most} baselines already", "`{project}` đã đủ {most} mốc kế hoạch";
    HAND_OVERS_FULL: "`{project}` was passed on {most} times already", "`{project}` đã được bàn giao {most} lần";
    PERIOD_NOT_BEGUN: "`{period}` counts from {start}, nothing can be said about it yet", "kỳ `{period}` tính từ ngày {start}, chưa thể báo cáo";
    PERIOD_BEFORE_PROJECT: "`{period}` ends before `{project}` begins", "kỳ `{period}` kết thúc trước khi `{project}` bắt đầu";
    PROJECT_ENDED: "`{project}` ended on {end}, before `{period}`", "`{project}` đã kết thúc ngày {end}, trước kỳ `{period}`";
    UNIT_CEASED: "`{unit}` ceased on {end}: hand the project over; only periods begun before are still open", "`{unit}` đã chấm dứt hoạt động từ ngày {end_vi}: hãy bàn giao dự án; chỉ còn báo cáo các kỳ bắt đầu trước đó";
    UNIT_NOT_IN_FORCE: "`{unit}` exists only since {start}", "`{unit}` chỉ tồn tại từ ngày {start_vi}";
    HEALTH_BEFORE_START: "work on `{project}` is under way, but it is {state}", "công việc của `{project}` đang thực hiện nhưng dự án ở trạng thái {state}";
    HEALTH_NOT_STARTED_BUT_MEASURED: "not begun, yet {percent}% done", "chưa thực hiện nhưng đã hoàn thành {percent_vi}";
    HEALTH_DONE_NOT_WHOLE: "done, yet completion is {percent}%", "đã hoàn thành nhưng mức độ mới đạt {percent_vi}";
    PROJECT_OUT_OF_REACH: "`{project}` does not exist, or is not yours to report on", "`{project}` không tồn tại hoặc không thuộc quyền báo cáo của bạn";
}
