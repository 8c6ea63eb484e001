//! What bodies of different objects have in common.

#[cfg(feature = "description")]
use schemars::JsonSchema;
use serde::Serialize;

use super::literal;
use super::scalar::IdempotencyKey;

/// An answer with one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields, rename = "{T}Answer")
)]
pub struct Details<T> {
    /// The operation succeeded.
    pub status: literal::Success,
    /// The object.
    pub details: T,
}

impl<T> Details<T> {
    /// The answer with an object.
    pub fn of(details: T) -> Details<T> {
        Details {
            status: literal::Success,
            details,
        }
    }
}

/// The answer that is one object and the text of its new token.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields, rename = "{T}IssuedAnswer")
)]
pub struct IssuedDetails<'a, T> {
    /// That the operation was carried out.
    pub status: literal::Success,
    /// The object.
    pub details: T,
    /// The text of the token. It is shown once: the answer to the same request with the same idempotency key has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "description", schemars(with = "String"))]
    pub token: Option<&'a str>,
}

/// A page of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields, rename = "{T}List")
)]
pub struct ListAnswer<'a, T> {
    /// The operation succeeded.
    pub status: literal::Success,
    /// The objects on the page.
    pub summaries: Vec<T>,
    /// The position of the page in the list.
    pub pagination: Pagination,
    /// The order of the list.
    pub sorting: Sorting<'a>,
}

/// The position of a page in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Pagination {
    /// The number of items on all pages.
    pub item_count: u64,
    /// The number of the first item on this page, from 1; 0 without items.
    pub item_start: u64,
    /// The number of the last item on this page.
    pub item_end: u64,
    /// The number of pages.
    pub page_count: u64,
    /// The number of this page, from 1.
    pub page_index: u64,
    /// The number of items before this page.
    pub page_offset: u64,
    /// The number of items per page, 1 to 100.
    pub page_size: u64,
    /// Null on the last page.
    pub next_page_offset: Option<u64>,
    /// Null on the first page.
    pub previous_page_offset: Option<u64>,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(deny_unknown_fields)
)]
pub struct Sorting<'a> {
    /// The field that it is sorted by.
    pub field: &'a str,
    /// The direction.
    pub direction: Direction,
}

// No doc comments on the variants: each would be a schema of its own.
#[allow(missing_docs)]
/// Ascending or descending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(rename = "SortingDirection")
)]
pub enum Direction {
    Asc,
    Desc,
}

/// The body `{"details": {…}, "idempotency_key"?}` of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(rename = "{T}Body")
)]
pub struct DetailsBody<'a, T> {
    /// The fields of the operation.
    pub details: T,
    /// Its idempotency key.
    #[serde(flatten)]
    pub key: KeyBody<'a>,
}

/// The body of a request with its fields at the root, beside the idempotency key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(
    feature = "description",
    derive(JsonSchema),
    schemars(rename = "{T}Body")
)]
pub struct FieldsBody<'a, T> {
    /// The fields of the operation.
    #[serde(flatten)]
    pub fields: T,
    /// Its idempotency key.
    #[serde(flatten)]
    pub key: KeyBody<'a>,
}

/// The body of a request with an idempotency key only.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "description", derive(JsonSchema))]
pub struct KeyBody<'a> {
    /// A repeated request with this key has no second effect, for 24 hours or until the answers stored for the
    /// token's scope exceed 64 MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency_key: Option<IdempotencyKey<'a>>,
}
