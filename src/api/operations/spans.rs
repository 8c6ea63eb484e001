//! The handlers for spans: they read requests and write answers.

use super::dependents::{RUN_ORDERS, run_sorting};
use super::list::{self, Listing, query_pfid, query_timestamp};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::left_out;
use crate::api::operation::{Body, Call, Key, Operation, Path, parse_id};
use crate::api::read::fields::{self, FieldReader};
use crate::api::write;
use crate::model::instance::RunStatus;
use crate::model::timestamp::Timestamp;
use crate::registrar::spans::{self, NewSpan, SpanEnd, SpanList};
use crate::registrar::{Failure, Kind, Registrar};
use crate::rules::IssueReason;
use crate::store::SpanRow;
use crate::wire::{self, JsonObject, Raw};

/// The operations under `/api/v1/agent_spans`.
pub static OPERATIONS: &[Operation] = &[
    Operation {
        key: Key::Inner,
        ..Operation::write(
            "agent_spans/create",
            Method::Post,
            Path::Collection,
            Body::Required,
            create,
        )
        .described(describe! {
            "Create a span" => wire::Details<wire::AgentSpan>,
            body: wire::DetailsBody<wire::CreateSpan>,
            errors: [InvalidAction],
        })
    },
    Operation::read("agent_spans/list", Path::Collection, list).described(describe! {
        "List spans" => wire::ListAnswer<wire::AgentSpan>,
        parameters: [
            agent_instance_id: wire::Pfid, "The instance. Required unless `agent_id` is present.";
            agent_id: wire::Pfid, "The agent whose spans are listed. With `agent_instance_id`, it must be the agent of the instance.";
            start_time: wire::GivenTimestamp, "The earliest start time, inclusive.";
            end_time: wire::GivenTimestamp, "The latest start time, inclusive.";
        ],
        sorted_by: RUN_ORDERS,
    }),
    Operation::write(
        "agent_spans/finish",
        Method::Post,
        Path::Action("finish"),
        Body::Optional,
        finish,
    )
    .described(describe! {
        "Finish a span" => wire::Details<wire::AgentSpan>,
        body: wire::FieldsBody<wire::FinishSpan>,
        errors: [InvalidAction],
    }),
    left_out::operation(Method::Post, Path::Word("create_test_spans")),
];

/// `POST /api/v1/agent_spans`
pub fn create(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let new = read_new(registrar, call)?;
    answer(out, &spans::create(registrar, &call.caller, &new)?)
}

/// Reads the fields of a new span.
fn read_new<'c>(registrar: &Registrar, call: &Call<'c>) -> Result<NewSpan<'c>, Failure> {
    let flat = fields::is_flat_item(call.body);
    let mut details = if flat {
        FieldReader::of_body(call.body)
    } else {
        FieldReader::of_details(call.body)
    };
    details.require("agent_instance_id", "Agent instance ID");
    let (key, label, kind) = (
        "agent_instance_id",
        "Agent instance ID",
        Kind::AgentInstance,
    );
    let instance_id = details.named(registrar, call, key, label, kind);
    details.require("schema_name", "Schema name");
    let schema_name = details.name("schema_name", "Schema name");
    details.require("status", "Status");
    let status = details.status("status", "Status", &RunStatus::ALL);
    details.require("payload", "Payload");
    let payload = details.raw_object("payload", "Payload");
    let id = details.chosen_id(registrar, call);
    let (key, label, kind) = ("parent_span_id", "Parent span ID", Kind::AgentSpan);
    let parent_id = details.named(registrar, call, key, label, kind);
    if let (Some(id), Some(instance_id)) = (parent_id, instance_id)
        && let Some(issue) = spans::parent_issue(registrar, id, instance_id)?
    {
        // The path in this body: an item of a bulk request may have no `details`.
        details.invalid(key, issue.reason, issue.message.into_owned());
    }
    let (started_at, finished_at) = read_times(&mut details, status);
    let result_payload = details.raw_object("result_payload", "Result payload");
    if !flat {
        details.inner_key();
    }
    let (Some(instance_id), Some(schema_name), Some(status), Some(payload)) =
        (instance_id, schema_name, status, payload)
    else {
        return Err(details.failure());
    };
    details.finish()?;
    Ok(NewSpan {
        instance_id,
        schema_name,
        status,
        payload,
        result_payload,
        id,
        parent_id,
        started_at,
        finished_at,
    })
}

