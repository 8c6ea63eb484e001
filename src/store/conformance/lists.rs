//! Rules about lists: every order, every page.

use super::*;

/// Numbers that look random and are the same every time.
pub(super) struct Numbers(u64);

impl Numbers {
    pub(super) fn new() -> Numbers {
        Numbers(0x9e37_79b9_7f4a_7c15)
    }

    /// A number below `limit`.
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (self.0 >> 33) % limit
    }
}

/// Compares some pages with those of a list that was sorted here. `list` returns a page as numbers of ids, and the total.
/// `keys` are the sort keys by id; records without a key come last in both directions.
fn check_pages<K: Ord + Clone>(
    what: &str,
    keys: &[(Option<K>, Pfid)],
    list: &mut dyn FnMut(&Page) -> (Vec<Pfid>, u64),
) {
    for descending in [false, true] {
        let mut expected = keys.to_vec();
        expected.sort_by(|a, b| {
            let order = a.0.cmp(&b.0).then(a.1.cmp(&b.1));
            let order = if descending { order.reverse() } else { order };
            a.0.is_none().cmp(&b.0.is_none()).then(order)
        });
        let expected: Vec<Pfid> = expected.into_iter().map(|it| it.1).collect();
        for (offset, size) in [
            (0, 3),
            (2, 5),
            (0, 1_000),
            (7, 0),
            (1_000, 5),
            (u64::MAX, 5),
        ] {
            let page = Page {
                offset,
                size,
                descending,
            };
            let (ids, total) = list(&page);
            let offset = usize::try_from(offset).unwrap_or(usize::MAX);
            let wanted = expected.iter().copied().skip(offset).take(size as usize);
            assert_eq!(ids, wanted.collect::<Vec<_>>(), "{what} {page:?}");
            assert_eq!(total, expected.len() as u64, "{what} {page:?}");
        }
    }
}

/// The sort key of [`AgentOrder::Status`]: the group, whether there was no activity, and the activity, the latest first.
fn status_key(row: &AgentRow<'_>) -> [i64; 3] {
    let group = match (row.retired, row.counts.total()) {
        (true, _) => 2,
        (false, 0) => 0,
        (false, _) => 1,
    };
    let activity = row.last_activity.map(|at| -at.micros());
    [
        group,
        activity.is_none().into(),
        activity.unwrap_or_default(),
    ]
}

/// Lists of agents, of an account and of an environment, are right in every order while agents are added, changed and removed.
pub fn agents_are_listed(store: &mut dyn Store) {
    furnish(store);
    let mut numbers = Numbers::new();
    let mut rows: Vec<AgentRow<'static>> = Vec::new();
    for turn in 0..60 {
        let number = 100 + numbers.below(40);
        let known = rows.iter().position(|row| row.id == id(number));
        let name = ["a", "b", "ab", "", "é"][numbers.below(5) as usize];
        let at = moment(10 + numbers.below(8) as i64);
        match known {
            Some(index) if numbers.below(4) == 0 => {
                store.delete_agent(id(number)).unwrap();
                rows.swap_remove(index);
            }
            Some(index) => {
                let retired = numbers.below(3) == 0;
                let change = AgentChange {
                    name: Some(name),
                    retired: Some(retired),
                    ..AgentChange::at(at)
                };
                store.update_agent(id(number), &change).unwrap();
                rows[index].name = Cow::Borrowed(name);
                rows[index].retired = retired;
                rows[index].updated_at = at;
            }
            None => {
                let environments = [ENVIRONMENTS[0], ENVIRONMENTS[1], OTHER_ENVIRONMENT];
                let row = AgentRow {
                    name: Cow::Borrowed(name),
                    inserted_at: at,
                    updated_at: at,
                    ..agent(number, environments[numbers.below(3) as usize])
                };
                store.insert_agent(&row).unwrap();
                rows.push(row);
            }
        }
        if numbers.below(2) == 0
            && let Some(row) = rows.iter_mut().find(|row| row.id == id(number))
        {
            let shift = CountShift::added(RunStatus::Pending);
            store.record_activity(row.id, shift, at).unwrap();
            shift.apply(&mut row.counts);
            row.last_activity = row.last_activity.max(Some(at));
        }
        if turn % 6 == 5 {
            check_agents(store, &rows);
        }
    }
}

