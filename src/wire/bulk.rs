//! Several operations in one request.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::{BulkKey, BulkType, JsonObject};
#[cfg(feature = "description")]
use crate::api::bulk::MAX_ITEMS;

/// Operations that run in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct Bulk<'a> {
    /// 1 to 1,000 operations, each with its type, its key and its fields.
    #[cfg_attr(feature = "description", schemars(length(min = 1, max = MAX_ITEMS)))]
    pub items: Vec<BulkItem<'a>>,
}

/// One operation. It has these keys and the fields of the operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(extend("additionalProperties" = true))
)]
pub struct BulkItem<'a> {
    /// The operation.
    pub _type: BulkType<'a>,
    /// Unique in the request.
    pub idempotency_key: BulkKey<'a>,
}

/// The answers to the operations, up to the first that failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct BulkAnswer<'a> {
    /// The request was executed.
    pub status: literal::Success,
    /// The answer of each operation, by its key.
    pub outputs: std::collections::BTreeMap<&'a str, JsonObject<'a>>,
}
