//! Reads what a machine sends to the token endpoint (RFC 6749 §2.3, §3.2; RFC 7523 §2.2).

use ::http::{
    HeaderMap,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{Credentials, Refused, TokenRequest};

const FORM: &str = "application/x-www-form-urlencoded";
const CLIENT_CREDENTIALS: &str = "client_credentials";
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The parameters that are read. Others are ignored, as the standard says.
#[derive(Default)]
struct Form {
    grant_type: Option<String>,
    scope: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    client_assertion_type: Option<String>,
    client_assertion: Option<String>,
}

/// Reads a request.
pub(super) fn read(headers: &HeaderMap, body: &[u8]) -> Result<TokenRequest, Refused> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let essence = content_type.and_then(|it| it.split(';').next());
    if !essence.is_some_and(|it| it.trim().eq_ignore_ascii_case(FORM)) {
        return Err(Refused::Request(
            "the body has to be application/x-www-form-urlencoded",
        ));
    }
    let form = parse(body)?;
    match form.grant_type.as_deref() {
        Some(CLIENT_CREDENTIALS) => {}
        Some(_) => return Err(Refused::GrantType),
        None => return Err(Refused::Request("grant_type is missing")),
    }
    let scope = form.scope.clone();
    Ok(TokenRequest {
        credentials: credentials(form, basic(headers)?)?,
        scope,
    })
}

/// Each parameter stands once at most; one without a value is as good as none.
fn parse(body: &[u8]) -> Result<Form, Refused> {
    let mut form = Form::default();
    for (name, value) in form_urlencoded::parse(body) {
        let field = match &*name {
            "grant_type" => &mut form.grant_type,
            "scope" => &mut form.scope,
            "client_id" => &mut form.client_id,
            "client_secret" => &mut form.client_secret,
            "client_assertion_type" => &mut form.client_assertion_type,
            "client_assertion" => &mut form.client_assertion,
            _ => continue,
        };
        if value.is_empty() {
            continue;
        }
        if field.replace(value.into_owned()).is_some() {
            return Err(Refused::Request("a parameter stands twice"));
        }
    }
    Ok(form)
}

/// Reads id and secret from the header. Ours need no percent-encoding.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, Refused> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Ok(None);
    };
    let read = || {
        let (scheme, sent) = header.to_str().ok()?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") {
            return None;
        }
        let text = String::from_utf8(STANDARD.decode(sent.trim()).ok()?).ok()?;
        let (id, secret) = text.split_once(':')?;
        Some((id.to_owned(), secret.to_owned()))
    };
    let unreadable = Refused::Request("the authorization header is not Basic with id and secret");
    read().map(Some).ok_or(unreadable)
}

/// A machine proves itself in one way, not in two.
fn credentials(form: Form, basic: Option<(String, String)>) -> Result<Credentials, Refused> {
    let two_ways = Err(Refused::Request("the client proves itself in two ways"));
    match (basic, form.client_secret, form.client_assertion) {
        (Some((id, secret)), None, None) => {
            if form.client_id.is_some_and(|it| it != id) {
                return Err(Refused::Request("client_id is not that of the header"));
            }
            Ok(Credentials::Secret { client: id, secret })
        }
        (None, Some(secret), None) => match form.client_id {
            Some(client) => Ok(Credentials::Secret { client, secret }),
            None => Err(Refused::Request("client_id is missing")),
        },
        (None, None, Some(assertion)) => {
            if form.client_assertion_type.as_deref() != Some(JWT_BEARER) {
                return Err(Refused::Request("client_assertion_type is not jwt-bearer"));
            }
            let stated = kit::jwt::stated_issuer(&assertion);
            if form.client_id.is_some() && form.client_id != stated {
                return Err(Refused::Request("client_id is not that of the assertion"));
            }
            Ok(Credentials::Assertion(assertion))
        }
        (None, None, None) => Err(Refused::Client),
        _ => two_ways,
    }
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;

    use super::*;

    fn sent(authorization: Option<&str>, body: &str) -> Result<TokenRequest, Refused> {
        let mut headers = HeaderMap::new();
        let form = HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8");
        headers.insert(CONTENT_TYPE, form);
        if let Some(text) = authorization {
            headers.insert(AUTHORIZATION, HeaderValue::from_str(text).unwrap());
        }
        read(&headers, body.as_bytes())
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", STANDARD.encode(text))
    }

    #[test]
    fn a_secret_comes_in_the_header_or_in_the_body() {
        let header = basic("mot-cua:0a:1b");
        let in_header = sent(Some(&header), "grant_type=client_credentials");
        let in_body = sent(
            None,
            "grant_type=client_credentials&client_id=mot-cua&client_secret=0a%3A1b&x=&x=1&x=2",
        );
        for request in [in_header, in_body] {
            let Credentials::Secret { client, secret } = request.unwrap().credentials else {
                panic!("no secret");
            };
            assert_eq!((&*client, &*secret), ("mot-cua", "0a:1b"));
        }
    }

    #[test]
    fn what_is_left_out_twice_there_or_contradicts_itself_is_refused() {
        let good = basic("mot-cua:0a");
        let grant = "grant_type=client_credentials";
        let refused = [
            (None, format!("{grant}&client_secret=a"), "client_id"),
            (
                None,
                format!("{grant}&client_id=a&client_secret=a&scope=b&scope=c"),
                "twice",
            ),
            (
                None,
                format!("{grant}&client_assertion=a"),
                "client_assertion_type",
            ),
            (
                Some(good.as_str()),
                format!("{grant}&client_secret=a"),
                "two ways",
            ),
            (
                Some(good.as_str()),
                format!("{grant}&client_id=khac"),
                "client_id",
            ),
            (Some("Bearer abc"), grant.to_owned(), "Basic"),
            (Some("Basic !"), grant.to_owned(), "Basic"),
            (Some(good.as_str()), "scope=a".to_owned(), "grant_type"),
        ];
        for (authorization, body, part) in refused {
            match sent(authorization, &body) {
                Err(Refused::Request(told)) => assert!(told.contains(part), "{body}: {told}"),
                _ => panic!("{body}"),
            }
        }
        assert!(matches!(sent(None, grant), Err(Refused::Client)));
        let password = sent(Some(&good), "grant_type=password");
        assert!(matches!(password, Err(Refused::GrantType)));
        let json = read(&HeaderMap::new(), b"{}");
        assert!(matches!(json, Err(Refused::Request(_))));
    }
}
