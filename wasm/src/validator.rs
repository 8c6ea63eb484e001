//! The seam of the validator: plain numbers both ways and one fixed scratch buffer in the module's memory.
//!
//! JavaScript reads the fields of a value, writes their texts one after another into the scratch buffer,
//! and calls a function here with the kind and the end of each text. The verdict comes back as a number.

use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{self, SCRATCH, read_text};
use agent_registrar::model::agent::AgentStatus;
use agent_registrar::model::validation::{
    self, CreateAgentFields, Fault, Faults, IssueCode, Object, Text, UpdateAgentFields,
    VALIDATION_MESSAGE, continuing, eightfold,
};

/// A field: its kind is three bits of `kinds`, its text lies between these places.
#[inline(never)]
fn text(bytes: &[u8], kinds: u32, place: u32, from: u32, end: u32) -> Text<'_> {
    match (kinds >> (3 * place) & 7, buffer::text(bytes, from, end)) {
        (0, _) => Text::Absent,
        (1, _) => Text::Null,
        (2, Some(text)) => Text::Is(text),
        (3, _) => Text::WrongType,
        (4, _) => Text::Unreadable,
        (6, Some(partition)) => Text::Known(partition),
        _ => Text::NotWellFormed,
    }
}

/// How many UTF-16 units of white space stand before and behind a text, in the upper and lower 16 bits; a text of
/// white space alone has all of them on either side. (Unicode's white space has one unit per character.)
fn white(text: &str) -> u32 {
    let kept = validation::trim(text);
    if kept.len() == text.len() {
        return 0;
    }
    let from = (kept.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    if kept.is_empty() {
        return characters(Some(text)) * 0x1_0001;
    }
    characters(text.get(..from)) << 16 | characters(text.get(from + kept.len()..))
}

#[inline(never)]
fn characters(text: Option<&str>) -> u32 {
    let mut count = 0;
    for byte in text.unwrap_or_default().bytes() {
        count += u32::from(byte & 0xc0 != 0x80);
    }
    count
}

/// Lets JavaScript trim a text of any length piece by piece: [`white`] for the text of that length in the scratch
/// buffer.
#[wasm_bindgen]
#[must_use]
pub fn white_space(length: u32) -> u32 {
    read_text(length, white).unwrap_or_default()
}

/// Where texts end in bytes: `written` of them, which are `ends` in UTF-16 units. The two are the same for ASCII.
fn places(bytes: &[u8], written: u32, mut ends: [u32; 5]) -> [u32; 5] {
    if ends[4] == written {
        return ends;
    }
    let written = written.min(SCRATCH as u32);
    let (mut at, mut units) = (0, 0);
    for end in &mut ends {
        while at < written {
            let rest = bytes.get(at as usize..).unwrap_or_default();
            if let Some(eight) = rest.first_chunk() {
                // The first byte of a character stands for a unit, and that of four bytes for one more.
                let eight = u64::from_le_bytes(*eight);
                let four = eight & eight << 1 & eight << 2 & eight << 3 & eightfold(0x80);
                let among = 8 - continuing(eight) as u32 + four.count_ones();
                if units + among <= *end {
                    units += among;
                    at += 8;
                    continue;
                }
            }
            let byte = rest.first().copied().unwrap_or_default();
            let begins = byte & 0xc0 != 0x80;
            if begins && units >= *end {
                break;
            }
            units += u32::from(begins) + u32::from(byte >= 0xf0);
            at += 1;
        }
        *end = at.min(written);
    }
    ends
}

/// The create rule, or the update rule. The first arguments are where the texts end, in that order and in UTF-16 units,
/// and how many bytes they take together; what a rule has no use for is absent. `kinds` holds three bits each for
/// `details` and these texts, the lowest first.
///
/// Answers 0 when all is well, the fault bits when something is wrong, and a negative number when all is well
/// but the name has to be trimmed: minus [`white`].
#[wasm_bindgen]
#[must_use]
#[expect(
    clippy::too_many_arguments,
    reason = "numbers are all that crosses here"
)]
pub fn check(
    name: u32,
    description: u32,
    idempotency_key: u32,
    environment_or_version_id: u32,
    id: u32,
    written: u32,
    kinds: u32,
    update: bool,
) -> f64 {
    buffer::read(|bytes| {
        let ends = [
            name,
            description,
            idempotency_key,
            environment_or_version_id,
            id,
        ];
        let ends = places(bytes, written, ends);
        let text = |place, from, end| text(bytes, kinds, place, from, end);
        let name = || text(1, 0, ends[0]);
        let description = || text(2, ends[0], ends[1]);
        let idempotency_key = || text(3, ends[1], ends[2]);
        let other_id = || text(4, ends[2], ends[3]);
        let details = match kinds & 7 {
            0 => Object::Absent,
            1 => Object::Null,
            2 => Object::Present,
            3 => Object::WrongType,
            _ => Object::Unreadable,
        };
        // Made where they stay: copies of what was just written in parts stall the processor.
        if update {
            let fields = UpdateAgentFields {
                details,
                name: name(),
                description: description(),
                current_version_id: other_id(),
                idempotency_key: idempotency_key(),
            };
            verdict(validation::update_agent(&fields), &fields.name)
        } else {
            let fields = CreateAgentFields {
                details,
                name: name(),
                environment_id: other_id(),
                description: description(),
                id: text(5, ends[3], ends[4]),
                idempotency_key: idempotency_key(),
            };
            verdict(validation::create_agent(&fields, None), &fields.name)
        }
    })
}

