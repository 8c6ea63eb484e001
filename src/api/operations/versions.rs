//! The handlers for versions and schema versions: they read requests and write answers.

use std::borrow::Cow;

use super::dependents;
use super::list;
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::registrar::versions;
use crate::registrar::{Failure, Issue, Kind, Registrar};
use crate::store::{NewVersion, SCHEMA_KEYS, VersionKind, VersionOrder, VersionRow};
use crate::wire::{self, JsonList, JsonObject, Raw};

/// The sort fields of versions of either kind.
const ORDERS: &[&str] = &["id", "external_identifier", "inserted_at", "updated_at"];

/// The operations under `/api/v1/agent_version`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "agent_versions/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        |registrar, call, out| create(VersionKind::Agent, registrar, call, out),
    )
    .described(describe! {
        "Create a version of an agent" => wire::Details<wire::AgentVersion>,
        body: wire::DetailsBody<wire::OfAgent<wire::NewVersion>>,
    }),
    Operation::read(
        "agent_versions/list",
        Path::Collection,
        |registrar, call, out| list(VersionKind::Agent, registrar, call, out),
    )
    .described(describe! {
        "List versions" => wire::ListAnswer<wire::AgentVersion>,
        parameters: [required agent_id: wire::Pfid, "The agent.";],
        sorted_by: ORDERS,
    }),
    Operation::read("agent_versions/show", Path::Item, |registrar, call, out| {
        fetch(VersionKind::Agent, registrar, call, out)
    })
    .described(describe! {
        "Fetch a version" => wire::Details<wire::AgentVersion>,
    }),
];

/// The operations under `/api/v1/agent_schema_version`.
pub static SCHEMA_OPERATIONS: &[Operation] = &[
    Operation::write(
        "agent_schema_versions/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        |registrar, call, out| create(VersionKind::Schema, registrar, call, out),
    )
    .described(describe! {
        "Create a schema version of an agent" => wire::Details<wire::AgentSchemaVersion>,
        body: wire::DetailsBody<wire::OfAgent<wire::NewSchemaVersion>>,
    }),
    Operation::read(
        "agent_schema_versions/list",
        Path::Collection,
        |registrar, call, out| list(VersionKind::Schema, registrar, call, out),
    )
    .described(describe! {
        "List schema versions" => wire::ListAnswer<wire::AgentSchemaVersion>,
        parameters: [required agent_id: wire::Pfid, "The agent.";],
        sorted_by: ORDERS,
    }),
    Operation::read(
        "agent_schema_versions/show",
        Path::Item,
        |registrar, call, out| fetch(VersionKind::Schema, registrar, call, out),
    )
    .described(describe! {
        "Fetch a schema version" => wire::Details<wire::AgentSchemaVersion>,
    }),
];

/// `POST /api/v1/agent_version`, `POST /api/v1/agent_schema_version`
pub fn create(
    kind: VersionKind,
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut details = FieldReader::of_details(call.body);
    details.require("agent_id", "Agent ID");
    let agent_id = details.named(registrar, call, "agent_id", "Agent ID", Kind::Agent);
    let new = read(&mut details, kind, &|identifier| match agent_id {
        Some(id) => versions::identifier_issue(registrar, kind, id, identifier),
        None => Ok(None),
    });
    let (Some(agent_id), Some(new)) = (agent_id, new) else {
        return Err(details.failure());
    };
    details.finish()?;
    let row = versions::create(registrar, &call.caller, kind, agent_id, new)?;
    answer(out, kind, &row)
}

/// `GET /api/v1/agent_version/{id}`, `GET /api/v1/agent_schema_version/{id}`
pub fn fetch(
    kind: VersionKind,
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, kind.into())?;
    let row = versions::fetch(registrar, &call.caller, kind, id)?;
    answer(out, kind, &row)
}

/// `GET /api/v1/agent_version`, `GET /api/v1/agent_schema_version`
pub fn list(
    kind: VersionKind,
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let (agent_id, listing) = dependents::read_list(call, "agent_id", "Agent ID", ORDERS)?;
    let order = match listing.sorted_by {
        "external_identifier" => VersionOrder::ExternalIdentifier,
        // A version never changes.
        "inserted_at" | "updated_at" => VersionOrder::InsertedAt,
        _ => VersionOrder::Id,
    };
    let (caller, page) = (&call.caller, listing.page());
    list::answer(out, &listing, &mut |items| {
        let mut each = |row: &VersionRow<'_>| match kind {
            VersionKind::Agent => items.push(&version(row)),
            VersionKind::Schema => items.push(&schema_version(row)),
        };
        versions::list(registrar, caller, kind, agent_id, order, &page, &mut each)
    })
}

