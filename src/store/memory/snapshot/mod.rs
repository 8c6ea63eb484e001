//! Snapshots of a store in memory: all records as bytes.

mod answers;
mod counts;
mod rows;

use super::codec::{Reader, Writer};
use super::instances::beginning;
use super::records::{DependentKind, DependentRecord};
use super::{Data, MemoryStore};
use crate::store::{AgentRow, Agents as _, ApiTokens as _, Environments as _, StoreError};
use rows::{
    read_agent, read_environment, read_names, read_token, write_agent, write_answer,
    write_dependent, write_environment, write_token,
};

/// Writes and reads all records except the accounts, which the registrar writes before them.
pub trait Snapshots {
    /// Writes the next part of the records and of the API tokens: about 1 MiB, or one record. Returns whether that
    /// was the last. Nothing must change between the parts.
    fn save_piece(&self, cursor: &mut SnapshotCursor, out: &mut Writer)
    -> Result<bool, StoreError>;

    /// Adds the records of a snapshot to a store that has accounts and nothing else. After an error the store holds some
    /// of them, and the caller rolls back.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the bytes are not the records of a registrar.
    fn load(&mut self, from: &mut Reader<'_>, form: SnapshotForm) -> Result<(), StoreError>;

    /// As [`load`](Snapshots::load), for the API tokens.
    fn load_tokens(&mut self, from: &mut Reader<'_>) -> Result<(), StoreError>;

    /// Counts anew what each account has stored. Everything must be loaded before.
    fn count(&mut self) -> Result<(), StoreError>;
}

/// The length at which a piece of a snapshot ends, in bytes.
const PIECE: usize = 1024 * 1024;

/// How far a snapshot has come.
#[derive(Clone, Copy, Debug, Default)]
pub struct SnapshotCursor {
    section: usize,
    /// The next slot, or place, of the section.
    next: u32,
}

/// The sections after the environments, in their order.
#[derive(Clone, Copy, Debug)]
enum Section {
    Agents,
    Dependents(DependentKind),
    Answers,
}

impl Section {
    const ALL: [Section; 6] = [
        Section::Agents,
        Section::Dependents(DependentKind::ALL[0]),
        Section::Dependents(DependentKind::ALL[1]),
        Section::Dependents(DependentKind::ALL[2]),
        Section::Dependents(DependentKind::ALL[3]),
        Section::Answers,
    ];
}

/// The form of an agent's nullable fields ([`AgentRow::NULLABLE`]) in a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SnapshotForm {
    /// Format 3: the two fields that existed then.
    TwoNullable,
    /// Format 4: the fields whose names are listed before the agents. Fields that were added later are null.
    NamedNullable,
    /// Form 5: the same, and API tokens follow the records.
    WithTokens,
    /// Form 6: the same, and the records of keys name their objects.
    WithObjects,
}

const REFUSED: StoreError = StoreError::Corrupt("a snapshot");

impl Snapshots for MemoryStore {
    fn save_piece(
        &self,
        cursor: &mut SnapshotCursor,
        out: &mut Writer,
    ) -> Result<bool, StoreError> {
        let data = &self.data;
        while let Some(section) = Section::ALL.get(cursor.section).copied() {
            if cursor.next == 0 {
                if matches!(section, Section::Agents) {
                    data.write_environments(out);
                }
                out.number(data.section_len(section));
            }
            let end = data.section_end(section);
            while cursor.next < end {
                data.write_at(section, cursor.next, out)?;
                cursor.next += 1;
                if out.len() >= PIECE {
                    return Ok(false);
                }
            }
            *cursor = SnapshotCursor {
                section: cursor.section + 1,
                next: 0,
            };
        }
        data.write_tokens(out);
        Ok(true)
    }

