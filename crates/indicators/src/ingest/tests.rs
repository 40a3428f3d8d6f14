use types::{ids::Principal, violations::Invalid};

use super::*;
use crate::value::ground::Ground;

fn ready(offset: i64, count: u8) -> Ready {
    let principal = Principal::from_name("serviceAccounts/mot-cua").unwrap();
    let sent = |number| Sent {
        checked: Checked::new(
            Item {
                path: String::new(),
                id: None,
                entry: Err(Invalid::default()),
            },
            &principal,
            &Ground::default(),
        ),
        hash: [number; HASH_LENGTH],
    };
    Ready {
        offset,
        items: (0..count).map(sent).collect(),
        looked: Instant::now(),
    }
}

type Numbers = Vec<u8>;

fn parts(batches: &[(i64, u8)], next_offset: i64) -> (Vec<(i64, u8)>, Vec<Numbers>) {
    let batches = batches.iter().map(|(offset, count)| ready(*offset, *count));
    let Parted { known, new } = part(batches.collect(), next_offset).unwrap();
    let known = known.iter().map(|(place, it)| (*place, it.hash[0]));
    let new = new.iter();
    let new = new.map(|batch| batch.iter().map(|it| it.hash[0]).collect());
    (known.collect(), new.collect())
}

#[test]
fn what_was_taken_before_is_parted_from_what_is_new() {
    assert_eq!(parts(&[(10, 3)], 10), (vec![], vec![vec![0, 1, 2]]));
    assert_eq!(
        parts(&[(10, 3)], 12),
        (vec![(10, 0), (11, 1)], vec![vec![2]])
    );
    assert_eq!(parts(&[(10, 2)], 900), (vec![(10, 0), (11, 1)], vec![]));
    assert!(matches!(
        part(vec![ready(11, 1)], 10),
        Err(Error::OutOfRange(reason, facts))
            if reason.code == "INGEST_OFFSET_GAP" && facts["next_offset"] == "10"
    ));
}

#[test]
fn batches_that_are_taken_together_stay_batches() {
    let three = [(10, 2), (12, 2), (14, 1)];
    let all_new = vec![vec![0, 1], vec![0, 1], vec![0]];
    assert_eq!(parts(&three, 10), (vec![], all_new));
    let known = vec![(10, 0), (11, 1), (12, 0)];
    assert_eq!(parts(&three, 13), (known.clone(), vec![vec![1], vec![0]]));
    let known = [known, vec![(13, 1)]].concat();
    assert_eq!(parts(&three, 14), (known, vec![vec![0]]));
}

#[test]
fn each_batch_is_acknowledged_as_if_it_had_been_taken_alone() {
    let answer = |offset| Answer {
        result: proto::shared::ItemResult {
            offset,
            ..Default::default()
        },
        current: None,
    };
    let acks = acknowledge(10, &[12, 13, 15], (10..15).map(answer).collect(), 13);
    let told = acks.iter().map(|ack| {
        let offsets = ack.results.iter().map(|it| it.offset);
        (ack.next_offset, offsets.collect::<Vec<_>>())
    });
    let told: Vec<_> = told.collect();
    let expected = [(13, vec![10, 11]), (13, vec![12]), (15, vec![13, 14])];
    assert_eq!(told, expected);
    assert!(acks.iter().all(|it| it.credit == CREDIT));
}

#[test]
fn a_session_is_summed_up_when_everything_has_arrived() {
    let session = Session {
        id: Uuid::nil(),
        source_system: "sourceSystems/mot-cua".into(),
        validate_only: false,
        next_offset: 7,
        counts: Counts {
            created: 7,
            ..Counts::default()
        },
    };
    assert_eq!(Ingests::close(&session, 7).unwrap().created, 7);
    let early = Ingests::close(&session, 8).unwrap_err();
    assert!(matches!(early, Error::OutOfRange(..)));
    let wrong = Ingests::close(&session, 6).unwrap_err();
    assert!(matches!(wrong, Error::Rule(reason, _) if reason.code == "INGEST_TOTAL_MISMATCH"));
}
