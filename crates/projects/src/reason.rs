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
    DECISION_NOT_ISSUED: "`{decision}` is {state}: only what is issued and neither revoked nor replaced can be acted on", "`{decision}` đang ở trạng thái {state}: chỉ quyết định đã ban hành, chưa bị hủy bỏ hoặc thay thế mới là căn cứ thực hiện";
    BUDGET_EXCEEDED: "{available} possible by `{decision}`, {asked} asked, {missing} missing (amount {amount}, used {allocated})", "theo `{decision}` chỉ còn {available}, yêu cầu {asked}, thiếu {missing} (tổng số {amount}, đã sử dụng {allocated})";
    DECISION_KIND_UNFIT: "`{decision}` is of kind {kind}; this needs one of kind {allowed_kinds}", "`{decision}` thuộc loại {kind}; việc này cần quyết định loại {allowed_kinds}";
    DECISION_NUMBER_REPEATED: "`{other}` of the same authority and year bears this number too", "`{other}` của cùng cơ quan, cùng năm cũng mang số này";
    DECISION_IN_FORCE: "`{decision}` is neither revoked nor replaced, so `{by_decision}` has nothing to cover", "`{decision}` chưa bị hủy bỏ hoặc thay thế nên `{by_decision}` không có gì để thay căn cứ";
    NOT_REPLACING: "`{by_decision}` does not replace `{decision}`", "`{by_decision}` không thay thế `{decision}`";
    NOT_HELD: "{available} of `{decision}` are held, {asked} asked, {missing} missing (moved there by {moved_by}) on `{line}`", "chỉ có {available} cấp theo `{decision}`, yêu cầu {asked}, thiếu {missing} (quyết định chuyển đến {moved_by}) tại `{line}`";
    RECALL_EXCEEDED: "{available} can leave, {asked} asked, {missing} missing (limit {limit}, disbursed {disbursed}, reserved for contracts {reserved}) on `{line}`", "chỉ rút được {available}, yêu cầu {asked}, thiếu {missing} (hạn mức {limit}, đã giải ngân {disbursed}, giữ cho hợp đồng {reserved}) tại `{line}`";
    COMMITMENT_EXCEEDED: "{available} left to commit, {asked} asked, {missing} missing (limit {limit}, disbursed {disbursed}, reserved for contracts {reserved}) on `{line}`", "chỉ còn cam kết được {available}, yêu cầu {asked}, thiếu {missing} (hạn mức {limit}, đã giải ngân {disbursed}, giữ cho hợp đồng {reserved}) tại `{line}`";
    CONTRACT_PAID: "the contract can be lowered by {available}, {asked} asked, {missing} missing (amount {amount}, paid {disbursed}) on `{line}`", "hợp đồng chỉ giảm được {available}, yêu cầu {asked}, thiếu {missing} (giá trị {amount}, đã thanh toán {disbursed}) tại `{line}`";
    CONTRACT_EXCEEDED: "{available} of the contract left, {asked} asked, {missing} missing (amount {amount}, paid {disbursed}) on `{line}`", "hợp đồng chỉ còn {available}, yêu cầu {asked}, thiếu {missing} (giá trị {amount}, đã thanh toán {disbursed}) tại `{line}`";
    DISBURSEMENT_EXCEEDED: "{available} left to disburse, {asked} asked, {missing} missing (limit {limit}, disbursed {disbursed}, reserved for contracts {reserved}) on `{line}`", "chỉ còn giải ngân được {available}, yêu cầu {asked}, thiếu {missing} (hạn mức {limit}, đã giải ngân {disbursed}, giữ cho hợp đồng {reserved}) tại `{line}`";
    ADVANCES_EXCEEDED: "{available} are advanced, {asked} to be recovered, {missing} missing, on `{line}`", "tạm ứng chỉ còn {available}, thu hồi {asked}, thiếu {missing} tại `{line}`";
    ALLOCATION_NOT_REVERSIBLE: "`{allocation}` is a reversal, one of a pair or fulfils a request, and is not reversed", "`{allocation}` là bản ghi hủy, thuộc một cặp bản ghi hoặc thực hiện một đề xuất nên không hủy được";
    ENTRY_REVERSED: "`{entry}` names an entry that was reversed before, or is one", "`{entry}` đã bị hủy trước đó hoặc nêu bản ghi đã bị hủy";
    ENTRY_IS_REVERSAL: "`{entry}` is itself a reversal: enter what is right anew", "`{entry}` là bản ghi hủy: hãy nhập lại bản ghi đúng";
    LINE_SETTLED: "`{line}` is settled at {amount} by `{decision}` and takes no entry any more", "`{line}` đã được quyết toán {amount} theo `{decision}`, không ghi thêm được nữa";
    LINE_UNIT_ENDED: "`{unit}` ended on {end_date}: on `{line}` nothing is granted, signed or paid from that day on; move what is left, by a decision, to the unit that carries on", "`{unit}` đã chấm dứt hoạt động từ ngày {end_date_vi}: kể từ ngày đó không cấp, không ký hợp đồng, không chi tại `{line}`; hãy điều chuyển phần còn lại, theo quyết định, cho đơn vị tiếp nhận";
    ADVANCES_OPEN: "{advanced} are advanced on `{line}` and not recovered", "`{line}` còn {advanced} tạm ứng chưa thu hồi";
    MONEY_OPEN: "{advanced} advanced and not recovered, {reserved} reserved for contracts: recover and lower them before `{project}` is cancelled", "còn {advanced} tạm ứng chưa thu hồi, {reserved} giữ cho hợp đồng: hãy thu hồi, điều chỉnh giảm trước khi hủy bỏ `{project}`";
    SPENT_AHEAD: "{disbursed} disbursed, {allocated} granted: {missing} were only permitted ahead, grant them before `{line}` is settled", "đã giải ngân {disbursed}, được cấp {allocated}: còn {missing} ứng trước phải bố trí dự toán trước khi quyết toán `{line}`";
    CONTRACTS_OPEN: "{reserved} are reserved for contracts on `{line}`: pay them, or lower the contracts by annexes, before it is settled", "`{line}` còn giữ {reserved} cho hợp đồng: hãy thanh toán hoặc điều chỉnh giảm bằng phụ lục hợp đồng trước khi quyết toán";
    PAID_BEFORE_GRANTED: "paid on {day}, but the first money or permission of `{line}` counts from {first}", "chi ngày {day_vi} nhưng `{line}` chỉ được cấp kinh phí hoặc cho ứng trước từ ngày {first_vi}";
    APPROVED_BEYOND_ASKED: "{approved} approved, {asked} asked for in `{name}`: no more is approved than is asked for", "phê duyệt {approved} trong khi `{name}` chỉ đề xuất {asked}: không phê duyệt quá số đề xuất";
    LINE_UNCOVERED: "{uncovered} of `{line}` have no decision in force", "`{line}` còn {uncovered} chưa có quyết định thay thế";
    SETTLEMENT_DIFFERS: "{asked} approved, {disbursed} disbursed: the difference is {difference}, on `{line}`", "duyệt quyết toán {asked}, đã giải ngân {disbursed}: chênh lệch {difference} tại `{line}`";
    REQUEST_BY_SAME_PERSON: "`{principal}` entered, changed or submitted `{name}` and neither appraises, approves nor rejects it", "`{principal}` đã lập, sửa hoặc trình `{name}` nên không được thẩm định, phê duyệt, từ chối";
    BUDGET_LINE_UNKNOWN: "`{line}` does not exist", "`{line}` không tồn tại";
    DISBURSEMENT_CHANGED: "`{system}` sent another disbursement under the key `{key}` before: reverse it and send what is right under a new key", "`{system}` đã gửi một khoản giải ngân khác với mã `{key}`: hãy hủy bản ghi đó và gửi lại với mã mới";
    DISBURSEMENT_CONFLICT: "the disbursement cannot be entered", "không thể ghi nhận khoản giải ngân";
    SUM_TOO_LARGE: "the sum is beyond {limit}, the most that can be told", "tổng số tiền vượt quá {limit} là giới hạn biểu diễn";
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
    PROGRESS_CHANGED: "`{system}` sent another entry under the key `{key}` before: a correction is sent under its own key", "`{system}` đã gửi một bản ghi khác với mã `{key}`: hãy gửi bản đính chính với mã riêng";
    PROJECT_OUT_OF_REACH: "`{project}` does not exist, or is not yours to report on", "`{project}` không tồn tại hoặc không thuộc quyền báo cáo của bạn";
}
