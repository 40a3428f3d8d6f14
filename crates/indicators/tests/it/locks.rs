//! Figures that a submission pins: nobody changes them until it is sent back.

use proto::{
    indicators::{self as pb, ValueState, value_lock_service_client::ValueLockServiceClient},
    shared::Disposition,
};
use tonic::{Code, Status};

use crate::{
    ingest_line::{Line, SESSION, one_stop, sent},
    story::{
        Story, codes, count, derived, fields, item, minh_long, part, reason, share, value_name,
        whole_sheet,
    },
};

const PERIODIC: &str = "0d6f7b4c-4f0e-4d3a-9a51-5f8c2f6f8f11";
const THEMATIC: &str = "0d6f7b4c-4f0e-4d3a-9a51-5f8c2f6f8f22";

fn submission(lock_id: &str) -> String {
    let request = if lock_id == THEMATIC {
        "yc-chuyen-de"
    } else {
        "yc-847"
    };
    format!("reports/{request}.huyen-minh-long/submissions/1")
}

fn pinned(indicator: &str, revision: i32) -> pb::ValuePin {
    pb::ValuePin {
        indicator_value: value_name(indicator),
        revision,
        quantity: None,
    }
}

fn locking(lock_id: &str, pins: Vec<pb::ValuePin>) -> pb::LockValuesRequest {
    pb::LockValuesRequest {
        lock_id: lock_id.into(),
        submission: submission(lock_id),
        principal: "users/lanh-dao".into(),
        pins,
    }
}

async fn lock(
    story: &Story,
    lock_id: &str,
    pins: Vec<pb::ValuePin>,
) -> Result<pb::LockValuesResponse, Status> {
    let ask = locking(lock_id, pins);
    Ok(story.locks.clone().lock_values(ask).await?.into_inner())
}

/// Locks figures that are as they are pinned.
async fn locked(story: &Story, lock_id: &str, pins: Vec<pb::ValuePin>) -> i32 {
    let answer = lock(story, lock_id, pins).await.unwrap();
    assert!(answer.moved_values.is_empty(), "{answer:?}");
    answer.locked_count
}

async fn accept(story: &Story, lock_id: &str) -> Result<(), Status> {
    let ask = pb::AcceptValuesRequest {
        lock_id: lock_id.into(),
        principal: "users/tiep-nhan".into(),
    };
    story.locks.clone().accept_values(ask).await.map(|_| ())
}

async fn release(story: &Story, lock_id: &str, rejected: &[&str]) {
    let ask = pb::ReleaseValuesRequest {
        lock_id: lock_id.into(),
        submission: submission(lock_id),
        principal: "users/tiep-nhan".into(),
        rejected_values: rejected.iter().map(|it| value_name(it)).collect(),
    };
    story.locks.clone().release_values(ask).await.unwrap();
}

async fn standing(story: &Story, indicator: &str) -> (ValueState, String) {
    let value = story.value(&story.reporter, indicator).await.unwrap();
    (value.state(), value.locked_by)
}

fn because(reason: &str, item: pb::ValueItem) -> pb::ValueItem {
    pb::ValueItem {
        reason: reason.into(),
        ..item
    }
}

/// Minh Long with its certificates and files entered.
async fn of_minh_long() -> Story {
    let story = Story::of_minh_long().await;
    let items = vec![
        item("chung-thu-so", count(132)),
        item("ho-so-da-giai-quyet", count(1_250)),
    ];
    let results = story.enter(items).await;
    assert!(results.iter().all(|it| it.issues.is_empty()));
    story
}

