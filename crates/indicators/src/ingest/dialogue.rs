//! The stream of a session: frames in, answers out.
//!
//! Batches are read, prepared, written and answered at the same time, each by a part of its
//! own: while the database writes those that have come so far, together, the next are judged
//! as far as they can be before their turn.

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

use super::{Batch, CREDIT, Ingests, MOST_TOGETHER, Open, Ready, Session};
use crate::reason::INGEST_CREDIT_EXCEEDED;

/// A stream ends after this time, so that senders spread over the servers anew.
const LONGEST_STREAM: Duration = Duration::from_secs(600);
/// Frames that wait between two parts.
const FRAMES_AHEAD: usize = 64;
/// Answers that wait for the line.
const ANSWERS_AHEAD: usize = 16;

/// An answer, and how many items it acknowledges.
type Answer = (Result<Told>, i64);

/// A frame that can be taken.
enum Frame {
    Batch(Ready),
    Close(pb::IngestClose),
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
        let (read, asked) = mpsc::channel(FRAMES_AHEAD);
        let (prepared, frames) = mpsc::channel(FRAMES_AHEAD);
        let preparer = Preparer {
            ingests: self.clone(),
            actor: actor.clone(),
            source_system: session.source_system.clone(),
            asked,
        };
        let (answers, told) = mpsc::channel(ANSWERS_AHEAD);
        let writer = Writer {
            ingests: self.clone(),
            actor: actor.clone(),
            session,
            frames,
            waiting: None,
            ending: self.ending.subscribe(),
            ends: Instant::now() + LONGEST_STREAM,
        };
        let line = Line {
            actor,
            told,
            on_the_way: on_the_way.clone(),
            _background: [
                Background::start(read_ahead(messages, read, on_the_way)),
                Background::start(preparer.prepare(prepared)),
                Background::start(writer.write(answers)),
            ],
        };
        Ok(stream::unfold(line, |mut line| async move {
            let next = line.next().await?;
            Some((next, line))
        }))
    }
}

/// What goes back over the line.
struct Line {
    actor: Actor,
    told: mpsc::Receiver<Answer>,
    /// Items that were read and are not acknowledged yet.
    on_the_way: Arc<AtomicI64>,
    _background: [Background; 3],
}

impl Line {
    async fn next(&mut self) -> Option<Message> {
        let (told, count) = self.told.recv().await?;
        // An acknowledgement counts when the line takes it, so that a sender who does not
        // listen cannot go on sending.
        self.on_the_way.fetch_sub(count, Ordering::Relaxed);
        Some(match told {
            Ok(told) => Ok(pb::IngestValuesResponse { frame: Some(told) }),
            Err(error) => Err(self.actor.tell(error)),
        })
    }
}

/// Reads frames while earlier ones are being prepared and written, as far as the credit goes.
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

/// Prepares batches for their turn.
struct Preparer {
    ingests: Ingests,
    actor: Actor,
    source_system: String,
    asked: mpsc::Receiver<Result<Option<Asked>>>,
}

impl Preparer {
    async fn prepare(mut self, frames: mpsc::Sender<Result<Frame>>) {
        while let Some(asked) = self.asked.recv().await {
            let frame = match asked {
                Ok(asked) => self.frame(asked).await,
                Err(error) => Err(error),
            };
            if frames.send(frame).await.is_err() {
                return;
            }
        }
    }

    async fn frame(&self, asked: Option<Asked>) -> Result<Frame> {
        match asked {
            Some(Asked::Batch(batch)) => {
                let batch = Batch::from_wire(&batch, &self.source_system)?;
                let actor = self.actor.in_next_part();
                self.ingests.look_at(&actor, batch).await.map(Frame::Batch)
            }
            Some(Asked::Close(close)) => Ok(Frame::Close(close)),
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

/// Writes what was read, in order.
struct Writer {
    ingests: Ingests,
    actor: Actor,
    session: Session,
    frames: mpsc::Receiver<Result<Frame>>,
    /// A frame that came while batches were put together, and is none to go with them.
    waiting: Option<Result<Frame>>,
    ending: watch::Receiver<bool>,
    ends: Instant,
}

impl Writer {
    async fn write(mut self, answers: mpsc::Sender<Answer>) {
        let ready = Told::Ready(pb::IngestReady::from(&self.session));
        if answers.send((Ok(ready), 0)).await.is_err() {
            return;
        }
        while let Some(frame) = self.next_frame().await {
            let told = match frame {
                Ok(Frame::Batch(batch)) => self.take(batch).await,
                Ok(Frame::Close(close)) => Ingests::close(&self.session, close.total_count)
                    .map(|counts| vec![(Told::Summary(counts.into()), 0)]),
                Err(error) => Err(error),
            };
            let is_over = told.is_err();
            let told = match told {
                Ok(told) => told
                    .into_iter()
                    .map(|(it, count)| (Ok(it), count))
                    .collect(),
                Err(error) => vec![(Err(error), 0)],
            };
            for answer in told {
                if answers.send(answer).await.is_err() {
                    return;
                }
            }
            if is_over {
                return;
            }
        }
    }

    /// Waits for a frame; none when the stream ends.
    async fn next_frame(&mut self) -> Option<Result<Frame>> {
        if self.waiting.is_some() {
            return self.waiting.take();
        }
        tokio::select! {
            biased;
            _ = self.ending.wait_for(|ending| *ending) => None,
            () = tokio::time::sleep_until(self.ends) => None,
            frame = self.frames.recv() => frame,
        }
    }

    /// Takes a batch, and those that have arrived behind it.
    async fn take(&mut self, first: Ready) -> Result<Vec<(Told, i64)>> {
        let mut batches = vec![first];
        let mut count = batches[0].items.len();
        // In a dry run each stands alone.
        while !self.session.validate_only {
            match self.frames.try_recv() {
                Ok(Ok(Frame::Batch(next)))
                    if batches.last().is_some_and(|it| it.end() == next.offset)
                        && count + next.items.len() <= MOST_TOGETHER =>
                {
                    count += next.items.len();
                    batches.push(next);
                }
                Ok(other) => {
                    self.waiting = Some(other);
                    break;
                }
                Err(_) => break,
            }
        }
        let actor = self.actor.in_next_part();
        let acks = self.ingests.take(&actor, &mut self.session, batches);
        let told = acks.await?.into_iter().map(|ack| {
            let count = i64::try_from(ack.results.len()).unwrap_or(i64::MAX);
            (Told::Ack(ack), count)
        });
        Ok(told.collect())
    }
}

type Message = std::result::Result<pb::IngestValuesResponse, Status>;

/// The line broke off, or a message on it cannot be read: the transport says how.
fn told_as_it_is(status: Status) -> Error {
    Error::Neighbour(Box::new(status))
}

fn bad_frame(field: &str, en: &str, vi: &str) -> Invalid {
    Invalid::field(field, "OUT_OF_ORDER", en, vi)
}
