//! Enums that travel as words.

/// Defines an enum each of whose variants is a word on the wire.
///
/// Variants and words are in one list, so `ALL` cannot be incomplete and no word can be forgotten.
///
/// ```ignore
/// words! {
///     /// How a list is sorted.
///     pub enum Direction {
///         /// Smallest first.
///         Ascending = "asc",
///         /// Largest first.
///         Descending = "desc",
///     }
/// }
/// ```
macro_rules! words {
    (
        $(#[$meta:meta])*
        $visibility:vis enum $name:ident {
            $($(#[$doc:meta])* $variant:ident = $word:literal,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visibility enum $name {
            $($(#[$doc])* $variant,)*
        }

        impl $name {
            /// Every variant, in the order of their numbers.
            pub const ALL: [$name; [$($word),*].len()] = [$($name::$variant),*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)*
                }
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;
