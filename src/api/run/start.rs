//! Starts a request: decides everything that its head decides, and reads its body.

use std::borrow::Cow;

use super::{Prepared, Run, State};
use crate::api::body::{check_body_head, read_body};
use crate::api::bulk::BulkRun;
use crate::api::destination::foreign_kind;
use crate::api::http::{Answer, Method, Request};
use crate::api::left_out;
use crate::api::operation::Operation;
use crate::api::read::query::Query;
use crate::api::route::Route;
use crate::api::service::{Refusal, Service, explain};
use crate::api::trace::Trace;
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::registrar::ids::not_found;
use crate::registrar::{Caller, Failure};

/// The message where there is no route. It names the usual slips: a base URL with a path, and slashes too many.
const NO_PATH: &str =
    "There is nothing at this path. Paths begin with /api/v1/, and have no slash at the end.";

/// A request whose head is checked, but for its body's type.
enum Checked<'r> {
    /// An OPTIONS request.
    Preflight(Route<'r>),
    /// One operation.
    Operation {
        operation: &'static Operation,
        caller: Caller,
        id: Cow<'r, str>,
        /// Not parsed yet.
        query: &'r str,
    },
}

impl Service {
    /// Reads a request and decides everything that its head decides. Of the store it reads an API token at most.
    pub fn start<'r>(&mut self, request: &Request<'r>) -> Run<'r> {
        self.cause = None;
        self.trace = Trace::default();
        let head = self.head(request.origin);
        let state = self.prepare(request).unwrap_or_else(State::Refused);
        let mut run = Run {
            request: *request,
            head,
            state,
            used_token: None,
            is_begun: false,
            trace: Trace::default(),
        };
        self.enter(&mut run);
        run
    }

    /// Returns a request to before its first step, for a host that rolled back the batch with it. Its token is checked
    /// again: what the batch changed before the request began, such as the state of the token, no longer holds. The id of
    /// the request stays.
    pub fn restart(&mut self, run: &mut Run<'_>) {
        self.cause = None;
        self.trace = Trace::default();
        run.state = self.prepare(&run.request).unwrap_or_else(State::Refused);
        self.enter(run);
    }

    /// Notes why a request is refused, and which token's use its first step notes.
    fn enter(&mut self, run: &mut Run<'_>) {
        if let State::Refused(Refusal::Failed(failure)) = &run.state {
            self.note_cause(failure);
        }
        run.used_token = match &run.state {
            State::Operation(prepared) | State::Bulk(prepared, _) => {
                self.registrar.use_to_note(&prepared.caller)
            }
            State::Refused(_) | State::Preflight(_) => None,
        };
        run.is_begun = false;
        run.trace = self.trace;
    }

    /// Answers a request that its head refuses, so that a host need not read the body. Returns false if the body decides.
    /// The body has at least `length` bytes; the request's own body is not looked at.
    ///
    /// ```
    /// use agent_registrar::{Answer, Config, Method, Request, Service, Timestamp};
    ///
    /// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
    /// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
    /// let mut service = Service::new(config, now)?;
    /// let mut answer = Answer::new();
    /// let request = Request::new(Method::Post, "/api/v1/agent", b"", now);
    /// assert!(service.refuse_by_head(&request, 100, &mut answer));
    /// assert_eq!(answer.status(), 401);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn refuse_by_head(
        &mut self,
        request: &Request<'_>,
        length: usize,
        answer: &mut Answer,
    ) -> bool {
        let checked = self.check_head(request);
        let checked = checked.and_then(|head| match head {
            Checked::Preflight(_) => Ok(()),
            Checked::Operation { operation, .. } => check_body_head(request, operation, length),
        });
        let Err(refusal) = checked else {
            return false;
        };
        self.cause = None;
        if let Refusal::Failed(failure) = &refusal {
            self.note_cause(failure);
        }
        let head = self.head(request.origin);
        explain(request, &head, &refusal, answer);
        if request.method == Method::Head {
            answer.drop_body();
        }
        true
    }

    fn prepare<'r>(&mut self, request: &Request<'r>) -> Result<State<'r>, Refusal> {
        let (operation, caller, id, query) = match self.check_head(request)? {
            Checked::Preflight(route) => return Ok(State::Preflight(route)),
            Checked::Operation {
                operation,
                caller,
                id,
                query,
            } => (operation, caller, id, query),
        };
        // Bulk has no parameters, and each of its steps would copy them.
        let query = match operation.is_bulk() {
            true => "",
            false => query,
        };
        let prepared = Prepared {
            operation,
            caller,
            id,
            query: Query::parse(query),
            body: read_body(request, operation)?,
        };
        Ok(match operation.is_bulk() {
            true => State::Bulk(prepared, BulkRun::default()),
            false => State::Operation(prepared),
        })
    }

    /// Decides what the head decides before it says anything about the body.
    fn check_head<'r>(&mut self, request: &Request<'r>) -> Result<Checked<'r>, Refusal> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((request.target, ""));
        let Some(route) = Route::find(path, request.method) else {
            return Err(Failure::refused(ErrorCode::NotFound, NO_PATH).into());
        };
        if request.method == Method::Options {
            return Ok(Checked::Preflight(route));
        }
        let Some(operation) = route.operation(request.method) else {
            return Err(Refusal::Rejected {
                status: 405,
                code: ErrorCode::BadRequest,
                message: Cow::Borrowed(
                    "This path does not allow the method. The Allow header lists the methods that it allows.",
                ),
                header: Some(("allow", Cow::Owned(route.allow()))),
            });
        };
        self.trace.operation = (!operation.left_out).then_some(operation.name);
        let caller = match operation.open {
            true => Caller::nobody(request.now),
            false => self.authenticate(request)?,
        };
        let is_of_account = caller.account_id != Pfid::NIL;
        self.trace.account_id = is_of_account.then_some(caller.account_id);
        if operation.left_out {
            return Err(left_out::failure(operation, route.resource, route.rest).into());
        }
        if !operation.open {
            // As a front worker answers it, which knows the partition of a token and not its scope.
            if is_of_account
                && let Some(kind) = foreign_kind(&route, operation, caller.account_id.partition())
            {
                return Err(not_found(kind).into());
            }
            operation.access.check(&caller)?;
        }
        Ok(Checked::Operation {
            operation,
            caller,
            id: route.id,
            query,
        })
    }
}
