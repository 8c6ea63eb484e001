//! The objects that travel: what requests and answers are made of.

use serde_json::json;

use super::shape::{Definition, Field, Shape, field, optional};
use crate::model::agent::AgentStatus;
use crate::model::error::ErrorCode;
use crate::model::instance::RunStatus;
use crate::rules::description::LIMIT as DESCRIPTION_LIMIT;
use crate::rules::idempotency_key::LIMIT as IDEMPOTENCY_KEY_LIMIT;
use crate::rules::name::LIMIT as NAME_LIMIT;
use crate::rules::{IssueCode, IssueReason};
use crate::store::SCHEMA_KEYS;

/// A PFID as a pattern. **\[doc\]**
const PFID: &str = "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$";
/// A time as it stands in answers.
const TIMESTAMP: &str = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$";
/// The ids that the documentation's examples are made with.
const EXAMPLE_ID: &str = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";

pub(super) fn pfid() -> Shape {
    Shape::Named("Pfid")
}

fn timestamp() -> Shape {
    Shape::Named("Timestamp")
}

pub(super) fn pattern(pattern: impl Into<String>) -> Shape {
    Shape::Text {
        least: 0,
        most: None,
        pattern: Some(pattern.into()),
    }
}

/// A name in a request: after trimming 1 to 255 characters, none of them a control character.
pub(super) fn given_name() -> Shape {
    let inner = NAME_LIMIT - 2;
    pattern(format!(
        r"^\s*[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{{0,{inner}}}[^\s\x00-\x1f\x7f-\x9f])?\s*$"
    ))
}

