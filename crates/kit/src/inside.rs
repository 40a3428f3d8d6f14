//! A neighbour as the services of one installation reach it among themselves, for what no
//! person and no machine may ask.

use std::time::Duration;

use tonic::{Request, metadata::MetadataValue};

use crate::{Peer, Result, service_key::ServiceKey};

/// A neighbour that is asked as a service, not as the caller.
#[derive(Debug, Clone)]
pub struct Inside {
    peer: Peer,
    key: Option<ServiceKey>,
}

impl Inside {
    /// A neighbour in this process: its routes past the gate.
    #[must_use]
    pub fn here(past_the_gate: Peer) -> Self {
        Self {
            peer: past_the_gate,
            key: None,
        }
    }

    /// A neighbour elsewhere, to which the key of the installation opens the gate.
    #[must_use]
    pub fn apart(peer: Peer, key: ServiceKey) -> Self {
        Self {
            peer,
            key: Some(key),
        }
    }

    /// Returns the neighbour to call.
    #[must_use]
    pub fn peer(&self) -> Peer {
        self.peer.clone()
    }

    /// Makes a call as a service of the installation. It stands in logs and in the ledger
    /// under `trace_id`.
    ///
    /// # Errors
    /// Internal when the key cannot sign.
    pub fn request<M>(&self, message: M, trace_id: &str, limit: Duration) -> Result<Request<M>> {
        let mut request = Request::new(message);
        if let Some(key) = &self.key {
            let bearer = key.bearer()?;
            request.metadata_mut().insert("authorization", bearer);
        }
        if let Ok(value) = MetadataValue::try_from(trace_id) {
            request.metadata_mut().insert("x-request-id", value);
        }
        request.set_timeout(limit);
        Ok(request)
    }
}

/// Returns the id under which a call stands in logs and in the ledger, for methods that
/// only services call: there is no actor who knows it.
#[must_use]
pub fn trace_id<M>(request: &Request<M>) -> String {
    let sent = request.metadata().get("x-request-id");
    let sent = sent.and_then(|it| it.to_str().ok());
    sent.unwrap_or_default().to_owned()
}
