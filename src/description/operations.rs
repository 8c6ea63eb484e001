//! What each operation of the routing table takes and gives.

use super::objects::{given_description, given_name, idempotency_key, pattern, pfid};
use super::shape::{Field, Shape, field, optional};
use crate::api::bulk;
use crate::model::instance::RunStatus;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};

/// A parameter behind the question mark.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Its value.
    pub shape: Shape,
    /// Whether it must be there.
    pub required: bool,
    /// What it does.
    pub doc: &'static str,
}

/// An operation, seen from outside.
#[derive(Clone, Debug)]
pub struct Described {
    /// Its name in the routing table.
    pub name: &'static str,
    /// What it does, in a few words.
    pub summary: &'static str,
    /// Its parameters.
    pub query: Vec<Parameter>,
    /// Its body, where it looks at one.
    pub body: Option<Shape>,
    /// The body of its answer.
    pub answer: Shape,
    /// Whether there are states in which it is not available.
    pub depends_on_state: bool,
}

fn parameter(name: &'static str, shape: Shape, doc: &'static str) -> Parameter {
    Parameter {
        name,
        shape,
        required: false,
        doc,
    }
}

fn required(name: &'static str, shape: Shape, doc: &'static str) -> Parameter {
    Parameter {
        required: true,
        ..parameter(name, shape, doc)
    }
}

/// `{"status":"success","details":…}`
fn details(name: &'static str) -> Shape {
    Shape::Record(vec![
        field("status", Shape::word("success"), ""),
        field("details", Shape::Named(name), ""),
    ])
}

fn list_of(name: &'static str) -> Shape {
    Shape::Record(vec![
        field("status", Shape::word("success"), ""),
        field("summaries", Shape::Named(name).list(), ""),
        field("pagination", Shape::Named("Pagination"), ""),
        field("sorting", Shape::Named("Sorting"), ""),
    ])
}

/// The parameters that every list takes, behind its own.
fn list_query(own: Vec<Parameter>, fields: &'static str) -> Vec<Parameter> {
    let mut query = own;
    query.extend([
        parameter(
            "pagination[offset]",
            Shape::Integer(0, None),
            "How many items to skip. Sorted by id, pages do not shift while objects are made, but for ids that callers choose.",
        ),
        parameter(
            "pagination[page_size]",
            Shape::Integer(1, Some(100)),
            "How many items to give; 50 unless said.",
        ),
        parameter(
            "sorting",
            pattern(format!("^-?({fields})$")),
            "A field to sort by, with a minus before it backwards; `id` unless said.",
        ),
        parameter(
            "sorting[field]",
            Shape::Words(fields.split('|').collect()),
            "The same in two parameters; `sorting` goes before it.",
        ),
        parameter(
            "sorting[direction]",
            Shape::Words(vec!["asc", "desc"]),
            "Whether backwards.",
        ),
    ]);
    query
}

fn key() -> Field {
    optional(
        "idempotency_key",
        idempotency_key(1).or_null(),
        "Sent again with this key, the request has no second effect, for 24 hours, or until the answers kept for the token's scope exceed 64 MiB.",
    )
}

/// A body of these fields and an idempotency key.
fn body(mut fields: Vec<Field>) -> Option<Shape> {
    fields.push(key());
    Some(Shape::Record(fields))
}

/// A body `{details: {…}, idempotency_key?}`.
fn body_of(fields: Vec<Field>) -> Option<Shape> {
    body(vec![field("details", Shape::Record(fields), "")])
}

fn finish_fields(statuses: &[RunStatus]) -> Vec<Field> {
    vec![
        optional(
            "status",
            Shape::Words(statuses.iter().map(|it| it.as_str()).collect()).or_null(),
            "How it went; `complete` unless said.",
        ),
        optional(
            "timestamp",
            Shape::GivenTimestamp.or_null(),
            "When; now unless said.",
        ),
    ]
}

