//! Chooses imports: exports of the same run, whole, in part, and changed.

use serde_json::{Value, json};

use super::Choice;
use crate::model::{Id, Kind, Operation, STATUSES};

/// Bodies beyond this are shortened: one of 1 MiB is refused for its length.
const LONGEST_BODY: usize = 1_000_000;

impl Choice<'_> {
    /// An import of an earlier export, or an export if there is none.
    pub(super) fn import(&mut self) -> Operation {
        if self.exports.is_empty() {
            return Operation::Export(self.id(Kind::Account));
        }
        let export = self.random.one_of(self.exports).clone();
        let mut lines = export.lines.to_vec();
        if self.random.permille(300) {
            let share = *self.random.one_of(&[300, 700, 950]);
            lines.retain(|_| self.random.permille(share));
        }
        for _ in 0..self.random.place(3) {
            if self.random.permille(300) {
                self.change(&mut lines);
            }
        }
        let mut length = 0;
        lines.retain(|line| {
            length += line.len() + 1;
            length < LONGEST_BODY
        });
        if lines.is_empty() {
            lines.extend(export.lines.first().cloned());
        }
        let account = match self.random.permille(40) {
            true => self.id(Kind::Account),
            false => export.account,
        };
        Operation::Import(account, lines, self.random.permille(400))
    }

    /// A change of some line.
    fn change(&mut self, lines: &mut Vec<String>) {
        if lines.is_empty() {
            return;
        }
        let (one, other) = (
            self.random.place(lines.len()),
            self.random.place(lines.len()),
        );
        match self.random.place(8) {
            0 => lines.insert(other, lines[one].clone()),
            1 => lines.swap(one, other),
            2 => lines[one].insert(0, '['),
            3 => lines.insert(one, "  ".to_owned()),
            _ => {
                let mut record: Value = serde_json::from_str(&lines[one]).unwrap_or_default();
                self.change_record(&mut record);
                lines[one] = record.to_string();
            }
        }
    }

    fn change_record(&mut self, record: &mut Value) {
        let is_agent = record["kind"] == "agent";
        let Some(members) = record.as_object_mut() else {
            return;
        };
        let place = self.random.place(members.len());
        let Some((name, value)) = members.iter_mut().nth(place) else {
            return;
        };
        *value = match name.as_str() {
            // Tokens and versions have none here.
            "name" if !value.is_null() => json!(self.name()),
            "description" if is_agent => json!("another"),
            "external_identifier" => json!(self.identifier()),
            "status" => json!(self.random.one_of(&STATUSES)),
            "state" => json!(
                self.random
                    .one_of(&["active", "suspended", "revoked", "odd"])
            ),
            "retired" => json!(self.random.permille(500)),
            "kind" => json!(self.random.one_of(&[
                "account",
                "environment",
                "agent_version",
                "agent_schema_version",
                "odd"
            ])),
            "id" => json!(self.new_or_known(Kind::Agent)),
            "environment_id" => json!(self.new_or_known(Kind::Environment)),
            "agent_id" => json!(self.new_or_known(Kind::Agent)),
            "agent_instance_id" => json!(self.new_or_known(Kind::Instance)),
            "agent_version_id" | "current_version_id" => json!(self.new_or_known(Kind::Version)),
            "parent_span_id" => json!(self.new_or_known(Kind::Span)),
            name if name.ends_with("_at") => match self.random.permille(200) {
                true => Value::Null,
                false => json!(crate::model::moment(self.now)),
            },
            _ => return,
        };
    }

    /// The id of an object, or one that is chosen for a new one.
    fn new_or_known(&mut self, kind: Kind) -> String {
        let id: Id = self.chosen().unwrap_or_else(|| self.id(kind));
        id.to_string()
    }
}
