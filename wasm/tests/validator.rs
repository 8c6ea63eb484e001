//! The bindings of the validator and of agents as JavaScript uses them, compiled to WebAssembly, in Node and in a browser.

#![cfg(target_arch = "wasm32")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use agent_registrar::model::pfid::Pfid;
use agent_registrar::model::timestamp::Timestamp;
use agent_registrar::rules::IssueReason::{self, *};
use agent_registrar::rules::{CreateAgentFields, Field, IssueSet, UpdateAgentFields};
use agent_registrar_wasm::agent::{
    generate_pfid, life_cycle, parse_pfid, read_timestamp, write_timestamp,
};
use agent_registrar_wasm::buffer::{header, scratch};
use agent_registrar_wasm::validator::{check_body, white_space};
use js_sys::{Uint8Array, WebAssembly};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;

const ENVIRONMENT: &str = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
const FOREIGN: &str = "013xrzp12g00000000y2vfkg4s3jp2qr";
const NONE: i64 = i64::MIN;

/// How a value arrived, in the numbers of the header.
const ABSENT: u32 = 0;
const NULL: u32 = 1;
const PRESENT: u32 = 2;
const WRONG_TYPE: u32 = 3;
const UNREADABLE: u32 = 4;
const NOT_WELL_FORMED: u32 = 5;

/// The memory from an address on.
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

/// Writes a slot of the header.
fn slot(index: usize, kind: u32, end: u32) {
    let bytes = [kind.to_le_bytes(), end.to_le_bytes()].concat();
    memory(header()).set(&Uint8Array::from(&bytes[..]), 8 * index as u32);
}

/// Passes `details` and the text fields of a body, and returns the verdict.
fn verdict(update: bool, details: u32, fields: &[(u32, &str)]) -> f64 {
    slot(0, details, 0);
    let (mut written, mut end) = (0, 0);
    for (index, (kind, text)) in fields.iter().enumerate() {
        written = write(text.as_bytes(), written as usize);
        end += text.encode_utf16().count() as u32;
        slot(index + 1, *kind, end);
    }
    check_body(update, written)
}

fn issues(verdict: f64) -> Vec<(Field, IssueReason)> {
    IssueSet::from_bits(verdict as u64)
        .iter()
        .map(|it| (it.field, it.reason))
        .collect()
}

/// Slots of the create body.
const NAME: usize = 0;
const ENVIRONMENT_ID: usize = 1;
const DESCRIPTION: usize = 2;
const ID: usize = 3;
const KEY: usize = 4;

const VALID: [(u32, &str); 5] = [
    (PRESENT, "Ada"),
    (PRESENT, ENVIRONMENT),
    (ABSENT, ""),
    (ABSENT, ""),
    (ABSENT, ""),
];

fn with(place: usize, kind: u32, text: &str) -> Vec<(Field, IssueReason)> {
    let mut fields = VALID;
    fields[place] = (kind, text);
    issues(verdict(false, PRESENT, &fields))
}

#[wasm_bindgen_test]
fn slots_have_the_order_of_the_table() {
    let create: Vec<Field> = CreateAgentFields::FIELDS
        .iter()
        .map(|it| it.field)
        .collect();
    let slots = [
        (NAME, Field::Name),
        (ENVIRONMENT_ID, Field::EnvironmentId),
        (DESCRIPTION, Field::Description),
        (ID, Field::Id),
        (KEY, Field::IdempotencyKey),
    ];
    for (slot, field) in slots {
        assert_eq!(create[slot], field);
    }
    assert_eq!(create.len(), VALID.len());
    assert_eq!(UpdateAgentFields::FIELDS.len(), 4);
}

#[wasm_bindgen_test]
fn a_valid_body_has_no_issue() {
    assert_eq!(verdict(false, PRESENT, &VALID), 0.0);
    let all = [
        (PRESENT, "Ädä 🦀"),
        (PRESENT, ENVIRONMENT),
        (PRESENT, "d\n"),
        (PRESENT, ENVIRONMENT),
        (PRESENT, "key"),
    ];
    assert_eq!(verdict(false, PRESENT, &all), 0.0);
}

#[wasm_bindgen_test]
fn each_kind_has_its_issue() {
    let cases: [(usize, u32, &str, &[(Field, IssueReason)]); 14] = [
        (NAME, ABSENT, "", &[(Field::Name, Missing)]),
        (NAME, NULL, "", &[(Field::Name, Missing)]),
        (NAME, WRONG_TYPE, "", &[(Field::Name, WrongType)]),
        (NAME, UNREADABLE, "", &[(Field::Name, Unreadable)]),
        (NAME, NOT_WELL_FORMED, "", &[(Field::Name, NotWellFormed)]),
        (NAME, PRESENT, " ", &[(Field::Name, Blank)]),
        (NAME, u32::MAX, "", &[(Field::Name, NotWellFormed)]),
        (DESCRIPTION, NULL, "", &[]),
        (
            DESCRIPTION,
            PRESENT,
            "\0",
            &[(Field::Description, ControlCharacter)],
        ),
        (KEY, PRESENT, "", &[(Field::IdempotencyKey, Blank)]),
        (
            ENVIRONMENT_ID,
            PRESENT,
            "x",
            &[(Field::EnvironmentId, NotAPfid)],
        ),
        (ENVIRONMENT_ID, NULL, "", &[(Field::EnvironmentId, Missing)]),
        (ID, PRESENT, FOREIGN, &[(Field::Id, ForeignPartition)]),
        (ID, NULL, "", &[]),
    ];
    for (place, kind, text, expected) in cases {
        assert_eq!(with(place, kind, text), expected, "{place} {kind} {text:?}");
    }
}

