//! HTTP: requests arrive as bytes, are routed and decoded, and go to the registrar; its verdicts are encoded as
//! answers. Every request has an answer; no request ends in a panic.
//!
//! From the ground up: [`http`], [`operation`] and [`described`] are the vocabulary, `read` and `write` decode and encode,
//! [`operations`] has one file per resource, [`bulk`] runs several operations, [`route`] finds the operation of a
//! path, and the [`Service`] answers requests.

#![forbid(unsafe_code)]

pub mod bulk;
pub mod described;
pub mod http;
#[cfg(feature = "http")]
mod http_crate;
pub mod idempotency;
pub mod operation;
pub mod operations;
pub mod read;
pub mod route;
mod run;
mod service;
pub mod write;

pub use http::{Answer, Method, Request};
pub use run::{Run, Step};
pub use service::{HostRefusal, MAX_BODY, Service};

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
