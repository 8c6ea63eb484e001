//! Objects as answers show them.

use super::http::payload;
use super::id::{DAY, Id, Micros, moment};
use super::operation::{Kind, STATUSES, is_over};
use super::state::Account;
use super::writer::Writer;

/// The seven counts of these statuses.
fn counts<'a>(statuses: impl Iterator<Item = &'a str>) -> String {
    let (mut total, mut finished, mut by_status) = (0_u64, 0_u64, [0_u64; 5]);
    for status in statuses {
        total += 1;
        finished += u64::from(is_over(status));
        for (count, name) in by_status.iter_mut().zip(STATUSES) {
            *count += u64::from(name == status);
        }
    }
    let mut writer = Writer::object().raw("total", total);
    for (name, count) in STATUSES.into_iter().zip(by_status) {
        writer = writer.raw(name, count);
    }
    writer.raw("finished", finished).end()
}

impl Account {
    /// The account as an object, with the name and the moments of it or of the operator's directory.
    pub(super) fn object(id: Id, name: &str, inserted: Micros, updated: Micros) -> String {
        Writer::object()
            .plain("type", "account")
            .plain("id", id)
            .text("name", name)
            .at("inserted_at", Some(inserted))
            .at("updated_at", Some(updated))
            .end()
    }

    /// The status of an agent at a moment.
    pub(super) fn status(&self, id: Id, now: Micros) -> &'static str {
        let agent = &self.agents[&id];
        match agent.last_activity {
            _ if agent.is_retired => "retired",
            _ if !self.has_instances(id) => "pending",
            Some(last) if now - last >= 30 * DAY => "dormant",
            _ => "active",
        }
    }

    pub(super) fn agent(&self, id: Id, has_counts: bool, now: Micros) -> String {
        let agent = &self.agents[&id];
        let instances = || self.instances.values().filter(|it| it.agent == id);
        let actions = Writer::object()
            .raw("update", !agent.is_retired)
            .raw("retire", !agent.is_retired)
            .raw("reinstate", agent.is_retired)
            .raw("delete", instances().next().is_none())
            .end();
        let writer = Writer::object()
            .plain("type", "agent")
            .plain("id", id)
            .text("name", &agent.name);
        let writer = match &agent.description {
            Some(text) => writer.text("description", text),
            None => writer.raw("description", "null"),
        };
        let writer = writer
            .plain("environment_id", agent.environment)
            .plain("status", self.status(id, now))
            .id("current_version_id", agent.current[0])
            .id("current_schema_version_id", agent.current[1])
            .at("inserted_at", Some(agent.inserted))
            .at("updated_at", Some(agent.updated))
            .raw("available_actions", actions);
        match has_counts {
            true => writer
                .raw("instance_counts", counts(instances().map(|it| it.status)))
                .end(),
            false => writer.end(),
        }
    }

    pub(super) fn version(&self, id: Id) -> String {
        let version = &self.versions[&id];
        let mut writer = Writer::object()
            .plain("type", version.kind.name())
            .plain("id", id)
            .plain("account_id", self.id)
            .plain("agent_id", version.agent)
            .text("external_identifier", &version.identifier)
            .raw("name", "null")
            .raw("description", "null");
        if version.kind == Kind::SchemaVersion {
            for key in [
                "span_schemas",
                "span_result_schemas",
                "span_type_schemas",
                "quality_schemas",
            ] {
                writer = writer.raw(key, "null");
            }
        }
        let inserted = Some(version.inserted);
        writer
            .at("inserted_at", inserted)
            .at("updated_at", inserted)
            .end()
    }

    pub(super) fn instance(&self, id: Id) -> String {
        let instance = &self.instances[&id];
        let spans = self.spans.values().filter(|it| it.instance == id);
        Writer::object()
            .plain("type", "agent_instance")
            .plain("id", id)
            .plain("account_id", self.id)
            .plain("agent_id", instance.agent)
            .id("agent_version_id", instance.version)
            .plain("agent_deployment_id", instance.agent)
            .plain("environment_id", instance.environment)
            .plain("status", instance.status)
            .at("inserted_at", Some(instance.inserted))
            .at("updated_at", Some(instance.updated))
            .at("started_at", instance.started)
            .at("finished_at", instance.finished)
            .raw("span_counts", counts(spans.map(|it| it.status)))
            .end()
    }

    pub(super) fn span(&self, id: Id) -> String {
        let span = &self.spans[&id];
        let result = span
            .result
            .map_or("null".to_owned(), |size| payload(size).to_string());
        Writer::object()
            .plain("type", "agent_span")
            .plain("id", id)
            .plain("account_id", self.id)
            .plain("agent_id", span.agent)
            .plain("agent_instance_id", span.instance)
            .id("parent_span_id", span.parent)
            .plain("schema_name", "step")
            .plain("status", span.status)
            .raw("payload", payload(span.size))
            .raw("result_payload", result)
            .at("started_at", Some(span.started))
            .at("finished_at", span.finished)
            .at("inserted_at", Some(span.inserted))
            .at("updated_at", Some(span.updated))
            .end()
    }

    pub(super) fn environment(&self, id: Id) -> String {
        let environment = &self.environments[&id];
        Writer::object()
            .plain("type", "environment")
            .plain("id", id)
            .plain("account_id", self.id)
            .text("name", &environment.name)
            .at("inserted_at", Some(environment.inserted))
            .at("updated_at", Some(environment.updated))
            .end()
    }

    /// The token, with a range of hours in place of the moment of its last use where that is not certain.
    pub(super) fn token(&self, id: Id, own: Option<Id>, now: Micros) -> String {
        let token = &self.tokens[&id];
        let status = token.status(now);
        let is_other = own != Some(id);
        let at =
            |at: Option<Micros>| at.map_or("null".to_owned(), |it| format!("\"{}\"", moment(it)));
        let used = match token.used {
            [sure, latest] if sure == latest => at(sure),
            [sure, latest] => Writer::object()
                .raw("from", at(sure))
                .raw("to", at(latest))
                .end(),
        };
        let actions = Writer::object()
            .raw("activate", is_other && status == "suspended")
            .raw("suspend", is_other && status == "active")
            .raw(
                "revoke",
                is_other && matches!(status, "active" | "suspended"),
            )
            .raw("delete", is_other)
            .end();
        let scope = if token.environment.is_some() {
            "environment"
        } else {
            "account"
        };
        Writer::object()
            .plain("type", "api_token")
            .plain("id", id)
            .plain("account_id", self.id)
            .id("environment_id", token.environment)
            .plain("token_scope", scope)
            .plain("status", status)
            .raw("name", "null")
            .at("expires_at", token.expires_at)
            .raw("last_used_at", used)
            .at("inserted_at", Some(token.inserted))
            .at("updated_at", Some(token.updated))
            .raw("available_actions", actions)
            .end()
    }
}
