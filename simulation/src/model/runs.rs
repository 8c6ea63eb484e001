//! The effects of operations on instances and spans.

use super::Finding;
use super::effect::{gone, id_at};
use super::id::{Id, Micros};
use super::operation::{Kind, Operation, is_over};
use super::state::{Account, Instance, Span, Version};

impl Account {
    /// Operations on instances and spans.
    pub(super) fn run(
        &mut self,
        operation: &Operation,
        now: Micros,
        actual: &str,
    ) -> Result<String, Finding> {
        match operation {
            Operation::Register {
                agent,
                versions,
                id,
                update,
            } => {
                let id = self.register(*agent, versions, *id, *update, now, actual)?;
                Ok(self.instance(id))
            }
            Operation::Start(id, moment) => {
                let instance = self.instances.get_mut(id).ok_or_else(gone)?;
                instance.status = "active";
                instance.started = moment.or(Some(now));
                instance.updated = now;
                let agent = instance.agent;
                self.note_activity(agent, now);
                Ok(self.instance(*id))
            }
            Operation::Finish(id, end, moment) => {
                let instance = self.instances.get_mut(id).ok_or_else(gone)?;
                instance.status = end.unwrap_or("complete");
                instance.finished = moment.or(Some(now));
                instance.updated = now;
                let agent = instance.agent;
                self.note_activity(agent, now);
                Ok(self.instance(*id))
            }
            Operation::CreateSpan {
                instance,
                parent,
                status,
                id,
                started_at,
                size,
            } => {
                let id = self.new_id(Kind::Span, *id, actual)?;
                let of = self.instances.get(instance).ok_or_else(gone)?;
                let (agent, environment) = (of.agent, of.environment);
                let span = Span {
                    instance: *instance,
                    agent,
                    environment,
                    parent: *parent,
                    status,
                    size: *size,
                    result: None,
                    inserted: now,
                    updated: now,
                    started: started_at.unwrap_or(now),
                    finished: is_over(status).then_some(now),
                };
                self.spans.insert(id, span);
                self.note_activity(agent, now);
                Ok(self.span(id))
            }
            Operation::FinishSpan(id, end, result) => {
                let span = self.spans.get_mut(id).ok_or_else(gone)?;
                span.status = end.unwrap_or("complete");
                span.finished = Some(now);
                span.updated = now;
                span.result = result.or(span.result);
                let agent = span.agent;
                self.note_activity(agent, now);
                Ok(self.span(*id))
            }
            other => Err(format!("{other:?} is not about a run")),
        }
    }

    fn note_activity(&mut self, agent: Id, now: Micros) {
        if let Some(agent) = self.agents.get_mut(&agent) {
            agent.last_activity = agent.last_activity.max(Some(now));
        }
    }

    fn register(
        &mut self,
        agent: Id,
        identifiers: &[Option<String>; 2],
        chosen: Option<Id>,
        update: bool,
        now: Micros,
        actual: &str,
    ) -> Result<Id, Finding> {
        let new = id_at(actual, "id")?;
        let (environment, before) = {
            let it = self.agents.get(&agent).ok_or_else(gone)?;
            (it.environment, it.current)
        };
        let mut current = before;
        for (place, kind) in [Kind::Version, Kind::SchemaVersion].into_iter().enumerate() {
            let Some(identifier) = &identifiers[place] else {
                continue;
            };
            let known = self.versions.iter().find(|(_, it)| {
                it.agent == agent && it.kind == kind && it.identifier == *identifier
            });
            if let Some((id, _)) = known {
                current[place] = Some(*id);
                continue;
            }
            let id = match kind {
                Kind::Version => {
                    let id = id_at(actual, "agent_version_id")?;
                    self.note_generated(id)?;
                    self.note(kind, id);
                    id
                }
                // No answer tells it. It was generated just before the id of the instance, if that was generated.
                _ => match chosen {
                    None => self.unknown(new.before()),
                    Some(_) => self.unknown_after_last(now),
                },
            };
            let version = Version {
                kind,
                agent,
                identifier: identifier.clone(),
                inserted: now,
            };
            self.versions.insert(id, version);
            current[place] = Some(id);
        }
        let id = self.new_id(Kind::Instance, chosen, actual)?;
        let it = self.agents.get_mut(&agent).ok_or_else(gone)?;
        if update && current != before {
            it.current = current;
            it.updated = now;
        }
        let instance = Instance {
            agent,
            environment,
            version: current[0],
            status: "pending",
            inserted: now,
            updated: now,
            started: None,
            finished: None,
        };
        self.instances.insert(id, instance);
        self.note_activity(agent, now);
        Ok(id)
    }
}
