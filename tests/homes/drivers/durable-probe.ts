// The worker with Durable Objects, and under /probe/… a look inside:
//
//   /probe/instances     how many instances of objects were made, by class
//   /probe/evict         ends all instances: the next request to an object makes another one from its storage
//   /probe/keys?of=P     how many idempotency keys the object of a partition keeps, and whether its alarm is set
//   /probe/ring?of=P     rings the alarm of that object
//   /probe/trap?after=N  the core of the next object that answers traps in the middle of a request, after its Nth statement
//   /probe/fuse?of=W&at=N  where the .wasm files are those of aborting.ts: the latest core, of a front or an object, traps at the Nth place
//                        from now on; with `&next=1` the next one that is made. The answer is how many places were left
//   /probe/keep, /probe/restore  keeps all rows of all objects, and puts them back
//   /probe/fail?at=N     the Nth statement from now on fails, in whichever object, and `&code=` is its error
//   /probe/failed        whether one failed; no other does
//
// The header `x-now` sets the clock, and the variable PROBE_SEED the seed of all registrars.
import worker, { AgentRegistrarAccount, AgentRegistrarDirectory } from "agent-registrar/cloudflare/durable";

const instances = { accounts: 0, directories: 0 };
/** The objects with an instance, by class and id. */
const live = { accounts: new Set<string>(), directories: new Set<string>() };
let statements = 0;
let trapAfter = 0;
let hasTrapped = false;
let now: number | undefined;

/** The counters of the latest cores, and those of the next ones. */
const fuses: Record<string, WebAssembly.Global | undefined> = {};
const nextFuses: Record<string, number | undefined> = {};

function lit(of: "front" | "object", instance: WebAssembly.Instance): WebAssembly.Instance {
  const fuse = (fuses[of] = instance.exports["fuse"] as WebAssembly.Global | undefined);
  if (fuse !== undefined) fuse.value = nextFuses[of] ?? 0;
  nextFuses[of] = undefined;
  return instance;
}

/** Sets a counter, and gives what it was. */
function setFuse(of: string, at: number, isNext: boolean): number {
  if (isNext) {
    nextFuses[of] = at;
    return 0;
  }
  const left = Number(fuses[of]?.value ?? 0);
  if (fuses[of] !== undefined) fuses[of].value = at;
  return left;
}

const RealInstance = WebAssembly.Instance;
WebAssembly.Instance = class {
  constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
    const sql = imports?.["sql"] as { execute(...given: number[]): number } | undefined;
    if (sql === undefined) return lit("front", new RealInstance(module, imports));
    const execute = (...given: number[]): number => {
      const length = sql.execute(...given);
      statements += 1;
      if (trapAfter > 0 && statements === trapAfter) {
        trapAfter = 0;
        hasTrapped = true;
        new Uint8Array((instance.exports["memory"] as WebAssembly.Memory).buffer).fill(0xff);
      }
      return length;
    };
    const instance: WebAssembly.Instance = new RealInstance(module, { ...imports, sql: { ...sql, execute } });
    return lit("object", instance);
  }
} as typeof WebAssembly.Instance;

let failAt = 0;
let code = "";
let hasFailed = false;
const hooked = new WeakSet<object>();

/** Has statements of the platform fail. */
function hook({ storage: { sql } }: State): void {
  const prototype = Object.getPrototypeOf(sql) as { exec(...given: unknown[]): unknown };
  if (hooked.has(prototype)) return;
  hooked.add(prototype);
  const { exec } = prototype;
  prototype.exec = function (this: unknown, ...given: unknown[]): unknown {
    if (failAt > 0 && --failAt === 0) {
      hasFailed = true;
      throw new Error(`injected: ${code}`);
    }
    return exec.apply(this, given);
  };
}

interface State {
  readonly id: { toString(): string };
  abort(): void;
  readonly storage: {
    readonly sql: { exec(text: string, ...given: readonly unknown[]): { one(): { count: number }; raw(): Iterable<Iterable<unknown>> } };
    transactionSync(work: () => void): void;
    getAlarm(): Promise<number | null>;
  };
}

interface Environment {
  readonly PROBE_SEED?: string;
}

interface Probed {
  keys(): Promise<unknown>;
  ring(): Promise<void>;
  evict(): Promise<void>;
  keep(): Promise<void>;
  restore(): Promise<void>;
}

/** The prefix of the copies of tables. */
const KEPT = "kept_copy_of_";

/** The tables of an object, those of the platform apart. */
function tablesOf({ storage: { sql } }: State): readonly string[] {
  const names = [...sql.exec("SELECT name FROM sqlite_schema WHERE type = 'table'").raw()].map(([name]) => String(name));
  return names.filter((name) => !name.startsWith("_") && !name.startsWith("sqlite") && !name.startsWith(KEPT));
}

/** Copies all tables. By SQL: JavaScript's numbers would round large ones. */
function keep(state: State): void {
  const { sql } = state.storage;
  for (const table of tablesOf(state)) sql.exec(`DROP TABLE IF EXISTS ${KEPT}${table}`);
  for (const table of tablesOf(state)) sql.exec(`CREATE TABLE ${KEPT}${table} AS SELECT * FROM ${table}`);
}

