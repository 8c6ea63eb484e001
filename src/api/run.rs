//! Runs one request, in units of work.

use std::borrow::Cow;
use std::fmt;

use super::bulk::BulkRun;
use super::http::{Answer, Method, Request};
use super::idempotency;
use super::left_out;
use super::operation::{Call, Operation};
use super::read::query::Query;
use super::route::Route;
use super::service::{Head, Refusal, Service, check_body_head, explain, preflight, read_body};
use super::trace::Trace;
use crate::json::Object;
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::registrar::{Caller, Failure, Outcome};
use crate::store::StoreError;

/// The message where there is no route. It names the usual slips: a base URL with a path, and slashes too many.
const NO_PATH: &str =
    "There is nothing at this path. Paths begin with /api/v1/, and have no slash at the end.";

/// A request in progress: its head is checked and its body is read. [`Service::step`] runs it.
///
/// A host that has transactions of its own, such as a Durable Object, brackets each step. See [`store`](crate::store).
///
/// ```
/// use agent_registrar::{Answer, Config, Method, Outcome, Request, Run, Service, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut service = Service::new(config, now)?;
/// let request = Request {
///     authorization: Some("Bearer another"),
///     ..Request::new(Method::Get, "/api/v1/account", b"", now)
/// };
/// let mut answer = Answer::new();
/// let mut run: Run<'_> = service.start(&request);
/// loop {
///     // Where `run.may_write()`, the host opens its transaction here.
///     let step = service.step(&mut run, &mut answer);
///     // It ends the transaction as `step.outcome` says, and reports whether it was committed.
///     service.settle(step.outcome != Outcome::Rollback);
///     if step.is_last {
///         break;
///     }
/// }
/// assert_eq!(answer.status(), 200);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Run<'r> {
    request: Request<'r>,
    head: Head<'r>,
    state: State<'r>,
    /// The API token whose use the first step notes.
    used_token: Option<Pfid>,
    /// Whether the first step was run.
    is_begun: bool,
    trace: Trace,
}

/// Leaves out the body and the headers.
impl fmt::Debug for Run<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("request", &self.request)
            .finish_non_exhaustive()
    }
}

enum State<'r> {
    /// Refused before any operation.
    Refused(Refusal),
    /// An OPTIONS request.
    Preflight(Route<'r>),
    /// One operation.
    Operation(Prepared<'r>),
    /// The operations of a bulk request, one in each step.
    Bulk(Prepared<'r>, BulkRun),
}

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

/// An operation and its arguments.
struct Prepared<'r> {
    operation: &'static Operation,
    caller: Caller,
    id: Cow<'r, str>,
    query: Query<'r>,
    body: Object<'r>,
}

impl Prepared<'_> {
    fn call(&self) -> Call<'_> {
        Call {
            caller: self.caller,
            id: &self.id,
            query: self.query.clone(),
            body: &self.body,
        }
    }
}

impl Run<'_> {
    /// The operation and the account of the request, for a log.
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// Whether a step can write. If not, it needs no transaction.
    pub fn may_write(&self) -> bool {
        match &self.state {
            State::Refused(_) | State::Preflight(_) => false,
            State::Operation(_) if self.used_token.is_some() => true,
            State::Operation(prepared) => prepared.operation.may_write(),
            State::Bulk(..) => true,
        }
    }
}

/// One step of a request: one unit of work.
///
/// ```
/// use agent_registrar::{Answer, Config, Method, Outcome, Request, Service, Step, Timestamp};
///
/// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
/// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
/// let mut service = Service::new(config, now)?;
/// let request = Request::new(Method::Get, "/api/v1/account", b"", now);
/// let mut run = service.start(&request);
/// let Step { outcome, is_last } = service.step(&mut run, &mut Answer::new());
/// assert_eq!((outcome, is_last), (Outcome::Unchanged, true));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Step {
    /// How the transaction around the step ends.
    pub outcome: Outcome,
    /// Whether the answer is complete. A bulk request takes a step for each item.
    pub is_last: bool,
}

impl Service {
    /// Answers a request, with the store's own transactions. A host with its own transactions calls
    /// [`start`](Service::start), [`step`](Service::step) and [`settle`](Service::settle) instead.
    pub fn handle(&mut self, request: &Request<'_>, answer: &mut Answer) {
        let mut run = self.start(request);
        while !self.bracketed_step(&mut run, answer) {}
    }

