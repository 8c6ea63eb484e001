//! Reads the records of an account, page by page.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::Record;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::ids::not_found;
use crate::registrar::{Caller, Failure, Kind, Registrar};
use crate::store::{
    AgentOrder, AgentQuery, AgentRow, InstanceQuery, InstanceRow, Nullable, NullableMut, Page,
    RunOrder, SpanParent, SpanQuery, Store, StoreError, VersionKind, VersionOrder, VersionQuery,
};

/// How many rows one read of the store takes.
const ROWS: u32 = 64;
/// The same for spans, which can have 2 MiB each.
const SPANS: u32 = 8;

/// The kind of records that an export continues with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The account.
    Account,
    /// The environments.
    Environments,
    /// The API tokens.
    Tokens,
    /// The next agent.
    Agents,
    /// The versions of the last agent.
    Versions,
    /// The schema versions of the last agent.
    SchemaVersions,
    /// The instances of the last agent, each with its spans.
    Instances,
}

impl Phase {
    /// All phases, in their order.
    pub const ALL: [Phase; 7] = [
        Phase::Account,
        Phase::Environments,
        Phase::Tokens,
        Phase::Agents,
        Phase::Versions,
        Phase::SchemaVersions,
        Phase::Instances,
    ];
}

/// The place in an export where the next page begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// When the export began. Agents, instances and spans that are created later are left out, so that every record has
    /// its parent in the export, also while others write. A record of the future is not left out: it was there when the clock
    /// stepped back.
    pub started: Timestamp,
    /// What the page begins with.
    pub phase: Phase,
    /// The last environment, API token or agent that was read.
    pub after: Option<Pfid>,
    /// About how many agents were read. Agents may have been deleted since.
    pub agents: u64,
    /// How many versions or instances of the last agent were read.
    pub first: u64,
    /// In the phase of instances: 0, or 1 and the number of spans of the instance that were read.
    pub second: u64,
}

impl Cursor {
    /// The beginning.
    pub fn start(now: Timestamp) -> Cursor {
        Cursor {
            started: now,
            phase: Phase::Account,
            after: None,
            agents: 0,
            first: 0,
            second: 0,
        }
    }

    /// Whether a record belongs to the export, whose page is read now.
    fn covers(&self, inserted_at: Timestamp, now: Timestamp) -> bool {
        inserted_at <= self.started || inserted_at > now
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.first = 0;
        self.second = 0;
    }
}

/// Takes the records of one page.
pub trait Sink {
    /// Whether the page is full.
    fn is_full(&self) -> bool;

    /// Adds a record.
    fn write(&mut self, record: &Record<'_>);
}

/// One page of the records of an account. Returns the place of the next page, or `None` after the last one. Requires the
/// operator.
///
/// The pages together are no snapshot: a record has the state of the moment in which its page was read.
pub fn export(
    registrar: &mut Registrar,
    caller: &Caller,
    account_id: Pfid,
    cursor: Cursor,
    sink: &mut dyn Sink,
) -> Result<Option<Cursor>, Failure> {
    caller.require_operator()?;
    let account = registrar.store.account(account_id)?;
    let account = account.ok_or_else(|| not_found(Kind::Account))?;
    let mut cursor = cursor;
    if cursor.phase == Phase::Account {
        sink.write(&Record::Account(&account));
        cursor.enter(Phase::Environments);
    }
    drop(account);
    let mut export = Export {
        store: &mut *registrar.store,
        account_id,
        cursor,
        now: caller.now,
        sink,
    };
    while !export.sink.is_full() {
        let goes_on = match export.cursor.phase {
            Phase::Account | Phase::Environments => export.environments()?,
            Phase::Tokens => export.tokens()?,
            Phase::Agents => export.agents()?,
            Phase::Versions | Phase::SchemaVersions | Phase::Instances => {
                export.dependents(true)?;
                true
            }
        };
        if !goes_on {
            return Ok(None);
        }
    }
    Ok(Some(export.cursor))
}

struct Export<'e> {
    store: &'e mut dyn Store,
    account_id: Pfid,
    cursor: Cursor,
    now: Timestamp,
    sink: &'e mut dyn Sink,
}

