//! The OpenAPI 3.1 document.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::tidy;
use crate::api::described::{Description, Parameter};
use crate::api::operation::{Access, Body, Key, Operation, Path};
use crate::api::operations::list::{DEFAULT_PAGE_SIZE, MAX_OFFSET, MAX_PAGE_SIZE};
use crate::api::route;
use crate::model::error::ErrorCode;
use crate::wire::{self, Direction, Pfid, status_title};

fn generator() -> SchemaGenerator {
    let settings = SchemaSettings::draft2020_12().for_serialize().with(|it| {
        it.definitions_path = "/components/schemas".into();
        it.meta_schema = None;
    });
    settings.into_generator()
}

/// The document, with every operation of the route table and the errors that each of them can give.
pub fn openapi() -> Value {
    let mut generator = generator();
    let mut paths = Map::new();
    for (resource, operation) in route::all() {
        let path = paths
            .entry(template(resource, operation))
            .or_insert_with(|| json!({}));
        path[operation.method.as_str().to_lowercase()] =
            describe(&mut generator, resource, operation);
    }
    let responses = responses(&mut generator);
    let mut schemas = generator.take_definitions(true);
    schemas.sort_keys();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Agent registrar",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The agent resource of Prefactor's public API.",
            "description": INFO,
            "contact": {"name": "The authors of agent-registrar"},
            "license": {"name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": TAGS.map(|(name, description)| json!({"name": name, "description": description})),
        "paths": paths,
        "components": {
            "securitySchemes": {"token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token of an account, or of one environment.",
            }},
            "schemas": schemas,
            "responses": responses,
        },
    });
    tidy(&mut document);
    document
}

fn template(resource: &str, operation: &Operation) -> String {
    let base = format!("/api/v1/{resource}");
    match operation.path {
        Path::Collection | Path::Any => base,
        Path::Word(word) => format!("{base}/{word}"),
        Path::Item => format!("{base}/{{id}}"),
        Path::Action(word) => format!("{base}/{{id}}/{word}"),
    }
}

fn has_id(operation: &Operation) -> bool {
    matches!(operation.path, Path::Item | Path::Action(_))
}

fn describe(generator: &mut SchemaGenerator, resource: &str, operation: &Operation) -> Value {
    let description = &operation.description;
    let mut parameters = Vec::new();
    if has_id(operation) {
        parameters.push(json!({
            "name": "id",
            "in": "path",
            "required": true,
            "schema": generator.subschema_for::<Pfid>(),
        }));
    }
    for parameter in description.parameters {
        parameters.push(in_query(generator, parameter));
    }
    if !description.sorted_by.is_empty() {
        parameters.extend(of_lists(generator, description.sorted_by));
    }

    let mut value = json!({
        "operationId": operation.name.replace('/', "_"),
        "tags": [resource],
        "summary": description.summary,
        "description": sentences(operation),
        "responses": answers(generator, operation),
    });
    if operation.open {
        value["security"] = json!([]);
    }
    if !parameters.is_empty() {
        value["parameters"] = json!(parameters);
    }
    if let Some(body) = description.body {
        let media_type = match operation.body {
            Body::Lines => "application/x-ndjson",
            _ => "application/json",
        };
        value["requestBody"] = json!({
            "required": matches!(operation.body, Body::Required | Body::Lines),
            "content": {media_type: {"schema": body(generator)}},
        });
    }
    value
}

/// The description of an operation besides its summary.
fn sentences(operation: &Operation) -> String {
    let mut sentences = Vec::new();
    if operation.open {
        sentences.push("Needs no token.");
    } else {
        sentences.push(match operation.access {
            Access::Any => "A token whose scope does not cover it is refused.",
            Access::Account => "Takes tokens of the account's scope.",
            Access::AccountOrOperator => "Takes tokens of the account's scope, and the operator's.",
            Access::Operator => "Takes the operator's token.",
        });
    }
    if has_id(operation) {
        sentences.push("An object that the token does not see counts as not found.");
    }
    if !operation.description.sorted_by.is_empty() {
        sentences.push(
            "Returns one page. The next one begins at `next_page_offset`, until that is null. A page has fewer items than \
             `page_size` if they would take more than 4 MiB.",
        );
    }
    if operation.key != Key::None {
        sentences.push(
            "A repeated request with the same idempotency key and body within 24 hours has no second effect and gets the \
             first answer.",
        );
    }
    if sentences.is_empty() {
        sentences.push("Changes nothing.");
    }
    sentences.join(" ")
}

