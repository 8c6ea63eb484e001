//! Rules about single records.

use super::*;

/// An account is read as it was inserted and updated. One generated id is stored for each place of an environment.
pub fn accounts_are_kept(store: &mut dyn Store) {
    assert_eq!(store.account(id(ACCOUNT)).unwrap(), None);
    furnish(store);
    let row = account(ACCOUNT);
    assert_eq!(store.account(row.id).unwrap(), Some(row.clone()));
    let mut ids: Vec<Pfid> = store.accounts().unwrap().iter().map(|it| it.id).collect();
    ids.sort_unstable();
    assert_eq!(ids, [id(ACCOUNT), id(OTHER_ACCOUNT)]);

    let renamed = AccountRow {
        name: Cow::Borrowed("Renamed"),
        updated_at: moment(9),
        ..row
    };
    let changed = store.update_account(renamed.id, Some("Renamed"), moment(9));
    assert_eq!(changed.unwrap(), renamed);
    let ids = IdState {
        last_id: Some(id(100)),
        highest_chosen_id: Some(id(200)),
        random_position: u64::from(u32::MAX) + 1,
    };
    let usage = Usage {
        records: 3,
        bytes: 4,
    };
    store.set_account_state(renamed.id, &ids, &usage).unwrap();
    let kept = store.account(renamed.id).unwrap().unwrap();
    let state = AccountRow {
        ids,
        usage,
        ..renamed
    };
    assert_eq!(kept, state);

    let generated = |place, number| GeneratedEnvironment {
        account_id: id(ACCOUNT),
        place,
        id: id(number),
    };
    for row in [generated(0, 50), generated(1, 51), generated(0, 52)] {
        store.keep_generated_environment(&row).unwrap();
    }
    let kept = store.generated_environments().unwrap();
    assert_eq!(kept, [generated(0, 52), generated(1, 51)]);
}

/// An environment is read as it was inserted and updated, and does not exist after its deletion.
pub fn environments_are_kept(store: &mut dyn Store) {
    furnish(store);
    let row = environment(ENVIRONMENTS[0], ACCOUNT);
    assert_eq!(store.environment(row.id).unwrap(), Some(row.clone()));
    assert_eq!(store.environment(id(ACCOUNT)).unwrap(), None);
    assert_eq!(store.environments(id(ACCOUNT)).unwrap().len(), 2);
    let touched = store.update_environment(row.id, None, moment(8)).unwrap();
    assert_eq!(touched.name, row.name);
    let renamed = EnvironmentRow {
        name: Cow::Borrowed("Renamed"),
        updated_at: moment(9),
        ..row
    };
    let changed = store.update_environment(renamed.id, Some("Renamed"), moment(9));
    assert_eq!(changed.unwrap(), renamed);
    assert_eq!(
        store.environment(renamed.id).unwrap(),
        Some(renamed.clone())
    );
    store.delete_environment(renamed.id).unwrap();
    assert_eq!(store.environment(renamed.id).unwrap(), None);
    assert_eq!(store.environments(id(ACCOUNT)).unwrap().len(), 1);
    // Its id is free again.
    store.insert_environment(&renamed).unwrap();
}

/// An API token is read as it was inserted and updated, by id and by digest, and does not exist after its deletion. Its
/// environment need not exist.
pub fn api_tokens_are_kept(store: &mut dyn Store) {
    furnish(store);
    assert!(!store.has_api_tokens().unwrap());
    let mut row = ApiTokenRow {
        environment_id: Some(id(99)),
        name: Some(Cow::Borrowed("é")),
        expires_at: Some(moment(i64::from(u32::MAX) << 20)),
        last_used_at: Some(moment(-1)),
        ..api_token(60, ACCOUNT)
    };
    let plain = api_token(61, OTHER_ACCOUNT);
    for row in [&row, &plain] {
        store.insert_api_token(row).unwrap();
        assert_eq!(store.api_token(row.id).unwrap().as_ref(), Some(row));
        let found = store.api_token_of_digest(&row.digest).unwrap();
        assert_eq!(found.as_ref(), Some(row));
    }
    assert!(store.has_api_tokens().unwrap());
    assert_eq!(store.api_token(id(ACCOUNT)).unwrap(), None);
    assert_eq!(store.api_token_of_digest(&[7; 32]).unwrap(), None);
    assert_eq!(store.api_tokens(id(ACCOUNT)).unwrap(), [row.clone()]);
    assert_eq!(store.api_tokens(id(99)).unwrap(), []);

    for state in [
        TokenState::Revoked,
        TokenState::Suspended,
        TokenState::Active,
    ] {
        row.state = state;
        row.updated_at = moment(row.updated_at.micros() + 1);
        let changed = store.update_api_token(row.id, state, row.updated_at);
        assert_eq!(changed.unwrap(), row);
    }
    row.last_used_at = Some(moment(9));
    store.note_api_token_use(row.id, moment(9)).unwrap();
    assert_eq!(store.api_token(row.id).unwrap(), Some(row.clone()));

    store.delete_api_token(row.id).unwrap();
    assert_eq!(store.api_token(row.id).unwrap(), None);
    assert_eq!(store.api_token_of_digest(&row.digest).unwrap(), None);
    assert_eq!(store.api_tokens(id(ACCOUNT)).unwrap(), []);
    // Its id and its digest are free again.
    store.insert_api_token(&row).unwrap();
}

