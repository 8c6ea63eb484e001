//! The service on SQLite: creates, pages of many agents, opening.
//!
//! `cargo bench --package agent-registrar-benches --features sqlite --bench sqlite -- [--agents 1000000] [--file PATH]`. It prints
//! medians, and each as a ratio to what it is to be compared with, measured in the same run: a bare `INSERT` into a copy of the
//! file, the first page of 1,000 agents. A file of the many agents is kept at PATH, and used again where it exists.
#![allow(clippy::unwrap_used, reason = "the inputs are fixed")]
#![allow(clippy::panic, reason = "the inputs are fixed")]

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use agent_registrar::store::sql::{Sqlite, SqliteStore};
use agent_registrar::store::{AgentRow, Agents, Store};
use agent_registrar::{Answer, Config, InstanceCounts, Method, Pfid, Request, Service, Timestamp};

const ACCOUNT: &str = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const NOW_MS: i64 = 1_778_148_000_000;
const DESCRIPTION: &str =
    "Reads the invoices that arrive at night, and files a ticket for each of them.";

fn moment(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis).unwrap()
}

fn service(file: &Path) -> Service {
    let seed = "00".repeat(32);
    let config = format!(
        r#"{{"accounts":[{{"id":"{ACCOUNT}","environments":[{{"id":"{ENVIRONMENT}"}}]}}],"tokens":[{{"token":"bench"}}],"seed":"{seed}"}}"#
    );
    let config = Config::from_json(config.as_bytes()).unwrap();
    let store = SqliteStore::open(file).unwrap();
    Service::open(config, Box::new(store), moment(NOW_MS)).unwrap()
}

/// Sends a request; gives how long it took.
fn send(service: &mut Service, method: Method, target: &str, body: &[u8], millis: i64) -> Duration {
    let mut answer = Answer::new();
    let request = Request {
        authorization: Some("Bearer bench"),
        content_type: Some("application/json"),
        ..Request::new(method, target, body, moment(millis))
    };
    let start = Instant::now();
    service.handle(&request, &mut answer);
    let took = start.elapsed();
    assert_eq!(answer.status(), 200, "{target}");
    took
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn rate(time: Duration) -> f64 {
    1.0 / time.as_secs_f64()
}

/// A name that looks random.
fn name(number: u64) -> String {
    format!(
        "agent {:x}",
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40
    )
}

fn id(number: u64) -> Pfid {
    let partition = Pfid::parse(ACCOUNT).unwrap().partition();
    let mut end = [0; 10];
    end[2..].copy_from_slice(&number.to_be_bytes());
    Pfid::from_parts(NOW_MS as u64 - 100_000_000 + number, partition, end).unwrap()
}

fn agent(number: u64) -> AgentRow<'static> {
    let at = moment(NOW_MS - 100_000_000 + number as i64);
    AgentRow {
        id: id(number),
        account_id: Pfid::parse(ACCOUNT).unwrap(),
        environment_id: Pfid::parse(ENVIRONMENT).unwrap(),
        name: Cow::Owned(name(number)),
        description: Some(Cow::Borrowed(DESCRIPTION)),
        inserted_at: at,
        updated_at: at,
        retired: number.is_multiple_of(7),
        last_activity: None,
        counts: InstanceCounts::default(),
        current_version_id: None,
        current_schema_version_id: None,
    }
}

fn fill(file: &Path, agents: u64) -> Duration {
    drop(service(file));
    let mut store = SqliteStore::open(file).unwrap();
    let start = Instant::now();
    for first in (0..agents).step_by(5_000) {
        store.begin().unwrap();
        for number in first..(first + 5_000).min(agents) {
            store.insert_agent(&agent(number)).unwrap();
        }
        store.commit().unwrap();
    }
    start.elapsed()
}

