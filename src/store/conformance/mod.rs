//! The rules of the store traits, as tests that every store runs: see [`store_conformance`](crate::store_conformance).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a failed rule fails its test"
)]

mod accounts;
mod keys;
mod lists;
mod records;
mod units;

use std::borrow::Cow;
use std::ops::ControlFlow;

pub use accounts::*;
pub use keys::*;
pub use lists::*;
pub use records::*;
pub use units::*;

use super::*;
use crate::model::agent::InstanceCounts;
use crate::model::instance::RunStatus;
use crate::model::pfid::{Partition, Pfid};
use crate::model::timestamp::Timestamp;
use crate::model::token::TokenState;

/// Defines a module `store_conformance` with a test for each rule of the store traits. The expression creates an empty
/// store.
///
/// ```
/// # #![allow(dead_code)]
/// agent_registrar::store_conformance!(agent_registrar::store::MemoryStore::new(1));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($make:expr) => {
        mod store_conformance {
            #[allow(unused_imports)]
            use super::*;
            $crate::store_conformance!(
                @tests $make;
                accounts_are_kept,
                environments_are_kept,
                api_tokens_are_kept,
                facts_of_tokens_are_kept,
                agents_are_kept,
                nullable_fields_are_kept,
                descriptions_of_agents_are_kept,
                versions_are_kept,
                descriptions_of_versions_are_kept,
                runs_are_kept,
                answers_are_kept,
                keys_are_counted_and_bodies_dropped,
                keys_outlive_jumps_of_the_clock,
                everything_is_located,
                contradictions_are_refused,
                agents_are_listed,
                versions_are_listed,
                instances_are_listed,
                spans_are_listed,
                units_are_kept_whole,
                units_are_undone_whole,
                units_do_not_nest,
                clearing_is_undone
            );
        }
    };
    (@tests $make:expr; $($rule:ident),*) => {
        $(
            #[test]
            fn $rule() {
                $crate::store::conformance::$rule(&mut $make);
            }
        )*
    };
}

/// An id by its number: ids have the order of their numbers.
pub(super) fn id(number: u64) -> Pfid {
    Pfid::from_parts(number, Partition::new(7).unwrap(), [0; 10]).unwrap()
}

/// A time in microseconds since 1970.
pub(super) fn moment(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros).unwrap()
}

const ACCOUNT: u64 = 1;
const OTHER_ACCOUNT: u64 = 2;
/// Two environments of the account.
const ENVIRONMENTS: [u64; 2] = [11, 12];
const OTHER_ENVIRONMENT: u64 = 13;

fn account(number: u64) -> AccountRow<'static> {
    AccountRow {
        id: id(number),
        name: Cow::Borrowed("Account"),
        inserted_at: moment(1),
        updated_at: moment(1),
        ids: IdState::default(),
        usage: Usage::default(),
    }
}

fn environment(number: u64, account: u64) -> EnvironmentRow<'static> {
    EnvironmentRow {
        id: id(number),
        account_id: id(account),
        name: Cow::Borrowed("Environment"),
        inserted_at: moment(2),
        updated_at: moment(2),
    }
}

fn api_token(number: u64, account: u64) -> ApiTokenRow<'static> {
    ApiTokenRow {
        id: id(number),
        account_id: id(account),
        environment_id: None,
        digest: [number as u8; 32],
        name: None,
        state: TokenState::Active,
        expires_at: None,
        last_used_at: None,
        inserted_at: moment(3),
        updated_at: moment(3),
    }
}

fn agent(number: u64, environment: u64) -> AgentRow<'static> {
    let account = match environment {
        OTHER_ENVIRONMENT => OTHER_ACCOUNT,
        _ => ACCOUNT,
    };
    let name = Cow::Borrowed("Agent");
    AgentRow::new(id(number), id(account), id(environment), name, moment(3))
}

fn owner(agent: u64) -> Ownership {
    Ownership {
        account_id: id(ACCOUNT),
        environment_id: id(ENVIRONMENTS[0]),
        agent_id: id(agent),
    }
}

fn version(number: u64, agent: u64, identifier: &str) -> VersionRow<'_> {
    VersionRow {
        id: id(number),
        owner: owner(agent),
        version: NewVersion {
            external_identifier: Cow::Borrowed(identifier),
            name: Some(Cow::Borrowed("é")),
            description: None,
            schemas: [Some(Cow::Borrowed("{}")), None, None, None],
        },
        inserted_at: moment(4),
    }
}

fn instance(number: u64, agent: u64) -> InstanceRow {
    InstanceRow {
        id: id(number),
        owner: owner(agent),
        version_id: None,
        status: RunStatus::Pending,
        inserted_at: moment(5),
        updated_at: moment(5),
        started_at: None,
        finished_at: None,
        span_counts: InstanceCounts::default(),
    }
}

fn span(number: u64, instance: u64, agent: u64) -> SpanRow<'static> {
    SpanRow {
        id: id(number),
        owner: owner(agent),
        instance_id: id(instance),
        parent_id: None,
        schema_name: Cow::Borrowed("agent:llm"),
        status: RunStatus::Active,
        payload: Cow::Borrowed("{ }"),
        result_payload: None,
        started_at: moment(6),
        finished_at: None,
        inserted_at: moment(7),
        updated_at: moment(7),
    }
}

