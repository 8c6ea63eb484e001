// What stands in for wrangler in the quick run: its local runtime, workerd, with the worker bundled as wrangler bundles it.
import { existsSync, readFileSync } from "node:fs";
import { basename, resolve } from "node:path";

/** wrangler.jsonc: JSON with comments, which is JavaScript. */
function configOf(session) {
  return new Function(`return (${readFileSync(session.path("wrangler.jsonc"), "utf8")}\n)`)();
}

async function bundled(entry) {
  const { build } = await import("esbuild");
  const wasm = new Map();
  const collect = {
    name: "wasm",
    setup(build) {
      build.onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        wasm.set(basename(path), resolve(resolveDir, path));
        return { path: `./${basename(path)}`, external: true };
      });
    },
  };
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: "esm",
    target: "es2022",
    conditions: ["workerd", "worker", "browser"],
    plugins: [collect],
    logLevel: "warning",
    write: false,
  });
  return [
    { type: "ESModule", path: "index.js", contents: outputFiles[0].text },
    ...[...wasm].map(([name, path]) => ({ type: "CompiledWasm", path: name, contents: readFileSync(path) })),
  ];
}

/** The secrets of local development: lines of `NAME=value`, with quotes or without. */
function secretsOf(session) {
  if (!existsSync(session.path(".dev.vars"))) return {};
  const lines = readFileSync(session.path(".dev.vars"), "utf8").split("\n");
  const pairs = lines.map((line) => /^(\w+)\s*=\s*(.*)$/.exec(line)).filter((found) => found !== null);
  return Object.fromEntries(pairs.map(([, name, value]) => [name, value.replace(/^(['"])(.*)\1$/, "$2")]));
}

/** Where the databases of `wrangler dev` and `wrangler d1 execute --local` are. */
const persistOf = (session) => session.path(".wrangler", "state", "v3", "d1");

/** Starts the worker of the reader's folder; resolves to what ends it. */
export async function startWorker(session, port) {
  const { Miniflare } = await import("miniflare");
  const config = configOf(session);
  const miniflare = new Miniflare({
    modules: await bundled(session.path(config.main)),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags ?? [],
    bindings: { ...config.vars, ...secretsOf(session) },
    d1Databases: Object.fromEntries((config.d1_databases ?? []).map(({ binding, database_id }) => [binding, database_id])),
    d1Persist: persistOf(session),
    host: "127.0.0.1",
    port,
  });
  await miniflare.ready;
  return () => miniflare.dispose();
}

/** `wrangler d1 execute DATABASE --local --file FILE`. */
export async function executeSql(session, name, file) {
  const { Miniflare } = await import("miniflare");
  const database = (configOf(session).d1_databases ?? []).find(({ database_name }) => database_name === name);
  if (database === undefined) throw new Error(`wrangler.jsonc names no database ${name}`);
  const miniflare = new Miniflare({
    modules: true,
    script: "export default {};",
    d1Databases: { DB: database.database_id },
    d1Persist: persistOf(session),
  });
  try {
    const db = await miniflare.getD1Database("DB");
    // `exec` takes a statement a line.
    const statements = readFileSync(session.path(file), "utf8")
      .split(";")
      .map((text) => text.replace(/\s+/g, " ").trim());
    for (const statement of statements.filter(Boolean)) await db.prepare(statement).run();
  } finally {
    await miniflare.dispose();
  }
}
