//! Questions for what is odd, to and from the wire.

use std::collections::BTreeSet;

use proto::indicators as pb;
use types::{
    ids::{IndicatorId, ValueId},
    violations::Invalid,
};

use super::{Report, Validate, by_rule::Broken};
use crate::value::wire::value_issue;

const MOST_INDICATORS: usize = 500;

impl TryFrom<pb::ValidateValuesRequest> for Validate {
    type Error = Invalid;

    fn try_from(request: pb::ValidateValuesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let unit = bad.required("unit", &request.unit);
        let period = bad.required("period", &request.period);
        bad.at_most("indicators", request.indicators.len(), MOST_INDICATORS);
        let mut indicators = BTreeSet::new();
        for (index, name) in request.indicators.iter().take(MOST_INDICATORS).enumerate() {
            indicators.extend(bad.required(format!("indicators[{index}]"), name));
        }
        match (unit, period, bad.is_empty()) {
            (Some(unit), Some(period), true) => Ok(Self {
                unit,
                period,
                indicators,
            }),
            _ => Err(bad),
        }
    }
}

impl From<Report> for pb::ValidateValuesResponse {
    fn from(report: Report) -> Self {
        let completeness = report.completeness.map(|it| it.to_string());
        let issues = report.issues.into_iter().map(value_issue);
        let broken = report.broken.into_iter().map(Into::into);
        Self {
            issues: issues.chain(broken).collect(),
            missing_indicators: report.missing.iter().map(IndicatorId::name).collect(),
            completeness_percent: completeness.unwrap_or_default(),
        }
    }
}

impl From<Broken> for pb::ValueIssue {
    fn from(broken: Broken) -> Self {
        let figures: Vec<_> = broken.figures.iter().map(ValueId::name).collect();
        Self {
            indicator_value: figures.first().cloned().unwrap_or_default(),
            issue: Some(broken.issue.into()),
            validation_rule: broken.rule,
            related_values: figures,
        }
    }
}
