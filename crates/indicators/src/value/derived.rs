//! Figures that nobody enters: computed when they are read, by the formula that counts for
//! their period.

use kit::{Error, Result};
use sea_orm::ConnectionTrait;
use types::ids::ValueId;

use super::{IndicatorValue, Source, SourceKind, Stage};
use crate::{
    formula::derive::{asked, derive},
    indicator::store,
    reason::VALUE_NOT_COMPUTED,
};

/// Computes a figure; nothing when its indicator is not derived for that period.
pub(super) async fn compute(
    db: &impl ConnectionTrait,
    id: &ValueId,
) -> Result<Option<IndicatorValue>> {
    // A formula takes whole figures, so it gives no part of one.
    if id.breakdown.is_some() {
        return Ok(None);
    }
    let published = store::published_one(db, &id.indicator).await?;
    let revision = published.for_period(&id.period);
    let (Some(revision), Some(asked)) = (revision, asked(&published, &id.period)) else {
        return Ok(None);
    };
    let derived = derive(db, &asked, &id.unit, id.period).await?;
    let Some(quantity) = derived.quantity else {
        let failure = derived.failure.as_ref();
        let (en, vi) = failure.map_or(("", ""), |it| (&it.en, &it.vi));
        let facts = [
            ("name", id.name()),
            ("cause_en", en.to_owned()),
            ("cause_vi", vi.to_owned()),
        ];
        return Err(Error::rule(&VALUE_NOT_COMPUTED, facts));
    };
    Ok(Some(IndicatorValue {
        id: id.clone(),
        quantity,
        note: String::new(),
        source: Source {
            kind: SourceKind::Derived,
            resource: revision.name(),
            external_id: String::new(),
            observe_time: None,
        },
        // Whoever published the formula answers for what it gives; it has no versions.
        principal: revision.publisher.clone(),
        revision: 0,
        create_time: revision.create_time,
        update_time: revision.create_time,
        stage: Stage::default(),
    }))
}
