//! The probes of a deployment, outside the API: they take no token. **\[ours\]**

use super::operation::{Call, Operation, Path};
use crate::registrar::{Failure, Registrar};

/// The probes, each with its name, which is the path.
pub(super) static RESOURCES: &[(&str, &[Operation])] =
    &[("healthz", HEALTH), ("readyz", READINESS)];

/// `GET /healthz`: whether the process answers.
static HEALTH: &[Operation] = &[Operation {
    open: true,
    ..Operation::read("healthz", Path::Collection, health)
}];

/// `GET /readyz`: whether the store answers.
static READINESS: &[Operation] = &[Operation {
    open: true,
    ..Operation::read("readyz", Path::Collection, readiness)
}];

const SUCCESS: &[u8] = br#"{"status":"success"}"#;

fn health(_: &mut Registrar, _: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    out.extend_from_slice(SUCCESS);
    Ok(())
}

/// Any error of the store is answered with 503, also where an operation would answer 500: a host that asks takes the traffic away.
fn readiness(registrar: &mut Registrar, _: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    registrar.check_store().map_err(Failure::unavailable)?;
    out.extend_from_slice(SUCCESS);
    Ok(())
}
