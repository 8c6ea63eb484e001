//! The bytes of a snapshot: values one after another, with no names and no padding.

use std::borrow::Cow;

use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{Nullable, NullableMut};

/// Writes a snapshot.
#[derive(Debug, Default)]
pub struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    /// An empty snapshot.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// The number of bytes written so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// The bytes written so far.
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// A whole number; small ones take one byte.
    pub fn number(&mut self, number: u64) {
        let mut rest = number;
        while rest >= 0x80 {
            self.bytes.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        self.bytes.push(rest as u8);
    }

    /// A boolean.
    pub fn flag(&mut self, flag: bool) {
        self.bytes.push(flag.into());
    }

    /// Bytes of any length.
    pub fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    /// A text.
    pub fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// An id.
    pub fn pfid(&mut self, id: Pfid) {
        self.bytes.extend_from_slice(&id.to_bytes());
    }

    /// A time.
    pub fn timestamp(&mut self, moment: Timestamp) {
        self.bytes.extend_from_slice(&moment.micros().to_le_bytes());
    }

    /// Five counts.
    pub fn counts(&mut self, counts: &InstanceCounts) {
        for count in [
            counts.pending,
            counts.active,
            counts.complete,
            counts.failed,
            counts.cancelled,
        ] {
            self.number(count.into());
        }
    }

    /// A status, by its number.
    pub fn status(&mut self, status: RunStatus) {
        let number = RunStatus::ALL.iter().position(|it| *it == status);
        self.number(number.unwrap_or_default() as u64);
    }

    /// An optional value.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }

    /// A nullable field of an agent.
    pub fn nullable(&mut self, value: Nullable<'_>) {
        match value {
            Nullable::Id(id) => self.option(id, Writer::pfid),
            Nullable::Text(text) => self.option(text, Writer::text),
        }
    }
}

/// Reads a snapshot. Its bytes are untrusted: at the first unexpected byte the reader has failed, and every value that
/// it returns from then on is a default. So a record is read whole and checked once: see [`Reader::sound`].
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    failed: bool,
}

