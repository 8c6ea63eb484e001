//! Bugs planted on purpose, to see that the simulation finds them. They live in the simulation alone: in its storage and in its hosts.

use rusqlite::Connection;

/// A defect that the simulated deployment has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// Now and then, an update of an agent is not carried out.
    LostWrite,
    /// Now and then, a transaction is rolled back and reported as committed.
    LostCommit,
    /// A crash loses the last transaction that was committed.
    LostByCrash,
    /// Now and then, the record of an idempotency key is removed.
    KeyForgotten,
    /// Keys are kept for longer than 24 hours.
    KeyKeptTooLong,
    /// Now and then, a count of instances is too high by one.
    CountOffByOne,
    /// A rollback keeps the writes before the failed one.
    RollbackKeepsWrites,
    /// After a rollback, the core is not told, and goes on with the ids that it had generated.
    RollbackKeepsIds,
    /// A group of requests is committed without the counts and the states that it put off.
    GroupNotEnded,
    /// The state of the generated ids is lost, so that ids fall when the clock steps back.
    IdsForgotten,
    /// Now and then, an answer is that of another account.
    AnswerOfAnother,
    /// Now and then, a stored answer is given again with other white space.
    ReplayDiffers,
    /// A request that is refused changes an agent.
    RefusalWrites,
    /// Now and then, a request is answered with 503 without a reason.
    UnexplainedError,
    /// Now and then, a request is carried out twice.
    DoubledEffect,
    /// Now and then, a list is an older answer.
    StaleList,
    /// A migration loses a row.
    MigrationLosesRow,
    /// A revoked token still opens its account.
    TokenStaysOpen,
    /// An account may have one record more than its limit.
    LimitOffByOne,
    /// An export lacks its last record.
    ExportLosesRecord,
    /// All accounts together may have one record more than their limit.
    TotalOffByOne,
    /// An import that is refused keeps the records before the refused one.
    ImportKeepsPart,
    /// No agent of an import is retired, whatever it was.
    ImportActivatesAgents,
    /// An import does not tell which ids were given.
    ImportForgetsIds,
}

impl Bug {
    /// All of them.
    pub const ALL: [Bug; 24] = [
        Bug::LostWrite,
        Bug::LostCommit,
        Bug::LostByCrash,
        Bug::KeyForgotten,
        Bug::KeyKeptTooLong,
        Bug::CountOffByOne,
        Bug::RollbackKeepsWrites,
        Bug::RollbackKeepsIds,
        Bug::GroupNotEnded,
        Bug::IdsForgotten,
        Bug::AnswerOfAnother,
        Bug::ReplayDiffers,
        Bug::RefusalWrites,
        Bug::UnexplainedError,
        Bug::DoubledEffect,
        Bug::StaleList,
        Bug::MigrationLosesRow,
        Bug::TokenStaysOpen,
        Bug::LimitOffByOne,
        Bug::ExportLosesRecord,
        Bug::TotalOffByOne,
        Bug::ImportKeepsPart,
        Bug::ImportActivatesAgents,
        Bug::ImportForgetsIds,
    ];

    /// The bug of this name, as in the option `--bug`.
    #[must_use]
    pub fn named(name: &str) -> Option<Bug> {
        Bug::ALL.into_iter().find(|bug| format!("{bug:?}") == name)
    }

    /// Whether a statement is not carried out.
    pub(crate) fn swallows(self, turn: u64, statement: &str) -> bool {
        self == Bug::LostWrite
            && turn.is_multiple_of(7)
            && statement.starts_with("UPDATE agent SET name")
    }

    /// Whether a commit is none.
    pub(crate) fn loses_commit(self, turn: u64) -> bool {
        self == Bug::LostCommit && turn.is_multiple_of(50)
    }

    pub(crate) fn before_commit(self, turn: u64, database: &Connection) {
        let statement = match self {
            Bug::KeyForgotten if turn.is_multiple_of(20) => {
                "DELETE FROM answer WHERE number = (SELECT max(number) FROM answer)"
            }
            Bug::KeyKeptTooLong => "UPDATE answer SET kept_at = kept_at + 60000000",
            Bug::CountOffByOne if turn.is_multiple_of(20) => {
                "UPDATE agent SET active = active + 1 WHERE number = (SELECT max(number) FROM agent)"
            }
            Bug::TokenStaysOpen => "UPDATE api_token SET state = 0 WHERE state = 2",
            _ => return,
        };
        run(database, statement);
    }

    pub(crate) fn before_rollback(self, _: u64, database: &Connection) {
        if self == Bug::RollbackKeepsWrites && !database.is_autocommit() {
            run(database, "COMMIT");
        }
    }

    pub(crate) fn at_revival(self, _: u64, database: &Connection) {
        match self {
            Bug::LostByCrash => run(
                database,
                "UPDATE agent SET name = 'before' WHERE number = (SELECT max(number) FROM agent)",
            ),
            Bug::IdsForgotten => run(database, "UPDATE account SET last_id = NULL"),
            _ => {}
        }
    }
}

/// Runs a statement. The tables may not be there yet.
fn run(database: &Connection, statement: &str) {
    let _ = database.execute_batch(statement);
}
