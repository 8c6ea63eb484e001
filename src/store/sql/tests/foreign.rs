//! Ids of another partition than the caller's: no operation asks the database for them, wherever in a request they are.

use std::sync::{Arc, Mutex};

use serde_json::{Map, Value, json};

use super::*;
use crate::api::testing::{ACCOUNT_TOKEN, Client, ENVIRONMENT_TOKEN, NOW_MS, moment};
use crate::model::pfid::Pfid;
use crate::registrar::Config;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
use crate::{Method, Service};

/// An id of another partition. An account of that partition exists, and has this environment.
const FOREIGN: &str = "013xrzp12g181qm0yt0q8s8a1vd3p7wm";
const FOREIGN_ACCOUNT: &str = "013xrzp12g181qm0yt0q8s8a1vd3p7wk";
/// An id of the caller's partition that no object has.
const UNKNOWN: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";

/// The statements about one id.
#[derive(Default)]
struct Watched {
    /// The id, in bytes and as text.
    needles: Vec<Vec<u8>>,
    statements: Vec<&'static str>,
}

impl Observer for Arc<Mutex<Watched>> {
    fn note(&mut self, statement: Statement, parameters: &[u8], _rows: &[u8]) {
        let mut watched = self.lock().unwrap();
        let has = |needle: &Vec<u8>| parameters.windows(needle.len()).any(|it| it == needle);
        if watched.needles.iter().any(has) {
            watched.statements.push(statement.text());
        }
    }
}

/// A client, and the objects that its requests name where they do not name the watched id.
struct Bench {
    client: Client,
    watched: Arc<Mutex<Watched>>,
    document: Value,
    agent: String,
    instance: String,
}

impl Bench {
    fn new() -> Bench {
        let watched = Arc::default();
        let host = Observed::in_memory(Arc::clone(&watched));
        let config = json!({
            "accounts": [
                {"id": DEFAULT_ACCOUNT, "environments": [{"id": DEFAULT_ENVIRONMENT}]},
                {"id": FOREIGN_ACCOUNT, "environments": [{"id": FOREIGN}]},
            ],
            "tokens": [
                {"token": ACCOUNT_TOKEN},
                {"token": ENVIRONMENT_TOKEN, "environment_id": DEFAULT_ENVIRONMENT},
            ],
            "seed_text": "seed",
        });
        let config = Config::from_json(config.to_string().as_bytes()).unwrap();
        let store = SqlStore::with_host(host).unwrap();
        let mut client = Client {
            service: Service::open(config, Box::new(store), moment(NOW_MS)).unwrap(),
            ..Client::default()
        };
        let agent = client.create_agent("Scout");
        let register = client.post(
            "/api/v1/agent_instance/register",
            json!({"agent_id": agent}),
        );
        let instance = register.details()["id"].as_str().unwrap().to_owned();
        Bench {
            client,
            watched,
            document: serde_json::from_str(include_str!("../../../api/openapi.min.json")).unwrap(),
            agent,
            instance,
        }
    }

