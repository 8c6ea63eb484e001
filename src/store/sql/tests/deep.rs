//! Deep pages: with hints they are the same as without.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::*;
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::Partition;
use crate::model::timestamp::Timestamp;
use crate::store::*;

pub(super) fn id(number: u64) -> Pfid {
    Pfid::from_parts(number, Partition::new(7).unwrap(), [0; 10]).unwrap()
}

pub(super) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

/// Numbers that look random and are the same every time.
pub(super) struct Numbers(pub(super) u64);

impl Numbers {
    pub(super) fn below(&mut self, limit: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }
}

pub(super) fn account() -> AccountRow<'static> {
    AccountRow {
        id: id(1),
        name: Cow::Borrowed("Account"),
        inserted_at: moment(0),
        updated_at: moment(0),
        ids: IdState::default(),
        usage: Usage::default(),
    }
}

pub(super) fn environment(number: u64) -> EnvironmentRow<'static> {
    EnvironmentRow {
        id: id(number),
        account_id: id(1),
        name: Cow::Borrowed("Environment"),
        inserted_at: moment(0),
        updated_at: moment(0),
    }
}

pub(super) fn agent(number: u64, numbers: &mut Numbers) -> AgentRow<'static> {
    AgentRow {
        id: id(number),
        account_id: id(1),
        environment_id: id(10 + numbers.below(2)),
        name: Cow::Owned(format!("Agent {}", numbers.below(500))),
        description: None,
        inserted_at: moment(numbers.below(1_000) as i64 - 500),
        updated_at: moment(numbers.below(1 << 40) as i64),
        retired: false,
        last_activity: None,
        counts: InstanceCounts::default(),
        current_version_id: None,
        current_schema_version_id: None,
    }
}

/// Changes one agent in both stores.
pub(super) fn change(stores: &mut [&mut dyn Store; 2], number: u64, numbers: &mut Numbers) {
    let kind = numbers.below(6);
    let row = agent(number, numbers);
    let update = AgentChange {
        name: Some(&row.name),
        retired: Some(numbers.below(3) == 0),
        ..AgentChange::at(row.updated_at)
    };
    let shift = CountShift::added(RunStatus::ALL[numbers.below(5) as usize]);
    let results = stores.each_mut().map(|store| {
        let exists = store.agent(row.id).unwrap().is_some();
        match kind {
            _ if !exists => store.insert_agent(&row),
            0 => store.delete_agent(row.id),
            1 | 2 => store.record_activity(row.id, shift, row.updated_at),
            _ => store.update_agent(row.id, &update),
        }
    });
    let [one, other] = results.map(|result| result.is_ok());
    assert_eq!(one, other);
}

fn agents_of(store: &mut dyn Store, query: &AgentQuery) -> (Vec<Pfid>, u64) {
    let mut ids = Vec::new();
    let total = store.list_agents(query, &mut |row| {
        ids.push(row.id);
        ControlFlow::Continue(())
    });
    (ids, total.unwrap())
}

pub(super) fn compare_pages(stores: &mut [&mut dyn Store; 2], numbers: &mut Numbers, total: u64) {
    for order in [
        AgentOrder::Id,
        AgentOrder::Name,
        AgentOrder::Status,
        AgentOrder::InsertedAt,
        AgentOrder::UpdatedAt,
    ] {
        for environment_id in [None, Some(id(10)), Some(id(11))] {
            for descending in [false, true] {
                let query = AgentQuery {
                    account_id: id(1),
                    environment_id,
                    order,
                    page: Page {
                        offset: numbers.below(total),
                        size: 1 + numbers.below(60) as u32,
                        descending,
                    },
                };
                let pages = stores.each_mut().map(|store| agents_of(*store, &query));
                assert_eq!(pages[0], pages[1], "{query:?}");
            }
        }
    }
}

#[test]
fn pages_of_agents_stay_right_as_agents_are_added_changed_and_removed() {
    let mut numbers = Numbers(1);
    let mut sql = SqliteStore::open_in_memory().unwrap();
    let mut memory = MemoryStore::new(1);
    let mut stores: [&mut dyn Store; 2] = [&mut sql, &mut memory];
    for store in &mut stores {
        store.insert_account(&account()).unwrap();
        for number in [10, 11] {
            store.insert_environment(&environment(number)).unwrap();
        }
        store.begin().unwrap();
    }
    for number in 0..6_000 {
        let row = agent(1_000 + number * 7_919 % 20_011, &mut numbers);
        for store in &mut stores {
            store.insert_agent(&row).unwrap();
        }
    }
    for store in &mut stores {
        store.commit().unwrap();
    }
    for round in 0..25 {
        for store in &mut stores {
            store.begin().unwrap();
        }
        for _ in 0..200 {
            let number = 1_000 + numbers.below(20_011);
            change(&mut stores, number, &mut numbers);
        }
        // Inside the unit, and after its end.
        compare_pages(&mut stores, &mut numbers, 7_000);
        for store in &mut stores {
            match round % 5 {
                4 => store.rollback().unwrap(),
                _ => store.commit().unwrap(),
            }
        }
        compare_pages(&mut stores, &mut numbers, 7_000);
    }
}

