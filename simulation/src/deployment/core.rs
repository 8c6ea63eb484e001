//! A core in front of its storage, and the host that brackets its transactions.

use agent_registrar::store::StoreError;
use agent_registrar::store::sql::{SqlError, SqlStore};
use agent_registrar::{Answer, OpenError, Outcome, Run, Service};

use super::{Lost, read, reply, request, timestamp};
use crate::model::{Micros, Operation, Reply, Sent};
use crate::planted::Bug;
use crate::storage::Storage;

/// Who opens and ends the transactions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bracket {
    /// The store: [`Service::handle`].
    Store,
    /// The host, around each step, as in a Durable Object.
    Steps,
    /// The host, around the requests of a turn, as in `serve --db`.
    Batch,
}

/// The core of one database. It is opened at the first request, and again after each crash or eviction.
pub(super) struct Object {
    storage: Storage,
    service: Option<Service>,
    config: String,
    bracket: Bracket,
    bug: Option<Bug>,
    /// Whether an opening was committed since it was last asked.
    is_ensured: bool,
}

/// An answer, and whether it was lost. `None` where the request has not happened.
pub(super) type Processed = Option<(Reply, Lost)>;

impl Object {
    pub(super) fn new(config: String, bracket: Bracket, bug: Option<Bug>) -> Object {
        let storage = Storage::new(bracket == Bracket::Store, bug);
        Object {
            storage: storage.unwrap_or_else(|error| panic!("{error}")),
            service: None,
            config,
            bracket,
            bug,
            is_ensured: false,
        }
    }

    pub(super) fn storage(&self) -> Storage {
        self.storage.clone()
    }

    /// Drops the core.
    pub(super) fn close(&mut self) {
        self.service = None;
    }

    /// Drops the core. The next one has this configuration.
    pub(super) fn set_config(&mut self, config: String) {
        self.service = None;
        self.config = config;
    }

    /// Whether the accounts of the configuration were written since the last call.
    pub(super) fn take_ensured(&mut self) -> bool {
        std::mem::take(&mut self.is_ensured)
    }

    /// Opens the core unless it is open. Returns false if the storage failed.
    pub(super) fn open(&mut self, now: Micros) -> bool {
        if self.service.is_some() {
            return true;
        }
        let opened = match self.bracket {
            Bracket::Store => self.open_by_store(now),
            _ => self.open_by_host(now),
        };
        match opened {
            Ok(service) => self.service = Some(service),
            Err(OpenError::Store(_)) => {}
            Err(error) => panic!("the configuration was refused: {error}"),
        }
        self.bury();
        self.service.is_some()
    }

    fn open_by_store(&mut self, now: Micros) -> Result<Service, OpenError> {
        let store = SqlStore::with_host(self.storage.host())?;
        let before = self.storage.commits();
        let service = Service::open(read(&self.config), Box::new(store), timestamp(now));
        self.is_ensured |= self.storage.commits() > before;
        service
    }

    fn open_by_host(&mut self, now: Micros) -> Result<Service, OpenError> {
        self.storage.clear_failure();
        self.storage.begin().map_err(StoreError::from)?;
        let store = SqlStore::with_host(self.storage.host());
        let service = store
            .map_err(OpenError::from)
            .and_then(|store| Service::open(read(&self.config), Box::new(store), timestamp(now)));
        if service.is_err() {
            self.storage.rollback();
            return service;
        }
        self.storage.commit().map_err(StoreError::from)?;
        self.is_ensured = true;
        service
    }

    /// After a crash: the core is gone.
    fn bury(&mut self) -> bool {
        let is_dead = self.storage.is_dead();
        if is_dead {
            self.service = None;
            self.storage.revive();
        }
        is_dead
    }

    /// Carries out the requests of a turn.
    pub(super) fn carry_out(&mut self, requests: &[&Sent], now: Micros) -> Vec<Processed> {
        let mut done = Vec::new();
        if self.open(now) {
            match self.bracket {
                Bracket::Batch if requests.len() > 1 => self.flush(requests, now, &mut done),
                _ => self.one_by_one(requests, now, None, &mut done),
            }
        }
        done.resize(requests.len(), None);
        done
    }

