//! The hints of long lists of agents, in the database: how many agents a list has from one key to the next.
//!
//! Without them, the first deep page after a start would count a whole list. They are kept so that most creates write nothing for
//! them:
//!
//! - The rows of `agent` up to a number are counted in `agent_bucket`; later ones are not yet ([`counting`](super::counting)).
//! - A change of a counted row updates the buckets that it leaves and enters, in its own transaction. A row that is not counted
//!   yet is counted later, as it is then.
//! - A list has buckets once it has 16,384 agents. Shorter ones are counted when they are read.
//!
//! A page trusts the counts: it finds its first agent by them. If their sum is not the length of the list, they are not used, and
//! are made again when rows are counted next. Counts that are wrong while their sum is right give wrong pages, so every write of an
//! agent has to call [`Session::shift_buckets`].

use super::agent_table::{LAST, OF_ACCOUNT, OF_ENVIRONMENT};
use super::bucket_key::{decode, encode};
use super::counting::Recent;
use super::hints::{Key, MOST, Ranks, STEP};
use super::host::SqlHost;
use super::migration::Change;
use super::pages::{List, Order};
use super::scope_cache::EnvironmentScope;
use super::session::Session;
use super::statement::statements;
use super::value::{Rows, Value};
use crate::store::StoreError;

/// A statement that stores buckets.
macro_rules! put {
    ($rows:literal) => {
        concat!(
            "INSERT INTO agent_bucket (list, parent, start, agents) VALUES ",
            $rows,
            " ON CONFLICT (list, parent, start) DO UPDATE SET agents = excluded.agents"
        )
    };
}

statements! {
    after super::key_room::END;
    CREATE = "CREATE TABLE agent_bucket (list INTEGER NOT NULL, parent INTEGER NOT NULL, start BLOB NOT NULL, \
        agents INTEGER NOT NULL, PRIMARY KEY (list, parent, start)) STRICT, WITHOUT ROWID";
    CLEAR = "DELETE FROM agent_bucket";
    SELECT = "SELECT start, agents FROM agent_bucket WHERE list = ? AND parent = ? ORDER BY start";
    // The bucket of a key.
    FIND = "SELECT start, agents FROM agent_bucket WHERE list = ? AND parent = ? AND start <= ? ORDER BY start DESC LIMIT 1";
    PUT = put!("(?, ?, ?, ?)");
    // Sixteen of them.
    PUT_MANY = put!(
        "(?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), \
        (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?), (?, ?, ?, ?)"
    );
    REMOVE = "DELETE FROM agent_bucket WHERE list = ? AND parent = ? AND start = ?";
    REMOVE_ALL = "DELETE FROM agent_bucket WHERE list = ? AND parent = ?";
}

pub(super) const CHANGES: &[Change] = &[Change::new(3, CREATE)];

/// The number of buckets that [`PUT_MANY`] stores.
const MANY: usize = 16;

/// The bucket of a key: its start, and the number of its agents.
type BucketRow = Option<(Vec<u8>, i64)>;

impl<H: SqlHost> Session<H> {
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

    /// The hints of a long list, from the database; `None` if they have to be made from the list.
    pub(super) fn ranks_of_agents(&mut self, list: &List<'_>) -> Result<Option<Ranks>, StoreError> {
        let order = usize::from(list.order.number);
        if order >= OF_ACCOUNT.len() + OF_ENVIRONMENT.len() || list.total < self.counting.long {
            return Ok(None);
        }
        let Some(mut ranks) = self.stored_ranks(list)? else {
            return Ok(None);
        };
        let upto = self.counted_upto(list.order, list.parent)?;
        for recent in self.recent_agents(upto, -1)? {
            if recent.parent(list.order) == list.parent {
                ranks.insert(recent.key(list.order));
            }
        }
        Ok((ranks.total() == list.total).then_some(ranks))
    }

