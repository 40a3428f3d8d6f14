//! Figures that no report sends: the receiver accepts them one by one, or sends them back.

use proto::{
    indicators::{self as pb, ValueState},
    shared::Disposition,
};
use tonic::{Code, Status};

use crate::{
    ingest_line::{Line, SESSION, one_stop, sent},
    story::{Story, codes, count, derived, fields, item, reason, value_name},
};

const V1: &str = "\"v1\"";
const PERIODIC: &str = "0d6f7b4c-4f0e-4d3a-9a51-5f8c2f6f8f11";
const SUBMISSION: &str = "reports/yc-847.huyen-minh-long/submissions/1";

/// Minh Long, whose one-stop software has sent its files.
struct Sent {
    story: Story,
    receiver: testkit::Person,
}

impl Sent {
    async fn new() -> Self {
        let story = Story::of_minh_long().await;
        let one_stop_shop = story.connect("mot-cua").await;
        let mut line = Line::open(&story.values, &one_stop_shop, one_stop(SESSION))
            .await
            .unwrap();
        let files = [sent("huyen-minh-long", "ho-so-da-giai-quyet", count(1_250))];
        let ack = line.batch(0, &files).await.unwrap();
        assert_eq!(ack.results[0].disposition(), Disposition::Created);
        let receiver = story
            .world
            .person("tiep-nhan", "receiver", "tinh-quang-ngai");
        Self {
            receiver: receiver.await,
            story,
        }
    }

    async fn accept(&self, by: &testkit::Person, etag: &str) -> Result<pb::IndicatorValue, Status> {
        let accept = pb::AcceptIndicatorValueRequest {
            name: value_name("ho-so-da-giai-quyet"),
            etag: etag.into(),
            ..Default::default()
        };
        let mut values = self.story.values.clone();
        let answer = values.accept_indicator_value(by.ask(accept)).await?;
        Ok(answer.into_inner())
    }

    async fn reject(
        &self,
        by: &testkit::Person,
        why: &str,
        etag: &str,
    ) -> Result<pb::IndicatorValue, Status> {
        let reject = pb::RejectIndicatorValueRequest {
            name: value_name("ho-so-da-giai-quyet"),
            reason: why.into(),
            etag: etag.into(),
            ..Default::default()
        };
        let mut values = self.story.values.clone();
        let answer = values.reject_indicator_value(by.ask(reject)).await?;
        Ok(answer.into_inner())
    }

    async fn standing(&self) -> (ValueState, String, String) {
        let story = &self.story;
        let value = story.value(&story.reporter, "ho-so-da-giai-quyet").await;
        let value = value.unwrap();
        (value.state(), value.locked_by, value.state_reason)
    }

    async fn correct(&self, files: i64, why: &str) -> Vec<String> {
        let corrected = pb::ValueItem {
            reason: why.into(),
            ..item("ho-so-da-giai-quyet", count(files))
        };
        let result = self.story.enter(vec![corrected]).await.remove(0);
        codes(&result).into_iter().map(ToOwned::to_owned).collect()
    }
}

#[tokio::test]
async fn a_figure_that_was_accepted_is_corrected_after_it_was_sent_back() {
    let sent = Sent::new().await;
    let accepted = sent.accept(&sent.receiver, V1).await.unwrap();
    assert_eq!(accepted.state(), ValueState::Accepted);
    assert_eq!(accepted.quantity.unwrap().text_vi, "1.250");
    let held = (
        ValueState::Accepted,
        "users/tiep-nhan".into(),
        String::new(),
    );
    assert_eq!(sent.standing().await, held);
    assert_eq!(sent.correct(1_248, "Trùng 2 hồ sơ").await, ["VALUE_LOCKED"]);

    let back = sent
        .reject(&sent.receiver, "Trùng 2 hồ sơ với tháng 5", V1)
        .await;
    assert_eq!(back.unwrap().state(), ValueState::Rejected);
    let why = "Trùng 2 hồ sơ với tháng 5".to_owned();
    let returned = (ValueState::Rejected, String::new(), why);
    assert_eq!(sent.standing().await, returned);
    // It was accepted once, so it changes with a reason; then it is a draft as any other.
    assert_eq!(sent.correct(1_248, "").await, ["REASON_REQUIRED"]);
    assert!(sent.correct(1_248, "Trùng 2 hồ sơ").await.is_empty());
    let draft = (ValueState::Draft, String::new(), String::new());
    assert_eq!(sent.standing().await, draft);
    // Who saw the old version says nothing of the new one.
    let late = sent.accept(&sent.receiver, V1).await.unwrap_err();
    assert_eq!(late.code(), Code::Aborted);
    sent.accept(&sent.receiver, "\"v2\"").await.unwrap();
    assert_eq!(sent.standing().await.0, ValueState::Accepted);
}

