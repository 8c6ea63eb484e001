//! Writes answers straight into the output buffer.

use crate::api::http::HEX_DIGITS;
use crate::json::plain_len;
use crate::model::agent::InstanceCounts;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

/// Writes JSON. Keys and punctuation are given as they are ([`JsonWriter::raw`]); values are
/// escaped and formatted.
pub struct JsonWriter<'o> {
    out: &'o mut Vec<u8>,
    /// The moment that was written last: mostly the next one is the same.
    last: (Timestamp, [u8; Timestamp::TEXT_LEN + 2]),
}

impl<'o> JsonWriter<'o> {
    /// Writes behind what is in the buffer.
    pub fn new(out: &'o mut Vec<u8>) -> JsonWriter<'o> {
        JsonWriter {
            out,
            last: (Timestamp::EPOCH, *b"\"1970-01-01T00:00:00.000000Z\""),
        }
    }

    /// JSON as it is.
    pub fn raw(&mut self, json: &str) -> &mut JsonWriter<'o> {
        self.out.extend_from_slice(json.as_bytes());
        self
    }

    /// A string.
    pub fn text(&mut self, text: &str) -> &mut JsonWriter<'o> {
        self.out.push(b'"');
        escape(self.out, text);
        self.out.push(b'"');
        self
    }

    /// A string or `null`.
    pub fn maybe_text(&mut self, text: Option<&str>) -> &mut JsonWriter<'o> {
        match text {
            Some(text) => self.text(text),
            None => self.raw("null"),
        }
    }

    /// An id.
    pub fn pfid(&mut self, id: Pfid) -> &mut JsonWriter<'o> {
        // In one piece: each costs as much as what is in it.
        let mut quoted = [b'"'; Pfid::TEXT_LEN + 2];
        quoted[1..=Pfid::TEXT_LEN].copy_from_slice(&id.encode());
        self.out.extend_from_slice(&quoted);
        self
    }

    /// An id or `null`.
    pub fn maybe_pfid(&mut self, id: Option<Pfid>) -> &mut JsonWriter<'o> {
        match id {
            Some(id) => self.pfid(id),
            None => self.raw("null"),
        }
    }

    /// A moment.
    pub fn timestamp(&mut self, moment: Timestamp) -> &mut JsonWriter<'o> {
        let (last, quoted) = &mut self.last;
        if *last != moment {
            *last = moment;
            quoted[1..=Timestamp::TEXT_LEN].copy_from_slice(&moment.encode());
        }
        self.out.extend_from_slice(quoted);
        self
    }

    /// A moment or `null`.
    pub fn maybe_timestamp(&mut self, moment: Option<Timestamp>) -> &mut JsonWriter<'o> {
        match moment {
            Some(moment) => self.timestamp(moment),
            None => self.raw("null"),
        }
    }

    /// A whole number.
    pub fn number(&mut self, number: u64) -> &mut JsonWriter<'o> {
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.out.extend_from_slice(&digits[at..]);
        self
    }

    /// A whole number or `null`.
    pub fn maybe_number(&mut self, number: Option<u64>) -> &mut JsonWriter<'o> {
        match number {
            Some(number) => self.number(number),
            None => self.raw("null"),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, value: bool) -> &mut JsonWriter<'o> {
        self.raw(if value { "true" } else { "false" })
    }
}

fn escape(out: &mut Vec<u8>, text: &str) {
    let mut rest = text.as_bytes();
    loop {
        let (plain, others) = rest.split_at(plain_len(rest));
        out.extend_from_slice(plain);
        let Some((&byte, behind)) = others.split_first() else {
            return;
        };
        rest = behind;
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            _ => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX_DIGITS[usize::from(byte >> 4)]);
                out.push(HEX_DIGITS[usize::from(byte & 15)]);
            }
        }
    }
}

/// `{"status":"success","details":…}`
pub fn details<T>(out: &mut Vec<u8>, write: impl FnOnce(&mut JsonWriter<'_>) -> T) -> T {
    let mut json = JsonWriter::new(out);
    json.raw(r#"{"status":"success","details":"#);
    let written = write(&mut json);
    json.raw("}");
    written
}

/// The seven counts of instances or spans.
pub fn counts(json: &mut JsonWriter<'_>, counts: &InstanceCounts) {
    if counts.total() == 0 {
        json.raw(r#"{"total":0,"pending":0,"active":0,"complete":0,"failed":0,"cancelled":0,"finished":0}"#);
        return;
    }
    json.raw(r#"{"total":"#)
        .number(counts.total())
        .raw(r#","pending":"#)
        .number(counts.pending.into())
        .raw(r#","active":"#)
        .number(counts.active.into())
        .raw(r#","complete":"#)
        .number(counts.complete.into())
        .raw(r#","failed":"#)
        .number(counts.failed.into())
        .raw(r#","cancelled":"#)
        .number(counts.cancelled.into())
        .raw(r#","finished":"#)
        .number(counts.finished())
        .raw("}");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn serde_json_reads_what_is_written(text in ".*", number: u64) {
            let mut out = Vec::new();
            JsonWriter::new(&mut out).raw("[").text(&text).raw(",").number(number).raw("]");
            let read: (String, u64) = serde_json::from_slice(&out).unwrap();
            prop_assert_eq!(read, (text, number));
        }
    }

    #[test]
    fn no_counts_are_written_as_zeroes() {
        let zeroes = InstanceCounts::default();
        let mut out = Vec::new();
        counts(&mut JsonWriter::new(&mut out), &zeroes);
        let one = InstanceCounts {
            pending: 1,
            ..zeroes
        };
        let mut other = Vec::new();
        counts(&mut JsonWriter::new(&mut other), &one);
        let other = String::from_utf8(other).unwrap().replace('1', "0");
        assert_eq!(String::from_utf8(out).unwrap(), other);
    }

    #[test]
    fn control_characters_are_escaped() {
        let mut out = Vec::new();
        JsonWriter::new(&mut out).text("a\"\\\n\u{0}\u{1f}\u{7f}é");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "\"a\\\"\\\\\\n\\u0000\\u001f\u{7f}é\""
        );
    }
}
