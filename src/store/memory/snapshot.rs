//! Snapshots of a store in memory: all records as bytes.

use std::borrow::Cow;

use super::codec::{Reader, Writer};
use super::instances::beginning;
use super::records::AnswerRecord;
use super::records::{DependentKind, DependentRecord};
use super::{Data, MemoryStore};
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;
use crate::sort::sort;
use crate::store::{
    AgentRow, Agents as _, ApiTokenRow, ApiTokens as _, EnvironmentRow, Environments as _,
    KEPT_MICROS, StoreError,
};

/// Writes and reads all records except the accounts, which the registrar writes before them.
pub trait Snapshots {
    /// Writes every record.
    fn save(&self, out: &mut Writer) -> Result<(), StoreError>;

    /// Adds the records of a snapshot to a store that has accounts and nothing else. After an error the store holds some
    /// of them, and the caller rolls back.
    ///
    /// # Errors
    ///
    /// [`StoreError::Corrupt`] if the bytes are not the records of a registrar.
    fn load(&mut self, from: &mut Reader<'_>, form: SnapshotForm) -> Result<(), StoreError>;

    /// Writes the API tokens, which follow the records.
    fn save_tokens(&self, out: &mut Writer) -> Result<(), StoreError>;

    /// As [`load`](Snapshots::load), for the API tokens.
    fn load_tokens(&mut self, from: &mut Reader<'_>) -> Result<(), StoreError>;

    /// Counts anew what each account has stored. Everything must be loaded before.
    fn count(&mut self) -> Result<(), StoreError>;
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
    fn save(&self, out: &mut Writer) -> Result<(), StoreError> {
        let data = &self.data;
        out.number(data.environments.len() as u64);
        for (_, record) in data.environments.iter() {
            write_environment(out, &record.row());
        }
        out.number(AgentRow::NULLABLE.len() as u64);
        AgentRow::NULLABLE.iter().for_each(|name| out.text(name));
        out.number(data.agents.len() as u64);
        for slot in data.agents.slots() {
            write_agent(out, &data.agent_row(slot)?);
        }
        for kind in DependentKind::ALL {
            data.write_dependents(kind, out)?;
        }
        data.write_answers(out);
        Ok(())
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

    fn save_tokens(&self, out: &mut Writer) -> Result<(), StoreError> {
        let tokens = &self.data.tokens;
        out.number(tokens.len() as u64);
        tokens
            .iter()
            .for_each(|record| write_token(out, &record.row()));
        out.number(tokens.void.len() as u64);
        tokens.void.iter().for_each(|digest| out.bytes(digest));
        out.option(tokens.secret.as_ref(), |out, secret| out.bytes(secret));
        Ok(())
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

fn write_token(out: &mut Writer, row: &ApiTokenRow<'_>) {
    out.pfid(row.id);
    out.pfid(row.account_id);
    out.option(row.environment_id, Writer::pfid);
    out.bytes(&row.digest);
    out.option(row.name.as_deref(), Writer::text);
    out.number(row.state as u64);
    out.option(row.expires_at, Writer::timestamp);
    out.option(row.last_used_at, Writer::timestamp);
    out.timestamp(row.inserted_at);
    out.timestamp(row.updated_at);
}

fn read_token<'a>(from: &mut Reader<'a>) -> Option<ApiTokenRow<'a>> {
    let row = ApiTokenRow {
        id: from.pfid(),
        account_id: from.pfid(),
        environment_id: from.option(Reader::pfid),
        digest: from.bytes().try_into().ok()?,
        name: from.option(Reader::text).map(Cow::Borrowed),
        state: *TokenState::ALL.get(usize::try_from(from.number()).ok()?)?,
        expires_at: from.option(Reader::timestamp),
        last_used_at: from.option(Reader::timestamp),
        inserted_at: from.timestamp(),
        updated_at: from.timestamp(),
    };
    from.sound(row)
}

fn write_environment(out: &mut Writer, row: &EnvironmentRow<'_>) {
    out.pfid(row.id);
    out.pfid(row.account_id);
    out.text(&row.name);
    out.timestamp(row.inserted_at);
    out.timestamp(row.updated_at);
}

fn read_environment<'a>(from: &mut Reader<'a>) -> Option<EnvironmentRow<'a>> {
    let row = EnvironmentRow {
        id: from.pfid(),
        account_id: from.pfid(),
        name: Cow::Borrowed(from.text()),
        inserted_at: from.timestamp(),
        updated_at: from.timestamp(),
    };
    from.sound(row)
}

fn write_agent(out: &mut Writer, row: &AgentRow<'_>) {
    out.pfid(row.id);
    out.pfid(row.environment_id);
    out.text(&row.name);
    out.option(row.description.as_deref(), Writer::text);
    out.timestamp(row.inserted_at);
    out.timestamp(row.updated_at);
    out.flag(row.retired);
    out.option(row.last_activity, Writer::timestamp);
    out.counts(&row.counts);
    row.nullable().for_each(|value| out.nullable(value));
}

/// Reads the names of an agent's nullable fields. Returns their number. They are the first of the present names,
/// because names never change and new ones come last.
fn read_names(from: &mut Reader<'_>) -> Option<usize> {
    let count = usize::try_from(from.number()).ok()?;
    let known = AgentRow::NULLABLE.get(..count)?;
    let are_known = known.iter().all(|name| from.text() == *name);
    from.sound(count).filter(|_| are_known)
}

/// Reads an agent and the first `nullable` of its nullable fields. The snapshot does not contain its account, which
/// is that of its environment.
fn read_agent<'a>(from: &mut Reader<'a>, nullable: usize) -> Option<AgentRow<'a>> {
    let (id, account_id, environment_id) = (from.pfid(), Pfid::NIL, from.pfid());
    let name = Cow::Borrowed(from.text());
    let description = from.option(Reader::text).map(Cow::Borrowed);
    let inserted_at = from.timestamp();
    let mut row = AgentRow {
        description,
        updated_at: from.timestamp(),
        retired: from.flag(),
        last_activity: from.option(Reader::timestamp),
        counts: from.counts(),
        ..AgentRow::new(id, account_id, environment_id, name, inserted_at)
    };
    let fields = row.nullable_mut().take(nullable);
    fields.for_each(|field| from.nullable(field));
    from.sound(row)
}

