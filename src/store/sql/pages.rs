//! Pages of a list that is ordered by an index.

use super::Statement;
use super::hints::{Hint, Key, Ranks, STEP, SortKey};
use super::host::SqlHost;
use super::session::Session;
use super::value::{Row, Rows, Value};
use crate::model::pfid::Pfid;
use crate::store::{Page, StoreError};

/// Up to this offset the database counts the records before a page.
const DEEP: u64 = 1024;

/// The kind of [`SortKey`] of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Id,
    Wide,
    Status,
    Text,
    Unique,
}

impl Form {
    fn read(self, row: &mut Row<'_>) -> Result<Key, StoreError> {
        let sort = match self {
            Form::Id => SortKey::Id,
            Form::Wide => SortKey::Wide(row.wide()?),
            Form::Status => SortKey::Status(row.number()?, row.wide()?),
            Form::Text => SortKey::Text(row.text()?.into()),
            Form::Unique => {
                return Ok(Key {
                    sort: SortKey::Unique(row.text()?.into()),
                    id: Pfid::NIL,
                });
            }
        };
        let id = row.id()?;
        Ok(Key { sort, id })
    }
}

/// The order of a list, which is that of an index.
///
/// The parameters of the statements are the parent, a key, a limit and an offset; for those of `keys` see `keys_from!`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// Different from those of all other orders.
    pub(super) number: u8,
    pub(super) form: Form,
    /// The rows from a key on, in order.
    pub(super) up: Statement,
    /// The rows before a key, in reverse order.
    pub(super) down: Statement,
    /// The keys from a key on.
    pub(super) keys: Statement,
}

impl Order {
    /// `statements` are the rows from a key on, the rows before it, and the keys from it on.
    pub(super) const fn new(number: u8, form: Form, statements: [Statement; 3]) -> Order {
        let [up, down, keys] = statements;
        Order {
            number,
            form,
            up,
            down,
            keys,
        }
    }
}

/// One list in one order.
#[derive(Clone, Copy, Debug)]
pub(super) struct List<'l> {
    pub(super) order: &'l Order,
    /// The parent's number, different from those of all other parents of lists of this order.
    pub(super) parent: i64,
    /// The parent as a parameter of the statements.
    pub(super) values: &'l [Value<'l>],
    /// The number of its records.
    pub(super) total: u64,
}

/// A position in the order of keys.
#[derive(Clone, Copy)]
enum Bound<'k> {
    First,
    At(&'k Key),
    Last,
}

/// After every id.
const LAST_ID: &[u8] = &[0xff; Pfid::BYTES + 1];

impl<'k> Bound<'k> {
    /// Appends the values of the bound. A blob sorts after every text.
    fn append(self, form: Form, values: &mut Vec<Value<'k>>) {
        let (is_last, key) = match self {
            Bound::First => (false, None),
            Bound::At(key) => (false, Some(key)),
            Bound::Last => (true, None),
        };
        match (key.map(|key| &key.sort), form) {
            (Some(SortKey::Id), _) | (None, Form::Id) => {}
            (Some(SortKey::Wide(number)), _) => values.push(Value::Wide(*number)),
            (Some(SortKey::Status(group, number)), _) => {
                values.extend([Value::Number(*group), Value::Wide(*number)]);
            }
            (Some(SortKey::Text(text) | SortKey::Unique(text)), _) => {
                values.push(Value::Text(Some(text)));
            }
            (None, Form::Wide) => values.push(Value::Wide(extreme(is_last))),
            (None, Form::Status) => {
                let group = if is_last { 9 } else { -1 };
                values.extend([Value::Number(group), Value::Wide(extreme(is_last))]);
            }
            (None, Form::Text | Form::Unique) => values.push(match is_last {
                true => Value::Blob(&[]),
                false => Value::Text(Some("")),
            }),
        }
        if form != Form::Unique {
            values.push(match key {
                Some(key) => Value::Id(Some(key.id)),
                None if is_last => Value::Blob(LAST_ID),
                None => Value::Blob(&[]),
            });
        }
    }
}

fn extreme(is_last: bool) -> i64 {
    if is_last { i64::MAX } else { i64::MIN }
}

/// The parameters of the statement of keys, for the key at an offset from a bound.
fn key_values<'k>(list: &List<'k>, bound: Bound<'k>, offset: u64) -> Vec<Value<'k>> {
    let mut key = Vec::new();
    bound.append(list.order.form, &mut key);
    let mut values = Vec::new();
    for columns in (1..=key.len()).rev() {
        values.extend_from_slice(list.values);
        values.extend_from_slice(&key[..columns]);
    }
    values.push(Value::Number(1));
    values.push(Value::Number(offset as i64));
    values
}

/// The number of rows on a page of a list of `total`.
pub(super) fn rows_of_page(page: &Page, total: u64) -> u64 {
    total.saturating_sub(page.offset).min(u64::from(page.size))
}

