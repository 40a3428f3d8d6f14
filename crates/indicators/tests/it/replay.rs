//! Whatever a sender repeats, from wherever and however cut, changes nothing and is
//! answered the same.

use std::{cell::Cell, collections::BTreeMap};

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};
use proto::{
    indicators as pb,
    shared::{Disposition, ItemResult, Quantity},
};
use testkit::Person;
use tokio::runtime::Handle;

use crate::{
    ingest_line::{Line, one_stop, sent},
    story::{Story, count, definition},
};

/// One figure comes again after this many others at the earliest, so that no batch holds
/// it twice.
const KEYS: usize = 8;
const MOST_BATCH: usize = 6;

/// What a sender does: from how far back it goes on, and how it cuts what it sends.
type Step = (usize, Vec<usize>);

fn steps() -> impl Strategy<Value = Vec<Step>> {
    vec((0_usize..40, vec(1..=MOST_BATCH, 1..6)), 1..8)
}

/// The items of a case: figures that change, say the same again, or are refused.
fn items(case: usize, figures: &[i64]) -> Vec<pb::ValueItem> {
    let figures = figures.iter().enumerate();
    let items = figures.map(|(place, figure)| {
        let mut item = sent("huyen-minh-long", "chi-tieu", count(*figure));
        // Every case has figures of its own.
        item.breakdown = format!("{case}-{}", place % KEYS);
        item
    });
    items.collect()
}

/// What becomes of the items when each is taken once, one after the other.
fn expected(figures: &[i64]) -> Vec<Disposition> {
    let mut known = BTreeMap::new();
    let became = figures.iter().enumerate().map(|(place, figure)| {
        if *figure < 0 {
            return Disposition::Rejected;
        }
        match known.insert(place % KEYS, *figure) {
            None => Disposition::Created,
            Some(before) if before == *figure => Disposition::Unchanged,
            Some(_) => Disposition::Updated,
        }
    });
    became.collect()
}

/// Sends as the steps say, then to the end; returns every answer to every place.
async fn drive(
    story: &Story,
    machine: &Person,
    case: usize,
    items: &[pb::ValueItem],
    steps: &[Step],
) -> (Vec<Vec<ItemResult>>, [i64; 4]) {
    let session = format!("0d6f7b4c-4f0e-4d3a-9a51-{case:012}");
    let mut answers = vec![Vec::new(); items.len()];
    let to_the_end = (0, vec![MOST_BATCH; items.len()]);
    let mut summary = [0; 4];
    for (back, sizes) in steps.iter().chain([&to_the_end]) {
        let open = one_stop(&session);
        let mut line = Line::open(&story.values, machine, open).await.unwrap();
        let next = usize::try_from(line.ready.next_offset).unwrap();
        let mut at = next.saturating_sub(*back);
        for size in sizes {
            let to = (at + size).min(items.len());
            if at == to {
                break;
            }
            let offset = i64::try_from(at).unwrap();
            let ack = line.batch(offset, &items[at..to]).await.unwrap();
            assert_eq!(ack.results.len(), to - at);
            for (place, result) in (at..).zip(ack.results) {
                answers[place].push(result);
            }
            at = to;
        }
        if at == items.len() {
            let total = i64::try_from(items.len()).unwrap();
            summary = line.close(total).await.unwrap();
        }
    }
    (answers, summary)
}

/// What stands at the end: the number of versions, and each figure.
type Standing = (i32, BTreeMap<usize, Quantity>);

/// Returns what stands of a case.
async fn standing(story: &Story, case: usize) -> Standing {
    let mut list = crate::story::whole_sheet();
    list.page_size = 500;
    let (mut versions, mut figures) = (0, BTreeMap::new());
    loop {
        let page = story.sheet(&story.reporter, list.clone()).await.unwrap();
        for value in page.indicator_values {
            let Some(key) = value.breakdown.strip_prefix(&format!("{case}-")) else {
                continue;
            };
            versions += value.revision;
            let before = figures.insert(key.parse().unwrap(), value.quantity.unwrap());
            assert_eq!(before, None);
        }
        if page.next_page_token.is_empty() {
            return (versions, figures);
        }
        list.page_token = page.next_page_token;
    }
}

async fn check(story: &Story, machine: &Person, case: usize, figures: &[i64], steps: &[Step]) {
    let items = items(case, figures);
    let (answers, summary) = drive(story, machine, case, &items, steps).await;
    let expected = expected(figures);
    for (place, (told, expected)) in answers.iter().zip(&expected).enumerate() {
        let first = &told[0];
        assert_eq!(usize::try_from(first.offset).unwrap(), place);
        assert_eq!(first.disposition(), *expected, "item {place}");
        assert!(told.iter().all(|it| it == first), "item {place}: {told:?}");
    }
    let count = |which| expected.iter().filter(|it| **it == which).count();
    use Disposition::{Created, Rejected, Unchanged, Updated};
    let counts = [Created, Updated, Unchanged, Rejected].map(count);
    assert_eq!(summary.map(|it| usize::try_from(it).unwrap()), counts);
    let written = i32::try_from(counts[0] + counts[1]).unwrap();
    let taken = figures.iter().enumerate().filter(|(_, it)| **it >= 0);
    let last: BTreeMap<_, _> = taken.map(|(place, it)| (place % KEYS, *it)).collect();
    let (versions, shown) = standing(story, case).await;
    assert_eq!(versions, written);
    let text = |it: &Quantity| it.text_vi.parse().unwrap();
    let shown: BTreeMap<usize, i64> = shown.iter().map(|(key, it)| (*key, text(it))).collect();
    assert_eq!(shown, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_replayed_from_anywhere_gives_the_same_state_and_the_same_answers() {
    let story = Story::begins().await;
    let count = definition("Chỉ tiêu", pb::ValueKind::Count);
    story.publish_new("chi-tieu", count).await.unwrap();
    let machine = story.connect("mot-cua").await;
    let config = Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    };
    let case = Cell::new(0);
    let strategy = (vec(-1_i64..3, 1..60), steps());
    let ran = TestRunner::new(config).run(&strategy, |(figures, steps)| {
        // Every run, also one that makes a failure smaller, has a session of its own.
        case.set(case.get() + 1);
        let checked = check(&story, &machine, case.get(), &figures, &steps);
        tokio::task::block_in_place(|| Handle::current().block_on(checked));
        Ok(())
    });
    ran.unwrap();
}
