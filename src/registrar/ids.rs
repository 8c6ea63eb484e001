//! Ids: making them, and telling what they are of.

use std::borrow::Cow;

use chacha20::rand_core::Rng;

use super::{Caller, Failure, Issue, Registrar};
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::rules::pfid::ChosenId;
use crate::rules::{IssueReason, TextRule};
use crate::store::ChildKind;

/// The kinds of objects that have ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An account.
    Account,
    /// An environment.
    Environment,
    /// An agent.
    Agent,
    /// A version of an agent.
    AgentVersion,
    /// A schema version of an agent.
    AgentSchemaVersion,
    /// An instance of an agent.
    AgentInstance,
    /// A span of an instance.
    AgentSpan,
}

impl Kind {
    /// The kind for a person.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Account => "account",
            Kind::Environment => "environment",
            Kind::Agent => "agent",
            Kind::AgentVersion => "agent version",
            Kind::AgentSchemaVersion => "agent schema version",
            Kind::AgentInstance => "agent instance",
            Kind::AgentSpan => "agent span",
        }
    }
}

impl Registrar {
    /// A fresh id for something in the caller's account, above all that were made for it before.
    pub fn new_id(&mut self, caller: &Caller) -> Result<Pfid, Failure> {
        let partition = caller.account_id.partition();
        loop {
            let mut bytes = [0; 10];
            self.random.fill_bytes(&mut bytes);
            let Some(account) = self.account_mut(caller) else {
                return Err(Failure::unexpected());
            };
            let id = account.generator.next(caller.now_ms, partition, bytes)?;
            // Only an id that somebody chose can be in the way.
            if Some(id) > account.highest_chosen || !self.exists(id)? {
                return Ok(id);
            }
        }
    }

    /// The id of a new object: the one that the caller chose, if nothing is wrong with it, or a fresh one.
    pub fn id_of_new(&mut self, caller: &Caller, chosen: Option<Pfid>) -> Result<Pfid, Failure> {
        let Some(id) = chosen else {
            return self.new_id(caller);
        };
        if let Some(account) = self.account_mut(caller) {
            account.highest_chosen = account.highest_chosen.max(chosen);
        }
        Ok(id)
    }

    /// What is wrong with an id that a caller chose for a new object, if anything. What is taken is so for everybody in
    /// the account: the token of one environment learns that something of another one has an id, and nothing else of it.
    /// **\[ours\]**
    pub fn chosen_id_issue(
        &self,
        caller: &Caller,
        path: &dyn Fn() -> Cow<'static, str>,
        id: Pfid,
    ) -> Result<Option<Issue>, Failure> {
        let chosen = |reason| Issue::new(path(), reason, ChosenId::explain("ID", reason));
        Ok(if id.partition() != caller.account_id.partition() {
            Some(chosen(IssueReason::ForeignPartition))
        } else if self.exists(id)? {
            Some(chosen(IssueReason::Taken))
        } else {
            None
        })
    }

    /// What has this id, in which account and environment, whoever may see it.
    fn find(&self, id: Pfid) -> Result<Option<(Kind, Pfid, Pfid)>, Failure> {
        if self.accounts.iter().any(|account| account.id == id) {
            return Ok(Some((Kind::Account, id, id)));
        }
        if let Some(row) = self.store.environment(id)? {
            return Ok(Some((Kind::Environment, row.account_id, id)));
        }
        if let Some(row) = self.store.agent(id)? {
            return Ok(Some((Kind::Agent, row.account_id, row.environment_id)));
        }
        for kind in ChildKind::ALL {
            if let Some(row) = self.store.child(kind, id)? {
                let owner = row.owner;
                return Ok(Some((kind.into(), owner.account_id, owner.environment_id)));
            }
        }
        Ok(None)
    }

    /// Whether anything has this id, whoever may see it.
    pub fn exists(&self, id: Pfid) -> Result<bool, Failure> {
        Ok(self.find(id)?.is_some())
    }

    /// What an id is of, as far as the caller may see it. Everybody sees their account.
    pub fn kind_of(&self, caller: &Caller, id: Pfid) -> Result<Option<Kind>, Failure> {
        let found = self.find(id)?.filter(|(kind, account_id, environment_id)| {
            (*kind == Kind::Account && *account_id == caller.account_id)
                || caller.sees(*account_id, *environment_id)
        });
        Ok(found.map(|(kind, ..)| kind))
    }

    /// Whether the object that a request names exists for the caller; a refusal where the id is
    /// that of something else of the caller's.
    pub fn names(&self, caller: &Caller, id: Pfid, wanted: Kind) -> Result<bool, Failure> {
        match self.kind_of(caller, id)? {
            None => Ok(false),
            Some(kind) if kind == wanted => Ok(true),
            Some(kind) => Err(other_kind(kind, wanted)),
        }
    }

    /// The issue with an id that a body names, if no object of the kind that is `wanted` has it.
    /// **\[ours\]**
    pub fn named_issue(
        &self,
        caller: &Caller,
        path: &dyn Fn() -> Cow<'static, str>,
        id: Pfid,
        wanted: Kind,
    ) -> Result<Option<Issue>, Failure> {
        let named = self.names(caller, id, wanted)?;
        Ok((!named).then(|| {
            let message = format!("There is no {} with this ID.", wanted.name());
            Issue::new(path(), IssueReason::NotFound, message)
        }))
    }

    /// The refusal for an id under which the caller sees no object of the kind that is `wanted`:
    /// 422 when it is something else of the caller's, otherwise 404.
    pub fn missing(&self, caller: &Caller, id: Pfid, wanted: Kind) -> Failure {
        match self.kind_of(caller, id) {
            Ok(Some(kind)) if kind != wanted => other_kind(kind, wanted),
            Ok(_) => not_found(wanted),
            Err(failure) => failure,
        }
    }
}

#[cold]
#[inline(never)]
fn other_kind(kind: Kind, wanted: Kind) -> Failure {
    Failure::refused(
        ErrorCode::UnexpectedRefType,
        format!(
            "The ID names another kind of object: {} instead of {}.",
            kind.name(),
            wanted.name()
        ),
    )
}

/// The refusal for an object that does not exist for the caller.
#[cold]
#[inline(never)]
pub fn not_found(wanted: Kind) -> Failure {
    Failure::refused(
        ErrorCode::NotFound,
        format!("There is no such {}.", wanted.name()),
    )
}
