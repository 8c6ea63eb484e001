//! Counts new agents into the [buckets](super::buckets) of long lists, a part in each create.
//!
//! - `agent_bucket_upto` has numbers of rows of `agent`. Rows up to that of [`ALL`] are counted in every list. A list that was counted
//!   further has a number of its own.
//! - Every 4,096 rows a run begins. It finds the long lists, reads the new rows in pieces, and counts them in one list after
//!   another. Each create does one of these steps, so that none takes long.
//! - A list is counted up to the newest row, with its number: what a run has done stays right if the run never ends, as at a restart. The
//!   next run begins with all lists.

use super::agent_table::{LAST, OF_ACCOUNT, OF_ENVIRONMENT, RECENT};
use super::hints::{Key, SortKey};
use super::host::SqlHost;
use super::migration::Change;
use super::pages::{List, Order};
use super::session::Session;
use super::statement::statements;
use super::value::{Row, Value};
use crate::store::StoreError;

statements! {
    after super::buckets::END;
    CREATE = "CREATE TABLE agent_bucket_upto (list INTEGER NOT NULL, parent INTEGER NOT NULL, number INTEGER NOT NULL, \
        PRIMARY KEY (list, parent)) STRICT, WITHOUT ROWID";
    CLEAR = "DELETE FROM agent_bucket_upto";
    SELECT = "SELECT list, parent, number FROM agent_bucket_upto";
    SET = "INSERT INTO agent_bucket_upto (list, parent, number) VALUES (?, ?, ?) \
        ON CONFLICT (list, parent) DO UPDATE SET number = excluded.number";
    REMOVE = "DELETE FROM agent_bucket_upto WHERE list = ? AND parent = ?";
    AGENTS_OF_ACCOUNT = "SELECT ifnull(sum(agents), 0) FROM environment WHERE account = ?";
    AGENTS_OF_ENVIRONMENT = "SELECT agents FROM environment WHERE number = ?";
    // The owners of the rows from one number to another that have long lists, or had.
    LONG = "SELECT 0 AS list, owner.number FROM (SELECT number, (SELECT ifnull(sum(agents), 0) FROM environment \
        WHERE environment.account = account.number) AS agents FROM account WHERE number IN \
        (SELECT account FROM agent WHERE agent.number > ? AND agent.number <= ?)) AS owner WHERE owner.agents >= ? \
        OR EXISTS (SELECT 1 FROM agent_bucket WHERE list = 0 AND parent = owner.number) \
        UNION ALL SELECT 5, number FROM environment WHERE number IN \
        (SELECT environment FROM agent WHERE agent.number > ? AND agent.number <= ?) AND (agents >= ? \
        OR EXISTS (SELECT 1 FROM agent_bucket WHERE list = 5 AND parent = environment.number))";
}

pub(super) const CHANGES: &[Change] = &[Change::new(3, CREATE)];

/// The list of the number up to which rows are counted in every list.
const ALL: i64 = -1;

/// When agents are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// After so many rows a run begins.
    pub(super) rows: i64,
    /// So many rows are read at a time.
    pub(super) piece: i64,
    /// From this length on, a list has buckets.
    pub(super) long: u64,
}

impl Default for Counting {
    fn default() -> Self {
        Counting {
            rows: 4_096,
            piece: 1_024,
            long: 16_384,
        }
    }
}

/// A row that is not counted yet.
#[derive(Debug)]
pub(super) struct Recent {
    pub(super) number: i64,
    pub(super) account: i64,
    pub(super) environment: i64,
    /// In the five orders.
    pub(super) keys: [Key; 5],
}

impl Recent {
    /// The row number of the account or the environment whose list has this order.
    pub(super) fn parent(&self, order: &Order) -> i64 {
        match usize::from(order.number) < OF_ACCOUNT.len() {
            true => self.account,
            false => self.environment,
        }
    }

    /// Its key in a list of this order.
    pub(super) fn key(&self, order: &Order) -> &Key {
        &self.keys[usize::from(order.number) % OF_ACCOUNT.len()]
    }
}

/// Up to which rows agents are counted, as the database has it.
#[derive(Debug, Default)]
pub(super) struct Counted {
    all: i64,
    /// No row after this one is counted in any list.
    highest: i64,
    /// The number of the order, the parent, and the number of the row.
    lists: Vec<(i64, i64, i64)>,
}

