//! Idempotency keys: one effect in 24 hours, and the first answer again, byte for byte.

use std::collections::HashMap;

use super::http::item;
use super::id::{DAY, Id, Micros};
use super::operation::{Operation, Sent};
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
    /// The latest time that it may count as kept at: a clock that stepped back does not shorten the life of keys.
    latest: Micros,
    /// Whether the record may be gone: the clock has shown the end of its 24 hours for long before it stepped back, or the write
    /// of the record failed and the answer did not say so.
    may_be_gone: bool,
    /// Request and answer of earlier records, which are still there where the writes of later ones failed.
    former: Vec<(String, Vec<u8>)>,
}

/// All records of keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Keys {
    records: HashMap<(Id, String), Record>,
    /// The latest time that any key was kept at.
    latest: Option<Micros>,
}

impl Record {
    /// Whether 24 hours are over.
    fn is_over(&self, now: Micros) -> bool {
        now - self.latest >= DAY
    }

    /// Whether the record may be gone, or over.
    fn is_doubtful(&self, now: Micros) -> bool {
        self.may_be_gone || now - self.at >= DAY
    }

    /// Whether an earlier record, which may still be there, decides the answer: it has this request and this answer, or
    /// another request if the answer says so.
    fn is_of_former(&self, request: &str, body: &[u8], says_used: bool) -> bool {
        self.former
            .iter()
            .any(|(it, answer)| (it == request && answer == body) || (it != request && says_used))
    }
}

impl Keys {
    /// Whether the answer to a request is decided by its key, rightly so.
    pub(super) fn answer(&self, key: &Key, now: Micros, reply: &Reply) -> Result<bool, Finding> {
        let Some(record) = self.records.get(&(key.scope, key.key.clone())) else {
            return Ok(false);
        };
        if record.is_over(now) {
            return Ok(false);
        }
        let says_used = reply.status == 409
            && String::from_utf8_lossy(&reply.body).contains("idempotency_key_already_used");
        if record.is_doubtful(now) && !reply.is_replayed && !says_used {
            return Ok(false);
        }
        if record.is_of_former(&key.request, &reply.body, says_used)
            && (says_used || reply.is_replayed)
        {
            return Ok(true);
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
        let Some(record) = self.records.get(&(key.scope, key.key.clone())) else {
            return Ok(None);
        };
        let is_former = record.is_of_former(&key.request, output.as_bytes(), says_used);
        let is_known = says_used || is_former || is_stored(record);
        if record.is_over(now) || record.is_doubtful(now) && !is_known {
            return Ok(None);
        }
        if is_former {
            return Ok(Some(!says_used));
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
        let latest = self.latest.map_or(now, |it| it.max(now));
        self.latest = Some(latest);
        let place = (key.scope, key.key);
        let former = match self.records.remove(&place) {
            Some(mut old) if !is_sure => {
                old.former.push((old.request, old.body));
                old.former
            }
            _ => Vec::new(),
        };
        let record = Record {
            request: key.request,
            body: without_token(body),
            at: now,
            latest,
            may_be_gone: !is_sure,
            former,
        };
        self.records.insert(place, record);
    }

    /// Whether two stores may differ in which keys they still have.
    pub(super) fn has_doubtful(&self, now: Micros) -> bool {
        self.records
            .values()
            .any(|it| it.is_doubtful(now) && !it.is_over(now))
    }

    /// The clock has shown this moment for so long that keys which are over may have been removed.
    pub(super) fn clock_has_shown(&mut self, now: Micros) {
        for record in self.records.values_mut() {
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
