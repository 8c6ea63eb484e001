//! The run of one seed: clients, network, clock, and the disturbances between requests.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use agent_registrar::store::sql::SqlErrorKind;

use crate::choice::Choice;
use crate::deployment::{Deployment, Happening, Home, Lost, Setup};
use crate::model::{DAY, Given, Id, Micros, Model, Moment, Operation, Partition, Reply, Sent};
use crate::older;
use crate::random::Random;
use crate::report::Report;
use crate::storage::Plan;
use crate::swarm::{BEGINNING, Overrides, Swarm};
use crate::twin::Twin;

mod audit;

/// A contradiction to the contract, and where it was found.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// The number of requests before.
    pub step: u64,
    /// The contradiction.
    pub finding: String,
    /// The last lines of the trace, if one was wanted.
    pub trace: Vec<String>,
}

/// How much of the trace is kept or shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trace {
    /// Nothing.
    None,
    /// The last lines.
    Last,
    /// Every line is printed at once.
    Print,
}

/// One party that sends requests.
struct Client {
    /// The token that it has from the configuration, and its account.
    base: (String, Id),
    token: String,
    account: Id,
    is_operator: bool,
    /// The number of its last request. Answers to earlier ones are ignored.
    attempt: u64,
    /// The request that is not answered yet.
    waiting: Option<Rc<Sent>>,
    tries: u32,
    /// Requests with a key that succeeded.
    history: Vec<Rc<Sent>>,
}

/// A request on its way.
#[derive(Clone)]
struct Message {
    client: usize,
    attempt: u64,
    sent: Rc<Sent>,
}

enum Event {
    /// A client sends its next request, or its last one again.
    Act(usize),
    Arrive(Message),
    /// The requests of a turn are carried out.
    Flush,
    Answer(Message, Reply),
    Timeout(usize, u64),
}

/// How long a client waits for an answer.
const PATIENCE: Micros = 1_000_000;
/// How long requests of one turn of the event loop may be apart.
const TURN: Micros = 200;

/// The simulation of one seed.
pub struct World {
    swarm: Swarm,
    /// Of the network, the clock and the faults.
    random: Random,
    /// Of the operations.
    choices: Random,
    model: Model,
    deployment: Deployment,
    twins: BTreeMap<Option<Partition>, Option<Twin>>,
    clients: Vec<Client>,
    events: BTreeMap<(Micros, u64), Event>,
    sequence: u64,
    turn: Vec<Message>,
    /// The time that passed.
    passed: Micros,
    /// How far the clock is from the beginning and the time that passed.
    offset: Micros,
    is_full: bool,
    snapshot: Option<(Vec<u8>, Model)>,
    keys: u64,
    items: u64,
    report: Report,
    trace: Trace,
    lines: VecDeque<String>,
}

impl World {
    /// Runs a seed to its end, or to the first finding.
    ///
    /// # Errors
    ///
    /// The finding.
    pub fn run(seed: u64, overrides: &Overrides, trace: Trace) -> Result<Report, Box<Failure>> {
        let mut world = World::new(seed, Swarm::of(seed, overrides), overrides, trace);
        let done = world.simulate();
        world.report.seeds = 1;
        world.report.homes.insert(world.swarm.home.name(), 1);
        match done {
            Ok(()) => Ok(world.report),
            Err(finding) => Err(Box::new(Failure {
                seed,
                step: world.report.operations,
                finding,
                trace: world.lines.into(),
            })),
        }
    }

    fn new(seed: u64, swarm: Swarm, overrides: &Overrides, trace: Trace) -> World {
        let setup = Setup {
            home: swarm.home,
            accounts: swarm.accounts.clone(),
            operator: "operator".to_owned(),
            seed,
            bug: overrides.bug,
        };
        let mut model = Model::new(&setup.operator, swarm.home == Home::Objects);
        model.know_tokens(&swarm.accounts);
        let clients = clients(&swarm);
        let mut world = World {
            random: Random::of(seed, 2),
            choices: Random::of(seed, 3),
            model,
            deployment: Deployment::new(setup, BEGINNING),
            twins: BTreeMap::new(),
            events: BTreeMap::new(),
            sequence: 0,
            turn: Vec::new(),
            passed: 0,
            offset: 0,
            is_full: false,
            snapshot: None,
            keys: 0,
            items: 0,
            report: Report::default(),
            trace,
            lines: VecDeque::new(),
            clients,
            swarm,
        };
        for client in 0..world.clients.len() {
            world.schedule(client as Micros, Event::Act(client));
        }
        world
    }

