import { createRegistrar, type Registrar } from "agent-registrar/service/slim";
import { makeExamples, makePlaces } from "./examples.js";
import { type Base, type Entry, Journal, type JournalTransaction, type Tail } from "./journal.js";
import { IN_PAGE_TOKEN } from "./token.js";

/** A request, as it arrives from a page. */
export interface InPageRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | null;
}

export interface InPageAnswer {
  readonly status: number;
  /** Names and values in turn. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
}

/** What the service tells about itself. */
export interface InPageStatus {
  /** Whether records are kept in the browser's storage. */
  readonly isKept: boolean;
  /** The examples, as long as they can be cleared without the other records. */
  readonly examples: { readonly agents: number; readonly instances: number } | null;
  /** How many writes gave another status when they were carried out again: 0, unless a newer version has other rules. */
  readonly deviations: number;
}

/** From this many writes on, a snapshot takes their place: a start should stay below a tenth of a second. */
const COMPACT_AT = 2_000;
/** While examples can be told from other records, more writes are kept. */
const COMPACT_EXAMPLES_AT = 10_000;

/** The request headers that an answer depends on. */
const HEADERS = ["authorization", "content-type", "content-encoding", "accept"];

interface Job {
  readonly request: InPageRequest;
  readonly done: (answer: InPageAnswer) => void;
}

interface Core {
  readonly registrar: Registrar;
  readonly tail: Tail;
  readonly deviations: number;
}

/**
 * The whole API in this browser. The registrar is in memory; each write is in IndexedDB before its answer is given. Several of
 * these may share the database (a Service Worker, tabs without one): within each transaction, this one first carries out
 * the writes of the others. So an answer never tells of a write that could still be lost, nor misses one that was answered.
 */
export class InPageService {
  readonly #module: WebAssembly.Module;
  /** `undefined`: the browser refuses storage, and records end with the page. */
  #journal: Promise<Journal | undefined>;
  readonly #databaseName: string;
  readonly #clock: () => number;
  #now = 0;
  #core: Core | undefined;
  #waiting: Job[] = [];
  #running: Promise<void> = Promise.resolve();
  #isScheduled = false;

  constructor(module: WebAssembly.Module, databaseName: string, clock: () => number = Date.now) {
    this.#module = module;
    this.#clock = clock;
    this.#databaseName = databaseName;
    this.#journal = this.#openJournal();
  }

  #openJournal(): Promise<Journal | undefined> {
    return Journal.open(this.#databaseName).catch(() => undefined);
  }

  /** Answers a request. Never rejects. Requests that arrive together share a transaction. */
  answer(request: InPageRequest): Promise<InPageAnswer> {
    return new Promise((done) => {
      this.#waiting.push({ request, done });
      if (this.#isScheduled) return;
      this.#isScheduled = true;
      this.#queue(() => {
        this.#isScheduled = false;
        return this.#work(this.#waiting.splice(0));
      });
    });
  }

