use std::time::Duration;

use indicators::Indicators;
use proto::{
    indicators::{
        self as pb, ingest_values_request::Frame as Asked, ingest_values_response::Frame as Told,
        value_service_client::ValueServiceClient,
    },
    shared::{self, Disposition},
};
use sea_orm::ConnectionTrait;
use tonic::Code;
use tonic_types::StatusExt;

use crate::{
    ingest_ledger::ledger,
    ingest_line::{Line, SESSION, batch, one_stop, sent},
    story::{
        Story, codes, count, dispositions, fields, not_arisen, reason, share, value_name,
        whole_history, whole_sheet,
    },
};

pub(crate) const MINH_LONG: &str = "huyen-minh-long";

pub(crate) fn offsets(ack: &pb::IngestAck) -> Vec<i32> {
    ack.results.iter().map(|it| it.offset).collect()
}

#[tokio::test]
async fn figures_sent_in_batches_are_here_when_they_are_acknowledged() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    assert_eq!(line.ready.next_offset, 0);
    assert!(line.ready.credit >= line.ready.max_batch_items);
    let first = [
        sent(MINH_LONG, "ho-so-da-giai-quyet", count(15_684)),
        sent("xa-long-hiep", "ho-so-da-giai-quyet", count(230)),
    ];
    let ack = line.batch(0, &first).await.unwrap();
    assert_eq!((ack.next_offset, ack.credit), (2, line.ready.credit));
    assert_eq!(dispositions(&ack.results), [Disposition::Created; 2]);
    assert_eq!(ack.results[0].name, value_name("ho-so-da-giai-quyet"));
    let value = story
        .value(&story.reporter, "ho-so-da-giai-quyet")
        .await
        .unwrap();
    assert_eq!(value.quantity.as_ref().unwrap().text_vi, "15.684");
    let source = value.source.unwrap();
    assert_eq!(source.kind(), shared::SourceKind::Ingested);
    assert_eq!(source.resource, "sourceSystems/mot-cua");
    assert_eq!(source.principal, machine.name);

    let second = [
        sent(MINH_LONG, "ho-so-da-giai-quyet", count(15_690)),
        sent("xa-long-hiep", "ho-so-da-giai-quyet", count(230)),
        sent(MINH_LONG, "ty-le-ho-so-truc-tuyen", not_arisen()),
    ];
    let ack = line.batch(2, &second).await.unwrap();
    assert_eq!(offsets(&ack), [2, 3, 4]);
    use Disposition::{Created, Unchanged, Updated};
    assert_eq!(dispositions(&ack.results), [Updated, Unchanged, Created]);
    assert_eq!(line.close(5).await.unwrap(), [3, 1, 1, 0]);

    let history = whole_history("ho-so-da-giai-quyet");
    let history = story.history(&story.reporter, history).await.unwrap();
    assert_eq!(history.revisions.len(), 2);
}

#[tokio::test]
async fn batches_that_are_committed_together_are_answered_as_if_each_came_alone() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    // All of them are on the way before the first answer is looked at; each corrects the
    // figure of the one before, and knows which.
    let batches: Vec<_> = (0..20)
        .map(|number| {
            let mut item = sent(MINH_LONG, "chung-thu-so", count(number));
            if number > 0 {
                item.etag = format!("\"v{number}\"");
                item.reason = format!("lần {number}");
            }
            let other = sent("huyen-ba-to", "chung-thu-so", count(number));
            vec![item, other]
        })
        .collect();
    // Nobody can write meanwhile, so that they come to wait for each other.
    let other = story.db.begin_as("users/can-bo", "", "").await.unwrap();
    let hold = "UPDATE ingest_sessions SET touch_micros = touch_micros";
    other.db.execute_unprepared(hold).await.unwrap();
    for (offset, items) in (0..).step_by(2).zip(&batches) {
        line.send(batch(offset, items)).await;
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    other.take_back().await.unwrap();
    for number in 0..20 {
        let Some(Told::Ack(ack)) = line.told().await.unwrap() else {
            panic!("a batch is acknowledged");
        };
        assert_eq!(ack.next_offset, number * 2 + 2);
        let first = i32::try_from(number * 2).unwrap();
        assert_eq!(offsets(&ack), [first, first + 1]);
        let expected = match number {
            0 => Disposition::Created,
            _ => Disposition::Updated,
        };
        let told = dispositions(&ack.results);
        assert_eq!(told, [expected, Disposition::Rejected], "{ack:?}");
    }
    assert_eq!(line.close(40).await.unwrap(), [1, 19, 0, 20]);
    let history = whole_history("chung-thu-so");
    let history = story.history(&story.reporter, history).await.unwrap();
    let reasons = history.revisions.iter().rev().map(|it| it.reason.as_str());
    let mut expected: Vec<_> = (0..20).map(|it| format!("lần {it}")).collect();
    expected[0].clear();
    assert_eq!(reasons.collect::<Vec<_>>(), expected);
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(
        (value.revision, value.quantity.unwrap().text_vi.as_str()),
        (20, "19")
    );
    // Fewer commits than batches: what had arrived was committed together.
    assert!(ledger(&story).await.len() < 20);
}

