// The records in a file, for the commands that manage them while no server has the file.
import { existsSync } from "node:fs";
import type { AnswerWith } from "../service/answer.js";
import { copyingReader, type CoreConfig } from "../service/core-types.js";
import type { CoreHost } from "../service/host.js";
import { seedConfig } from "../service/options.js";
import { hex } from "../values/values.js";
import { accountIds } from "../sqlite/accounts.js";
import { sqliteStoreWith } from "../sqlite/index.js";
import type { StoreError } from "../sql/error.js";
import { UsageError } from "./arguments.js";

/** What the API answers with status 200. */
interface Answer {
  readonly details: ApiObject;
  readonly summaries: readonly ApiObject[];
  readonly pagination: { readonly next_page_offset: number | null };
  readonly token?: string;
}

/** An object of the API. */
export type ApiObject = Readonly<Record<string, unknown>>;

/** The API on a file, called in this process. */
export class Records {
  readonly accounts: readonly string[];
  readonly #core: CoreHost;
  readonly #token: string;

  /** Opens a file that exists, as one account, or as the operator. `call` names what a server does instead. */
  constructor(file: string, as: string | "operator" | undefined, call: string) {
    if (!existsSync(file)) throw new UsageError(`${file} does not exist; 'agent-registrar serve --db FILE' makes it`);
    this.accounts = accountIds(file);
    if (this.accounts.length === 0) throw new UsageError(`${file} has no account; 'agent-registrar serve --db FILE' makes the first one`);
    // Only for this process.
    this.#token = hex(crypto.getRandomValues(new Uint8Array(32)));
    const account = as === "operator" ? undefined : this.#account(as);
    const config: CoreConfig = {
      // An existing record stays unchanged.
      accounts: this.accounts.map((id) => ({ id, environments: [] })),
      tokens: account === undefined ? [] : [{ token: this.#token, account_id: account }],
      cors: [],
      secret: process.env["AGENT_REGISTRAR_SECRET"] || undefined,
      operator_token: account === undefined ? { token: this.#token } : undefined,
    };
    this.#core = opened(file, call);
    try {
      this.#core.open(config, seedConfig(undefined), Date.now());
    } catch (cause) {
      this.#core.close();
      throw cause;
    }
  }

  /** The account that was named, or the only one. */
  #account(named: string | undefined): string {
    if (named !== undefined) {
      if (!this.accounts.includes(named))
        throw new UsageError(`the file has no account ${named}; 'agent-registrar account list' names them`);
      return named;
    }
    if (this.accounts.length > 1) throw new UsageError("the file has several accounts; name one by --account");
    return this.accounts[0] as string;
  }

  /** One request. A refusal is an error with the API's message. */
  send(method: string, target: string, body?: object): Answer {
    const bytes = new TextEncoder().encode(body === undefined ? "" : JSON.stringify(body));
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "application/json" };
    const answer: AnswerWith<Uint8Array> = this.#core.handle(method, target, headers, bytes, copyingReader);
    const value = JSON.parse(new TextDecoder().decode(answer.body)) as Answer & { message: string; errors?: Record<string, string[]> };
    if (answer.status === 200) return value;
    throw new UsageError(
      Object.values(value.errors ?? {})
        .flat()
        .join(" ") || value.message,
    );
  }

  /** All items of a list. */
  *list(target: string): Generator<ApiObject> {
    for (let offset: number | null = 0; offset !== null; ) {
      const page: Answer = this.send("GET", `${target}?pagination[page_size]=100&pagination[offset]=${offset}`);
      yield* page.summaries;
      offset = page.pagination.next_page_offset;
    }
  }

  close(): void {
    this.#core.close();
  }
}

/** Opens the file of the option `--db`, runs `work` on its records, and closes it. The other parameters are those of {@link Records}. */
export function withRecords(file: string | undefined, as: string | undefined, call: string, work: (records: Records) => void): void {
  if (file === undefined) throw new UsageError("--db is needed: the file of 'serve --db'");
  const records = new Records(file, as, call);
  try {
    work(records);
  } finally {
    records.close();
  }
}

/** Opens a file that no server has. `call` names what a server does instead. */
export function opened(file: string, call: string): CoreHost {
  try {
    return sqliteStoreWith(file).open(() => Date.now());
  } catch (cause) {
    // Of another entry of this package, whose classes are its own.
    const { reason, message } = cause as Partial<StoreError>;
    throw reason === "in_use" ? new Error(`${message}. Ask that server: ${call}`, { cause }) : cause;
  }
}
