//! What its owner says about an indicator, and the rules it has to keep.

use serde::{Deserialize, Serialize};
use types::{
    aggregate::Aggregation,
    ids::{IndicatorId, SourceSystemId, UnitId},
    quantity::Value,
    text,
    violations::Invalid,
};

use crate::formula::{self, Formula, Missing};

mod bounds;

pub(crate) use bounds::{Bounds, Dimension, Manner, OutOfBounds};

/// What its owner says about an indicator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Definition {
    pub(crate) display_name: String,
    pub(crate) value_kind: ValueKind,
    pub(crate) measure_unit: String,
    pub(crate) accumulation: Accumulation,
    pub(crate) unit_aggregation: Aggregation,
    pub(crate) period_aggregation: Aggregation,
    pub(crate) direction: Direction,
    pub(crate) description: String,
    pub(crate) owner_unit: UnitId,
    pub(crate) legal_basis: String,
    pub(crate) details: Details,
}

/// What nobody searches or joins by; kept as one text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Details {
    pub(crate) topic: String,
    pub(crate) collection: CollectionMode,
    pub(crate) source_system: Option<SourceSystemId>,
    pub(crate) choices: Vec<String>,
    /// As it was written; empty when there is none.
    pub(crate) formula: String,
    pub(crate) missing: Missing,
    pub(crate) scale: Option<u8>,
    pub(crate) evidence_required: bool,
    pub(crate) sets: Vec<SetEntry>,
    /// What the figures may be; definitions from before it was said say nothing.
    #[serde(default)]
    pub(crate) bounds: Bounds,
}

impl Default for Details {
    fn default() -> Self {
        Self {
            topic: String::new(),
            collection: CollectionMode::Reported,
            source_system: None,
            choices: Vec::new(),
            formula: String::new(),
            missing: Missing::SkipIfAny,
            scale: None,
            evidence_required: false,
            sets: Vec::new(),
            bounds: Bounds::default(),
        }
    }
}

/// The place of an indicator in a set of indicators.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SetEntry {
    pub(crate) set: String,
    pub(crate) code: String,
    pub(crate) comparison: Comparison,
}

/// Whether figures go on with those of an earlier set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Comparison {
    /// Nothing is said.
    Open,
    With(IndicatorId),
    Not(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum ValueKind {
    Count,
    Decimal,
    Ratio,
    Money,
    Flag,
    Choice,
    Score,
    Rank,
    Text,
}

/// Which stretch of time one figure speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Accumulation {
    InPeriod,
    YearToDate,
    SinceStart,
    AtDate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Direction {
    HigherIsBetter,
    LowerIsBetter,
    Neutral,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum CollectionMode {
    Reported,
    Ingested,
    Derived,
}

impl ValueKind {
    /// Returns the kind in words.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Count => ("a whole number", "số đếm"),
            Self::Decimal => ("a decimal number", "số thập phân"),
            Self::Ratio => ("a share", "tỷ lệ"),
            Self::Money => ("an amount of money", "số tiền"),
            Self::Flag => ("yes or no", "có hoặc không"),
            Self::Choice => ("a choice", "lựa chọn"),
            Self::Score => ("points of a maximum", "điểm trên điểm tối đa"),
            Self::Rank => ("a place among several", "thứ hạng"),
            Self::Text => ("words", "nội dung chữ"),
        }
    }

    /// Says whether a value is one of this kind. Scores and ranks are written as shares:
    /// points of the maximum, place of how many.
    pub(crate) fn takes(self, value: &Value) -> bool {
        match self {
            Self::Count => matches!(value, Value::Count(_)),
            Self::Decimal => matches!(value, Value::Decimal(_)),
            Self::Ratio => matches!(value, Value::Ratio(_)),
            Self::Score | Self::Rank => {
                matches!(value, Value::Ratio(it) if it.parts().is_some())
            }
            Self::Money => matches!(value, Value::Money(_)),
            Self::Flag => matches!(value, Value::Flag(_)),
            Self::Choice => matches!(value, Value::Choice(_)),
            Self::Text => matches!(value, Value::Text(_)),
        }
    }

    /// Returns the kind that a value is plainly of.
    pub(crate) fn of(value: &Value) -> Self {
        match value {
            Value::Count(_) => Self::Count,
            Value::Decimal(_) => Self::Decimal,
            Value::Ratio(_) => Self::Ratio,
            Value::Money(_) => Self::Money,
            Value::Flag(_) => Self::Flag,
            Value::Choice(_) => Self::Choice,
            Value::Text(_) => Self::Text,
        }
    }

    /// Says whether figures have digits after the comma.
    fn has_digits(self) -> bool {
        matches!(self, Self::Decimal | Self::Ratio | Self::Score)
    }
}

