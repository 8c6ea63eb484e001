//! The registrar without HTTP: tenancy, and the atomicity of operations.

use std::borrow::Cow;
use std::ops::ControlFlow;

use super::agents::AgentSort;
use super::environments::EnvironmentSort;
use super::instances::Registration;
use super::sorting::RunSorting;
use super::spans::{NewSpan, SpanEnd, SpanList};
use super::testing::{Budget, FailingStore};
use super::*;
use crate::model::error::ErrorCode;
use crate::model::instance::RunStatus;
use crate::rules::{CreateAgentFields, Given, IssueReason, UpdateAgentFields};
use crate::store::{MemoryStore, NewVersion, Page, VersionKind, VersionOrder};
use config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

const OTHER_ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h2";
const STRANGER: &str = "013xrzp12g0000000000000000000000";

fn pfid(text: &str) -> Pfid {
    Pfid::parse(text).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_778_148_000_000).unwrap()
}

/// Two accounts. The first has two configured environments and one whose id is generated.
fn config(seed: &str) -> Config {
    let json = serde_json::json!({
        "accounts": [
            {"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}, {"id": OTHER_ENVIRONMENT}, {}]},
            {"id": STRANGER},
        ],
        "tokens": [{"token": "t"}],
        "seed_text": seed,
    });
    Config::from_json(json.to_string().as_bytes()).unwrap()
}

fn registrar() -> (Registrar, Budget) {
    let (store, budget) = FailingStore::new();
    let registrar = Registrar::open(config("seed"), Box::new(store), now());
    (registrar.unwrap(), budget)
}

fn caller(account: &str, environment: Option<&str>) -> Caller {
    Caller {
        account_id: pfid(account),
        environment_id: environment.map(pfid),
        credential: Credential::Configured,
        now: now(),
    }
}

fn account() -> Caller {
    caller(DEFAULT_ACCOUNT, None)
}

fn fields<'a>(id: Given<'a>) -> CreateAgentFields<'a> {
    CreateAgentFields {
        name: Given::Text("Scout"),
        environment_id: Given::Text(DEFAULT_ENVIRONMENT),
        id,
        ..CreateAgentFields::default()
    }
}

fn change<'a>() -> UpdateAgentFields<'a> {
    UpdateAgentFields {
        name: Given::Text("Renamed"),
        ..UpdateAgentFields::default()
    }
}

fn version(identifier: &str) -> NewVersion<'_> {
    NewVersion {
        external_identifier: Cow::Borrowed(identifier),
        name: None,
        description: None,
        schemas: Default::default(),
    }
}

fn registration(agent_id: Pfid) -> Registration<'static> {
    Registration {
        agent_id,
        version: Some(version("1")),
        schema_version: Some(version("1")),
        id: None,
        update_current_version: true,
    }
}

fn new_span(instance_id: Pfid, parent_id: Option<Pfid>) -> NewSpan<'static> {
    NewSpan {
        instance_id,
        schema_name: "agent:llm",
        status: RunStatus::Active,
        payload: "{}",
        result_payload: None,
        id: None,
        parent_id,
        started_at: None,
        finished_at: None,
    }
}

const END: SpanEnd<'static> = SpanEnd {
    status: RunStatus::Complete,
    moment: None,
    result_payload: Some("{}"),
};

const PAGE: Page = Page {
    offset: 0,
    size: 100,
    descending: false,
};

/// Runs one operation as a unit of work.
fn run<T>(
    registrar: &mut Registrar,
    operation: impl FnOnce(&mut Registrar) -> Result<T, Failure>,
) -> Result<T, Failure> {
    registrar.transact(operation)
}

/// The ids of one object of each kind, in the first environment of the first account.
struct Objects {
    agent: Pfid,
    instance: Pfid,
    span: Pfid,
    version: Pfid,
}

fn objects(registrar: &mut Registrar) -> Objects {
    let caller = account();
    let created = run(registrar, |it| {
        let agent = agents::create(it, &caller, &fields(Given::Absent))?.id;
        let instance = instances::register(it, &caller, &registration(agent))?;
        let span = spans::create(it, &caller, &new_span(instance.id, None))?.id;
        Ok(Objects {
            agent,
            instance: instance.id,
            span,
            version: instance.version_id.unwrap(),
        })
    });
    created.unwrap()
}

type Operation = Box<dyn Fn(&mut Registrar, &Caller) -> Result<(), Failure>>;

