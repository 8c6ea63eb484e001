//! Fuzz targets: functions of bytes that panic where the library is wrong.
//!
//! Each target turns its bytes into input of one part of the library, and compares the outcome with an oracle that does
//! not share code with it: another parser, another binding, another store, the OpenAPI document. `npm run fuzz` runs them
//! with libFuzzer, `cargo test --package agent-registrar-fuzz` on a bounded number of generated inputs, and both on the
//! files in `fuzz/corpus`. docs/reliability.md says what each target checks.

#![forbid(unsafe_code)]
// A target reports by a panic, and a file of it is a test.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc
)]

mod body;
mod conversation;
mod create_agent;
mod database;
mod draw;
mod export;
mod json;
mod look;
mod migration;
mod mutate;
mod openapi;
mod pfid;
mod query;
mod service;
mod snapshot;
mod stores;
#[path = "../../tests/shared/texts.rs"]
mod texts;
mod timestamp;
mod update_agent;

pub use mutate::Inputs;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of its program in `fuzz_targets`, and of its folder in `corpus`.
    pub name: &'static str,
    /// Panics if the library is wrong about these bytes.
    pub run: fn(&[u8]),
    /// How many generated inputs the test on stable Rust tries.
    pub inputs_in_test: usize,
}

/// All targets.
pub const TARGETS: &[Target] = &[
    target("create_agent", create_agent::run, 2_000),
    target("export", export::run, 100),
    target("json", json::run, 50_000),
    target("migration", migration::run, 30),
    target("pfid", pfid::run, 20_000),
    target("query", query::run, 20_000),
    target("service", service::run, 1_000),
    target("snapshot", snapshot::run, 300),
    target("stores", stores::run, 150),
    target("timestamp", timestamp::run, 50_000),
    target("update_agent", update_agent::run, 2_000),
];

const fn target(name: &'static str, run: fn(&[u8]), inputs_in_test: usize) -> Target {
    Target {
        name,
        run,
        inputs_in_test,
    }
}

/// Runs the target of this name.
///
/// # Panics
///
/// If there is none, and if the library is wrong about these bytes.
pub fn run(name: &str, data: &[u8]) {
    let target = TARGETS.iter().find(|it| it.name == name);
    (target.expect("there is no target of this name").run)(data);
}
