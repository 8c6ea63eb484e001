//! Parameters and rows as bytes: the form in which they cross to the database.
//!
//! Values follow each other without a header and without separators between rows. Each is a tag byte and its contents,
//! little-endian:
//!
//! | tag | value | contents |
//! | --- | --- | --- |
//! | 0 | null | none |
//! | 1 | number | a whole `f64` from −2⁵³ to 2⁵³ |
//! | 2 | text | length as `u32`, then UTF-8 |
//! | 3 | blob | length as `u32`, then the bytes |
//!
//! Numbers of 64 bits cross as two, `n >> 20` and `n & 1048575`, because JavaScript rounds those beyond 2⁵³. The statements
//! split and join them.

use super::statement::longest_text;
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;

/// The tag of a null.
pub const NULL: u8 = 0;
/// The tag of a number.
pub const NUMBER: u8 = 1;
/// The tag of a text.
pub const TEXT: u8 = 2;
/// The tag of a blob.
pub const BLOB: u8 = 3;

/// How many low bits of a wide number are its second half.
const LOW_BITS: u32 = 20;
const LOW: i64 = (1 << LOW_BITS) - 1;

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Null,
    /// From −2⁵³ to 2⁵³.
    Number(i64),
    /// Two placeholders.
    Wide(i64),
    /// Two placeholders.
    Moment(Option<Timestamp>),
    Id(Option<Pfid>),
    Text(Option<&'a str>),
    /// The placeholder `text_or_blob_mark!`.
    TextOrBlob(Option<&'a str>),
    Blob(&'a [u8]),
    /// Five placeholders.
    Counts(InstanceCounts),
}

impl From<i64> for Value<'_> {
    fn from(number: i64) -> Self {
        Value::Number(number)
    }
}

impl From<u32> for Value<'_> {
    fn from(number: u32) -> Self {
        Value::Number(i64::from(number))
    }
}

impl From<bool> for Value<'_> {
    fn from(is: bool) -> Self {
        Value::Number(i64::from(is))
    }
}

impl From<RunStatus> for Value<'_> {
    fn from(status: RunStatus) -> Self {
        Value::Number(status as i64)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(at: Timestamp) -> Self {
        Value::Moment(Some(at))
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(at: Option<Timestamp>) -> Self {
        Value::Moment(at)
    }
}

impl From<Pfid> for Value<'_> {
    fn from(id: Pfid) -> Self {
        Value::Id(Some(id))
    }
}

impl From<Option<Pfid>> for Value<'_> {
    fn from(id: Option<Pfid>) -> Self {
        Value::Id(id)
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Value::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Value::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Value::Blob(bytes)
    }
}

impl From<InstanceCounts> for Value<'_> {
    fn from(counts: InstanceCounts) -> Self {
        Value::Counts(counts)
    }
}

impl Value<'_> {
    /// Appends the value.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match *self {
            Value::Null | Value::Id(None) | Value::Text(None) | Value::TextOrBlob(None) => {
                out.push(NULL);
            }
            Value::Number(number) => write_number(out, number),
            Value::Wide(number) => write_wide(out, number),
            Value::Moment(None) => out.extend([NULL, NULL]),
            Value::Moment(Some(at)) => write_wide(out, at.micros()),
            Value::Id(Some(id)) => write_bytes(out, BLOB, &id.to_bytes()),
            Value::TextOrBlob(Some(text)) if text.len() > longest_text!() => {
                write_bytes(out, BLOB, text.as_bytes());
            }
            Value::Text(Some(text)) | Value::TextOrBlob(Some(text)) => {
                write_bytes(out, TEXT, text.as_bytes());
            }
            Value::Blob(bytes) => write_bytes(out, BLOB, bytes),
            Value::Counts(counts) => {
                for count in [
                    counts.pending,
                    counts.active,
                    counts.complete,
                    counts.failed,
                    counts.cancelled,
                ] {
                    write_number(out, i64::from(count));
                }
            }
        }
    }
}

fn write_number(out: &mut Vec<u8>, number: i64) {
    out.push(NUMBER);
    out.extend_from_slice(&(number as f64).to_le_bytes());
}

fn write_wide(out: &mut Vec<u8>, number: i64) {
    write_number(out, number >> LOW_BITS);
    write_number(out, number & LOW);
}

fn write_bytes(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    // No value is longer: the texts of a request are at most 1 MiB, and longer ones are split.
    out.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
    out.extend_from_slice(bytes);
}

const UNREADABLE: StoreError = StoreError::Corrupt("a value of the database");

