//! Rank hints: the key of every 512th record of a list that is ordered by an index.
//!
//! An index finds a key fast, but a rank only by counting entries. With hints a deep page begins at the nearest hint
//! before it, so that it takes about as long as the first page. Hints are in memory: built at the first deep page of
//! a list, updated as records are added and removed, and dropped when they may be wrong. Those of long lists of agents are in the
//! database, too ([`buckets`](super::buckets)). A page that would skip many records of a bucket splits it first.

use std::collections::BTreeMap;

use crate::model::pfid::Pfid;

/// The number of records of a new bucket.
pub(super) const STEP: u64 = 512;
/// A bucket of the database with more records is split.
pub(super) const MOST: u64 = 2 * STEP;
/// The approximate memory that the hints of all lists may take, in bytes. Where a list needs more, those of the other lists are
/// dropped. The hints of one list may begin with more than that, but then its buckets are not split.
const BUDGET: usize = 16 * 1024 * 1024;

/// The sort key of a list, before the id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum SortKey {
    /// No key: the list is sorted by id.
    Id,
    /// A number of 64 bits.
    Wide(i64),
    /// The group of a status, and a number of 64 bits.
    Status(i64, i64),
    /// A text.
    Text(Box<str>),
    /// A text that only one record of the list has; the id does not count.
    Unique(Box<str>),
}

/// The position of a record in a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) sort: SortKey,
    pub(super) id: Pfid,
}

impl Key {
    fn size(&self) -> usize {
        let text = match &self.sort {
            SortKey::Text(text) | SortKey::Unique(text) => text.len(),
            _ => 0,
        };
        // With the number of records of its bucket.
        size_of::<Key>() + size_of::<u64>() + text
    }
}

/// The hints of one list. A bucket is the records from one hint to the next.
#[derive(Debug)]
pub(super) struct Ranks {
    /// The first key of each bucket except the first.
    starts: Vec<Key>,
    /// The number of records of each bucket. There is one more bucket than there are starts.
    counts: Vec<u64>,
    total: u64,
    /// The approximate memory of the hints, in bytes.
    size: usize,
}

/// The bucket of a rank.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hint {
    pub(super) bucket: usize,
    /// The first key of the bucket; `None` for the first bucket.
    pub(super) start: Option<Key>,
    /// The first key of the next bucket; `None` for the last bucket.
    pub(super) end: Option<Key>,
    /// The number of records in the bucket before the rank.
    pub(super) offset: u64,
    /// The number of records in the bucket.
    pub(super) count: u64,
}

impl Ranks {
    /// The hints of a list of `total` records, from the keys at the ranks 512, 1,024 …
    pub(super) fn new(total: u64, starts: Vec<Key>) -> Ranks {
        let mut counts = vec![STEP; starts.len() + 1];
        if let Some(last) = counts.last_mut() {
            *last = total.saturating_sub(STEP * starts.len() as u64);
        }
        Ranks {
            size: size_of_list(&starts),
            starts,
            counts,
            total,
        }
    }

    /// The hints of a list, from the first keys of all buckets but the first, and how many records each has.
    pub(super) fn with_counts(starts: Vec<Key>, counts: Vec<u64>) -> Ranks {
        let total = counts.iter().sum();
        Ranks {
            size: size_of_list(&starts),
            starts,
            counts,
            total,
        }
    }

    /// The number of records of each bucket.
    pub(super) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// The first key of a bucket, `None` for the first bucket, and the number of its records.
    pub(super) fn bucket(&self, bucket: usize) -> (Option<&Key>, u64) {
        let start = bucket.checked_sub(1).and_then(|it| self.starts.get(it));
        (start, self.counts.get(bucket).copied().unwrap_or(0))
    }

