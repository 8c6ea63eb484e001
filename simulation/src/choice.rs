//! Chooses the operations of clients.

use crate::model::{
    Account, DAY, Id, Kind, Listed, Micros, Model, Operation, Page, STATUSES, TokenAction,
};
use crate::random::Random;
use crate::swarm::CLASSES;
use crate::world::Export;

mod import;

/// Chooses an operation of a caller of an account.
pub(crate) struct Choice<'c> {
    pub(crate) model: &'c Model,
    pub(crate) random: &'c mut Random,
    pub(crate) account: Id,
    pub(crate) now: Micros,
    /// How many items of bulk requests were made: each has a key of its own.
    pub(crate) items: &'c mut u64,
    /// The exports that can be imported.
    pub(crate) exports: &'c [Export],
}

const AGENT_SORTS: [&str; 5] = ["id", "name", "status", "inserted_at", "updated_at"];
const RUN_SORTS: [&str; 6] = [
    "id",
    "started_at",
    "inserted_at",
    "finished_at",
    "updated_at",
    "status",
];
const VERSION_SORTS: [&str; 4] = ["id", "external_identifier", "inserted_at", "updated_at"];
const TOKEN_SORTS: [&str; 4] = ["id", "status", "inserted_at", "updated_at"];
const ENVIRONMENT_SORTS: [&str; 4] = ["id", "name", "inserted_at", "updated_at"];

/// The fields by which a list can be sorted.
pub(crate) fn sorts(listed: Listed) -> &'static [&'static str] {
    match listed {
        Listed::Agents(..) => &AGENT_SORTS,
        Listed::Versions(..) => &VERSION_SORTS,
        Listed::Instances(_) | Listed::SpansOfInstance(_) | Listed::SpansOfAgent(_) => &RUN_SORTS,
        Listed::Environments | Listed::Accounts => &ENVIRONMENT_SORTS,
        Listed::Tokens => &TOKEN_SORTS,
    }
}

