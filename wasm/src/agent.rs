//! JavaScript bindings for ids, times and the status of agents. They have the calling convention of `validator`. Results that are
//! not numbers are written to the scratch buffer.

use core::cell::RefCell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{self, read_text};
use agent_registrar::model::agent::InstanceCounts;
use agent_registrar::model::generator::PfidGenerator;
use agent_registrar::model::lifecycle::{self, History};
use agent_registrar::model::pfid::{Partition, Pfid, PfidError};
use agent_registrar::model::timestamp::Timestamp;

thread_local! {
    static GENERATOR: RefCell<PfidGenerator> = const { RefCell::new(PfidGenerator::new()) };
}

/// Parses the PFID of `length` bytes in the scratch buffer. Returns its time in Unix milliseconds and writes
/// its binary form to the scratch buffer. Returns -1 if it is not a PFID.
#[wasm_bindgen]
#[must_use]
pub fn parse_pfid(length: u32) -> f64 {
    read_text(length, Pfid::parse)
        .and_then(Result::ok)
        .map_or(-1.0, |id| {
            buffer::leave(0, &id.to_bytes());
            id.timestamp() as f64
        })
}

/// The number for "no time": every time is greater.
const NO_TIME: i64 = i64::MIN;

/// Parses the RFC 3339 text of `length` bytes in the scratch buffer. Returns microseconds since the Unix epoch and writes the
/// time in the format of the API, [`Timestamp::TEXT_LEN`] characters of ASCII. Returns the least `i64` if it is not a time.
#[wasm_bindgen]
#[must_use]
pub fn read_timestamp(length: u32) -> i64 {
    read_text(length, Timestamp::parse_rfc3339)
        .and_then(Result::ok)
        .map_or(NO_TIME, |time| {
            buffer::leave(0, &time.encode());
            time.micros()
        })
}

/// Writes a time in the format of the API; `micros` is microseconds since the Unix epoch. Returns whether its year has four
/// digits.
#[wasm_bindgen]
#[must_use]
pub fn write_timestamp(micros: i64) -> bool {
    let time = Timestamp::from_micros(micros);
    if let Some(time) = time {
        buffer::leave(0, &time.encode());
    }
    time.is_some()
}

/// Generates the next id from ten random bytes in the scratch buffer, and writes its text there. Returns 0, or 1 if the
/// partition is out of range, 2 if the time is, or 3 if the partition's last id is the greatest that there is.
#[wasm_bindgen]
#[must_use]
pub fn generate_pfid(now_ms: f64, partition: f64) -> u32 {
    match next_pfid(now_ms, partition) {
        Ok(id) => {
            buffer::leave(0, &id.encode());
            0
        }
        Err(PfidError::Partition) => 1,
        Err(PfidError::Exhausted) => 3,
        Err(_) => 2,
    }
}

fn next_pfid(now_ms: f64, partition: f64) -> Result<Pfid, PfidError> {
    // The casts saturate and drop fractions. A value that they change is out of range.
    let number = partition as u32;
    if f64::from(number) != partition {
        return Err(PfidError::Partition);
    }
    if now_ms < 0.0 {
        return Err(PfidError::Time);
    }
    let partition = Partition::new(number)?;
    let random = buffer::ten_bytes();
    let within = |generator: &RefCell<PfidGenerator>| {
        let mut generator = generator.try_borrow_mut().ok()?;
        Some(generator.next(now_ms as u64, partition, random))
    };
    // The generator is always there, because it has nothing to drop, and nobody else borrows it.
    let made = GENERATOR.try_with(within).ok().flatten();
    made.unwrap_or(Err(PfidError::Time))
}

/// Derives an agent's state at the time `now` from its history. Times are microseconds since the Unix epoch. Returns the
/// index of the status in `AgentStatus::ALL`. The least `i64` as `last_activity` means that none is known.
///
/// | bytes of the scratch buffer | written there |
/// | --- | --- |
/// | 0 to 7 | `total`, a little-endian `f64` |
/// | 8 to 15 | `finished`, the same |
/// | 16 to 19 | a byte for each action, 0 or 1: update, retire, reinstate, delete |
#[wasm_bindgen]
#[must_use]
#[expect(
    clippy::too_many_arguments,
    reason = "numbers are all that crosses here"
)]
pub fn life_cycle(
    now: i64,
    retired: bool,
    last_activity: i64,
    pending: u32,
    active: u32,
    complete: u32,
    failed: u32,
    cancelled: u32,
) -> u32 {
    let counts = InstanceCounts {
        pending,
        active,
        complete,
        failed,
        cancelled,
    };
    let history = History {
        retired,
        instances: counts.total(),
        last_activity: Timestamp::from_micros(last_activity),
    };
    let now = Timestamp::from_micros(now).unwrap_or(Timestamp::EPOCH);
    let status = lifecycle::status(&history, now);
    let actions = lifecycle::available_actions(status, counts.total());
    buffer::leave(0, &(counts.total() as f64).to_le_bytes());
    buffer::leave(8, &(counts.finished() as f64).to_le_bytes());
    let flags = [
        actions.update,
        actions.retire,
        actions.reinstate,
        actions.delete,
    ];
    buffer::leave(16, &flags.map(u8::from));
    status as u32
}
