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
    readonly sql: { exec(text: string): { one(): { count: number } } };
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
}

interface Namespace {
  idFromString(text: string): unknown;
  get(id: unknown): Probed;
}

/** Ends all instances, and returns how many there were. Only the object itself can do so. */
async function evictAll(environment: { AGENT_REGISTRAR_OBJECTS: unknown; AGENT_REGISTRAR_DIRECTORY?: unknown }): Promise<number> {
  const classes = [
    [live.accounts, environment.AGENT_REGISTRAR_OBJECTS],
    [live.directories, environment.AGENT_REGISTRAR_DIRECTORY],
  ] as const;
  let ended = 0;
  for (const [ids, namespace] of classes) {
    for (const id of [...ids]) {
      const { idFromString } = namespace as Namespace;
      const object = (namespace as Namespace).get(idFromString.call(namespace, id));
      // The call fails, because its object ends.
      await object.evict().catch(() => undefined);
      ids.delete(id);
      ended += 1;
    }
  }
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
