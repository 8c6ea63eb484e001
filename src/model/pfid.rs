//! PFIDs, the identifiers of every object. **\[doc\]**
//!
//! A PFID is a [`Ulid`] with a 30-bit partition between its time and its randomness, written in lowercase:
//! 32 characters of Crockford base 32, `^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$`.
//!
//! | characters | bits | meaning |
//! | --- | --- | --- |
//! | 0 to 9 | 48 | Unix time in milliseconds |
//! | 10 to 15 | 30 | partition: the account's, and so its shard |
//! | 16 to 31 | 80 | randomness |

use core::fmt;
use core::str::FromStr;

use ulid::Ulid;

/// Why a value is not a PFID.
///
/// ```
/// use agent_registrar::{Pfid, PfidError};
///
/// assert_eq!(Pfid::parse("nowhere"), Err(PfidError::Text));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PfidError {
    /// The text is not 32 characters of lowercase Crockford base 32 beginning with `0` to `7`. **\[doc\]**
    #[error("a PFID is 32 characters of lowercase Crockford base 32 and begins with 0 to 7")]
    Text,
    /// The top two bits of the binary form's partition field are set. **\[doc\]**
    #[error("the top two bits of a PFID's partition field must be zero")]
    Padding,
    /// The time does not fit in 48 bits. **\[doc\]**
    #[error("a PFID's time is 0 to 281474976710655 milliseconds")]
    Time,
    /// The partition does not fit in 30 bits. **\[doc\]**
    #[error("a PFID's partition is 0 to 1073741823")]
    Partition,
    /// The last id of the partition is the greatest that there is. **\[ours\]**
    #[error("no later PFID of this partition is left: the last one is at the end of time")]
    Exhausted,
}

/// A shard number of 30 bits. All ids of one account share it. **\[client\]**
///
/// ```
/// use agent_registrar::Partition;
///
/// assert_eq!(Partition::new(123_456_789)?.get(), 123_456_789);
/// assert!(Partition::new(1 << 30).is_err());
/// # Ok::<(), agent_registrar::PfidError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Partition(u32);

impl Partition {
    /// The largest partition, 2³⁰ − 1.
    pub const MAX: Partition = Partition((1 << 30) - 1);

    /// The partition with that number, if it fits in 30 bits.
    pub fn new(number: u32) -> Result<Partition, PfidError> {
        if number > Self::MAX.0 {
            return Err(PfidError::Partition);
        }
        Ok(Partition(number))
    }

    /// The number, 0 to 2³⁰ − 1.
    pub fn get(self) -> u32 {
        self.0
    }
}

pub(crate) const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TIME_CHARS: usize = 10;
/// Eight characters of the text stand for 40 bits, which fit a number. The first two groups are two zero bits, the time and
/// the partition; the others are the randomness.
const GROUPS: usize = Pfid::TEXT_LEN / 8;
pub(super) const MAX_TIME: u64 = (1 << 48) - 1;

/// An identifier. Its binary form is 20 bytes, big-endian; the order of the bytes is the order of the texts, which is the
/// order in time.
///
/// Stored as numbers of four bytes: they compare like the bytes, in fewer steps.
///
/// ```
/// use agent_registrar::Pfid;
///
/// let id = Pfid::parse("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")?;
/// assert_eq!(id.timestamp(), 1_234_567_890_000);
/// assert_eq!(id.partition().get(), 123_456_789);
/// # Ok::<(), agent_registrar::PfidError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pfid([u32; WORDS]);

const WORDS: usize = Pfid::BYTES / 4;

impl Pfid {
    /// Length of the text form, in bytes and characters.
    pub const TEXT_LEN: usize = 32;
    /// Length of the binary form.
    pub const BYTES: usize = 20;
    /// The nil id: 32 zeros.
    pub const NIL: Pfid = Pfid([0; WORDS]);

    /// Parses the text form. Refuses uppercase, `i l o u` and other lengths. **\[doc\]**
    pub fn parse(text: &str) -> Result<Pfid, PfidError> {
        Self::parse_ascii(text.as_bytes())
    }

    /// Whether [`Pfid::parse`] accepts these bytes, in a third of its time.
    pub fn is_valid(text: &[u8]) -> bool {
        if text.len() != Self::TEXT_LEN || text[0] > b'7' {
            return false;
        }
        // Accumulated and tested once at the end, because most texts are valid.
        let wrong = text.iter().fold(0, |wrong, &byte| {
            wrong | VALUES[usize::from(byte & 127)] | byte & 128
        });
        wrong < 32
    }

    /// The six characters of a PFID's text that encode its partition; none if the text is too short.
    pub fn partition_of(text: &[u8]) -> Option<&[u8]> {
        text.get(TIME_CHARS..TIME_CHARS + 6)
    }

