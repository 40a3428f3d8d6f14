//! The roles: named sets of permissions, shipped with the program.
//!
//! Administering and working with data are kept apart: an administrator makes units,
//! people and grants, and may not write or approve a report.

/// A named set of permissions.
#[derive(Debug)]
pub(crate) struct Role {
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) title_vi: &'static str,
    pub(crate) permissions: &'static [&'static str],
}

/// The role that gives roles. It opens no report.
pub(crate) const ADMINISTRATOR: &str = "administrator";

/// Says whether two roles must not be held by one person at the same time: who gives
/// rights does not use them on data, nor audits himself (`security.md` §2.2).
pub(crate) fn exclude_each_other(one: &str, other: &str) -> bool {
    (one == ADMINISTRATOR) != (other == ADMINISTRATOR)
}

/// What everybody who works for a unit may read.
const READING: &[&str] = &[
    "directory.positions.read",
    "directory.units.read",
    "indicators.values.read",
    "projects.decisions.read",
    "projects.projects.read",
    "reporting.documents.render",
    "reporting.reportRequests.read",
    "reporting.reports.read",
];

/// All roles, ordered by id.
pub(crate) const ROLES: &[Role] = &[
    Role {
        id: ADMINISTRATOR,
        title: "Administrator",
        title_vi: "Quản trị hệ thống",
        permissions: &[
            "directory.positions.create",
            "directory.positions.end",
            "directory.positions.read",
            "directory.reorganizations.apply",
            "directory.reorganizations.correct",
            "directory.reorganizations.create",
            "directory.reorganizations.revert",
            "directory.roleGrants.create",
            "directory.roleGrants.delete",
            "directory.roleGrants.read",
            "directory.signingDelegations.create",
            "directory.signingDelegations.revoke",
            "directory.signingKeys.rotate",
            "directory.units.create",
            "directory.units.import",
            "directory.units.read",
            "directory.users.create",
            "directory.users.enroll",
            "directory.users.reactivate",
            "directory.users.read",
            "directory.users.suspend",
            "directory.users.update",
        ],
    },
    Role {
        id: "auditor",
        title: "Auditor: sees data and rights, changes nothing",
        title_vi: "Thanh tra, kiểm tra (xem dữ liệu và phân quyền)",
        permissions: &[
            "directory.roleGrants.read",
            "directory.users.read",
            "reporting.assignments.read",
            "reporting.consolidations.read",
        ],
    },
    Role {
        id: "connector",
        title: "Connector: a system that sends figures and progress",
        title_vi: "Hệ thống kết nối (gửi số liệu, tiến độ)",
        permissions: &[
            "indicators.values.update",
            "projects.progressEntries.create",
        ],
    },
    Role {
        id: "leader",
        title: "Leader: approves and sends",
        title_vi: "Lãnh đạo đơn vị (duyệt, gửi báo cáo)",
        permissions: &[
            "reporting.reports.approve",
            "reporting.reports.return",
            "reporting.reports.submit",
        ],
    },
    Role {
        id: "receiver",
        title: "Receiver: requests, accepts, consolidates",
        title_vi: "Đơn vị yêu cầu, tiếp nhận, tổng hợp báo cáo",
        permissions: &[
            "indicators.indicators.create",
            "projects.allocations.create",
            "projects.decisions.create",
            "projects.decisions.issue",
            "reporting.assignments.read",
            "reporting.consolidations.create",
            "reporting.consolidations.read",
            "reporting.reportRequests.create",
            "reporting.reportRequests.issue",
            "reporting.reportTemplates.create",
            "reporting.reports.accept",
            "reporting.reports.return",
        ],
    },
    Role {
        id: "reporter",
        title: "Reporter: enters figures, projects and text",
        title_vi: "Cán bộ nhập liệu, soạn báo cáo",
        permissions: &[
            "indicators.values.update",
            "projects.progressEntries.create",
            "projects.projects.create",
            "projects.supplementaryRequests.create",
            "reporting.reports.forward",
            "reporting.reports.update",
        ],
    },
    Role {
        id: "viewer",
        title: "Viewer",
        title_vi: "Người xem",
        permissions: &[],
    },
];

impl Role {
    /// Returns a role by its id.
    pub(crate) fn find(id: &str) -> Option<&'static Self> {
        ROLES.iter().find(|it| it.id == id)
    }

    /// Returns everything the role may do. Whoever works with data may read it;
    /// administering alone does not open the reports.
    pub(crate) fn all_permissions(&self) -> Vec<&'static str> {
        let reading: &[&str] = if self.id == ADMINISTRATOR {
            &[]
        } else {
            READING
        };
        let mut all: Vec<_> = self.permissions.iter().chain(reading).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Says whether the role carries a permission.
    pub(crate) fn carries(&self, permission: &str) -> bool {
        self.permissions.contains(&permission)
            || self.id != ADMINISTRATOR && READING.contains(&permission)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use kit::policy::{Needs, Policy};

    use super::*;

    #[test]
    fn every_permission_of_the_contract_is_held_by_some_role_and_no_role_holds_another() {
        let policy = Policy::read(proto::DESCRIPTORS).unwrap();
        let asked: BTreeSet<String> = policy
            .paths()
            .iter()
            .filter_map(|path| match policy.needs(path) {
                Some(Needs::Permission(permission)) => Some(permission.to_string()),
                _ => None,
            })
            .collect();
        let held = ROLES
            .iter()
            .flat_map(Role::all_permissions)
            .map(str::to_owned)
            .collect();
        assert_eq!(asked, held);
    }

    #[test]
    fn who_administers_rights_cannot_write_approve_or_read_a_report() {
        let administrator = Role::find("administrator").unwrap();
        assert!(
            administrator
                .all_permissions()
                .iter()
                .all(|it| it.starts_with("directory."))
        );
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let auditor = Role::find("auditor").unwrap();
        assert!(
            auditor
                .all_permissions()
                .iter()
                .all(|it| it.ends_with(".read") || it.ends_with(".render"))
        );
    }

    #[test]
    fn administering_excludes_every_other_role_and_no_other_pair_is_excluded() {
        for one in ROLES {
            for other in ROLES {
                let administers = [one.id, other.id].contains(&ADMINISTRATOR);
                let expected = administers && one.id != other.id;
                assert_eq!(exclude_each_other(one.id, other.id), expected);
            }
        }
    }

    #[test]
    fn no_single_role_both_writes_and_approves() {
        for role in ROLES {
            let writes = role.carries("reporting.reports.update");
            assert!(
                !(writes && role.carries("reporting.reports.approve")),
                "{}",
                role.id
            );
        }
    }
}
