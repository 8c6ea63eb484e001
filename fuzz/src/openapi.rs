//! Whether an answer is one that the OpenAPI document describes.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, OnceLock};

use agent_registrar::api::{Answer, Method};
use jsonschema::Validator;
use serde_json::{Value, json};

/// The schemas of one operation's answers, by status and media type.
type Answers = HashMap<(u16, String), Arc<Schema>>;

/// A schema, compiled when it is first used: there are many, and an input uses few.
struct Schema {
    schema: Value,
    compiled: OnceLock<Validator>,
}

/// The schemas by their texts: most operations have the same answers to what goes wrong.
type Schemas = HashMap<String, Arc<Schema>>;

impl Schema {
    fn compiled(&self) -> &Validator {
        self.compiled
            .get_or_init(|| jsonschema::draft202012::new(&self.schema).expect("a valid schema"))
    }
}

struct Operation {
    method: &'static str,
    /// The segments of its path; `{id}` stands for any.
    path: Vec<String>,
    answers: Answers,
}

struct Document {
    operations: Vec<Operation>,
    error: Arc<Schema>,
    problem: Arc<Schema>,
}

static DOCUMENT: LazyLock<Document> = LazyLock::new(read);

fn schema(schemas: &mut Schemas, document: &Value, schema: &Value) -> Arc<Schema> {
    let new = || {
        Arc::new(Schema {
            schema: json!({"allOf": [schema], "components": document["components"]}),
            compiled: OnceLock::new(),
        })
    };
    Arc::clone(schemas.entry(schema.to_string()).or_insert_with(new))
}

fn read() -> Document {
    let document: Value = serde_json::from_str(include_str!("../../docs/openapi.json")).unwrap();
    let (mut operations, mut schemas) = (Vec::new(), Schemas::new());
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in Method::ALL {
            let described = &methods[method.as_str().to_lowercase()];
            if described.is_null() || method.as_str().is_empty() {
                continue;
            }
            operations.push(Operation {
                method: method.as_str(),
                path: path.split('/').map(str::to_owned).collect(),
                answers: answers(&mut schemas, &document, &described["responses"]),
            });
        }
    }
    // A word of the API, such as `show`, comes before any id.
    operations.sort_by_key(|it| it.path.iter().filter(|part| part.starts_with('{')).count());
    let mut named = |name: &str| {
        let reference = json!({"$ref": format!("#/components/schemas/{name}")});
        schema(&mut schemas, &document, &reference)
    };
    let (error, problem) = (named("ErrorBody"), named("Problem"));
    Document {
        operations,
        error,
        problem,
    }
}

fn answers(schemas: &mut Schemas, document: &Value, responses: &Value) -> Answers {
    let mut answers = Answers::new();
    for (status, response) in responses.as_object().unwrap() {
        let name = response["$ref"]
            .as_str()
            .and_then(|it| it.rsplit('/').next());
        let response = name.map_or(response, |name| &document["components"]["responses"][name]);
        for (media_type, content) in response["content"].as_object().into_iter().flatten() {
            let schema = schema(schemas, document, &content["schema"]);
            answers.insert((status.parse().unwrap(), media_type.clone()), schema);
        }
    }
    answers
}

/// The described operation of a request.
fn operation(method: Method, target: &str) -> Option<&'static Operation> {
    let path = target.split('?').next().unwrap_or_default();
    let segments: Vec<&str> = path.split('/').collect();
    let method = match method {
        Method::Head => "GET",
        other => other.as_str(),
    };
    let matches = |it: &&Operation| {
        let parts = it.path.iter().zip(&segments);
        it.path.len() == segments.len()
            && parts.into_iter().all(|(part, segment)| {
                part == segment || (part.starts_with('{') && !segment.is_empty())
            })
    };
    // The first path that matches is the path, whatever methods it has.
    let path = &DOCUMENT.operations.iter().find(matches)?.path;
    let mut operations = DOCUMENT.operations.iter();
    operations.find(|it| it.path == *path && it.method == method)
}

/// Checks an answer and returns its body, null if there is none: its status is below 500 and one that the operation has,
/// its head is in order, and its body fits the schema.
pub(crate) fn check(method: Method, target: &str, answer: &Answer) -> Value {
    let status = answer.status();
    let head = str::from_utf8(answer.head()).expect("a head in UTF-8");
    let shown = || {
        format!(
            "{} {target}: {status} {}",
            method.as_str(),
            String::from_utf8_lossy(answer.body())
        )
    };
    assert!(status < 500, "{}", shown());
    for line in head.lines() {
        let (name, value) = line
            .split_once(": ")
            .unwrap_or_else(|| panic!("{line:?}: {}", shown()));
        assert!(
            name.bytes().all(|it| it.is_ascii_graphic() && it != b':'),
            "{line:?}"
        );
        assert!(
            value.bytes().all(|it| it == b' ' || it.is_ascii_graphic()),
            "{line:?}"
        );
    }
    if answer.body().is_empty() {
        assert!(method == Method::Head || status == 204, "{}", shown());
        return Value::Null;
    }
    let value = parsed(answer.body()).unwrap_or_else(|error| panic!("{error}: {}", shown()));
    let header = head
        .lines()
        .find_map(|it| it.strip_prefix("content-type: "));
    let media_type = header.unwrap_or("application/json").to_owned();
    let schema = match operation(method, target) {
        Some(it) => it.answers.get(&(status, media_type.clone())),
        None if media_type == "application/problem+json" => Some(&DOCUMENT.problem),
        None => Some(&DOCUMENT.error),
    };
    let schema = schema.unwrap_or_else(|| panic!("{media_type} is not described: {}", shown()));
    if let Err(error) = schema.compiled().validate(&value) {
        panic!("{error} at {}: {}", error.instance_path(), shown());
    }
    value
}

/// The answer as serde_json reads it. Payloads and schemas are kept as they were written, and JSON may have lone surrogates there,
/// which serde_json refuses: they become U+FFFD.
fn parsed(body: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(body).or_else(|error| {
        agent_registrar::json::read(body, 0).map_err(|_| error)?;
        serde_json::from_slice(&without_lone_surrogates(body))
    })
}

/// JSON in which each escape of a lone surrogate is one of U+FFFD.
fn without_lone_surrogates(json: &[u8]) -> Vec<u8> {
    let unit = |at: usize| {
        let escape = json.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::from_str_radix(str::from_utf8(escape).ok()?, 16).ok()
    };
    let mut text = Vec::with_capacity(json.len());
    let mut at = 0;
    while at < json.len() {
        let length = match (json[at], unit(at)) {
            (b'\\', Some(0xd800..=0xdbff)) if matches!(unit(at + 6), Some(0xdc00..=0xdfff)) => 12,
            (b'\\', Some(0xd800..=0xdfff)) => {
                text.extend_from_slice(b"\\ufffd");
                at += 6;
                continue;
            }
            (b'\\', Some(_)) => 6,
            (b'\\', None) => 2,
            _ => 1,
        };
        text.extend_from_slice(&json[at..at + length]);
        at += length;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::without_lone_surrogates;

    #[test]
    fn lone_surrogates_alone_are_replaced() {
        let json = br#"["\ud83e\udd80", "\ud83e", "\udd80\ud83e", "\\ud800", "\n\u0041"]"#;
        let read = br#"["\ud83e\udd80", "\ufffd", "\ufffd\ufffd", "\\ud800", "\n\u0041"]"#;
        assert_eq!(without_lone_surrogates(json), read);
    }
}