fn check_agents(store: &mut dyn Store, rows: &[AgentRow<'_>]) {
    for (account, environment) in [
        (ACCOUNT, None),
        (ACCOUNT, Some(ENVIRONMENTS[0])),
        (OTHER_ACCOUNT, None),
        (OTHER_ACCOUNT, Some(99)),
    ] {
        let of_scope = |row: &&AgentRow<'_>| {
            row.account_id == id(account)
                && environment.is_none_or(|it| row.environment_id == id(it))
        };
        let rows: Vec<&AgentRow<'_>> = rows.iter().filter(of_scope).collect();
        let count = store.count_agents(id(account), environment.map(id));
        assert_eq!(count.unwrap(), rows.len() as u64);
        for order in [
            AgentOrder::Id,
            AgentOrder::Name,
            AgentOrder::Status,
            AgentOrder::InsertedAt,
            AgentOrder::UpdatedAt,
        ] {
            let key = |row: &AgentRow<'_>| match order {
                AgentOrder::Id => (String::new(), [0; 3]),
                AgentOrder::Name => (row.name.to_string(), [0; 3]),
                AgentOrder::Status => (String::new(), status_key(row)),
                AgentOrder::InsertedAt => (String::new(), [row.inserted_at.micros(), 0, 0]),
                AgentOrder::UpdatedAt => (String::new(), [row.updated_at.micros(), 0, 0]),
            };
            let keys: Vec<_> = rows.iter().map(|row| (Some(key(row)), row.id)).collect();
            check_pages(&format!("{order:?}"), &keys, &mut |page| {
                let query = AgentQuery {
                    account_id: id(account),
                    environment_id: environment.map(id),
                    order,
                    page: *page,
                };
                let mut ids = Vec::new();
                let total = store.list_agents(&query, &mut |row| {
                    assert_eq!(Some(&row), rows.iter().find(|it| it.id == row.id));
                    ids.push(row.id);
                    ControlFlow::Continue(())
                });
                (ids, total.unwrap())
            });
        }
    }
    // A callback ends a list early; the total is that of the list.
    let query = AgentQuery {
        account_id: id(ACCOUNT),
        environment_id: None,
        order: AgentOrder::Id,
        page: ALL,
    };
    let mut seen = 0;
    let total = store.list_agents(&query, &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    let all = rows
        .iter()
        .filter(|row| row.account_id == id(ACCOUNT))
        .count();
    assert_eq!((seen, total.unwrap()), (all.min(1), all as u64));
}

/// Lists of an agent's versions are right in every order.
pub fn versions_are_listed(store: &mut dyn Store) {
    furnish(store);
    let mut numbers = Numbers::new();
    let mut rows = Vec::new();
    for agent_number in [20, 21] {
        store
            .insert_agent(&agent(agent_number, ENVIRONMENTS[0]))
            .unwrap();
    }
    for number in 0..12 {
        let number = 100 + number * 7 % 12;
        let identifier = format!("v{}", numbers.below(1_000_000));
        let row = VersionRow {
            inserted_at: moment(numbers.below(4) as i64),
            ..version(number, 20 + number % 3 / 2, &identifier)
        };
        store.insert_version(VersionKind::Agent, &row).unwrap();
        rows.push((
            identifier.clone(),
            row.id,
            row.owner.agent_id,
            row.inserted_at,
        ));
    }
    for agent_number in [20, 21, 99] {
        let agent_id = id(agent_number);
        for order in [
            VersionOrder::Id,
            VersionOrder::InsertedAt,
            VersionOrder::ExternalIdentifier,
        ] {
            let keys: Vec<_> = rows
                .iter()
                .filter(|row| row.2 == agent_id)
                .map(|(identifier, id, _, at)| match order {
                    VersionOrder::Id => (Some((String::new(), 0)), *id),
                    VersionOrder::InsertedAt => (Some((String::new(), at.micros())), *id),
                    VersionOrder::ExternalIdentifier => (Some((identifier.clone(), 0)), *id),
                })
                .collect();
            check_pages(&format!("{order:?}"), &keys, &mut |page| {
                let query = VersionQuery {
                    agent_id,
                    order,
                    page: *page,
                };
                let mut ids = Vec::new();
                let total = store.list_versions(VersionKind::Agent, &query, &mut |row| {
                    ids.push(row.id);
                    ControlFlow::Continue(())
                });
                (ids, total.unwrap())
            });
        }
    }
}

