//! The document method: accept, print, reply.

use kit::{accept, actor::hex};
use proto::{
    convert::unknown,
    reporting::{self as pb, document_service_server::DocumentService},
    shared::FileRef,
};
use sha2::{Digest, Sha256};
use tonic::{Request, Response, Status};
use types::{
    ids::{ConsolidationId, ReportId},
    invalid::InvalidText,
    violations::Invalid,
};

use super::{Documents, Format, Source};
use crate::report::rpc::submission_name;

#[derive(Debug)]
pub(crate) struct Rpc {
    documents: Documents,
}

impl Rpc {
    pub(crate) fn new(documents: &Documents) -> Self {
        Self {
            documents: documents.clone(),
        }
    }
}

/// Asks for a document.
struct Render {
    source: Source,
    format: Format,
}

#[tonic::async_trait]
impl DocumentService for Rpc {
    async fn render_document(
        &self,
        request: Request<pb::RenderDocumentRequest>,
    ) -> Result<Response<pb::RenderDocumentResponse>, Status> {
        let (actor, Render { source, format }) = accept(request)?;
        let printed = self.documents.render(&actor, source, format).await?;
        let file = FileRef {
            file: format!("{}.{}", printed.stem, format.extension()),
            title: printed.title,
            media_type: format.media_type().to_owned(),
            size_bytes: i64::try_from(printed.bytes.len()).unwrap_or(i64::MAX),
            sha256: hex(&Sha256::digest(&printed.bytes)),
        };
        Ok(Response::new(pb::RenderDocumentResponse {
            file: Some(file),
            content: printed.bytes,
        }))
    }
}

impl TryFrom<pb::RenderDocumentRequest> for Render {
    type Error = Invalid;

    fn try_from(message: pb::RenderDocumentRequest) -> Result<Self, Invalid> {
        let mut bad = Invalid::default();
        let source = match message.source.as_str() {
            "" => {
                bad.missing("source");
                None
            }
            name => bad.take("source", source(name)),
        };
        let format = match pb::DocumentFormat::try_from(message.format) {
            Ok(pb::DocumentFormat::Docx) => Some(Format::Docx),
            Ok(pb::DocumentFormat::Pdf) => Some(Format::Pdf),
            Ok(pb::DocumentFormat::Unspecified) => {
                bad.missing("format");
                None
            }
            Err(_) => {
                unknown("format", message.format, &mut bad);
                None
            }
        };
        let (Some(source), Some(format)) = (source, format) else {
            return Err(bad);
        };
        Ok(Self { source, format })
    }
}

fn source(name: &str) -> Result<Source, InvalidText> {
    if name.starts_with("consolidations/") {
        return ConsolidationId::from_name(name).map(Source::Consolidation);
    }
    if name.contains("/submissions/") {
        return submission_name(name).map(|(report, number)| Source::Submission(report, number));
    }
    ReportId::from_name(name).map(Source::Report)
}

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Pdf => "pdf",
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Pdf => "application/pdf",
        }
    }
}
