//! Export and import between stores.

use std::collections::BTreeMap;

use super::*;

/// A service, and what is sent to it as the operator.
struct Place {
    service: Service,
    now: Timestamp,
    _folder: Option<TempDir>,
}

/// A configuration with an operator, and without accounts.
fn empty() -> Config {
    let config =
        json!({"accounts": [], "operator_token": {"token": OPERATOR}, "seed": "08".repeat(32)});
    Config::from_json(config.to_string().as_bytes()).unwrap()
}

fn now() -> Timestamp {
    Timestamp::from_millis(1_778_148_000_000).unwrap()
}

impl Place {
    fn in_memory(config: Config) -> Place {
        Place {
            service: Service::new(config, now()).unwrap(),
            now: now(),
            _folder: None,
        }
    }

    fn in_file(config: Config) -> Place {
        let folder = TempDir::new().unwrap();
        let store = SqliteStore::open(folder.path().join("store.db")).unwrap();
        Place {
            service: Service::open(config, Box::new(store), now()).unwrap(),
            now: now(),
            _folder: Some(folder),
        }
    }

    fn send(
        &mut self,
        method: Method,
        target: &str,
        token: &'static str,
        body: &str,
    ) -> (u16, String) {
        let target = target.to_owned();
        let body = body.to_owned();
        let sent = Sent {
            method,
            target,
            token,
            body,
        };
        let (status, _, body) = send(&mut self.service, &sent, self.now);
        (status, body)
    }

    /// The lines of an account, in pages.
    fn export(&mut self, account: &str) -> Vec<String> {
        self.export_while(account, &mut |_| ())
    }

    /// The same. Between the pages, `work` happens.
    fn export_while(&mut self, account: &str, work: &mut dyn FnMut(&mut Place)) -> Vec<String> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let target = format!("/api/v1/export?account_id={account}{cursor}");
            let (status, body) = self.send(Method::Get, &target, OPERATOR, "");
            assert_eq!(status, 200, "{body}");
            assert!(body.len() <= 4 * 1024 * 1024, "{}", body.len());
            let mut lines = body.lines();
            assert_eq!(lines.next(), Some(r#"{"status":"success","records":["#));
            let mut lines: Vec<&str> = lines.collect();
            let end = lines.pop().unwrap();
            all.extend(
                lines
                    .iter()
                    .map(|line| line.trim_end_matches(',').to_owned()),
            );
            let _: Value = serde_json::from_str(&body).unwrap();
            let end: Value = serde_json::from_str(&format!("{{{}", &end[2..])).unwrap();
            let Some(next) = end["next_cursor"].as_str() else {
                return all;
            };
            cursor = format!("&cursor={next}");
            work(self);
        }
    }

    /// Imports lines, some in each request.
    fn import(&mut self, account: &str, lines: &[String]) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for some in lines.chunks(50) {
            let target = format!("/api/v1/import?account_id={account}");
            let (status, body) = self.send(Method::Post, &target, OPERATOR, &some.join("\n"));
            assert_eq!(status, 200, "{body}\n{some:?}");
            let body: Value = serde_json::from_str(&body).unwrap();
            for key in ["added", "unchanged", "kept"] {
                *counts.entry(key.to_owned()).or_insert(0) += body[key].as_u64().unwrap();
            }
        }
        counts
    }

    fn refuse(&mut self, query: &str, lines: &str) -> (u16, Vec<String>) {
        let target = format!("/api/v1/import?account_id={}{query}", ACCOUNTS[0]);
        let (status, body) = self.send(Method::Post, &target, OPERATOR, lines);
        let body: Value = serde_json::from_str(&body).unwrap();
        let paths = body["errors"]
            .as_object()
            .map(|errors| errors.keys().cloned().collect());
        (status, paths.unwrap_or_default())
    }
}

/// A registrar after many generated requests, and its last request generator.
fn lived_in(place: &mut Place, requests: usize) {
    let mut made = Requests::new(5);
    let mut millis = 1_778_148_000_000;
    for _ in 0..requests {
        millis += i64::from(made.numbers.rarely(3));
        let sent = made.next();
        place.now = Timestamp::from_millis(millis).unwrap();
        let (_, _, body) = send(&mut place.service, &sent, place.now);
        if let Ok(answer) = serde_json::from_str(&body) {
            made.learn(&answer);
        }
    }
    for scope in [
        json!({"token_scope": "account", "name": "é"}),
        json!({"token_scope": "environment", "environment_id": ENVIRONMENTS[0]}),
    ] {
        let body = json!({"details": scope}).to_string();
        assert_eq!(
            place
                .send(Method::Post, "/api/v1/api_token", "account", &body)
                .0,
            200
        );
    }
}

