//! Encodes what answers carry.

pub mod encode;
pub(super) mod error;