/// An agent with 3,000 versions, instances and spans.
fn populate(stores: &mut [&mut dyn Store; 2], numbers: &mut Numbers) {
    let row = AgentRow {
        environment_id: id(10),
        ..agent(20, numbers)
    };
    let owner = row.ownership();
    let mut instances = Vec::new();
    for number in 0..3_000 {
        let number = number * 7_919 % 3_001;
        let version = VersionRow {
            id: id(100_000 + number),
            owner,
            version: NewVersion {
                external_identifier: Cow::Owned(format!("v{number}")),
                name: None,
                description: None,
                schemas: Default::default(),
            },
            inserted_at: moment(numbers.below(100) as i64),
        };
        let started_at = (numbers.below(2) == 0).then(|| moment(numbers.below(100) as i64));
        let instance = InstanceRow {
            id: id(200_000 + number),
            owner,
            version_id: None,
            status: RunStatus::Pending,
            inserted_at: moment(numbers.below(100) as i64),
            updated_at: moment(numbers.below(100) as i64),
            started_at,
            finished_at: None,
            span_counts: InstanceCounts::default(),
        };
        let span = SpanRow {
            id: id(300_000 + number),
            owner,
            instance_id: id(200_000),
            parent_id: None,
            schema_name: Cow::Borrowed("agent:llm"),
            status: RunStatus::Active,
            payload: Cow::Borrowed("{}"),
            result_payload: None,
            started_at: moment(numbers.below(100) as i64),
            finished_at: None,
            inserted_at: moment(numbers.below(100) as i64),
            updated_at: moment(0),
        };
        instances.push((version, instance, span));
    }
    for store in stores {
        store.insert_account(&account()).unwrap();
        store.insert_environment(&environment(10)).unwrap();
        store.insert_agent(&row).unwrap();
        store.begin().unwrap();
        for (version, instance, span) in &instances {
            store.insert_version(VersionKind::Schema, version).unwrap();
            store.insert_instance(instance).unwrap();
            store.insert_span(span).unwrap();
        }
        store.commit().unwrap();
    }
}

const RUN_ORDERS: [RunOrder; 6] = [
    RunOrder::Id,
    RunOrder::InsertedAt,
    RunOrder::UpdatedAt,
    RunOrder::StartedAt,
    RunOrder::FinishedAt,
    RunOrder::Status,
];

fn page(numbers: &mut Numbers, turn: u64) -> Page {
    Page {
        offset: numbers.below(3_100),
        size: 1 + numbers.below(80) as u32,
        descending: turn.is_multiple_of(2),
    }
}

#[test]
fn pages_below_an_agent_stay_right() {
    let mut numbers = Numbers(2);
    let mut sql = SqliteStore::open_in_memory().unwrap();
    let mut memory = MemoryStore::new(1);
    let mut stores: [&mut dyn Store; 2] = [&mut sql, &mut memory];
    populate(&mut stores, &mut numbers);
    for turn in 0..300 {
        // Instances that start change their position.
        let moved = id(200_000 + numbers.below(3_000));
        let started_at = (numbers.below(3) > 0).then(|| moment(numbers.below(100) as i64));
        for store in &mut stores {
            let row = store.instance(moved).unwrap();
            if let Some(row) = row {
                let row = InstanceRow { started_at, ..row };
                store.update_instance(&row).unwrap();
            }
        }
        let order = RUN_ORDERS[numbers.below(6) as usize];
        let page = page(&mut numbers, turn);
        let query = InstanceQuery {
            agent_id: id(20),
            order,
            page,
        };
        let lists = stores.each_mut().map(|store| {
            let mut rows = Vec::new();
            let total = store.list_instances(&query, &mut |row| {
                rows.push(*row);
                ControlFlow::Continue(())
            });
            (rows, total.unwrap())
        });
        assert_eq!(lists[0], lists[1], "{query:?}");
        let parent = match turn % 3 {
            0 => SpanParent::Agent(id(20)),
            _ => SpanParent::Instance(id(200_000)),
        };
        let range = (turn % 5 == 0).then(|| moment(numbers.below(100) as i64));
        let query = SpanQuery {
            parent,
            order,
            page,
            from: range,
            until: None,
        };
        let lists = stores.each_mut().map(|store| {
            let mut rows = Vec::new();
            let total = store.list_spans(&query, &mut |row| {
                rows.push(row.id);
                ControlFlow::Continue(())
            });
            (rows, total.unwrap())
        });
        assert_eq!(lists[0], lists[1], "{query:?}");
        let order = [
            VersionOrder::Id,
            VersionOrder::InsertedAt,
            VersionOrder::ExternalIdentifier,
        ][numbers.below(3) as usize];
        let query = VersionQuery {
            agent_id: id(20),
            order,
            page,
        };
        let lists = stores.each_mut().map(|store| {
            let mut rows = Vec::new();
            let total = store.list_versions(VersionKind::Schema, &query, &mut |row| {
                rows.push(row.id);
                ControlFlow::Continue(())
            });
            (rows, total.unwrap())
        });
        assert_eq!(lists[0], lists[1], "{query:?}");
    }
}

