//! Exports that were taken earlier in the run, for imports.

use std::rc::Rc;

use serde_json::Value;

use super::World;
use crate::model::{Id, Operation, Reply, Sent};

/// The most exports that are kept.
const MOST: usize = 8;

/// An export of an account, as lines.
#[derive(Clone)]
pub(crate) struct Export {
    pub(crate) account: Id,
    pub(crate) lines: Rc<Vec<String>>,
}

impl World {
    /// Keeps an export whose ids the model knows, for the operator to import.
    pub(super) fn keep_export(&mut self, sent: &Sent, reply: &Reply) {
        let Operation::Export(account) = sent.operation else {
            return;
        };
        let answer: Value = match serde_json::from_slice(&reply.body) {
            Ok(answer) if reply.status == 200 => answer,
            _ => return,
        };
        let is_whole = answer["next_cursor"].is_null() && self.model.knows_all_ids(account);
        let Some(records) = answer["records"].as_array().filter(|_| is_whole) else {
            return;
        };
        let export = Export {
            account,
            lines: Rc::new(records.iter().map(Value::to_string).collect()),
        };
        match self.exports.len() < MOST {
            true => self.exports.push(export),
            false => *self.random.one_of_mut(&mut self.exports) = export,
        }
    }
}