/// What a version of either kind is made from.
fn version_fields() -> Vec<Field> {
    vec![
        field(
            "external_identifier",
            given_name(),
            "What its caller calls it; once in an agent.",
        ),
        optional("name", given_name().or_null(), ""),
        optional("description", given_description().or_null(), ""),
    ]
}

fn schema_fields() -> Vec<Field> {
    let mut fields = vec![field(
        "external_identifier",
        given_name(),
        "What its caller calls it; once in an agent.",
    )];
    fields.extend([
        optional(
            "span_schemas",
            Shape::AnyObject.or_null(),
            "A JSON Schema for each kind of span.",
        ),
        optional(
            "span_result_schemas",
            Shape::AnyObject.or_null(),
            "A JSON Schema for each kind of span's result.",
        ),
        optional(
            "span_type_schemas",
            Shape::AnyJson.list().or_null(),
            "The same as a list.",
        ),
        optional("quality_schemas", Shape::AnyJson.list().or_null(), ""),
    ]);
    fields
}

fn with_agent(mut fields: Vec<Field>) -> Vec<Field> {
    fields.insert(0, field("agent_id", pfid(), ""));
    fields
}

const AGENT_FIELDS: &str = "id|name|status|inserted_at|updated_at";
const NAMED_FIELDS: &str = "id|name|inserted_at|updated_at";
const INSTANCE_FIELDS: &str = "id|inserted_at";
const SPAN_FIELDS: &str = "id|started_at|inserted_at";
const VERSION_FIELDS: &str = "id|inserted_at";

