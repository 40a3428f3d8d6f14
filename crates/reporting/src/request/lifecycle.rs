//! What becomes of a request: changed, closed, opened again, taken back, listed.

use kit::{Actor, Error, Result, Tx, db::ledger::Action, etag};
use types::{
    date::vietnam_date,
    ids::{ReportRequestId, ReportTemplateId, UnitId},
};

use super::{ReportRequest, RequestState, Requests, Written, store};
use crate::{
    calendar::{self, Calendar},
    reason::{REQUEST_HAS_REPORTS, STATE_NOT_ALLOWED},
    report, template,
};

/// Changes a request that is being prepared.
#[derive(Debug)]
pub(crate) struct UpdateRequest {
    pub(crate) id: ReportRequestId,
    pub(crate) etag: String,
    pub(crate) written: Written,
}

/// A verb on a request: its name, the version the caller has seen, and why.
#[derive(Debug)]
pub(crate) struct RequestVerb {
    pub(crate) id: ReportRequestId,
    pub(crate) etag: String,
    pub(crate) reason: String,
}

/// Takes a request back.
#[derive(Debug)]
pub(crate) struct CancelRequest(pub(crate) RequestVerb);

/// Asks for requests.
#[derive(Debug)]
pub(crate) struct ListRequests {
    pub(crate) issuer: Option<UnitId>,
    pub(crate) reader: Option<UnitId>,
    pub(crate) states: Vec<RequestState>,
    pub(crate) page_size: i32,
    pub(crate) page_token: String,
}

/// Something the issuer should look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Remark {
    /// The deadline leaves no working day after the data are closed.
    DueTooEarly { last_day: chrono::NaiveDate },
    /// Nobody entered the days off of the year.
    CalendarMissing { year: i32 },
}