const ORDERS: [RunOrder; 6] = [
    RunOrder::Id,
    RunOrder::InsertedAt,
    RunOrder::UpdatedAt,
    RunOrder::StartedAt,
    RunOrder::FinishedAt,
    RunOrder::Status,
];

fn random_moment(numbers: &mut Numbers) -> Timestamp {
    moment(numbers.below(5) as i64)
}

/// Lists of an agent's instances are right in every order; instances without the time come last.
pub fn instances_are_listed(store: &mut dyn Store) {
    furnish(store);
    let mut numbers = Numbers::new();
    let mut rows: Vec<InstanceRow> = Vec::new();
    for agent_number in [20, 21] {
        store
            .insert_agent(&agent(agent_number, ENVIRONMENTS[0]))
            .unwrap();
    }
    for number in 0..16 {
        let row = InstanceRow {
            inserted_at: random_moment(&mut numbers),
            ..instance(100 + number * 7 % 16, 20 + number % 3 / 2)
        };
        store.insert_instance(&row).unwrap();
        rows.push(row);
        if number == 8 {
            check_instances(store, &rows);
        }
    }
    for row in &mut rows {
        row.status = RunStatus::ALL[numbers.below(5) as usize];
        row.updated_at = random_moment(&mut numbers);
        row.started_at = (numbers.below(3) > 0).then(|| random_moment(&mut numbers));
        row.finished_at = (numbers.below(3) > 0).then(|| random_moment(&mut numbers));
        store.update_instance(row).unwrap();
    }
    check_instances(store, &rows);
    // A unit that is rolled back leaves every list as it was.
    store.begin().unwrap();
    for row in &rows {
        let changed = InstanceRow {
            status: RunStatus::Failed,
            updated_at: random_moment(&mut numbers),
            started_at: (numbers.below(3) > 0).then(|| random_moment(&mut numbers)),
            ..*row
        };
        store.update_instance(&changed).unwrap();
    }
    store.rollback().unwrap();
    check_instances(store, &rows);
}

fn check_instances(store: &mut dyn Store, rows: &[InstanceRow]) {
    for agent_number in [20, 21, 99] {
        let agent_id = id(agent_number);
        for order in ORDERS {
            let key = |row: &InstanceRow| match order {
                RunOrder::Id => Some(0),
                RunOrder::InsertedAt => Some(row.inserted_at.micros()),
                RunOrder::UpdatedAt => Some(row.updated_at.micros()),
                RunOrder::StartedAt => row.started_at.map(Timestamp::micros),
                RunOrder::FinishedAt => row.finished_at.map(Timestamp::micros),
                RunOrder::Status => Some(row.status as i64),
            };
            let of_agent = rows.iter().filter(|row| row.owner.agent_id == agent_id);
            let keys: Vec<_> = of_agent.map(|row| (key(row), row.id)).collect();
            check_pages(&format!("{order:?}"), &keys, &mut |page| {
                let query = InstanceQuery {
                    agent_id,
                    order,
                    page: *page,
                };
                let mut ids = Vec::new();
                let total = store.list_instances(&query, &mut |row| {
                    ids.push(row.id);
                    ControlFlow::Continue(())
                });
                (ids, total.unwrap())
            });
        }
    }
}