pub(super) fn given_description() -> Shape {
    Shape::Text {
        least: 0,
        most: Some(DESCRIPTION_LIMIT),
        pattern: Some(r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$".to_owned()),
    }
}

/// The key that makes a request happen once.
pub(super) fn idempotency_key(least: usize) -> Shape {
    Shape::Text {
        least,
        most: Some(IDEMPOTENCY_KEY_LIMIT),
        pattern: Some("^[ -~]*$".to_owned()),
    }
}

fn normalised_key() -> Field {
    optional(
        "idempotency_key",
        Shape::text(),
        "Sent again with this key, the request has no second effect.",
    )
}

/// A non-negative whole number.
pub(super) fn count() -> Shape {
    Shape::Integer(0, None)
}

/// The fields of an agent but its counts.
fn agent() -> Vec<Field> {
    vec![
        field("type", Shape::word("agent"), ""),
        field("id", pfid(), ""),
        field("name", Shape::text(), "1 to 255 characters."),
        field(
            "description",
            Shape::text().or_null(),
            "At most 10,000 characters.",
        ),
        field(
            "environment_id",
            pfid(),
            "The environment that it lives in.",
        ),
        field("status", Shape::Named("AgentStatus"), ""),
        field(
            "current_version_id",
            pfid().or_null(),
            "The version that it is at.",
        ),
        field(
            "current_schema_version_id",
            pfid().or_null(),
            "The schema version that it is at.",
        ),
        field("inserted_at", timestamp(), "When it was created."),
        field("updated_at", timestamp(), "When it was last changed."),
        field("available_actions", Shape::Named("AvailableActions"), ""),
    ]
}

fn version(kind: &'static str) -> Vec<Field> {
    vec![
        field("type", Shape::word(kind), ""),
        field("id", pfid(), ""),
        field("account_id", pfid(), ""),
        field("agent_id", pfid(), ""),
        field(
            "external_identifier",
            Shape::text(),
            "What its caller calls it; once in an agent.",
        ),
        field("name", Shape::text().or_null(), ""),
        field("description", Shape::text().or_null(), ""),
    ]
}

fn inserted_and_updated() -> [Field; 2] {
    [
        field("inserted_at", timestamp(), "When it was created."),
        field("updated_at", timestamp(), "When it was last changed."),
    ]
}

fn record(name: &'static str, doc: &str, fields: Vec<Field>) -> Definition {
    Definition {
        name,
        doc: doc.to_owned(),
        shape: Shape::Record(fields),
        example: None,
    }
}

fn plain(name: &'static str, doc: &str, shape: Shape) -> Definition {
    Definition {
        name,
        doc: doc.to_owned(),
        shape,
        example: None,
    }
}

/// Every definition, in the order in which they are presented.
pub fn definitions() -> Vec<Definition> {
    let statuses = AgentStatus::ALL.map(AgentStatus::as_str).to_vec();
    let run_statuses = RunStatus::ALL.map(RunStatus::as_str).to_vec();
    let reasons = IssueReason::ALL.iter().map(|it| it.as_str()).collect();
    let codes = ErrorCode::ALL.iter().map(|it| it.as_str());

    let mut agent_details = agent();
    agent_details.push(field("instance_counts", Shape::Named("InstanceCounts"), ""));
    let mut agent_version = version("agent_version");
    agent_version.extend(inserted_and_updated());
    let mut schema_version = version("agent_schema_version");
    schema_version.extend(SCHEMA_KEYS.map(|key| optional(key, Shape::AnyJson, "As it was sent.")));
    schema_version.extend(inserted_and_updated());

    vec![
        Definition {
            example: Some(json!(EXAMPLE_ID)),
            ..plain(
                "Pfid",
                "An id: 32 characters of lowercase Crockford base 32. Time, partition, randomness.",
                Shape::Text {
                    least: 0,
                    most: None,
                    pattern: Some(PFID.to_owned()),
                },
            )
        },
        Definition {
            example: Some(json!("2026-05-07T10:00:00.000000Z")),
            ..plain(
                "Timestamp",
                "A time: RFC 3339, UTC, microseconds.",
                pattern(TIMESTAMP),
            )
        },
        plain(
            "AgentStatus",
            "Where an agent is in its life: without instances, with something happening, without for 30 days, out of use.",
            Shape::Words(statuses),
        ),
        record(
            "AvailableActions",
            "What can be done to an agent now.",
            ["update", "retire", "reinstate", "delete"]
                .map(|key| field(key, Shape::Boolean, ""))
                .to_vec(),
        ),
        record(
            "InstanceCounts",
            "How many instances or spans there are, by status.",
            vec![
                field("total", count(), "All of them."),
                field("pending", count(), "Not started."),
                field("active", count(), "Running."),
                field("complete", count(), "Finished well."),
                field("failed", count(), "Finished badly."),
                field("cancelled", count(), "Called off."),
                field("finished", count(), "Complete, failed and cancelled."),
            ],
        ),
        record("Agent", "An agent.", agent_details),
        record("AgentSummary", "An agent in a list.", agent()),
        plain(
            "RunStatus",
            "Where an instance or a span is in its life.",
            Shape::Words(run_statuses),
        ),
        record(
            "AgentInstance",
            "A run of an agent.",
            vec![
                field("type", Shape::word("agent_instance"), ""),
                field("id", pfid(), ""),
                field("account_id", pfid(), ""),
                field("agent_id", pfid(), ""),
                field(
                    "agent_version_id",
                    pfid().or_null(),
                    "The version that runs.",
                ),
                field(
                    "agent_deployment_id",
                    pfid(),
                    "The agent's id: here an agent lives in one environment.",
                ),
                field("environment_id", pfid(), ""),
                field("status", Shape::Named("RunStatus"), ""),
                field("inserted_at", timestamp(), "When it was registered."),
                field("updated_at", timestamp(), "When it was last changed."),
                field("started_at", timestamp().or_null(), ""),
                field("finished_at", timestamp().or_null(), ""),
                field("span_counts", Shape::Named("InstanceCounts"), ""),
            ],
        ),
        record(
            "AgentSpan",
            "A step of an instance.",
            vec![
                field("type", Shape::word("agent_span"), ""),
                field("id", pfid(), ""),
                field("account_id", pfid(), ""),
                field("agent_id", pfid(), ""),
                field("agent_instance_id", pfid(), ""),
                field(
                    "parent_span_id",
                    pfid().or_null(),
                    "The span that it is a part of.",
                ),
                field("schema_name", Shape::text(), "What kind of step it is."),
                field("status", Shape::Named("RunStatus"), ""),
                field("payload", Shape::AnyObject, "What went in, as it was sent."),
                field(
                    "result_payload",
                    Shape::AnyObject.or_null(),
                    "What came out, as it was sent.",
                ),
                field("started_at", timestamp(), ""),
                field("finished_at", timestamp().or_null(), ""),
                field("inserted_at", timestamp(), ""),
                field("updated_at", timestamp(), ""),
            ],
        ),
        record(
            "AgentVersion",
            "A version of an agent's code.",
            agent_version,
        ),
        record(
            "AgentSchemaVersion",
            "A version of the schemas of an agent's spans.",
            schema_version,
        ),
        record("Environment", "Where agents live.", {
            let mut fields = vec![
                field("type", Shape::word("environment"), ""),
                field("id", pfid(), ""),
                field("account_id", pfid(), ""),
                field("name", Shape::text(), ""),
            ];
            fields.extend(inserted_and_updated());
            fields
        }),
        record("Account", "To whom environments belong.", {
            let mut fields = vec![
                field("type", Shape::word("account"), ""),
                field("id", pfid(), ""),
                field("name", Shape::text(), ""),
            ];
            fields.extend(inserted_and_updated());
            fields
        }),
        record(
            "Pagination",
            "Which part of a list this is.",
            vec![
                field("item_count", count(), "Items on all pages."),
                field(
                    "item_start",
                    count(),
                    "Number of the first item here, from 1; 0 without items.",
                ),
                field("item_end", count(), "Number of the last item here."),
                field("page_count", count(), ""),
                field("page_index", count(), "From 1."),
                field("page_offset", count(), "Items before this page."),
                field("page_size", count(), "Items on a page, 1 to 100."),
                field(
                    "next_page_offset",
                    count().or_null(),
                    "Null on the last page.",
                ),
                field(
                    "previous_page_offset",
                    count().or_null(),
                    "Null on the first page.",
                ),
            ],
        ),
        record(
            "Sorting",
            "How a list is sorted.",
            vec![
                field("field", Shape::text(), ""),
                field("direction", Shape::Words(vec!["asc", "desc"]), ""),
            ],
        ),
        plain(
            "ErrorCode",
            "What kind of error it is.",
            Shape::Words(
                codes
                    .filter(|it| *it != ErrorCode::ValidationErrors.as_str())
                    .collect(),
            ),
        ),
        record(
            "ErrorBody",
            "The body of an error.",
            vec![
                field("status", Shape::word("error"), ""),
                field("code", Shape::Named("ErrorCode"), ""),
                field("message", Shape::text(), "A sentence for a person."),
            ],
        ),
        record(
            "ValidationErrors",
            "The body of the error of a request that breaks rules of its fields.",
            vec![
                field("status", Shape::word("error"), ""),
                field(
                    "code",
                    Shape::word(ErrorCode::ValidationErrors.as_str()),
                    "",
                ),
                field("message", Shape::text(), "A sentence for a person."),
                field(
                    "errors",
                    Shape::Map(Box::new(Shape::List(Box::new(Shape::text()), 1, None))),
                    "What is wrong, by the path of the field, dotted from the body's root.",
                ),
            ],
        ),
        plain(
            "IssueCode",
            "What is wrong with a field.",
            Shape::Words(vec![
                IssueCode::RequiredValue.as_str(),
                IssueCode::InvalidValue.as_str(),
            ]),
        ),
        plain(
            "IssueReason",
            "Which rule a field breaks.",
            Shape::Words(reasons),
        ),
        record(
            "CreateAgentDetails",
            "What an agent is made from, normalised: the name trimmed, other keys gone, absent what is not there.",
            vec![
                field("name", Shape::text(), "1 to 255 characters."),
                field(
                    "environment_id",
                    pfid(),
                    "The environment that it will live in.",
                ),
                optional(
                    "description",
                    Shape::text().or_null(),
                    "At most 10,000 characters.",
                ),
                optional("id", pfid(), "Its id, where the caller chooses it."),
            ],
        ),
        record(
            "CreateAgentRequest",
            "A valid body of `POST /api/v1/agent`, normalised.",
            vec![
                field("details", Shape::Named("CreateAgentDetails"), ""),
                normalised_key(),
            ],
        ),
        record(
            "UpdateAgentDetails",
            "What an update changes, normalised: what is absent stays, null clears.",
            vec![
                optional("name", Shape::text(), "1 to 255 characters."),
                optional(
                    "description",
                    Shape::text().or_null(),
                    "At most 10,000 characters.",
                ),
                optional(
                    "current_version_id",
                    pfid().or_null(),
                    "The version that it is at.",
                ),
            ],
        ),
        record(
            "UpdateAgentRequest",
            "A valid body of `PUT /api/v1/agent/{id}`, normalised.",
            vec![
                field("details", Shape::Named("UpdateAgentDetails"), ""),
                normalised_key(),
            ],
        ),
    ]
}
