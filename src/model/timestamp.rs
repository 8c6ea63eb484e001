//! Points in time: on the wire RFC 3339 in UTC with `Z` and microseconds (`2026-05-07T10:00:00.000000Z`) **\[ours,
//! the precision\]**, internally whole microseconds since the Unix epoch.

use core::fmt;

/// Why a text is not a timestamp.
///
/// ```
/// use agent_registrar::{Timestamp, TimestampError};
///
/// assert_eq!(Timestamp::parse_rfc3339("2026-02-30T00:00:00Z"), Err(TimestampError::Range));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimestampError {
    /// It does not have the form of RFC 3339's `date-time` with at most nine fractional digits.
    #[error(
        "a time has the form 2026-05-07T10:00:00Z, with at most nine digits after the second's point"
    )]
    Form,
    /// A part of it is out of its range: month 13, 30 February, hour 24, an offset of 24 hours.
    #[error("a part of the time is out of its range")]
    Range,
}

/// A point in time between the years 0000 and 9999, to the microsecond.
///
/// ```
/// use agent_registrar::Timestamp;
///
/// let time = Timestamp::parse_rfc3339("2026-05-07T12:00:00+02:00")?;
/// assert_eq!(time.to_string(), "2026-05-07T10:00:00.000000Z");
/// # Ok::<(), agent_registrar::TimestampError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

const SECOND: i64 = 1_000_000;
const DAY: i64 = 86_400 * SECOND;

impl Timestamp {
    /// 1970-01-01T00:00:00.000000Z
    pub const EPOCH: Timestamp = Timestamp(0);
    /// 0000-01-01T00:00:00.000000Z
    pub const MIN: Timestamp = Timestamp(-719_528 * DAY);
    /// 9999-12-31T23:59:59.999999Z
    pub const MAX: Timestamp = Timestamp(2_932_897 * DAY - 1);
    /// Length of the text form, in bytes and characters.
    pub const TEXT_LEN: usize = 27;
    /// Length of the longest RFC 3339 text that is accepted: nine fractional digits, and an offset.
    pub const MAX_GIVEN_LEN: usize = 35;

    /// The time that many microseconds after the Unix epoch, if its year has four digits.
    pub fn from_micros(micros: i64) -> Option<Timestamp> {
        if !(Self::MIN.0..=Self::MAX.0).contains(&micros) {
            return None;
        }
        Some(Timestamp(micros))
    }

    /// The time that many milliseconds after the Unix epoch, if its year has four digits.
    pub fn from_millis(millis: i64) -> Option<Timestamp> {
        millis.checked_mul(1000).and_then(Self::from_micros)
    }

    /// Microseconds since the Unix epoch.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Parses RFC 3339 with any offset and up to nine fractional digits, truncated to microseconds. A leap second
    /// counts as the last microsecond before it. **\[ours\]**
    pub fn parse_rfc3339(text: &str) -> Result<Timestamp, TimestampError> {
        let text = text.as_bytes();
        if text.len() > Self::MAX_GIVEN_LEN {
            return Err(TimestampError::Form);
        }
        let (date_time, rest) = split_date_time(text).ok_or(TimestampError::Form)?;
        let (fraction, rest) = split_fraction(rest).ok_or(TimestampError::Form)?;
        let offset_minutes = parse_offset(rest)?;

        let [year, month, day, hour, minute, second] = date_time;
        if !(1..=12).contains(&month) || day < 1 || day > days_in_month(year, month) {
            return Err(TimestampError::Range);
        }
        if hour > 23 || minute > 59 || second > 60 {
            return Err(TimestampError::Range);
        }
        let within_minute = if second == 60 {
            60 * SECOND - 1
        } else {
            i64::from(second) * SECOND + fraction
        };
        let minutes = i64::from(hour * 60 + minute) - offset_minutes;
        let micros =
            days_from_civil(year, month, day) * DAY + minutes * 60 * SECOND + within_minute;
        Self::from_micros(micros).ok_or(TimestampError::Range)
    }

