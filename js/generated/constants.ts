// Generated from the Rust core by `npm run describe`. Do not edit.

/** The longest body, in bytes. */
export const maxBodyBytes = 1048576;
