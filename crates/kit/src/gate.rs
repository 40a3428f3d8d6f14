//! The one way in: every call passes here before a handler sees it.
//! A few named paths of plain HTTP pass without a token ([`GateLayer::with_open_paths`]).
//!
//! The gate gives the call an id, looks its method up in the contract, verifies the
//! token, sets the deadline, and hands on an [`Actor`]. On the way out it checks that a
//! method with a permission did ask for it: forgetting is answered as our own fault.

use std::{
    convert::Infallible,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use tonic::{Status, body::Body};
use tower::{Layer, Service};
use tracing::Instrument;
use uuid::Uuid;

use crate::{
    Actor, Error, Result,
    auth::Verifier,
    error::{CALL, Call, TOKEN_INVALID, TOKEN_MISSING},
    policy::{Needs, Policy},
    service_key::ServiceKey,
};

/// No unary call runs longer.
const LONGEST_CALL: Duration = Duration::from_secs(30);
/// No stream that a caller sends takes longer, however slow the line (api-guide §10).
const LONGEST_UPLOAD: Duration = Duration::from_secs(600);
const REQUEST_ID: &str = "x-request-id";

/// Probes know no tokens (kubelet, load balancers).
const HEALTH: &str = "/grpc.health.v1.Health/";
/// What the contract looks like is told to known callers only.
const REFLECTION: &str = "/grpc.reflection.v1.ServerReflection/";

/// Wraps routes in the gate.
#[derive(Debug, Clone)]
pub struct GateLayer(Guard);

/// What lets a call in.
#[derive(Debug, Clone)]
struct Guard {
    policy: Policy,
    verifier: Verifier,
    service_key: Option<ServiceKey>,
    open: &'static [&'static str],
}

impl GateLayer {
    /// Lets in whom the contract lets in.
    #[must_use]
    pub fn new(policy: Policy, verifier: Verifier) -> Self {
        Self(Guard {
            policy,
            verifier,
            service_key: None,
            open: &[],
        })
    }

    /// Lets exactly these paths through without a token, which are plain HTTP and no methods
    /// of the contract, such as `/oauth2/token`.
    #[must_use]
    pub fn with_open_paths(self, open: &'static [&'static str]) -> Self {
        Self(Guard { open, ..self.0 })
    }

    /// Also lets in the other services of the installation, to what is theirs alone.
    #[must_use]
    pub fn with_services(self, service_key: Option<ServiceKey>) -> Self {
        Self(Guard {
            service_key,
            ..self.0
        })
    }
}

impl<S> Layer<S> for GateLayer {
    type Service = Gate<S>;

    fn layer(&self, inner: S) -> Gate<S> {
        Gate {
            inner,
            guard: self.0.clone(),
        }
    }
}

/// Routes behind the gate.
#[derive(Debug, Clone)]
pub struct Gate<S> {
    inner: S,
    guard: Guard,
}

impl<S> Service<Request<Body>> for Gate<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
        + Clone
        + Send
        + 'static,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future =
        Pin<Box<dyn Future<Output = std::result::Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<std::result::Result<(), Infallible>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let ready = self.inner.clone();
        let inner = std::mem::replace(&mut self.inner, ready);
        let guard = self.guard.clone();
        let id = request_id(request.headers());
        let path: Arc<str> = request.uri().path().into();
        let span = tracing::info_span!("call", method = %path, request.id = %id);
        let passed = async move {
            let started = Instant::now();
            let call = Call {
                path: path.clone(),
                request_id: id.clone(),
            };
            let answered = async {
                if guard.open.contains(&&*path) {
                    return pass_open(inner, request).await;
                }
                let answered = guard.pass(inner, request, &path, &id).await;
                answered.unwrap_or_else(|error| Status::from(error).into_http())
            };
            let mut response = CALL.scope(call, answered).await;
            if let Ok(value) = HeaderValue::from_str(&id) {
                response.headers_mut().insert(REQUEST_ID, value);
            }
            let code =
                Status::from_header_map(response.headers()).map_or(tonic::Code::Ok, |it| it.code());
            tracing::debug!(code = ?code, micros = started.elapsed().as_micros(), "answered");
            Ok(response)
        };
        Box::pin(passed.instrument(span))
    }
}

/// Passes plain HTTP on, with the time limit and the care of every call.
async fn pass_open<S>(inner: S, request: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    let answered = tokio::time::timeout(LONGEST_CALL, guarded(infallible(inner, request))).await;
    let code = match answered {
        Ok(Ok(response)) => return response,
        Ok(Err(error)) => {
            tracing::error!(?error, "a call failed by our own fault");
            StatusCode::INTERNAL_SERVER_ERROR
        }
        Err(_) => StatusCode::GATEWAY_TIMEOUT,
    };
    let mut response = Response::new(Body::empty());
    *response.status_mut() = code;
    response
}