#[tokio::test]
async fn a_locked_figure_is_refused_alone_and_its_neighbours_are_written() {
    let story = of_minh_long().await;
    assert_eq!(standing(&story, "chung-thu-so").await.0, ValueState::Draft);
    let pins = vec![pinned("chung-thu-so", 1)];
    assert_eq!(locked(&story, PERIODIC, pins).await, 1);
    let (state, by) = standing(&story, "chung-thu-so").await;
    assert_eq!((state, by), (ValueState::Submitted, submission(PERIODIC)));

    let items = vec![
        because("Rà soát", item("chung-thu-so", count(133))),
        item("ho-so-da-giai-quyet", count(1_260)),
        // A part is a figure of its own.
        part("chung-thu-so", "gioi-nu", count(52)),
        // Saying the same again changes nothing, so it is no offence.
        item("ty-le-van-ban-dien-tu", share("4817", "5209", "92.4")),
    ];
    let asked = story.reporter.ask(minh_long(items));
    let answer = story.values.clone().upsert_indicator_values(asked).await;
    let answer = answer.unwrap().into_inner();
    let became: Vec<_> = answer.results.iter().map(|it| it.disposition()).collect();
    use Disposition::{Created, Rejected, Updated};
    assert_eq!(became, [Rejected, Updated, Created, Created]);
    let issue = &answer.results[0].issues[0];
    assert_eq!(
        (issue.code.as_str(), issue.field.as_str()),
        ("VALUE_LOCKED", "items[0]")
    );
    for text in [&issue.message, &issue.message_vi] {
        assert!(text.contains(&submission(PERIODIC)), "{text}");
    }
    assert!(issue.message_vi.contains("khóa"));
    let shown = &answer.current_values[0];
    assert_eq!(shown.locked_by, submission(PERIODIC));
    assert_eq!(shown.quantity.as_ref().unwrap().text_vi, "132");

    let same = story.enter(vec![item("chung-thu-so", count(132))]).await;
    assert_eq!(same[0].disposition(), Disposition::Unchanged);
    // What is only tried is answered as it would be.
    let tried = pb::UpsertIndicatorValuesRequest {
        validate_only: true,
        ..minh_long(vec![item("chung-thu-so", count(133))])
    };
    let tried = story.upsert(&story.reporter, tried).await.unwrap();
    assert_eq!(codes(&tried[0]), ["VALUE_LOCKED"]);
}

#[tokio::test]
async fn a_locked_figure_is_refused_in_a_session_too_and_the_stream_goes_on() {
    let story = of_minh_long().await;
    locked(&story, PERIODIC, vec![pinned("chung-thu-so", 1)]).await;
    let one_stop_shop = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &one_stop_shop, one_stop(SESSION))
        .await
        .unwrap();
    let items = [
        sent("huyen-minh-long", "chung-thu-so", count(140)),
        sent("huyen-minh-long", "ho-so-da-giai-quyet", count(1_300)),
    ];
    let ack = line.batch(0, &items).await.unwrap();
    assert_eq!(codes(&ack.results[0]), ["VALUE_LOCKED"]);
    assert_eq!(ack.results[1].disposition(), Disposition::Updated);
    // The same items are answered the same, also after the figure is free.
    release(&story, PERIODIC, &[]).await;
    let again = line.batch(0, &items).await.unwrap();
    assert_eq!(again.results, ack.results);
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.revision, 1);
    // A figure that was submitted once is changed with a reason, by machines as well.
    let unsaid = [sent("huyen-minh-long", "chung-thu-so", count(141))];
    let ack = line.batch(2, &unsaid).await.unwrap();
    assert_eq!(codes(&ack.results[0]), ["REASON_REQUIRED"]);
    let said = [because(
        "Đồng bộ lại",
        sent("huyen-minh-long", "chung-thu-so", count(141)),
    )];
    let ack = line.batch(3, &said).await.unwrap();
    assert_eq!(ack.results[0].disposition(), Disposition::Updated);
}

#[tokio::test]
async fn a_figure_that_two_reports_pin_is_free_when_both_are_sent_back() {
    let story = of_minh_long().await;
    let pins = || vec![pinned("chung-thu-so", 1)];
    locked(&story, PERIODIC, pins()).await;
    story
        .world
        .clock
        .set("2022-06-24T01:02:00Z".parse().unwrap());
    locked(&story, THEMATIC, pins()).await;
    let first = (ValueState::Submitted, submission(PERIODIC));
    assert_eq!(standing(&story, "chung-thu-so").await, first);
    accept(&story, THEMATIC).await.unwrap();
    let furthest = (ValueState::Accepted, submission(PERIODIC));
    assert_eq!(standing(&story, "chung-thu-so").await, furthest);

    release(&story, PERIODIC, &["chung-thu-so"]).await;
    let left = (ValueState::Accepted, submission(THEMATIC));
    assert_eq!(standing(&story, "chung-thu-so").await, left);
    let refused = because("Rà soát", item("chung-thu-so", count(133)));
    assert_eq!(
        codes(&story.enter(vec![refused]).await[0]),
        ["VALUE_LOCKED"]
    );

    release(&story, THEMATIC, &[]).await;
    let free = (ValueState::Draft, String::new());
    assert_eq!(standing(&story, "chung-thu-so").await, free);
    let unsaid = story.enter(vec![item("chung-thu-so", count(133))]).await;
    assert_eq!(codes(&unsaid[0]), ["REASON_REQUIRED"]);
    assert_eq!(unsaid[0].issues[0].field, "items[0].reason");
    let said = because("Rà soát lại với cấp xã", item("chung-thu-so", count(133)));
    let said = story.enter(vec![said]).await;
    assert_eq!(said[0].disposition(), Disposition::Updated);

    // Who pinned which version stays readable, the newest first.
    let explain = pb::ExplainValueRequest {
        name: value_name("chung-thu-so"),
    };
    let asked = story.reporter.ask(explain);
    let told = story.values.clone().explain_value(asked).await;
    let told = told.unwrap().into_inner().locks;
    let told: Vec<_> = told
        .iter()
        .map(|it| (it.submission.clone(), it.state(), it.revision))
        .collect();
    let released = |lock_id| (submission(lock_id), ValueState::Draft, 1);
    assert_eq!(told, [released(THEMATIC), released(PERIODIC)]);
}

