//! Exports of the operator: every record of an account, and nothing else. An export tells the ids that no answer has told.

use serde_json::Value;

use super::id::{Id, Micros, moment};
use super::operation::Kind;
use super::refusal::Refusal;
use super::state::Account;
use super::{Finding, Model, Reply};

/// A record in a few words: its kind, its id, and what identifies its contents.
type Words = Vec<String>;

impl Model {
    /// Compares an export with the records of the account. A page that is not the last has only records of the account.
    pub(super) fn judge_export(&mut self, id: Id, reply: &Reply) -> Result<(), Finding> {
        let account = self.accounts.get(&id.partition()).filter(|it| it.id == id);
        let Some(account) = account else {
            let not_found: Refusal = (404, "not_found");
            return super::expect_error(reply, not_found);
        };
        if reply.status != 200 {
            return Err(format!("the status of an export is {}", reply.status));
        }
        let answer: Value = serde_json::from_slice(&reply.body)
            .map_err(|error| format!("the body is no JSON: {error}"))?;
        let records = answer["records"].as_array().map_or(&[][..], Vec::as_slice);
        let mut found: Vec<Words> = records
            .iter()
            .map(|record| self.words_of(account, record))
            .collect();
        let mut wanted = self.wanted(account);
        found.sort();
        wanted.sort();
        if !answer["next_cursor"].is_null() {
            return Ok(());
        }
        if let Some((one, other)) = wanted.iter().zip(&found).find(|(one, other)| one != other) {
            return Err(format!("the export has {other:?}, and should have {one:?}"));
        }
        if wanted.len() != found.len() {
            let (found, wanted) = (found.len(), wanted.len());
            return Err(format!(
                "the export has {found} records, and should have {wanted}"
            ));
        }
        for (unknown, known) in told(self, account, records) {
            self.bind(unknown, known);
        }
        records
            .iter()
            .try_for_each(|record| self.learn_digest(record))
    }

    /// The digest of a token never changes.
    fn learn_digest(&mut self, record: &Value) -> Result<(), Finding> {
        let id = record["id"].as_str().and_then(Id::parse);
        let (Some(id), Some(digest)) = (id, record["sha256"].as_str()) else {
            return Ok(());
        };
        let account = self.accounts.get_mut(&id.partition());
        match account.and_then(|it| it.tokens.get_mut(&id)) {
            None => Ok(()),
            Some(token) => match token.digest.replace(digest.to_owned()) {
                Some(other) if other != digest => Err(format!(
                    "the digest of {id} is {digest}, and should be {other}"
                )),
                _ => Ok(()),
            },
        }
    }

    /// Whether the model knows the ids of all records of an account.
    #[must_use]
    pub fn knows_all_ids(&self, id: Id) -> bool {
        let account = self.accounts.get(&id.partition());
        account.is_some_and(Account::has_no_unknown)
    }

    /// An id, or a sign for one that no answer has told.
    fn word(&self, account: &Account, id: Id) -> String {
        match account.has(id) && !self.is_unknown(id) {
            true => id.to_string(),
            false => "?".to_owned(),
        }
    }

    /// The words of an exported record.
    fn words_of(&self, account: &Account, record: &Value) -> Words {
        let text = |name: &str| record[name].as_str().unwrap_or("-").to_owned();
        let id = |name: &str| match record[name].as_str().and_then(Id::parse) {
            Some(id) => self.word(account, id),
            None => "-".to_owned(),
        };
        let mut words = vec![text("kind"), id("id")];
        match words[0].as_str() {
            "account" | "environment" => words.push(text("name")),
            "agent" => words.extend([
                id("environment_id"),
                text("name"),
                text("description"),
                record["retired"].to_string(),
            ]),
            "agent_version" | "agent_schema_version" => {
                words.extend([id("agent_id"), text("external_identifier")]);
            }
            "agent_instance" => {
                words.extend([
                    id("agent_id"),
                    id("agent_version_id"),
                    text("status"),
                    text("started_at"),
                    text("finished_at"),
                ]);
            }
            "agent_span" => words.extend([
                id("agent_instance_id"),
                id("parent_span_id"),
                text("status"),
                text("started_at"),
                text("finished_at"),
            ]),
            _ => words.extend([id("environment_id"), text("state"), text("expires_at")]),
        }
        words.push(text("inserted_at"));
        if !words[0].ends_with("version") {
            words.push(text("updated_at"));
        }
        words
    }

