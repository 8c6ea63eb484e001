//! Requests and answers as bytes.

use std::fmt;

use crate::model::timestamp::Timestamp;
use crate::words::words;

/// The media type of answers.
pub const JSON: &str = "application/json";
/// The media type of RFC 9457 problem details.
pub const PROBLEM: &str = "application/problem+json";

/// The headers of answers that pages of other origins may read: all that an answer can have, those of the hosts
/// included, but for the ones that every page may read (`cache-control`, `content-length`, `content-type`).
pub const EXPOSED_HEADERS: &str = "x-request-id, idempotency-replayed, allow, accept-encoding, connection, date, \
    keep-alive, retry-after, server-timing, transfer-encoding, vary, www-authenticate, x-content-type-options";

words! {
    /// The request methods that the service distinguishes.
    ///
    /// ```
    /// use agent_registrar::Method;
    ///
    /// assert_eq!(Method::parse("GET"), Method::Get);
    /// assert_eq!(Method::parse("get"), Method::Other);
    /// ```
    pub enum Method {
        /// GET
        Get = "GET",
        /// HEAD: GET without the body of the answer.
        Head = "HEAD",
        /// POST
        Post = "POST",
        /// PUT
        Put = "PUT",
        /// DELETE
        Delete = "DELETE",
        /// OPTIONS
        Options = "OPTIONS",
        /// PATCH, which no operation takes.
        Patch = "PATCH",
        /// Any other.
        Other = "",
    }
}

impl Method {
    /// The method of this name, which is case-sensitive (RFC 9110, section 9.1).
    pub fn parse(name: &str) -> Method {
        let named = |method: &Method| method.as_str() == name;
        Method::ALL.into_iter().find(named).unwrap_or(Method::Other)
    }
}

/// A request. Headers that are absent, or not UTF-8, are `None`.
///
/// ```
/// use agent_registrar::{Method, Request, Timestamp};
///
/// let request = Request {
///     authorization: Some("Bearer secret"),
///     content_type: Some("application/json"),
///     ..Request::new(Method::Post, "/api/v1/agent", b"{}", Timestamp::EPOCH)
/// };
/// assert!(!format!("{request:?}").contains("secret"));
/// ```
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// Its method.
    pub method: Method,
    /// Path and query, as sent.
    pub target: &'a str,
    /// `Authorization`
    pub authorization: Option<&'a str>,
    /// `Content-Type`
    pub content_type: Option<&'a str>,
    /// `Accept`
    pub accept: Option<&'a str>,
    /// `Origin`
    pub origin: Option<&'a str>,
    /// `Access-Control-Request-Method`
    pub requested_method: Option<&'a str>,
    /// `Access-Control-Request-Headers`
    pub requested_headers: Option<&'a str>,
    /// `Content-Encoding`
    pub content_encoding: Option<&'a str>,
    /// The body, or its first bytes past the limit.
    pub body: &'a [u8],
    /// The time of the request.
    pub now: Timestamp,
}

impl<'a> Request<'a> {
    /// A request without headers.
    pub fn new(method: Method, target: &'a str, body: &'a [u8], now: Timestamp) -> Request<'a> {
        Request {
            method,
            target,
            authorization: None,
            content_type: None,
            accept: None,
            origin: None,
            requested_method: None,
            requested_headers: None,
            content_encoding: None,
            body,
            now,
        }
    }
}

/// Leaves the token and the body out, so that a log can have it.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("target", &self.target)
            .field("body_bytes", &self.body.len())
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// The position of the request id in a head: its first header.
const REQUEST_ID_START: usize = "x-request-id: ".len();
/// The length of a request id.
const REQUEST_ID_LEN: usize = 32;

/// The length of the lines that every head begins with.
const PLAIN_START: usize = "x-request-id: ".len() + REQUEST_ID_LEN + COMMON_HEADERS.len();

/// The headers of every answer, after the request id. Bodies are never to be taken for pages or scripts.
const COMMON_HEADERS: &str = "\ncache-control: no-store\nx-content-type-options: nosniff\n";

