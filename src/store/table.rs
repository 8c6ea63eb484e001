//! Records in memory, found by id or by slot.

use super::StoreError;
use super::index::Index;
use crate::model::pfid::Pfid;

/// A record that knows its id.
pub trait Record {
    /// The id; it never changes while the record is in a table.
    fn id(&self) -> Pfid;
}

/// Records in chunks, so that growing never copies them all, and an index from id to slot. A slot
/// is a record's number as long as it lives; slots of removed records are used again.
#[derive(Debug)]
pub struct Table<T> {
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    index: Index,
}

const CHUNK: usize = 1024;

fn get<T>(chunks: &[Vec<Option<T>>], slot: u32) -> Option<&T> {
    let slot = slot as usize;
    chunks.get(slot / CHUNK)?.get(slot % CHUNK)?.as_ref()
}

impl<T: Record> Table<T> {
    /// An empty table; see [`Index::new`].
    pub fn new(seed: u64) -> Table<T> {
        Table {
            chunks: Vec::new(),
            free: Vec::new(),
            index: Index::new(seed),
        }
    }

    /// How many records there are.
    pub fn len(&self) -> usize {
        self.index.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.index.is_empty()
    }

    /// The slot of an id.
    pub fn find(&self, id: Pfid) -> Option<u32> {
        self.index.find(self.index.hash(id), |slot| {
            self.get(slot).is_some_and(|record| record.id() == id)
        })
    }

    /// The record of a slot.
    pub fn get(&self, slot: u32) -> Option<&T> {
        get(&self.chunks, slot)
    }

    /// The record of a slot, to be changed; its id must stay.
    pub fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        let slot = slot as usize;
        self.chunks
            .get_mut(slot / CHUNK)?
            .get_mut(slot % CHUNK)?
            .as_mut()
    }

    /// Adds a record whose id is not in the table yet.
    pub fn insert(&mut self, record: T) -> Result<u32, StoreError> {
        let hash = self.index.hash(record.id());
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self
                    .chunks
                    .get_mut(slot as usize / CHUNK)
                    .and_then(|chunk| chunk.get_mut(slot as usize % CHUNK))
                {
                    *place = Some(record);
                }
                slot
            }
            None => self.push(record)?,
        };
        self.index.insert(hash, slot);
        Ok(slot)
    }

    /// The record of an id, to be changed; made now where there is none.
    pub fn get_or_insert(
        &mut self,
        id: Pfid,
        make: impl FnOnce() -> T,
    ) -> Result<&mut T, StoreError> {
        let slot = match self.find(id) {
            Some(slot) => slot,
            None => self.insert(make())?,
        };
        self.get_mut(slot).ok_or(StoreError::Unavailable)
    }

    fn push(&mut self, record: T) -> Result<u32, StoreError> {
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            // A small table stays small: only its first chunk grows by doubling.
            let capacity = if self.chunks.is_empty() { 4 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(capacity));
        }
        let full = (self.chunks.len() - 1) * CHUNK;
        let Some(chunk) = self.chunks.last_mut() else {
            return Err(StoreError::Full);
        };
        let slot = u32::try_from(full + chunk.len()).map_err(|_| StoreError::Full)?;
        chunk.push(Some(record));
        Ok(slot)
    }

    /// Takes the record out of a slot.
    pub fn remove(&mut self, slot: u32) -> Option<T> {
        let place = self
            .chunks
            .get_mut(slot as usize / CHUNK)?
            .get_mut(slot as usize % CHUNK)?;
        let record = place.take()?;
        self.index.remove(self.index.hash(record.id()), slot);
        self.free.push(slot);
        Some(record)
    }

    /// All records with their slots, in the order of the slots.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        let end = full + self.chunks.last().map_or(0, Vec::len);
        (0..end as u32).filter_map(|slot| Some((slot, self.get(slot)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::id;

    struct Row(Pfid);

    impl Record for Row {
        fn id(&self) -> Pfid {
            self.0
        }
    }

    #[test]
    fn finds_what_was_put_in_and_reuses_slots() {
        let mut table = Table::new(1);
        for number in 0..5_000 {
            assert_eq!(table.insert(Row(id(number))), Ok(number as u32));
        }
        assert_eq!(table.find(id(4_321)), Some(4_321));
        assert!(table.remove(4_321).is_some());
        assert!(table.remove(4_321).is_none());
        assert_eq!(table.find(id(4_321)), None);
        assert_eq!(table.len(), 4_999);
        assert_eq!(table.insert(Row(id(9_999))), Ok(4_321));
        assert_eq!(table.find(id(9_999)), Some(4_321));
        assert_eq!(table.iter().count(), 5_000);
    }
}
