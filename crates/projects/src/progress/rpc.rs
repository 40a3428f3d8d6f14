//! Progress entries from and to the wire.

use proto::{convert::timestamp, projects as pb};
use types::{decimal::Decimal, percent::Percent, violations::Invalid};

use super::{CreateProgressEntry, Health, ProgressEntry};
use crate::{choice, entry::PROGRESS, project::ListEntries};

impl TryFrom<pb::CreateProgressEntryRequest> for CreateProgressEntry {
    type Error = Invalid;

    fn try_from(request: pb::CreateProgressEntryRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let entry = request.progress_entry.unwrap_or_default();
        let project = bad.required("parent", &request.parent);
        let period = bad.required("progress_entry.period", &entry.period);
        let health = Health::from_wire("progress_entry.health", entry.health, &mut bad);
        let field = "progress_entry.completion_percent";
        let completion = read_completion(field, &entry.completion_percent, &mut bad);
        let result_text = bad.lines("progress_entry.result_text", &entry.result_text, 4000);
        let difficulty = bad.lines(
            "progress_entry.difficulty_text",
            &entry.difficulty_text,
            4000,
        );
        let note = bad.lines("progress_entry.note", &entry.note, 1000);
        let corrects = match (&project, entry.corrects.as_str()) {
            (_, "") | (None, _) => Some(None),
            (Some(project), name) => {
                let number = PROGRESS.number(project, name);
                bad.take("progress_entry.corrects", number).map(Some)
            }
        };
        let (
            (Some(project), Some(period), Some(health), Some(completion)),
            (Some(result_text), Some(difficulty_text), Some(note), Some(corrects)),
        ) = (
            (project, period, health, completion),
            (result_text, difficulty, note, corrects),
        )
        else {
            return Err(bad);
        };
        Ok(Self {
            project,
            period,
            health,
            completion,
            result_text,
            difficulty_text,
            note,
            corrects,
        })
    }
}

/// Reads how much is done; empty means that nobody measured it.
#[expect(clippy::option_option, reason = "bad and absent are different answers")]
fn read_completion(field: &str, wire: &str, bad: &mut Invalid) -> Option<Option<Percent>> {
    let completion = bad.optional::<Percent>(field, wire)?;
    let most = Decimal::new(100, 0).ok();
    if completion.is_some_and(|it| Some(it.decimal()) > most) {
        bad.add(
            field,
            "OUT_OF_RANGE",
            "is above 100 percent",
            "lớn hơn 100%",
        );
        return None;
    }
    Some(completion)
}

impl TryFrom<pb::ListProgressEntriesRequest> for ListEntries {
    type Error = Invalid;

    fn try_from(request: pb::ListProgressEntriesRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let Some(project) = bad.required("parent", &request.parent) else {
            return Err(bad);
        };
        Ok(Self {
            project,
            page_size: request.page_size,
            page_token: request.page_token,
        })
    }
}

impl From<ProgressEntry> for pb::ProgressEntry {
    fn from(entry: ProgressEntry) -> Self {
        let corrects = entry.corrects.map(|it| PROGRESS.name(&entry.project, it));
        Self {
            name: entry.name(),
            period: entry.period.to_string(),
            health: entry.health.to_wire().into(),
            completion_percent: entry
                .completion
                .map(|it| it.to_string())
                .unwrap_or_default(),
            result_text: entry.result_text,
            difficulty_text: entry.difficulty_text,
            note: entry.note,
            corrects: corrects.unwrap_or_default(),
            principal: entry.principal.name(),
            create_time: Some(timestamp(entry.create_time)),
        }
    }
}

impl Health {
    pub(crate) fn to_wire(self) -> pb::Health {
        match self {
            Self::NotStarted => pb::Health::NotStarted,
            Self::OnTrack => pb::Health::OnTrack,
            Self::AtRisk => pb::Health::AtRisk,
            Self::Late => pb::Health::Late,
            Self::Blocked => pb::Health::Blocked,
            Self::Done => pb::Health::Done,
        }
    }

    fn from_wire(field: &str, wire: i32, bad: &mut Invalid) -> Option<Self> {
        choice::from_wire(&Self::ALL, Self::to_wire, field, wire, bad)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completion_is_a_percentage_up_to_100_kept_as_written() {
        let read = |wire| {
            let mut bad = Invalid::default();
            let completion = read_completion("percent", wire, &mut bad);
            bad.check()
                .map(|()| completion.unwrap().map(|it| it.to_string()))
        };
        assert_eq!(read("").unwrap(), None);
        for written in ["0", "45.50", "100", "100.00"] {
            assert_eq!(read(written).unwrap().as_deref(), Some(written));
        }
        for wrong in ["100.01", "-1", "45,5", "một nửa"] {
            let bad = read(wrong).unwrap_err();
            assert_eq!(
                (bad.violations().len(), bad.violations()[0].field.as_str()),
                (1, "percent")
            );
        }
    }
}
