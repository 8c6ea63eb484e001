//! The rules as JavaScript: `js/generated/rules.ts`.
//!
//! The validator's WebAssembly answers with numbers. This file has what they stand for, and the code that names each
//! field: named property accesses are faster in JavaScript than keyed ones.

use crate::model::agent::AgentStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::rules::fields::FieldOfBody;
use crate::rules::issue::grouped;
use crate::rules::{
    CreateAgentFields, Field, IssueKind, Need, UpdateAgentFields, VALIDATION_MESSAGE, description,
    idempotency_key, name,
};
use crate::wire::{Agent, AgentRecord};

/// The text of `js/generated/rules.ts`.
pub fn rules() -> String {
    let mut out = String::from(HEAD);
    let limits = [
        ("NAME_LIMIT", "name, after trimming", name::LIMIT),
        ("DESCRIPTION_LIMIT", "description", description::LIMIT),
        (
            "IDEMPOTENCY_KEY_LIMIT",
            "idempotency key",
            idempotency_key::LIMIT,
        ),
    ];
    for (constant, what, limit) in limits {
        out += &format!(
            "\n/** Longest {what}, in Unicode scalar values. */\nexport const {constant} = {limit};\n"
        );
    }
    out += &format!(
        "\n/** Length of the longest RFC 3339 text that is read as a time, in characters. */\nexport const TIME_LIMIT = {};\n\
         \n/** Length of a time as the API writes it, in characters. */\nexport const TIME_LENGTH = {};\n\
         \n/** The `message` of every `validation_errors` answer. */\nexport const VALIDATION_MESSAGE = {VALIDATION_MESSAGE:?};\n\
         \n/** The number of slots in the header of the validator's memory. */\nexport const SLOTS = {};\n",
        Timestamp::MAX_GIVEN_LEN,
        Timestamp::TEXT_LEN,
        Field::ALL.len(),
    );
    out += &format!(
        "\n/** Statuses of agents, in the order of their numbers. */\n\
         export const AGENT_STATUSES: readonly AgentStatus[] = [{}];\n",
        AgentStatus::ALL
            .map(|it| format!("{:?}", it.as_str()))
            .join(", ")
    );
    out += "\n/** Every possible issue, in the order of the bits of a verdict: dotted path, reason, message, and the number in it. */\n\
            export const ISSUES: readonly (readonly [path: string, reason: IssueReason, message: string, limit?: number])[] = [\n";
    for kind in IssueKind::all() {
        let issue = kind.issue();
        let limit = issue
            .params
            .map_or_else(String::new, |it| format!(", {}", it.limit));
        out += &format!(
            "  [{:?}, {:?}, {:?}{limit}],\n",
            issue.path,
            issue.reason.as_str(),
            issue.message
        );
    }
    out += "];\n";
    for (constant, fields) in [
        ("CREATE_AGENT_KEYS", CreateAgentFields::FIELDS),
        ("UPDATE_AGENT_KEYS", UpdateAgentFields::FIELDS),
    ] {
        out += &detail_keys(constant, fields);
    }
    out += &agent();
    out += &body("CREATE_AGENT", "CreateAgent", CreateAgentFields::FIELDS);
    out += &body("UPDATE_AGENT", "UpdateAgent", UpdateAgentFields::FIELDS);
    out
}

/// The text of README.md with the limits of the rules in their rows of its table.
pub fn readme(text: &str) -> String {
    let (name, description) = (name::LIMIT as u64, grouped(description::LIMIT as u64));
    let key = idempotency_key::LIMIT;
    let rows = [
        format!(
            "| name | 1 to {} characters (Unicode scalar values) after trimming white space, no control characters |",
            grouped(name)
        ),
        format!(
            "| description | {description} characters; of control characters only tabs and line breaks |"
        ),
        format!("| idempotency key | 1 to {key} characters of printable ASCII |"),
    ];
    let mut out = String::new();
    for line in text.lines() {
        let cell = |line: &str| line.split('|').nth(1).map(str::to_owned);
        let row = rows.iter().find(|row| cell(row) == cell(line));
        out += row.map_or(line, |row| row);
        out.push('\n');
    }
    out
}