/// One value of the form above, as a host reads parameters and as the store reads rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RawValue<'b> {
    /// A null.
    Null,
    /// A number.
    Number(f64),
    /// A text; whether it is UTF-8 is not checked.
    Text(&'b [u8]),
    /// A blob.
    Blob(&'b [u8]),
}

/// Reads values from bytes.
#[derive(Clone, Copy, Debug)]
pub struct Values<'b> {
    bytes: &'b [u8],
}

impl<'b> Values<'b> {
    /// Reads these bytes from their beginning.
    pub fn new(bytes: &'b [u8]) -> Values<'b> {
        Values { bytes }
    }

    fn take(&mut self, length: usize) -> Option<&'b [u8]> {
        let (taken, rest) = self.bytes.split_at_checked(length)?;
        self.bytes = rest;
        Some(taken)
    }

    fn read(&mut self) -> Option<RawValue<'b>> {
        let [tag] = *self.take(1)? else { return None };
        Some(match tag {
            NULL => RawValue::Null,
            NUMBER => RawValue::Number(f64::from_le_bytes(self.take(8)?.try_into().ok()?)),
            TEXT | BLOB => {
                let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
                let bytes = self.take(length as usize)?;
                match tag {
                    TEXT => RawValue::Text(bytes),
                    _ => RawValue::Blob(bytes),
                }
            }
            _ => return None,
        })
    }
}

impl<'b> Iterator for Values<'b> {
    type Item = RawValue<'b>;

    /// The next value; `None` at the end, and if the bytes do not have the form.
    fn next(&mut self) -> Option<RawValue<'b>> {
        self.read()
    }
}

/// The rows of a result.
#[derive(Debug, Default)]
pub(super) struct Rows(pub(super) Vec<u8>);

impl Rows {
    pub(super) fn read(&self) -> Row<'_> {
        Row(Values::new(&self.0))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the first row; `None` if there is none.
    pub(super) fn first<'r, T>(
        &'r self,
        read: impl FnOnce(&mut Row<'r>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        match self.is_empty() {
            true => Ok(None),
            false => read(&mut self.read()).map(Some),
        }
    }

    /// Reads all rows.
    pub(super) fn all<'r, T>(
        &'r self,
        mut read: impl FnMut(&mut Row<'r>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut row = self.read();
        let mut items = Vec::new();
        while row.has_more() {
            items.push(read(&mut row)?);
        }
        Ok(items)
    }
}

/// Reads the columns of rows, one after another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row<'b>(Values<'b>);

impl<'b> Row<'b> {
    /// Whether a column follows.
    pub(super) fn has_more(&self) -> bool {
        !self.0.bytes.is_empty()
    }