/// Long texts are read, updated and removed as short ones are; a page stops before it has read them all.
#[test]
fn long_texts_are_split() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    let mut memory = MemoryStore::new(1);
    let mut numbers = Numbers(3);
    let mut stores: [&mut dyn Store; 2] = [&mut store, &mut memory];
    populate(&mut stores, &mut numbers);
    let long = |length: usize| "é".repeat(length / 2) + "x";
    for (place, length) in [
        (0, 16 * 1024 - 2),
        (1, 16 * 1024),
        (2, 524_289),
        (3, 3_000_001),
    ] {
        let payload = long(length);
        let result = long(length + 2);
        let rows = stores.each_mut().map(|store| {
            let owner = store.span(id(300_000)).unwrap().unwrap().owner;
            let row = SpanRow {
                id: id(400_000 + place),
                owner,
                instance_id: id(200_000),
                parent_id: None,
                schema_name: Cow::Borrowed("long"),
                status: RunStatus::Active,
                payload: Cow::Borrowed(&payload),
                result_payload: None,
                started_at: moment(0),
                finished_at: None,
                inserted_at: moment(0),
                updated_at: moment(0),
            };
            store.insert_span(&row).unwrap();
            let mut change = SpanChange {
                updated_at: moment(1),
                status: RunStatus::Complete,
                finished_at: None,
                result_payload: Some(&result),
            };
            let changed = store.update_span(id(400_000 + place), &change).unwrap();
            assert_eq!(changed.payload, payload);
            assert_eq!(changed.result_payload.as_deref(), Some(&*result));
            for text in ["{}", &payload] {
                change.result_payload = Some(text);
                store.update_span(id(400_000 + place), &change).unwrap();
                let row = store.span(id(400_000 + place)).unwrap().unwrap();
                assert_eq!(row.result_payload.as_deref(), Some(text));
            }
            format!("{:?}", store.span(id(400_000 + place)).unwrap())
        });
        assert!(rows[0] == rows[1]);
    }
    let version = VersionRow {
        version: NewVersion {
            external_identifier: Cow::Borrowed("long"),
            name: None,
            description: None,
            schemas: [
                Some(Cow::Owned(long(100_000))),
                None,
                Some(Cow::Borrowed("{}")),
                Some(Cow::Owned(long(600_000))),
            ],
        },
        id: id(500_000),
        owner: store.agent(id(20)).unwrap().unwrap().ownership(),
        inserted_at: moment(0),
    };
    store.insert_version(VersionKind::Agent, &version).unwrap();
    assert!(
        store
            .version(VersionKind::Agent, version.id)
            .unwrap()
            .as_ref()
            == Some(&version)
    );
    store.delete_versions(VersionKind::Agent, id(20)).unwrap();
    for length in [10, 20_000, 2_500_000] {
        let answer = StoredAnswer {
            fingerprint: [1; 32],
            status: 200,
            object_id: None,
            body: Some(Cow::Owned(vec![7; length])),
        };
        store.keep_answer(id(1), "key", &answer, moment(0)).unwrap();
        let kept = store.stored_answer(id(1), "key", moment(1)).unwrap();
        assert!(kept == Some(answer));
    }
    assert_eq!(store.forget_answers(moment(KEPT_MICROS), 9).unwrap(), 1);
    let connection = store.host_mut().connection();
    let count = |part: &str| -> i64 {
        let text = format!("SELECT count(*) FROM chunk WHERE part {part}");
        connection.query_row(&text, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count("= 2"), 0, "of answers");
    assert_eq!(count(">= 3"), 0, "of versions");
    assert!(count("< 2") > 0, "of spans");
}