/// Lists of spans, of an instance and of an agent, are right in every order and for a range of start times.
pub fn spans_are_listed(store: &mut dyn Store) {
    furnish(store);
    let mut numbers = Numbers::new();
    let mut rows: Vec<SpanRow<'static>> = Vec::new();
    store.insert_agent(&agent(20, ENVIRONMENTS[0])).unwrap();
    for number in [30, 31] {
        store.insert_instance(&instance(number, 20)).unwrap();
    }
    for number in 0..16 {
        let mut row = SpanRow {
            inserted_at: random_moment(&mut numbers),
            started_at: random_moment(&mut numbers),
            ..span(100 + number * 7 % 16, 30 + number % 3 / 2, 20)
        };
        store.insert_span(&row).unwrap();
        if numbers.below(2) == 0 {
            let change = SpanChange {
                updated_at: random_moment(&mut numbers),
                status: RunStatus::ALL[numbers.below(5) as usize],
                finished_at: Some(random_moment(&mut numbers)),
                result_payload: None,
            };
            store.update_span(row.id, &change).unwrap();
            row.updated_at = change.updated_at;
            row.status = change.status;
            row.finished_at = change.finished_at;
        }
        rows.push(row);
        if number == 8 || number == 15 {
            check_spans(store, &rows);
        }
    }
    // A unit that is rolled back leaves every list as it was.
    store.begin().unwrap();
    for number in 0..4 {
        let row = span(200 + number, 30 + number % 2, 20);
        store.insert_span(&row).unwrap();
    }
    store.rollback().unwrap();
    check_spans(store, &rows);
}

fn check_spans(store: &mut dyn Store, rows: &[SpanRow<'_>]) {
    let ranges = [
        (None, None),
        (Some(1), None),
        (None, Some(2)),
        (Some(1), Some(3)),
        (Some(3), Some(1)),
    ];
    for parent in [
        SpanParent::Instance(id(30)),
        SpanParent::Instance(id(31)),
        SpanParent::Agent(id(20)),
        SpanParent::Agent(id(99)),
    ] {
        for (order, (from, until)) in ORDERS
            .into_iter()
            .flat_map(|order| ranges.map(|range| (order, range)))
        {
            let key = |row: &SpanRow<'_>| match order {
                RunOrder::Id => Some(0),
                RunOrder::InsertedAt => Some(row.inserted_at.micros()),
                RunOrder::UpdatedAt => Some(row.updated_at.micros()),
                RunOrder::StartedAt => Some(row.started_at.micros()),
                RunOrder::FinishedAt => row.finished_at.map(Timestamp::micros),
                RunOrder::Status => Some(row.status as i64),
            };
            let wanted = |row: &&SpanRow<'_>| {
                let at = row.started_at.micros();
                let of_parent = match parent {
                    SpanParent::Instance(id) => row.instance_id == id,
                    SpanParent::Agent(id) => row.owner.agent_id == id,
                };
                of_parent
                    && from.is_none_or(|from| at >= from)
                    && until.is_none_or(|until| at <= until)
            };
            let wanted = rows.iter().filter(wanted);
            let keys: Vec<_> = wanted.map(|row| (key(row), row.id)).collect();
            check_pages(&format!("{order:?} {parent:?}"), &keys, &mut |page| {
                let query = SpanQuery {
                    parent,
                    order,
                    page: *page,
                    from: from.map(moment),
                    until: until.map(moment),
                };
                let mut ids = Vec::new();
                let total = store.list_spans(&query, &mut |row| {
                    ids.push(row.id);
                    ControlFlow::Continue(())
                });
                (ids, total.unwrap())
            });
        }
    }
}
