//! A reference model of the API: the contract in plain Rust, without any of the library's code.
//!
//! It keeps all objects in maps and computes every answer from them. [`Model::judge`] compares an answer with the one that the
//! contract wants, and takes the effect over. The simulated storage knows which transactions were committed, so the model never has
//! to guess whether a request whose answer was lost has happened.

mod bulk;
mod compare;
mod effect;
mod export;
mod http;
mod id;
mod import;
mod keys;
mod limits;
mod lists;
mod operation;
mod record;
mod refusal;
mod runs;
mod state;
mod tokens;
mod view;
mod writer;

use std::collections::{BTreeMap, HashMap, HashSet};

pub use id::{DAY, Id, Micros, Partition, moment};
pub use limits::Limits;
pub use operation::{Kind, Listed, Operation, Page, STATUSES, Sent, TokenAction};
pub use state::{Account, Given};

use compare::Bindings;
use keys::{Key, Keys};
use tokens::{TokenOf, digest};

const HOUR: Micros = 3_600_000_000;

/// An answer, as far as the contract speaks of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub body: Vec<u8>,
    /// Whether it is a stored answer.
    pub is_replayed: bool,
    /// Whether it says when to try again.
    pub names_retry: bool,
    /// How many items of a bulk request were kept, where the object crashed in the middle of it.
    pub kept_items: Option<usize>,
}

/// A contradiction to the contract, as a sentence.
pub type Finding = String;

/// The caller behind a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Operator,
    Token {
        partition: Partition,
        environment: Option<Id>,
        /// The id of the API token; none for a configured one.
        token: Option<Id>,
    },
}

/// The circumstances of a request.
#[derive(Clone, Copy, Debug)]
pub struct Moment {
    /// The time that the service was told.
    pub now: Micros,
    /// Whether a fault was injected, which allows a status of 500 or above.
    pub is_faulty: bool,
}

/// The state that the service should have.
#[derive(Clone, Debug, Default)]
pub struct Model {
    pub(crate) accounts: BTreeMap<Partition, Account>,
    /// The names and the moments of all accounts, as the operator's directory has them.
    pub(crate) directory: BTreeMap<Id, (String, Micros)>,
    /// What each token opens.
    tokens: HashMap<String, TokenOf>,
    pub(crate) operator: String,
    keys: Keys,
    has_front: bool,
    limits: Limits,
    /// How many accounts the operator has made.
    made: u64,
    /// How many accounts' first tokens were made.
    first_tokens: u64,
    /// The hours with faults.
    doubtful_hours: HashSet<Micros>,
}

impl Model {
    /// The answer to a request was this one. Takes the effect over.
    ///
    /// # Errors
    ///
    /// How the answer contradicts the contract.
    pub fn judge(&mut self, sent: &Sent, at: Moment, reply: &Reply) -> Result<(), Finding> {
        if reply.status >= 500 {
            return self.judge_fault(sent, at, reply);
        }
        if self.is_foreign_to_front(sent) {
            return expect_error(reply, (404, "not_found"));
        }
        let caller = match self.caller(&sent.token, at.now) {
            Some(caller) => caller,
            None => return expect_error(reply, (401, "bad_authtoken")),
        };
        if self.is_foreign(sent) {
            return expect_error(reply, (404, "not_found"));
        }
        if let Some(refusal) = refusal::of_access(&caller, &sent.operation) {
            return expect_error(reply, refusal);
        }
        if matches!(sent.operation, Operation::Broken) {
            return expect_error(reply, (400, "bad_request"));
        }
        self.note_use(&caller, at, !may_have_undone_writes(reply));
        match &sent.operation {
            Operation::Export(id) => return self.judge_export(*id, reply),
            Operation::Import(id, lines, keeps) => {
                return self.judge_import(*id, lines, *keeps, reply);
            }
            _ => {}
        }
        let key = sent
            .key
            .as_ref()
            .map(|key| Key::of(self.scope(&caller), key, sent));
        if let Some(key) = &key
            && self.keys.answer(key, at.now, reply)?
        {
            return Ok(());
        }
        if reply.is_replayed {
            return Err(
                "an answer was replayed that was never given, or more than a day ago".to_owned(),
            );
        }
        if let Operation::Bulk(items) = &sent.operation {
            self.judge_bulk(&caller, items, at, reply)?;
        } else {
            let done = self.judge_one(&caller, &sent.operation, at, reply.status, &reply.body)?;
            if !done {
                return Ok(());
            }
        }
        if let Some(key) = key
            && reply.kept_items.is_none()
        {
            let is_sure = !at.is_faulty || !matches!(sent.operation, Operation::Bulk(_));
            let has_fault = bulk::has_fault(&sent.operation, &reply.body);
            if !has_fault {
                self.keys.keep(key, at.now, &reply.body, is_sure);
            }
        }
        Ok(())
    }

    /// The directory made an account and answered so, and then this answer was given, with the first token that the account's own
    /// object made.
    ///
    /// # Errors
    ///
    /// How the two do not fit.
    pub fn judge_established(
        &mut self,
        inner: &Reply,
        outer: &Reply,
        at: Moment,
    ) -> Result<(), Finding> {
        if outer.status >= 500 {
            return match at.is_faulty {
                true => expect_error(outer, (outer.status, "unexpected")),
                false => Err(format!("the status is {} without a fault", outer.status)),
            };
        }
        match (
            inner.status,
            keys::without_token(&inner.body) == keys::without_token(&outer.body),
        ) {
            (status, true) if status == outer.status => Ok(()),
            _ => Err("the answer about a new account is not that of the directory".to_owned()),
        }
    }

