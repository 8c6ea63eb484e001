//! The bytes of a snapshot: values one after another, with no names and no padding.

use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;

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

    /// What was written.
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

    /// A yes or no.
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

    /// A moment.
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

    /// Something that may be absent.
    pub fn option<T>(&mut self, value: Option<T>, write: impl FnOnce(&mut Writer, T)) {
        self.flag(value.is_some());
        if let Some(value) = value {
            write(self, value);
        }
    }
}

/// Reads a snapshot. Every method answers `None` where the bytes are not what is expected: they
/// come from outside.
#[derive(Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    /// Reads from the beginning.
    pub fn new(bytes: &'a [u8]) -> Reader<'a> {
        Reader { bytes }
    }

    /// Whether everything has been read.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.bytes.split_first_chunk()?;
        self.bytes = rest;
        Some(*first)
    }

    /// A whole number.
    pub fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.take()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return Some(number);
            }
        }
        None
    }

    /// A whole number of 32 bits.
    pub fn small_number(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// A yes or no.
    pub fn flag(&mut self) -> Option<bool> {
        match self.take()? {
            [0] => Some(false),
            [1] => Some(true),
            _ => None,
        }
    }

    /// Bytes of any length.
    pub fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number()?).ok()?;
        let (first, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(first)
    }

    /// Bytes of a known length.
    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes()?.try_into().ok()
    }

    /// A text.
    pub fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }

    /// An id.
    pub fn pfid(&mut self) -> Option<Pfid> {
        Pfid::from_bytes(self.take()?).ok()
    }

    /// A moment.
    pub fn timestamp(&mut self) -> Option<Timestamp> {
        Timestamp::from_micros(i64::from_le_bytes(self.take()?))
    }

    /// Five counts.
    pub fn counts(&mut self) -> Option<InstanceCounts> {
        Some(InstanceCounts {
            pending: self.small_number()?,
            active: self.small_number()?,
            complete: self.small_number()?,
            failed: self.small_number()?,
            cancelled: self.small_number()?,
        })
    }

    /// A status.
    pub fn status(&mut self) -> Option<RunStatus> {
        let number = usize::try_from(self.number()?).ok()?;
        RunStatus::ALL.get(number).copied()
    }

    /// Something that may be absent.
    pub fn option<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<Option<T>> {
        Some(match self.flag()? {
            true => Some(read(self)?),
            false => None,
        })
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
            assert_eq!(reader.number(), Some(number));
        }
        assert_eq!(reader.option(Reader::text), Some(Some("é")));
        assert_eq!(reader.option(Reader::text), Some(None));
        assert_eq!(reader.timestamp(), Some(Timestamp::MIN));
        assert!(reader.is_empty());
        assert_eq!(reader.flag(), None);
    }

    #[test]
    fn lengths_that_lie_are_refused() {
        assert_eq!(Reader::new(&[0xff; 20]).bytes(), None);
        assert_eq!(Reader::new(&[5, 1, 2]).bytes(), None);
        assert_eq!(Reader::new(&[2]).flag(), None);
    }
}
