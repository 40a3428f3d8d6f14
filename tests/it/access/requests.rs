//! The lines of `access_requests.json`, and sending what they say.
//!
//! A line is a JSON object:
//! - `call`: the method, without `cds.`;
//! - `with`: its request as JSON, or a list of them when the method takes a stream; `{unit}`
//!   stands for the id of the unit it is about, `{content of reports/…}` for the hash of what
//!   the caller reads of a report;
//! - `over_all_units`: true when it needs the right over all units, so that no grant on a
//!   unit is enough;
//! - `answer`: what who may do everything is answered at first, when that is not `OK`;
//! - `as`: by which role that is asked, when the first that carries the permission is not
//!   the right one;
//! - `only_prepares`: true when it is called only to leave something behind for others;
//! - `known`: by which role and on which units (as [`Relation`] names them) the answer is
//!   another than by the rules, which one, and why. Less or more than is known here fails
//!   the test.
//!
//! An etag that has passed, an id that is taken and a figure that is the same keep a
//! request from changing anything when it is repeated.

use std::fmt;

use kit::{
    Peer,
    policy::{Needs, Policy},
};
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use proto::reporting::{ListReportSectionsRequest, report_service_client::ReportServiceClient};
use serde::Deserialize;
use serde_json::{Deserializer, Value};
use tonic::{Code, Request, Status, client::Grpc, metadata::MetadataValue};
use tonic_prost::ProstCodec;

use super::{Relation, is_past_the_check};

const FILE: &str = include_str!("../access_requests.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    call: String,
    with: Value,
    #[serde(default)]
    over_all_units: bool,
    #[serde(default = "ok", deserialize_with = "code")]
    answer: Code,
    #[serde(default, rename = "as")]
    by: Option<String>,
    #[serde(default)]
    only_prepares: bool,
    #[serde(default)]
    known: Vec<Known>,
}

/// A difference from the rules that is meant or not mended yet.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Known {
    pub(super) role: String,
    pub(super) on: Vec<Relation>,
    #[serde(deserialize_with = "code")]
    pub(super) answer: Code,
    pub(super) why: String,
}

/// One way to call a method.
#[derive(Debug)]
pub(super) struct Ask {
    /// Where it stands among the others, from 1.
    pub(super) line: usize,
    /// Such as `/cds.directory.v1.UnitService/GetUnit`.
    pub(super) path: String,
    pub(super) permission: String,
    /// Whether it is about one unit, or else over all of them.
    pub(super) names_unit: bool,
    pub(super) only_prepares: bool,
    /// Answer to who may do everything.
    pub(super) answer: Code,
    /// Role by which it is asked first.
    pub(super) by: Option<String>,
    pub(super) known: Vec<Known>,
    messages: Vec<Value>,
    input: MessageDescriptor,
}

impl fmt::Display for Ask {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (_, method) = self.path.rsplit_once('.').unwrap_or_default();
        write!(formatter, "{}. {method}", self.line)
    }
}

impl Ask {
    fn new(line: usize, read: Line, pool: &DescriptorPool, policy: &Policy) -> Self {
        let path = format!("/cds.{}", read.call);
        let Some(Needs::Permission(permission)) = policy.needs(&path) else {
            panic!("line {line}: `{path}` is no method with a permission");
        };
        let (service, method) = path[1..].split_once('/').unwrap();
        let service = pool.get_service_by_name(service).unwrap();
        let method = service.methods().find(|it| it.name() == method).unwrap();
        let names_unit = read.with.to_string().contains("{unit}");
        assert!(
            read.only_prepares || names_unit != read.over_all_units,
            "line {line}: a request is about {{unit}} or over all units"
        );
        assert!(
            is_past_the_check(read.answer),
            "line {line}: somebody has to get in with it, or it proves nothing"
        );
        Self {
            line,
            permission: permission.to_string(),
            names_unit,
            only_prepares: read.only_prepares,
            answer: read.answer,
            by: read.by,
            known: read.known,
            messages: match read.with {
                Value::Array(messages) => messages,
                message => vec![message],
            },
            input: method.input(),
            path,
        }
    }