    /// Adds those of these agents that a list has after a row to its buckets, which have all others; makes the buckets from the list
    /// without agents, or if there are none, or if their sum is wrong.
    pub(super) fn update_buckets(
        &mut self,
        list: &List<'_>,
        agents: Option<&[Recent]>,
        upto: i64,
    ) -> Result<(), StoreError> {
        let ranks = self.stored_ranks(list)?;
        let (Some(mut ranks), Some(agents)) = (ranks, agents) else {
            return self.make_buckets(list);
        };
        let before = ranks.counts().to_vec();
        for agent in agents {
            if agent.number > upto && agent.parent(list.order) == list.parent {
                ranks.insert(agent.key(list.order));
            }
        }
        if ranks.total() != list.total {
            return self.make_buckets(list);
        }
        let mut changed = Vec::new();
        for (bucket, old) in before.into_iter().enumerate() {
            let (start, count) = ranks.bucket(bucket);
            if count != old {
                self.divide(list, start.cloned(), count, &mut changed)?;
            }
        }
        self.put_buckets(list, &changed)
    }

    fn make_buckets(&mut self, list: &List<'_>) -> Result<(), StoreError> {
        let values = [i64::from(list.order.number).into(), list.parent.into()];
        self.run(REMOVE_ALL, &values)?;
        let mut buckets = Vec::new();
        self.divide(list, None, list.total, &mut buckets)?;
        self.put_buckets(list, &buckets)
    }

    /// Appends a bucket with every agent counted: its encoded start and the number of its agents; several where it is large.
    fn divide(
        &mut self,
        list: &List<'_>,
        start: Option<Key>,
        count: u64,
        buckets: &mut Vec<(Vec<u8>, i64)>,
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
            buckets.push((start, i64::try_from(count).unwrap_or(i64::MAX)));
        }
        Ok(())
    }

    fn put_buckets(
        &mut self,
        list: &List<'_>,
        buckets: &[(Vec<u8>, i64)],
    ) -> Result<(), StoreError> {
        for buckets in buckets.chunks(MANY) {
            let mut values = Vec::with_capacity(4 * MANY);
            for (start, count) in buckets {
                values.push(i64::from(list.order.number).into());
                values.push(list.parent.into());
                values.push(Value::Blob(start));
                values.push((*count).into());
            }
            if buckets.len() == MANY {
                self.run(PUT_MANY, &values)?;
                continue;
            }
            for values in values.chunks(4) {
                self.run(PUT, values)?;
            }
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
        if number > self.highest_counted()? {
            return Ok(());
        }
        let mut full = Vec::new();
        for (orders, parent) in [
            (&OF_ACCOUNT, scope.account),
            (&OF_ENVIRONMENT, scope.number),
        ] {
            for (place, order) in orders.iter().enumerate() {
                let (old, new) = (old.map(|it| &it[place]), new.map(|it| &it[place]));
                if old == new || number > self.counted_upto(order, parent)? {
                    continue;
                }
                if self.shift_bucket(order, parent, old, new)? {
                    full.extend(new.map(|key| (order, parent, key)));
                }
            }
        }
        if full.is_empty() {
            return Ok(());
        }
        // A bucket can be split where all its agents are counted, in the place that they have now.
        let newest = self.number(LAST, &[])?.unwrap_or(0);
        for (order, parent, key) in full {
            let upto = self.counted_upto(order, parent)?;
            let recent = self.recent_agents(upto, -1)?;
            self.count_list(order, parent, Some(&recent), newest)?;
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
        let mut buckets = Vec::new();
        self.divide(
            &list,
            decode(order.form, &start),
            agents as u64,
            &mut buckets,
        )?;
        self.put_buckets(&list, &buckets)
    }

    fn put(&mut self, at: [Value<'_>; 3], agents: i64) -> Result<Rows, StoreError> {
        let [list, parent, start] = at;
        self.run(PUT, &[list, parent, start, agents.into()])
    }

    /// Removes the buckets of an environment that was deleted, and up to which row they count.
    pub(super) fn remove_buckets(&mut self, environment: i64) -> Result<(), StoreError> {
        for order in &OF_ENVIRONMENT {
            let values = [i64::from(order.number).into(), environment.into()];
            self.run(REMOVE_ALL, &values)?;
            self.remove_counted(order, environment)?;
        }
        Ok(())
    }
}
