//! The run of one seed: clients, network, clock, and the disturbances between requests.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

use crate::deployment::{Deployment, Happening, Home, Lost, Setup};
use crate::model::{DAY, Given, Micros, Model, Moment, Operation, Partition, Reply, Sent};
use crate::random::Random;
use crate::report::Report;
use crate::swarm::{BEGINNING, Overrides, Swarm};
use crate::twin::Twin;

mod audit;
mod clients;
mod disturb;
mod exports;
mod trace;

use clients::{Client, clients};
pub(crate) use exports::Export;
use trace::{explain, explain_none};

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

const HOUR: Micros = DAY / 24;
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
    /// Since when the clock has run without a jump.
    steady_since: Micros,
    is_full: bool,
    /// A snapshot, with the model and the exports of its moment.
    snapshot: Option<(Vec<u8>, Model, Vec<Export>)>,
    exports: Vec<Export>,
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
            generation: 0,
            limits: swarm.limits,
            bug: overrides.bug,
        };
        let mut model = Model::new(&setup.operator, swarm.home == Home::Objects);
        model.know_tokens(&swarm.accounts);
        model.limit(swarm.limits);
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
            steady_since: BEGINNING,
            is_full: false,
            snapshot: None,
            exports: Vec::new(),
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
                        let config = self.deployment.setup().config_of(&self.swarm.accounts, "");
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
                    self.keep_export(&message.sent, &reply);
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
        self.model.opened(given, now);
        let is_configured = self.swarm.accounts.iter().any(|it| it.id == given.id);
        if self.swarm.home == Home::Objects && is_configured {
            let config = self.deployment.setup().config_of_account(given);
            self.twins
                .entry(Some(given.id.partition()))
                .or_insert_with(|| Some(Twin::new(&config, now)));
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
}
