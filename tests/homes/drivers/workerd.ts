import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";
import { Miniflare, type MiniflareOptions, type SharedOptions, type WorkerOptions } from "miniflare";
import { type Driver, options } from "../../http/driver.ts";
import { send } from "./send.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface WranglerConfig {
  readonly main: string;
  readonly compatibility_date: string;
  readonly compatibility_flags?: readonly string[];
  readonly vars?: Readonly<Record<string, string>>;
  readonly durable_objects?: { readonly bindings: readonly { readonly name: string; readonly class_name: string }[] };
  readonly migrations?: readonly { readonly new_sqlite_classes?: readonly string[] }[];
}

const configFile = `${root}worker/wrangler.jsonc`;
const readConfig = (file: string): WranglerConfig =>
  // JSON with comments is JavaScript.
  new Function(`return (${readFileSync(file, "utf8")}\n)`)() as WranglerConfig;

export const config = readConfig(configFile);
/** The configuration with Durable Objects. */
export const durableConfig = readConfig(`${root}worker/wrangler.durable.jsonc`);

/**
 * The deployable example, or the worker of another script, in a real workerd, bundled as wrangler bundles it and set up as
 * the example's wrangler.jsonc says.
 */
export async function startWorker(
  bindings: Record<string, string>,
  script = resolve(dirname(configFile), config.main),
  more: Partial<SharedOptions & WorkerOptions> = {},
  /** Bytes in place of those of the package's .wasm files, by their names. */
  replaced: Readonly<Record<string, Uint8Array>> = {},
): Promise<{ url: string; stop(): Promise<void> }> {
  const wasm = new Map<string, string>();
  const collect: Plugin = {
    name: "wasm",
    setup(build) {
      // Where the example is installed, this package is in its node_modules.
      build.onResolve({ filter: /^agent-registrar(\/|$)/ }, ({ path, kind, pluginData }) =>
        pluginData === root ? undefined : build.resolve(path, { kind, resolveDir: root, pluginData: root }),
      );
      build.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        const name = basename(path);
        wasm.set(name, `${resolveDir}/${path}`);
        return { path: `./${name}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [script],
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    plugins: [collect],
    external: ["cloudflare:*"],
    write: false,
  });
  const miniflare = new Miniflare({
    modules: [
      { type: "ESModule", path: "index.js", contents: outputFiles[0]?.text ?? "" },
      ...[...wasm].map(([name, path]) => ({ type: "CompiledWasm" as const, path: name, contents: replaced[name] ?? readFileSync(path) })),
    ],
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: [...(config.compatibility_flags ?? [])],
    bindings: { ...config.vars, ...bindings },
    ...more,
  } as MiniflareOptions);
  const url = await miniflare.ready;
  return { url: url.origin, stop: () => miniflare.dispose() };
}

/** `agent-registrar/cloudflare` in workerd. */
export const workerd: Driver = {
  name: "workerd",
  sample: 2,
  // A Request parses its URL.
  lacks: ["bare-path"],
  async start() {
    const worker = await startWorker({
      AGENT_REGISTRAR_TOKENS: JSON.stringify(options.tokens),
      AGENT_REGISTRAR_ACCOUNTS: JSON.stringify(options.accounts),
      AGENT_REGISTRAR_CORS: options.cors.join(", "),
      AGENT_REGISTRAR_OPERATOR_TOKEN: options.operatorToken,
    });
    return { fetch: (target, init) => send(worker.url, target, init), stop: worker.stop };
  },
};
