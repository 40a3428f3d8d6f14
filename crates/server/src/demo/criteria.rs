//! The criteria sets that come with the program: published with the indicators they look
//! at, so that units can be scored by them.

use anyhow::Result;
use indicators::sample::{self as sets, COMMUNES, SERVICE_QUALITY};
use proto::indicators::{
    PublishCriteriaSetRequest, PublishIndicatorRequest,
    indicator_service_client::IndicatorServiceClient,
    scorecard_service_client::ScorecardServiceClient,
};

use super::{
    Peers,
    ask::{OrRefused, Person},
    people::Cast,
    sample::Sample,
    steps::Steps,
};

/// Publishes the sets for the unit that owns the indicators of the sample.
pub(super) async fn publish(
    peers: &Peers,
    cast: &Cast,
    sample: &Sample,
    steps: &mut Steps,
) -> Result<()> {
    let receiver = cast.person(&sample.request.receiver)?;
    let owner = format!("units/{}", sample.indicators.owner_unit);
    for text in [SERVICE_QUALITY, COMMUNES] {
        let set = sets::read(text)?;
        let (title, criteria, indicators) = publish_one(peers, receiver, &owner, set).await?;
        steps.done(
            &receiver.display_name,
            format!("Ban hành bộ tiêu chí “{title}”: {criteria} dòng, {indicators} chỉ tiêu"),
            format!("published a criteria set of {criteria} lines over {indicators} indicators"),
        );
    }
    Ok(())
}

/// Publishes one set; returns its title and how many lines and indicators it has.
async fn publish_one(
    peers: &Peers,
    receiver: &Person,
    owner: &str,
    set: sets::Sample,
) -> Result<(String, usize, usize)> {
    let mut indicators = IndicatorServiceClient::new(peers.indicators.clone());
    let count = set.indicators.len();
    for mut new in set.indicators {
        let id = new.indicator_id.clone();
        if let Some(indicator) = &mut new.indicator {
            indicator.owner_unit = owner.to_owned();
        }
        let created = indicators.create_indicator(receiver.ask(new)?).await;
        let created = created.or_refused(|| format!("defining the indicator `{id}`"))?;
        let request = PublishIndicatorRequest {
            name: created.name,
            first_period: set.first_period.clone(),
            change_note: set.change_note.clone(),
            etag: created.etag,
            ..PublishIndicatorRequest::default()
        };
        let published = indicators.publish_indicator(receiver.ask(request)?).await;
        published.or_refused(|| format!("publishing the indicator `{id}`"))?;
    }
    let mut new = set.criteria_set;
    let id = new.criteria_set_id.clone();
    if let Some(set) = &mut new.criteria_set {
        set.issuer_unit = owner.to_owned();
    }
    let mut scorecards = ScorecardServiceClient::new(peers.indicators.clone());
    let created = scorecards.create_criteria_set(receiver.ask(new)?).await;
    let created = created.or_refused(|| format!("creating the criteria set `{id}`"))?;
    let request = PublishCriteriaSetRequest {
        name: created.name,
        change_note: set.change_note,
        etag: created.etag,
        ..PublishCriteriaSetRequest::default()
    };
    let published = scorecards
        .publish_criteria_set(receiver.ask(request)?)
        .await;
    published.or_refused(|| format!("publishing the criteria set `{id}`"))?;
    Ok((created.display_name, created.criteria.len(), count))
}
