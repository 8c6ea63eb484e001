// Bundles the published JavaScript: one set of entries per way in which a runtime gets the WebAssembly.
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { at, root } from "./lib.mjs";

/** The entries: names in dist/, and their source files. */
export const entries = {
  index: "js/validator/index.ts",
  service: "js/service/index.ts",
  node: "js/node/index.ts",
  cli: "js/command/cli.ts",
  cloudflare: "js/cloudflare/index.ts",
  "cloudflare-durable": "js/cloudflare/durable/index.ts",
  "service-worker": "js/service-worker/index.ts",
  sqlite: "js/sqlite/index.ts",
};

/** The parts of the core: each has a `.wasm` in dist/, and its bytes as text in dist/wasm/. */
const parts = ["validator", "agent", "service", "service-sql"];

/** The module that `import … from "wasm:NAME"` resolves to, for each way in which a runtime gets the WebAssembly. */
const sources = {
  /** The bytes in a script of their own: for every runtime that compiles bytes. */
  text: (name) => `export { hex as default } from "./wasm/${name}.js"`,
  /** The bytes within the bundle: one file to load. */
  inlined: (name) => sources.text(name),
  textCommonJs: (name) => `export { hex as default } from "./wasm/${name}.cjs"`,
  /** The `.wasm` file, which the runtime compiles at deployment. */
  workerd: (name) => `export { default } from "./${name}.wasm"`,
  "edge-light": (name) => `export { default } from "./${name}.wasm?module"`,
  /** Nothing: the caller provides it. */
  slim: () => "export default undefined",
};

/** Resolves `wasm:NAME` for one of the sources. The file in dist/ stays an import, unless it is inlined. */
function wasmFrom(source) {
  return {
    name: "wasm",
    setup(build) {
      build.onResolve({ filter: /^wasm:/ }, ({ path }) => ({ path: path.slice("wasm:".length), namespace: "wasm", sideEffects: false }));
      build.onLoad({ filter: /./, namespace: "wasm" }, ({ path }) => ({ contents: sources[source](path), resolveDir: at("dist") }));
      if (source !== "inlined")
        build.onResolve({ filter: /^\.\//, namespace: "wasm" }, ({ path }) => ({ path, external: true, sideEffects: false }));
    },
  };
}

/** `cloudflare:workers` exists in Workers only; the import must succeed everywhere. */
const withoutWorkers = {
  name: "workers",
  setup(build) {
    build.onResolve({ filter: /^cloudflare:workers$/ }, ({ path }) => ({ path, namespace: "workers" }));
    build.onLoad({ filter: /./, namespace: "workers" }, () => ({
      contents: "export class DurableObject { constructor(ctx, env) { this.ctx = ctx; this.env = env; } }",
    }));
  },
};

/** Leaves the other entries imports. */
const entriesApart = {
  name: "entries",
  setup(build) {
    for (const [filter, path] of [
      [/^\.\.\/validator\/index\.js$/, "./index.js"],
      [/^\.\.\/service\/index\.js$/, "./service.js"],
      [/^\.\.\/node\/index\.js$/, "./node.js"],
      [/^\.\.\/sqlite\/index\.js$/, "./sqlite.js"],
    ]) {
      build.onResolve({ filter }, () => ({ path, external: true }));
    }
  },
};

/**
 * Writes the bytes as text, one module each, so that bundlers leave out unused ones. The digits have a line of their own, even
 * after a user's bundler: engines print the line of an uncaught error.
 */
function writeBytes() {
  mkdirSync(at("dist", "wasm"), { recursive: true });
  for (const name of parts) {
    const digits = `\`\n${readFileSync(at("dist", `${name}.wasm`)).toString("hex")}\n\``;
    const comment = `// ${name}.wasm in hexadecimal digits.\n`;
    writeFileSync(at("dist", "wasm", `${name}.js`), `${comment}export const hex = ${digits};\n`);
    writeFileSync(at("dist", "wasm", `${name}.cjs`), `${comment}"use strict";\nexports.hex = ${digits};\n`);
  }
}

/** Removes the last build: shared chunks have a digest in their names, so old ones would be published too. */
function removeLastBuild() {
  for (const name of readdirSync(at("dist"))) {
    if (/\.c?js(\.map)?$/.test(name)) rmSync(at("dist", name));
  }
  rmSync(at("dist", "wasm"), { recursive: true, force: true });
}

/** Builds all JavaScript in dist/, without the page. */
export async function bundle() {
  const { build } = await import("esbuild");
  removeLastBuild();
  writeBytes();

  // Not minified: a user's bundler does that, and errors show the names of the source.
  const common = {
    absWorkingDir: root,
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*", "cloudflare:*"],
    sourcemap: "linked",
    sourcesContent: true,
    logLevel: "warning",
    legalComments: "none",
  };
  // The newest version that webpack 4 parses.
  const forPages = { ...common, target: "es2019" };
  // Older targets would turn private fields into `WeakMap`s.
  const forServers = { ...common, target: "es2022", inject: [at("js", "service", "codecs.ts")] };
  const inChunks = { splitting: true, chunkNames: "shared-[hash]" };
  // Node itself, and bundlers that build for it.
  const forNode = { ...common, target: "node20" };
  const commonJs = { format: "cjs", outExtension: { ".js": ".cjs" } };
  const make = (source, entryPoints, options) =>
    build({ ...options, entryPoints, plugins: [wasmFrom(source), ...(source === "workerd" ? [] : [withoutWorkers])] });

  const { index, service, cloudflare, "cloudflare-durable": durable, cli, node, "service-worker": serviceWorker, sqlite } = entries;
  const slim = { slim: "js/validator/slim.ts" };
  const serviceSlim = { "service.slim": "js/service/slim.ts" };
  const hosts = { service, cloudflare, "cloudflare-durable": durable, "service-worker": serviceWorker };

  await make("text", { index }, forPages);
  // PERF(start): one file instead of three takes a fifth of the time from import to the first answer.
  await make("inlined", { "index.node": index }, forNode);
  await make("text", { ...hosts, node, sqlite }, { ...forServers, ...inChunks });
  // By itself: parts that it shares with the other entries would become chunks, which they import without using.
  await build({ ...forServers, ...inChunks, entryPoints: { cli }, plugins: [entriesApart], mainFields: ["module", "main"] });
  for (const source of ["workerd", "edge-light"]) {
    await make(source, { [`index.${source}`]: index }, forPages);
    const workers = { [`service.${source}`]: service, [`cloudflare.${source}`]: cloudflare, [`cloudflare-durable.${source}`]: durable };
    await make(source, workers, { ...forServers, ...inChunks });
  }
  await make("slim", slim, forPages);
  await make("slim", serviceSlim, forServers);

  await make("textCommonJs", { index }, { ...forPages, ...commonJs });
  await make("textCommonJs", { ...hosts, sqlite }, { ...forServers, ...commonJs });
  await make(
    "textCommonJs",
    { node },
    {
      ...forServers,
      ...commonJs,
      // CommonJS has no `import.meta`.
      define: { "import.meta.url": "moduleUrl" },
      banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
    },
  );
  await make("slim", slim, { ...forPages, ...commonJs });
  await make("slim", serviceSlim, { ...forServers, ...commonJs });

  await make("inlined", { "agent-registrar.global": index }, { ...forPages, format: "iife", globalName: "AgentRegistrar" });
  chmodSync(at("dist", "cli.js"), 0o755);
}
