//! The only Rust that knows JavaScript. Each module is the Rust half of one seam; its other half lies in `js/`, and each
//! is compiled by itself, under the feature of its name.

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(any(feature = "agent", feature = "validator"))]
pub mod buffer;
#[cfg(feature = "service")]
pub mod service;
#[cfg(feature = "validator")]
pub mod validator;
