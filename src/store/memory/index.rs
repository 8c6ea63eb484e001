//! A hash index: numbers by the hash of their key.

use std::fmt;
use std::hash::{BuildHasher, Hasher};

use foldhash::fast::{FixedState, FoldHasher};
use hashbrown::HashTable;

use crate::model::pfid::Pfid;

/// A hash table of numbers. The caller compares the keys, so all indexes share one compiled table. Each
/// entry keeps 32 bits of its hash, so most mismatches are rejected, and the table grows, without access to the records
/// (one cache miss each).
pub(super) struct Index {
    entries: HashTable<Entry>,
    /// A secret mixed into every hashed word. Without it a caller could choose ids whose hashes collide: the
    /// library's own constants are public.
    seed: u64,
}

/// Leaves out the secret.
impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.entries).finish()
    }
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    number: u32,
    hash: u32,
}

/// The hash for the table, which takes the position from the low bits and the tag from the high bits.
fn spread(hash: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(hash)
}

impl Index {
    /// An empty index with a secret seed.
    pub(super) fn new(seed: u64) -> Index {
        Index {
            entries: HashTable::new(),
            seed,
        }
    }

    /// The number of entries.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The hash of an id in this index.
    pub(super) fn hash(&self, id: Pfid) -> u64 {
        let mut hasher = self.hasher();
        for number in id.numbers() {
            hasher.write_u64(number ^ self.seed);
        }
        hasher.finish()
    }

    /// The hash of a digest in this index.
    pub(super) fn hash_digest(&self, digest: &[u8; 32]) -> u64 {
        let mut hasher = self.hasher();
        let (eights, _) = digest.as_chunks::<8>();
        for eight in eights {
            hasher.write_u64(u64::from_le_bytes(*eight) ^ self.seed);
        }
        hasher.finish()
    }

    /// The hash of a text that belongs to a number in this index.
    pub(super) fn hash_text(&self, of: u32, text: &str) -> u64 {
        let mut hasher = self.hasher();
        hasher.write_u64((u64::from(of) << 32 | text.len() as u64) ^ self.seed);
        // Word by word, like ids: the `write` of bytes in the library compiles to ten times the code.
        for bytes in text.as_bytes().chunks(8) {
            let mut eight = [0; 8];
            for (to, from) in eight.iter_mut().zip(bytes) {
                *to = *from;
            }
            hasher.write_u64(u64::from_le_bytes(eight) ^ self.seed);
        }
        hasher.finish()
    }

    fn hasher(&self) -> FoldHasher<'static> {
        FixedState::with_seed(self.seed).build_hasher()
    }

    /// The number with this hash for which the caller's comparison holds.
    pub(super) fn find(&self, hash: u64, mut wanted: impl FnMut(u32) -> bool) -> Option<u32> {
        let hash = hash as u32;
        self.entries
            .find(spread(hash), |entry| {
                entry.hash == hash && wanted(entry.number)
            })
            .map(|entry| entry.number)
    }

    /// Adds a number that is not in the index yet.
    pub(super) fn insert(&mut self, hash: u64, number: u32) {
        let hash = hash as u32;
        self.entries
            .insert_unique(spread(hash), Entry { number, hash }, |entry| {
                spread(entry.hash)
            });
    }

    /// Removes a number.
    pub(super) fn remove(&mut self, hash: u64, number: u32) {
        let found = self
            .entries
            .find_entry(spread(hash as u32), |entry| entry.number == number);
        if let Ok(entry) = found {
            entry.remove();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    #[test]
    fn ids_that_cancel_a_constant_seed_have_different_hashes() {
        // With a constant seed, this number in the middle made all hashes equal.
        let index = Index::new(1);
        let hashes = (0..64_u8).map(|time| {
            let middle = 0xc0ac_29b7_c97c_50dd_u64.to_be_bytes();
            let mut bytes = [0; 20];
            bytes[5] = time;
            bytes[8..16].copy_from_slice(&middle);
            index.hash(Pfid::from_bytes(bytes).unwrap())
        });
        let distinct: HashSet<u64> = hashes.collect();
        assert_eq!(distinct.len(), 64);
    }

    proptest! {
        /// Few hash values, so that probe sequences overlap, wrap around and get holes.
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((0_u32..60, 0_u64..12, prop::bool::weighted(0.6)), 0..400)) {
            let mut index = Index::new(1);
            let mut map = BTreeMap::new();
            for (slot, hash, add) in steps {
                // At the end of the table and at its beginning.
                let hash = hash.wrapping_sub(6);
                if add {
                    map.entry(slot).or_insert_with(|| {
                        index.insert(hash, slot);
                        hash
                    });
                } else if let Some(hash) = map.remove(&slot) {
                    index.remove(hash, slot);
                    index.remove(hash, slot);
                }
                prop_assert_eq!(index.len(), map.len());
                for slot in 0..60 {
                    let hash = map.get(&slot).copied();
                    let found = index.find(hash.unwrap_or(3), |it| it == slot);
                    prop_assert_eq!(found, hash.map(|_| slot));
                }
            }
        }
    }
}