/// The digests of void tokens and the secret of texts are kept.
pub fn facts_of_tokens_are_kept(store: &mut dyn Store) {
    assert!(!store.is_void_token(&[1; 32]).unwrap());
    for _ in 0..2 {
        store.void_token(&[1; 32]).unwrap();
        assert!(store.is_void_token(&[1; 32]).unwrap());
        assert!(!store.is_void_token(&[2; 32]).unwrap());
    }
    assert_eq!(store.token_secret().unwrap(), None);
    for secret in [[1; 32], [2; 32]] {
        store.keep_token_secret(&secret).unwrap();
        assert_eq!(store.token_secret().unwrap(), Some(secret));
    }
}

/// An agent is read as it was inserted and updated. An update leaves the fields that it does not name, and the last
/// activity only moves forward.
pub fn agents_are_kept(store: &mut dyn Store) {
    furnish(store);
    let mut row = AgentRow {
        description: Some(Cow::Borrowed("")),
        ..agent(20, ENVIRONMENTS[0])
    };
    store.insert_agent(&row).unwrap();
    assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));
    assert_eq!(store.agent(id(21)).unwrap(), None);

    let change = AgentChange {
        name: Some("Renamed"),
        retired: Some(true),
        current_version_id: Some(Some(id(99))),
        ..AgentChange::at(moment(10))
    };
    row.updated_at = moment(10);
    row.name = Cow::Borrowed("Renamed");
    row.retired = true;
    row.current_version_id = Some(id(99));
    assert_eq!(store.update_agent(row.id, &change).unwrap(), row);
    let change = AgentChange {
        description: Some(None),
        current_version_id: Some(None),
        ..AgentChange::at(moment(11))
    };
    row.updated_at = moment(11);
    row.description = None;
    row.current_version_id = None;
    assert_eq!(store.update_agent(row.id, &change).unwrap(), row);
    assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));

    for (from, to, at) in [
        (None, Some(RunStatus::Pending), 30),
        (None, Some(RunStatus::Failed), 20),
        (Some(RunStatus::Pending), Some(RunStatus::Active), 40),
        (None, None, 35),
    ] {
        let shift = CountShift { from, to };
        store.record_activity(row.id, shift, moment(at)).unwrap();
    }
    row.last_activity = Some(moment(40));
    row.counts.active = 1;
    row.counts.failed = 1;
    assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));

    assert_eq!(store.count_agents(id(ACCOUNT), None).unwrap(), 1);
    store.delete_agent(row.id).unwrap();
    assert_eq!(store.agent(row.id).unwrap(), None);
    assert_eq!(store.count_agents(id(ACCOUNT), None).unwrap(), 0);
}

/// Each nullable field of an agent is read as it was written, and an update of another field leaves it.
pub fn nullable_fields_are_kept(store: &mut dyn Store) {
    furnish(store);
    for at in 0..AgentRow::NULLABLE.len() {
        let mut row = agent(20 + at as u64, ENVIRONMENTS[0]);
        match row.nullable_mut().nth(at) {
            Some(NullableMut::Id(value)) => *value = Some(id(98)),
            Some(NullableMut::Text(value)) => *value = Some(Cow::Borrowed("Text")),
            None => {}
        }
        store.insert_agent(&row).unwrap();
        assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));
        row.updated_at = moment(10);
        let change = AgentChange::at(moment(10));
        assert_eq!(store.update_agent(row.id, &change).unwrap(), row);
    }
}

