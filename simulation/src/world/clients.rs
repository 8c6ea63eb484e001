//! Clients: they choose requests, wait, send again, and lose patience. The network between them and the service.

use std::rc::Rc;

use super::{Event, Message, PATIENCE, World};
use crate::choice::Choice;
use crate::model::{Id, Operation, Reply, Sent};
use crate::swarm::Swarm;

/// One party that sends requests.
pub(super) struct Client {
    /// The token that it has from the configuration, and its account.
    pub(super) base: (String, Id),
    pub(super) token: String,
    pub(super) account: Id,
    is_operator: bool,
    /// The number of its last request. Answers to earlier ones are ignored.
    attempt: u64,
    /// The request that is not answered yet.
    waiting: Option<Rc<Sent>>,
    tries: u32,
    /// Requests with a key that succeeded.
    history: Vec<Rc<Sent>>,
}

pub(super) fn clients(swarm: &Swarm) -> Vec<Client> {
    let client = |place: usize| {
        let given = &swarm.accounts[place % swarm.accounts.len()];
        // Most have a token of the account, and some one of an environment.
        let is_narrow = place % 3 == 2;
        let is_last = place > 0 && place + 1 == swarm.clients;
        let is_operator = place == 5 || is_last && swarm.has_operator;
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

impl World {
    /// A client begins a request, or sends the last one again.
    pub(super) fn act(&mut self, client: usize) {
        if self.clients[client].waiting.is_none() {
            let sent = self.choose(client);
            let it = &mut self.clients[client];
            it.waiting = Some(sent);
            it.tries = 0;
        }
        self.send(client);
    }

    pub(super) fn choose(&mut self, client: usize) -> Rc<Sent> {
        let it = &self.clients[client];
        if !it.history.is_empty() && self.choices.permille(100) {
            return Rc::clone(self.choices.one_of(&it.history));
        }
        let now = self.now();
        let mut choice = Choice {
            model: &self.model,
            random: &mut self.choices,
            account: it.account,
            now,
            items: &mut self.items,
            exports: &self.exports,
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

    pub(super) fn send(&mut self, client: usize) {
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

    pub(super) fn give_up_waiting(&mut self, client: usize, attempt: u64) {
        let it = &self.clients[client];
        if it.attempt == attempt && it.waiting.is_some() {
            self.try_again(client);
        }
    }

    /// After no answer, or one of 500 and above.
    pub(super) fn try_again(&mut self, client: usize) {
        let it = &mut self.clients[client];
        it.tries += 1;
        if it.tries > 4 {
            it.waiting = None;
        }
        let delay = self.delay();
        self.schedule(delay, Event::Act(client));
    }

    pub(super) fn receive(&mut self, message: &Message, reply: &Reply) {
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
    pub(super) fn take_token(&mut self, client: usize, sent: &Sent, reply: &Reply) {
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

    /// Sends an answer to its client.
    pub(super) fn give(&mut self, message: Message, reply: Reply) {
        if self.random.permille(self.swarm.lost) {
            self.note_disturbance("answer-lost");
            return;
        }
        let delay = self.delay();
        self.schedule(delay, Event::Answer(message, reply));
    }
}