impl<H: SqlHost> Session<H> {
    /// The rows of a page of a list.
    pub(super) fn page(&mut self, list: &List<'_>, page: &Page) -> Result<Rows, StoreError> {
        let count = rows_of_page(page, list.total);
        match page.descending {
            _ if count == 0 => Ok(Rows::default()),
            false => self.up(list, page.offset, count),
            true => self.down(list, list.total - 1 - page.offset, count),
        }
    }

    /// This many rows from a rank on.
    fn up(&mut self, list: &List<'_>, rank: u64, count: u64) -> Result<Rows, StoreError> {
        if rank > DEEP
            && let Some(hint) = self.hint(list, rank, false)?
            && let Some(start) = &hint.start
        {
            return self.select(list, list.order.up, Bound::At(start), count, hint.offset);
        }
        self.select(list, list.order.up, Bound::First, count, rank)
    }

    /// This many rows from a rank on, in reverse order.
    pub(super) fn down(
        &mut self,
        list: &List<'_>,
        rank: u64,
        count: u64,
    ) -> Result<Rows, StoreError> {
        let from_end = list.total.saturating_sub(rank + 1);
        if from_end > DEEP
            && let Some(hint) = self.hint(list, rank, true)?
            && let Some(end) = &hint.end
        {
            let offset = hint.count.saturating_sub(hint.offset + 1);
            return self.select(list, list.order.down, Bound::At(end), count, offset);
        }
        self.select(list, list.order.down, Bound::Last, count, from_end)
    }

    fn select(
        &mut self,
        list: &List<'_>,
        statement: Statement,
        bound: Bound<'_>,
        count: u64,
        offset: u64,
    ) -> Result<Rows, StoreError> {
        let mut values = list.values.to_vec();
        bound.append(list.order.form, &mut values);
        values.push(Value::Number(count as i64));
        values.push(Value::Number(offset as i64));
        self.run(statement, &values)
    }

    /// The bucket of a rank; `None` if the list has no such rank. Missing hints are built.
    ///
    /// PERF(sqlite): where a page would skip many records, the bucket is split: the key to begin at takes as long to find as the
    /// records take to be skipped once, and later pages begin there.
    fn hint(
        &mut self,
        list: &List<'_>,
        rank: u64,
        is_descending: bool,
    ) -> Result<Option<Hint>, StoreError> {
        let (order, parent) = (list.order.number, list.parent);
        let known = self.hints.get(order, parent);
        if known.is_none_or(|ranks| ranks.total() != list.total) {
            let ranks = match self.ranks_of_agents(list)? {
                Some(ranks) => ranks,
                None => Ranks::new(list.total, self.keys_from(list, None, list.total)?),
            };
            self.hints.put(order, parent, ranks);
        }
        let Some(ranks) = self.hints.get(order, parent) else {
            return Ok(None);
        };
        let (Some(hint), most) = (ranks.hint(rank), ranks.skip()) else {
            return Ok(None);
        };
        let (skipped, before) = match is_descending {
            false => (hint.offset, hint.offset / most * most),
            true => (
                hint.count - hint.offset - 1,
                (hint.offset / most + 1) * most,
            ),
        };
        if skipped <= 2 * most {
            return Ok(Some(hint));
        }
        match self.key_at(list, hint.start.as_ref(), before)? {
            Some(key) if hint.end.as_ref().is_none_or(|end| key < *end) => {
                let ranks = self.hints.split((order, parent), hint.bucket, key, before);
                Ok(ranks.and_then(|ranks| ranks.hint(rank)))
            }
            // Fewer records than their count says.
            _ => Ok(Some(hint)),
        }
    }

    /// The key of the record that is so many records after a key, or after the beginning; `None` past the end.
    fn key_at(
        &mut self,
        list: &List<'_>,
        start: Option<&Key>,
        offset: u64,
    ) -> Result<Option<Key>, StoreError> {
        let bound = start.map_or(Bound::First, Bound::At);
        let rows = self.run(list.order.keys, &key_values(list, bound, offset))?;
        let key = rows.first(|row| list.order.form.read(row))?;
        if key
            .as_ref()
            .is_some_and(|key| start.is_some_and(|start| start >= key))
        {
            return Err(StoreError::Corrupt("an index that is out of order"));
        }
        Ok(key)
    }

    /// The keys of the 512th, the 1,024th … of the `count` records from a key on.
    pub(super) fn keys_from(
        &mut self,
        list: &List<'_>,
        start: Option<Key>,
        count: u64,
    ) -> Result<Vec<Key>, StoreError> {
        let mut keys: Vec<Key> = Vec::new();
        let mut left = count;
        while left > STEP {
            let key = self.key_at(list, keys.last().or(start.as_ref()), STEP)?;
            // Fewer records than their count says: the last bucket takes the rest.
            let Some(key) = key else { break };
            keys.push(key);
            left -= STEP;
        }
        Ok(keys)
    }
}
