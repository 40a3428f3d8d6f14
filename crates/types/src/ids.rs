//! Names of things. Inside, an id is the last segment of its resource name; the name
//! form, such as `units/so-khcn`, is what people and other systems see.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, Serializer};

use crate::{invalid::InvalidText, period::Period};

/// The longest segment; also the longest label of a domain name.
const MOST: usize = 63;

fn is_segment(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() <= MOST
        && bytes.first().is_some_and(u8::is_ascii_lowercase)
        && bytes.last().is_some_and(|it| *it != b'-')
        && bytes
            .iter()
            .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-')
}

fn bad_segment(sent: &str) -> InvalidText {
    let sent = InvalidText::excerpt(sent);
    InvalidText::new(
        "PATTERN",
        format!(
            "`{sent}` is not an id: lower case letters a-z, digits and hyphens, at most \
             {MOST}, beginning with a letter, not ending with a hyphen"
        ),
        format!(
            "`{sent}` không phải mã định danh: chữ thường a-z, chữ số và dấu gạch nối, tối \
             đa {MOST} ký tự, bắt đầu bằng chữ cái, không kết thúc bằng dấu gạch nối"
        ),
    )
}

fn bad_name(sent: &str, form: &str) -> InvalidText {
    let sent = InvalidText::excerpt(sent);
    InvalidText::new(
        "PATTERN",
        format!("`{sent}` is not a name of the form `{form}`"),
        format!("`{sent}` không phải tên dạng `{form}`"),
    )
}

macro_rules! ids {
    ($($(#[$doc:meta])* $id:ident in $collection:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $id(Arc<str>);

        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl $id {
            /// The collection that names of this kind begin with.
            pub const COLLECTION: &'static str = $collection;

            /// Reads the bare last segment.
            ///
            /// # Errors
            /// Refuses what is not `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`.
            pub fn new(segment: &str) -> Result<Self, InvalidText> {
                if is_segment(segment) {
                    Ok(Self(segment.into()))
                } else {
                    Err(bad_segment(segment))
                }
            }

            /// Reads the full name.
            ///
            /// # Errors
            /// Refuses a name of another collection or with a bad segment.
            pub fn from_name(name: &str) -> Result<Self, InvalidText> {
                name.strip_prefix(concat!($collection, "/"))
                    .filter(|it| is_segment(it))
                    .map(|it| Self(it.into()))
                    .ok_or_else(|| bad_name(name, concat!($collection, "/{id}")))
            }

            /// Returns the full name.
            #[must_use]
            pub fn name(&self) -> String {
                format!("{}/{}", Self::COLLECTION, self.0)
            }

            /// Returns the bare last segment.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $id {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "{}/{}", Self::COLLECTION, self.0)
            }
        }

        impl FromStr for $id {
            type Err = InvalidText;

            fn from_str(name: &str) -> Result<Self, InvalidText> {
                Self::from_name(name)
            }
        }

        impl TryFrom<String> for $id {
            type Error = InvalidText;

            fn try_from(segment: String) -> Result<Self, InvalidText> {
                Self::new(&segment)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    )+};
}

ids! {
    /// An administrative unit or body.
    UnitId in "units";
    /// A person.
    UserId in "users";
    /// A machine: a system that sends or reads figures by itself.
    ServiceAccountId in "serviceAccounts";
    /// The definition of a figure.
    IndicatorId in "indicators";
    /// A system that figures are taken from.
    SourceSystemId in "sourceSystems";
    /// What has to hold between figures.
    ValidationRuleId in "validationRules";
    /// The criteria by which units are scored.
    CriteriaSetId in "criteriaSets";
    /// The scores of units for a period.
    ScorecardId in "scorecards";
    /// A project, content or task with its own progress and cost.
    ProjectId in "projects";
    /// A decision that grants money.
    DecisionId in "decisions";
    /// A call for reports.
    ReportRequestId in "reportRequests";
    /// The form of a report.
    ReportTemplateId in "reportTemplates";
    /// The grant of a role to a user over a unit.
    RoleGrantId in "roleGrants";
    /// A set of permissions.
    RoleId in "roles";
    /// A legal act that changes units.
    ReorganizationId in "reorganizations";
    /// A report made out of many submissions.
    ConsolidationId in "consolidations";
}

/// Who acts: a person or a machine. Written and stored as its resource name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Principal {
    /// A person.
    User(UserId),
    /// A machine.
    ServiceAccount(ServiceAccountId),
}

impl Principal {
    /// Reads the full name.
    ///
    /// # Errors
    /// Refuses what is neither `users/{id}` nor `serviceAccounts/{id}`.
    pub fn from_name(name: &str) -> Result<Self, InvalidText> {
        let machine = || ServiceAccountId::from_name(name).map(Self::ServiceAccount);
        UserId::from_name(name)
            .map(Self::User)
            .or_else(|_| machine())
            .map_err(|_| bad_name(name, "users/{id}` or `serviceAccounts/{id}"))
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }

    /// Returns the person, if it is one.
    #[must_use]
    pub fn user(&self) -> Option<&UserId> {
        match self {
            Self::User(user) => Some(user),
            Self::ServiceAccount(_) => None,
        }
    }
}

impl From<UserId> for Principal {
    fn from(user: UserId) -> Self {
        Self::User(user)
    }
}

impl From<ServiceAccountId> for Principal {
    fn from(account: ServiceAccountId) -> Self {
        Self::ServiceAccount(account)
    }
}

impl fmt::Display for Principal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(user) => user.fmt(formatter),
            Self::ServiceAccount(account) => account.fmt(formatter),
        }
    }
}

