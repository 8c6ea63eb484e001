//! Requests and responses of the `http` crate, which axum, hyper and workers-rs share.

use ::http::header::{self, HeaderName};
use ::http::{HeaderMap, Request, Response};

use super::http::{self, Answer, Method};
use super::service::Service;
use crate::model::timestamp::Timestamp;

impl Service {
    /// Answers a request of the `http` crate, whose body was read already: at most [`MAX_BODY`](super::MAX_BODY) bytes
    /// of it need to be, and one more, so that a longer body is refused.
    ///
    /// # Errors
    ///
    /// Only where the `http` crate refuses the answer's status or one of its headers, which would be a fault of this
    /// crate.
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
        let headers = request.headers();
        let mut answer = Answer::new();
        self.handle(
            &http::Request {
                method: Method::parse(request.method().as_str()),
                target,
                authorization: text(headers, header::AUTHORIZATION),
                content_type: text(headers, header::CONTENT_TYPE),
                accept: text(headers, header::ACCEPT),
                origin: text(headers, header::ORIGIN),
                requested_method: text(headers, header::ACCESS_CONTROL_REQUEST_METHOD),
                requested_headers: text(headers, header::ACCESS_CONTROL_REQUEST_HEADERS),
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

/// The first value of a header, where it is UTF-8.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    str::from_utf8(headers.get(name)?.as_bytes()).ok()
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
}
