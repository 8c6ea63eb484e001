//! The OpenAPI 3.1 document.

use serde_json::{Map, Value, json};

use super::objects::{definitions, pfid};
use super::operations::{Described, Parameter, operations};
use crate::api::operation::{Body, Key, Operation, Path};
use crate::api::route;
use crate::model::error::ErrorCode;

/// The document, with every operation of the routing table and the errors that each of them can give.
///
/// An operation that is not described is left out; `tests/description.rs` sees to it that there is none.
pub fn openapi() -> Value {
    let described = operations();
    let mut paths = Map::new();
    for (resource, operation) in route::all() {
        let Some(described) = described.iter().find(|it| it.name == operation.name) else {
            continue;
        };
        let path = paths
            .entry(template(resource, operation))
            .or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] = describe(resource, operation, described);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Agent registrar",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The agent resource of Prefactor's public API.",
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of the scope of an account or of one environment.",
            }},
            "schemas": schemas(),
            "responses": responses(),
        },
    })
}

fn template(resource: &str, operation: &Operation) -> String {
    let base = format!("/api/v1/{resource}");
    match operation.path {
        Path::Collection => base,
        Path::Word(word) => format!("{base}/{word}"),
        Path::Item => format!("{base}/{{id}}"),
        Path::Action(word) => format!("{base}/{{id}}/{word}"),
    }
}

fn has_id(operation: &Operation) -> bool {
    matches!(operation.path, Path::Item | Path::Action(_))
}

fn describe(resource: &str, operation: &Operation, described: &Described) -> Value {
    let mut parameters = Vec::new();
    if has_id(operation) {
        parameters.push(json!({
            "name": "id",
            "in": "path",
            "required": true,
            "schema": pfid().json_schema(false),
        }));
    }
    parameters.extend(described.query.iter().map(parameter));

    let mut value = json!({
        "operationId": operation.name.replace('/', "_"),
        "tags": [resource],
        "summary": described.summary,
        "responses": answers(operation, described),
    });
    if operation.open {
        value["security"] = json!([]);
    }
    if !parameters.is_empty() {
        value["parameters"] = json!(parameters);
    }
    if let Some(body) = &described.body {
        value["requestBody"] = json!({
            "required": operation.body == Body::Required,
            "content": {"application/json": {"schema": body.json_schema(false)}},
        });
    }
    value
}

fn parameter(parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.doc,
        "schema": parameter.shape.json_schema(false),
    })
}

/// What the token of an environment can be refused, rather than find nothing.
const BEYOND_AN_ENVIRONMENT: [&str; 6] = [
    "accounts/own",
    "accounts/show",
    "accounts/update",
    "agents/create",
    "environments/create",
    "environments/delete",
];

fn answers(operation: &Operation, described: &Described) -> Value {
    let mut answers = json!({
        "200": {
            "description": "Done.",
            "headers": headers(operation.key != Key::None && operation.body != Body::Ignored),
            "content": {"application/json": {"schema": described.answer.json_schema(true)}},
        },
    });
    let takes_body = operation.body != Body::Ignored;
    let is_looked_up = has_id(operation) || operation.name == "agents/show";
    for (status, there) in [
        ("400", takes_body),
        ("401", !operation.open),
        ("403", BEYOND_AN_ENVIRONMENT.contains(&operation.name)),
        ("404", is_looked_up),
        ("409", takes_body || described.depends_on_state),
        // Also where a body is not looked at.
        ("413", true),
        ("415", takes_body),
        (
            "422",
            is_looked_up || takes_body || !described.query.is_empty(),
        ),
        ("500", true),
    ] {
        if there {
            answers[status] = json!({"$ref": format!("#/components/responses/{status}")});
        }
    }
    answers
}

fn headers(replays: bool) -> Value {
    let mut headers = json!({
        "X-Request-Id": {"description": "What to name when asking about this answer.", "schema": {"type": "string"}},
    });
    if replays {
        headers["Idempotency-Replayed"] = json!({
            "description": "There, and true, where this is the first answer to the same key again.",
            "schema": {"const": "true"},
        });
    }
    headers
}

/// The codes that come with a status.
fn codes(status: u16) -> Vec<&'static str> {
    match status {
        // Carried by more than one status.
        405 | 413 | 415 => vec![ErrorCode::BadRequest.as_str()],
        status => ErrorCode::ALL
            .iter()
            .filter(|code| code.http_status() == status)
            .map(|code| code.as_str())
            .collect(),
    }
}

fn responses() -> Value {
    let mut responses = Map::new();
    for (status, doc) in [
        (
            400,
            "Not JSON, not UTF-8, not an object, too deep, or with the same key twice.",
        ),
        (401, "No bearer token, or one that isn't valid."),
        (403, "The token's scope doesn't cover this."),
        (404, "No such object, or one that the token does not see."),
        (
            409,
            "Not available in this state, or an idempotency key of another request.",
        ),
        (413, "The body is longer than 1 MiB."),
        (415, "The body is not application/json in UTF-8."),
        (
            422,
            "A field breaks a rule, or an id is of another kind of object.",
        ),
        (
            500,
            "A fault of the service. The message has the request's id.",
        ),
    ] {
        let mut schema = json!({
            "allOf": [{"$ref": "#/components/schemas/ErrorBody"}],
            "properties": {"code": {"enum": codes(status)}},
        });
        if status == 422 {
            schema["properties"]["code"]["enum"] = json!([ErrorCode::UnexpectedRefType.as_str()]);
            schema = json!({"anyOf": [{"$ref": "#/components/schemas/ValidationErrors"}, schema]});
        }
        let mut headers = headers(false);
        if status == 401 {
            headers["WWW-Authenticate"] = json!({"schema": {"const": "Bearer"}});
        }
        responses.insert(
            status.to_string(),
            json!({
                "description": doc,
                "headers": headers,
                "content": {
                    "application/json": {"schema": schema},
                    "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
                },
            }),
        );
    }
    Value::Object(responses)
}

fn schemas() -> Value {
    let mut schemas = Map::new();
    for definition in definitions() {
        let mut schema = definition.shape.json_schema(true);
        if !definition.doc.is_empty() {
            schema["description"] = json!(definition.doc);
        }
        if let Some(example) = definition.example {
            schema["examples"] = json!([example]);
        }
        schemas.insert(definition.name.to_owned(), schema);
    }
    schemas.insert(
        "Problem".to_owned(),
        json!({
            "description": "An error as RFC 9457 problem details, for requests with Accept: application/problem+json.",
            "type": "object",
            "required": ["type", "title", "status", "detail", "code"],
            "properties": {
                "type": {"const": "about:blank"},
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "detail": {"type": "string"},
                "code": {"enum": ErrorCode::ALL.map(ErrorCode::as_str)},
                "errors": {"type": "array", "items": {
                    "type": "object",
                    "required": ["detail", "code", "reason"],
                    "oneOf": [{"required": ["pointer"]}, {"required": ["parameter"]}],
                    "properties": {
                        "pointer": {"type": "string", "description": "A JSON Pointer into the body."},
                        "parameter": {"type": "string", "description": "The query parameter, where the fault is in one."},
                        "detail": {"type": "string"},
                        "code": {"$ref": "#/components/schemas/IssueCode"},
                        "reason": {"type": "string"},
                    },
                }},
            },
        }),
    );
    Value::Object(schemas)
}
