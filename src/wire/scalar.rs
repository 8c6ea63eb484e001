//! Texts, numbers and JSON as it was sent.

use std::cell::Cell;

use serde::ser::Error as _;
use serde::{Serialize, Serializer};

use super::json::{PLAIN, RAW};
use super::schema::{inline_schema, named_schema};
use crate::model::instance::RunStatus;
use crate::model::pfid::Pfid;
use crate::model::timestamp::Timestamp;
#[cfg(feature = "description")]
use crate::rules::{
    description::LIMIT as DESCRIPTION_LIMIT,
    idempotency_key::{LEAST_OF_ITEM as MIN_KEY, LIMIT as IDEMPOTENCY_KEY_LIMIT},
    name::LIMIT as NAME_LIMIT,
};

/// A text without characters that JSON escapes.
struct Plain<'a>(&'a [u8]);

impl Serialize for Plain<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = str::from_utf8(self.0).map_err(S::Error::custom)?;
        serializer.serialize_newtype_struct(PLAIN, text)
    }
}

/// Descriptions of fields with the limits of their rules, so that a limit is written once, in `rules`.
#[cfg(feature = "description")]
pub(crate) mod sentence {
    use super::{DESCRIPTION_LIMIT, NAME_LIMIT};
    use crate::rules::issue::grouped;

    pub(crate) fn name() -> String {
        format!("1 to {} characters.", grouped(NAME_LIMIT as u64))
    }

    pub(crate) fn given_name() -> String {
        let limit = grouped(NAME_LIMIT as u64);
        format!("1 to {limit} characters after trimming white space; no control characters.")
    }

    pub(crate) fn description() -> String {
        format!("At most {} characters.", grouped(DESCRIPTION_LIMIT as u64))
    }

    pub(crate) fn given_description() -> String {
        let limit = grouped(DESCRIPTION_LIMIT as u64);
        format!("At most {limit} characters; no control characters but tabs and line breaks.")
    }
}

impl Serialize for Pfid {
    #[inline(never)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Plain(&self.encode()).serialize(serializer)
    }
}

impl Serialize for Timestamp {
    #[inline(never)]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Plain(&text_of(*self)).serialize(serializer)
    }
}

/// The text of a time. The last one is remembered.
// PERF(bytes): objects have two times that are mostly equal, and are followed by others of the same millisecond.
fn text_of(time: Timestamp) -> [u8; Timestamp::TEXT_LEN] {
    thread_local! {
        static LAST: Cell<(Timestamp, [u8; Timestamp::TEXT_LEN])> =
            const { Cell::new((Timestamp::EPOCH, *b"1970-01-01T00:00:00.000000Z")) };
    }
    let (last, text) = LAST.get();
    if last == time {
        return text;
    }
    let text = time.encode();
    LAST.set((time, text));
    text
}

named_schema!(
    Pfid,
    "Pfid",
    json_schema!({
        "description": "An id: 32 characters of lowercase Crockford base 32. Time, partition, randomness.",
        "type": "string",
        "pattern": "^[0-7][0-9abcdefghjkmnpqrstvwxyz]{31}$",
        "examples": ["013xrzp12g3nqk8nx0y2vfkg4s3jp2qr"],
    })
);

named_schema!(
    Timestamp,
    "Timestamp",
    json_schema!({
        "description": "A time: RFC 3339, UTC, microseconds.",
        "type": "string",
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z$",
        "examples": ["2026-05-07T10:00:00.000000Z"],
    })
);

/// A time as callers of the JavaScript API pass it.
#[derive(Clone, Copy, Debug)]
pub struct Time;

named_schema!(
    Time,
    "Time",
    json_schema!({
        "description": "A time: RFC 3339 with any offset, a Date, or Unix milliseconds, which may be a safe bigint.",
    })
);

/// JSON that a caller sent, as its exact text. Serializers other than [`super::json`] write it as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a>(pub &'a str);

impl Serialize for Raw<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(RAW, self.0)
    }
}

inline_schema!(Raw<'_>, "Raw", json_schema!({}));

/// Defines a type for a value of a request. The rules check the constraints of its schema; the type does not.
macro_rules! given {
    ($($(#[$doc:meta])* $name:ident$(<$lifetime:lifetime>)?($inner:ty) = $schema:expr;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
            #[serde(transparent)]
            pub struct $name$(<$lifetime>)?(pub $inner);

            given!(@schema $name $(<$lifetime>)?, $schema);
        )*
    };
    (@schema $name:ident <$lifetime:lifetime>, $schema:expr) => {
        inline_schema!($name<'_>, stringify!($name), $schema);
    };
    (@schema $name:ident, $schema:expr) => {
        inline_schema!($name, stringify!($name), $schema);
    };
}

given! {
    /// A name. White space around it is trimmed; the rest has at least one character and no control characters.
    NameText<'a>(&'a str) = {
        let inner = NAME_LIMIT - 2;
        json_schema!({
            "type": "string",
            "pattern": format!(
                r"^\s*[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]{{0,{inner}}}[^\s\x00-\x1f\x7f-\x9f])?\s*$"
            ),
        })
    };

    /// A description. No control characters but tabs and line breaks.
    DescriptionText<'a>(&'a str) = json_schema!({
        "type": "string",
        "maxLength": DESCRIPTION_LIMIT,
        "pattern": r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$",
    });

    /// An idempotency key, of printable ASCII.
    IdempotencyKey<'a>(&'a str) = json_schema!({
        "type": "string",
        "minLength": 1,
        "maxLength": IDEMPOTENCY_KEY_LIMIT,
        "pattern": "^[ -~]*$",
    });

    /// The idempotency key of an item of a bulk request, of printable ASCII.
    BulkKey<'a>(&'a str) = json_schema!({
        "type": "string",
        "minLength": MIN_KEY,
        "maxLength": IDEMPOTENCY_KEY_LIMIT,
        "pattern": "^[ -~]*$",
    });

    /// The operation of an item of a bulk request.
    BulkType<'a>(&'a str) = json_schema!({"type": "string", "enum": crate::api::bulk::TYPES});

    /// A time as callers send it: RFC 3339 with any offset and up to nanoseconds.
    GivenTimestamp<'a>(&'a str) = json_schema!({
        "type": "string",
        "format": "date-time",
        // The format covers the calendar, the pattern the number of digits after the point.
        "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
    });

    /// A JSON object, as it was sent.
    JsonObject<'a>(Raw<'a>) = json_schema!({"type": "object"});

    /// A JSON list, as it was sent.
    JsonList<'a>(Raw<'a>) = json_schema!({"type": "array", "items": {}});

    /// A status that something can be finished with.
    FinishedStatus(RunStatus) = json_schema!({
        "type": "string",
        "enum": RunStatus::FINISHED.map(RunStatus::as_str),
    });

    /// How many ids are asked for: 1 to 1,000.
    PfidCount(u32) = json_schema!({"type": "integer", "minimum": 1, "maximum": 1_000});
}
