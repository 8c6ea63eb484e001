import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { Miniflare } from "miniflare";
import { type Driver, options } from "../../http/driver.ts";
import { send } from "./send.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

/** The deployable example in a real workerd, bundled as wrangler bundles it. */
export async function startWorker(bindings: Record<string, string>): Promise<{ url: string; stop(): Promise<void> }> {
  const wasm = new Map<string, string>();
  const collect: Plugin = {
    name: "wasm",
    setup(build) {
      build.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        const name = basename(path);
        wasm.set(name, `${resolveDir}/${path}`);
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    stdin: { contents: readFileSync(`${root}worker/index.js`, "utf8"), resolveDir: root },
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    plugins: [collect],
    write: false,
  });
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "index.js", contents: outputFiles[0]?.text ?? "" },
      ...[...wasm].map(([name, path]) => ({ type: "CompiledWasm" as const, path: name, contents: readFileSync(path) })),
    ],
    // The worker is told to use the date of the example.
    compatibilityDate: /"compatibility_date": "([\d-]+)"/.exec(readFileSync(`${root}worker/wrangler.jsonc`, "utf8"))?.[1] ?? "",
    bindings,
  });
  const url = await miniflare.ready;
  return { url: url.origin, stop: () => miniflare.dispose() };
}

/** `agent-registrar/cloudflare` in workerd. */
export const workerd: Driver = {
  name: "workerd",
  // A Request parses its URL.
  lacks: ["bare-path"],
  async start() {
    const worker = await startWorker({
      AGENT_REGISTRAR_TOKENS: JSON.stringify(options.tokens),
      AGENT_REGISTRAR_ACCOUNTS: JSON.stringify(options.accounts),
      AGENT_REGISTRAR_CORS: options.cors.join(", "),
    });
    return { fetch: (target, init) => send(worker.url, target, init), stop: worker.stop };
  },
};
