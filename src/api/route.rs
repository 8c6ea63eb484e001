//! Which operation a path and a method mean: one table.

use super::http::Method;
use super::instances::{self, INSTANCES};
use super::query::{self, Query};
use super::spans::{self, SPANS};
use super::versions::{self, SCHEMA_VERSIONS, VERSIONS};
use super::{accounts, agents, bulk, children, environments, pfids};
use crate::json::{self, Object};
use crate::model::error::ErrorCode;
use crate::registrar::{Caller, Failure, Registrar};
use crate::store::VersionKind;

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

const fn read(name: &'static str, path: Path, handler: Handler) -> Operation {
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

const fn write(
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

const fn delete(name: &'static str, handler: Handler) -> Operation {
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

/// A POST that is answered with 501, whatever it says.
const fn left_out(name: &'static str, path: Path) -> Operation {
    Operation {
        method: Method::Post,
        left_out: true,
        ..read(name, path, |_, _, _| {
            Err(Failure::refused(
                ErrorCode::NotImplemented,
                "This build of the service does not have this operation.",
            ))
        })
    }
}

/// All operations, by the name of their resource in the path.
static RESOURCES: &[(&str, &[Operation])] = &[
    (
        "agent",
        &[
            write(
                "agents/create",
                Method::Post,
                Path::Collection,
                Body::Required,
                agents::create,
            ),
            read("agents/list", Path::Collection, agents::list),
            read("agents/show", Path::Word("show"), agents::show),
            read("agents/fetch", Path::Item, agents::fetch),
            write(
                "agents/update",
                Method::Put,
                Path::Item,
                Body::Required,
                agents::update,
            ),
            delete("agents/delete", agents::delete),
            write(
                "agents/retire",
                Method::Post,
                Path::Action("retire"),
                Body::Optional,
                agents::retire,
            ),
            write(
                "agents/reinstate",
                Method::Post,
                Path::Action("reinstate"),
                Body::Optional,
                agents::reinstate,
            ),
        ],
    ),
    (
        "agent_instance",
        &[
            write(
                "agent_instances/register",
                Method::Post,
                Path::Word("register"),
                Body::Required,
                instances::register,
            ),
            read(
                "agent_instances/list",
                Path::Collection,
                |registrar, call, out| children::list(&INSTANCES, registrar, call, out),
            ),
            read(
                "agent_instances/show",
                Path::Item,
                |registrar, call, out| children::fetch(&INSTANCES, registrar, call, out),
            ),
            write(
                "agent_instances/start",
                Method::Post,
                Path::Action("start"),
                Body::Optional,
                instances::start,
            ),
            write(
                "agent_instances/finish",
                Method::Post,
                Path::Action("finish"),
                Body::Optional,
                instances::finish,
            ),
            left_out(
                "agent_instances/record_quality",
                Path::Action("record_quality"),
            ),
        ],
    ),
    (
        "agent_spans",
        &[
            Operation {
                key: Key::Inner,
                ..write(
                    "agent_spans/create",
                    Method::Post,
                    Path::Collection,
                    Body::Required,
                    spans::create,
                )
            },
            read(
                "agent_spans/list",
                Path::Collection,
                |registrar, call, out| children::list(&SPANS, registrar, call, out),
            ),
            write(
                "agent_spans/finish",
                Method::Post,
                Path::Action("finish"),
                Body::Optional,
                spans::finish,
            ),
        ],
    ),
    (
        "agent_version",
        &[
            write(
                "agent_versions/create",
                Method::Post,
                Path::Collection,
                Body::Required,
                |registrar, call, out| versions::create(VersionKind::Agent, registrar, call, out),
            ),
            read(
                "agent_versions/list",
                Path::Collection,
                |registrar, call, out| children::list(&VERSIONS, registrar, call, out),
            ),
            read("agent_versions/show", Path::Item, |registrar, call, out| {
                children::fetch(&VERSIONS, registrar, call, out)
            }),
        ],
    ),
    (
        "agent_schema_version",
        &[
            write(
                "agent_schema_versions/create",
                Method::Post,
                Path::Collection,
                Body::Required,
                |registrar, call, out| versions::create(VersionKind::Schema, registrar, call, out),
            ),
            read(
                "agent_schema_versions/list",
                Path::Collection,
                |registrar, call, out| children::list(&SCHEMA_VERSIONS, registrar, call, out),
            ),
            read(
                "agent_schema_versions/show",
                Path::Item,
                |registrar, call, out| children::fetch(&SCHEMA_VERSIONS, registrar, call, out),
            ),
        ],
    ),
    (
        "environment",
        &[
            write(
                "environments/create",
                Method::Post,
                Path::Collection,
                Body::Required,
                environments::create,
            ),
            read("environments/list", Path::Collection, environments::list),
            read("environments/show", Path::Item, environments::fetch),
            write(
                "environments/update",
                Method::Put,
                Path::Item,
                Body::Required,
                environments::update,
            ),
            delete("environments/delete", environments::delete),
        ],
    ),
    (
        "account",
        &[
            read("accounts/own", Path::Collection, accounts::own),
            read("accounts/show", Path::Item, accounts::fetch),
            write(
                "accounts/update",
                Method::Put,
                Path::Item,
                Body::Required,
                accounts::update,
            ),
        ],
    ),
    (
        "pfid",
        &[write(
            "pfids/generate",
            Method::Post,
            Path::Word("generate"),
            Body::Required,
            pfids::generate,
        )],
    ),
    ("ping", &[read("ping", Path::Collection, pfids::ping)]),
    (
        "openapi",
        &[Operation {
            open: true,
            ..read("openapi", Path::Collection, openapi)
        }],
    ),
    (
        "bulk",
        &[Operation {
            // The items of a list are bodies of their own, two levels down.
            levels: json::BODY_LEVELS + 2,
            ..write(
                "bulk",
                Method::Post,
                Path::Collection,
                Body::Required,
                bulk::run,
            )
        }],
    ),
];

/// `GET /api/v1/openapi`: the description of all of it. It tells nothing of anybody, so it takes no token. **\[ours\]**
fn openapi(_: &mut Registrar, _: &Call<'_>, out: &mut Vec<u8>) -> Result<(), Failure> {
    out.extend_from_slice(include_bytes!("../../docs/openapi.min.json"));
    Ok(())
}

/// A path that exists: the operations of it, one for each method, and the id in it.
#[derive(Debug)]
pub struct Route<'a> {
    operations: &'static [Operation],
    path: Path,
    /// The id in the path, percent-decoded; empty where the path has none.
    pub id: std::borrow::Cow<'a, str>,
}

impl<'a> Route<'a> {
    /// The route of a path (without the query).
    #[inline(never)]
    pub fn find(path: &'a str) -> Option<Route<'a>> {
        let mut segments = path.strip_prefix("/api/v1/")?.split('/');
        let resource = segments.next()?;
        let (_, operations) = RESOURCES.iter().find(|(name, _)| *name == resource)?;
        let parts = (segments.next(), segments.next(), segments.next());
        let known = |path: Path| operations.iter().find(|it| it.path == path);
        let word = |segment: &str| {
            operations
                .iter()
                .map(|it| it.path)
                .find(|path| matches!(path, Path::Word(word) if *word == segment))
        };
        let (path, id) = match parts {
            (None, ..) => (known(Path::Collection)?.path, ""),
            (Some(segment), None, _) => match word(segment) {
                Some(path) => (path, ""),
                None if segment.is_empty() => return None,
                None => (known(Path::Item)?.path, segment),
            },
            (Some(segment), Some(action), None) => {
                let path = operations
                    .iter()
                    .map(|it| it.path)
                    .find(|path| matches!(path, Path::Action(word) if *word == action))?;
                (path, segment)
            }
            _ => return None,
        };
        Some(Route {
            operations,
            path,
            id: query::decode(id, false),
        })
    }

    /// The operation of a method; HEAD is GET.
    pub fn operation(&self, method: Method) -> Option<&'static Operation> {
        let method = match method {
            Method::Head => Method::Get,
            other => other,
        };
        self.operations
            .iter()
            .find(|it| it.path == self.path && it.method == method)
    }

    /// The methods that the path takes, as `Allow` lists them.
    pub fn allow(&self) -> String {
        let mut methods = Vec::new();
        for method in [
            Method::Get,
            Method::Head,
            Method::Post,
            Method::Put,
            Method::Delete,
        ] {
            if self.operation(method).is_some() {
                methods.push(method.as_str());
            }
        }
        methods.push(Method::Options.as_str());
        methods.join(", ")
    }
}

/// Every operation that there is, with the name of its resource in the path.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Operation)> {
    RESOURCES
        .iter()
        .flat_map(|(resource, operations)| operations.iter().map(move |it| (*resource, it)))
        .filter(|(_, operation)| !operation.left_out)
}

/// The operation of a name: how bulk requests call it.
pub fn named(name: &str) -> Option<&'static Operation> {
    all()
        .map(|(_, operation)| operation)
        .find(|it| it.name == name)
}
