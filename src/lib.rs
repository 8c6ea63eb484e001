//! The agent resource of Prefactor's public API: its rules, its operations and its HTTP face. The crate knows no
//! JavaScript; the bindings are a crate of their own, in `wasm/`.
//!
//! Rules carry the mark of where they come from: **\[doc\]** published by the API's documentation,
//! **\[client\]** required by a published client, **\[ours\]** decided here where both are silent.

#![forbid(unsafe_code)]

pub mod model;
pub mod rules;
mod words;

#[cfg(feature = "service")]
pub mod api;
#[cfg(feature = "description")]
pub mod description;
#[cfg(feature = "service")]
mod digest;
#[cfg(feature = "service")]
pub mod json;
#[cfg(feature = "service")]
pub mod registrar;
#[cfg(feature = "service")]
mod sort;
#[cfg(feature = "service")]
pub mod store;
