//! The only Rust that knows JavaScript. Each module is the Rust half of one seam; its other half lies in `js/`.

pub mod validator;

#[cfg(feature = "service")]
pub mod service;
