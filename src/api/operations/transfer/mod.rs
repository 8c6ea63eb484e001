//! The handlers of the operator's export and import. **\[ours\]**

mod lines;
mod records;

use std::fmt::Write as _;

use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Access, Body, Call, Key, Operation, Path};
use crate::api::operations::list::MAX_PAGE_BYTES;
use crate::json::{self, Object};
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
use crate::registrar::transfer::{
    Conflicts, Cursor, Import, Merged, Phase, Record, Sink, export as export_page,
};
use crate::registrar::{Failure, Issue, Reason, Registrar};
use crate::rules::pfid::Id;
use crate::rules::{IssueReason, TextRule, option, whole_number};
#[cfg(feature = "description")]
use crate::wire;

/// A page ends with the record that reaches this many bytes. No record has 3 MiB, so a page is within
/// [`MAX_PAGE_BYTES`].
const PAGE_BYTES: usize = MAX_PAGE_BYTES / 4;
/// A page ends after this many records, which bounds its time.
const PAGE_RECORDS: usize = 5_000;

/// The operation under `/api/v1/export`.
pub static EXPORT: &[Operation] = &[Operation::read("export", Path::Collection, export)
    .for_tokens(Access::Operator)
    .described(describe! {
        "Export the records of an account, as the operator" => wire::ExportPage,
        parameters: [
            required account_id: Pfid, "The account.";
            cursor: String, "The `next_cursor` of the page before. If absent, the first page.";
        ],
        errors: [NotFound],
    })];

/// The operation under `/api/v1/import`.
pub static IMPORT: &[Operation] = &[Operation {
    key: Key::None,
    ..Operation::write("import", Method::Post, Path::Collection, Body::Lines, import)
}
.for_tokens(Access::Operator)
.described(describe! {
    "Import records of an export, one a line, as the operator" => wire::ImportAnswer,
    body: wire::ExportRecord,
    parameters: [
        required account_id: Pfid, "The account that all records belong to.";
        conflicts: wire::ConflictRule, "What becomes of a record that exists with other contents: `refuse` (the default) or `keep`.";
        record: String, "Members of the only record that are not in the body, as a JSON object: for a record that would be too long.";
    ],
    errors: [InsufficientStorage],
})];

/// `GET /api/v1/export`: the next records of an account, each in a line of its own.
pub fn export(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let account_id = account_of(call, &mut issues);
    let cursor = match call.query.get("cursor") {
        None => Some(Cursor::start(call.caller.now)),
        Some(text) => read_cursor(text),
    };
    if cursor.is_none() {
        let message = "Cursor must be the next_cursor of a page.";
        issues.push(Issue::new("cursor", IssueReason::NotAnOption, message));
    }
    Failure::unless_valid(issues)?;
    let (Some(account_id), Some(cursor)) = (account_id, cursor) else {
        return Err(Failure::unexpected());
    };
    out.extend_from_slice(br#"{"status":"success","records":["#);
    let mut lines = Lines {
        start: out.len(),
        out,
        count: 0,
        written: Ok(()),
    };
    let next = export_page(registrar, &call.caller, account_id, cursor, &mut lines)?;
    lines.written?;
    out.extend_from_slice(b"\n],\"next_cursor\":");
    match next {
        None => out.extend_from_slice(b"null}"),
        Some(cursor) => {
            let mut text = String::new();
            write_cursor(&cursor, &mut text);
            out.push(b'"');
            out.extend_from_slice(text.as_bytes());
            out.extend_from_slice(b"\"}");
        }
    }
    Ok(())
}

/// The lines of a page.
struct Lines<'o> {
    out: &'o mut Vec<u8>,
    start: usize,
    count: usize,
    /// The first record that failed, if any.
    written: Result<(), crate::wire::json::Unsupported>,
}

impl Sink for Lines<'_> {
    fn is_full(&self) -> bool {
        self.out.len() - self.start >= PAGE_BYTES || self.count >= PAGE_RECORDS
    }

    fn write(&mut self, record: &Record<'_>) {
        self.out
            .extend_from_slice(if self.count == 0 { b"\n" } else { b",\n" });
        self.count += 1;
        self.written = self.written.and(lines::append(self.out, record));
    }
}

