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
    DUTIES_EXCLUDED: "`{user}` holds the role `{held}` by `{role_grant}` in that time, which excludes `{role}`: who administers rights does not work with data", "`{user}` đang giữ vai trò `{held}` theo `{role_grant}` trong thời gian đó nên không thể nhận vai trò `{role}`: người quản trị quyền không được xử lý dữ liệu";
    GRANT_TOO_WIDE: "role `{role}` reaches further than the giver's own rights", "vai trò `{role}` vượt quá quyền của người phân quyền";
    SELF_SUSPENSION: "nobody suspends himself", "không ai được tự tạm khóa mình";
    STATE_NOT_ALLOWED: "`{name}` is {state}; this needs {allowed_states}", "`{name}` đang ở trạng thái {state}; việc này cần trạng thái {allowed_states}";
    ALREADY_ENROLLED: "`{user}` has a password already", "`{user}` đã có mật khẩu";
}
