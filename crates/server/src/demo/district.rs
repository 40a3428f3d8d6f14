//! One district's report: figures and projects entered once, the draft filled from
//! them, written, forwarded, approved, sent, and accepted by the province.

use anyhow::{Context, Result};
use proto::reporting::{
    AcceptReportRequest, ApproveReportRequest, ForwardReportRequest, GetReportRequest,
    ListReportSectionsRequest, Narrative, PrefillReportRequest, Proposal, Proposals, Report,
    ReportSection, SectionBody, SectionKind, SubmitReportRequest, UpdateReportRequest,
    UpdateReportSectionRequest, ValidateReportRequest, report_service_client::ReportServiceClient,
    section_body::Body,
};

use super::{
    Peers,
    ask::{OrRefused, Person},
    people::Cast,
    province,
    sample::{District, Sample},
    steps::Steps,
};

mod data;

/// Carries one report from the first figure to its acceptance.
pub(super) async fn report(
    peers: &Peers,
    cast: &Cast,
    sample: &Sample,
    district: &District,
    steps: &mut Steps,
) -> Result<()> {
    let way = Way {
        peers,
        sample,
        district,
        unit: format!("units/{}", district.unit),
        place: place(sample, district)?,
        report: province::report_name(sample, &district.unit),
        reporter: cast.person(&district.reporter)?,
        leader: cast.person(&district.leader)?,
        receiver: cast.person(&sample.request.receiver)?,
        decider: cast.person(&sample.request.decider)?,
    };
    way.enter_values(steps).await?;
    way.grant_money(steps).await?;
    way.enter_projects(steps).await?;
    way.write(steps).await?;
    way.forward(steps).await?;
    way.approve_and_submit(steps).await?;
    way.accept(steps).await
}

/// Returns the short name of the district, for the lines.
fn place<'a>(sample: &'a Sample, district: &District) -> Result<&'a str> {
    let unit = sample.units.unit.iter().find(|it| it.id == district.unit);
    let unit = unit.with_context(|| format!("`units.toml` does not know `{}`", district.unit))?;
    Ok(&unit.short_name)
}

/// Everything one report needs on its way.
struct Way<'a> {
    peers: &'a Peers,
    sample: &'a Sample,
    district: &'a District,
    unit: String,
    place: &'a str,
    report: String,
    reporter: &'a Person,
    leader: &'a Person,
    receiver: &'a Person,
    decider: &'a Person,
}

