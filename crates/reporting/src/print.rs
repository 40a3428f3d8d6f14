//! Printing: a draft, a submission or a consolidation as PDF or DOCX in the form of
//! NĐ 30/2020/NĐ-CP. The same source gives the same bytes.

use std::sync::Arc;

use document::{Document, docx, pdf};
use kit::{Access, Actor, Db, Error, Result};
use tokio::sync::Semaphore;
use types::ids::{ConsolidationId, ReportId};

use crate::{
    consolidation,
    neighbours::Neighbours,
    reason::DOCUMENT_TOO_LARGE,
    report::{self, ReportState},
    request,
    submission::{self, Content},
};

mod consolidated;
mod parts;
pub(crate) mod rpc;
mod single;

/// What is printed.
#[derive(Debug)]
pub(crate) enum Source {
    Report(ReportId),
    Submission(ReportId, i64),
    Consolidation(ConsolidationId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Docx,
    Pdf,
}

/// A printed document.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) stem: String,
    pub(crate) title: String,
    pub(crate) bytes: Vec<u8>,
}

/// What it takes to print a consolidation, beside the right to print.
const MAY_READ_CONSOLIDATIONS: &str = "reporting.consolidations.read";
/// Documents laid out at once; each takes a core.
const AT_ONCE: usize = 2;
/// Largest document one answer carries: 4 MiB less room for the rest of the message.
const LARGEST: usize = 4 * 1024 * 1024 - 64 * 1024;

/// The use cases.
#[derive(Debug, Clone)]
pub(crate) struct Documents {
    access: Access,
    neighbours: Neighbours,
    db: Db,
    layouts: Arc<Semaphore>,
}

impl Documents {
    pub(crate) fn new(access: Access, neighbours: Neighbours, db: Db) -> Self {
        Self {
            access,
            neighbours,
            db,
            layouts: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// Prints a source.
    pub(crate) async fn render(
        &self,
        actor: &Actor,
        source: Source,
        format: Format,
    ) -> Result<Printed> {
        let (stem, document) = self.compose(actor, source).await?;
        let title = document.title.clone();
        // A caller may go away; the work goes on, so the permit stays with the work.
        let permit = self
            .layouts
            .clone()
            .acquire_owned()
            .await
            .map_err(Error::internal)?;
        let rendered = tokio::task::spawn_blocking(move || {
            let _held = permit;
            match format {
                Format::Docx => docx::render(&document),
                Format::Pdf => pdf::render(&document),
            }
        });
        let bytes = rendered
            .await
            .map_err(Error::internal)?
            .map_err(Error::internal)?;
        if bytes.len() > LARGEST {
            return Err(Error::rule(
                &DOCUMENT_TOO_LARGE,
                [("size", bytes.len().to_string())],
            ));
        }
        Ok(Printed { stem, title, bytes })
    }

    async fn compose(&self, actor: &Actor, source: Source) -> Result<(String, Document)> {
        let db = self.db.reader();
        match source {
            Source::Report(id) => {
                self.access.require(actor, &id.unit).await?;
                let whole = report::whole(db, &id).await?;
                if whole.report.in_since().is_some() {
                    let sent = self.sent(&id, whole.report.latest_submission).await?;
                    return Ok(sent);
                }
                let gathered =
                    report::gather(&self.db, &self.access, &self.neighbours, actor, &id).await?;
                let written = whole.report.update_time;
                let content = Content::of(&whole, &gathered)?;
                // What was approved is no draft, as long as nothing in it has changed since.
                let is_approved = whole.report.state == ReportState::Approved
                    && content.sha256()? == whole.report.approved_sha256;
                let document = single::document(&content, written, !is_approved);
                Ok((stem(&id), document))
            }
            Source::Submission(id, number) => {
                let request = request::store::find(db, &id.request).await?;
                let issuer = request.as_ref().map_or(&id.unit, |it| &it.issuer);
                self.access
                    .require_any(actor, &[Some(&id.unit), Some(issuer)])
                    .await?;
                self.sent(&id, number).await
            }
            Source::Consolidation(id) => match consolidation::store::find(db, &id).await? {
                Some(made) => {
                    let unit = &made.content.unit;
                    self.access.require(actor, unit).await?;
                    // Who may not read it may not print it either.
                    self.access
                        .require_also(actor, MAY_READ_CONSOLIDATIONS, unit)
                        .await?;
                    let document = consolidated::document(&made.content, made.create_time);
                    Ok((id.as_str().to_owned(), document))
                }
                None => Err(self
                    .access
                    .hide(actor, Error::not_found("CONSOLIDATION", &id))
                    .await),
            },
        }
    }
}

impl Documents {
    /// Puts a submission together as it was sent.
    async fn sent(&self, id: &ReportId, number: i64) -> Result<(String, Document)> {
        let found = submission::store::find(self.db.reader(), id, number).await?;
        let missing = || Error::not_found("REPORT_SUBMISSION", submission::name(id, number));
        let sent = found.ok_or_else(missing)?;
        let document = single::document(&sent.content, sent.submit_time, false);
        Ok((format!("{}-{number}", stem(id)), document))
    }
}

fn stem(id: &ReportId) -> String {
    format!("{}-{}", id.request.as_str(), id.unit.as_str())
}
