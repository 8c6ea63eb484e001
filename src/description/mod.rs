//! What the API looks like from outside, as data: the objects, the operations, their errors. From it come the
//! OpenAPI document and the wire types of the TypeScript typings, so that neither is written a second time.
//!
//! Limits, words and codes are taken from the model, methods and paths from the routing table; what is stated
//! here alone, the shape of the answers, is held against real answers by `tests/description.rs`.
//!
//! Only for building: `cargo run --features description --bin describe` writes the files.

#![forbid(unsafe_code)]

mod objects;
mod openapi;
mod operations;
mod rules;
mod shape;
mod typescript;

pub use objects::definitions;
pub use openapi::openapi;
pub use operations::{Described, Parameter, operations};
pub use rules::{readme, rules};
pub use shape::{Definition, Field, Shape};
pub use typescript::typescript;
