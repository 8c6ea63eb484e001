//! Query strings against `form_urlencoded`, and percent-encoding against `percent_encoding`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use agent_registrar::api::read::query::{Query, decode};
use percent_encoding::percent_decode_str;

/// What stands for a name or a value that is not UTF-8. It matches nothing.
const NOT_UTF8: &str = "\u{fffd}";

const TOKENS: &[&str] = &[
    "a",
    "b",
    "=",
    "&",
    "+",
    "%",
    "%2",
    "%20",
    "%2B",
    "%3D",
    "%26",
    "%25",
    "%5B",
    "%5d",
    "[",
    "]",
    "%C3%A9",
    "%c3",
    "%ff",
    "%00",
    "é",
    "\u{1f600}",
    "%f0%9f%98%80",
    "%EF%BF%BD",
    "\u{fffd}",
    "#",
    "?",
    "/",
    "%%",
    "%zz",
    "pagination[offset]",
    "sorting",
    "agent_id",
    "0",
    ".",
];

pub(crate) fn run(data: &[u8]) {
    let Some((&mode, rest)) = data.split_first() else {
        return;
    };
    match mode & 1 {
        0 => {
            if let Ok(text) = str::from_utf8(rest) {
                check(text);
            }
        }
        _ => {
            let token = |byte: &u8| TOKENS[usize::from(*byte) % TOKENS.len()];
            check(&rest.iter().map(token).collect::<String>());
        }
    }
}

/// What a name or a value is, by the decoded bytes.
fn expected(bytes: &[u8]) -> Cow<'_, str> {
    match str::from_utf8(bytes) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => Cow::Borrowed(NOT_UTF8),
    }
}

fn check(text: &str) {
    let query = Query::parse(text);
    let ours: Vec<_> = query.iter().collect();
    let parts: Vec<_> = text.split('&').filter(|it| !it.is_empty()).collect();
    let theirs: Vec<_> = form_urlencoded::parse(text.as_bytes()).collect();
    assert_eq!((ours.len(), theirs.len()), (parts.len(), parts.len()));
    for ((ours, theirs), part) in ours.iter().zip(&theirs).zip(parts) {
        // `form_urlencoded` replaces only the bytes that are not UTF-8.
        let sides = [(ours.0, &theirs.0), (ours.1, &theirs.1)];
        for (ours, theirs) in sides {
            let is_replaced = theirs.contains(NOT_UTF8) && ours == NOT_UTF8;
            assert!(
                is_replaced || ours == theirs,
                "{part}: {ours:?} and {theirs:?}"
            );
        }
    }
    // A map keeps the last value of a name.
    for (name, value) in ours.iter().copied().collect::<BTreeMap<_, _>>() {
        assert_eq!(query.get(name), Some(value), "{name}={value}");
    }
    let bytes: Vec<u8> = percent_decode_str(text).collect();
    assert_eq!(decode(text, false), expected(&bytes), "{text}");
    let spaced = text.replace('+', " ");
    let bytes: Vec<u8> = percent_decode_str(&spaced).collect();
    assert_eq!(decode(text, true), expected(&bytes), "{text}");
}