/// Whatever the token of an account sees.
fn answers(place: &mut Place, token: &'static str) -> Vec<String> {
    let mut all = Vec::new();
    let mut get = |target: String| {
        let (status, body) = place.send(Method::Get, &target, token, "");
        assert_eq!(status, 200, "{target}");
        let page: Value = serde_json::from_str(&body).unwrap();
        all.push(body);
        let ids = page["summaries"].as_array().unwrap().iter();
        let ids = ids.map(|it| it["id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    get("/api/v1/environment".to_owned());
    for sorting in ["id", "name", "status", "-inserted_at", "updated_at"] {
        let size = "pagination[page_size]=100";
        let agents = get(format!(
            "/api/v1/agent?include_counts=true&{size}&sorting={sorting}"
        ));
        for agent in agents.iter().filter(|_| sorting == "id") {
            for list in ["agent_version", "agent_schema_version"] {
                get(format!("/api/v1/{list}?agent_id={agent}&{size}"));
            }
            for instance in get(format!("/api/v1/agent_instance?agent_id={agent}&{size}")) {
                get(format!(
                    "/api/v1/agent_spans?agent_instance_id={instance}&{size}"
                ));
            }
        }
    }
    all
}

#[test]
fn an_account_moves_between_stores_with_everything_in_it() {
    let mut source = Place::in_memory(config());
    lived_in(&mut source, 1_500);
    let exports = ACCOUNTS.map(|account| source.export(account));
    assert!(exports[0].len() > 150, "{}", exports[0].len());
    for kind in [
        "account",
        "environment",
        "api_token",
        "agent",
        "agent_version",
        "agent_schema_version",
        "agent_instance",
        "agent_span",
    ] {
        let start = format!(r#"{{"kind":"{kind}","#);
        assert!(
            exports[0].iter().any(|line| line.starts_with(&start)),
            "{kind}"
        );
    }
    let all = exports
        .iter()
        .flatten()
        .cloned()
        .collect::<Vec<_>>()
        .join("\n");
    // Texts of API tokens begin so.
    assert!(!all.contains("registrar_"));
    for target in [Place::in_file(empty()), Place::in_memory(empty())] {
        let mut target = target;
        target.now = source.now;
        for (account, lines) in ACCOUNTS.iter().zip(&exports) {
            let counts = target.import(account, lines);
            assert_eq!(counts["added"], lines.len() as u64);
            // Again, and it changes nothing.
            let counts = target.import(account, lines);
            assert_eq!(counts["unchanged"], lines.len() as u64);
        }
        let again = ACCOUNTS.map(|account| target.export(account));
        // The account's ids avoid those of the records, which were chosen from its point of view.
        let without_ids = |lines: &[String]| lines[1..].to_vec();
        for (export, again) in exports.iter().zip(&again) {
            assert_eq!(without_ids(export), without_ids(again));
            let account = |line: &str| serde_json::from_str::<Value>(line).unwrap();
            let (before, after) = (account(&export[0]), account(&again[0]));
            for key in ["id", "name", "inserted_at", "updated_at", "last_id"] {
                assert_eq!(before[key], after[key], "{key}");
            }
        }
    }
}

#[test]
fn answers_are_those_of_the_source_and_ids_rise() {
    let mut source = Place::in_memory(config());
    lived_in(&mut source, 1_500);
    for mut target in [Place::in_file(config()), Place::in_memory(config())] {
        target.now = source.now;
        for account in ACCOUNTS {
            let lines = source.export(account);
            target.import(account, &lines);
        }
        for token in [TOKENS[0], TOKENS[2]] {
            let (before, after) = (answers(&mut source, token), answers(&mut target, token));
            // The environments of the configuration have the times of this start.
            assert_eq!(before[1..], after[1..]);
        }
        let body = json!({"count": 1}).to_string();
        // A clock behind that of the source.
        target.now = Timestamp::EPOCH;
        let (_, new) = target.send(Method::Post, "/api/v1/pfid/generate", TOKENS[0], &body);
        let new: Value = serde_json::from_str(&new).unwrap();
        let account: Value = serde_json::from_str(&source.export(ACCOUNTS[0])[0]).unwrap();
        assert!(new["pfids"][0].as_str() > account["last_id"].as_str());
    }
}

#[test]
fn an_export_is_whole_while_others_write() {
    let mut source = Place::in_memory(config());
    lived_in(&mut source, 200);
    let create = |place: &mut Place, name: String| {
        let details = json!({"name": name, "environment_id": ENVIRONMENTS[0], "description": "x".repeat(9_000)});
        let body = json!({"details": details}).to_string();
        let (status, body) = place.send(Method::Post, "/api/v1/agent", TOKENS[0], &body);
        assert_eq!(status, 200);
        let body: Value = serde_json::from_str(&body).unwrap();
        body["details"]["id"].as_str().unwrap().to_owned()
    };
    let mut ids: Vec<String> = (0..500)
        .map(|n| create(&mut source, format!("agent {n}")))
        .collect();
    let stay = ids.split_off(250);
    let mut pages = 0;
    let lines = source.export_while(ACCOUNTS[0], &mut |place| {
        pages += 1;
        place.now = Timestamp::from_micros(place.now.micros() + 1_000).unwrap();
        // What was read already goes, and more comes, at both ends.
        for id in ids.drain(..100.min(ids.len())) {
            assert_eq!(
                place
                    .send(
                        Method::Delete,
                        &format!("/api/v1/agent/{id}"),
                        TOKENS[0],
                        ""
                    )
                    .0,
                200
            );
        }
        let new = create(place, "later".to_owned());
        let register =
            json!({"agent_id": new, "agent_version": {"external_identifier": "1"}}).to_string();
        let (status, _) = place.send(
            Method::Post,
            "/api/v1/agent_instance/register",
            TOKENS[0],
            &register,
        );
        assert_eq!(status, 200);
    });
    assert!(pages > 3, "{pages}");
    for id in &stay {
        let start = format!(r#"{{"kind":"agent","id":"{id}""#);
        assert_eq!(
            lines.iter().filter(|line| line.starts_with(&start)).count(),
            1,
            "{id}"
        );
    }
    assert!(!lines.iter().any(|line| line.contains(r#""name":"later""#)));
    let mut target = Place::in_file(empty());
    assert_eq!(
        target.import(ACCOUNTS[0], &lines)["added"],
        lines.len() as u64
    );
}

#[test]
fn an_export_has_what_was_made_before_the_clock_stepped_back() {
    let mut source = Place::in_memory(config());
    lived_in(&mut source, 200);
    let before = source.export(ACCOUNTS[0]);
    source.now = Timestamp::from_micros(source.now.micros() - 3_600_000_000).unwrap();
    assert_eq!(source.export(ACCOUNTS[0]), before);
}

#[test]
fn long_spans_fit_in_one_page_and_two_requests() {
    let mut source = Place::in_memory(config());
    let agent = json!({"details": {"name": "x", "environment_id": ENVIRONMENTS[0]}}).to_string();
    let id = |body: &str| serde_json::from_str::<Value>(body).unwrap()["details"]["id"].clone();
    let agent = id(&source
        .send(Method::Post, "/api/v1/agent", TOKENS[0], &agent)
        .1);
    let register = json!({"agent_id": agent}).to_string();
    let instance = id(&source
        .send(
            Method::Post,
            "/api/v1/agent_instance/register",
            TOKENS[0],
            &register,
        )
        .1);
    let instance = instance.as_str().unwrap();
    // The longest bodies that the API takes, and the deepest, with line breaks in them.
    let head = format!(
        r#"{{"details":{{"agent_instance_id":"{instance}","schema_name":"s","status":"active","payload":"#
    );
    let deep = format!("{}1{}", "{\"a\":\n".repeat(30), "}".repeat(30));
    let long = |around: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(1024 * 1024 - around - 8));
    for payload in [deep, long(head.len() + 2)] {
        let (status, body) = source.send(
            Method::Post,
            "/api/v1/agent_spans",
            TOKENS[0],
            &format!("{head}{payload}}}}}"),
        );
        assert_eq!(status, 200, "{body}");
        let target = format!("/api/v1/agent_spans/{}/finish", id(&body).as_str().unwrap());
        let result = format!(r#"{{"result_payload":{}}}"#, long(20));
        assert_eq!(
            source.send(Method::Post, &target, TOKENS[0], &result).0,
            200
        );
    }
    let lines = source.export(ACCOUNTS[0]);
    let mut target = Place::in_file(empty());
    let (spans, rest): (Vec<String>, Vec<String>) = lines
        .iter()
        .cloned()
        .partition(|line| line.contains(r#""kind":"agent_span""#));
    target.import(ACCOUNTS[0], &rest);
    for span in &spans {
        // As the command does where a line is too long for a body.
        let (head, payloads) = span.split_once(r#","payload":"#).unwrap();
        let (payload, result) = payloads.rsplit_once(r#","result_payload":"#).unwrap();
        let id = span.split('"').nth(7).unwrap();
        let encoded =
            |text: String| -> String { text.bytes().map(|byte| format!("%{byte:02x}")).collect() };
        let first = encoded(format!("{head},\"result_follows\":true}}"));
        let second = encoded(format!(r#"{{"kind":"agent_span_result","id":"{id}"}}"#));
        // Twice: an import that failed between the two is repeated.
        for _ in 0..2 {
            let body = format!("{{\"payload\":{payload}}}");
            assert_eq!(
                target.refuse(&format!("&record={first}"), &body),
                (200, vec![])
            );
            let body = format!("{{\"result_payload\":{result}");
            assert_eq!(
                target.refuse(&format!("&record={second}"), &body),
                (200, vec![])
            );
        }
    }
    let again = target.export(ACCOUNTS[0]);
    assert!(again[1..] == lines[1..]);
    assert_eq!(spans.len(), 2);
}

#[test]
fn lines_that_break_rules_are_refused_with_their_number() {
    let mut place = Place::in_file(config());
    let agent = json!({
        "kind": "agent", "id": format!("013xrzp12g3nqk8n{}", "1".repeat(16)), "environment_id": ENVIRONMENTS[0],
        "name": "Scout", "description": null, "retired": false, "last_activity_at": null,
        "inserted_at": "2026-05-07T10:00:00Z", "updated_at": "2026-05-07T10:00:00Z",
    });
    let with = |key: &str, value: Value| {
        let mut changed = agent.clone();
        changed[key] = value;
        changed.to_string()
    };
    for (line, paths) in [
        ("{".to_owned(), vec!["lines.3"]),
        ("[]".to_owned(), vec!["lines.3"]),
        ("{}".to_owned(), vec!["lines.3.kind"]),
        (with("kind", json!("robot")), vec!["lines.3.kind"]),
        (with("name", json!(" ")), vec!["lines.3.name"]),
        (with("retired", json!(1)), vec!["lines.3.retired"]),
        (with("id", json!("x")), vec!["lines.3.id"]),
        (
            with("id", json!("013xrzp12g181qm0yt0q8s8a1vd3p7wk")),
            vec!["lines.3.id"],
        ),
        (with("id", json!(ENVIRONMENTS[0])), vec!["lines.3.id"]),
        (
            with("environment_id", json!(agent["id"])).replace(r#"n1111"#, "n2222"),
            vec!["lines.3.environment_id"],
        ),
        (with("kind", json!("account")), vec!["lines.3.id"]),
        (
            json!({"kind": "agent_span", "id": 5}).to_string(),
            vec![
                "lines.3.id",
                "lines.3.inserted_at",
                "lines.3.updated_at",
                "lines.3.agent_instance_id",
                "lines.3.schema_name",
                "lines.3.status",
                "lines.3.started_at",
                "lines.3.payload",
            ],
        ),
    ] {
        let body = format!("{agent}\n\n{line}");
        let paths: Vec<String> = paths.into_iter().map(str::to_owned).collect();
        assert_eq!(place.refuse("", &body), (422, paths), "{line}");
    }
    // Nothing of these requests is left.
    assert!(
        !place
            .export(ACCOUNTS[0])
            .iter()
            .any(|line| line.contains("Scout"))
    );
    assert_eq!(place.refuse("", &agent.to_string()), (200, vec![]));
    // What differs is refused, or stays.
    let other = with("name", json!("Ranger"));
    assert_eq!(
        place.refuse("", &other),
        (422, vec!["lines.1.id".to_owned()])
    );
    assert_eq!(place.refuse("&conflicts=keep", &other), (200, vec![]));
    assert!(
        !place
            .export(ACCOUNTS[0])
            .iter()
            .any(|line| line.contains("Ranger"))
    );
    // Parameters.
    assert_eq!(
        place.refuse("&conflicts=merge", "{}"),
        (422, vec!["conflicts".to_owned()])
    );
    assert_eq!(
        place.refuse("&record=1", "{}"),
        (422, vec!["record".to_owned()])
    );
    for query in [
        "account_id=x",
        "",
        "account_id=013xrzp12g3nqk8nyt0q8s8a1vd3p7wk&cursor=1.2",
    ] {
        let target = format!("/api/v1/export?{query}");
        assert_eq!(
            place.send(Method::Get, &target, OPERATOR, "").0,
            422,
            "{query}"
        );
    }
    let unknown = "/api/v1/export?account_id=013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
    assert_eq!(place.send(Method::Get, unknown, OPERATOR, "").0, 404);
    for token in TOKENS {
        let target = format!("/api/v1/export?account_id={}", ACCOUNTS[0]);
        assert_eq!(place.send(Method::Get, &target, token, "").0, 403);
        let target = format!("/api/v1/import?account_id={}", ACCOUNTS[0]);
        assert_eq!(
            place
                .send(Method::Post, &target, token, &agent.to_string())
                .0,
            403
        );
    }
}

#[test]
fn a_record_of_another_account_is_refused_wherever_it_is_stored() {
    for start in [Place::in_memory, Place::in_file] {
        let mut place = start(config());
        lived_in(&mut place, 600);
        let before = place.export(ACCOUNTS[0]);
        let kinds = before.iter().map(|line| line.split(',').next());
        assert_eq!(kinds.collect::<std::collections::BTreeSet<_>>().len(), 8);
        for line in &before {
            for conflicts in ["refuse", "keep"] {
                let other = ACCOUNTS[1];
                let target = format!("/api/v1/import?account_id={other}&conflicts={conflicts}");
                assert_eq!(
                    place.send(Method::Post, &target, OPERATOR, line).0,
                    422,
                    "{line}"
                );
            }
        }
        assert_eq!(place.export(ACCOUNTS[0]), before);
    }
}

#[test]
fn an_import_beyond_a_limit_is_refused_whole() {
    let mut source = Place::in_memory(config());
    lived_in(&mut source, 300);
    let lines = source.export(ACCOUNTS[0]);
    let limited = |records: usize| {
        let config = json!({
            "accounts": [], "operator_token": {"token": OPERATOR}, "seed": "08".repeat(32),
            "limits": {"records": records},
        });
        Config::from_json(config.to_string().as_bytes()).unwrap()
    };
    let target = format!("/api/v1/import?account_id={}", ACCOUNTS[0]);
    for place in [Place::in_file, Place::in_memory] {
        let mut full = place(limited(lines.len() - 1));
        let (status, body) = full.send(Method::Post, &target, OPERATOR, &lines.join("\n"));
        assert_eq!(status, 409, "{body}");
        assert!(body.contains("insufficient_storage"), "{body}");
        let export = format!("/api/v1/export?account_id={}", ACCOUNTS[0]);
        assert_eq!(full.send(Method::Get, &export, OPERATOR, "").0, 404);
        // What was imported counts as what was created: there is room for exactly as much.
        let mut exact = place(limited(lines.len()));
        assert_eq!(
            exact.import(ACCOUNTS[0], &lines)["added"],
            lines.len() as u64
        );
        assert_eq!(
            exact.import(ACCOUNTS[0], &lines)["unchanged"],
            lines.len() as u64
        );
        let more = lines[1..]
            .iter()
            .find(|line| line.contains(r#""kind":"environment""#));
        let more = more
            .unwrap()
            .replace("nzxvq7jm2arsfg5h", "nzxvq7jm2arsfg6h");
        assert_eq!(
            exact.send(Method::Post, &target, OPERATOR, &more).0,
            409,
            "{more}"
        );
    }
}

/// Both draw the same random numbers.
#[test]
fn a_new_token_is_none_that_was_imported_from_a_registrar_with_the_same_seed() {
    for place in [Place::in_memory, Place::in_file] {
        let (mut source, mut target) = (place(config()), place(config()));
        let create = |place: &mut Place| {
            let body = r#"{"details":{"token_scope":"account"}}"#;
            let (status, body) = place.send(Method::Post, "/api/v1/api_token", TOKENS[0], body);
            assert_eq!(status, 200, "{body}");
            let body: Value = serde_json::from_str(&body).unwrap();
            body["token"].as_str().unwrap().to_owned()
        };
        let mut texts: Vec<String> = (0..3).map(|_| create(&mut source)).collect();
        // Without the account's line, which tells how many numbers were drawn.
        let tokens: Vec<String> = source
            .export(ACCOUNTS[0])
            .into_iter()
            .filter(|line| line.contains(r#""kind":"api_token""#))
            .collect();
        assert_eq!(target.import(ACCOUNTS[0], &tokens)["added"], 3);
        texts.extend((0..3).map(|_| create(&mut target)));
        texts.sort_unstable();
        texts.dedup();
        assert_eq!(texts.len(), 6);
    }
}
