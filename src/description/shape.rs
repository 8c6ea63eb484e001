//! Shapes of JSON values, and how JSON Schema says them.

use serde_json::{Map, Value, json};

/// The shape of a JSON value.
#[derive(Clone, Debug)]
pub enum Shape {
    /// `true` or `false`.
    Boolean,
    /// A whole number in these bounds.
    Integer(u64, Option<u64>),
    /// A text that matches a pattern, of a number of characters in these bounds.
    Text {
        /// The least number of characters.
        least: usize,
        /// The greatest number of characters.
        most: Option<usize>,
        /// What it must match.
        pattern: Option<String>,
    },
    /// One of these words.
    Words(Vec<&'static str>),
    /// Any JSON object.
    AnyObject,
    /// Any JSON value.
    AnyJson,
    /// A time as requests may say it.
    GivenTimestamp,
    /// A list of values of one shape, their number in these bounds.
    List(Box<Shape>, usize, Option<usize>),
    /// An object with any keys and values of one shape.
    Map(Box<Shape>),
    /// A value or `null`.
    Nullable(Box<Shape>),
    /// A definition, by name.
    Named(&'static str),
    /// An object with these fields. In requests others are dropped, in answers there are no others.
    Record(Vec<Field>),
}

/// A field of a record.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its key.
    pub key: &'static str,
    /// Its value.
    pub shape: Shape,
    /// Whether it is always there.
    pub required: bool,
    /// What it is; empty where the key says it all.
    pub doc: &'static str,
    /// A value that works on a registrar as it starts.
    pub example: Option<&'static str>,
}

impl Field {
    pub(super) fn for_example(self, example: &'static str) -> Field {
        Field {
            example: Some(example),
            ..self
        }
    }
}

/// A shape with a name.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its name.
    pub name: &'static str,
    /// What it is.
    pub doc: String,
    /// Its shape.
    pub shape: Shape,
    /// Values of it.
    pub example: Option<Value>,
}

impl Shape {
    /// The shape, or `null`.
    pub fn or_null(self) -> Shape {
        Shape::Nullable(Box::new(self))
    }

    /// A list of it.
    pub fn list(self) -> Shape {
        Shape::List(Box::new(self), 0, None)
    }

    /// A list of so many of it.
    pub fn list_of(self, least: usize, most: usize) -> Shape {
        Shape::List(Box::new(self), least, Some(most))
    }

    /// Text of any length.
    pub fn text() -> Shape {
        Shape::Text {
            least: 0,
            most: None,
            pattern: None,
        }
    }

    /// The one word.
    pub fn word(word: &'static str) -> Shape {
        Shape::Words(vec![word])
    }

    /// The JSON Schema (2020-12) of it; `closed` where objects have no fields but those that are named.
    pub fn json_schema(&self, closed: bool) -> Value {
        match self {
            Shape::Boolean => json!({"type": "boolean"}),
            Shape::Integer(least, most) => {
                let mut schema = json!({"type": "integer", "minimum": least});
                if let Some(most) = most {
                    schema["maximum"] = json!(most);
                }
                schema
            }
            Shape::Text {
                least,
                most,
                pattern,
            } => {
                let mut schema = json!({"type": "string"});
                if *least > 0 {
                    schema["minLength"] = json!(least);
                }
                if let Some(most) = most {
                    schema["maxLength"] = json!(most);
                }
                if let Some(pattern) = pattern {
                    schema["pattern"] = json!(pattern);
                }
                schema
            }
            Shape::Words(words) => match words.as_slice() {
                [word] => json!({"const": word}),
                words => json!({"type": "string", "enum": words}),
            },
            Shape::AnyObject => json!({"type": "object"}),
            Shape::AnyJson => json!({}),
            Shape::GivenTimestamp => json!({
                "type": "string",
                "format": "date-time",
                // The format says which days there are, the pattern how many digits come after the point.
                "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
            }),
            Shape::List(item, least, most) => {
                let mut schema = json!({"type": "array", "items": item.json_schema(closed)});
                if *least > 0 {
                    schema["minItems"] = json!(least);
                }
                if let Some(most) = most {
                    schema["maxItems"] = json!(most);
                }
                schema
            }
            Shape::Map(value) => {
                json!({"type": "object", "additionalProperties": value.json_schema(closed)})
            }
            Shape::Nullable(shape) => {
                let mut schema = shape.json_schema(closed);
                match &schema["type"] {
                    Value::String(name) if schema.get("enum").is_none() => {
                        schema["type"] = json!([name, "null"]);
                        schema
                    }
                    _ => json!({"anyOf": [schema, {"type": "null"}]}),
                }
            }
            Shape::Named(name) => json!({"$ref": format!("#/components/schemas/{name}")}),
            Shape::Record(fields) => {
                let mut properties = Map::new();
                for field in fields {
                    let mut schema = field.shape.json_schema(closed);
                    if !field.doc.is_empty() {
                        schema["description"] = json!(field.doc);
                    }
                    if let Some(example) = field.example {
                        schema["examples"] = json!([example]);
                    }
                    properties.insert(field.key.to_owned(), schema);
                }
                let required: Vec<&str> = fields
                    .iter()
                    .filter(|field| field.required)
                    .map(|field| field.key)
                    .collect();
                let mut schema = json!({"type": "object", "properties": properties});
                if !required.is_empty() {
                    schema["required"] = json!(required);
                }
                if closed {
                    schema["additionalProperties"] = json!(false);
                }
                schema
            }
        }
    }
}

/// A field that is always there.
pub(super) fn field(key: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field {
        key,
        shape,
        required: true,
        doc,
        example: None,
    }
}

/// A field that may be absent.
pub(super) fn optional(key: &'static str, shape: Shape, doc: &'static str) -> Field {
    Field {
        required: false,
        ..field(key, shape, doc)
    }
}