impl Definition {
    /// Returns the digits after the comma: as it says, or else 2 where there are any.
    pub(crate) fn scale(&self) -> u8 {
        let usual = if self.value_kind.has_digits() { 2 } else { 0 };
        self.details.scale.unwrap_or(usual)
    }

    /// Reads the formula of a derived indicator.
    pub(crate) fn formula(&self) -> Option<Formula> {
        if self.details.collection != CollectionMode::Derived {
            return None;
        }
        Formula::parse(&self.details.formula, self.details.missing).ok()
    }

    /// Notes everything that keeps a definition from being published, as far as it can be
    /// told from the definition alone.
    pub(crate) fn hold_together(&self, bad: &mut Invalid) {
        let kind = self.value_kind;
        adds_up(
            "indicator.unit_aggregation",
            kind,
            self.unit_aggregation,
            bad,
        );
        adds_up(
            "indicator.period_aggregation",
            kind,
            self.period_aggregation,
            bad,
        );
        self.adds_no_percentages(bad);
        self.counts_no_month_twice(bad);
        self.choices_are_for_choices(bad);
        self.collects_as_it_says(bad);
        self.is_bounded_as_its_kind(bad);
        let scale = self.details.scale.unwrap_or(0);
        if scale > 0 && !kind.has_digits() {
            let (kind_en, kind_vi) = kind.words();
            bad.add(
                "indicator.scale",
                "SCALE_NOT_ALLOWED",
                format!("digits after the comma are not allowed when each figure is {kind_en}"),
                format!("chữ số thập phân không áp dụng cho số liệu dạng {kind_vi}"),
            );
        }
    }

    /// Percentages that are kept as numbers are not added either, whatever their kind; and no
    /// unit is the latest of several.
    fn adds_no_percentages(&self, bad: &mut Invalid) {
        let is_percentage = is_percentage(&self.measure_unit);
        let rules = [
            ("indicator.unit_aggregation", self.unit_aggregation),
            ("indicator.period_aggregation", self.period_aggregation),
        ];
        for (field, rule) in rules {
            if is_percentage && rule == Aggregation::Sum {
                let unit = &self.measure_unit;
                bad.add(
                    field,
                    "AGGREGATION_NOT_ALLOWED",
                    format!("figures in `{unit}` are not added: define a share with its numbers"),
                    format!(
                        "không cộng số liệu tính bằng “{unit}”: hãy khai báo tỷ lệ có tử số, mẫu số"
                    ),
                );
            }
        }
        if self.unit_aggregation == Aggregation::Latest {
            bad.add(
                "indicator.unit_aggregation",
                "AGGREGATION_NOT_ALLOWED",
                "the latest is a rule for periods: no unit speaks for the others",
                "“lấy kỳ gần nhất” chỉ dùng khi gộp các kỳ: không đơn vị nào đại diện cho đơn vị khác",
            );
        }
    }

    /// Figures that already run from an earlier day are not added over periods.
    fn counts_no_month_twice(&self, bad: &mut Invalid) {
        let adds = matches!(
            self.period_aggregation,
            Aggregation::Sum | Aggregation::RatioOfSums
        );
        if adds && self.accumulation != Accumulation::InPeriod {
            bad.add(
                "indicator.period_aggregation",
                "COUNTED_TWICE",
                "only figures of the period alone are added over periods; of others the latest counts",
                "chỉ số liệu trong kỳ mới được cộng qua các kỳ; số lũy kế hoặc tại thời điểm lấy kỳ gần nhất",
            );
        }
    }