    /// [`Pfid::parse`] on bytes that need not be UTF-8.
    pub fn parse_ascii(text: &[u8]) -> Result<Pfid, PfidError> {
        if !Self::is_valid(text) {
            return Err(PfidError::Text);
        }
        let mut groups = [0; GROUPS];
        for (group, characters) in groups.iter_mut().zip(text.as_chunks::<8>().0) {
            for byte in characters {
                *group = *group << 5 | u64::from(VALUES[usize::from(byte & 127)]);
            }
        }
        let [early, late, random, low] = groups;
        let time = early << 10 | late >> 30;
        let partition = late as u32 & Partition::MAX.0;
        Ok(Pfid([
            (time >> 16) as u32,
            (time as u32) << 16 | partition >> 16,
            partition << 16 | (random >> 24) as u32,
            (random << 8 | low >> 32) as u32,
            low as u32,
        ]))
    }

    /// Parses the binary form: 6 bytes of time, 4 of partition with two leading zero bits, 10 of randomness.
    /// **\[doc\]**
    pub fn from_bytes(bytes: [u8; Self::BYTES]) -> Result<Pfid, PfidError> {
        let mut words = [0; WORDS];
        for (word, bytes) in words.iter_mut().zip(bytes.as_chunks().0) {
            *word = u32::from_be_bytes(*bytes);
        }
        if words[1] & 0xc000 != 0 {
            return Err(PfidError::Padding);
        }
        Ok(Pfid(words))
    }

    /// Composes a PFID. `time` is Unix milliseconds of at most 48 bits.
    pub fn from_parts(
        time: u64,
        partition: Partition,
        randomness: [u8; 10],
    ) -> Result<Pfid, PfidError> {
        if time > MAX_TIME {
            return Err(PfidError::Time);
        }
        let [a, b, c, d, e, f, g, h, i, j] = randomness;
        Ok(Pfid([
            (time >> 16) as u32,
            (time as u32) << 16 | partition.0 >> 16,
            partition.0 << 16 | u32::from(u16::from_be_bytes([a, b])),
            u32::from_be_bytes([c, d, e, f]),
            u32::from_be_bytes([g, h, i, j]),
        ]))
    }

    /// The PFID of a ULID in a partition.
    pub fn from_ulid(ulid: Ulid, partition: Partition) -> Pfid {
        let (high, low) = ulid.into();
        Pfid([
            (high >> 32) as u32,
            (high as u32 & 0xffff_0000) | partition.0 >> 16,
            partition.0 << 16 | u32::from(high as u16),
            (low >> 32) as u32,
            low as u32,
        ])
    }

    /// Time and randomness as a ULID, without the partition.
    pub fn ulid(self) -> Ulid {
        let [time, mixed, random, mid, low] = self.0;
        // The lower half of `mixed` and the upper half of `random` are the partition's.
        let high = u64::from(time) << 32 | u64::from(mixed & 0xffff_0000 | random & 0xffff);
        let low = u64::from(mid) << 32 | u64::from(low);
        Ulid::from((high, low))
    }

    /// The binary form.
    pub fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        for (bytes, word) in bytes.as_chunks_mut().0.iter_mut().zip(self.0) {
            *bytes = word.to_be_bytes();
        }
        bytes
    }

    /// Unix time in milliseconds.
    pub fn timestamp(self) -> u64 {
        (self.0[0] as u64) << 16 | (self.0[1] >> 16) as u64
    }

    /// The partition, which alone identifies the account's shard. **\[client\]**
    pub fn partition(self) -> Partition {
        Partition(self.0[1] << 16 | self.0[2] >> 16)
    }

    /// The 80 random bits, big-endian.
    pub fn randomness(self) -> [u8; 10] {
        let mut random = [0; 10];
        random.copy_from_slice(self.to_bytes().split_at(10).1);
        random
    }

    /// All words, for hashing.
    pub fn numbers(self) -> [u64; 3] {
        let [a, b, c, d, e] = self.0;
        [
            (a as u64) << 32 | b as u64,
            (c as u64) << 32 | d as u64,
            e as u64,
        ]
    }

    /// The text form, in ASCII.
    pub fn encode(self) -> [u8; Self::TEXT_LEN] {
        let (time, partition) = (self.timestamp(), u64::from(self.partition().0));
        let [.., random, mid, low] = self.0.map(u64::from);
        let groups: [u64; GROUPS] = [
            time >> 10,
            (time & 0x3ff) << 30 | partition,
            (random & 0xffff) << 24 | mid >> 8,
            (mid & 0xff) << 32 | low,
        ];
        let mut text = [0; Self::TEXT_LEN];
        for (index, character) in text.iter_mut().enumerate() {
            *character = ALPHABET[(groups[index / 8] >> (35 - 5 * (index % 8))) as usize & 31];
        }
        text
    }
}

