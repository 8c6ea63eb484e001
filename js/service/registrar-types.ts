/** What users see of a registrar. */
import type { Answer } from "./answer.js";
import type { Faults } from "./faults.js";
import type { Seed } from "./options.js";
import type { PlatformRequest, PlatformRequestInit, PlatformResponse, PlatformURL } from "./platform.js";
import type { RequestHeaders } from "./request.js";

/** The ids and tokens for requests when nothing else was configured. */
export interface RegistrarDefaults {
  readonly account_id: string;
  readonly environment_id: string;
  /** A token of the account's scope; `null` if only digests or narrower tokens were configured. */
  readonly token: string | null;
  /** A token of the environment's scope; `null` if only digests or no such token were configured. */
  readonly environment_token: string | null;
}

/**
 * A registrar in memory, answering HTTP requests without a network. After a fault within the WebAssembly its records are lost: every
 * request is answered with 503 until {@link Registrar.restore} or {@link Registrar.reset}. [ours]
 */
export interface Registrar {
  /** The default ids and tokens. */
  readonly defaults: RegistrarDefaults;
  /**
   * Answers any `Request` with a `Response`. Never rejects, unless {@link faults} say so. It can replace the global `fetch`:
   * it needs no `this`, and takes the same arguments. Arguments that make no `Request` are answered with 400 [ours].
   */
  readonly fetch: (input: PlatformRequest | string | PlatformURL, init?: PlatformRequestInit) => Promise<PlatformResponse>;
  /**
   * The same without `Request` and `Response`, synchronously [ours]: for your own server. `target` is path and query as
   * received. {@link faults} do not apply.
   */
  handle(method: string, target: string, headers?: RequestHeaders, body?: Uint8Array | null): Answer;
  /**
   * Removes all records and faults, and starts again from the options. Ids and request ids go on; with a seed, they start as those of
   * a new registrar.
   */
  reset(seed?: Seed): void;
  /** The whole state as bytes, for {@link restore} of this version. Keep it where a fault of the registrar must not cost its records. */
  snapshot(): Uint8Array;
  /**
   * The same in pieces of about 1 MiB, for a large state: it takes little memory, and requests are answered between any two pieces.
   * `new Blob(pieces)` is the whole. A registrar that is changed meanwhile makes it throw an `Error`; take it again. [ours]
   */
  snapshotPieces(): AsyncIterable<Uint8Array>;
  /**
   * Returns to a snapshot. Throws a `TypeError` if the bytes are no snapshot, and a `RangeError` if memory does not suffice; nothing is
   * changed then.
   */
  restore(snapshot: Uint8Array | ArrayBuffer): void;
  /**
   * Answers the pending requests, and closes the store, so that another registrar may use it [ours]. Later requests are answered
   * with 503. Does nothing if records are in memory.
   */
  close(): void;
  /** Injected errors [ours]. None until a test adds one. */
  readonly faults: Faults;
}