    fn simulate(&mut self) -> Result<(), String> {
        let happened = self.deployment.take_happened();
        self.take_over(happened, &[], false)?;
        while self.report.operations < self.swarm.steps
            && let Some(((at, _), event)) = self.events.pop_first()
        {
            self.passed = self.passed.max(at);
            match event {
                Event::Act(client) => self.act(client),
                Event::Arrive(message) if self.swarm.home == Home::Serve => {
                    if self.turn.is_empty() {
                        self.schedule(TURN, Event::Flush);
                    }
                    self.turn.push(message);
                }
                Event::Arrive(message) => self.carry_out(&[message], true)?,
                Event::Flush => {
                    let turn = std::mem::take(&mut self.turn);
                    if turn.len() > 1 {
                        self.report.fault("batch");
                    }
                    self.carry_out(&turn, true)?;
                }
                Event::Answer(message, reply) => self.receive(&message, &reply),
                Event::Timeout(client, attempt) => self.give_up_waiting(client, attempt),
            }
        }
        self.set_full(false);
        self.audit()
    }

    /// The time that the service is told.
    fn now(&self) -> Micros {
        let now = BEGINNING + self.passed + self.offset;
        now - now.rem_euclid(1_000)
    }

    fn schedule(&mut self, after: Micros, event: Event) {
        self.sequence += 1;
        self.events
            .insert((self.passed + after, self.sequence), event);
    }

    fn delay(&mut self) -> Micros {
        let most = self.swarm.delay;
        if most == 0 {
            1
        } else {
            self.random.small(most) as Micros
        }
    }

    fn note(&mut self, line: impl FnOnce(&World) -> String) {
        match self.trace {
            Trace::None => {}
            Trace::Print => println!("{}", line(self)),
            Trace::Last => {
                let line = line(self);
                self.lines.push_back(line);
                if self.lines.len() > 60 {
                    self.lines.pop_front();
                }
            }
        }
    }

    fn note_disturbance(&mut self, name: &'static str) {
        self.report.fault(name);
        self.note(|_| format!("        {name}"));
    }

    /// A client begins a request, or sends the last one again.
    fn act(&mut self, client: usize) {
        if self.clients[client].waiting.is_none() {
            let sent = self.choose(client);
            let it = &mut self.clients[client];
            it.waiting = Some(sent);
            it.tries = 0;
        }
        self.send(client);
    }

    fn choose(&mut self, client: usize) -> Rc<Sent> {
        let it = &self.clients[client];
        if !it.history.is_empty() && self.choices.permille(100) {
            return Rc::clone(self.choices.one_of(&it.history));
        }
        let now = BEGINNING + self.passed + self.offset;
        let mut choice = Choice {
            model: &self.model,
            random: &mut self.choices,
            account: it.account,
            now: now - now.rem_euclid(1_000),
            items: &mut self.items,
        };
        let operation = match it.is_operator {
            true => choice.of_operator(),
            false => choice.operation(&self.swarm.weights),
        };
        let mut key = None;
        if self.choices.permille(self.swarm.keys) {
            self.keys += 1;
            // Now and then an earlier key, perhaps of another client.
            let number = match self.choices.permille(80) {
                true => self.keys.saturating_sub(self.choices.below(10)),
                false => self.keys,
            };
            key = Some(format!("key-{number:06}"));
        }
        Rc::new(Sent::new(&it.token, operation, key))
    }

    fn send(&mut self, client: usize) {
        self.sequence += 1;
        let attempt = self.sequence;
        let it = &mut self.clients[client];
        let Some(sent) = it.waiting.clone() else {
            return;
        };
        it.attempt = attempt;
        self.schedule(PATIENCE, Event::Timeout(client, attempt));
        let message = Message {
            client,
            attempt,
            sent,
        };
        if self.random.permille(self.swarm.doubled) {
            self.note_disturbance("request-doubled");
            let delay = self.delay();
            self.schedule(delay, Event::Arrive(message.clone()));
        }
        if self.random.permille(self.swarm.lost) {
            self.note_disturbance("request-lost");
            return;
        }
        let delay = self.delay();
        self.schedule(delay, Event::Arrive(message));
    }

    fn give_up_waiting(&mut self, client: usize, attempt: u64) {
        let it = &self.clients[client];
        if it.attempt == attempt && it.waiting.is_some() {
            self.try_again(client);
        }
    }

    /// After no answer, or one of 500 and above.
    fn try_again(&mut self, client: usize) {
        let it = &mut self.clients[client];
        it.tries += 1;
        if it.tries > 4 {
            it.waiting = None;
        }
        let delay = self.delay();
        self.schedule(delay, Event::Act(client));
    }

