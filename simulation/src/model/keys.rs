//! Idempotency keys: one effect in 24 hours, and the first answer again, byte for byte.

use std::collections::HashMap;

use super::id::{DAY, Id, Micros};
use super::operation::{Operation, Sent, item};
use super::{Finding, Reply};

/// A key, with the request that it came with.
#[derive(Clone, Debug)]
pub(super) struct Key {
    scope: Id,
    key: String,
    request: String,
}

impl Key {
    pub(super) fn of(scope: Id, key: &str, sent: &Sent) -> Key {
        let request = format!("{:?} {} {}", sent.method, sent.target, sent.body);
        Key {
            scope,
            key: key.to_owned(),
            request,
        }
    }

    /// The key of an item of a bulk request.
    pub(super) fn of_item(scope: Id, key: &str, operation: &Operation) -> Key {
        let request = item(key, operation).to_string();
        Key {
            scope,
            key: key.to_owned(),
            request,
        }
    }
}

#[derive(Clone, Debug)]
struct Record {
    request: String,
    body: Vec<u8>,
    at: Micros,
    /// Whether the record may be gone: the clock has shown the end of its 24 hours before it stepped back, or the write of
    /// the record failed and the answer did not say so.
    may_be_gone: bool,
}

/// All records of keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys(HashMap<(Id, String), Record>);

impl Keys {
    /// Whether the answer to a request is decided by its key, rightly so.
    pub(super) fn answer(&self, key: &Key, now: Micros, reply: &Reply) -> Result<bool, Finding> {
        let Some(record) = self.0.get(&(key.scope, key.key.clone())) else {
            return Ok(false);
        };
        if now - record.at >= DAY {
            return Ok(false);
        }
        let says_used = reply.status == 409
            && String::from_utf8_lossy(&reply.body).contains("idempotency_key_already_used");
        if record.may_be_gone && !reply.is_replayed && !says_used {
            return Ok(false);
        }
        if record.request != key.request {
            return match says_used {
                true => Ok(true),
                false => Err(
                    "the key was used for another request, and the answer does not say so"
                        .to_owned(),
                ),
            };
        }
        if !reply.is_replayed || reply.status != 200 {
            return Err(
                "the key was used for this request, and its answer was not given again".to_owned(),
            );
        }
        if reply.body != record.body {
            return Err(format!(
                "the answer given again differs from the first:\n{}\n{}",
                String::from_utf8_lossy(&reply.body),
                String::from_utf8_lossy(&record.body)
            ));
        }
        Ok(true)
    }

    /// The output of a bulk item whose key decides it: the stored one. `None` where the item is carried out.
    pub(super) fn output(
        &self,
        key: &Key,
        now: Micros,
        output: &str,
    ) -> Result<Option<bool>, Finding> {
        let is_error = output.contains("\"status\":\"error\"");
        let says_used = is_error && output.contains("idempotency_key_already_used");
        let is_stored = |record: &Record| record.body == output.as_bytes();
        let Some(record) = self.0.get(&(key.scope, key.key.clone())) else {
            return Ok(None);
        };
        if now - record.at >= DAY || record.may_be_gone && !says_used && !is_stored(record) {
            return Ok(None);
        }
        match (record.request == key.request, says_used) {
            (false, true) => Ok(Some(false)),
            (true, false) if is_stored(record) => Ok(Some(true)),
            _ => Err(
                "an item whose key was used has neither the stored answer nor the refusal"
                    .to_owned(),
            ),
        }
    }

    /// A request with a key succeeded.
    pub(super) fn keep(&mut self, key: Key, now: Micros, body: &[u8], is_sure: bool) {
        let record = Record {
            request: key.request,
            body: without_token(body),
            at: now,
            may_be_gone: !is_sure,
        };
        self.0.insert((key.scope, key.key), record);
    }

    /// Whether there are records that may be gone, and are young.
    pub(super) fn has_doubtful(&self, now: Micros) -> bool {
        self.0
            .values()
            .any(|it| it.may_be_gone && now - it.at < DAY)
    }

    /// The clock has shown this moment.
    pub(super) fn clock_has_shown(&mut self, now: Micros) {
        for record in self.0.values_mut() {
            record.may_be_gone |= now - record.at >= DAY;
        }
    }
}

/// The answer without the text of a token, which is told once.
pub(super) fn without_token(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    match text.rfind(",\"token\":\"") {
        Some(place) => format!("{}}}", &text[..place]).into_bytes(),
        None => body.to_vec(),
    }
}