#[tokio::test]
async fn a_figure_for_which_a_report_is_sent_back_is_rejected_until_it_is_changed() {
    let story = of_minh_long().await;
    let pins = vec![pinned("chung-thu-so", 1), pinned("ho-so-da-giai-quyet", 1)];
    locked(&story, PERIODIC, pins).await;
    release(&story, PERIODIC, &["chung-thu-so"]).await;
    let rejected = (ValueState::Rejected, String::new());
    assert_eq!(standing(&story, "chung-thu-so").await, rejected);
    let state = standing(&story, "ho-so-da-giai-quyet").await.0;
    assert_eq!(state, ValueState::Draft);
    let mended = because("Trùng 2 chứng thư", item("chung-thu-so", count(130)));
    story.enter(vec![mended]).await;
    assert_eq!(standing(&story, "chung-thu-so").await.0, ValueState::Draft);
}

#[tokio::test]
async fn a_lock_holds_exactly_what_was_cited_or_nothing() {
    let story = of_minh_long().await;
    let corrected = story.enter(vec![item("chung-thu-so", count(133))]).await;
    assert_eq!(corrected[0].disposition(), Disposition::Updated);
    let pins = vec![
        pinned("chung-thu-so", 1),
        pinned("ho-so-da-giai-quyet", 1),
        pinned("ty-le-van-ban-dien-tu", 1),
    ];
    let answer = lock(&story, PERIODIC, pins).await.unwrap();
    let moved = [
        value_name("chung-thu-so"),
        value_name("ty-le-van-ban-dien-tu"),
    ];
    assert_eq!(
        (answer.locked_count, answer.moved_values),
        (0, moved.to_vec())
    );
    let state = standing(&story, "ho-so-da-giai-quyet").await.0;
    assert_eq!(state, ValueState::Draft);
    // Nothing was locked, so the same lock may be tried with what is there now.
    let pins = vec![pinned("chung-thu-so", 2), pinned("ho-so-da-giai-quyet", 1)];
    assert_eq!(locked(&story, PERIODIC, pins).await, 2);
}

#[tokio::test]
async fn whatever_is_repeated_or_comes_late_says_the_same() {
    let story = of_minh_long().await;
    let pins = || vec![pinned("chung-thu-so", 1)];
    for _ in 0..2 {
        assert_eq!(locked(&story, PERIODIC, pins()).await, 1);
    }
    for _ in 0..2 {
        accept(&story, PERIODIC).await.unwrap();
    }
    // Asking for the lock again does not take back that it was accepted.
    locked(&story, PERIODIC, pins()).await;
    assert_eq!(
        standing(&story, "chung-thu-so").await.0,
        ValueState::Accepted
    );
    for _ in 0..2 {
        release(&story, PERIODIC, &[]).await;
    }
    assert_eq!(standing(&story, "chung-thu-so").await.0, ValueState::Draft);
    let late = lock(&story, PERIODIC, pins()).await.unwrap_err();
    assert_eq!(
        (late.code(), reason(&late).as_str()),
        (Code::FailedPrecondition, "LOCK_RELEASED")
    );
    let late = accept(&story, PERIODIC).await.unwrap_err();
    assert_eq!(reason(&late), "LOCK_RELEASED");

    // A release that overtakes its lock keeps it from ever holding anything.
    release(&story, THEMATIC, &[]).await;
    let late = lock(&story, THEMATIC, pins()).await.unwrap_err();
    assert_eq!(reason(&late), "LOCK_RELEASED");
    assert_eq!(standing(&story, "chung-thu-so").await.1, "");
    let unknown = accept(&story, "0d6f7b4c-4f0e-4d3a-9a51-5f8c2f6f8f33").await;
    assert_eq!(reason(&unknown.unwrap_err()), "LOCK_NOT_THERE");
}