    /// Asks about a unit. The gate has the permission decided before an answer begins, so
    /// its beginning is waited for, of whatever kind the method is, and no more.
    pub(super) async fn send(&self, peer: &Peer, token: &str, unit: &str) -> Answer {
        let mut messages = Vec::new();
        for message in &self.messages {
            let json = message.to_string().replace("{unit}", unit);
            messages.push(self.message(&with_content(peer, token, json).await));
        }
        let mut request = Request::new(tokio_stream::iter(messages));
        let bearer = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
        request.metadata_mut().insert("authorization", bearer);
        // Whatever an answer says of the call itself is then the same in all.
        let id = MetadataValue::from_static("access");
        request.metadata_mut().insert("x-request-id", id);
        let mut client = Grpc::new(peer.clone());
        client.ready().await.unwrap();
        let codec: ProstCodec<DynamicMessage, ()> = ProstCodec::default();
        let path = self.path.parse().unwrap();
        let answer = client.streaming(request, path, codec).await;
        answer.map_or_else(Answer::from, |_| Answer::from(Status::ok("")))
    }

    fn message(&self, json: &str) -> DynamicMessage {
        let mut json = Deserializer::from_str(json);
        let read = DynamicMessage::deserialize(self.input.clone(), &mut json);
        read.unwrap_or_else(|error| panic!("{self}: {error}"))
    }
}

/// Puts the hash of a report in where it is asked for; who may not read it sends another one.
async fn with_content(peer: &Peer, token: &str, json: String) -> String {
    const OPEN: &str = "{content of ";
    let Some((before, rest)) = json.split_once(OPEN) else {
        return json;
    };
    let (report, after) = rest.split_once('}').unwrap();
    let list = ListReportSectionsRequest {
        parent: report.to_owned(),
    };
    let mut list = Request::new(list);
    let bearer = MetadataValue::try_from(format!("Bearer {token}")).unwrap();
    list.metadata_mut().insert("authorization", bearer);
    let mut reports = ReportServiceClient::new(peer.clone());
    let read = reports.list_report_sections(list).await;
    let hash = read.map_or_else(|_| "unread".to_owned(), |it| it.into_inner().content_sha256);
    format!("{before}{hash}{after}")
}

/// Reads all lines, in order.
pub(super) fn read() -> Vec<Ask> {
    let lines: Vec<Line> = serde_json::from_str(FILE).unwrap();
    let pool = DescriptorPool::decode(proto::DESCRIPTORS).unwrap();
    let policy = Policy::read(proto::DESCRIPTORS).unwrap();
    let lines = lines.into_iter().zip(1..);
    let asks = lines.map(|(read, line)| Ask::new(line, read, &pool, &policy));
    asks.collect()
}

fn ok() -> Code {
    Code::Ok
}

/// Reads a code as the contract writes it, such as `NOT_FOUND`.
fn code<'file, D: serde::Deserializer<'file>>(file: D) -> Result<Code, D::Error> {
    const KNOWN: [(&str, Code); 6] = [
        ("ABORTED", Code::Aborted),
        ("ALREADY_EXISTS", Code::AlreadyExists),
        ("FAILED_PRECONDITION", Code::FailedPrecondition),
        ("INVALID_ARGUMENT", Code::InvalidArgument),
        ("NOT_FOUND", Code::NotFound),
        ("PERMISSION_DENIED", Code::PermissionDenied),
    ];
    let name = String::deserialize(file)?;
    let found = KNOWN.iter().find(|it| it.0 == name);
    found
        .map(|it| it.1)
        .ok_or_else(|| serde::de::Error::custom(format!("`{name}` is no answer here")))
}

/// An answer as far as callers can tell it from others.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Answer {
    pub(super) code: Code,
    message: String,
    details: Vec<u8>,
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?} {}", self.code, self.message)
    }
}

impl From<Status> for Answer {
    fn from(status: Status) -> Self {
        Self {
            code: status.code(),
            message: status.message().to_owned(),
            details: status.details().to_vec(),
        }
    }
}