#[tokio::test]
async fn nobody_accepts_what_he_recorded_and_only_the_receiver_judges() {
    let sent = Sent::new().await;
    for refused in [
        sent.accept(&sent.story.reporter, V1).await,
        sent.reject(&sent.story.reporter, "Sai", V1).await,
        // Sở TT&TT receives for itself and what is below it, not for the district.
        sent.accept(&sent.story.receiver, V1).await,
    ] {
        assert_eq!(refused.unwrap_err().code(), Code::PermissionDenied);
    }
    let unsaid = sent.reject(&sent.receiver, "", V1).await.unwrap_err();
    assert_eq!(
        fields(&unsaid),
        [("reason".to_owned(), "REQUIRED".to_owned())]
    );
    let world = &sent.story.world;
    world
        .grant(&sent.story.reporter, "receiver", "huyen-minh-long")
        .await;
    assert!(sent.correct(1_251, "").await.is_empty());
    let own = sent
        .accept(&sent.story.reporter, "\"v2\"")
        .await
        .unwrap_err();
    assert_eq!(reason(&own), "ACCEPTS_OWN_FIGURE");
    assert_eq!(sent.standing().await.0, ValueState::Draft);
}

#[tokio::test]
async fn a_figure_of_a_report_is_judged_with_its_report() {
    let sent = Sent::new().await;
    let lock = pb::LockValuesRequest {
        lock_id: PERIODIC.into(),
        submission: SUBMISSION.into(),
        principal: "users/lanh-dao".into(),
        pins: vec![pb::ValuePin {
            indicator_value: value_name("ho-so-da-giai-quyet"),
            revision: 1,
            quantity: None,
        }],
    };
    let mut locks = sent.story.locks.clone();
    // A report takes the place of who accepted the figure before.
    sent.accept(&sent.receiver, V1).await.unwrap();
    locks.lock_values(lock).await.unwrap();
    for refused in [
        sent.accept(&sent.receiver, V1).await,
        sent.reject(&sent.receiver, "Sai", V1).await,
    ] {
        let refused = refused.unwrap_err();
        assert_eq!(reason(&refused), "VALUE_LOCKED");
        assert!(refused.message().contains(SUBMISSION), "{refused:?}");
    }
    let accept = pb::AcceptValuesRequest {
        lock_id: PERIODIC.into(),
        principal: "users/tiep-nhan".into(),
    };
    locks.accept_values(accept).await.unwrap();
    let refused = sent.reject(&sent.receiver, "Sai", V1).await.unwrap_err();
    assert_eq!(reason(&refused), "VALUE_LOCKED");
    let release = pb::ReleaseValuesRequest {
        lock_id: PERIODIC.into(),
        submission: SUBMISSION.into(),
        principal: "users/tiep-nhan".into(),
        rejected_values: Vec::new(),
    };
    locks.release_values(release).await.unwrap();
    assert_eq!(sent.standing().await.0, ValueState::Draft);
    sent.reject(&sent.receiver, "Sai", V1).await.unwrap();
}

#[tokio::test]
async fn what_was_published_of_a_computed_figure_is_judged_and_shown_with_its_own_state() {
    let story = Story::of_minh_long().await;
    let double = derived(pb::ValueKind::Count, "[ho-so-da-giai-quyet] * 2");
    story.publish_new("gap-doi", double).await.unwrap();
    let items = vec![
        item("ho-so-da-giai-quyet", count(1_250)),
        item("gap-doi", count(2_499)),
    ];
    story.enter(items).await;
    let receiver = story
        .world
        .person("tiep-nhan", "receiver", "tinh-quang-ngai")
        .await;
    let text = |it: &Option<proto::shared::Quantity>| it.as_ref().unwrap().text_vi.clone();
    let accept = pb::AcceptIndicatorValueRequest {
        name: value_name("gap-doi"),
        etag: V1.into(),
        ..Default::default()
    };
    let mut values = story.values.clone();
    let accepted = values.accept_indicator_value(receiver.ask(accept)).await;
    let accepted = accepted.unwrap().into_inner();
    assert_eq!(text(&accepted.quantity), "2.500");
    assert_eq!(text(&accepted.published_quantity), "2.499");
    assert_eq!(accepted.state(), ValueState::Accepted);
    assert_eq!(accepted.locked_by, "users/tiep-nhan");
    // What is answered is what is read.
    let read = story.value(&story.reporter, "gap-doi").await.unwrap();
    assert_eq!(read, accepted);
    let reject = pb::RejectIndicatorValueRequest {
        name: value_name("gap-doi"),
        reason: "Không khớp số liệu nguồn".into(),
        etag: V1.into(),
        ..Default::default()
    };
    let rejected = values.reject_indicator_value(receiver.ask(reject)).await;
    let rejected = rejected.unwrap().into_inner();
    assert_eq!(rejected.state(), ValueState::Rejected);
    assert_eq!(
        (rejected.locked_by.as_str(), rejected.state_reason.as_str()),
        ("", "Không khớp số liệu nguồn")
    );
    let read = story.value(&story.reporter, "gap-doi").await.unwrap();
    assert_eq!(read, rejected);
}
