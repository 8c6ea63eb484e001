//! The buckets in the database count right, whatever happens to the agents.

use super::deep::{Numbers, account, agent, change, compare_pages, environment, id};
use super::*;
use crate::Timestamp;
use crate::store::sql::agent_table::{OF_ACCOUNT, OF_ENVIRONMENT};
use crate::store::sql::counting::{Counting, Recent};
use crate::store::sql::hints::{Key, MOST};
use crate::store::sql::pages::List;
use crate::store::*;

/// Counts often, so that a test reaches everything.
const COUNTING: Counting = Counting {
    rows: 40,
    piece: 16,
    long: 1_200,
};

/// Compares every bucket with the agents. Returns the number of buckets.
fn check<H: SqlHost>(store: &mut SqlStore<H>) -> usize {
    let session = store.session.get_mut();
    let all = session.recent_agents(0, -1).unwrap();
    let mut buckets = 0;
    for (orders, parent) in [(&OF_ACCOUNT, 1), (&OF_ENVIRONMENT, 1), (&OF_ENVIRONMENT, 2)] {
        for order in orders {
            let keys = |agents: &[Recent]| {
                let agents = agents.iter().filter(|it| it.parent(order) == parent);
                agents.map(|it| it.key(order).clone()).collect::<Vec<_>>()
            };
            let upto = session.counted_upto(order, parent).unwrap();
            let recent = session.recent_agents(upto, -1).unwrap();
            let (all, recent) = (keys(&all), keys(&recent));
            let values = [parent.into()];
            let total = all.len() as u64;
            let list = List {
                order,
                parent,
                values: &values,
                total,
            };
            let Some(stored) = session.stored_ranks(&list).unwrap() else {
                continue;
            };
            let starts: Vec<&Key> = (1..stored.counts().len())
                .filter_map(|it| stored.bucket(it).0)
                .collect();
            let mut counted = vec![0_i64; starts.len() + 1];
            for (keys, one) in [(&all, 1), (&recent, -1)] {
                for key in keys {
                    counted[starts.partition_point(|start| *start <= key)] += one;
                }
            }
            for (bucket, counted) in counted.into_iter().enumerate() {
                let stored_count = stored.counts()[bucket];
                assert_eq!(stored_count as i64, counted, "{list:?} {bucket}");
                // A run takes some creates to its end, while a bucket grows.
                assert!(stored_count <= MOST + 80, "{list:?} {bucket}");
            }
            buckets += stored.counts().len();
            // With the agents that are not counted yet, they are the whole list.
            if total >= COUNTING.long {
                let ranks = session.ranks_of_agents(&list).unwrap().unwrap();
                assert_eq!(ranks.total(), total);
            }
        }
    }
    buckets
}

fn populate(stores: &mut [&mut dyn Store; 2], agents: u64, numbers: &mut Numbers) {
    for store in &mut *stores {
        store.insert_account(&account()).unwrap();
        for number in [10, 11] {
            store.insert_environment(&environment(number)).unwrap();
        }
        store.begin().unwrap();
    }
    for number in 0..agents {
        let row = agent(1_000 + number * 7_919 % 20_011, numbers);
        for store in &mut *stores {
            store.insert_agent(&row).unwrap();
        }
    }
    for store in stores {
        store.commit().unwrap();
    }
}

#[test]
fn buckets_stay_right_as_agents_are_added_changed_and_removed() {
    let mut numbers = Numbers(3);
    let mut sql = SqliteStore::open_in_memory().unwrap();
    sql.session.get_mut().counting = COUNTING;
    let mut memory = MemoryStore::new(1);
    populate(&mut [&mut sql, &mut memory], 4_000, &mut numbers);
    assert!(check(&mut sql) > 5 * 10);
    for turn in 0..30 {
        let mut stores: [&mut dyn Store; 2] = [&mut sql, &mut memory];
        let is_kept = numbers.below(4) > 0;
        for store in &mut stores {
            store.begin().unwrap();
        }
        for _ in 0..numbers.below(100) {
            // Half of the changes are of few agents, which then move together.
            let number = match numbers.below(2) {
                0 => 1_000 + numbers.below(20_011),
                _ => 1_000 + numbers.below(30) * 7_919 % 20_011,
            };
            change(&mut stores, number, &mut numbers);
        }
        for store in &mut stores {
            match is_kept {
                true => store.commit().unwrap(),
                false => store.rollback().unwrap(),
            }
        }
        if turn % 3 == 0 {
            // As at a start: nothing is in memory.
            sql.session.get_mut().forget();
        }
        check(&mut sql);
        let total = memory.count_agents(id(1), None).unwrap();
        compare_pages(&mut [&mut sql, &mut memory], &mut numbers, total);
    }
}

/// A bucket that agents move into is split, and one that all leave is removed.
#[test]
fn buckets_are_split_and_removed_as_agents_move() {
    let mut numbers = Numbers(4);
    let mut sql = SqliteStore::open_in_memory().unwrap();
    sql.session.get_mut().counting = COUNTING;
    let mut memory = MemoryStore::new(1);
    populate(&mut [&mut sql, &mut memory], 3_000, &mut numbers);
    for round in 1..3_u64 {
        for number in 0..3_000 {
            let id = id(1_000 + number * 7_919 % 20_011);
            let at = Timestamp::from_micros((round << 42) as i64 + number as i64).unwrap();
            let update = AgentChange::at(at);
            for store in [&mut sql as &mut dyn Store, &mut memory] {
                store.update_agent(id, &update).unwrap();
            }
        }
        let buckets = check(&mut sql);
        assert!((60..200).contains(&buckets), "{buckets}");
        sql.session.get_mut().forget();
        compare_pages(&mut [&mut sql, &mut memory], &mut numbers, 3_000);
    }
    // All agents go.
    for number in 0..3_000 {
        let id = id(1_000 + number * 7_919 % 20_011);
        for store in [&mut sql as &mut dyn Store, &mut memory] {
            store.delete_agent(id).unwrap();
        }
    }
    assert!(check(&mut sql) <= 15);
    for number in [10, 11] {
        sql.delete_environment(id(number)).unwrap();
        memory.delete_environment(id(number)).unwrap();
    }
    assert!(check(&mut sql) <= 5);
    let connection = sql.session.get_mut().host_mut().connection();
    let left = "SELECT count(*) FROM agent_bucket_upto WHERE list >= 5";
    let left: i64 = connection.query_row(left, [], |row| row.get(0)).unwrap();
    assert_eq!(left, 0);
}

