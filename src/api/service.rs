//! The service: the registrar with its HTTP layer.

use std::borrow::Cow;
use std::fmt;

use super::http::{self, Answer, Method, Request};
use super::operation::{Body, Operation};
use super::read::headers;
use super::route::Route;
use super::trace::Trace;
use super::write::error::ErrorBody;
use crate::json::{self, Object};
use crate::model::error::ErrorCode;
use crate::model::timestamp::Timestamp;
use crate::registrar::{Caller, Config, Failure, OpenError, Registrar};
use crate::store::Store;

/// The longest body, in bytes. **\[ours\]** A host need not read more than one byte beyond it: the service refuses a
/// longer body with status 413.
///
/// ```
/// use agent_registrar::{Answer, Config, MAX_BODY, Method, Request, Service, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut service = Service::new(config, now)?;
/// let body = vec![b' '; MAX_BODY + 1];
/// let request = Request {
///     authorization: Some("Bearer another"),
///     content_type: Some("application/json"),
///     ..Request::new(Method::Post, "/api/v1/agent", &body, now)
/// };
/// let mut answer = Answer::new();
/// service.handle(&request, &mut answer);
/// assert_eq!(answer.status(), 413);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const MAX_BODY: usize = 1024 * 1024;

/// The registrar with its HTTP layer.
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
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Service {
    pub(super) registrar: Registrar,
    /// The cause of the last status of 500 or above.
    pub(super) cause: Option<String>,
    /// Of the last request that was started.
    pub(super) trace: Trace,
}

/// Leaves the records out.
impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("registrar", &self.registrar)
            .finish_non_exhaustive()
    }
}

/// An error answer that a host asks for: for a request that it refuses itself (an unreadable body, too long a head),
/// or for a test.
///
/// ```
/// use agent_registrar::{Answer, Config, HostRefusal, Service, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut service = Service::new(config, now)?;
/// let refusal = HostRefusal {
///     status: 400,
///     message: Some("The body could not be read to its end."),
///     accept: None,
///     origin: None,
/// };
/// let mut answer = Answer::new();
/// service.refuse(&refusal, &mut answer);
/// assert_eq!(answer.status(), 400);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HostRefusal<'a> {
    /// The HTTP status.
    pub status: u16,
    /// A sentence for a person. If absent, that of an unexpected error.
    pub message: Option<&'a str>,
    /// `Accept` of the request.
    pub accept: Option<&'a str>,
    /// `Origin` of the request.
    pub origin: Option<&'a str>,
}

/// Why a request was not carried out.
pub(super) enum Refusal {
    /// Refused by an operation.
    Failed(Failure),
    /// Refused before any operation, with its own status or header.
    Rejected {
        status: u16,
        code: ErrorCode,
        message: Cow<'static, str>,
        header: Option<(&'static str, Cow<'static, str>)>,
    },
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Refusal {
        Refusal::Failed(failure)
    }
}

impl Refusal {
    fn bad_request(status: u16, message: impl Into<Cow<'static, str>>) -> Refusal {
        Refusal::Rejected {
            status,
            code: ErrorCode::BadRequest,
            message: message.into(),
            header: None,
        }
    }

    fn unauthorized(code: ErrorCode, message: &'static str) -> Refusal {
        Refusal::Rejected {
            status: code.http_status(),
            code,
            message: Cow::Borrowed(message),
            header: Some(("www-authenticate", Cow::Borrowed("Bearer"))),
        }
    }
}

/// The head that every answer to one request gets.
pub(super) struct Head<'a> {
    pub(super) request_id: [u8; 32],
    /// The origin that may read the answer, if the request is from an allowed one.
    pub(super) origin: Option<&'a str>,
    /// Whether the answer depends on the origin.
    pub(super) varies: bool,
}

impl Head<'_> {
    /// Starts an answer in place of anything written before, and leaves its head open.
    pub(super) fn begin(&self, answer: &mut Answer, status: u16) {
        answer.begin(status, &self.request_id);
        if self.varies {
            answer.header("vary", "origin");
        }
        if let Some(origin) = self.origin {
            answer.header("access-control-allow-origin", origin);
            answer.header("access-control-expose-headers", http::EXPOSED_HEADERS);
        }
    }
}

impl Service {
    /// Creates a service with a registrar in memory.
    pub fn new(config: Config, now: Timestamp) -> Result<Service, OpenError> {
        Ok(Service::of(Registrar::new(config, now)?))
    }