#[tokio::test]
async fn bad_items_are_refused_one_by_one_and_do_not_stop_the_stream() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let mut long = sent(MINH_LONG, "chung-thu-so", count(1));
    long.note = "ô".repeat(2001);
    let mut late = sent(MINH_LONG, "chung-thu-so", count(133));
    late.etag = "\"v9\"".into();
    let items = [
        sent(MINH_LONG, "chung-thu-so", count(132)),
        sent("huyen-ba-to", "chung-thu-so", count(1)),
        sent("huyen-khong-co", "chung-thu-so", count(1)),
        sent(MINH_LONG, "khong-co", count(1)),
        sent(MINH_LONG, "ty-le-van-ban-dien-tu", count(1)),
        pb::ValueItem::default(),
        long,
    ];
    let ack = line.batch(0, &items).await.unwrap();
    use Disposition::{Created, Rejected};
    assert_eq!(ack.results[0].disposition(), Created);
    assert!(
        ack.results[1..]
            .iter()
            .all(|it| it.disposition() == Rejected)
    );
    let told: Vec<_> = ack.results[1..5].iter().map(codes).collect();
    assert_eq!(
        told,
        [
            ["UNIT_NOT_PERMITTED"],
            // What does not exist is told in the same words.
            ["UNIT_NOT_PERMITTED"],
            ["REFERENCE_NOT_FOUND"],
            ["VALUE_KIND_MISMATCH"],
        ]
    );
    let told: Vec<_> = ack.results[5]
        .issues
        .iter()
        .map(|it| it.field.as_str())
        .collect();
    let required = ["indicator", "unit", "period", "quantity"];
    assert_eq!(told, required.map(|it| format!("items[5].{it}")));
    assert_eq!(ack.results[6].issues[0].field, "items[6].note");
    let issues = ack.results.iter().flat_map(|it| &it.issues);
    for issue in issues {
        assert!(!issue.message.is_empty() && !issue.message_vi.is_empty());
    }

    let ack = line.batch(7, &[late.clone()]).await.unwrap();
    assert_eq!(codes(&ack.results[0]), ["VALUE_CHANGED"]);
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(ack.current_values, std::slice::from_ref(&value));
    assert_eq!(line.close(8).await.unwrap(), [1, 0, 0, 7]);
    // The same question gets the same answer, also about what was in force.
    assert_eq!(line.batch(7, &[late]).await.unwrap(), ack);
    let sheet = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    assert_eq!(sheet.indicator_values, [value]);
}

