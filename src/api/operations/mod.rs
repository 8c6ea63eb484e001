//! The operations, one file per resource, with the paths, bodies and handlers of its operations. This module
//! concatenates them.

pub mod accounts;
pub mod agents;
pub mod api_tokens;
pub mod dependents;
pub mod environments;
pub mod instances;
pub mod list;
pub mod pfids;
pub mod spans;
pub mod transfer;
pub mod versions;

use crate::api::described::describe;
use crate::api::operation::{Call, Operation, Path};
use crate::registrar::{Failure, Registrar};
#[cfg(feature = "description")]
use crate::wire;

/// The operations of each resource, with its name in the path. `route` adds the bulk operation.
pub static RESOURCES: &[(&str, &[Operation])] = &[
    ("agent", agents::OPERATIONS),
    ("agent_instance", instances::OPERATIONS),
    ("agent_spans", spans::OPERATIONS),
    ("agent_version", versions::OPERATIONS),
    ("agent_schema_version", versions::SCHEMA_OPERATIONS),
    ("environment", environments::OPERATIONS),
    ("account", accounts::OPERATIONS),
    ("api_token", api_tokens::OPERATIONS),
    ("export", transfer::EXPORT),
    ("import", transfer::IMPORT),
    ("pfid", pfids::OPERATIONS),
    ("ping", pfids::PING),
    ("openapi", OPENAPI),
];

/// `GET /api/v1/openapi`.
static OPENAPI: &[Operation] = &[Operation {
    open: true,
    ..Operation::read("openapi", Path::Collection, openapi).described(describe! {
        "Fetch this document; needs no token" => wire::JsonObject,
    })
}];

/// `GET /api/v1/openapi`: the OpenAPI document. It contains no data of any account, so it takes no token.
/// **\[ours\]**
fn openapi(_: &mut Registrar, _: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    out.extend_from_slice(include_bytes!("../openapi.min.json"));
    Ok(())
}

/// The operation with this name, as in bulk requests.
pub fn named(name: &str) -> Option<&'static Operation> {
    RESOURCES
        .iter()
        .flat_map(|(_, operations)| operations.iter())
        .find(|it| it.name == name && !it.left_out)
}
