//! Several operations in one request.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::{BulkKey, BulkType, JsonObject};
#[cfg(feature = "description")]
use crate::api::bulk::MAX_ITEMS;

/// Operations to be carried out in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct Bulk<'a> {
    /// 1 to 1,000 operations; beside type and key stands what the operation takes.
    #[cfg_attr(feature = "description", schemars(length(min = 1, max = MAX_ITEMS)))]
    pub items: Vec<BulkItem<'a>>,
}

/// One operation. Beside these keys stand those that the operation takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(extend("additionalProperties" = true))
)]
pub struct BulkItem<'a> {
    /// Which operation.
    pub _type: BulkType<'a>,
    /// Once in the request.
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
    /// That the request was carried out.
    pub status: literal::Success,
    /// The answer of each operation, by its key.
    pub outputs: std::collections::BTreeMap<&'a str, JsonObject<'a>>,
}