#[wasm_bindgen_test]
fn ends_in_utf_16_units_delimit_texts_of_any_script() {
    for unit in ["a", "é", "€", "🦀", "a🦀", "abcdefg€"] {
        for count in 0..15 {
            let name = format!("{}x", unit.repeat(count));
            let description = format!("\0{name}");
            let fields = [
                (PRESENT, name.as_str()),
                (PRESENT, ENVIRONMENT),
                (PRESENT, &description),
                (PRESENT, ENVIRONMENT),
                (PRESENT, name.as_str()),
            ];
            let mut expected = vec![(Field::Description, ControlCharacter)];
            if !name.is_ascii() {
                expected.push((Field::IdempotencyKey, NotPrintableAscii));
            }
            assert_eq!(
                issues(verdict(false, PRESENT, &fields)),
                expected,
                "{name:?}"
            );
        }
    }
}

#[wasm_bindgen_test]
fn without_details_their_fields_are_not_checked() {
    for (kind, reason) in [
        (ABSENT, Missing),
        (NULL, Missing),
        (WRONG_TYPE, WrongType),
        (UNREADABLE, Unreadable),
    ] {
        let nothing = [(ABSENT, ""); 5];
        let expected = [(Field::Details, reason)];
        assert_eq!(issues(verdict(false, kind, &nothing)), expected);
        assert_eq!(issues(verdict(true, kind, &nothing[1..])), expected);
    }
}

#[wasm_bindgen_test]
fn an_update_has_other_rules() {
    let mut fields = [(ABSENT, ""); 4];
    assert_eq!(verdict(true, PRESENT, &fields), 0.0);
    fields[0] = (NULL, "");
    fields[2] = (PRESENT, "v1");
    assert_eq!(
        issues(verdict(true, PRESENT, &fields)),
        [(Field::Name, Missing), (Field::CurrentVersionId, NotAPfid)]
    );
}

#[wasm_bindgen_test]
fn a_valid_name_gives_its_trim_counts() {
    let mut fields = VALID;
    fields[NAME] = (PRESENT, "\u{3000} \tAda\u{85}\n");
    assert_eq!(
        verdict(false, PRESENT, &fields),
        -f64::from(3_u32 << 16 | 2)
    );
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
fn invalid_ends_are_issues() {
    for ends in [
        [u32::MAX; 5],
        [5, 4, 3, 2, 1],
        [0, 65_536, 65_537, 0, u32::MAX],
        [1 << 31; 5],
    ] {
        for written in [0, 3, ends[4], u32::MAX] {
            slot(0, PRESENT, u32::MAX);
            for (index, end) in ends.into_iter().enumerate() {
                slot(index + 1, PRESENT, end);
            }
            slot(ID + 1, ABSENT, ends[ID]);
            slot(KEY + 1, ABSENT, ends[KEY]);
            assert!(!issues(check_body(false, written)).is_empty(), "{ends:?}");
            slot(ENVIRONMENT_ID + 1, u32::MAX, ends[ENVIRONMENT_ID]);
            assert!(!issues(check_body(true, written)).is_empty(), "{ends:?}");
        }
    }
    assert_eq!(parse_pfid(u32::MAX), -1.0);
    assert_eq!(read_timestamp(u32::MAX), NONE);
    assert_eq!(white_space(u32::MAX), 0);
}

#[wasm_bindgen_test]
fn times_are_read_and_written() {
    let given = "2026-05-07t12:30:00.123456789+02:30";
    let time = read_timestamp(write(given.as_bytes(), 0));
    assert_eq!(time, 1_778_148_000_123_456);
    assert_eq!(left(27), b"2026-05-07T10:00:00.123456Z");
    for text in ["", "2026-05-07", "2026-02-29T10:00:00Z"] {
        assert_eq!(read_timestamp(write(text.as_bytes(), 0)), NONE, "{text}");
    }
    assert!(write_timestamp(-1));
    assert_eq!(left(27), b"1969-12-31T23:59:59.999999Z");
    for micros in [
        i64::MIN,
        Timestamp::MIN.micros() - 1,
        Timestamp::MAX.micros() + 1,
        i64::MAX,
    ] {
        assert!(!write_timestamp(micros), "{micros}");
    }
}

#[wasm_bindgen_test]
fn ids_are_generated_and_parsed() {
    for (now, partition, expected) in [
        (5.0, 1.0, 5.0),
        // The randomness of the id before is the greatest.
        (5.0, 1.0, 6.0),
        (5.0, 0.0, 5.0),
        (4.0, 1_073_741_823.0, 4.0),
        (1e12, 7.0, 1e12),
        (5.0, 1.0, 7.0),
    ] {
        write(&[255; 10], 0);
        assert_eq!(generate_pfid(now, partition), 0);
        let text = String::from_utf8(left(32)).unwrap();
        let time = parse_pfid(32);
        let id: Pfid = text.parse().unwrap();
        assert_eq!(
            (time, f64::from(id.partition().get())),
            (id.timestamp() as f64, partition)
        );
        assert_eq!(left(20), id.to_bytes());
        assert_eq!(time, expected, "{text}");
    }
    assert_eq!(parse_pfid(write(b"no id", 0)), -1.0);
}

#[wasm_bindgen_test]
fn values_outside_the_range_of_an_id_are_refused() {
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
    write(&[255; 10], 0);
    assert_eq!(generate_pfid(281_474_976_710_655.0, 9.0), 0);
    assert_eq!(generate_pfid(5.0, 9.0), 3);
    assert_eq!(generate_pfid(5.0, 8.0), 0);
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
