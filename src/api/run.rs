//! One request, carried out in units of work.

use std::borrow::Cow;

use super::bulk::BulkRun;
use super::http::{Answer, Method, Request};
use super::idempotency;
use super::operation::{Call, Key, Operation};
use super::read::query::Query;
use super::route::Route;
use super::service::{Head, Refusal, Service, explain, preflight, read_body};
use crate::json::Object;
use crate::model::error::ErrorCode;
use crate::registrar::{Caller, Failure, Outcome};
use crate::store::StoreError;

/// A request on its way: its head is decided and its body is read. [`Service::step`] carries it out.
pub struct Run<'r> {
    request: Request<'r>,
    head: Head<'r>,
    state: State<'r>,
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
    /// Whether a step can write: only then it needs a transaction around it.
    pub fn may_write(&self) -> bool {
        match &self.state {
            State::Refused(_) | State::Preflight(_) => false,
            State::Operation(prepared) => prepared.operation.key != Key::None,
            State::Bulk(..) => true,
        }
    }

    /// Back before the first step: after a host has rolled back the batch that the request was part of. The answer
    /// gets the same request id.
    pub fn restart(&mut self) {
        if let State::Bulk(_, bulk) = &mut self.state {
            *bulk = BulkRun::default();
        }
    }
}

/// One step of a request: one unit of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub struct Step {
    /// How the transaction around the step ends.
    pub outcome: Outcome,
    /// Whether the answer is complete. A bulk request takes a step for each item.
    pub is_last: bool,
}

impl Service {
    /// Answers a request, with the store's own transactions around its steps. A host that opens transactions by
    /// itself calls [`start`](Service::start), [`step`](Service::step) and [`settle`](Service::settle).
    pub fn handle(&mut self, request: &Request<'_>, answer: &mut Answer) {
        let mut run = self.start(request);
        while !self.bracketed_step(&mut run, answer) {}
    }

    /// One step in a transaction of the store; says whether it was the last.
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

    /// Reads a request and decides what its head decides. Nothing is read from the store and nothing is written.
    pub fn start<'r>(&mut self, request: &Request<'r>) -> Run<'r> {
        self.cause = None;
        let head = self.head(request.origin);
        let state = self.prepare(request).unwrap_or_else(State::Refused);
        Run {
            request: *request,
            head,
            state,
        }
    }

    fn prepare<'r>(&mut self, request: &Request<'r>) -> Result<State<'r>, Refusal> {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((request.target, ""));
        let Some(route) = Route::find(path) else {
            return Err(
                Failure::refused(ErrorCode::NotFound, "There is nothing at this path.").into(),
            );
        };
        if request.method == Method::Options {
            return Ok(State::Preflight(route));
        }
        let Some(operation) = route.operation(request.method) else {
            return Err(Refusal::Rejected {
                status: 405,
                code: ErrorCode::BadRequest,
                message: Cow::Borrowed("The path does not take this method; see the Allow header."),
                header: Some(("allow", Cow::Owned(route.allow()))),
            });
        };
        let caller = match operation.open {
            true => Caller::nobody(request.now),
            false => self.authenticate(request)?,
        };
        let prepared = Prepared {
            operation,
            caller,
            id: route.id,
            query: Query::parse(query),
            body: read_body(request, operation)?,
        };
        Ok(match operation.is_bulk() {
            true => State::Bulk(prepared, BulkRun::default()),
            false => State::Operation(prepared),
        })
    }

    /// Carries out the next unit of work of a request and writes its part of the answer. The caller ends the
    /// transaction around it as the step says, calls [`settle`](Service::settle), and steps on until the last one.
    pub fn step(&mut self, run: &mut Run<'_>, answer: &mut Answer) -> Step {
        let Run {
            request,
            head,
            state,
        } = run;
        let (done, is_last) = match state {
            State::Refused(refusal) => {
                explain(request, head, refusal, answer);
                (Ok(()), true)
            }
            State::Preflight(route) => {
                preflight(request, head, route, answer);
                (Ok(()), true)
            }
            State::Operation(prepared) => {
                self.registrar.begin_unit();
                head.begin(answer, 200);
                let call = prepared.call();
                let out = answer.end_json_head();
                let once =
                    idempotency::run_once(&mut self.registrar, prepared.operation, &call, out);
                let done = self.save(once);
                if let Ok(true) = done {
                    answer.insert_header("idempotency-replayed", "true");
                }
                (done.map(drop), true)
            }
            State::Bulk(prepared, bulk) => {
                self.registrar.begin_unit();
                if bulk.is_new() {
                    head.begin(answer, 200);
                    answer.end_json_head();
                }
                let call = prepared.call();
                let stepped = bulk.step(
                    &mut self.registrar,
                    prepared.operation,
                    &call,
                    answer.body_mut(),
                );
                let done = self.save(stepped);
                if let Ok(stepped) = done
                    && stepped.is_replayed
                {
                    answer.insert_header("idempotency-replayed", "true");
                }
                match done {
                    Ok(stepped) => (Ok(()), stepped.is_last),
                    Err(failure) if bulk.is_new() => (Err(failure), true),
                    // The failure is the output of the item.
                    Err(failure) => {
                        let outcome = self.registrar.end_unit(false);
                        self.note_cause(&failure);
                        let is_last =
                            bulk.end_with(&failure, prepared.operation, &call, answer.body_mut());
                        return Step { outcome, is_last };
                    }
                }
            }
        };
        let outcome = self.registrar.end_unit(done.is_ok());
        if let Err(failure) = done {
            self.note_cause(&failure);
            explain(request, head, &Refusal::Failed(failure), answer);
        }
        if request.method == Method::Head {
            answer.drop_body();
        }
        Step { outcome, is_last }
    }

    /// Saves the ids of the unit where it succeeded.
    fn save<T>(&mut self, done: Result<T, Failure>) -> Result<T, Failure> {
        let value = done?;
        self.registrar.save_ids()?;
        Ok(value)
    }

    /// Takes over what the service holds beside the store, or puts it back, after a host has ended the transaction
    /// around one or more steps.
    pub fn settle(&mut self, is_committed: bool) {
        self.registrar.settle(is_committed);
    }

    /// Answers that the store cannot answer, where the transaction for the next step could not be opened. The request
    /// ends with it.
    pub fn not_begun(&mut self, run: &mut Run<'_>, answer: &mut Answer, error: StoreError) {
        self.fail(run, answer, error, BulkRun::fail_next);
    }

    /// Answers that the store cannot answer, where the transaction around the last step could not be committed. The
    /// request ends with it.
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

    /// The cause of the last request's 5xx, in one line for the log, or that of the item of a bulk request that failed
    /// so. It is given once.
    pub fn take_cause(&mut self) -> Option<String> {
        self.cause.take()
    }
}