const HEAD: &str = r#"// Generated from src/rules by `npm run describe`. Do not edit.
import { type Body, define, own, unreadable } from "../validator/body.js";
import type {
  Agent,
  AgentStatus,
  CreateAgentDetails,
  CreateAgentRequest,
  IssueReason,
  Pfid,
  UpdateAgentDetails,
  UpdateAgentRequest,
} from "./wire.js";

/** An object that is being built. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
"#;

/// A field with its slot.
struct Row {
    slot: usize,
    field: Field,
    need: Need,
}

impl Row {
    fn key(&self) -> &'static str {
        self.field.path().last().copied().unwrap_or_default()
    }

    fn is_detail(&self) -> bool {
        self.field.path().len() > 1
    }

    /// Reads it into its slot. If its getter throws, the slot keeps `unreadable`.
    fn case(&self, object: &str) -> String {
        let (slot, key) = (self.slot, self.key());
        format!(
            "      case {key:?}:\n        values[{slot}] = unreadable;\n        values[{slot}] = {object}[{key:?}];\n        return true;\n"
        )
    }

    /// Whether the body has a value for it.
    fn condition(&self) -> String {
        match self.need {
            Need::Optional => format!("values[{}] != null", self.slot),
            _ => format!("values[{}] !== undefined", self.slot),
        }
    }

    /// Adds it to the object that has it.
    fn put(&self, object: &str, type_of: &str) -> String {
        let (slot, key, condition) = (self.slot, self.key(), self.condition());
        format!(
            "    if ({condition}) {{\n      if ({key:?} in Object.prototype) define({object}, {key:?}, values[{slot}]);\n      \
             else {object}.{key} = values[{slot}] as Required<{type_of}>[{key:?}];\n    }}\n"
        )
    }
}

/// The keys of `details` in a body.
fn detail_keys(constant: &str, fields: &[FieldOfBody]) -> String {
    let keys: Vec<String> = fields
        .iter()
        .filter_map(|it| match it.field.path() {
            ["details", key] => Some(format!("{key:?}")),
            _ => None,
        })
        .collect();
    format!(
        "\n/** The keys of `details`, in the order of the contract. */\nexport const {constant}: readonly string[] = [{}];\n",
        keys.join(", ")
    )
}

/// The code that builds the objects of `buildAgentResponse`: literals, which are faster than adding members in a loop.
fn agent() -> String {
    let mut record = AgentRecord::new(Pfid::NIL, "", Pfid::NIL, Timestamp::EPOCH);
    let ids = record.nullable_ids().map(|(key, _)| key);
    let agent = serde_json::to_value(Agent::of(record, Timestamp::EPOCH)).unwrap_or_default();
    let (mut members, mut derived) = (String::new(), Vec::new());
    for key in agent.as_object().into_iter().flatten().map(|it| it.0) {
        let of_details = |it: &&FieldOfBody| it.field.path() == ["details", key];
        let detail = CreateAgentFields::FIELDS.iter().find(of_details);
        let value = match (key.as_str(), detail.map(|it| it.need)) {
            ("type", _) => format!("{:?}", "agent"),
            (_, Some(Need::Required)) => format!("details.{key}"),
            (_, Some(Need::Nullable)) => format!("own(details, {key:?}) ?? null"),
            _ if ids.contains(&key.as_str()) => format!("storedId({key:?})"),
            _ => {
                derived.push(format!("{key:?}"));
                format!("derived.{key}")
            }
        };
        members += &format!("    {key}: {value},\n");
    }
    let details: String = CreateAgentFields::FIELDS
        .iter()
        .filter_map(|it| match it.field.path() {
            ["details", key] => Some(format!("    {key}: read({key:?}),\n")),
            _ => None,
        })
        .collect();
    format!(
        "\n/** The ids of a stored agent that may be null and that no create body has. */\n\
         export const RECORD_IDS = {ids:?} as const;\n\
         \n/** The details of a create body, to be checked. */\n\
         export function detailsOf(read: (key: keyof CreateAgentDetails) => unknown): Record<keyof CreateAgentDetails, unknown> {{\n  \
         return {{\n{details}  }};\n}}\n\
         \n/** An agent, with its keys in the order of the contract. */\n\
         export function agentOf(\n  details: CreateAgentDetails,\n  \
         storedId: (key: (typeof RECORD_IDS)[number]) => Pfid | null,\n  \
         derived: Pick<Agent, {derived}>,\n): Agent {{\n  return {{\n{members}  }};\n}}\n",
        derived = derived.join(" | "),
    )
}

