//! HTTP: requests arrive as bytes, are routed and decoded, and go to the registrar, whose results are encoded as
//! answers. Every request gets an answer; none ends in a panic.
//!
//! Bottom up: [`http`], [`operation`] and [`described`] are the vocabulary, `read` and `write` decode and encode,
//! [`operations`] has one file per resource, [`bulk`] runs several operations, [`route`] finds the operation of a
//! path, and the [`Service`] answers requests.

#![forbid(unsafe_code)]

mod body;
pub mod bulk;
pub mod described;
mod destination;
pub mod http;
#[cfg(feature = "http")]
mod http_crate;
pub mod idempotency;
mod left_out;
pub mod operation;
pub mod operations;
mod probes;
pub mod read;
pub mod route;
mod run;
mod service;
mod trace;
pub mod write;

pub use destination::Destination;
pub use http::{Answer, Method, Request};
pub use run::{Run, Step};
pub use service::{HostRefusal, MAX_BODY, Service};
pub use trace::Trace;

#[cfg(test)]
mod injection;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
