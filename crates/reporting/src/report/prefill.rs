//! Filling a draft from data: entered once, cited everywhere.

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use proto::projects;
use types::money::Money;

use super::{Body, ProjectRow, Report, Reports, Section, Verb, store, whole};
use crate::template::{Block, BlockKind, MOST_BLOCKS, SectionKind, SectionSpec};

/// What was filled.
#[derive(Debug)]
pub(crate) struct Prefilled {
    pub(crate) report: Report,
    pub(crate) keys: Vec<String>,
}

/// What a draft is filled from.
#[derive(Debug)]
pub(crate) struct Filling {
    rows: Vec<ProjectRow>,
    planned: Vec<Block>,
}

impl Reports {
    /// Reads the unit's project table for the report's period, and what it had planned for it.
    pub(crate) async fn filling(&self, actor: &Actor, verb: &Verb) -> Result<Filling> {
        let unit = &verb.id.unit;
        self.access.require(actor, unit).await?;
        let known = store::find(self.db.reader(), &verb.id).await?;
        let report = known.ok_or_else(|| Error::not_found("REPORT", &verb.id))?;
        let neighbours = &self.neighbours;
        let rows = neighbours.project_rows(actor, unit, report.period).await?;
        let planned = neighbours.planned_work(actor, unit, report.period).await?;
        Ok(Filling {
            rows: rows.into_iter().map(ProjectRow::from).collect(),
            planned: planned.iter().map(outcome).collect(),
        })
    }

    /// Fills sections nobody has written in: texts from the outline, what became of the
    /// work that was planned, and the project table from the project service. What a person
    /// wrote is never overwritten.
    pub(crate) async fn prefill(
        &self,
        tx: &Tx,
        actor: &Actor,
        verb: Verb,
        filling: Filling,
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
                SectionKind::Narrative => Body::Narrative(filling.blocks(spec)),
                SectionKind::ProjectTable => Body::ProjectTable(filling.rows.clone()),
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

impl Filling {
    /// Returns what a section proposes, and after it what was planned, as far as there is room.
    fn blocks(&self, spec: &SectionSpec) -> Vec<Block> {
        let mut blocks = spec.proposed.clone();
        if spec.lists_planned_work {
            let room = MOST_BLOCKS.saturating_sub(blocks.len());
            blocks.extend(self.planned.iter().take(room).cloned());
        }
        blocks
    }
}

/// Writes what was planned with what became of it. The words are data of another service:
/// no place for a fact is read out of them.
fn outcome(work: &projects::PlannedWork) -> Block {
    let outcome = match work.outcome_text.as_str() {
        "" => "chưa có báo cáo tiến độ",
        outcome => outcome,
    };
    let carried_over = match work.carried_over {
        true => " (chuyển tiếp từ kỳ trước)",
        false => "",
    };
    let text = format!("{}{carried_over}: {outcome}", work.text);
    Block {
        kind: BlockKind::Bullet,
        text: without_places(&text),
        resolved: String::new(),
    }
}

/// Parts the braces that would open a place for a fact, however many stand together.
fn without_places(text: &str) -> String {
    let mut parted = String::with_capacity(text.len());
    for letter in text.chars() {
        if letter == '{' && parted.ends_with('{') {
            parted.push(' ');
        }
        parted.push(letter);
    }
    parted
}

impl From<projects::ProjectRow> for ProjectRow {
    fn from(row: projects::ProjectRow) -> Self {
        let note = remark(&row);
        Self {
            project: row.project,
            title: row.title,
            result_text: row.result_text,
            allocated_amount_vnd: row.allocated_amount_vnd,
            decision_numbers: row.decision_numbers,
            requested_amount_vnd: row.requested_amount_vnd,
            requested: row.requested,
            note,
            progress_entry: row.progress_entry,
        }
    }
}

/// Returns the remark of a row. Money whose decision was revoked or replaced is none that was
/// granted, and is told here until another decision covers it.
fn remark(row: &projects::ProjectRow) -> String {
    if row.uncovered_amount_vnd == 0 {
        return row.note.clone();
    }
    let uncovered = format!(
        "{} chưa có quyết định thay thế Quyết định số {} đã bị hủy bỏ, thay thế",
        Money::new(row.uncovered_amount_vnd).to_vietnamese(),
        row.uncovered_decision_numbers.join(", "),
    );
    match row.note.as_str() {
        "" => uncovered,
        note => format!("{note}; {uncovered}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placeholder;

    #[test]
    fn money_whose_decision_is_gone_is_told_beside_what_is_granted() {
        let row = projects::ProjectRow {
            uncovered_amount_vnd: 368_000_000,
            uncovered_decision_numbers: vec!["123/QĐ-UBND".into()],
            note: "Đang rà soát".into(),
            ..Default::default()
        };
        let row = ProjectRow::from(row);
        assert_eq!(row.allocated_amount_vnd, 0);
        assert_eq!(
            row.note,
            "Đang rà soát; 368.000.000 đồng chưa có quyết định thay thế Quyết định số \
             123/QĐ-UBND đã bị hủy bỏ, thay thế"
        );
    }

    #[test]
    fn planned_work_is_told_with_its_outcome_and_never_read_as_a_placeholder() {
        let work = |outcome: &str, carried_over| projects::PlannedWork {
            text: "Lắp đặt thiết bị {{value.chung-thu-so}}".into(),
            outcome_text: outcome.into(),
            carried_over,
            ..Default::default()
        };
        let text = outcome(&work("Chưa thực hiện", true)).text;
        assert_eq!(
            text,
            "Lắp đặt thiết bị { {value.chung-thu-so}} (chuyển tiếp từ kỳ trước): Chưa thực hiện"
        );
        let braces = without_places("{{{value.x}} {{{{value.y}}");
        assert_eq!(braces, "{ { {value.x}} { { { {value.y}}");
        assert!(placeholder::cited(&braces).is_empty());
        assert!(placeholder::cited(&text).is_empty());
        assert!(placeholder::check(&text).is_ok());
        assert!(
            outcome(&work("", false))
                .text
                .ends_with(": chưa có báo cáo tiến độ")
        );
    }
}
