//! What is measured, how, and how it adds up: the definition, its rules and use cases.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    aggregate::Aggregation,
    ids::{IndicatorId, UnitId},
    violations::Invalid,
};

pub(crate) mod rpc;
pub(crate) mod store;

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Indicator {
    pub(crate) id: IndicatorId,
    pub(crate) definition: Definition,
    pub(crate) create_time: DateTime<Utc>,
    pub(crate) update_time: DateTime<Utc>,
    pub(crate) version: i64,
}

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
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum ValueKind {
    Count,
    Decimal,
    Ratio,
    Money,
    Flag,
    Choice,
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

/// Adds an indicator.
#[derive(Debug)]
pub(crate) struct CreateIndicator {
    pub(crate) id: IndicatorId,
    pub(crate) definition: Definition,
}

/// Asks for one indicator.
#[derive(Debug)]
pub(crate) struct GetIndicator {
    pub(crate) id: IndicatorId,
}

/// Asks for indicators; no names stand for all.
#[derive(Debug)]
pub(crate) struct ListIndicators {
    pub(crate) ids: Vec<IndicatorId>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Indicators {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Indicators {
    pub(crate) fn new(access: Access, pages: Pages, db: Db) -> Self {
        Self { access, pages, db }
    }

    /// Adds an indicator for the unit that answers for it.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateIndicator,
    ) -> Result<Indicator> {
        self.access
            .require(actor, &new.definition.owner_unit)
            .await?;
        let indicator = Indicator {
            id: new.id,
            definition: new.definition,
            create_time: tx.now(),
            update_time: tx.now(),
            version: 1,
        };
        store::insert(&tx.db, &indicator).await?;
        tx.record(
            Action::Created,
            &indicator.id.name(),
            None,
            Some(&indicator),
        )
        .await?;
        Ok(indicator)
    }

    /// Reads one indicator; definitions are common to all who are signed in.
    pub(crate) async fn get(&self, _actor: &Actor, get: GetIndicator) -> Result<Indicator> {
        let found = store::find(self.db.reader(), &get.id).await?;
        found.ok_or_else(|| Error::not_found("INDICATOR", &get.id))
    }

    /// Lists indicators by name; definitions are common to all who are signed in.
    pub(crate) async fn list(
        &self,
        _actor: &Actor,
        list: ListIndicators,
    ) -> Result<(Vec<Indicator>, String)> {
        let ids: Vec<_> = list.ids.iter().map(IndicatorId::as_str).collect();
        let what = format!("indicators {}", ids.join(" "));
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let indicators = store::list(self.db.reader(), &ids, page.after(), page.limit()).await?;
        page.close(indicators, |it| it.id.as_str().to_owned())
    }
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
        }
    }
}

/// A rule that cannot be applied to the kind of the figures is refused now, because
/// nobody could add them up later.
fn adds_up(field: &str, kind: ValueKind, rule: Aggregation, bad: &mut Invalid) {
    let is_number = matches!(
        kind,
        ValueKind::Count | ValueKind::Decimal | ValueKind::Money
    );
    let (fits, en, vi) = match rule {
        Aggregation::Sum => (is_number, "a sum", "phép cộng"),
        Aggregation::RatioOfSums => (
            kind == ValueKind::Ratio,
            "a ratio of sums",
            "tổng tử số trên tổng mẫu số",
        ),
        Aggregation::Min | Aggregation::Max => (
            is_number || kind == ValueKind::Ratio,
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
mod tests {
    use super::*;

    fn refused(kind: ValueKind, rule: Aggregation) -> bool {
        let mut bad = Invalid::default();
        adds_up("indicator.unit_aggregation", kind, rule, &mut bad);
        !bad.is_empty()
    }

    #[test]
    fn percentages_are_never_summed_and_only_they_have_numerators() {
        assert!(refused(ValueKind::Ratio, Aggregation::Sum));
        assert!(!refused(ValueKind::Ratio, Aggregation::RatioOfSums));
        assert!(!refused(ValueKind::Ratio, Aggregation::Max));
        for kind in [ValueKind::Count, ValueKind::Decimal, ValueKind::Money] {
            assert!(refused(kind, Aggregation::RatioOfSums), "{kind:?}");
            assert!(!refused(kind, Aggregation::Sum), "{kind:?}");
        }
    }

    #[test]
    fn only_yes_is_counted_and_words_have_no_order() {
        assert!(!refused(ValueKind::Flag, Aggregation::CountTrue));
        assert!(refused(ValueKind::Count, Aggregation::CountTrue));
        for rule in [Aggregation::Sum, Aggregation::Min, Aggregation::Max] {
            assert!(refused(ValueKind::Flag, rule), "{rule:?}");
            assert!(refused(ValueKind::Choice, rule), "{rule:?}");
        }
        assert!(!refused(ValueKind::Choice, Aggregation::None));
        assert!(!refused(ValueKind::Choice, Aggregation::Latest));
    }

    #[test]
    fn the_refusal_names_the_field_in_both_languages() {
        let mut bad = Invalid::default();
        adds_up(
            "indicator.period_aggregation",
            ValueKind::Ratio,
            Aggregation::Sum,
            &mut bad,
        );
        let told = &bad.violations()[0];
        assert_eq!(told.field, "indicator.period_aggregation");
        assert_eq!(told.en, "a sum is not allowed when each figure is a share");
        assert_eq!(told.vi, "phép cộng không áp dụng cho số liệu dạng tỷ lệ");
    }
}
