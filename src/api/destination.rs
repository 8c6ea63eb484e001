//! Where a request belongs, for a host that keeps each account in a place of its own, such as a Durable Object.

use super::http::{Answer, Method, Request};
use super::operation::Operation;
use super::read::headers;
use super::read::query::Query;
use super::route::Route;
use super::service::{Refusal, Service, explain};
use super::trace::Trace;
use crate::model::pfid::{Partition, Pfid};
use crate::registrar::ids::not_found;
use crate::registrar::tokens::TokenPlace;
use crate::registrar::{Caller, Credential, Kind};

/// Where a request belongs. See [`Service::destination`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination {
    /// No account is needed: this service answers it ([`Service::handle`]).
    Here,
    /// It is answered already: the path names an object of another partition than the token's.
    Answered,
    /// The account of this partition. Its registrar checks the token's record.
    Account(Partition),
    /// The list of all accounts.
    Accounts,
}

impl Service {
    /// Where a request belongs, by its path and its token alone: no store is asked, and the body is not read. A token that
    /// is neither configured nor [signed](crate::token_partition) belongs here, which answers 401.
    ///
    /// An id in the path whose partition is not the token's is answered with 404 at once, whatever else is wrong with the
    /// request. **\[ours\]**
    ///
    /// ```
    /// use agent_registrar::{Answer, Config, Destination, Method, Request, Service, Timestamp};
    ///
    /// let config = Config::from_json(br#"{"seed_text": "a secret", "tokens": [{"token": "another"}]}"#)?;
    /// let now = Timestamp::parse_rfc3339("2026-05-07T10:00:00Z")?;
    /// let mut service = Service::new(config, now)?;
    /// let mut answer = Answer::new();
    /// let ping = Request::new(Method::Get, "/api/v1/ping", b"", now);
    /// assert_eq!(service.destination(&ping, &mut answer), Destination::Here);
    /// let request = Request { authorization: Some("Bearer another"), ..ping };
    /// let partition = service.registrar().config().accounts[0].id.partition();
    /// assert_eq!(service.destination(&request, &mut answer), Destination::Account(partition));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn destination(&mut self, request: &Request<'_>, answer: &mut Answer) -> Destination {
        let (path, query) = request
            .target
            .split_once('?')
            .unwrap_or((request.target, ""));
        self.trace = Trace::default();
        let Some(route) = Route::find(path, request.method) else {
            return Destination::Here;
        };
        let Some(operation) = route
            .operation(request.method)
            .filter(|operation| !operation.open)
        else {
            return Destination::Here;
        };
        let token = headers::bearer(request.authorization);
        match token.and_then(|token| self.registrar.token_place(token)) {
            None => Destination::Here,
            Some(TokenPlace::Accounts) => {
                let operator = Caller {
                    credential: Credential::Operator,
                    ..Caller::nobody(request.now)
                };
                if operation.left_out || operation.access.check(&operator).is_err() {
                    return Destination::Here;
                }
                if !matches!(operation.name, "export" | "import") {
                    return Destination::Accounts;
                }
                // Without the account that they need, this service refuses them.
                let query = Query::parse(query);
                let account_id = query.get("account_id").map(Pfid::parse);
                match account_id {
                    Some(Ok(id)) => Destination::Account(id.partition()),
                    _ => Destination::Here,
                }
            }
            Some(TokenPlace::Account(partition)) => {
                match foreign_kind(&route, operation, partition) {
                    Some(kind) => {
                        self.trace.operation = Some(operation.name);
                        self.answer_not_found(request, kind, answer);
                        Destination::Answered
                    }
                    None => Destination::Account(partition),
                }
            }
        }
    }

    fn answer_not_found(&mut self, request: &Request<'_>, kind: Kind, answer: &mut Answer) {
        let head = self.head(request.origin);
        explain(request, &head, &Refusal::Failed(not_found(kind)), answer);
        if request.method == Method::Head {
            answer.drop_body();
        }
    }
}

/// The kind of the object that the path names, if its id is of another partition than the token's: nothing of the token's account
/// has such an id. **\[ours\]**
pub(super) fn foreign_kind(
    route: &Route<'_>,
    operation: &Operation,
    partition: Partition,
) -> Option<Kind> {
    let id = Pfid::parse(&route.id).ok()?;
    let is_foreign = id.partition() != partition && !operation.left_out;
    is_foreign.then(|| kind_of(route.resource)).flatten()
}