/// Every operation on one of these objects, by name.
fn operations(of: &Objects) -> Vec<(&'static str, Operation)> {
    let &Objects {
        agent,
        instance,
        span,
        version: version_id,
    } = of;
    let environment = pfid(DEFAULT_ENVIRONMENT);
    vec![
        (
            "agents::fetch",
            Box::new(move |r, c| agents::fetch(r, c, agent).map(drop)),
        ),
        (
            "agents::update",
            Box::new(move |r, c| agents::update(r, c, agent, &change()).map(drop)),
        ),
        (
            "agents::retire",
            Box::new(move |r, c| agents::retire(r, c, agent).map(drop)),
        ),
        (
            "agents::reinstate",
            Box::new(move |r, c| agents::reinstate(r, c, agent).map(drop)),
        ),
        (
            "agents::delete",
            Box::new(move |r, c| agents::delete(r, c, agent, &mut |_| Ok(()))),
        ),
        (
            "instances::register",
            Box::new(move |r, c| instances::register(r, c, &registration(agent)).map(drop)),
        ),
        (
            "instances::fetch",
            Box::new(move |r, c| instances::fetch(r, c, instance).map(drop)),
        ),
        (
            "instances::start",
            Box::new(move |r, c| instances::start(r, c, instance, None).map(drop)),
        ),
        (
            "instances::finish",
            Box::new(move |r, c| {
                instances::finish(r, c, instance, RunStatus::Cancelled, None).map(drop)
            }),
        ),
        (
            "spans::create",
            Box::new(move |r, c| spans::create(r, c, &new_span(instance, Some(span))).map(drop)),
        ),
        (
            "spans::finish",
            Box::new(move |r, c| spans::finish(r, c, span, &END).map(drop)),
        ),
        (
            "versions::create",
            Box::new(move |r, c| {
                versions::create(r, c, VersionKind::Agent, agent, version("2")).map(drop)
            }),
        ),
        (
            "versions::fetch",
            Box::new(move |r, c| versions::fetch(r, c, VersionKind::Agent, version_id).map(drop)),
        ),
        (
            "environments::fetch",
            Box::new(move |r, c| environments::fetch(r, c, environment).map(drop)),
        ),
        (
            "environments::update",
            Box::new(move |r, c| environments::update(r, c, environment, Some("New")).map(drop)),
        ),
        (
            "environments::delete",
            Box::new(move |r, c| environments::delete(r, c, environment, &mut |_| Ok(()))),
        ),
    ]
}

#[test]
fn objects_of_others_do_not_exist_for_any_operation() {
    let (mut registrar, _) = registrar();
    let objects = objects(&mut registrar);
    let before = registrar.snapshot().unwrap();
    for caller in [
        caller(STRANGER, None),
        caller(DEFAULT_ACCOUNT, Some(OTHER_ENVIRONMENT)),
        Caller::nobody(now()),
    ] {
        for (name, operation) in operations(&objects) {
            let failure = run(&mut registrar, |it| operation(it, &caller)).unwrap_err();
            assert_eq!(failure.code(), ErrorCode::NotFound, "{name}");
            assert!(registrar.snapshot().unwrap() == before, "{name}");
        }
        let stranger = accounts::fetch(&registrar, &caller, pfid(DEFAULT_ACCOUNT));
        let is_own = caller.account_id == pfid(DEFAULT_ACCOUNT);
        let expected = if is_own {
            ErrorCode::NotPermitted
        } else {
            ErrorCode::NotFound
        };
        assert_eq!(stranger.unwrap_err().code(), expected);
        let renamed = accounts::update(&mut registrar, &caller, pfid(DEFAULT_ACCOUNT), Some("x"));
        assert_eq!(renamed.unwrap_err().code(), expected);
        check_lists(&mut registrar, &caller, &objects, 0);
    }
    check_lists(&mut registrar, &account(), &objects, 1);
    assert!(registrar.snapshot().unwrap() == before);
}

