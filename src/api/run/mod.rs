//! Runs one request, in units of work.

mod start;

use std::borrow::Cow;
use std::fmt;

use super::bulk::BulkRun;
use super::http::{Answer, Method, Request};
use super::idempotency;
use super::operation::{Call, Operation};
use super::read::query::Query;
use super::route::Route;
use super::service::{Head, Refusal, Service, explain, preflight};
use super::trace::Trace;
use crate::json::Object;
use crate::model::pfid::Pfid;
use crate::registrar::{Caller, Failure, Outcome};
use crate::store::StoreError;

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

    /// Begins a group: the steps until [`end_group`](Service::end_group) share a transaction that the host has opened, and the store may
    /// write counts once for all of them.
    pub fn begin_group(&mut self) {
        self.registrar.begin_group();
    }

    /// Ends a group, right before the host commits its transaction.
    ///
    /// # Errors
    ///
    /// Those of the store. The host rolls the transaction back then.
    pub fn end_group(&mut self) -> Result<(), StoreError> {
        self.registrar.end_group()
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
