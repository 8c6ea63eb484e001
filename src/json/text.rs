//! Strings: how far they go as they are, and what their escapes mean.

use std::borrow::Cow;

use super::Json;
use crate::rules::characters::eightfold;

/// How many bytes from the first on a JSON string has as they are: none of them is a quote, a backslash or a control
/// character of ASCII. Looks at eight at once: each term has the highest bit of a byte set that is such a one, and
/// perhaps of bytes behind it, which matter no more.
pub(crate) fn plain_len(bytes: &[u8]) -> usize {
    let (eights, rest) = bytes.as_chunks();
    let mut at = 0;
    for eight in eights {
        let eight = u64::from_le_bytes(*eight);
        let is_zero = |bytes: u64| bytes.wrapping_sub(eightfold(1)) & !bytes;
        let found = (eight.wrapping_sub(eightfold(0x20)) & !eight
            | is_zero(eight ^ eightfold(b'"'))
            | is_zero(eight ^ eightfold(b'\\')))
            & eightfold(0x80);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    let plain = rest
        .iter()
        .position(|&byte| byte < 0x20 || byte == b'"' || byte == b'\\');
    at + plain.unwrap_or(rest.len())
}

/// A string's content between its quotes, checked but not yet decoded.
pub(super) struct Token<'a> {
    pub(super) raw: &'a str,
    pub(super) escaped: bool,
}

impl<'a> Token<'a> {
    pub(super) fn into_value(self) -> Json<'a> {
        if !self.escaped {
            return Json::Text(Cow::Borrowed(self.raw));
        }
        // Only a lone surrogate makes the decoded bytes anything but UTF-8.
        match String::from_utf8(decode(self.raw)) {
            Ok(text) => Json::Text(Cow::Owned(text)),
            Err(_) => Json::NotWellFormed(self.raw),
        }
    }

    pub(super) fn into_key(self) -> Cow<'a, [u8]> {
        if self.escaped {
            Cow::Owned(decode(self.raw))
        } else {
            Cow::Borrowed(self.raw.as_bytes())
        }
    }
}

/// Decodes a string that the reader has checked. Lone surrogates become their three-byte
/// generalised UTF-8 form.
fn decode(raw: &str) -> Vec<u8> {
    let bytes = raw.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte != b'\\' {
            out.push(byte);
            at += 1;
            continue;
        }
        let letter = bytes.get(at + 1).copied().unwrap_or(0);
        at += 2;
        match letter {
            b'b' => out.push(0x08),
            b'f' => out.push(0x0c),
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'u' => {
                let mut code = hex4(bytes, at);
                at += 4;
                if (0xd800..0xdc00).contains(&code) && bytes[at..].starts_with(b"\\u") {
                    let low = hex4(bytes, at + 2);
                    if (0xdc00..0xe000).contains(&low) {
                        code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
                        at += 6;
                    }
                }
                push_code_point(&mut out, code);
            }
            other => out.push(other),
        }
    }
    out
}

fn hex4(bytes: &[u8], at: usize) -> u32 {
    bytes[at..].iter().take(4).fold(0, |code, &digit| {
        code << 4 | char::from(digit).to_digit(16).unwrap_or(0)
    })
}

fn push_code_point(out: &mut Vec<u8>, code: u32) {
    match char::from_u32(code) {
        Some(character) => {
            let mut buffer = [0; 4];
            out.extend_from_slice(character.encode_utf8(&mut buffer).as_bytes());
        }
        None => out.extend_from_slice(&[
            0xe0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3f) as u8,
            0x80 | (code & 0x3f) as u8,
        ]),
    }
}
