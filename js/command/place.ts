// Where records are moved from and to: a server, or a file that no server has.
import { existsSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { copyingReader } from "../service/core-types.js";
import type { CoreHost } from "../service/host.js";
import { seedConfig } from "../service/options.js";
import { accountIds } from "../sqlite/accounts.js";
import { hex } from "../values/values.js";
import { UsageError } from "./arguments.js";
import { opened } from "./records.js";

/** The environment variable with the operator's token, which then is in no list of processes. */
const TOKEN_VARIABLE = "AGENT_REGISTRAR_OPERATOR_TOKEN";
/** How often a request is sent that a server does not answer, or answers with 503. */
const TRIES = 6;

/** What a place answers to a request. */
export interface PlaceAnswer {
  readonly status: number;
  readonly body: Uint8Array;
}

/** The API of a place, called as the operator. */
export interface Place {
  /** For messages. */
  readonly name: string;
  /** Whether an import makes accounts there. Elsewhere they are made before, by a request of their own. */
  readonly makesAccounts: boolean;
  send(method: string, target: string, body?: Uint8Array, type?: string): Promise<PlaceAnswer>;
  close(): void;
}

/** What a person names a place by. */
export interface PlaceOptions {
  readonly file: string | undefined;
  readonly url: string | undefined;
  readonly token: string | undefined;
}

/** The place of the options. `mayBeNew`: whether the file may be missing. `call` names what a server does instead. */
export function placeOf({ file, url, token }: PlaceOptions, option: string, mayBeNew: boolean, call: string): Place {
  if ((file === undefined) === (url === undefined)) throw new UsageError(`give either --db FILE or ${option} URL`);
  if (file === undefined) return new Server(url as string, option, token ?? process.env[TOKEN_VARIABLE]);
  if (token !== undefined) throw new UsageError(`--token belongs to ${option}; a file needs none`);
  return new DatabaseFile(file, mayBeNew, call);
}

/** A server, over HTTP. */
class Server implements Place {
  readonly name: string;
  readonly makesAccounts = false;
  readonly #token: string;

  constructor(url: string, option: string, token: string | undefined) {
    const { origin, protocol } = URL.canParse(url) ? new URL(url) : { origin: "", protocol: "" };
    if (!/^https?:$/.test(protocol)) throw new UsageError(`${option} must be the address of a server, such as http://127.0.0.1:8787`);
    if (token === undefined || token === "") {
      throw new UsageError(`the operator's token is needed: set ${TOKEN_VARIABLE}, or give --token`);
    }
    this.name = origin;
    this.#token = token;
  }

  async send(method: string, target: string, body?: Uint8Array, type?: string): Promise<PlaceAnswer> {
    const headers = { authorization: `Bearer ${this.#token}`, ...(type === undefined ? {} : { "content-type": type }) };
    for (let tries = 1; ; tries++) {
      let problem: string;
      try {
        const response = await fetch(this.name + target, { method, headers, body: (body as Uint8Array<ArrayBuffer>) ?? null });
        const answer = { status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
        if (answer.status !== 503 && answer.status !== 502 && answer.status !== 504) return answer;
        problem = `it answers with status ${answer.status}`;
      } catch (cause) {
        const { cause: reason, message } = cause as Error;
        problem = reason instanceof Error ? reason.message : message;
      }
      if (tries === TRIES) throw new Error(`${this.name} does not answer: ${problem}`);
      // Reads, and imports of the same lines, can be sent again.
      await pause(100 * 2 ** tries);
    }
  }

  close(): void {}
}

/** A file, in this process. */
class DatabaseFile implements Place {
  readonly name: string;
  readonly makesAccounts = true;
  readonly #core: CoreHost;
  readonly #token = hex(crypto.getRandomValues(new Uint8Array(32)));

  constructor(file: string, mayBeNew: boolean, call: string) {
    const isThere = existsSync(file);
    if (!isThere && !mayBeNew) throw new UsageError(`${file} does not exist; 'agent-registrar serve --db FILE' makes it`);
    const accounts = isThere ? accountIds(file) : [];
    if (accounts.length === 0 && !mayBeNew) throw new UsageError(`${file} has no account`);
    this.name = file;
    this.#core = opened(file, call);
    try {
      // Existing records stay unchanged.
      const config = { accounts: accounts.map((id) => ({ id, environments: [] })), tokens: [], cors: [] };
      const secret = process.env["AGENT_REGISTRAR_SECRET"] || undefined;
      this.#core.open({ ...config, secret, operator_token: { token: this.#token } }, seedConfig(undefined), Date.now());
    } catch (cause) {
      this.#core.close();
      throw cause;
    }
  }

  async send(method: string, target: string, body?: Uint8Array, type?: string): Promise<PlaceAnswer> {
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": type };
    return this.#core.handle(method, target, headers, body ?? new Uint8Array(0), copyingReader);
  }

  close(): void {
    this.#core.close();
  }
}

const decoder = new TextDecoder();

/** The answer to a request as JSON. A refusal is an error with the API's message. */
export async function ask<Answer>(place: Place, method: string, target: string, body?: object): Promise<Answer> {
  const bytes = body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body));
  return read(place, await place.send(method, target, bytes, body === undefined ? undefined : "application/json"));
}

/** Reads a successful answer. */
export function read<Answer>(place: Place, { status, body }: PlaceAnswer): Answer {
  if (status !== 200) throw refusal(place, status, body);
  return JSON.parse(decoder.decode(body)) as Answer;
}

/** The error of an answer that is a refusal. */
export function refusal(place: Place, status: number, body: Uint8Array): Error {
  let message = "";
  try {
    const answer = JSON.parse(decoder.decode(body)) as { readonly message: string; readonly errors?: Record<string, string[]> };
    message = Object.values(answer.errors ?? {})
      .flat()
      .concat(answer.message)[0] as string;
  } catch {
    // Not the API's.
  }
  return new Error(`${place.name} answers with status ${status}${message === "" ? "" : `: ${message}`}`);
}
