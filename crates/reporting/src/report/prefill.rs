//! Filling a draft from data: entered once, cited everywhere.

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use proto::projects;

use super::{Body, ProjectRow, Report, Reports, Section, Verb, store, whole};
use crate::template::SectionKind;

/// What was filled.
#[derive(Debug)]
pub(crate) struct Prefilled {
    pub(crate) report: Report,
    pub(crate) keys: Vec<String>,
}

impl Reports {
    /// Reads the unit's project table for the report's period.
    pub(crate) async fn project_rows(&self, actor: &Actor, verb: &Verb) -> Result<Vec<ProjectRow>> {
        self.access.require(actor, &verb.id.unit).await?;
        let known = store::find(self.db.reader(), &verb.id).await?;
        let report = known.ok_or_else(|| Error::not_found("REPORT", &verb.id))?;
        let rows = self
            .neighbours
            .project_rows(actor, &verb.id.unit, report.period)
            .await?;
        Ok(rows.into_iter().map(ProjectRow::from).collect())
    }

    /// Fills sections nobody has written in: texts from the outline, and the project
    /// table from the project service. What a person wrote is never overwritten.
    pub(crate) async fn prefill(
        &self,
        tx: &Tx,
        actor: &Actor,
        verb: Verb,
        rows: Vec<ProjectRow>,
    ) -> Result<Prefilled> {
        let before = self.writable(tx, &verb.id).await?;
        etag::check(&verb.etag, before.version)?;
        let whole = whole(&tx.db, &verb.id).await?;
        let mut keys = Vec::new();
        for section in &whole.sections {
            let Some(spec) = whole.spec(&section.key) else {
                continue;
            };
            let body = match spec.kind {
                SectionKind::Narrative => Body::Narrative(spec.proposed.clone()),
                SectionKind::ProjectTable => Body::ProjectTable(rows.clone()),
                SectionKind::Proposals => Body::Proposals(Vec::new()),
            };
            if !section.last_editor.is_empty() || body == section.body {
                continue;
            }
            let after = Section {
                body,
                update_time: tx.now(),
                version: section.version + 1,
                ..section.clone()
            };
            store::update_section(&tx.db, &after, section.version).await?;
            let name = format!("{}/sections/{}", verb.id.name(), section.key);
            tx.record(Action::Updated, &name, Some(section), Some(&after))
                .await?;
            keys.push(section.key.clone());
        }
        let after = Report {
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        self.save(tx, &before, &after).await?;
        store::note_editor(&tx.db, &after.id, actor.principal()).await?;
        Ok(Prefilled {
            report: after,
            keys,
        })
    }
}

impl From<projects::ProjectRow> for ProjectRow {
    fn from(row: projects::ProjectRow) -> Self {
        Self {
            project: row.project,
            title: row.title,
            result_text: row.result_text,
            allocated_amount_vnd: row.allocated_amount_vnd,
            decision_numbers: row.decision_numbers,
            requested_amount_vnd: row.requested_amount_vnd,
            requested: row.requested,
            note: row.note,
        }
    }
}