#[tokio::test]
async fn a_session_goes_on_after_a_break_and_after_a_restart_of_the_server() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let items: Vec<_> = (0..6)
        .map(|number| sent(MINH_LONG, "chung-thu-so", count(number)))
        .collect();
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let mut acks = Vec::new();
    for place in 0..3 {
        let item = &items[place..=place];
        let offset = i64::try_from(place).unwrap();
        acks.extend(line.batch(offset, item).await.unwrap().results);
    }
    drop(line);

    let again = Indicators::open(story.db.clone(), story.world.access())
        .await
        .unwrap();
    let values = ValueServiceClient::new(story.world.peer(again.routes()));
    let mut line = Line::open(&values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    assert_eq!(line.ready.next_offset, 3);
    // A sender that is not sure sends again, cut otherwise: what was taken is answered as
    // it was, the rest is taken.
    let ack = line.batch(1, &items[1..4]).await.unwrap();
    assert_eq!(ack.results[..2], acks[1..]);
    assert_eq!(ack.next_offset, 4);
    let history = whole_history("chung-thu-so");
    let history = story.history(&story.reporter, history).await.unwrap();
    assert_eq!(history.revisions.len(), 4);

    again.end_streams();
    assert_eq!(line.told().await.unwrap(), None);
    let refused = line.told().await;
    assert_eq!(refused.unwrap(), None);
}

#[tokio::test]
async fn a_gap_and_other_content_at_a_known_place_end_the_stream() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let open = || Line::open(&story.values, &machine, one_stop(SESSION));
    let items = [
        sent(MINH_LONG, "chung-thu-so", count(132)),
        sent(MINH_LONG, "ho-so-da-giai-quyet", count(7)),
    ];
    let mut line = open().await.unwrap();
    line.batch(0, &items).await.unwrap();
    let gap = line.batch(3, &items).await.unwrap_err();
    assert_eq!(
        (gap.code(), reason(&gap).as_str()),
        (Code::OutOfRange, "INGEST_OFFSET_GAP")
    );
    let told = gap.get_error_details();
    let told = told.error_info().unwrap();
    assert_eq!(told.metadata["next_offset"], "2");
    assert_eq!(told.domain, "indicators.cds");
    assert_eq!(line.told().await.unwrap(), None);

    let mut line = open().await.unwrap();
    assert_eq!(line.ready.next_offset, 2);
    let changed = [sent(MINH_LONG, "chung-thu-so", count(133))];
    let refused = line.batch(0, &changed).await.unwrap_err();
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "INGEST_ITEM_CHANGED")
    );
    let early = open().await.unwrap().close(3).await.unwrap_err();
    assert_eq!(reason(&early), "INGEST_OFFSET_GAP");
    let wrong = open().await.unwrap().close(1).await.unwrap_err();
    assert_eq!(reason(&wrong), "INGEST_TOTAL_MISMATCH");
    assert_eq!(open().await.unwrap().close(2).await.unwrap(), [2, 0, 0, 0]);
}

#[tokio::test]
async fn frames_out_of_order_and_batches_out_of_bounds_are_refused() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let open = || Line::open(&story.values, &machine, one_stop(SESSION));
    let item = sent(MINH_LONG, "chung-thu-so", count(132));
    let why = |field: &str, reason: &str| vec![(field.to_owned(), reason.to_owned())];

    let refused = open().await.unwrap().batch(0, &[]).await.unwrap_err();
    assert_eq!(fields(&refused), why("batch.items", "REQUIRED"));
    let many = vec![item.clone(); 2001];
    let refused = open().await.unwrap().batch(0, &many).await.unwrap_err();
    assert_eq!(fields(&refused), why("batch.items", "OUT_OF_RANGE"));
    for offset in [-1, 2_000_000_000, i64::MAX] {
        let one = std::slice::from_ref(&item);
        let refused = open().await.unwrap().batch(offset, one).await.unwrap_err();
        assert_eq!(fields(&refused), why("batch.offset", "OUT_OF_RANGE"));
    }
    let mut line = open().await.unwrap();
    line.send(Asked::Open(one_stop(SESSION))).await;
    let refused = line.told().await.unwrap_err();
    assert_eq!(fields(&refused), why("open", "OUT_OF_ORDER"));

    let none = pb::IngestOpen::default();
    let refused = Line::open(&story.values, &machine, none).await;
    let told = fields(&refused.err().unwrap());
    let told: Vec<_> = told.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(
        told,
        ["open.session_id", "open.source_system", "open.scope_unit"]
    );
    let words = pb::IngestOpen {
        source_system: "Phần mềm một cửa".into(),
        ..one_stop(SESSION)
    };
    let refused = Line::open(&story.values, &machine, words).await;
    let told = fields(&refused.err().unwrap());
    assert_eq!(told, why("open.source_system", "PATTERN"));
    let refused = Line::open(&story.values, &machine, one_stop("phien-1")).await;
    let told = fields(&refused.err().unwrap());
    assert_eq!(told, why("open.session_id", "PATTERN"));
}

