//! The handlers for API tokens: they read requests and write answers.

use super::list::{self, Listing, query_pfid};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Access, Body, Call, Handler, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::model::token::TokenScope;
use crate::registrar::api_tokens::{self, NewApiToken, TokenAction, TokenSort};
use crate::registrar::{Caller, Failure, Kind, Registrar};
use crate::rules::IssueReason;
use crate::store::ApiTokenRow;
use crate::wire;

/// The sort fields of API tokens.
const ORDERS: &[&str] = &["id", "name", "status", "inserted_at", "updated_at"];

/// The operations under `/api/v1/api_token`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "api_tokens/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        create,
    )
    .for_tokens(Access::Account)
    .described(describe! {
        "Create an API token" => wire::IssuedDetails<wire::ApiToken>,
        body: wire::DetailsBody<wire::CreateApiToken>,
        errors: [InsufficientStorage],
    }),
    Operation::read("api_tokens/list", Path::Collection, list)
        .for_tokens(Access::Account)
        .described(describe! {
            "List API tokens" => wire::ListAnswer<wire::ApiToken>,
            parameters: [account_id: wire::Pfid, "Only those of this account.";],
            sorted_by: ORDERS,
        }),
    Operation::read("api_tokens/show", Path::Item, fetch)
        .for_tokens(Access::Account)
        .described(describe! {
            "Fetch an API token" => wire::Details<wire::ApiToken>,
        }),
    Operation::delete("api_tokens/delete", delete)
        .for_tokens(Access::Account)
        .described(describe! {
            "Delete an API token" => wire::Details<wire::ApiToken>,
            body: wire::KeyBody,
            errors: [InvalidAction],
        }),
    action("api_tokens/suspend", "suspend", suspend).described(describe! {
        "Suspend an API token" => wire::Details<wire::ApiToken>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
    action("api_tokens/activate", "activate", activate).described(describe! {
        "Activate a suspended API token" => wire::Details<wire::ApiToken>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
    action("api_tokens/revoke", "revoke", revoke).described(describe! {
        "Revoke an API token for good" => wire::Details<wire::ApiToken>,
        body: wire::KeyBody,
        errors: [InvalidAction],
    }),
];

const fn action(name: &'static str, word: &'static str, handler: Handler) -> Operation {
    let path = Path::Action(word);
    Operation::write(name, Method::Post, path, Body::Optional, handler).for_tokens(Access::Account)
}

/// `POST /api/v1/api_token`
pub fn create(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let caller = &call.caller;
    let mut details = FieldReader::of_details(call.body);
    details.require("token_scope", "Token scope");
    let scopes = TokenScope::ALL.map(TokenScope::as_str);
    let place = details.word("token_scope", "Token scope", &scopes);
    let scope = place.and_then(|place| TokenScope::ALL.get(place));
    details.named(registrar, call, "account_id", "Account ID", Kind::Account);
    let (key, label) = ("environment_id", "Environment ID");
    let environment_id = match scope {
        Some(TokenScope::Account) => {
            if details.json(key).is_some() {
                let message = "Environment ID must be absent for a token of the account's scope.";
                details.invalid(key, IssueReason::NotAnOption, message);
            }
            None
        }
        Some(TokenScope::Environment) => {
            details.require(key, label);
            details.named(registrar, call, key, label, Kind::Environment)
        }
        None => details.pfid(key, label),
    };
    let expires_at = details.timestamp("expires_at", "Expiry");
    if expires_at.is_some_and(|at| at <= caller.now) {
        let message = "Expiry must lie in the future.";
        details.invalid("expires_at", IssueReason::OutOfRange, message);
    }
    let name = details.name("name", "Name");
    details.finish()?;

    let new = NewApiToken {
        environment_id,
        name,
        expires_at,
    };
    let issued = api_tokens::create(registrar, caller, &new)?;
    write::issued(registrar, out, api_token(&issued.row, caller), &issued.text)
}

/// `GET /api/v1/api_token/{id}`
pub fn fetch(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::ApiToken)?;
    let row = api_tokens::fetch(registrar, &call.caller, id)?;
    answer(out, &row, &call.caller)
}

/// `GET /api/v1/api_token`
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let account_id = query_pfid(&call.query, "account_id", &mut issues);
    let listing = Listing::read(&call.query, ORDERS, &mut issues);
    Failure::unless_valid(issues)?;

    let sort = match listing.sorted_by {
        "name" => TokenSort::Name,
        "status" => TokenSort::Status,
        "inserted_at" => TokenSort::InsertedAt,
        "updated_at" => TokenSort::UpdatedAt,
        _ => TokenSort::Id,
    };
    let caller = &call.caller;
    list::answer(out, &listing, &mut |items| {
        let page = listing.page();
        let mut each = |row: &ApiTokenRow<'_>| items.push(&api_token(row, caller));
        api_tokens::list(registrar, caller, account_id, sort, &page, &mut each)
    })
}

/// `POST /api/v1/api_token/{id}/suspend`
pub fn suspend(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    act(registrar, call, out, TokenAction::Suspend)
}

/// `POST /api/v1/api_token/{id}/activate`
pub fn activate(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    act(registrar, call, out, TokenAction::Activate)
}

/// `POST /api/v1/api_token/{id}/revoke`
pub fn revoke(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    act(registrar, call, out, TokenAction::Revoke)
}

fn act(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
    action: TokenAction,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::ApiToken)?;
    FieldReader::of_body(call.body).finish()?;
    let row = api_tokens::act(registrar, &call.caller, id, action)?;
    answer(out, &row, &call.caller)
}

