//! Generators of PFIDs: strictly increasing ids from a time and random bytes that the caller supplies. **\[ours\]**

use core::mem;

use super::pfid::{MAX_TIME, Partition, Pfid, PfidError};

/// Generates the ids of one partition.
///
/// In a later millisecond the id has the time and the randomness as given. Within one millisecond, and when the clock
/// steps back, the next id is the last one with its randomness plus one. If the randomness overflows, the id gets the
/// next millisecond.
#[derive(Clone, Debug, Default)]
pub struct Generator {
    last: Option<Pfid>,
}

impl Generator {
    /// A generator without a last id.
    pub const fn new() -> Generator {
        Generator { last: None }
    }

    /// A generator whose ids are all greater than `last` and in the partition of `last`.
    pub fn after(last: Pfid) -> Generator {
        Generator { last: Some(last) }
    }

    /// The last generated id.
    pub fn last(&self) -> Option<Pfid> {
        self.last
    }

    /// The next id. `now` is Unix milliseconds, `random` fresh random bytes.
    ///
    /// # Errors
    ///
    /// [`PfidError::Time`] if `now` does not fit in 48 bits, [`PfidError::Exhausted`] if the last id is the greatest of its
    /// partition.
    pub fn next(
        &mut self,
        now: u64,
        partition: Partition,
        random: [u8; 10],
    ) -> Result<Pfid, PfidError> {
        if now > MAX_TIME {
            return Err(PfidError::Time);
        }
        let next = match self.last {
            Some(last) if now <= last.timestamp() => match last.ulid().increment() {
                Ok(ulid) => Pfid::from_ulid(ulid, partition),
                Err(_) => Pfid::from_parts(last.timestamp() + 1, partition, random)
                    .map_err(|_| PfidError::Exhausted)?,
            },
            _ => Pfid::from_parts(now, partition, random)?,
        };
        self.last = Some(next);
        Ok(next)
    }
}

/// How many partitions a [`PfidGenerator`] remembers. **\[ours\]**
const REMEMBERED: usize = 1024;

/// Generates ids of any partition, strictly increasing within each. **\[ours\]**
///
/// In a later millisecond the id has the time and the randomness as given. Within one millisecond, and when the clock
/// steps back, the next id of a partition is its last one with the randomness plus one, or, if that overflows, with the
/// next millisecond. A partition's ids do not depend on other partitions: after an id at the end of time, the others go on.
///
/// The last 1,024 partitions are remembered, in a fixed 24 KB. A partition that was forgotten begins anew.
///
/// ```
/// use agent_registrar::{Partition, PfidGenerator};
///
/// let mut generator = PfidGenerator::new();
/// let partition = Partition::new(1)?;
/// // The random bytes come from the operating system, in earnest.
/// let first = generator.next(1_778_148_000_000, partition, [7; 10])?;
/// let second = generator.next(1_778_148_000_000, partition, [3; 10])?;
/// assert!(first < second);
/// # Ok::<(), agent_registrar::PfidError>(())
/// ```
#[derive(Clone, Debug)]
pub struct PfidGenerator {
    /// The last id of each partition, the most recently used one first. Free places are at the end.
    recent: [Option<Pfid>; REMEMBERED],
}

impl PfidGenerator {
    /// A generator that remembers no id.
    pub const fn new() -> PfidGenerator {
        PfidGenerator {
            recent: [None; REMEMBERED],
        }
    }

    /// The next id of a partition. `now` is Unix milliseconds, `random` fresh random bytes.
    ///
    /// # Errors
    ///
    /// [`PfidError::Time`] if `now` does not fit in 48 bits, [`PfidError::Exhausted`] if the partition's last id is the
    /// greatest that there is. Nothing has changed then.
    pub fn next(
        &mut self,
        now: u64,
        partition: Partition,
        random: [u8; 10],
    ) -> Result<Pfid, PfidError> {
        let last = self.last(partition);
        let id = Generator { last }.next(now, partition, random)?;
        self.put_first(id);
        Ok(id)
    }

    /// Makes the following ids of this id's partition greater than it: after a restart, with the last stored id.
    pub fn resume_after(&mut self, id: Pfid) {
        let last = self.last(id.partition());
        self.put_first(last.map_or(id, |last| last.max(id)));
    }

    fn last(&self, partition: Partition) -> Option<Pfid> {
        self.recent
            .iter()
            .map_while(|id| *id)
            .find(|id| id.partition() == partition)
    }