fn in_query(generator: &mut SchemaGenerator, parameter: &Parameter) -> Value {
    json!({
        "name": parameter.name,
        "in": "query",
        "required": parameter.required,
        "description": parameter.doc,
        "schema": (parameter.schema)(generator),
    })
}

/// The parameters that every list takes.
fn of_lists(generator: &mut SchemaGenerator, sorted_by: &[&str]) -> [Value; 5] {
    let default = sorted_by.first().copied().unwrap_or_default();
    [
        (
            "pagination[offset]",
            json!({"type": "integer", "minimum": 0, "maximum": MAX_OFFSET, "default": 0}),
            "The number of items to skip. In the order of ids, new objects do not shift earlier pages, unless callers choose ids.".to_owned(),
        ),
        (
            "pagination[page_size]",
            json!({"type": "integer", "minimum": 1, "maximum": MAX_PAGE_SIZE, "default": DEFAULT_PAGE_SIZE}),
            format!("The maximum number of items; the default is {DEFAULT_PAGE_SIZE}."),
        ),
        (
            "sorting",
            json!({"type": "string", "pattern": format!("^-?({})$", sorted_by.join("|"))}),
            format!("The field to sort by; a minus before it means descending. The default is `{default}`."),
        ),
        (
            "sorting[field]",
            json!({"type": "string", "enum": sorted_by}),
            "The field to sort by. `sorting` takes precedence.".to_owned(),
        ),
        (
            "sorting[direction]",
            generator.subschema_for::<Direction>().to_value(),
            "The direction. `sorting` takes precedence.".to_owned(),
        ),
    ]
    .map(|(name, schema, doc)| {
        json!({"name": name, "in": "query", "required": false, "description": doc, "schema": schema})
    })
}

/// Whether an operation can answer with an error of this status.
fn gives(operation: &Operation, status: u16) -> bool {
    let Description {
        parameters,
        sorted_by,
        errors,
        ..
    } = &operation.description;
    let takes_body = operation.body != Body::Ignored;
    let follows = match status {
        400 | 415 => takes_body,
        // The operator's token has operations of its own, and every other one is refused for some token.
        401 | 403 => !operation.open,
        404 => has_id(operation),
        // A key that another request has.
        409 => takes_body && operation.key != Key::None,
        // An id of another kind, a body or a parameter that breaks a rule.
        422 => has_id(operation) || takes_body || !parameters.is_empty() || !sorted_by.is_empty(),
        413 | 500 => true,
        // The description itself needs no store.
        503 => !operation.open,
        _ => false,
    };
    follows || errors.iter().any(|code| code.http_status() == status)
}

fn answers(generator: &mut SchemaGenerator, operation: &Operation) -> Value {
    let replays = operation.key != Key::None && operation.body != Body::Ignored;
    let mut answers = json!({
        "200": {
            "description": "The operation succeeded.",
            "headers": headers(replays),
            "content": {"application/json": {"schema": (operation.description.answer)(generator)}},
        },
    });
    for (status, _) in STATUSES {
        if gives(operation, *status) {
            let name = response_name(*status);
            answers[status.to_string()] = json!({"$ref": format!("#/components/responses/{name}")});
        }
    }
    answers
}

fn headers(replays: bool) -> Value {
    let mut headers = json!({
        "X-Request-Id": {"description": "The id of the request, for questions about this answer.", "schema": {"type": "string"}},
    });
    if replays {
        headers["Idempotency-Replayed"] = json!({
            "description": "Present, and `true`, if this is the stored answer of an earlier request with the same idempotency key.",
            "schema": {"type": "string", "const": "true"},
        });
    }
    headers
}

