//! Encodes answers.

use serde::Serialize;

use crate::registrar::Failure;
use crate::wire::{Details, json};

pub(super) mod error;

/// Appends the answer with one object: `{"status":"success","details":…}`.
pub fn details<T: Serialize>(out: &mut Vec<u8>, object: T) -> Result<(), Failure> {
    Ok(json::append(out, &Details::of(object))?)
}

impl From<json::Unsupported> for Failure {
    fn from(_: json::Unsupported) -> Failure {
        Failure::unexpected()
    }
}
