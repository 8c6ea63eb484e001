//! What a group puts off is seen by every read, and written by every commit.

use super::deep::{Numbers, account, agent, environment, id, moment};
use super::*;
use crate::store::*;

fn furnished() -> SqliteStore {
    let mut store = SqliteStore::open_in_memory().unwrap();
    store.insert_account(&account()).unwrap();
    for number in [10, 11] {
        store.insert_environment(&environment(number)).unwrap();
    }
    store
}

fn state(number: u64) -> (IdState, Usage) {
    let ids = IdState {
        last_id: Some(id(number)),
        highest_chosen_id: Some(id(number + 1)),
        random_position: number,
    };
    let usage = Usage {
        records: number,
        bytes: 2 * number,
    };
    (ids, usage)
}

/// Writes what a group puts off: the state of the account, and an agent.
fn write(store: &mut SqliteStore, number: u64) -> (IdState, Usage) {
    let (ids, usage) = state(number);
    store.set_account_state(id(1), &ids, &usage).unwrap();
    let row = agent(number, &mut Numbers(number));
    store.insert_agent(&row).unwrap();
    (ids, usage)
}

#[test]
fn every_read_inside_of_a_group_sees_the_state_of_the_account() {
    type Read = fn(&mut SqliteStore) -> (IdState, Usage);
    let reads: [Read; 3] = [
        |store| {
            let row = store.account(id(1)).unwrap().unwrap();
            (row.ids, row.usage)
        },
        |store| {
            let rows = store.accounts().unwrap();
            (rows[0].ids, rows[0].usage)
        },
        |store| {
            let row = store.update_account(id(1), Some("Renamed"), moment(9));
            let row = row.unwrap();
            (row.ids, row.usage)
        },
    ];
    for read in reads {
        let mut store = furnished();
        store.begin().unwrap();
        store.begin_group();
        for number in [100, 200] {
            let written = write(&mut store, number);
            assert_eq!(read(&mut store), written);
        }
        let last = write(&mut store, 300);
        store.end_group().unwrap();
        store.commit().unwrap();
        store.settle(true);
        assert_eq!(read(&mut store), last);
    }
}

#[test]
fn a_commit_of_the_store_writes_what_its_group_has_put_off() {
    let mut store = furnished();
    store.begin().unwrap();
    store.begin_group();
    let written = write(&mut store, 100);
    store.commit().unwrap();
    store.settle(true);
    let row = store.account(id(1)).unwrap().unwrap();
    assert_eq!((row.ids, row.usage), written);
    store.session.get_mut().forget();
    assert_eq!(store.count_agents(id(1), None).unwrap(), 1);
}
