// Builds everything that is published into dist/. Skips steps whose inputs did not change. CONTRIBUTING.md describes the steps.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { bom } from "./bom.mjs";
import { bundle, entries } from "./bundle.mjs";
import { at, digest, duration, fail, isMain, must, quietly, root, say, targetDir } from "./lib.mjs";
import { forStart, setup } from "./setup.mjs";
import { stubs, writeStubs } from "./stubs.mjs";
import { typings } from "./typings.mjs";

/** The threshold inlines wasm-bindgen's closures: smaller by 4 %, and faster. */
const forPages = { profile: "validator", optimize: ["-Oz"], flags: ["-Cllvm-args=--inline-threshold=90"] };

const forServers = {
  profile: "release",
  // Large functions with one caller are not inlined, so that engines compile only what a request needs.
  optimize: ["-O3", "--one-caller-inline-max-function-size", "50"],
  // A third of the default: smaller by 13 %, slower by 8 %.
  flags: ["-Cllvm-args=--inline-threshold=70"],
};

/** The compilations of the bindings (wasm/), the options of wasm-opt, and the exports that are called. The parts for pages are built for size, the service for speed. */
const cores = {
  // js/validator/core.ts calls these, without wasm-bindgen's own JavaScript.
  validator: {
    ...forPages,
    cargo: ["--features", "validator", "--profile", "validator"],
    exports: ["memory", "check_body", "header", "scratch", "white_space"],
  },
  // js/validator/agent-core.ts calls these. A separate file, so that bundlers leave it out of a page that only validates.
  agent: {
    ...forPages,
    cargo: ["--features", "agent", "--profile", "validator"],
    exports: ["memory", "generate_pfid", "life_cycle", "parse_pfid", "read_timestamp", "scratch", "write_timestamp"],
  },
  service: {
    ...forServers,
    cargo: ["--features", "service", "--release"],
    // js/service/host.ts calls these.
    exports: [
      "memory",
      "numbers",
      "reserve",
      "open",
      "handle",
      "refuse_by_head",
      "destination",
      "refuse",
      "defaults",
      "reset",
      "snapshot",
      "restore",
      "discard",
    ],
  },
  // The same with its records in a database. No `handle`: JavaScript puts transactions around the steps.
  "service-sql": {
    ...forServers,
    cargo: ["--features", "service-sql", "--release"],
    // js/service/host.ts and js/sql/core.ts call these.
    exports: [
      ...["memory", "numbers", "reserve", "open", "refuse_by_head", "refuse", "defaults", "reset"],
      ...["start", "step", "finish", "begin_group", "end_group", "settle", "not_begun", "not_committed", "forget_answers"],
    ],
  },
};

const scripts = [at("scripts", "build.mjs"), at("scripts", "lib.mjs"), at("package-lock.json")];
const stampFile = at("build", "stamps.json");
const stamps = existsSync(stampFile) ? JSON.parse(readFileSync(stampFile, "utf8")) : {};

/** Runs a step unless its inputs are those of its last success and its outputs still exist. */
async function step(name, { inputs, made, work }) {
  const stamp = digest([...inputs, ...scripts]);
  if (stamps[name] === stamp && made.every((path) => existsSync(path))) return;
  const began = Date.now();
  delete stamps[name];
  await work();
  stamps[name] = stamp;
  mkdirSync(at("build"), { recursive: true });
  writeFileSync(stampFile, JSON.stringify(stamps));
  say(`  ${name}: ${duration(Date.now() - began)}`);
}

/**
 * Remaps this machine's folders in the wasm's panic messages, so that builds are reproducible and contain no home folder.
 */
function rustflags(more) {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), ".cargo");
  const sources = join(cargoHome, "registry", "src");
  // The folders there have names of registry hosts. Of prefixes that match, the last counts.
  const registries = existsSync(sources) ? readdirSync(sources).map((name) => `--remap-path-prefix=${join(sources, name)}=crates`) : [];
  const flags = [`--remap-path-prefix=${cargoHome}=cargo`, ...registries, `--remap-path-prefix=${root}=agent-registrar`, ...more];
  return ["--config", `target.wasm32-unknown-unknown.rustflags=${JSON.stringify(flags)}`];
}

async function buildCore(name) {
  const { cargo, profile, optimize, flags, exports } = cores[name];
  // No step: Cargo itself checks what is up to date.
  await must(
    "cargo",
    [
      "rustc",
      "--quiet",
      "--locked",
      "--package",
      "agent-registrar-wasm",
      "--target",
      "wasm32-unknown-unknown",
      ...rustflags(flags),
      ...cargo,
      // Without the rlib that the tests link: for a crate that is one as well, Cargo leaves LTO out, and says nothing.
      ...["--lib", "--crate-type", "cdylib"],
    ],
    { env: { CARGO_INCREMENTAL: "0" } },
  );
  const compiled = join(targetDir, "wasm32-unknown-unknown", profile, "agent_registrar_wasm.wasm");
  const folder = at("build", name);
  const wasm = at("dist", `${name}.wasm`);
  await step(`${name}.wasm`, {
    inputs: [compiled],
    made: [wasm, join(folder, `${name}.js`), join(folder, `${name}.d.ts`)],
    work: async () => {
      mkdirSync(at("dist"), { recursive: true });
      await must(at("target", "tools", "bin", "wasm-bindgen"), [
        compiled,
        ...["--target", "web", "--out-dir", folder, "--out-name", name],
        // scripts/bundle.mjs sets the location of the bytes for each kind of runtime.
        "--omit-default-module-path",
      ]);
      const bound = join(folder, `${name}_bg.wasm`);
      const needed = join(folder, `${name}_needed.wasm`);
      await drop(bound, exports, needed);
      // No `--all-features`: it emits instructions that today's engines refuse. Functions with similar names are similar, and
      // compress better next to each other.
      await must(process.execPath, [
        ...binaryen("wasm-opt"),
        ...[needed, ...FEATURES, "-o", wasm, ...optimize],
        ...["--reorder-functions-by-name", "--strip-debug", "--strip-producers", "--strip-target-features"],
      ]);
    },
  });
}