/// Creates one at a time, with a key each, in turns with bare inserts into a copy of the file. No other connection may add rows
/// to a store's own file: the store counts them. No connection has the file open.
fn creates(file: &Path) {
    const ROUNDS: u64 = 20;
    const EACH: u64 = 100;
    let copy = file.with_extension("bare");
    std::fs::copy(file, &copy).unwrap();
    let mut service = service(file);
    let bare = Sqlite::open(&copy).unwrap();
    let mut insert = bare
        .connection()
        .prepare(
            "INSERT INTO agent (id, account, environment, name, description, inserted_at, updated_at, retired, \
            pending, active, complete, failed, cancelled) VALUES (?, 1, 1, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0)",
        )
        .unwrap();
    // The keys of an earlier run may be in a kept file.
    let run = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let run = run.as_micros();
    let (mut keyed, mut plain, mut inserts) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..ROUNDS * EACH {
        let millis = NOW_MS + number as i64;
        let name = name(number + 77);
        let details = format!(
            r#""details":{{"name":"{name}","environment_id":"{ENVIRONMENT}","description":"{DESCRIPTION}"}}"#
        );
        let body = format!(r#"{{{details},"idempotency_key":"key-{name}-{number}-{run}"}}"#);
        let target = "/api/v1/agent";
        keyed.push(send(
            &mut service,
            Method::Post,
            target,
            body.as_bytes(),
            millis,
        ));
        let body = format!("{{{details}}}");
        plain.push(send(
            &mut service,
            Method::Post,
            target,
            body.as_bytes(),
            millis,
        ));
        let micros = millis * 1_000;
        let id = id(number + 500_000_000).to_bytes();
        let start = Instant::now();
        insert
            .execute((id, name, DESCRIPTION, micros, micros))
            .unwrap();
        inserts.push(start.elapsed());
    }
    let bare = rate(median(inserts));
    println!("bare INSERT, autocommit            {bare:>10.0}/s");
    for (what, times) in [
        ("create with its key", keyed),
        ("create without a key", plain),
    ] {
        let rate = rate(median(times));
        println!("{what:<35}{rate:>10.0}/s  {:.2} of the INSERT", rate / bare);
    }
}

const ORDERS: [&str; 6] = ["id", "-id", "name", "status", "-updated_at", "inserted_at"];

/// How long pages at random offsets take: the median, and 19 of 20.
fn pages(
    service: &mut Service,
    agents: u64,
    order: &str,
    environment: bool,
) -> (Duration, Duration) {
    let filter = match environment {
        true => format!("environment_id={ENVIRONMENT}&"),
        false => String::new(),
    };
    let mut number = 1_u64;
    let times = (0..400).map(|_| {
        number = number
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        let offset = (number >> 33) % agents.saturating_sub(50).max(1);
        let target = format!("/api/v1/agent?{filter}sorting={order}&pagination[offset]={offset}");
        send(service, Method::Get, &target, b"", NOW_MS)
    });
    let mut times: Vec<Duration> = times.collect();
    times.sort_unstable();
    (times[200], times[380])
}

/// Pages of every order. Each time the file is opened anew, so that the first deep page is the first after a start. `small` is what
/// the first page of 1,000 agents takes, measured again in each round.
fn lists(file: &Path, agents: u64, mut small: impl FnMut() -> Duration) {
    for order in ORDERS {
        let mut service = service(file);
        let target = format!("/api/v1/agent?sorting={order}");
        let first = (0..200).map(|_| send(&mut service, Method::Get, &target, b"", NOW_MS));
        let first = median(first.collect());
        let middle = agents / 2;
        let target = format!("{target}&pagination[offset]={middle}");
        let deep = send(&mut service, Method::Get, &target, b"", NOW_MS);
        let before = small();
        let (account, slow) = pages(&mut service, agents, order, false);
        let (environment, _) = pages(&mut service, agents, order, true);
        let small = (before + small()) / 2;
        let ratio = |time: Duration| time.as_secs_f64() / small.as_secs_f64();
        println!(
            "{order:<12} first {first:>8.0?}  first deep {deep:>8.1?}  random {account:>8.0?} = {:.1} x 1,000's {small:.0?}, \
            95 % {slow:>8.0?} = {:.1} x  in the environment {environment:>8.0?} = {:.1} x",
            ratio(account),
            ratio(slow),
            ratio(environment)
        );
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let option = |name: &str| {
        let mut pairs = arguments.windows(2);
        pairs.find(|pair| pair[0] == name).map(|pair| &pair[1])
    };
    let agents = option("--agents").map_or(100_000, |it| it.parse().unwrap());
    let folder = tempfile::TempDir::new().unwrap();

    let small = folder.path().join("small.db");
    fill(&small, 1_000);
    let mut service_of_small = service(&small);
    let mut first = || {
        let first = (0..400).map(|_| {
            let target = "/api/v1/agent?sorting=name";
            send(&mut service_of_small, Method::Get, target, b"", NOW_MS)
        });
        median(first.collect())
    };
    println!("first page by name of 1,000 agents {:>10.0?}", first());

    let large = match option("--file") {
        Some(file) => PathBuf::from(file),
        None => folder.path().join("large.db"),
    };
    if !large.exists() {
        let filled = fill(&large, agents);
        let size = std::fs::metadata(&large).unwrap().len() / 1_000_000;
        println!("{agents} agents in {filled:.1?}, {size} MB");
    }
    let start = Instant::now();
    let mut opened = service(&large);
    let target = format!("/api/v1/agent/{}", id(agents / 2));
    send(&mut opened, Method::Get, &target, b"", NOW_MS);
    println!(
        "opened, first request answered     {:>10.1?}",
        start.elapsed()
    );
    drop(opened);
    lists(&large, agents, &mut first);
    drop(service_of_small);
    println!("with 1,000 agents:");
    creates(&small);
    println!("with {agents} agents:");
    creates(&large);
}
