//! Constants of the core for JavaScript: `js/generated/constants.ts`.

use crate::api::MAX_BODY;
use crate::json::MAX_DEPTH;

/// The first line of every generated TypeScript file.
pub(super) fn header() -> String {
    "// Generated from the Rust core by `npm run describe`. Do not edit.\n".to_owned()
}

/// The text of `js/generated/constants.ts`: what JavaScript uses, and nothing else.
pub(super) fn constants() -> String {
    let mut out = header();
    out +=
        &format!("\n/** The longest body, in bytes. */\nexport const maxBodyBytes = {MAX_BODY};\n");
    out += &format!(
        "\n/** The deepest nesting of arrays and objects in a body, which is the first level. */\nexport const maxDepth = {MAX_DEPTH};\n"
    );
    out
}