    /// Carries out requests, each by itself, until the process crashes.
    fn one_by_one(
        &mut self,
        requests: &[&Sent],
        now: Micros,
        refusal: Option<&SqlError>,
        done: &mut Vec<Processed>,
    ) {
        for sent in requests {
            done.push(self.alone(sent, now, refusal));
            if self.service.is_none() {
                return;
            }
        }
    }

    fn alone(&mut self, sent: &Sent, now: Micros, refusal: Option<&SqlError>) -> Processed {
        let service = self.service.as_mut()?;
        let before = self.storage.commits();
        let authorization = format!("Bearer {}", sent.token);
        let request = request(sent, &authorization, now);
        let mut answer = Answer::new();
        if self.bracket == Bracket::Store {
            service.handle(&request, &mut answer);
        } else {
            let mut run = service.start(&request);
            match (run.may_write(), refusal) {
                (false, _) => while !service.step(&mut run, &mut answer).is_last {},
                (true, Some(error)) => {
                    service.not_begun(&mut run, &mut answer, error.clone().into())
                }
                (true, None) => {
                    let host = Host {
                        storage: &self.storage,
                        bug: self.bug,
                    };
                    while !host.bracketed_step(service, &mut run, &mut answer) {}
                }
            }
        }
        let reply = reply(&answer);
        if self.bug == Some(Bug::DoubledEffect) && sent.key.is_none() && before.is_multiple_of(10) {
            let mut run = service.start(&request);
            steps(service, &mut run, &mut Answer::new(), &self.storage);
        }
        let commits = self.storage.commits() - before;
        if !self.bury() {
            return Some((reply, Lost::No));
        }
        // Of a crash, only commits are left.
        (commits > 0).then(|| (kept(sent, reply, commits as usize), Lost::Yes))
    }

    /// Carries out several requests, as one turn of the event loop does: see `js/sql/core.ts`.
    fn flush(&mut self, requests: &[&Sent], now: Micros, done: &mut Vec<Processed>) {
        for (place, sent) in requests.iter().enumerate() {
            let rest = &requests[place..];
            if let [last] = rest {
                done.push(self.alone(last, now, None));
                return;
            }
            let Some(service) = self.service.as_mut() else {
                return;
            };
            let authorization = format!("Bearer {}", sent.token);
            let mut run = service.start(&request(sent, &authorization, now));
            if run.may_write() {
                drop(run);
                return self.together(rest, now, done);
            }
            let mut answer = Answer::new();
            while !service.step(&mut run, &mut answer).is_last {}
            let reply = reply(&answer);
            match self.bury() {
                true => return,
                false => done.push(Some((reply, Lost::No))),
            }
        }
    }

    /// Carries out requests in one transaction. If one of them needs a rollback, each runs again by itself.
    fn together(&mut self, requests: &[&Sent], now: Micros, done: &mut Vec<Processed>) {
        let Some(service) = self.service.as_mut() else {
            return;
        };
        self.storage.clear_failure();
        let mut refusal = None;
        let mut replies = Vec::new();
        match self.storage.begin() {
            Err(error) => refusal = Some(error),
            Ok(()) => {
                service.begin_group();
                let is_kept = requests.iter().all(|sent| {
                    let authorization = format!("Bearer {}", sent.token);
                    let mut run = service.start(&request(sent, &authorization, now));
                    let mut answer = Answer::new();
                    let is_fine = steps(service, &mut run, &mut answer, &self.storage);
                    replies.push(reply(&answer));
                    is_fine
                });
                let is_kept = is_kept
                    && (self.bug == Some(Bug::GroupNotEnded) || end_group(service, &self.storage));
                if !is_kept || self.storage.commit().is_err() {
                    self.storage.rollback();
                    replies.clear();
                }
            }
        }
        let is_committed = !replies.is_empty();
        if is_committed || self.bug != Some(Bug::RollbackKeepsIds) {
            service.settle(is_committed);
        }
        let is_dead = self.bury();
        if is_committed {
            let lost = if is_dead { Lost::Yes } else { Lost::No };
            done.extend(replies.into_iter().map(|reply| Some((reply, lost))));
        } else if !is_dead {
            self.one_by_one(requests, now, refusal.as_ref(), done);
        }
    }

