//! The handlers for the token's account: they read requests and write answers.

use super::list::{self, Listing};
use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::registrar::{Failure, Kind, Registrar, accounts};
use crate::store::AccountRow;
use crate::wire;

/// The sort fields of accounts.
const ORDERS: &[&str] = &["id", "name", "inserted_at", "updated_at"];

/// The operations under `/api/v1/account`.
pub static OPERATIONS: &[Operation] = &[
    Operation::read("accounts/list", Path::Collection, list).described(describe! {
        "List accounts: the token's one" => wire::ListAnswer<wire::Account>,
        sorted_by: ORDERS,
        errors: [NotPermitted],
    }),
    Operation::read("accounts/show", Path::Item, fetch).described(describe! {
        "Fetch an account" => wire::Details<wire::Account>,
        errors: [NotPermitted],
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
        errors: [NotPermitted],
    }),
];

/// `GET /api/v1/account`: a list with the token's account. **\[client\]**
pub fn list(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let row = accounts::own(registrar, &call.caller)?;
    let mut issues = Vec::new();
    let listing = Listing::read(&call.query, ORDERS, &mut issues);
    Failure::unless_valid(issues)?;
    list::answer(out, &listing, &mut |items| {
        if listing.offset == 0 {
            // One account fits.
            let _ = items.push(&account(&row));
        }
        Ok(1)
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
