//! The paths of plain HTTP: take in, call, reply.

use ::http::{
    HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
    routing::{get, post},
};
use kit::Error;
use proto::directory as pb;
use serde_json::{Value, json};
use tonic::Status;

use super::{Granted, Oauth, Refused, assertion, form};
use crate::network;

pub(crate) const TOKEN: &str = "/oauth2/token";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";
pub(crate) const METADATA: &str = "/.well-known/oauth-authorization-server";

/// Many times what a request needs.
const LARGEST_BODY: usize = 64 * 1024;
const NO_STORE: &str = "no-store";
/// A new key is listed a minute before it signs; nobody may hold an older list by then.
const KEYS_FOR: &str = "public, max-age=30";
const METADATA_FOR: &str = "public, max-age=3600";

impl Oauth {
    /// Returns the address of a path, as others reach it.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }
}

/// Returns the routes of plain HTTP.
pub(crate) fn router(oauth: &Oauth) -> Router {
    Router::new()
        .route(TOKEN, post(token))
        .route(JWKS, get(jwks))
        .route(METADATA, get(metadata))
        .with_state(oauth.clone())
}

async fn token(State(oauth): State<Oauth>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let address = network::caller(&parts.extensions, &parts.headers, &oauth.trusted_proxies);
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return Refused::TooLarge.told();
    };
    let granted = match form::read(&parts.headers, &body) {
        Ok(request) => oauth.token(request, address).await,
        Err(refused) => Err(refused),
    };
    granted.map_or_else(Refused::told, Granted::told)
}

async fn jwks(State(oauth): State<Oauth>) -> Response {
    match oauth.sessions.keys().await {
        Ok(keys) => {
            let keys: Vec<_> = keys.into_iter().map(|it| jwk(it.into())).collect();
            answer(StatusCode::OK, KEYS_FOR, &json!({ "keys": keys }))
        }
        Err(error) => Refused::Failed(error).told(),
    }
}

fn jwk(key: pb::SigningKey) -> Value {
    json!({
        "kty": key.kty, "crv": key.crv, "x": key.x,
        "kid": key.kid, "alg": key.alg, "use": key.r#use,
    })
}

/// What a client library has to know (RFC 8414).
async fn metadata(State(oauth): State<Oauth>) -> Response {
    let told = json!({
        "issuer": &*oauth.public_url,
        "token_endpoint": oauth.at(TOKEN),
        "jwks_uri": oauth.at(JWKS),
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": [],
        "token_endpoint_auth_methods_supported":
            ["private_key_jwt", "client_secret_basic", "client_secret_post"],
        "token_endpoint_auth_signing_alg_values_supported": assertion::ALGORITHMS,
    });
    answer(StatusCode::OK, METADATA_FOR, &told)
}

fn answer(code: StatusCode, cache: &'static str, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = code;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(CONTENT_TYPE, json);
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    response
}

impl Granted {
    fn told(self) -> Response {
        let mut body = json!({
            "access_token": self.token,
            "token_type": "Bearer",
            "expires_in": self.lifetime.num_seconds(),
        });
        if let Some(scope) = self.scope {
            body["scope"] = scope.into();
        }
        answer(StatusCode::OK, NO_STORE, &body)
    }
}

impl Refused {
    fn told(self) -> Response {
        let (code, error, description) = match self {
            Self::Request(why) => (StatusCode::BAD_REQUEST, "invalid_request", why.to_owned()),
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                "invalid_request",
                format!("the body is larger than {LARGEST_BODY} bytes or was cut off"),
            ),
            Self::Client => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "client authentication failed".to_owned(),
            ),
            Self::GrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "only client_credentials is supported".to_owned(),
            ),
            Self::Scope(which) => (
                StatusCode::BAD_REQUEST,
                "invalid_scope",
                format!("the client may not have `{which}`"),
            ),
            Self::TooMany => (
                StatusCode::TOO_MANY_REQUESTS,
                "temporarily_unavailable",
                "too many tries from this address".to_owned(),
            ),
            Self::Failed(Error::Unavailable | Error::Conflict) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "temporarily_unavailable",
                "try again shortly".to_owned(),
            ),
            Self::Failed(error) => {
                // Logs the cause, which the caller is not told.
                let told = Status::from(error);
                let code = StatusCode::INTERNAL_SERVER_ERROR;
                (code, "server_error", told.message().to_owned())
            }
        };
        let body = json!({ "error": error, "error_description": description });
        let mut response = answer(code, NO_STORE, &body);
        let headers = response.headers_mut();
        if code == StatusCode::UNAUTHORIZED {
            let basic = HeaderValue::from_static("Basic realm=\"cds\"");
            headers.insert(WWW_AUTHENTICATE, basic);
        }
        if matches!(
            code,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE
        ) {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
        response
    }
}