    /// Runs one step in a transaction of the store. Returns whether it was the last.
    fn bracketed_step(&mut self, run: &mut Run<'_>, answer: &mut Answer) -> bool {
        if !run.may_write() {
            return self.step(run, answer).is_last;
        }
        if let Err(error) = self.registrar.begin_transaction() {
            self.not_begun(run, answer, error);
            return true;
        }
        let step = self.step(run, answer);
        if let Err(error) = self.registrar.end_transaction(step.outcome) {
            self.not_committed(run, answer, error);
            return true;
        }
        step.is_last
    }

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
            operation.access.check(&caller)?;
        }
        Ok(Checked::Operation {
            operation,
            caller,
            id: route.id,
            query,
        })
    }

    /// Runs the next unit of work of a request and writes its part of the answer. The caller ends the transaction as
    /// the step says, calls [`settle`](Service::settle), and repeats until the last step.
    pub fn step(&mut self, run: &mut Run<'_>, answer: &mut Answer) -> Step {
        let Run {
            request,
            head,
            state,
            used_token,
            is_begun,
            trace: _,
        } = run;
        self.registrar.begin_unit();
        let used_token = used_token.filter(|_| !std::mem::replace(is_begun, true));
        let noted = used_token.map_or(Ok(()), |id| self.registrar.note_use(id, request.now));
        let done = match (noted, state) {
            (Err(error), _) => Err(error.into()),
            (Ok(()), State::Refused(refusal)) => {
                explain(request, head, refusal, answer);
                Ok(true)
            }
            (Ok(()), State::Preflight(route)) => {
                preflight(request, head, route, answer);
                Ok(true)
            }
            (Ok(()), State::Operation(prepared)) => self.step_operation(prepared, head, answer),
            (Ok(()), State::Bulk(prepared, bulk)) => {
                if bulk.is_new() {
                    head.begin(answer, 200);
                    answer.end_json_head();
                }
                match self.step_bulk(prepared, bulk, answer) {
                    // The failure becomes the output of the item.
                    Err(failure) if !bulk.is_new() => {
                        self.note_cause(&failure);
                        let call = prepared.call();
                        let out = answer.body_mut();
                        let is_last = bulk.end_with(&failure, prepared.operation, &call, out);
                        let outcome = self.registrar.end_unit(false);
                        return Step { outcome, is_last };
                    }
                    done => done,
                }
            }
        };
        let outcome = self.registrar.end_unit(done.is_ok());
        let is_last = done.unwrap_or_else(|failure| {
            self.note_cause(&failure);
            explain(request, head, &Refusal::Failed(failure), answer);
            true
        });
        if request.method == Method::Head {
            answer.drop_body();
        }
        Step { outcome, is_last }
    }

    /// Runs a single operation, which is the last step.
    fn step_operation(
        &mut self,
        prepared: &Prepared<'_>,
        head: &Head<'_>,
        answer: &mut Answer,
    ) -> Result<bool, Failure> {
        head.begin(answer, 200);
        let call = prepared.call();
        let out = answer.end_json_head();
        let once = idempotency::run_once(&mut self.registrar, prepared.operation, &call, out);
        if self.save(once)? {
            answer.insert_header("idempotency-replayed", "true");
        }
        Ok(true)
    }

    /// Runs an item of a bulk request. Returns whether the answer is complete.
    fn step_bulk(
        &mut self,
        prepared: &Prepared<'_>,
        bulk: &mut BulkRun,
        answer: &mut Answer,
    ) -> Result<bool, Failure> {
        let call = prepared.call();
        let out = answer.body_mut();
        let stepped = bulk.step(&mut self.registrar, prepared.operation, &call, out);
        let stepped = self.save(stepped)?;
        if stepped.is_replayed {
            answer.insert_header("idempotency-replayed", "true");
        }
        Ok(stepped.is_last)
    }

    /// Saves the ids of the unit if it succeeded.
    fn save<T>(&mut self, done: Result<T, Failure>) -> Result<T, Failure> {
        let value = done?;
        self.registrar.save_ids()?;
        Ok(value)
    }

    /// Commits or reverts the state outside the store, after a host ended the transaction around one or more steps.
    pub fn settle(&mut self, is_committed: bool) {
        self.registrar.settle(is_committed);
    }

    /// Answers 503 if the transaction for the next step could not be opened. The request ends.
    pub fn not_begun(&mut self, run: &mut Run<'_>, answer: &mut Answer, error: StoreError) {
        self.fail(run, answer, error, BulkRun::fail_next);
    }

    /// Answers 503 if the transaction around the last step could not be committed. The request ends.
    pub fn not_committed(&mut self, run: &mut Run<'_>, answer: &mut Answer, error: StoreError) {
        self.fail(run, answer, error, BulkRun::fail_last);
    }

    fn fail(
        &mut self,
        run: &mut Run<'_>,
        answer: &mut Answer,
        error: StoreError,
        fail_bulk: fn(&mut BulkRun, &Failure, &Operation, &Call<'_>, &mut Vec<u8>),
    ) {
        let failure = Failure::from(error);
        self.note_cause(&failure);
        if run.used_token.is_some() {
            self.registrar.give_up_uses(run.request.now);
        }
        if let State::Bulk(prepared, bulk) = &mut run.state
            && !bulk.is_new()
        {
            let call = prepared.call();
            let out = answer.body_mut();
            fail_bulk(bulk, &failure, prepared.operation, &call, out);
            return;
        }
        explain(&run.request, &run.head, &Refusal::Failed(failure), answer);
        if run.request.method == Method::Head {
            answer.drop_body();
        }
    }

    fn note_cause(&mut self, failure: &Failure) {
        self.cause = failure.cause().or(self.cause.take());
    }

    /// The operation and the account of the last request that was started, for a log. See [`Trace`].
    pub fn trace(&self) -> Trace {
        self.trace
    }

    /// Takes the cause of the last status of 500 or above, of the request or of a bulk item, as one line for the log: an error and
    /// the errors behind it, outermost first. It has no token, no body and no name in it.
    pub fn take_cause(&mut self) -> Option<String> {
        self.cause.take()
    }
}
