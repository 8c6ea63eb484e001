//! Runs seeds so that a panic is a finding, and makes failing runs smaller.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::report::Report;
use crate::storage::Fault;
use crate::swarm::Overrides;
use crate::world::{Failure, Trace, World};

/// Runs a seed. A panic is a finding.
///
/// # Errors
///
/// The finding.
pub fn guarded(seed: u64, overrides: &Overrides, trace: Trace) -> Result<Report, Box<Failure>> {
    let run = AssertUnwindSafe(|| World::run(seed, overrides, trace));
    catch_unwind(run).unwrap_or_else(|panic| {
        let text = match panic.downcast::<String>() {
            Ok(text) => *text,
            Err(panic) => panic
                .downcast_ref::<&str>()
                .map_or_else(String::new, |it| (*it).to_owned()),
        };
        Err(Box::new(Failure {
            seed,
            step: 0,
            finding: format!("a panic: {text}"),
            trace: Vec::new(),
        }))
    })
}

/// The disturbances that can be left out, besides the faults of a storage.
const DISTURBANCES: [&str; 14] = [
    "faults",
    "lost",
    "doubled",
    "delay",
    "evictions",
    "older",
    "jumps",
    "jumps-back",
    "full",
    "alarms",
    "snapshots",
    "moves",
    "limits",
    "keys",
];

/// Leaves out whatever the seed does not need to fail, and as many steps as possible. The finding may become another one.
#[must_use]
pub fn shrink(overrides: Overrides, failure: Failure) -> (Overrides, Failure) {
    let seed = failure.seed;
    let (mut best, mut found) = (overrides, failure);
    let mut attempt = |candidate: Overrides, best: &mut Overrides| {
        if let Err(failure) = guarded(seed, &candidate, Trace::None)
            && failure.step <= found.step.max(1)
        {
            found = *failure;
            *best = candidate;
        }
    };
    let names = DISTURBANCES
        .iter()
        .copied()
        .chain(Fault::ALL.map(Fault::name));
    for name in names {
        if !best.without.iter().any(|it| it == name) {
            let mut candidate = best.clone();
            candidate.without.push(name.to_owned());
            attempt(candidate, &mut best);
        }
    }
    for clients in [1, 2, 3] {
        let candidate = Overrides {
            clients: Some(clients),
            ..best.clone()
        };
        attempt(candidate, &mut best);
    }
    (best, found)
}
