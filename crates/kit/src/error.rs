//! One closed error type for every service, blind to transport until the last moment.

use std::{collections::BTreeMap, error::Error as StdError, fmt, sync::Arc, time::Duration};

use sea_orm::{DbErr, RuntimeErr};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, FieldViolation, LocalizedMessage, StatusExt};
use types::violations::Invalid;

tokio::task_local! {
    /// The call that is being answered, so that an error can say where it comes from.
    pub(crate) static CALL: Call;
}

/// What an error says of its call.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    /// Such as `/cds.directory.v1.UnitService/GetUnit`.
    pub(crate) path: Arc<str>,
    pub(crate) request_id: Arc<str>,
}

impl Call {
    /// Returns whose error it is, such as `directory.cds`.
    fn domain(&self) -> String {
        let area = self
            .path
            .strip_prefix("/cds.")
            .and_then(|it| it.split('.').next());
        area.map_or_else(|| "cds".to_owned(), |area| format!("{area}.cds"))
    }
}

/// What every use case returns.
pub type Result<T> = std::result::Result<T, Error>;

/// Names of the variables of a reason's text, and what they are this time.
pub type Facts = BTreeMap<&'static str, String>;

/// A reason to refuse, with its text in both languages. `{name}` stands for a fact.
#[derive(Debug, PartialEq, Eq)]
pub struct Reason {
    /// Stable code in capitals, such as `BUDGET_EXCEEDED`.
    pub code: &'static str,
    /// English text: lower case, no full stop, names the thing.
    pub en: &'static str,
    /// Vietnamese text.
    pub vi: &'static str,
}

macro_rules! reasons {
    ($($name:ident: $en:literal, $vi:literal;)*) => {
        $(
            #[doc = $en]
            pub static $name: Reason = Reason { code: stringify!($name), en: $en, vi: $vi };
        )*
        /// Every reason `kit` itself refuses for.
        pub static REASONS: &[&Reason] = &[$(&$name),*];
    };
}

reasons! {
    FIELD_INVALID: "the request has bad fields: {fields}", "yêu cầu có trường không hợp lệ: {fields}";
    ETAG_REQUIRED: "`{field}` is required: read the resource and send its etag", "cần có `{field}`: hãy đọc tài nguyên rồi gửi lại etag";
    PAGE_TOKEN_INVALID: "`{field}` does not belong to this list or is older than 3 days", "`{field}` không thuộc danh sách này hoặc đã quá 3 ngày";
    REQUEST_ID_REUSED: "`{field}` was used before with other content", "`{field}` đã được dùng với nội dung khác";
    ETAG_MISMATCH: "the resource has changed; its etag is now {current_etag}", "tài nguyên đã thay đổi; etag hiện tại là {current_etag}";
    TRANSACTION_CONFLICT: "another change came first; try again", "một thay đổi khác vừa được ghi trước; hãy thử lại";
    TOKEN_MISSING: "an access token is needed", "cần có mã truy cập";
    TOKEN_EXPIRED: "the access token has expired", "mã truy cập đã hết hạn";
    TOKEN_INVALID: "the access token is not valid here", "mã truy cập không hợp lệ";
    SESSION_ENDED: "the session has ended; sign in again", "phiên đăng nhập đã kết thúc; hãy đăng nhập lại";
    SIGN_IN_REFUSED: "user or secret is wrong, or too many tries were made", "sai tên đăng nhập hoặc mật khẩu, hoặc đã thử quá nhiều lần";
    RESUME_TOKEN_EXPIRED: "the feed no longer reaches back that far; read everything again", "luồng thay đổi không còn lưu đến thời điểm đó; hãy đọc lại toàn bộ";
    PERSON_REQUIRED: "only a person may do this, not a machine", "chỉ người dùng được làm việc này, hệ thống kết nối thì không";
    PERMISSION_MISSING: "the permission `{permission}` is needed for this, or it does not exist", "cần có quyền `{permission}` cho việc này, hoặc tài nguyên không tồn tại";
    METHOD_UNKNOWN: "there is no method `{method}` here", "không có phương thức `{method}` tại đây";
    QUOTA_EXCEEDED: "the server is busy; try again shortly", "máy chủ đang bận; hãy thử lại sau giây lát";
    DEPENDENCY_UNAVAILABLE: "a part of the system cannot be reached", "một thành phần của hệ thống không phản hồi";
    DEADLINE_EXCEEDED: "the call took longer than its deadline", "lời gọi vượt quá thời hạn";
    INTERNAL: "something went wrong on our side", "hệ thống gặp lỗi";
}