impl Counted {
    fn set(&mut self, list: i64, parent: i64, upto: i64) {
        self.highest = self.highest.max(upto);
        if list == ALL {
            self.all = upto;
            return;
        }
        let mut lists = self.lists.iter_mut();
        match lists.find(|it| (it.0, it.1) == (list, parent)) {
            Some(list) => list.2 = upto,
            None => self.lists.push((list, parent, upto)),
        }
    }
}

/// A run: new agents are counted in one list after another.
#[derive(Debug)]
pub(super) struct Run {
    /// The newest row when it began.
    upto: i64,
    /// The orders and the parents of the lists that are left.
    lists: Vec<(&'static Order, i64)>,
    /// The agents that were read, by row number.
    agents: Vec<Recent>,
    /// The row up to which they were read.
    read_upto: i64,
}

impl<H: SqlHost> Session<H> {
    fn counted(&mut self) -> Result<&mut Counted, StoreError> {
        if self.counted.is_none() {
            let rows = self.run(SELECT, &[])?;
            let mut counted = Counted::default();
            let mut row = rows.read();
            while row.has_more() {
                counted.set(row.number()?, row.number()?, row.number()?);
            }
            self.counted = Some(counted);
        }
        Ok(self.counted.get_or_insert_default())
    }

    /// The number after which no row is counted in any list.
    pub(super) fn highest_counted(&mut self) -> Result<i64, StoreError> {
        Ok(self.counted()?.highest)
    }

    /// The number up to which rows are counted in a list.
    pub(super) fn counted_upto(&mut self, order: &Order, parent: i64) -> Result<i64, StoreError> {
        let counted = self.counted()?;
        let lists = &mut counted.lists.iter();
        let list = lists.find(|it| (it.0, it.1) == (order.number.into(), parent));
        Ok(list.map_or(0, |it| it.2).max(counted.all))
    }

    fn set_counted(&mut self, list: i64, parent: i64, upto: i64) -> Result<(), StoreError> {
        self.run(SET, &[list.into(), parent.into(), upto.into()])?;
        self.counted()?.set(list, parent, upto);
        Ok(())
    }

    /// Forgets up to which row a list is counted: its environment was deleted.
    pub(super) fn remove_counted(&mut self, order: &Order, parent: i64) -> Result<(), StoreError> {
        let list = i64::from(order.number);
        self.run(REMOVE, &[list.into(), parent.into()])?;
        let lists = &mut self.counted()?.lists;
        lists.retain(|it| (it.0, it.1) != (list, parent));
        Ok(())
    }

    /// At most so many rows after a number; all of them with −1.
    pub(super) fn recent_agents(
        &mut self,
        after: i64,
        at_most: i64,
    ) -> Result<Vec<Recent>, StoreError> {
        self.run(RECENT, &[after.into(), at_most.into()])?
            .all(|row| {
                let number = row.number()?;
                let (account, environment, id) = (row.number()?, row.number()?, row.id()?);
                let sorts = [
                    SortKey::Id,
                    SortKey::Text(row.text()?.into()),
                    SortKey::Status(row.number()?, row.wide()?),
                    SortKey::Wide(row.wide()?),
                    SortKey::Wide(row.wide()?),
                ];
                Ok(Recent {
                    number,
                    account,
                    environment,
                    keys: sorts.map(|sort| Key { sort, id }),
                })
            })
    }

    /// Notes the keys of an agent that was changed, or that it was removed, for a run that has read it.
    pub(super) fn change_recent(&mut self, number: i64, keys: Option<&[Key; 5]>) {
        let Some(run) = &mut self.counting_run else {
            return;
        };
        if let Ok(place) = run.agents.binary_search_by_key(&number, |it| it.number) {
            let Some(keys) = keys else {
                run.agents.remove(place);
                return;
            };
            for (key, new) in run.agents[place].keys.iter_mut().zip(keys) {
                key.clone_from(new);
            }
        }
    }

    /// Whether a run has read the row with this number.
    pub(super) fn is_in_run(&self, number: i64) -> bool {
        let run = self.counting_run.as_ref();
        run.is_some_and(|run| number <= run.read_upto)
    }

