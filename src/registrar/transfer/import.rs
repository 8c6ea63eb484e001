//! Merges the records of an export.

use std::borrow::Cow;

use crate::model::pfid::Pfid;
use crate::registrar::{Caller, Failure, Issue, Kind, Registrar};
use crate::rules::IssueReason;
use crate::store::{
    AccountRow, AgentRow, ApiTokenRow, CountShift, EnvironmentRow, InstanceRow, SpanChange,
    SpanRow, StoreError, Usage, VersionKind, VersionRow,
};

/// What becomes of a record that the target has with other contents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conflicts {
    /// It is refused.
    Refuse,
    /// The target's stays.
    Keep,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merged {
    /// The target did not have it.
    Added,
    /// The target has it already.
    Unchanged,
    /// The target has it with other contents, which stay.
    Kept,
}

/// An import into one account: the operator's, in the open unit of work. Its methods take the records of an export in their
/// order. Counts by status and the counts of lists are not read: they follow from the records that are added.
#[derive(Debug)]
pub struct Import<'r> {
    registrar: &'r mut Registrar,
    account_id: Pfid,
    conflicts: Conflicts,
}

impl<'r> Import<'r> {
    /// Begins an import. Requires the operator.
    pub fn begin(
        registrar: &'r mut Registrar,
        caller: &Caller,
        account_id: Pfid,
        conflicts: Conflicts,
    ) -> Result<Import<'r>, Failure> {
        caller.require_operator()?;
        Ok(Import {
            registrar,
            account_id,
            conflicts,
        })
    }

    /// The account of all records.
    pub fn account_id(&self) -> Pfid {
        self.account_id
    }

    /// The account itself. It is created if there is none; later ids are greater than those of both sides.
    pub fn account(&mut self, row: &AccountRow<'_>) -> Result<Merged, Failure> {
        if row.id != self.account_id {
            return Err(issue("id", IssueReason::NotFound, FOREIGN));
        }
        let existing = self.registrar.store.account(row.id)?;
        let existing = existing.map(|it| (it.name.into_owned(), it.inserted_at == it.updated_at));
        let merged = match existing {
            None => {
                if let Some(taken) = self.registrar.free_account_id(row.id)? {
                    return Err(issue("id", taken.reason, taken.message.into_owned()));
                }
                self.registrar.ids.add_account(row.id);
                self.registrar
                    .charge(row.id, Usage::of_account(&row.name))?;
                self.registrar.write().insert_account(row)?;
                Merged::Added
            }
            Some((name, _)) if name == row.name => Merged::Unchanged,
            // Nobody chose its name here.
            Some((name, true)) => {
                let (before, after) = (Usage::of_account(&name), Usage::of_account(&row.name));
                self.registrar.recharge(row.id, before, after)?;
                let store = self.registrar.write();
                store.update_account(row.id, Some(&row.name), row.updated_at)?;
                Merged::Added
            }
            Some(_) => self.conflict("name")?,
        };
        self.registrar.ids.advance(row.id, &row.ids);
        Ok(merged)
    }

    /// An environment.
    pub fn environment(&mut self, row: &EnvironmentRow<'_>) -> Result<Merged, Failure> {
        self.require_account()?;
        self.require_own(row.id)?;
        let existing = self.registrar.store.environment(row.id)?;
        let existing = existing.map(|it| (it.name.into_owned(), it.inserted_at == it.updated_at));
        match existing {
            None => {
                self.claim(row.id)?;
                self.registrar
                    .charge(self.account_id, Usage::of_environment(row))?;
                self.registrar.write().insert_environment(row)?;
                Ok(Merged::Added)
            }
            Some((name, _)) if name == row.name => Ok(Merged::Unchanged),
            Some((name, true)) => {
                let before = Usage::of_environment(&EnvironmentRow {
                    name: Cow::Owned(name),
                    ..row.clone()
                });
                let after = Usage::of_environment(row);
                self.registrar.recharge(self.account_id, before, after)?;
                let store = self.registrar.write();
                store.update_environment(row.id, Some(&row.name), row.updated_at)?;
                Ok(Merged::Added)
            }
            Some(_) => self.conflict("name"),
        }
    }

    /// An API token, by its digest. Its environment may be gone.
    pub fn api_token(&mut self, row: &ApiTokenRow<'_>) -> Result<Merged, Failure> {
        self.require_account()?;
        self.require_own(row.id)?;
        if let Some(existing) = self.registrar.store.api_token(row.id)? {
            let existing = ApiTokenRow {
                last_used_at: row.last_used_at,
                ..existing
            };
            let is_equal = existing == *row;
            return self.existing(is_equal);
        }
        self.claim(row.id)?;
        if self
            .registrar
            .store
            .api_token_of_digest(&row.digest)?
            .is_some()
        {
            let message = "Another API token has this digest.";
            return Err(issue("sha256", IssueReason::Taken, message));
        }
        self.registrar
            .charge(self.account_id, Usage::of_token(row))?;
        self.registrar.write().insert_api_token(row)?;
        self.registrar.tokens.forget();
        self.registrar.tokens.has_managed = true;
        Ok(Merged::Added)
    }

    /// An agent. Its versions may follow later, so its current ones are not looked up.
    pub fn agent(&mut self, row: &AgentRow<'_>) -> Result<Merged, Failure> {
        self.require_own(row.id)?;
        if let Some(existing) = self.registrar.store.agent(row.id)? {
            let existing = AgentRow {
                last_activity: row.last_activity,
                counts: row.counts,
                ..existing
            };
            let is_equal = existing == *row;
            return self.existing(is_equal);
        }
        let environment = self.registrar.store.environment(row.environment_id)?;
        if environment.is_none_or(|it| it.account_id != self.account_id) {
            return Err(missing("environment_id", Kind::Environment));
        }
        self.claim(row.id)?;
        self.registrar
            .charge(self.account_id, Usage::of_agent(row))?;
        self.registrar.write().insert_agent(row)?;
        Ok(Merged::Added)
    }

    /// A version of an agent.
    pub fn version(
        &mut self,
        kind: VersionKind,
        agent_id: Pfid,
        row: VersionRow<'_>,
    ) -> Result<Merged, Failure> {
        let row = VersionRow {
            owner: self.owner(agent_id)?,
            ..row
        };
        self.require_own(row.id)?;
        if let Some(existing) = self.registrar.store.version(kind, row.id)? {
            let schemas = existing.version.schemas.clone().map(|it| it.map(one_line));
            let version = crate::store::NewVersion {
                schemas,
                ..existing.version
            };
            let is_equal = VersionRow {
                version,
                ..existing
            } == row;
            return self.existing(is_equal);
        }
        self.claim(row.id)?;
        let identifier = &row.version.external_identifier;
        if self
            .registrar
            .store
            .version_id(kind, agent_id, identifier)?
            .is_some()
        {
            let message = "The agent has another version with this external identifier.";
            return Err(issue("external_identifier", IssueReason::Taken, message));
        }
        self.registrar
            .charge(self.account_id, Usage::of_version(&row))?;
        self.registrar.write().insert_version(kind, &row)?;
        Ok(Merged::Added)
    }

    /// An instance, without the counts of its spans.
    pub fn instance(&mut self, agent_id: Pfid, row: InstanceRow) -> Result<Merged, Failure> {
        let row = InstanceRow {
            owner: self.owner(agent_id)?,
            ..row
        };
        self.require_own(row.id)?;
        if let Some(existing) = self.registrar.store.instance(row.id)? {
            let span_counts = row.span_counts;
            let is_equal = InstanceRow {
                span_counts,
                ..existing
            } == row;
            return self.existing(is_equal);
        }
        if let Some(id) = row.version_id {
            let version = self.registrar.store.version(VersionKind::Agent, id)?;
            if version.is_none_or(|it| it.owner.agent_id != agent_id) {
                return Err(missing("agent_version_id", Kind::AgentVersion));
            }
        }
        self.claim(row.id)?;
        self.registrar
            .charge(self.account_id, Usage::of_instance())?;
        let store = self.registrar.write();
        store.insert_instance(&row)?;
        store.record_activity(agent_id, CountShift::added(row.status), row.updated_at)?;
        Ok(Merged::Added)
    }

    /// A span. Its parent may follow later, so it is not looked up. With `result_follows`, its result is not in the row,
    /// because it would be too long for one request: see [`span_result`](Import::span_result).
    pub fn span(&mut self, row: SpanRow<'_>, result_follows: bool) -> Result<Merged, Failure> {
        let instance = self.registrar.store.instance(row.instance_id)?;
        let instance = instance.filter(|it| it.owner.account_id == self.account_id);
        let owner = instance.ok_or_else(|| missing("agent_instance_id", Kind::AgentInstance))?;
        let row = SpanRow {
            owner: owner.owner,
            ..row
        };
        self.require_own(row.id)?;
        if let Some(existing) = self.registrar.store.span(row.id)? {
            let stored = SpanRow {
                payload: one_line(existing.payload.clone()),
                result_payload: match result_follows {
                    true => None,
                    false => existing.result_payload.clone().map(one_line),
                },
                ..existing
            };
            let is_equal = stored == row;
            return self.existing(is_equal);
        }
        self.claim(row.id)?;
        self.registrar
            .charge(self.account_id, Usage::of_span(&row))?;
        let store = self.registrar.write();
        store.insert_span(&row)?;
        store.shift_span_counts(row.instance_id, CountShift::added(row.status))?;
        Ok(Merged::Added)
    }

    /// The result of a span that was imported without it.
    pub fn span_result(&mut self, id: Pfid, result: &str) -> Result<Merged, Failure> {
        let span = self.registrar.store.span(id)?;
        let span = span.filter(|it| it.owner.account_id == self.account_id);
        let span = span.ok_or_else(|| missing("id", Kind::AgentSpan))?;
        if let Some(existing) = &span.result_payload {
            let is_equal = one_line(existing.clone()) == result;
            return self.existing(is_equal);
        }
        let change = SpanChange {
            updated_at: span.updated_at,
            status: span.status,
            finished_at: span.finished_at,
            result_payload: Some(result),
        };
        let before = Usage::of_span(&span);
        let after = Usage::of_span(&SpanRow {
            result_payload: Some(Cow::Borrowed(result)),
            ..span
        });
        self.registrar.recharge(self.account_id, before, after)?;
        self.registrar.write().update_span(id, &change)?;
        Ok(Merged::Added)
    }

    fn require_account(&self) -> Result<(), Failure> {
        match self.registrar.store.account(self.account_id)? {
            Some(_) => Ok(()),
            None => Err(missing("account_id", Kind::Account)),
        }
    }

    /// The owner of what belongs to an agent.
    #[inline(never)]
    fn owner(&self, agent_id: Pfid) -> Result<crate::store::Ownership, Failure> {
        let agent = self.registrar.store.agent(agent_id)?;
        let agent = agent.filter(|it| it.account_id == self.account_id);
        Ok(agent
            .ok_or_else(|| missing("agent_id", Kind::Agent))?
            .ownership())
    }

    /// Refuses the id of another account, also where its record is in the same store. **\[ours\]**
    #[inline(never)]
    fn require_own(&self, id: Pfid) -> Result<(), Failure> {
        if id.partition() == self.account_id.partition() {
            return Ok(());
        }
        Err(issue("id", IssueReason::ForeignPartition, FOREIGN))
    }

    /// Checks that the id of a new record is free. Ids that are generated later avoid it.
    #[inline(never)]
    fn claim(&mut self, id: Pfid) -> Result<(), Failure> {
        if self.registrar.store.locate(id)?.is_some() {
            return Err(taken());
        }
        self.registrar.ids.note_imported(self.account_id, id);
        Ok(())
    }

    #[inline(never)]
    fn existing(&self, is_equal: bool) -> Result<Merged, Failure> {
        match is_equal {
            true => Ok(Merged::Unchanged),
            false => self.conflict("id"),
        }
    }

    #[inline(never)]
    fn conflict(&self, path: &'static str) -> Result<Merged, Failure> {
        match self.conflicts {
            Conflicts::Keep => Ok(Merged::Kept),
            Conflicts::Refuse => {
                let message = "The record with this ID exists here with other contents.";
                Err(issue(path, IssueReason::Taken, message))
            }
        }
    }

    /// Writes the state of the ids. The last call of an import.
    pub fn end(self) -> Result<(), StoreError> {
        self.registrar.save_ids()
    }
}

const FOREIGN: &str = "The record belongs to another account.";

/// JSON as a line of an export has it: line breaks, which are white space there, become spaces.
pub(crate) fn one_line(json: Cow<'_, str>) -> Cow<'_, str> {
    match json.contains(['\n', '\r']) {
        true => Cow::Owned(json.replace(['\n', '\r'], " ")),
        false => json,
    }
}

#[cold]
#[inline(never)]
fn taken() -> Failure {
    issue("id", IssueReason::Taken, "Another object has this ID.")
}

#[cold]
#[inline(never)]
fn missing(path: &'static str, kind: Kind) -> Failure {
    let message = format!("There is no {} with this ID.", kind.name());
    issue(path, IssueReason::NotFound, message)
}

#[cold]
#[inline(never)]
fn issue(
    path: &'static str,
    reason: IssueReason,
    message: impl Into<crate::rules::Explanation>,
) -> Failure {
    Failure::invalid(vec![Issue::new(path, reason, message)])
}