    /// Creates a service on a store: see [`Registrar::open`].
    pub fn open(
        config: Config,
        store: Box<dyn Store>,
        now: Timestamp,
    ) -> Result<Service, OpenError> {
        Ok(Service::of(Registrar::open(config, store, now)?))
    }

    fn of(registrar: Registrar) -> Service {
        Service {
            registrar,
            cause: None,
            trace: Trace::default(),
        }
    }

    /// The registrar.
    pub fn registrar(&self) -> &Registrar {
        &self.registrar
    }

    /// The registrar, mutable.
    pub fn registrar_mut(&mut self) -> &mut Registrar {
        &mut self.registrar
    }

    /// Prepares the head of the answer to a request with this `Origin`.
    pub(super) fn head<'a>(&mut self, origin: Option<&'a str>) -> Head<'a> {
        let request_id = http::hex([(); 2].map(|()| self.registrar.request_number()));
        let cors = &self.registrar.config().cors;
        Head {
            request_id,
            origin: origin.filter(|origin| {
                cors.iter()
                    .any(|allowed| allowed == origin || allowed == "*")
                    && http::is_header_value(origin)
            }),
            varies: !cors.is_empty(),
        }
    }

    /// Writes the error answer that a host asks for. The code follows from the status; for a status that the API does
    /// not use it is `bad_request` below 500 and `unexpected` otherwise. **\[ours\]**
    pub fn refuse(&mut self, refusal: &HostRefusal<'_>, answer: &mut Answer) {
        self.trace = Trace::default();
        let head = self.head(refusal.origin);
        let code = ErrorCode::of_status(refusal.status);
        let message = refusal
            .message
            .unwrap_or("Something went wrong on our side.");
        head.begin(answer, refusal.status);
        let body = ErrorBody {
            status: refusal.status,
            code,
            message: Cow::Borrowed(message),
            issues: &[],
        };
        write_error(body, &head, refusal.accept, false, answer);
    }

    #[inline(never)]
    pub(super) fn authenticate(&mut self, request: &Request<'_>) -> Result<Caller, Refusal> {
        if !self.registrar.has_tokens() {
            return Err(Refusal::unauthorized(
                ErrorCode::NotAuthenticated,
                "This service has no token configured, so it refuses every request. Give it one: \
                 --token on the command line, the option tokens, or the secret \
                 AGENT_REGISTRAR_TOKENS of a Worker.",
            ));
        }
        let Some(token) = headers::bearer(request.authorization) else {
            return Err(Refusal::unauthorized(
                ErrorCode::NotAuthenticated,
                "A token is needed: send the header Authorization: Bearer <token>.",
            ));
        };
        let caller = self.registrar.caller(token, request.now);
        caller.map_err(Failure::from)?.ok_or_else(|| {
            Refusal::unauthorized(ErrorCode::BadAuthtoken, "The token is not valid.")
        })
    }
}

/// White space up to this length, in bytes, counts as no body where none is needed. Longer bodies need a type, so the head
/// decides it. **\[ours\]**
const MAX_BLANK: usize = 64;

const NOT_JSON: &str =
    "The body must be JSON in UTF-8: send the header Content-Type: application/json.";

const NOT_LINES: &str =
    "The body must be lines of JSON in UTF-8: send the header Content-Type: application/x-ndjson.";

/// Refuses what the head says about a body of at least this length: its coding, and its type unless the body may be empty.
#[inline(never)]
pub(super) fn check_body_head(
    request: &Request<'_>,
    operation: &Operation,
    length: usize,
) -> Result<(), Refusal> {
    if operation.body == Body::Ignored {
        return Ok(());
    }
    // Also without a body: the head decides, before a body is read. [ours]
    if let Some(codings) = headers::refused_codings(request.content_encoding) {
        return Err(Refusal::Rejected {
            status: 415,
            code: ErrorCode::BadRequest,
            message: Cow::Owned(format!(
                "A body with the content encoding {codings} is not read: send it as it is, without Content-Encoding."
            )),
            header: Some(("accept-encoding", Cow::Borrowed("identity"))),
        });
    }
    let may_be_empty = match operation.body {
        Body::Optional => length <= MAX_BLANK,
        _ => length == 0,
    };
    let (is_right, message) = match operation.body {
        Body::Lines => (headers::is_lines(request.content_type), NOT_LINES),
        _ => (headers::is_json(request.content_type), NOT_JSON),
    };
    if !may_be_empty && !is_right {
        return Err(Refusal::bad_request(415, message));
    }
    Ok(())
}

