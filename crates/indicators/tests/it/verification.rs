//! A commune scores itself and hands over; others verify, each what is theirs.

use proto::indicators as pb;
use testkit::Person;
use tonic::{Code, Status};

use crate::{
    scoring::{CARD, Scoring, expert, flag, group, line, score_of, set, yes},
    story::{fields, reason},
};

const RESULT: &str = "scorecards/cap-xa-2026/results/xa-long-hiep";

/// One criterion by data, one of the department's own judgement with evidence, one that Ba Tơ
/// verifies, and points that may be taken away.
async fn of_long_hiep() -> Scoring {
    let scoring = Scoring::begins().await;
    scoring.define(&[("bao-cao", pb::ValueKind::Flag)]).await;
    let proved = pb::Criterion {
        evidence_required: true,
        evidence_hint: "Quyết định: số, ngày, trích yếu".into(),
        ..line("I.2", "10", expert())
    };
    let elsewhere = pb::Criterion {
        verifier_unit: "units/huyen-ba-to".into(),
        ..line("I.3", "5", expert())
    };
    let set = set(vec![
        group("I", pb::GroupKind::Counted, ""),
        line("I.1", "3", flag("bao-cao")),
        proved,
        elsewhere,
        group("V", pb::GroupKind::Penalty, ""),
        line("V.4", "1", expert()),
    ]);
    scoring.open(set, &["xa-long-hiep"]).await;
    scoring
        .enter("xa-long-hiep", vec![yes("bao-cao", true)])
        .await;
    scoring
}

fn score(key: &str, points: &str) -> pb::EnteredScore {
    pb::EnteredScore {
        key: key.into(),
        score: points.into(),
        ..Default::default()
    }
}

fn proved(key: &str, points: &str) -> pb::EnteredScore {
    pb::EnteredScore {
        evidence: vec![pb::ScoreEvidence {
            title: "Quyết định kiện toàn Tổ công nghệ số cộng đồng".into(),
            document_number: "15/QĐ-UBND".into(),
            document_date: "2022-02-10".into(),
            link: "https://longhiep.example/15-qd-ubnd".into(),
        }],
        ..score(key, points)
    }
}

fn because(key: &str, points: &str) -> pb::EnteredScore {
    pb::EnteredScore {
        note: "Theo biên bản kiểm tra".into(),
        ..score(key, points)
    }
}

impl Scoring {
    async fn etag(&self) -> String {
        let result = self.result(&self.scorer, "xa-long-hiep").await;
        result.unwrap().etag
    }

    async fn claim(&self, scores: Vec<pb::EnteredScore>) -> Result<pb::ScorecardResult, Status> {
        let update = pb::UpdateScorecardResultRequest {
            name: RESULT.into(),
            self_scores: scores,
            etag: self.etag().await,
            ..Default::default()
        };
        let asked = self.story.reporter.ask(update);
        let answer = self
            .story
            .scores
            .clone()
            .update_scorecard_result(asked)
            .await?;
        Ok(answer.into_inner())
    }

    async fn submit(&self) -> Result<pb::ScorecardResult, Status> {
        let submit = pb::SubmitScorecardResultRequest {
            name: RESULT.into(),
            etag: self.etag().await,
            ..Default::default()
        };
        let asked = self.leader.ask(submit);
        let answer = self
            .story
            .scores
            .clone()
            .submit_scorecard_result(asked)
            .await?;
        Ok(answer.into_inner())
    }

    async fn verify(
        &self,
        person: &Person,
        scores: Vec<pb::EnteredScore>,
    ) -> Result<pb::ScorecardResult, Status> {
        let verify = pb::VerifyScorecardResultRequest {
            name: RESULT.into(),
            verified_scores: scores,
            etag: self.etag().await,
            ..Default::default()
        };
        let asked = person.ask(verify);
        let answer = self
            .story
            .scores
            .clone()
            .verify_scorecard_result(asked)
            .await?;
        Ok(answer.into_inner())
    }

    /// Who verifies for Ba Tơ and for nobody else.
    async fn of_ba_to(&self) -> Person {
        let world = &self.story.world;
        world
            .person("ba-to-tham-dinh", "receiver", "huyen-ba-to")
            .await
    }

    async fn points(&self) -> (String, String, i32) {
        self.compute(CARD).await;
        let result = self.result(&self.scorer, "xa-long-hiep").await.unwrap();
        (result.points, result.self_points, result.missing_count)
    }
}

