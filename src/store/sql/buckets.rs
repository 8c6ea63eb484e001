//! The hints of long lists of agents, in the database: how many agents a list has from one key to the next.
//!
//! Without them, the first deep page after a start would count a whole list. They are kept so that a create writes nothing for
//! them:
//!
//! - The table `agent_bucket_upto` has the number of a row of `agent`. Rows up to it are counted in `agent_bucket`; later ones are
//!   not yet.
//! - Every 4,096 rows, the create that reaches them counts them all ([`Session::count_recent_agents`]).
//! - A change of a counted row updates the buckets that it leaves and enters, in its own transaction. A row that is not counted
//!   yet is counted later, as it is then.
//! - A list has buckets once it has 16,384 agents. Shorter ones are counted when they are read.
//!
//! A page trusts the counts: it finds its first agent by them. If their sum is not the length of the list, they are not used, and
//! are made again when rows are counted next. Counts that are wrong while their sum is right give wrong pages, so every write of an
//! agent has to call [`Session::shift_buckets`].

use super::agent_table::{LAST, OF_ACCOUNT, OF_ENVIRONMENT, RECENT};
use super::bucket_key::{decode, encode};
use super::hints::{Key, MOST, Ranks, STEP, SortKey};
use super::host::SqlHost;
use super::migration::Change;
use super::pages::{List, Order};
use super::scope_cache::EnvironmentScope;
use super::session::Session;
use super::statement::statements;
use super::value::{Rows, Value};
use crate::store::StoreError;

statements! {
    after super::key_room::END;
    CREATE = "CREATE TABLE agent_bucket (list INTEGER NOT NULL, parent INTEGER NOT NULL, start BLOB NOT NULL, \
        agents INTEGER NOT NULL, PRIMARY KEY (list, parent, start)) STRICT, WITHOUT ROWID";
    CREATE_UPTO = "CREATE TABLE agent_bucket_upto (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT";
    CLEAR = "DELETE FROM agent_bucket";
    CLEAR_UPTO = "DELETE FROM agent_bucket_upto";
    UPTO = "SELECT number FROM agent_bucket_upto WHERE one = 1";
    SET_UPTO = "INSERT INTO agent_bucket_upto (one, number) VALUES (1, ?) \
        ON CONFLICT (one) DO UPDATE SET number = excluded.number";
    SELECT = "SELECT start, agents FROM agent_bucket WHERE list = ? AND parent = ? ORDER BY start";
    // The bucket of a key.
    FIND = "SELECT start, agents FROM agent_bucket WHERE list = ? AND parent = ? AND start <= ? ORDER BY start DESC LIMIT 1";
    PUT = "INSERT INTO agent_bucket (list, parent, start, agents) VALUES (?, ?, ?, ?) \
        ON CONFLICT (list, parent, start) DO UPDATE SET agents = excluded.agents";
    REMOVE = "DELETE FROM agent_bucket WHERE list = ? AND parent = ? AND start = ?";
    REMOVE_ALL = "DELETE FROM agent_bucket WHERE list = ? AND parent = ?";
    // The owners of the rows from one number to another that have long lists, or had.
    LONG_ENVIRONMENTS = "SELECT number, agents FROM environment WHERE number IN \
        (SELECT environment FROM agent WHERE agent.number > ? AND agent.number <= ?) AND (agents >= ? \
        OR EXISTS (SELECT 1 FROM agent_bucket WHERE list = 5 AND parent = environment.number))";
    LONG_ACCOUNTS = "SELECT owner.number, owner.agents FROM (SELECT number, (SELECT ifnull(sum(agents), 0) FROM environment \
        WHERE environment.account = account.number) AS agents FROM account WHERE number IN \
        (SELECT account FROM agent WHERE agent.number > ? AND agent.number <= ?)) AS owner WHERE owner.agents >= ? \
        OR EXISTS (SELECT 1 FROM agent_bucket WHERE list = 0 AND parent = owner.number)";
}

pub(super) const CHANGES: &[Change] = &[Change::new(3, CREATE), Change::new(3, CREATE_UPTO)];

/// When agents are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counting {
    /// So many rows are counted at a time.
    pub(super) rows: i64,
    /// From this length on, a list has buckets.
    pub(super) long: u64,
}

impl Default for Counting {
    fn default() -> Self {
        Counting {
            rows: 4_096,
            long: 16_384,
        }
    }
}

/// A row that is not counted yet.
pub(super) struct Recent {
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

/// The bucket of a key: its start, and the number of its agents.
type BucketRow = Option<(Vec<u8>, i64)>;

impl<H: SqlHost> Session<H> {
    /// The number up to which rows are counted.
    pub(super) fn counted_upto(&mut self) -> Result<i64, StoreError> {
        if let Some(number) = self.counted_upto {
            return Ok(number);
        }
        let number = self.number(UPTO, &[])?.unwrap_or(0);
        self.counted_upto = Some(number);
        Ok(number)
    }