    /// Counts agents that are not counted yet, if there are enough of them: one step. `newest` is the highest row number.
    pub(super) fn count_recent_agents(&mut self, newest: i64) -> Result<(), StoreError> {
        match self.counting_run.is_some() || self.is_due(newest)? {
            true => self.count_step(newest).map(drop),
            false => Ok(()),
        }
    }

    /// Counts the agents of a database that an earlier version wrote.
    pub(super) fn count_older_agents(&mut self) -> Result<(), StoreError> {
        let newest = self.number(LAST, &[])?.unwrap_or(0);
        match self.is_due(newest)? {
            true => self.write(|session| {
                while !session.count_step(newest)? {}
                Ok(())
            }),
            false => Ok(()),
        }
    }

    fn is_due(&mut self, newest: i64) -> Result<bool, StoreError> {
        Ok(newest - self.counted()?.all >= self.counting.rows)
    }

    /// Does one step of a run, which begins with it if there is none. Returns whether it was the last.
    fn count_step(&mut self, newest: i64) -> Result<bool, StoreError> {
        let all = self.counted()?.all;
        let Some(mut run) = self.counting_run.take() else {
            let lists = self.long_lists(all, newest)?;
            return self.go_on(Run {
                upto: newest,
                lists,
                agents: Vec::new(),
                read_upto: all,
            });
        };
        if let Some(&(order, parent)) = run.lists.last() {
            // Of a database without buckets there may be very many.
            let is_new = run.upto - all > 2 * self.counting.rows;
            if !is_new && run.read_upto < newest {
                let mut piece = self.recent_agents(run.read_upto, self.counting.piece)?;
                let is_last = (piece.len() as i64) < self.counting.piece;
                let read = piece.last().map_or(newest, |it| it.number);
                run.read_upto = if is_last { newest } else { read };
                run.agents.append(&mut piece);
                if run.read_upto < newest {
                    return self.go_on(run);
                }
            }
            let agents = (!is_new).then_some(run.agents.as_slice());
            self.count_list(order, parent, agents, newest)?;
            run.lists.pop();
        }
        self.go_on(run)
    }

    /// Puts a run off to the next create, or ends it.
    fn go_on(&mut self, run: Run) -> Result<bool, StoreError> {
        let is_over = run.lists.is_empty();
        match is_over {
            true => self.set_counted(ALL, 0, run.upto)?,
            false => self.counting_run = Some(run),
        }
        Ok(is_over)
    }

    /// The lists with rows from one number to another that are long, or were.
    fn long_lists(
        &mut self,
        after: i64,
        upto: i64,
    ) -> Result<Vec<(&'static Order, i64)>, StoreError> {
        self.write_group()?;
        let long = Value::Number(i64::try_from(self.counting.long).unwrap_or(i64::MAX));
        let (after, upto) = (after.into(), upto.into());
        let rows = self.run(LONG, &[after, upto, long, after, upto, long])?;
        let mut lists = Vec::new();
        let mut row = rows.read();
        while row.has_more() {
            let orders = match row.number()? {
                0 => &OF_ACCOUNT,
                _ => &OF_ENVIRONMENT,
            };
            let parent = row.number()?;
            lists.extend(orders.iter().map(|order| (order, parent)));
        }
        Ok(lists)
    }

    /// Counts in a list what it has of these agents, which are all that are not counted in every list, up to the newest one. Without
    /// them, the buckets are made from the list.
    pub(super) fn count_list(
        &mut self,
        order: &'static Order,
        parent: i64,
        agents: Option<&[Recent]>,
        newest: i64,
    ) -> Result<(), StoreError> {
        self.write_group()?;
        let count = match usize::from(order.number) < OF_ACCOUNT.len() {
            true => AGENTS_OF_ACCOUNT,
            false => AGENTS_OF_ENVIRONMENT,
        };
        let Some(total) = self.run(count, &[parent.into()])?.first(Row::count)? else {
            // The environment was deleted meanwhile.
            return Ok(());
        };
        let values = [parent.into()];
        let list = List {
            order,
            parent,
            values: &values,
            total,
        };
        let upto = self.counted_upto(order, parent)?;
        self.update_buckets(&list, agents, upto)?;
        self.set_counted(order.number.into(), parent, newest)
    }
}
