//! Imports of the operator: records of an export, merged by id, all of them or none.

use serde_json::Value;

use super::id::Id;
use super::limits::FULL;
use super::operation::{Kind, STATUSES};
use super::record::{INVALID, Record, Step};
use super::state::{Account, Agent, Environment, Instance, Span, Token, Version};
use super::{Finding, Model, Reply, expect_error};

/// The states of tokens in exports.
const STATES: [&str; 3] = ["active", "suspended", "revoked"];

/// What became of a record.
enum Merged {
    Added,
    Unchanged,
    Kept,
}

impl Model {
    /// Compares the answer to an import, and takes its records over if none of them is refused.
    pub(super) fn judge_import(
        &mut self,
        id: Id,
        lines: &[String],
        keeps: bool,
        reply: &Reply,
    ) -> Result<(), Finding> {
        if self.has_front && !self.accounts.contains_key(&id.partition()) {
            return expect_error(reply, (404, "not_found"));
        }
        if reply.status == 200 {
            self.bind_imported(id, lines);
        }
        let existing = self.accounts.get(&id.partition());
        let mut merge = Merge {
            id,
            keeps,
            others: self.records() - existing.map_or(0, Account::records),
            model: self,
            account: existing.cloned(),
        };
        let mut counts = [0_u64; 3];
        for line in lines.iter().filter(|line| !line.trim().is_empty()) {
            match merge.line(line) {
                Ok(Merged::Added) => counts[0] += 1,
                Ok(Merged::Unchanged) => counts[1] += 1,
                Ok(Merged::Kept) => counts[2] += 1,
                Err(refusal) => return expect_error(reply, refusal),
            }
        }
        let [added, unchanged, kept] = counts;
        let expected = format!(
            "{{\"status\":\"success\",\"added\":{added},\"unchanged\":{unchanged},\"kept\":{kept}}}"
        );
        if reply.status != 200 || reply.body != expected.as_bytes() {
            return Err(format!("the answer should be 200 {expected}"));
        }
        if let Some(account) = merge.account {
            if !self.has_front {
                self.listed(account.id, &account.name, account.inserted);
            }
            self.accounts.insert(id.partition(), account);
        }
        Ok(())
    }

    /// Lines that were taken over tell the ids of versions and tokens that are there already: those that no answer told, or none since a
    /// snapshot was restored.
    fn bind_imported(&mut self, id: Id, lines: &[String]) {
        for line in lines {
            let record: Value = serde_json::from_str(line).unwrap_or_default();
            let known = record["id"].as_str().and_then(Id::parse);
            let Some((known, account)) = known.zip(self.accounts.get(&id.partition())) else {
                continue;
            };
            let is_token = |it: &Token| record["sha256"].as_str() == it.digest.as_deref();
            let versions = account.versions.iter().filter(|(_, it)| it.is_in(&record));
            let tokens = account
                .tokens
                .iter()
                .filter(|(_, it)| record["kind"] == "api_token" && is_token(it));
            let mut same = versions.map(|(id, _)| *id).chain(tokens.map(|(id, _)| *id));
            if let Some(unknown) = same.find(|it| self.is_unknown(*it)) {
                self.bind(unknown, known);
            }
        }
    }
}

/// An import in progress, on a copy of the account.
struct Merge<'m> {
    id: Id,
    keeps: bool,
    /// The records of all other accounts.
    others: u64,
    model: &'m Model,
    account: Option<Account>,
}