    /// The hints of a list as the database has them; `None` if it has none, or none that can be read.
    pub(super) fn stored_ranks(&mut self, list: &List<'_>) -> Result<Option<Ranks>, StoreError> {
        let values = [i64::from(list.order.number).into(), list.parent.into()];
        let rows = self.run(SELECT, &values)?;
        let (mut starts, mut counts) = (Vec::new(), Vec::new());
        let mut row = rows.read();
        while row.has_more() {
            let start = row.optional_blob()?.unwrap_or_default();
            // Hints that cannot be read are made from the list.
            let Ok(count) = u64::try_from(row.number()?) else {
                return Ok(None);
            };
            match (counts.is_empty(), decode(list.order.form, start)) {
                (true, _) if start.is_empty() => {}
                (false, Some(key)) if starts.last().is_none_or(|last| *last < key) => {
                    starts.push(key);
                }
                _ => return Ok(None),
            }
            counts.push(count);
        }
        Ok((!counts.is_empty()).then(|| Ranks::with_counts(starts, counts)))
    }

    /// The rows that are not counted yet.
    pub(super) fn recent_agents(&mut self, upto: i64) -> Result<Vec<Recent>, StoreError> {
        self.run(RECENT, &[upto.into()])?.all(|row| {
            let (account, environment, id) = (row.number()?, row.number()?, row.id()?);
            let sorts = [
                SortKey::Id,
                SortKey::Text(row.text()?.into()),
                SortKey::Status(row.number()?, row.wide()?),
                SortKey::Wide(row.wide()?),
                SortKey::Wide(row.wide()?),
            ];
            Ok(Recent {
                account,
                environment,
                keys: sorts.map(|sort| Key { sort, id }),
            })
        })
    }

    /// The hints of a long list, from the database; `None` if they have to be made from the list.
    pub(super) fn ranks_of_agents(&mut self, list: &List<'_>) -> Result<Option<Ranks>, StoreError> {
        let order = usize::from(list.order.number);
        if order >= OF_ACCOUNT.len() + OF_ENVIRONMENT.len() || list.total < self.counting.long {
            return Ok(None);
        }
        let Some(mut ranks) = self.stored_ranks(list)? else {
            return Ok(None);
        };
        let upto = self.counted_upto()?;
        for recent in self.recent_agents(upto)? {
            if recent.parent(list.order) == list.parent {
                ranks.insert(recent.key(list.order));
            }
        }
        Ok((ranks.total() == list.total).then_some(ranks))
    }

    /// Counts the agents that are not counted yet, if there are enough of them. `newest` is the highest row number.
    pub(super) fn count_recent_agents(&mut self, newest: i64) -> Result<(), StoreError> {
        match newest - self.counted_upto()? < self.counting.rows {
            true => Ok(()),
            false => self.count_agents_upto(newest),
        }
    }

    /// Counts the agents of a database that an earlier version wrote.
    pub(super) fn count_older_agents(&mut self) -> Result<(), StoreError> {
        let newest = self.number(LAST, &[])?.unwrap_or(0);
        match newest - self.counted_upto()? < self.counting.rows {
            true => Ok(()),
            false => self.write(|session| session.count_agents_upto(newest)),
        }
    }

    fn count_agents_upto(&mut self, newest: i64) -> Result<(), StoreError> {
        let upto = self.counted_upto()?;
        // Of a database without buckets there may be very many.
        let recent = match newest - upto <= 2 * self.counting.rows {
            true => Some(self.recent_agents(upto)?),
            false => None,
        };
        for (orders, owners) in [
            (&OF_ACCOUNT, LONG_ACCOUNTS),
            (&OF_ENVIRONMENT, LONG_ENVIRONMENTS),
        ] {
            self.write_group()?;
            let long = Value::Number(i64::try_from(self.counting.long).unwrap_or(i64::MAX));
            let rows = self.run(owners, &[upto.into(), newest.into(), long])?;
            for (parent, total) in rows.all(|row| Ok((row.number()?, row.count()?)))? {
                for order in orders {
                    let values = [parent.into()];
                    let list = List {
                        order,
                        parent,
                        values: &values,
                        total,
                    };
                    self.count_list(&list, recent.as_deref())?;
                }
            }
        }
        self.run(SET_UPTO, &[newest.into()])?;
        self.counted_upto = Some(newest);
        Ok(())
    }

    /// Adds those of these agents that a list has to its buckets, or makes the buckets from the list.
    fn count_list(&mut self, list: &List<'_>, recent: Option<&[Recent]>) -> Result<(), StoreError> {
        let ranks = self.stored_ranks(list)?;
        let (Some(mut ranks), Some(recent)) = (ranks, recent) else {
            return self.make_buckets(list);
        };
        let before = ranks.counts().to_vec();
        let added = recent
            .iter()
            .filter(|it| it.parent(list.order) == list.parent);
        for one in added {
            ranks.insert(one.key(list.order));
        }
        if ranks.total() != list.total {
            return self.make_buckets(list);
        }
        for (bucket, old) in before.into_iter().enumerate() {
            let (start, count) = ranks.bucket(bucket);
            if count != old {
                self.put_buckets(list, start.cloned(), count)?;
            }
        }
        Ok(())
    }

