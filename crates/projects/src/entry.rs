//! Names of what is only ever added under a project.
//!
//! A project counts its entries: progress, allocations and requests share one row of
//! numbers, so the order of the numbers is the order in which they were entered.

use types::{ids::ProjectId, invalid::InvalidText, violations::Invalid};

/// One kind of entry.
#[derive(Debug)]
pub(crate) struct Entries {
    collection: &'static str,
    letter: char,
}

pub(crate) const PROGRESS: Entries = Entries {
    collection: "progressEntries",
    letter: 'p',
};
pub(crate) const ALLOCATIONS: Entries = Entries {
    collection: "allocations",
    letter: 'a',
};
pub(crate) const REQUESTS: Entries = Entries {
    collection: "supplementaryRequests",
    letter: 'r',
};
pub(crate) const TASKS: Entries = Entries {
    collection: "tasks",
    letter: 't',
};
pub(crate) const STEPS: Entries = Entries {
    collection: "steps",
    letter: 's',
};
pub(crate) const BASELINES: Entries = Entries {
    collection: "baselines",
    letter: 'b',
};
pub(crate) const COMMITMENTS: Entries = Entries {
    collection: "commitments",
    letter: 'c',
};
pub(crate) const DISBURSEMENTS: Entries = Entries {
    collection: "disbursements",
    letter: 'd',
};

impl Entries {
    /// Returns a full name such as `projects/hop-khong-giay/progressEntries/p000001`.
    pub(crate) fn name(&self, project: &ProjectId, number: i64) -> String {
        format!("{project}/{}/{}{number:06}", self.collection, self.letter)
    }

    /// Reads project and number out of a full name.
    pub(crate) fn read(
        &self,
        field: &str,
        name: &str,
        bad: &mut Invalid,
    ) -> Option<(ProjectId, i64)> {
        if name.is_empty() {
            bad.missing(field);
            return None;
        }
        let project = name.split_inclusive('/').take(2).collect::<String>();
        let project = bad.take(field, ProjectId::from_name(project.trim_end_matches('/')))?;
        let number = bad.take(field, self.number(&project, name))?;
        Some((project, number))
    }

    /// Reads the number out of a full name under a known project.
    pub(crate) fn number(&self, project: &ProjectId, name: &str) -> Result<i64, InvalidText> {
        let read = || {
            let id = name.strip_prefix(&format!("{project}/{}/", self.collection))?;
            let number = id.strip_prefix(self.letter)?.parse().ok()?;
            // Every entry has one name only.
            (self.name(project, number) == name).then_some(number)
        };
        read().ok_or_else(|| {
            let form = format!("{project}/{}/{{id}}", self.collection);
            let sent = InvalidText::excerpt(name);
            InvalidText::new(
                "PATTERN",
                format!("`{sent}` is not a name of the form `{form}`"),
                format!("`{sent}` không phải tên dạng `{form}`"),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_name_tells_project_and_number() {
        let mut bad = Invalid::default();
        let read = TASKS.read("name", "projects/hop/tasks/t000012", &mut bad);
        assert_eq!(read, Some((ProjectId::new("hop").unwrap(), 12)));
        for wrong in [
            "",
            "projects",
            "projects/hop",
            "projects/hop/steps/s000012",
            "a/b/tasks/t000001",
        ] {
            assert_eq!(TASKS.read("name", wrong, &mut bad), None, "{wrong}");
        }
        assert_eq!(bad.violations().len(), 5);
    }

    #[test]
    fn an_entry_is_known_by_one_name_under_its_own_project() {
        let project = ProjectId::new("hop-khong-giay").unwrap();
        let name = PROGRESS.name(&project, 7);
        assert_eq!(name, "projects/hop-khong-giay/progressEntries/p000007");
        assert_eq!(PROGRESS.number(&project, &name).unwrap(), 7);
        assert_eq!(
            PROGRESS
                .number(&project, &PROGRESS.name(&project, 1_234_567))
                .unwrap(),
            1_234_567
        );
        for bad in [
            "",
            "p000007",
            "projects/hop-khong-giay/progressEntries/p7",
            "projects/hop-khong-giay/progressEntries/p+00007",
            "projects/hop-khong-giay/progressEntries/p-00007x",
            "projects/hop-khong-giay/allocations/a000007",
            "projects/khac/progressEntries/p000007",
        ] {
            assert_eq!(
                PROGRESS.number(&project, bad).unwrap_err().reason,
                "PATTERN",
                "{bad}"
            );
        }
    }
}
