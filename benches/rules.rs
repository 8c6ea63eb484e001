//! The rules, PFIDs and timestamps, natively. Inputs alternate, so that the compiler cannot evaluate them.
#![allow(
    missing_docs,
    reason = "criterion's macros make undocumented functions"
)]
#![allow(clippy::unwrap_used, reason = "the inputs are fixed")]

use std::hint::black_box;

use agent_registrar::model::generator::Generator;
use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::rules::{CreateAgentFields, create_agent};
use criterion::{Criterion, criterion_group, criterion_main};

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const VARIANTS: usize = 64;

/// Calls `work` with each input in turn.
fn each<T, R>(c: &mut Criterion, name: &str, inputs: &[T], work: impl Fn(&T) -> R) {
    let mut turn = inputs.iter().cycle();
    c.bench_function(name, |bencher| {
        bencher.iter(|| turn.next().map(|input| work(black_box(input))));
    });
}

fn texts(make: impl Fn(usize) -> String) -> Vec<String> {
    (0..VARIANTS).map(make).collect()
}

fn fields<'a>(name: &'a str, environment: &'a str, key: &'a str) -> CreateAgentFields<'a> {
    CreateAgentFields {
        name: name.into(),
        environment_id: environment.into(),
        description: "Reads the invoices that arrive at night, and files a ticket for each.".into(),
        idempotency_key: key.into(),
        ..CreateAgentFields::default()
    }
}

fn rules(c: &mut Criterion) {
    let check = |(name, environment, key): &(String, &str, String)| {
        create_agent(&fields(name, environment, key), None).bits()
    };
    let inputs =
        |name: fn(usize) -> String, environment: &'static str, key: fn(usize) -> String| {
            (0..VARIANTS)
                .map(|turn| (name(turn), environment, key(turn)))
                .collect::<Vec<_>>()
        };
    let key = |turn| format!("create-{turn:020}");
    each(
        c,
        "rules: valid",
        &inputs(|turn| format!("invoice agent {turn}"), ENVIRONMENT, key),
        check,
    );
    each(
        c,
        "rules: 1 error",
        &inputs(|turn| format!("invoice agent {turn}"), "invoices", key),
        check,
    );
    each(
        c,
        "rules: 3 errors",
        &inputs(
            |_| "  ".to_owned(),
            "invoices",
            |turn| format!("cl\u{e9} {turn}"),
        ),
        check,
    );
    each(
        c,
        "rules: long Unicode",
        &inputs(
            |turn| format!("{}{turn:05}", "\u{4ee3}\u{1f916}".repeat(125)),
            ENVIRONMENT,
            key,
        ),
        check,
    );
}

fn pfids(c: &mut Criterion) {
    let partition = Pfid::parse(ENVIRONMENT).unwrap().partition();
    let mut generator = Generator::new();
    let ids: Vec<Pfid> = (0..VARIANTS as u64)
        .map(|turn| {
            generator
                .next(1_778_148_000_000 + turn, partition, [turn as u8; 10])
                .unwrap()
        })
        .collect();
    let written = texts(|turn| ids[turn].to_string());
    each(c, "PFID: parse", &written, |text| Pfid::parse(text));
    each(c, "PFID: encode", &ids, |id| id.encode());
    let mut turn = 1_778_148_001_000_u64 << 3;
    c.bench_function("PFID: next, 8 in a millisecond", |bencher| {
        bencher.iter(|| {
            turn += 1;
            generator.next(black_box(turn >> 3), partition, black_box([turn as u8; 10]))
        });
    });
}

fn timestamps(c: &mut Criterion) {
    let written = texts(|turn| format!("2026-05-07T10:{turn:02}:00.123456+02:00"));
    each(c, "timestamp: parse", &written[..60], |text| {
        Timestamp::parse_rfc3339(text)
    });
    let moments: Vec<Timestamp> = (0..VARIANTS as i64)
        .filter_map(|turn| Timestamp::from_micros(1_778_148_000_000_000 + turn * 977_777_777))
        .collect();
    each(c, "timestamp: encode", &moments, |moment| moment.encode());
}

criterion_group!(benches, rules, pfids, timestamps);
criterion_main!(benches);