/** Puts the copies back. The object has to be ended afterwards. */
function restore(state: State): void {
  const { sql } = state.storage;
  state.storage.transactionSync(() => {
    sql.exec("PRAGMA defer_foreign_keys = ON");
    for (const table of tablesOf(state)) sql.exec(`DELETE FROM ${table}`);
    for (const table of tablesOf(state)) {
      // Without generated columns.
      const columns = [...sql.exec(`PRAGMA table_info(${table})`).raw()].map((column) => [...column][1]).join(", ");
      sql.exec(`INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${KEPT}${table}`);
    }
  });
}

interface Namespace {
  idFromString(text: string): unknown;
  get(id: unknown): Probed;
}

interface Bindings {
  readonly AGENT_REGISTRAR_OBJECTS: unknown;
  readonly AGENT_REGISTRAR_DIRECTORY?: unknown;
}

/** Does this with every object that has an instance. Returns how many there were. */
async function withAll(environment: Bindings, work: (object: Probed) => Promise<unknown>): Promise<number> {
  const classes = [
    [live.accounts, environment.AGENT_REGISTRAR_OBJECTS],
    [live.directories, environment.AGENT_REGISTRAR_DIRECTORY],
  ] as const;
  let count = 0;
  for (const [ids, namespace] of classes) {
    const objects = namespace as Namespace;
    for (const id of [...ids]) {
      await work(objects.get(objects.idFromString(id)));
      count += 1;
    }
  }
  return count;
}

/** Ends all instances, and returns how many there were. Only the object itself can do so. */
async function evictAll(environment: Bindings): Promise<number> {
  // The call fails, because its object ends.
  const ended = await withAll(environment, (object) => object.evict().catch(() => undefined));
  live.accounts.clear();
  live.directories.clear();
  return ended;
}

const given = (environment: unknown) => {
  const { PROBE_SEED: seed } = environment as Environment;
  return { now: () => now ?? Date.now(), ...(seed === undefined ? {} : { seed }) };
};

class Account extends AgentRegistrarAccount {
  readonly given: object;
  readonly #state: State;

  constructor(...[state, environment]: ConstructorParameters<typeof AgentRegistrarAccount>) {
    super(state, environment);
    this.given = given(environment);
    this.#state = state as unknown as State;
    hook(this.#state);
    instances.accounts += 1;
    live.accounts.add(this.#state.id.toString());
  }

  async keys(): Promise<unknown> {
    const { sql } = this.#state.storage;
    return { keys: sql.exec("SELECT count(*) AS count FROM answer").one().count, alarm: await this.#state.storage.getAlarm() };
  }

  ring(): void {
    this.alarm();
  }

  evict(): void {
    this.#state.abort();
  }

  keep(): void {
    keep(this.#state);
  }

  restore(): void {
    restore(this.#state);
  }
}

class Directory extends AgentRegistrarDirectory {
  readonly given: object;
  readonly #state: State;

  constructor(...[state, environment]: ConstructorParameters<typeof AgentRegistrarDirectory>) {
    super(state, environment);
    this.given = given(environment);
    this.#state = state as unknown as State;
    hook(this.#state);
    instances.directories += 1;
    live.directories.add(this.#state.id.toString());
  }

  evict(): void {
    this.#state.abort();
  }

  keep(): void {
    keep(this.#state);
  }

  restore(): void {
    restore(this.#state);
  }
}

export { Account as AgentRegistrarAccount, Directory as AgentRegistrarDirectory };

export default {
  async fetch(request: Request, environment: Parameters<typeof worker.fetch>[1]): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const probed = (): Probed => {
      const objects = environment.AGENT_REGISTRAR_OBJECTS;
      return objects.get(objects.idFromName(searchParams.get("of") ?? "") as never) as unknown as Probed;
    };
    switch (pathname) {
      case "/probe/keys":
        return Response.json(await probed().keys());
      case "/probe/ring":
        if (request.headers.has("x-now")) now = Number(request.headers.get("x-now"));
        return Response.json((await probed().ring()) ?? null);
      case "/probe/instances":
        return Response.json(instances);
      case "/probe/evict":
        return Response.json(await evictAll(environment));
      case "/probe/keep":
        return Response.json(await withAll(environment, (object) => object.keep()));
      case "/probe/restore":
        await withAll(environment, (object) => object.restore());
        return Response.json(await evictAll(environment));
      case "/probe/fuse":
        return Response.json(setFuse(searchParams.get("of") ?? "", Number(searchParams.get("at")), searchParams.has("next")));
      case "/probe/trap":
        statements = 0;
        hasTrapped = false;
        trapAfter = Number(searchParams.get("after"));
        return Response.json(trapAfter);
      case "/probe/fail":
        hasFailed = false;
        code = searchParams.get("code") ?? "";
        failAt = Number(searchParams.get("at"));
        return Response.json(failAt);
      case "/probe/failed":
        failAt = 0;
        return Response.json(hasFailed);
      case "/probe/trapped":
        trapAfter = 0;
        return Response.json(hasTrapped);
    }
    const time = request.headers.get("x-now");
    if (time !== null) now = Number(time);
    return worker.fetch(request, environment);
  },
};
