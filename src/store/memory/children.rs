//! The children of objects, in the orders that have been asked for.

use std::cmp::Ordering;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::model::timestamp::Timestamp;
use crate::sort::sort;
use crate::store::children::ChildQuery;
use crate::store::ordered::Ordered;
use crate::store::table::{Record, Table};

/// A record that belongs to another one. What it is ordered by never changes.
pub(super) trait Child: Record {
    /// What lists of it are ordered by.
    type Order: Copy + PartialEq + 'static;

    /// All orders; the first is that of the id alone.
    const ORDERS: &'static [Self::Order];

    /// The moment that an order goes by, before the id; none in the order of the id.
    fn moment(&self, order: Self::Order) -> Option<Timestamp>;
}

fn compare<T: Child>(a: &T, b: &T, order: T::Order) -> Ordering {
    let first = a.moment(order).cmp(&b.moment(order));
    first.then_with(|| a.id().cmp(&b.id()))
}

/// Compares two slots in the order of a number; what is not there comes first.
type Compare<'c> = &'c dyn Fn(usize, u32, u32) -> Ordering;

/// How the records of a table compare.
fn comparing<T: Child>(records: &Table<T>) -> impl Fn(usize, u32, u32) -> Ordering {
    |order, a, b| match (records.get(a), records.get(b), T::ORDERS.get(order)) {
        (Some(a), Some(b), Some(order)) => compare(a, b, *order),
        _ => Ordering::Less,
    }
}

/// Children by the slot of their parent. One for all kinds of records: each says itself how it compares.
#[derive(Debug, Default)]
pub(super) struct Families {
    families: HashMap<u32, Family>,
}

/// The children of one parent. Many have only one: that takes no list.
#[derive(Debug)]
enum Family {
    One(u32),
    Many(Box<Lists>),
}

/// An order but the one by id is made when it is first needed, and kept up to date from then on.
#[derive(Debug)]
struct Lists {
    by_id: Ordered,
    /// By the number of the order.
    others: Vec<(usize, Ordered)>,
}

fn insert(list: &mut Ordered, order: usize, slot: u32, compare: Compare<'_>) {
    list.insert(slot, &|other| compare(order, other, slot));
}

impl Families {
    /// Adds a child that is in the table already.
    pub(super) fn add<T: Child>(&mut self, records: &Table<T>, parent: u32, slot: u32) {
        self.add_slot(parent, slot, &comparing(records));
    }

    fn add_slot(&mut self, parent: u32, slot: u32, compare: Compare<'_>) {
        match self.families.entry(parent) {
            Entry::Vacant(entry) => {
                entry.insert(Family::One(slot));
            }
            Entry::Occupied(mut entry) => match entry.get_mut() {
                Family::One(first) => {
                    let mut by_id = Ordered::from_sorted(&[*first]);
                    insert(&mut by_id, 0, slot, compare);
                    let others = Vec::new();
                    entry.insert(Family::Many(Box::new(Lists { by_id, others })));
                }
                Family::Many(lists) => {
                    insert(&mut lists.by_id, 0, slot, compare);
                    for (order, list) in &mut lists.others {
                        insert(list, *order, slot, compare);
                    }
                }
            },
        }
    }

    /// Takes all children of a parent away and gives their slots.
    pub(super) fn remove(&mut self, parent: u32) -> Vec<u32> {
        match self.families.remove(&parent) {
            None => Vec::new(),
            Some(Family::One(slot)) => vec![slot],
            Some(Family::Many(lists)) => lists.by_id.iter().collect(),
        }
    }

    /// The slots of one page of those children that are `wanted`, and how many are wanted in all.
    /// Without a condition only the page itself is looked at; with one, all children are.
    pub(super) fn page<T: Child>(
        &mut self,
        records: &Table<T>,
        parent: Option<u32>,
        query: &ChildQuery<T::Order>,
        wanted: Option<&dyn Fn(&T) -> bool>,
    ) -> (Vec<u32>, u64) {
        let order = T::ORDERS.iter().position(|order| *order == query.order);
        let page = Page {
            order: order.unwrap_or(0),
            descending: query.descending,
            offset: usize::try_from(query.offset).unwrap_or(usize::MAX),
            size: query.size as usize,
        };
        let compare = comparing(records);
        match wanted {
            None => self.page_of_slots(parent, &page, &compare, None),
            Some(wanted) => {
                let wanted = |slot| records.get(slot).is_some_and(wanted);
                self.page_of_slots(parent, &page, &compare, Some(&wanted))
            }
        }
    }

