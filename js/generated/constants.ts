// To be generated from the Rust sources by `npm run describe`. Until then written by hand.

export const maxBodyBytes = 1048576;
