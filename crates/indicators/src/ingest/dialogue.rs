//! The stream of a session: frames in, answers out, one batch after the other.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use futures_util::{Stream, stream};
use kit::{Actor, Error, Result, run::Background};
use proto::indicators::{
    self as pb, ingest_values_request::Frame as Asked, ingest_values_response::Frame as Told,
};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};
use tonic::{Status, Streaming};
use types::violations::Invalid;

use super::{Batch, CREDIT, Ingests, Open, Session};
use crate::reason::INGEST_CREDIT_EXCEEDED;

/// A stream ends after this time, so that senders spread over the servers anew.
const LONGEST_STREAM: Duration = Duration::from_secs(600);
/// Frames read while a batch is being written.
const FRAMES_AHEAD: usize = 16;

type Message = std::result::Result<pb::IngestValuesResponse, Status>;

/// One line of a session.
struct Dialogue {
    ingests: Ingests,
    actor: Actor,
    session: Session,
    frames: mpsc::Receiver<Result<Option<Asked>>>,
    /// Items that were read and are not acknowledged yet.
    on_the_way: Arc<AtomicI64>,
    ending: watch::Receiver<bool>,
    ends: Instant,
    is_opening: bool,
    is_over: bool,
    _reading: Background,
}

impl Ingests {
    /// Opens the session that the first frame names, and answers what follows.
    pub(crate) async fn open(
        &self,
        actor: Actor,
        mut messages: Streaming<pb::IngestValuesRequest>,
    ) -> Result<impl Stream<Item = Message> + Send + use<>> {
        let first = messages.message().await.map_err(told_as_it_is)?;
        let Some(Asked::Open(open)) = first.and_then(|it| it.frame) else {
            return Err(bad_frame(
                "open",
                "is required as the first message",
                "phải là thông điệp đầu tiên",
            )
            .into());
        };
        let session = self.begin(&actor, Open::try_from(open)?).await?;
        let on_the_way = Arc::new(AtomicI64::new(0));
        let (sender, frames) = mpsc::channel(FRAMES_AHEAD);
        let reading = Background::start(read_ahead(messages, sender, on_the_way.clone()));
        let dialogue = Dialogue {
            ingests: self.clone(),
            actor,
            session,
            frames,
            on_the_way,
            ending: self.ending.subscribe(),
            ends: Instant::now() + LONGEST_STREAM,
            is_opening: true,
            is_over: false,
            _reading: reading,
        };
        Ok(stream::unfold(dialogue, |mut it| async move {
            let next = it.next().await?;
            Some((next, it))
        }))
    }
}

/// Reads frames while earlier ones are being written, as far as the credit goes.
async fn read_ahead(
    mut messages: Streaming<pb::IngestValuesRequest>,
    frames: mpsc::Sender<Result<Option<Asked>>>,
    on_the_way: Arc<AtomicI64>,
) {
    loop {
        let frame = match messages.message().await {
            Ok(Some(message)) => within_credit(message.frame, &on_the_way),
            Ok(None) => return,
            Err(status) => Err(told_as_it_is(status)),
        };
        let is_last = frame.is_err();
        if frames.send(frame).await.is_err() || is_last {
            return;
        }
    }
}

fn within_credit(frame: Option<Asked>, on_the_way: &AtomicI64) -> Result<Option<Asked>> {
    if let Some(Asked::Batch(batch)) = &frame {
        let sent = i64::try_from(batch.items.len()).map_err(Error::internal)?;
        if on_the_way.fetch_add(sent, Ordering::Relaxed) + sent > i64::from(CREDIT) {
            let facts = [("credit", CREDIT.to_string())];
            return Err(Error::rule(&INGEST_CREDIT_EXCEEDED, facts));
        }
    }
    Ok(frame)
}

impl Dialogue {
    async fn next(&mut self) -> Option<Message> {
        if std::mem::take(&mut self.is_opening) {
            let ready = pb::IngestReady::from(&self.session);
            return Some(Ok(message(Told::Ready(ready))));
        }
        if self.is_over {
            return None;
        }
        let frame = tokio::select! {
            biased;
            _ = self.ending.wait_for(|ending| *ending) => None,
            () = tokio::time::sleep_until(self.ends) => None,
            frame = self.frames.recv() => frame,
        }?;
        let told = match frame {
            Ok(frame) => self.answer(frame).await,
            Err(error) => Err(error),
        };
        self.is_over = told.is_err();
        Some(match told {
            Ok(told) => Ok(message(told)),
            Err(error) => Err(self.actor.tell(error)),
        })
    }

    async fn answer(&mut self, frame: Option<Asked>) -> Result<Told> {
        match frame {
            Some(Asked::Batch(batch)) => {
                let count = i64::try_from(batch.items.len()).map_err(Error::internal)?;
                let batch = Batch::from_wire(&batch, &self.session)?;
                let actor = self.actor.in_next_part();
                let mut ack = self.ingests.take(&actor, &mut self.session, batch).await?;
                ack.credit = CREDIT;
                self.on_the_way.fetch_sub(count, Ordering::Relaxed);
                Ok(Told::Ack(ack))
            }
            Some(Asked::Close(close)) => {
                let counts = Ingests::close(&self.session, close.total_count)?;
                Ok(Told::Summary(counts.into()))
            }
            Some(Asked::Open(_)) => Err(bad_frame(
                "open",
                "comes once, as the first message",
                "chỉ gửi một lần, ở thông điệp đầu tiên",
            )
            .into()),
            None => Err(bad_frame("frame", "is required", "là bắt buộc").into()),
        }
    }
}

fn message(told: Told) -> pb::IngestValuesResponse {
    pb::IngestValuesResponse { frame: Some(told) }
}

/// The line broke off, or a message on it cannot be read: the transport says how.
fn told_as_it_is(status: Status) -> Error {
    Error::Neighbour(Box::new(status))
}

fn bad_frame(field: &str, en: &str, vi: &str) -> Invalid {
    Invalid::field(field, "OUT_OF_ORDER", en, vi)
}