/// Counts the rows of all lists about these objects for a caller.
fn check_lists(registrar: &mut Registrar, caller: &Caller, objects: &Objects, expected: u64) {
    let environment = Some(pfid(DEFAULT_ENVIRONMENT));
    let (agent, sort) = (objects.agent, AgentSort::Status);
    let count = agents::list(registrar, caller, environment, sort, &PAGE, &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(count.unwrap(), expected);
    let (kind, order) = (VersionKind::Agent, VersionOrder::Id);
    let count = versions::list(registrar, caller, kind, agent, order, &PAGE, &mut |_| {
        ControlFlow::Continue(())
    });
    assert_eq!(count.unwrap(), expected);
    let count = instances::list(
        registrar,
        caller,
        agent,
        RunSorting::BY_ID,
        &PAGE,
        &mut |_| ControlFlow::Continue(()),
    );
    assert_eq!(count.unwrap(), expected);
    for (instance_id, agent_id) in [
        (Some(objects.instance), None),
        (None, Some(agent)),
        (Some(objects.instance), Some(agent)),
    ] {
        let list = SpanList {
            instance_id,
            agent_id,
            from: None,
            until: None,
            sorting: RunSorting::BY_ID,
            page: PAGE,
        };
        let mut each = |_: &crate::store::SpanRow<'_>| ControlFlow::Continue(());
        let count = spans::list(registrar, caller, &list, &mut each);
        assert_eq!(count.unwrap(), expected);
    }
    let mut each = |row: &crate::store::EnvironmentRow<'_>| {
        assert!(caller.sees(row.account_id, row.id));
        ControlFlow::Continue(())
    };
    let account_id = Some(pfid(DEFAULT_ACCOUNT));
    environments::list(
        registrar,
        caller,
        account_id,
        EnvironmentSort::Name,
        &PAGE,
        &mut each,
    )
    .unwrap();
}

#[test]
fn a_new_object_must_be_in_the_scope_of_its_caller() {
    let (mut registrar, _) = registrar();
    let objects = objects(&mut registrar);
    let other = caller(DEFAULT_ACCOUNT, Some(OTHER_ENVIRONMENT));
    let stranger = caller(STRANGER, None);
    let before = registrar.snapshot().unwrap();
    let mut refuse =
        |expected: ErrorCode, operation: &dyn Fn(&mut Registrar) -> Result<(), Failure>| {
            let failure = run(&mut registrar, |it| operation(it)).unwrap_err();
            assert_eq!(failure.code(), expected);
            assert!(registrar.snapshot().unwrap() == before);
        };
    let invalid = ErrorCode::ValidationErrors;
    // Another environment of the account, and one of another account.
    refuse(ErrorCode::NotPermitted, &|it| {
        agents::create(it, &other, &fields(Given::Absent)).map(drop)
    });
    refuse(invalid, &|it| {
        agents::create(it, &stranger, &fields(Given::Absent)).map(drop)
    });
    refuse(ErrorCode::NotPermitted, &|it| {
        environments::create(it, &other, "New", None).map(drop)
    });
    // Ids that are taken, or of another partition.
    for id in [DEFAULT_ENVIRONMENT, "013xrzp12g0000000000000000000009"] {
        refuse(invalid, &|it| {
            agents::create(it, &account(), &fields(Given::Text(id))).map(drop)
        });
        refuse(invalid, &|it| {
            let free = it.free_id(&account(), &|| "id".into(), pfid(id))?;
            let id = free.map_err(|issue| Failure::invalid(vec![issue]))?;
            environments::create(it, &account(), "New", Some(id)).map(drop)
        });
    }
    // An id that was checked for a caller of another account.
    let id = pfid("013xrzp12g0000000000000000000009");
    refuse(invalid, &|it| {
        let free = it.free_id(&stranger, &|| "id".into(), id)?.unwrap();
        environments::create(it, &account(), "New", Some(free)).map(drop)
    });
    // The parent of a span is of the same instance.
    let agent = objects.agent;
    let second = run(&mut registrar, |it| {
        instances::register(it, &account(), &registration(agent))
    });
    let second = second.unwrap().id;
    let span = run(&mut registrar, |it| {
        spans::create(it, &account(), &new_span(second, Some(objects.span))).map(drop)
    });
    assert_eq!(span.unwrap_err().issues()[0].path, "details.parent_span_id");
    // An external identifier that another version of the agent has.
    let taken = run(&mut registrar, |it| {
        versions::create(it, &account(), VersionKind::Agent, agent, version("1")).map(drop)
    });
    assert_eq!(taken.unwrap_err().issues()[0].reason, IssueReason::Taken);
    assert!(run(&mut registrar, |it| it.generate_ids(&account(), 1_001)).is_err());
}