    /// The text form, in ASCII: `2026-05-07T10:00:00.000000Z`.
    pub fn encode(self) -> [u8; Self::TEXT_LEN] {
        let days = self.0.div_euclid(DAY);
        // Below a day's microseconds: 37 bits, then below a day's seconds.
        let in_day = self.0.rem_euclid(DAY).unsigned_abs();
        let (seconds, micros) = ((in_day / 1_000_000) as u32, (in_day % 1_000_000) as u32);
        let (year, month, day) = civil_from_days(days);

        let mut text = *b"0000-00-00T00:00:00.000000Z";
        put(&mut text, 4, year, 4);
        put(&mut text, 7, month, 2);
        put(&mut text, 10, day, 2);
        put(&mut text, 13, seconds / 3600, 2);
        put(&mut text, 16, seconds / 60 % 60, 2);
        put(&mut text, 19, seconds % 60, 2);
        put(&mut text, 26, micros, 6);
        text
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.encode() {
            fmt::Write::write_char(f, char::from(byte))?;
        }
        Ok(())
    }
}

/// Year, month, day, hour, minute and second at the beginning of an RFC 3339 text, and the rest.
fn split_date_time(text: &[u8]) -> Option<([u32; 6], &[u8])> {
    const FORM: &[u8; 19] = b"0000-00-00T00:00:00";
    let (date_time, rest) = text.split_first_chunk::<19>()?;
    let mut parts = [0_u32; 6];
    let mut part = 0;
    for (form, given) in FORM.iter().zip(date_time) {
        match (form, given) {
            (b'0', b'0'..=b'9') => {
                let digit = u32::from(given - b'0');
                parts[part % 6] = parts[part % 6] * 10 + digit;
            }
            // RFC 3339 section 5.6 allows lower case and, for readability, a space.
            (b'T', b'T' | b't' | b' ') | (b'-', b'-') | (b':', b':') => part += 1,
            _ => return None,
        }
    }
    Some((parts, rest))
}

/// The fraction of a second in microseconds, 0 without a point, and the rest. At most nine digits.
fn split_fraction(text: &[u8]) -> Option<(i64, &[u8])> {
    let mut rest = match text {
        [b'.', rest @ ..] => rest,
        _ => return Some((0, text)),
    };
    let (mut fraction, mut unit, mut digits) = (0, SECOND, 0);
    while let [digit @ b'0'..=b'9', after @ ..] = rest {
        unit /= 10;
        fraction += i64::from(digit - b'0') * unit;
        digits += 1;
        rest = after;
    }
    (1..=9).contains(&digits).then_some((fraction, rest))
}

/// The offset at the end of an RFC 3339 text, in minutes.
fn parse_offset(text: &[u8]) -> Result<i64, TimestampError> {
    let (sign, digits) = match text {
        [b'Z' | b'z'] => return Ok(0),
        [b'+', h1, h2, b':', m1, m2] => (1, [h1, h2, m1, m2]),
        [b'-', h1, h2, b':', m1, m2] => (-1, [h1, h2, m1, m2]),
        _ => return Err(TimestampError::Form),
    };
    let mut number = 0;
    for (digit, place) in digits.into_iter().zip([600, 60, 10, 1]) {
        if !digit.is_ascii_digit() {
            return Err(TimestampError::Form);
        }
        number += i64::from(digit - b'0') * place;
    }
    if number >= 24 * 60 || *digits[2] > b'5' {
        return Err(TimestampError::Range);
    }
    Ok(sign * number)
}