/// A version is read as it was inserted, by id and by identifier. The two kinds are separate.
pub fn versions_are_kept(store: &mut dyn Store) {
    furnish(store);
    for number in [20, 21] {
        store.insert_agent(&agent(number, ENVIRONMENTS[0])).unwrap();
    }
    let row = version(30, 20, "1.0");
    store.insert_version(VersionKind::Agent, &row).unwrap();
    assert_eq!(
        store.version(VersionKind::Agent, row.id).unwrap(),
        Some(row.clone())
    );
    assert_eq!(store.version(VersionKind::Schema, row.id).unwrap(), None);
    let schema = version(31, 20, "1.0");
    store.insert_version(VersionKind::Schema, &schema).unwrap();
    store
        .insert_version(VersionKind::Agent, &version(32, 21, "1.0"))
        .unwrap();
    for (kind, agent, found) in [
        (VersionKind::Agent, 20, Some(id(30))),
        (VersionKind::Schema, 20, Some(id(31))),
        (VersionKind::Agent, 21, Some(id(32))),
        (VersionKind::Schema, 21, None),
        (VersionKind::Agent, 99, None),
    ] {
        assert_eq!(store.version_id(kind, id(agent), "1.0").unwrap(), found);
        assert_eq!(store.version_id(kind, id(agent), "1.1").unwrap(), None);
    }
    store.delete_versions(VersionKind::Agent, id(20)).unwrap();
    store.delete_versions(VersionKind::Agent, id(20)).unwrap();
    assert_eq!(store.version(VersionKind::Agent, row.id).unwrap(), None);
    assert_eq!(
        store.version(VersionKind::Schema, schema.id).unwrap(),
        Some(schema)
    );
    store.insert_version(VersionKind::Agent, &row).unwrap();
}

/// Instances and spans are read as they were inserted and updated. An update does not change their counts.
pub fn runs_are_kept(store: &mut dyn Store) {
    furnish(store);
    store.insert_agent(&agent(20, ENVIRONMENTS[0])).unwrap();
    let mut row = instance(30, 20);
    store.insert_instance(&row).unwrap();
    assert_eq!(store.instance(row.id).unwrap(), Some(row));
    let shift = CountShift::added(RunStatus::Active);
    store.shift_span_counts(row.id, shift).unwrap();
    row.status = RunStatus::Complete;
    row.updated_at = moment(9);
    row.started_at = Some(moment(-1));
    row.finished_at = Some(moment(9));
    // With stale counts, as in a row that was read earlier.
    store.update_instance(&row).unwrap();
    row.span_counts.active = 1;
    assert_eq!(store.instance(row.id).unwrap(), Some(row));

    let mut row = span(40, 30, 20);
    store.insert_span(&row).unwrap();
    assert_eq!(store.span(row.id).unwrap(), Some(row.clone()));
    let mut change = SpanChange {
        updated_at: moment(9),
        status: RunStatus::Failed,
        finished_at: Some(moment(8)),
        result_payload: Some("{\"é\":1}"),
    };
    row.updated_at = moment(9);
    row.status = RunStatus::Failed;
    row.finished_at = Some(moment(8));
    row.result_payload = Some(Cow::Borrowed("{\"é\":1}"));
    assert_eq!(store.update_span(row.id, &change).unwrap(), row);
    change.result_payload = None;
    assert_eq!(store.update_span(row.id, &change).unwrap(), row);
    assert_eq!(store.span(row.id).unwrap(), Some(row));
    assert_eq!(store.instance(id(40)).unwrap(), None);
    assert_eq!(store.span(id(30)).unwrap(), None);
    for (parent, count) in [
        (SpanParent::Instance(id(30)), 1),
        (SpanParent::Agent(id(20)), 1),
        (SpanParent::Agent(id(30)), 0),
    ] {
        assert_eq!(store.count_spans(parent).unwrap(), count);
    }
}

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

/// `locate` returns the kind and the owners of every id.
pub fn everything_is_located(store: &mut dyn Store) {
    furnish(store);
    populate(store, 20);
    store.insert_api_token(&api_token(60, ACCOUNT)).unwrap();
    let (account_id, environment_id) = (id(ACCOUNT), id(ENVIRONMENTS[0]));
    for (number, kind, environment_id) in [
        (ACCOUNT, Kind::Account, None),
        (ENVIRONMENTS[0], Kind::Environment, Some(environment_id)),
        (20, Kind::Agent, Some(environment_id)),
        (21, Kind::AgentVersion, Some(environment_id)),
        (22, Kind::AgentSchemaVersion, Some(environment_id)),
        (23, Kind::AgentInstance, Some(environment_id)),
        (24, Kind::AgentSpan, Some(environment_id)),
        (60, Kind::ApiToken, None),
    ] {
        let located = Located {
            kind,
            account_id,
            environment_id,
        };
        assert_eq!(store.locate(id(number)).unwrap(), Some(located));
    }
    assert_eq!(store.locate(id(25)).unwrap(), None);
}

