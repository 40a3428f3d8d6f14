use super::{rules::*, *};
use kit::Error;

fn project() -> ProjectId {
    ProjectId::new("hop-khong-giay").unwrap()
}

fn percent(text: &str) -> Option<Percent> {
    text.parse().ok()
}

fn said(period: &str, reason: &str) -> Said {
    Said {
        period: period.parse().unwrap(),
        as_of: None,
        health: Health::OnTrack,
        result_text: String::new(),
        difficulty_text: String::new(),
        note: String::new(),
        reason: reason.into(),
        plan: None,
    }
}

fn entry(number: i64, period: &str, completion: &str) -> ProgressEntry {
    ProgressEntry {
        project: project(),
        number,
        said: said(period, ""),
        method: Method::Estimate,
        completion: Completion {
            percent: percent(completion),
            ..Completion::default()
        },
        corrects: None,
        source: None,
        principal: Principal::from_name("users/can-bo").unwrap(),
        create_time: DateTime::UNIX_EPOCH,
    }
}

fn new(period: &str, corrects: Option<i64>, reason: &str) -> CreateProgressEntry {
    CreateProgressEntry {
        project: project(),
        said: said(period, reason),
        percent: None,
        done: None,
        corrects,
        source: None,
    }
}

#[test]
fn a_second_entry_for_a_period_names_the_one_that_stands() {
    let standing = entry(4, "2022-h1", "40");
    let check = |corrects, standing| names_what_stands(&new("2022-h1", corrects, ""), standing);
    assert!(check(None, None).is_ok());
    assert!(check(Some(4), Some(&standing)).is_ok());
    for corrects in [None, Some(1)] {
        let Err(Error::Rule(reason, facts)) = check(corrects, Some(&standing)) else {
            panic!()
        };
        assert_eq!(reason.code, "PROGRESS_NEEDS_CORRECTION");
        assert_eq!(
            facts["standing"],
            "projects/hop-khong-giay/progressEntries/p000004"
        );
    }
    assert!(matches!(check(Some(4), None), Err(Error::Invalid(_))));
}

#[test]
fn completion_falls_only_when_somebody_says_why() {
    let ground = Ground {
        before: Some(entry(4, "2022-h1", "60.5")),
        after: Some(entry(6, "2022", "80")),
        ..Ground::default()
    };
    let check = |completion, reason| {
        falls_with_a_reason(&new("2022-9m", None, reason), percent(completion), &ground)
    };
    assert!(check("60.50", "").is_ok());
    assert!(check("80.0", "").is_ok());
    assert!(check("", "").is_ok());
    assert!(check("60.4", "Nghiệm thu lại khối lượng").is_ok());
    let fell = |completion| match check(completion, "") {
        Err(Error::Rule(reason, facts)) => {
            assert_eq!(reason.code, "COMPLETION_FELL");
            let named = ["before", "after", "entry"].map(|it| facts[it].clone());
            named.map(|it| it.rsplit('/').next().unwrap_or_default().to_owned())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(fell("60.4"), ["60.5", "60.4", "p000004"]);
    // Entered late, it makes the one after it a fall.
    assert_eq!(fell("80.1"), ["80.1", "80", "p000006"]);
}

#[test]
fn a_correction_downwards_is_a_fall_too() {
    let ground = Ground {
        standing: Some(entry(4, "2022-h1", "60")),
        ..Ground::default()
    };
    let check = |completion, reason| {
        let new = new("2022-h1", Some(4), reason);
        falls_with_a_reason(&new, percent(completion), &ground)
    };
    assert!(check("60", "").is_ok());
    assert!(check("45", "Nhập nhầm").is_ok());
    assert!(check("45", "").is_err());
}

#[test]
fn a_state_has_words_when_nobody_wrote_any() {
    let mut entry = entry(1, "2022-h1", "");
    let words = Health::ALL.map(|health| {
        entry.said.health = health;
        entry.result().to_owned()
    });
    let expected = [
        "Chưa thực hiện",
        "Đang thực hiện",
        "Có nguy cơ chậm",
        "Chậm tiến độ",
        "Gặp vướng mắc",
        "Đã hoàn thành",
    ];
    assert_eq!(words, expected);
    entry.said.result_text = "Đã lắp đặt tại 3/5 xã".into();
    assert_eq!(entry.result(), "Đã lắp đặt tại 3/5 xã");
}
