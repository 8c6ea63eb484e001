/** Types of the configuration that the options and the core share. */

/** A bearer token, in the clear or as the SHA-256 of its UTF-8 bytes, and its scope. */
export type TokenOptions = TokenScope &
  (
    | { readonly token: string; readonly sha256?: undefined }
    | { /** 64 hexadecimal digits. */ readonly sha256: string; readonly token?: undefined }
  );

/** The scope of a token. */
export interface TokenScope {
  /** The account. If absent or null, the default one. */
  readonly account_id?: string | null | undefined;
  /** If present and not null, the token sees and changes only this environment. */
  readonly environment_id?: string | null | undefined;
}

/** A seed in the core's configuration: 64 hexadecimal digits, or a text that the core hashes. */
export type SeedConfig = ({ readonly seed: string } | { readonly seed_text: string }) & {
  /** 64 hexadecimal digits: the secret of the core's hash tables. Random also where the seed is given, which may be published. */
  readonly hash_key?: string;
};
