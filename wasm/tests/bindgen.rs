//! The binding `bindgen` as JavaScript uses it: the whole corpus, and hostile values.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use agent_registrar::rules::name::LIMIT as NAME_LIMIT;
use agent_registrar_wasm::bindgen::{
    build_agent_response, generate_pfid, is_pfid, parse_pfid, validate_create_agent,
    validate_update_agent,
};
use js_sys::{Array, Function, JSON, JsString, Object, Reflect};
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const ID: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";

/// Runs JavaScript, with the example ids and the name limit by name.
fn js(expression: &str) -> JsValue {
    let body = format!(
        "const environment_id = '{ENVIRONMENT}', id = '{ID}', made = '2026-05-07T10:00:00Z', NAME_LIMIT = {NAME_LIMIT}; return {expression};"
    );
    Function::new_no_args(&body)
        .call0(&JsValue::UNDEFINED)
        .unwrap_or_else(|_| panic!("{expression} throws"))
}

fn get(object: &JsValue, key: &str) -> JsValue {
    Reflect::get(object, &key.into()).unwrap()
}

fn json(value: &JsValue) -> String {
    JSON::stringify(value).map_or_else(|_| String::new(), String::from)
}

fn create(input: &JsValue) -> JsValue {
    validate_create_agent(input, &JsValue::UNDEFINED).unwrap()
}

/// The verdict as a short text: `details.name: blank`.
fn verdict(result: &JsValue) -> String {
    let issues = get(result, "issues");
    if issues.is_undefined() {
        return "ok".to_owned();
    }
    let lines: Vec<String> = issues
        .unchecked_into::<Array>()
        .iter()
        .map(|issue| {
            let path: Array = get(&issue, "path").unchecked_into();
            let path: Vec<String> = path.iter().filter_map(|it| it.as_string()).collect();
            format!(
                "{}: {}",
                path.join("."),
                get(&issue, "reason").as_string().unwrap()
            )
        })
        .collect();
    lines.join(", ")
}

/// The answer as the corpus has it: issues without their messages, and no `error`.
fn as_expected(result: &JsValue) -> JsValue {
    let issues = get(result, "issues");
    if !issues.is_undefined() {
        assert_eq!(get(&get(result, "error"), "code"), "validation_errors");
        for issue in issues.unchecked_into::<Array>().iter() {
            assert!(get(&issue, "message").is_string());
            Reflect::delete_property(issue.unchecked_ref::<Object>(), &"message".into()).unwrap();
        }
        Reflect::delete_property(result.unchecked_ref::<Object>(), &"error".into()).unwrap();
    }
    result.clone()
}

fn run_corpus(text: &str, validate: fn(&JsValue, &JsValue) -> JsValue) -> usize {
    let cases: Array = JSON::parse(text).unwrap().unchecked_into();
    for case in cases.iter() {
        let body = match get(&case, "raw").as_string() {
            Some(raw) => JSON::parse(&raw).unwrap(),
            None => get(&case, "body"),
        };
        let result = validate(&body, &get(&case, "options"));
        let name = get(&case, "name").as_string().unwrap();
        let shown = json(&as_expected(&result));
        assert_eq!(shown, json(&get(&case, "expect")), "{name}");
    }
    cases.length() as usize
}

#[wasm_bindgen_test]
fn the_corpus_of_create() {
    let text = include_str!("../../tests/corpus/create_agent.json");
    let validate =
        |input: &JsValue, options: &JsValue| validate_create_agent(input, options).unwrap();
    assert!(run_corpus(text, validate) > 300);
}

#[wasm_bindgen_test]
fn the_corpus_of_update() {
    let text = include_str!("../../tests/corpus/update_agent.json");
    let validate = |input: &JsValue, _: &JsValue| validate_update_agent(input).unwrap();
    assert!(run_corpus(text, validate) > 50);
}

