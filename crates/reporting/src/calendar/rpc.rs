//! The calendar methods: accept, call, reply.

use kit::{Begin, Db, accept, etag};
use proto::reporting::{self as pb, calendar_service_server::CalendarService};
use tonic::{Request, Response, Status};
use types::{date, invalid::InvalidText, violations::Invalid};

use super::{
    Calendars, Content, DayOff, MOST_DAYS_OFF, MOST_MADE_UP, ReplaceCalendar, YearCalendar, fits,
    name,
};

#[derive(Debug)]
pub(crate) struct Rpc {
    db: Db,
    calendars: Calendars,
}

impl Rpc {
    pub(crate) fn new(db: &Db, calendars: &Calendars) -> Self {
        Self {
            db: db.clone(),
            calendars: calendars.clone(),
        }
    }
}

/// Names one year.
struct Named(i32);

#[tonic::async_trait]
impl CalendarService for Rpc {
    async fn get_year_calendar(
        &self,
        request: Request<pb::GetYearCalendarRequest>,
    ) -> Result<Response<pb::YearCalendar>, Status> {
        let (_, Named(year)) = accept(request)?;
        let calendar = self.calendars.get(year).await?;
        Ok(Response::new(calendar.into()))
    }

    async fn replace_year_calendar(
        &self,
        request: Request<pb::ReplaceYearCalendarRequest>,
    ) -> Result<Response<pb::YearCalendar>, Status> {
        let (actor, replace) = accept(request)?;
        let tx = match self.db.begin(&actor).await? {
            Begin::First(tx) => tx,
            Begin::Again(answer) => return answer.reply(),
        };
        let calendar = self.calendars.replace(&tx, &actor, replace).await?;
        tx.reply(calendar.into()).await
    }
}

/// Years for which days off can be told.
const YEARS: std::ops::RangeInclusive<i32> = 2000..=2199;

fn read_year(name: &str) -> Result<i32, InvalidText> {
    let year = name.strip_prefix("yearCalendars/");
    let year = year.and_then(|it| it.parse().ok());
    year.filter(|it| YEARS.contains(it)).ok_or_else(|| {
        let (first, last) = (YEARS.start(), YEARS.end());
        InvalidText::new(
            "PATTERN",
            format!(
                "is not of the form `yearCalendars/{{year}}` with a year from {first} to {last}"
            ),
            format!("không có dạng `yearCalendars/{{year}}`, năm từ {first} đến {last}"),
        )
    })
}

impl TryFrom<pb::GetYearCalendarRequest> for Named {
    type Error = Invalid;

    fn try_from(message: pb::GetYearCalendarRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let year = bad.take("name", read_year(&message.name));
        year.map(Self).ok_or(bad)
    }
}

impl TryFrom<pb::ReplaceYearCalendarRequest> for ReplaceCalendar {
    type Error = Invalid;

    fn try_from(message: pb::ReplaceYearCalendarRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let calendar = message.year_calendar.unwrap_or_default();
        let year = bad.take("year_calendar.name", read_year(&calendar.name));
        let source = bad.line("year_calendar.source", &calendar.source, 200);
        let (mut days_off, mut made_up) = (Vec::new(), Vec::new());
        if bad.at_most(
            "year_calendar.days_off",
            calendar.days_off.len(),
            MOST_DAYS_OFF,
        ) {
            for (at, it) in calendar.days_off.iter().enumerate() {
                let field = format!("year_calendar.days_off[{at}]");
                let date = bad.take(format!("{field}.date"), date::parse_iso(&it.date));
                let display_name = bad.line(format!("{field}.display_name"), &it.display_name, 100);
                if let (Some(date), Some(display_name)) = (date, display_name) {
                    days_off.push(DayOff { date, display_name });
                }
            }
        }
        let dates = &calendar.made_up_dates;
        if bad.at_most("year_calendar.made_up_dates", dates.len(), MOST_MADE_UP) {
            for (at, it) in dates.iter().enumerate() {
                let field = format!("year_calendar.made_up_dates[{at}]");
                made_up.extend(bad.take(field, date::parse_iso(it)));
            }
        }
        let content = Content {
            days_off,
            made_up,
            source: source.unwrap_or_default(),
        };
        let Some(year) = year else {
            return Err(bad);
        };
        if bad.is_empty() {
            fits(year, &content, &mut bad);
        }
        bad.check()?;
        Ok(Self {
            year,
            content,
            etag: calendar.etag,
        })
    }
}

impl From<YearCalendar> for pb::YearCalendar {
    fn from(calendar: YearCalendar) -> Self {
        let content = calendar.content;
        let days_off = content.days_off.into_iter().map(|it| pb::DayOff {
            date: it.date.to_string(),
            display_name: it.display_name,
        });
        Self {
            name: name(calendar.year),
            days_off: days_off.collect(),
            made_up_dates: content.made_up.iter().map(ToString::to_string).collect(),
            source: content.source,
            etag: match calendar.version {
                0 => String::new(),
                version => etag::of(version),
            },
        }
    }
}