/// The object literal of the required details.
fn literal(required: &[&Row]) -> String {
    let members: Vec<String> = required
        .iter()
        .map(|row| {
            let kind = if row.field.is_trimmed() {
                "string"
            } else {
                "Pfid"
            };
            format!("{}: values[{}] as {kind}", row.key(), row.slot)
        })
        .collect();
    if members.is_empty() {
        "{}".to_owned()
    } else {
        format!("{{ {} }}", members.join(", "))
    }
}

fn body(constant: &str, name: &str, fields: &[FieldOfBody]) -> String {
    let rows: Vec<Row> = fields
        .iter()
        .zip(1..)
        .map(|(&FieldOfBody { field, need }, slot)| Row { slot, field, need })
        .collect();
    let (details, root): (Vec<&Row>, Vec<&Row>) = rows.iter().partition(|row| row.is_detail());
    let (required, optional): (Vec<&Row>, Vec<&Row>) =
        details.iter().partition(|row| row.need == Need::Required);
    let slots: Vec<String> = rows.iter().map(|row| row.key().to_owned()).collect();
    let limits: Vec<String> = rows
        .iter()
        .map(|row| row.field.limit().to_string())
        .collect();
    let cases = |rows: &[&Row], object: &str| -> String {
        rows.iter().map(|row| row.case(object)).collect()
    };
    let literal = literal(&required);
    let slot_where = |test: fn(Field) -> bool| {
        let row = rows.iter().find(|row| test(row.field));
        row.map_or(-1, |row| row.slot as i64)
    };
    format!(
        "\n/** Slots: details, {slots}. */\n\
         export const {constant}: Body<{name}Request> = {{\n  \
         limits: [0, {limits}],\n  \
         trimmed: {trimmed},\n  \
         environmentId: {environment},\n  \
         empty: () => [0, {empty}],\n  \
         readMember(values, object, key) {{\n    switch (key) {{\n{root_cases}    }}\n    return false;\n  }},\n  \
         readDetail(values, details, key) {{\n    switch (key) {{\n{detail_cases}    }}\n    return false;\n  }},\n  \
         build(values) {{\n    const details: Mutable<{name}Details> = {literal};\n{puts}    \
         const request: Mutable<{name}Request> = {{ details }};\n{root_puts}    return request;\n  }},\n}};\n",
        slots = slots.join(", "),
        limits = limits.join(", "),
        trimmed = slot_where(Field::is_trimmed),
        environment = slot_where(|field| field == Field::EnvironmentId),
        empty = vec!["undefined"; rows.len()].join(", "),
        root_cases = cases(&root, "object"),
        detail_cases = cases(&details, "details"),
        puts = optional
            .iter()
            .map(|row| row.put("details", &format!("{name}Details")))
            .collect::<String>(),
        root_puts = root
            .iter()
            .map(|row| row.put("request", &format!("{name}Request")))
            .collect::<String>(),
    )
}