impl Merge<'_> {
    fn line(&mut self, line: &str) -> Step<Merged> {
        let record: Value = serde_json::from_str(line).map_err(|_| INVALID)?;
        let record = Record(&record);
        match record.text("kind")?.ok_or(INVALID)? {
            "account" => self.account(&record),
            "environment" => self.environment(&record),
            "api_token" => self.token(&record),
            "agent" => self.agent(&record),
            "agent_version" => self.version(Kind::Version, &record),
            "agent_schema_version" => self.version(Kind::SchemaVersion, &record),
            "agent_instance" => self.instance(&record),
            "agent_span" => self.span(&record),
            _ => Err(INVALID),
        }
    }

    /// The account that the records are of. It must exist before them.
    fn own(&mut self) -> Step<&mut Account> {
        let id = self.id;
        self.account
            .as_mut()
            .filter(|it| it.id == id)
            .ok_or(INVALID)
    }

    fn conflict(&self) -> Step<Merged> {
        match self.keeps {
            true => Ok(Merged::Kept),
            false => Err(INVALID),
        }
    }

    fn existing(&self, is_equal: bool) -> Step<Merged> {
        match is_equal {
            true => Ok(Merged::Unchanged),
            false => self.conflict(),
        }
    }

    /// The id of a new record is one of the account, and free.
    fn claim(&mut self, id: Id) -> Step<()> {
        let is_free = id.partition() == self.id.partition() && !self.own()?.has(id);
        is_free.then_some(()).ok_or(INVALID)
    }

    /// There is room for one more record.
    fn room(&self) -> Step<()> {
        let own = self.account.as_ref().map_or(0, Account::records);
        match self.model.has_room(self.others, own, 1) {
            true => Ok(()),
            false => Err(FULL),
        }
    }

    fn account(&mut self, record: &Record<'_>) -> Step<Merged> {
        let (id, inserted, updated) = record.common()?;
        let name = record.text("name")?.ok_or(INVALID)?;
        let last = record.id("last_id")?;
        let highest = record.id("highest_chosen_id")?;
        let is_foreign = |it: Option<Id>| it.is_some_and(|it| it.partition() != id.partition());
        if is_foreign(last) || is_foreign(highest) || id != self.id {
            return Err(INVALID);
        }
        let merged = match &mut self.account {
            Some(account) if account.id != id => return Err(INVALID),
            Some(account) if account.name == name => Merged::Unchanged,
            Some(account) if account.inserted == account.updated => {
                (account.name, account.updated) = (name.to_owned(), updated);
                Merged::Added
            }
            Some(_) => self.conflict()?,
            None => {
                self.room()?;
                let mut account = Account::new(id, name, inserted);
                account.updated = updated;
                self.account = Some(account);
                Merged::Added
            }
        };
        self.own()?.continue_after(last);
        Ok(merged)
    }

    fn environment(&mut self, record: &Record<'_>) -> Step<Merged> {
        let (id, inserted, updated) = record.common()?;
        let name = record.text("name")?.ok_or(INVALID)?;
        match self.own()?.environments.get_mut(&id) {
            Some(it) if it.name == name => return Ok(Merged::Unchanged),
            Some(it) if it.inserted == it.updated => {
                (it.name, it.updated) = (name.to_owned(), updated);
                return Ok(Merged::Added);
            }
            Some(_) => return self.conflict(),
            None => {}
        }
        self.claim(id)?;
        self.room()?;
        let environment = Environment {
            name: name.to_owned(),
            inserted,
            updated,
        };
        self.own()?.environments.insert(id, environment);
        self.added(Kind::Environment, id)
    }

    fn token(&mut self, record: &Record<'_>) -> Step<Merged> {
        let (id, inserted, updated) = record.common()?;
        let state = record.word("state", &STATES)?;
        let digest = record.text("sha256")?.ok_or(INVALID)?;
        let used = record.time("last_used_at")?;
        let token = Token {
            environment: record.id("environment_id")?,
            state,
            expires_at: record.time("expires_at")?,
            used: [used, used],
            digest: Some(digest.to_owned()),
            inserted,
            updated,
        };
        let tokens = &self.own()?.tokens;
        let key = |it: &Token| {
            (
                it.environment,
                it.state,
                it.expires_at,
                it.inserted,
                it.updated,
            )
        };
        if let Some(it) = tokens.get(&id) {
            let is_equal =
                key(it) == key(&token) && it.digest.as_ref().is_none_or(|it| it == digest);
            return self.existing(is_equal);
        }
        let is_taken = tokens.values().any(|it| it.digest == token.digest);
        self.claim(id)?;
        if is_taken {
            return Err(INVALID);
        }
        self.room()?;
        self.own()?.tokens.insert(id, token);
        self.added(Kind::Token, id)
    }

    fn agent(&mut self, record: &Record<'_>) -> Step<Merged> {
        let (id, inserted, updated) = record.common()?;
        let name = record.text("name")?.filter(|it| !it.is_empty());
        let agent = Agent {
            environment: record.id("environment_id")?.ok_or(INVALID)?,
            name: name.ok_or(INVALID)?.to_owned(),
            description: record.text("description")?.map(str::to_owned),
            is_retired: record.0["retired"].as_bool().ok_or(INVALID)?,
            inserted,
            updated,
            last_activity: record.time("last_activity_at")?,
            current: [
                record.id("current_version_id")?,
                record.id("current_schema_version_id")?,
            ],
        };
        let account = self.own()?;
        if let Some(it) = account.agents.get(&id) {
            let other = Agent {
                last_activity: agent.last_activity,
                ..it.clone()
            };
            return self.existing(other == agent);
        }
        if !account.environments.contains_key(&agent.environment) {
            return Err(INVALID);
        }
        self.claim(id)?;
        self.room()?;
        self.own()?.agents.insert(id, agent);
        self.added(Kind::Agent, id)
    }

    fn version(&mut self, kind: Kind, record: &Record<'_>) -> Step<Merged> {
        let id = record.id("id")?.ok_or(INVALID)?;
        let identifier = record.text("external_identifier")?;
        let version = Version {
            kind,
            agent: record.id("agent_id")?.ok_or(INVALID)?,
            identifier: identifier
                .filter(|it| !it.is_empty())
                .ok_or(INVALID)?
                .to_owned(),
            inserted: record.time("inserted_at")?.ok_or(INVALID)?,
        };
        let account = self.own()?;
        if !account.agents.contains_key(&version.agent) {
            return Err(INVALID);
        }
        let versions = &account.versions;
        if let Some(it) = versions.get(&id).filter(|it| it.kind == kind) {
            let is_equal = *it == version;
            return self.existing(is_equal);
        }
        let key = |it: &Version| (it.kind, it.agent, it.identifier.clone());
        let is_taken = versions.values().any(|it| key(it) == key(&version));
        self.claim(id)?;
        if is_taken {
            return Err(INVALID);
        }
        self.room()?;
        self.own()?.versions.insert(id, version);
        self.added(kind, id)
    }

    fn instance(&mut self, record: &Record<'_>) -> Step<Merged> {
        let (id, inserted, updated) = record.common()?;
        let agent = record.id("agent_id")?.ok_or(INVALID)?;
        let version = record.id("agent_version_id")?;
        let status = record.word("status", &STATUSES)?;
        let (started, finished) = (record.time("started_at")?, record.time("finished_at")?);
        let account = self.own()?;
        let environment = account.agents.get(&agent).ok_or(INVALID)?.environment;
        let instance = Instance {
            agent,
            environment,
            version,
            status,
            inserted,
            updated,
            started,
            finished,
        };
        if let Some(it) = account.instances.get(&id) {
            let is_equal = *it == instance;
            return self.existing(is_equal);
        }
        let of_agent = |id: Id| {
            let version = account.versions.get(&id);
            version.is_some_and(|it| it.kind == Kind::Version && it.agent == agent)
        };
        if !version.is_none_or(of_agent) {
            return Err(INVALID);
        }
        self.claim(id)?;
        self.room()?;
        let account = self.own()?;
        account.instances.insert(id, instance);
        if let Some(agent) = account.agents.get_mut(&agent) {
            agent.last_activity = agent.last_activity.max(Some(updated));
        }
        self.added(Kind::Instance, id)
    }

    fn span(&mut self, record: &Record<'_>) -> Step<Merged> {
        let (id, inserted, updated) = record.common()?;
        let instance = record.id("agent_instance_id")?.ok_or(INVALID)?;
        let parent = record.id("parent_span_id")?;
        let status = record.word("status", &STATUSES)?;
        let started = record.time("started_at")?.ok_or(INVALID)?;
        let finished = record.time("finished_at")?;
        record.text("schema_name")?.ok_or(INVALID)?;
        let (size, result) = (record.size("payload")?, record.size("result_payload")?);
        let account = self.own()?;
        let owner = account.instances.get(&instance).ok_or(INVALID)?;
        let span = Span {
            instance,
            agent: owner.agent,
            environment: owner.environment,
            parent,
            status,
            size: size.ok_or(INVALID)?,
            result,
            inserted,
            updated,
            started,
            finished,
        };
        if let Some(it) = account.spans.get(&id) {
            // A payload has a character for every two of its size.
            let is_equal = Span {
                size: it.size / 2 * 2,
                result: it.result.map(|size| size / 2 * 2),
                ..it.clone()
            } == span;
            return self.existing(is_equal);
        }
        self.claim(id)?;
        self.room()?;
        self.own()?.spans.insert(id, span);
        self.added(Kind::Span, id)
    }

    fn added(&mut self, kind: Kind, id: Id) -> Step<Merged> {
        self.own()?.note(kind, id);
        Ok(Merged::Added)
    }
}