#[test]
fn an_operation_that_fails_at_any_call_leaves_nothing() {
    let (mut registrar, budget) = registrar();
    let objects = objects(&mut registrar);
    let chosen = "013xrzp12g3nqk8nzxvq7jm2arsfg5h9";
    let mut all = vec![
        (
            "agents::create",
            Box::new(|r: &mut Registrar, c: &Caller| {
                agents::create(r, c, &fields(Given::Text(chosen))).map(drop)
            }) as Operation,
        ),
        (
            "environments::create",
            Box::new(|r, c| environments::create(r, c, "New", None).map(drop)),
        ),
        (
            "api_tokens::create",
            Box::new(|r, c| {
                let new = api_tokens::NewApiToken {
                    environment_id: Some(pfid(DEFAULT_ENVIRONMENT)),
                    name: None,
                    expires_at: None,
                };
                api_tokens::create(r, c, &new).map(drop)
            }),
        ),
        (
            "generate_ids",
            Box::new(|r, c| r.generate_ids(c, 3).map(drop)),
        ),
        (
            "accounts::update",
            Box::new(|r, c| accounts::update(r, c, c.account_id, Some("x")).map(drop)),
        ),
    ];
    all.extend(operations(&objects));
    for (name, operation) in all {
        let before = registrar.snapshot().unwrap();
        for calls in 0.. {
            budget.set(calls);
            let done = run(&mut registrar, |it| operation(it, &account()));
            budget.unlimited();
            let Err(failure) = done else {
                break;
            };
            assert!(
                registrar.snapshot().unwrap() == before,
                "{name} after {calls} calls"
            );
            if !failure.is_fault() {
                // Refused: not available in this state.
                break;
            }
            assert_eq!(failure.status(), 503, "{name}");
            let cause = "the store cannot answer now: the store's host failed: the disk is gone";
            assert_eq!(failure.cause().as_deref(), Some(cause));
        }
    }
    for calls in 0.. {
        let before = registrar.snapshot().unwrap();
        budget.set(calls);
        let reset = registrar.reset(now());
        budget.unlimited();
        if reset.is_ok() {
            break;
        }
        assert!(
            registrar.snapshot().unwrap() == before,
            "reset after {calls} calls"
        );
    }
    registrar.restart(now()).unwrap();
    let fresh = Registrar::new(config("seed"), now()).unwrap();
    assert!(registrar.snapshot().unwrap() == fresh.snapshot().unwrap());
}

#[test]
fn a_configured_environment_that_was_deleted_stays_deleted() {
    let config = || {
        let config = serde_json::json!({
            "accounts": [{"id": DEFAULT_ACCOUNT, "environments": [{}, {"id": DEFAULT_ENVIRONMENT}]}],
            "tokens": [{"token": "of the environment", "environment_id": DEFAULT_ENVIRONMENT}],
            "seed_text": "seed",
        });
        Config::from_json(config.to_string().as_bytes()).unwrap()
    };
    let mut registrar = Registrar::new(config(), now()).unwrap();
    let ids = |it: &Registrar| {
        let rows = it.store.environments(pfid(DEFAULT_ACCOUNT)).unwrap();
        rows.iter().map(|row| row.id).collect::<Vec<_>>()
    };
    let opens = |it: &mut Registrar| it.caller("of the environment", now()).unwrap().is_some();
    assert!(opens(&mut registrar));
    for id in ids(&registrar) {
        let before = registrar.snapshot().unwrap();
        run(&mut registrar, |it| {
            environments::delete(it, &account(), id, &mut |_| Ok(()))
        })
        .unwrap();
        // The note of it is not in the way of a snapshot.
        let after = registrar.snapshot().unwrap();
        for snapshot in [before, after] {
            registrar.restore(&snapshot).unwrap();
        }
        run(&mut registrar, |it| {
            environments::create(
                it,
                &account(),
                "again",
                Some(it.free_id(&account(), &|| "".into(), id)?.unwrap()),
            )?;
            environments::delete(it, &account(), id, &mut |_| Ok(()))
        })
        .unwrap();
    }
    assert!(!opens(&mut registrar));
    for _ in 0..2 {
        registrar = Registrar::open(config(), registrar.into_store(), now()).unwrap();
        assert!(ids(&registrar).is_empty());
        assert!(!opens(&mut registrar));
        assert_eq!(
            registrar.defaults().unwrap(),
            Some((pfid(DEFAULT_ACCOUNT), None))
        );
    }
    // Until a reset, after which all is as at the first start.
    registrar.reset(now()).unwrap();
    assert_eq!(ids(&registrar).len(), 2);
}

