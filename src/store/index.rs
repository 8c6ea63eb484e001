//! Slots by the hash of what they are looked for by.

use std::hash::{BuildHasher, Hash};

use hashbrown::{DefaultHashBuilder, HashTable};

/// Knows only slots and hashes: what lies in the slots, the caller looks at. So all indexes share one compiled table.
#[derive(Debug, Default)]
pub struct Index {
    entries: HashTable<Entry>,
    hasher: DefaultHashBuilder,
}

/// A slot and the half of its hash that the table needs: growing looks at no record, and looking one up hardly ever at
/// a wrong one. In a large table each of them would be a cache miss.
#[derive(Clone, Copy, Debug)]
struct Entry {
    slot: u32,
    hash: u32,
}

impl Entry {
    fn new(hash: u64, slot: u32) -> Entry {
        Entry {
            slot,
            hash: hash as u32,
        }
    }

    /// The table goes by the lowest bits for the place and by the highest for a tag; of both there are enough.
    fn whole(hash: u32) -> u64 {
        u64::from(hash) << 32 | u64::from(hash)
    }
}

impl Index {
    /// How many slots there are.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The hash of a key in this index.
    pub fn hash(&self, key: impl Hash) -> u64 {
        self.hasher.hash_one(key)
    }

    /// The slot with this hash that is the wanted one.
    pub fn find(&self, hash: u64, mut wanted: impl FnMut(u32) -> bool) -> Option<u32> {
        let hash = hash as u32;
        let found = self.entries.find(Entry::whole(hash), |entry| {
            entry.hash == hash && wanted(entry.slot)
        });
        found.map(|entry| entry.slot)
    }

    /// Adds a slot that is not in the index yet.
    #[inline(never)]
    pub fn insert(&mut self, hash: u64, slot: u32) {
        let entry = Entry::new(hash, slot);
        self.entries
            .insert_unique(Entry::whole(entry.hash), entry, |it| Entry::whole(it.hash));
    }

    /// Takes a slot out.
    #[inline(never)]
    pub fn remove(&mut self, hash: u64, slot: u32) {
        let whole = Entry::whole(hash as u32);
        if let Ok(entry) = self.entries.find_entry(whole, |other| other.slot == slot) {
            entry.remove();
        }
    }
}
