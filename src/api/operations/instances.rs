//! The handlers for instances: they read requests and write answers.

use super::dependents::{self, RUN_ORDERS, run_sorting};
use super::list;
use super::versions;
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::left_out;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::model::instance::RunStatus;
use crate::registrar::instances::{self, Registration};
use crate::registrar::{Failure, Kind, Registrar};
use crate::store::{InstanceRow, VersionKind};
use crate::wire;

/// The operations under `/api/v1/agent_instance`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "agent_instances/register",
        Method::Post,
        Path::Word("register"),
        Body::Required,
        register,
    )
    .described(describe! {
        "Register an instance of an agent" => wire::Details<wire::AgentInstance>,
        body: wire::FieldsBody<wire::RegisterInstance>,
        errors: [InvalidAction],
    }),
    Operation::read("agent_instances/list", Path::Collection, list).described(describe! {
        "List instances" => wire::ListAnswer<wire::AgentInstance>,
        parameters: [required agent_id: wire::Pfid, "The agent.";],
        sorted_by: RUN_ORDERS,
    }),
    Operation::read("agent_instances/show", Path::Item, fetch).described(describe! {
        "Fetch an instance" => wire::Details<wire::AgentInstance>,
    }),
    Operation::write(
        "agent_instances/start",
        Method::Post,
        Path::Action("start"),
        Body::Optional,
        start,
    )
    .described(describe! {
        "Start an instance" => wire::Details<wire::AgentInstance>,
        body: wire::FieldsBody<wire::StartInstance>,
        errors: [InvalidAction],
    }),
    Operation::write(
        "agent_instances/finish",
        Method::Post,
        Path::Action("finish"),
        Body::Optional,
        finish,
    )
    .described(describe! {
        "Finish an instance" => wire::Details<wire::AgentInstance>,
        body: wire::FieldsBody<wire::FinishInstance>,
        errors: [InvalidAction],
    }),
    left_out::operation(Method::Put, Path::Item),
    left_out::operation(Method::Get, Path::Action("agent_context")),
    left_out::operation(Method::Post, Path::Action("record_quality")),
    left_out::operation(Method::Post, Path::Action("terminate")),
    left_out::operation(Method::Post, Path::Action("update")),
];

/// `POST /api/v1/agent_instance/register`
pub fn register(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut body = FieldReader::of_body(call.body);
    body.require("agent_id", "Agent ID");
    let agent_id = body.named(registrar, call, "agent_id", "Agent ID", Kind::Agent);
    let version = body.nested("agent_version", "agent_version.", "Agent version", |it| {
        versions::read(it, VersionKind::Agent, &|_| Ok(None))
    });
    let schema_version = body.nested(
        "agent_schema_version",
        "agent_schema_version.",
        "Agent schema version",
        |it| versions::read(it, VersionKind::Schema, &|_| Ok(None)),
    );
    let id = body.chosen_id(registrar, call);
    let update = body.boolean("update_current_version", "Update current version");
    let Some(agent_id) = agent_id else {
        return Err(body.failure());
    };
    body.finish()?;
    let new = Registration {
        agent_id,
        version: version.flatten(),
        schema_version: schema_version.flatten(),
        id,
        update_current_version: update.unwrap_or(true),
    };
    answer(out, &instances::register(registrar, &call.caller, &new)?)
}

/// `GET /api/v1/agent_instance/{id}`
pub fn fetch(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::AgentInstance)?;
    answer(out, &instances::fetch(registrar, &call.caller, id)?)
}

/// `GET /api/v1/agent_instance`
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let (agent_id, listing) = dependents::read_list(call, "agent_id", "Agent ID", RUN_ORDERS)?;
    let (caller, sorting) = (&call.caller, run_sorting(&listing));
    list::answer(out, &listing, &mut |items| {
        let page = listing.page();
        let mut each = |row: &InstanceRow| items.push(&instance(row));
        instances::list(registrar, caller, agent_id, sorting, &page, &mut each)
    })
}

/// `POST /api/v1/agent_instance/{id}/start`
pub fn start(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::AgentInstance)?;
    let mut body = FieldReader::of_body(call.body);
    let moment = body.timestamp("timestamp", "Timestamp");
    body.finish()?;
    answer(out, &instances::start(registrar, &call.caller, id, moment)?)
}

/// `POST /api/v1/agent_instance/{id}/finish`
pub fn finish(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::AgentInstance)?;
    let mut body = FieldReader::of_body(call.body);
    let end = body.status("status", "Status", &RunStatus::FINISHED);
    let moment = body.timestamp("timestamp", "Timestamp");
    body.finish()?;
    let end = end.unwrap_or(RunStatus::Complete);
    let row = instances::finish(registrar, &call.caller, id, end, moment)?;
    answer(out, &row)
}