fn answer(byte: u8) -> StoredAnswer<'static> {
    StoredAnswer {
        fingerprint: [byte; 32],
        status: 200,
        object_id: None,
        body: Some(Cow::Owned(vec![byte; 3])),
    }
}

/// Two accounts and three environments.
fn furnish(store: &mut dyn Store) {
    for number in [ACCOUNT, OTHER_ACCOUNT] {
        store.insert_account(&account(number)).unwrap();
    }
    for number in ENVIRONMENTS {
        let row = environment(number, ACCOUNT);
        store.insert_environment(&row).unwrap();
    }
    let row = environment(OTHER_ENVIRONMENT, OTHER_ACCOUNT);
    store.insert_environment(&row).unwrap();
}

/// An agent with two versions, an instance and a span, numbered from `first` on.
fn populate(store: &mut dyn Store, first: u64) {
    let row = agent(first, ENVIRONMENTS[0]);
    store.insert_agent(&row).unwrap();
    for kind in [VersionKind::Agent, VersionKind::Schema] {
        let number = first + 1 + kind as u64;
        let row = version(number, first, "1.0");
        store.insert_version(kind, &row).unwrap();
    }
    store.insert_instance(&instance(first + 3, first)).unwrap();
    let shift = CountShift::added(RunStatus::Pending);
    store.record_activity(id(first), shift, moment(5)).unwrap();
    store
        .insert_span(&span(first + 4, first + 3, first))
        .unwrap();
    let shift = CountShift::added(RunStatus::Active);
    store.shift_span_counts(id(first + 3), shift).unwrap();
}

const ALL: Page = Page {
    offset: 0,
    size: u32::MAX,
    descending: false,
};

/// All records of some accounts, as text.
fn contents(store: &mut dyn Store) -> Vec<String> {
    let mut out = Vec::new();
    let rows = store.generated_environments().unwrap();
    out.push(format!("{rows:?}"));
    let void = [1, 2].map(|byte| store.is_void_token(&[byte; 32]).unwrap());
    out.push(format!("{void:?} {:?}", store.token_secret().unwrap()));
    for number in [ACCOUNT, OTHER_ACCOUNT] {
        let account_id = id(number);
        out.push(format!("{:?}", store.account(account_id).unwrap()));
        let mut rows = store.environments(account_id).unwrap();
        rows.sort_by_key(|row| row.id);
        out.push(format!("{rows:?}"));
        let mut rows = store.api_tokens(account_id).unwrap();
        rows.sort_by_key(|row| row.id);
        out.push(format!("{rows:?}"));
        for row in rows {
            let found = store.api_token_of_digest(&row.digest).unwrap();
            assert_eq!(found, Some(row));
        }
        for (index, order) in [AgentOrder::Id, AgentOrder::Name, AgentOrder::UpdatedAt]
            .into_iter()
            .enumerate()
        {
            let query = AgentQuery {
                account_id,
                environment_id: None,
                order,
                page: ALL,
            };
            let mut agents = Vec::new();
            let total = store.list_agents(&query, &mut |row| {
                out.push(format!("{row:?}"));
                agents.push(row.id);
                ControlFlow::Continue(())
            });
            out.push(format!("{:?}", total.unwrap()));
            if index == 0 {
                agents
                    .iter()
                    .for_each(|id| dependents(store, *id, &mut out));
            }
        }
        let stored = store.stored_answer(account_id, "key", moment(0));
        out.push(format!("{:?}", stored.unwrap()));
    }
    out
}

fn dependents(store: &mut dyn Store, agent_id: Pfid, out: &mut Vec<String>) {
    for kind in [VersionKind::Agent, VersionKind::Schema] {
        let query = VersionQuery {
            agent_id,
            order: VersionOrder::ExternalIdentifier,
            page: ALL,
        };
        let total = store.list_versions(kind, &query, &mut |row| {
            out.push(format!("{row:?}"));
            ControlFlow::Continue(())
        });
        out.push(format!("{:?}", total.unwrap()));
    }
    for order in [RunOrder::Id, RunOrder::Status] {
        let query = InstanceQuery {
            agent_id,
            order,
            page: ALL,
        };
        let total = store.list_instances(&query, &mut |row| {
            out.push(format!("{row:?}"));
            ControlFlow::Continue(())
        });
        out.push(format!("{:?}", total.unwrap()));
        let query = SpanQuery {
            parent: SpanParent::Agent(agent_id),
            order,
            page: ALL,
            from: None,
            until: None,
        };
        let total = store.list_spans(&query, &mut |row| {
            out.push(format!("{row:?}"));
            ControlFlow::Continue(())
        });
        out.push(format!("{:?}", total.unwrap()));
    }
}

/// Asserts that a write contradicts the store and changes nothing.
fn conflicts<T>(
    store: &mut dyn Store,
    what: &str,
    write: impl FnOnce(&mut dyn Store) -> Result<T, StoreError>,
) {
    let before = contents(store);
    let refused = matches!(write(&mut *store), Err(StoreError::Conflict(_)));
    assert!(refused, "{what}");
    assert_eq!(contents(store), before, "{what}");
}