  /** Tells about itself. */
  status(): Promise<InPageStatus> {
    return this.#alone(async () => {
      const journal = await this.#journal;
      if (journal === undefined) {
        this.#core ??= this.#inMemory();
        return { isKept: false, examples: null, deviations: 0 };
      }
      await this.#ensure(journal);
      return journal.run("readonly", async (transaction) => {
        const { examples } = await transaction.base();
        const deviations = this.#core?.deviations ?? 0;
        return { isKept: true, examples: examples ? { agents: examples.agents, instances: examples.instances } : null, deviations };
      });
    });
  }

  /** Removes all records. */
  reset(): Promise<void> {
    return this.#alone(async () => {
      const journal = await this.#journal;
      this.#core = undefined;
      if (journal === undefined) return;
      const base = this.#newBase(false);
      await journal.run("readwrite", async (transaction) => {
        const tail = await transaction.tail();
        transaction.clear();
        transaction.setBase(base);
        transaction.setTail({ epoch: (tail?.epoch ?? 0) + 1, last: 0 });
      });
    });
  }

  /**
   * Removes the examples. Other records stay, with their ids: the writes since the start are carried out again without them.
   * Versions get other ids. Returns `false`, with nothing changed, if the examples can no longer be told from other records.
   */
  clearExamples(): Promise<boolean> {
    return this.#alone(async () => {
      const journal = await this.#journal;
      if (journal === undefined) {
        this.#core = this.#inMemory(false);
        return true;
      }
      this.#core = undefined;
      return journal.run("readwrite", async (transaction) => {
        const [tail, base] = [await transaction.tail(), await transaction.base()];
        if (tail === undefined || base.examples === undefined) return false;
        const entries = await transaction.after(base.at);
        const next = { ...this.#newBase(false), snapshot: base.examples.empty, secret: base.secret, at: 0 };
        const registrar = this.#open(next);
        let last = 0;
        transaction.clear();
        for (const entry of entries) {
          const again = withId(entry);
          // What was done to an example is refused now, and left out.
          if (this.#carryOut(registrar, again).status < 400) transaction.append(++last, again);
        }
        transaction.setBase(next);
        transaction.setTail({ epoch: tail.epoch + 1, last });
        return true;
      });
    });
  }

  /** Ends the use of the database, after the work in progress. */
  async close(): Promise<void> {
    await this.#running;
    (await this.#journal)?.close();
  }

  #queue(work: () => Promise<void>): void {
    this.#running = this.#running.then(work);
  }

  #alone<Result>(work: () => Promise<Result>): Promise<Result> {
    return new Promise((resolve, reject) => this.#queue(() => work().then(resolve, reject)));
  }

  /** Carries out requests in one transaction, and then gives their answers. */
  async #work(jobs: readonly Job[]): Promise<void> {
    let answers: readonly InPageAnswer[];
    try {
      const journal = await this.#journal;
      if (journal === undefined) {
        this.#core ??= this.#inMemory();
        const { registrar } = this.#core;
        answers = jobs.map(({ request }) => this.#carryOut(registrar, { ...request, now: this.#clock() }));
      } else {
        await this.#ensure(journal);
        answers = await this.#inJournal(
          journal,
          jobs.map(({ request }) => request),
        );
      }
    } catch (cause) {
      // The registrar may be ahead of the database: the next request starts from the database.
      this.#core = undefined;
      // The browser closed the database: its data was cleared, or another tab deleted it.
      if (cause instanceof DOMException && cause.name === "InvalidStateError") this.#journal = this.#openJournal();
      answers = jobs.map(() => unkept(cause));
    }
    for (const [index, { done }] of jobs.entries()) done(answers[index] ?? unkept(undefined));
  }

  #inJournal(journal: Journal, requests: readonly InPageRequest[]): Promise<readonly InPageAnswer[]> {
    const isRead = requests.every(({ method }) => isReading(method));
    return journal.run(isRead ? "readonly" : "readwrite", async (transaction) => {
      let core = await this.#catchUp(transaction);
      const first = core.tail.last;
      let isWhole = true;
      const answers: InPageAnswer[] = [];
      for (const { method, target, headers, body } of requests) {
        // After a trap the registrar has lost its records: what comes behind it finds them in one made anew from the database.
        if (!isWhole) core = await this.#anew(transaction, core.tail);
        const kept = Object.fromEntries(HEADERS.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));
        const write = { method, target, headers: kept, body, now: this.#clock() };
        const answer = this.#carryOut(core.registrar, write);
        isWhole = answer.status < 500;
        answers.push(answer);
        if (isReading(method) || answer.status >= 400) continue;
        const tail = { ...core.tail, last: core.tail.last + 1 };
        transaction.append(tail.last, { ...write, status: answer.status, ...idIn(answer) });
        core = { ...core, tail };
      }
      if (core.tail.last !== first) {
        transaction.setTail(core.tail);
        if (isWhole) await this.#compact(transaction, core.registrar, core.tail);
      }
      this.#core = isWhole ? core : undefined;
      return answers;
    });
  }

  /** Puts a snapshot in the place of many writes. */
  async #compact(transaction: JournalTransaction, registrar: Registrar, { last }: Tail): Promise<void> {
    if (last % 500 !== 0 && last < COMPACT_AT) return;
    const { examples, ...base } = await transaction.base();
    if (last - base.at < (examples === undefined ? COMPACT_AT : COMPACT_EXAMPLES_AT)) return;
    transaction.setBase({ ...base, snapshot: registrar.snapshot(), at: last });
  }

  /** Writes the first base, with examples, unless there is one. */
  async #ensure(journal: Journal): Promise<void> {
    if (this.#core !== undefined) return;
    if ((await journal.run("readonly", (transaction) => transaction.tail())) !== undefined) return;
    const base = this.#newBase(true);
    await journal.run("readwrite", async (transaction) => {
      // Another tab may have been faster.
      if ((await transaction.tail()) !== undefined) return;
      transaction.setBase(base);
      transaction.setTail({ epoch: 1, last: 0 });
    });
  }

  /** The registrar with all writes of the database. */
  async #catchUp(transaction: JournalTransaction): Promise<Core> {
    const tail = await transaction.tail();
    if (tail === undefined) throw new Error("the records of this page were deleted");
    const core = this.#core;
    if (core?.tail.epoch !== tail.epoch) return this.#anew(transaction, tail);
    if (core.tail.last === tail.last) return core;
    const entries = await transaction.after(core.tail.last);
    if (entries.length !== tail.last - core.tail.last) return this.#anew(transaction, tail);
    return this.#repeat({ ...core, tail }, entries);
  }

  /** Another registrar with all writes of the database, those of the open transaction included. */
  async #anew(transaction: JournalTransaction, tail: Tail): Promise<Core> {
    const base = await transaction.base();
    return this.#repeat({ registrar: this.#open(base), tail, deviations: 0 }, await transaction.after(base.at));
  }

  #repeat({ registrar, tail, deviations }: Core, entries: readonly Entry[]): Core {
    const differing = entries.filter((entry) => this.#carryOut(registrar, entry).status !== entry.status);
    return { registrar, tail, deviations: deviations + differing.length };
  }

  #carryOut(registrar: Registrar, { method, target, headers, body, now }: InPageRequest & { readonly now: number }): InPageAnswer {
    this.#now = now;
    return registrar.handle(method, target, headers, body);
  }

  #create(seed: string, secret: string): Registrar {
    return createRegistrar({ wasm: this.#module, seed: bytesOf(seed), secret, tokens: [{ token: IN_PAGE_TOKEN }], now: () => this.#now });
  }

  #open(base: Base): Registrar {
    const registrar = this.#create(base.seed, base.secret);
    registrar.restore(base.snapshot);
    return registrar;
  }

  #inMemory(withExamples = true): Core {
    return { registrar: this.#open(this.#newBase(withExamples)), tail: { epoch: 0, last: 0 }, deviations: 0 };
  }

  #newBase(withExamples: boolean): Base {
    const [seed, secret] = [randomHex(), randomHex()];
    const now = this.#clock();
    this.#now = now;
    const registrar = this.#create(seed, secret);
    const send = (at: number, method: string, target: string, body?: unknown): unknown => {
      this.#now = at;
      const headers = { authorization: `Bearer ${IN_PAGE_TOKEN}`, "content-type": "application/json" };
      const bytes = body === undefined ? null : new TextEncoder().encode(JSON.stringify(body));
      const answer = registrar.handle(method, target, headers, bytes);
      const text = new TextDecoder().decode(answer.body);
      if (answer.status !== 200) throw new Error(`an example was refused: ${text}`);
      return JSON.parse(text) as unknown;
    };
    const places = makePlaces(send, now, registrar.defaults.environment_id, registrar.defaults.account_id);
    const empty = registrar.snapshot();
    if (!withExamples) return { format: 1, seed, secret, snapshot: empty, at: 0 };
    const made = makeExamples(send, now, places);
    return { format: 1, seed, secret, snapshot: registrar.snapshot(), at: 0, examples: { ...made, empty } };
  }
}

