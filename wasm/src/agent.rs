//! The seam of what else a page can know of agents: their ids, and what follows from their history. It is as that of the
//! validator; answers that don't fit in a number are left in the scratch buffer.

use core::cell::Cell;

use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{self, read_text};
use agent_registrar::model::agent::InstanceCounts;
use agent_registrar::model::lifecycle::{self, History};
use agent_registrar::model::pfid::{Generator, Partition, Pfid, PfidError};
use agent_registrar::model::timestamp::Timestamp;

thread_local! {
    static GENERATOR: Cell<Generator> = const { Cell::new(Generator::new()) };
}

/// Takes apart the PFID of that length in the scratch buffer: answers its time in Unix milliseconds and leaves
/// its binary form, or answers -1 where it is none.
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

/// Makes the next id, from ten random bytes in the scratch buffer, and leaves its text there. Answers 0, or 1
/// where the partition is out of range, or 2 where the time is.
#[wasm_bindgen]
#[must_use]
pub fn generate_pfid(now_ms: f64, partition: f64) -> u32 {
    match next_pfid(now_ms, partition) {
        Ok(id) => {
            buffer::leave(0, &id.encode());
            0
        }
        Err(PfidError::Partition) => 1,
        Err(_) => 2,
    }
}

fn next_pfid(now_ms: f64, partition: f64) -> Result<Pfid, PfidError> {
    // The casts saturate and drop fractions: what they change was out of range.
    let number = partition as u32;
    if f64::from(number) != partition {
        return Err(PfidError::Partition);
    }
    if now_ms < 0.0 {
        return Err(PfidError::Time);
    }
    let partition = Partition::new(number)?;
    let random = buffer::ten_bytes();
    let within = |cell: &Cell<Generator>| {
        let mut generator = cell.take();
        let made = generator.next(now_ms as u64, partition, random);
        cell.set(generator);
        made
    };
    // The generator is always there: it has nothing to drop.
    GENERATOR.try_with(within).unwrap_or(Err(PfidError::Time))
}

/// What follows from an agent's history at the time `now`; times are microseconds since the Unix epoch. Answers the status as its place among the
/// words of the validator, and leaves `total` and `finished` as two little-endian floats and then a byte for each action:
/// update, retire, reinstate, delete. The least `i64` as `last_activity` means that none is known.
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
