//! How far a project has come by the end of a period. Entries are only ever added; the
//! one that stands for a period is the one that no other corrects.

use chrono::{DateTime, Utc};
use kit::{Access, Actor, Db, Error, Result, Tx, db::ledger::Action, page::Pages};
use serde::Serialize;
use types::{
    ids::{Principal, ProjectId},
    percent::Percent,
    period::Period,
};

use crate::{
    entry::PROGRESS,
    project::{self, ListEntries},
    reason::{COMPLETION_FELL, PROGRESS_NEEDS_CORRECTION},
};

pub(crate) mod rpc;
pub(crate) mod store;

/// What was said about a project for one period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct ProgressEntry {
    pub(crate) project: ProjectId,
    pub(crate) number: i64,
    pub(crate) period: Period,
    pub(crate) health: Health,
    pub(crate) completion: Option<Percent>,
    pub(crate) result_text: String,
    pub(crate) difficulty_text: String,
    pub(crate) note: String,
    pub(crate) corrects: Option<i64>,
    pub(crate) principal: Principal,
    pub(crate) create_time: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) enum Health {
    NotStarted,
    OnTrack,
    AtRisk,
    Late,
    Blocked,
    Done,
}

/// Records progress for a period.
#[derive(Debug)]
pub(crate) struct CreateProgressEntry {
    pub(crate) project: ProjectId,
    pub(crate) period: Period,
    pub(crate) health: Health,
    pub(crate) completion: Option<Percent>,
    pub(crate) result_text: String,
    pub(crate) difficulty_text: String,
    pub(crate) note: String,
    pub(crate) corrects: Option<i64>,
}

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    access: Access,
    pages: Pages,
    db: Db,
}

impl Progress {
    pub(crate) fn new(access: &Access, pages: &Pages, db: &Db) -> Self {
        Self {
            access: access.clone(),
            pages: pages.clone(),
            db: db.clone(),
        }
    }

    /// Records progress, or corrects what stands.
    pub(crate) async fn create(
        &self,
        tx: &Tx,
        actor: &Actor,
        new: CreateProgressEntry,
    ) -> Result<ProgressEntry> {
        let project = project::allowed(&self.access, actor, &tx.db, &new.project).await?;
        let number = project::store::next_entry(&tx.db, &project.id).await?;
        let standing = store::standing(&tx.db, &project.id, new.period).await?;
        names_what_stands(&new, standing.as_ref())?;
        let before = store::measured_before(&tx.db, &project.id, new.period).await?;
        falls_with_a_reason(&new, before.as_ref())?;
        let entry = ProgressEntry {
            project: project.id,
            number,
            period: new.period,
            health: new.health,
            completion: new.completion,
            result_text: new.result_text,
            difficulty_text: new.difficulty_text,
            note: new.note,
            corrects: new.corrects,
            principal: actor.principal().clone(),
            create_time: tx.now(),
        };
        store::insert(&tx.db, &entry).await?;
        tx.record(Action::Created, &entry.name(), None, Some(&entry))
            .await?;
        Ok(entry)
    }

    /// Lists the progress of one project, the oldest first.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListEntries,
    ) -> Result<(Vec<ProgressEntry>, String)> {
        let db = self.db.reader();
        let project = project::allowed(&self.access, actor, db, &list.project).await?;
        let what = format!("progress {}", project.id);
        let page = self.pages.page(list.page_size, &list.page_token, what)?;
        let after = page.after_number()?;
        let entries = store::list(db, &project.id, after, page.limit()).await?;
        page.close(entries, |it| it.number.to_string())
    }
}

impl ProgressEntry {
    pub(crate) fn name(&self) -> String {
        PROGRESS.name(&self.project, self.number)
    }

    /// Returns the result as it is printed: the words given, or those of the state.
    pub(crate) fn result(&self) -> &str {
        match self.result_text.as_str() {
            "" => self.health.to_vietnamese(),
            text => text,
        }
    }
}

impl Health {
    const ALL: [Self; 6] = [
        Self::NotStarted,
        Self::OnTrack,
        Self::AtRisk,
        Self::Late,
        Self::Blocked,
        Self::Done,
    ];

