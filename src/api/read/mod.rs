//! Decodes requests: members of bodies, parameters of queries.

pub mod fields;
pub(in crate::api) mod headers;
pub mod query;
