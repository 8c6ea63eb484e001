//! The seams of the validator and of agents as JavaScript uses them, compiled to WebAssembly, in Node and in a browser.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use agent_registrar::model::agent::AgentStatus;
use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::validation::{Fault, VALIDATION_MESSAGE};
use agent_registrar_wasm::agent::{generate_pfid, life_cycle, parse_pfid};
use agent_registrar_wasm::buffer::scratch;
use agent_registrar_wasm::validator::{check, white_space, words};
use js_sys::{Uint8Array, WebAssembly};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const FOREIGN: &str = "013xrzp12g00000000y2vfkg4s3jp2qr";
const NONE: i64 = i64::MIN;

/// How a value arrived, in the numbers of the seam.
const ABSENT: u32 = 0;
const NULL: u32 = 1;
const PRESENT: u32 = 2;
const WRONG_TYPE: u32 = 3;
const UNREADABLE: u32 = 4;
const NOT_WELL_FORMED: u32 = 5;
const KNOWN: u32 = 6;

/// Memory from an address on, as JavaScript sees it.
fn memory(address: u32) -> Uint8Array {
    let memory: WebAssembly::Memory = wasm_bindgen::memory().unchecked_into();
    Uint8Array::new_with_byte_offset(&memory.buffer(), address)
}

fn write(bytes: &[u8], at: usize) -> u32 {
    memory(scratch()).set(&Uint8Array::from(bytes), at as u32);
    (at + bytes.len()) as u32
}

fn left(length: u32) -> Vec<u8> {
    memory(scratch()).slice(0, length).to_vec()
}

/// Hands over `details` and name, description, idempotency key, environment or version id, id.
fn verdict(update: bool, details: u32, fields: [(u32, &str); 5]) -> f64 {
    let mut kinds = details;
    let (mut written, mut end) = (0, 0);
    let ends: Vec<u32> = fields
        .iter()
        .enumerate()
        .map(|(place, (kind, text))| {
            kinds |= kind << (3 * (place + 1));
            written = write(text.as_bytes(), written as usize);
            end += text.encode_utf16().count() as u32;
            end
        })
        .collect();
    check(
        ends[0], ends[1], ends[2], ends[3], ends[4], written, kinds, update,
    )
}

fn faults(verdict: f64) -> Vec<Fault> {
    let bits = verdict as u64;
    Fault::ALL
        .iter()
        .copied()
        .filter(|fault| bits >> *fault as u8 & 1 != 0)
        .collect()
}

const VALID: [(u32, &str); 5] = [
    (PRESENT, "Ada"),
    (ABSENT, ""),
    (ABSENT, ""),
    (PRESENT, ENVIRONMENT),
    (ABSENT, ""),
];

fn with(place: usize, kind: u32, text: &str) -> Vec<Fault> {
    let mut fields = VALID;
    fields[place] = (kind, text);
    faults(verdict(false, PRESENT, fields))
}

#[wasm_bindgen_test]
fn a_valid_body_has_no_fault() {
    assert_eq!(verdict(false, PRESENT, VALID), 0.0);
    let all = [
        (PRESENT, "Ädä 🦀"),
        (PRESENT, "d\n"),
        (PRESENT, "key"),
        (PRESENT, ENVIRONMENT),
        (PRESENT, ENVIRONMENT),
    ];
    assert_eq!(verdict(false, PRESENT, all), 0.0);
}

#[wasm_bindgen_test]
fn each_kind_means_what_it_says() {
    use Fault::*;
    let cases: [(usize, u32, &str, &[Fault]); 16] = [
        (0, ABSENT, "", &[NameMissing]),
        (0, NULL, "", &[NameMissing]),
        (0, WRONG_TYPE, "", &[NameWrongType]),
        (0, UNREADABLE, "", &[NameUnreadable]),
        (0, NOT_WELL_FORMED, "", &[NameNotWellFormed]),
        (3, KNOWN, "", &[]),
        (3, KNOWN, "00000x", &[]),
        (0, PRESENT, " ", &[NameBlank]),
        (0, 7, "", &[NameNotWellFormed]),
        (1, NULL, "", &[]),
        (1, PRESENT, "\0", &[DescriptionControlCharacter]),
        (2, PRESENT, "", &[IdempotencyKeyBlank]),
        (3, PRESENT, "x", &[EnvironmentIdNotAPfid]),
        (3, NULL, "", &[EnvironmentIdMissing]),
        (4, PRESENT, FOREIGN, &[IdForeignPartition]),
        (4, NULL, "", &[]),
    ];
    for (place, kind, text, expected) in cases {
        assert_eq!(with(place, kind, text), expected, "{place} {kind} {text:?}");
    }
}

