//! Deterministic simulation of the registrar, as the authors of FoundationDB and TigerBeetle test.
//!
//! One process simulates, under one seed: clients that retry, a network that loses, doubles and reorders, the front worker, the
//! objects and their storage, crashes, failing statements, clock jumps and migrations. A reference model ([`model`]) checks every
//! answer. A seed always gives the same run, so a finding can be replayed.

#![forbid(unsafe_code)]
// A test program: what cannot be is a finding.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod choice;
pub mod deployment;
pub mod model;
mod older;
pub mod planted;
pub mod random;
pub mod report;
pub mod run;
pub mod storage;
pub mod swarm;
mod twin;
pub mod world;