    fn choices_are_for_choices(&self, bad: &mut Invalid) {
        let (is_choice, choices) = (self.value_kind == ValueKind::Choice, &self.details.choices);
        if is_choice && choices.is_empty() {
            bad.missing("indicator.choices");
        }
        if !is_choice && !choices.is_empty() {
            let (kind_en, kind_vi) = self.value_kind.words();
            bad.add(
                "indicator.choices",
                "CHOICES_NOT_ALLOWED",
                format!("choices are not allowed when each figure is {kind_en}"),
                format!("danh sách lựa chọn không áp dụng cho số liệu dạng {kind_vi}"),
            );
        }
    }

    fn collects_as_it_says(&self, bad: &mut Invalid) {
        let details = &self.details;
        let is_derived = details.collection == CollectionMode::Derived;
        if is_derived && details.formula.is_empty() {
            bad.missing("indicator.formula");
        }
        if !is_derived && !details.formula.is_empty() {
            bad.add(
                "indicator.formula",
                "FORMULA_NOT_ALLOWED",
                "only a derived indicator has a formula",
                "chỉ chỉ tiêu tính từ chỉ tiêu khác mới có công thức",
            );
        }
        if is_derived && matches!(self.value_kind, ValueKind::Choice | ValueKind::Text) {
            let (kind_en, kind_vi) = self.value_kind.words();
            bad.add(
                "indicator.value_kind",
                "KIND_NOT_DERIVED",
                format!("{kind_en} cannot be computed by a formula"),
                format!("số liệu dạng {kind_vi} không tính được bằng công thức"),
            );
        }
        if is_derived && (details.source_system.is_some() || details.evidence_required) {
            let field = if details.evidence_required {
                "indicator.evidence_required"
            } else {
                "indicator.source_system"
            };
            bad.add(
                field,
                "NOT_FOR_DERIVED",
                "a derived indicator is computed: nobody sends or proves its figures",
                "chỉ tiêu tính từ chỉ tiêu khác thì không ai gửi hay minh chứng số liệu",
            );
        }
        if details.collection == CollectionMode::Ingested && details.source_system.is_none() {
            bad.missing("indicator.source_system");
        }
    }

    /// Reads the formula, and notes what is wrong with it.
    pub(crate) fn formula_reads(&self, bad: &mut Invalid) {
        if !self.details.formula.is_empty() {
            formula::read(
                "indicator.formula",
                &self.details.formula,
                self.details.missing,
                bad,
            );
        }
    }
}

/// Says whether a unit of measure is a percentage, or percentage points.
fn is_percentage(measure_unit: &str) -> bool {
    let folded = text::fold(measure_unit);
    let words: Vec<_> = folded.split_whitespace().collect();
    measure_unit.contains(['%', '‰'])
        || words
            .windows(2)
            .any(|it| matches!(it, ["phan", "tram" | "nghin"]))
        || words
            .iter()
            .any(|it| matches!(*it, "percent" | "percentage"))
}

/// A rule that cannot be applied to the kind of the figures is refused now, because
/// nobody could add them up later.
pub(crate) fn adds_up(field: &str, kind: ValueKind, rule: Aggregation, bad: &mut Invalid) {
    let is_number = matches!(
        kind,
        ValueKind::Count | ValueKind::Decimal | ValueKind::Money
    );
    // Points over what could be reached add up as shares do: a maximum that is out is out
    // of both sums.
    let has_sums = matches!(kind, ValueKind::Ratio | ValueKind::Score);
    let (fits, en, vi) = match rule {
        Aggregation::Sum => (is_number, "a sum", "phép cộng"),
        Aggregation::RatioOfSums => (has_sums, "a ratio of sums", "tổng tử số trên tổng mẫu số"),
        Aggregation::Min | Aggregation::Max => (
            is_number || has_sums,
            "a smallest or largest",
            "giá trị nhỏ nhất, lớn nhất",
        ),
        Aggregation::CountTrue => (
            kind == ValueKind::Flag,
            "a count of units that say yes",
            "số đơn vị có",
        ),
        Aggregation::Latest | Aggregation::None => return,
    };
    if !fits {
        let (kind_en, kind_vi) = kind.words();
        bad.add(
            field,
            "AGGREGATION_NOT_ALLOWED",
            format!("{en} is not allowed when each figure is {kind_en}"),
            format!("{vi} không áp dụng cho số liệu dạng {kind_vi}"),
        );
    }
}

#[cfg(test)]
mod tests;
