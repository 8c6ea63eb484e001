//! The preconditions of every operation.

use super::id::{Id, Micros};
use super::operation::{Kind, Listed, Operation, TokenAction, is_over};
use super::state::{Account, Agent, Instance, Token};
use super::{Caller, Model};

/// The status and the code of a refusal.
pub(super) type Refusal = (u16, &'static str);

const INVALID: Refusal = (422, "validation_errors");
const OTHER_KIND: Refusal = (422, "unexpected_ref_type");
const NOT_FOUND: Refusal = (404, "not_found");
const NOT_PERMITTED: Refusal = (403, "not_permitted");
const UNAVAILABLE: Refusal = (409, "invalid_action");

/// The refusal of a token whose scope alone does not cover an operation.
pub(super) fn of_access(caller: &Caller, operation: &Operation) -> Option<Refusal> {
    use Operation::*;
    let is_fine = match (caller, operation) {
        (Caller::Operator, CreateAccount(_) | List(Listed::Accounts, _)) => true,
        (Caller::Operator, Export(_) | Import(..)) => true,
        (Caller::Operator, _) | (_, CreateAccount(_) | Export(_) | Import(..)) => false,
        (
            Caller::Token {
                environment: Some(_),
                ..
            },
            List(Listed::Accounts | Listed::Tokens, _)
            | CreateToken(..)
            | ActOnToken(..)
            | DeleteToken(_)
            | Fetch(Kind::Token, _),
        ) => false,
        _ => true,
    };
    (!is_fine).then_some(NOT_PERMITTED)
}

/// The problems of a body: all issues come first, then the first refusal of the request as a whole.
#[derive(Default)]
struct Problems {
    has_issue: bool,
    refusal: Option<Refusal>,
}

impl Problems {
    fn add(&mut self, found: Option<Refusal>) {
        match found {
            None => {}
            Some(INVALID) => self.has_issue = true,
            refusal => self.refusal = self.refusal.or(refusal),
        }
    }

    fn require(&mut self, condition: bool) {
        self.has_issue |= !condition;
    }

    fn end(self) -> Option<Refusal> {
        match self.has_issue {
            true => Some(INVALID),
            false => self.refusal,
        }
    }
}

/// A caller in its account.
pub(super) struct View<'m> {
    pub(super) account: &'m Account,
    pub(super) environment: Option<Id>,
    pub(super) token: Option<Id>,
}

impl View<'_> {
    fn sees_environment(&self, id: Id) -> bool {
        self.environment.is_none_or(|own| own == id)
    }

    pub(super) fn agent(&self, id: Id) -> Option<&Agent> {
        let agent = self.account.agents.get(&id);
        agent.filter(|it| self.sees_environment(it.environment))
    }

    pub(super) fn instance(&self, id: Id) -> Option<&Instance> {
        let instance = self.account.instances.get(&id);
        instance.filter(|it| self.sees_environment(it.environment))
    }

    /// The kind of the object of an id, if the caller sees it.
    fn kind(&self, id: Id) -> Option<Kind> {
        let account = self.account;
        let (kind, environment) = if account.id == id {
            return Some(Kind::Account);
        } else if account.environments.contains_key(&id) {
            (Kind::Environment, id)
        } else if let Some(it) = account.agents.get(&id) {
            (Kind::Agent, it.environment)
        } else if let Some(it) = account.versions.get(&id) {
            (it.kind, account.agents.get(&it.agent)?.environment)
        } else if let Some(it) = account.instances.get(&id) {
            (Kind::Instance, it.environment)
        } else if let Some(it) = account.spans.get(&id) {
            (Kind::Span, it.environment)
        } else {
            let is_token = account.tokens.contains_key(&id) && self.environment.is_none();
            return is_token.then_some(Kind::Token);
        };
        self.sees_environment(environment).then_some(kind)
    }

    /// The refusal of an id in a path.
    fn missing(&self, id: Id, wanted: Kind) -> Option<Refusal> {
        match self.kind(id) {
            Some(kind) if kind == wanted => None,
            Some(_) => Some(OTHER_KIND),
            None => Some(NOT_FOUND),
        }
    }

    /// The refusal of an id in a body.
    fn named(&self, id: Id, wanted: Kind) -> Option<Refusal> {
        match self.kind(id) {
            Some(kind) if kind == wanted => None,
            Some(_) => Some(OTHER_KIND),
            None => Some(INVALID),
        }
    }

    /// The refusal of an environment in a body.
    fn named_environment(&self, id: Id) -> Option<Refusal> {
        match self.environment {
            Some(own) if own != id => Some(NOT_PERMITTED),
            _ => self.named(id, Kind::Environment),
        }
    }

    /// Whether the caller may give a new object this id.
    fn is_free(&self, id: Option<Id>) -> bool {
        id.is_none_or(|id| id.partition() == self.account.id.partition() && !self.account.has(id))
    }

    pub(super) fn has_instances(&self, agent: Id) -> bool {
        self.account.has_instances(agent)
    }

    fn has_identifier(&self, agent: Id, kind: Kind, identifier: &str) -> bool {
        let mut versions = self.account.versions.values();
        versions.any(|it| it.agent == agent && it.kind == kind && it.identifier == identifier)
    }
}

