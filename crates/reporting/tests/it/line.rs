//! A line to a neighbour that breaks when a test wants it to. What it carries is real.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use http::{Request, Response};
use kit::Peer;
use tokio::sync::Notify;
use tonic::{Status, body::Body};
use tower::{Service, ServiceExt};

#[derive(Clone)]
pub(crate) struct Line {
    peer: Peer,
    state: Arc<Mutex<State>>,
    arrived: Arc<Notify>,
    go_on: Arc<Notify>,
}

/// What happens to the next call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// It passes.
    Whole,
    /// It does not arrive, and neither does any other.
    Cut,
    /// It arrives and is carried out, then the line is cut.
    LosesTheAnswer,
    /// It waits before it is passed on.
    WaitsBefore,
    /// It is carried out, and its answer waits.
    WaitsAfter,
}

impl Line {
    pub(crate) fn to(peer: Peer) -> Self {
        Self {
            peer,
            state: Arc::new(Mutex::new(State::Whole)),
            arrived: Arc::default(),
            go_on: Arc::default(),
        }
    }

    pub(crate) fn set(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }

    /// Waits until a call waits.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }

    /// Lets the call that waits go on.
    pub(crate) fn go_on(&self) {
        self.go_on.notify_one();
    }

    async fn carry(self, request: Request<Body>) -> Response<Body> {
        let state = *self.state.lock().unwrap();
        let cut = || Status::unavailable("the line is cut").into_http();
        let wait = async || {
            self.arrived.notify_one();
            self.go_on.notified().await;
        };
        match state {
            State::Whole => {}
            State::Cut => return cut(),
            State::LosesTheAnswer => self.set(State::Cut),
            State::WaitsBefore => {
                self.set(State::Whole);
                wait().await;
            }
            State::WaitsAfter => self.set(State::Whole),
        }
        let answer = self.peer.clone().oneshot(request).await.unwrap();
        match state {
            State::LosesTheAnswer => cut(),
            State::WaitsAfter => {
                wait().await;
                answer
            }
            _ => answer,
        }
    }
}

impl Service<Request<Body>> for Line {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let carried = self.clone().carry(request);
        Box::pin(async move { Ok(carried.await) })
    }
}