/// Writes `value` in `width` decimal digits that end before `end`.
#[inline(never)]
fn put(text: &mut [u8; Timestamp::TEXT_LEN], end: usize, value: u32, width: usize) {
    let mut rest = value;
    for digit in text.iter_mut().take(end).rev().take(width) {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

fn days_in_month(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

// The two directions of the proleptic Gregorian calendar, counted from 1 March so that the leap day is the last
// day of its year. The algorithm is Howard Hinnant's.
//
// Years are counted from 400 years before the year 0, so that everything is positive and fits in 32 bits: that is a
// quarter of the code in WebAssembly.

/// Days from 1 March of the year -400 to the Unix epoch.
const EPOCH_DAY: u32 = 719_468 + 146_097;

fn days_from_civil(year: u32, month: u32, day: u32) -> i64 {
    let year = year + 400 - u32::from(month <= 2);
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (year / 400 * 146_097 + day_of_era) as i64 - i64::from(EPOCH_DAY)
}

fn civil_from_days(days: i64) -> (u32, u32, u32) {
    let days = (days + i64::from(EPOCH_DAY)) as u32;
    let day_of_era = days % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = days / 146_097 * 400 + year_of_era + u32::from(month <= 2);
    (year - 400, month, day)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(text: &str) -> String {
        Timestamp::parse_rfc3339(text).expect(text).to_string()
    }

    #[test]
    fn the_wire_form_has_microseconds_and_z() {
        assert_eq!(shown("2026-05-07T10:00:00Z"), "2026-05-07T10:00:00.000000Z");
        assert_eq!(Timestamp::MIN.to_string(), "0000-01-01T00:00:00.000000Z");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999999Z");
        assert_eq!(Timestamp::EPOCH.to_string(), "1970-01-01T00:00:00.000000Z");
    }

    #[test]
    fn any_offset_and_up_to_nanoseconds_are_read() {
        assert_eq!(
            shown("2026-05-07t12:30:00.123456789+02:30"),
            "2026-05-07T10:00:00.123456Z"
        );
        assert_eq!(
            shown("2026-01-01 00:00:00.1-00:01"),
            "2026-01-01T00:01:00.100000Z"
        );
        assert_eq!(
            shown("2024-02-29T23:59:59-23:59"),
            "2024-03-01T23:58:59.000000Z"
        );
        assert_eq!(shown("2016-12-31T23:59:60Z"), "2016-12-31T23:59:59.999999Z");
    }

    #[test]
    fn invalid_timestamps_are_refused() {
        use TimestampError::{Form, Range};
        for (text, error) in [
            ("", Form),
            ("2026-05-07", Form),
            ("2026-05-07T10:00:00", Form),
            ("2026-05-07T10:00Z", Form),
            ("2026-05-07T10:00:00.Z", Form),
            ("2026-05-07T10:00:00.1234567890Z", Form),
            ("2026-05-07T10:00:00+0200", Form),
            ("2026-05-07T10:00:00Z ", Form),
            ("2026-05-07T10:00:00é", Form),
            ("+2026-05-07T10:00:00Z", Form),
            ("2026-13-07T10:00:00Z", Range),
            ("2026-00-07T10:00:00Z", Range),
            ("2026-02-29T10:00:00Z", Range),
            ("2100-02-29T10:00:00Z", Range),
            ("2026-04-31T10:00:00Z", Range),
            ("2026-05-07T24:00:00Z", Range),
            ("2026-05-07T10:60:00Z", Range),
            ("2026-05-07T10:00:61Z", Range),
            ("2026-05-07T10:00:00+24:00", Range),
            ("0000-01-01T00:00:00+00:01", Range),
            ("9999-12-31T23:59:59-00:01", Range),
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), Err(error), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn every_time_survives_its_text(micros in Timestamp::MIN.micros()..=Timestamp::MAX.micros()) {
            let time = Timestamp::from_micros(micros).expect("in range");
            let text = time.to_string();
            prop_assert_eq!(Timestamp::parse_rfc3339(&text), Ok(time));
        }

        #[test]
        fn the_order_of_texts_is_the_order_of_times(a in Timestamp::MIN.micros()..=Timestamp::MAX.micros(), b in Timestamp::MIN.micros()..=Timestamp::MAX.micros()) {
            let (a, b) = (Timestamp(a), Timestamp(b));
            prop_assert_eq!(a.encode().cmp(&b.encode()), a.cmp(&b));
        }

        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,40}|[-0-9T:.Z+ ]{18,36}") {
            let _ = Timestamp::parse_rfc3339(&text);
        }
    }
}
