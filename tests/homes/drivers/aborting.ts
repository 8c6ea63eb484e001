// A core that aborts at a chosen place: a counter runs down at the beginning of every function, every round of a loop and every return,
// and traps when it reaches 0.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

/** How many places are left; at 0 it counts nothing. */
const FUSE = `(module
  (global $fuse (export "fuse") (mut i32) (i32.const 0))
  (func (export "log_execution") (param i32)
    (if (i32.eqz (global.get $fuse)) (then (return)))
    (global.set $fuse (i32.sub (global.get $fuse) (i32.const 1)))
    (if (i32.eqz (global.get $fuse)) (then (unreachable)))))`;

/** The features that Rust enables by default, and those that engines have had as long. */
const FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "multivalue",
  "mutable-globals",
  "nontrapping-float-to-int",
  "reference-types",
  "sign-ext",
].map((feature) => `--enable-${feature}`);

/** More places than any request has. */
export const UNREACHED = 2 ** 31 - 1;

/**
 * `dist/NAME.wasm` with the export `fuse`: the number of places from now on, the last of which traps. It is made once and kept in
 * `build/aborting`, because the tools take seconds and several files of tests need it.
 */
export function abortingWasm(name: "service" | "service-sql"): Uint8Array<ArrayBuffer> {
  const plain = readFileSync(new URL(`dist/${name}.wasm`, root));
  const tools = readFileSync(new URL("package-lock.json", root));
  const digest = createHash("sha256")
    .update(plain)
    .update(tools)
    .update(readFileSync(new URL(import.meta.url)))
    .digest("hex");
  const kept = fileURLToPath(new URL(`build/aborting/${name}/${digest}.wasm`, root));
  if (!existsSync(kept)) make(plain, kept);
  return new Uint8Array(readFileSync(kept));
}

function make(plain: Uint8Array, kept: string): void {
  mkdirSync(dirname(kept), { recursive: true });
  // In the same file system as the result, so that it can be renamed: tests that run at the same time never see half of it.
  const folder = mkdtempSync(join(dirname(kept), "making-"));
  const file = (base: string): string => join(folder, base);
  const run = (tool: string, ...args: readonly string[]): void => {
    // The tools are WebAssembly: see `binaryen` in scripts/build.mjs.
    execFileSync(process.execPath, ["--liftoff-only", fileURLToPath(new URL(`node_modules/binaryen/bin/${tool}`, root)), ...args]);
  };
  try {
    writeFileSync(file("plain.wasm"), plain);
    writeFileSync(file("fuse.wat"), FUSE);
    run("wasm-as", file("fuse.wat"), "-o", file("fuse.wasm"));
    run("wasm-opt", ...FEATURES, "--log-execution=fuse", file("plain.wasm"), "-o", file("logging.wasm"));
    run("wasm-merge", ...FEATURES, file("logging.wasm"), "core", file("fuse.wasm"), "fuse", "-o", file("aborting.wasm"));
    renameSync(file("aborting.wasm"), kept);
    const others = readdirSync(dirname(kept)).filter((other) => other.endsWith(".wasm") && other !== basename(kept));
    for (const other of others) rmSync(join(dirname(kept), other), { force: true });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/**
 * The instances of WebAssembly that the package makes from now on, which it does not expose. To be made before the package is imported
 * by `await import`, or before the first registrar.
 */
export class Instances {
  readonly all: WebAssembly.Instance[] = [];
  /** After how many places the next instance of an aborting core traps; 0: it does not. */
  nextFuse = 0;

  constructor() {
    const { all } = this;
    const RealInstance = WebAssembly.Instance;
    const takeFuse = (): number => {
      const places = this.nextFuse;
      this.nextFuse = 0;
      return places;
    };
    WebAssembly.Instance = class {
      constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
        const instance = new RealInstance(module, imports);
        all.push(instance);
        const places = takeFuse();
        if (places > 0) fuseOf(instance).value = places;
        return instance;
      }
    } as typeof WebAssembly.Instance;
  }

  /** How many places the core of the last instance passes until it traps. */
  get fuse(): WebAssembly.Global {
    return fuseOf(this.all.at(-1));
  }
}

const fuseOf = (instance?: WebAssembly.Instance): WebAssembly.Global => instance?.exports["fuse"] as WebAssembly.Global;

/** The places of a run: the same for one seed. `TRAPS` and `SEED` of the environment choose others. */
export class Places {
  readonly seed = Number(process.env["SEED"] ?? 1);
  readonly #given = process.env["TRAPS"];
  #state: number;

  constructor() {
    this.#state = (this.seed * 48_271 + 11) % 2_147_483_647;
    console.warn(`places of traps: SEED=${this.seed}`);
  }

  /** How many traps to try: so many, unless `TRAPS` says otherwise. */
  count(usual: number): number {
    return this.#given === undefined ? usual : Number(this.#given);
  }

  /** A place among so many, from 1 on. */
  below(most: number): number {
    this.#state = (this.#state * 48_271) % 2_147_483_647;
    return 1 + (this.#state % most);
  }
}
