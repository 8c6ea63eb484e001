//! Instances in SQL.

use std::ops::ControlFlow;

use super::SqlStore;
use super::hints::{Key, SortKey};
use super::host::SqlHost;
use super::instance_table::{
    BY_ID, BY_INSERTION, BY_START, COUNT_SPAN, FINISHED_SORTED, FINISHED_SORTED_DOWN, INSERT, LAST,
    SELECT, SELECT_PARENT, STATUS_SORTED, STATUS_SORTED_DOWN, UPDATE, UPDATE_COUNTS,
    UPDATED_SORTED, UPDATED_SORTED_DOWN,
};
use super::pages::{List, rows_of_page};
use super::session::Session;
use super::totals::{Added, Totals};
use super::value::{Row, Rows};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::store::{
    CountShift, InstanceQuery, InstanceRow, Instances, Kind, Ownership, Page, RunOrder, StoreError,
};

const MISSING: StoreError = StoreError::Conflict("there is no such instance");

/// The row of an instance in the database.
struct StoredInstance {
    number: i64,
    agent: i64,
    row: InstanceRow,
}

/// An instance as the parent of its spans.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpanParentRow {
    pub(super) number: i64,
    pub(super) agent: i64,
    pub(super) account: i64,
    pub(super) environment: i64,
    /// The number of its spans.
    pub(super) spans: u64,
}

fn read(owner: Ownership, row: &mut Row<'_>) -> Result<InstanceRow, StoreError> {
    Ok(InstanceRow {
        id: row.id()?,
        owner,
        version_id: row.optional_id()?,
        status: row.status()?,
        inserted_at: row.moment()?,
        updated_at: row.moment()?,
        started_at: row.optional_moment()?,
        finished_at: row.optional_moment()?,
        span_counts: row.counts()?,
    })
}

fn start_key(started_at: Option<Timestamp>, id: Pfid) -> Key {
    let micros = started_at.map_or(i64::MAX, Timestamp::micros);
    Key {
        sort: SortKey::Wide(micros),
        id,
    }
}

impl<H: SqlHost> Session<H> {
    fn select_instance(&mut self, id: Pfid) -> Result<Option<StoredInstance>, StoreError> {
        let rows = self.run(SELECT, &[id.into()])?;
        if rows.is_empty() {
            return Ok(None);
        }
        let mut row = rows.read();
        let scope = self.environment_by_number(row.number()?)?;
        let owner = scope.owner(row.id()?);
        Ok(Some(StoredInstance {
            number: row.number()?,
            agent: row.number()?,
            row: read(owner, &mut row)?,
        }))
    }

    /// The instance of an id, as the parent of spans.
    pub(super) fn span_parent(&mut self, id: Pfid) -> Result<Option<SpanParentRow>, StoreError> {
        self.run(SELECT_PARENT, &[id.into()])?.first(|row| {
            Ok(SpanParentRow {
                number: row.number()?,
                agent: row.number()?,
                account: row.number()?,
                environment: row.number()?,
                spans: row.count()?,
            })
        })
    }

