//! What makes a line: its key, which is its name.

use std::{fmt, str::FromStr};

use serde::Serialize;
use types::{
    date::{FIRST_YEAR, LAST_YEAR},
    ids::{ProjectId, UnitId},
    invalid::InvalidText,
};

/// Where money comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum FundingSource {
    Central,
    Province,
    District,
    Commune,
    Socialised,
    Other,
    ServiceRevenue,
    Oda,
    Integrated,
    Enterprise,
}

/// What money is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) enum CostType {
    Investment,
    Recurrent,
}

/// The key of a line. Written as its resource name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct LineId {
    pub(crate) project: ProjectId,
    pub(crate) fiscal_year: i32,
    pub(crate) source: FundingSource,
    pub(crate) cost_type: CostType,
    /// The unit that holds the line, also after it ended.
    pub(crate) unit: UnitId,
}

impl FundingSource {
    pub(crate) const ALL: [Self; 10] = [
        Self::Central,
        Self::Province,
        Self::District,
        Self::Commune,
        Self::Socialised,
        Self::Other,
        Self::ServiceRevenue,
        Self::Oda,
        Self::Integrated,
        Self::Enterprise,
    ];

    /// Returns its word in names and in the database.
    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Central => "central",
            Self::Province => "province",
            Self::District => "district",
            Self::Commune => "commune",
            Self::Socialised => "socialised",
            Self::Other => "other",
            Self::ServiceRevenue => "service-revenue",
            Self::Oda => "oda",
            Self::Integrated => "integrated",
            Self::Enterprise => "enterprise",
        }
    }
}

impl CostType {
    pub(crate) const ALL: [Self; 2] = [Self::Investment, Self::Recurrent];

    /// Returns its word in names and in the database.
    pub(crate) fn as_word(self) -> &'static str {
        match self {
            Self::Investment => "investment",
            Self::Recurrent => "recurrent",
        }
    }
}

impl LineId {
    /// Returns the full name.
    pub(crate) fn name(&self) -> String {
        self.to_string()
    }
}

impl fmt::Display for LineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{}/budgetLines/{}.{}.{}.{}",
            self.project,
            self.fiscal_year,
            self.source.as_word(),
            self.cost_type.as_word(),
            self.unit.as_str()
        )
    }
}

impl FromStr for LineId {
    type Err = InvalidText;

    fn from_str(name: &str) -> Result<Self, InvalidText> {
        let read = || {
            let (project, key) = name
                .strip_prefix("projects/")?
                .split_once("/budgetLines/")?;
            let mut parts = key.split('.');
            let (year, source, cost_type, unit) =
                (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
            let id = Self {
                project: ProjectId::new(project).ok()?,
                fiscal_year: year.parse().ok()?,
                source: FundingSource::ALL
                    .into_iter()
                    .find(|it| it.as_word() == source)?,
                cost_type: CostType::ALL
                    .into_iter()
                    .find(|it| it.as_word() == cost_type)?,
                unit: UnitId::new(unit).ok()?,
            };
            let in_range = (FIRST_YEAR..=LAST_YEAR).contains(&id.fiscal_year);
            // Every line has one name only.
            (in_range && id.name() == name).then_some(id)
        };
        read().ok_or_else(|| {
            let form = "projects/{project}/budgetLines/{year}.{source}.{type}.{unit}";
            let sent = InvalidText::excerpt(name);
            InvalidText::new(
                "PATTERN",
                format!("`{sent}` is not a name of the form `{form}`"),
                format!("`{sent}` không phải tên dạng `{form}`"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_known_by_one_name() {
        let name =
            "projects/hop-khong-giay/budgetLines/2022.service-revenue.recurrent.huyen-minh-long";
        let id: LineId = name.parse().unwrap();
        assert_eq!(id.source, FundingSource::ServiceRevenue);
        assert_eq!(id.unit.as_str(), "huyen-minh-long");
        assert_eq!(id.name(), name);
        for bad in [
            "",
            "projects/a/budgetLines/2022.province.recurrent",
            "projects/a/budgetLines/02022.province.recurrent.huyen",
            "projects/a/budgetLines/+2022.province.recurrent.huyen",
            "projects/a/budgetLines/22.province.recurrent.huyen",
            "projects/a/budgetLines/2022.province.recurrent.huyen.xa",
            "projects/a/budgetLines/2022.tinh.recurrent.huyen",
            "projects/a/budgetLines/2022.province.recurrent.units/huyen",
            "projects/a/allocations/a000001",
        ] {
            assert_eq!(
                bad.parse::<LineId>().unwrap_err().reason,
                "PATTERN",
                "{bad}"
            );
        }
    }
}