/// The verdict as a number, see [`check`].
fn verdict(faults: Faults, name: &Text<'_>) -> f64 {
    match name {
        Text::Is(name) if faults.is_empty() => -f64::from(white(name)),
        // Faults are fewer than the 53 bits that a JavaScript number holds exactly.
        _ => faults.bits() as f64,
    }
}

/// Where the words lie: lines of ASCII with tabs between their parts and a zero byte behind them. The first line
/// has the words for an agent's status and then the message that goes with all validation errors; then comes a line for
/// each fault in the order of their bits: its path with dots, its reason, its message, and its code unless that is
/// `invalid_value`.
#[wasm_bindgen]
#[must_use]
pub fn words() -> u32 {
    static TEXT: [u8; write_words(None)] = {
        let mut text = [0; write_words(None)];
        write_words(Some(&mut text));
        text
    };
    TEXT.as_ptr() as usize as u32
}

/// Writes the words and answers their length. It is put together when this is compiled, since every reference that
/// stays in the module costs more there than the word that it refers to.
const fn write_words(mut to: Option<&mut [u8]>) -> usize {
    let (mut end, mut i) = (0, 0);
    while i < AgentStatus::ALL.len() {
        end = append(&mut to, end, AgentStatus::ALL[i].as_str());
        end = append(&mut to, end, "\t");
        i += 1;
    }
    end = append(&mut to, end, VALIDATION_MESSAGE);
    i = 0;
    while i < Fault::ALL.len() {
        let fault = Fault::ALL[i];
        end = append(&mut to, end, "\n");
        end = append(&mut to, end, fault.dotted());
        end = append(&mut to, end, "\t");
        end = append(&mut to, end, fault.reason().as_str());
        end = append(&mut to, end, "\t");
        end = append(&mut to, end, fault.message());
        if let IssueCode::RequiredValue = fault.code() {
            end = append(&mut to, end, "\t");
            end = append(&mut to, end, fault.code().as_str());
        }
        i += 1;
    }
    append(&mut to, end, "\0")
}

const fn append(to: &mut Option<&mut [u8]>, at: usize, text: &str) -> usize {
    let from = text.as_bytes();
    let mut i = 0;
    while i < from.len() {
        if let Some(to) = to {
            to[at + i] = from[i];
        }
        i += 1;
    }
    at + from.len()
}