    fn receive(&mut self, message: &Message, reply: &Reply) {
        let Message {
            client,
            attempt,
            sent,
        } = message;
        let it = &self.clients[*client];
        if it.attempt != *attempt || it.waiting.is_none() {
            return;
        }
        if reply.status >= 500 {
            self.try_again(*client);
            return;
        }
        let is_taken = self.random.permille(500);
        let it = &mut self.clients[*client];
        it.waiting = None;
        if reply.status == 200 && sent.key.is_some() && it.history.len() < 40 {
            it.history.push(Rc::clone(sent));
        }
        if reply.status == 401 {
            (it.token, it.account) = it.base.clone();
        }
        if is_taken && reply.status == 200 {
            self.take_token(*client, sent, reply);
        }
        let delay = self.delay();
        self.schedule(delay, Event::Act(*client));
    }

    /// A client goes on with the token that it was told; that of a new account goes to another client.
    fn take_token(&mut self, client: usize, sent: &Sent, reply: &Reply) {
        let body = String::from_utf8_lossy(&reply.body);
        let Some((_, rest)) = body.rsplit_once(",\"token\":\"") else {
            return;
        };
        let token = rest.trim_end_matches("\"}").to_owned();
        let place = match sent.operation {
            Operation::CreateAccount(_) => self.random.place(self.clients.len()),
            _ => client,
        };
        let account = body
            .split("\"id\":\"")
            .nth(1)
            .and_then(|rest| Id::parse(rest.get(..32)?));
        let it = &mut self.clients[place];
        if it.is_operator {
            return;
        }
        it.token = token;
        if let (Operation::CreateAccount(_), Some(account)) = (&sent.operation, account) {
            it.account = account;
        }
    }

    /// Carries out the requests of a turn, checks their answers, and disturbs what comes next.
    fn carry_out(&mut self, turn: &[Message], is_disturbed: bool) -> Result<(), String> {
        if is_disturbed {
            self.plan_fault();
        }
        let sent: Vec<Rc<Sent>> = turn.iter().map(|it| Rc::clone(&it.sent)).collect();
        let requests: Vec<&Sent> = sent.iter().map(|it| &**it).collect();
        let now = self.now();
        self.deployment.carry_out(&requests, now);
        self.deployment.plan(None);
        let is_faulty = self.count_injected();
        let happened = self.deployment.take_happened();
        self.take_over(happened, turn, is_faulty)?;
        if is_disturbed { self.disturb() } else { Ok(()) }
    }

    fn plan_fault(&mut self) {
        const KINDS: [SqlErrorKind; 9] = [
            SqlErrorKind::Full,
            SqlErrorKind::Busy,
            SqlErrorKind::ReadOnly,
            SqlErrorKind::Constraint,
            SqlErrorKind::TooBig,
            SqlErrorKind::Damaged,
            SqlErrorKind::NotADatabase,
            SqlErrorKind::Io,
            SqlErrorKind::Other,
        ];
        if self.swarm.kinds.is_empty() || !self.random.permille(self.swarm.faults) {
            return;
        }
        let fault = *self.random.one_of(&self.swarm.kinds);
        let after = self.random.small(self.swarm.depth) - 1;
        let kind = *self.random.one_of(&KINDS);
        self.deployment.plan(Some(Plan { fault, after, kind }));
    }

    fn count_injected(&mut self) -> bool {
        let mut injected = self.deployment.take_injected();
        injected.dedup();
        for name in &injected {
            self.note_disturbance(name);
        }
        !injected.is_empty()
    }

