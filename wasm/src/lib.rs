//! The bindings of agent-registrar to JavaScript: the only Rust that knows JavaScript.
//!
//! Each module is the Rust half of one binding; the other half is in `js/`. Each is compiled separately, with the
//! feature of its name, into its own `.wasm` file.

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
