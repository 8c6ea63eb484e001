//! Decodes requests: members of bodies, parameters of queries.

pub mod fields;
pub mod query;
