//! The handlers for the token's account, and for all accounts of the operator: they read requests and write answers.

use super::list::{self, Listing};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Access, Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::registrar::accounts::{self, AccountSort};
use crate::registrar::{Failure, Kind, Registrar};
use crate::store::AccountRow;
use crate::wire;

/// The sort fields of accounts.
const ORDERS: &[&str] = &["id", "name", "inserted_at", "updated_at"];

/// The operations under `/api/v1/account`.
pub static OPERATIONS: &[Operation] = &[
    Operation::write(
        "accounts/create",
        Method::Post,
        Path::Collection,
        Body::Required,
        create,
    )
    .for_tokens(Access::Operator)
    .described(describe! {
        "Create an account and its first API token, as the operator" => wire::IssuedDetails<wire::Account>,
        body: wire::DetailsBody<wire::CreateAccount>,
    }),
    Operation::read("accounts/list", Path::Collection, list)
        .for_tokens(Access::AccountOrOperator)
        .described(describe! {
            "List accounts: the token's one, or all for the operator" => wire::ListAnswer<wire::Account>,
            sorted_by: ORDERS,
        }),
    Operation::read("accounts/show", Path::Item, fetch).described(describe! {
        "Fetch an account" => wire::Details<wire::Account>,
    }),
    Operation::write(
        "accounts/update",
        Method::Put,
        Path::Item,
        Body::Required,
        update,
    )
    .described(describe! {
        "Rename the account" => wire::Details<wire::Account>,
        body: wire::DetailsBody<wire::Rename>,
    }),
];

/// `POST /api/v1/account`, for the operator. **\[ours\]**
pub fn create(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut details = FieldReader::of_details(call.body);
    details.require("name", "Name");
    let name = details.name("name", "Name");
    let id = details.pfid("id", "ID");
    if let Some(id) = id {
        details.check(registrar.free_account_id(id));
    }
    let Some(name) = name else {
        return Err(details.failure());
    };
    details.finish()?;
    let (row, token) = accounts::create(registrar, &call.caller, name, id)?;
    write::issued(registrar, out, account(&row), &token)
}

/// `GET /api/v1/account`: a list with the token's account **\[client\]**, or of all accounts for the operator **\[ours\]**.
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let mut issues = Vec::new();
    let listing = Listing::read(&call.query, ORDERS, &mut issues);
    Failure::unless_valid(issues)?;
    let sort = match listing.sorted_by {
        "name" => AccountSort::Name,
        "inserted_at" => AccountSort::InsertedAt,
        "updated_at" => AccountSort::UpdatedAt,
        _ => AccountSort::Id,
    };
    let caller = &call.caller;
    list::answer(out, &listing, &mut |items| {
        let page = listing.page();
        let mut each = |row: &AccountRow<'_>| items.push(&account(row));
        accounts::list(registrar, caller, sort, &page, &mut each)
    })
}

/// `GET /api/v1/account/{id}`
pub fn fetch(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Account)?;
    answer(out, &accounts::fetch(registrar, &call.caller, id)?)
}

/// `PUT /api/v1/account/{id}`
pub fn update(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let id = parse_id(call.id, Kind::Account)?;
    accounts::fetch(registrar, &call.caller, id)?;
    let name = FieldReader::of_details(call.body).new_name()?;
    answer(out, &accounts::update(registrar, &call.caller, id, name)?)
}

fn answer(out: &mut Vec<u8>, row: &AccountRow<'_>) -> Result<(), Failure> {
    write::details(out, account(row))
}

/// The account as in the contract.
fn account<'r>(row: &'r AccountRow<'_>) -> wire::Account<'r> {
    wire::Account {
        r#type: wire::literal::Account,
        id: row.id,
        name: &row.name,
        inserted_at: row.inserted_at,
        updated_at: row.updated_at,
    }
}
