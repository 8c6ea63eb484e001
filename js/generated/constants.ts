// Generated from the Rust core by `npm run describe`. Do not edit.

/** The longest body, in bytes. */
export const maxBodyBytes = 1048576;

/** The deepest nesting of arrays and objects in a body, which is the first level. */
export const maxDepth = 32;
