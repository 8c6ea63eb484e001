//! Finds the operation of a path and a method.

use super::bulk;
use super::http::Method;
use super::left_out;
use super::operation::{Operation, Path};
use super::operations;
use super::probes;
use super::read::query;

/// The operations of each resource, with its name in the path.
fn resources() -> impl Iterator<Item = (&'static str, &'static [Operation])> {
    operations::RESOURCES
        .iter()
        .copied()
        .chain([("bulk", bulk::OPERATIONS)])
}

/// An existing path: its operations, one per method, and the id in it.
#[derive(Debug)]
pub struct Route<'a> {
    /// The name of the resource.
    pub resource: &'a str,
    /// The part of the path after the name of the resource, as it was sent.
    pub rest: &'a str,
    operations: &'static [Operation],
    path: Path,
    /// The id in the path, percent-decoded; empty if the path has none.
    pub id: std::borrow::Cow<'a, str>,
}

impl<'a> Route<'a> {
    /// Finds the route of a path without its query. A slash at its end is accepted only for operations that are left out,
    /// so that the answer still names them: `agent/` is more often `agent/{id}` with an empty id than the list.
    /// **\[ours\]**
    pub fn find(path: &'a str, method: Method) -> Option<Route<'a>> {
        Route::find_exact(path).or_else(|| {
            let route = Route::find_exact(path.strip_suffix('/')?)?;
            let is_left_out = route.operation(method).is_some_and(|it| it.left_out);
            is_left_out.then_some(route)
        })
    }

    #[inline(never)]
    fn find_exact(path: &'a str) -> Option<Route<'a>> {
        let Some(path) = path.strip_prefix("/api/v1/") else {
            return Route::find_probe(path);
        };
        let mut segments = path.split('/');
        let resource = segments.next()?;
        let rest = path.get(resource.len()..).unwrap_or_default();
        if left_out::RESOURCES.contains(&resource) {
            return Some(Route {
                resource,
                rest,
                operations: left_out::OPERATIONS,
                path: Path::Any,
                id: "".into(),
            });
        }
        let (_, operations) = resources().find(|(name, _)| *name == resource)?;
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
            resource,
            rest,
            operations,
            path,
            id: query::decode(id, false),
        })
    }

    /// The route of a probe, which is outside the API.
    fn find_probe(path: &'a str) -> Option<Route<'a>> {
        let path = path.strip_prefix('/')?;
        let (resource, operations) = probes::RESOURCES.iter().find(|(name, _)| *name == path)?;
        Some(Route {
            resource,
            rest: "",
            operations,
            path: Path::Collection,
            id: "".into(),
        })
    }

    /// The operation of a method, which may be one that is left out. HEAD counts as GET.
    pub fn operation(&self, method: Method) -> Option<&'static Operation> {
        let method = match method {
            Method::Head => Method::Get,
            other => other,
        };
        self.operations
            .iter()
            .find(|it| it.path == self.path && it.method == method)
    }

    /// The methods of the path, for the header `Allow`: those of operations that are left out only if there are no others.
    pub fn allow(&self) -> String {
        let of_path = |it: &&Operation| it.path == self.path;
        let has_any = self
            .operations
            .iter()
            .filter(of_path)
            .any(|it| !it.left_out);
        self.methods(!has_any)
    }

    /// The methods that a page may use. They include those of operations that are left out, so that it can read the reason.
    pub fn allow_of_pages(&self) -> String {
        self.methods(true)
    }

    fn methods(&self, with_left_out: bool) -> String {
        let mut methods = Vec::new();
        for method in [
            Method::Get,
            Method::Head,
            Method::Post,
            Method::Put,
            Method::Delete,
        ] {
            let operation = self.operation(method);
            if operation.is_some_and(|it| with_left_out || !it.left_out) {
                methods.push(method.as_str());
            }
        }
        methods.push(Method::Options.as_str());
        methods.join(", ")
    }
}

/// Every implemented operation of the API, with the name of its resource in the path.
pub fn all() -> impl Iterator<Item = (&'static str, &'static Operation)> {
    resources()
        .flat_map(|(resource, operations)| operations.iter().map(move |it| (resource, it)))
        .filter(|(_, operation)| !operation.left_out)
}
