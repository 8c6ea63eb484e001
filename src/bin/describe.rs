//! Writes what is generated from the description of the API: `docs/openapi.json`, the same without
//! white space for the service, `js/generated/wire.ts`, `js/generated/rules.ts`, and the limits in README.md.
//! `npm run describe` runs it; `tests/description.rs` fails where it should have been run.

use std::{fs, io};

use agent_registrar::description;

fn main() -> io::Result<()> {
    fs::create_dir_all("js/generated")?;
    fs::write("js/generated/wire.ts", description::typescript())?;
    fs::write("js/generated/rules.ts", description::rules())?;
    let readme = fs::read_to_string("README.md")?;
    fs::write("README.md", description::readme(&readme))?;
    fs::create_dir_all("docs")?;
    let document = description::openapi();
    fs::write("docs/openapi.json", format!("{document:#}\n"))?;
    fs::write("src/api/openapi.min.json", document.to_string())
}
