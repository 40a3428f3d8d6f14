//! A sender: one line of a session, as another system would write it.

use kit::Peer;
use proto::{
    indicators::{
        self as pb, ingest_values_request::Frame as Asked, ingest_values_response::Frame as Told,
        value_service_client::ValueServiceClient,
    },
    shared,
};
use testkit::Person;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

pub(crate) const SESSION: &str = "0d6f7b4c-4f0e-4d3a-9a51-5f8c2f6f8f01";

pub(crate) struct Line {
    frames: mpsc::Sender<pb::IngestValuesRequest>,
    answers: Streaming<pb::IngestValuesResponse>,
    pub(crate) ready: pb::IngestReady,
}

impl Line {
    pub(crate) async fn open(
        values: &ValueServiceClient<Peer>,
        person: &Person,
        open: pb::IngestOpen,
    ) -> Result<Self, Status> {
        let (frames, sent) = mpsc::channel(100);
        frames.send(frame(Asked::Open(open))).await.unwrap();
        let ask = person.ask(ReceiverStream::new(sent));
        let answers = values.clone().ingest_values(ask).await?.into_inner();
        let mut line = Self {
            frames,
            answers,
            ready: pb::IngestReady::default(),
        };
        match line.told().await? {
            Some(Told::Ready(ready)) => line.ready = ready,
            other => panic!("a session opens with `ready`, not {other:?}"),
        }
        Ok(line)
    }

    /// Sends a frame without waiting for an answer.
    pub(crate) async fn send(&self, asked: Asked) {
        self.frames.send(frame(asked)).await.unwrap();
    }

    /// Returns the next answer; none at the end of the stream.
    pub(crate) async fn told(&mut self) -> Result<Option<Told>, Status> {
        Ok(self.answers.message().await?.and_then(|it| it.frame))
    }

    /// Sends a batch and waits until it is acknowledged.
    pub(crate) async fn batch(
        &mut self,
        offset: i64,
        items: &[pb::ValueItem],
    ) -> Result<pb::IngestAck, Status> {
        self.send(batch(offset, items)).await;
        match self.told().await? {
            Some(Told::Ack(ack)) => Ok(ack),
            other => panic!("a batch is acknowledged, not {other:?}"),
        }
    }

    /// Says that everything was sent.
    pub(crate) async fn close(&mut self, total_count: i64) -> Result<[i64; 4], Status> {
        self.send(Asked::Close(pb::IngestClose { total_count }))
            .await;
        match self.told().await? {
            Some(Told::Summary(it)) => Ok([
                it.created_count,
                it.updated_count,
                it.unchanged_count,
                it.rejected_count,
            ]),
            other => panic!("a session ends with a summary, not {other:?}"),
        }
    }
}

fn frame(asked: Asked) -> pb::IngestValuesRequest {
    pb::IngestValuesRequest { frame: Some(asked) }
}

pub(crate) fn batch(offset: i64, items: &[pb::ValueItem]) -> Asked {
    Asked::Batch(pb::IngestBatch {
        offset,
        items: items.to_vec(),
    })
}

pub(crate) fn one_stop(session_id: &str) -> pb::IngestOpen {
    pb::IngestOpen {
        session_id: session_id.into(),
        source_system: "sourceSystems/mot-cua".into(),
        scope_unit: "units/huyen-minh-long".into(),
        validate_only: false,
    }
}

/// A figure of a unit for the first half of 2022.
pub(crate) fn sent(unit: &str, indicator: &str, quantity: shared::Quantity) -> pb::ValueItem {
    pb::ValueItem {
        unit: format!("units/{unit}"),
        period: "2022-h1".into(),
        ..crate::story::item(indicator, quantity)
    }
}