fn answer(out: &mut Vec<u8>, kind: VersionKind, row: &VersionRow<'_>) -> Result<(), Failure> {
    match kind {
        VersionKind::Agent => write::details(out, version(row)),
        VersionKind::Schema => write::details(out, schema_version(row)),
    }
}

/// Reads the fields of a version, in `details` here and in a registration. `taken` returns the issue with an external
/// identifier that the agent already has.
pub(super) fn read<'b>(
    fields: &mut FieldReader<'b, 'b>,
    kind: VersionKind,
    taken: &dyn Fn(&str) -> Result<Option<Issue>, Failure>,
) -> Option<NewVersion<'b>> {
    fields.require("external_identifier", "External identifier");
    let external_identifier = fields.name("external_identifier", "External identifier");
    if let Some(identifier) = external_identifier {
        fields.check(taken(identifier));
    }
    let name = fields.name("name", "Name");
    let description = fields.description("description", "Description");
    let schemas = match kind {
        VersionKind::Agent => Default::default(),
        // Their content is between the caller and its tools: it is stored without checks. **\[ours\]**
        VersionKind::Schema => SCHEMA_KEYS.map(|key| match key {
            "span_type_schemas" | "quality_schemas" => {
                fields.raw_list(key, "Schemas").map(Cow::Borrowed)
            }
            _ => fields.raw_object(key, "Schemas").map(Cow::Borrowed),
        }),
    };
    Some(NewVersion {
        external_identifier: Cow::Borrowed(external_identifier?),
        name: name.map(Cow::Borrowed),
        description: description.map(Cow::Borrowed),
        schemas,
    })
}

/// The version as in the contract. **\[ours\]**
fn version<'r>(row: &'r VersionRow<'_>) -> wire::AgentVersion<'r> {
    wire::AgentVersion {
        r#type: wire::literal::AgentVersion,
        id: row.id,
        account_id: row.owner.account_id,
        agent_id: row.owner.agent_id,
        external_identifier: &row.version.external_identifier,
        name: row.version.name.as_deref(),
        description: row.version.description.as_deref(),
        inserted_at: row.inserted_at,
        // A version never changes.
        updated_at: row.inserted_at,
    }
}

