//! A scorecard before it is published: changed, and taken away.

use proto::indicators as pb;
use tonic::{Code, Status};

use crate::{
    scoring::{CARD, Scoring, create, flag, line, scorecard, set, yes},
    story::{fields, reason},
};

async fn opened() -> Scoring {
    let scoring = Scoring::begins().await;
    let kinds = [("bao-cao-dinh-ky", pb::ValueKind::Flag)];
    scoring.define(&kinds).await;
    let criteria = vec![line("1", "3", flag("bao-cao-dinh-ky"))];
    scoring.open(set(criteria), &["xa-long-hiep"]).await;
    scoring
}

async fn update(
    scoring: &Scoring,
    card: pb::Scorecard,
    paths: &[&str],
    etag: &str,
) -> Result<pb::Scorecard, Status> {
    let update = pb::UpdateScorecardRequest {
        scorecard: Some(pb::Scorecard {
            name: CARD.into(),
            ..card
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: paths.iter().map(|it| (*it).into()).collect(),
        }),
        etag: etag.into(),
        ..Default::default()
    };
    let asked = scoring.scorer.ask(update);
    let answer = scoring.story.scores.clone().update_scorecard(asked).await?;
    Ok(answer.into_inner())
}

async fn delete(scoring: &Scoring, etag: &str) -> Result<(), Status> {
    let delete = pb::DeleteScorecardRequest {
        name: CARD.into(),
        etag: etag.into(),
        ..Default::default()
    };
    let asked = scoring.scorer.ask(delete);
    scoring.story.scores.clone().delete_scorecard(asked).await?;
    Ok(())
}

fn named(display_name: &str) -> pb::Scorecard {
    pb::Scorecard {
        display_name: display_name.into(),
        ..Default::default()
    }
}

#[tokio::test]
async fn its_title_and_document_change_until_it_is_published() {
    let scoring = opened().await;
    scoring
        .enter("xa-long-hiep", vec![yes("bao-cao-dinh-ky", true)])
        .await;
    let computed = scoring.compute(CARD).await;
    let sent = pb::Scorecard {
        document_number: "12/QĐ-UBND".into(),
        ..named("Đánh giá cấp xã năm 2026")
    };
    let changed = update(&scoring, sent, &[], &computed.etag).await.unwrap();
    assert_eq!(changed.display_name, "Đánh giá cấp xã năm 2026");
    assert_eq!(changed.document_number, "12/QĐ-UBND");
    // Nothing that is scored has changed.
    assert_eq!(changed.state(), pb::ScorecardState::Computed);
    assert_eq!(scoring.card(CARD).await, changed);
    let stale = update(&scoring, named("Khác"), &[], &computed.etag).await;
    assert_eq!(stale.unwrap_err().code(), Code::Aborted);
    let wrong = update(&scoring, named("Khác"), &["period"], &changed.etag).await;
    assert_eq!(fields(&wrong.unwrap_err())[0].1, "FIELD_MASK_INVALID");
    let empty = update(&scoring, named(""), &["display_name"], &changed.etag).await;
    assert_eq!(fields(&empty.unwrap_err())[0].0, "scorecard.display_name");
    let unfit = pb::Scorecard {
        previous_scorecard: CARD.into(),
        ..Default::default()
    };
    let unfit = update(&scoring, unfit, &[], &changed.etag).await;
    assert_eq!(reason(&unfit.unwrap_err()), "PREVIOUS_SCORECARD_UNFIT");

    let published = scoring.publish(CARD).await.unwrap();
    let refused = update(&scoring, named("Khác"), &[], &published.etag).await;
    assert_eq!(reason(&refused.unwrap_err()), "STATE_NOT_ALLOWED");
    let refused = delete(&scoring, &published.etag).await;
    assert_eq!(reason(&refused.unwrap_err()), "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_draft_is_taken_away_with_its_results_and_its_id_is_free_again() {
    let scoring = opened().await;
    let card = scoring.card(CARD).await;
    let reporter = &scoring.story.reporter;
    let asked = reporter.ask(pb::DeleteScorecardRequest {
        name: CARD.into(),
        etag: card.etag.clone(),
        ..Default::default()
    });
    let refused = scoring.story.scores.clone().delete_scorecard(asked).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    assert_eq!(
        delete(&scoring, "khac").await.unwrap_err().code(),
        Code::Aborted
    );
    delete(&scoring, &card.etag).await.unwrap();
    let gone = scoring.result(&scoring.scorer, "xa-long-hiep").await;
    assert_eq!(gone.unwrap_err().code(), Code::NotFound);
    // Who has no right everywhere does not learn that it is not there.
    let gone = delete(&scoring, &card.etag).await;
    assert_eq!(gone.unwrap_err().code(), Code::PermissionDenied);
    let again = create(scorecard("2026", &["xa-long-mai"]), "cap-xa-2026");
    let again = scoring.create_card(again).await.unwrap();
    assert_eq!(again.unit_count, 1);
}

#[tokio::test]
async fn a_draft_with_a_result_that_was_handed_over_is_not_taken_away() {
    let scoring = opened().await;
    let result = scoring
        .result(&scoring.scorer, "xa-long-hiep")
        .await
        .unwrap();
    let submit = pb::SubmitScorecardResultRequest {
        name: result.name.clone(),
        etag: result.etag,
        ..Default::default()
    };
    let asked = scoring.leader.ask(submit);
    let submitted = scoring
        .story
        .scores
        .clone()
        .submit_scorecard_result(asked)
        .await;
    submitted.unwrap();
    let etag = scoring.card(CARD).await.etag;
    let refused = delete(&scoring, &etag).await.unwrap_err();
    assert_eq!(reason(&refused), "RESULTS_HANDED_OVER");
    assert!(refused.message().contains("xa-long-hiep"));
}
