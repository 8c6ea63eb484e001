//! The store that is the default everywhere: everything in memory, one table per kind of record.

mod agents;
mod answers;
mod children;
mod compact;
mod environments;
mod instances;
mod spans;
mod versions;

use super::Store;
use super::codec::{Reader, Writer};

/// All records in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    environments: environments::EnvironmentTable,
    agents: agents::AgentTable,
    versions: versions::VersionTable,
    schema_versions: versions::VersionTable,
    instances: instances::InstanceTable,
    spans: spans::SpanTable,
    answers: answers::AnswerTable,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> MemoryStore {
        MemoryStore::default()
    }
}

impl Store for MemoryStore {
    fn save(&self, out: &mut Writer) {
        self.save_environments(out);
        self.save_agents(out);
        self.save_versions(out);
        self.save_instances(out);
        self.save_spans(out);
        self.save_answers(out);
    }

    fn load(&mut self, from: &mut Reader<'_>) -> Option<()> {
        self.load_environments(from)?;
        self.load_agents(from)?;
        self.load_versions(from)?;
        self.load_instances(from)?;
        self.load_spans(from)?;
        self.load_answers(from)
    }
}
