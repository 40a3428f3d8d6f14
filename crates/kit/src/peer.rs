//! A neighbour: its routes in this process, or a channel to its address. The generated
//! clients cannot tell.

use std::{
    convert::Infallible,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use tonic::{
    body::Body,
    transport::{Channel, Endpoint},
};
use tower::{Service, ServiceExt, util::BoxCloneSyncService};

use crate::{Error, Result};

type Local = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A neighbour to call.
#[derive(Clone)]
pub struct Peer(Way);

#[derive(Clone)]
enum Way {
    Local(Local),
    Remote(Channel),
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self.0 {
            Way::Local(_) => "Peer(local)",
            Way::Remote(_) => "Peer(remote)",
        })
    }
}

impl Peer {
    /// A neighbour in this process.
    pub fn local<S>(routes: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        Self(Way::Local(BoxCloneSyncService::new(routes)))
    }

    /// A neighbour at an address such as `http://127.0.0.1:8081`; connects when first
    /// called, and again whenever the connection is lost.
    ///
    /// # Errors
    /// Internal when the address cannot be read.
    pub fn remote(address: &str) -> Result<Self> {
        let endpoint = Endpoint::from_shared(address.to_owned())
            .map_err(|error| Error::internal(format!("`{address}` is not an address: {error}")))?
            .connect_timeout(Duration::from_secs(5))
            // Without keepalive a channel never notices a silent partition.
            .http2_keep_alive_interval(Duration::from_secs(10))
            .keep_alive_timeout(Duration::from_secs(5))
            .keep_alive_while_idle(true);
        Ok(Self(Way::Remote(endpoint.connect_lazy())))
    }
}

impl Service<Request<Body>> for Peer {
    type Response = Response<Body>;
    type Error = BoxError;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<Response<Body>, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<std::result::Result<(), BoxError>> {
        match &mut self.0 {
            Way::Local(routes) => routes.poll_ready(context).map_err(Into::into),
            Way::Remote(channel) => channel.poll_ready(context).map_err(Into::into),
        }
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        match &mut self.0 {
            Way::Local(routes) => {
                // A clone may not be ready, so the one that is goes along.
                let ready = routes.clone();
                let routes = std::mem::replace(routes, ready);
                Box::pin(async move { Ok(routes.oneshot(request).await?) })
            }
            Way::Remote(channel) => {
                let answer = channel.call(request);
                Box::pin(async move { Ok(answer.await?) })
            }
        }
    }
}
