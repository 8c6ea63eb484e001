// The core with a call at the beginning of every function and every round of a loop, so that a test can abort it at any of them.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = new URL("../../../", import.meta.url);

/** `dist/service.wasm`, calling the import `env.log_execution`. */
export function abortingWasm(): Uint8Array<ArrayBuffer> {
  const folder = mkdtempSync(join(tmpdir(), "aborting-"));
  try {
    const output = join(folder, "service.wasm");
    const tool = fileURLToPath(new URL("node_modules/.bin/wasm-opt", root));
    execFileSync(tool, ["--all-features", "--log-execution", fileURLToPath(new URL("dist/service.wasm", root)), "-o", output]);
    return new Uint8Array(readFileSync(output));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