/// The values of the characters; 255 for those outside the alphabet.
const VALUES: [u8; 128] = {
    let mut values = [255; 128];
    let mut i = 0;
    while i < 32 {
        values[ALPHABET[i] as usize] = i as u8;
        i += 1;
    }
    values
};

impl fmt::Display for Pfid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for byte in self.encode() {
            fmt::Write::write_char(f, char::from(byte))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Pfid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pfid({self})")
    }
}

impl FromStr for Pfid {
    type Err = PfidError;

    fn from_str(text: &str) -> Result<Pfid, PfidError> {
        Pfid::parse(text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const EXAMPLE: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";

    #[test]
    fn the_example_is_read_as_documented() {
        let id = Pfid::parse(EXAMPLE).expect("valid");
        assert_eq!(id.timestamp(), 1_234_567_890_000);
        assert_eq!(id.partition().get(), 123_456_789);
        assert_eq!(id.to_string(), EXAMPLE);
    }

    #[test]
    fn other_texts_are_refused() {
        let long = format!("{EXAMPLE}0");
        let upper = EXAMPLE.to_uppercase();
        for text in [
            "",
            &EXAMPLE[1..],
            &long,
            &upper,
            "813xrzp12g3nqk8nx0y2vfkg4s3jp2qr",
            "z13xrzp12g3nqk8nx0y2vfkg4s3jp2qr",
        ] {
            assert_eq!(Pfid::parse(text), Err(PfidError::Text), "{text:?}");
        }
        for position in 0..32 {
            for bad in ['i', 'l', 'o', 'u', 'A', '-', ' ', '\0', 'é'] {
                let text: String = EXAMPLE
                    .char_indices()
                    .map(|(i, c)| if i == position { bad } else { c })
                    .collect();
                assert_eq!(Pfid::parse(&text), Err(PfidError::Text), "{text:?}");
            }
        }
    }

    #[test]
    fn the_partition_field_has_two_zero_bits_on_top() {
        let mut bytes = Pfid::parse(EXAMPLE).expect("valid").to_bytes();
        assert!(Pfid::from_bytes(bytes).is_ok());
        for bit in [0x40, 0x80, 0xc0] {
            bytes[6] |= bit;
            assert_eq!(Pfid::from_bytes(bytes), Err(PfidError::Padding));
        }
    }

    #[test]
    fn parts_of_a_pfid_have_ranges() {
        assert_eq!(Partition::new(1 << 30), Err(PfidError::Partition));
        assert_eq!(
            Pfid::from_parts(1 << 48, Partition::MAX, [0; 10]),
            Err(PfidError::Time)
        );
        let last = Pfid::from_parts(MAX_TIME, Partition::MAX, [255; 10]).expect("in range");
        assert_eq!(last.to_string(), "7".to_owned() + &"z".repeat(31));
    }

    fn any_pfid() -> impl Strategy<Value = Pfid> {
        (0..=MAX_TIME, 0..=Partition::MAX.0, any::<[u8; 10]>()).prop_map(
            |(time, partition, random)| {
                Pfid::from_parts(time, Partition(partition), random).expect("in range")
            },
        )
    }

    proptest! {
        #[test]
        fn text_and_bytes_hold_every_id(id in any_pfid()) {
            prop_assert_eq!(Pfid::parse(&id.to_string()), Ok(id));
            prop_assert_eq!(Pfid::from_bytes(id.to_bytes()), Ok(id));
            prop_assert_eq!(Pfid::from_parts(id.timestamp(), id.partition(), id.randomness()), Ok(id));
        }

        #[test]
        fn the_order_of_texts_is_the_order_of_bytes(a in any_pfid(), b in any_pfid()) {
            prop_assert_eq!(a.to_string().cmp(&b.to_string()), a.cmp(&b));
            prop_assert_eq!(a.to_bytes().cmp(&b.to_bytes()), a.cmp(&b));
        }

        #[test]
        fn the_ulid_within_is_the_published_one(id in any_pfid()) {
            let text = id.to_string();
            let without_partition = format!("{}{}", &text[..10], &text[16..]);
            prop_assert_eq!(Ulid::from_string(&without_partition), Ok(id.ulid()));
        }

        #[test]
        fn a_text_is_read_only_if_it_is_what_would_be_written(text in "[0-9a-zA-Z]{32}|[0-7][0-9a-hjkmnp-tv-z]{31}|\\PC{0,40}") {
            if let Ok(id) = Pfid::parse(&text) {
                prop_assert_eq!(id.to_string(), text);
            }
        }
    }
}
