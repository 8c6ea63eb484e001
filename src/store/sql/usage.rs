//! What the records of an account count for the limits: two columns of the account, and their first values in a database that an
//! earlier version wrote.

use super::migration::Change;
use super::statement::statements;

macro_rules! bytes {
    ($column:literal) => {
        concat!("ifnull(length(CAST(", $column, " AS BLOB)), 0)")
    };
    ($column:literal, $part:literal, $owner:literal) => {
        concat!(
            "ifnull(length(CAST(",
            $column,
            " AS BLOB)), ifnull((SELECT sum(length(data)) FROM chunk WHERE part = ",
            $part,
            " AND owner = ",
            $owner,
            "), 0))"
        )
    };
}

/// Adds the records of one kind. `$rows` gives the account and the bytes of each.
macro_rules! fill {
    ($rows:expr) => {
        concat!(
            "UPDATE account SET records = account.records + total.records, bytes = account.bytes + total.bytes FROM (\
            SELECT account, count(*) AS records, sum(bytes) AS bytes FROM (SELECT ",
            $rows,
            ") GROUP BY account) AS total WHERE total.account = account.number"
        )
    };
}

statements! {
    after super::tokens::END;
    ADD_RECORDS = "ALTER TABLE account ADD COLUMN records INTEGER NOT NULL DEFAULT 0 CHECK (records >= 0)";
    ADD_BYTES = "ALTER TABLE account ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0)";
    // One statement for each kind: a Durable Object takes five terms of a compound SELECT at most. The numbers are those of
    // `store::usage`.
    FILL_ACCOUNTS = concat!("UPDATE account SET records = 1, bytes = 512 + ", bytes!("name"));
    FILL_ENVIRONMENTS = fill!(concat!("account, 256 + ", bytes!("name"), " AS bytes FROM environment"));
    FILL_TOKENS = fill!(concat!("account, 384 + ", bytes!("name"), " AS bytes FROM api_token"));
    FILL_AGENTS = fill!(concat!("account, 384 + ", bytes!("name"), " + ", bytes!("description"), " AS bytes FROM agent"));
    FILL_VERSIONS = fill!(concat!(
        "agent.account, 256 + ", bytes!("version.external_identifier"), " + ", bytes!("version.name"), " + ",
        bytes!("version.description"), " + ", bytes!("version.schema_0", 3, "version.number"), " + ",
        bytes!("version.schema_1", 4, "version.number"), " + ", bytes!("version.schema_2", 5, "version.number"), " + ",
        bytes!("version.schema_3", 6, "version.number"), " AS bytes FROM version JOIN agent ON agent.number = version.agent"
    ));
    FILL_INSTANCES = fill!("agent.account, 384 AS bytes FROM instance JOIN agent ON agent.number = instance.agent");
    FILL_SPANS = fill!(concat!(
        "agent.account, 384 + ", bytes!("span.schema_name"), " + ", bytes!("span.payload", 0, "span.number"),
        " + max(256, ", bytes!("span.result_payload", 1, "span.number"), ") AS bytes FROM span JOIN agent ON agent.number = span.agent"
    ));
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(2, ADD_RECORDS),
    Change::new(2, ADD_BYTES),
    Change::new(2, FILL_ACCOUNTS),
    Change::new(2, FILL_ENVIRONMENTS),
    Change::new(2, FILL_TOKENS),
    Change::new(2, FILL_AGENTS),
    Change::new(2, FILL_VERSIONS),
    Change::new(2, FILL_INSTANCES),
    Change::new(2, FILL_SPANS),
];
