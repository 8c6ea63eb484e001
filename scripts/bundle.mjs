// The published JavaScript: one set of entries per kind of runtime, because each gets the WebAssembly in another way.
import { chmodSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { at, root } from "./lib.mjs";

/** The entries as text and as modules, by the file that they are made of. */
export const entries = {
  index: "js/validator/index.ts",
  service: "js/service/index.ts",
  node: "js/node/index.ts",
  cli: "js/node/cli.ts",
  cloudflare: "js/cloudflare/index.ts",
  "service-worker": "js/service-worker/index.ts",
};

/** The parts of the core: each is a `.wasm` in dist/, and its bytes as text in dist/wasm/. */
const parts = ["validator", "agent", "service"];

/** What `import … from "wasm:NAME"` in js/ means, by the way in which the runtime gets the WebAssembly. */
const homes = {
  /** Bytes in a script of their own: anywhere but where the runtime compiles no bytes. */
  text: (name) => `export { hex as default } from "./wasm/${name}.js"`,
  /** The same with the bytes in the bundle itself. */
  inlined: (name) => homes.text(name),
  textCommonJs: (name) => `export { hex as default } from "./wasm/${name}.cjs"`,
  /** The runtime compiles the file when it is deployed. */
  workerd: (name) => `export { default } from "./${name}.wasm"`,
  "edge-light": (name) => `export { default } from "./${name}.wasm?module"`,
  /** The caller hands it in. */
  slim: () => "export default undefined",
};

/** Resolves `wasm:NAME` for one of the homes. What that imports is a file in dist/, and stays an import unless inlined. */
function wasmFrom(home) {
  return {
    name: "wasm",
    setup(build) {
      build.onResolve({ filter: /^wasm:/ }, ({ path }) => ({ path: path.slice("wasm:".length), namespace: "wasm", sideEffects: false }));
      build.onLoad({ filter: /./, namespace: "wasm" }, ({ path }) => ({ contents: homes[home](path), resolveDir: at("dist") }));
      if (home !== "inlined") build.onResolve({ filter: /^\.\//, namespace: "wasm" }, ({ path }) => ({ path, external: true, sideEffects: false }));
    },
  };
}

/**
 * The bytes as text, one module each so that bundlers leave out those that nothing uses. The digits stand on a line of their
 * own, also in a script that a user's bundler made: engines print the line of an uncaught error.
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

/** Shared chunks carry a digest in their names: those of the last build would be published too. */
function removeLastBuild() {
  for (const name of readdirSync(at("dist"))) {
    if (/\.c?js(\.map)?$/.test(name)) rmSync(at("dist", name));
  }
  rmSync(at("dist", "wasm"), { recursive: true, force: true });
}

/** Makes all JavaScript in dist/ but the page. */
export async function bundle() {
  const { build } = await import("esbuild");
  removeLastBuild();
  writeBytes();

  // Not minified: a user's bundler does that, and an error in the console shows names that one can look up.
  const common = {
    absWorkingDir: root,
    outdir: "dist",
    bundle: true,
    format: "esm",
    platform: "neutral",
    external: ["node:*"],
    sourcemap: "linked",
    sourcesContent: true,
    logLevel: "warning",
    legalComments: "none",
  };
  // The language that webpack 4 reads, too.
  const forPages = { ...common, target: "es2019" };
  // Private fields would become maps in older languages.
  const forServers = { ...common, target: "es2022", inject: [at("js", "service", "codecs.ts")] };
  const inChunks = { splitting: true, chunkNames: "shared-[hash]" };
  const commonJs = { format: "cjs", outExtension: { ".js": ".cjs" } };
  const make = (home, entryPoints, options) => build({ ...options, entryPoints, plugins: [wasmFrom(home)] });

  const { index, service, cloudflare, cli, node, "service-worker": serviceWorker } = entries;
  const slim = { slim: "js/validator/slim.ts" };
  const serviceSlim = { "service.slim": "js/service/slim.ts" };
  const hosts = { service, cloudflare, "service-worker": serviceWorker };

  await make("text", { index }, forPages);
  await make("text", { ...hosts, node, cli }, { ...forServers, ...inChunks });
  for (const home of ["workerd", "edge-light"]) {
    await make(home, { [`index.${home}`]: index }, forPages);
    await make(home, { [`service.${home}`]: service, [`cloudflare.${home}`]: cloudflare }, { ...forServers, ...inChunks });
  }
  await make("slim", slim, forPages);
  await make("slim", serviceSlim, forServers);

  await make("textCommonJs", { index }, { ...forPages, ...commonJs });
  await make("textCommonJs", hosts, { ...forServers, ...commonJs });
  await make("textCommonJs", { node }, {
    ...forServers,
    ...commonJs,
    // CommonJS has no `import.meta`.
    define: { "import.meta.url": "moduleUrl" },
    banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
  await make("slim", slim, { ...forPages, ...commonJs });
  await make("slim", serviceSlim, { ...forServers, ...commonJs });

  await make("inlined", { "agent-registrar.global": index }, { ...forPages, format: "iife", globalName: "AgentRegistrar" });
  chmodSync(at("dist", "cli.js"), 0o755);
}
