//! Who asks, for what, and until when.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use prost::Message;
use proto::Repeatable;
use sha2::{Digest, Sha256};
use tonic::{Extensions, Request, Status, Streaming, metadata::MetadataValue};
use types::{
    ids::{Principal, UserId},
    violations::Invalid,
};
use uuid::Uuid;

use crate::{
    Error, Result,
    error::{CALL, Call, PERSON_REQUIRED, REQUEST_ID_REUSED, TOKEN_MISSING},
    policy::Needs,
};

/// A known caller inside one call. Only the gate makes one, so a use case that takes
/// an actor cannot be reached by an unknown caller.
#[derive(Debug, Clone)]
pub struct Actor {
    pub(crate) principal: Principal,
    pub(crate) session: Arc<str>,
    pub(crate) scope: Option<Arc<str>>,
    pub(crate) token: Arc<str>,
    pub(crate) method: Arc<str>,
    pub(crate) needs: Needs,
    pub(crate) trace_id: Arc<str>,
    pub(crate) deadline: Instant,
    pub(crate) decided: Arc<AtomicBool>,
    pub(crate) repeat: Option<Repeat>,
}

/// The caller's own id of the call, with the content it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Repeat {
    pub(crate) id: Uuid,
    pub(crate) content_sha256: String,
}

/// Time kept back for the way home when a call is passed on.
const HEADROOM: Duration = Duration::from_millis(50);

/// Time for one part of a stream.
const PART_OF_STREAM: Duration = Duration::from_secs(30);

impl Actor {
    /// Returns who asks.
    #[must_use]
    pub fn principal(&self) -> &Principal {
        &self.principal
    }

    /// Returns the person who asks, for what machines have no part in.
    ///
    /// # Errors
    /// `PERSON_REQUIRED` when a machine asks.
    pub fn person(&self) -> Result<&UserId> {
        self.principal
            .user()
            .ok_or_else(|| Error::rule(&PERSON_REQUIRED, []))
    }

    /// Returns the id of the session the call is made in.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.session
    }

    /// Returns the method called, such as `/cds.directory.v1.UnitService/GetUnit`.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the id under which the call stands in logs and in the ledger.
    #[must_use]
    pub fn trace_id(&self) -> &str {
        &self.trace_id
    }

    /// Returns the permission the method declares.
    ///
    /// # Errors
    /// Internal when the method declares none: then it must not ask for one.
    pub fn permission(&self) -> Result<&str> {
        match &self.needs {
            Needs::Permission(permission) => Ok(permission),
            Needs::SignedIn | Needs::Service | Needs::Nothing => Err(Error::internal(format!(
                "`{}` declares no permission",
                self.method
            ))),
        }
    }

    /// Says whether the caller's token may be used for a permission. Most tokens may be used
    /// for all of them; whether the caller holds one is another question.
    #[must_use]
    pub fn scope_allows(&self, permission: &str) -> bool {
        is_within(self.scope.as_deref(), permission)
    }

    /// Returns the time that is left to answer.
    #[must_use]
    pub fn time_left(&self) -> Duration {
        let left = self.deadline.saturating_duration_since(Instant::now());
        left.saturating_sub(HEADROOM)
    }

    /// Notes that the caller's right was asked for and decided (see `gate`).
    pub(crate) fn note_decision(&self) {
        self.decided.store(true, Ordering::Relaxed);
    }

    /// Makes a call to a neighbour as the same person, with the time that is left.
    pub fn request<M>(&self, message: M) -> Request<M> {
        let mut request = Request::new(message);
        let bearer = format!("Bearer {}", self.token);
        if let Ok(value) = MetadataValue::try_from(bearer) {
            request.metadata_mut().insert("authorization", value);
        }
        if let Ok(value) = MetadataValue::try_from(&*self.trace_id) {
            request.metadata_mut().insert("x-request-id", value);
        }
        request.set_timeout(self.time_left());
        request
    }
}

impl Actor {
    /// Returns the same caller in the next part of a stream, which has the time of a call of
    /// its own.
    #[must_use]
    pub fn in_next_part(&self) -> Self {
        Self {
            deadline: Instant::now() + PART_OF_STREAM,
            ..self.clone()
        }
    }

    /// Tells an error inside a stream, where the gate no longer stands around the work.
    pub fn tell(&self, error: Error) -> Status {
        let call = Call {
            path: self.method.clone(),
            request_id: self.trace_id.clone(),
        };
        CALL.sync_scope(call, || error.into())
    }
}

/// Takes a stream in: who sends it. What it is about is in its messages.
///
/// # Errors
/// Unauthenticated when the gate was not passed.
pub fn accept_dialogue<M>(request: Request<Streaming<M>>) -> Result<(Actor, Streaming<M>)> {
    let (_, extensions, messages) = request.into_parts();
    Ok((who(&extensions)?, messages))
}

fn is_within(scope: Option<&str>, permission: &str) -> bool {
    scope.is_none_or(|scope| scope.split(' ').any(|it| it == permission))
}

/// Takes a call in: who asks, and what, with its fields checked.
///
/// # Errors
/// Unauthenticated when the gate was not passed, Invalid with every bad field.
pub fn accept<M, C>(request: Request<M>) -> Result<(Actor, C)>
where
    M: Message + Repeatable,
    C: TryFrom<M, Error = Invalid>,
{
    let (_, extensions, message) = request.into_parts();
    let mut actor = who(&extensions)?;
    actor.repeat = repeat(&message)?;
    let command = C::try_from(message)?;
    Ok((actor, command))
}

/// Takes in a call that anybody may make.
///
/// # Errors
/// Invalid with every bad field.
pub fn read<M, C>(request: Request<M>) -> Result<C>
where
    C: TryFrom<M, Error = Invalid>,
{
    Ok(C::try_from(request.into_inner())?)
}

/// Returns whom the gate let in.
pub(crate) fn who(extensions: &Extensions) -> Result<Actor> {
    let actor = extensions.get::<Actor>().cloned();
    actor.ok_or(Error::Unauthenticated(&TOKEN_MISSING))
}

fn repeat<M: Message + Repeatable>(message: &M) -> Result<Option<Repeat>> {
    let id = read_request_id("request_id", message.request_id())?;
    Ok(id.map(|id| Repeat {
        id,
        content_sha256: hex(&Sha256::digest(message.encode_to_vec())),
    }))
}

/// Reads the caller's own id of a call, if there is one.
pub(crate) fn read_request_id(field: &str, id: &str) -> std::result::Result<Option<Uuid>, Invalid> {
    if id.is_empty() {
        return Ok(None);
    }
    let read = Uuid::try_parse(id)
        .map_err(|_| Invalid::field(field, "PATTERN", "is not a UUID", "không phải là UUID"))?;
    Ok(Some(read))
}

/// Writes bytes as lower-case hexadecimal.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            let _ = write!(text, "{byte:02x}");
            text
        })
}

impl Repeat {
    /// Compares with what was recorded under the same id.
    pub(crate) fn check(&self, recorded_sha256: &str) -> Result<()> {
        if self.content_sha256 == recorded_sha256 {
            Ok(())
        } else {
            Err(Error::bad_request(&REQUEST_ID_REUSED, "request_id"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_narrowed_token_is_good_for_the_permissions_it_names_and_no_others() {
        let scope = Some("directory.units.read indicators.values.update");
        assert!(is_within(scope, "indicators.values.update"));
        assert!(!is_within(scope, "indicators.values"));
        assert!(!is_within(scope, "directory.units.create"));
        assert!(!is_within(Some(""), "directory.units.read"));
        assert!(is_within(None, "directory.units.create"));
    }
}