    /// Returns the words that reports print for the state.
    pub(crate) fn to_vietnamese(self) -> &'static str {
        match self {
            Self::NotStarted => "Chưa thực hiện",
            Self::OnTrack => "Đang thực hiện",
            Self::AtRisk => "Có nguy cơ chậm",
            Self::Late => "Chậm tiến độ",
            Self::Blocked => "Gặp vướng mắc",
            Self::Done => "Đã hoàn thành",
        }
    }
}

/// What stands for a period is replaced only by an entry that names it, so that nobody
/// overwrites what he has not seen.
fn names_what_stands(new: &CreateProgressEntry, standing: Option<&ProgressEntry>) -> Result<()> {
    match (new.corrects, standing) {
        (None, None) => Ok(()),
        (Some(corrects), Some(standing)) if corrects == standing.number => Ok(()),
        (_, Some(standing)) => Err(Error::rule(
            &PROGRESS_NEEDS_CORRECTION,
            [
                ("period", new.period.to_string()),
                ("standing", standing.name()),
            ],
        )),
        (Some(corrects), None) => {
            let name = PROGRESS.name(&new.project, corrects);
            Err(Error::reference(
                "progress_entry.corrects",
                format!("{name} ({})", new.period),
            ))
        }
    }
}

/// A project goes forward from period to period; where it does not, somebody says why.
fn falls_with_a_reason(new: &CreateProgressEntry, before: Option<&ProgressEntry>) -> Result<()> {
    if new.corrects.is_some() || !new.note.is_empty() {
        return Ok(());
    }
    let (Some(after), Some(entry)) = (new.completion, before) else {
        return Ok(());
    };
    match entry.completion {
        Some(before) if after < before => Err(Error::rule(
            &COMPLETION_FELL,
            [
                ("before", before.to_string()),
                ("after", after.to_string()),
                ("entry", entry.name()),
            ],
        )),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> ProjectId {
        ProjectId::new("hop-khong-giay").unwrap()
    }

    fn entry(number: i64, period: &str, completion: &str) -> ProgressEntry {
        ProgressEntry {
            project: project(),
            number,
            period: period.parse().unwrap(),
            health: Health::OnTrack,
            completion: completion.parse().ok(),
            result_text: String::new(),
            difficulty_text: String::new(),
            note: String::new(),
            corrects: None,
            principal: Principal::from_name("users/can-bo").unwrap(),
            create_time: DateTime::UNIX_EPOCH,
        }
    }

    fn new(
        period: &str,
        completion: &str,
        corrects: Option<i64>,
        note: &str,
    ) -> CreateProgressEntry {
        CreateProgressEntry {
            project: project(),
            period: period.parse().unwrap(),
            health: Health::OnTrack,
            completion: completion.parse().ok(),
            result_text: String::new(),
            difficulty_text: String::new(),
            note: note.into(),
            corrects,
        }
    }

    #[test]
    fn a_second_entry_for_a_period_names_the_one_that_stands() {
        let standing = entry(4, "2022-h1", "40");
        let check =
            |corrects, standing| names_what_stands(&new("2022-h1", "50", corrects, ""), standing);
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
    fn completion_falls_only_by_a_correction_or_with_a_note() {
        let before = entry(4, "2022-h1", "60.5");
        let check = |completion, corrects, note| {
            falls_with_a_reason(&new("2022-9m", completion, corrects, note), Some(&before))
        };
        assert!(check("60.50", None, "").is_ok());
        assert!(check("", None, "").is_ok());
        assert!(check("60.4", None, "Nghiệm thu lại khối lượng").is_ok());
        assert!(check("60.4", Some(5), "").is_ok());
        let Err(Error::Rule(reason, facts)) = check("60.4", None, "") else {
            panic!()
        };
        assert_eq!(reason.code, "COMPLETION_FELL");
        assert_eq!(
            (facts["before"].as_str(), facts["after"].as_str()),
            ("60.5", "60.4")
        );
    }

    #[test]
    fn a_state_has_words_when_nobody_wrote_any() {
        let mut entry = entry(1, "2022-h1", "");
        let words = Health::ALL.map(|health| {
            entry.health = health;
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
        entry.result_text = "Đã lắp đặt tại 3/5 xã".into();
        assert_eq!(entry.result(), "Đã lắp đặt tại 3/5 xã");
    }
}
