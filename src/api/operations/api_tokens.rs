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