/// `DELETE /api/v1/api_token/{id}`
pub fn delete(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::ApiToken)?;
    FieldReader::of_body(call.body).finish()?;
    let caller = &call.caller;
    api_tokens::delete(registrar, caller, id, &mut |row| answer(out, row, caller))
}

fn answer(out: &mut Vec<u8>, row: &ApiTokenRow<'_>, caller: &Caller) -> Result<(), Failure> {
    write::details(out, api_token(row, caller))
}

fn api_token<'r>(row: &'r ApiTokenRow<'_>, caller: &Caller) -> wire::ApiToken<'r> {
    let (status, actions) = api_tokens::standing(row, caller);
    wire::ApiToken {
        r#type: wire::literal::ApiToken,
        id: row.id,
        account_id: row.account_id,
        environment_id: row.environment_id,
        token_scope: match row.environment_id {
            None => TokenScope::Account,
            Some(_) => TokenScope::Environment,
        },
        status,
        name: row.name.as_deref(),
        expires_at: row.expires_at,
        last_used_at: row.last_used_at,
        inserted_at: row.inserted_at,
        updated_at: row.updated_at,
        available_actions: wire::ApiTokenActions {
            activate: actions.activate,
            suspend: actions.suspend,
            revoke: actions.revoke,
            delete: actions.delete,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::api::http::Method;
    use crate::api::testing::{Client, NOW_MS, STRANGER_TOKEN};

    const PATH: &str = "/api/v1/api_token";

    #[test]
    fn an_account_has_a_thousand_tokens_at_most() {
        let mut client = Client::default();
        let body = json!({"details": {"token_scope": "account"}});
        let mut last = String::new();
        for _ in 0..1_000 {
            last = client.post(PATH, body.clone()).details()["id"].to_string();
        }
        let refused = client.post(PATH, body.clone());
        assert_eq!(
            (refused.status, &*refused.code()),
            (409, "insufficient_storage")
        );
        // What makes room still works, and other accounts have room of their own.
        let path = format!("{PATH}/{}", last.trim_matches('"'));
        assert_eq!(
            client.post(&format!("{path}/revoke"), json!({})).status,
            200
        );
        assert_eq!(client.post(PATH, body.clone()).status, 409);
        client.as_token(STRANGER_TOKEN);
        assert_eq!(client.post(PATH, body.clone()).status, 200);
        client.as_token(crate::api::testing::ACCOUNT_TOKEN);
        assert_eq!(client.delete(&path).status, 200);
        assert_eq!(client.post(PATH, body).status, 200);
    }

    #[test]
    fn the_use_of_a_token_is_told_by_the_hour_whatever_became_of_the_request() {
        let mut client = Client::default();
        let made = client.post(PATH, json!({"details": {"token_scope": "account"}}));
        let (id, text) = (made.details()["id"].clone(), made.json()["token"].clone());
        let bearer = format!("Bearer {}", text.as_str().unwrap());
        let path = format!("{PATH}/{}", id.as_str().unwrap());
        for (hours, target, status, expected) in [
            (0.0, "/api/v1/ping", 200, "2026-05-07T10:00:00.000000Z"),
            (
                1.5,
                "/api/v1/agent?sorting=x",
                422,
                "2026-05-07T11:00:00.000000Z",
            ),
            (2.9, &path, 200, "2026-05-07T12:00:00.000000Z"),
            // A clock that steps back.
            (0.5, "/api/v1/ping", 200, "2026-05-07T12:00:00.000000Z"),
        ] {
            client.now_ms = NOW_MS + hours * 3_600_000.0;
            let headers = [("authorization", &*bearer)];
            assert_eq!(
                client.send(Method::Get, target, &headers, b"").status,
                status
            );
            assert_eq!(client.get(&path).details()["last_used_at"], expected);
        }
    }
}
