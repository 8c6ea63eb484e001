//! The settings of a seed. Each seed draws its own (swarm testing): a run without crashes reaches states that one with many does not.

use crate::deployment::Home;
use crate::model::{Given, Id, Limits, Partition};
use crate::planted::Bug;
use crate::random::Random;
use crate::storage::Fault;

/// The number of classes of operations.
pub const CLASSES: usize = 14;

/// Settings from the command line, which replace those of a seed.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// The kind of deployment.
    pub home: Option<Home>,
    /// The number of clients.
    pub clients: Option<usize>,
    /// The disturbances that do not come, by name.
    pub without: Vec<String>,
    /// A defect.
    pub bug: Option<Bug>,
    /// The number of requests.
    pub steps: Option<u64>,
}

/// The settings of a seed. Rates are in a thousand.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// The kind of deployment.
    pub home: Home,
    /// The configured accounts.
    pub accounts: Vec<Given>,
    /// The number of clients.
    pub clients: usize,
    /// How often each class of operations is chosen.
    pub weights: [u64; CLASSES],
    /// Requests with a key.
    pub keys: u64,
    /// Turns with a fault of the storage.
    pub faults: u64,
    /// The faults that come.
    pub kinds: Vec<Fault>,
    /// The power of two that bounds the number of calls before a fault.
    pub depth: u64,
    /// Requests and answers that are lost.
    pub lost: u64,
    /// Requests that arrive twice.
    pub doubled: u64,
    /// The power of two of the longest delay, in microseconds.
    pub delay: u64,
    /// Turns after which a core is dropped.
    pub evictions: u64,
    /// Evictions after which the database is one of an older version.
    pub older: u64,
    /// Turns after which the clock jumps.
    pub jumps: u64,
    /// Whether it also jumps back.
    pub jumps_back: bool,
    /// Turns after which the disk fills up, or is freed.
    pub full: u64,
    /// Turns after which expired keys are removed.
    pub alarms: u64,
    /// Turns after which a snapshot is taken or restored.
    pub snapshots: u64,
    /// Turns after which another deployment without records takes the place of this one.
    pub moves: u64,
    /// Whether the last client is the operator.
    pub has_operator: bool,
    /// The limits.
    pub limits: Limits,
    /// The number of requests.
    pub steps: u64,
}

/// The moment at which every simulation begins.
pub const BEGINNING: i64 = 1_778_148_000_000_000;

impl Swarm {
    /// The settings of a seed, but for the overridden ones.
    #[must_use]
    pub fn of(seed: u64, overrides: &Overrides) -> Swarm {
        let mut random = Random::of(seed, 1);
        let drawn = *random.one_of(&[
            Home::Memory,
            Home::Handle,
            Home::Serve,
            Home::Serve,
            Home::Objects,
            Home::Objects,
        ]);
        let home = overrides.home.unwrap_or(drawn);
        let accounts = 1 + random.place(3);
        let clients = 1 + random.place(6);
        let mut rate = |name: &str, rates: &[u64]| {
            let drawn = *random.one_of(rates);
            if overrides.without.iter().any(|it| it == name) {
                0
            } else {
                drawn
            }
        };
        let mut swarm = Swarm {
            home,
            accounts: Vec::new(),
            clients: overrides.clients.unwrap_or(clients),
            weights: [0; CLASSES],
            keys: rate("keys", &[0, 200, 500, 900]),
            faults: rate("faults", &[0, 20, 100, 300]),
            kinds: Vec::new(),
            depth: rate("depth", &[1, 3, 5, 7]),
            lost: rate("lost", &[0, 0, 30, 150]),
            doubled: rate("doubled", &[0, 0, 30, 150]),
            delay: rate("delay", &[5, 10, 16, 22]),
            evictions: rate("evictions", &[0, 5, 50, 300]),
            older: rate("older", &[0, 0, 20, 200]),
            jumps: rate("jumps", &[0, 0, 5, 30]),
            jumps_back: rate("jumps-back", &[0, 1]) == 1,
            full: rate("full", &[0, 0, 0, 5]),
            alarms: rate("alarms", &[0, 5, 50]),
            snapshots: rate("snapshots", &[0, 5, 20]),
            moves: 0,
            has_operator: false,
            limits: limits(seed, overrides),
            steps: overrides.steps.unwrap_or(1_000),
        };
        for fault in Fault::ALL {
            let is_drawn = random.permille(600);
            if is_drawn && !overrides.without.iter().any(|it| it == fault.name()) {
                swarm.kinds.push(fault);
            }
        }
        for weight in &mut swarm.weights {
            *weight = *random.one_of(&[0, 1, 2, 4, 8]);
        }
        // Of a stream of its own, so that older seeds keep their other settings.
        let mut random = Random::of(seed, 5);
        swarm.has_operator = random.permille(500);
        if !overrides.without.iter().any(|it| it == "moves") {
            swarm.moves = *random.one_of(&[0, 0, 4, 15]);
        }
        // Nothing happens without agents, and little without instances.
        swarm.weights[0] += 2;
        swarm.weights[3] += 1;
        swarm.accounts = (0..accounts as u64).map(given).collect();
        swarm
    }
}

/// The limits. Of a stream of its own, as above.
fn limits(seed: u64, overrides: &Overrides) -> Limits {
    if overrides.without.iter().any(|it| it == "limits") {
        return Limits::default();
    }
    let mut random = Random::of(seed, 4);
    Limits {
        account_records: *random.one_of(&[None, None, Some(12), Some(30), Some(80)]),
        records: *random.one_of(&[None, None, None, Some(20), Some(50), Some(120)]),
    }
}

/// The account of this number.
fn given(number: u64) -> Given {
    let partition = Partition::of(7 + number * 1_000_003);
    let id = |last: u64| Id::of(1_234_567_890_000, partition, last);
    let environments = vec![(id(1), "First".to_owned()), (id(2), "Second".to_owned())];
    let tokens = vec![
        (format!("account {number}"), None),
        (format!("environment {number}"), Some(id(1))),
    ];
    Given {
        id: id(0),
        name: format!("Account {number}"),
        environments,
        tokens,
    }
}