impl<'a> Reader<'a> {
    /// Reads from the beginning.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader {
            bytes,
            failed: false,
        }
    }

    /// Whether all bytes were read, and none was unexpected.
    pub fn is_finished(&self) -> bool {
        self.bytes.is_empty() && !self.failed
    }

    /// `value`, if the reader has not failed.
    pub fn sound<T>(&self, value: T) -> Option<T> {
        if self.failed { None } else { Some(value) }
    }

    fn fail<T: Default>(&mut self) -> T {
        self.bytes = &[];
        self.failed = true;
        T::default()
    }

    /// The value. Without one, the reader has failed.
    fn or_fail<T: Default>(&mut self, value: Option<T>) -> T {
        match value {
            Some(value) => value,
            None => self.fail(),
        }
    }

    #[inline(never)]
    fn take(&mut self, length: usize) -> &'a [u8] {
        match self.bytes.split_at_checked(length) {
            Some((first, rest)) => {
                self.bytes = rest;
                first
            }
            None => self.fail(),
        }
    }

    fn exactly<const N: usize>(&mut self) -> [u8; N] {
        // Missing bytes read as zeros.
        self.take(N).first_chunk().copied().unwrap_or([0; N])
    }

    /// A whole number.
    #[inline(never)]
    pub fn number(&mut self) -> u64 {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.exactly();
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return number;
            }
        }
        self.fail()
    }

    /// A whole number of 32 bits.
    pub fn small_number(&mut self) -> u32 {
        let number = self.number().try_into().ok();
        self.or_fail(number)
    }

    /// A boolean.
    #[inline(never)]
    pub fn flag(&mut self) -> bool {
        match self.exactly() {
            [0] => false,
            [1] => true,
            _ => self.fail(),
        }
    }

    /// Bytes of any length.
    #[inline(never)]
    pub fn bytes(&mut self) -> &'a [u8] {
        let length = usize::try_from(self.number()).unwrap_or(usize::MAX);
        self.take(length)
    }

    /// A text.
    #[inline(never)]
    pub fn text(&mut self) -> &'a str {
        let text = str::from_utf8(self.bytes()).ok();
        self.or_fail(text)
    }

    /// An id.
    #[inline(never)]
    pub fn pfid(&mut self) -> Pfid {
        match Pfid::from_bytes(self.exactly()) {
            Ok(id) => id,
            Err(_) => {
                self.failed = true;
                Pfid::NIL
            }
        }
    }

    /// A time.
    #[inline(never)]
    pub fn timestamp(&mut self) -> Timestamp {
        match Timestamp::from_micros(i64::from_le_bytes(self.exactly())) {
            Some(moment) => moment,
            None => {
                self.failed = true;
                Timestamp::EPOCH
            }
        }
    }

    /// Five counts.
    pub fn counts(&mut self) -> InstanceCounts {
        let mut counts = InstanceCounts::default();
        for count in [
            &mut counts.pending,
            &mut counts.active,
            &mut counts.complete,
            &mut counts.failed,
            &mut counts.cancelled,
        ] {
            *count = self.small_number();
        }
        counts
    }

    /// A status.
    pub fn status(&mut self) -> RunStatus {
        let number = usize::try_from(self.number()).unwrap_or(usize::MAX);
        match RunStatus::ALL.get(number) {
            Some(status) => *status,
            None => {
                self.failed = true;
                RunStatus::Pending
            }
        }
    }

    /// An optional value.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.flag() { Some(read(self)) } else { None }
    }

    /// Reads a nullable field of an agent into its place.
    pub fn nullable(&mut self, field: NullableMut<'_, 'a>) {
        match field {
            NullableMut::Id(id) => *id = self.option(Reader::pfid),
            NullableMut::Text(text) => *text = self.option(Reader::text).map(Cow::Borrowed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_wrote() {
        let mut writer = Writer::new();
        let numbers = [0, 127, 128, u64::from(u32::MAX) + 1, u64::MAX];
        numbers.iter().for_each(|&number| writer.number(number));
        writer.option(Some("é"), Writer::text);
        writer.option(None, Writer::text);
        writer.timestamp(Timestamp::MIN);
        let bytes = writer.into_bytes();
        let mut reader = Reader::new(&bytes);
        for number in numbers {
            assert_eq!(reader.number(), number);
        }
        assert_eq!(reader.option(Reader::text), Some("é"));
        assert_eq!(reader.option(Reader::text), None);
        assert_eq!(reader.timestamp(), Timestamp::MIN);
        assert!(reader.is_finished());
        assert!(!reader.flag());
        assert_eq!(reader.sound(()), None);
    }

    #[test]
    fn unexpected_bytes_fail_at_the_end() {
        fn fails(bytes: &[u8], read: fn(&mut Reader<'_>)) {
            let mut reader = Reader::new(bytes);
            read(&mut reader);
            assert_eq!(reader.sound(()), None, "{bytes:?}");
        }
        fails(&[0xff; 20], |it| assert_eq!(it.bytes(), b""));
        fails(&[5, 1, 2], |it| assert_eq!(it.bytes(), b""));
        fails(&[2], |it| assert!(!it.flag()));
        fails(&[1, 0xff], |it| assert_eq!(it.text(), ""));
        fails(&[0xff; 20], |it| assert_eq!(it.pfid(), Pfid::NIL));
        fails(&[0xff; 7], |it| {
            assert_eq!(it.timestamp(), Timestamp::EPOCH)
        });
        fails(&[0x7f; 8], |it| {
            assert_eq!(it.timestamp(), Timestamp::EPOCH)
        });
        fails(&[5], |it| assert_eq!(it.status(), RunStatus::Pending));
        fails(&[0x80, 0x80, 0x80, 0x80, 0x10], |it| {
            assert_eq!(it.small_number(), 0);
        });
        // A failed reader stays failed.
        let mut reader = Reader::new(&[2, 1]);
        assert!(!reader.flag());
        assert!(!reader.flag());
        assert!(!reader.is_finished());
    }
}
