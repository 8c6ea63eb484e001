//! Rules about units of work.

use super::*;

/// Every kind of write, once.
fn write_everything(store: &mut dyn Store) {
    store.insert_account(&account(3)).unwrap();
    store
        .update_account(id(ACCOUNT), Some("Renamed"), moment(50))
        .unwrap();
    let ids = IdState {
        last_id: Some(id(77)),
        ..IdState::default()
    };
    let usage = Usage {
        records: 3,
        bytes: 4,
    };
    store.set_account_state(id(ACCOUNT), &ids, &usage).unwrap();
    let row = GeneratedEnvironment {
        account_id: id(ACCOUNT),
        place: 0,
        id: id(78),
    };
    store.keep_generated_environment(&row).unwrap();
    store.insert_environment(&environment(14, 3)).unwrap();
    let renamed = store.update_environment(id(ENVIRONMENTS[1]), Some("Renamed"), moment(51));
    assert_eq!(renamed.unwrap().name, "Renamed");
    store.delete_environment(id(OTHER_ENVIRONMENT)).unwrap();
    store.delete_api_token(id(61)).unwrap();
    for number in [62, 63] {
        store.insert_api_token(&api_token(number, ACCOUNT)).unwrap();
    }
    store.delete_api_token(id(62)).unwrap();
    let changed = store.update_api_token(id(60), TokenState::Revoked, moment(52));
    assert_eq!(changed.unwrap().state, TokenState::Revoked);
    store.note_api_token_use(id(60), moment(53)).unwrap();
    store.void_token(&[1; 32]).unwrap();
    store.void_token(&[2; 32]).unwrap();
    store.keep_token_secret(&[2; 32]).unwrap();
    // One that is inserted and deleted, one that is inserted, an existing one that is deleted, an existing one that is updated.
    for number in [300, 310] {
        populate(store, number);
    }
    store.insert_agent(&agent(320, ENVIRONMENTS[1])).unwrap();
    store.delete_agent(id(320)).unwrap();
    for kind in [VersionKind::Agent, VersionKind::Schema] {
        store.delete_versions(kind, id(200)).unwrap();
    }
    let change = AgentChange {
        name: Some("Renamed"),
        description: Some(Some("long")),
        retired: Some(true),
        ..AgentChange::at(moment(52))
    };
    store.update_agent(id(200), &change).unwrap();
    let shift = CountShift::moved(RunStatus::Pending, RunStatus::Active);
    store.record_activity(id(200), shift, moment(60)).unwrap();
    let row = InstanceRow {
        status: RunStatus::Active,
        started_at: Some(moment(60)),
        ..instance(203, 200)
    };
    store.update_instance(&row).unwrap();
    store.insert_span(&span(205, 203, 200)).unwrap();
    let change = SpanChange {
        updated_at: moment(61),
        status: RunStatus::Failed,
        finished_at: Some(moment(61)),
        result_payload: Some("{}"),
    };
    store.update_span(id(204), &change).unwrap();
    let shift = CountShift::added(RunStatus::Failed);
    store.shift_span_counts(id(203), shift).unwrap();
    store.delete_agent(id(210)).unwrap();
    for byte in [8, 9] {
        let scope = id(ACCOUNT);
        store
            .keep_answer(scope, "key", &answer(byte), moment(1))
            .unwrap();
        let key = byte.to_string();
        store
            .keep_answer(scope, &key, &answer(byte), moment(1))
            .unwrap();
    }
}

fn furnish_and_populate(store: &mut dyn Store) {
    furnish(store);
    populate(store, 200);
    for number in [60, 61] {
        store.insert_api_token(&api_token(number, ACCOUNT)).unwrap();
    }
    store.void_token(&[1; 32]).unwrap();
    store.keep_token_secret(&[1; 32]).unwrap();
    store.insert_agent(&agent(210, ENVIRONMENTS[1])).unwrap();
    let scope = id(ACCOUNT);
    store
        .keep_answer(scope, "key", &answer(7), moment(0))
        .unwrap();
}

/// The writes of a committed unit stay, and a later rollback does not change them.
pub fn units_are_kept_whole(store: &mut dyn Store) {
    furnish_and_populate(store);
    let before = contents(store);
    store.begin().unwrap();
    write_everything(store);
    store.commit().unwrap();
    let after = contents(store);
    assert_ne!(after, before);
    store.rollback().unwrap();
    store.begin().unwrap();
    store.rollback().unwrap();
    assert_eq!(contents(store), after);
}

/// A unit that is rolled back leaves nothing, after any number of writes, and the same can be written again.
pub fn units_are_undone_whole(store: &mut dyn Store) {
    furnish_and_populate(store);
    let before = contents(store);
    for _ in 0..3 {
        store.begin().unwrap();
        write_everything(store);
        store.rollback().unwrap();
        assert_eq!(contents(store), before);
        for number in [3, 14, 62, 63, 205, 300, 301, 302, 303, 304, 310, 320] {
            assert_eq!(store.locate(id(number)).unwrap(), None, "{number}");
        }
        for key in ["8", "9"] {
            let stored = store.stored_answer(id(ACCOUNT), key, moment(2));
            assert_eq!(stored.unwrap(), None);
        }
        // The next unit undoes nothing of the one before.
        store.begin().unwrap();
        store.commit().unwrap();
    }
    store.begin().unwrap();
    write_everything(store);
    store.commit().unwrap();
}

/// One unit is open at a time; a rollback without one does nothing.
pub fn units_do_not_nest(store: &mut dyn Store) {
    furnish(store);
    store.rollback().unwrap();
    store.begin().unwrap();
    assert!(matches!(store.begin(), Err(StoreError::Conflict(_))));
    store.insert_agent(&agent(20, ENVIRONMENTS[0])).unwrap();
    store.commit().unwrap();
    assert!(store.agent(id(20)).unwrap().is_some());
}

/// Clearing removes everything, and is undone with the unit that it is part of.
pub fn clearing_is_undone(store: &mut dyn Store) {
    furnish_and_populate(store);
    let before = contents(store);
    store.begin().unwrap();
    store.insert_agent(&agent(20, ENVIRONMENTS[0])).unwrap();
    store.clear().unwrap();
    assert_eq!(store.locate(id(200)).unwrap(), None);
    furnish(store);
    populate(store, 20);
    store.rollback().unwrap();
    assert_eq!(contents(store), before);
    store.clear().unwrap();
    assert!(store.accounts().unwrap().is_empty());
    assert_eq!(store.count_agents(id(ACCOUNT), None).unwrap(), 0);
    furnish_and_populate(store);
    assert_eq!(contents(store), before);
}
