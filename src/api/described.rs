//! Operations as the OpenAPI document describes them. Without the feature `description` a description is empty, so
//! that no part of it gets into a wasm.

/// Input and output of an operation, for the OpenAPI document.
#[cfg(feature = "description")]
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// Its effect, in a few words.
    pub summary: &'static str,
    /// Its query parameters, without those that all lists have.
    pub parameters: &'static [Parameter],
    /// The sort fields of its list, the default first; empty if it returns no list.
    pub sorted_by: &'static [&'static str],
    /// Its body, if it reads one.
    pub body: Option<SchemaOf>,
    /// The body of its answer.
    pub answer: SchemaOf,
    /// The errors that only some operations have. Those of paths, tokens, bodies and idempotency keys follow from the
    /// [`Operation`](super::operation::Operation) itself.
    pub errors: &'static [crate::model::error::ErrorCode],
}

/// The empty description.
#[cfg(not(feature = "description"))]
pub type Description = ();

/// Generates the schema of a type.
#[cfg(feature = "description")]
pub type SchemaOf = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

/// Generates the schema of `T`.
#[cfg(feature = "description")]
pub fn schema_of<T: schemars::JsonSchema>(
    generator: &mut schemars::SchemaGenerator,
) -> schemars::Schema {
    generator.subschema_for::<T>()
}

/// A query parameter.
#[cfg(feature = "description")]
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it is required.
    pub required: bool,
    /// Its effect.
    pub doc: &'static str,
    /// Its value.
    pub schema: SchemaOf,
}

#[cfg(feature = "description")]
impl Description {
    /// An operation without a description.
    pub const NONE: Description = Description::new("", schema_of::<()>);

    /// An operation without parameters, body and errors.
    pub const fn new(summary: &'static str, answer: SchemaOf) -> Description {
        Description {
            summary,
            parameters: &[],
            sorted_by: &[],
            body: None,
            answer,
            errors: &[],
        }
    }
}

/// The empty description.
#[cfg(not(feature = "description"))]
pub(super) const NONE: Description = ();
#[cfg(feature = "description")]
pub(super) const NONE: Description = Description::NONE;

/// Describes an operation: its summary, the type of its answer, and, if present, the type of its body, its parameters
/// (`name: Type, "what it does"`, `required` before required ones), the sort fields of its list, and the codes of the
/// errors that only some operations have.
#[cfg(feature = "description")]
macro_rules! describe {
    (
        $summary:literal => $answer:ty
        $(, body: $body:ty)?
        $(, parameters: [$($parameter:tt)*])?
        $(, sorted_by: $orders:expr)?
        $(, errors: [$($error:ident),*])?
        $(,)?
    ) => {
        $crate::api::described::Description {
            $(body: Some($crate::api::described::schema_of::<$body>),)?
            $(parameters: $crate::api::described::parameters!([] $($parameter)*),)?
            $(sorted_by: $orders,)?
            $(errors: &[$($crate::model::error::ErrorCode::$error),*],)?
            ..$crate::api::described::Description::new(
                $summary,
                $crate::api::described::schema_of::<$answer>,
            )
        }
    };
}
#[cfg(not(feature = "description"))]
macro_rules! describe {
    ($($description:tt)*) => {
        ()
    };
}

/// The parameters of [`describe`].
#[cfg(feature = "description")]
macro_rules! parameters {
    ([$($done:expr),*] required $name:ident: $type:ty, $doc:literal; $($rest:tt)*) => {
        $crate::api::described::parameters!(
            [$($done,)* $crate::api::described::parameter::<$type>(stringify!($name), true, $doc)]
            $($rest)*
        )
    };
    ([$($done:expr),*] $name:ident: $type:ty, $doc:literal; $($rest:tt)*) => {
        $crate::api::described::parameters!(
            [$($done,)* $crate::api::described::parameter::<$type>(stringify!($name), false, $doc)]
            $($rest)*
        )
    };
    ([$($done:expr),*]) => {
        &[$($done),*]
    };
}

/// A parameter of a type.
#[cfg(feature = "description")]
pub const fn parameter<T: schemars::JsonSchema>(
    name: &'static str,
    required: bool,
    doc: &'static str,
) -> Parameter {
    Parameter {
        name,
        required,
        doc,
        schema: schema_of::<T>,
    }
}

pub(in crate::api) use describe;
#[cfg(feature = "description")]
pub(in crate::api) use parameters;
