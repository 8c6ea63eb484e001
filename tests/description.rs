//! What is generated from the description is checked in, and the description is of the API that there is.
#![cfg(feature = "description")]

use std::fs;

use agent_registrar::api::route;
use agent_registrar::description;

#[test]
fn the_generated_files_are_up_to_date() {
    for (path, wanted) in [
        (
            "docs/openapi.json",
            format!("{:#}\n", description::openapi()),
        ),
        ("docs/openapi.min.json", description::openapi().to_string()),
        ("js/generated/wire.ts", description::typescript()),
    ] {
        let there = fs::read_to_string(path).unwrap_or_default();
        assert!(
            there == wanted,
            "{path} is out of date: run `npm run describe`"
        );
    }
}

#[test]
fn every_operation_is_described_and_every_description_is_of_an_operation() {
    let mut routed: Vec<&str> = route::all().map(|(_, operation)| operation.name).collect();
    let described = description::operations();
    let mut described: Vec<&str> = described.iter().map(|it| it.name).collect();
    routed.sort_unstable();
    described.sort_unstable();
    assert_eq!(described, routed);
}

#[test]
fn every_definition_that_is_named_exists() {
    let document = description::openapi().to_string();
    let defined = description::openapi();
    for reference in document.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap_or_default();
        assert!(defined.pointer(pointer).is_some(), "{pointer}");
    }
}
