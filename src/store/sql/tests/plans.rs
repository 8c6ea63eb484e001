//! The statements themselves: their numbers, their limits, and how SQLite runs them.

use super::*;

/// How SQLite runs a statement.
fn plan(store: &mut SqliteStore, statement: Statement) -> String {
    let connection = store.host_mut().connection();
    let explain = format!("EXPLAIN QUERY PLAN {}", statement.text());
    let mut explain = connection.prepare(&explain).unwrap();
    let steps = explain
        .raw_query()
        .mapped(|row| row.get::<_, String>("detail"));
    steps.map(Result::unwrap).collect::<Vec<_>>().join("; ")
}

/// The most terms of a compound SELECT in a statement: those in brackets count by themselves.
fn terms(text: &str) -> usize {
    let (mut most, mut open) = (1, vec![1]);
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    for word in spaced.split_whitespace() {
        match word {
            "(" => open.push(1),
            ")" => drop(open.pop()),
            "UNION" | "EXCEPT" | "INTERSECT" => *open.last_mut().unwrap() += 1,
            _ => {}
        }
        most = most.max(open.last().copied().unwrap_or(1));
    }
    most
}

#[test]
fn statements_are_numbered_and_within_the_limits_of_a_durable_object() {
    for (index, statement) in statements().enumerate() {
        assert_eq!(usize::from(statement.index()), index);
        assert!(statement.text().len() < 100_000);
        assert!(statement.text().matches('?').count() <= 100);
        assert!(terms(statement.text()) <= 5, "{}", statement.text());
    }
    assert_eq!(
        statements().count(),
        usize::from(crate::store::sql::counting::END)
    );
}

/// `node:sqlite` before Node 22.16 returns rows as objects: columns of one name would be one, and names that are numbers would
/// come first.
#[test]
fn columns_of_a_statement_have_distinct_names_that_are_not_numbers() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    for statement in statements()
        .filter(|it| !it.text().starts_with("CREATE") && !it.text().starts_with("ALTER"))
    {
        let connection = store.host_mut().connection();
        let prepared = connection.prepare(statement.text()).unwrap();
        let mut names = prepared.column_names();
        let count = names.len();
        assert!(count < 2 || names.iter().all(|name| name.parse::<u32>().is_err()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "{}", statement.text());
    }
}

/// Statements that scan a whole table on purpose: clearing, the lists of a registrar that opens, and the start of a table.
fn may_scan(text: &str) -> bool {
    (text.starts_with("DELETE FROM ") && !text.contains("WHERE"))
        || text.contains("sqlite_master")
        || text.contains("FROM account ORDER BY number")
        || text.contains("FROM generated_environment ORDER BY number")
        || text.contains("FROM answer ORDER BY number LIMIT")
        || text.contains("FROM answer ORDER BY number DESC LIMIT 1")
        || text == "SELECT number FROM api_token LIMIT 1"
        || text.starts_with("UPDATE account SET records = total")
        || text.starts_with("UPDATE account SET records = account.records + total")
        || text.starts_with("UPDATE answer SET upto = total")
        || text.contains("FROM answer_drop")
        || text.ends_with("FROM agent_bucket_upto")
}

/// The keys of hints are found by ranges of one column each: no record that is skipped is compared with a key of several columns.
#[test]
fn keys_of_hints_are_ranges_of_one_column() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    let mut lists = 0;
    for statement in statements().filter(|it| it.text().contains(" UNION ALL SELECT ")) {
        let text = statement.text();
        if !text.contains("INDEXED BY") {
            continue;
        }
        lists += 1;
        assert!(!text.contains("(?, "), "{text}");
        let plan = plan(&mut store, statement);
        let searches = plan.split("; ").filter(|it| it.starts_with("SEARCH "));
        // A range each, its end or its beginning by the last column that counts.
        assert!(searches.clone().all(|it| it.ends_with(">?)")), "{plan}");
        assert_eq!(searches.count(), terms(text), "{plan}");
    }
    // Of agents by name, status and two times, twice; of versions, instances and spans by time.
    assert!(lists >= 12, "{lists}");
}

#[test]
fn no_statement_scans_a_whole_table() {
    let mut store = SqliteStore::open_in_memory().unwrap();
    for statement in statements()
        .filter(|it| !it.text().starts_with("CREATE") && !it.text().starts_with("ALTER"))
    {
        let plan = plan(&mut store, statement);
        let scans = plan
            .split("; ")
            .filter(|step| !step.starts_with("SCAN (subquery") && !step.ends_with(" VALUES CLAUSE"))
            .any(|step| step.starts_with("SCAN "));
        let text = statement.text();
        assert!(!scans || may_scan(text), "{text}: {plan}");
        // An index that is named has the rows in order.
        if text.contains("INDEXED BY") {
            assert!(!plan.contains("TEMP B-TREE"), "{text}: {plan}");
        }
    }
}