impl Data {
    fn write_dependents(&self, kind: DependentKind, out: &mut Writer) -> Result<(), StoreError> {
        let table = self.dependents(kind);
        out.number(table.len() as u64);
        for record in table.slots().filter_map(|slot| table.get(slot)) {
            let (parent_id, _) = self.parent_of(kind, record)?;
            out.pfid(record.id);
            out.pfid(parent_id);
            out.timestamp(record.inserted_at);
            // The body of an instance has it, too, and is what is read.
            let started_at = Timestamp::from_micros(record.started_at);
            out.timestamp(started_at.unwrap_or(record.inserted_at));
            out.bytes(&record.body);
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

    fn write_answers(&self, out: &mut Writer) {
        out.number(self.answers.current().count() as u64);
        for record in self.answers.current() {
            out.pfid(record.scope);
            out.text(&record.key);
            out.bytes(&record.fingerprint);
            out.bytes(&record.body);
            out.number(record.kept_at.unsigned_abs());
            out.number(record.status.into());
            out.option(record.object_id, Writer::pfid);
        }
    }

    fn read_answers(
        &mut self,
        from: &mut Reader<'_>,
        form: SnapshotForm,
    ) -> Result<(), StoreError> {
        if form != SnapshotForm::WithObjects {
            return self.read_answers_by_scope(from);
        }
        for _ in 0..from.number() {
            let record = AnswerRecord {
                scope: from.pfid(),
                key: from.text().into(),
                fingerprint: from.bytes().try_into().map_err(|_| REFUSED)?,
                body: from.bytes().into(),
                kept_at: from.number().try_into().map_err(|_| REFUSED)?,
                status: from.number().try_into().map_err(|_| REFUSED)?,
                object_id: from.option(Reader::pfid),
                is_replaced: false,
            };
            self.answers.keep(from.sound(record).ok_or(REFUSED)?);
        }
        from.sound(()).ok_or(REFUSED)
    }

    /// The form before [`SnapshotForm::WithObjects`]: scope by scope, with the end of each key.
    fn read_answers_by_scope(&mut self, from: &mut Reader<'_>) -> Result<(), StoreError> {
        let mut records = Vec::new();
        for _ in 0..from.number() {
            let scope = from.pfid();
            for _ in 0..from.number() {
                let key = from.text().into();
                let fingerprint = from.bytes().try_into();
                let body = from.bytes().into();
                let until = i64::try_from(from.number()).map_err(|_| REFUSED)?;
                let record = AnswerRecord {
                    scope,
                    key,
                    fingerprint: fingerprint.map_err(|_| REFUSED)?,
                    status: 200,
                    object_id: None,
                    body,
                    kept_at: until.saturating_sub(KEPT_MICROS),
                    is_replaced: false,
                };
                records.push(Some(from.sound(record).ok_or(REFUSED)?));
            }
            from.sound(()).ok_or(REFUSED)?;
        }
        let kept_at = |records: &[Option<AnswerRecord>], place: u32| {
            let record = records.get(place as usize).and_then(Option::as_ref);
            record.map_or(0, |record| record.kept_at)
        };
        let mut places: Vec<u32> = (0..records.len() as u32).collect();
        sort(&mut places, &mut |a, b| {
            let [first, second] = [a, b].map(|place| kept_at(&records, place));
            first.cmp(&second).then(a.cmp(&b))
        });
        for place in places {
            if let Some(record) = records.get_mut(place as usize).and_then(Option::take) {
                self.answers.keep(record);
            }
        }
        Ok(())
    }

    /// Whether the stored counts of agents' instances and of instances' spans are right.
    fn counts_hold(&self) -> Result<bool, StoreError> {
        let instances = self.tally(DependentKind::Instance, &|slot| {
            self.instance_row(slot).map(|it| it.status)
        })?;
        let spans = self.tally(DependentKind::Span, &|slot| {
            self.span_row(slot).map(|it| it.status)
        })?;
        let of = |tally: &[InstanceCounts], slot: u32| {
            tally.get(slot as usize).copied().unwrap_or_default()
        };
        for slot in self.agents.slots() {
            if self.agent_row(slot)?.counts != of(&instances, slot) {
                return Ok(false);
            }
        }
        for slot in self.instances.slots() {
            if self.instance_row(slot)?.span_counts != of(&spans, slot) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The number of dependents of a kind in each status, by the slots of their parents.
    fn tally(
        &self,
        kind: DependentKind,
        status: &dyn Fn(u32) -> Result<RunStatus, StoreError>,
    ) -> Result<Vec<InstanceCounts>, StoreError> {
        let table = self.dependents(kind);
        let mut tally = vec![InstanceCounts::default(); table.parents()];
        for slot in table.slots() {
            let parent = table.get(slot).map(|it| it.parent as usize);
            if let Some(counts) = parent.and_then(|parent| tally.get_mut(parent)) {
                counts.add(status(slot)?);
            }
        }
        Ok(tally)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
    use crate::store::{
        AccountRow, Accounts as _, IdState, InstanceRow, Instances as _, Ownership,
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
            store_counting(pending).save(&mut out).unwrap();
            let bytes = out.into_bytes();
            let form = SnapshotForm::NamedNullable;
            let loaded = store().load(&mut Reader::new(&bytes), form);
            assert_eq!(loaded.is_ok(), loads, "{pending}");
        }
    }
}