impl Export<'_> {
    fn environments(&mut self) -> Result<bool, StoreError> {
        let mut rows = self.store.environments(self.account_id)?;
        rows.retain(|row| Some(row.id) > self.cursor.after);
        rows.sort_unstable_by_key(|row| row.id);
        for row in &rows {
            if self.sink.is_full() {
                return Ok(true);
            }
            self.sink.write(&Record::Environment(row));
            self.cursor.after = Some(row.id);
        }
        self.cursor.after = None;
        self.cursor.enter(Phase::Tokens);
        Ok(true)
    }

    fn tokens(&mut self) -> Result<bool, StoreError> {
        let mut rows = self.store.api_tokens(self.account_id)?;
        rows.retain(|row| Some(row.id) > self.cursor.after);
        rows.sort_unstable_by_key(|row| row.id);
        for row in &rows {
            if self.sink.is_full() {
                return Ok(true);
            }
            self.sink.write(&Record::ApiToken(row));
            self.cursor.after = Some(row.id);
        }
        self.cursor.after = None;
        self.cursor.enter(Phase::Agents);
        Ok(true)
    }

    /// The next agents, each with all that belongs to it. Returns false if there is none.
    fn agents(&mut self) -> Result<bool, StoreError> {
        self.find_place()?;
        let after = self.cursor.after;
        let (mut rows, mut passed) = (Vec::new(), 0);
        let query = self.agents_from(self.cursor.agents, ROWS);
        self.store.list_agents(&query, &mut |row| {
            match Some(row.id) > after {
                true => rows.push(owned(row)),
                false => passed += 1,
            }
            ControlFlow::Continue(())
        })?;
        self.cursor.agents += passed;
        for row in &rows {
            if self.sink.is_full() {
                return Ok(true);
            }
            self.cursor.after = Some(row.id);
            self.cursor.agents += 1;
            if self.cursor.covers(row.inserted_at, self.now) {
                self.sink.write(&Record::Agent(row));
                self.cursor.enter(Phase::Versions);
                self.dependents(row.counts.total() > 0)?;
                if self.cursor.phase != Phase::Agents {
                    return Ok(true);
                }
            }
        }
        Ok(passed > 0 || !rows.is_empty())
    }

    fn agents_from(&self, offset: u64, size: u32) -> AgentQuery {
        AgentQuery {
            account_id: self.account_id,
            environment_id: None,
            order: AgentOrder::Id,
            page: page(offset, size),
        }
    }

    /// Moves the number of agents that were read back to at most that of those up to the last one: agents that were
    /// deleted since shifted the others.
    fn find_place(&mut self) -> Result<(), StoreError> {
        while self.cursor.agents > 0 {
            let query = self.agents_from(self.cursor.agents - 1, 1);
            let mut last = None;
            self.store.list_agents(&query, &mut |row| {
                last = Some(row.id);
                ControlFlow::Break(())
            })?;
            if last.is_some() && last <= self.cursor.after {
                break;
            }
            self.cursor.agents = self.cursor.agents.saturating_sub(u64::from(ROWS));
        }
        Ok(())
    }

    /// Everything that belongs to the last agent, until the page is full. Afterwards, the phase is that of agents.
    fn dependents(&mut self, has_instances: bool) -> Result<(), StoreError> {
        let Some(agent_id) = self.cursor.after else {
            self.cursor.enter(Phase::Agents);
            return Ok(());
        };
        while !self.sink.is_full() {
            match self.cursor.phase {
                Phase::Versions => self.versions(agent_id, VersionKind::Agent)?,
                Phase::SchemaVersions => self.versions(agent_id, VersionKind::Schema)?,
                Phase::Instances if has_instances => self.instances(agent_id)?,
                Phase::Instances => self.cursor.enter(Phase::Agents),
                _ => break,
            }
        }
        Ok(())
    }

    fn versions(&mut self, agent_id: Pfid, kind: VersionKind) -> Result<(), StoreError> {
        let Export {
            store,
            cursor,
            sink,
            ..
        } = self;
        let query = VersionQuery {
            agent_id,
            order: VersionOrder::Id,
            page: page(cursor.first, ROWS),
        };
        let total = store.list_versions(kind, &query, &mut |row| {
            if sink.is_full() {
                return ControlFlow::Break(());
            }
            sink.write(&Record::Version(kind, row));
            cursor.first += 1;
            ControlFlow::Continue(())
        })?;
        if cursor.first >= total {
            cursor.enter(match kind {
                VersionKind::Agent => Phase::SchemaVersions,
                VersionKind::Schema => Phase::Instances,
            });
        }
        Ok(())
    }

    fn instances(&mut self, agent_id: Pfid) -> Result<(), StoreError> {
        let mut rows: Vec<InstanceRow> = Vec::new();
        let query = InstanceQuery {
            agent_id,
            order: RunOrder::Id,
            page: page(self.cursor.first, ROWS),
        };
        self.store.list_instances(&query, &mut |row| {
            rows.push(*row);
            ControlFlow::Continue(())
        })?;
        for row in &rows {
            if self.sink.is_full() {
                return Ok(());
            }
            if self.cursor.covers(row.inserted_at, self.now) {
                if self.cursor.second == 0 {
                    self.sink.write(&Record::Instance(row));
                    self.cursor.second = 1;
                }
                if row.span_counts.total() > 0 && !self.spans(row.id)? {
                    return Ok(());
                }
            }
            self.cursor.first += 1;
            self.cursor.second = 0;
        }
        if rows.is_empty() {
            self.cursor.enter(Phase::Agents);
        }
        Ok(())
    }

    /// The spans of an instance. Returns false if the page is full before the last one.
    fn spans(&mut self, instance_id: Pfid) -> Result<bool, StoreError> {
        let Export {
            store,
            cursor,
            now,
            sink,
            ..
        } = self;
        while !sink.is_full() {
            let query = SpanQuery {
                parent: SpanParent::Instance(instance_id),
                order: RunOrder::Id,
                page: page(cursor.second - 1, SPANS),
                from: None,
                until: None,
            };
            let total = store.list_spans(&query, &mut |row| {
                if sink.is_full() {
                    return ControlFlow::Break(());
                }
                if cursor.covers(row.inserted_at, *now) {
                    sink.write(&Record::Span(row));
                }
                cursor.second += 1;
                ControlFlow::Continue(())
            })?;
            if cursor.second > total {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn page(offset: u64, size: u32) -> Page {
    Page {
        offset,
        size,
        descending: false,
    }
}

/// A copy of a row that outlives its list.
fn owned(row: &AgentRow<'_>) -> AgentRow<'static> {
    let text = |text: &str| Cow::Owned(text.to_owned());
    let mut copy = AgentRow::new(
        row.id,
        row.account_id,
        row.environment_id,
        text(&row.name),
        row.inserted_at,
    );
    copy.description = row.description.as_deref().map(text);
    copy.updated_at = row.updated_at;
    copy.retired = row.retired;
    copy.last_activity = row.last_activity;
    copy.counts = row.counts;
    for (from, to) in row.nullable().zip(copy.nullable_mut()) {
        match (from, to) {
            (Nullable::Id(from), NullableMut::Id(to)) => *to = from,
            (Nullable::Text(from), NullableMut::Text(to)) => *to = from.map(text),
            _ => {}
        }
    }
    copy
}