/// A write that contradicts the records is a conflict, and changes nothing.
pub fn contradictions_are_refused(store: &mut dyn Store) {
    furnish(store);
    populate(store, 20);
    store.insert_api_token(&api_token(60, ACCOUNT)).unwrap();
    let here = ENVIRONMENTS[0];
    for taken in [ACCOUNT, here, 20, 21, 22, 23, 24, 60] {
        let what = format!("insert {taken}");
        conflicts(store, &what, |it| it.insert_account(&account(taken)));
        conflicts(store, &what, |it| {
            it.insert_environment(&environment(taken, ACCOUNT))
        });
        conflicts(store, &what, |it| it.insert_agent(&agent(taken, here)));
        conflicts(store, &what, |it| {
            let digest = [0; 32];
            it.insert_api_token(&ApiTokenRow {
                digest,
                ..api_token(taken, ACCOUNT)
            })
        });
        for kind in [VersionKind::Agent, VersionKind::Schema] {
            conflicts(store, &what, |it| {
                it.insert_version(kind, &version(taken, 20, "new"))
            });
        }
        conflicts(store, &what, |it| it.insert_instance(&instance(taken, 20)));
        conflicts(store, &what, |it| it.insert_span(&span(taken, 23, 20)));
    }
    conflicts(store, "digest", |it| {
        it.insert_api_token(&ApiTokenRow {
            id: id(90),
            ..api_token(60, ACCOUNT)
        })
    });
    let kind = VersionKind::Agent;
    conflicts(store, "identifier", |it| {
        it.insert_version(kind, &version(90, 20, "1.0"))
    });
    // An id without a record, and one of another kind.
    for other in [99, 11] {
        conflicts(store, "no account", |it| {
            it.insert_environment(&environment(90, other))
        });
        conflicts(store, "no account", |it| {
            it.update_account(id(other), None, moment(9)).map(drop)
        });
        conflicts(store, "no account", |it| {
            it.insert_api_token(&api_token(90, other))
        });
        conflicts(store, "no API token", |it| {
            it.update_api_token(id(other), TokenState::Revoked, moment(9))
                .map(drop)
        });
        conflicts(store, "no API token", |it| {
            it.note_api_token_use(id(other), moment(9))
        });
        conflicts(store, "no API token", |it| it.delete_api_token(id(other)));
        conflicts(store, "no account", |it| {
            it.set_account_state(id(other), &IdState::default(), &Usage::default())
        });
    }
    for other in [99, 20] {
        conflicts(store, "no environment", |it| {
            it.insert_agent(&agent(90, other))
        });
        conflicts(store, "no environment", |it| {
            it.update_environment(id(other), None, moment(9)).map(drop)
        });
        conflicts(store, "no environment", |it| {
            it.delete_environment(id(other))
        });
    }
    for other in [99, 23] {
        conflicts(store, "no agent", |it| {
            it.insert_version(kind, &version(90, other, "new"))
        });
        conflicts(store, "no agent", |it| {
            it.insert_instance(&instance(90, other))
        });
        conflicts(store, "no agent", |it| {
            it.update_agent(id(other), &AgentChange::at(moment(9)))
                .map(drop)
        });
        conflicts(store, "no agent", |it| {
            it.record_activity(id(other), CountShift::NONE, moment(9))
        });
        conflicts(store, "no agent", |it| it.delete_agent(id(other)));
    }
    let change = SpanChange {
        updated_at: moment(9),
        status: RunStatus::Failed,
        finished_at: None,
        result_payload: None,
    };
    for other in [99, 20] {
        conflicts(store, "no instance", |it| {
            it.insert_span(&span(90, other, 20))
        });
        conflicts(store, "no instance", |it| {
            it.update_instance(&instance(other, 20))
        });
        conflicts(store, "no instance", |it| {
            it.shift_span_counts(id(other), CountShift::NONE)
        });
        conflicts(store, "no span", |it| {
            it.update_span(id(other), &change).map(drop)
        });
    }
    conflicts(store, "has agents", |it| it.delete_environment(id(here)));
    conflicts(store, "has versions and instances", |it| {
        it.delete_agent(id(20))
    });
}