/// Why a call is refused. There is no variant that no caller needs to tell apart.
#[derive(Debug)]
pub enum Error {
    /// Fields of the request are bad; all of them are told.
    Invalid(Invalid),
    /// One technical field (etag, page token, request id) is bad.
    BadRequest(&'static Reason, &'static str),
    /// The named resource does not exist. Kind as in `UNIT`, then its name.
    NotFound(&'static str, String),
    /// The name or key is taken. Kind as in `UNIT`, then its name.
    Taken(&'static str, String),
    /// A rule of the work forbids it.
    Rule(&'static Reason, Facts),
    /// The caller has seen an older version.
    Stale {
        /// The version in force.
        current_etag: String,
    },
    /// Another transaction came first.
    Conflict,
    /// The caller lacks a permission, or may not know whether the thing exists.
    Denied {
        /// The permission that is missing.
        permission: String,
    },
    /// The caller is not known.
    Unauthenticated(&'static Reason),
    /// Something asked for lies outside what is there, such as a place in a feed.
    OutOfRange(&'static Reason, Facts),
    /// Too much at once.
    Exhausted,
    /// Too often; how long it is until the next try is looked at. `{seconds}` stands in the
    /// text of the reason.
    TooOften(&'static Reason, Duration),
    /// The path is no method of the contract.
    NoMethod(String),
    /// A neighbour or the database cannot be reached.
    Unavailable,
    /// Out of time.
    DeadlineExceeded,
    /// A neighbour refused in a way the caller should see as it is.
    Neighbour(Box<Status>),
    /// Our fault. Logged once, says nothing of the cause.
    Internal(Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// The named resource does not exist; `kind` as in `UNIT`.
    pub fn not_found(kind: &'static str, name: impl fmt::Display) -> Self {
        Self::NotFound(kind, name.to_string())
    }

    /// The name or key is taken; `kind` as in `UNIT`.
    pub fn taken(kind: &'static str, name: impl fmt::Display) -> Self {
        Self::Taken(kind, name.to_string())
    }

    /// A rule of the work forbids it.
    pub fn rule<const N: usize>(
        reason: &'static Reason,
        facts: [(&'static str, String); N],
    ) -> Self {
        Self::Rule(reason, facts.into())
    }

    /// Something asked for lies outside what is there.
    pub fn out_of_range<const N: usize>(
        reason: &'static Reason,
        facts: [(&'static str, String); N],
    ) -> Self {
        Self::OutOfRange(reason, facts.into())
    }

    /// A technical field is bad.
    #[must_use]
    pub fn bad_request(reason: &'static Reason, field: &'static str) -> Self {
        Self::BadRequest(reason, field)
    }

    /// A name in the body stands for nothing.
    pub fn reference(field: impl Into<String>, name: impl fmt::Display) -> Self {
        Self::Invalid(Invalid::field(
            field,
            "REFERENCE_NOT_FOUND",
            format!("`{name}` does not exist"),
            format!("`{name}` không tồn tại"),
        ))
    }

    /// Our own fault, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    fn code(&self) -> Code {
        match self {
            Self::Invalid(_) | Self::BadRequest(..) => Code::InvalidArgument,
            Self::NotFound(..) => Code::NotFound,
            Self::Taken(..) => Code::AlreadyExists,
            Self::Rule(..) => Code::FailedPrecondition,
            Self::Stale { .. } | Self::Conflict => Code::Aborted,
            Self::Denied { .. } => Code::PermissionDenied,
            Self::Unauthenticated(_) => Code::Unauthenticated,
            Self::OutOfRange(..) => Code::OutOfRange,
            Self::Exhausted | Self::TooOften(..) => Code::ResourceExhausted,
            Self::NoMethod(_) => Code::Unimplemented,
            Self::Unavailable => Code::Unavailable,
            Self::DeadlineExceeded => Code::DeadlineExceeded,
            Self::Neighbour(status) => status.code(),
            Self::Internal(_) => Code::Internal,
        }
    }

    /// Returns code, both texts and the facts behind them.
    fn told(&self) -> Told {
        let with = |reason: &'static Reason, facts: Facts| Told {
            code: reason.code.to_owned(),
            en: fill(reason.en, &facts),
            vi: fill(reason.vi, &facts),
            facts,
        };
        match self {
            Self::Invalid(invalid) => {
                let names: Vec<_> = invalid
                    .violations()
                    .iter()
                    .map(|it| it.field.as_str())
                    .collect();
                let mut facts = Facts::from([("fields", names.join(", "))]);
                facts.insert("violation_count", names.len().to_string());
                with(&FIELD_INVALID, facts)
            }
            Self::BadRequest(reason, field) => {
                with(reason, Facts::from([("field", (*field).to_owned())]))
            }
            Self::NotFound(kind, name) => Told {
                code: format!("{kind}_NOT_FOUND"),
                en: format!("`{name}` does not exist"),
                vi: format!("`{name}` không tồn tại"),
                facts: Facts::from([("name", name.clone())]),
            },
            Self::Taken(kind, name) => Told {
                code: format!("{kind}_EXISTS"),
                en: format!("`{name}` already exists"),
                vi: format!("`{name}` đã tồn tại"),
                facts: Facts::from([("name", name.clone())]),
            },
            Self::Rule(reason, facts) | Self::OutOfRange(reason, facts) => {
                with(reason, facts.clone())
            }
            Self::Stale { current_etag } => with(
                &ETAG_MISMATCH,
                Facts::from([("current_etag", current_etag.clone())]),
            ),
            Self::Conflict => with(&TRANSACTION_CONFLICT, Facts::new()),
            Self::Denied { permission } => with(
                &PERMISSION_MISSING,
                Facts::from([("permission", permission.clone())]),
            ),
            Self::Unauthenticated(reason) => with(reason, Facts::new()),
            Self::Exhausted => with(&QUOTA_EXCEEDED, Facts::new()),
            Self::TooOften(reason, wait) => with(
                reason,
                Facts::from([("seconds", whole_seconds(*wait).to_string())]),
            ),
            Self::NoMethod(path) => with(&METHOD_UNKNOWN, Facts::from([("method", path.clone())])),
            Self::Unavailable => with(&DEPENDENCY_UNAVAILABLE, Facts::new()),
            Self::DeadlineExceeded => with(&DEADLINE_EXCEEDED, Facts::new()),
            Self::Neighbour(_) | Self::Internal(_) => with(&INTERNAL, Facts::new()),
        }
    }
}

struct Told {
    code: String,
    en: String,
    vi: String,
    facts: Facts,
}

/// Puts the facts into a text. A fact without a place in the text is only metadata.
fn fill(text: &str, facts: &Facts) -> String {
    let mut filled = text.to_owned();
    for (name, value) in facts {
        filled = filled.replace(&format!("{{{name}}}"), value);
    }
    filled
}

/// Most violations told, and the room they share: clients drop errors whose details are
/// too long (api-guide §7). The number of all of them is always told.
const VIOLATIONS_TOLD: usize = 20;
const ROOM: usize = 5 * 1024;
const LOCALE: &str = "vi-VN";
const RETRY_AFTER: Duration = Duration::from_millis(200);

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if let Error::Internal(cause) = &error {
            tracing::error!(error = %cause, "a call failed by our own fault");
        }
        if let Error::Neighbour(status) = error {
            return *status;
        }
        let mut told = error.told();
        let call = CALL.try_with(Call::clone).ok();
        if let (Error::Internal(_), Some(call)) = (&error, &call) {
            told.facts.insert("request_id", call.request_id.to_string());
        }
        let domain = call.map_or_else(|| "cds".to_owned(), |it| it.domain());
        let mut details = ErrorDetails::new();
        let metadata: std::collections::HashMap<String, String> = told
            .facts
            .iter()
            .map(|(name, value)| ((*name).to_owned(), shorten(value)))
            .collect();
        details.set_error_info(told.code.clone(), domain, metadata);
        details.set_localized_message(LOCALE, shorten(&told.vi));
        match &error {
            Error::Invalid(invalid) => {
                let mut room = ROOM;
                let mut violations = Vec::new();
                for it in invalid.violations().iter().take(VIOLATIONS_TOLD) {
                    let (field, en, vi) = (shorten(&it.field), shorten(&it.en), shorten(&it.vi));
                    let size = field.len() + en.len() + vi.len() + it.reason.len();
                    let Some(left) = room.checked_sub(size) else {
                        break;
                    };
                    room = left;
                    violations.push(FieldViolation {
                        field,
                        description: en,
                        reason: it.reason.to_owned(),
                        localized_message: Some(LocalizedMessage::new(LOCALE, vi)),
                    });
                }
                details.set_bad_request(violations);
            }
            Error::BadRequest(reason, field) => {
                let violation = FieldViolation {
                    field: (*field).to_owned(),
                    description: told.en.clone(),
                    reason: reason.code.to_owned(),
                    localized_message: Some(LocalizedMessage::new(LOCALE, told.vi.clone())),
                };
                details.set_bad_request(vec![violation]);
            }
            Error::NotFound(kind, name) | Error::Taken(kind, name) => {
                details.set_resource_info(kind.to_lowercase(), name.clone(), "", told.en.clone());
            }
            Error::Rule(reason, _) => {
                let violation =
                    tonic_types::PreconditionViolation::new(reason.code, "", told.en.clone());
                details.set_precondition_failure(vec![violation]);
            }
            Error::Conflict | Error::Exhausted | Error::Unavailable | Error::DeadlineExceeded => {
                details.set_retry_info(Some(RETRY_AFTER));
            }
            Error::TooOften(_, wait) => {
                details.set_retry_info(Some(Duration::from_secs(whole_seconds(*wait))));
            }
            _ => {}
        }
        Self::with_error_details(error.code(), shorten(&told.en), details)
    }
}

/// Who waits as many seconds has waited long enough.
fn whole_seconds(wait: Duration) -> u64 {
    let part = u64::from(wait.subsec_nanos() > 0);
    wait.as_secs().saturating_add(part)
}

/// Keeps what callers sent from growing the error past what clients accept.
fn shorten(text: &str) -> String {
    const MOST: usize = 160;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

impl From<Invalid> for Error {
    fn from(invalid: Invalid) -> Self {
        Self::Invalid(invalid)
    }
}

impl From<DbErr> for Error {
    fn from(error: DbErr) -> Self {
        match code(&error).as_deref() {
            // PostgreSQL gave one of two transactions up, or waited too long for a lock.
            Some("40001" | "40P01" | "55P03") => return Self::Conflict,
            // SQLite's file is held by another process.
            Some("5" | "517") => return Self::Conflict,
            // The server is going down or coming up.
            Some("57P01" | "57P02" | "57P03") => {
                tracing::warn!(%error, "the database is restarting");
                return Self::Unavailable;
            }
            _ => {}
        }
        if is_broken(&error) {
            tracing::warn!(%error, "the database cannot be reached");
            return Self::Unavailable;
        }
        Self::internal(error)
    }
}

/// Returns the database's own code of an error.
fn code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return None;
    };
    Some(error.as_database_error()?.code()?.into_owned())
}

fn is_broken(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) =
        error
    else {
        return matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_));
    };
    error.as_database_error().is_none() && matches!(&**error, sea_orm::SqlxError::Io(_))
}

impl From<Status> for Error {
    /// A neighbour's answer about the caller himself passes on; the rest is our fault.
    fn from(status: Status) -> Self {
        match status.code() {
            Code::Unavailable => {
                tracing::warn!(%status, "a neighbour cannot be reached");
                Self::Unavailable
            }
            // tonic tells its own deadline as a cancelled call.
            Code::DeadlineExceeded | Code::Cancelled => Self::DeadlineExceeded,
            Code::Unauthenticated | Code::PermissionDenied | Code::ResourceExhausted => {
                Self::Neighbour(Box::new(status))
            }
            _ => Self::internal(status),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_speaks_both_languages_and_names_the_field() {
        let status = Status::from(Error::reference("unit.parent_unit", "units/so-khcn"));
        assert_eq!(status.code(), Code::InvalidArgument);
        let details = status.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "FIELD_INVALID");
        let violation = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(violation.field, "unit.parent_unit");
        assert_eq!(violation.reason, "REFERENCE_NOT_FOUND");
        let vietnamese = violation.localized_message.as_ref().unwrap();
        assert_eq!(vietnamese.message, "`units/so-khcn` không tồn tại");
    }

    #[test]
    fn our_own_fault_says_nothing_of_its_cause() {
        let status = Status::from(Error::internal("table users has no column password"));
        assert!(!format!("{status:?}").contains("password"));
    }

    #[test]
    fn a_huge_list_of_bad_fields_stays_below_what_clients_accept() {
        let mut invalid = Invalid::default();
        for index in 0..500 {
            let text = "là quá dài ".repeat(100);
            invalid.add(
                format!("items[{index}].note"),
                "TOO_LONG",
                text.clone(),
                text,
            );
        }
        let status = Status::from(Error::Invalid(invalid));
        assert!(
            status.details().len() < 6 * 1024 + 1024,
            "{}",
            status.details().len()
        );
        let details = status.get_error_details();
        assert!(details.bad_request().unwrap().field_violations.len() >= 10);
        assert_eq!(
            details.error_info().unwrap().metadata["violation_count"],
            "500"
        );
    }
}