    fn value(&mut self) -> Result<RawValue<'b>, StoreError> {
        self.0.read().ok_or(UNREADABLE)
    }

    pub(super) fn optional_number(&mut self) -> Result<Option<i64>, StoreError> {
        match self.value()? {
            RawValue::Null => Ok(None),
            RawValue::Number(number) if number.trunc() == number => Ok(Some(number as i64)),
            _ => Err(UNREADABLE),
        }
    }

    pub(super) fn number(&mut self) -> Result<i64, StoreError> {
        self.optional_number()?.ok_or(UNREADABLE)
    }

    /// A count.
    pub(super) fn count(&mut self) -> Result<u64, StoreError> {
        u64::try_from(self.number()?).map_err(|_| UNREADABLE)
    }

    pub(super) fn is(&mut self) -> Result<bool, StoreError> {
        Ok(self.number()? != 0)
    }

    fn optional_wide(&mut self) -> Result<Option<i64>, StoreError> {
        match (self.optional_number()?, self.optional_number()?) {
            (Some(high), Some(low)) => Ok(Some(high << LOW_BITS | low)),
            (None, None) => Ok(None),
            _ => Err(UNREADABLE),
        }
    }

    pub(super) fn wide(&mut self) -> Result<i64, StoreError> {
        self.optional_wide()?.ok_or(UNREADABLE)
    }

    pub(super) fn optional_moment(&mut self) -> Result<Option<Timestamp>, StoreError> {
        let micros = self.optional_wide()?;
        let moment = |micros| Timestamp::from_micros(micros).ok_or(UNREADABLE);
        micros.map(moment).transpose()
    }

    pub(super) fn moment(&mut self) -> Result<Timestamp, StoreError> {
        self.optional_moment()?.ok_or(UNREADABLE)
    }

    pub(super) fn optional_text(&mut self) -> Result<Option<&'b str>, StoreError> {
        match self.value()? {
            RawValue::Null => Ok(None),
            RawValue::Text(bytes) => str::from_utf8(bytes).map(Some).map_err(|_| UNREADABLE),
            _ => Err(UNREADABLE),
        }
    }

    pub(super) fn text(&mut self) -> Result<&'b str, StoreError> {
        self.optional_text()?.ok_or(UNREADABLE)
    }

    /// A column of `text_or_blob!`.
    pub(super) fn optional_text_or_blob(&mut self) -> Result<Option<&'b str>, StoreError> {
        match self.value()? {
            RawValue::Null => Ok(None),
            RawValue::Text(bytes) | RawValue::Blob(bytes) => {
                str::from_utf8(bytes).map(Some).map_err(|_| UNREADABLE)
            }
            RawValue::Number(_) => Err(UNREADABLE),
        }
    }

    pub(super) fn optional_blob(&mut self) -> Result<Option<&'b [u8]>, StoreError> {
        match self.value()? {
            RawValue::Null => Ok(None),
            RawValue::Blob(bytes) => Ok(Some(bytes)),
            _ => Err(UNREADABLE),
        }
    }

    /// A blob of a known length.
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], StoreError> {
        let bytes = self.optional_blob()?.ok_or(UNREADABLE)?;
        bytes.try_into().map_err(|_| UNREADABLE)
    }

    pub(super) fn optional_id(&mut self) -> Result<Option<Pfid>, StoreError> {
        let id = |bytes: &[u8]| {
            let bytes = bytes.try_into().map_err(|_| UNREADABLE)?;
            Pfid::from_bytes(bytes).map_err(|_| UNREADABLE)
        };
        self.optional_blob()?.map(id).transpose()
    }

    pub(super) fn id(&mut self) -> Result<Pfid, StoreError> {
        self.optional_id()?.ok_or(UNREADABLE)
    }

    pub(super) fn status(&mut self) -> Result<RunStatus, StoreError> {
        let place = usize::try_from(self.number()?).map_err(|_| UNREADABLE)?;
        RunStatus::ALL.get(place).copied().ok_or(UNREADABLE)
    }

    /// Five columns.
    pub(super) fn counts(&mut self) -> Result<InstanceCounts, StoreError> {
        let mut next = || u32::try_from(self.number()?).map_err(|_| UNREADABLE);
        Ok(InstanceCounts {
            pending: next()?,
            active: next()?,
            complete: next()?,
            failed: next()?,
            cancelled: next()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_written() {
        let at = Timestamp::MIN;
        let id = Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr").unwrap();
        let counts = InstanceCounts {
            pending: 1,
            failed: u32::MAX,
            ..InstanceCounts::default()
        };
        let mut bytes = Vec::new();
        for value in [
            Value::from(-(1_i64 << 53)),
            Value::Wide(i64::MIN),
            Value::Wide(i64::MAX),
            Value::Wide(-1),
            Value::from(at),
            Value::Moment(None),
            Value::from(id),
            Value::from("é"),
            Value::from(None::<&str>),
            Value::from(&[0, 255][..]),
            Value::from(counts),
        ] {
            value.write(&mut bytes);
        }
        let rows = Rows(bytes);
        let mut row = rows.read();
        assert_eq!(row.number().unwrap(), -(1 << 53));
        assert_eq!(row.wide().unwrap(), i64::MIN);
        assert_eq!(row.wide().unwrap(), i64::MAX);
        assert_eq!(row.wide().unwrap(), -1);
        assert_eq!(row.moment().unwrap(), at);
        assert_eq!(row.optional_moment().unwrap(), None);
        assert_eq!(row.id().unwrap(), id);
        assert_eq!(row.text().unwrap(), "é");
        assert_eq!(row.optional_text().unwrap(), None);
        assert_eq!(row.array::<2>().unwrap(), [0, 255]);
        assert_eq!(row.counts().unwrap(), counts);
        assert!(!row.has_more());
        assert!(matches!(row.number(), Err(StoreError::Corrupt(_))));
    }

    #[test]
    fn bytes_of_another_form_are_no_values() {
        for bytes in [&[4][..], &[1, 0], &[2, 9, 0, 0, 0, 65], &[3, 1]] {
            assert_eq!(Values::new(bytes).next(), None);
        }
        let mut bytes = vec![NUMBER];
        bytes.extend(0.5_f64.to_le_bytes());
        assert!(Rows(bytes).read().number().is_err());
    }
}