/// Bodies that only JavaScript can have, and their verdicts.
const HOSTILE: &[(&str, &str)] = &[
    ("undefined", "details: missing"),
    ("null", "details: missing"),
    ("'x'", "details: wrong_type"),
    ("1n", "details: wrong_type"),
    ("Symbol('x')", "details: wrong_type"),
    ("() => {}", "details: wrong_type"),
    ("[]", "details: wrong_type"),
    ("new Map()", "details: wrong_type"),
    ("new (class A {})()", "details: wrong_type"),
    (
        "Object.create({ details: { name: 'Ada', environment_id } })",
        "details: wrong_type",
    ),
    (
        "Object.assign(Object.create(null), { details: { name: 'Ada', environment_id } })",
        "ok",
    ),
    (
        "{ details: Object.create({ name: 'Ada', environment_id }) }",
        "details: wrong_type",
    ),
    (
        "{ get details() { throw new Error('mine'); } }",
        "details: unreadable",
    ),
    (
        "{ details: { get name() { throw new Error('mine'); }, environment_id } }",
        "details.name: unreadable",
    ),
    (
        "{ details: { get other() { throw new Error('mine'); }, name: 'Ada', environment_id } }",
        "ok",
    ),
    (
        "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })()",
        "details: unreadable",
    ),
    (
        "{ details: (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy; })() }",
        "details: unreadable",
    ),
    (
        "new Proxy({}, { ownKeys() { throw new Error('mine'); } })",
        "details: unreadable",
    ),
    (
        "new Proxy({}, { getPrototypeOf() { throw new Error('mine'); } })",
        "details: unreadable",
    ),
    (
        "{ details: new Proxy({ name: 'Ada', environment_id }, { get() { throw 1; } }) }",
        "details.name: unreadable, details.environment_id: unreadable",
    ),
    (
        "{ details: { name: new String('Ada'), environment_id } }",
        "details.name: wrong_type",
    ),
    (
        "{ details: { name: Symbol('Ada'), environment_id } }",
        "details.name: wrong_type",
    ),
    (
        "{ details: { name: '\\ud800', environment_id } }",
        "details.name: not_well_formed",
    ),
    ("{ details: { name: '\\ufffd', environment_id } }", "ok"),
    (
        "{ details: { name: 'a'.repeat(1e6) + '\\ud800', environment_id } }",
        "details.name: not_well_formed",
    ),
    (
        "{ details: { name: '\\u{1f980}'.repeat(1e5), environment_id } }",
        "details.name: too_long",
    ),
    (
        "{ details: { name: '\\u{1f980}'.repeat(NAME_LIMIT), environment_id } }",
        "ok",
    ),
    (
        "{ details: { name: ' '.repeat(1e6) + '\\u3000Ada' + '\\x85'.repeat(1e6), environment_id } }",
        "ok",
    ),
    (
        "{ details: { name: ' '.repeat(1e6), environment_id } }",
        "details.name: blank",
    ),
    (
        "{ details: { name: 'a' + ' '.repeat(1e6) + 'b', environment_id } }",
        "details.name: too_long",
    ),
    (
        "{ details: { name: '\\0' + 'a'.repeat(1e6), environment_id } }",
        "details.name: too_long, details.name: control_character",
    ),
    (
        "{ details: { name: 'Ada', environment_id, description: 'a'.repeat(10000) } }",
        "ok",
    ),
    (
        "{ details: { name: 'Ada', environment_id, description: ' '.repeat(10001) } }",
        "details.description: too_long",
    ),
    (
        "{ details: { name: 'Ada', environment_id, description: 'a'.repeat(1e6) } }",
        "details.description: too_long",
    ),
    (
        "Object.defineProperty({}, 'details', { value: { name: 'Ada', environment_id } })",
        "details: missing",
    ),
];

#[wasm_bindgen_test]
fn hostile_bodies_have_verdicts() {
    for (expression, expected) in HOSTILE {
        let result = create(&js(&format!("({expression})")));
        assert_eq!(verdict(&result), *expected, "{expression}");
    }
}

