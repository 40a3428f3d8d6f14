//! Deadlines in words. "20 ngày sau khi được cấp kinh phí" is a day as soon as the money is
//! granted; "thường xuyên" never is one.
//!
//! Words are read only where they say exactly this: so many days or months, after one event
//! that is known here. Anything else stays words, and no day is made up for it. Working days
//! are such words too, because the days off of a year are not known here.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, Months, NaiveDate};
use kit::Result;
use sea_orm::ConnectionTrait;
use types::{ids::ProjectId, text::fold};

use crate::{
    allocation::{self, Allocation, AllocationKind},
    project::Project,
};

/// Most days or months that are counted; beyond that it is a slip of the pen.
const MOST: u32 = 3650;

/// What words count from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    Approved,
    Granted,
    Started,
}

/// So much time after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Relative {
    span: Span,
    event: Event,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Days(u32),
    Months(u32),
}

/// The days of a project that deadlines may count from, as far as they have come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Events {
    approved: Option<NaiveDate>,
    granted: Option<NaiveDate>,
    started: Option<NaiveDate>,
}

/// Says whether words tell of work that goes on all the time.
pub(crate) fn is_continuous(words: &str) -> bool {
    fold(words).contains("thuong xuyen")
}

/// Returns the day a deadline falls on: the one that is written, or the one its words come to.
pub(crate) fn day(words: &str, written: Option<NaiveDate>, events: &Events) -> Option<NaiveDate> {
    written.or_else(|| {
        let it = read(words)?;
        let from = match it.event {
            Event::Approved => events.approved?,
            Event::Granted => events.granted?,
            Event::Started => events.started?,
        };
        // The day of the event is not counted (Bộ luật Dân sự 2015, Điều 147).
        match it.span {
            Span::Days(days) => from.checked_add_days(Days::new(days.into())),
            Span::Months(months) => from.checked_add_months(Months::new(months)),
        }
    })
}

/// Reads so much time after an event.
fn read(words: &str) -> Option<Relative> {
    const LEADS: [&str; 5] = [
        "trong thoi han ",
        "trong vong ",
        "trong ",
        "cham nhat ",
        "sau ",
    ];
    const LINKS: [&str; 6] = [
        "sau khi ",
        "ke tu khi ",
        "ke tu ngay ",
        "tu khi ",
        "tu ngay ",
        "sau ngay ",
    ];
    let folded = fold(words);
    let text = folded.trim_end_matches('.');
    let text = LEADS
        .iter()
        .find_map(|it| text.strip_prefix(it))
        .unwrap_or(text);
    let (number, rest) = text.split_once(' ')?;
    let number = number.parse::<u32>().ok().filter(|it| *it <= MOST)?;
    let (unit, rest) = rest.split_once(' ')?;
    let span = match unit {
        "ngay" => Span::Days(number),
        "thang" => Span::Months(number),
        _ => return None,
    };
    let event = LINKS.iter().find_map(|it| rest.strip_prefix(it))?;
    Some(Relative {
        span,
        event: read_event(event)?,
    })
}

/// Reads the event, which is all there is left to read: words that say more tell of another
/// thing ("phê duyệt quyết toán"), and of no day.
fn read_event(words: &str) -> Option<Event> {
    const TOLD: [(&str, Event); 11] = [
        ("cap kinh phi", Event::Granted),
        ("cap von", Event::Granted),
        ("bo tri kinh phi", Event::Granted),
        ("bo tri von", Event::Granted),
        ("giao du toan", Event::Granted),
        ("phe duyet", Event::Approved),
        ("co quyet dinh phe duyet", Event::Approved),
        ("khoi cong", Event::Started),
        ("bat dau thuc hien", Event::Started),
        ("trien khai", Event::Started),
        ("trien khai thuc hien", Event::Started),
    ];
    let words = words.strip_prefix("du an ").unwrap_or(words);
    let words = words.strip_prefix("duoc ").unwrap_or(words);
    let words = words.strip_suffix(" du an").unwrap_or(words);
    TOLD.iter()
        .find(|(it, _)| *it == words)
        .map(|(_, event)| *event)
}

