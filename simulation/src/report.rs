//! Counts of a run: what was done, and what was reached.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Counts of one or more seeds.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The number of seeds.
    pub seeds: u64,
    /// The number of requests whose answers were checked.
    pub operations: u64,
    /// The number of answers that the twin in memory gave, too.
    pub twin_answers: u64,
    /// Answers by operation and status.
    pub answers: BTreeMap<(&'static str, u16), u64>,
    /// Faults and other disturbances by name.
    pub faults: BTreeMap<&'static str, u64>,
    /// Seeds by the kind of deployment.
    pub homes: BTreeMap<&'static str, u64>,
    /// A digest of all requests and answers, in their order.
    pub digest: u64,
}

impl Report {
    /// Counts a fault or a disturbance.
    pub fn fault(&mut self, name: &'static str) {
        *self.faults.entry(name).or_default() += 1;
    }

    /// Adds bytes to the digest, by FNV-1a over words.
    pub fn digest(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.digest =
                (self.digest ^ u64::from_le_bytes(word)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Report) {
        self.seeds += other.seeds;
        self.operations += other.operations;
        self.twin_answers += other.twin_answers;
        for (key, count) in &other.answers {
            *self.answers.entry(*key).or_default() += count;
        }
        for (key, count) in &other.faults {
            *self.faults.entry(key).or_default() += count;
        }
        for (key, count) in &other.homes {
            *self.homes.entry(key).or_default() += count;
        }
        self.digest = self.digest.wrapping_add(other.digest);
    }

    /// The counts as text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        let mut line = |name: &str, counts: Vec<(String, u64)>| {
            let counts: Vec<String> = counts
                .iter()
                .map(|(key, count)| format!("{key} {count}"))
                .collect();
            // Writing to a string does not fail.
            let _ = writeln!(text, "{name}: {}", counts.join(", "));
        };
        let named = |counts: &BTreeMap<&'static str, u64>| {
            counts
                .iter()
                .map(|(key, count)| ((*key).to_owned(), *count))
                .collect::<Vec<_>>()
        };
        line("seeds by deployment", named(&self.homes));
        line("disturbances", named(&self.faults));
        let mut by_operation: BTreeMap<&str, Vec<(String, u64)>> = BTreeMap::new();
        for ((name, status), count) in &self.answers {
            by_operation
                .entry(name)
                .or_default()
                .push((status.to_string(), *count));
        }
        for (name, counts) in by_operation {
            line(name, counts);
        }
        text
    }

    /// The operations and disturbances that every long run reaches, and this one did not.
    #[must_use]
    pub fn missing(&self) -> Vec<String> {
        let mut missing = Vec::new();
        for (name, statuses) in WANTED {
            for status in *statuses {
                if !self.answers.contains_key(&(*name, *status)) {
                    missing.push(format!("{name} {status}"));
                }
            }
        }
        for fault in DISTURBANCES {
            if !self.faults.contains_key(fault) {
                missing.push((*fault).to_owned());
            }
        }
        missing
    }
}

/// The answers that a run of a few hundred seeds must have reached.
const WANTED: &[(&str, &[u16])] = &[
    ("agents/create", &[200, 401, 409, 422, 503]),
    ("agents/update", &[200, 404, 409, 422]),
    ("agents/delete", &[200, 404, 409]),
    ("agents/retire", &[200, 404, 409]),
    ("agents/reinstate", &[200, 404, 409]),
    ("agents/show", &[200, 404]),
    ("fetch", &[200, 403, 404, 422]),
    ("list", &[200]),
    ("versions/create", &[200, 422]),
    ("instances/register", &[200, 409, 422]),
    ("instances/start", &[200, 404, 409]),
    ("instances/finish", &[200, 404, 409]),
    ("spans/create", &[200, 409, 422]),
    ("spans/finish", &[200, 404, 409]),
    ("environments/create", &[200, 403, 422]),
    ("environments/delete", &[200, 403, 404, 409]),
    ("rename", &[200, 403, 404]),
    ("tokens/create", &[200, 403, 422]),
    ("tokens/act", &[200, 403, 404, 409]),
    ("tokens/delete", &[200, 403, 404]),
    ("pfids/generate", &[200]),
    ("accounts/create", &[200, 403]),
    ("export", &[200]),
    ("import", &[200, 403, 422]),
    ("bulk", &[200]),
    ("broken", &[400]),
];

/// The disturbances that a run of a few hundred seeds must have reached.
const DISTURBANCES: &[&str] = &[
    "statement-refused",
    "result-lost",
    "transaction-ended",
    "begin-failed",
    "commit-failed",
    "crash",
    "crash-after-commit",
    "disk-full",
    "request-lost",
    "request-doubled",
    "answer-lost",
    "eviction",
    "clock-forward",
    "clock-back",
    "older-version",
    "keys-removed",
    "snapshot-restored",
    "deployment-replaced",
    "batch",
    "replayed",
];
