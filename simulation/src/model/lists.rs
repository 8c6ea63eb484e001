//! Lists: their order, and their pages.

use std::cmp::Ordering;

use super::id::{Id, Micros};
use super::operation::{Listed, Page, STATUSES};
use super::refusal::View;
use super::state::Account;
use super::writer::Writer;
use super::{Caller, Model};

/// The key of an order. What has no value comes last in both directions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SortKey {
    Number(i64),
    Text(String),
    /// The place of a status, and how long ago the last activity was.
    Status(u8, i64),
}

type Row = (Option<SortKey>, Id);

fn compare(a: &Row, b: &Row, descending: bool) -> Ordering {
    let directed = |order: Ordering| if descending { order.reverse() } else { order };
    match (&a.0, &b.0) {
        (Some(one), Some(other)) => directed(one.cmp(other).then(a.1.cmp(&b.1))),
        (None, None) => directed(a.1.cmp(&b.1)),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
    }
}

/// The answer with one page of these rows.
fn answer(mut rows: Vec<Row>, page: &Page, show: impl Fn(Id) -> String) -> String {
    rows.sort_by(|a, b| compare(a, b, page.descending));
    let count = rows.len() as u64;
    let (offset, size) = (page.offset, page.size);
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    let shown = rows.iter().skip(skipped).take(size as usize);
    let summaries: Vec<String> = shown.map(|(_, id)| show(*id)).collect();
    let given = summaries.len() as u64;
    let (start, end) = if given == 0 {
        (0, 0)
    } else {
        (offset + 1, offset + given)
    };
    let next = (given > 0 && offset + given < count).then_some(offset + given);
    let previous = match offset {
        0 => None,
        _ if offset >= count => Some(count.saturating_sub(1) / size * size),
        _ => Some(offset.saturating_sub(size)),
    };
    let number = |number: Option<u64>| number.map_or("null".to_owned(), |it| it.to_string());
    let pagination = Writer::object()
        .raw("item_count", count)
        .raw("item_start", start)
        .raw("item_end", end)
        .raw("page_count", count.div_ceil(size))
        .raw("page_index", offset / size + 1)
        .raw("page_offset", offset)
        .raw("page_size", size)
        .raw("next_page_offset", number(next))
        .raw("previous_page_offset", number(previous))
        .end();
    let sorting = Writer::object()
        .plain("field", page.sort)
        .plain("direction", if page.descending { "desc" } else { "asc" })
        .end();
    Writer::object()
        .plain("status", "success")
        .raw("summaries", format_args!("[{}]", summaries.join(",")))
        .raw("pagination", pagination)
        .raw("sorting", sorting)
        .end()
}

/// The key of most orders.
fn key(sort: &str, name: &str, inserted: Micros, updated: Micros) -> Option<SortKey> {
    Some(match sort {
        "name" | "external_identifier" => SortKey::Text(name.to_owned()),
        "inserted_at" => SortKey::Number(inserted),
        "updated_at" => SortKey::Number(updated),
        _ => SortKey::Number(0),
    })
}

/// The key of the orders of instances and spans.
fn run_key(
    sort: &str,
    status: &str,
    times: [Option<Micros>; 2],
    inserted: Micros,
    updated: Micros,
) -> Option<SortKey> {
    let place = STATUSES.iter().position(|it| *it == status).unwrap_or(0);
    match sort {
        "started_at" => times[0].map(SortKey::Number),
        "finished_at" => times[1].map(SortKey::Number),
        "status" => Some(SortKey::Number(place as i64)),
        _ => key(sort, "", inserted, updated),
    }
}

impl Account {
    fn agent_key(&self, id: Id, sort: &str) -> Option<SortKey> {
        let agent = &self.agents[&id];
        if sort != "status" {
            return key(sort, &agent.name, agent.inserted, agent.updated);
        }
        // Pending, active, dormant, retired: active ones are those with the latest activity.
        let place = match agent.is_retired {
            true => 2,
            false => u8::from(self.has_instances(id)),
        };
        let idle = agent.last_activity.map_or(i64::MAX, |at| -at);
        Some(SortKey::Status(place, idle))
    }
}

