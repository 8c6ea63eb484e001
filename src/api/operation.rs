//! The vocabulary of operations: their input, and their description in the route table.

use super::described::{self, Description};
use super::http::Method;
use super::read::query::Query;
use crate::json::{self, Object};
use crate::model::pfid::Pfid;
use crate::registrar::limits::KeyRoom;
use crate::registrar::{Caller, Failure, Kind, Registrar, ids};

/// The input of an operation: one request, or one item of a bulk request.
#[derive(Debug)]
pub struct Call<'a> {
    /// The caller, and the time.
    pub caller: Caller,
    /// The id in the path, unchecked; empty if the path has none.
    pub id: &'a str,
    /// The query parameters.
    pub query: Query<'a>,
    /// The body; an empty object if there is none.
    pub body: &'a Object<'a>,
}

/// Runs an operation and writes the body of its answer. After an error the caller discards what it wrote.
pub type Handler = fn(&mut Registrar, &Call<'_>, &mut Vec<u8>) -> Result<(), Failure>;

/// The requirement of an operation on the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// The body is not read.
    Ignored,
    /// A JSON object, or no body.
    Optional,
    /// A JSON object.
    Required,
    /// JSON objects, one a line. The operation reads them.
    Lines,
}

/// Where a body has its idempotency key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// The operation has no key, because it changes nothing.
    None,
    /// `idempotency_key`
    Root,
    /// `idempotency_key` **\[ours\]**, or `details.idempotency_key` **\[client\]**
    Inner,
}

/// Which tokens an operation takes: what of it the scope of the token alone decides, before the body is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Every token but the operator's.
    Any,
    /// Tokens of the account's scope.
    Account,
    /// Tokens of the account's scope, and the operator's.
    AccountOrOperator,
    /// The operator's token.
    Operator,
}

impl Access {
    /// Refuses a caller whose token the operation does not take.
    pub(super) fn check(self, caller: &Caller) -> Result<(), Failure> {
        match self {
            Access::Operator => caller.require_operator(),
            Access::AccountOrOperator if caller.is_operator() => Ok(()),
            Access::Account | Access::AccountOrOperator => caller.require_account_scope(),
            Access::Any if caller.is_operator() => caller.require_account_scope(),
            Access::Any => Ok(()),
        }
    }
}

/// The part of a path after the resource's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Path {
    /// Empty: the collection.
    Collection,
    /// A fixed word: `agent/show`.
    Word(&'static str),
    /// An id.
    Item,
    /// An id and a word: `agent/{id}/retire`.
    Action(&'static str),
    /// Anything, of a resource that this build leaves out.
    Any,
}

/// One row of the table.
#[derive(Debug)]
pub struct Operation {
    /// Its name in bulk requests.
    pub name: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path after the resource's name.
    pub path: Path,
    /// Its requirement on the body.
    pub body: Body,
    /// How many levels of the body are built: see [`json::read`].
    pub levels: usize,
    /// Where its idempotency key is.
    pub key: Key,
    /// Whether it needs no token.
    pub open: bool,
    /// Which tokens it takes.
    pub access: Access,
    /// Whether this build leaves it out: see `api/left_out.rs`.
    pub left_out: bool,
    /// Its implementation.
    pub handler: Handler,
    /// Its description for the OpenAPI document.
    pub description: Description,
}

impl Operation {
    /// An operation that changes nothing: a GET without a body.
    pub const fn read(name: &'static str, path: Path, handler: Handler) -> Operation {
        Operation {
            name,
            method: Method::Get,
            path,
            body: Body::Ignored,
            levels: json::BODY_LEVELS,
            key: Key::None,
            open: false,
            access: Access::Any,
            left_out: false,
            handler,
            description: described::NONE,
        }
    }

    /// An operation with a body, and its idempotency key at the root.
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
            access: Access::Any,
            left_out: false,
            handler,
            description: described::NONE,
        }
    }

    /// The DELETE of one object. Its body has nothing but the idempotency key.
    pub const fn delete(name: &'static str, handler: Handler) -> Operation {
        Operation::write(name, Method::Delete, Path::Item, Body::Optional, handler)
    }

    /// The same operation for these tokens alone.
    pub const fn for_tokens(self, access: Access) -> Operation {
        Operation { access, ..self }
    }

    /// The same operation with a description.
    pub const fn described(self, description: Description) -> Operation {
        Operation {
            description,
            ..self
        }
    }

    /// Whether it can write.
    pub(super) fn may_write(&self) -> bool {
        self.key != Key::None || self.body == Body::Lines
    }

    /// Which room its idempotency key takes. Changes of state store nothing else; the keys of a bulk request are those of
    /// its items. **\[ours\]**
    pub(super) fn key_room(&self) -> KeyRoom {
        match self.path {
            _ if self.method == Method::Delete || self.is_bulk() => KeyRoom::Delete,
            Path::Action(_) => KeyRoom::Change,
            _ => KeyRoom::Ordinary,
        }
    }

    /// Whether it runs other operations. The service then runs it step by step.
    pub(super) fn is_bulk(&self) -> bool {
        self.name == "bulk"
    }
}

/// Parses the id in a path. A text that is no PFID is answered like an unknown id. **\[ours\]**
pub fn parse_id(text: &str, wanted: Kind) -> Result<Pfid, Failure> {
    Pfid::parse(text).map_err(|_| ids::not_found(wanted))
}