impl Model {
    pub(super) fn view(&self, caller: &Caller) -> Option<View<'_>> {
        match caller {
            Caller::Operator => None,
            Caller::Token {
                partition,
                environment,
                token,
            } => Some(View {
                account: self.accounts.get(partition)?,
                environment: *environment,
                token: *token,
            }),
        }
    }

    /// Why an operation is refused now, if it is. The scope of the token covers it.
    pub(super) fn refusal(
        &self,
        caller: &Caller,
        operation: &Operation,
        now: Micros,
    ) -> Option<Refusal> {
        use Operation::*;
        let view = self.view(caller)?;
        match operation {
            Broken | Bulk(_) | CreateAccount(_) | Export(_) | Import(..) => None,
            List(listed, _) => view.list(*listed),
            Fetch(kind, id) => view.fetch(*kind, *id),
            ShowAgent(id) => view.missing(*id, Kind::Agent),
            CreateAgent {
                environment,
                name,
                id,
                ..
            } => {
                let mut problems = Problems::default();
                problems.require(!name.is_empty());
                match environment.or(view.environment) {
                    Some(id) => problems.add(view.named_environment(id)),
                    None => problems.require(false),
                }
                problems.require(view.is_free(*id));
                problems.end()
            }
            UpdateAgent {
                id, name, version, ..
            } => view.update(*id, name.as_deref(), *version),
            DeleteAgent(id) => view
                .missing(*id, Kind::Agent)
                .or(view.has_instances(*id).then_some(UNAVAILABLE)),
            Retire(id) | Reinstate(id) => {
                let is_wanted = matches!(operation, Reinstate(_));
                let is_available = || view.agent(*id).is_some_and(|it| it.is_retired == is_wanted);
                let missing = view.missing(*id, Kind::Agent);
                missing.or_else(|| (!is_available()).then_some(UNAVAILABLE))
            }
            CreateVersion(kind, agent, identifier) => {
                let mut problems = Problems::default();
                problems.add(view.named(*agent, Kind::Agent));
                problems.require(
                    view.agent(*agent).is_none() || !view.has_identifier(*agent, *kind, identifier),
                );
                problems.end()
            }
            Register { agent, id, .. } => {
                let mut problems = Problems::default();
                problems.add(view.named(*agent, Kind::Agent));
                problems.require(view.is_free(*id));
                let is_retired = || view.agent(*agent).is_some_and(|it| it.is_retired);
                problems
                    .end()
                    .or_else(|| is_retired().then_some(UNAVAILABLE))
            }
            Start(id, _) => view.run(*id, &|status| status == "pending"),
            Finish(id, end, _) => {
                let end = end.unwrap_or("complete");
                view.run(*id, &|status| match status {
                    "pending" => end == "cancelled",
                    "active" => end != "cancelled",
                    _ => false,
                })
            }
            CreateSpan {
                instance,
                parent,
                id,
                ..
            } => view.create_span(*instance, *parent, *id),
            FinishSpan(id, ..) => view.missing(*id, Kind::Span).or_else(|| {
                let span = view.account.spans.get(id);
                span.is_some_and(|it| is_over(it.status))
                    .then_some(UNAVAILABLE)
            }),
            _ => view.of_account(operation, now),
        }
    }
}

