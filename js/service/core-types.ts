/** What goes into the core and comes out of it. */
import type { AnswerWith } from "./answer.js";
import type { CoreLimits } from "./limits.js";
import type { RequestHeaders } from "./request.js";

const decoder = new TextDecoder();

/** The core's JSON configuration, without the seed. */
export interface CoreConfig {
  readonly accounts?: readonly unknown[] | undefined;
  readonly tokens: readonly unknown[];
  readonly cors: readonly string[];
  readonly secret?: string | undefined;
  readonly operator_token?: unknown;
  readonly limits?: CoreLimits | undefined;
}

/** The defaults of a configuration. */
export interface CoreDefaults {
  readonly account_id: string;
  readonly environment_id: string;
  /** 64 hexadecimal digits, from which the default tokens are made. */
  readonly secret: string;
}

/** Reads the bytes of an answer out of the core's memory, which the next call overwrites. */
export interface AnswerReader<Body> {
  /** ASCII. */
  text(memory: Uint8Array, from: number, to: number): string;
  body(memory: Uint8Array, from: number, to: number): Body;
}

/** A request whose answer may be given later. */
export interface DeferredRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: RequestHeaders;
  readonly body: Uint8Array;
  readonly reader: AnswerReader<unknown>;
  /** It may take many milliseconds: it shares no transaction, and waits for nothing but the requests before it. */
  readonly isLong?: boolean;
  /** Receives the answer, read by `reader`. */
  readonly done: (answer: AnswerWith<unknown>) => void;
  /** Receives an exception instead. */
  readonly fail: (cause: unknown) => void;
}

/** Copies the bytes. */
export const copyingReader: AnswerReader<Uint8Array> = {
  text: (memory, from, to) => decoder.decode(memory.subarray(from, to)),
  body: (memory, from, to) => memory.slice(from, to),
};