/// The name of the component that describes the errors of a status.
fn response_name(status: u16) -> String {
    status_title(status).replace(' ', "")
}

/// The codes that come with a status.
fn codes(status: u16) -> Vec<&'static str> {
    match status {
        // Codes of more than one status.
        405 | 413 | 415 => vec![ErrorCode::BadRequest.as_str()],
        503 => vec![ErrorCode::Unexpected.as_str()],
        status => ErrorCode::ALL
            .iter()
            // No operation that is described is left out.
            .filter(|code| code.http_status() == status && **code != ErrorCode::NotImplemented)
            .map(|code| code.as_str())
            .collect(),
    }
}

/// The statuses of errors, and when they occur.
const STATUSES: &[(u16, &str)] = &[
    (
        400,
        "The body is not JSON, not UTF-8 or not an object, is nested too deeply, or has an object with the same key twice.",
    ),
    (401, "There is no bearer token, or it is not valid."),
    (403, "The scope of the token does not cover the request."),
    (
        404,
        "The object does not exist, or the token does not see it.",
    ),
    (
        409,
        "The operation is not available in the state of the object, the idempotency key was used for another request, or a limit of \
         what is stored is reached.",
    ),
    (413, "The body is longer than 1 MiB."),
    (
        415,
        "The body is not application/json in UTF-8, or, for an import, application/x-ndjson.",
    ),
    (
        422,
        "A field breaks a rule, or an id belongs to an object of another kind.",
    ),
    (
        500,
        "The service failed. The message has the id of the request.",
    ),
    (
        503,
        "The service cannot reach its records now. Nothing was changed; the request can be sent again.",
    ),
];

/// The description of the whole API.
const INFO: &str = "Agents of AI programs, their versions, runs and steps. Every operation takes a bearer token of the scope of \
    an account or of one environment; what a token does not see does not exist for it. Errors have a code and a message, and \
    those of fields the messages of each field.";

/// The resources, as tags.
const TAGS: [(&str, &str); 14] = [
    (
        "agent",
        "Registered programs. Each belongs to one environment.",
    ),
    ("agent_instance", "Runs of agents."),
    ("agent_spans", "Steps of runs."),
    ("agent_version", "Versions of agents."),
    (
        "agent_schema_version",
        "Versions of the schemas of an agent's steps.",
    ),
    ("environment", "Named parts of an account."),
    ("account", "The account of the token."),
    (
        "api_token",
        "Tokens that open an account or one environment.",
    ),
    ("export", "The records of an account, for the operator."),
    ("import", "Records of an export, for the operator."),
    ("pfid", "Generated ids."),
    ("ping", "A test of the token."),
    ("openapi", "This document."),
    ("bulk", "Several operations in one request."),
];

fn responses(generator: &mut SchemaGenerator) -> Value {
    let error_body = generator.subschema_for::<wire::ErrorBody>();
    let validation_errors = generator.subschema_for::<wire::ValidationErrors>();
    let problem = generator.subschema_for::<wire::Problem>();
    let mut responses = Map::new();
    for (status, doc) in STATUSES {
        let validates = *status == ErrorCode::ValidationErrors.http_status();
        let codes: Vec<String> = codes(*status).iter().map(|it| format!("`{it}`")).collect();
        let schema = match validates {
            true => json!({"anyOf": [validation_errors, error_body]}),
            false => json!(error_body),
        };
        let mut headers = headers(false);
        for (with, name, schema) in [
            (
                401,
                "WWW-Authenticate",
                json!({"type": "string", "const": "Bearer"}),
            ),
            (
                415,
                "Accept-Encoding",
                json!({"type": "string", "const": "identity"}),
            ),
            (503, "Retry-After", json!({"type": "integer", "minimum": 0})),
        ] {
            if *status == with {
                headers[name] = json!({"schema": schema});
            }
        }
        responses.insert(
            response_name(*status),
            json!({
                "description": format!("{doc} The code is {}.", codes.join(" or ")),
                "headers": headers,
                "content": {
                    "application/json": {"schema": schema},
                    "application/problem+json": {"schema": problem},
                },
            }),
        );
    }
    Value::Object(responses)
}
