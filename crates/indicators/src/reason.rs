//! Every reason an item can be refused or marked for, in English and Vietnamese.

use kit::Reason;

macro_rules! reasons {
    ($($name:ident: $en:literal, $vi:literal;)*) => {
        $(pub(crate) static $name: Reason = Reason { code: stringify!($name), en: $en, vi: $vi };)*
        /// All reasons of this service, for the catalogue.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    AGGREGATE_COUNTED_TWICE: "{count} pairs of units are both counted although one is below the other: {pairs}", "{count} cặp đơn vị cùng được tính dù đơn vị này thuộc đơn vị kia: {pairs}";
    AGGREGATE_INPUTS_INCOMPLETE: "{count} units have only some of the figures the formula takes for `{period}` and are left out: {units}", "{count} đơn vị chỉ có một phần số liệu mà công thức cần cho {period_vi} nên không được tính: {units}";
    AGGREGATE_INPUTS_UNEVEN: "the formula takes figures of different units: {one_counted} of {one_expected} for `{one}`, {other_counted} of {other_expected} for `{other}`", "công thức dùng số liệu của các đơn vị khác nhau: {one_counted}/{one_expected} đơn vị có `{one}`, {other_counted}/{other_expected} đơn vị có `{other}`";
    NOT_COMPARABLE: "not comparable with {period}: {cause_en}", "không so sánh được với {period_vi}: {cause_vi}";
    AGGREGATE_NOT_COMPUTED: "the formula gives nothing: {cause_en}", "công thức không cho kết quả: {cause_vi}";
    AGGREGATE_PERIODS_OVERLAP: "`{period}` and `{other}` share months, so their figures are not added", "kỳ `{period}` và kỳ `{other}` trùng tháng nên không cộng số liệu";
    AGGREGATE_PERIODS_UNFIT: "the totals of `{indicator}` cannot be taken together by its rule for periods", "không gộp được số liệu của `{indicator}` theo cách tổng hợp theo kỳ";
    AGGREGATE_TOO_GREAT: "the total is too great to be written", "số tổng hợp quá lớn nên không ghi được";
    AGGREGATE_UNIT_NOT_THERE: "`{unit}` does not exist on {date}", "`{unit}` không tồn tại vào ngày {date}";
    COMPARISON_OF_DERIVED: "`{indicator}` is computed from other indicators: compare those", "`{indicator}` được tính từ chỉ tiêu khác: hãy đối chiếu các chỉ tiêu đó";
    BELOW_ZERO: "is {count}: there are no fewer than 0 of anything counted", "là {count}: số đếm không thể nhỏ hơn 0";
    INGEST_CONNECTOR_ONLY: "`{principal}` is not the connector of `{source_system}`: only that machine sends its figures", "`{principal}` không phải tài khoản kết nối của `{source_system}`: chỉ tài khoản đó được gửi số liệu của hệ thống này";
    INGEST_CREDIT_EXCEEDED: "more than {credit} items were sent without waiting for their acknowledgement", "đã gửi quá {credit} phần tử khi chưa có xác nhận";
    INGEST_ITEM_CHANGED: "the item at {offset} was sent before with other content", "phần tử tại vị trí {offset} đã được gửi trước đó với nội dung khác";
    INGEST_OFFSET_GAP: "items are missing: go on at {next_offset}", "thiếu phần tử: hãy gửi tiếp từ vị trí {next_offset}";
    INGEST_RECORD_EXPIRED: "the items before {next_offset} were taken more than 7 days ago and are no longer answered", "các phần tử trước vị trí {next_offset} đã tiếp nhận quá 7 ngày, không còn lưu kết quả";
    INGEST_SESSION_REUSED: "the session `{session_id}` belongs to `{source_system}`", "phiên `{session_id}` thuộc `{source_system}`";
    INGEST_TOTAL_MISMATCH: "{total_count} items are said to be sent, {next_offset} have arrived", "khai báo đã gửi {total_count} phần tử, đã nhận {next_offset}";
    ITEMS_CONTRADICT: "contradicts what {fields} say about the same figure; all of them are refused", "mâu thuẫn với {fields} về cùng một số liệu; tất cả đều bị từ chối";
    VALUE_WITHOUT_EVIDENCE: "`{indicator}` asks for a document that proves the figure, and none is given", "`{indicator}` yêu cầu tài liệu kiểm chứng nhưng số liệu chưa kèm tài liệu nào";
    ITEMS_MERGED: "completes {field}, which is about the same figure", "bổ sung cho {field} về cùng một số liệu";
    JUMP: "{value_en} is far from the {count} earlier figures of the unit, {mean_en} on average: z = {z_en}, modified z = {modified_z_en}", "{value_vi} lệch xa so với {count} kỳ trước của đơn vị, bình quân {mean_vi}: z = {z_vi}, z hiệu chỉnh = {modified_z_vi}";
    PARTS_DO_NOT_ADD_UP: "the parts by `{axis}` add up to {sum_en}, the whole is {whole_en}", "cộng các phân tổ theo `{axis}` được {sum_vi}, tổng số là {whole_vi}";
    PERIOD_NOT_ALLOWED: "`{indicator}` counts since the start of the year, which `{period}` does not", "`{indicator}` lũy kế từ đầu năm nên không có số liệu {period_vi}";
    PUBLISHED_MISMATCH: "`{published}` is published, {sent_en} is sent", "số công bố là “{published}”, số gửi là {sent_vi}";
    RATIO_ABOVE_WHOLE: "{numerator_en} of {denominator_en} is more than the whole", "{numerator_vi} trên {denominator_vi}: tử số lớn hơn mẫu số";
    RATIO_NOT_ROUNDED: "{stated_en} is stated, the numbers give {computed_en}: within 0.1 point", "tỷ lệ công bố là {stated_vi}, số liệu cho {computed_vi}: chênh trong phạm vi 0,1 điểm phần trăm";
    REFERENCE_NOT_FOUND: "`{name}` does not exist", "`{name}` không tồn tại";
    VALUE_KIND_MISMATCH: "`{indicator}` takes {expected_en}, not {found_en}", "`{indicator}` nhận {expected_vi}, không nhận {found_vi}";
    RATIO_PARTS_MISSING: "only {stated_en} is stated; without numerator and denominator it cannot be added up", "chỉ có tỷ lệ {stated_vi}; thiếu tử số và mẫu số nên không thể tổng hợp";
    UNIT_NOT_IN_FORCE: "`{unit}` existed from {start} to {end_en}, and `{period}` counts {from} to {to}", "`{unit}` tồn tại từ {start} đến {end_vi}, còn kỳ `{period}` tính từ {from} đến {to}";
    UNIT_NOT_PERMITTED: "you may not write figures of `{unit}`, or it does not exist", "không có quyền nhập số liệu của `{unit}`, hoặc đơn vị không tồn tại";
    VALUE_LOCKED: "`{name}` is locked by `{locked_by}` until that is returned", "`{name}` đang bị khóa theo `{locked_by}`; chỉ sửa được khi lần gửi đó được trả lại";
    REASON_REQUIRED: "`{name}` was submitted before; say why it changes", "`{name}` đã từng được gửi trong báo cáo; phải nêu lý do sửa";
    LOCK_RELEASED: "the lock of `{submission}` was released", "khóa số liệu của `{submission}` đã được gỡ";
    LOCK_NOT_THERE: "there is no lock `{lock}`", "không có khóa số liệu `{lock}`";
    VALUE_CHANGED: "`{name}` has changed; its etag is now `{current_etag}`", "`{name}` đã thay đổi; etag hiện tại là `{current_etag}`";
    YEAR_TO_DATE_FALLS: "{value_en} since the start of the year is less than the {earlier_en} of `{earlier_period}`", "lũy kế từ đầu năm là {value_vi}, thấp hơn {earlier_vi} của {earlier_period_vi}";
    RATIO_MISMATCH: "{stated_en} is stated, the numbers give {computed_en}", "tỷ lệ công bố là {stated_vi}, số liệu cho {computed_vi}";
    INDICATOR_NOT_IN_FORCE: "`{indicator}` does not count for the period {period}: it is not published for it", "`{indicator}` không áp dụng cho kỳ {period}: chưa ban hành hoặc đã ngừng áp dụng";
    PUBLISHED_DIFFERS: "`{published}` is published, the formula gives `{computed}`", "số công bố là “{published}”, công thức cho “{computed}”";
    PUBLISHED_NOT_COMPUTED: "`{published}` is published, the formula gives nothing to compare it with", "số công bố là “{published}”, công thức chưa cho kết quả để đối chiếu";
    VALUE_NOT_COMPUTED: "`{name}` cannot be computed: {cause_en}", "không tính được `{name}`: {cause_vi}";
    CONNECTOR_ONLY: "`{principal}` is not the connector of the source system of `{indicator}`", "`{principal}` không phải tài khoản kết nối của hệ thống nguồn của `{indicator}`";
    CHOICE_UNKNOWN: "`{choice}` is not among the choices of `{indicator}`: {choices}", "`{choice}` không thuộc danh sách lựa chọn của `{indicator}`: {choices}";
    STATE_NOT_ALLOWED: "`{name}` is {state}; this needs {allowed_states}", "`{name}` đang ở trạng thái {state}; việc này cần trạng thái {allowed_states}";
    REVISION_TOO_EARLY: "a revision cannot count from before {first_period}, when the one in force began", "lần ban hành mới không thể áp dụng trước {first_period}, là kỳ đầu của bản đang áp dụng";
    INDICATOR_ENDS_EARLY: "`{indicator}` cannot end before {first_period}, when its newest revision begins", "`{indicator}` không thể ngừng áp dụng trước {first_period}, là kỳ đầu của lần ban hành mới nhất";
    INDICATOR_IN_USE: "`{indicator}` is needed by the formulas of {users}", "`{indicator}` đang được dùng trong công thức của {users}";
    TARGET_NEEDS_DIRECTION: "`{indicator}` says not which direction is good, so no target can be reached", "`{indicator}` chưa xác định chiều tốt nên không thể giao mức cần đạt";
    TARGET_NOT_MEASURED: "`{indicator}` is not measured by a number or by yes and no, so it takes no target", "`{indicator}` không đo bằng số hay có/không nên không giao mức cần đạt";
    FORMULA_TOO_LONG: "the formula has {length} bytes, at most {most} are allowed (character {column})", "công thức dài {length} byte, tối đa {most} byte (ký tự thứ {column})";
    FORMULA_EMPTY: "the formula is empty (character {column})", "công thức bị bỏ trống (ký tự thứ {column})";
    FORMULA_CHARACTER: "`{character}` at character {column} means nothing in a formula", "`{character}` tại ký tự thứ {column} không có nghĩa trong công thức";
    FORMULA_NUMBER: "`{number}` at character {column} is not a number, such as `12.5`, of at most 18 digits before and after the dot", "`{number}` tại ký tự thứ {column} không phải số dạng `12.5`, tối đa 18 chữ số trước và sau dấu chấm";
    FORMULA_UNCLOSED: "`[` at character {column} is not closed by `]`", "`[` tại ký tự thứ {column} không có `]` đóng";
    FORMULA_REFERENCE: "`{reference}` at character {column} is not an indicator, such as `chung-thu-so` or `ty-le.numerator`", "`{reference}` tại ký tự thứ {column} không phải chỉ tiêu, như `chung-thu-so` hoặc `ty-le.numerator`";
    FORMULA_MODIFIER: "`{modifier}` at character {column} is none of `previous`, `-2`, `last-year` and `ytd`, or is there twice", "`{modifier}` tại ký tự thứ {column} không phải `previous`, `-2`, `last-year` hay `ytd`, hoặc bị lặp";
    FORMULA_BACK: "at character {column} a figure can be taken from 1 to {most} periods back", "tại ký tự thứ {column} chỉ lấy được số liệu từ 1 đến {most} kỳ trước";
    FORMULA_UNEXPECTED: "`{found}` at character {column} is not expected there", "`{found}` tại ký tự thứ {column} không đúng chỗ";
    FORMULA_END: "the formula ends at character {column} where something has to follow", "công thức kết thúc tại ký tự thứ {column} khi còn thiếu nội dung";
    FORMULA_WORD: "`{word}` at character {column} is no word of a formula", "`{word}` tại ký tự thứ {column} không phải từ của công thức";
    FORMULA_ARGUMENTS: "`{function}` at character {column} does not take {count} arguments", "`{function}` tại ký tự thứ {column} không nhận {count} tham số";
    FORMULA_TOO_DEEP: "the formula is nested deeper than {most} levels at character {column}", "công thức lồng quá {most} cấp tại ký tự thứ {column}";
    FORMULA_TOO_LARGE: "the formula has more than {most} {what_en} at character {column}", "công thức có hơn {most} {what_vi} tại ký tự thứ {column}";
    FORMULA_NOT_PUBLISHED: "`{indicator}` at character {column} does not exist or is not published for the period", "`{indicator}` tại ký tự thứ {column} không tồn tại hoặc chưa ban hành cho kỳ đó";
    FORMULA_KIND: "the figures of `{indicator}` at character {column} are {kind_en} and cannot be computed with", "số liệu của `{indicator}` tại ký tự thứ {column} dạng {kind_vi} nên không tính toán được";
    FORMULA_NO_PARTS: "`{indicator}` at character {column} has no numerator and denominator", "`{indicator}` tại ký tự thứ {column} không có tử số và mẫu số";
    FORMULA_NO_YEAR_TO_DATE: "figures of `{indicator}` at character {column} do not add up through the year", "số liệu của `{indicator}` tại ký tự thứ {column} không cộng dồn được trong năm";
    FORMULA_SHARE_INSIDE: "`ratio` at character {column} may only stand outermost", "`ratio` tại ký tự thứ {column} chỉ được đặt ngoài cùng";
    FORMULA_TYPE: "at character {column} {wanted_en} is needed, not {found_en}", "tại ký tự thứ {column} cần {wanted_vi}, không phải {found_vi}";
    FORMULA_RESULT_UNFIT: "the formula does not give a figure of the kind of the indicator: {kind_en} (character {column})", "công thức không cho số liệu đúng loại của chỉ tiêu: {kind_vi} (ký tự thứ {column})";
    FORMULA_CIRCLE: "the formula leads back to itself: {way} (character {column})", "công thức dẫn vòng lại chính nó: {way} (ký tự thứ {column})";
    FORMULA_OVERFLOW: "a number is too great at character {column}", "số quá lớn tại ký tự thứ {column}";
    FORMULA_EXPONENT: "the exponent at character {column} is not a whole number from -512 to 512", "số mũ tại ký tự thứ {column} không phải số nguyên từ -512 đến 512";
    FORMULA_DIGITS: "at character {column} a whole number of digits from 0 to {most} is needed", "tại ký tự thứ {column} cần số chữ số nguyên từ 0 đến {most}";
    FORMULA_STEPS: "computing takes more than {most} steps (character {column})", "việc tính toán vượt quá {most} bước (ký tự thứ {column})";
    FORMULA_RESULT_LONG: "the result has more than 18 digits (character {column})", "kết quả có hơn 18 chữ số (ký tự thứ {column})";
    FORMULA_NEGATIVE_SHARE: "a part of the resulting share is below 0 (character {column})", "tử số hoặc mẫu số của tỷ lệ kết quả nhỏ hơn 0 (ký tự thứ {column})";
    FORMULA_INPUT: "`{indicator}` cannot be computed: {cause_en} (character {column})", "không tính được `{indicator}`: {cause_vi} (ký tự thứ {column})";
    FORMULA_COUNTED_AS_ZERO: "{reference} has no figure and counts as 0 (character {column})", "{reference} không có số liệu và được tính là 0 (ký tự thứ {column})";
    FIGURE_MISSING: "`{indicator}` has no figure for {period}", "`{indicator}` chưa có số liệu kỳ {period}";
    FIGURE_ABSENT: "there is no figure (`{absence}`), and the set does not say what that means", "không có số liệu (“{absence}”) và bộ tiêu chí không quy định cách chấm trường hợp này";
    FIGURE_NOT_EXACT: "`{indicator}` is told as “{words}”; the number in it is scored", "`{indicator}` ghi “{words}”; chấm theo con số ghi trong đó";
    BASELINE_MISSING: "there is no earlier figure to compare with", "không có số liệu kỳ trước để so sánh";
    EXTERNAL_MAXIMUM_DIFFERS: "the points are of {given_en}, the criterion is worth {maximum_en}: they are taken in proportion", "điểm ngoài tính trên {given_vi}, tiêu chí tối đa {maximum_vi}: quy đổi theo tỷ lệ";
    SCORE_LEFT_TO_VERIFIER: "`{choice}` earns up to {score_en}, as who verifies decides", "“{choice}” được tối đa {score_vi} điểm, do đơn vị thẩm định quyết định";
    EVIDENCE_NOT_THERE: "points are given by figures alone; the set asks for a document that proves them: {hint}", "điểm tính từ số liệu nhưng chưa có tài liệu kiểm chứng theo yêu cầu của bộ tiêu chí: {hint}";
    BONUS_CAPPED: "{sum_en} points were earned, at most {cap_en} count", "đạt {sum_vi} điểm, chỉ tính tối đa {cap_vi}";
    NOTHING_TO_RANK_BY: "nothing in the set concerns the unit, so that it cannot be ranked", "không tiêu chí nào áp dụng cho đơn vị nên không xếp hạng được";
    SCORES_OUTDATED: "figures or indicators of {units} have changed since `{name}` was computed: compute it again", "số liệu hoặc chỉ tiêu của {units} đã thay đổi sau khi tính `{name}`: hãy tính lại";
    RESULTS_NOT_VERIFIED: "the results of {units} wait to be verified", "kết quả của {units} đang chờ thẩm định";
    RESULTS_HANDED_OVER: "{units} have handed their results of `{name}` over: return them first", "{units} đã gửi kết quả của `{name}`: hãy trả lại trước khi xóa";
    FORMULA_INPUTS: "the formula leads to more than {most} indicators (character {column})", "công thức dẫn tới hơn {most} chỉ tiêu (ký tự thứ {column})";
    VERIFIES_OWN_SCORES: "`{principal}` entered or submitted scores of `{name}` and may not verify them", "`{principal}` đã nhập hoặc gửi điểm của `{name}` nên không được thẩm định";
    PREVIOUS_SCORECARD_UNFIT: "`{name}` is not a published scorecard of the same set and an earlier period", "`{name}` không phải bảng chấm điểm đã công bố của kỳ trước theo cùng bộ tiêu chí";
}
