//! What JavaScript must know of the core before it asks it, as TypeScript.

use serde_json::{Map, Value, json};

use crate::api::operations::list::{DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE};
use crate::api::{MAX_BODY, bulk, http};
use crate::model::error::ErrorCode;
use crate::registrar::config::{DEFAULT_ACCOUNT, DEFAULT_ENVIRONMENT};
use crate::wire::STATUS_TITLES;

/// The first line of every generated TypeScript file.
pub(super) fn header() -> String {
    "// Generated from the Rust core by `npm run describe`. Do not edit.\n".to_owned()
}

/// The text of `js/generated/constants.ts`.
pub(super) fn constants() -> String {
    let exposed: Vec<&str> = http::EXPOSED_HEADERS.split(", ").collect();
    let titles: Map<String, Value> = STATUS_TITLES
        .iter()
        .map(|(status, title)| (status.to_string(), json!(title)))
        .collect();
    let statuses: Map<String, Value> = ErrorCode::ALL
        .iter()
        .map(|code| (code.as_str().to_owned(), json!(code.http_status())))
        .collect();
    let by_status = ": { readonly [status: number]: string }";
    let by_code = ": { readonly [code: string]: number }";
    let texts = ": readonly string[]";
    let mut out = header();
    for (doc, name, r#type, value) in [
        (
            "The longest body, in bytes.",
            "maxBodyBytes",
            "",
            json!(MAX_BODY),
        ),
        (
            "How many items a page has unless the request says.",
            "defaultPageSize",
            "",
            json!(DEFAULT_PAGE_SIZE),
        ),
        (
            "How many items a page has at most.",
            "maxPageSize",
            "",
            json!(MAX_PAGE_SIZE),
        ),
        (
            "How many items a bulk request has at most.",
            "maxBulkItems",
            "",
            json!(bulk::MAX_ITEMS),
        ),
        (
            "The account of a registrar that is told of none.",
            "defaultAccountId",
            "",
            json!(DEFAULT_ACCOUNT),
        ),
        (
            "The environment of that account.",
            "defaultEnvironmentId",
            "",
            json!(DEFAULT_ENVIRONMENT),
        ),
        (
            "The media type of answers.",
            "jsonMediaType",
            "",
            json!(http::JSON),
        ),
        (
            "The media type of RFC 9457 problem details.",
            "problemMediaType",
            "",
            json!(http::PROBLEM),
        ),
        (
            "The headers of answers that pages of other origins may read.",
            "exposedHeaders",
            texts,
            json!(exposed),
        ),
        (
            "The statuses of errors in words.",
            "statusTitles",
            by_status,
            Value::Object(titles),
        ),
        (
            "The status that goes with an error's code; `bad_request` also comes with 405, 413 and 415.",
            "errorStatuses",
            by_code,
            Value::Object(statuses),
        ),
    ] {
        out += &format!("\n/** {doc} */\nexport const {name}{type} = {value:#};\n");
    }
    out
}