#[test]
fn a_store_can_be_opened_again() {
    let store = Box::new(MemoryStore::new(1));
    let mut registrar = Registrar::open(config("first"), store, now()).unwrap();
    let chosen = "0fffffffffffqk8nzxvq7jm2arsfg5h9";
    let objects = objects(&mut registrar);
    run(&mut registrar, |it| {
        agents::create(it, &account(), &fields(Given::Text(chosen))).map(drop)
    })
    .unwrap_err();
    run(&mut registrar, |it| {
        accounts::update(it, &account(), pfid(DEFAULT_ACCOUNT), Some("Renamed"))?;
        environments::update(it, &account(), pfid(DEFAULT_ENVIRONMENT), Some("Renamed"))?;
        Ok(())
    })
    .unwrap();
    let mut ids = run(&mut registrar, |it| it.generate_ids(&account(), 5)).unwrap();
    let count = |it: &Registrar| it.store.environments(pfid(DEFAULT_ACCOUNT)).unwrap().len();
    let generated = registrar.store.generated_environments().unwrap();
    assert_eq!(generated.len(), 2);

    // With the same seed and with another one, and with a clock that stepped back.
    let earlier = Timestamp::from_millis(1_778_147_000_000).unwrap();
    for (seed, now) in [("first", now()), ("second", earlier), ("second", now())] {
        registrar = Registrar::open(config(seed), registrar.into_store(), now).unwrap();
        assert_eq!(
            accounts::own(&registrar, &account()).unwrap().name,
            "Renamed"
        );
        let row = environments::fetch(&registrar, &account(), pfid(DEFAULT_ENVIRONMENT));
        assert_eq!(row.unwrap().name, "Renamed");
        assert_eq!(registrar.store.generated_environments().unwrap(), generated);
        assert_eq!(count(&registrar), 3);
        assert!(agents::fetch(&registrar, &account(), objects.agent).is_ok());
        let caller = Caller { now, ..account() };
        let more = run(&mut registrar, |it| it.generate_ids(&caller, 5)).unwrap();
        ids.extend(more);
        assert!(ids.is_sorted(), "ids never fall back");
        ids.dedup();
        assert_eq!(ids.len() % 5, 0);
    }
    // A configuration that contradicts the store is refused.
    let json =
        serde_json::json!({"accounts": [{"id": objects.agent.to_string()}], "seed_text": ""});
    let other = Config::from_json(json.to_string().as_bytes()).unwrap();
    let opened = Registrar::open(other, registrar.into_store(), now());
    assert!(matches!(
        opened.err(),
        Some(OpenError::Config(ConfigError::Duplicate("accounts.id")))
    ));
}

#[test]
fn a_registrar_can_move_to_another_thread() {
    fn is_send<T: Send>() {}
    is_send::<Registrar>();
    is_send::<crate::api::Service>();
}

/// Managed tokens: whose they are, what they open, and what finding them costs.
mod managed_tokens {
    use super::super::api_tokens::{self, NewApiToken, TokenAction, TokenSort};
    use super::*;
    use crate::token_partition;