/// The schema version as in the contract, with its schemas as they were sent. **\[ours\]**
fn schema_version<'r>(row: &'r VersionRow<'_>) -> wire::AgentSchemaVersion<'r> {
    let [
        span_schemas,
        span_result_schemas,
        span_type_schemas,
        quality_schemas,
    ] = row
        .version
        .schemas
        .each_ref()
        .map(|schemas| schemas.as_deref().map(Raw));
    wire::AgentSchemaVersion {
        r#type: wire::literal::AgentSchemaVersion,
        id: row.id,
        account_id: row.owner.account_id,
        agent_id: row.owner.agent_id,
        external_identifier: &row.version.external_identifier,
        name: row.version.name.as_deref(),
        description: row.version.description.as_deref(),
        span_schemas: span_schemas.map(JsonObject),
        span_result_schemas: span_result_schemas.map(JsonObject),
        span_type_schemas: span_type_schemas.map(JsonList),
        quality_schemas: quality_schemas.map(JsonList),
        inserted_at: row.inserted_at,
        // A version never changes.
        updated_at: row.inserted_at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::api::Method;
    use crate::api::testing::*;
    use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

    const VERSIONS: &str = "/api/v1/agent_version";
    const SCHEMAS: &str = "/api/v1/agent_schema_version";

    fn create(client: &mut Client, path: &str, agent: &str, identifier: &str) -> Value {
        let details = json!({"agent_id": agent, "external_identifier": identifier});
        client.post(path, json!({"details": details})).details()
    }

    #[test]
    fn a_version_has_all_its_keys() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let reply = client.post(
            VERSIONS,
            json!({"details": {"agent_id": agent, "external_identifier": " 1.0 ", "name": "First", "description": "", "span_schemas": 1}}),
        );
        let id = reply.details()["id"].as_str().unwrap().to_owned();
        assert_eq!(
            reply.text(),
            format!(
                concat!(
                    r#"{{"status":"success","details":{{"type":"agent_version","id":"{}","account_id":"{}","agent_id":"{}","#,
                    r#""external_identifier":"1.0","name":"First","description":"","#,
                    r#""inserted_at":"2026-05-07T10:00:00.000000Z","updated_at":"2026-05-07T10:00:00.000000Z"}}}}"#
                ),
                id, DEFAULT_ACCOUNT, agent
            )
        );
        assert_eq!(client.get(&format!("{VERSIONS}/{id}")).body, reply.body);
        assert_eq!(
            client.get(&format!("{SCHEMAS}/{id}")).code(),
            "unexpected_ref_type"
        );
    }

    #[test]
    fn schemas_keep_their_exact_text() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let schemas = r#""span_schemas":{"b": {"type" : "object"},"a":{}},"span_result_schemas":null,"span_type_schemas":[ {"name":"x"} ],"quality_schemas":null"#;
        let body = format!(
            r#"{{"details":{{"agent_id":"{agent}","external_identifier":"1",{schemas}}}}}"#
        );
        let reply = client.send(Method::Post, SCHEMAS, &[], body.as_bytes());
        assert!(reply.text().contains(schemas), "{}", reply.text());

        let wrong = json!({"agent_id": agent, "external_identifier": "2", "span_schemas": [],
            "span_result_schemas": 1, "span_type_schemas": {}, "quality_schemas": "x"});
        assert_eq!(
            client.post(SCHEMAS, json!({"details": wrong})).paths(),
            [
                "details.span_schemas",
                "details.span_result_schemas",
                "details.span_type_schemas",
                "details.quality_schemas"
            ]
        );
    }

    #[test]
    fn external_identifiers_are_unique() {
        let mut client = Client::default();
        let (agent, other) = (client.create_agent("Scout"), client.create_agent("Other"));
        for path in [VERSIONS, SCHEMAS] {
            for agent in [&agent, &other] {
                create(&mut client, path, agent, "1");
            }
            let again = json!({"details": {"agent_id": agent, "external_identifier": "1"}});
            assert_eq!(
                client.post(path, again).paths(),
                ["details.external_identifier"]
            );
        }
        assert_eq!(
            client.post(VERSIONS, json!({"details": {}})).paths(),
            ["details.agent_id", "details.external_identifier"]
        );
        let wrong =
            json!({"details": {"agent_id": DEFAULT_ENVIRONMENT, "external_identifier": "2"}});
        assert_eq!(client.post(VERSIONS, wrong).code(), "unexpected_ref_type");
        client.as_token(OTHER_ENVIRONMENT_TOKEN);
        let unseen = json!({"details": {"agent_id": agent, "external_identifier": "1"}});
        assert_eq!(client.post(VERSIONS, unseen).paths(), ["details.agent_id"]);
        let list = client.get(&format!("{VERSIONS}?agent_id={agent}"));
        assert_eq!(list.json()["summaries"], json!([]));
    }

    #[test]
    fn the_current_version_is_one_of_the_agents_own() {
        let mut client = Client::default();
        let (agent, other) = (client.create_agent("Scout"), client.create_agent("Other"));
        let own = create(&mut client, VERSIONS, &agent, "1")["id"].clone();
        let foreign = create(&mut client, VERSIONS, &other, "1")["id"].clone();
        let schema = create(&mut client, SCHEMAS, &agent, "1")["id"].clone();
        let mut put = |id: &Value| {
            let body = json!({"details": {"current_version_id": id}});
            client.put(&format!("/api/v1/agent/{agent}"), body)
        };
        assert_eq!(put(&own).details()["current_version_id"], own);
        for id in [foreign, json!("013xrzp12g3nqk8nx0y2vfkg4s3jp2qr")] {
            assert_eq!(put(&id).paths(), ["details.current_version_id"]);
        }
        for id in [schema, json!(other)] {
            assert_eq!(put(&id).code(), "unexpected_ref_type");
        }
        assert_eq!(
            put(&Value::Null).details()["current_version_id"],
            Value::Null
        );
    }

    #[test]
    fn versions_go_with_their_agent() {
        let mut client = Client::default();
        let agent = client.create_agent("Scout");
        let ids = ["1", "2"].map(|it| create(&mut client, VERSIONS, &agent, it)["id"].clone());
        let list = |client: &mut Client, agent: &str| -> Vec<Value> {
            let json = client
                .get(&format!("{VERSIONS}?agent_id={agent}&sorting=-inserted_at"))
                .json();
            let items = json["summaries"].as_array().unwrap();
            items.iter().map(|item| item["id"].clone()).collect()
        };
        assert_eq!(list(&mut client, &agent), [ids[1].clone(), ids[0].clone()]);
        assert_eq!(client.delete(&format!("/api/v1/agent/{agent}")).status, 200);
        for id in &ids {
            let path = format!("{VERSIONS}/{}", id.as_str().unwrap());
            assert_eq!(client.get(&path).code(), "not_found");
        }
        // The next agent takes its place in the store, not its versions.
        let next = client.create_agent("Next");
        assert_eq!(list(&mut client, &next), [] as [Value; 0]);
        let id = create(&mut client, VERSIONS, &next, "1")["id"].clone();
        assert_eq!(list(&mut client, &next), [id]);
    }
}
