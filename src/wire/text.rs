//! Appends texts and numbers to a buffer as JSON.

use crate::json::plain_len;

/// Appends a few bytes, eight at a time.
// PERF(bytes): an answer is some fifty short texts, and engines call out of WebAssembly for each `memory.copy`.
fn append_short(out: &mut Vec<u8>, bytes: &[u8]) {
    let (eights, rest) = bytes.as_chunks::<8>();
    for eight in eights {
        out.extend_from_slice(eight);
    }
    let (fours, rest) = rest.as_chunks::<4>();
    for four in fours {
        out.extend_from_slice(four);
    }
    for byte in rest {
        out.push(*byte);
    }
}

/// Texts of at most this size are copied eight bytes at a time.
const SHORT: usize = 64;

fn append_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    match bytes.len() <= SHORT {
        true => append_short(out, bytes),
        false => out.extend_from_slice(bytes),
    }
}

/// Writes a text that has nothing to escape as a JSON string.
// PERF(size): called at each member, it is compiled once.
#[inline(never)]
pub(super) fn plain_text(out: &mut Vec<u8>, text: &str) {
    out.reserve(text.len() + 2);
    out.push(b'"');
    append_bytes(out, text.as_bytes());
    out.push(b'"');
}

/// Writes a text as a JSON string.
// PERF(size): called at each member, it is compiled once.
#[inline(never)]
pub(super) fn text(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    let plain = plain_len(rest);
    if plain == rest.len() {
        return plain_text(out, text);
    }
    out.push(b'"');
    loop {
        let (plain, others) = rest.split_at(plain_len(rest));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = others.split_first() else {
            break;
        };
        rest = behind;
        escaped(out, byte);
    }
    out.push(b'"');
}

fn escaped(out: &mut Vec<u8>, byte: u8) {
    match byte {
        b'"' => out.extend_from_slice(b"\\\""),
        b'\\' => out.extend_from_slice(b"\\\\"),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        _ => {
            const HEX_DIGITS: &[u8; 16] = b"0123456789abcdef";
            out.extend_from_slice(b"\\u00");
            out.push(HEX_DIGITS[usize::from(byte >> 4)]);
            out.push(HEX_DIGITS[usize::from(byte & 15)]);
        }
    }
}

/// Writes a number in decimal digits.
#[inline(never)]
pub(super) fn number(out: &mut Vec<u8>, mut rest: u64) {
    if rest < 10 {
        return out.push(b'0' + rest as u8);
    }
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}
