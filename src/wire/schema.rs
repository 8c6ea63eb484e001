//! Macros for JSON Schemas that are not derived. Without the feature `description` they expand to nothing.

/// Implements `JsonSchema` for a type whose schema is inlined at each use, instead of being a component.
macro_rules! inline_schema {
    ($type:ty, $name:expr, $schema:expr) => {
        #[cfg(feature = "description")]
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use schemars::json_schema;
                $schema
            }
        }
    };
}

/// Implements `JsonSchema` for a type that is a component of its own.
macro_rules! named_schema {
    ($type:ty, $name:expr, $schema:expr) => {
        #[cfg(feature = "description")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                $name.into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                use schemars::json_schema;
                $schema
            }
        }
    };
}

pub(super) use {inline_schema, named_schema};