#[tokio::test]
async fn a_claim_counts_when_it_is_verified_and_not_before() {
    let scoring = of_long_hiep().await;
    scoring
        .claim(vec![proved("I.2", "8"), score("I.3", "5")])
        .await
        .unwrap();
    let told =
        |points: &str, claimed: &str, missing| (points.to_owned(), claimed.to_owned(), missing);
    // Three by data; the claims come to sixteen and count for nothing yet.
    assert_eq!(scoring.points().await, told("3.00", "16.00", 2));
    let submitted = scoring.submit().await.unwrap();
    assert_eq!(submitted.state(), pb::ScorecardResultState::Submitted);
    assert_eq!(submitted.submitter, scoring.leader.name);

    let verified = scoring
        .verify(&scoring.scorer, vec![because("I.2", "6.5")])
        .await;
    assert_eq!(
        verified.unwrap().state(),
        pb::ScorecardResultState::Submitted
    );
    assert_eq!(scoring.points().await, told("9.50", "16.00", 1));
    let waiting = scoring.publish(CARD).await.unwrap_err();
    assert_eq!(reason(&waiting), "RESULTS_NOT_VERIFIED");

    let ba_to = scoring.of_ba_to().await;
    let done = scoring
        .verify(&ba_to, vec![score("I.3", "5")])
        .await
        .unwrap();
    assert_eq!(done.state(), pb::ScorecardResultState::Verified);
    // The head of the department takes one point away.
    scoring
        .verify(&scoring.scorer, vec![because("V.4", "1")])
        .await
        .unwrap();
    assert_eq!(scoring.points().await, told("13.50", "16.00", 0));
    let result = scoring
        .result(&scoring.scorer, "xa-long-hiep")
        .await
        .unwrap();
    assert_eq!(score_of(&result, "V.4").score, "-1.00");
    let own = score_of(&result, "I.2");
    assert_eq!(own.verifier, scoring.scorer.name);
    assert_eq!(
        own.self_score.as_ref().unwrap().evidence[0].document_number,
        "15/QĐ-UBND"
    );
    scoring.publish(CARD).await.unwrap();
    let late = scoring
        .verify(&scoring.scorer, vec![because("V.4", "0")])
        .await;
    assert_eq!(reason(&late.unwrap_err()), "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn each_verifies_what_the_set_gives_him_and_nothing_else() {
    let scoring = of_long_hiep().await;
    scoring.submit().await.unwrap();
    let ba_to = scoring.of_ba_to().await;
    let refused = scoring.verify(&ba_to, vec![score("I.2", "10")]).await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    // Of two, the one that is not his is named.
    let both = vec![score("I.3", "5"), score("I.2", "10")];
    let refused = scoring.verify(&ba_to, both).await.unwrap_err();
    assert_eq!(
        fields(&refused),
        [(
            "verified_scores[1].key".to_owned(),
            "VERIFIER_NOT_PERMITTED".to_owned()
        )]
    );
    let refused = scoring
        .verify(&scoring.story.reporter, vec![score("I.2", "10")])
        .await;
    assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
}

#[tokio::test]
async fn who_entered_or_submitted_may_not_verify() {
    let scoring = of_long_hiep().await;
    scoring.claim(vec![score("I.3", "5")]).await.unwrap();
    scoring.submit().await.unwrap();
    // Both hold the right in Ba Tơ as well, which does not help.
    let world = &scoring.story.world;
    for person in [&scoring.story.reporter, &scoring.leader] {
        world.grant(person, "receiver", "huyen-ba-to").await;
        let refused = scoring.verify(person, vec![score("I.3", "5")]).await;
        assert_eq!(reason(&refused.unwrap_err()), "VERIFIES_OWN_SCORES");
    }
}

#[tokio::test]
async fn what_the_set_wants_proved_is_not_handed_over_without() {
    let scoring = of_long_hiep().await;
    scoring.claim(vec![score("I.2", "8")]).await.unwrap();
    let refused = scoring.submit().await.unwrap_err();
    assert_eq!(
        fields(&refused),
        [(
            "self_scores[I.2].evidence".to_owned(),
            "EVIDENCE_MISSING".to_owned()
        )]
    );
    // No points, no proof.
    scoring.claim(vec![score("I.2", "0")]).await.unwrap();
    scoring.submit().await.unwrap();
    let handed_over = scoring.claim(vec![score("I.2", "9")]).await.unwrap_err();
    assert_eq!(reason(&handed_over), "STATE_NOT_ALLOWED");
}

#[tokio::test]
async fn a_score_fits_its_criterion() {
    let scoring = of_long_hiep().await;
    let bad = vec![
        score("I.2", "10.5"),
        score("I.3", "1.005"),
        score("I", "3"),
        score("V.4", "2"),
        pb::EnteredScore {
            not_applicable: true,
            ..score("I.1", "")
        },
    ];
    let refused = scoring.claim(bad).await.unwrap_err();
    let told: Vec<_> = fields(&refused);
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.0.as_str(), it.1.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("self_scores[0].score", "ABOVE_MAXIMUM"),
            ("self_scores[1].score", "TOO_FINE"),
            ("self_scores[2].key", "REFERENCE_NOT_FOUND"),
            ("self_scores[3].score", "ABOVE_MAXIMUM"),
            ("self_scores[4].not_applicable", "APPLIES_TO_ALL"),
        ]
    );
    let unsafe_link = pb::EnteredScore {
        evidence: vec![pb::ScoreEvidence {
            title: "Quyết định".into(),
            link: "javascript:alert(1)".into(),
            ..Default::default()
        }],
        ..score("I.2", "1")
    };
    let refused = scoring.claim(vec![unsafe_link]).await.unwrap_err();
    assert_eq!(fields(&refused)[0].0, "self_scores[0].evidence[0].link");
}

