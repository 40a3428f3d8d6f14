//! Every reason the directory can refuse for, in English and Vietnamese.

use kit::Reason;

macro_rules! reasons {
    ($($name:ident: $en:literal, $vi:literal;)*) => {
        $(pub(crate) static $name: Reason = Reason { code: stringify!($name), en: $en, vi: $vi };)*
        /// All reasons of this service, for the catalogue.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    UNIT_NOT_IN_FORCE: "`{unit}` does not exist on {date}", "`{unit}` không tồn tại vào ngày {date}";
    IDENTIFIER_TAKEN: "code {value} of scheme `{scheme}` is borne by `{unit}` at that time", "mã {value} thuộc hệ thống `{scheme}` đang được dùng cho `{unit}` trong thời gian đó";
    SELF_GRANT: "nobody grants a role to himself", "không ai được tự phân quyền cho mình";
    SELF_REVOCATION: "nobody takes a role from himself", "không ai được tự thu hồi quyền của mình";
    DUTIES_EXCLUDED: "`{principal}` holds the role `{held}` by `{role_grant}` in that time, which excludes `{role}`: who administers rights does not work with data", "`{principal}` đang giữ vai trò `{held}` theo `{role_grant}` trong thời gian đó nên không thể nhận vai trò `{role}`: người quản trị quyền không được xử lý dữ liệu";
    GRANT_TOO_WIDE: "role `{role}` reaches further than the giver's own rights", "vai trò `{role}` vượt quá quyền của người phân quyền";
    GRANT_TOO_LONG: "the giver's own right to give roles ends on {end_date}; a role may not be given for longer", "quyền phân quyền của người cấp kết thúc ngày {end_date}; không được phân quyền dài hơn";
    SELF_SUSPENSION: "nobody suspends himself", "không ai được tự tạm khóa mình";
    STATE_NOT_ALLOWED: "`{name}` is {state}; this needs {allowed_states}", "`{name}` đang ở trạng thái {state}; việc này cần trạng thái {allowed_states}";
    SELF_RESET: "nobody resets his own password; change it with the one in use", "không ai được tự đặt lại mật khẩu của mình; hãy đổi bằng mật khẩu đang dùng";
    OLD_PASSWORD_REFUSED: "the old password is wrong, or too many tries were made", "mật khẩu hiện tại không đúng, hoặc đã thử quá nhiều lần";
    TWO_HEADS: "`{unit}` has one head at a time, and `{holder}` holds `{position}` in that time", "`{unit}` chỉ có một người đứng đầu, mà `{holder}` đang giữ `{position}` trong thời gian đó";
    END_NOT_EARLIER: "`{position}` is held from {start} to {until}; it cannot end on {date}", "`{position}` được giữ từ {start} đến {until} nên không thể kết thúc vào ngày {date}";
    GIVER_DOES_NOT_SIGN: "`{position}` does not sign, so it cannot let another sign", "`{position}` không có thẩm quyền ký nên không thể giao cho người khác ký";
    GIVER_NOT_HEAD: "`{position}` does not head the unit; only a head gives {form}", "`{position}` không đứng đầu đơn vị; chỉ người đứng đầu được giao ký {form}";
    GIVER_NOT_IN_FORCE: "`{position}` is held from {start} to {end}, which does not cover the whole time", "`{position}` được giữ từ {start} đến {end}, không bao trùm toàn bộ thời hạn giao ký";
    NOT_PASSED_ON: "`{position}` signs {form} for another, and such a right is not passed on", "`{position}` ký {form} thay người khác, quyền này không được giao lại";
    SELF_DELEGATION: "nobody delegates to himself", "không ai được tự giao ký cho mình";
    DELEGATED_ALREADY: "`{user}` may sign by `{delegation}` in that time already", "`{user}` đã được giao ký theo `{delegation}` trong thời gian đó";
    UNIT_ID_TAKEN: "`{unit}` already exists", "`{unit}` đã tồn tại";
    TWO_PARENTS: "`{unit}` is given two names or two parents at once on {date}", "`{unit}` được gán hai tên hoặc hai cấp trên cùng lúc vào ngày {date}";
    LINEAGE_CIRCLE: "`{unit}` would stand above itself on {date}", "`{unit}` sẽ là cấp trên của chính mình vào ngày {date}";
    LINEAGE_GAP: "`{unit}` would have no unit above it from {date} on: `{parent}` is not there", "`{unit}` sẽ không có cấp trên từ ngày {date}: không có `{parent}`";
    LINEAGE_OVERLAP: "`{unit}` cannot end on {date}: something about it is already decided for later", "`{unit}` không thể kết thúc vào ngày {date}: đã có thay đổi sau ngày đó";
    LINK_TWICE: "`{unit}` leads to `{successor}` twice", "liên kết từ `{unit}` đến `{successor}` bị lặp";
    LINK_UNKNOWN: "there is no link from `{unit}` to `{successor}`", "không có liên kết từ `{unit}` đến `{successor}`";
    LEADS_NOWHERE: "`{unit}` ended on {date} and would lead nowhere", "`{unit}` kết thúc ngày {date} và sẽ không dẫn đến đâu";
    LIVES_ON: "`{unit}` lives on after {date} and needs a link to itself", "`{unit}` vẫn tồn tại sau ngày {date} nên cần liên kết với chính mình";
    SHARE_ABOVE_ONE: "shares of `{unit}` on {date} add up to more than 1", "tổng tỷ lệ của `{unit}` vào ngày {date} lớn hơn 1";
    ALREADY_REORGANIZED: "`{unit}` is already part of `{reorganization}` on {date}", "`{unit}` đã thuộc `{reorganization}` vào ngày {date}";
    CHANGED_SINCE: "`{unit}` has changed since `{reorganization}` was applied", "`{unit}` đã thay đổi sau khi áp dụng `{reorganization}`";
    NEW_UNIT_REFERRED_TO: "`{by}` refers to a new unit of `{reorganization}`", "`{by}` đang tham chiếu đến đơn vị mới của `{reorganization}`";
    NEW_UNIT_IN_USE: "`{unit}` is in use: {count} of `{collection}` in the service `{service}` name it", "`{unit}` đang được sử dụng: {count} mục thuộc `{collection}` của dịch vụ `{service}` tham chiếu đến đơn vị này";
    NEIGHBOUR_SILENT: "the service `{service}` cannot be asked whether it keeps anything of the new units; nothing is taken back without its answer", "không hỏi được dịch vụ `{service}` xem có dữ liệu của các đơn vị mới hay không; chưa có trả lời thì không thể thu hồi";
    UNIT_TAKEN_BACK: "`{unit}` was taken back with `{reorganization}`; what names it can no longer be applied", "`{unit}` đã bị thu hồi cùng `{reorganization}`; không thể áp dụng nội dung tham chiếu đến đơn vị này";
    UNIT_ID_RETIRED: "`{unit}` was the name of a unit that was taken back with `{reorganization}`; names are never used again", "`{unit}` là tên của đơn vị đã bị thu hồi cùng `{reorganization}`; tên không được dùng lại";
    MASS_CLOSURE: "the catalogue would end {closed_count} of {living_count} {level_en}, at most {most_percent} % may end at once; if it is meant, send allow_mass_closure, and if it is a part of the country, its scope_unit", "danh mục sẽ kết thúc {closed_count} trong {living_count} {level_vi}, mỗi lần tối đa {most_percent} %; nếu đúng như vậy hãy gửi allow_mass_closure, nếu danh mục chỉ là một phần hãy gửi scope_unit";
    ROLE_NOT_FOR_MACHINES: "role `{role}` is for people; a machine may be given `viewer`, `connector` or `auditor`", "vai trò `{role}` chỉ dành cho người dùng; hệ thống kết nối chỉ được nhận `viewer`, `connector` hoặc `auditor`";
    TOO_MANY_KEYS: "`{service_account}` has {most} living keys; revoke one first", "`{service_account}` đang có {most} khóa còn hiệu lực; hãy thu hồi bớt trước";
    MACHINE_IDLE: "switched off: it got no token for {days} days", "tự động tắt: không được cấp mã truy cập trong {days} ngày";
    TOO_MANY_TRIES: "too many tries from this network; try again in {seconds} s", "mạng này đã thử đăng nhập quá nhiều lần; hãy thử lại sau {seconds} giây";
    LAST_ADMINISTRATOR: "after this, nobody would administer the whole directory from {date} on; first give another person who has enrolled the role `administrator` over all units, for as long", "sau việc này sẽ không còn ai quản trị toàn hệ thống từ ngày {date}; trước hết hãy phân quyền `administrator` trên mọi đơn vị cho một người khác đã kích hoạt tài khoản, với thời hạn không ngắn hơn";
    SOMEBODY_ADMINISTERS: "somebody administers and can come in, and can issue a new one-time secret; to recover a person all the same, name the person", "vẫn còn người quản trị đăng nhập được và có thể cấp mã kích hoạt mới; nếu vẫn muốn khôi phục, hãy nêu rõ tên người dùng";
    TOO_MANY_IDENTITIES: "`{user}` has {most} identities; unlink one first", "`{user}` đã có {most} danh tính liên kết; hãy gỡ bớt trước";
}
