//! Writes what is generated from the core: the OpenAPI document, the same without white space for the service, constants,
//! rules and JSON Schemas for JavaScript, and the limits in README.md. `npm run describe` runs it, and then makes the
//! TypeScript types from the document; `tests/description.rs` fails where it should have been run.

use std::{fs, io};

use agent_registrar::description;

fn main() -> io::Result<()> {
    fs::create_dir_all("js/generated")?;
    for (path, text) in description::files() {
        fs::write(path, text)?;
    }
    let readme = fs::read_to_string("README.md")?;
    fs::write("README.md", description::readme(&readme))
}
