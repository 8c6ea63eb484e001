//! The operations on the token's account, from JSON to JSON.

use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path, parse_id};
use crate::api::read::fields::FieldReader;
use crate::api::write::encode;
use crate::registrar::{Failure, Kind, Registrar, accounts};
use crate::store::AccountRow;

/// The operations under `/api/v1/account`.
pub static OPERATIONS: &[Operation] = &[
    Operation::read("accounts/own", Path::Collection, own),
    Operation::read("accounts/show", Path::Item, fetch),
    Operation::write(
        "accounts/update",
        Method::Put,
        Path::Item,
        Body::Required,
        update,
    ),
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

/// An account: `type, id, name, inserted_at, updated_at`. **\[ours\]**
fn answer(out: &mut Vec<u8>, account: &AccountRow<'_>) -> Result<(), Failure> {
    encode::details(out, |json| {
        json.raw(r#"{"type":"account","id":"#)
            .pfid(account.id)
            .raw(r#","name":"#)
            .text(&account.name)
            .raw(r#","inserted_at":"#)
            .timestamp(account.inserted_at)
            .raw(r#","updated_at":"#)
            .timestamp(account.updated_at)
            .raw("}");
    });
    Ok(())
}
