//! One unit's report as a document.

use chrono::{DateTime, Utc};
use document::{Block, Document};

use super::parts::{file_time, issue_date, narrative, paragraphs, point, project_table, spans};
use crate::{
    report::{Body, Proposal},
    submission::Content,
};

/// Puts the document together. A draft carries a mark that it is one.
pub(super) fn document(content: &Content, written: DateTime<Utc>, draft: bool) -> Document {
    let letterhead = &content.letterhead;
    let superior = &letterhead.superior_organ;
    let subject: Vec<String> = content.frame.subject.lines().map(str::to_owned).collect();
    Document {
        parent_organ: if superior.is_empty() {
            Vec::new()
        } else {
            vec![superior.clone()]
        },
        organ: vec![letterhead.display_name.clone()],
        number: number(&content.document_number),
        symbol: symbol(&content.document_number, &letterhead.symbol),
        place: letterhead.place.clone(),
        date: issue_date(content.issue_date, written),
        kind: "BÁO CÁO".to_owned(),
        title: format!(
            "Báo cáo {} - {}",
            subject.join(" "),
            letterhead.display_name
        ),
        subject,
        addressees: content.frame.addressees.clone(),
        body: body(content),
        authority: content.signer.lines.clone(),
        signer: Some(content.signer.name.clone()).filter(|it| !it.is_empty()),
        recipients: content.frame.recipients.clone(),
        draft,
        created: file_time(written),
        ..Document::default()
    }
}

fn body(content: &Content) -> Vec<Block> {
    let mut blocks: Vec<_> = paragraphs(&content.frame.opening).collect();
    for section in &content.sections {
        blocks.push(Block::Heading {
            level: 1,
            text: section.heading.clone(),
        });
        match &section.body {
            Body::Narrative(it) => blocks.extend(narrative(it)),
            Body::ProjectTable(rows) => blocks.push(project_table(rows, content.period)),
            Body::Proposals(it) => blocks.extend(proposals(it)),
        }
    }
    blocks.extend(paragraphs(&content.frame.closing));
    blocks
}

/// Neighbouring proposals to one organ stand under one point.
fn proposals(proposals: &[Proposal]) -> Vec<Block> {
    let mut blocks = Vec::new();
    let groups = proposals.chunk_by(|one, next| one.addressee == next.addressee);
    for (index, group) in groups.enumerate() {
        let addressee = group
            .first()
            .map(|it| it.addressee.as_str())
            .unwrap_or_default();
        blocks.push(Block::Heading {
            level: 2,
            text: format!("{} Đối với {addressee}", point(index)),
        });
        for proposal in group {
            blocks.extend(
                proposal
                    .resolved
                    .lines()
                    .map(|it| Block::Paragraph(spans(it))),
            );
        }
    }
    blocks
}

/// Takes `05` out of `05/BC-UBND`; without a number there is room for one.
fn number(document_number: &str) -> Option<String> {
    let number = document_number.split('/').next().unwrap_or_default();
    (!number.is_empty()).then(|| number.to_owned())
}

/// Takes `BC-UBND` out of `05/BC-UBND`, or makes it of the unit's own symbol.
fn symbol(document_number: &str, unit_symbol: &str) -> String {
    match document_number.split_once('/') {
        Some((_, symbol)) => symbol.to_owned(),
        None => format!("BC-{unit_symbol}"),
    }
}
