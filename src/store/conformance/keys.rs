//! Records of idempotency keys.

use super::*;

/// The bodies of the oldest records are dropped first; what the records take is counted, also in a unit that is rolled back.
pub fn keys_are_counted_and_bodies_dropped(store: &mut dyn Store) {
    furnish(store);
    let scope = id(ACCOUNT);
    assert_eq!(store.key_usage().unwrap(), KeyUsage::default());
    assert_eq!(store.first_key_over().unwrap(), None);
    let answer = StoredAnswer {
        body: Some(Cow::Owned(vec![b'x'; 84])),
        ..answer(1)
    };
    // One is in chunks, in SQL.
    let long = StoredAnswer {
        body: Some(Cow::Owned(vec![b'x'; 100_000])),
        ..answer.clone()
    };
    store.keep_answer(scope, "long", &long, moment(1)).unwrap();
    for number in 0..9 {
        let key = number.to_string();
        store.keep_answer(scope, &key, &answer, moment(2)).unwrap();
    }
    let usage = |store: &dyn Store| {
        let KeyUsage { keys, body_bytes } = store.key_usage().unwrap();
        (keys, body_bytes)
    };
    assert_eq!(usage(store), (10, 100_016 + 900));
    let over = moment(1 + KEPT_MICROS);
    assert_eq!(store.first_key_over().unwrap(), Some(over));
    store.begin().unwrap();
    store
        .keep_answer(scope, "undone", &long, moment(3))
        .unwrap();
    store.rollback().unwrap();
    assert_eq!(usage(store), (10, 100_016 + 900));
    store.drop_bodies(650).unwrap();
    assert_eq!(usage(store), (10, 600));
    let body = |key: &str| {
        let stored = store.stored_answer(scope, key, moment(4)).unwrap();
        stored.unwrap().body.map(Cow::into_owned)
    };
    assert_eq!(body("long"), None);
    assert_eq!(body("2"), None);
    assert_eq!(body("3").as_deref(), answer.body.as_deref());
    store.drop_bodies(0).unwrap();
    assert_eq!(usage(store), (10, 0));
    store
        .keep_answer(scope, "later", &answer, moment(5))
        .unwrap();
    assert_eq!(usage(store), (11, 100));
    // Removed records are not counted, nor are their bodies.
    store.press_keys(moment(2 + KEPT_MICROS)).unwrap();
    assert_eq!(usage(store), (1, 100));
    store.forget_answers(moment(5 + KEPT_MICROS), 9).unwrap();
    assert_eq!(usage(store), (0, 0));
    store
        .keep_answer(scope, "anew", &answer, moment(5 + KEPT_MICROS))
        .unwrap();
    assert_eq!(usage(store), (1, 100));
    store.drop_bodies(99).unwrap();
    assert_eq!(usage(store), (1, 0));
}

/// A clock that jumps does not end the 24 hours of a key.
pub fn keys_outlive_jumps_of_the_clock(store: &mut dyn Store) {
    const HOUR: i64 = KEPT_MICROS / 24;
    let start = 10 * KEPT_MICROS;
    furnish(store);
    let scope = id(ACCOUNT);
    let keep = |store: &mut dyn Store, key: &str, at: i64| {
        store
            .keep_answer(scope, key, &answer(1), moment(at))
            .unwrap();
    };
    let is_kept = |store: &dyn Store, key: &str, at: i64| {
        let stored = store.stored_answer(scope, key, moment(at)).unwrap();
        stored.is_some()
    };
    // The clock has run for a while, so that records are removed.
    for minute in 0..180 {
        let key = format!("run-{minute}");
        keep(store, &key, start + minute * HOUR / 60);
    }
    let now = start + 3 * HOUR;
    keep(store, "ahead", now);
    for number in 0..200 {
        keep(store, &format!("ahead-{number}"), now + 2 * KEPT_MICROS);
    }
    assert!(is_kept(store, "ahead", now + 1));
    keep(store, "back", now - 5 * KEPT_MICROS);
    for number in 0..200 {
        keep(store, &format!("back-{number}"), now - 5 * KEPT_MICROS);
    }
    assert!(is_kept(store, "ahead", now - 5 * KEPT_MICROS));
    assert!(is_kept(store, "ahead", now + HOUR));
    assert!(is_kept(store, "back", now + HOUR));
}

/// The record of a key lasts 24 hours, and scopes do not share keys.
pub fn answers_are_kept(store: &mut dyn Store) {
    furnish(store);
    let scope = id(ACCOUNT);
    let kept = |store: &dyn Store, scope, now| {
        store
            .stored_answer(scope, "key", moment(now))
            .unwrap()
            .map(|it| it.fingerprint)
    };
    store
        .keep_answer(scope, "key", &answer(1), moment(0))
        .unwrap();
    assert_eq!(
        store.stored_answer(scope, "key", moment(1)).unwrap(),
        Some(answer(1))
    );
    assert_eq!(kept(store, scope, KEPT_MICROS - 1), Some([1; 32]));
    assert_eq!(kept(store, scope, KEPT_MICROS), None);
    assert_eq!(kept(store, id(OTHER_ACCOUNT), 1), None);
    assert_eq!(store.stored_answer(scope, "Key", moment(1)).unwrap(), None);
    store
        .keep_answer(scope, "key", &answer(2), moment(10))
        .unwrap();
    assert_eq!(kept(store, scope, KEPT_MICROS), Some([2; 32]));
    store.forget_answers(moment(KEPT_MICROS), 9).unwrap();
    assert_eq!(kept(store, scope, KEPT_MICROS), Some([2; 32]));
    store.forget_answers(moment(KEPT_MICROS + 10), 9).unwrap();
    assert_eq!(kept(store, scope, 10), None);
}