/// Every operation, in the order of the contract.
pub fn operations() -> Vec<Described> {
    let plain = |name, summary, answer| Described {
        name,
        summary,
        query: Vec::new(),
        body: None,
        answer,
        depends_on_state: false,
    };
    let agent_id = || required("agent_id", pfid(), "Of which agent.");
    let mut all = vec![
        Described {
            body: body_of(vec![
                field(
                    "name",
                    given_name(),
                    "1 to 255 characters after trimming white space; no control characters.",
                ),
                optional(
                    "environment_id",
                    pfid().or_null(),
                    "Where it will live. A token of an environment's scope may leave it out.",
                )
                .for_example(DEFAULT_ENVIRONMENT),
                optional(
                    "description",
                    given_description().or_null(),
                    "At most 10,000 characters; no control characters but tabs and line breaks.",
                ),
                optional(
                    "id",
                    pfid().or_null(),
                    "Its id, where the caller chooses it; of the account's partition.",
                ),
            ]),
            ..plain("agents/create", "Create a new agent", details("Agent"))
        },
        Described {
            query: list_query(
                vec![parameter(
                    "environment_id",
                    pfid(),
                    "Only those of this environment.",
                )],
                AGENT_FIELDS,
            ),
            ..plain("agents/list", "List agents", list_of("AgentSummary"))
        },
        plain("agents/fetch", "Fetch an agent", details("Agent")),
        Described {
            query: vec![required("agent_id", pfid(), "Which agent.")],
            ..plain("agents/show", "Look an agent up", details("Agent"))
        },
        Described {
            body: body_of(vec![
                optional("name", given_name(), "Absent: it stays."),
                optional(
                    "description",
                    given_description().or_null(),
                    "Absent: it stays; null clears it.",
                ),
                optional(
                    "current_version_id",
                    pfid().or_null(),
                    "A version of the agent. Absent: it stays; null clears it.",
                ),
            ]),
            depends_on_state: true,
            ..plain("agents/update", "Update an agent", details("Agent"))
        },
        Described {
            depends_on_state: true,
            ..plain(
                "agents/delete",
                "Delete an agent that never had an instance",
                details("Agent"),
            )
        },
        Described {
            body: body(vec![]),
            depends_on_state: true,
            ..plain("agents/retire", "Retire an agent", details("Agent"))
        },
        Described {
            body: body(vec![]),
            depends_on_state: true,
            ..plain(
                "agents/reinstate",
                "Reinstate a retired agent",
                details("Agent"),
            )
        },
        Described {
            body: body(vec![
                field("agent_id", pfid(), "The agent that runs."),
                optional(
                    "agent_version",
                    Shape::Record(version_fields()).or_null(),
                    "Made on first sight.",
                ),
                optional(
                    "agent_schema_version",
                    Shape::Record(schema_fields()).or_null(),
                    "Made on first sight.",
                ),
                optional(
                    "id",
                    pfid().or_null(),
                    "The instance's id, where the caller chooses it.",
                ),
                optional(
                    "update_current_version",
                    Shape::Boolean.or_null(),
                    "Whether the versions become the agent's current ones; true unless said.",
                ),
            ]),
            depends_on_state: true,
            ..plain(
                "agent_instances/register",
                "Register an instance of an agent",
                details("AgentInstance"),
            )
        },
        Described {
            query: list_query(vec![agent_id()], INSTANCE_FIELDS),
            ..plain(
                "agent_instances/list",
                "List instances",
                list_of("AgentInstance"),
            )
        },
        plain(
            "agent_instances/show",
            "Fetch an instance",
            details("AgentInstance"),
        ),
        Described {
            body: body(vec![optional(
                "timestamp",
                Shape::GivenTimestamp.or_null(),
                "When; now unless said.",
            )]),
            depends_on_state: true,
            ..plain(
                "agent_instances/start",
                "Start an instance",
                details("AgentInstance"),
            )
        },
        Described {
            body: body(finish_fields(&RunStatus::FINISHED)),
            depends_on_state: true,
            ..plain(
                "agent_instances/finish",
                "Finish an instance",
                details("AgentInstance"),
            )
        },
        Described {
            body: body_of(vec![
                field("agent_instance_id", pfid(), ""),
                field("schema_name", given_name(), "What kind of step it is."),
                field(
                    "status",
                    Shape::Words(RunStatus::ALL.map(RunStatus::as_str).to_vec()),
                    "",
                ),
                field(
                    "payload",
                    Shape::AnyObject,
                    "What goes in; kept as it is sent.",
                ),
                optional(
                    "id",
                    pfid().or_null(),
                    "Its id, where the caller chooses it.",
                ),
                optional(
                    "parent_span_id",
                    pfid().or_null(),
                    "A span of the same instance that it is a part of.",
                ),
                optional(
                    "started_at",
                    Shape::GivenTimestamp.or_null(),
                    "Now unless said.",
                ),
                optional(
                    "finished_at",
                    Shape::GivenTimestamp.or_null(),
                    "Only where the status says that it is over; now unless said.",
                ),
                optional(
                    "result_payload",
                    Shape::AnyObject.or_null(),
                    "What came out; kept as it is sent.",
                ),
                key(),
            ]),
            depends_on_state: true,
            ..plain("agent_spans/create", "Create a span", details("AgentSpan"))
        },
        Described {
            query: list_query(
                vec![
                    required("agent_instance_id", pfid(), "Of which instance."),
                    parameter(
                        "start_time",
                        Shape::GivenTimestamp,
                        "Only those that began then or later.",
                    ),
                    parameter(
                        "end_time",
                        Shape::GivenTimestamp,
                        "Only those that began then or earlier.",
                    ),
                ],
                SPAN_FIELDS,
            ),
            ..plain("agent_spans/list", "List spans", list_of("AgentSpan"))
        },
        Described {
            body: body({
                let mut fields = finish_fields(&RunStatus::FINISHED);
                fields.push(optional(
                    "result_payload",
                    Shape::AnyObject.or_null(),
                    "What came out; kept as it is sent.",
                ));
                fields
            }),
            depends_on_state: true,
            ..plain("agent_spans/finish", "Finish a span", details("AgentSpan"))
        },
        Described {
            body: body_of(with_agent(version_fields())),
            ..plain(
                "agent_versions/create",
                "Create a version of an agent",
                details("AgentVersion"),
            )
        },
        Described {
            query: list_query(vec![agent_id()], VERSION_FIELDS),
            ..plain(
                "agent_versions/list",
                "List versions",
                list_of("AgentVersion"),
            )
        },
        plain(
            "agent_versions/show",
            "Fetch a version",
            details("AgentVersion"),
        ),
        Described {
            body: body_of(with_agent(schema_fields())),
            ..plain(
                "agent_schema_versions/create",
                "Create a schema version of an agent",
                details("AgentSchemaVersion"),
            )
        },
        Described {
            query: list_query(vec![agent_id()], VERSION_FIELDS),
            ..plain(
                "agent_schema_versions/list",
                "List schema versions",
                list_of("AgentSchemaVersion"),
            )
        },
        plain(
            "agent_schema_versions/show",
            "Fetch a schema version",
            details("AgentSchemaVersion"),
        ),
    ];
    all.extend([
        Described {
            body: body_of(vec![
                field("account_id", pfid(), "The token's account.").for_example(DEFAULT_ACCOUNT),
                field("name", given_name(), ""),
                optional(
                    "id",
                    pfid().or_null(),
                    "Its id, where the caller chooses it.",
                ),
            ]),
            ..plain(
                "environments/create",
                "Create an environment",
                details("Environment"),
            )
        },
        Described {
            query: list_query(
                vec![parameter(
                    "account_id",
                    pfid(),
                    "Only those of this account.",
                )],
                NAMED_FIELDS,
            ),
            ..plain(
                "environments/list",
                "List environments",
                list_of("Environment"),
            )
        },
        plain(
            "environments/show",
            "Fetch an environment",
            details("Environment"),
        ),
        Described {
            body: body_of(vec![optional("name", given_name(), "Absent: it stays.")]),
            ..plain(
                "environments/update",
                "Rename an environment",
                details("Environment"),
            )
        },
        Described {
            depends_on_state: true,
            ..plain(
                "environments/delete",
                "Delete an environment without agents",
                details("Environment"),
            )
        },
        plain(
            "accounts/own",
            "Fetch the token's account",
            details("Account"),
        ),
        plain("accounts/show", "Fetch an account", details("Account")),
        Described {
            body: body_of(vec![optional("name", given_name(), "Absent: it stays.")]),
            ..plain("accounts/update", "Rename the account", details("Account"))
        },
        Described {
            body: body(vec![
                field("count", Shape::Integer(1, Some(1_000)), "How many."),
                optional("account_id", pfid().or_null(), "The token's account.")
                    .for_example(DEFAULT_ACCOUNT),
            ]),
            ..plain(
                "pfids/generate",
                "Generate ids ahead of their objects",
                Shape::Record(vec![
                    field("status", Shape::word("success"), ""),
                    field("pfids", pfid().list(), ""),
                    field("account_id", pfid(), ""),
                    field(
                        "details",
                        Shape::Record(vec![field("pfids", pfid().list(), "")]),
                        "",
                    ),
                ]),
            )
        },
        plain(
            "openapi",
            "Fetch this document; needs no token",
            Shape::AnyObject,
        ),
        plain(
            "ping",
            "Check the token",
            Shape::Record(vec![
                field("status", Shape::word("success"), ""),
                field(
                    "details",
                    Shape::Record(vec![field("token_type", Shape::word("api"), "")]),
                    "",
                ),
            ]),
        ),
        Described {
            body: body(vec![field(
                "items",
                Shape::Record(vec![
                    field(
                        "_type",
                        Shape::Words(bulk::TYPES.to_vec()),
                        "Which operation.",
                    ),
                    field(
                        "idempotency_key",
                        idempotency_key(8),
                        "Once in the request.",
                    ),
                ])
                .list_of(1, bulk::MAX_ITEMS),
                "1 to 1,000 operations; beside type and key stands what the operation takes.",
            )]),
            ..plain(
                "bulk",
                "Carry out several operations in order, up to the first that fails",
                Shape::Record(vec![
                    field("status", Shape::word("success"), ""),
                    field(
                        "outputs",
                        Shape::Map(Box::new(Shape::AnyObject)),
                        "The answer of each operation, by its key.",
                    ),
                ]),
            )
        },
    ]);
    all
}