    /// The words of all records that the account has.
    fn wanted(&self, account: &Account) -> Vec<Words> {
        let id = |id: Id| self.word(account, id);
        let some = |it: Option<Id>| it.map_or("-".to_owned(), id);
        let at = |it: Option<Micros>| it.map_or("-".to_owned(), moment);
        let mut all = vec![vec![
            "account".to_owned(),
            id(account.id),
            account.name.clone(),
            moment(account.inserted),
            moment(account.updated),
        ]];
        let mut add = |kind, of, middle, inserted, updated| {
            all.push(words(kind, id(of), middle, inserted, updated));
        };
        for (of, it) in &account.environments {
            add(
                Kind::Environment,
                *of,
                vec![it.name.clone()],
                it.inserted,
                Some(it.updated),
            );
        }
        for (of, it) in &account.agents {
            let description = it.description.clone().unwrap_or("-".to_owned());
            let middle = vec![
                id(it.environment),
                it.name.clone(),
                description,
                it.is_retired.to_string(),
            ];
            add(Kind::Agent, *of, middle, it.inserted, Some(it.updated));
        }
        for (of, it) in &account.versions {
            add(
                it.kind,
                *of,
                vec![id(it.agent), it.identifier.clone()],
                it.inserted,
                None,
            );
        }
        for (of, it) in &account.tokens {
            let middle = vec![some(it.environment), it.state.to_owned(), at(it.expires_at)];
            add(Kind::Token, *of, middle, it.inserted, Some(it.updated));
        }
        all.extend(self.wanted_runs(account));
        all
    }

    /// The words of all instances and spans.
    fn wanted_runs(&self, account: &Account) -> Vec<Words> {
        let id = |id: Id| self.word(account, id);
        let some = |it: Option<Id>| it.map_or("-".to_owned(), id);
        let at = |it: Option<Micros>| it.map_or("-".to_owned(), moment);
        let mut all = Vec::new();
        let mut add = |kind, of, middle, inserted, updated| {
            all.push(words(kind, id(of), middle, inserted, updated));
        };
        for (of, it) in &account.instances {
            let middle = vec![
                id(it.agent),
                some(it.version),
                it.status.to_owned(),
                at(it.started),
                at(it.finished),
            ];
            add(Kind::Instance, *of, middle, it.inserted, Some(it.updated));
        }
        for (of, it) in &account.spans {
            let started = at(Some(it.started));
            let middle = vec![
                id(it.instance),
                some(it.parent),
                it.status.to_owned(),
                started,
                at(it.finished),
            ];
            add(Kind::Span, *of, middle, it.inserted, Some(it.updated));
        }
        all
    }
}

/// The unknown ids of an account that its export tells, with the true ones. A version is known by its identifier. Tokens
/// have nothing of their own, so only a single one is told.
fn told(model: &Model, account: &Account, records: &[Value]) -> Vec<(Id, Id)> {
    let new = |record: &&Value| {
        let id = record["id"].as_str().and_then(Id::parse);
        id.is_some_and(|id| !account.has(id))
    };
    let mut told = Vec::new();
    let mut tokens = Vec::new();
    for record in records.iter().filter(new) {
        let Some(known) = record["id"].as_str().and_then(Id::parse) else {
            continue;
        };
        match account.versions.iter().find(|(_, it)| it.is_in(record)) {
            Some((unknown, _)) => told.push((*unknown, known)),
            None => tokens.push(known),
        }
    }
    let mut unknown = account.tokens.keys().filter(|id| model.is_unknown(**id));
    if let ([known], Some(one), None) = (&tokens[..], unknown.next(), unknown.next()) {
        told.push((*one, *known));
    }
    told
}

/// The words of a record. `middle` is what identifies its contents.
fn words(
    kind: Kind,
    id: String,
    middle: Words,
    inserted: Micros,
    updated: Option<Micros>,
) -> Words {
    let mut words = vec![kind.name().to_owned(), id];
    words.extend(middle);
    words.push(moment(inserted));
    words.extend(updated.map(moment));
    words
}
