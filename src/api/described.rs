//! Operations as callers see them. Only under the feature `description`; without it a description is nothing at all, so
//! that no part of it is in a wasm.

/// What an operation takes and gives, for the OpenAPI document.
#[cfg(feature = "description")]
#[derive(Clone, Copy, Debug)]
pub struct Description {
    /// What it does, in a few words.
    pub summary: &'static str,
    /// Its parameters behind the question mark, but for those that all lists take.
    pub parameters: &'static [Parameter],
    /// What its list can be sorted by, the default first; empty where it gives no list.
    pub sorted_by: &'static [&'static str],
    /// Its body, where it looks at one.
    pub body: Option<SchemaOf>,
    /// The body of its answer.
    pub answer: SchemaOf,
    /// The errors that only some operations give. Those of paths, tokens, bodies and idempotency keys follow from the
    /// [`Operation`](super::operation::Operation) itself.
    pub errors: &'static [crate::model::error::ErrorCode],
}

/// A description where there is none.
#[cfg(not(feature = "description"))]
pub type Description = ();

/// Makes the schema of a type.
#[cfg(feature = "description")]
pub type SchemaOf = fn(&mut schemars::SchemaGenerator) -> schemars::Schema;

/// Makes the schema of `T`.
#[cfg(feature = "description")]
pub fn schema_of<T: schemars::JsonSchema>(
    generator: &mut schemars::SchemaGenerator,
) -> schemars::Schema {
    generator.subschema_for::<T>()
}

/// A parameter behind the question mark.
#[cfg(feature = "description")]
#[derive(Clone, Copy, Debug)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// What it does.
    pub doc: &'static str,
    /// Its value.
    pub schema: SchemaOf,
}

#[cfg(feature = "description")]
impl Description {
    /// An operation of which nothing is said yet.
    pub const NONE: Description = Description::new("", schema_of::<()>);

    /// An operation without parameters, body and errors of its own.
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

/// A description where there is none.
#[cfg(not(feature = "description"))]
pub(super) const NONE: Description = ();
#[cfg(feature = "description")]
pub(super) const NONE: Description = Description::NONE;

/// Describes an operation: its summary, the type of its answer, and where it has them the type of its body, its
/// parameters (`name: Type, "what it does"`, `required` before those that must be there), the fields that its list can
/// be sorted by, and the codes of the errors that only some operations give.
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
