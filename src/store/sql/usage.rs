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

statements! {
    after super::tokens::END;
    ADD_RECORDS = "ALTER TABLE account ADD COLUMN records INTEGER NOT NULL DEFAULT 0 CHECK (records >= 0)";
    ADD_BYTES = "ALTER TABLE account ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0 CHECK (bytes >= 0)";
    // The numbers are those of `store::usage`. Two statements, because a Durable Object takes at most five terms in a compound SELECT.
    FILL = concat!(
        "UPDATE account SET records = total.records, bytes = total.bytes FROM (\
        SELECT account, count(*) AS records, sum(bytes) AS bytes FROM (\
        SELECT number AS account, 512 + ", bytes!("name"), " AS bytes FROM account \
        UNION ALL SELECT account, 256 + ", bytes!("name"), " FROM environment \
        UNION ALL SELECT account, 384 + ", bytes!("name"), " FROM api_token \
        UNION ALL SELECT account, 384 + ", bytes!("name"), " + ", bytes!("description"), " FROM agent\
        ) GROUP BY account) AS total WHERE total.account = account.number"
    );
    FILL_DEPENDENTS = concat!(
        "UPDATE account SET records = account.records + total.records, bytes = account.bytes + total.bytes FROM (\
        SELECT account, count(*) AS records, sum(bytes) AS bytes FROM (\
        SELECT agent.account AS account, 256 + ", bytes!("version.external_identifier"), " + ", bytes!("version.name"), " + ",
        bytes!("version.description"), " + ", bytes!("version.schema_0", 3, "version.number"), " + ",
        bytes!("version.schema_1", 4, "version.number"), " + ", bytes!("version.schema_2", 5, "version.number"), " + ",
        bytes!("version.schema_3", 6, "version.number"), " AS bytes FROM version JOIN agent ON agent.number = version.agent \
        UNION ALL SELECT agent.account, 384 FROM instance JOIN agent ON agent.number = instance.agent \
        UNION ALL SELECT agent.account, 384 + ", bytes!("span.schema_name"), " + ", bytes!("span.payload", 0, "span.number"),
        " + max(256, ", bytes!("span.result_payload", 1, "span.number"), ") FROM span JOIN agent ON agent.number = span.agent\
        ) GROUP BY account) AS total WHERE total.account = account.number"
    );
}

pub(super) const CHANGES: &[Change] = &[
    Change::new(2, ADD_RECORDS),
    Change::new(2, ADD_BYTES),
    Change::new(2, FILL),
    Change::new(2, FILL_DEPENDENTS),
];