#[wasm_bindgen_test]
fn ignored_keys_are_returned_unchanged() {
    let input = js(
        "({ '\\ud800': 1, [Symbol('x')]: 1, details: { name: ' Ada ', environment_id, '\\udc00': 1 }, b: 1 })",
    );
    let result = create(&input);
    let expected = js("['\\ud800', 'details.\\udc00', 'b']");
    assert_eq!(json(&get(&result, "ignored")), json(&expected));
    assert_eq!(get(&get(&get(&result, "value"), "details"), "name"), "Ada");
    let proto: JsString = JSON::stringify(&create(&js(
        "JSON.parse('{\"__proto__\": {\"details\": 1}}')",
    )))
    .unwrap();
    assert!(String::from(proto).contains(r#""ignored":["__proto__"]"#));
}

/// A binding that leaks one handle per call runs out of handles after 8,192 calls.
#[wasm_bindgen_test]
fn many_hostile_calls_leave_nothing_behind() {
    let inputs: Vec<JsValue> = HOSTILE
        .iter()
        .filter(|(expression, _)| !expression.contains("1e"))
        .map(|(expression, _)| js(&format!("({expression})")))
        .collect();
    let memory: js_sys::WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    let pages = || {
        memory
            .buffer()
            .unchecked_into::<js_sys::ArrayBuffer>()
            .byte_length()
    };
    let run = |rounds: usize| {
        for _ in 0..rounds {
            for input in &inputs {
                create(input);
                assert!(
                    build_agent_response(input, &JsValue::UNDEFINED).is_err() || input.is_object()
                );
            }
        }
    };
    run(10);
    let before = pages();
    run(400);
    assert!(
        pages() - before <= 2 * 65_536,
        "grew from {before} to {}",
        pages()
    );
}

#[wasm_bindgen_test]
fn unusual_options_are_accepted() {
    let input = js("({ details: { name: 'Ada' } })");
    for (options, expected) in [
        ("undefined", "details.environment_id: missing"),
        ("null", "details.environment_id: missing"),
        ("{ environmentId: environment_id }", "ok"),
        (
            "Object.create({ environmentId: environment_id })",
            "details.environment_id: missing",
        ),
        (
            "{ environmentId: 'x' }",
            "details.environment_id: not_a_pfid",
        ),
        ("{ environmentId: 7 }", "details.environment_id: wrong_type"),
        (
            "{ get environmentId() { throw new Error('mine'); } }",
            "details.environment_id: unreadable",
        ),
    ] {
        let result = validate_create_agent(&input, &js(&format!("({options})"))).unwrap();
        assert_eq!(verdict(&result), expected, "{options}");
    }
}

fn build(agent: &str, options: &str) -> Result<String, String> {
    build_agent_response(&js(&format!("({agent})")), &js(&format!("({options})")))
        .map(|response| json(&response))
        .map_err(|error| {
            assert!(error.is_instance_of::<js_sys::TypeError>());
            get(&error, "message").as_string().unwrap()
        })
}

#[wasm_bindgen_test]
fn responses_are_built() {
    let new = build(
        "{ name: ' Ada ', environment_id }",
        "{ id, now: Date.parse(made) }",
    )
    .unwrap();
    assert_eq!(
        new,
        format!(
            r#"{{"status":"success","details":{{"type":"agent","id":"{ID}","name":"Ada","description":null,"environment_id":"{ENVIRONMENT}","status":"pending","current_version_id":null,"current_schema_version_id":null,"inserted_at":"2026-05-07T10:00:00.000000Z","updated_at":"2026-05-07T10:00:00.000000Z","available_actions":{{"update":true,"retire":true,"reinstate":false,"delete":true}},"instance_counts":{{"total":0,"pending":0,"active":0,"complete":0,"failed":0,"cancelled":0,"finished":0}}}}}}"#
        )
    );
    let stored = "{ id, name: 'Ada', description: null, environment_id, inserted_at: made, updated_at: new Date(made), \
                  last_activity_at: made, instance_counts: { pending: 0, active: 1, complete: 2n, failed: 0, cancelled: 1 } }";
    let answer = build(stored, "{ now: new Date(made) }").unwrap();
    assert!(answer.contains(r#""status":"active""#), "{answer}");
    assert!(
        answer.contains(r#""total":4"#) && answer.contains(r#""finished":3"#),
        "{answer}"
    );
    let later = build(stored, "{ now: Date.parse(made) + 30 * 86400000 }").unwrap();
    assert!(later.contains(r#""status":"dormant""#), "{later}");
    // A fresh id, in the partition of the environment.
    let fresh = js("JSON.parse").unchecked_into::<Function>();
    let text = build("{ details: { name: 'Ada', environment_id } }", "undefined").unwrap();
    let response = fresh.call1(&JsValue::UNDEFINED, &text.into()).unwrap();
    let id = get(&get(&response, "details"), "id");
    assert_eq!(get(&parse_pfid(&id).unwrap(), "partition"), 123_456_789);
}

#[wasm_bindgen_test]
fn invalid_arguments_are_named() {
    let row =
        "id, name: 'Ada', description: null, environment_id, inserted_at: made, updated_at: made";
    for (agent, options, message) in [
        ("null".to_owned(), "undefined", "agent must be an object"),
        ("{}".to_owned(), "undefined", "name: Name is required."),
        (
            "{ details: { name: ' ', environment_id } }".to_owned(),
            "undefined",
            "details.name: Name must not be blank.",
        ),
        (
            format!("{{ {row}, retired: 1 }}"),
            "undefined",
            "retired must be a boolean",
        ),
        (
            format!("{{ {row}, instance_counts: {{ pending: -1 }} }}"),
            "undefined",
            "instance_counts.pending must be an integer from 0 to 4294967295",
        ),
        (
            format!("{{ {row}, current_version_id: 'v' }}"),
            "undefined",
            "current_version_id must be a PFID or null",
        ),
        (
            format!("{{ {row}, inserted_at: 'today' }}"),
            "undefined",
            "inserted_at must be an RFC 3339 text, a Date or Unix milliseconds, of the years 0000 to 9999",
        ),
        (
            format!("{{ {row} }}"),
            "{ now: 'today' }",
            "now must be a Date or Unix milliseconds",
        ),
        (
            format!("{{ {row} }}"),
            "{ now: -1 }",
            "now must not be before 1970",
        ),
    ] {
        assert_eq!(build(&agent, options), Err(message.to_owned()), "{agent}");
    }
}

#[wasm_bindgen_test]
fn pfids_are_parsed_and_generated() {
    for (value, expected) in [
        ("id", true),
        ("id.toUpperCase()", false),
        ("new String(id)", false),
        ("id + '0'", false),
        ("'x'.repeat(1e6)", false),
        ("undefined", false),
        ("Symbol('x')", false),
    ] {
        assert_eq!(is_pfid(&js(value)), expected, "{value}");
        assert_eq!(
            !parse_pfid(&js(value)).unwrap().is_null(),
            expected,
            "{value}"
        );
    }
    let parts = parse_pfid(&js("id")).unwrap();
    assert_eq!(get(&parts, "timestamp"), 1_234_567_890_000_f64);
    assert_eq!(get(&parts, "partition"), 123_456_789);
    assert_eq!(get(&get(&parts, "randomness"), "length"), 10);

    for (options, message) in [
        ("undefined", "options must be an object"),
        (
            "{ get partition() { throw 1; } }",
            "partition could not be read",
        ),
        (
            "{ partition: 1, now: 2n ** 60n }",
            "now must be a Date or Unix milliseconds",
        ),
    ] {
        let error = generate_pfid(&js(&format!("({options})"))).unwrap_err();
        assert_eq!(get(&error, "message"), message, "{options}");
    }
    assert!(is_pfid(
        &generate_pfid(&js("({ partition: 1, now: 5n })")).unwrap()
    ));
    // At the end of time, and nothing for other partitions.
    assert!(generate_pfid(&js("({ partition: 5, now: 2 ** 48 - 1 })")).is_ok());
    let other = generate_pfid(&js("({ partition: 4, now: 5 })")).unwrap();
    assert_eq!(get(&parse_pfid(&other).unwrap(), "timestamp"), 5);

    let make = |options: &str| generate_pfid(&js(&format!("({options})")));
    let first = make("{ partition: id, now: Date.parse(made) }").unwrap();
    let second = make("{ partition: id, now: 0 }").unwrap();
    assert!(is_pfid(&first) && first.as_string() < second.as_string());
    for (options, message) in [
        (
            "{ partition: 2 ** 30 }",
            "partition must be an integer from 0 to 1073741823",
        ),
        (
            "{ partition: 1.5 }",
            "partition must be an integer from 0 to 1073741823",
        ),
        ("{ partition: 'x' }", "partition must be a number or a PFID"),
        ("{ partition: 1, now: -1 }", "now is out of a PFID's range"),
        (
            "{ partition: 1, now: 'x' }",
            "now must be a Date or Unix milliseconds",
        ),
    ] {
        let error = make(options).unwrap_err();
        assert_eq!(get(&error, "message"), message, "{options}");
    }
}
