//! Objects as answers show them.

use serde_json::{Value, json};

use super::id::{DAY, Id, Micros, moment};
use super::operation::{Kind, STATUSES, is_over, payload};
use super::state::Account;

/// The seven counts of these statuses.
fn counts<'a>(statuses: impl Iterator<Item = &'a str>) -> Value {
    let (mut total, mut finished, mut by_status) = (0_u64, 0_u64, [0_u64; 5]);
    for status in statuses {
        total += 1;
        finished += u64::from(is_over(status));
        for (count, name) in by_status.iter_mut().zip(STATUSES) {
            *count += u64::from(name == status);
        }
    }
    let [pending, active, complete, failed, cancelled] = by_status;
    json!({
        "total": total, "pending": pending, "active": active, "complete": complete,
        "failed": failed, "cancelled": cancelled, "finished": finished,
    })
}

fn text(id: Option<Id>) -> Value {
    id.map_or(Value::Null, |id| json!(id.as_str()))
}

fn at(micros: Option<Micros>) -> Value {
    micros.map_or(Value::Null, |at| json!(moment(at)))
}

impl Account {
    /// The account as an object, with the name and the moments of it or of the operator's directory.
    pub(super) fn object(id: Id, name: &str, inserted: Micros, updated: Micros) -> Value {
        json!({
            "type": "account", "id": id.as_str(), "name": name,
            "inserted_at": moment(inserted), "updated_at": moment(updated),
        })
    }

    /// The status of an agent at a moment.
    pub(super) fn status(&self, id: Id, now: Micros) -> &'static str {
        let agent = &self.agents[&id];
        match agent.last_activity {
            _ if agent.is_retired => "retired",
            None => "pending",
            Some(last) if now - last >= 30 * DAY => "dormant",
            Some(_) => "active",
        }
    }

    pub(super) fn agent(&self, id: Id, has_counts: bool, now: Micros) -> Value {
        let agent = &self.agents[&id];
        let instances = || self.instances.values().filter(|it| it.agent == id);
        let mut object = json!({
            "type": "agent",
            "id": id.as_str(),
            "name": agent.name,
            "description": agent.description,
            "environment_id": agent.environment.as_str(),
            "status": self.status(id, now),
            "current_version_id": text(agent.current[0]),
            "current_schema_version_id": text(agent.current[1]),
            "inserted_at": moment(agent.inserted),
            "updated_at": moment(agent.updated),
            "available_actions": {
                "update": !agent.is_retired,
                "retire": !agent.is_retired,
                "reinstate": agent.is_retired,
                "delete": instances().next().is_none(),
            },
        });
        if has_counts {
            object["instance_counts"] = counts(instances().map(|it| it.status));
        }
        object
    }

    pub(super) fn version(&self, id: Id) -> Value {
        let version = &self.versions[&id];
        let mut object = json!({
            "type": version.kind.name(),
            "id": id.as_str(),
            "account_id": self.id.as_str(),
            "agent_id": version.agent.as_str(),
            "external_identifier": version.identifier,
            "name": null,
            "description": null,
            "inserted_at": moment(version.inserted),
            "updated_at": moment(version.inserted),
        });
        if version.kind == Kind::SchemaVersion {
            for key in [
                "span_schemas",
                "span_result_schemas",
                "span_type_schemas",
                "quality_schemas",
            ] {
                object[key] = Value::Null;
            }
        }
        object
    }

    pub(super) fn instance(&self, id: Id) -> Value {
        let instance = &self.instances[&id];
        let spans = self.spans.values().filter(|it| it.instance == id);
        json!({
            "type": "agent_instance",
            "id": id.as_str(),
            "account_id": self.id.as_str(),
            "agent_id": instance.agent.as_str(),
            "agent_version_id": text(instance.version),
            "agent_deployment_id": instance.agent.as_str(),
            "environment_id": instance.environment.as_str(),
            "status": instance.status,
            "inserted_at": moment(instance.inserted),
            "updated_at": moment(instance.updated),
            "started_at": at(instance.started),
            "finished_at": at(instance.finished),
            "span_counts": counts(spans.map(|it| it.status)),
        })
    }

    pub(super) fn span(&self, id: Id) -> Value {
        let span = &self.spans[&id];
        json!({
            "type": "agent_span",
            "id": id.as_str(),
            "account_id": self.id.as_str(),
            "agent_id": span.agent.as_str(),
            "agent_instance_id": span.instance.as_str(),
            "parent_span_id": text(span.parent),
            "schema_name": "step",
            "status": span.status,
            "payload": payload(span.size),
            "result_payload": span.result.map(payload),
            "started_at": moment(span.started),
            "finished_at": at(span.finished),
            "inserted_at": moment(span.inserted),
            "updated_at": moment(span.updated),
        })
    }

    pub(super) fn environment(&self, id: Id) -> Value {
        let environment = &self.environments[&id];
        json!({
            "type": "environment",
            "id": id.as_str(),
            "account_id": self.id.as_str(),
            "name": environment.name,
            "inserted_at": moment(environment.inserted),
            "updated_at": moment(environment.updated),
        })
    }

    /// The token, with a range of hours in place of the moment of its last use where that is not certain.
    pub(super) fn token(&self, id: Id, own: Option<Id>, now: Micros) -> Value {
        let token = &self.tokens[&id];
        let status = token.status(now);
        let is_other = own != Some(id);
        let used = match token.used {
            [sure, latest] if sure == latest => at(sure),
            [sure, latest] => json!({"from": at(sure), "to": at(latest)}),
        };
        json!({
            "type": "api_token",
            "id": id.as_str(),
            "account_id": self.id.as_str(),
            "environment_id": text(token.environment),
            "token_scope": if token.environment.is_some() { "environment" } else { "account" },
            "status": status,
            "name": null,
            "expires_at": at(token.expires_at),
            "last_used_at": used,
            "inserted_at": moment(token.inserted),
            "updated_at": moment(token.updated),
            "available_actions": {
                "activate": is_other && status == "suspended",
                "suspend": is_other && status == "active",
                "revoke": is_other && matches!(status, "active" | "suspended"),
                "delete": is_other,
            },
        })
    }
}
