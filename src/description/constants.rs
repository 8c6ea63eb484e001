//! Constants of the core for JavaScript: `js/generated/constants.ts`.

use crate::api::MAX_BODY;

/// The first line of every generated TypeScript file.
pub(super) fn header() -> String {
    "// Generated from the Rust core by `npm run describe`. Do not edit.\n".to_owned()
}

/// The text of `js/generated/constants.ts`: what JavaScript uses, and nothing else.
pub(super) fn constants() -> String {
    let mut out = header();
    out +=
        &format!("\n/** The longest body, in bytes. */\nexport const maxBodyBytes = {MAX_BODY};\n");
    out
}
