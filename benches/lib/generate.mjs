// Code that the users of a peer generate ahead of time. Generated for every run, which is quick.

import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Writes ajv's standalone validator, bundled with the helpers that it imports. */
export async function generateAjvStandalone() {
  const [{ default: Ajv }, { default: standalone }, { build }, { options, schema }] = await Promise.all([
    import("ajv"),
    import("ajv/dist/standalone/index.js"),
    import("esbuild"),
    import("../validate/ajv-schema.mjs"),
  ]);
  const ajv = new Ajv({ ...options, code: { ...options.code, source: true, esm: true } });
  const code = (standalone.default ?? standalone)(ajv, ajv.compile(schema));
  await mkdir(at(".generated"), { recursive: true });
  await build({
    stdin: { contents: code, resolveDir: at("validate"), loader: "js" },
    outfile: at(".generated/ajv-standalone.mjs"),
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    mainFields: ["main"],
    logLevel: "warning",
  });
}