#[tokio::test]
async fn a_computed_figure_locks_what_it_leads_back_to() {
    let story = of_minh_long().await;
    let per_certificate = derived(
        pb::ValueKind::Decimal,
        "[ho-so-da-giai-quyet] / [chung-thu-so]",
    );
    story
        .publish_new("ho-so-moi-chung-thu", per_certificate)
        .await
        .unwrap();
    let twice = derived(pb::ValueKind::Decimal, "[ho-so-moi-chung-thu] * 2");
    story.publish_new("gap-doi", twice).await.unwrap();
    let shown = story.value(&story.reporter, "gap-doi").await.unwrap();
    assert_eq!(shown.quantity.as_ref().unwrap().text_vi, "18,94");
    assert_eq!(shown.state(), ValueState::Draft);
    let pin = || pb::ValuePin {
        indicator_value: value_name("gap-doi"),
        revision: 0,
        quantity: shown.quantity.clone(),
    };
    // The figure that changes moves everything that is computed from it.
    story.enter(vec![item("chung-thu-so", count(125))]).await;
    let moved = lock(&story, PERIODIC, vec![pin()]).await.unwrap();
    assert_eq!(moved.moved_values, [value_name("gap-doi")]);
    story.enter(vec![item("chung-thu-so", count(132))]).await;

    // Itself, and the two figures under both formulas.
    assert_eq!(locked(&story, PERIODIC, vec![pin()]).await, 3);
    for indicator in ["chung-thu-so", "ho-so-da-giai-quyet"] {
        let locked = (ValueState::Submitted, submission(PERIODIC));
        assert_eq!(standing(&story, indicator).await, locked, "{indicator}");
    }
    let refused = story.enter(vec![item("chung-thu-so", count(125))]).await;
    assert_eq!(codes(&refused[0]), ["VALUE_LOCKED"]);
    accept(&story, PERIODIC).await.unwrap();
    assert_eq!(standing(&story, "gap-doi").await.0, ValueState::Accepted);
    let listed = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    let states: Vec<_> = listed
        .indicator_values
        .iter()
        .map(|it| it.state())
        .collect();
    assert_eq!(states, [ValueState::Accepted; 4]);
}

#[tokio::test]
async fn only_a_service_locks_figures() {
    let story = of_minh_long().await;
    let mut behind_the_gate = ValueLockServiceClient::new(story.peer.clone());
    let ask = locking(PERIODIC, vec![pinned("chung-thu-so", 1)]);
    for person in [&story.world.administrator, &story.reporter] {
        let refused = behind_the_gate.lock_values(person.ask(ask.clone())).await;
        assert_eq!(refused.unwrap_err().code(), Code::Unauthenticated);
    }
    assert_eq!(standing(&story, "chung-thu-so").await.0, ValueState::Draft);
}

#[tokio::test]
async fn a_lock_has_its_bounds_and_names_everything_that_is_bad() {
    let story = of_minh_long().await;
    let mut ask = locking("khong-phai-uuid", vec![pinned("chung-thu-so", -1); 2]);
    ask.submission = "submissions/1".into();
    ask.principal = String::new();
    let refused = story.locks.clone().lock_values(ask).await.unwrap_err();
    let fields = fields(&refused);
    let told: Vec<_> = fields
        .iter()
        .map(|(field, why)| (field.as_str(), why.as_str()))
        .collect();
    let expected = [
        ("lock_id", "PATTERN"),
        ("submission", "PATTERN"),
        ("principal", "REQUIRED"),
        ("pins[0].revision", "OUT_OF_RANGE"),
        ("pins[1].revision", "OUT_OF_RANGE"),
    ];
    assert_eq!(told, expected);
    let empty = lock(&story, PERIODIC, Vec::new()).await.unwrap_err();
    assert_eq!(crate::story::fields(&empty)[0].0, "pins");
    let twice = lock(&story, PERIODIC, vec![pinned("chung-thu-so", 1); 2]).await;
    let twice = crate::story::fields(&twice.unwrap_err());
    assert_eq!(
        twice[0],
        ("pins[1].indicator_value".into(), "DUPLICATE".into())
    );
    let pin = |number| pb::ValuePin {
        indicator_value: format!("indicators/i{number}/values/huyen-minh-long.2022-h1"),
        revision: 1,
        quantity: None,
    };
    let many = lock(&story, PERIODIC, (0..5_001).map(pin).collect()).await;
    assert_eq!(crate::story::fields(&many.unwrap_err())[0].0, "pins");
    let most = lock(&story, PERIODIC, (0..5_000).map(pin).collect())
        .await
        .unwrap();
    assert_eq!(most.moved_values.len(), 5_000);
}
