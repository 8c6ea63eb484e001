//! The operations that upstream documents, or that a published client of any generation calls, and that this build leaves
//! out. They answer `not_implemented` and name themselves, so that nobody takes them for a path that is misspelt.
//! **\[client\]**

use super::described;
use super::http::Method;
use super::operation::{Access, Body, Key, Operation, Path};
use crate::json;
use crate::model::error::ErrorCode;
use crate::registrar::Failure;

/// The resources of which this build has nothing, whatever follows in the path. A resource that is built is taken out.
pub(super) const RESOURCES: [&str; 5] = [
    "admin_user",
    "admin_user_invite",
    "agent_deployment",
    "alerts",
    "risk_profile",
];

/// The operations of each of [`RESOURCES`].
pub(super) static OPERATIONS: &[Operation] = &[
    operation(Method::Get, Path::Any),
    operation(Method::Post, Path::Any),
    operation(Method::Put, Path::Any),
    operation(Method::Delete, Path::Any),
];

/// The words in paths below [`RESOURCES`]; every other part is an id.
const WORDS: [&str; 2] = ["count", "revoke"];

/// An operation that is left out.
pub(super) const fn operation(method: Method, path: Path) -> Operation {
    Operation {
        name: "",
        method,
        path,
        body: Body::Ignored,
        levels: json::BODY_LEVELS,
        key: Key::None,
        open: false,
        access: Access::Any,
        left_out: true,
        handler: |_, _, _| Err(Failure::unexpected()),
        description: described::NONE,
    }
}

/// The answer to an operation that is left out. `path` is the part of the path behind the resource's name; of what the
/// caller wrote there, the message repeats nothing but known words.
pub(super) fn failure(operation: &Operation, resource: &str, path: &str) -> Failure {
    let mut name = format!("{} /api/v1/{resource}", operation.method.as_str());
    let known = match operation.path {
        Path::Word(word) | Path::Action(word) => word,
        _ => "",
    };
    for segment in path.split('/').filter(|it| !it.is_empty()) {
        name.push('/');
        let word = WORDS.into_iter().find(|word| *word == segment);
        name.push_str(word.unwrap_or(if segment == known { known } else { "{id}" }));
    }
    let message =
        format!("{name} is an operation of the API that this build of the service leaves out.");
    Failure::refused(ErrorCode::NotImplemented, message)
}