    /// Moves the ids before this partition's last one back by a place. If there is none, the last one of all drops out.
    fn put_first(&mut self, id: Pfid) {
        let mut moved = Some(id);
        for place in &mut self.recent {
            mem::swap(place, &mut moved);
            if moved.is_none_or(|it| it.partition() == id.partition()) {
                break;
            }
        }
    }
}

impl Default for PfidGenerator {
    fn default() -> PfidGenerator {
        PfidGenerator::new()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const END: [u8; 10] = [255; 10];

    fn partition(number: u32) -> Partition {
        Partition::new(number).expect("in range")
    }

    #[test]
    fn within_a_millisecond_ids_count_up() {
        let mut generator = Generator::new();
        let ids = [7, 200, 0].map(|random| {
            generator
                .next(5, partition(1), [random; 10])
                .expect("in range")
        });
        assert_eq!(ids[1].ulid().random(), ids[0].ulid().random() + 1);
        assert_eq!(ids[2].ulid().random(), ids[0].ulid().random() + 2);
        assert_eq!(ids[2].timestamp(), 5);
    }

    #[test]
    fn an_exhausted_millisecond_takes_the_next_one() {
        let full = Pfid::from_parts(5, partition(1), END).expect("in range");
        let next = Generator::after(full)
            .next(5, partition(1), [3; 10])
            .expect("in range");
        assert_eq!((next.timestamp(), next.randomness()), (6, [3; 10]));
    }

    #[test]
    fn the_greatest_id_has_no_successor() {
        let last = Pfid::from_parts(MAX_TIME, partition(1), END).expect("in range");
        let mut generator = Generator::after(last);
        for now in [0, MAX_TIME] {
            let next = generator.next(now, partition(1), [0; 10]);
            assert_eq!(next, Err(PfidError::Exhausted));
        }
        assert_eq!(generator.last(), Some(last));
        for mut generator in [Generator::new(), generator] {
            let next = generator.next(MAX_TIME + 1, partition(1), [0; 10]);
            assert_eq!(next, Err(PfidError::Time));
        }
    }

    #[test]
    fn an_id_at_the_end_of_time_stops_no_other_partition() {
        let mut generator = PfidGenerator::new();
        assert!(generator.next(MAX_TIME, partition(1), END).is_ok());
        let exhausted = generator.next(5, partition(1), [0; 10]);
        assert_eq!(exhausted, Err(PfidError::Exhausted));
        let other = generator.next(5, partition(0), [0; 10]).expect("in range");
        assert_eq!(other.timestamp(), 5);
        // The clock is right again, and the ids of this partition continue after the last one.
        assert!(generator.next(MAX_TIME, partition(2), [0; 10]).is_ok());
        let next = generator.next(5, partition(2), [0; 10]).expect("in range");
        assert_eq!(next.timestamp(), MAX_TIME);
    }

    #[test]
    fn ids_continue_after_the_last_stored_one() {
        let mut generator = PfidGenerator::new();
        let stored = Pfid::from_parts(9, partition(1), [7; 10]).expect("in range");
        let earlier = Pfid::from_parts(8, partition(1), [7; 10]).expect("in range");
        for id in [stored, earlier] {
            generator.resume_after(id);
            let next = generator.next(5, partition(1), [0; 10]).expect("in range");
            assert!(next > stored);
        }
        let other = generator.next(5, partition(2), [0; 10]).expect("in range");
        assert_eq!(other.timestamp(), 5);
    }

    #[test]
    fn the_least_recently_used_partition_is_forgotten() {
        let mut generator = PfidGenerator::new();
        let mut time = |number, now| {
            let id = generator.next(now, partition(number), [0; 10]);
            id.expect("in range").timestamp()
        };
        for number in 0..1024 {
            assert_eq!(time(number, 9), 9);
        }
        // All are remembered; the first one becomes the most recent.
        assert_eq!(time(0, 5), 9);
        assert_eq!(time(5000, 9), 9);
        for (number, expected) in [(0, 9), (2, 9), (1023, 9), (5000, 9), (1, 5)] {
            assert_eq!(time(number, 5), expected, "{number}");
        }
    }

    proptest! {
        #[test]
        fn ids_strictly_increase_within_each_partition(steps in prop::collection::vec((0u64..4, 0u32..5, any::<[u8; 10]>()), 1..100)) {
            let mut generator = PfidGenerator::new();
            let mut last = HashMap::new();
            for (now, number, random) in steps {
                let id = generator.next(now, partition(number), random).expect("in range");
                prop_assert!(Some(&id) > last.get(&number));
                prop_assert_eq!(id.partition().get(), number);
                last.insert(number, id);
            }
        }
    }
}
