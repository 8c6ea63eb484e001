//! The store on SQLite.

use super::*;

mod memory {
    use super::*;

    crate::store_conformance!(SqliteStore::open_in_memory().unwrap());
}