    /// Compares what happened with the model.
    fn take_over(
        &mut self,
        happened: Vec<Happening>,
        turn: &[Message],
        is_faulty: bool,
    ) -> Result<(), String> {
        let at = Moment {
            now: self.now(),
            is_faulty,
        };
        let mut inner = None;
        for it in happened {
            match it {
                Happening::Opened(given) => self.opened(&given, at.now),
                Happening::DirectoryOpened => {
                    for given in self.swarm.accounts.clone() {
                        self.model.listed(given.id, &given.name, at.now);
                    }
                    if matches!(self.swarm.home, Home::Handle | Home::Serve) {
                        let config =
                            self.deployment
                                .setup()
                                .config_of(&self.swarm.accounts, true, "");
                        self.twins
                            .entry(None)
                            .or_insert_with(|| Some(Twin::new(&config, at.now)));
                    }
                }
                Happening::DirectoryAnswered(place, reply) => {
                    let sent = &turn[place].sent;
                    self.model
                        .judge(sent, at, &reply)
                        .map_err(|it| format!("in the directory: {it}"))?;
                    inner = Some(reply);
                }
                Happening::FirstToken(id, text) => {
                    self.model.add_first_token(id, text.as_deref(), at.now)
                }
                Happening::Answered(place, reply, lost) => {
                    let message = &turn[place];
                    self.report.operations += 1;
                    self.note(|world| world.line(message, &reply, lost));
                    let judged = match inner.take() {
                        Some(inner) => self.model.judge_established(&inner, &reply, at),
                        None => self.model.judge(&message.sent, at, &reply),
                    };
                    judged.map_err(|it| explain(&message.sent, &reply, &it))?;
                    self.count(&message.sent, &reply);
                    self.compare_with_twin(&message.sent, at, &reply)?;
                    if lost == Lost::No && message.client < self.clients.len() {
                        self.give(message.clone(), reply);
                    }
                }
                Happening::Unanswered(place) => {
                    self.report.operations += 1;
                    self.note(|world| {
                        format!(
                            "{:7} client {} no answer",
                            world.report.operations, turn[place].client
                        )
                    });
                    if !is_faulty {
                        return Err(explain_none(&turn[place].sent));
                    }
                }
            }
        }
        Ok(())
    }

    fn opened(&mut self, given: &Given, now: Micros) {
        let partition = given.id.partition();
        let is_changed = self.model.opened(given, now);
        let place = match self.swarm.home {
            Home::Memory => return,
            Home::Objects => Some(partition),
            _ => None,
        };
        if self.swarm.home == Home::Objects
            && self.swarm.accounts.iter().any(|it| it.id == given.id)
        {
            let config = self.deployment.setup().config_of_account(given);
            self.twins
                .entry(place)
                .or_insert_with(|| Some(Twin::new(&config, now)));
        }
        // The twin is not opened again, and so does not create what a configuration wants.
        if is_changed && let Some(twin) = self.twins.get_mut(&place) {
            *twin = None;
        }
    }

    fn count(&mut self, sent: &Sent, reply: &Reply) {
        *self
            .report
            .answers
            .entry((sent.operation.name(), reply.status))
            .or_default() += 1;
        if reply.is_replayed {
            self.report.fault("replayed");
        }
        self.report.digest(sent.target.as_bytes());
        self.report.digest(&reply.body);
    }

    fn compare_with_twin(&mut self, sent: &Sent, at: Moment, reply: &Reply) -> Result<(), String> {
        let place = match self.swarm.home {
            Home::Memory => return Ok(()),
            Home::Objects => match self.model.destination(sent) {
                Some(partition) => Some(partition),
                None => return Ok(()),
            },
            _ => None,
        };
        let Some(twin) = self.twins.get_mut(&place) else {
            return Ok(());
        };
        if reply.status >= 500 {
            return Ok(());
        }
        if reply.kept_items.is_some()
            || at.is_faulty && matches!(sent.operation, Operation::Bulk(_))
        {
            *twin = None;
        }
        if let Some(twin) = twin {
            self.report.twin_answers += 1;
            twin.compare(sent, at.now, reply)?;
        }
        Ok(())
    }

    /// Sends an answer to its client.
    fn give(&mut self, message: Message, reply: Reply) {
        if self.random.permille(self.swarm.lost) {
            self.note_disturbance("answer-lost");
            return;
        }
        let delay = self.delay();
        self.schedule(delay, Event::Answer(message, reply));
    }

    fn line(&self, message: &Message, reply: &Reply, lost: Lost) -> String {
        let body = String::from_utf8_lossy(&reply.body);
        let short: String = body.chars().take(300).collect();
        let Sent {
            method,
            target,
            body,
            token,
            ..
        } = &*message.sent;
        let kept = reply
            .kept_items
            .map_or(String::new(), |it| format!(", {it} items kept"));
        let replayed = if reply.is_replayed { " again" } else { "" };
        let lost = if lost == Lost::Yes { " (lost)" } else { "" };
        format!(
            "{:7} {} client {} as {token}: {method:?} {target} {}\n        -> {}{replayed}{lost}{kept} {short}",
            self.report.operations,
            crate::model::moment(self.now()),
            message.client,
            body.chars().take(300).collect::<String>(),
            reply.status
        )
    }