    /// Removes expired keys.
    pub(super) fn forget(&mut self, now: Micros, at_most: u32) {
        if !self.open(now) {
            return;
        }
        let Some(service) = self.service.as_mut() else {
            return;
        };
        let brackets = self.bracket != Bracket::Store;
        self.storage.clear_failure();
        if !brackets || self.storage.begin().is_ok() {
            let forgotten = service
                .registrar_mut()
                .forget_answers(timestamp(now), at_most);
            if brackets {
                let is_kept = forgotten.is_ok_and(|it| it > 0)
                    && self.storage.failure().is_none()
                    && self.storage.commit().is_ok();
                if !is_kept {
                    self.storage.rollback();
                }
                service.settle(is_kept);
            }
        }
        self.bury();
    }
}

/// The part of an answer whose effects were kept, after so many commits.
fn kept(sent: &Sent, mut reply: Reply, commits: usize) -> Reply {
    if let Operation::Bulk(items) = &sent.operation
        && reply.status == 200
    {
        let text = String::from_utf8_lossy(&reply.body).into_owned();
        let outputs = items
            .iter()
            .filter(|(key, _)| text.contains(&format!("\"{key}\":{{")))
            .count();
        // An item that failed, which is the last one, may have had no commit; then the last one was that of the whole answer.
        let has_failed = items
            .iter()
            .any(|(key, _)| text.contains(&format!("\"{key}\":{{\"status\":\"error\"")));
        let least = outputs + usize::from(!has_failed);
        reply.kept_items = (commits < least).then_some(commits);
    }
    reply
}

/// Runs all units of a request in an open transaction. Returns false as soon as it must be rolled back.
fn steps(service: &mut Service, run: &mut Run<'_>, answer: &mut Answer, storage: &Storage) -> bool {
    loop {
        let step = service.step(run, answer);
        if step.outcome == Outcome::Rollback || storage.failure().is_some() {
            return false;
        }
        if step.is_last {
            return true;
        }
    }
}

/// Has the store write what it put off, before the commit. Returns false if the transaction must be rolled back.
fn end_group(service: &mut Service, storage: &Storage) -> bool {
    service.end_group().is_ok() && storage.failure().is_none()
}

/// A host that puts a transaction around each step: `#transactedStep` of `js/sql/core.ts`.
struct Host<'s> {
    storage: &'s Storage,
    bug: Option<Bug>,
}

impl Host<'_> {
    /// Runs one step. Returns whether it was the last.
    fn bracketed_step(
        &self,
        service: &mut Service,
        run: &mut Run<'_>,
        answer: &mut Answer,
    ) -> bool {
        let storage = self.storage;
        storage.clear_failure();
        if let Err(error) = storage.begin() {
            service.settle(false);
            service.not_begun(run, answer, error.into());
            return true;
        }
        let step = service.step(run, answer);
        let mut is_kept = step.outcome != Outcome::Rollback && storage.failure().is_none();
        let mut failure = None;
        if is_kept {
            if let Err(error) = storage.commit() {
                is_kept = false;
                failure = Some(error);
            }
        } else if step.outcome == Outcome::Commit {
            failure = storage.failure();
        }
        if !is_kept {
            storage.rollback();
        }
        if is_kept || self.bug != Some(Bug::RollbackKeepsIds) {
            service.settle(is_kept);
        }
        let Some(error) = failure else {
            return step.is_last;
        };
        service.not_committed(run, answer, StoreError::from(error));
        true
    }
}
