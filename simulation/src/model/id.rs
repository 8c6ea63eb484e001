//! Ids and moments as texts, independently of the library.

use std::fmt;

const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// Microseconds since 1970.
pub type Micros = i64;

/// A day in microseconds.
pub const DAY: Micros = 86_400_000_000;

/// An id: 32 characters of Crockford's base 32. Ids compare as their texts do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 32]);

/// The six characters of an id that all ids of an account share.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition([u8; 6]);

impl Id {
    /// The scope of the operator's keys.
    pub const NONE: Id = Id([b'0'; 32]);

    /// Reads an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Id> {
        let bytes: [u8; 32] = text.as_bytes().try_into().ok()?;
        let is_digit = |byte: &u8| DIGITS.contains(byte);
        (bytes.iter().all(is_digit) && bytes[0] < b'8').then_some(Id(bytes))
    }

    /// An id of these parts. The number stands at the end.
    #[must_use]
    pub fn of(milliseconds: u64, partition: Partition, number: u64) -> Id {
        let mut bytes = [b'0'; 32];
        write(&mut bytes[..10], milliseconds);
        bytes[10..16].copy_from_slice(&partition.0);
        write(&mut bytes[16..], number);
        Id(bytes)
    }

    /// Its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Its partition.
    #[must_use]
    pub fn partition(&self) -> Partition {
        let mut partition = [0; 6];
        partition.copy_from_slice(&self.0[10..16]);
        Partition(partition)
    }

    /// The id before this one.
    #[must_use]
    pub fn before(self) -> Id {
        self.moved(31, 0)
    }

    /// The id after this one.
    #[must_use]
    pub fn after(self) -> Id {
        self.moved(1, 31)
    }

    /// Adds to the last digit, modulo 32, and goes on to the one before it while the digit was `carried`.
    fn moved(mut self, by: usize, carried: usize) -> Id {
        for byte in self.0.iter_mut().rev() {
            let digit = DIGITS.iter().position(|it| it == byte).unwrap_or(0);
            *byte = DIGITS[(digit + by) % 32];
            if digit != carried {
                break;
            }
        }
        self
    }
}

fn write(bytes: &mut [u8], mut number: u64) {
    for byte in bytes.iter_mut().rev() {
        *byte = DIGITS[(number % 32) as usize];
        number /= 32;
    }
}

impl Partition {
    /// A partition of a number below 2^30.
    #[must_use]
    pub fn of(number: u64) -> Partition {
        let mut bytes = [b'0'; 6];
        write(&mut bytes, number);
        Partition(bytes)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

/// A moment as in answers: RFC 3339 with microseconds, in UTC. By "days from civil" backwards, the algorithm of Howard Hinnant.
#[must_use]
pub fn moment(micros: Micros) -> String {
    let (days, in_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let seconds = in_day / 1_000_000;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:06}Z",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60,
        in_day % 1_000_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        assert_eq!(moment(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999999Z");
        assert_eq!(moment(951_782_400_000_000), "2000-02-29T00:00:00.000000Z");
        assert_eq!(moment(1_778_148_000_000_001), "2026-05-07T10:00:00.000001Z");
    }

    #[test]
    fn the_id_before_is_smaller_by_one() {
        let id = Id::of(5, Partition::of(3), 32);
        assert_eq!(id.before(), Id::of(5, Partition::of(3), 31));
        assert!(id.before() < id);
        assert_eq!(id.before().after(), id);
    }
}