    /// How many records a page may skip: 128, and in very long lists more, so that the hints of a list stay few.
    pub(super) fn skip(&self) -> u64 {
        (self.total / 8_192).max(128)
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// The bucket of a rank; `None` past the end.
    pub(super) fn hint(&self, rank: u64) -> Option<Hint> {
        let mut before = 0;
        for (bucket, &count) in self.counts.iter().enumerate() {
            if rank < before + count {
                return Some(Hint {
                    bucket,
                    start: bucket
                        .checked_sub(1)
                        .and_then(|it| self.starts.get(it).cloned()),
                    end: self.starts.get(bucket).cloned(),
                    offset: rank - before,
                    count,
                });
            }
            before += count;
        }
        None
    }

    /// Splits a bucket: `key` is that of its record with `before` records of the bucket before it.
    fn split(&mut self, bucket: usize, key: Key, before: u64) {
        if let Some(count) = self.counts.get_mut(bucket) {
            self.size += key.size();
            let after = count.saturating_sub(before);
            *count -= after;
            self.counts.insert(bucket + 1, after);
            self.starts.insert(bucket, key);
        }
    }

    fn bucket_of(&self, key: &Key) -> usize {
        self.starts.partition_point(|start| start <= key)
    }

    pub(super) fn insert(&mut self, key: &Key) {
        let bucket = self.bucket_of(key);
        if let Some(count) = self.counts.get_mut(bucket) {
            *count += 1;
            self.total += 1;
        }
    }

    /// Removes a record. Returns whether the bucket had one.
    fn remove(&mut self, key: &Key) -> bool {
        let bucket = self.bucket_of(key);
        match self.counts.get_mut(bucket) {
            Some(count) if *count > 0 => {
                *count -= 1;
                self.total -= 1;
                true
            }
            _ => false,
        }
    }
}

/// The approximate memory of the hints of a list, in bytes.
fn size_of_list(starts: &[Key]) -> usize {
    size_of::<((u8, i64), Ranks)>() + size_of::<u64>() + starts.iter().map(Key::size).sum::<usize>()
}

/// The hints of all lists, by the number of the order and by the parent.
#[derive(Debug, Default)]
pub(super) struct Hints {
    lists: BTreeMap<(u8, i64), Ranks>,
}

impl Hints {
    pub(super) fn is_empty(&self) -> bool {
        self.lists.is_empty()
    }

    pub(super) fn get(&mut self, order: u8, parent: i64) -> Option<&mut Ranks> {
        self.lists.get_mut(&(order, parent))
    }

    /// Takes over the hints of a list.
    pub(super) fn put(&mut self, order: u8, parent: i64, ranks: Ranks) {
        self.lists.remove(&(order, parent));
        if self.size() + ranks.size > BUDGET {
            self.lists.clear();
        }
        self.lists.insert((order, parent), ranks);
    }

    /// Splits a bucket of a list, unless the hints of this list alone would then exceed the budget: `key` is that of the bucket's record
    /// with `before` of its records before it. Returns the hints of the list.
    pub(super) fn split(
        &mut self,
        (order, parent): (u8, i64),
        bucket: usize,
        key: Key,
        before: u64,
    ) -> Option<&Ranks> {
        let list = (order, parent);
        if self.lists.get(&list)?.size + key.size() <= BUDGET {
            if self.size() + key.size() > BUDGET {
                self.lists.retain(|other, _| *other == list);
            }
            self.get(order, parent)?.split(bucket, key, before);
        }
        self.lists.get(&list)
    }

    fn size(&self) -> usize {
        self.lists.values().map(|ranks| ranks.size).sum()
    }

    pub(super) fn drop_list(&mut self, order: u8, parent: i64) {
        self.lists.remove(&(order, parent));
    }

