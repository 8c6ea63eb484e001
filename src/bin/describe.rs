//! Writes what is generated from the core: the OpenAPI document, the same without white space for the service, and
//! constants and JSON Schemas for JavaScript. `npm run describe` runs it, and then makes the TypeScript types from the
//! document; `tests/description.rs` fails where it should have been run.

use std::{fs, io};

use agent_registrar::description;

fn main() -> io::Result<()> {
    fs::create_dir_all("js/generated")?;
    for (path, text) in description::files() {
        fs::write(path, text)?;
    }
    Ok(())
}