fn answer(out: &mut Vec<u8>, row: &InstanceRow) -> Result<(), Failure> {
    write::details(out, instance(row))
}

/// The instance as in the contract.
fn instance(row: &InstanceRow) -> wire::AgentInstance {
    wire::AgentInstance {
        r#type: wire::literal::AgentInstance,
        id: row.id,
        account_id: row.owner.account_id,
        agent_id: row.owner.agent_id,
        agent_version_id: row.version_id,
        // An agent lives in one environment here, so it is its own deployment. [client]
        agent_deployment_id: row.owner.agent_id,
        environment_id: row.owner.environment_id,
        status: row.status,
        inserted_at: row.inserted_at,
        updated_at: row.updated_at,
        started_at: row.started_at,
        finished_at: row.finished_at,
        span_counts: (&row.span_counts).into(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::testing::*;
    use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

    const REGISTER: &str = "/api/v1/agent_instance/register";

    fn counts(value: &Value) -> [u64; 7] {
        [
            "total",
            "pending",
            "active",
            "complete",
            "failed",
            "cancelled",
            "finished",
        ]
        .map(|key| value[key].as_u64().unwrap())
    }

    #[test]
    fn an_instance_has_all_keys_in_the_order_of_the_contract() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let reply = client.post(
            REGISTER,
            json!({"agent_id": agent, "environment_id": null, "purpose": "live", "external_identifier": "x"}),
        );
        let id = reply.details()["id"].as_str().unwrap().to_owned();
        assert_eq!(
            reply.text(),
            format!(
                concat!(
                    r#"{{"status":"success","details":{{"type":"agent_instance","id":"{}","account_id":"{}","agent_id":"{}","#,
                    r#""agent_version_id":null,"agent_deployment_id":"{}","environment_id":"{}","status":"pending","#,
                    r#""inserted_at":"2026-05-07T10:00:00.000000Z","updated_at":"2026-05-07T10:00:00.000000Z","#,
                    r#""started_at":null,"finished_at":null,"#,
                    r#""span_counts":{{"total":0,"pending":0,"active":0,"complete":0,"failed":0,"cancelled":0,"finished":0}}}}}}"#
                ),
                id, DEFAULT_ACCOUNT, agent, agent, DEFAULT_ENVIRONMENT
            )
        );
        assert_eq!(
            client.get(&format!("/api/v1/agent_instance/{id}")).body,
            reply.body
        );
    }

    #[test]
    fn times_may_have_any_offset() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let id = client.register(&agent);
        let path = |action: &str| format!("/api/v1/agent_instance/{id}/{action}");
        for bad in [json!("yesterday"), json!("2026-05-07"), json!(1)] {
            let reply = client.post(&path("start"), json!({"timestamp": bad}));
            assert_eq!(reply.paths(), ["timestamp"]);
        }
        client.now_ms += 1_000.0;
        let started = client.post(
            &path("start"),
            json!({"timestamp": "2026-05-07T12:00:00.123456789+02:00"}),
        );
        let details = started.details();
        assert_eq!(details["started_at"], "2026-05-07T10:00:00.123456Z");
        assert_eq!(details["updated_at"], "2026-05-07T10:00:01.000000Z");
        let finished = client.post(&path("finish"), json!({"status": null}));
        assert_eq!(
            finished.details()["finished_at"],
            "2026-05-07T10:00:01.000000Z"
        );
        let reply = client.post(
            &path("finish"),
            json!({"status": "active", "timestamp": 0, "idempotency_key": ""}),
        );
        assert_eq!(reply.paths(), ["status", "timestamp", "idempotency_key"]);
    }

    #[test]
    fn all_issues_are_reported_at_once() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let mut paths = |body: Value| client.post(REGISTER, body).paths();
        assert_eq!(paths(json!({})), ["agent_id"]);
        assert_eq!(
            paths(
                json!({"agent_id": 1, "agent_version": {}, "agent_schema_version": {"external_identifier": "", "span_schemas": 1}, "id": "x", "update_current_version": 0, "idempotency_key": 1})
            )
            .len(),
            7
        );
        assert_eq!(
            paths(json!({"agent_id": agent, "agent_version": {"external_identifier": null}})),
            ["agent_version.external_identifier"]
        );
        assert_eq!(
            paths(
                json!({"agent_id": "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr", "id": "013xrzp12g0000000000000000000001"})
            ),
            ["agent_id", "id"]
        );
        let taken = client.register(&agent);
        for id in [taken.as_str(), agent.as_str(), DEFAULT_ENVIRONMENT] {
            let reply = client.post(REGISTER, json!({"agent_id": agent, "id": id}));
            assert_eq!(reply.paths(), ["id"]);
        }
        for id in [taken.as_str(), DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT] {
            let reply = client.post(REGISTER, json!({"agent_id": id}));
            assert_eq!(reply.code(), "unexpected_ref_type");
        }
        let retire = client.post(&format!("/api/v1/agent/{agent}/retire"), json!({}));
        assert_eq!(retire.status, 200);
        let reply = client.post(
            REGISTER,
            json!({"agent_id": agent, "agent_version": {"external_identifier": "1"}}),
        );
        assert_eq!(
            (reply.status, reply.code().as_str()),
            (409, "invalid_action")
        );
        let versions = client.get(&format!("/api/v1/agent_version?agent_id={agent}"));
        assert_eq!(
            versions.json()["summaries"],
            json!([]),
            "nothing half happened"
        );
    }

    #[test]
    fn a_reserved_id_is_not_generated_for_a_version() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        // The ids of one millisecond follow each other: the next one can be guessed.
        let last = crate::model::Pfid::parse(&agent).unwrap();
        let mut generator = crate::model::generator::Generator::after(last);
        let next = generator
            .next(last.timestamp(), last.partition(), [0; 10])
            .unwrap();
        let reply = client.post(
            REGISTER,
            json!({"agent_id": agent, "id": next.to_string(), "agent_version": {"external_identifier": "1"}}),
        );
        let details = reply.details();
        assert_eq!(details["id"], next.to_string());
        assert_ne!(details["agent_version_id"], next.to_string());
    }

    #[test]
    fn instances_of_others_do_not_exist() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let id = client.register(&agent);
        for token in [OTHER_ENVIRONMENT_TOKEN, STRANGER_TOKEN] {
            client.as_token(token);
            let path = format!("/api/v1/agent_instance/{id}");
            for reply in [
                client.get(&path),
                client.post(&format!("{path}/start"), json!({})),
                client.post(&format!("{path}/finish"), json!({})),
            ] {
                assert_eq!((reply.status, reply.code().as_str()), (404, "not_found"));
            }
            let reply = client.post(REGISTER, json!({"agent_id": agent}));
            assert_eq!(reply.paths(), ["agent_id"]);
            let list = client.get(&format!("/api/v1/agent_instance?agent_id={agent}"));
            assert_eq!(list.json()["summaries"], json!([]));
        }
    }

    #[test]
    fn a_key_has_one_effect() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let body = json!({"agent_id": agent, "idempotency_key": "register-1"});
        let first = client.post(REGISTER, body.clone());
        let again = client.post(REGISTER, body);
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
        assert_eq!(first.body, again.body);
        let list = client.get(&format!("/api/v1/agent_instance?agent_id={agent}"));
        assert_eq!(list.json()["pagination"]["item_count"], 1);
    }

    #[test]
    fn bulk_items_run_a_whole_life_cycle() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let (instance, span) = (
            "013xrzp12g3nqk8nx0y2vfkg4s3jp2q1",
            "013xrzp12g3nqk8nx0y2vfkg4s3jp2q2",
        );
        let reply = client.post(
            "/api/v1/bulk",
            json!({"items": [
                {"_type": "agent_instances/register", "idempotency_key": "register", "agent_id": agent, "id": instance,
                    "agent_schema_version": {"external_identifier": "1", "span_schemas": {"agent:llm": {"type": "object"}}}},
                {"_type": "agent_instances/start", "idempotency_key": "start-it", "agent_instance_id": instance},
                {"_type": "agent_spans/create", "idempotency_key": "span-one", "agent_instance_id": instance,
                    "schema_name": "agent:llm", "status": "active", "payload": {"deep": {"er": [1]}}, "id": span},
                {"_type": "agent_spans/create", "idempotency_key": "span-two",
                    "details": {"agent_instance_id": instance, "schema_name": "agent:llm", "status": "active", "payload": {}}},
                {"_type": "agent_spans/finish", "idempotency_key": "span-end", "agent_span_id": span},
                {"_type": "agent_instances/finish", "idempotency_key": "finish-it", "id": instance},
                {"_type": "agent_spans/create", "idempotency_key": "too-late", "agent_instance_id": span, "status": 1},
            ]}),
        );
        let json = reply.json();
        let outputs = json["outputs"].as_object().unwrap();
        assert_eq!(
            outputs["span-one"]["details"]["payload"],
            json!({"deep": {"er": [1]}})
        );
        assert_eq!(outputs["span-end"]["details"]["status"], "complete");
        assert_eq!(outputs["finish-it"]["details"]["status"], "complete");
        assert_eq!(
            counts(&outputs["finish-it"]["details"]["span_counts"]),
            [2, 0, 1, 1, 0, 0, 1]
        );
        let errors = outputs["too-late"]["errors"].as_object().unwrap();
        assert!(errors.keys().eq(["schema_name", "status", "payload"]));
    }
}