#[tokio::test]
async fn no_more_is_on_the_way_than_the_credit() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let item = sent("huyen-ba-to", "chung-thu-so", count(132));
    let most = usize::try_from(line.ready.max_batch_items).unwrap();
    let full = vec![item; most];
    // Nothing is read from the server meanwhile, so nothing is acknowledged.
    let mut offset = 0;
    for _ in 0..20 {
        line.send(batch(offset, &full)).await;
        offset += i64::try_from(most).unwrap();
    }
    let refused = loop {
        match line.told().await {
            Ok(Some(Told::Ack(ack))) => assert!(ack.next_offset < offset),
            Ok(other) => panic!("more than the credit was taken: {other:?}"),
            Err(refused) => break refused,
        }
    };
    assert_eq!(
        (refused.code(), reason(&refused).as_str()),
        (Code::FailedPrecondition, "INGEST_CREDIT_EXCEEDED")
    );
}

#[tokio::test]
async fn a_dry_run_gives_the_same_answers_and_keeps_nothing() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let items = [
        sent(MINH_LONG, "chung-thu-so", count(132)),
        sent(MINH_LONG, "khong-co", count(1)),
        sent(MINH_LONG, "ty-le-van-ban-dien-tu", share("9", "8", "")),
    ];
    let rehearsal = pb::IngestOpen {
        validate_only: true,
        ..one_stop(SESSION)
    };
    let mut tried = Vec::new();
    for _ in 0..2 {
        let mut line = Line::open(&story.values, &machine, rehearsal.clone())
            .await
            .unwrap();
        assert_eq!(line.ready.next_offset, 0);
        tried.push(line.batch(0, &items).await.unwrap());
        assert_eq!(line.batch(0, &items).await.unwrap(), tried[0]);
        assert_eq!(line.close(3).await.unwrap(), [2, 0, 0, 1]);
        let gap = line.batch(4, &items).await.unwrap_err();
        assert_eq!(reason(&gap), "INGEST_OFFSET_GAP");
    }
    let sheet = story.sheet(&story.reporter, whole_sheet()).await.unwrap();
    assert_eq!(sheet.indicator_values, []);
    let mut line = Line::open(&story.values, &machine, one_stop(SESSION))
        .await
        .unwrap();
    let done = line.batch(0, &items).await.unwrap();
    assert_eq!(tried, [done.clone(), done.clone()]);
    assert_eq!(codes(&done.results[2]), ["RATIO_ABOVE_WHOLE"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_lines_of_one_session_take_every_item_once() {
    let story = Story::of_minh_long().await;
    let machine = story.connect("mot-cua").await;
    let items: Vec<_> = (0..40)
        .map(|number| sent(MINH_LONG, "chung-thu-so", count(number)))
        .collect();
    let drive = async || {
        let open = one_stop(SESSION);
        let mut line = Line::open(&story.values, &machine, open).await.unwrap();
        for (offset, item) in (0..).zip(items.chunks(1)) {
            let ack = line.batch(offset, item).await.unwrap();
            assert_ne!(ack.results[0].disposition(), Disposition::Rejected);
        }
        line.close(40).await.unwrap()
    };
    let (one, other) = tokio::join!(drive(), drive());
    assert_eq!(one, [1, 39, 0, 0]);
    assert_eq!(other, one);
    let value = story.value(&story.reporter, "chung-thu-so").await.unwrap();
    assert_eq!(value.revision, 40);
}