/// An answer: its status, its head as lines `name: value`, and its body, in one buffer that the next answer reuses.
///
/// ```
/// use agent_registrar::{Answer, Config, Method, Request, Service, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut service = Service::new(config, now)?;
/// let mut answer = Answer::new();
/// let request = Request {
///     authorization: Some("Bearer another"),
///     ..Request::new(Method::Get, "/api/v1/ping", b"", now)
/// };
/// service.handle(&request, &mut answer);
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.body(), br#"{"status":"success","details":{"token_type":"api"}}"#);
/// for line in answer.head().split(|&byte| byte == b'\n') {
///     println!("{}", String::from_utf8_lossy(line));
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Default)]
pub struct Answer {
    status: u16,
    head_len: usize,
    bytes: Vec<u8>,
    /// Whether the head is plain so far: see [`Answer::is_plain`].
    plain: bool,
}

/// Leaves the body out, which can have a token.
impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("status", &self.status)
            .field("body_bytes", &self.body().len())
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// An empty answer.
    pub fn new() -> Answer {
        Answer::default()
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the head has exactly these headers: `x-request-id`, `cache-control: no-store`,
    /// `x-content-type-options: nosniff` and `content-type: application/json`. Most heads do, and need not be parsed.
    pub fn is_plain(&self) -> bool {
        self.plain
    }

    /// The id of the request, as the header `x-request-id` carries it. Empty before the first answer.
    pub fn request_id(&self) -> &[u8] {
        let end = REQUEST_ID_START + REQUEST_ID_LEN;
        self.bytes.get(REQUEST_ID_START..end).unwrap_or_default()
    }

    /// The head: one line `name: value\n` for each header.
    pub fn head(&self) -> &[u8] {
        &self.bytes[..self.head_len]
    }

    /// The body.
    pub fn body(&self) -> &[u8] {
        &self.bytes[self.head_len..]
    }

    /// Head and body, concatenated.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Starts an answer with this status and the headers that every answer has. Then come more headers,
    /// [`Answer::end_head`], and the body.
    pub(super) fn begin(&mut self, status: u16, request_id: &[u8; 32]) {
        // One huge answer must not keep its memory forever.
        const KEPT: usize = 256 * 1024;
        self.bytes.clear();
        self.bytes.shrink_to(KEPT);
        self.status = status;
        self.head_len = 0;
        self.plain = false;
        self.bytes.extend_from_slice(b"x-request-id: ");
        self.bytes.extend_from_slice(request_id);
        self.bytes.extend_from_slice(COMMON_HEADERS.as_bytes());
    }

    /// Ends the head of an answer with a JSON body.
    pub(super) fn end_json_head(&mut self) -> &mut Vec<u8> {
        self.plain = self.bytes.len() == PLAIN_START;
        self.bytes
            .extend_from_slice(b"content-type: application/json\n");
        self.end_head()
    }

    /// Adds a header. A value from outside must not contain line breaks: see [`is_header_value`].
    pub(super) fn header(&mut self, name: &str, value: &str) {
        for part in [name, ": ", value, "\n"] {
            self.bytes.extend_from_slice(part.as_bytes());
        }
    }

    /// Ends the head. The body follows.
    pub(super) fn end_head(&mut self) -> &mut Vec<u8> {
        self.head_len = self.bytes.len();
        &mut self.bytes
    }

    /// Ends the head, and returns the buffer for the body.
    pub(super) fn body_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Inserts a header after the body was written.
    pub(super) fn insert_header(&mut self, name: &str, value: &str) {
        self.plain = false;
        let body = self.bytes.split_off(self.head_len);
        self.header(name, value);
        self.end_head().extend_from_slice(&body);
    }

    /// Removes the body and keeps the head.
    pub(super) fn drop_body(&mut self) {
        self.bytes.truncate(self.head_len);
    }
}

/// Whether a text from outside can be sent as a header's value.
pub(super) fn is_header_value(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
}

/// Two numbers as lowercase hexadecimal digits.
pub(super) fn hex(numbers: [u64; 2]) -> [u8; 32] {
    const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = [0; 32];
    let (halves, _) = digits.as_chunks_mut::<16>();
    for (half, mut number) in halves.iter_mut().zip(numbers) {
        for digit in half.iter_mut().rev() {
            *digit = HEX_DIGITS[(number & 15) as usize];
            number >>= 4;
        }
    }
    digits
}
