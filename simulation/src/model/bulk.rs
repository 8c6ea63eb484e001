//! Bulk requests: items run in order, each by itself, up to the first that fails.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::keys::Key;
use super::operation::Operation;
use super::{Caller, Finding, Model, Moment, Reply};

#[derive(Deserialize)]
struct Answer<'a> {
    status: String,
    #[serde(borrow)]
    outputs: HashMap<String, &'a RawValue>,
}

/// The statuses of the codes of errors.
fn status_of(code: &str) -> u16 {
    match code {
        "not_permitted" => 403,
        "not_found" => 404,
        "invalid_action" | "idempotency_key_already_used" | "insufficient_storage" => 409,
        "validation_errors" | "unexpected_ref_type" => 422,
        "unexpected" => 503,
        _ => 400,
    }
}

/// Whether an item of a bulk request failed with an internal error, so that its answer is not kept.
pub(super) fn has_fault(operation: &Operation, body: &[u8]) -> bool {
    let is_bulk = matches!(operation, Operation::Bulk(_));
    is_bulk && String::from_utf8_lossy(body).contains("\"code\":\"unexpected\"")
}

impl Model {
    pub(super) fn judge_bulk(
        &mut self,
        caller: &Caller,
        items: &[(String, Operation)],
        at: Moment,
        reply: &Reply,
    ) -> Result<(), Finding> {
        if reply.status != 200 {
            return Err(format!("the status of a bulk request is {}", reply.status));
        }
        let answer: Answer<'_> = serde_json::from_slice(&reply.body)
            .map_err(|error| format!("the body is no answer to a bulk request: {error}"))?;
        if answer.status != "success" {
            return Err("the status of a bulk answer is no success".to_owned());
        }
        let mut outputs = answer.outputs;
        let mut has_failed = false;
        for (index, (key, operation)) in items.iter().enumerate() {
            if reply.kept_items.is_some_and(|kept| index >= kept) {
                return Ok(());
            }
            let Some(output) = outputs.remove(key.as_str()) else {
                return match has_failed {
                    true => Ok(()),
                    false => Err(format!("there is no output of item {index}")),
                };
            };
            if has_failed {
                return Err(format!("item {index} has an output after one that failed"));
            }
            has_failed = self
                .judge_item(caller, key, operation, at, output.get())
                .map_err(|finding| format!("item {index}: {finding}"))?;
        }
        match outputs.is_empty() {
            true => Ok(()),
            false => Err("there are outputs of other items".to_owned()),
        }
    }

    /// Returns whether the item failed.
    fn judge_item(
        &mut self,
        caller: &Caller,
        key: &str,
        operation: &Operation,
        at: Moment,
        output: &str,
    ) -> Result<bool, Finding> {
        let value: Value = serde_json::from_str(output).map_err(|error| error.to_string())?;
        let status = match value["status"] == "success" {
            true => 200,
            false => status_of(value["code"].as_str().unwrap_or_default()),
        };
        if status == 503 {
            return match at.is_faulty {
                true => Ok(true),
                false => Err("an item failed without a fault".to_owned()),
            };
        }
        let is_read = matches!(operation, Operation::Fetch(..) | Operation::List(..));
        let key = (!is_read).then(|| Key::of_item(self.scope(caller), key, operation));
        if let Some(key) = &key
            && let Some(is_done) = self.keys.output(key, at.now, output)?
        {
            return Ok(!is_done);
        }
        let is_done = self.judge_one(caller, operation, at, status, output.as_bytes())?;
        if let Some(key) = key
            && is_done
        {
            self.keys.keep(key, at.now, output.as_bytes(), true);
        }
        Ok(!is_done)
    }
}