#[wasm_bindgen_test]
fn texts_of_any_script_end_where_their_units_do() {
    for unit in ["a", "é", "€", "🦀", "a🦀", "abcdefg€"] {
        for count in 0..15 {
            let name = format!("{}x", unit.repeat(count));
            let description = format!("\0{name}");
            let fields = [
                (PRESENT, name.as_str()),
                (PRESENT, &description),
                (PRESENT, name.as_str()),
                (PRESENT, ENVIRONMENT),
                (PRESENT, ENVIRONMENT),
            ];
            let mut expected = vec![Fault::DescriptionControlCharacter];
            if !name.is_ascii() {
                expected.push(Fault::IdempotencyKeyNotPrintableAscii);
            }
            assert_eq!(
                faults(verdict(false, PRESENT, fields)),
                expected,
                "{name:?}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn without_details_their_fields_are_not_looked_at() {
    for (kind, fault) in [
        (ABSENT, Fault::DetailsMissing),
        (NULL, Fault::DetailsMissing),
        (WRONG_TYPE, Fault::DetailsWrongType),
        (UNREADABLE, Fault::DetailsUnreadable),
    ] {
        let nothing = [(ABSENT, ""); 5];
        assert_eq!(faults(verdict(false, kind, nothing)), [fault]);
        assert_eq!(faults(verdict(true, kind, nothing)), [fault]);
    }
}

#[wasm_bindgen_test]
fn an_update_has_other_rules() {
    let mut fields = [(ABSENT, ""); 5];
    assert_eq!(verdict(true, PRESENT, fields), 0.0);
    fields[0] = (NULL, "");
    fields[3] = (PRESENT, "v1");
    assert_eq!(
        faults(verdict(true, PRESENT, fields)),
        [Fault::NameMissing, Fault::CurrentVersionIdNotAPfid]
    );
}

#[wasm_bindgen_test]
fn a_good_name_says_what_to_trim() {
    let mut fields = VALID;
    fields[0] = (PRESENT, "\u{3000} \tAda\u{85}\n");
    assert_eq!(verdict(false, PRESENT, fields), -f64::from(3_u32 << 16 | 2));
    for (text, expected) in [
        ("", 0),
        ("Ada", 0),
        ("\u{2028}a ", 1 << 16 | 1),
        (" \u{3000} ", 3 << 16 | 3),
    ] {
        assert_eq!(white_space(write(text.as_bytes(), 0)), expected, "{text:?}");
    }
}

#[wasm_bindgen_test]
fn ends_that_make_no_sense_are_faults_and_no_crash() {
    let kinds = PRESENT | PRESENT << 3 | PRESENT << 6 | PRESENT << 12;
    for ends in [
        [u32::MAX; 5],
        [5, 4, 3, 2, 1],
        [0, 65_536, 65_537, 0, u32::MAX],
        [1 << 31; 5],
    ] {
        for written in [0, 3, ends[4], u32::MAX] {
            let found = faults(check(
                ends[0], ends[1], ends[2], ends[3], ends[4], written, kinds, false,
            ));
            assert!(!found.is_empty(), "{ends:?}");
        }
    }
    assert_eq!(parse_pfid(u32::MAX), -1.0);
    assert_eq!(white_space(u32::MAX), 0);
}

#[wasm_bindgen_test]
fn the_words_are_those_of_the_table() {
    let memory = memory(words());
    let length = memory.index_of(0, 0);
    let text = String::from_utf8(memory.slice(0, length as u32).to_vec()).unwrap();
    let mut lines = text.split('\n');
    let first: Vec<&str> = AgentStatus::ALL
        .iter()
        .map(|status| status.as_str())
        .chain([VALIDATION_MESSAGE])
        .collect();
    assert_eq!(lines.next().unwrap(), first.join("\t"));
    for fault in Fault::ALL {
        let parts: Vec<&str> = lines.next().unwrap().split('\t').collect();
        let code = parts.get(3).copied().unwrap_or("invalid_value");
        assert_eq!(
            (parts[0], parts[1], parts[2], code),
            (
                fault.dotted(),
                fault.reason().as_str(),
                fault.message(),
                fault.code().as_str()
            )
        );
    }
    assert_eq!(lines.next(), None);
}

#[wasm_bindgen_test]
fn ids_are_made_and_taken_apart() {
    let mut last = String::new();
    for (now, partition) in [
        (5.0, 1.0),
        (5.0, 1.0),
        (5.0, 0.0),
        (4.0, 1_073_741_823.0),
        (1e12, 7.0),
    ] {
        write(&[255; 10], 0);
        assert_eq!(generate_pfid(now, partition), 0);
        let text = String::from_utf8(left(32)).unwrap();
        assert!(text > last, "{text} after {last}");
        let time = parse_pfid(32);
        let id: Pfid = text.parse().unwrap();
        assert_eq!(
            (time, f64::from(id.partition().get())),
            (id.timestamp() as f64, partition)
        );
        assert_eq!(left(20), id.to_bytes());
        last = text;
    }
    assert_eq!(parse_pfid(write(b"no id", 0)), -1.0);
}

#[wasm_bindgen_test]
fn what_is_out_of_an_ids_range_is_told() {
    for partition in [
        -1.0,
        0.5,
        1_073_741_824.0,
        4_294_967_301.0,
        f64::NAN,
        f64::INFINITY,
    ] {
        assert_eq!(generate_pfid(5.0, partition), 1, "{partition}");
    }
    for now in [-1.0, 281_474_976_710_656.0, 1e300, f64::INFINITY] {
        assert_eq!(generate_pfid(now, 1.0), 2, "{now}");
    }
}

#[wasm_bindgen_test]
fn the_life_cycle_leaves_counts_and_actions() {
    assert_eq!(life_cycle(0, false, NONE, 0, 0, 0, 0, 0), 0);
    assert_eq!(left(20), [[0; 16].as_slice(), &[1, 1, 0, 1]].concat());
    assert_eq!(life_cycle(0, true, 0, 1, 2, 3, 4, u32::MAX), 3);
    let numbers = [4_294_967_305_f64, 4_294_967_302_f64].map(f64::to_le_bytes);
    assert_eq!(left(20), [&numbers.concat()[..], &[0, 0, 1, 0]].concat());
    let month = 30 * 86_400_000_000;
    assert_eq!(life_cycle(month, false, 1, 1, 0, 0, 0, 0), 1);
    assert_eq!(life_cycle(month, false, 0, 1, 0, 0, 0, 0), 2);
    assert_eq!(life_cycle(month, false, NONE, 1, 0, 0, 0, 0), 1);
}
