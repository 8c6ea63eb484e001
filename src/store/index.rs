//! Slots by the hash of what they are looked for by.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Knows only slots and hashes: what lies in the slots, the caller looks at. So all indexes share one compiled table.
#[derive(Debug, Default)]
pub struct Index {
    slots: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Index {
    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The hash of a key in this index.
    pub fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The slot with this hash that is the wanted one.
    pub fn find(&self, hash: u64, mut wanted: impl FnMut(u32) -> bool) -> Option<u32> {
        self.slots.find(hash, |&slot| wanted(slot)).copied()
    }

    /// Adds a slot that is not in the index yet. `hash_of` says the hash of another one, for when the index grows.
    #[inline(never)]
    pub fn insert(
        &mut self,
        hash: u64,
        slot: u32,
        hash_of: &dyn Fn(&DefaultHashBuilder, u32) -> u64,
    ) {
        let Index { slots, hasher } = self;
        slots.insert_unique(hash, slot, |&slot| hash_of(hasher, slot));
    }

    /// Takes a slot out.
    #[inline(never)]
    pub fn remove(&mut self, hash: u64, slot: u32) {
        if let Ok(entry) = self.slots.find_entry(hash, |&other| other == slot) {
            entry.remove();
        }
    }
}