/// Reads the start time and the end time of a new span. Only a span with a final status may have an end time.
fn read_times(
    details: &mut FieldReader<'_, '_>,
    status: Option<RunStatus>,
) -> (Option<Timestamp>, Option<Timestamp>) {
    let started_at = details.timestamp("started_at", "Start time");
    let finished_at = details.timestamp("finished_at", "Finish time");
    if finished_at.is_some() && status.is_some_and(|status| !status.is_finished()) {
        let message = "Finish time must be absent unless the status says that the span is over.";
        details.invalid("finished_at", IssueReason::NotFinished, message);
    }
    (started_at, finished_at)
}

/// `GET /api/v1/agent_spans`. A range of time selects the spans that started in it, both ends included. **\[ours\]**
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let instance_id = query_pfid(&call.query, "agent_instance_id", &mut issues);
    let agent_id = query_pfid(&call.query, "agent_id", &mut issues);
    if call.query.get("agent_instance_id").is_none() && call.query.get("agent_id").is_none() {
        issues.push(spans::missing_parent());
    }
    let from = query_timestamp(&call.query, "start_time", &mut issues);
    let until = query_timestamp(&call.query, "end_time", &mut issues);
    let listing = Listing::read(&call.query, RUN_ORDERS, &mut issues);
    Failure::unless_valid(issues)?;
    let wanted = SpanList {
        instance_id,
        agent_id,
        from,
        until,
        sorting: run_sorting(&listing),
        page: listing.page(),
    };
    list::answer(out, &listing, &mut |items| {
        let mut each = |row: &SpanRow<'_>| items.push(&span(row));
        spans::list(registrar, &call.caller, &wanted, &mut each)
    })
}

/// `POST /api/v1/agent_spans/{id}/finish`
pub fn finish(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::AgentSpan)?;
    let mut body = FieldReader::of_body(call.body);
    let status = body.status("status", "Status", &RunStatus::FINISHED);
    let moment = body.timestamp("timestamp", "Timestamp");
    let result_payload = body.raw_object("result_payload", "Result payload");
    body.finish()?;
    let end = SpanEnd {
        status: status.unwrap_or(RunStatus::Complete),
        moment,
        result_payload,
    };
    answer(out, &spans::finish(registrar, &call.caller, id, &end)?)
}

/// The details of the span in the path. There is no operation for them.
pub fn details(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::AgentSpan)?;
    answer(out, &spans::fetch(registrar, &call.caller, id)?)
}

fn answer(out: &mut Vec<u8>, row: &SpanRow<'_>) -> Result<(), Failure> {
    write::details(out, span(row))
}

