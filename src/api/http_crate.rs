//! Requests and responses of the `http` crate, which axum, hyper and workers-rs share.

use std::borrow::Cow;

use ::http::header::{self, HeaderName};
use ::http::{HeaderMap, Request, Response};

use super::http::{self, Answer, Method};
use super::service::Service;
use crate::model::timestamp::Timestamp;

impl Service {
    /// Answers a request of the `http` crate, whose body was read already. Of a longer body, the first
    /// [`MAX_BODY`](super::MAX_BODY) + 1 bytes suffice: it is refused.
    ///
    /// # Errors
    ///
    /// If the `http` crate refuses the answer's status or one of its headers, which would be an error of this crate.
    ///
    /// ```
    /// use agent_registrar::{Config, Service, Timestamp};
    ///
    /// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
    /// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
    /// let mut service = Service::new(config, now)?;
    ///
    /// let request = http::Request::post("/api/v1/agent")
    ///     .header("authorization", "Bearer another")
    ///     .header("content-type", "application/json")
    ///     .body(r#"{"details": {"name": "Ada", "environment_id": "013xrzp12g3nqk8nzxvq7jm2arsfg5h1"}}"#)?;
    /// let response = service.respond(&request, now)?;
    /// assert_eq!(response.status(), 200);
    /// assert_eq!(response.headers()["content-type"], "application/json");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn respond<B: AsRef<[u8]>>(
        &mut self,
        request: &Request<B>,
        now: Timestamp,
    ) -> Result<Response<Vec<u8>>, ::http::Error> {
        let uri = request.uri();
        let target = uri.path_and_query().map_or(uri.path(), |it| it.as_str());
        let header = |name| text(request.headers(), name);
        let authorization = header(header::AUTHORIZATION);
        let content_type = header(header::CONTENT_TYPE);
        let accept = header(header::ACCEPT);
        let origin = header(header::ORIGIN);
        let requested_method = header(header::ACCESS_CONTROL_REQUEST_METHOD);
        let requested_headers = header(header::ACCESS_CONTROL_REQUEST_HEADERS);
        let content_encoding = header(header::CONTENT_ENCODING);
        let mut answer = Answer::new();
        self.handle(
            &http::Request {
                method: Method::parse(request.method().as_str()),
                target,
                authorization: authorization.as_deref(),
                content_type: content_type.as_deref(),
                accept: accept.as_deref(),
                origin: origin.as_deref(),
                requested_method: requested_method.as_deref(),
                requested_headers: requested_headers.as_deref(),
                content_encoding: content_encoding.as_deref(),
                body: request.body().as_ref(),
                now,
            },
            &mut answer,
        );
        let mut response = Response::builder().status(answer.status());
        for line in answer.head().split(|&byte| byte == b'\n') {
            if let Some(colon) = line.iter().position(|&byte| byte == b':') {
                let (name, value) = line.split_at(colon);
                // After the colon comes a space.
                response = response.header(name, value.get(2..).unwrap_or_default());
            }
        }
        response.body(answer.body().to_vec())
    }
}

/// A header in the form that JavaScript's `Headers` return, so that every environment answers alike: repeated ones joined
/// by a comma, without white space around each, and each byte one character.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<Cow<'_, str>> {
    let mut values = headers.get_all(name).iter().map(|value| {
        let bytes = value.as_bytes().trim_ascii();
        match str::from_utf8(bytes) {
            Ok(text) if text.is_ascii() => Cow::Borrowed(text),
            _ => Cow::Owned(bytes.iter().copied().map(char::from).collect()),
        }
    });
    let first = values.next()?;
    Some(values.fold(first, |all, value| Cow::Owned([all, value].join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registrar::Config;

    #[test]
    fn requests_and_answers_keep_their_parts() {
        let config =
            br#"{"seed_text":"a","tokens":[{"token":"b"}],"cors":["https://page.example"]}"#;
        let mut service = Service::new(
            Config::from_json(config).unwrap(),
            Timestamp::from_millis(1_778_148_000_000).unwrap(),
        )
        .unwrap();
        let mut send = |method: &str, uri: &str, headers: &[(&str, &str)], body: &str| {
            let mut request = Request::builder().method(method).uri(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            let request = request.body(body.to_owned()).unwrap();
            service.respond(&request, Timestamp::EPOCH).unwrap()
        };
        let token = ("authorization", "Bearer b");
        let ping = send("GET", "https://host.example/api/v1/ping?x=1", &[token], "");
        assert_eq!(ping.status(), 200);
        assert_eq!(
            ping.body(),
            br#"{"status":"success","details":{"token_type":"api"}}"#
        );
        assert_eq!(ping.headers()["cache-control"], "no-store");
        assert_eq!(ping.headers()["x-request-id"].len(), 32);

        let preflight = send(
            "OPTIONS",
            "/api/v1/agent",
            &[
                ("origin", "https://page.example"),
                ("access-control-request-method", "POST"),
                ("access-control-request-headers", "x-one"),
            ],
            "",
        );
        assert_eq!(preflight.status(), 204);
        let headers = preflight.headers();
        assert_eq!(
            headers["access-control-allow-origin"],
            "https://page.example"
        );
        assert_eq!(headers["access-control-allow-headers"], "x-one");

        let plain = ("content-type", "text/plain");
        assert_eq!(
            send("POST", "/api/v1/agent", &[token, plain], "{}").status(),
            415
        );
        let json = ("content-type", "application/json");
        let problem = ("accept", "application/problem+json");
        let refused = send("POST", "/api/v1/agent", &[token, json, problem], "{}");
        assert_eq!(refused.status(), 422);
        assert_eq!(
            refused.headers()["content-type"],
            "application/problem+json"
        );
        assert_eq!(
            send("PROPFIND", "/api/v1/agent", &[token], "").status(),
            405
        );
        assert_eq!(send("GET", "/api/v1/agent", &[], "").status(), 401);
    }

    #[test]
    fn headers_are_read_as_in_javascript() {
        let of = |values: &[&[u8]]| {
            let mut headers = HeaderMap::new();
            for value in values {
                let value = ::http::HeaderValue::from_bytes(value).unwrap();
                headers.append(header::CONTENT_ENCODING, value);
            }
            text(&headers, header::CONTENT_ENCODING).map(Cow::into_owned)
        };
        for (values, expected) in [
            (&[][..], None),
            (&[&b""[..]], Some("")),
            (&[b" gzip\t"], Some("gzip")),
            (&[b"identity", b"gzip", b""], Some("identity, gzip, ")),
            (&[b"\xe9", b"\xc3\xa9"], Some("é, Ã©")),
        ] {
            assert_eq!(of(values).as_deref(), expected);
        }
    }
}