impl Choice<'_> {
    /// An account: mostly the caller's own.
    fn some_account(&mut self) -> Option<&Account> {
        let accounts = &self.model.accounts;
        match self.random.permille(60) && !accounts.is_empty() {
            true => accounts.values().nth(self.random.place(accounts.len())),
            false => accounts.get(&self.account.partition()),
        }
    }

    /// An id of a kind: mostly that of a recent object of the account, and now and then one that no object has.
    fn id(&mut self, kind: Kind) -> Id {
        let kind = match self.random.permille(15) {
            true => *self.random.one_of(&Kind::ALL),
            false => kind,
        };
        let unknown = Id::of(
            1_500_000_000_000,
            self.account.partition(),
            self.random.below(1 << 30),
        );
        if self.random.permille(10) {
            return unknown;
        }
        let (is_recent, number) = (self.random.permille(700), self.random.bits() as usize);
        let Some(account) = self.some_account() else {
            return unknown;
        };
        let given = &account.given[kind as usize];
        let from = if is_recent {
            given.len().saturating_sub(8)
        } else {
            0
        };
        let among = &given[from..];
        if among.is_empty() {
            unknown
        } else {
            among[number % among.len()]
        }
    }

    /// The id of a new object, where the caller chooses it.
    fn chosen(&mut self) -> Option<Id> {
        if !self.random.permille(80) {
            return None;
        }
        let partition = match self.random.permille(100) {
            true => self.id(Kind::Account).partition(),
            false => self.account.partition(),
        };
        let now = self.now as u64 / 1_000;
        let at = *self
            .random
            .one_of(&[1_600_000_000_000, now, now + 50, 4_000_000_000_000]);
        // Far from each other: the ids after the last one stand for those in the model that no answer tells.
        Some(Id::of(at, partition, self.random.below(40) << 10))
    }

    fn name(&mut self) -> String {
        let names = ["Ada", "Bob", "Eve", "Zoë", "a", "b"];
        match self.random.permille(30) {
            true => String::new(),
            false => (*self.random.one_of(&names)).to_owned(),
        }
    }

    /// A moment that a caller tells.
    fn moment(&mut self) -> Option<Micros> {
        let around = self.random.below(4_000_000) as i64 - 2_000_000;
        self.random.permille(200).then_some(self.now + around)
    }

    fn end(&mut self) -> Option<&'static str> {
        let is_given = self.random.permille(800);
        is_given.then(|| *self.random.one_of(&STATUSES[2..]))
    }

    fn identifier(&mut self) -> String {
        format!("v{}", self.random.below(4))
    }

    /// The length of a payload: rarely one that takes several rows.
    fn size(&mut self) -> usize {
        match self.random.permille(10) {
            true => 20_000,
            false => self.random.place(40),
        }
    }

    /// A page of a list.
    pub(crate) fn page(&mut self, listed: Listed) -> Page {
        let sort = *self.random.one_of(sorts(listed));
        Page {
            sort,
            descending: self.random.permille(400),
            offset: match self.random.permille(600) {
                true => 0,
                false => self.random.small(7),
            },
            size: self.random.small(4),
        }
    }

    /// An operation by the weights of the classes.
    pub(crate) fn operation(&mut self, weights: &[u64; CLASSES]) -> Operation {
        let mut number = self.random.below(weights.iter().sum());
        let class = weights.iter().position(|weight| {
            let is_it = number < *weight;
            number = number.saturating_sub(*weight);
            is_it
        });
        match class.unwrap_or(0) {
            0 => self.create_agent(),
            1 => self.change_agent(),
            2 => {
                let kind = *self.random.one_of(&[Kind::Version, Kind::SchemaVersion]);
                Operation::CreateVersion(kind, self.id(Kind::Agent), self.identifier())
            }
            3 => self.register(),
            4 => self.act_on_instance(),
            5 => self.span(),
            6 => self.environment(),
            7 => Operation::Rename(Kind::Account, self.id(Kind::Account), self.name()),
            8 => self.token(),
            9 => Operation::Generate(self.random.below(6)),
            10 => self.bulk(),
            11 => self.fetch(),
            12 => self.list(),
            _ => match self.random.place(4) {
                0 => self.import(),
                1 => Operation::CreateAccount("Odd".to_owned()),
                2 => Operation::ShowAgent(self.id(Kind::Agent)),
                _ => Operation::Broken,
            },
        }
    }

    /// An operation of the operator.
    pub(crate) fn of_operator(&mut self) -> Operation {
        match self.random.place(10) {
            0 | 1 => Operation::Export(self.id(Kind::Account)),
            2..=5 => self.import(),
            6 => Operation::CreateAccount(format!("Made {}", self.random.below(10))),
            7 => self.create_agent(),
            _ => Operation::List(Listed::Accounts, self.page(Listed::Accounts)),
        }
    }

    fn create_agent(&mut self) -> Operation {
        Operation::CreateAgent {
            environment: (!self.random.permille(150)).then(|| self.id(Kind::Environment)),
            name: self.name(),
            description: self
                .random
                .permille(300)
                .then(|| "é".repeat(self.random.place(200))),
            id: self.chosen(),
        }
    }

    fn change_agent(&mut self) -> Operation {
        let id = self.id(Kind::Agent);
        match self.random.place(6) {
            0 => Operation::Retire(id),
            1 => Operation::Reinstate(id),
            2 => Operation::DeleteAgent(id),
            3 => Operation::UpdateAgent {
                id,
                name: None,
                description: None,
                version: Some(self.random.permille(800).then(|| self.id(Kind::Version))),
            },
            _ => Operation::UpdateAgent {
                id,
                name: self.random.permille(700).then(|| self.name()),
                description: self
                    .random
                    .permille(400)
                    .then(|| self.random.permille(500).then(|| "text".to_owned())),
                version: None,
            },
        }
    }

    fn register(&mut self) -> Operation {
        let mut versions = [None, None];
        for version in &mut versions {
            if self.random.permille(350) {
                *version = Some(self.identifier());
            }
        }
        Operation::Register {
            agent: self.id(Kind::Agent),
            versions,
            id: self.chosen(),
            update: self.random.permille(700),
        }
    }

    fn act_on_instance(&mut self) -> Operation {
        let id = self.id(Kind::Instance);
        match self.random.permille(500) {
            true => Operation::Start(id, self.moment()),
            false => Operation::Finish(id, self.end(), self.moment()),
        }
    }

    fn span(&mut self) -> Operation {
        if self.random.permille(300) {
            let result = self.random.permille(500).then(|| self.size());
            return Operation::FinishSpan(self.id(Kind::Span), self.end(), result);
        }
        let status = *self.random.one_of(&STATUSES);
        Operation::CreateSpan {
            instance: self.id(Kind::Instance),
            parent: self.random.permille(250).then(|| self.id(Kind::Span)),
            status,
            id: self.chosen(),
            started_at: self.moment(),
            size: self.size(),
        }
    }

    fn environment(&mut self) -> Operation {
        match self.random.place(4) {
            0 | 1 => {
                Operation::CreateEnvironment(self.id(Kind::Account), self.name(), self.chosen())
            }
            2 => Operation::Rename(Kind::Environment, self.id(Kind::Environment), self.name()),
            _ => Operation::DeleteEnvironment(self.id(Kind::Environment)),
        }
    }

    fn token(&mut self) -> Operation {
        let id = self.id(Kind::Token);
        match self.random.place(5) {
            0 | 1 => {
                let environment = self
                    .random
                    .permille(400)
                    .then(|| self.id(Kind::Environment));
                let around = self.random.below(3 * DAY as u64) as i64 - DAY / 4;
                Operation::CreateToken(
                    environment,
                    self.random.permille(300).then_some(self.now + around),
                )
            }
            2 => Operation::DeleteToken(id),
            _ => {
                let actions = [
                    TokenAction::Suspend,
                    TokenAction::Activate,
                    TokenAction::Revoke,
                ];
                Operation::ActOnToken(id, *self.random.one_of(&actions))
            }
        }
    }

    fn bulk(&mut self) -> Operation {
        let count = 1 + self.random.place(4);
        let mut items = Vec::new();
        for _ in 0..count {
            let operation = match self.random.place(8) {
                0 => Operation::Fetch(Kind::Agent, self.id(Kind::Agent)),
                1 => {
                    let page = Page {
                        sort: "id",
                        descending: false,
                        offset: 0,
                        size: 3,
                    };
                    Operation::List(Listed::Agents(None, false), page)
                }
                2 | 3 => self.create_agent(),
                4 => self.change_agent(),
                5 => self.register(),
                6 => self.act_on_instance(),
                _ => self.span(),
            };
            *self.items += 1;
            // Now and then the key of an earlier item.
            let number = match self.random.permille(100) {
                true => self.items.saturating_sub(self.random.below(20)),
                false => *self.items,
            };
            let key = format!("item-{number:06}");
            if items.iter().all(|(other, _)| *other != key) {
                items.push((key, operation));
            }
        }
        Operation::Bulk(items)
    }

    fn fetch(&mut self) -> Operation {
        let kinds = Kind::ALL
            .iter()
            .filter(|kind| **kind != Kind::Span)
            .copied();
        let kinds: Vec<Kind> = kinds.collect();
        let kind = *self.random.one_of(&kinds);
        Operation::Fetch(kind, self.id(kind))
    }

    fn list(&mut self) -> Operation {
        let agent = self.id(Kind::Agent);
        let listed = match self.random.place(9) {
            0 => Listed::Agents(None, self.random.permille(500)),
            1 => Listed::Agents(Some(self.id(Kind::Environment)), self.random.permille(500)),
            2 => Listed::Versions(Kind::Version, agent),
            3 => Listed::Versions(Kind::SchemaVersion, agent),
            4 => Listed::Instances(agent),
            5 => Listed::SpansOfAgent(agent),
            6 => Listed::SpansOfInstance(self.id(Kind::Instance)),
            7 => Listed::Environments,
            _ => *self.random.one_of(&[Listed::Accounts, Listed::Tokens]),
        };
        Operation::List(listed, self.page(listed))
    }
}
