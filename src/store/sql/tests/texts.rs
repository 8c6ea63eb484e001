//! How texts cross to the database.

use std::sync::{Arc, Mutex};

use super::*;
use crate::store::conformance::{
    descriptions_of_agents_are_kept, descriptions_of_versions_are_kept,
};
use crate::store::sql::value::{RawValue, Values};

/// The bytes of the longest text, and of the longest blob.
#[derive(Default)]
struct Longest {
    text: usize,
    blob: usize,
}

impl Observer for Arc<Mutex<Longest>> {
    fn note(&mut self, _statement: Statement, parameters: &[u8], rows: &[u8]) {
        let mut longest = self.lock().unwrap();
        for value in Values::new(parameters).chain(Values::new(rows)) {
            match value {
                RawValue::Text(text) => longest.text = longest.text.max(text.len()),
                RawValue::Blob(blob) => longest.blob = longest.blob.max(blob.len()),
                RawValue::Null | RawValue::Number(_) => {}
            }
        }
    }
}

#[test]
fn long_texts_cross_as_blobs_in_both_directions() {
    for rule in [
        descriptions_of_agents_are_kept,
        descriptions_of_versions_are_kept,
    ] {
        let longest = Arc::new(Mutex::new(Longest::default()));
        let host = Observed::in_memory(Arc::clone(&longest));
        rule(&mut SqlStore::with_host(host).unwrap());
        let longest = longest.lock().unwrap();
        assert_eq!((longest.text, longest.blob), (256, 40_000));
    }
}
