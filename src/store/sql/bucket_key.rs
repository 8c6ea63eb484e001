//! The keys of buckets as bytes, for the database: they sort as the keys do.

use super::hints::{Key, SortKey};
use super::pages::Form;
use crate::model::pfid::Pfid;

/// The sign bit, inverted so that negative numbers sort before others.
const SIGN: u64 = 1 << 63;
/// The end of a text: before every other continuation of it.
const END_OF_TEXT: [u8; 2] = [0, 1];
/// A NUL in a text: after its end.
const NUL: [u8; 2] = [0, 2];

/// A key as bytes that sort as keys do.
pub(super) fn encode(key: &Key) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(48);
    let wide = |number: i64| (number as u64 ^ SIGN).to_be_bytes();
    match &key.sort {
        SortKey::Id => {}
        SortKey::Wide(number) => bytes.extend(wide(*number)),
        SortKey::Status(group, number) => {
            bytes.push(*group as u8);
            bytes.extend(wide(*number));
        }
        SortKey::Text(text) | SortKey::Unique(text) => {
            for byte in text.bytes() {
                match byte {
                    0 => bytes.extend(NUL),
                    byte => bytes.push(byte),
                }
            }
            bytes.extend(END_OF_TEXT);
        }
    }
    bytes.extend(key.id.to_bytes());
    bytes
}

/// The key that [`encode`] wrote; `None` for other bytes.
pub(super) fn decode(form: Form, bytes: &[u8]) -> Option<Key> {
    let (sort, id) = bytes.split_at_checked(bytes.len().checked_sub(Pfid::BYTES)?)?;
    let wide = |bytes: &[u8]| {
        let bytes = <[u8; 8]>::try_from(bytes).ok()?;
        Some((u64::from_be_bytes(bytes) ^ SIGN) as i64)
    };
    let sort = match form {
        Form::Id => sort.is_empty().then_some(SortKey::Id)?,
        Form::Wide => SortKey::Wide(wide(sort)?),
        Form::Status => {
            let (group, number) = sort.split_first()?;
            SortKey::Status(i64::from(*group), wide(number)?)
        }
        Form::Text => {
            let text = str::from_utf8(sort.strip_suffix(&END_OF_TEXT)?).ok()?;
            SortKey::Text(text.replace("\0\u{2}", "\0").into())
        }
        // No list of agents.
        Form::Unique => return None,
    };
    let id = Pfid::from_bytes(id.try_into().ok()?).ok()?;
    Some(Key { sort, id })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_as_bytes_sort_as_keys_do() {
        let ids = [[0; 20], [1; 20], [7; 20]].map(|it| Pfid::from_bytes(it).unwrap());
        let numbers = [i64::MIN, -1_778_148_000_000_000, -1, 0, 1, i64::MAX];
        let texts = [
            "", "\0", "\0\0", "\0\u{1}", "\0\u{2}", "\u{1}", "\u{2}", "a", "a\0", "a\0b", "a\u{1}",
            "ab", "é", "\u{ffff}",
        ];
        let sorts: [(Form, Vec<SortKey>); 4] = [
            (Form::Id, vec![SortKey::Id]),
            (Form::Wide, numbers.map(SortKey::Wide).to_vec()),
            (
                Form::Status,
                (0..3)
                    .flat_map(|group| numbers.map(|it| SortKey::Status(group, it)))
                    .collect(),
            ),
            (
                Form::Text,
                texts.map(|it| SortKey::Text(it.into())).to_vec(),
            ),
        ];
        for (form, sorts) in sorts {
            let keys = sorts.into_iter().flat_map(|sort| {
                ids.map(|id| Key {
                    sort: sort.clone(),
                    id,
                })
            });
            let keys: Vec<Key> = keys.collect();
            for one in &keys {
                assert_eq!(decode(form, &encode(one)).as_ref(), Some(one));
                for other in &keys {
                    let of_bytes = encode(one).cmp(&encode(other));
                    assert_eq!(of_bytes, one.cmp(other), "{one:?} {other:?}");
                }
            }
        }
        for bytes in [&[][..], &[0; 19], &[0; 21], &[255; 28], &[97; 30]] {
            assert_eq!(decode(Form::Text, bytes), None);
            assert_eq!(decode(Form::Unique, bytes), None);
        }
    }
}
