//! A sorted list of record slots with access by position, for paging by offset.

use std::cmp::Ordering;

use crate::store::Page;

/// Slots in ascending order of a key, which the caller compares. Keys are never equal, because
/// every order ends with the id. A list of chunks, each a short sorted list. Ids increase,
/// so most insertions append to the last chunk; the others move at most the numbers of one chunk.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    chunks: Vec<Vec<u32>>,
    len: usize,
}

const CHUNK: usize = 1024;

impl Ordered {
    /// A list of sorted slots.
    pub(super) fn from_sorted(slots: &[u32]) -> Ordered {
        Ordered {
            chunks: slots.chunks(CHUNK).map(<[u32]>::to_vec).collect(),
            len: slots.len(),
        }
    }

    /// The number of slots.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Whether the list is empty.
    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Inserts a slot. `compare` orders the key of another slot against the new one.
    #[inline(never)]
    pub(super) fn insert(&mut self, slot: u32, compare: &dyn Fn(u32) -> Ordering) {
        self.len += 1;
        let last = self.chunks.len().saturating_sub(1);
        let (index, at) = match self.chunks.last() {
            Some(chunk)
                if chunk
                    .last()
                    .is_some_and(|&slot| compare(slot) == Ordering::Less) =>
            {
                (last, chunk.len())
            }
            _ => self.find(compare),
        };
        let Some(chunk) = self.chunks.get_mut(index) else {
            let mut chunk = Vec::with_capacity(16);
            chunk.push(slot);
            self.chunks.push(chunk);
            return;
        };
        if chunk.len() < CHUNK {
            chunk.insert(at, slot);
        } else if index == last && at == CHUNK {
            // An append leaves full chunks full, so memory stays dense.
            let mut chunk = Vec::with_capacity(CHUNK);
            chunk.push(slot);
            self.chunks.push(chunk);
        } else {
            let mut upper = chunk.split_off(CHUNK / 2);
            if at <= CHUNK / 2 {
                chunk.insert(at, slot);
            } else {
                upper.insert(at - CHUNK / 2, slot);
            }
            self.chunks.insert(index + 1, upper);
        }
    }

    /// Removes the slot whose key compares equal. Returns whether there was one.
    #[inline(never)]
    pub(super) fn remove(&mut self, compare: &dyn Fn(u32) -> Ordering) -> bool {
        let (index, at) = self.find(compare);
        let Some(chunk) = self.chunks.get_mut(index) else {
            return false;
        };
        if chunk
            .get(at)
            .is_none_or(|&slot| compare(slot) != Ordering::Equal)
        {
            return false;
        }
        chunk.remove(at);
        self.len -= 1;
        if chunk.is_empty() {
            self.chunks.remove(index);
        }
        true
    }

    /// The chunk and the position of a key: that of the first slot not before it, but at the
    /// end of a chunk rather than at the beginning of the next one.
    fn find(&self, compare: &dyn Fn(u32) -> Ordering) -> (usize, usize) {
        let after = self.chunks.partition_point(|chunk| {
            chunk
                .first()
                .is_some_and(|&slot| compare(slot) != Ordering::Greater)
        });
        let index = after.saturating_sub(1);
        let at = self.chunks.get(index).map_or(0, |chunk| {
            chunk.partition_point(|&slot| compare(slot) == Ordering::Less)
        });
        (index, at)
    }

    /// All slots in ascending order.
    pub(super) fn iter(&self) -> impl Iterator<Item = u32> {
        self.chunks.iter().flatten().copied()
    }

    /// The slots of one page.
    pub(super) fn page(&self, page: &Page) -> Vec<u32> {
        self.page_with_last(page, self.len)
    }

    /// The slots of one page, where the slots from position `valued` on have no value: they come last in both directions.
    #[inline(never)]
    pub(super) fn page_with_last(&self, page: &Page, valued: usize) -> Vec<u32> {
        let offset = usize::try_from(page.offset).unwrap_or(usize::MAX);
        let mut slots = Vec::new();
        // Descending, each part is read backwards by itself.
        for (start, end) in [(0, valued), (valued, self.len)] {
            let skipped = offset.saturating_sub(start).min(end - start);
            let size = (page.size as usize - slots.len()).min(end - start - skipped);
            let from = if page.descending {
                end - skipped - size
            } else {
                start + skipped
            };
            let at = slots.len();
            self.add_range(from, size, &mut slots);
            if page.descending
                && let Some(part) = slots.get_mut(at..)
            {
                part.reverse();
            }
        }
        slots
    }