impl View<'_> {
    /// A parent of another kind is refused; one that does not exist has an empty list.
    fn list(&self, listed: Listed) -> Option<Refusal> {
        let (id, wanted) = match listed {
            Listed::Versions(_, id) | Listed::Instances(id) | Listed::SpansOfAgent(id) => {
                (id, Kind::Agent)
            }
            Listed::SpansOfInstance(id) => (id, Kind::Instance),
            _ => return None,
        };
        self.named(id, wanted).filter(|it| *it == OTHER_KIND)
    }

    fn fetch(&self, kind: Kind, id: Id) -> Option<Refusal> {
        let is_narrow = kind == Kind::Account && self.environment.is_some();
        let missing = self.missing(id, kind);
        missing.or(is_narrow.then_some(NOT_PERMITTED))
    }

    fn update(&self, id: Id, name: Option<&str>, version: Option<Option<Id>>) -> Option<Refusal> {
        if let Some(refusal) = self.missing(id, Kind::Agent) {
            return Some(refusal);
        }
        let mut problems = Problems::default();
        problems.require(name != Some(""));
        if let Some(Some(version)) = version {
            match self.account.versions.get(&version) {
                Some(it) if it.kind == Kind::Version && it.agent != id => problems.require(false),
                _ => problems.add(self.named(version, Kind::Version)),
            }
        }
        let is_retired = self.agent(id).is_some_and(|it| it.is_retired);
        problems.end().or(is_retired.then_some(UNAVAILABLE))
    }

    fn run(&self, id: Id, may: &dyn Fn(&str) -> bool) -> Option<Refusal> {
        self.missing(id, Kind::Instance).or_else(|| {
            let is_available = self.instance(id).is_some_and(|it| may(it.status));
            (!is_available).then_some(UNAVAILABLE)
        })
    }

    fn create_span(&self, instance: Id, parent: Option<Id>, id: Option<Id>) -> Option<Refusal> {
        let mut problems = Problems::default();
        problems.add(self.named(instance, Kind::Instance));
        problems.require(self.is_free(id));
        if let Some(parent) = parent {
            let found = self.named(parent, Kind::Span);
            problems.add(found);
            let is_sibling = self
                .account
                .spans
                .get(&parent)
                .is_some_and(|it| it.instance == instance);
            problems.require(found.is_some() || self.instance(instance).is_none() || is_sibling);
        }
        let is_over = self.instance(instance).is_some_and(|it| is_over(it.status));
        problems.end().or(is_over.then_some(UNAVAILABLE))
    }

    fn of_account(&self, operation: &Operation, now: Micros) -> Option<Refusal> {
        use Operation::*;
        let is_narrow = self.environment.is_some();
        match operation {
            CreateEnvironment(account, name, id) => {
                let mut problems = Problems::default();
                problems.add(self.named(*account, Kind::Account));
                problems.require(!name.is_empty() && self.is_free(*id));
                is_narrow.then_some(NOT_PERMITTED).or(problems.end())
            }
            Rename(kind, id, name) => {
                let missing = self.fetch(*kind, *id);
                missing.or(name.is_empty().then_some(INVALID))
            }
            DeleteEnvironment(id) => self.missing(*id, Kind::Environment).or_else(|| {
                let has_agents = self.account.agents.values().any(|it| it.environment == *id);
                let unavailable = has_agents.then_some(UNAVAILABLE);
                is_narrow.then_some(NOT_PERMITTED).or(unavailable)
            }),
            CreateToken(environment, expires_at) => {
                let mut problems = Problems::default();
                if let Some(id) = environment {
                    problems.add(self.named(*id, Kind::Environment));
                }
                problems.require(expires_at.is_none_or(|at| at > now));
                problems.end()
            }
            ActOnToken(id, action) => self.missing(*id, Kind::Token).or_else(|| {
                let status = self.account.tokens.get(id)?.status(now);
                let is_available = self.token != Some(*id)
                    && match action {
                        TokenAction::Activate => status == "suspended",
                        TokenAction::Suspend => status == "active",
                        TokenAction::Revoke => matches!(status, "active" | "suspended"),
                    };
                (!is_available).then_some(UNAVAILABLE)
            }),
            DeleteToken(id) => {
                let missing = self.missing(*id, Kind::Token);
                missing.or((self.token == Some(*id)).then_some(UNAVAILABLE))
            }
            Generate(count) => (!(1..=1_000).contains(count)).then_some(INVALID),
            _ => None,
        }
    }
}

impl Token {
    /// Its status at a moment.
    pub(super) fn status(&self, now: Micros) -> &'static str {
        match self.state {
            "revoked" => "revoked",
            _ if self.expires_at.is_some_and(|at| at <= now) => "expired",
            state => state,
        }
    }
}

impl Operation {
    /// The id in the path.
    pub(super) fn path_id(&self) -> Option<Id> {
        use Operation::*;
        match self {
            Fetch(_, id) | DeleteAgent(id) | Retire(id) | Reinstate(id) | Start(id, _) => Some(*id),
            UpdateAgent { id, .. } | Finish(id, ..) | FinishSpan(id, ..) => Some(*id),
            Rename(_, id, _) | DeleteEnvironment(id) | ActOnToken(id, _) | DeleteToken(id) => {
                Some(*id)
            }
            _ => None,
        }
    }
}
