//! The directory on a real TCP port, asked over plain HTTP.

use std::net::SocketAddr;

use kit::run::Run;
use reqwest::{Client, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::Value;
use testkit::World;

/// The port, served as long as this lives.
pub(crate) struct Web {
    pub(crate) address: SocketAddr,
    client: Client,
    _run: Run,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) code: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// Returns a field of the body that is text.
    pub(crate) fn text(&self, field: &str) -> &str {
        let text = self.body[field].as_str();
        text.unwrap_or_else(|| panic!("no `{field}` in {self:?}"))
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl Web {
    pub(crate) async fn of(world: &World) -> Self {
        let mut run = Run::new();
        Self {
            address: world.serve(&mut run).await,
            client: Client::builder().no_proxy().build().unwrap(),
            _run: run,
        }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("http://{}{path}", self.address))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.client.post(format!("http://{}{path}", self.address))
    }

    /// Prepares a request for a token.
    pub(crate) fn form(&self, fields: &[(&str, &str)]) -> RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(fields)
            .finish();
        self.post("/oauth2/token")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
    }

    /// Asks for a token with a secret in the body.
    pub(crate) async fn token(&self, client: &str, secret: &str, more: &[(&str, &str)]) -> Answer {
        let mut fields = vec![
            ("grant_type", "client_credentials"),
            ("client_id", client),
            ("client_secret", secret),
        ];
        fields.extend(more);
        send(self.form(&fields)).await
    }

    /// Asks for a token with a signed assertion.
    pub(crate) async fn assert(&self, assertion: &str) -> Answer {
        let kind = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
        let fields = [
            ("grant_type", "client_credentials"),
            ("client_assertion_type", kind),
            ("client_assertion", assertion),
        ];
        send(self.form(&fields)).await
    }
}

pub(crate) async fn send(request: RequestBuilder) -> Answer {
    let answer = request.send().await.unwrap();
    let (code, headers) = (answer.status(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Answer {
        code,
        headers,
        body,
    }
}
