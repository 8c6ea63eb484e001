//! One index over the ids of all records.

use super::index::Index;
use crate::model::pfid::Pfid;
use crate::store::Kind;

/// The highest slot of a table. The bits above it hold the kind.
pub(super) const LAST_SLOT: u32 = (1 << KIND_SHIFT) - 1;

const KIND_SHIFT: u32 = 29;

const KINDS: [Kind; 8] = [
    Kind::Account,
    Kind::Environment,
    Kind::Agent,
    Kind::AgentVersion,
    Kind::AgentSchemaVersion,
    Kind::AgentInstance,
    Kind::AgentSpan,
    Kind::ApiToken,
];

/// The location of each record by id: the kind in the upper three bits, the slot below.
#[derive(Debug)]
pub(super) struct IdIndex(Index);

impl IdIndex {
    pub(super) fn new(seed: u64) -> IdIndex {
        IdIndex(Index::new(seed))
    }

    /// The kind and the slot of an id. `is_there` tests whether the record at a kind and slot has the id.
    pub(super) fn find(
        &self,
        id: Pfid,
        is_there: impl Fn(Kind, u32) -> bool,
    ) -> Option<(Kind, u32)> {
        let split = |number: u32| {
            let kind = KINDS.get((number >> KIND_SHIFT) as usize);
            kind.map(|kind| (*kind, number & LAST_SLOT))
        };
        let number = self.0.find(self.0.hash(id), |number| {
            split(number).is_some_and(|(kind, slot)| is_there(kind, slot))
        });
        split(number?)
    }

    /// Adds an id.
    pub(super) fn insert(&mut self, id: Pfid, kind: Kind, slot: u32) {
        self.0.insert(self.0.hash(id), join(kind, slot));
    }

    /// Removes an id.
    pub(super) fn remove(&mut self, id: Pfid, kind: Kind, slot: u32) {
        self.0.remove(self.0.hash(id), join(kind, slot));
    }
}

fn join(kind: Kind, slot: u32) -> u32 {
    (kind as u32) << KIND_SHIFT | slot
}
