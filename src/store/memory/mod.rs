//! The store that is the default everywhere: everything in memory, one table per kind of record.

mod agents;
mod answers;
mod children;
mod environments;

use super::Store;
use super::codec::{Reader, Writer};

/// All records in memory.
#[derive(Debug)]
pub struct MemoryStore {
    environments: environments::EnvironmentTable,
    agents: agents::AgentTable,
    versions: children::ChildTable,
    schema_versions: children::ChildTable,
    instances: children::ChildTable,
    spans: children::ChildTable,
    answers: answers::AnswerTable,
}

impl MemoryStore {
    /// An empty store; the seed is a secret of its indexes.
    pub fn new(seed: u64) -> MemoryStore {
        MemoryStore {
            environments: environments::EnvironmentTable::new(seed),
            agents: agents::AgentTable::new(seed),
            versions: children::ChildTable::new(seed),
            schema_versions: children::ChildTable::new(seed),
            instances: children::ChildTable::new(seed),
            spans: children::ChildTable::new(seed),
            answers: answers::AnswerTable::new(seed),
        }
    }
}

impl Store for MemoryStore {
    fn save(&self, out: &mut Writer) {
        self.save_environments(out);
        self.save_agents(out);
        self.save_children(out);
        self.save_answers(out);
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Option<()> {
        self.load_environments(from)?;
        self.load_agents(from)?;
        self.load_children(from)?;
        self.load_answers(from)?;
        // What may be done to an agent depends on its counts.
        self.counts_hold().then_some(())
    }
}
