//! Ids and moments for the tests of stores.

use crate::model::pfid::{Partition, Pfid};
use crate::model::timestamp::Timestamp;

/// An id by its number: ids have the order of their numbers.
pub(super) fn id(number: u64) -> Pfid {
    Pfid::from_parts(number, Partition::new(7).unwrap(), [0; 10]).unwrap()
}

/// A moment in microseconds since 1970.
pub(super) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}
