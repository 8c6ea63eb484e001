//! The vocabulary of operations: the request that one gets, and the description of one in the route table.

use super::http::Method;
use super::read::query::Query;
use crate::json::{self, Object};
use crate::model::error::ErrorCode;
use crate::model::pfid::Pfid;
use crate::registrar::{Caller, Failure, Kind, Registrar, ids};

/// One request of an operation, or one item of a bulk request.
#[derive(Debug)]
pub struct Call<'a> {
    /// Who calls, and when.
    pub caller: Caller,
    /// The id in the path, not yet checked; empty where the path has none.
    pub id: &'a str,
    /// The parameters behind the question mark.
    pub query: Query<'a>,
    /// The body; an empty object where there is none.
    pub body: &'a Object<'a>,
}

/// Carries out an operation and writes its answer's body. What it wrote before it failed is
/// thrown away.
pub type Handler = fn(&mut Registrar, &Call<'_>, &mut Vec<u8>) -> Result<(), Failure>;

/// What an operation wants of a request's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing: it is not looked at.
    Ignored,
    /// A JSON object, or nothing at all.
    Optional,
    /// A JSON object.
    Required,
}

/// Where a body has its idempotency key. That of a DELETE is an item of a bulk request, or empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Nowhere: the operation changes nothing.
    None,
    /// `idempotency_key`
    Root,
    /// `idempotency_key` **\[ours\]**, or `details.idempotency_key` **\[client\]**
    Inner,
}

/// The part of a path behind the resource's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Nothing: the collection.
    Collection,
    /// A fixed word: `agent/show`.
    Word(&'static str),
    /// An id.
    Item,
    /// An id and a word: `agent/{id}/retire`.
    Action(&'static str),
}

/// One row of the table.
#[derive(Debug)]
pub struct Operation {
    /// Its name, as bulk requests say it.
    pub name: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path behind the resource's name.
    pub path: Path,
    /// What it wants of the body.
    pub body: Body,
    /// How many levels of the body are built: see [`json::read`].
    pub levels: usize,
    /// Where its idempotency key is.
    pub key: Key,
    /// Whether it needs no token.
    pub open: bool,
    /// Whether a published client knows it and this build does not have it. **\[client\]**
    pub left_out: bool,
    /// What it does.
    pub handler: Handler,
}

impl Operation {
    /// An operation that changes nothing: GET without a body.
    pub const fn read(name: &'static str, path: Path, handler: Handler) -> Operation {
        Operation {
            name,
            method: Method::Get,
            path,
            body: Body::Ignored,
            levels: json::BODY_LEVELS,
            key: Key::None,
            open: false,
            left_out: false,
            handler,
        }
    }

    /// An operation with a body, whose idempotency key is at its root.
    pub const fn write(
        name: &'static str,
        method: Method,
        path: Path,
        body: Body,
        handler: Handler,
    ) -> Operation {
        Operation {
            name,
            method,
            path,
            body,
            levels: json::BODY_LEVELS,
            key: Key::Root,
            open: false,
            left_out: false,
            handler,
        }
    }

    /// The DELETE of one object.
    pub const fn delete(name: &'static str, handler: Handler) -> Operation {
        Operation {
            name,
            method: Method::Delete,
            path: Path::Item,
            body: Body::Ignored,
            levels: json::BODY_LEVELS,
            key: Key::Root,
            open: false,
            left_out: false,
            handler,
        }
    }

    /// Whether it carries out others: the service does so step by step.
    pub(super) fn is_bulk(&self) -> bool {
        self.name == "bulk"
    }

    /// A POST that is answered with 501, whatever it says.
    pub const fn left_out(name: &'static str, path: Path) -> Operation {
        Operation {
            method: Method::Post,
            left_out: true,
            ..Operation::read(name, path, |_, _, _| {
                Err(Failure::refused(
                    ErrorCode::NotImplemented,
                    "This build of the service does not have this operation.",
                ))
            })
        }
    }
}

/// Reads the id in a path. A text that is no PFID is the id of nothing. **\[ours\]**
pub fn parse_id(text: &str, wanted: Kind) -> Result<Pfid, Failure> {
    Pfid::parse(text).map_err(|_| ids::not_found(wanted))
}
