//! Rules about single records.

use super::*;

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
    store.update_agent(row.id, &change).unwrap();
    assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));
    let change = AgentChange {
        description: Some(None),
        current_version_id: Some(None),
        ..AgentChange::at(moment(11))
    };
    row.updated_at = moment(11);
    row.description = None;
    row.current_version_id = None;
    store.update_agent(row.id, &change).unwrap();
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
    let state = store.agent_state(row.id).unwrap();
    assert_eq!(state, Some(row.clone().into()));

    assert_eq!(store.count_agents(id(ACCOUNT), None).unwrap(), 1);
    store.delete_agent(row.id).unwrap();
    assert_eq!(store.agent_state(row.id).unwrap(), None);
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
        store.update_agent(row.id, &change).unwrap();
        assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));
    }
}

/// Texts around 256 bytes, beyond which some stores pass them in another form, and long ones, of characters of 1, 2 and 4 bytes.
fn descriptions() -> Vec<String> {
    let mut texts = vec![String::new()];
    for character in ['x', 'é', '\u{1f980}'] {
        let of_256_bytes = 256 / character.len_utf8();
        let around = [of_256_bytes - 1, of_256_bytes, of_256_bytes + 1];
        for length in around.into_iter().chain([256, 257, 10_000]) {
            texts.push(character.to_string().repeat(length));
        }
    }
    texts.push(format!("{0}\0{0}", "x".repeat(300)));
    texts
}

/// Descriptions of agents are read as they were written: alone, in lists, and after an update.
pub fn descriptions_of_agents_are_kept(store: &mut dyn Store) {
    furnish(store);
    let texts = descriptions();
    let mut rows = Vec::new();
    for (number, text) in (20..).zip(&texts) {
        let mut row = agent(number, ENVIRONMENTS[0]);
        row.description = Some(Cow::Borrowed(text));
        store.insert_agent(&row).unwrap();
        assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));
        let other = &texts[number as usize % texts.len()];
        let change = AgentChange {
            description: Some(Some(other)),
            ..AgentChange::at(row.updated_at)
        };
        row.description = Some(Cow::Borrowed(other));
        store.update_agent(row.id, &change).unwrap();
        assert_eq!(store.agent(row.id).unwrap(), Some(row.clone()));
        rows.push(row);
    }
    // A long one is removed.
    if let Some(row) = rows.last_mut() {
        let change = AgentChange {
            description: Some(None),
            ..AgentChange::at(row.updated_at)
        };
        row.description = None;
        store.update_agent(row.id, &change).unwrap();
        assert_eq!(store.agent(row.id).unwrap().as_ref(), Some(&*row));
    }
    let query = AgentQuery {
        account_id: id(ACCOUNT),
        environment_id: None,
        order: AgentOrder::Id,
        page: ALL,
    };
    let mut expected = rows.iter();
    let each = &mut |row: &AgentRow<'_>| {
        assert_eq!(Some(row), expected.next());
        ControlFlow::Continue(())
    };
    store.list_agents(&query, each).unwrap();
    assert_eq!(expected.next(), None);
}

/// Descriptions of versions are read as they were written: alone and in lists.
pub fn descriptions_of_versions_are_kept(store: &mut dyn Store) {
    furnish(store);
    store.insert_agent(&agent(20, ENVIRONMENTS[0])).unwrap();
    let texts = descriptions();
    for (number, text) in (30..).zip(&texts) {
        let identifier = number.to_string();
        let mut row = version(number, 20, &identifier);
        row.version.description = Some(Cow::Borrowed(text));
        store.insert_version(VersionKind::Agent, &row).unwrap();
        let found = store.version(VersionKind::Agent, row.id).unwrap();
        assert_eq!(found, Some(row));
    }
    let query = VersionQuery {
        agent_id: id(20),
        order: VersionOrder::Id,
        page: ALL,
    };
    let mut expected = texts.iter();
    let each = &mut |row: &VersionRow<'_>| {
        let text = expected.next().map(String::as_str);
        assert_eq!(row.version.description.as_deref(), text);
        ControlFlow::Continue(())
    };
    store
        .list_versions(VersionKind::Agent, &query, each)
        .unwrap();
    assert_eq!(expected.next(), None);
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
