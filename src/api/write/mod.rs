//! Encodes answers.

use serde::Serialize;

use crate::registrar::{Failure, Registrar};
use crate::wire::{Details, IssuedDetails, json, literal};

pub(super) mod error;

/// Appends the answer with one object: `{"status":"success","details":…}`.
pub fn details<T: Serialize>(out: &mut Vec<u8>, object: T) -> Result<(), Failure> {
    Ok(json::append(out, &Details::of(object))?)
}

/// Appends the answer with one object and the text of its new token, which is shown this once: the idempotency key keeps
/// the answer without it. **\[ours\]**
pub fn issued<T: Serialize>(
    registrar: &mut Registrar,
    out: &mut Vec<u8>,
    object: T,
    token: &str,
) -> Result<(), Failure> {
    let mut answer = IssuedDetails {
        status: literal::Success,
        details: object,
        token: Some(token),
    };
    json::append(out, &answer)?;
    answer.token = None;
    let mut replayed = Vec::new();
    json::append(&mut replayed, &answer)?;
    registrar.replay_instead(replayed);
    Ok(())
}

impl From<json::Unsupported> for Failure {
    fn from(_: json::Unsupported) -> Failure {
        Failure::unexpected()
    }
}