/// The kind of object that the ids in the paths of a resource name.
fn kind_of(resource: &str) -> Option<Kind> {
    Some(match resource {
        "agent" => Kind::Agent,
        "agent_instance" => Kind::AgentInstance,
        "agent_spans" => Kind::AgentSpan,
        "agent_version" => Kind::AgentVersion,
        "agent_schema_version" => Kind::AgentSchemaVersion,
        "environment" => Kind::Environment,
        "account" => Kind::Account,
        "api_token" => Kind::ApiToken,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::route;
    use crate::api::testing::{NOW_MS, moment};
    use crate::model::timestamp::Timestamp;
    use crate::registrar::Config;
    use crate::registrar::config::DEFAULT_ACCOUNT;

    const FOREIGN: &str = "013xrzp12g181qm0yt0q8s8a1vd3p7wk";

    fn service() -> Service {
        let config =
            br#"{"seed_text": "x", "tokens": [{"token": "t"}], "operator_token": {"token": "o"},
            "secret": "0123456789abcdef"}"#;
        Service::new(Config::from_json(config).unwrap(), moment(NOW_MS)).unwrap()
    }

    fn destination(
        service: &mut Service,
        method: Method,
        target: &str,
        token: &str,
    ) -> Destination {
        let authorization = format!("Bearer {token}");
        let request = Request {
            authorization: Some(&authorization),
            ..Request::new(method, target, b"", Timestamp::EPOCH)
        };
        service.destination(&request, &mut Answer::new())
    }

    fn home() -> Destination {
        Destination::Account(Pfid::parse(DEFAULT_ACCOUNT).unwrap().partition())
    }

    #[test]
    fn paths_and_tokens_that_are_none_belong_here() {
        let mut service = service();
        for (method, target, token) in [
            (Method::Get, "/", "t"),
            (Method::Get, "/api/v1/nothing", "t"),
            (Method::Get, "/api/v1/openapi", "t"),
            (Method::Options, "/api/v1/agent", "t"),
            (Method::Put, "/api/v1/agent", "t"),
            (Method::Get, "/api/v1/agent", "made up"),
            (Method::Get, "/api/v1/agent", ""),
            (
                Method::Get,
                "/api/v1/agent",
                "registrar_3nqk8n_made0up0made0up0made0up0ma_de0up0made0up",
            ),
            // 403.
            (Method::Get, "/api/v1/agent", "o"),
            (Method::Post, "/api/v1/bulk", "o"),
        ] {
            let found = destination(&mut service, method, target, token);
            assert_eq!(found, Destination::Here, "{target} {token}");
        }
    }

    #[test]
    fn a_token_leads_to_its_account_and_the_operators_to_all() {
        let mut service = service();
        assert_eq!(
            destination(&mut service, Method::Get, "/api/v1/agent?x=y", "t"),
            home()
        );
        for method in [Method::Get, Method::Post] {
            let found = destination(&mut service, method, "/api/v1/account", "o");
            assert_eq!(found, Destination::Accounts);
        }
        for (method, path) in [(Method::Get, "export"), (Method::Post, "import")] {
            let target = format!("/api/v1/{path}?cursor=x&account_id={DEFAULT_ACCOUNT}");
            assert_eq!(destination(&mut service, method, &target, "o"), home());
            for query in ["", "?account_id=odd"] {
                let target = format!("/api/v1/{path}{query}");
                let found = destination(&mut service, method, &target, "o");
                assert_eq!(found, Destination::Here);
            }
        }
    }

    #[test]
    fn an_id_of_another_partition_is_answered_in_every_operation_on_one_object() {
        let mut service = service();
        let mut count = 0;
        for (resource, operation) in route::all() {
            use crate::api::operation::Path;
            let target = |id: &str| match operation.path {
                Path::Item => Some(format!("/api/v1/{resource}/{id}")),
                Path::Action(word) => Some(format!("/api/v1/{resource}/{id}/{word}")),
                _ => None,
            };
            let (Some(foreign), Some(own), Some(odd)) =
                (target(FOREIGN), target(DEFAULT_ACCOUNT), target("odd"))
            else {
                continue;
            };
            count += 1;
            let method = operation.method;
            let mut answer = Answer::new();
            let request = Request {
                authorization: Some("Bearer t"),
                ..Request::new(method, &foreign, b"", moment(NOW_MS))
            };
            assert_eq!(
                service.destination(&request, &mut answer),
                Destination::Answered
            );
            let destination_answer = (answer.status(), answer.body().to_vec());
            // The account's own registrar says the same, where it needs no body.
            if method == Method::Get {
                service.handle(&request, &mut answer);
                assert_eq!(
                    (answer.status(), answer.body().to_vec()),
                    destination_answer,
                    "{foreign}"
                );
            }
            for target in [own, odd] {
                assert_eq!(destination(&mut service, method, &target, "t"), home());
            }
        }
        assert!(count > 20, "{count}");
    }

    #[test]
    fn a_signed_token_leads_to_its_partition_without_a_record() {
        let mut other = service();
        let body = br#"{"details": {"name": "Another"}}"#;
        let request = Request {
            authorization: Some("Bearer o"),
            content_type: Some("application/json"),
            ..Request::new(Method::Post, "/api/v1/account", body, moment(NOW_MS))
        };
        let mut answer = Answer::new();
        other.handle(&request, &mut answer);
        let body: serde_json::Value = serde_json::from_slice(answer.body()).unwrap();
        let id = Pfid::parse(body["details"]["id"].as_str().unwrap()).unwrap();
        let token = body["token"].as_str().unwrap();
        let found = destination(&mut service(), Method::Get, "/api/v1/ping", token);
        assert_eq!(found, Destination::Account(id.partition()));
    }
}
