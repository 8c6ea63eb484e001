/** What is used of Durable Objects, so that these typings compile without those of Workers. */
import { DurableObject } from "cloudflare:workers";

/** A cursor of rows. */
interface Cursor {
  raw(): Iterable<Iterable<unknown>>;
}

/** `ctx.storage` of an object with SQLite. */
export interface ObjectStorage {
  readonly sql: { exec(text: string, ...parameters: readonly unknown[]): Cursor };
  readonly kv: {
    get(key: string): unknown;
    put(key: string, value: unknown): void;
    delete(key: string): boolean;
  };
  transactionSync<Result>(work: () => Result): Result;
  setAlarm(time: number): Promise<void>;
}

/** `ctx` of an object. */
export interface ObjectState {
  readonly storage: ObjectStorage;
}

/** A binding to the objects of a class. */
export interface ObjectNamespace<Methods> {
  idFromName(name: string): unknown;
  get(id: never): Methods;
}

/** `DurableObject`, by what is used of it. */
export interface ObjectConstructor {
  new (state: ObjectState, environment: unknown): object;
}

/** `DurableObject` of `cloudflare:workers`; in other runtimes, where the import must succeed as well, a class of its shape. */
export const ObjectBase = DurableObject as unknown as ObjectConstructor;