    /// Updates the hints of a list after a record was added, removed or moved.
    pub(super) fn shift(&mut self, order: u8, parent: i64, old: Option<&Key>, new: Option<&Key>) {
        if old == new {
            return;
        }
        let Some(ranks) = self.get(order, parent) else {
            return;
        };
        if let Some(old) = old
            && !ranks.remove(old)
        {
            self.drop_list(order, parent);
            return;
        }
        if let Some(new) = new {
            ranks.insert(new);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(number: i64) -> Key {
        Key {
            sort: SortKey::Wide(number),
            id: Pfid::NIL,
        }
    }

    #[test]
    fn a_rank_stays_right_as_records_come_and_go() {
        // The numbers 0, 10, 20 … 19,990.
        let mut numbers: Vec<i64> = (0..2_000).map(|it| it * 10).collect();
        let starts = [512, 1_024, 1_536].map(|rank: usize| key(numbers[rank]));
        let mut hints = Hints::default();
        hints.put(1, 7, Ranks::new(2_000, starts.to_vec()));
        for step in 0..6_000_i64 {
            let number = step * 7_919 % 20_011;
            match numbers.binary_search(&number) {
                Ok(place) => {
                    numbers.remove(place);
                    hints.shift(1, 7, Some(&key(number)), None);
                }
                Err(place) => {
                    numbers.insert(place, number);
                    hints.shift(1, 7, None, Some(&key(number)));
                }
            }
            let ranks = hints.get(1, 7).unwrap();
            assert_eq!(ranks.total(), numbers.len() as u64);
            let rank = (step as u64 * 31) % ranks.total();
            let hint = ranks.hint(rank).unwrap();
            let place_of = |start: &Key| numbers.partition_point(|it| key(*it) < *start);
            let start = hint.start.as_ref().map_or(0, place_of);
            let end = hint.end.as_ref().map_or(numbers.len(), place_of);
            assert_eq!(start as u64 + hint.offset, rank);
            assert_eq!((end - start) as u64, hint.count);
            if hint.offset > 0 {
                ranks.split(
                    hint.bucket,
                    key(numbers[start + hint.offset as usize]),
                    hint.offset,
                );
                let hint = ranks.hint(rank).unwrap();
                assert_eq!(hint.start, Some(key(numbers[rank as usize])));
                assert_eq!(hint.offset, 0);
            }
        }
        let ranks = hints.get(1, 7).unwrap();
        assert_eq!(ranks.hint(ranks.total()), None);
        assert!(ranks.counts.len() > 4);
    }

    #[test]
    fn a_list_in_doubt_is_dropped() {
        let mut hints = Hints::default();
        hints.put(1, 7, Ranks::new(0, Vec::new()));
        hints.shift(2, 7, Some(&key(1)), None);
        assert!(hints.get(1, 7).is_some());
        hints.shift(1, 7, Some(&key(1)), None);
        assert!(hints.is_empty());
    }

    fn long_key(number: u64) -> Key {
        let sort = SortKey::Text(format!("{number:0>50000}").into());
        Key {
            sort,
            id: Pfid::NIL,
        }
    }

    /// What the hints hold, counted anew.
    fn counted(hints: &Hints) -> usize {
        let lists = hints.lists.values();
        lists.map(|ranks| size_of_list(&ranks.starts)).sum()
    }

    #[test]
    fn hints_take_no_more_than_their_budget() {
        let mut hints = Hints::default();
        for parent in 0..100 {
            let starts = (1..=10).map(long_key).collect();
            hints.put(1, parent, Ranks::new(5_500, starts));
            assert!(counted(&hints) <= BUDGET);
            assert_eq!(hints.size(), counted(&hints));
        }
        assert!(hints.get(1, 99).is_some());
    }

    #[test]
    fn lists_without_a_hint_count_too() {
        let mut hints = Hints::default();
        let most = BUDGET / size_of_list(&[]);
        for parent in 0..=most as i64 {
            hints.lists.insert((1, parent), Ranks::new(1, Vec::new()));
        }
        hints.put(1, -1, Ranks::new(1, Vec::new()));
        assert_eq!(hints.lists.len(), 1);
    }

    #[test]
    fn splits_drop_other_lists_and_end_at_the_budget() {
        let mut hints = Hints::default();
        hints.put(1, 7, Ranks::new(100_000, Vec::new()));
        hints.put(1, 8, Ranks::new(5_500, vec![long_key(0); 10]));
        let mut buckets = 1;
        for number in 1..=500 {
            let ranks = hints.split((1, 7), buckets - 1, long_key(number), 100);
            buckets = ranks.unwrap().counts().len();
            assert!(counted(&hints) <= BUDGET);
            assert_eq!(hints.size(), counted(&hints));
        }
        assert!(hints.get(1, 8).is_none());
        assert!(buckets > 300);
        assert!(counted(&hints) + long_key(0).size() > BUDGET);
        let ranks = hints.get(1, 7).unwrap();
        assert_eq!(ranks.counts().iter().sum::<u64>(), 100_000);
        assert_eq!(
            hints.split((2, 7), 0, long_key(1), 100).map(Ranks::total),
            None
        );
    }
}
