//! The JavaScript binding of the validator.
//!
//! JavaScript reads the fields of a value, writes their kinds to the header and their texts to the scratch
//! buffer (see `buffer`), and calls [`check_body`]. The verdict is one number, because building issues in Rust
//! and passing them to JavaScript takes longer than the whole check. `js/generated/rules.ts` has the messages.

use wasm_bindgen::prelude::wasm_bindgen;

use super::buffer::{self, SCRATCH, SLOTS, Slot, read_text};
use agent_registrar::rules::characters::{continuation_bytes, eightfold, trim};
use agent_registrar::rules::{
    CreateAgentFields, Field, Given, IssueSet, Presence, UpdateAgentFields, create_agent,
    update_agent,
};

const _: () = assert!(
    IssueSet::SIZE <= 52,
    "the bits travel in a JavaScript number, which holds 53 of them exactly"
);

/// How a text field arrived, from its kind and the range of its text.
#[inline(never)]
fn given(bytes: &[u8], kind: u32, from: u32, end: u32) -> Given<'_> {
    match (kind, buffer::text(bytes, from, end)) {
        (0, _) => Given::Absent,
        (1, _) => Given::Null,
        (2, Some(text)) => Given::Text(text),
        (3, _) => Given::WrongType,
        (4, _) => Given::Unreadable,
        _ => Given::NotWellFormed,
    }
}

fn presence(kind: u32) -> Presence {
    match kind {
        0 => Presence::Absent,
        1 => Presence::Null,
        2 => Presence::Present,
        3 => Presence::WrongType,
        _ => Presence::Unreadable,
    }
}

/// Packs the counts of leading (high half) and trailing (low half) white-space UTF-16 units into a number. For a text of
/// white space alone both halves hold its length. (Unicode's white space has one unit per character.)
fn trim_counts(text: &str) -> u32 {
    let kept = trim(text);
    if kept.len() == text.len() {
        return 0;
    }
    let from = (kept.as_ptr() as usize).wrapping_sub(text.as_ptr() as usize);
    if kept.is_empty() {
        return count_chars(Some(text)) * 0x1_0001;
    }
    count_chars(text.get(..from)) << 16 | count_chars(text.get(from + kept.len()..))
}

#[inline(never)]
fn count_chars(text: Option<&str>) -> u32 {
    let mut count = 0;
    for byte in text.unwrap_or_default().bytes() {
        count += u32::from(byte & 0xc0 != 0x80);
    }
    count
}

/// Counts the white space at the ends of the text of that length in the scratch buffer: leading in the upper 16 bits,
/// trailing in the lower. So JavaScript can trim a text of any length piece by piece.
#[wasm_bindgen]
#[must_use]
pub fn white_space(length: u32) -> u32 {
    read_text(length, trim_counts).unwrap_or_default()
}

/// Converts the ends of `slots` from UTF-16 offsets to UTF-8 offsets, in texts that take `written` bytes. If both totals
/// agree, the texts are ASCII and nothing changes.
///
/// | texts | UTF-16 ends | UTF-8 ends |
/// | --- | --- | --- |
/// | `"ab"`, `"c"` | 2, 3 | 2, 3 |
/// | `"é"`, `"c"` | 1, 2 | 2, 3 |
/// | `"🦀"`, `"€"` | 2, 3 | 4, 7 |
fn utf16_to_utf8_ends(slots: &mut [Slot], bytes: &[u8], written: u32) {
    if slots.last().is_none_or(|slot| slot.end == written) {
        return;
    }
    let written = written.min(SCRATCH as u32);
    let (mut at, mut units) = (0, 0);
    for slot in slots {
        while at < written {
            let rest = bytes.get(at as usize..).unwrap_or_default();
            // PERF(validate): SWAR, eight bytes at once. "long Unicode" takes half the time.
            if let Some(eight) = rest.first_chunk() {
                let among = utf16_units(u64::from_le_bytes(*eight));
                if units + among <= slot.end {
                    units += among;
                    at += 8;
                    continue;
                }
            }
            let byte = rest.first().copied().unwrap_or_default();
            let starts = byte & 0xc0 != 0x80;
            if starts && units >= slot.end {
                break;
            }
            // The first byte of a character stands for one unit; that of a character of four bytes for two.
            units += u32::from(starts) + u32::from(byte >= 0xf0);
            at += 1;
        }
        slot.end = at.min(written);
    }
}

/// The number of UTF-16 units that eight bytes of UTF-8 stand for. A byte counts where its character starts: once, or
/// twice for a character of four bytes.
fn utf16_units(eight: u64) -> u32 {
    // The highest four bits of a byte that starts four are 1.
    let starts_four = eight & eight << 1 & eight << 2 & eight << 3 & eightfold(0x80);
    8 - continuation_bytes(eight) as u32 + starts_four.count_ones()
}

/// Checks the body that the header and the scratch buffer hold, by the update rule or the create rule. `written` is the
/// number of bytes that its texts take together.
///
/// | answer | meaning |
/// | --- | --- |
/// | 0 | valid |
/// | positive | the bits of [`IssueSet`] |
/// | negative | valid, but the name has to be trimmed: minus [`trim_counts`] |
#[wasm_bindgen]
#[must_use]
pub fn check_body(update: bool, written: u32) -> f64 {
    buffer::read(|header, bytes| {
        let mut slots = *header;
        let count = if update {
            UpdateAgentFields::FIELDS.len()
        } else {
            CreateAgentFields::FIELDS.len()
        };
        if let Some(used) = slots.get_mut(1..=count) {
            utf16_to_utf8_ends(used, bytes, written);
        }
        let details = presence(slots[0].kind);
        let (mut index, mut from) = (0, 0);
        let next = |_: Field| {
            index += 1;
            let Slot { kind, end } = slots[index % SLOTS];
            let given = given(bytes, kind, from, end);
            from = end;
            given
        };
        if update {
            let fields = UpdateAgentFields::read(details, next);
            verdict(update_agent(&fields), fields.name)
        } else {
            let fields = CreateAgentFields::read(details, next);
            verdict(create_agent(&fields, None), fields.name)
        }
    })
}

/// The verdict as a number, see [`check_body`].
fn verdict(issues: IssueSet, name: Given<'_>) -> f64 {
    match name {
        Given::Text(name) if issues.is_empty() => -f64::from(trim_counts(name)),
        _ => issues.bits() as f64,
    }
}