function isReading(method: string): boolean {
  return method === "GET" || method === "HEAD" || method === "OPTIONS";
}

/** The id of the object in an answer. */
function idIn({ body }: InPageAnswer): { readonly id?: string } {
  try {
    const { details } = JSON.parse(new TextDecoder().decode(body)) as { readonly details?: { readonly id?: unknown } };
    return typeof details?.id === "string" ? { id: details.id } : {};
  } catch {
    return {};
  }
}

/** Writes that may name the id of the object they make: where in the body. */
const CHOOSING: Readonly<Record<string, "root" | "details">> = {
  "/api/v1/agent": "details",
  "/api/v1/agent_spans": "details",
  "/api/v1/environment": "details",
  "/api/v1/agent_instance/register": "root",
};

/** The write, naming the id that its object has. */
function withId(entry: Entry): Entry {
  const where = CHOOSING[entry.target.split("?")[0] ?? ""];
  if (entry.method !== "POST" || where === undefined || entry.id === undefined || entry.body === null) return entry;
  const body = JSON.parse(new TextDecoder().decode(entry.body)) as Record<string, unknown>;
  const details = body["details"] as Record<string, unknown> | undefined;
  const named = where === "root" ? { ...body, id: entry.id } : { ...body, details: { ...details, id: entry.id } };
  return { ...entry, body: new TextEncoder().encode(JSON.stringify(named)) };
}

/** The answer when the database refuses a transaction. Nothing was changed. */
function unkept(cause: unknown): InPageAnswer {
  const isFull = cause instanceof DOMException && cause.name === "QuotaExceededError";
  const message = isFull
    ? "The storage of this browser is full. Nothing was changed. Free some space, or reset the service in this page."
    : "The storage of this browser failed. Nothing was changed.";
  const headers = ["content-type", "application/json", "cache-control", "no-store", "retry-after", "5"];
  return { status: 503, headers, body: new TextEncoder().encode(JSON.stringify({ status: "error", code: "unexpected", message })) };
}

function randomHex(): string {
  return [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