    /// A status of 500 or above: allowed where a fault was injected, and then nothing has changed.
    fn judge_fault(&mut self, sent: &Sent, at: Moment, reply: &Reply) -> Result<(), Finding> {
        if !at.is_faulty {
            return Err(format!("the status is {} without a fault", reply.status));
        }
        if reply.status == 503 && !reply.names_retry {
            return Err("the status is 503, without Retry-After".to_owned());
        }
        if let Some(caller) = self.caller(&sent.token, at.now) {
            self.note_use(&caller, at, false);
        }
        expect_error(reply, (reply.status, "unexpected"))
    }

    /// Compares the answer of one operation. Returns whether it was carried out.
    fn judge_one(
        &mut self,
        caller: &Caller,
        operation: &Operation,
        at: Moment,
        status: u16,
        body: &[u8],
    ) -> Result<bool, Finding> {
        let refusal = self.refusal(caller, operation, at.now);
        if let Some(refusal) = refusal.or_else(|| self.no_room(caller, operation)) {
            compare_error(status, body, refusal)?;
            return Ok(false);
        }
        if status != 200 {
            return Err(format!("the status is {status}, and should be 200"));
        }
        let actual = std::str::from_utf8(body).map_err(|error| error.to_string())?;
        let expected = self.carry_out(caller, operation, at.now, actual)?;
        if expected != actual {
            let bindings = Bindings::of(self, &expected, actual)?;
            for (unknown, known) in bindings.found {
                self.bind(unknown, known);
            }
        }
        Ok(true)
    }

    /// Whether the front worker answers a request itself, because the id in its path is of another partition than the token.
    fn is_foreign_to_front(&self, sent: &Sent) -> bool {
        self.has_front && self.is_foreign(sent)
    }

    /// Whether the id in the path of a request is of another partition than the token.
    fn is_foreign(&self, sent: &Sent) -> bool {
        let Some(id) = sent.operation.path_id() else {
            return false;
        };
        match self.tokens.get(&sent.token) {
            Some(of) => of.partition != id.partition(),
            None => false,
        }
    }

    /// The caller of a token that opens something now.
    pub(crate) fn caller(&self, text: &str, now: Micros) -> Option<Caller> {
        if text == self.operator {
            return Some(Caller::Operator);
        }
        let of = self.tokens.get(text)?;
        let account = self.accounts.get(&of.partition)?;
        let environment = match of.id {
            Some(id) => {
                let token = account.tokens.get(&id)?;
                // After a snapshot was restored, another token can get the id that this text had.
                let is_another = token.digest.as_deref() != Some(&digest(text));
                let is_over = token.expires_at.is_some_and(|at| at <= now);
                if is_another || is_over || token.state != "active" {
                    return None;
                }
                token.environment
            }
            None => {
                let is_gone =
                    |id: &Id| account.is_void(text) || !account.environments.contains_key(id);
                if of.environment.as_ref().is_some_and(is_gone) {
                    return None;
                }
                of.environment
            }
        };
        Some(Caller::Token {
            partition: of.partition,
            environment,
            token: of.id,
        })
    }

    /// The first request in an hour notes that an API token was used. After a failed note, none is made until the hour is over.
    fn note_use(&mut self, caller: &Caller, at: Moment, is_noted: bool) {
        let hour = at.now - at.now.rem_euclid(HOUR);
        if at.is_faulty {
            self.doubtful_hours.insert(hour);
        }
        if let Caller::Token {
            partition,
            token: Some(id),
            ..
        } = caller
            && let Some(account) = self.accounts.get_mut(partition)
        {
            let is_sure = is_noted && !self.doubtful_hours.contains(&hour);
            account.note_use(*id, hour, is_sure);
        }
    }

    /// The space of a caller's keys.
    fn scope(&self, caller: &Caller) -> Id {
        match caller {
            Caller::Operator => Id::NONE,
            Caller::Token {
                partition,
                environment,
                ..
            } => environment.unwrap_or_else(|| self.accounts[partition].id),
        }
    }
}

/// Whether an answer is the error of this status and code.
/// Whether a limit may have been reached after the first write of a request, or of the first item of a bulk request. Then the note that
/// its token was used is undone with that write.
fn may_have_undone_writes(reply: &Reply) -> bool {
    let code = br#""code":"insufficient_storage""#;
    reply.body.windows(code.len()).any(|part| part == code)
}

pub(crate) fn expect_error(reply: &Reply, expected: (u16, &str)) -> Result<(), Finding> {
    compare_error(reply.status, &reply.body, expected)
}

fn compare_error(status: u16, body: &[u8], (wanted, code): (u16, &str)) -> Result<(), Finding> {
    let head = format!("{{\"status\":\"error\",\"code\":\"{code}\",\"message\":\"");
    match status == wanted && body.starts_with(head.as_bytes()) && body.ends_with(b"}") {
        true => Ok(()),
        false => Err(format!(
            "the status is {status}, and the answer should be {wanted} {code}"
        )),
    }
}