    fn load(&mut self, from: &mut Reader<'_>, form: SnapshotForm) -> Result<(), StoreError> {
        for _ in 0..from.number() {
            let row = read_environment(from).ok_or(REFUSED)?;
            self.insert_environment(&row)?;
        }
        let nullable = match form {
            SnapshotForm::TwoNullable => 2,
            SnapshotForm::NamedNullable | SnapshotForm::WithTokens | SnapshotForm::WithObjects => {
                read_names(from).ok_or(REFUSED)?
            }
        };
        for _ in 0..from.number() {
            let row = read_agent(from, nullable).ok_or(REFUSED)?;
            self.insert_agent(&row)?;
        }
        for kind in DependentKind::ALL {
            self.data.read_dependents(kind, from)?;
        }
        self.data.read_answers(from, form)?;
        // The available actions of an agent depend on its counts.
        if self.data.counts_hold()? {
            Ok(())
        } else {
            Err(REFUSED)
        }
    }

    fn load_tokens(&mut self, from: &mut Reader<'_>) -> Result<(), StoreError> {
        for _ in 0..from.number() {
            let row = read_token(from).ok_or(REFUSED)?;
            self.insert_api_token(&row)?;
        }
        for _ in 0..from.number() {
            let digest = from.bytes().try_into().map_err(|_| REFUSED)?;
            self.void_token(&digest)?;
        }
        if let Some(secret) = from.option(Reader::bytes) {
            self.keep_token_secret(secret.try_into().map_err(|_| REFUSED)?)?;
        }
        from.sound(()).ok_or(REFUSED)
    }

    fn count(&mut self) -> Result<(), StoreError> {
        self.data.recount()
    }
}

impl Data {
    fn write_environments(&self, out: &mut Writer) {
        out.number(self.environments.len() as u64);
        for (_, record) in self.environments.iter() {
            write_environment(out, &record.row());
        }
        out.number(AgentRow::NULLABLE.len() as u64);
        AgentRow::NULLABLE.iter().for_each(|name| out.text(name));
    }

    fn write_tokens(&self, out: &mut Writer) {
        let tokens = &self.tokens;
        out.number(tokens.len() as u64);
        tokens
            .iter()
            .for_each(|record| write_token(out, &record.row()));
        out.number(tokens.void.len() as u64);
        tokens.void.iter().for_each(|digest| out.bytes(digest));
        out.option(tokens.secret.as_ref(), |out, secret| out.bytes(secret));
    }

    /// The number of records of a section.
    fn section_len(&self, section: Section) -> u64 {
        let len = match section {
            Section::Agents => self.agents.len(),
            Section::Dependents(kind) => self.dependents(kind).len(),
            Section::Answers => self.answers.count(),
        };
        len as u64
    }

    /// The number that follows the last slot of a section.
    fn section_end(&self, section: Section) -> u32 {
        match section {
            Section::Agents => self.agents.end(),
            Section::Dependents(kind) => self.dependents(kind).end(),
            Section::Answers => self.answers.end(),
        }
    }

    /// Writes the record at a slot, if there is one.
    fn write_at(&self, section: Section, slot: u32, out: &mut Writer) -> Result<(), StoreError> {
        match section {
            Section::Agents if self.agents.get(slot).is_some() => {
                write_agent(out, &self.agent_row(slot)?);
            }
            Section::Dependents(kind) => {
                if let Some(record) = self.dependents(kind).get(slot) {
                    let (parent_id, _) = self.parent_of(kind, record)?;
                    write_dependent(out, record, parent_id);
                }
            }
            Section::Answers => {
                if let Some(record) = self.answers.at(slot) {
                    write_answer(out, record);
                }
            }
            Section::Agents => {}
        }
        Ok(())
    }