impl Way<'_> {
    /// Fills the draft from the data, then writes what only people can say.
    async fn write(&self, steps: &mut Steps) -> Result<()> {
        let mut reports = ReportServiceClient::new(self.peers.reporting.clone());
        let opened = self.read(self.reporter).await?;
        let request = PrefillReportRequest {
            name: opened.name,
            etag: opened.etag,
            ..PrefillReportRequest::default()
        };
        let filled = reports
            .prefill_report(self.reporter.ask(request)?)
            .await
            .or_refused(|| format!("filling `{}`", self.report))?;
        let (place, count) = (self.place, filled.filled_section_keys.len());
        steps.done(
            &self.reporter.display_name,
            format!("{place}: dự thảo được điền {count} mục từ dữ liệu"),
            format!("draft prefilled from data, {count} sections"),
        );

        let mut report = self.read(self.reporter).await?;
        report.addressees.clone_from(&self.district.addressees);
        report.recipients.clone_from(&self.district.recipients);
        report.signer_position =
            format!("{}/positions/{}", self.unit, self.district.signer_position);
        report.note.clone_from(&self.district.note);
        if let Some(closing) = &self.district.closing {
            report.closing.clone_from(closing);
        }
        let request = UpdateReportRequest {
            report: Some(report),
            ..Default::default()
        };
        let updated = reports.update_report(self.reporter.ask(request)?).await;
        updated.or_refused(|| format!("writing `{}`", self.report))?;

        let request = ListReportSectionsRequest {
            parent: self.report.clone(),
        };
        let listed = reports
            .list_report_sections(self.reporter.ask(request)?)
            .await
            .or_refused(|| format!("reading the sections of `{}`", self.report))?;
        let mut written = 0;
        for section in listed.sections {
            let Some(body) = self.own_words(&section) else {
                continue;
            };
            let name = section.name.clone();
            let section = ReportSection {
                body: Some(SectionBody { body: Some(body) }),
                ..section
            };
            let request = UpdateReportSectionRequest {
                section: Some(section),
                ..Default::default()
            };
            let updated = reports
                .update_report_section(self.reporter.ask(request)?)
                .await;
            updated.or_refused(|| format!("writing `{name}`"))?;
            written += 1;
        }
        steps.done(
            &self.reporter.display_name,
            format!("{place}: soạn {written} mục, nơi nhận, người ký"),
            format!("wrote {written} sections, recipients and signer"),
        );
        Ok(())
    }

    /// Returns what the district itself says in a section, if anything.
    fn own_words(&self, section: &ReportSection) -> Option<Body> {
        if section.kind() == SectionKind::Proposals && !self.district.proposal.is_empty() {
            let proposals = self.district.proposal.iter().map(|new| Proposal {
                addressee: new.addressee.clone(),
                addressee_unit: new
                    .addressee_unit
                    .as_ref()
                    .map(|it| format!("units/{it}"))
                    .unwrap_or_default(),
                text: new.text.clone(),
                ..Proposal::default()
            });
            return Some(Body::Proposals(Proposals {
                proposals: proposals.collect(),
            }));
        }
        let key = section.name.rsplit('/').next()?;
        let own = self.district.section.iter().find(|it| it.key == key)?;
        let blocks = own.block.iter().map(province::block).collect();
        Some(Body::Narrative(Narrative { blocks }))
    }

    async fn forward(&self, steps: &mut Steps) -> Result<()> {
        let mut reports = ReportServiceClient::new(self.peers.reporting.clone());
        let request = ValidateReportRequest {
            name: self.report.clone(),
        };
        let checked = reports
            .validate_report(self.reporter.ask(request)?)
            .await
            .or_refused(|| format!("checking `{}`", self.report))?;
        let report = self.read(self.reporter).await?;
        let request = ForwardReportRequest {
            name: report.name,
            etag: report.etag,
            ..Default::default()
        };
        let forwarded = reports.forward_report(self.reporter.ask(request)?).await;
        forwarded.or_refused(|| format!("forwarding `{}`", self.report))?;
        let place = self.place;
        steps.done(
            &self.reporter.display_name,
            format!("{place}: kiểm tra và trình lãnh đạo"),
            "checked and forwarded to the leader",
        );
        steps.issues(&checked.issues);
        Ok(())
    }

    /// Number and date are the office's and not known here: room is left for them.
    async fn approve_and_submit(&self, steps: &mut Steps) -> Result<()> {
        let mut reports = ReportServiceClient::new(self.peers.reporting.clone());
        let report = self.read(self.leader).await?;
        let list = ListReportSectionsRequest {
            parent: report.name.clone(),
        };
        let read = reports
            .list_report_sections(self.leader.ask(list)?)
            .await
            .or_refused(|| format!("reading `{}`", self.report))?;
        let request = ApproveReportRequest {
            name: report.name,
            etag: report.etag,
            content_sha256: read.content_sha256,
            ..Default::default()
        };
        let approved = reports
            .approve_report(self.leader.ask(request)?)
            .await
            .or_refused(|| format!("approving `{}`", self.report))?;
        let request = SubmitReportRequest {
            name: approved.name,
            etag: approved.etag,
            ..Default::default()
        };
        let submission = reports
            .submit_report(self.leader.ask(request)?)
            .await
            .or_refused(|| format!("submitting `{}`", self.report))?;
        let (place, pinned) = (self.place, submission.values.len());
        steps.done(
            &self.leader.display_name,
            format!("{place}: duyệt và gửi, chốt {pinned} số liệu"),
            format!("approved and submitted, {pinned} figures pinned"),
        );
        Ok(())
    }

    async fn accept(&self, steps: &mut Steps) -> Result<()> {
        let report = self.read(self.receiver).await?;
        let request = AcceptReportRequest {
            name: report.name,
            etag: report.etag,
            ..Default::default()
        };
        let accepted = ReportServiceClient::new(self.peers.reporting.clone())
            .accept_report(self.receiver.ask(request)?)
            .await;
        accepted.or_refused(|| format!("accepting `{}`", self.report))?;
        let place = self.place;
        steps.done(
            &self.receiver.display_name,
            format!("{place}: tiếp nhận báo cáo"),
            "accepted",
        );
        Ok(())
    }

    async fn read(&self, person: &Person) -> Result<Report> {
        let request = GetReportRequest {
            name: self.report.clone(),
        };
        ReportServiceClient::new(self.peers.reporting.clone())
            .get_report(person.ask(request)?)
            .await
            .or_refused(|| format!("reading `{}`", self.report))
    }
}