    const HOUR_MS: i64 = 3_600_000;
    const NEW: NewApiToken<'static> = NewApiToken {
        environment_id: None,
        name: Some("CI"),
        expires_at: None,
    };

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(now().micros() / 1_000 + millis).unwrap()
    }

    fn issue(registrar: &mut Registrar, new: &NewApiToken<'static>) -> (Pfid, String) {
        let issued = run(registrar, |it| {
            api_tokens::create(it, &account(), new).map(|it| (it.row.id, it.text))
        });
        issued.unwrap()
    }

    fn opens(registrar: &mut Registrar, token: &str, at: Timestamp) -> Option<Caller> {
        registrar.caller(token, at).unwrap()
    }

    #[test]
    fn a_token_opens_what_it_is_for_as_long_as_it_is_active() {
        let (mut registrar, _) = registrar();
        let (id, token) = issue(&mut registrar, &NEW);
        let new = NewApiToken {
            environment_id: Some(pfid(OTHER_ENVIRONMENT)),
            expires_at: Some(at(10)),
            ..NEW
        };
        let (_, short) = issue(&mut registrar, &new);
        let caller = opens(&mut registrar, &token, now()).unwrap();
        assert_eq!(caller.credential, Credential::Managed(id));
        assert_eq!(caller.environment_id, None);
        for (millis, is_open) in [(9, true), (10, false), (9, true)] {
            let caller = opens(&mut registrar, &short, at(millis));
            let environment = caller.and_then(|it| it.environment_id);
            assert_eq!(environment, is_open.then(|| pfid(OTHER_ENVIRONMENT)));
        }
        for (action, is_open) in [
            (TokenAction::Suspend, false),
            (TokenAction::Activate, true),
            (TokenAction::Revoke, false),
        ] {
            assert!(opens(&mut registrar, &token, now()).is_some() != is_open);
            run(&mut registrar, |it| {
                api_tokens::act(it, &account(), id, action).map(drop)
            })
            .unwrap();
            assert!(opens(&mut registrar, &token, now()).is_some() == is_open);
        }
    }

    #[test]
    fn a_change_that_is_rolled_back_leaves_the_token_as_it_was() {
        let (mut registrar, _) = registrar();
        let (id, token) = issue(&mut registrar, &NEW);
        let failed = run(&mut registrar, |it| {
            api_tokens::act(it, &account(), id, TokenAction::Revoke).map(drop)?;
            // As a request of the same transaction sees it.
            assert!(it.caller(&token, now()).unwrap().is_none());
            api_tokens::delete(it, &account(), id, &mut |_| Ok(()))?;
            assert!(it.caller(&token, now()).unwrap().is_none());
            Err::<(), _>(Failure::unexpected())
        });
        assert!(failed.is_err());
        assert!(opens(&mut registrar, &token, now()).is_some());
    }

    #[test]
    fn texts_that_somebody_made_up_reach_no_store() {
        let (mut registrar, budget) = registrar();
        let (_, token) = issue(&mut registrar, &NEW);
        let (_, other) = issue(&mut registrar, &NEW);
        let secret = registrar.tokens.secret.clone();
        let foreign = super::super::token_text::token_text(
            pfid("013xrzp12gzzzzzz0000000000000000"),
            &[7; 26],
            &secret,
        );
        // No call succeeds any more.
        budget.set(0);
        let mut changed = token.clone();
        changed.replace_range(
            20..21,
            if token[20..].starts_with('0') {
                "1"
            } else {
                "0"
            },
        );
        for made_up in [&changed[..], &token[1..], "", "t2", &foreign.unwrap()] {
            assert!(opens(&mut registrar, made_up, now()).is_none());
        }
        // Configured ones of the account reach none, either.
        assert!(opens(&mut registrar, "t", now()).is_some());
        assert!(registrar.caller(&token, now()).is_err());
        budget.unlimited();
        assert!(opens(&mut registrar, &token, now()).is_some());
        // Nor does the token of the last request.
        budget.set(0);
        assert!(opens(&mut registrar, &token, now()).is_some());
        assert!(registrar.caller(&other, now()).is_err());
    }

    #[test]
    fn the_use_of_a_token_is_to_be_noted_once_an_hour() {
        let (mut registrar, budget) = registrar();
        let (id, token) = issue(&mut registrar, &NEW);
        let mut to_note = |millis: i64| {
            let caller = opens(&mut registrar, &token, at(millis)).unwrap();
            let found = registrar.use_to_note(&caller);
            if let Some(id) = found {
                run(&mut registrar, |it| Ok(it.note_use(id, at(millis))?)).unwrap();
            }
            found.is_some()
        };
        // The test's clock stands at the beginning of an hour.
        for (millis, expected) in [
            (0, true),
            (1, false),
            (HOUR_MS - 1, false),
            (HOUR_MS, true),
            (1, false),
            (5 * HOUR_MS + 1, true),
        ] {
            assert_eq!(to_note(millis), expected, "{millis}");
        }
        let row = api_tokens::fetch(&registrar, &account(), id).unwrap();
        assert_eq!(row.last_used_at, Some(at(5 * HOUR_MS)));
        assert_eq!(row.updated_at, now());
        // A store that takes no writes is not asked again in that hour.
        let later = at(6 * HOUR_MS);
        let caller = opens(&mut registrar, &token, later).unwrap();
        let id = registrar.use_to_note(&caller).unwrap();
        let noted = run(&mut registrar, |it| {
            budget.set(0);
            let noted = it.note_use(id, later);
            budget.unlimited();
            Ok(noted?)
        });
        assert_eq!(noted.unwrap_err().status(), 503);
        let caller = opens(&mut registrar, &token, later).unwrap();
        assert_eq!(registrar.use_to_note(&caller), None);
        let caller = opens(&mut registrar, &token, at(7 * HOUR_MS)).unwrap();
        assert_eq!(registrar.use_to_note(&caller), Some(id));
    }

    #[test]
    fn tokens_of_others_do_not_exist() {
        let (mut registrar, _) = registrar();
        let (id, _) = issue(&mut registrar, &NEW);
        for caller in [caller(STRANGER, None), Caller::nobody(now())] {
            let fetched = api_tokens::fetch(&registrar, &caller, id).unwrap_err();
            assert_eq!(fetched.code(), ErrorCode::NotFound);
            let mut each = |_: &crate::store::ApiTokenRow<'_>| ControlFlow::Continue(());
            let sort = TokenSort::Status;
            let count = api_tokens::list(&registrar, &caller, None, sort, &PAGE, &mut each);
            assert_eq!(count.unwrap(), 0);
        }
        let narrow = caller(DEFAULT_ACCOUNT, Some(DEFAULT_ENVIRONMENT));
        let fetched = api_tokens::fetch(&registrar, &narrow, id).unwrap_err();
        assert_eq!(fetched.code(), ErrorCode::NotPermitted);
        let agent = agents::fetch(&registrar, &narrow, id).unwrap_err();
        assert_eq!(agent.code(), ErrorCode::NotFound);
        let agent = agents::fetch(&registrar, &account(), id).unwrap_err();
        assert_eq!(agent.code(), ErrorCode::UnexpectedRefType);
    }

    #[test]
    fn the_operator_makes_accounts_and_a_rollback_forgets_them() {
        let (mut registrar, budget) = registrar();
        let operator = Caller {
            credential: Credential::Operator,
            ..Caller::nobody(now())
        };
        let before = registrar.snapshot().unwrap();
        for calls in 0.. {
            budget.set(calls);
            let made = run(&mut registrar, |it| {
                let (row, token) = accounts::create(it, &operator, "Acme", None)?;
                Ok((row.id, token))
            });
            budget.unlimited();
            let Ok((id, token)) = made else {
                assert!(registrar.snapshot().unwrap() == before, "{calls} calls");
                continue;
            };
            let secret = registrar.tokens.secret.clone();
            assert_eq!(token_partition(&token, &secret), Some(id.partition()));
            let caller = opens(&mut registrar, &token, now()).unwrap();
            assert_eq!((caller.account_id, caller.environment_id), (id, None));
            // Its ids are its own, and continue.
            let ids = run(&mut registrar, |it| it.generate_ids(&caller, 2)).unwrap();
            assert!(ids.iter().all(|it| it.partition() == id.partition()));
            break;
        }
        let refused = run(&mut registrar, |it| {
            accounts::create(it, &account(), "Acme", None).map(drop)
        });
        assert_eq!(refused.unwrap_err().code(), ErrorCode::NotPermitted);
        // A taken partition.
        let taken = run(&mut registrar, |it| {
            accounts::create(it, &operator, "Acme", Some(pfid(OTHER_ENVIRONMENT))).map(drop)
        });
        assert_eq!(taken.unwrap_err().issues()[0].path, "details.id");
    }

    #[test]
    fn a_snapshot_has_managed_tokens_and_accounts_of_the_operator() {
        let (mut registrar, _) = registrar();
        let operator = Caller {
            credential: Credential::Operator,
            ..Caller::nobody(now())
        };
        let (_, token) = issue(&mut registrar, &NEW);
        let made = run(&mut registrar, |it| {
            accounts::create(it, &operator, "Acme", None).map(|(_, token)| token)
        });
        let foreign = made.unwrap();
        let snapshot = registrar.snapshot().unwrap();
        for text in [&token, &foreign] {
            let has = |bytes: &[u8]| snapshot.windows(bytes.len()).any(|it| it == bytes);
            assert!(!has(text.as_bytes()));
            assert!(has(&sha256(text.as_bytes())));
        }
        assert!(!snapshot.windows(32).any(|it| it == sha256(b"t")));
        // A registrar of another seed, whose own secret is another one.
        let mut other = Registrar::new(config("other seed"), now()).unwrap();
        let (_, lost) = issue(&mut other, &NEW);
        other.restore(&snapshot).unwrap();
        for text in [&token, &foreign] {
            assert!(opens(&mut other, text, now()).is_some());
        }
        assert!(opens(&mut other, &lost, now()).is_none());
        let (_, later) = issue(&mut other, &NEW);
        assert!(opens(&mut other, &later, now()).is_some());
        // And back to nothing.
        other.reset(now()).unwrap();
        for text in [&token, &foreign, &later] {
            assert!(opens(&mut other, text, now()).is_none());
        }
    }

    #[test]
    fn an_opened_store_has_its_tokens() {
        let (mut registrar, _) = registrar();
        let (_, token) = issue(&mut registrar, &NEW);
        let store = registrar.into_store();
        // Another seed: the secret is the store's.
        let mut registrar = Registrar::open(config("another"), store, now()).unwrap();
        assert!(opens(&mut registrar, &token, now()).is_some());
        // A configured secret signs anew: texts from before are refused.
        let json = serde_json::json!({"seed_text": "x", "secret": "0123456789abcdef"});
        let config = Config::from_json(json.to_string().as_bytes()).unwrap();
        let mut registrar = Registrar::open(config, registrar.into_store(), now()).unwrap();
        assert!(opens(&mut registrar, &token, now()).is_none());
        assert!(registrar.has_tokens());
        let (_, token) = issue(&mut registrar, &NEW);
        let partition = token_partition(&token, b"0123456789abcdef");
        assert_eq!(partition, Some(pfid(DEFAULT_ACCOUNT).partition()));
        assert!(opens(&mut registrar, &token, now()).is_some());
    }
}

