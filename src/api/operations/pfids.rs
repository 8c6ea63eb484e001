//! Generating ids in advance, and the ping that checks a token.

use crate::api::described::describe;
use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path};
use crate::api::read::fields::FieldReader;
use crate::api::write;
use crate::registrar::{Failure, Kind, Registrar};
use crate::wire::{self, json, literal};

/// The operation under `/api/v1/pfid`.
pub static OPERATIONS: &[Operation] = &[Operation::write(
    "pfids/generate",
    Method::Post,
    Path::Word("generate"),
    Body::Required,
    generate,
)
.described(describe! {
    "Generate ids ahead of their objects" => wire::GeneratedPfids,
    body: wire::FieldsBody<wire::GeneratePfids>,
})];

/// `GET /api/v1/ping`: checks a token.
pub static PING: &[Operation] =
    &[
        Operation::read("ping", Path::Collection, ping).described(describe! {
            "Check the token" => wire::Details<wire::TokenType>,
        }),
    ];

/// `POST /api/v1/pfid/generate`: unused ids, in increasing order.
pub fn generate(
    registrar: &mut Registrar,
    call: &Call<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Failure> {
    let mut body = FieldReader::of_body(call.body);
    body.require("count", "Count");
    let count = body.whole_number("count", "Count", 1..=1_000);
    body.named(registrar, call, "account_id", "Account ID", Kind::Account);
    let Some(count) = count else {
        return Err(body.failure());
    };
    body.finish()?;

    let ids = registrar.generate_ids(&call.caller, count as usize)?;
    let answer = wire::GeneratedPfids {
        status: literal::Success,
        pfids: &ids,
        account_id: call.caller.account_id,
        details: wire::PfidList { pfids: &ids },
    };
    Ok(json::append(out, &answer)?)
}

/// `GET /api/v1/ping`
pub fn ping(_: &mut Registrar, _: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    let token_type = literal::Api;
    write::details(out, wire::TokenType { token_type })
}
