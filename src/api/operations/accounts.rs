//! The handlers for the token's account: they read requests and write answers.

use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::registrar::{Failure, Kind, Registrar, accounts};
use crate::store::AccountRow;
use crate::wire;

/// The operations under `/api/v1/account`.
pub static OPERATIONS: &[Operation] = &[
    Operation::read("accounts/own", Path::Collection, own).described(describe! {
        "Fetch the token's account" => wire::Details<wire::Account>,
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

/// `GET /api/v1/account`
pub fn own(registrar: &mut Registrar, call: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    answer(out, &accounts::own(registrar, &call.caller)?)
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

fn answer(out: &mut Vec<u8>, account: &AccountRow<'_>) -> Result<(), Failure> {
    write::details(
        out,
        wire::Account {
            r#type: wire::literal::Account,
            id: account.id,
            name: &account.name,
            inserted_at: account.inserted_at,
            updated_at: account.updated_at,
        },
    )
}
