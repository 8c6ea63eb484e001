//! The statements of the store. Their texts are constant: a database prepares each once, and values are parameters.

/// One statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    index: u16,
    text: &'static str,
}

impl Statement {
    pub(super) const fn new(index: u16, text: &'static str) -> Statement {
        Statement { index, text }
    }

    /// Its index in [`statements`](super::statements), constant for one version of this crate.
    pub fn index(self) -> u16 {
        self.index
    }

    /// Its text. Placeholders of parameters are `?`.
    pub fn text(self) -> &'static str {
        self.text
    }

    /// Whether it writes.
    pub(super) fn writes(self) -> bool {
        !self.text.starts_with("SELECT")
    }
}

/// Declares the statements of a module. Their numbers follow those of another module, which end at `after`.
macro_rules! statements {
    (after $after:expr; $($name:ident = $text:expr;)*) => {
        #[allow(non_camel_case_types, clippy::upper_case_acronyms, reason = "named as the constants")]
        enum Place { $($name,)* }

        $(
            pub(super) const $name: $crate::store::sql::Statement =
                $crate::store::sql::Statement::new($after + Place::$name as u16, $text);
        )*

        /// The statements of this module.
        pub(super) const STATEMENTS: &[$crate::store::sql::Statement] = &[$($name,)*];
        /// The number after that of the last statement.
        #[allow(dead_code, reason = "nothing follows the last module")]
        pub(super) const END: u16 = $after + STATEMENTS.len() as u16;
    };
}

/// The placeholder of a time, or of any other number of 64 bits: two numbers that cross to the host exactly.
macro_rules! wide_mark {
    () => {
        "(CAST(? AS INTEGER) << 20 | CAST(? AS INTEGER))"
    };
}

/// The two columns of a result for a time, or for any other number of 64 bits.
macro_rules! wide {
    ($column:literal) => {
        concat!($column, " >> 20, ", $column, " & 1048575")
    };
}

/// The longest text, in bytes, of a column that also takes a blob, that crosses as a text.
macro_rules! longest_text {
    () => {
        256
    };
}

/// The column of a result for a text that may be long: beyond `longest_text!`, its bytes as a blob.
///
/// PERF(turns): hosts in JavaScript get a text as UTF-16 and encode it again. With 10,000 characters of 4 bytes each, that takes 0.4 ms,
/// and as a blob 0.02 ms. A short text takes less time than a blob.
macro_rules! text_or_blob {
    ($column:literal) => {
        concat!(
            "CASE WHEN length(CAST(",
            $column,
            " AS BLOB)) > ",
            $crate::store::sql::statement::longest_text!(),
            " THEN CAST(",
            $column,
            " AS BLOB) ELSE ",
            $column,
            " END"
        )
    };
}

/// The placeholder of a text that may be long, and then crosses to the host as a blob. The bytes of both are UTF-8: hosts refuse a file whose
/// texts are not.
macro_rules! text_or_blob_mark {
    () => {
        "CAST(? AS TEXT)"
    };
}

/// The columns of an order, the id last.
macro_rules! keys {
    (id) => {
        "id"
    };
    (status) => {
        "phase, idle, id"
    };
    (external_identifier) => {
        "external_identifier"
    };
    ($column:ident) => {
        concat!(stringify!($column), ", id")
    };
}

/// The reverse order.
macro_rules! backwards {
    (id) => {
        "id DESC"
    };
    (status) => {
        "phase DESC, idle DESC, id DESC"
    };
    (external_identifier) => {
        "external_identifier DESC"
    };
    ($column:ident) => {
        concat!(stringify!($column), " DESC, id DESC")
    };
}

/// The parameters of a key of an order.
macro_rules! key_marks {
    (id) => {
        "?"
    };
    (name) => {
        "?, ?"
    };
    (status) => {
        concat!("?, ", wide_mark!(), ", ?")
    };
    (external_identifier) => {
        "?"
    };
    ($column:ident) => {
        concat!(wide_mark!(), ", ?")
    };
}