    /// How many slots there are before the first for which `is_before` does not hold.
    pub(super) fn count_before(&self, is_before: &dyn Fn(u32) -> bool) -> usize {
        let holds = |slot: Option<&u32>| slot.is_some_and(|&slot| is_before(slot));
        let whole = self.chunks.partition_point(|chunk| holds(chunk.last()));
        let (before, rest) = self.chunks.split_at(whole);
        let part = rest
            .first()
            .map_or(0, |chunk| chunk.partition_point(|&slot| is_before(slot)));
        before.iter().map(Vec::len).sum::<usize>() + part
    }

    /// Adds `size` slots from a position on.
    fn add_range(&self, from: usize, size: usize, slots: &mut Vec<u32>) {
        let wanted = slots.len() + size;
        let mut skip = from;
        for chunk in &self.chunks {
            if slots.len() == wanted {
                break;
            }
            if skip >= chunk.len() {
                skip -= chunk.len();
                continue;
            }
            let rest = chunk.iter().skip(skip);
            slots.extend(rest.take(wanted - slots.len()));
            skip = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn insert(list: &mut Ordered, slot: u32) {
        list.insert(slot, &|other| other.cmp(&slot));
    }

    fn page(list: &Ordered, offset: u64, size: u32, descending: bool) -> Vec<u32> {
        list.page(&Page {
            offset,
            size,
            descending,
        })
    }

    #[test]
    fn pages_from_both_ends() {
        let mut list = Ordered::default();
        for slot in 0..10_000 {
            insert(&mut list, slot);
        }
        assert_eq!(list.len(), 10_000);
        assert_eq!(page(&list, 0, 3, false), [0, 1, 2]);
        assert_eq!(page(&list, 1_023, 3, false), [1_023, 1_024, 1_025]);
        assert_eq!(page(&list, 9_999, 50, false), [9_999]);
        assert!(page(&list, 10_000, 50, false).is_empty());
        assert!(page(&list, u64::MAX, 50, true).is_empty());
        assert_eq!(page(&list, 0, 2, true), [9_999, 9_998]);
        assert_eq!(page(&list, 9_999, 2, true), [0]);
    }

    #[test]
    fn what_has_no_value_comes_last_in_both_directions() {
        let slots: Vec<u32> = (0..3_000).collect();
        let list = Ordered::from_sorted(&slots);
        for valued in [0, 1, 1_500, 2_999, 3_000] {
            assert_eq!(list.count_before(&|slot| slot < valued), valued as usize);
            let expected: Vec<u32> = (0..valued).rev().chain((valued..3_000).rev()).collect();
            for (offset, size) in [(0, 5), (1_498, 5), (2_990, 50), (0, 3_000), (3_000, 1)] {
                let page = Page {
                    offset,
                    size,
                    descending: true,
                };
                let wanted = expected.iter().skip(offset as usize).take(size as usize);
                let found = list.page_with_last(&page, valued as usize);
                assert!(found.iter().eq(wanted), "{valued} {page:?}");
            }
        }
    }

    #[test]
    fn a_list_built_at_once_is_the_same() {
        let slots: Vec<u32> = (0..5_000).collect();
        let mut list = Ordered::from_sorted(&slots);
        insert(&mut list, 5_000);
        assert!(list.iter().eq(0..=5_000));
    }

    proptest! {
        #[test]
        fn behaves_like_a_sorted_set(steps in prop::collection::vec((0u32..3_000, prop::bool::weighted(0.7)), 0..6_000)) {
            let mut list = Ordered::default();
            let mut set = std::collections::BTreeSet::new();
            for (slot, add) in steps {
                if add {
                    if set.insert(slot) {
                        insert(&mut list, slot);
                    }
                } else {
                    prop_assert_eq!(list.remove(&|other| other.cmp(&slot)), set.remove(&slot));
                }
            }
            prop_assert_eq!(list.len(), set.len());
            prop_assert!(list.iter().eq(set.iter().copied()));
            prop_assert!(page(&list, 5, 7, false).into_iter().eq(set.iter().copied().skip(5).take(7)));
            prop_assert!(page(&list, 5, 7, true).into_iter().eq(set.iter().rev().copied().skip(5).take(7)));
        }
    }
}