#[tokio::test]
async fn what_is_verified_otherwise_than_the_data_says_needs_a_reason() {
    let scoring = of_long_hiep().await;
    scoring.submit().await.unwrap();
    let against = scoring
        .verify(&scoring.scorer, vec![score("I.1", "1")])
        .await;
    assert_eq!(fields(&against.unwrap_err())[0].1, "NOTE_REQUIRED");
    let agreeing = scoring
        .verify(&scoring.scorer, vec![score("I.1", "3")])
        .await;
    agreeing.unwrap();
    scoring
        .verify(&scoring.scorer, vec![because("I.1", "1")])
        .await
        .unwrap();
    scoring.compute(CARD).await;
    let result = scoring
        .result(&scoring.scorer, "xa-long-hiep")
        .await
        .unwrap();
    let line = score_of(&result, "I.1");
    assert_eq!(
        (line.score.as_str(), line.computed_score.as_str()),
        ("1.00", "3.00")
    );
    assert_eq!(line.basis(), pb::ScoreBasis::Verified);
}

#[tokio::test]
async fn a_result_is_given_back_with_a_reason_and_verified_anew() {
    let scoring = of_long_hiep().await;
    scoring.submit().await.unwrap();
    scoring
        .verify(&scoring.scorer, vec![because("I.2", "6")])
        .await
        .unwrap();
    scoring.compute(CARD).await;
    let give_back = pb::ReturnScorecardResultRequest {
        name: RESULT.into(),
        reason: "Thiếu quyết định kiện toàn".into(),
        etag: scoring.etag().await,
        ..Default::default()
    };
    let asked = scoring.scorer.ask(give_back.clone());
    let returned = scoring
        .story
        .scores
        .clone()
        .return_scorecard_result(asked)
        .await;
    let returned = returned.unwrap().into_inner();
    assert_eq!(returned.state(), pb::ScorecardResultState::Draft);
    assert_eq!(returned.return_reason, "Thiếu quyết định kiện toàn");
    // What was computed no longer tells where the units stand.
    assert_eq!(scoring.card(CARD).await.state(), pb::ScorecardState::Draft);
    scoring.compute(CARD).await;
    let result = scoring
        .result(&scoring.scorer, "xa-long-hiep")
        .await
        .unwrap();
    assert_eq!(score_of(&result, "I.2").verified_score, None);
    let again = pb::ReturnScorecardResultRequest {
        etag: scoring.etag().await,
        ..give_back
    };
    let asked = scoring.scorer.ask(again);
    let again = scoring
        .story
        .scores
        .clone()
        .return_scorecard_result(asked)
        .await;
    let again = again.unwrap_err();
    assert_eq!(reason(&again), "STATE_NOT_ALLOWED");
}