/// A key of an order as the columns of a result.
macro_rules! key_columns {
    (id) => {
        "id"
    };
    (name) => {
        "name, id"
    };
    (status) => {
        "phase, idle >> 20, idle & 1048575, id"
    };
    (external_identifier) => {
        "external_identifier"
    };
    ($column:ident) => {
        concat!(
            stringify!($column),
            " >> 20, ",
            stringify!($column),
            " & 1048575, id"
        )
    };
}

/// The rows of a list from a key on, by an index, of one parent.
macro_rules! up {
    ($columns:expr, $table:literal, $index:expr, $parent:expr, $order:ident) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $table,
            " INDEXED BY ",
            $index,
            " WHERE ",
            $parent,
            " AND (",
            keys!($order),
            ") >= (",
            key_marks!($order),
            ") ORDER BY ",
            keys!($order),
            " LIMIT ? OFFSET ?"
        )
    };
}

/// The rows of a list before a key, in reverse order.
macro_rules! down {
    ($columns:expr, $table:literal, $index:expr, $parent:expr, $order:ident) => {
        concat!(
            "SELECT ",
            $columns,
            " FROM ",
            $table,
            " INDEXED BY ",
            $index,
            " WHERE ",
            $parent,
            " AND (",
            keys!($order),
            ") < (",
            key_marks!($order),
            ") ORDER BY ",
            backwards!($order),
            " LIMIT ? OFFSET ?"
        )
    };
}

/// The keys of a list from a key on, in the order of its index: the records that agree with the key in all columns but the last,
/// then those that agree in fewer. Its parameters are, for each part, the parent and so many columns of the key.
///
/// PERF(sqlite): by `(a, b) >= (?, ?)`, SQLite would compare every record that it skips; a range of one column is compared by its end
/// alone. It skips 2 to 4 times as many records a second.
///
/// SQLite runs the parts one after another, each by the index that is named. That is no promise of its documentation, so the caller
/// checks that the keys ascend.
macro_rules! keys_from {
    ($columns:expr, $table:literal, $index:expr, $parent:expr, id) => {
        keys_from!(of $columns, $table, $index, $parent; "id >= ?")
    };
    ($columns:expr, $table:literal, $index:expr, $parent:expr, external_identifier) => {
        keys_from!(of $columns, $table, $index, $parent; "external_identifier >= ?")
    };
    ($columns:expr, $table:literal, $index:expr, $parent:expr, status) => {
        keys_from!(of $columns, $table, $index, $parent;
            concat!("phase = ? AND idle = ", wide_mark!(), " AND id >= ?"),
            concat!("phase = ? AND idle > ", wide_mark!()),
            "phase > ?")
    };
    ($columns:expr, $table:literal, $index:expr, $parent:expr, name) => {
        keys_from!(of $columns, $table, $index, $parent; "name = ? AND id >= ?", "name > ?")
    };
    ($columns:expr, $table:literal, $index:expr, $parent:expr, $column:ident) => {
        keys_from!(of $columns, $table, $index, $parent;
            concat!(stringify!($column), " = ", wide_mark!(), " AND id >= ?"),
            concat!(stringify!($column), " > ", wide_mark!()))
    };
    (of $columns:expr, $table:literal, $index:expr, $parent:expr; $first:expr $(, $next:expr)*) => {
        concat!(
            "SELECT ", $columns, " FROM ", $table, " INDEXED BY ", $index, " WHERE ", $parent, " AND ", $first,
            $(" UNION ALL SELECT ", $columns, " FROM ", $table, " INDEXED BY ", $index, " WHERE ", $parent, " AND ", $next,)*
            " LIMIT ? OFFSET ?"
        )
    };
}

pub(super) use backwards;
pub(super) use down;
pub(super) use key_columns;
pub(super) use key_marks;
pub(super) use keys;
pub(super) use keys_from;
pub(super) use longest_text;
pub(super) use statements;
pub(super) use text_or_blob;
pub(super) use text_or_blob_mark;
pub(super) use up;
pub(super) use wide;
pub(super) use wide_mark;
