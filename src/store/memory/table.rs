//! Records in memory, by slot.

use crate::store::StoreError;

/// Records in chunks, so that growth never copies them all. A slot is the number of a record until its removal; slots of
/// removed records are reused, the last one first.
#[derive(Debug)]
pub(super) struct Table<T> {
    chunks: Vec<Vec<Option<T>>>,
    free: Vec<u32>,
    len: usize,
}

const CHUNK: usize = 1024;

impl<T> Table<T> {
    /// An empty table.
    pub(super) fn new() -> Table<T> {
        Table {
            chunks: Vec::new(),
            free: Vec::new(),
            len: 0,
        }
    }

    /// The number of records.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The record of a slot.
    pub(super) fn get(&self, slot: u32) -> Option<&T> {
        let slot = slot as usize;
        self.chunks.get(slot / CHUNK)?.get(slot % CHUNK)?.as_ref()
    }

    /// The record of a slot, mutable. Its id must not change.
    pub(super) fn get_mut(&mut self, slot: u32) -> Option<&mut T> {
        self.place(slot)?.as_mut()
    }

    fn place(&mut self, slot: u32) -> Option<&mut Option<T>> {
        let slot = slot as usize;
        self.chunks.get_mut(slot / CHUNK)?.get_mut(slot % CHUNK)
    }

    /// Adds a record and returns its slot.
    pub(super) fn insert(&mut self, record: T) -> Result<u32, StoreError> {
        let slot = match self.free.pop() {
            Some(slot) => {
                if let Some(place) = self.place(slot) {
                    *place = Some(record);
                }
                slot
            }
            None => self.push(record)?,
        };
        self.len += 1;
        Ok(slot)
    }

    fn push(&mut self, record: T) -> Result<u32, StoreError> {
        const FULL: StoreError = StoreError::Full("the number of records of one kind");
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK) {
            // Only the first chunk grows by doubling, so a small table takes little memory.
            let capacity = if self.chunks.is_empty() { 4 } else { CHUNK };
            self.chunks.push(Vec::with_capacity(capacity));
        }
        let full = (self.chunks.len() - 1) * CHUNK;
        let Some(chunk) = self.chunks.last_mut() else {
            return Err(FULL);
        };
        let slot = u32::try_from(full + chunk.len()).map_err(|_| FULL)?;
        if slot > super::ids::LAST_SLOT {
            return Err(FULL);
        }
        chunk.push(Some(record));
        Ok(slot)
    }

    /// Removes the record of a slot.
    pub(super) fn remove(&mut self, slot: u32) -> Option<T> {
        let record = self.place(slot)?.take()?;
        self.free.push(slot);
        self.len -= 1;
        Some(record)
    }

    /// The number that follows the highest slot.
    pub(super) fn end(&self) -> u32 {
        let full = self.chunks.len().saturating_sub(1) * CHUNK;
        (full + self.chunks.last().map_or(0, Vec::len)) as u32
    }

    /// All records with their slots, in the order of the slots.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..self.end()).filter_map(|slot| Some((slot, self.get(slot)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_reused() {
        let mut table = Table::new();
        for number in 0..5_000 {
            assert!(matches!(table.insert(number), Ok(slot) if slot == number));
        }
        assert_eq!(table.remove(4_321), Some(4_321));
        assert_eq!(table.remove(4_321), None);
        assert_eq!((table.get(4_321), table.len()), (None, 4_999));
        assert!(matches!(table.insert(9_999), Ok(4_321)));
        assert_eq!(table.get(4_321), Some(&9_999));
        assert_eq!(table.iter().count(), 5_000);
    }
}