fn account_of(call: &Call<'_>, issues: &mut Vec<Issue>) -> Option<Pfid> {
    let text = call.query.get("account_id");
    let id = text.and_then(|text| Pfid::parse(text).ok());
    if id.is_none() {
        let reason = match text {
            None => IssueReason::Missing,
            Some(_) => IssueReason::NotAPfid,
        };
        issues.push(Issue::new(
            "account_id",
            reason,
            Id::explain("Account ID", reason),
        ));
    }
    id
}

/// A cursor is its parts, separated by dots.
fn write_cursor(cursor: &Cursor, text: &mut String) {
    // Writing into a string cannot fail.
    let _ = write!(
        text,
        "{}.{}.{}.{}.{}.",
        cursor.started.micros(),
        cursor.phase as usize,
        cursor.agents,
        cursor.first,
        cursor.second
    );
    if let Some(id) = cursor.after {
        text.push_str(str::from_utf8(&id.encode()).unwrap_or_default());
    }
}

fn read_cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.split('.');
    let started = parts.next()?.parse().ok()?;
    let mut number = || whole_number::read(parts.next()?);
    let (phase, agents, first, second) = (number()?, number()?, number()?, number()?);
    let after = parts.next()?;
    let is_over = parts.next().is_none();
    is_over.then_some(Cursor {
        started: Timestamp::from_micros(started)?,
        phase: *Phase::ALL.get(usize::try_from(phase).ok()?)?,
        agents,
        first,
        second,
        after: match after {
            "" => None,
            id => Some(Pfid::parse(id).ok()?),
        },
    })
}

/// `POST /api/v1/import`: merges records, all of them or none.
pub fn import(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let account_id = account_of(call, &mut issues);
    let conflicts = match call.query.get("conflicts") {
        None | Some("refuse") => Conflicts::Refuse,
        Some("keep") => Conflicts::Keep,
        Some(_) => {
            let explanation = option::explain("Conflicts", &["refuse", "keep"]);
            issues.push(Issue::new(
                "conflicts",
                IssueReason::NotAnOption,
                explanation,
            ));
            Conflicts::Refuse
        }
    };
    let more = match call.query.get("record") {
        None => Some(Object::default()),
        Some(text) => json::read_object(text.as_bytes(), json::BODY_LEVELS).ok(),
    };
    if more.is_none() {
        let message = "Record must be a JSON object.";
        issues.push(Issue::new("record", IssueReason::WrongType, message));
    }
    Failure::unless_valid(issues)?;
    let (Some(account_id), Some(more)) = (account_id, more) else {
        return Err(Failure::unexpected());
    };
    let mut import = Import::begin(registrar, &call.caller, account_id, conflicts)?;
    let (mut added, mut unchanged, mut kept) = (0u64, 0u64, 0u64);
    for (number, line) in (1..).zip(call.body.raw().split('\n')) {
        if line.trim_ascii().is_empty() {
            continue;
        }
        let merged = json::read_object(line.as_bytes(), json::BODY_LEVELS)
            .map_err(|error| of_line(error.to_string()))
            .and_then(|object| records::merge(&mut import, &more.clone().with(object)))
            .map_err(|failure| at_line(number, failure))?;
        match merged {
            Merged::Added => added += 1,
            Merged::Unchanged => unchanged += 1,
            Merged::Kept => kept += 1,
        }
    }
    import.end()?;
    Ok(crate::wire::json::append(
        out,
        &crate::wire::ImportAnswer {
            status: crate::wire::literal::Success,
            added,
            unchanged,
            kept,
        },
    )?)
}

/// The refusal of a line as a whole.
fn of_line(message: String) -> Failure {
    Failure::invalid(vec![Issue::new("", IssueReason::WrongType, message)])
}

/// The same refusal, its issues with the number of the line in their paths.
fn at_line(number: u64, failure: Failure) -> Failure {
    let Reason::Invalid(issues) = failure.reason() else {
        return failure;
    };
    let mut issues = issues.clone();
    for issue in &mut issues {
        let dot = if issue.path.is_empty() { "" } else { "." };
        issue.path = format!("lines.{number}{dot}{}", issue.path).into();
    }
    Failure::invalid(issues)
}