/// Reads the days that these projects' deadlines may count from. Which money was granted is
/// looked up only for those whose words wait for it.
pub(crate) async fn events_of(
    db: &impl ConnectionTrait,
    projects: &[(&Project, bool)],
    today: NaiveDate,
) -> Result<BTreeMap<ProjectId, Events>> {
    let mut events = BTreeMap::new();
    let mut waiting = Vec::new();
    for (project, waits) in projects {
        let known = Events {
            approved: project.standing.approval_date,
            started: project.standing.actual_start,
            granted: None,
        };
        events.insert(project.id.clone(), known);
        if *waits {
            waiting.push(*project);
        }
    }
    let ids: Vec<_> = waiting.iter().map(|it| it.id.as_str()).collect();
    let first = waiting
        .iter()
        .map(|it| it.content.start_period.year())
        .min();
    let mut allocations = Vec::new();
    if let Some(first) = first {
        // Money of a year is granted at the earliest in the year before.
        for year in first..=today.year().max(first) + 1 {
            allocations.extend(allocation::store::of_year(db, &ids, year).await?);
        }
    }
    for it in grants(&allocations) {
        if let Some(known) = events.get_mut(&it.project) {
            let days = [known.granted, Some(it.effective)];
            known.granted = days.into_iter().flatten().min();
        }
    }
    Ok(events)
}

/// Returns the grants that were not taken back as wrongly entered.
fn grants(allocations: &[Allocation]) -> Vec<&Allocation> {
    let is_reversed = |it: &Allocation| {
        allocations
            .iter()
            .any(|other| other.project == it.project && other.reverses == Some(it.number))
    };
    let grants = allocations
        .iter()
        .filter(|it| it.kind == AllocationKind::Grant);
    grants.filter(|it| !is_reversed(it)).collect()
}

/// Says whether words count from when money is granted.
pub(crate) fn waits_for_money(words: &str) -> bool {
    read(words).is_some_and(|it| it.event == Event::Granted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn come_to(words: &str) -> Option<String> {
        let events = Events {
            approved: Some(on("2022-05-10")),
            granted: Some(on("2022-06-20")),
            started: None,
        };
        day(words, None, &events).map(|it| it.to_string())
    }

    #[test]
    fn days_are_counted_from_the_day_after_the_event() {
        for (words, expected) in [
            ("20 ngày sau khi được cấp kinh phí", "2022-07-10"),
            (
                "Trong vòng 30 ngày kể từ ngày được phê duyệt.",
                "2022-06-09",
            ),
            ("Sau 3 tháng kể từ khi được giao dự toán", "2022-09-20"),
            ("chậm nhất 5 ngày sau ngày phê duyệt dự án", "2022-05-15"),
            ("5 ngày kể từ khi dự án được phê duyệt", "2022-05-15"),
            ("5 ngày sau khi có quyết định phê duyệt dự án", "2022-05-15"),
        ] {
            assert_eq!(come_to(words).as_deref(), Some(expected), "{words}");
        }
        let end_of_month = Events {
            approved: Some(on("2022-08-31")),
            ..Events::default()
        };
        let words = "6 tháng sau khi được phê duyệt";
        assert_eq!(day(words, None, &end_of_month), Some(on("2023-02-28")));
        let written = Some(on("2022-12-31"));
        assert_eq!(day(words, written, &end_of_month), written);
    }

    #[test]
    fn words_that_name_no_day_or_wait_for_what_has_not_come_stay_words() {
        for words in [
            "",
            "thường xuyên",
            "Quý IV/2022",
            "20 ngày",
            "20 ngày làm việc sau khi được phê duyệt",
            "20 ngày sau khi có ý kiến của Sở TT&TT",
            "20 ngày sau khi được phê duyệt và cấp kinh phí",
            "hai mươi ngày sau khi được phê duyệt",
            "99999 ngày sau khi được phê duyệt",
            "10 ngày sau khi khởi công",
            "30 ngày sau khi phê duyệt quyết toán",
            "30 ngày sau khi được phê duyệt quyết toán dự án",
            "20 ngày sau khi phê duyệt kế hoạch lựa chọn nhà thầu",
            "20 ngày sau khi được cấp kinh phí đợt 2",
            "15 ngày sau khi có báo cáo triển khai",
        ] {
            assert_eq!(come_to(words), None, "{words}");
        }
    }

    #[test]
    fn what_goes_on_all_the_time_is_known_by_its_word() {
        assert!(is_continuous("Thường xuyên"));
        assert!(is_continuous("thường xuyên, hằng năm"));
        assert!(!is_continuous("20 ngày sau khi được cấp kinh phí"));
        assert!(waits_for_money("20 ngày sau khi được cấp kinh phí"));
        assert!(!waits_for_money("20 ngày sau khi được phê duyệt"));
    }
}