    /// Increments the number of spans of an instance.
    pub(super) fn count_span(&mut self, instance: i64) -> Result<(), StoreError> {
        self.run(COUNT_SPAN, &[instance.into()]).map(drop)
    }

    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let agent = self.object_of(Kind::Agent, row.owner.agent_id)?;
        let agent = agent.ok_or(StoreError::Conflict("there is no such agent"))?;
        let scope = self.scope_of(&agent)?;
        let (account, environment) = (Some(scope.account), Some(scope.number));
        let number = self.insert_object(LAST, Kind::AgentInstance, row.id, account, environment)?;
        let values = [
            number.into(),
            row.id.into(),
            agent.number.into(),
            row.version_id.into(),
            row.status.into(),
            row.inserted_at.into(),
            row.updated_at.into(),
            row.started_at.into(),
            row.finished_at.into(),
            row.span_counts.into(),
        ];
        self.run(INSERT, &values)?;
        self.add_to_totals(agent.number, Added::Instance(row.started_at.is_some()))?;
        let insertion = Key {
            sort: SortKey::Wide(row.inserted_at.micros()),
            id: row.id,
        };
        let id = Key {
            sort: SortKey::Id,
            id: row.id,
        };
        for (order, key) in [
            (&BY_ID, id),
            (&BY_INSERTION, insertion),
            (&BY_START, start_key(row.started_at, row.id)),
        ] {
            let parent = agent.number;
            self.hints.shift(order.number, parent, None, Some(&key));
        }
        Ok(())
    }

    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let stored = self.select_instance(row.id)?.ok_or(MISSING)?;
        let values = [
            row.version_id.into(),
            row.status.into(),
            row.updated_at.into(),
            row.started_at.into(),
            row.finished_at.into(),
            stored.number.into(),
        ];
        self.run(UPDATE, &values)?;
        let shift =
            i64::from(row.started_at.is_some()) - i64::from(stored.row.started_at.is_some());
        if shift != 0 {
            self.shift_started(stored.agent, shift)?;
        }
        let old = start_key(stored.row.started_at, row.id);
        let new = start_key(row.started_at, row.id);
        self.hints
            .shift(BY_START.number, stored.agent, Some(&old), Some(&new));
        Ok(())
    }

    /// Calls `each` with the instances of a list until it returns `Break`. Returns whether it did.
    fn give_instances(
        &mut self,
        owner: Ownership,
        rows: &Rows,
        each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
    ) -> Result<ControlFlow<()>, StoreError> {
        let mut row = rows.read();
        while row.has_more() {
            if each(&read(owner, &mut row)?).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// A page of an order without an index. It sorts all instances of the agent.
    fn sorted_instances(
        &mut self,
        agent: &Totals,
        query: &InstanceQuery,
    ) -> Result<Rows, StoreError> {
        let page = &query.page;
        let count = rows_of_page(page, agent.instances);
        if count == 0 {
            return Ok(Rows::default());
        }
        let statement = match (query.order, page.descending) {
            (RunOrder::FinishedAt, false) => FINISHED_SORTED,
            (RunOrder::FinishedAt, true) => FINISHED_SORTED_DOWN,
            (RunOrder::Status, false) => STATUS_SORTED,
            (RunOrder::Status, true) => STATUS_SORTED_DOWN,
            (_, false) => UPDATED_SORTED,
            (_, true) => UPDATED_SORTED_DOWN,
        };
        let values = [
            agent.agent.into(),
            (count as i64).into(),
            (page.offset as i64).into(),
        ];
        self.run(statement, &values)
    }
}

/// The two parts of a descending page by start time: instances that have started, and those that have not. Each is the
/// rank of its first row in ascending order, and the number of its rows.
fn descending_parts(page: &Page, started: u64, total: u64) -> [(u64, u64); 2] {
    let count = rows_of_page(page, total);
    let first = count.min(started.saturating_sub(page.offset));
    let skipped = page.offset.saturating_sub(started);
    [
        (started.saturating_sub(page.offset).saturating_sub(1), first),
        (
            total.saturating_sub(skipped).saturating_sub(1),
            count - first,
        ),
    ]
}

impl<H: SqlHost> Instances for SqlStore<H> {
    fn instance(&self, id: Pfid) -> Result<Option<InstanceRow>, StoreError> {
        let stored = self.session.borrow_mut().select_instance(id)?;
        Ok(stored.map(|stored| stored.row))
    }

    fn insert_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.insert_instance(row))
    }

    fn update_instance(&mut self, row: &InstanceRow) -> Result<(), StoreError> {
        let session = self.session.get_mut();
        session.write(|session| session.update_instance(row))
    }

    fn shift_span_counts(&mut self, id: Pfid, shift: CountShift) -> Result<(), StoreError> {
        self.session.get_mut().write(|session| {
            let stored = session.select_instance(id)?.ok_or(MISSING)?;
            let mut counts = stored.row.span_counts;
            shift.apply(&mut counts);
            let values = [counts.into(), stored.number.into()];
            session.run(UPDATE_COUNTS, &values).map(drop)
        })
    }

    fn list_instances(
        &mut self,
        query: &InstanceQuery,
        each: &mut dyn FnMut(&InstanceRow) -> ControlFlow<()>,
    ) -> Result<u64, StoreError> {
        let session = self.session.get_mut();
        let Some(agent) = session.totals(query.agent_id)? else {
            return Ok(0);
        };
        let scope = session.environment_by_number(agent.environment)?;
        let owner = scope.owner(query.agent_id);
        let values = [agent.agent.into()];
        let list = |order| List {
            order,
            parent: agent.agent,
            values: &values,
            total: agent.instances,
        };
        let rows = match query.order {
            RunOrder::Id => session.page(&list(&BY_ID), &query.page)?,
            RunOrder::InsertedAt => session.page(&list(&BY_INSERTION), &query.page)?,
            RunOrder::StartedAt if query.page.descending => {
                let parts = descending_parts(&query.page, agent.started, agent.instances);
                for (rank, count) in parts {
                    if count > 0 {
                        let rows = session.down(&list(&BY_START), rank, count)?;
                        if session.give_instances(owner, &rows, each)?.is_break() {
                            break;
                        }
                    }
                }
                return Ok(agent.instances);
            }
            RunOrder::StartedAt => session.page(&list(&BY_START), &query.page)?,
            RunOrder::UpdatedAt | RunOrder::FinishedAt | RunOrder::Status => {
                session.sorted_instances(&agent, query)?
            }
        };
        let _ = session.give_instances(owner, &rows, each)?;
        Ok(agent.instances)
    }
}
