//! PFIDs against arithmetic on their digits.

use agent_registrar::model::generator::Generator;
use agent_registrar::{Partition, Pfid, PfidError, PfidGenerator};

use crate::draw::Draw;

const ALPHABET: &str = "0123456789abcdefghjkmnpqrstvwxyz";

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    match draw.below(4) {
        0 => generated(&mut draw),
        1 => binary(draw.bytes()),
        2 => text(draw.rest()),
        _ => {
            // A valid text, and perhaps one character of it changed.
            let mut bytes: Vec<u8> = (0..Pfid::TEXT_LEN)
                .map(|_| ALPHABET.as_bytes()[draw.below(32)])
                .collect();
            if draw.rarely(2) {
                let place = draw.below(bytes.len());
                bytes[place] = draw.byte();
            }
            text(&bytes);
        }
    }
}

/// The digits of a text, if it is one of the contract's form.
fn digits(text: &[u8]) -> Option<Vec<u128>> {
    let text = str::from_utf8(text).ok()?;
    let digits: Option<Vec<u128>> = text
        .chars()
        .map(|it| ALPHABET.chars().position(|other| other == it))
        .map(|it| it.map(|digit| digit as u128))
        .collect();
    digits.filter(|it| it.len() == 32 && it[0] < 8)
}

fn number(digits: &[u128]) -> u128 {
    digits.iter().fold(0, |number, digit| number * 32 + digit)
}

fn text(bytes: &[u8]) {
    let parsed = Pfid::parse_ascii(bytes);
    assert_eq!(Pfid::is_valid(bytes), parsed.is_ok(), "{bytes:?}");
    let Some(digits) = digits(bytes) else {
        assert_eq!(parsed, Err(PfidError::Text), "{bytes:?}");
        return;
    };
    let id = parsed.unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
    assert_eq!(u128::from(id.timestamp()), number(&digits[..10]));
    assert_eq!(u128::from(id.partition().get()), number(&digits[10..16]));
    let random = number(&digits[16..]).to_be_bytes();
    assert_eq!(id.randomness(), random[6..]);
    assert_eq!(id.encode(), bytes);
    let text = str::from_utf8(bytes).unwrap();
    assert_eq!(id.to_string(), text);
    assert_eq!(text.parse(), Ok(id));
    assert_eq!(Pfid::parse(text), Ok(id));
    parts(id);
}

fn binary(bytes: [u8; Pfid::BYTES]) {
    match Pfid::from_bytes(bytes) {
        Ok(id) => {
            assert_eq!(bytes[6] & 0xc0, 0);
            assert_eq!(id.to_bytes(), bytes);
            assert_eq!(Pfid::parse_ascii(&id.encode()), Ok(id));
            parts(id);
        }
        Err(error) => {
            assert_eq!(error, PfidError::Padding);
            assert_ne!(bytes[6] & 0xc0, 0);
        }
    }
}

/// Everything that an id is made of makes it again, and its forms have one order.
fn parts(id: Pfid) {
    let again = Pfid::from_parts(id.timestamp(), id.partition(), id.randomness());
    assert_eq!(again, Ok(id));
    assert_eq!(Pfid::from_ulid(id.ulid(), id.partition()), id);
    assert_eq!(Pfid::from_bytes(id.to_bytes()), Ok(id));
    let mut other = id.to_bytes();
    other[19] ^= 1;
    let other = Pfid::from_bytes(other).unwrap();
    assert_eq!(id.cmp(&other), id.to_bytes().cmp(&other.to_bytes()));
    assert_eq!(id.cmp(&other), id.encode().cmp(&other.encode()));
}

/// Ids increase within their partition, whatever the clock and the random bytes are.
fn generated(draw: &mut Draw<'_>) {
    let (mut one, mut all) = (Generator::new(), PfidGenerator::new());
    let mut last: [Option<Pfid>; 2] = [None; 2];
    while !draw.is_empty() {
        let time = match draw.below(4) {
            0 => draw.number(),
            1 => (1 << 48) - 1,
            _ => 1_778_148_000_000 + draw.below(3) as u64,
        };
        let random = match draw.below(3) {
            0 => draw.bytes(),
            1 => [0xff; 10],
            _ => [0; 10],
        };
        let place = draw.below(2);
        let partition = Partition::new(place as u32).unwrap();
        let result = all.next(time, partition, random);
        if place == 0 {
            assert_eq!(one.next(time, partition, random), result);
        }
        match result {
            Ok(id) => {
                assert_eq!(id.partition(), partition);
                assert!(id.timestamp() >= time);
                assert!(last[place].is_none_or(|last| last < id));
                last[place] = Some(id);
            }
            Err(PfidError::Time) => assert!(time >= 1 << 48),
            Err(error) => assert_eq!(error, PfidError::Exhausted),
        }
    }
}