    fn page_of_slots(
        &mut self,
        parent: Option<u32>,
        page: &Page,
        compare: Compare<'_>,
        wanted: Option<&dyn Fn(u32) -> bool>,
    ) -> (Vec<u32>, u64) {
        let &Page {
            order,
            descending,
            offset,
            size,
        } = page;
        let family = parent.and_then(|parent| self.families.get_mut(&parent));
        let single;
        let list = match family {
            None => return (Vec::new(), 0),
            Some(Family::One(slot)) => {
                single = Ordered::from_sorted(&[*slot]);
                &single
            }
            Some(Family::Many(lists)) => lists.list(order, compare),
        };
        let matching;
        let list = match wanted {
            None => list,
            Some(wanted) => {
                let slots: Vec<u32> = list.iter().filter(|&slot| wanted(slot)).collect();
                matching = Ordered::from_sorted(&slots);
                &matching
            }
        };
        (list.page(offset, size, descending), list.len() as u64)
    }
}

/// Which children are wanted.
struct Page {
    /// The number of the order.
    order: usize,
    descending: bool,
    offset: usize,
    size: usize,
}

impl Lists {
    fn list(&mut self, order: usize, compare: Compare<'_>) -> &Ordered {
        let Lists { by_id, others } = self;
        if order == 0 {
            return by_id;
        }
        let known = others.iter().position(|(other, _)| *other == order);
        let index = known.unwrap_or_else(|| {
            let mut slots: Vec<u32> = by_id.iter().collect();
            sort(&mut slots, &mut |a, b| compare(order, a, b));
            others.push((order, Ordered::from_sorted(&slots)));
            others.len() - 1
        });
        others.get(index).map_or(by_id, |(_, list)| list)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::pfid::{Partition, Pfid};

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Order {
        Id,
        Moment,
    }

    struct Row(Pfid, Timestamp);

    impl Record for Row {
        fn id(&self) -> Pfid {
            self.0
        }
    }

    impl Child for Row {
        type Order = Order;
        const ORDERS: &[Order] = &[Order::Id, Order::Moment];

        fn moment(&self, order: Order) -> Option<Timestamp> {
            (order == Order::Moment).then_some(self.1)
        }
    }

    proptest! {
        #[test]
        fn every_page_is_that_of_the_sorted_children(
            rows in prop::collection::btree_map(0u64..500, (0i64..20, 0u32..3), 0..80),
            early in any::<bool>(),
            descending in any::<bool>(),
            by_moment in any::<bool>(),
            filtered in any::<bool>(),
            offset in 0u64..30,
            size in 1u32..20,
        ) {
            let mut table = Table::default();
            let mut families = Families::default();
            let order = if by_moment { Order::Moment } else { Order::Id };
            let query = ChildQuery { parent: Pfid::from_bytes([0; 20]).unwrap(), order, descending, offset, size };
            // Not in the order of the ids.
            let shuffled: Vec<_> = rows.iter().map(|(&id, &row)| (id * 7919 % 500, row)).collect();
            for (id, (moment, parent)) in shuffled {
                let id = Pfid::from_parts(id, Partition::new(7).unwrap(), [0; 10]).unwrap();
                let slot = table.insert(Row(id, Timestamp::from_micros(moment).unwrap())).unwrap();
                families.add(&table, parent, slot);
                if early {
                    families.page(&table, Some(parent), &query, None);
                }
            }
            let wanted = |row: &Row| row.1.micros() < 10;
            for parent in 0..3 {
                let slots: Vec<u32> = match families.families.get(&parent) {
                    None => Vec::new(),
                    Some(Family::One(slot)) => vec![*slot],
                    Some(Family::Many(lists)) => lists.by_id.iter().collect(),
                };
                let mut all: Vec<u32> = slots
                    .into_iter()
                    .filter(|&slot| !filtered || wanted(table.get(slot).unwrap()))
                    .collect();
                all.sort_by(|&a, &b| compare(table.get(a).unwrap(), table.get(b).unwrap(), order));
                if descending {
                    all.reverse();
                }
                let condition: Option<&dyn Fn(&Row) -> bool> = if filtered { Some(&wanted) } else { None };
                let (page, count) = families.page(&table, Some(parent), &query, condition);
                prop_assert_eq!(count, all.len() as u64);
                let expected: Vec<u32> = all.into_iter().skip(offset as usize).take(size as usize).collect();
                prop_assert_eq!(page, expected);
            }
            prop_assert_eq!(families.page(&table, None, &query, None), (Vec::new(), 0));
            for parent in 0..4 {
                families.remove(parent);
                prop_assert_eq!(families.page(&table, Some(parent), &query, None), (Vec::new(), 0));
            }
        }
    }
}