impl Model {
    /// The list of all accounts, for the operator.
    pub(super) fn list_directory(&self, page: &Page) -> String {
        let object = |id: Id| match self
            .accounts
            .get(&id.partition())
            .filter(|_| !self.has_front)
        {
            Some(it) => (it.name.as_str(), it.inserted, it.updated),
            None => {
                let (name, at) = &self.directory[&id];
                (name.as_str(), *at, *at)
            }
        };
        let row = |id: &Id| {
            let (name, inserted, updated) = object(*id);
            (key(page.sort, name, inserted, updated), *id)
        };
        let rows = self.directory.keys().map(row).collect();
        answer(rows, page, |id| {
            let (name, inserted, updated) = object(id);
            Account::object(id, name, inserted, updated)
        })
    }

    /// A list of a caller in an account.
    pub(super) fn list(&self, caller: &Caller, listed: Listed, page: &Page, now: Micros) -> String {
        let Some(view) = self.view(caller) else {
            return String::new();
        };
        let View {
            account,
            environment,
            token,
        } = view;
        let sort = page.sort;
        let sees = |it: Id| environment.is_none_or(|own| own == it);
        let of_runs = |is_it: &dyn Fn(Id, Id) -> bool| -> Vec<Row> {
            let spans = account
                .spans
                .iter()
                .filter(|(_, it)| is_it(it.agent, it.instance) && sees(it.environment));
            let row = |(id, it): (&Id, &super::state::Span)| {
                let times = [Some(it.started), it.finished];
                (
                    run_key(sort, it.status, times, it.inserted, it.updated),
                    *id,
                )
            };
            spans.map(row).collect()
        };
        match listed {
            Listed::Agents(named, counts) => {
                let named = named.or(environment);
                let exists =
                    named.is_none_or(|id| account.environments.contains_key(&id) && sees(id));
                let agents = account
                    .agents
                    .iter()
                    .filter(|(_, it)| exists && named.is_none_or(|id| id == it.environment));
                let rows = agents
                    .map(|(id, _)| (account.agent_key(*id, sort), *id))
                    .collect();
                answer(rows, page, |id| account.agent(id, counts, now))
            }
            Listed::Versions(kind, agent) => {
                let sees_agent = view.agent(agent).is_some();
                let versions = account
                    .versions
                    .iter()
                    .filter(|(_, it)| sees_agent && it.agent == agent && it.kind == kind);
                let rows = versions
                    .map(|(id, it)| (key(sort, &it.identifier, it.inserted, it.inserted), *id))
                    .collect();
                answer(rows, page, |id| account.version(id))
            }
            Listed::Instances(agent) => {
                let instances = account
                    .instances
                    .iter()
                    .filter(|(_, it)| it.agent == agent && sees(it.environment));
                let rows = instances
                    .map(|(id, it)| {
                        (
                            run_key(
                                sort,
                                it.status,
                                [it.started, it.finished],
                                it.inserted,
                                it.updated,
                            ),
                            *id,
                        )
                    })
                    .collect();
                answer(rows, page, |id| account.instance(id))
            }
            Listed::SpansOfInstance(id) => {
                answer(of_runs(&|_, of| of == id), page, |id| account.span(id))
            }
            Listed::SpansOfAgent(id) => {
                answer(of_runs(&|of, _| of == id), page, |id| account.span(id))
            }
            Listed::Environments => {
                let environments = account.environments.iter().filter(|(id, _)| sees(**id));
                let rows = environments
                    .map(|(id, it)| (key(sort, &it.name, it.inserted, it.updated), *id))
                    .collect();
                answer(rows, page, |id| account.environment(id))
            }
            Listed::Accounts => {
                let rows = vec![(key(sort, &account.name, 0, 0), account.id)];
                answer(rows, page, |_| {
                    Account::object(account.id, &account.name, account.inserted, account.updated)
                })
            }
            Listed::Tokens => {
                let status = |status: &str| {
                    ["active", "suspended", "revoked", "expired"]
                        .iter()
                        .position(|it| *it == status)
                };
                let row = |(id, it): (&Id, &super::state::Token)| {
                    let key = match sort {
                        "status" => {
                            status(it.status(now)).map(|place| SortKey::Number(place as i64))
                        }
                        _ => key(sort, "", it.inserted, it.updated),
                    };
                    (key, *id)
                };
                let rows = account.tokens.iter().map(row).collect();
                answer(rows, page, |id| account.token(id, token, now))
            }
        }
    }
}