/** The features that Rust enables by default. wasm-metadce needs them, and does not pass them on to wasm-opt. */
const FEATURES = [
  "bulk-memory",
  "bulk-memory-opt",
  "reference-types",
  "multivalue",
  "mutable-globals",
  "sign-ext",
  "nontrapping-float-to-int",
].map((feature) => `--enable-${feature}`);

/**
 * Node's arguments for a tool of binaryen, which is WebAssembly itself. Without V8's optimising compiler a call of the tool takes a third
 * less processor time: it ends before the optimised code has repaid its compilation.
 */
const binaryen = (tool) => ["--liftoff-only", at("node_modules", "binaryen", "bin", tool)];

/** Drops all code that these exports don't reach: only wasm-bindgen's own JavaScript would use it. */
async function drop(from, exports, to) {
  const graph = join(dirname(to), "exports.json");
  const nodes = exports.map((name) => ({ name, export: name }));
  writeFileSync(graph, JSON.stringify([{ name: "outside", root: true, reaches: exports }, ...nodes]));
  // Quietly, because it prints everything that it drops.
  await quietly(process.execPath, [...binaryen("wasm-metadce"), from, ...FEATURES, "--graph-file", graph, "--debuginfo", "-o", to]);
}

/** What the steps leave in dist/, but for the JavaScript, whose step removes its last build. */
const MADE = [...Object.keys(cores).map((name) => `${name}.wasm`), "bom.cdx.json", "types", "wasm", "www"];

/** Removes what builds of earlier versions of this script left in dist/: it would be published. */
function removeLeftovers() {
  for (const name of readdirSync(at("dist"))) {
    if (MADE.includes(name) || /\.c?js(\.map)?$/.test(name)) continue;
    rmSync(at("dist", name), { recursive: true, force: true });
    say(`  removed dist/${name}, which no step makes`);
  }
}

/** Builds everything that is out of date. */
export async function buildAll() {
  say("Building …");
  const began = Date.now();
  // One profile beside the other, because most of a build is one thread, which optimises the whole program. Those of one profile share
  // a folder, which Cargo locks.
  const profiles = [...new Set(Object.values(cores).map(({ profile }) => profile))];
  await Promise.all(
    profiles.map(async (profile) => {
      for (const name of Object.keys(cores).filter((one) => cores[one].profile === profile)) await buildCore(name);
    }),
  );

  const sources = [
    at("js"),
    at("build", "validator"),
    at("build", "agent"),
    at("build", "service"),
    at("build", "service-sql"),
    at("tsconfig.json"),
    at("tsconfig.build.json"),
    at("package.json"),
  ];
  await step("JavaScript", {
    inputs: [...sources, at("scripts", "bundle.mjs"), ...Object.keys(cores).map((name) => at("dist", `${name}.wasm`))],
    made: [...Object.keys(entries).map((name) => at("dist", `${name}.js`)), at("dist", "wasm", "service.js")],
    work: bundle,
  });
  await step("stubs", { inputs: [at("scripts", "stubs.mjs"), at("package.json")], made: stubs, work: writeStubs });
  await step("types", { inputs: [...sources, at("scripts", "typings.mjs")], made: [at("dist", "types")], work: typings });

  await step("page", {
    inputs: [
      at("www"),
      at("js", "node", "policy.ts"),
      ...["index.js", "service.slim.js", "service.wasm", "wasm"].map((name) => at("dist", name)),
      at("package.json"),
    ],
    made: [at("dist", "www", "index.html")],
    work: () => must(process.execPath, [at("node_modules", "vite", "bin", "vite.js"), "build", "www", "--logLevel", "warn"]),
  });
  await step("bill of materials", {
    inputs: [
      ...["Cargo.lock", "Cargo.toml", "package.json", join("wasm", "Cargo.toml")].map((path) => at(path)),
      ...["bom.mjs", "parts.mjs"].map((name) => at("scripts", name)),
      // Their source maps name the packages that are bundled.
      ...readdirSync(at("dist"), { recursive: true })
        .filter((path) => path.endsWith(".map"))
        .map((path) => at("dist", path)),
    ],
    made: [at("dist", "bom.cdx.json")],
    work: () => writeFileSync(at("dist", "bom.cdx.json"), `${JSON.stringify(bom(), null, 2)}\n`),
  });
  removeLeftovers();
  say(`Built dist/ in ${duration(Date.now() - began)}.`);
}

/** `npm run build:www`: says what the page's folder is for. */
async function build() {
  await setup(forStart);
  await buildAll();
  if (process.argv.includes("--www"))
    say("dist/www/ works from any static host, in any folder: copy it there. Its files .br and .gz are for hosts that use them.");
}

if (isMain(import.meta)) await build().catch(fail);
