//! The wire types of the TypeScript typings.

use super::objects::definitions;
use super::shape::Shape;

/// The text of `js/generated/wire.ts`.
pub fn typescript() -> String {
    let mut out = String::from(
        "// Generated from the Rust description of the API by `npm run describe`. Do not edit.\n\n\
         declare const brand: unique symbol;\n",
    );
    for definition in definitions() {
        let body = match definition.name {
            // Made only by what checks it: a text that merely looks right is no Pfid to the compiler.
            "Pfid" => "string & { readonly [brand]: \"Pfid\" }".to_owned(),
            _ => type_of(&definition.shape, 0),
        };
        out += "\n";
        out += &comment(&definition.doc, 0);
        out += &match &definition.shape {
            Shape::Record(_) => format!("export interface {} {body}\n", definition.name),
            _ => format!("export type {} = {body};\n", definition.name),
        };
    }
    out
}

fn comment(doc: &str, depth: usize) -> String {
    match doc {
        "" => String::new(),
        doc => format!("{}/** {doc} */\n", "  ".repeat(depth)),
    }
}

fn type_of(shape: &Shape, depth: usize) -> String {
    match shape {
        Shape::Boolean => "boolean".to_owned(),
        Shape::Integer(..) => "number".to_owned(),
        Shape::Text { .. } | Shape::GivenTimestamp => "string".to_owned(),
        Shape::Words(words) => words
            .iter()
            .map(|word| format!("\"{word}\""))
            .collect::<Vec<_>>()
            .join(" | "),
        Shape::AnyObject => "{ readonly [key: string]: unknown }".to_owned(),
        Shape::AnyJson => "unknown".to_owned(),
        Shape::List(item, 1.., _) => {
            let item = type_of(item, depth);
            format!("readonly [{item}, ...{item}[]]")
        }
        Shape::List(item, ..) => match **item {
            Shape::Words(_) | Shape::Nullable(_) => {
                format!("readonly ({})[]", type_of(item, depth))
            }
            _ => format!("readonly {}[]", type_of(item, depth)),
        },
        Shape::Map(value) => format!("{{ readonly [key: string]: {} }}", type_of(value, depth)),
        Shape::Nullable(shape) => format!("{} | null", type_of(shape, depth)),
        Shape::Named(name) => (*name).to_owned(),
        Shape::Record(fields) => {
            let indent = "  ".repeat(depth + 1);
            let mut out = String::from("{\n");
            for field in fields {
                out += &comment(field.doc, depth + 1);
                out += &format!(
                    "{indent}readonly {}{}: {};\n",
                    field.key,
                    if field.required { "" } else { "?" },
                    type_of(&field.shape, depth + 1)
                );
            }
            out + &"  ".repeat(depth) + "}"
        }
    }
}
