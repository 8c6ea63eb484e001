//! A few hundred short seeds, and the simulation's own test: it finds the bugs that are planted.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use agent_registrar_simulation::planted::Bug;
use agent_registrar_simulation::report::Report;
use agent_registrar_simulation::run::{guarded, shrink};
use agent_registrar_simulation::swarm::Overrides;
use agent_registrar_simulation::world::Trace;

/// Does this for each number, in as many threads as there are processors.
fn in_parallel(numbers: u64, work: impl Fn(u64) + Sync) {
    let next = AtomicU64::new(0);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers {
                        return;
                    }
                    work(number);
                }
            });
        }
    });
}

#[test]
fn hundreds_of_seeds_contradict_nothing_and_reach_everything() {
    let overrides = Overrides {
        steps: Some(150),
        ..Overrides::default()
    };
    let total = Mutex::new(Report::default());
    in_parallel(300, |seed| match guarded(seed, &overrides, Trace::None) {
        Ok(report) => total.lock().unwrap().add(&report),
        Err(failure) => panic!(
            "seed {seed}, step {}: {}\nnpm run simulate -- --seed {seed} --steps 150 --trace",
            failure.step, failure.finding
        ),
    });
    let report = total.into_inner().unwrap();
    assert_eq!(report.missing(), Vec::<String>::new());
    assert!(
        report.twin_answers * 10 > report.operations,
        "{}",
        report.twin_answers
    );
}

#[test]
fn a_seed_gives_the_same_run_again() {
    let overrides = Overrides {
        steps: Some(300),
        ..Overrides::default()
    };
    in_parallel(12, |seed| {
        let digest = || guarded(seed, &overrides, Trace::Last).map(|report| report.digest);
        assert_eq!(digest().unwrap(), digest().unwrap(), "seed {seed}");
    });
}

#[test]
fn every_planted_bug_is_found() {
    in_parallel(Bug::ALL.len() as u64, |number| {
        let bug = Bug::ALL[number as usize];
        let overrides = Overrides {
            bug: Some(bug),
            ..Overrides::default()
        };
        let found = (0..100).find_map(|seed| guarded(seed, &overrides, Trace::None).err());
        assert!(found.is_some(), "{bug:?}");
    });
}

#[test]
fn a_failing_seed_is_made_smaller_and_still_fails() {
    let overrides = Overrides {
        bug: Some(Bug::KeyForgotten),
        ..Overrides::default()
    };
    let failure = (0..100)
        .find_map(|seed| guarded(seed, &overrides, Trace::None).err())
        .unwrap();
    let step = failure.step;
    let (smaller, failure) = shrink(overrides, *failure);
    assert!(!smaller.without.is_empty());
    assert!(failure.step <= step);
    let again = guarded(failure.seed, &smaller, Trace::Last).unwrap_err();
    assert_eq!(
        (again.step, &again.finding),
        (failure.step, &failure.finding)
    );
    assert!(!again.trace.is_empty());
}