impl Guard {
    async fn pass<S>(
        &self,
        inner: S,
        mut request: Request<Body>,
        path: &Arc<str>,
        id: &Arc<str>,
    ) -> Result<Response<Body>>
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
    {
        let Some(needs) = self.policy.needs(path) else {
            if path.starts_with(HEALTH) {
                return Ok(infallible(inner, request).await);
            }
            self.verifier.verify(bearer(request.headers())?).await?;
            if path.starts_with(REFLECTION) {
                return Ok(infallible(inner, request).await);
            }
            // Whatever else is routed here declares no permission, so it is not served.
            return Err(Error::NoMethod(path.to_string()));
        };
        let longest = if self.policy.is_upload(path) {
            LONGEST_UPLOAD
        } else {
            LONGEST_CALL
        };
        let limit = time_limit(request.headers(), longest);
        let started = Instant::now();
        let decided = Arc::new(AtomicBool::new(false));
        match needs {
            Needs::Nothing => {}
            Needs::Service => self.check_service(bearer(request.headers())?)?,
            Needs::SignedIn | Needs::Permission(_) => {
                let token = bearer(request.headers())?;
                let verified = tokio::time::timeout(limit, self.verifier.verify(token)).await;
                let bearer = verified.map_err(|_| Error::DeadlineExceeded)??;
                let actor = Actor {
                    principal: bearer.principal,
                    session: bearer.session,
                    scope: bearer.scope,
                    token: token.into(),
                    method: path.clone(),
                    needs: needs.clone(),
                    trace_id: id.clone(),
                    deadline: started + limit,
                    decided: decided.clone(),
                    repeat: None,
                };
                if let Needs::Permission(permission) = needs
                    && !actor.scope_allows(permission)
                {
                    return Err(Error::Denied {
                        permission: permission.to_string(),
                    });
                }
                request.extensions_mut().insert(actor);
            }
        }
        let left = limit.saturating_sub(started.elapsed());
        let answer = tokio::time::timeout(left, guarded(infallible(inner, request))).await;
        let response = answer.map_err(|_| Error::DeadlineExceeded)??;
        let refused = Status::from_header_map(response.headers())
            .is_some_and(|it| it.code() != tonic::Code::Ok);
        if matches!(needs, Needs::Permission(_)) && !refused && !decided.load(Ordering::Relaxed) {
            return Err(Error::internal(format!(
                "`{path}` answered without asking for its permission"
            )));
        }
        Ok(response)
    }

    /// A service is known by the secret its installation shares; without one there are
    /// no other services to let in.
    fn check_service(&self, token: &str) -> Result<()> {
        let key = self.service_key.as_ref();
        key.ok_or(Error::Unauthenticated(&TOKEN_INVALID))?
            .check(token)
    }
}

async fn infallible<S>(mut inner: S, request: Request<Body>) -> Response<Body>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>,
{
    match inner.call(request).await {
        Ok(response) => response,
    }
}

/// Turns a panic in a handler into an answer, so that the caller and the log learn of it.
async fn guarded<F: Future>(work: F) -> Result<F::Output> {
    let mut work = std::pin::pin!(work);
    let polled = std::future::poll_fn(|context| {
        let step = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context)));
        match step {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(_) => Poll::Ready(Err(Error::internal("a handler panicked"))),
        }
    });
    polled.await
}

fn request_id(headers: &HeaderMap) -> Arc<str> {
    const LONGEST: usize = 64;
    let sent = headers.get(REQUEST_ID).and_then(|it| it.to_str().ok());
    let usable = sent.filter(|it| {
        !it.is_empty()
            && it.len() <= LONGEST
            && it
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    });
    usable.map_or_else(|| Uuid::now_v7().to_string().into(), Into::into)
}

fn bearer(headers: &HeaderMap) -> Result<&str> {
    let header = headers
        .get("authorization")
        .ok_or(Error::Unauthenticated(&TOKEN_MISSING))?;
    let text = header
        .to_str()
        .map_err(|_| Error::Unauthenticated(&TOKEN_INVALID))?;
    text.strip_prefix("Bearer ")
        .ok_or(Error::Unauthenticated(&TOKEN_INVALID))
}

/// Reads `grpc-timeout` (a number and a unit), never more than the longest.
fn time_limit(headers: &HeaderMap, longest: Duration) -> Duration {
    let sent = headers
        .get("grpc-timeout")
        .and_then(|it| it.to_str().ok())
        .and_then(|text| {
            let (number, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
            let number: u64 = number.parse().ok()?;
            Some(match unit {
                "H" => Duration::from_secs(number.saturating_mul(3600)),
                "M" => Duration::from_secs(number.saturating_mul(60)),
                "S" => Duration::from_secs(number),
                "m" => Duration::from_millis(number),
                "u" => Duration::from_micros(number),
                "n" => Duration::from_nanos(number),
                _ => return None,
            })
        });
    sent.map_or(longest, |it| it.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(
            http::HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )])
    }

    #[test]
    fn a_caller_may_shorten_the_deadline_but_never_lengthen_it() {
        let limit = |text| time_limit(&headers("grpc-timeout", text), LONGEST_CALL);
        assert_eq!(limit("250m"), Duration::from_millis(250));
        assert_eq!(limit("9H"), LONGEST_CALL);
        assert_eq!(limit("soon"), LONGEST_CALL);
        assert_eq!(time_limit(&HeaderMap::new(), LONGEST_CALL), LONGEST_CALL);
    }

    #[tokio::test]
    async fn a_handler_that_panics_is_answered_as_our_fault() {
        let answer = guarded(async { panic!("on purpose") }).await;
        assert!(matches!(answer, Err::<(), _>(Error::Internal(_))));
    }

    #[test]
    fn a_request_id_is_kept_when_it_is_harmless_and_made_anew_when_not() {
        assert_eq!(&*request_id(&headers(REQUEST_ID, "abc-123")), "abc-123");
        assert_ne!(&*request_id(&headers(REQUEST_ID, "a b; drop")), "a b; drop");
        assert_eq!(request_id(&HeaderMap::new()).len(), 36);
    }
}