/// The span as in the contract, with its payloads as they were sent.
fn span<'r>(row: &'r SpanRow<'_>) -> wire::AgentSpan<'r> {
    wire::AgentSpan {
        r#type: wire::literal::AgentSpan,
        id: row.id,
        account_id: row.owner.account_id,
        agent_id: row.owner.agent_id,
        agent_instance_id: row.instance_id,
        parent_span_id: row.parent_id,
        schema_name: &row.schema_name,
        status: row.status,
        payload: JsonObject(Raw(&row.payload)),
        result_payload: row.result_payload.as_deref().map(Raw).map(JsonObject),
        started_at: row.started_at,
        finished_at: row.finished_at,
        inserted_at: row.inserted_at,
        updated_at: row.updated_at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::Method;
    use crate::api::testing::*;
    use crate::registrar::config::DEFAULT_ACCOUNT;
    use crate::rules::name;

    const SPANS: &str = "/api/v1/agent_spans";

    struct Run {
        client: Client,
        agent: String,
        instance: String,
    }

    impl Run {
        fn new() -> Run {
            let mut client = Client::default();
            let agent = client.create_agent("Scout");
            let instance = client.register(&agent);
            Run {
                client,
                agent,
                instance,
            }
        }

        fn details(&self, fields: Value) -> Value {
            let mut details = json!({"agent_instance_id": self.instance, "schema_name": "agent:llm", "status": "active", "payload": {}});
            let fields = fields.as_object().unwrap().clone();
            details.as_object_mut().unwrap().extend(fields);
            json!({"details": details})
        }

        fn create(&mut self, fields: Value) -> Reply {
            self.client.post(SPANS, self.details(fields))
        }

        fn id(&mut self, fields: Value) -> String {
            let details = self.create(fields).details();
            details["id"].as_str().unwrap().to_owned()
        }

        fn finish(&mut self, id: &str, body: Value) -> Reply {
            self.client.post(&format!("{SPANS}/{id}/finish"), body)
        }

        fn span_counts(&mut self) -> Value {
            let path = format!("/api/v1/agent_instance/{}", self.instance);
            self.client.get(&path).details()["span_counts"].clone()
        }
    }

    #[test]
    fn payloads_keep_their_exact_text() {
        let mut run = Run::new();
        let payload = r#"{ "b":1.50,"a":[1e400, "\ud800\u00e9", {}],"":null }"#;
        let body = format!(
            r#"{{"details":{{"agent_instance_id":"{}","schema_name":" agent:llm ","status":"active","payload":{payload},"result_payload":null,"parent_span_id":null,"finished_at":null,"started_at":"2026-05-07T11:00:00.5+02:00"}}}}"#,
            run.instance
        );
        let reply = run.client.send(Method::Post, SPANS, &[], body.as_bytes());
        assert_eq!(reply.status, 200);
        let text = reply.text();
        let id = text.split('"').nth(13).unwrap();
        assert_eq!(
            text,
            format!(
                concat!(
                    r#"{{"status":"success","details":{{"type":"agent_span","id":"{}","account_id":"{}","agent_id":"{}","#,
                    r#""agent_instance_id":"{}","parent_span_id":null,"schema_name":"agent:llm","status":"active","#,
                    r#""payload":{},"result_payload":null,"started_at":"2026-05-07T09:00:00.500000Z","finished_at":null,"#,
                    r#""inserted_at":"2026-05-07T10:00:00.000000Z","updated_at":"2026-05-07T10:00:00.000000Z"}}}}"#
                ),
                id, DEFAULT_ACCOUNT, run.agent, run.instance, payload
            )
        );
        let list = run
            .client
            .get(&format!("{SPANS}?agent_instance_id={}", run.instance));
        assert!(list.text().contains(payload));
        let finish = r#"{"result_payload":{"x" : 0.10},"timestamp":null}"#;
        let path = format!("{SPANS}/{id}/finish");
        let reply = run.client.send(Method::Post, &path, &[], finish.as_bytes());
        assert!(reply.text().contains(payload));
        assert!(reply.text().contains(r#""result_payload":{"x" : 0.10},"#));
        assert!(
            reply
                .text()
                .contains(r#""finished_at":"2026-05-07T10:00:00.000000Z""#)
        );
    }

    #[test]
    fn a_finished_span_has_an_end_time() {
        let mut run = Run::new();
        let details = run.create(json!({"status": "failed"})).details();
        assert_eq!(details["finished_at"], details["inserted_at"]);
        let end = json!({"status": "complete", "finished_at": "2026-05-07T09:00:00Z", "result_payload": {"a": 1}});
        let details = run.create(end).details();
        assert_eq!(details["finished_at"], "2026-05-07T09:00:00.000000Z");
        assert_eq!(details["result_payload"], json!({"a": 1}));
        let reply = run.create(json!({"finished_at": "2026-05-07T09:00:00Z"}));
        assert_eq!(reply.paths(), ["details.finished_at"]);
    }

    #[test]
    fn a_parent_is_a_span_of_the_same_instance() {
        let mut run = Run::new();
        let parent = run.id(json!({}));
        let child = run.create(json!({"parent_span_id": parent})).details();
        assert_eq!(child["parent_span_id"], *parent);
        let other = run.client.register(&run.agent);
        let elsewhere = run.id(json!({"agent_instance_id": other}));
        let unknown = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
        for id in [elsewhere.as_str(), unknown] {
            let reply = run.create(json!({"parent_span_id": id}));
            assert_eq!(reply.paths(), ["details.parent_span_id"]);
        }
        let reply = run.create(json!({"parent_span_id": unknown, "id": unknown}));
        assert_eq!(reply.paths(), ["details.parent_span_id"], "nor itself");
        let reply = run.create(json!({"parent_span_id": run.instance}));
        assert_eq!(reply.code(), "unexpected_ref_type");
    }

    #[test]
    fn all_issues_are_reported_at_once() {
        let mut run = Run::new();
        let id = run.id(json!({}));
        assert_eq!(run.client.post(SPANS, json!({})).paths(), ["details"]);
        assert_eq!(
            run.client.post(SPANS, json!({"details": {}})).paths(),
            [
                "details.agent_instance_id",
                "details.schema_name",
                "details.status",
                "details.payload"
            ]
        );
        let wrong = json!({
            "agent_instance_id": 1, "schema_name": " ", "status": "done", "payload": [], "id": "x", "parent_span_id": "x",
            "started_at": "x", "finished_at": "x", "result_payload": "x", "idempotency_key": "",
        });
        assert_eq!(run.create(wrong).paths().len(), 10);
        let unknown = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
        let reply =
            run.create(json!({"agent_instance_id": unknown, "parent_span_id": unknown, "id": id}));
        assert_eq!(
            reply.paths(),
            [
                "details.agent_instance_id",
                "details.id",
                "details.parent_span_id"
            ]
        );
        let reply = run.create(json!({
            "agent_instance_id": unknown, "schema_name": "\u{0}".repeat(name::LIMIT + 1), "id": "013xrzp12g0000000000000000000001",
            "parent_span_id": unknown, "started_at": "x", "idempotency_key": "",
        }));
        let errors = &reply.json()["errors"];
        assert_eq!(errors["details.schema_name"].as_array().unwrap().len(), 2);
        assert_eq!(
            reply.paths(),
            [
                "details.agent_instance_id",
                "details.schema_name",
                "details.id",
                "details.parent_span_id",
                "details.started_at",
                "details.idempotency_key"
            ]
        );
        let reply = run.create(json!({"agent_instance_id": run.agent}));
        assert_eq!(reply.code(), "unexpected_ref_type");
        let reply = run.finish(
            &id,
            json!({"status": "active", "timestamp": "x", "result_payload": []}),
        );
        assert_eq!(reply.paths(), ["status", "timestamp", "result_payload"]);
        let instance = run.instance.clone();
        assert_eq!(
            run.finish(&instance, json!({})).code(),
            "unexpected_ref_type"
        );
        for token in [OTHER_ENVIRONMENT_TOKEN, STRANGER_TOKEN] {
            run.client.as_token(token);
            assert_eq!(run.finish(&id, json!({})).code(), "not_found");
            assert_eq!(run.create(json!({})).paths(), ["details.agent_instance_id"]);
        }
    }

    #[test]
    fn the_key_may_stand_in_details_or_at_the_root() {
        let mut run = Run::new();
        let inner = run.details(json!({"idempotency_key": "span-1"}));
        let mut root = run.details(json!({}));
        root["idempotency_key"] = json!("span-2");
        for body in [inner, root] {
            let first = run.client.post(SPANS, body.clone());
            let again = run.client.post(SPANS, body.clone());
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            assert_eq!(first.body, again.body);
        }
        let reply = run.create(json!({"idempotency_key": "span-2", "status": "complete"}));
        assert_eq!(reply.code(), "idempotency_key_already_used");
        assert_eq!(run.span_counts()["total"], 2);
    }

    #[test]
    fn lists_are_filtered_by_time() {
        let mut run = Run::new();
        // Created in another order than they started.
        let ids: Vec<String> = ["12", "10", "11"]
            .iter()
            .map(|hour| run.id(json!({"started_at": format!("2026-05-07T{hour}:00:00Z")})))
            .collect();
        let path = format!("{SPANS}?agent_instance_id={}", run.instance);
        let mut list = |query: &str| -> Vec<String> {
            let json = run.client.get(&format!("{path}{query}")).json();
            let items = json["summaries"].as_array().unwrap();
            assert_eq!(json["pagination"]["item_end"], items.len() as u64);
            items
                .iter()
                .map(|item| item["id"].as_str().unwrap().to_owned())
                .collect()
        };
        let [twelve, ten, eleven] = &ids[..] else {
            panic!()
        };
        assert_eq!(list(""), ids);
        assert_eq!(
            list("&sorting=started_at"),
            [ten, eleven, twelve].map(String::clone)
        );
        assert_eq!(
            list("&sorting=-started_at&start_time=2026-05-07T11:00:00Z"),
            [twelve, eleven].map(String::clone)
        );
        assert_eq!(
            list("&end_time=2026-05-07T11:00:00Z"),
            [ten, eleven].map(String::clone)
        );
        // The offset's plus, encoded and not.
        for plus in ["%2B", "+"] {
            let time = format!("2026-05-07T13:00:00{plus}02:00");
            assert_eq!(
                list(&format!("&start_time={time}&end_time={time}")),
                ids[2..]
            );
        }
        let mut paths = |query: &str| run.client.get(&format!("{SPANS}{query}")).paths();
        assert_eq!(
            paths("?start_time=x&end_time=2026-05-07"),
            ["agent_instance_id", "start_time", "end_time"]
        );
        let reply = run
            .client
            .get(&format!("{SPANS}?agent_instance_id={}", run.agent));
        assert_eq!(reply.code(), "unexpected_ref_type");
    }

    #[test]
    fn a_snapshot_holds_runs_and_versions() {
        let mut run = Run::new();
        let agent = run.agent.clone();
        run.client.post(
            "/api/v1/agent_instance/register",
            json!({"agent_id": agent, "agent_version": {"external_identifier": "1"}, "agent_schema_version": {"external_identifier": "1", "span_schemas": {}}}),
        );
        let parent = run.id(json!({}));
        run.id(json!({"parent_span_id": parent, "status": "failed", "result_payload": {"a": 1}}));
        let paths = [
            format!("/api/v1/agent/{agent}"),
            format!("/api/v1/agent_instance?agent_id={agent}"),
            format!("/api/v1/agent_version?agent_id={agent}"),
            format!("/api/v1/agent_schema_version?agent_id={agent}"),
            format!("{SPANS}?agent_instance_id={}", run.instance),
        ];
        let read = |client: &mut Client| paths.each_ref().map(|path| client.get(path).body);
        let before = read(&mut run.client);
        let snapshot = run.client.service.registrar().snapshot().unwrap();
        let mut other = Client::default();
        other.service.registrar_mut().restore(&snapshot).unwrap();
        assert!(other.service.registrar().snapshot().unwrap() == snapshot);
        assert_eq!(read(&mut other), before);
        for length in 0..snapshot.len() {
            let restored = other.service.registrar_mut().restore(&snapshot[..length]);
            assert!(restored.is_err());
        }
    }
}
