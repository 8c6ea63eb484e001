//! Timestamps against `chrono`.

use agent_registrar::{Timestamp, TimestampError};
use chrono::{DateTime, Datelike, Timelike};

use crate::draw::Draw;

pub(crate) fn run(data: &[u8]) {
    let mut draw = Draw::new(data);
    match draw.below(3) {
        0 => moment(draw.number() as i64),
        1 => {
            if let Ok(text) = str::from_utf8(draw.rest()) {
                check(text);
            }
        }
        _ => check(&text(&mut draw)),
    }
}

/// A text of the form, with numbers in and out of their ranges, and perhaps one character changed.
fn text(draw: &mut Draw<'_>) -> String {
    let year = match draw.below(3) {
        0 => draw.one_of(&[0, 1, 1969, 1970, 2000, 2100, 9999]),
        _ => draw.below(10_000),
    };
    let (month, day) = (draw.below(14), draw.below(33));
    let (hour, minute, second) = (draw.below(26), draw.below(62), draw.below(62));
    let separator = draw.one_of(&["T", "t", " ", "T", "T", "_"]);
    let mut text =
        format!("{year:04}-{month:02}-{day:02}{separator}{hour:02}:{minute:02}:{second:02}");
    if draw.rarely(2) {
        let digits = draw.below(11);
        text.push('.');
        text.extend((0..digits).map(|_| draw.one_of(&['0', '1', '5', '9'])));
    }
    match draw.below(4) {
        0 => text.push_str(draw.one_of(&[
            "",
            "z",
            "+00:00",
            "-00:00",
            "+0200",
            "+02",
            "Z ",
            "\u{2212}02:00",
        ])),
        1 => {
            let sign = draw.one_of(&['+', '-']);
            let (hours, minutes) = (draw.below(26), draw.below(62));
            text.push_str(&format!("{sign}{hours:02}:{minutes:02}"));
        }
        _ => text.push('Z'),
    }
    if draw.rarely(4) {
        let place = draw.below(text.len());
        let character = char::from(draw.byte());
        if text.is_char_boundary(place) && text.is_char_boundary(place + 1) {
            text.replace_range(place..=place, character.encode_utf8(&mut [0; 4]));
        }
    }
    text
}

fn micros(time: &DateTime<chrono::FixedOffset>) -> i64 {
    // A leap second counts as the last microsecond before it.
    match time.nanosecond() {
        0..1_000_000_000 => time.timestamp_micros(),
        _ => time.timestamp() * 1_000_000 + 999_999,
    }
}

fn check(text: &str) {
    let ours = Timestamp::parse_rfc3339(text);
    let theirs = DateTime::parse_from_rfc3339(text);
    match (ours, theirs) {
        (Ok(ours), Ok(theirs)) => {
            assert_eq!(ours.micros(), micros(&theirs), "{text}");
            moment(ours.micros());
        }
        (Ok(ours), Err(error)) => panic!("{text:?} is {ours}, and to chrono: {error}"),
        (Err(TimestampError::Form), Ok(_)) => {
            let digits = text.split_once('.').map_or("", |it| it.1);
            let digits = digits.bytes().take_while(u8::is_ascii_digit).count();
            let is_ours = digits > 9 || text.contains('\u{2212}');
            assert!(is_ours, "{text:?} was refused");
        }
        (Err(TimestampError::Range), Ok(theirs)) => {
            let year = theirs.to_utc().year();
            assert!(!(0..=9999).contains(&year), "{text:?} was refused");
        }
        (Err(_), Err(_)) => {}
    }
}

/// A moment and its text are one another's.
fn moment(micros: i64) {
    let theirs = DateTime::from_timestamp_micros(micros);
    let is_in_range = theirs.is_some_and(|it| (0..=9999).contains(&it.year()));
    let ours = Timestamp::from_micros(micros);
    assert_eq!(ours.is_some(), is_in_range, "{micros}");
    if let (Some(ours), Some(theirs)) = (ours, theirs) {
        let text = ours.to_string();
        assert_eq!(text, theirs.format("%Y-%m-%dT%H:%M:%S%.6fZ").to_string());
        assert_eq!(Timestamp::parse_rfc3339(&text), Ok(ours));
    }
}
