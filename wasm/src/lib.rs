//! The bindings of agent-registrar to JavaScript: the only Rust that knows JavaScript.
//!
//! Each module is the Rust half of one binding; its other half lies in `js/`. Each is compiled by itself, under the
//! feature of its name, into a file of wasm of its own.

#![deny(unsafe_code)]

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(feature = "bindgen")]
pub mod bindgen;
#[cfg(any(feature = "agent", feature = "validator"))]
pub mod buffer;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "validator")]
pub mod validator;
