//! Requests in steps, for hosts that put transactions around them: the calls that only `service-sql.wasm` has.
//!
//! [`start`] reads the request in the buffer and keeps the buffer; [`step`] runs a unit of work; [`finish`] shows the
//! answer and gives the buffer back. Between the first and the last, JavaScript calls nothing else, and it does not write
//! into the buffer.

use std::mem;
use std::slice;

use wasm_bindgen::prelude::wasm_bindgen;

use agent_registrar::api::{Run, Service};
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::Outcome;
use agent_registrar::store::StoreError;

use super::layout::{BUFFER, place, set};
use super::{Instance, call, imports, moment, request};

/// The request that is being carried out.
pub(super) struct Pending {
    // Before the buffer that it borrows from: fields are dropped in their order.
    run: Run<'static>,
    buffer: Vec<u8>,
}

impl Pending {
    fn start(service: &mut Service, buffer: Vec<u8>, now: Timestamp) -> Pending {
        // SAFETY: the bytes lie in the heap, where they stay when the vector moves. Nothing changes or frees them before
        // `run`, which lives in the same struct and never leaves it.
        #[allow(unsafe_code)]
        let bytes: &'static [u8] = unsafe { slice::from_raw_parts(buffer.as_ptr(), buffer.len()) };
        Pending {
            run: service.start(&request(bytes, now)),
            buffer,
        }
    }
}

/// Begins the request in the buffer, at this moment in Unix milliseconds. Does not touch the database. Returns 1 if its
/// steps only read, and 2 if they may write and need a transaction; 0 where there is no registrar.
#[wasm_bindgen]
#[must_use]
pub fn start(now_ms: f64) -> u32 {
    call(|it| {
        let service = it.service.as_mut()?;
        // The request before, if it was given up.
        it.pending = None;
        let buffer = mem::take(&mut it.buffer);
        set(BUFFER, [0, 0]);
        let pending = Pending::start(service, buffer, moment(now_ms));
        let may_write = pending.run.may_write();
        it.pending = Some(pending);
        Some(1 + u32::from(may_write))
    })
}

/// Runs the next unit of work of the request. Returns 0 where there is none; otherwise the sum of 1, of 2 if the unit
/// wrote, of 4 if the transaction around it must be rolled back, and of 8 if it was the last.
#[wasm_bindgen]
#[must_use]
pub fn step() -> u32 {
    call(|it| {
        let pending = it.pending.as_mut()?;
        let step = it.service.as_mut()?.step(&mut pending.run, &mut it.answer);
        let outcome = match step.outcome {
            Outcome::Unchanged => 0,
            Outcome::Commit => 2,
            Outcome::Rollback => 4,
        };
        Some(1 + outcome + if step.is_last { 8 } else { 0 })
    })
}

/// Ends the request and shows its answer. Returns the HTTP status; 0 where there is no request.
#[wasm_bindgen]
#[must_use]
pub fn finish() -> u32 {
    call(|it| {
        let pending = it.pending.take()?;
        let trace = pending.run.trace();
        it.give_back(pending);
        it.cause = it.service.as_mut()?.take_cause().unwrap_or_default();
        Some(it.show_answer(trace))
    })
}

/// Removes at most `at_most` records of idempotency keys that are older than 24 hours at this moment in Unix milliseconds.
/// JavaScript brackets it as [`open`](super::open). Returns 1 and how many there were; 0 where the database failed.
#[wasm_bindgen]
#[must_use]
pub fn forget_answers(now_ms: f64, at_most: u32) -> u32 {
    call(|it| {
        let registrar = it.service.as_mut()?.registrar_mut();
        let forgotten = registrar.forget_answers(moment(now_ms), at_most).ok()?;
        Some(forgotten.saturating_add(1))
    })
}

/// Begins a group: the steps that follow share the transaction that JavaScript has opened.
#[wasm_bindgen]
pub fn begin_group() {
    call(|it| {
        it.service.as_mut()?.begin_group();
        None
    });
}

/// Writes what the steps of the group put off, right before the commit. Returns 1; 0 where that failed, and the transaction has to be
/// rolled back.
#[wasm_bindgen]
#[must_use]
pub fn end_group() -> u32 {
    call(|it| {
        it.service.as_mut()?.end_group().ok()?;
        Some(1)
    })
}

/// Tells the registrar how the transaction around one or more steps ended: committed, or rolled back.
#[wasm_bindgen]
pub fn settle(is_committed: bool) {
    call(|it| {
        it.service.as_mut()?.settle(is_committed);
        None
    });
}

/// Answers the request that the transaction for its next step could not be opened, for the reason of SQLite's result code;
/// the import `take` gives the message. [`finish`] follows. Returns 1; 0 where there is no request.
#[wasm_bindgen]
#[must_use]
pub fn not_begun(code: u32) -> u32 {
    fail(
        |service, run, answer, error| service.not_begun(run, answer, error),
        code,
    )
}

/// Answers the request that the transaction around its last step could not be committed; as [`not_begun`] otherwise.
#[wasm_bindgen]
#[must_use]
pub fn not_committed(code: u32) -> u32 {
    fail(
        |service, run, answer, error| service.not_committed(run, answer, error),
        code,
    )
}

fn fail(
    explain: fn(&mut Service, &mut Run<'static>, &mut agent_registrar::Answer, StoreError),
    code: u32,
) -> u32 {
    call(|it| {
        let pending = it.pending.as_mut()?;
        let error = StoreError::from(imports::error(code));
        explain(
            it.service.as_mut()?,
            &mut pending.run,
            &mut it.answer,
            error,
        );
        Some(1)
    })
}

impl Instance {
    /// The buffer becomes the request buffer again.
    fn give_back(&mut self, Pending { run, buffer }: Pending) {
        drop(run);
        self.buffer = buffer;
        set(BUFFER, place(&self.buffer));
    }
}
