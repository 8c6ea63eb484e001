//! The store on SQLite.

use super::*;

mod memory {
    use super::*;

    crate::store_conformance!(SqliteStore::open_in_memory().unwrap());
}

mod plans {
    use super::*;

    /// The plan of a statement, as SQLite tells it.
    fn plan(store: &mut SqliteStore, statement: Statement) -> String {
        let connection = store.host_mut().connection();
        let mut explain = connection
            .prepare(&format!("EXPLAIN QUERY PLAN {}", statement.text()))
            .unwrap();
        let steps = explain.raw_query();
        let steps = steps.mapped(|row| row.get::<_, String>(3));
        steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn dump() {
        let mut store = SqliteStore::open_in_memory().unwrap();
        for statement in statements() {
            if statement.text().starts_with("CREATE") {
                continue;
            }
            println!("{}\n    {}", statement.text(), plan(&mut store, statement));
        }
    }
}
