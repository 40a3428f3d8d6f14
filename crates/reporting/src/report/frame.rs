//! Writing: the frame around the sections, and the sections themselves.

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use proto::reporting as pb;
use types::{ids::ReportId, violations::Invalid};

use super::{Body, Frame, Gathered, Report, ReportState, Reports, Section, last_day, store, whole};

/// Changes what stands around the sections.
#[derive(Debug)]
pub(crate) struct UpdateReport {
    pub(crate) id: ReportId,
    pub(crate) etag: String,
    pub(crate) frame: Frame,
}

/// Changes one section.
#[derive(Debug)]
pub(crate) struct UpdateSection {
    pub(crate) report: ReportId,
    pub(crate) key: String,
    pub(crate) etag: String,
    pub(crate) body: Body,
}

/// States in which people write.
pub(super) const WRITABLE: [ReportState; 2] = [ReportState::Draft, ReportState::Returned];

impl Reports {
    /// Checks that the post named to sign exists, before anything is changed.
    pub(crate) async fn check_signer(&self, actor: &Actor, update: &UpdateReport) -> Result<()> {
        self.access.require(actor, &update.id.unit).await?;
        let (unit, position) = (&update.id.unit, &update.frame.signer_position);
        if position.is_empty() {
            return Ok(());
        }
        let unknown = || Error::reference("report.signer_position", position);
        let day = last_day(&self.db, &self.access, actor, unit).await?;
        let day = day.ok_or_else(unknown)?;
        let signer = self.neighbours.signer(actor, unit, position, day).await?;
        signer.map(|_| ()).ok_or_else(unknown)
    }

    /// Checks that the units asked of in proposals exist, before anything is changed.
    pub(crate) async fn check_addressees(
        &self,
        actor: &Actor,
        update: &UpdateSection,
    ) -> Result<()> {
        let Body::Proposals(proposals) = &update.body else {
            return Ok(());
        };
        let asked = proposals.iter().map(|it| it.addressee_unit.as_ref());
        let asked: Vec<_> = (0..)
            .zip(asked)
            .filter_map(|(at, it)| Some((at, it?)))
            .collect();
        let units: Vec<_> = asked.iter().map(|(_, unit)| *unit).collect();
        let days = self.access.unit_days(actor, &units).await?;
        let mut bad = Invalid::default();
        for ((at, unit), _) in asked.iter().zip(days).filter(|(_, days)| days.is_none()) {
            let at: usize = *at;
            bad.add(
                format!("section.body.proposals.proposals[{at}].addressee_unit"),
                "REFERENCE_NOT_FOUND",
                format!("there is no `{}`", unit.name()),
                format!("không có đơn vị `{}`", unit.name()),
            );
        }
        Ok(bad.check()?)
    }

    /// Changes what stands around the sections.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateReport,
    ) -> Result<Report> {
        let before = self.writable(tx, &update.id).await?;
        etag::check(&update.etag, before.version)?;
        let after = Report {
            frame: update.frame,
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        self.save(tx, &before, &after).await?;
        store::note_editor(&tx.db, &after.id, actor.principal()).await?;
        Ok(after)
    }

    /// Changes one section; other sections may be changed at the same time.
    pub(crate) async fn update_section(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateSection,
        gathered: &Gathered,
    ) -> Result<pb::ReportSection> {
        self.access.require(actor, &update.report.unit).await?;
        let report = self.writable(tx, &update.report).await?;
        let name = format!("{}/sections/{}", report.id.name(), update.key);
        let known = store::section(&tx.db, &report.id, &update.key).await?;
        let before = known.ok_or_else(|| Error::not_found("REPORT_SECTION", &name))?;
        if std::mem::discriminant(&before.body) != std::mem::discriminant(&update.body) {
            return Err(Error::Invalid(Invalid::field(
                "section.body",
                "KIND_DOES_NOT_FIT",
                "is of another kind than the section",
                "không đúng loại nội dung của mục",
            )));
        }
        etag::check(&update.etag, before.version)?;
        let after = Section {
            body: update.body,
            last_editor: actor.principal().name(),
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::update_section(&tx.db, &after, before.version).await?;
        store::note_editor(&tx.db, &report.id, actor.principal()).await?;
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        let whole = whole(&tx.db, &report.id).await?;
        whole.fits()?;
        let mut shown = after;
        shown.body.resolve(&gathered.facts, &mut Vec::new());
        Ok(whole.show(&shown, &gathered.facts))
    }

    pub(super) async fn writable(&self, tx: &Tx, id: &ReportId) -> Result<Report> {
        // The lock keeps the report from being forwarded while a section is written.
        store::lock(&tx.db, id).await?;
        let known = store::find(&tx.db, id).await?;
        let report = known.ok_or_else(|| Error::not_found("REPORT", id))?;
        report.require_state(&WRITABLE)?;
        Ok(report)
    }
}
