//! Ids ahead of their objects, and the ping that tells that a token works.

use crate::api::http::Method;
use crate::api::operation::{Body, Call, Operation, Path};
use crate::api::read::fields::FieldReader;
use crate::api::write::encode::JsonWriter;
use crate::registrar::{Failure, Kind, Registrar};

/// The operation under `/api/v1/pfid`.
pub static OPERATIONS: &[Operation] = &[Operation::write(
    "pfids/generate",
    Method::Post,
    Path::Word("generate"),
    Body::Required,
    generate,
)];

/// `GET /api/v1/ping`: checks a token.
pub static PING: &[Operation] = &[Operation::read("ping", Path::Collection, ping)];

/// `POST /api/v1/pfid/generate`: ids that no object has yet, in increasing order.
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
    let mut json = JsonWriter::new(out);
    let write_all = |json: &mut JsonWriter<'_>| {
        for (index, id) in ids.iter().enumerate() {
            json.raw(if index == 0 { "[" } else { "," }).pfid(*id);
        }
        json.raw("]");
    };
    json.raw(r#"{"status":"success","pfids":"#);
    write_all(&mut json);
    json.raw(r#","account_id":"#)
        .pfid(call.caller.account_id)
        .raw(r#","details":{"pfids":"#);
    write_all(&mut json);
    json.raw("}}");
    Ok(())
}

/// `GET /api/v1/ping`
pub fn ping(_: &mut Registrar, _: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    JsonWriter::new(out).raw(r#"{"status":"success","details":{"token_type":"api"}}"#);
    Ok(())
}
