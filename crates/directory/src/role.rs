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
    /// Whether it gives rights to others; such a role opens no report.
    pub(crate) administers: bool,
    pub(crate) permissions: &'static [&'static str],
}

/// The role that gives roles. It opens no report.
pub(crate) const ADMINISTRATOR: &str = "administrator";

/// Says whether two roles must not be held by one person at the same time: who gives
/// rights does not use them on data, nor audits himself (`security.md` §2.2).
pub(crate) fn exclude_each_other(one: &str, other: &str) -> bool {
    let administers = |id| Role::find(id).is_some_and(|it| it.administers);
    administers(one) != administers(other)
}

/// The roles a machine may be given. It sends figures and reads: nothing it does approves,
/// signs, submits or administers.
const FOR_MACHINES: [&str; 3] = ["auditor", "connector", "viewer"];

/// Says whether a text names a permission of the contract.
pub(crate) fn is_permission(text: &str) -> bool {
    ROLES.iter().any(|it| it.carries(text))
}

/// What everybody who works for a unit may read.
const READING: &[&str] = &[
    "directory.positions.read",
    "directory.units.read",
    "indicators.scorecards.read",
    "indicators.targets.read",
    "indicators.values.aggregate",
    "indicators.values.read",
    "projects.budget.read",
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
        administers: true,
        permissions: &[
            "directory.identities.link",
            "directory.identities.read",
            "directory.identities.unlink",
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
            "directory.serviceAccounts.create",
            "directory.serviceAccounts.disable",
            "directory.serviceAccounts.enable",
            "directory.serviceAccounts.issueKey",
            "directory.serviceAccounts.read",
            "directory.serviceAccounts.revokeKey",
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
        administers: false,
        permissions: &[
            "directory.roleGrants.read",
            "directory.users.read",
            "reporting.assignments.read",
            "reporting.consolidations.read",
        ],
    },
    Role {
        id: "connector",
        title: "Connector: a system that sends figures, progress and payments",
        title_vi: "Hệ thống kết nối (gửi số liệu, tiến độ, giải ngân)",
        administers: false,
        permissions: &[
            "indicators.values.update",
            "projects.disbursements.create",
            "projects.progressEntries.create",
        ],
    },
    Role {
        id: "leader",
        title: "Leader: approves and sends",
        title_vi: "Lãnh đạo đơn vị (duyệt, gửi báo cáo)",
        administers: false,
        permissions: &[
            "indicators.scorecardResults.submit",
            "projects.projects.approve",
            "projects.projects.cancel",
            "reporting.reports.approve",
            "reporting.reports.return",
            "reporting.reports.submit",
        ],
    },
    Role {
        id: "receiver",
        title: "Receiver: requests, accepts, consolidates",
        title_vi: "Đơn vị yêu cầu, tiếp nhận, tổng hợp báo cáo",
        administers: false,
        permissions: &[
            "indicators.criteriaSets.create",
            "indicators.criteriaSets.publish",
            "indicators.criteriaSets.update",
            "indicators.indicators.create",
            "indicators.indicators.publish",
            "indicators.indicators.retire",
            "indicators.indicators.update",
            "indicators.scorecardResults.return",
            "indicators.scorecardResults.verify",
            "indicators.scorecards.compute",
            "indicators.scorecards.create",
            "indicators.scorecards.delete",
            "indicators.scorecards.publish",
            "indicators.scorecards.update",
            "indicators.sourceSystems.create",
            "indicators.sourceSystems.update",
            "indicators.targets.create",
            "indicators.targets.delete",
            "indicators.targets.update",
            "indicators.validationRules.create",
            "indicators.validationRules.publish",
            "indicators.validationRules.retire",
            "indicators.validationRules.update",
            "indicators.values.accept",
            "indicators.values.reject",
            "projects.allocations.cover",
            "projects.allocations.create",
            "projects.allocations.move",
            "projects.budgetLines.settle",
            "projects.decisions.create",
            "projects.decisions.issue",
            "projects.decisions.revoke",
            "projects.decisions.update",
            "projects.projects.handOver",
            "projects.supplementaryRequests.appraise",
            "projects.supplementaryRequests.approve",
            "projects.supplementaryRequests.reject",
            "reporting.assignments.exempt",
            "reporting.assignments.extend",
            "reporting.assignments.read",
            "reporting.assignments.remind",
            "reporting.calendars.replace",
            "reporting.consolidations.create",
            "reporting.consolidations.read",
            "reporting.reportRequests.cancel",
            "reporting.reportRequests.close",
            "reporting.reportRequests.create",
            "reporting.reportRequests.issue",
            "reporting.reportRequests.update",
            "reporting.reportTemplates.create",
            "reporting.reports.accept",
            "reporting.reports.return",
        ],
    },
    Role {
        id: "reporter",
        title: "Reporter: enters figures, projects and text",
        title_vi: "Cán bộ nhập liệu, soạn báo cáo",
        administers: false,
        permissions: &[
            "indicators.scorecardResults.update",
            "indicators.values.update",
            "projects.baselines.create",
            "projects.budgetLines.create",
            "projects.budgetLines.update",
            "projects.commitments.create",
            "projects.disbursements.create",
            "projects.progressEntries.create",
            "projects.projects.complete",
            "projects.projects.create",
            "projects.projects.resume",
            "projects.projects.start",
            "projects.projects.suspend",
            "projects.projects.update",
            "projects.steps.create",
            "projects.steps.skip",
            "projects.steps.update",
            "projects.supplementaryRequests.create",
            "projects.supplementaryRequests.submit",
            "projects.supplementaryRequests.update",
            "projects.tasks.create",
            "projects.tasks.update",
            "reporting.reports.forward",
            "reporting.reports.update",
        ],
    },
    Role {
        id: "unit-administrator",
        title: "Unit administrator: people, posts and roles of a unit",
        title_vi: "Quản trị đơn vị (người dùng, chức vụ, phân quyền)",
        administers: true,
        permissions: &[
            "directory.positions.create",
            "directory.positions.end",
            "directory.positions.read",
            "directory.roleGrants.create",
            "directory.roleGrants.delete",
            "directory.roleGrants.read",
            "directory.signingDelegations.create",
            "directory.signingDelegations.revoke",
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
        id: "viewer",
        title: "Viewer",
        title_vi: "Người xem",
        administers: false,
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
        let reading: &[&str] = if self.administers { &[] } else { READING };
        let mut all: Vec<_> = self.permissions.iter().chain(reading).copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Says whether a machine may be given the role.
    pub(crate) fn is_for_machines(&self) -> bool {
        FOR_MACHINES.contains(&self.id)
    }

    /// Says whether the role carries a permission.
    pub(crate) fn carries(&self, permission: &str) -> bool {
        self.permissions.contains(&permission) || !self.administers && READING.contains(&permission)
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
        for role in ROLES.iter().filter(|it| it.administers) {
            let permissions = role.all_permissions();
            assert!(permissions.iter().all(|it| it.starts_with("directory.")));
        }
    }

    /// What shows data and leaves it as it is.
    fn only_reads(permission: &str) -> bool {
        let verbs = ["aggregate", "read", "render"];
        let verb = permission.rsplit('.').next();
        verb.is_some_and(|it| verbs.contains(&it))
    }

    #[test]
    fn an_auditor_changes_nothing() {
        let auditor = Role::find("auditor").unwrap();
        assert!(auditor.all_permissions().iter().all(|it| only_reads(it)));
    }

    #[test]
    fn administering_excludes_working_with_data_and_no_other_pair_is_excluded() {
        for one in ROLES {
            for other in ROLES {
                let excluded = exclude_each_other(one.id, other.id);
                assert_eq!(excluded, one.administers != other.administers);
            }
        }
    }

    #[test]
    fn a_machine_reads_and_sends_figures_and_decides_nothing() {
        let sends = [
            "indicators.values.update",
            "projects.disbursements.create",
            "projects.progressEntries.create",
        ];
        for id in FOR_MACHINES {
            for permission in Role::find(id).unwrap().all_permissions() {
                let is_held = only_reads(permission) || sends.contains(&permission);
                assert!(is_held, "{id}: {permission}");
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
