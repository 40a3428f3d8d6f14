//! Asking as a person, and telling why an ask was refused.

use anyhow::{Result, anyhow};
use kit::config::Secret;
use tonic::{
    Request, Response, Status,
    metadata::{Ascii, MetadataValue},
};
use tonic_types::StatusExt;

/// A person who has signed in.
#[derive(Debug, Clone)]
pub(super) struct Person {
    /// `users/{user}`.
    pub(super) name: String,
    /// As printed in the steps.
    pub(super) display_name: String,
    pub(super) token: Secret,
    pub(super) password: Secret,
}

impl Person {
    /// Makes a request with the person's token.
    pub(super) fn ask<M>(&self, message: M) -> Result<Request<M>> {
        let mut request = Request::new(message);
        let bearer: MetadataValue<Ascii> = format!("Bearer {}", self.token.expose()).parse()?;
        request.metadata_mut().insert("authorization", bearer);
        Ok(request)
    }
}

/// Names the step that a refusal belongs to.
pub(super) trait OrRefused<M> {
    /// Returns the answer, or the refusal with everything the server said.
    fn or_refused(self, step: impl FnOnce() -> String) -> Result<M>;
}

impl<M> OrRefused<M> for Result<Response<M>, Status> {
    fn or_refused(self, step: impl FnOnce() -> String) -> Result<M> {
        match self {
            Ok(response) => Ok(response.into_inner()),
            Err(status) => Err(anyhow!("{} was refused: {}", step(), told(&status))),
        }
    }
}

/// Tells everything the server said of a refusal.
pub(crate) fn told(status: &Status) -> String {
    let details = status.get_error_details();
    let mut text = format!("{:?}: {}", status.code(), status.message());
    if let Some(vietnamese) = details.localized_message() {
        text += &format!(" ({})", vietnamese.message);
    }
    for violation in details
        .bad_request()
        .iter()
        .flat_map(|it| &it.field_violations)
    {
        text += &format!("; {}: {}", violation.field, violation.description);
    }
    text
}
