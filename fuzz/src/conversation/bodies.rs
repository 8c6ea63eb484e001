//! The bodies of requests.

use serde_json::json;

use super::Conversation;
use super::tables::*;

impl Conversation<'_> {
    pub(super) fn body(&mut self, is_wrapped: bool, keys: &[&str]) -> String {
        let mut members = self.members(keys);
        if is_wrapped {
            // Some bodies have the key inside, where spans have it.
            if self.draw.rarely(6) {
                members.push(self.member("idempotency_key"));
            }
            members = vec![format!("\"details\":{{{}}}", members.join(","))];
        }
        if self.draw.rarely(3) {
            members.push(self.member("idempotency_key"));
        }
        format!("{{{}}}", members.join(","))
    }

    pub(super) fn members(&mut self, keys: &[&str]) -> Vec<String> {
        let mut members = Vec::new();
        for key in keys {
            if !self.draw.rarely(8) {
                members.push(self.member(key));
            }
        }
        if self.draw.rarely(20) {
            members.push(self.member("unknown"));
        }
        members
    }

    fn member(&mut self, key: &str) -> String {
        let value = match self.draw.rarely(16) {
            true => self.odd_value(),
            false => self.value(key),
        };
        format!("\"{key}\":{value}")
    }

    fn odd_value(&mut self) -> String {
        match self.draw.below(5) {
            0 => "null".to_owned(),
            1 => self.draw.one_of(NESTED).to_owned(),
            2 => self
                .draw
                .one_of(&["true", "0", "1e999", "-0.0", "\"\\ud800\"", "\"\\u0000\""])
                .to_owned(),
            3 => json!(self.draw.text(300)).to_string(),
            _ => json!(self.id("agent")).to_string(),
        }
    }

    pub(super) fn value(&mut self, key: &str) -> String {
        let text = match key {
            "environment_id" | "account_id" | "agent_id" | "agent_instance_id" => {
                self.id(key.trim_end_matches("_id"))
            }
            "parent_span_id" | "agent_span_id" => self.id("agent_span"),
            "current_version_id" => self.id("agent_version"),
            "id" => self.new_id(),
            "status" => self.draw.one_of(STATUSES).to_owned(),
            "timestamp" | "started_at" | "finished_at" | "expires_at" => {
                self.draw.one_of(TIMES).to_owned()
            }
            "token_scope" => self
                .draw
                .one_of(&["account", "environment", "odd"])
                .to_owned(),
            "idempotency_key" => format!("key-{:04}", self.draw.below(6)),
            "external_identifier" => self.draw.one_of(&["1", "2", "é", ""]).to_owned(),
            "description" if self.draw.rarely(12) => "é".repeat(9_000),
            "count" => return self.draw.one_of(&NUMBERS[..12]).to_owned(),
            "update_current_version" => return self.draw.one_of(&["true", "false"]).to_owned(),
            "payload" | "result_payload" | "span_schemas" | "span_type_schemas" => {
                return match self.draw.rarely(12) {
                    true => json!({"a": "é".repeat(9_000)}).to_string(),
                    false => self.draw.one_of(NESTED).to_owned(),
                };
            }
            "agent_version" => {
                let members = self.members(&["external_identifier", "name", "description"]);
                return format!("{{{}}}", members.join(","));
            }
            "agent_schema_version" => {
                let members = self.members(&["external_identifier", "span_schemas"]);
                return format!("{{{}}}", members.join(","));
            }
            "items" => {
                let items: Vec<String> = (0..=self.draw.below(5))
                    .map(|place| self.item(place))
                    .collect();
                return format!("[{}]", items.join(","));
            }
            _ => self.draw.text(255),
        };
        json!(text).to_string()
    }

    pub(super) fn item(&mut self, place: usize) -> String {
        let (kind, is_wrapped, keys) = self.draw.one_of(ITEMS);
        let mut members = self.members(keys);
        if is_wrapped {
            let (outer, inner): (Vec<_>, Vec<_>) = members
                .into_iter()
                .partition(|it| it.starts_with("\"agent_id\""));
            members = outer;
            members.push(format!("\"details\":{{{}}}", inner.join(",")));
        }
        let key = match self.draw.rarely(10) {
            true => "same-key".to_owned(),
            false => format!("bulk-{place}-{}", self.draw.below(4)),
        };
        members.push(format!("\"_type\":\"{kind}\""));
        members.push(format!("\"idempotency_key\":\"{key}\""));
        format!("{{{}}}", members.join(","))
    }
}