/// Hints that cannot be read, or whose sum is not the length of the list, change no page, and are made again.
#[test]
fn wrong_buckets_are_made_again() {
    let mut numbers = Numbers(5);
    let mut sql = SqliteStore::open_in_memory().unwrap();
    sql.session.get_mut().counting = COUNTING;
    let mut memory = MemoryStore::new(1);
    populate(&mut [&mut sql, &mut memory], 3_000, &mut numbers);
    for damage in [
        "UPDATE agent_bucket SET agents = agents + 1 WHERE list < 3",
        "UPDATE agent_bucket SET agents = -1 WHERE start > x'00'",
        "UPDATE agent_bucket SET start = CAST(x'ff' || start AS BLOB) WHERE start > x'00'",
        "DELETE FROM agent_bucket WHERE start = x''",
        "DELETE FROM agent_bucket WHERE start > x''",
        "DELETE FROM agent_bucket",
        "DELETE FROM agent_bucket_upto",
    ] {
        let session = sql.session.get_mut();
        session.host_mut().connection().execute(damage, []).unwrap();
        session.forget();
        compare_pages(&mut [&mut sql, &mut memory], &mut numbers, 3_000);
        for _ in 0..100 {
            let number = 30_000 + numbers.below(1 << 30);
            let row = agent(number, &mut numbers);
            for store in [&mut sql as &mut dyn Store, &mut memory] {
                store.insert_agent(&row).unwrap();
            }
        }
        assert!(check(&mut sql) > 50, "{damage}");
    }
}

/// A database of an earlier version has no buckets; they are there once it was opened.
#[test]
fn agents_of_an_earlier_version_are_counted_at_the_start() {
    let mut numbers = Numbers(6);
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("store.db");
    let mut sql = SqliteStore::open(&file).unwrap();
    let mut memory = MemoryStore::new(1);
    populate(&mut [&mut sql, &mut memory], 3_000, &mut numbers);
    let session = sql.session.get_mut();
    let upto = session.highest_counted().unwrap();
    assert_eq!(upto, 0, "fewer than are counted at a time");
    assert_eq!(check(&mut sql), 0);
    sql.session.get_mut().counting = COUNTING;
    sql.session.get_mut().count_older_agents().unwrap();
    assert!(check(&mut sql) > 50);
    drop(sql);
    let mut sql = SqliteStore::open(&file).unwrap();
    sql.session.get_mut().counting = COUNTING;
    assert!(check(&mut sql) > 50);
    compare_pages(&mut [&mut sql, &mut memory], &mut numbers, 3_000);
}

/// Counts the statements, and the bytes of their rows.
#[derive(Clone, Copy, Default)]
struct Counted {
    statements: usize,
    bytes: usize,
}

impl Observer for Counted {
    fn note(&mut self, _statement: Statement, _parameters: &[u8], rows: &[u8]) {
        self.statements += 1;
        self.bytes += rows.len();
    }
}

/// No create counts more than one list, or reads more than a piece of the new agents. Changes between the steps of a run, and runs that
/// never end, leave the buckets right.
#[test]
fn agents_are_counted_in_small_steps() {
    let mut numbers = Numbers(7);
    let mut sql = SqlStore::with_host(Observed::in_memory(Counted::default())).unwrap();
    sql.session.get_mut().counting = COUNTING;
    let mut memory = MemoryStore::new(1);
    populate(&mut [&mut sql, &mut memory], 3_000, &mut numbers);
    let (mut most_statements, mut most_bytes, mut counted) = (0, 0, 0);
    for turn in 0..600 {
        let row = agent(30_000 + numbers.below(1 << 30), &mut numbers);
        let before = sql.session.get_mut().highest_counted().unwrap();
        sql.host_mut().observer = Counted::default();
        sql.insert_agent(&row).unwrap();
        let Counted { statements, bytes } = sql.host_mut().observer;
        most_statements = most_statements.max(statements);
        most_bytes = most_bytes.max(bytes);
        memory.insert_agent(&row).unwrap();
        counted += usize::from(sql.session.get_mut().highest_counted().unwrap() > before);
        // Most of the changes are of agents that a run has read, or is about to.
        let mut stores: [&mut dyn Store; 2] = [&mut sql, &mut memory];
        match numbers.below(3) {
            0 => change(&mut stores, row.id.timestamp(), &mut numbers),
            1 => change(&mut stores, 1_000 + numbers.below(20_011), &mut numbers),
            _ => {}
        }
        if turn % 97 == 0 {
            // As at a start, or after a rollback: the run is gone.
            sql.session.get_mut().forget();
        }
        if turn % 8 == 0 {
            check(&mut sql);
        }
    }
    // Fifteen lists, each a step, in about fourteen runs.
    assert!(counted > 150, "{counted}");
    assert!(most_statements <= 40, "{most_statements}");
    assert!(most_bytes <= 8_000, "{most_bytes}");
    let total = memory.count_agents(id(1), None).unwrap();
    compare_pages(&mut [&mut sql, &mut memory], &mut numbers, total);
}
