import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import type { Plugin } from "vite";

/** Shorter files fit into the first packets as they are. */
const LEAST = 1_024;

/** Writes each file that compresses also as `.br` and `.gz`, which `agent-registrar serve` sends (js/node/static.ts). */
export function compress(): Plugin {
  return {
    name: "compress",
    apply: "build",
    writeBundle: ({ dir = "." }, bundle) => {
      for (const name of Object.keys(bundle)) {
        if (!/\.(js|css|svg|wasm)$/.test(name)) continue;
        const plain = readFileSync(join(dir, name));
        if (plain.length < LEAST) continue;
        const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length };
        writeFileSync(join(dir, `${name}.br`), brotliCompressSync(plain, { params }));
        writeFileSync(join(dir, `${name}.gz`), gzipSync(plain, { level: 9 }));
      }
    },
  };
}
