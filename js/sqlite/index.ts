/**
 * The registrar in a file: a store on `node:sqlite`, for `createRegistrar` and `serve`.
 *
 * @module
 */
import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import embedded from "wasm:service-sql";
import type { RegistrarStore } from "../service/options.js";
import type { PlatformURL } from "../service/platform.js";
import { SqlCore } from "../sql/core.js";
import { StoreError } from "../sql/error.js";
import type { WasmInput } from "../wasm/error.js";
import { compile, isWasm } from "../wasm/load.js";
import { MEMORY, sqlite, SqliteConnection } from "./database.js";
import { lock } from "./lock.js";
import type { GivenTokens } from "./tokens.js";

export { StoreError, type StoreErrorReason } from "../sql/error.js";
export { WasmLoadError, type WasmLoadReason } from "../wasm/error.js";
export type { RegistrarStore } from "../service/options.js";

/** Where the file is. */
export interface SqliteStoreOptions {
  /**
   * The database's file. It is created if it does not exist; its folder must exist. SQLite adds `FILE-wal` and `FILE-shm` while it is
   * in use, and the lock is `FILE-lock`. `":memory:"` is a database that ends with the registrar.
   */
  readonly file: string | PlatformURL;
  /** `agent-registrar/service-sql.wasm` as a `WebAssembly.Module` or as bytes. By default, the bytes in this package. */
  readonly wasm?: WasmInput | undefined;
}

let compiled: WebAssembly.Module | undefined;

/**
 * A store in an SQLite file. Needs Node 22.13 or newer. Nothing is opened before `createRegistrar` or `serve` takes the store; these
 * throw a {@link StoreError} if the file cannot be used.
 *
 * ```ts
 * import { serve } from "agent-registrar/node";
 * import { sqliteStore } from "agent-registrar/sqlite";
 *
 * const server = await serve({ store: sqliteStore({ file: "agents.db" }) });
 * ```
 */
export function sqliteStore(options: SqliteStoreOptions): RegistrarStore {
  if (typeof options !== "object" || options === null) throw new TypeError("options: must be an object");
  const { file, wasm, ...others } = options;
  for (const key of Object.keys(others)) throw new TypeError(`${key}: is not known; the options are file, wasm`);
  return sqliteStoreWith(file, wasm);
}

/**
 * `sqliteStore` for the command, which may be given the token of one scope.
 *
 * @internal
 */
export function sqliteStoreWith(file: string | PlatformURL, wasm?: unknown, tokens: GivenTokens = {}): RegistrarStore {
  const given = pathOf(file);
  if (wasm !== undefined && !isWasm(wasm)) throw new TypeError("wasm: must be a WebAssembly.Module or its bytes");
  return {
    name: given,
    open: (clock) => {
      sqlite();
      const module = wasm === undefined ? (compiled ??= compile(embedded)) : compile(wasm as BufferSource);
      const path = given === MEMORY ? MEMORY : located(given);
      const unlock = path === MEMORY ? () => undefined : lock(path, given);
      try {
        return new SqlCore(module, clock, new SqliteConnection(path, given, tokens, unlock), given);
      } catch (cause) {
        unlock();
        throw cause;
      }
    },
  };
}

/** A path as it was given, or that of a `URL` of any realm. */
function pathOf(file: unknown): string {
  let path = file;
  try {
    if (typeof file !== "string") path = fileURLToPath((file as { href: string }).href);
  } catch {
    // Not a URL, or not a `file:` URL.
  }
  if (typeof path !== "string" || path === "" || path.includes("\0")) throw new TypeError("file: must be a path or a file: URL");
  return path;
}

/** The canonical path of the file, because the lock belongs to a path. */
function located(file: string): string {
  const path = resolve(file);
  const folder = dirname(path);
  if (!existsSync(folder)) throw new StoreError("unavailable", `${file}: the folder ${folder} does not exist`);
  requireWritable(folder, `${file}: the folder ${folder} cannot be written`);
  if (!existsSync(path)) return join(realpathSync(folder), basename(path));
  if (!statSync(path).isFile()) throw new StoreError("unavailable", `${file}: is not a file`);
  requireWritable(path, `${file}: the file cannot be written`);
  return realpathSync(path);
}

/** Checked before SQLite opens the file, which would leave a write-ahead log with the same wrong permissions. */
function requireWritable(path: string, message: string): void {
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw new StoreError("read_only", `${message}; give this user the permission`, cause);
  }
}