    fn make_buckets(&mut self, list: &List<'_>) -> Result<(), StoreError> {
        let values = [i64::from(list.order.number).into(), list.parent.into()];
        self.run(REMOVE_ALL, &values)?;
        self.put_buckets(list, None, list.total)
    }

    /// Stores a bucket with every agent counted, in several where it is large.
    fn put_buckets(
        &mut self,
        list: &List<'_>,
        start: Option<Key>,
        count: u64,
    ) -> Result<(), StoreError> {
        let keys = match count > MOST {
            true => self.keys_from(list, start.clone(), count)?,
            false => Vec::new(),
        };
        let last = count.saturating_sub(STEP * keys.len() as u64);
        let starts = std::iter::once(start).chain(keys.into_iter().map(Some));
        let mut starts = starts.peekable();
        while let Some(start) = starts.next() {
            let count = if starts.peek().is_some() { STEP } else { last };
            let start = start.as_ref().map(encode).unwrap_or_default();
            let values = [
                i64::from(list.order.number).into(),
                list.parent.into(),
                Value::Blob(&start),
                Value::Number(i64::try_from(count).unwrap_or(i64::MAX)),
            ];
            self.run(PUT, &values)?;
        }
        Ok(())
    }

    fn find_bucket(&mut self, list: i64, parent: i64, key: &Key) -> Result<BucketRow, StoreError> {
        let key = encode(key);
        let rows = self.run(FIND, &[list.into(), parent.into(), Value::Blob(&key)])?;
        rows.first(|row| {
            Ok((
                row.optional_blob()?.unwrap_or_default().to_vec(),
                row.number()?,
            ))
        })
    }

    /// Updates the buckets of the lists of an agent that was added, removed or changed its position. Its row has been written.
    pub(super) fn shift_buckets(
        &mut self,
        number: i64,
        scope: &EnvironmentScope,
        old: Option<&[Key; 5]>,
        new: Option<&[Key; 5]>,
    ) -> Result<(), StoreError> {
        if number > self.counted_upto()? {
            return Ok(());
        }
        let mut full = Vec::new();
        for (orders, parent) in [
            (&OF_ACCOUNT, scope.account),
            (&OF_ENVIRONMENT, scope.number),
        ] {
            for (place, order) in orders.iter().enumerate() {
                let (old, new) = (old.map(|it| &it[place]), new.map(|it| &it[place]));
                if old != new && self.shift_bucket(order, parent, old, new)? {
                    full.extend(new.map(|key| (order, parent, key)));
                }
            }
        }
        if full.is_empty() {
            return Ok(());
        }
        // A bucket can be split where all its agents are counted, in the place that they have now.
        let newest = self.number(LAST, &[])?.unwrap_or(0);
        self.count_agents_upto(newest)?;
        for (order, parent, key) in full {
            self.split_bucket(order, parent, key)?;
        }
        Ok(())
    }

    /// Counts an agent in the bucket that it enters instead of the one that it leaves. Returns whether the bucket is to be split.
    fn shift_bucket(
        &mut self,
        order: &Order,
        parent: i64,
        old: Option<&Key>,
        new: Option<&Key>,
    ) -> Result<bool, StoreError> {
        let list = i64::from(order.number);
        let mut place = |key: Option<&Key>| match key {
            Some(key) => self.find_bucket(list, parent, key),
            None => Ok(None),
        };
        let (old, entered) = (place(old)?, place(new)?);
        if old.as_ref().map(|it| &it.0) == entered.as_ref().map(|it| &it.0) {
            return Ok(false);
        }
        if let Some((start, agents)) = old {
            let at = [list.into(), parent.into(), Value::Blob(&start)];
            match agents <= 1 && !start.is_empty() {
                true => self.run(REMOVE, &at)?,
                false => self.put(at, agents - 1)?,
            };
        }
        let Some((start, agents)) = entered else {
            return Ok(false);
        };
        let at = [list.into(), parent.into(), Value::Blob(&start)];
        self.put(at, agents + 1)?;
        Ok(agents >= MOST as i64)
    }

    fn split_bucket(&mut self, order: &Order, parent: i64, key: &Key) -> Result<(), StoreError> {
        let place = self.find_bucket(order.number.into(), parent, key)?;
        let Some((start, agents)) = place.filter(|it| it.1 > MOST as i64) else {
            return Ok(());
        };
        let values = [parent.into()];
        let list = List {
            order,
            parent,
            values: &values,
            total: agents as u64,
        };
        self.put_buckets(&list, decode(order.form, &start), agents as u64)
    }

    fn put(&mut self, at: [Value<'_>; 3], agents: i64) -> Result<Rows, StoreError> {
        let [list, parent, start] = at;
        self.run(PUT, &[list, parent, start, agents.into()])
    }

    /// Removes the buckets of an environment that was deleted.
    pub(super) fn remove_buckets(&mut self, environment: i64) -> Result<(), StoreError> {
        for order in &OF_ENVIRONMENT {
            let values = [i64::from(order.number).into(), environment.into()];
            self.run(REMOVE_ALL, &values)?;
        }
        Ok(())
    }
}
