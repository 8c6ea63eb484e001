//! The service natively: decode, encode, and whole requests from bytes to bytes.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]
#![allow(clippy::unwrap_used, reason = "the inputs are fixed")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use agent_registrar::api::{Answer, Method, Request, Service};
use agent_registrar::json;
use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::registrar::Config;
use agent_registrar::wire;
use criterion::{Criterion, criterion_group, criterion_main};

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const VARIANTS: usize = 64;
const NOW_MS: i64 = 1_778_148_000_000;

fn now() -> Timestamp {
    Timestamp::from_millis(NOW_MS).unwrap()
}

/// How many agents a store holds when fetch, list and update are measured.
const AGENTS: usize = 1000;

fn bodies() -> Vec<Vec<u8>> {
    (0..VARIANTS)
        .map(|turn| {
            format!(
                r#"{{"details":{{"name":"invoice agent {turn}","environment_id":"{ENVIRONMENT}","description":"Reads the invoices that arrive at night, and files a ticket for each."}}}}"#
            )
            .into_bytes()
        })
        .collect()
}

fn service() -> Service {
    let seed = "00".repeat(32);
    let config = format!(
        r#"{{"tokens":[{{"token":"bench","account_id":"013xrzp12g3nqk8nyt0q8s8a1vd3p7wk"}}],"seed":"{seed}"}}"#
    );
    Service::new(Config::from_json(config.as_bytes()).unwrap(), now()).unwrap()
}

fn request<'a>(method: Method, target: &'a str, body: &'a [u8]) -> Request<'a> {
    Request {
        method,
        target,
        authorization: Some("Bearer bench"),
        content_type: Some("application/json"),
        accept: None,
        origin: None,
        requested_method: None,
        requested_headers: None,
        content_encoding: None,
        body,
        now: now(),
    }
}

/// The id in the answer to a create.
fn id_of(answer: &Answer) -> String {
    let body = str::from_utf8(answer.body()).unwrap();
    let start = body.find(r#""id":""#).unwrap() + 6;
    body[start..start + Pfid::TEXT_LEN].to_owned()
}

fn decode(c: &mut Criterion) {
    let bodies = bodies();
    let mut turn = bodies.iter().cycle();
    c.bench_function("decode: create body", |bencher| {
        bencher.iter(|| {
            turn.next()
                .map(|body| json::read_object(black_box(body), 2).is_ok())
        });
    });
}

fn encode(c: &mut Criterion) {
    let id = Pfid::parse(ENVIRONMENT).unwrap();
    let moment = now();
    let mut out = Vec::with_capacity(1024);
    let record = wire::AgentRecord {
        description: Some("Reads the invoices that arrive at night, and files a ticket for each."),
        ..wire::AgentRecord::new(id, "invoice agent 7", id, moment)
    };
    let agent = wire::Agent::of(record, moment);
    let answer = wire::Details::of(agent);
    c.bench_function("encode: an agent", |bencher| {
        bencher.iter(|| {
            out.clear();
            wire::json::append(&mut out, black_box(&answer)).is_ok()
        });
    });
}

fn requests(c: &mut Criterion) {
    let bodies = bodies();
    let mut answer = Answer::new();
    let mut turn = bodies.iter().cycle();
    c.bench_function("request: create", |bencher| {
        // A new store for a number of creates, so that the result does not depend on the duration of the measurement.
        const STORE: u64 = 10_000;
        bencher.iter_custom(|iterations| {
            let mut time = Duration::ZERO;
            for done in (0..iterations).step_by(STORE as usize) {
                let mut service = service();
                let start = Instant::now();
                for body in turn.by_ref().take(STORE.min(iterations - done) as usize) {
                    let request = request(Method::Post, "/api/v1/agent", black_box(body));
                    service.handle(&request, &mut answer);
                }
                time += start.elapsed();
            }
            time
        });
    });

    let mut service = service();
    let ids: Vec<String> = bodies
        .iter()
        .cycle()
        .take(AGENTS)
        .map(|body| {
            service.handle(&request(Method::Post, "/api/v1/agent", body), &mut answer);
            id_of(&answer)
        })
        .collect();
    let targets: Vec<String> = ids.iter().map(|id| format!("/api/v1/agent/{id}")).collect();
    let mut turn = targets.iter().cycle();
    c.bench_function("request: fetch", |bencher| {
        bencher.iter(|| {
            let target = turn.next().map_or("", String::as_str);
            service.handle(&request(Method::Get, black_box(target), b""), &mut answer);
            answer.body().len()
        });
    });
    let update = br#"{"details":{"description":"Reads invoices by day."}}"#;
    c.bench_function("request: update", |bencher| {
        bencher.iter(|| {
            let target = turn.next().map_or("", String::as_str);
            service.handle(
                &request(Method::Put, black_box(target), black_box(update)),
                &mut answer,
            );
            answer.body().len()
        });
    });
    c.bench_function("request: list of 50", |bencher| {
        bencher.iter(|| {
            let target = black_box("/api/v1/agent?pagination[offset]=500&pagination[page_size]=50");
            service.handle(&request(Method::Get, target, b""), &mut answer);
            answer.body().len()
        });
    });
}

criterion_group!(benches, decode, encode, requests);
criterion_main!(benches);