/// After every kind of change, also in a bulk request that fails: what is counted with each change is what the records count, which
/// a restored snapshot counts anew.
#[test]
fn usage_is_what_the_records_count() {
    use crate::api::testing::Client;
    use serde_json::json;

    let mut client = Client::default();
    let agent = |name: &str, text: &str| json!({"details": {"name": name, "environment_id": DEFAULT_ENVIRONMENT, "description": text}});
    let post = |client: &mut Client, path: &str, body: serde_json::Value| {
        let reply = client.post(&format!("/api/v1/{path}"), body);
        assert_eq!(reply.status, 200, "{path} {}", reply.text());
        let json = reply.json();
        json["details"]["id"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let kept = post(&mut client, "agent", agent("kept", "é"));
    let gone = post(&mut client, "agent", agent("gone", "with versions"));
    for (path, id) in [
        ("agent_version", &gone),
        ("agent_schema_version", &gone),
        ("agent_version", &kept),
    ] {
        let details = json!({"agent_id": id, "external_identifier": "v1", "description": "d"});
        post(&mut client, path, json!({ "details": details }));
    }
    let instance = post(
        &mut client,
        "agent_instance/register",
        json!({"agent_id": kept, "agent_version": {"external_identifier": "v2", "name": "two"},
            "agent_schema_version": {"external_identifier": "s2", "span_schemas": {"a": {}}}}),
    );
    let spans = [json!({"a": "x".repeat(999)}), json!({})].map(|payload| {
        let details = json!({"agent_instance_id": instance, "schema_name": "agent:llm", "status": "active", "payload": payload});
        post(&mut client, "agent_spans", json!({ "details": details }))
    });
    for (span, result) in spans.iter().zip([json!({}), json!({"b": "y".repeat(700)})]) {
        let body = json!({ "result_payload": result });
        post(&mut client, &format!("agent_spans/{span}/finish"), body);
    }
    for text in [json!("a longer description"), json!(null), json!("short")] {
        let body = json!({"details": {"description": text, "name": "renamed"}});
        let reply = client.put(&format!("/api/v1/agent/{kept}"), body);
        assert_eq!(reply.status, 200);
    }
    let environment = json!({"details": {"account_id": DEFAULT_ACCOUNT, "name": "second"}});
    let environment = post(&mut client, "environment", environment);
    let body = json!({"details": {"name": "the second"}});
    client.put(&format!("/api/v1/environment/{environment}"), body);
    let body = json!({"details": {"name": "The account"}});
    client.put(&format!("/api/v1/account/{DEFAULT_ACCOUNT}"), body);
    let token = json!({"details": {"token_scope": "account", "name": "token"}});
    let token = post(&mut client, "api_token", token);
    post(
        &mut client,
        "api_token",
        json!({"details": {"token_scope": "account"}}),
    );
    let items = json!([
        {"_type": "agents/create", "idempotency_key": "bulk-create", "details": {"name": "b", "environment_id": DEFAULT_ENVIRONMENT}},
        {"_type": "agents/create", "idempotency_key": "bulk-fails", "details": {"name": "", "environment_id": DEFAULT_ENVIRONMENT}},
    ]);
    post(&mut client, "bulk", json!({ "items": items }));
    let usage = |client: &Client| {
        let accounts = client.service.registrar().store.accounts().unwrap();
        let usage: Vec<_> = accounts.iter().map(|it| it.usage).collect();
        usage
    };
    let check = |client: &mut Client| {
        let counted = usage(client);
        let registrar = client.service.registrar_mut();
        let snapshot = registrar.snapshot().unwrap();
        registrar.restore(&snapshot).unwrap();
        assert_eq!(usage(client), counted);
        let total = client.service.registrar().ids.total_usage();
        assert_eq!(
            total.records,
            counted.iter().map(|it| it.records).sum::<u64>()
        );
        assert_eq!(total.bytes, counted.iter().map(|it| it.bytes).sum::<u64>());
        counted
    };
    let full = check(&mut client);
    for path in [
        format!("agent/{gone}"),
        format!("environment/{environment}"),
        format!("api_token/{token}"),
    ] {
        let reply = client.delete(&format!("/api/v1/{path}"));
        assert_eq!(reply.status, 200, "{}", reply.text());
    }
    let rest = check(&mut client);
    // The agent with its two versions, the environment and the token.
    let records = |usage: &[crate::store::Usage]| usage.iter().map(|it| it.records).sum::<u64>();
    assert_eq!(records(&rest) + 5, records(&full));
}
