//! Life of a process: parts run until one of them stops or a signal comes; then all
//! stop, within a time limit.

use std::{future::Future, io, time::Duration};

use tokio::{sync::watch, task::JoinSet};

/// Parts get this long to finish after a stop was asked for.
const DRAIN: Duration = Duration::from_secs(20);

type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// A running process. Everything in the background is spawned through it.
#[derive(Debug)]
pub struct Run {
    parts: JoinSet<(&'static str, Outcome)>,
    stop: watch::Sender<bool>,
}

/// Tells a part when to stop. Clones tell the same.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

impl Stop {
    /// Waits until the part is asked to stop.
    pub async fn asked(mut self) {
        // The sender lives as long as the run; if it is gone, stopping is right too.
        let _ = self.0.wait_for(|stop| *stop).await;
    }
}

impl Default for Run {
    fn default() -> Self {
        Self::new()
    }
}

impl Run {
    /// Begins with no parts.
    #[must_use]
    pub fn new() -> Self {
        Self {
            parts: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Returns what tells a part to stop.
    #[must_use]
    pub fn stop(&self) -> Stop {
        Stop(self.stop.subscribe())
    }

    /// Returns a handle that stops the run, for tests and the demo.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        Stopper(self.stop.clone())
    }

    /// Starts a part in the background.
    pub fn start<F>(&mut self, name: &'static str, part: F)
    where
        F: Future<Output = Outcome> + Send + 'static,
    {
        self.parts.spawn(async move { (name, part.await) });
    }

    /// Runs until SIGTERM, Ctrl-C, or the end of a part; then asks the rest to stop.
    ///
    /// # Errors
    /// The first part that failed. Calls that run longer than the time limit are cut.
    pub async fn until_stopped(mut self) -> Outcome {
        let asked = Stop(self.stop.subscribe());
        let mut outcome = tokio::select! {
            signal = signal() => signal.map_err(Into::into),
            () = asked.asked() => Ok(()),
            ended = self.parts.join_next() => told(ended),
        };
        self.stop.send_replace(true);
        let drained = tokio::time::timeout(DRAIN, async {
            while let Some(ended) = self.parts.join_next().await {
                let ended = told(Some(ended));
                if outcome.is_ok() {
                    outcome = ended;
                }
            }
        });
        if drained.await.is_err() {
            tracing::warn!(
                "calls were still running after {} s and were cut",
                DRAIN.as_secs()
            );
        }
        outcome
    }
}

/// Work in the background that belongs to somebody and ends with him. It cannot fail:
/// what can goes into a [`Run`].
#[derive(Debug)]
pub struct Background(tokio::task::JoinHandle<()>);

impl Background {
    /// Starts the work.
    #[expect(
        clippy::disallowed_methods,
        reason = "the handle is kept, and the work ends with its owner"
    )]
    pub fn start(work: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(work))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Stops a run from elsewhere.
#[derive(Debug, Clone)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Asks every part to stop.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

fn told(ended: Option<Result<(&'static str, Outcome), tokio::task::JoinError>>) -> Outcome {
    match ended {
        None | Some(Ok((_, Ok(())))) => Ok(()),
        Some(Ok((name, Err(error)))) => Err(format!("{name} stopped: {error}").into()),
        Some(Err(panic)) => Err(format!("a part broke: {panic}").into()),
    }
}

async fn signal() -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::select! {
        _ = terminate.recv() => tracing::info!("asked to stop by SIGTERM"),
        _ = interrupt.recv() => tracing::info!("asked to stop by Ctrl-C"),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_dies_stops_the_rest_and_is_named() {
        let mut run = Run::new();
        let stop = run.stop();
        let (told, heard) = tokio::sync::oneshot::channel();
        run.start("listener", async move {
            stop.asked().await;
            let _ = told.send(());
            Ok(())
        });
        run.start("feed", async { Err("lost its database".into()) });
        let error = run.until_stopped().await.unwrap_err().to_string();
        assert_eq!(error, "feed stopped: lost its database");
        heard.await.unwrap();
    }

    #[tokio::test]
    async fn asking_a_run_to_stop_ends_it_without_error() {
        let mut run = Run::new();
        let stop = run.stop();
        run.start("listener", async move {
            stop.asked().await;
            Ok(())
        });
        run.stopper().stop();
        run.until_stopped().await.unwrap();
    }
}