    fn read_dependents(
        &mut self,
        kind: DependentKind,
        from: &mut Reader<'_>,
    ) -> Result<(), StoreError> {
        for _ in 0..from.number() {
            let id = from.pfid();
            let parent_id = from.pfid();
            let (inserted_at, started_at) = (from.timestamp(), from.timestamp());
            let body = from.bytes();
            from.sound(()).ok_or(REFUSED)?;
            self.require_free(id)?;
            let parent = self.parent_slot(kind, parent_id)?;
            let key = kind.key(body);
            if key.is_some_and(|key| self.dependents(kind).find_key(kind, parent, key).is_some()) {
                return Err(REFUSED);
            }
            let record = DependentRecord {
                inserted_at,
                started_at: started_at.micros(),
                body: body.into(),
                id,
                parent,
            };
            let slot = self.add_dependent(kind, record)?;
            self.check_body(kind, slot)?;
        }
        Ok(())
    }

    /// Refuses a record whose body is not of its kind.
    fn check_body(&mut self, kind: DependentKind, slot: u32) -> Result<(), StoreError> {
        match kind {
            DependentKind::Version | DependentKind::SchemaVersion => {
                self.version_row(kind, slot).map(drop)
            }
            DependentKind::Instance => {
                let began = beginning(&self.instance_row(slot)?);
                self.instances.set_beginning(slot, began);
                Ok(())
            }
            DependentKind::Span => self.span_row(slot).map(drop),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;
    use crate::model::agent::InstanceCounts;
    use crate::model::instance::RunStatus;
    use crate::model::pfid::Pfid;
    use crate::model::timestamp::Timestamp;
    use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
    use crate::store::{
        AccountRow, Accounts as _, EnvironmentRow, IdState, InstanceRow, Instances as _, Ownership,
    };

    /// A store with an account.
    fn store() -> MemoryStore {
        let mut store = MemoryStore::new(1);
        let row = AccountRow {
            id: Pfid::parse(DEFAULT_ACCOUNT).unwrap(),
            name: Cow::Borrowed("Default"),
            inserted_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
            ids: IdState::default(),
            usage: Default::default(),
        };
        store.insert_account(&row).unwrap();
        store
    }

    /// A store with one pending instance, whose agent counts `pending` of them.
    fn store_counting(pending: u32) -> MemoryStore {
        let mut store = store();
        let account_id = Pfid::parse(DEFAULT_ACCOUNT).unwrap();
        let environment_id = Pfid::parse(DEFAULT_ENVIRONMENT).unwrap();
        let [agent_id, instance_id] = [
            "013xrzp12g3nqk8nzxvq7jm2arsfg5h2",
            "013xrzp12g3nqk8nzxvq7jm2arsfg5h3",
        ]
        .map(|text| Pfid::parse(text).unwrap());
        let at = Timestamp::EPOCH;
        let environment = EnvironmentRow {
            id: environment_id,
            account_id,
            name: Cow::Borrowed("Default"),
            inserted_at: at,
            updated_at: at,
        };
        store.insert_environment(&environment).unwrap();
        let agent = AgentRow {
            last_activity: Some(at),
            counts: InstanceCounts {
                pending,
                ..InstanceCounts::default()
            },
            ..AgentRow::new(
                agent_id,
                account_id,
                environment_id,
                Cow::Borrowed("Scout"),
                at,
            )
        };
        store.insert_agent(&agent).unwrap();
        let instance = InstanceRow {
            id: instance_id,
            owner: Ownership {
                account_id,
                environment_id,
                agent_id,
            },
            version_id: None,
            status: RunStatus::Pending,
            inserted_at: at,
            updated_at: at,
            started_at: None,
            finished_at: None,
            span_counts: InstanceCounts::default(),
        };
        store.insert_instance(&instance).unwrap();
        store
    }

    #[test]
    fn a_snapshot_with_wrong_counts_is_refused() {
        for (pending, loads) in [(0, false), (1, true), (2, false)] {
            let mut out = Writer::new();
            let mut cursor = SnapshotCursor::default();
            let saved = store_counting(pending).save_piece(&mut cursor, &mut out);
            assert!(saved.unwrap());
            let bytes = out.into_bytes();
            let form = SnapshotForm::WithObjects;
            let loaded = store().load(&mut Reader::new(&bytes), form);
            assert_eq!(loaded.is_ok(), loads, "{pending}");
        }
    }
}