#[inline(never)]
pub(super) fn read_body<'a>(
    request: &Request<'a>,
    operation: &Operation,
) -> Result<Object<'a>, Refusal> {
    if request.body.len() > MAX_BODY {
        return Err(Refusal::bad_request(413, "The body is longer than 1 MiB."));
    }
    check_body_head(request, operation, request.body.len())?;
    if operation.body == Body::Ignored {
        return Ok(Object::default());
    }
    // White space alone counts as no body. [ours]
    let is_empty = json::without_byte_order_mark(request.body)
        .trim_ascii()
        .is_empty();
    match operation.body {
        Body::Optional if is_empty => return Ok(Object::default()),
        _ if is_empty => {
            let message = "The body is empty; it must be a JSON object.";
            return Err(Refusal::bad_request(400, message));
        }
        Body::Lines => return read_lines(request),
        _ => {}
    }
    if !headers::is_json(request.content_type) {
        return Err(Refusal::bad_request(415, NOT_JSON));
    }
    json::read_object(request.body, operation.levels)
        .map_err(|error| Refusal::bad_request(400, error.to_string()))
}

/// A body of lines, which the operation reads.
fn read_lines<'a>(request: &Request<'a>) -> Result<Object<'a>, Refusal> {
    if !headers::is_lines(request.content_type) {
        return Err(Refusal::bad_request(415, NOT_LINES));
    }
    let text = str::from_utf8(json::without_byte_order_mark(request.body));
    let text = text.map_err(|_| Refusal::bad_request(400, "The body is not valid UTF-8."))?;
    Ok(Object::unread(text))
}

/// Answers OPTIONS with the allowed methods, and with CORS headers for allowed origins.
#[inline(never)]
pub(super) fn preflight(
    request: &Request<'_>,
    head: &Head<'_>,
    route: &Route<'_>,
    answer: &mut Answer,
) {
    let allow = route.allow();
    head.begin(answer, 204);
    answer.header("allow", &allow);
    if head.origin.is_some() && request.requested_method.is_some() {
        answer.header("access-control-allow-methods", &route.allow_of_pages());
        answer.header(
            "access-control-allow-headers",
            request
                .requested_headers
                .filter(|headers| http::is_header_value(headers))
                .unwrap_or("authorization, content-type"),
        );
        answer.header("access-control-max-age", "600");
    }
    answer.end_head();
}

/// Writes the answer to a refused request.
#[cold]
#[inline(never)]
pub(super) fn explain(
    request: &Request<'_>,
    head: &Head<'_>,
    refusal: &Refusal,
    answer: &mut Answer,
) {
    let (body, header) = match refusal {
        Refusal::Failed(failure) => (ErrorBody::of(failure), None),
        Refusal::Rejected {
            status,
            code,
            message,
            header,
        } => (
            ErrorBody {
                status: *status,
                code: *code,
                message: Cow::Borrowed(message),
                issues: &[],
            },
            header.as_ref(),
        ),
    };
    head.begin(answer, body.status);
    if let Some((name, value)) = header {
        answer.header(name, value);
    }
    if let Refusal::Failed(failure) = refusal
        && let Some(seconds) = failure.retry_after()
    {
        answer.header("retry-after", &seconds.to_string());
    }
    // Reading operations have their fields in the query, writing ones in the body.
    let of_query = matches!(request.method, Method::Get | Method::Head);
    write_error(body, head, request.accept, of_query, answer);
}

/// Ends the head and writes the error body in the format that `Accept` asks for.
fn write_error(
    body: ErrorBody<'_>,
    head: &Head<'_>,
    accept: Option<&str>,
    of_query: bool,
    answer: &mut Answer,
) {
    let request_id = str::from_utf8(&head.request_id).unwrap_or_default();
    let body = body.with_request_id(request_id);
    let written = if headers::wants_problem(accept) {
        answer.header("content-type", http::PROBLEM);
        body.write_problem(of_query, answer.end_head())
    } else {
        body.write(answer.end_json_head())
    };
    if written.is_err() {
        head.begin(answer, ErrorCode::Unexpected.http_status());
        answer.end_head();
    }
}