    /// What happens between two turns.
    fn disturb(&mut self) -> Result<(), String> {
        let storages = self.deployment.storages();
        if self.random.permille(self.swarm.evictions) {
            // Memory loses everything at an eviction, so there it is rare.
            let is_memory = self.swarm.home == Home::Memory;
            if !is_memory || self.random.permille(30) {
                self.evict(storages.len() as u64)?;
            }
        }
        if self.random.permille(self.swarm.alarms) {
            let place = self.random.place(storages.len().max(1));
            let at_most = self.random.small(10) as u32;
            self.plan_fault();
            self.note_disturbance("keys-removed");
            self.deployment.forget(place, self.now(), at_most);
            self.deployment.plan(None);
            self.count_injected();
            self.drop_openings()?;
        }
        if !storages.is_empty() && self.random.permille(self.swarm.full) {
            self.set_full(!self.is_full);
        }
        if self.random.permille(self.swarm.jumps) {
            self.jump();
        }
        if self.swarm.home == Home::Memory && self.random.permille(self.swarm.snapshots) {
            self.snapshot_or_restore()?;
        }
        Ok(())
    }

    fn evict(&mut self, storages: u64) -> Result<(), String> {
        let place = self.random.below(storages + 1) as usize;
        self.note_disturbance("eviction");
        if self.swarm.home == Home::Memory {
            self.model.lose_everything();
            self.snapshot = None;
        }
        self.deployment.evict(place, self.now());
        let happened = self.deployment.take_happened();
        self.take_over(happened, &[], false)?;
        if self.random.permille(self.swarm.older)
            && let Some(storage) = self.deployment.storages().get(place)
        {
            let bug = self.deployment.setup().bug;
            let older = storage
                .with(|it| older::rewrite(it, bug))
                .map_err(|error| error.to_string())?;
            if let Some(older) = older {
                self.note_disturbance("older-version");
                storage.replace(older);
            }
        }
        Ok(())
    }

    /// An alarm may have opened objects.
    fn drop_openings(&mut self) -> Result<(), String> {
        let opened = self.deployment.take_opened();
        self.take_over(opened, &[], false)
    }

    fn set_full(&mut self, is_full: bool) {
        if is_full {
            self.note_disturbance("disk-filled");
        }
        self.is_full = is_full;
        for storage in self.deployment.storages() {
            storage.set_full(is_full);
        }
    }

    fn jump(&mut self) {
        const HOUR: Micros = DAY / 24;
        let by = *self.random.one_of(&[
            1_000,
            1_000_000,
            HOUR,
            DAY - HOUR,
            DAY,
            DAY + HOUR,
            15 * DAY,
            30 * DAY,
            40 * DAY,
        ]);
        let is_back = self.swarm.jumps_back && self.random.permille(500);
        let (name, by) = if is_back {
            ("clock-back", -by)
        } else {
            ("clock-forward", by)
        };
        let from = self.now();
        self.offset += by;
        self.note_disturbance(name);
        if self.model.clock_moves(from, self.now()) {
            // Expired keys that come back may be gone here, and there, in the other store.
            self.twins.values_mut().for_each(|twin| *twin = None);
        }
    }

    fn snapshot_or_restore(&mut self) -> Result<(), String> {
        match self.snapshot.clone() {
            Some((bytes, model)) if self.random.permille(400) => {
                self.note_disturbance("snapshot-restored");
                self.deployment.restore(&bytes)?;
                self.model = model;
            }
            _ => {
                let bytes = self
                    .deployment
                    .snapshot()
                    .ok_or("there is no snapshot of records in memory")?;
                self.snapshot = Some((bytes, self.model.clone()));
            }
        }
        Ok(())
    }
}

fn clients(swarm: &Swarm) -> Vec<Client> {
    let client = |place: usize| {
        let given = &swarm.accounts[place % swarm.accounts.len()];
        // Most have a token of the account, and some one of an environment.
        let is_narrow = place % 3 == 2;
        let is_operator = place == 5;
        let token = match is_operator {
            true => "operator".to_owned(),
            false => given.tokens[usize::from(is_narrow)].0.clone(),
        };
        Client {
            base: (token.clone(), given.id),
            token,
            account: given.id,
            is_operator,
            attempt: 0,
            waiting: None,
            tries: 0,
            history: Vec::new(),
        }
    };
    (0..swarm.clients).map(client).collect()
}

fn explain(sent: &Sent, reply: &Reply, finding: &str) -> String {
    let Sent {
        method,
        target,
        body,
        token,
        ..
    } = sent;
    format!(
        "{finding}\n  {method:?} {target} as {token}\n  {body}\n  -> {} {}",
        reply.status,
        String::from_utf8_lossy(&reply.body)
    )
}

fn explain_none(sent: &Sent) -> String {
    format!(
        "there is no answer without a fault\n  {:?} {}",
        sent.method, sent.target
    )
}