macro_rules! compound {
    ($id:ident) => {
        impl FromStr for $id {
            type Err = InvalidText;

            fn from_str(name: &str) -> Result<Self, InvalidText> {
                Self::from_name(name)
            }
        }

        impl TryFrom<String> for $id {
            type Error = InvalidText;

            fn try_from(name: String) -> Result<Self, InvalidText> {
                Self::from_name(&name)
            }
        }

        impl From<$id> for String {
            fn from(id: $id) -> Self {
                id.name()
            }
        }
    };
}

/// The report of one unit to one request: `reports/{request}.{unit}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ReportId {
    /// The request that is answered.
    pub request: ReportRequestId,
    /// The unit that answers.
    pub unit: UnitId,
}

impl ReportId {
    /// The collection that names of reports begin with.
    pub const COLLECTION: &'static str = "reports";

    /// Reads the full name.
    ///
    /// # Errors
    /// Refuses what is not `reports/{request}.{unit}`.
    pub fn from_name(name: &str) -> Result<Self, InvalidText> {
        let read = || {
            let (request, unit) = name.strip_prefix("reports/")?.split_once('.')?;
            Some(Self {
                request: ReportRequestId::new(request).ok()?,
                unit: UnitId::new(unit).ok()?,
            })
        };
        read().ok_or_else(|| bad_name(name, "reports/{request}.{unit}"))
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ReportId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (request, unit) = (self.request.as_str(), self.unit.as_str());
        write!(formatter, "{}/{request}.{unit}", Self::COLLECTION)
    }
}

compound!(ReportId);
compound!(Principal);

/// The part of the whole that a figure counts, such as `gioi-nu`.
///
/// The word before the first hyphen says by what is broken down.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Breakdown(String);

impl Breakdown {
    /// Reads a key.
    ///
    /// # Errors
    /// Refuses what is not `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`.
    pub fn new(key: &str) -> Result<Self, InvalidText> {
        let is_good = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-';
        let bytes = key.as_bytes();
        let ends_well = |it: Option<&u8>| it.is_some_and(|it| *it != b'-');
        if bytes.len() <= MOST
            && bytes.iter().all(is_good)
            && ends_well(bytes.first())
            && ends_well(bytes.last())
        {
            return Ok(Self(key.to_owned()));
        }
        let sent = InvalidText::excerpt(key);
        Err(InvalidText::new(
            "PATTERN",
            format!(
                "`{sent}` is not a breakdown: lower case letters a-z, digits and hyphens, at \
                 most {MOST}, neither beginning nor ending with a hyphen"
            ),
            format!(
                "`{sent}` không phải mã phân tổ: chữ thường a-z, chữ số và dấu gạch nối, tối đa \
                 {MOST} ký tự, không bắt đầu hoặc kết thúc bằng dấu gạch nối"
            ),
        ))
    }

    /// Returns the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns by what is broken down: `gioi` of `gioi-nu`.
    #[must_use]
    pub fn axis(&self) -> &str {
        self.0.split('-').next().unwrap_or_default()
    }
}

impl FromStr for Breakdown {
    type Err = InvalidText;

    fn from_str(key: &str) -> Result<Self, InvalidText> {
        Self::new(key)
    }
}

impl TryFrom<String> for Breakdown {
    type Error = InvalidText;

    fn try_from(key: String) -> Result<Self, InvalidText> {
        Self::new(&key)
    }
}

impl From<Breakdown> for String {
    fn from(breakdown: Breakdown) -> Self {
        breakdown.0
    }
}

/// One figure of one unit in one period:
/// `indicators/{indicator}/values/{unit}.{period}[.{breakdown}]`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ValueId {
    /// What is measured.
    pub indicator: IndicatorId,
    /// Where.
    pub unit: UnitId,
    /// When.
    pub period: Period,
    /// Of which part; the whole when there is none.
    pub breakdown: Option<Breakdown>,
}

impl ValueId {
    /// Reads the full name.
    ///
    /// # Errors
    /// Refuses what is not `indicators/{indicator}/values/{unit}.{period}[.{breakdown}]`.
    pub fn from_name(name: &str) -> Result<Self, InvalidText> {
        let read = || {
            let (indicator, value) = name.strip_prefix("indicators/")?.split_once("/values/")?;
            let (unit, rest) = value.split_once('.')?;
            let (period, breakdown) = match rest.split_once('.') {
                Some((period, breakdown)) => (period, Some(Breakdown::new(breakdown).ok()?)),
                None => (rest, None),
            };
            Some(Self {
                indicator: IndicatorId::new(indicator).ok()?,
                unit: UnitId::new(unit).ok()?,
                period: period.parse().ok()?,
                breakdown,
            })
        };
        let form = "indicators/{indicator}/values/{unit}.{period}[.{breakdown}]";
        read().ok_or_else(|| bad_name(name, form))
    }

    /// Returns the full name.
    #[must_use]
    pub fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for ValueId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, period) = (self.unit.as_str(), &self.period);
        write!(formatter, "{}/values/{unit}.{period}", self.indicator)?;
        match &self.breakdown {
            Some(breakdown) => write!(formatter, ".{}", breakdown.as_str()),
            None => Ok(()),
        }
    }
}

compound!(ValueId);

#[cfg(test)]
mod tests;