    /// The statements about an id in a request.
    fn statements(&mut self, id: &str, request: &Call, is_foreign: bool) -> Vec<&'static str> {
        let pfid = Pfid::parse(id).unwrap();
        *self.watched.lock().unwrap() = Watched {
            needles: vec![pfid.to_bytes().to_vec(), id.as_bytes().to_vec()],
            statements: Vec::new(),
        };
        let body = match &request.body {
            Value::Null => String::new(),
            body => body.to_string(),
        };
        let reply = self
            .client
            .send(request.method, &request.target, &[], body.as_bytes());
        if is_foreign {
            assert!(reply.status < 500, "{request:?}: {}", reply.text());
        }
        std::mem::take(&mut self.watched.lock().unwrap().statements)
    }

    fn resolve<'d>(&'d self, schema: &'d Value) -> &'d Value {
        match schema["$ref"].as_str() {
            Some(reference) => {
                let pointer = reference.trim_start_matches('#');
                self.resolve(self.document.pointer(pointer).unwrap())
            }
            None => schema,
        }
    }

    fn is_id(&self, schema: &Value) -> bool {
        let of = |it: &Value| it["$ref"] == "#/components/schemas/Pfid";
        of(schema)
            || schema["anyOf"]
                .as_array()
                .is_some_and(|it| it.iter().any(of))
    }

    /// The paths of all ids in a body.
    fn ids_of(&self, schema: &Value, path: &str, found: &mut Vec<String>) {
        let Some(members) = self.resolve(schema)["properties"].as_object() else {
            return;
        };
        for (name, member) in members {
            let path = format!("{path}/{name}");
            match self.is_id(member) {
                true => found.push(path),
                false => self.ids_of(member, &path, found),
            }
        }
    }

    /// A body of a schema, with what it requires, and with an id at one path.
    fn body(&self, schema: &Value, path: &str, target: &str, id: &str) -> Value {
        let name = path.rsplit('/').next().unwrap_or_default();
        if path == target {
            return id.into();
        }
        if self.is_id(schema) {
            return match name {
                "environment_id" => DEFAULT_ENVIRONMENT.into(),
                "account_id" => DEFAULT_ACCOUNT.into(),
                "agent_id" => self.agent.clone().into(),
                "agent_instance_id" => self.instance.clone().into(),
                other => panic!("no id for {other}"),
            };
        }
        let schema = self.resolve(schema);
        let schema = schema["anyOf"].get(0).map_or(schema, |it| self.resolve(it));
        if let Some(members) = schema["properties"].as_object() {
            let required = schema["required"].as_array().cloned().unwrap_or_default();
            let mut body = Map::new();
            for (name, member) in members {
                let path = format!("{path}/{name}");
                if required.contains(&name.as_str().into()) || target.starts_with(&path) {
                    body.insert(name.clone(), self.body(member, &path, target, id));
                }
            }
            return body.into();
        }
        match (name, schema["type"].as_str()) {
            ("token_scope", _) if target.ends_with("/environment_id") => "environment".into(),
            ("token_scope", _) => "account".into(),
            ("status", _) => "complete".into(),
            (_, Some("integer")) => 1.into(),
            (_, Some("object")) => json!({}),
            _ => format!("made for {target}").into(),
        }
    }

    /// Every request of the API with an id at every place that takes one, but for the operator's, who chooses partitions.
    fn requests(&self, id: &str) -> Vec<Call> {
        let mut all = Vec::new();
        for (path, operations) in self.document["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let method = Method::parse(&method.to_uppercase());
                if (path.as_str(), method) == ("/api/v1/account", Method::Post) {
                    continue;
                }
                let schema = operation
                    .pointer("/requestBody/content/application~1json/schema")
                    .unwrap_or(&Value::Null);
                let mut places = Vec::new();
                self.ids_of(schema, "", &mut places);
                for place in places {
                    all.push(Call {
                        method,
                        target: path.replace("{id}", &self.agent),
                        body: self.body(schema, "", &place, id),
                    });
                }
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let parameter = self.resolve(parameter);
                    if !self.is_id(&parameter["schema"]) {
                        continue;
                    }
                    let name = parameter["name"].as_str().unwrap();
                    let target = match parameter["in"].as_str() {
                        Some("path") => path.replace("{id}", id),
                        _ => format!("{path}?{name}={id}"),
                    };
                    let body = match schema {
                        Value::Null => Value::Null,
                        schema => self.body(schema, "", "none", id),
                    };
                    all.push(Call {
                        method,
                        target,
                        body,
                    });
                }
            }
        }
        all.extend(bulk(id));
        all
    }
}

/// A bulk request for each operation that it has, with the id wherever an item could have one.
fn bulk(id: &str) -> Vec<Call> {
    let names = [
        [
            "agents/list",
            "agents/show",
            "agents/create",
            "agents/update",
        ],
        [
            "agents/delete",
            "agents/retire",
            "agents/reinstate",
            "environments/list",
        ],
        [
            "environments/show",
            "environments/create",
            "environments/update",
            "agent_instances/register",
        ],
        [
            "agent_instances/start",
            "agent_instances/finish",
            "agent_spans/create",
            "agent_spans/finish",
        ],
    ];
    let item = |name: &&str| {
        let ids = json!({
            "id": id, "agent_id": id, "environment_id": id, "account_id": id, "agent_instance_id": id,
            "agent_span_id": id, "parent_span_id": id, "current_version_id": id, "name": "x",
            "schema_name": "x", "payload": {},
        });
        let mut item = ids.clone();
        item["details"] = ids;
        item["_type"] = (*name).into();
        item["idempotency_key"] = "a key of an item".into();
        Call {
            method: Method::Post,
            target: "/api/v1/bulk".to_owned(),
            body: json!({"items": [item]}),
        }
    };
    names.as_flattened().iter().map(item).collect()
}

/// One request.
#[derive(Clone, Debug)]
struct Call {
    method: Method,
    target: String,
    body: Value,
}

#[test]
fn no_statement_has_an_id_of_another_partition() {
    let mut bench = Bench::new();
    let requests = bench.requests(FOREIGN);
    assert!(requests.len() > 60, "{}", requests.len());
    for token in [ACCOUNT_TOKEN, ENVIRONMENT_TOKEN] {
        bench.client.as_token(token);
        for request in &requests {
            let statements = bench.statements(FOREIGN, request, true);
            assert!(statements.is_empty(), "{request:?}: {statements:?}");
        }
    }
    // The same requests with an unknown id of the caller's own partition do ask: the requests get as far as that.
    bench.client.as_token(ACCOUNT_TOKEN);
    let silent: Vec<_> = bench
        .requests(UNKNOWN)
        .into_iter()
        .filter(|request| bench.statements(UNKNOWN, request, false).is_empty())
        .map(|request| format!("{} {}", request.target, request.body["items"][0]["_type"]))
        .collect();
    // The account's own id is compared, not looked up.
    let expected = |it: &String| {
        [
            "account_id=",
            "/account/",
            "/pfid/generate",
            "environments/list",
        ]
        .iter()
        .any(|name| it.contains(name))
    };
    assert!(silent.iter().all(expected), "{silent:#?}");
}
