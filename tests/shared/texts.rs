//! Texts at the boundaries of the rules, and spellings of them, for tests that generate bodies: `tests/parity.rs` and the fuzz
//! targets.

/// Pieces of texts: white space and what looks like it, control characters, the ends of the ranges of UTF-8 and UTF-16,
/// characters of several code points, and nothing.
pub(crate) const ODD: &[&str] = &[
    "",
    "a",
    "Z",
    "0",
    " ",
    "~",
    "\"",
    "\\",
    "/",
    "\t",
    "\n",
    "\r",
    "\u{b}",
    "\u{c}",
    "\0",
    "\u{8}",
    "\u{1b}",
    "\u{1c}",
    "\u{1f}",
    "\u{7f}",
    "\u{80}",
    "\u{84}",
    "\u{85}",
    "\u{86}",
    "\u{9f}",
    "\u{a0}",
    "\u{ad}",
    "é",
    "e\u{301}",
    "\u{1680}",
    "\u{180e}",
    "\u{2000}",
    "\u{200a}",
    "\u{200b}",
    "\u{200d}",
    "\u{2028}",
    "\u{2029}",
    "\u{202e}",
    "\u{202f}",
    "\u{205f}",
    "\u{2060}",
    "漢",
    "\u{3000}",
    "\u{d7ff}",
    "\u{e000}",
    "\u{feff}",
    "\u{fffd}",
    "\u{ffff}",
    "\u{10000}",
    "😀",
    "👩\u{200d}👧",
    "\u{10ffff}",
];

/// What fills a text up to a limit: characters of 1, 2, 3 and 4 bytes, and white space.
pub(crate) const FILLERS: &[&str] = &["x", "é", "漢", "😀", " "];

/// A text as a JSON string. The characters at these places are written as escapes, and those that must be.
pub(crate) fn json_string(text: &str, is_escaped: impl Fn(usize) -> bool) -> String {
    let mut json = String::from("\"");
    for (index, character) in text.chars().enumerate() {
        if matches!(character, '"' | '\\') || character < ' ' || is_escaped(index) {
            for unit in character.encode_utf16(&mut [0; 2]) {
                json.push_str(&format!("\\u{unit:04X}"));
            }
        } else {
            json.push(character);
        }
    }
    json.push('"');
    json
}