impl Requests {
    /// Changes what is written of a request before it is issued.
    pub(crate) async fn update(
        &self,
        tx: &Tx,
        actor: &Actor,
        update: UpdateRequest,
        issuer_name: String,
    ) -> Result<ReportRequest> {
        let before = self.for_issuer(tx, actor, &update.id).await?;
        before.require_state(&[RequestState::Draft])?;
        etag::check(&update.etag, before.version)?;
        let written = update.written;
        check_template(tx, &written.template).await?;
        let after = ReportRequest {
            title: written.title,
            issuer: written.issuer,
            issuer_name,
            template: written.template,
            period: written.period,
            due_time: written.due_time,
            units: written.units,
            document_number: written.document_number,
            issue_date: written.issue_date,
            refuses_late: written.refuses_late,
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::update(&tx.db, &after, before.version).await?;
        let name = after.id.name();
        tx.record(Action::Updated, &name, Some(&before), Some(&after))
            .await?;
        Ok(after)
    }

    /// Closes a request: nothing more is sent.
    pub(crate) async fn close(
        &self,
        tx: &Tx,
        actor: &Actor,
        verb: RequestVerb,
    ) -> Result<ReportRequest> {
        let before = self.for_issuer(tx, actor, &verb.id).await?;
        let allowed = [RequestState::Issued];
        let after = self.step(tx, before, &verb, &allowed, RequestState::Closed);
        let after = after.await?;
        // Whatever was being sent is in before this, or sees that it is closed.
        report::store::lock_all(&tx.db, &verb.id).await?;
        Ok(after)
    }

    /// Opens a closed request again.
    pub(crate) async fn reopen(
        &self,
        tx: &Tx,
        actor: &Actor,
        verb: RequestVerb,
    ) -> Result<ReportRequest> {
        let before = self.for_issuer(tx, actor, &verb.id).await?;
        let allowed = [RequestState::Closed];
        self.step(tx, before, &verb, &allowed, RequestState::Issued)
            .await
    }

    /// Takes a request back to which nothing was sent.
    pub(crate) async fn cancel(
        &self,
        tx: &Tx,
        actor: &Actor,
        cancel: CancelRequest,
    ) -> Result<ReportRequest> {
        let verb = cancel.0;
        let before = self.for_issuer(tx, actor, &verb.id).await?;
        let allowed = [RequestState::Draft, RequestState::Issued];
        let after = self.step(tx, before, &verb, &allowed, RequestState::Cancelled);
        let after = after.await?;
        report::store::lock_all(&tx.db, &verb.id).await?;
        let sent = report::store::count_sent(&tx.db, &verb.id).await?;
        if sent > 0 {
            let facts = [("name", verb.id.name()), ("count", sent.to_string())];
            return Err(Error::rule(&REQUEST_HAS_REPORTS, facts));
        }
        Ok(after)
    }

    /// Lists the requests of an issuer, or those a unit must answer.
    pub(crate) async fn list(
        &self,
        actor: &Actor,
        list: ListRequests,
    ) -> Result<(Vec<ReportRequest>, String)> {
        // Who must answer sees what he is asked, whoever asks it.
        let as_whom = list.reader.as_ref().or(list.issuer.as_ref());
        self.access.require_any(actor, &[as_whom]).await?;
        let mut shown = list;
        if shown.reader.is_some() && shown.states.is_empty() {
            shown.states = vec![
                RequestState::Issued,
                RequestState::Closed,
                RequestState::Cancelled,
            ];
        }
        if shown.reader.is_some() {
            shown.states.retain(|it| *it != RequestState::Draft);
        }
        let what = format!(
            "requests {:?} {:?} {:?}",
            shown.issuer, shown.reader, shown.states
        );
        let page = self.pages.page(shown.page_size, &shown.page_token, what)?;
        let after = page.after().map(read_key).transpose()?;
        let found = store::list(self.db.reader(), &shown, after, page.limit()).await?;
        page.close(found, |it| {
            format!("{}:{}", it.create_time.timestamp_micros(), it.id.as_str())
        })
    }

    /// Finds what the issuer of a request should look at.
    pub(crate) async fn remarks(&self, request: &ReportRequest) -> Result<Vec<Remark>> {
        let calendar = calendar::store::all(self.db.reader()).await?;
        Ok(remarks(request, &calendar))
    }

    async fn for_issuer(
        &self,
        tx: &Tx,
        actor: &Actor,
        id: &ReportRequestId,
    ) -> Result<ReportRequest> {
        match store::find(&tx.db, id).await? {
            Some(request) => {
                self.access.require(actor, &request.issuer).await?;
                Ok(request)
            }
            None => {
                let missing = Error::not_found("REPORT_REQUEST", id);
                Err(self.access.hide(actor, missing).await)
            }
        }
    }

    async fn step(
        &self,
        tx: &Tx,
        before: ReportRequest,
        verb: &RequestVerb,
        allowed: &[RequestState],
        to: RequestState,
    ) -> Result<ReportRequest> {
        before.require_state(allowed)?;
        etag::check(&verb.etag, before.version)?;
        let after = ReportRequest {
            state: to,
            state_reason: verb.reason.clone(),
            update_time: tx.now(),
            version: before.version + 1,
            ..before.clone()
        };
        store::update(&tx.db, &after, before.version).await?;
        tx.record(Action::Moved, &after.id.name(), Some(&before), Some(&after))
            .await?;
        Ok(after)
    }
}

/// Reads the key after which a page begins.
pub(crate) fn read_key(key: &str) -> Result<(i64, String)> {
    let bad = || Error::internal("a page of a list by time begins after no time");
    let (micros, id) = key.split_once(':').ok_or_else(bad)?;
    Ok((micros.parse().map_err(Error::internal)?, id.to_owned()))
}

/// A deadline leaves at least one working day after the data are closed (NĐ 09/2019/NĐ-CP,
/// Điều 8 khoản 5); regimes in force break this, so it is only told.
fn remarks(request: &ReportRequest, calendar: &Calendar) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let due = vietnam_date(request.due_time);
    let window = types::period::WindowRule::decree_09_2019().window(request.period);
    if let Some(end) = window.ok().and_then(|it| it.end()) {
        // The first day after the window is the first one on which anything can be counted.
        let last_day = end.pred_opt().unwrap_or(end);
        if calendar.days.between(last_day, due) == 0 {
            remarks.push(Remark::DueTooEarly { last_day });
        }
    }
    if !calendar.knows(due) {
        let year = chrono::Datelike::year(&due);
        remarks.push(Remark::CalendarMissing { year });
    }
    remarks
}

/// Refuses an outline that is not there.
pub(super) async fn check_template(tx: &Tx, template: &ReportTemplateId) -> Result<()> {
    let found = template::store::find(&tx.db, template).await?;
    let missing = || Error::reference("report_request.report_template", template);
    found.map(|_| ()).ok_or_else(missing)
}

impl ReportRequest {
    /// Refuses a verb that does not fit the state.
    pub(crate) fn require_state(&self, allowed: &[RequestState]) -> Result<()> {
        if allowed.contains(&self.state) {
            return Ok(());
        }
        let codes: Vec<_> = allowed.iter().map(|it| it.code()).collect();
        let words: Vec<_> = allowed.iter().map(|it| it.vietnamese()).collect();
        let facts = [
            ("name", self.id.name()),
            ("state", self.state.code().to_owned()),
            ("state_vi", self.state.vietnamese().to_owned()),
            ("allowed_states", codes.join(", ")),
            ("allowed_states_vi", words.join(", ")),
        ];
        Err(Error::rule(&STATE_NOT_ALLOWED, facts))
    }
}
