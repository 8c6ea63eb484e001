//! Slots by the hash of what they are looked for by.

use std::hash::{BuildHasher, Hasher};

use foldhash::fast::{FixedState, FoldHasher};

use crate::model::pfid::Pfid;

/// Knows only slots and hashes: what lies in the slots, the caller looks at. So all indexes share one compiled table.
///
/// The table is one list of entries, in which each stands at the place that its hash says or as soon behind as there is
/// room. In a large one everything that is looked at is a cache miss, and here that is one entry and the record: half a
/// hash beside each slot tells wrong ones without their records, and lets the table grow without any.
#[derive(Debug)]
pub struct Index {
    /// A power of two of them, or none.
    entries: Vec<Entry>,
    len: usize,
    /// Mixed into all that is hashed: against what the library mixes in, which is the same everywhere, an id could be
    /// chosen that cancels it out.
    seed: u64,
}

/// A slot and half of its hash; `u32::MAX`, which no table has as a slot, says that the place is free.
#[derive(Clone, Copy, Debug)]
struct Entry {
    slot: u32,
    hash: u32,
}

const FREE: Entry = Entry {
    slot: u32::MAX,
    hash: 0,
};

impl Entry {
    const fn is_free(self) -> bool {
        self.slot == FREE.slot
    }
}

/// The fewest places that a table has.
const LEAST: usize = 8;

impl Index {
    /// An empty index. Who does not know the seed cannot choose keys that all have the same place.
    pub fn new(seed: u64) -> Index {
        Index {
            entries: Vec::new(),
            len: 0,
            seed,
        }
    }

    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hash of an id in this index.
    #[inline(never)]
    pub fn hash(&self, id: Pfid) -> u64 {
        let mut hasher = self.hasher();
        for number in id.numbers() {
            hasher.write_u64(number ^ self.seed);
        }
        hasher.finish()
    }

    /// The hash of a text of something in this index.
    #[inline(never)]
    pub fn hash_text(&self, of: u32, text: &str) -> u64 {
        let mut hasher = self.hasher();
        hasher.write_u64((u64::from(of) << 32 | text.len() as u64) ^ self.seed);
        // By numbers, as ids are: the library's way with bytes takes ten times the code.
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

    /// The places from the one of a hash on, around the end, up to the first that is free.
    fn places(&self, hash: u32) -> impl Iterator<Item = (usize, Entry)> {
        let mask = self.entries.len().wrapping_sub(1);
        let from = hash as usize;
        (0..self.entries.len())
            .map(move |step| from.wrapping_add(step) & mask)
            .map_while(|at| Some((at, *self.entries.get(at)?)))
            .take_while(|(_, entry)| !entry.is_free())
    }

    /// The slot with this hash that is the wanted one.
    pub fn find(&self, hash: u64, mut wanted: impl FnMut(u32) -> bool) -> Option<u32> {
        let hash = hash as u32;
        self.places(hash)
            .find(|(_, entry)| entry.hash == hash && wanted(entry.slot))
            .map(|(_, entry)| entry.slot)
    }

    /// Adds a slot that is not in the index yet.
    #[inline(never)]
    pub fn insert(&mut self, hash: u64, slot: u32) {
        // At most three quarters are taken: beyond that the ways get long.
        if (self.len + 1) * 4 > self.entries.len() * 3 {
            let larger = vec![FREE; (self.entries.len() * 2).max(LEAST)];
            for entry in std::mem::replace(&mut self.entries, larger) {
                if !entry.is_free() {
                    self.put(entry);
                }
            }
        }
        self.put(Entry {
            slot,
            hash: hash as u32,
        });
        self.len += 1;
    }

    /// Puts an entry into the first free place from its own on.
    fn put(&mut self, entry: Entry) {
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = entry.hash as usize & mask;
        while let Some(place) = self.entries.get_mut(at) {
            if place.is_free() {
                *place = entry;
                return;
            }
            at = (at + 1) & mask;
        }
    }

    /// Takes a slot out.
    #[inline(never)]
    pub fn remove(&mut self, hash: u64, slot: u32) {
        let found = self.places(hash as u32).find(|(_, it)| it.slot == slot);
        let Some((mut hole, _)) = found else {
            return;
        };
        self.len -= 1;
        // What stands behind moves up where that is not before its own place, so that no way to an entry has a hole.
        let mask = self.entries.len().wrapping_sub(1);
        let mut at = hole;
        loop {
            at = (at + 1) & mask;
            let next = self.entries.get(at).copied().unwrap_or(FREE);
            if next.is_free() {
                break;
            }
            let way = at.wrapping_sub(next.hash as usize) & mask;
            let to_hole = at.wrapping_sub(hole) & mask;
            if way >= to_hole {
                if let Some(place) = self.entries.get_mut(hole) {
                    *place = next;
                }
                hole = at;
            }
        }
        if let Some(place) = self.entries.get_mut(hole) {
            *place = FREE;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use std::collections::{BTreeMap, HashSet};

    use super::*;

    #[test]
    fn ids_that_take_a_fixed_secret_out_have_hashes_of_their_own() {
        // Where all indexes share what they mix in, this number in the middle made all hashes the same.
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
        /// Hashes of few values, so that ways cross, meet the end and have holes made in them.
        #[test]
        fn behaves_like_a_map(steps in prop::collection::vec((0_u32..60, 0_u64..12, prop::bool::weighted(0.6)), 0..400)) {
            let mut index = Index::new(1);
            let mut map = BTreeMap::new();
            for (slot, hash, add) in steps {
                // At the end of the table as well as at its beginning.
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
