// The stages of `npm test`, in this order. To add a stage, add a row:
//
//   name      for `npm test -- NAME`
//   what      one line for people
//   needs     names of `requirements` in setup.mjs
//   after     stages that must pass first (they also run when this one is named)
//   full      true: runs only with `npm run test:full`, or when named
//   coveredBy the name of a stage that includes this one; if both would run, this one is left out
//   beside    true: runs while the stages after it do, one such stage at a time; for one that leaves a processor free, whose tests
//             bear a busy machine, and whose set-up no stage after it changes
//   skip      returns why it cannot run on this machine, or null; absent: it always can
//   commands  the commands, run one after another: [command, ...arguments], or {run: [...], env: {...}};
//             or a function that returns them; if there are none, the stage counts as skipped
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, Failure, targetDir, which } from "./lib.mjs";
import { noPython, venvPython } from "./python.mjs";
import { chrome, chromedriver, firefox, headlessShell, MINIMUM_RUST } from "./setup.mjs";

const node = process.execPath;
const pythonEnv = { PYTHONDONTWRITEBYTECODE: "1" };
const tool = (name, ...path) => at("node_modules", name, ...path);
const wasm32 = ["--target", "wasm32-unknown-unknown"];
const bindings = ["--package", "agent-registrar-wasm"];
const denyWarnings = ["--", "-D", "warnings"];
// Cargo resolves features for the packages of a command: the stages name the same, so that the library is compiled once for them.
const library = ["--package", "agent-registrar", "--features", "agent-registrar/description,agent-registrar/http,agent-registrar/sqlite"];
const native = [...library, "--package", "agent-registrar-fuzz"];
const simulation = ["--package", "agent-registrar-simulation"];

/** The library's own test targets: those of the fuzz targets, which are selected with it, have a stage of their own. */
const libraryTests = () =>
  readdirSync(at("tests"))
    .filter((name) => name.endsWith(".rs"))
    .flatMap((name) => ["--test", name.slice(0, -3)]);

const clippyOfBindings = (features) => [
  ...["cargo", "clippy", "--locked", ...bindings, "--lib", ...wasm32, "--features", features],
  ...denyWarnings,
];

/** Rust tests that run as WebAssembly: wasm/tests/NAME.rs. */
function wasmTests(env) {
  const names = readdirSync(at("wasm", "tests"))
    .filter((name) => name.endsWith(".rs"))
    .map((name) => name.slice(0, -3));
  return names.map((name) => ({
    run: ["cargo", "test", "--locked", ...bindings, ...wasm32, "--features", "agent,validator,service,bindgen", "--test", name],
    env: { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: at("target", "tools", "bin", "wasm-bindgen-test-runner"), ...env },
  }));
}

/** Compiles the published typings by themselves: each entry with both resolutions, with and without the DOM library. Then tests/types. */
function publishedTypes() {
  const tsc = (...args) => [node, tool("typescript", "bin", "tsc"), "--noEmit", ...args];
  const strictly = ["--ignoreConfig", "--strict", "--skipLibCheck", "false", "--target", "es2022"];
  const entries = [
    "validator/index",
    "validator/slim",
    "service/index",
    "service/slim",
    "cloudflare/index",
    "cloudflare/durable/index",
    "service-worker/index",
    "node/index",
    "sqlite/index",
  ];
  const published = (extension) => entries.map((name) => join("dist", "types", `${name}.d.${extension}`));
  const projects = existsSync(at("tests", "types"))
    ? readdirSync(at("tests", "types")).filter((name) => /^tsconfig.*\.json$/.test(name))
    : [];
  return [
    ...["es2022", "es2022,dom,dom.iterable"].flatMap((lib) => [
      tsc(...strictly, "--lib", lib, "--module", "nodenext", ...published("ts"), ...published("cts")),
      tsc(
        ...strictly,
        "--lib",
        lib,
        "--module",
        "esnext",
        "--moduleResolution",
        "bundler",
        ...published("ts"),
        join("dist", "types", "wasm", "file.d.ts"),
      ),
    ]),
    ...projects.map((name) => tsc("-p", join("tests", "types", name))),
  ];
}

/** webdriver.json, with the browser of `CHROME`: chromedriver itself searches only the usual places. */
function webdriverConfig() {
  if (process.env.CHROME === undefined) return at("webdriver.json");
  const config = JSON.parse(readFileSync(at("webdriver.json"), "utf8"));
  config["goog:chromeOptions"].binary = process.env.CHROME;
  const path = join(at("target", "tools"), "webdriver.json");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

/** A short form of `npm run soak`. */
const shortSoak = [node, at("scripts", "soak.mjs"), "--requests", "3000", "--for", "90s"];

/** Why the blocks of the documents can't be run: they are lines for bash, and ask servers by curl. */
const noShell = () => ["bash", "curl"].filter((name) => which(name) === null).map((name) => `there is no ${name}`)[0] ?? null;

/** The tests of the page in Chromium: all, or those of some files. */
const pageTests = (files, env) => ({
  run: [node, tool("@playwright", "test", "cli.js"), "test", "--config", "tests/e2e/playwright.config.ts", ...files],
  env,
});

/** The blocks of the documents, and before them the tests of what takes the blocks out. */
function docsTests(...flags) {
  return [
    [node, "--test", "--test-reporter=spec", join("tests", "docs", "lib", "markdown.test.mjs")],
    [node, at("tests", "docs", "run.mjs"), ...flags],
  ];
}

const schemathesis = (...flags) => ({
  run: [venvPython, join("tests", "clients", "schemathesis", "run.py"), ...flags],
  env: pythonEnv,
});

export const stages = [
  {
    name: "fmt",
    what: "Rust is formatted",
    needs: ["rust", "lints"],
    commands: [["cargo", "fmt", "--all", "--check"]],
  },
  // These two before those that need packages: npm and the installation of wasm-bindgen leave processors free.
  {
    name: "clippy",
    what: "clippy finds nothing in the library, its tests and the simulation, on this machine's target",
    needs: ["rust", "lints", "linker"],
    commands: [
      // `clippy-alone` checks the fuzz targets and the benchmarks, whose dependencies are most of what there is to compile.
      ["cargo", "clippy", "--locked", ...library, ...simulation, "--all-targets", ...denyWarnings],
      ["cargo", "clippy", "--locked", "--lib", "--no-default-features", ...denyWarnings],
      // `rust-alone` compiles the tests without features; here that would compile their dependencies a second time.
    ],
  },
  {
    name: "clippy-wasm",
    what: "clippy finds nothing, on wasm32",
    needs: ["rust", "lints", "linker", "wasmTarget"],
    // But for one function that `service` has alone: see `clippy-alone`.
    commands: [clippyOfBindings("service-sql,agent,validator,bindgen")],
  },
  {
    name: "format",
    what: "JavaScript and TypeScript are formatted (`npm run format` does it), and the linter finds nothing",
    needs: ["packages"],
    commands: [[node, tool("@biomejs", "biome", "bin", "biome"), "check", "--error-on-warnings", "."]],
  },
  {
    name: "build",
    what: "everything that is published builds",
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen", "packages"],
    commands: [[node, at("scripts", "build.mjs")]],
  },
  {
    name: "page",
    what: "the page works in Chromium's headless shell; tests that run in several windows or homes of the service run in fewer",
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    coveredBy: "page-full",
    commands: () => [pageTests([], { CHROME_BIN: headlessShell() })],
  },
  {
    name: "page-full",
    what: "the page works in Chromium, every test in every window and home of the service",
    full: true,
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: () => [pageTests([], { CHROME_BIN: chrome(), TESTS: "full" })],
  },
  {
    name: "schemathesis",
    what: "Schemathesis: generated requests are answered as the OpenAPI document says",
    beside: true,
    skip: noPython,
    needs: ["venv"],
    after: ["build"],
    coveredBy: "schemathesis-full",
    commands: [schemathesis("--quick")],
  },
  {
    name: "schemathesis-full",
    what: "the same with eight times as many random examples",
    full: true,
    beside: true,
    skip: noPython,
    needs: ["venv"],
    after: ["build"],
    commands: [schemathesis()],
  },
  {
    name: "package",
    what: "the package, tested in Node; of the HTTP table, slow homes have one row in three, and some tests are shorter",
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    coveredBy: "package-full",
    commands: () => [{ run: [node, tool("vitest", "vitest.mjs"), "run"], env: { CHROME_BIN: headlessShell() } }],
  },
  {
    name: "package-full",
    what: "the same with every row and in full, and with 1,000 accounts in their Durable Objects at once, in workerd",
    full: true,
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: [{ run: [node, tool("vitest", "vitest.mjs"), "run"], env: { TESTS: "full", ACCOUNTS: "1000" } }],
  },
  {
    name: "durable",
    what: "records in a file, in Node 24 and partly in 22.13: the HTTP table, failures at every step, `kill -9` under load; a short `npm run soak`",
    beside: true,
    needs: ["packages"],
    after: ["build"],
    coveredBy: "durable-full",
    commands: [
      [node, at("tests", "durable", "run.mjs"), "24"],
      // What differs between versions of node:sqlite: how statements, values, errors and files behave.
      [
        node,
        at("tests", "durable", "run.mjs"),
        "22",
        ...["table", "failures", "files", "command"].map((name) => `tests/durable/${name}.test.ts`),
      ],
      shortSoak,
    ],
  },
  {
    name: "durable-full",
    what: "the same with every row of the table, all of it in Node 22.13 as well",
    full: true,
    beside: true,
    needs: ["packages"],
    after: ["build"],
    commands: [{ run: [node, at("tests", "durable", "run.mjs")], env: { TESTS: "full" } }, shortSoak],
  },
  {
    name: "environments",
    what: "the packed package loads in pages, Node and a few tools",
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    coveredBy: "environments-full",
    commands: [[node, at("tests", "environments", "run.mjs"), "--tag", "quick"]],
  },
  {
    name: "environments-full",
    what: "the packed package loads in every tool and runtime of docs/environments.md, which this writes",
    full: true,
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: [[node, at("tests", "environments", "run.mjs")]],
  },
  {
    name: "docs",
    what: "the code blocks of README.md, docs/ and the folders to copy run from the packed package, but for those that download",
    beside: true,
    skip: noShell,
    needs: ["packages", "browser"],
    after: ["build"],
    coveredBy: "docs-full",
    commands: () => docsTests(),
  },
  {
    name: "docs-full",
    what: "all code blocks run, and the examples copied out",
    full: true,
    beside: true,
    skip: noShell,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: () => docsTests("--full"),
  },
  {
    name: "forms",
    what: "form libraries, servers and the forms of docs/forms.md work with the packed package, in Chromium and Node",
    full: true,
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: [[node, at("tests", "forms", "run.mjs")]],
  },
  {
    name: "openapi",
    what: "the OpenAPI document passes linters; clients that generators make of it compile, and call the service",
    full: true,
    beside: true,
    needs: ["packages"],
    after: ["build"],
    commands: [[node, at("tests", "openapi", "run.mjs")]],
  },
  {
    name: "page-looks",
    what: "axe finds nothing wrong in any state of the page, at each width in each look",
    full: true,
    beside: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: () => [pageTests(["looks"], { CHROME_BIN: chrome(), TESTS: "full", LOOKS: "all" })],
  },
  {
    name: "clippy-alone",
    what: "clippy finds nothing in the fuzz targets and the benchmarks, and in a package or a feature by itself",
    full: true,
    needs: ["rust", "lints", "linker", "wasmTarget"],
    commands: [
      ["cargo", "clippy", "--locked", "--all-targets", "--features", "description,http,sqlite", ...denyWarnings],
      ...["agent-registrar-fuzz", "agent-registrar-simulation"].map((name) => [
        ...["cargo", "clippy", "--locked", "--package", name, "--all-targets"],
        ...denyWarnings,
      ]),
      ["cargo", "clippy", "--locked", "--package", "agent-registrar-benches", "--all-targets", "--features", "sqlite", ...denyWarnings],
      ["cargo", "clippy", "--locked", "--lib", ...wasm32, "--features", "sql", ...denyWarnings],
      ...["service", "service-sql", "agent", "validator", "bindgen"].map(clippyOfBindings),
    ],
  },
  {
    name: "rust",
    what: "the core's tests, on this machine's target, and those of the oracles of the fuzz targets",
    needs: ["rust", "linker"],
    commands: () => [
      ["cargo", "test", "--locked", ...native, "--lib", "--bins", "--examples", ...libraryTests()],
      ["cargo", "test", "--locked", ...native, "--doc"],
    ],
  },
  {
    name: "rust-alone",
    what: "the core's tests without any feature: in the stage `rust` the same ones run with all",
    full: true,
    needs: ["rust", "linker"],
    commands: [["cargo", "test", "--locked", "--lib", "--no-default-features"]],
  },
  {
    name: "simulate",
    what: "hundreds of simulated seeds contradict nothing, and planted bugs are found (`npm run simulate` runs for as long as you like)",
    needs: ["rust", "linker"],
    // Optimised: the same build as that of `npm run simulate`. Without, it takes longer to run than to compile.
    commands: [["cargo", "test", "--locked", "--profile", "simulation", ...simulation]],
  },
  {
    name: "fuzz",
    what: "every fuzz target on a few thousand inputs, and on its corpus (`npm run fuzz` tries millions)",
    needs: ["rust", "linker"],
    commands: [["cargo", "test", "--locked", ...native, "--test", "targets"]],
  },
  {
    name: "rustdoc",
    what: "the crate's documentation builds without warnings, with the features that docs.rs uses and with the default ones",
    needs: ["rust", "linker"],
    commands: [["--features", "service,serde,json,http,sqlite,conformance"], []].map((features) => ({
      run: ["cargo", "doc", "--locked", "--quiet", "--no-deps", "--lib", ...features],
      env: { RUSTDOCFLAGS: "-D warnings" },
    })),
  },
  {
    name: "rust-minimum",
    what: "the library and the bindings compile with the minimum Rust version that Cargo.toml states",
    full: true,
    needs: ["minimumRust", "linker"],
    commands: () => {
      const check = ["cargo", `+${MINIMUM_RUST}`, "check", "--locked", "--lib"];
      const env = { CARGO_TARGET_DIR: join(targetDir, "minimum") };
      return [
        { run: [...check, "--features", "http,json,conformance"], env },
        { run: [...check, ...bindings, ...wasm32, "--features", "agent,validator,service,bindgen"], env },
      ];
    },
  },
  {
    name: "crate",
    what: "the crate packs, builds in a project of its own, natively and for wasm32, and works in the examples that use it",
    // Compiles four more projects with dependencies of their own.
    full: true,
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen", "packages", "browser"],
    commands: () => {
      const user = ["--locked", "--manifest-path", at("tests", "crate", "Cargo.toml")];
      const env = { CARGO_TARGET_DIR: join(targetDir, "crate") };
      return [
        { run: ["cargo", "test", ...user], env },
        { run: ["cargo", "build", ...user, ...wasm32], env },
        { run: ["cargo", "test", "--locked", "--manifest-path", at("examples", "axum", "Cargo.toml")], env },
        [node, "--test", "--test-reporter=spec", at("tests", "crate", "examples.test.mjs")],
        [node, at("tests", "crate", "packed.mjs")],
      ];
    },
  },
  {
    name: "wasm-node",
    what: "the core's tests as WebAssembly in Node",
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen"],
    commands: () => wasmTests({}),
  },
  {
    name: "wasm-browser",
    what: "the core's tests as WebAssembly in Chromium",
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen", "browser"],
    commands: () =>
      wasmTests({ WASM_BINDGEN_USE_BROWSER: "1", CHROMEDRIVER: chromedriver(), WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriverConfig() }),
  },
  {
    name: "clients-python",
    what: "a published Python client works against the service",
    skip: noPython,
    needs: ["venv"],
    after: ["build"],
    commands: [{ run: [venvPython, "-m", "unittest", "discover", "tests/clients"], env: pythonEnv }],
  },
  {
    name: "types",
    what: "sources, page and tests type-check",
    needs: ["packages"],
    after: ["build"],
    commands: () =>
      ["tsconfig.json", "www/tsconfig.json"].map((config) => [node, tool("typescript", "bin", "tsc"), "--noEmit", "-p", config]),
  },
  {
    name: "types-published",
    what: "the published typings compile by themselves, as for a user",
    needs: ["packages"],
    after: ["build"],
    commands: () => publishedTypes(),
  },
  {
    name: "types-bindgen",
    what: "the typings of the bindgen binding compile, and describe the values that the package's typings describe",
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen", "packages"],
    after: ["build"],
    commands: () => [
      ["cargo", "build", "--locked", ...bindings, "--lib", ...wasm32, "--features", "bindgen"],
      [
        at("target", "tools", "bin", "wasm-bindgen"),
        ...["--target", "web", "--out-name", "bindgen", "--out-dir", at("build", "types-bindgen")],
        join(targetDir, "wasm32-unknown-unknown", "debug", "agent_registrar_wasm.wasm"),
      ],
      [node, tool("typescript", "bin", "tsc"), "-p", join("tests", "types", "bindgen", "tsconfig.json")],
    ],
  },
  {
    name: "scripts",
    what: "the tests of set-up and build",
    needs: ["packages"],
    after: ["build"],
    // Each in a process of its own, and not by `node --test`, whose messages are mixed up with what the programs under test print.
    commands: () => readdirSync(at("scripts", "tests")).map((name) => [node, "--test-reporter=spec", join("scripts", "tests", name)]),
  },
  {
    name: "conformance",
    what: "memory, rusqlite, node:sqlite and Durable Objects answer the HTTP table and generated requests alike, to the byte",
    needs: ["rust", "linker", "packages"],
    after: ["build"],
    commands: () => [
      // The features of the stage `rust`, so that nothing else is compiled again.
      ["cargo", "build", "--locked", ...native, "--example", "conformance"],
      [node, at("tests", "conformance", "run.mjs")],
    ],
  },
  {
    name: "conformance-full",
    what: "the same with 5,000 generated requests and the longest rows, and Schemathesis on every store",
    full: true,
    skip: noPython,
    needs: ["rust", "linker", "packages", "venv"],
    after: ["build"],
    commands: () => [
      ["cargo", "build", "--locked", ...native, "--example", "conformance"],
      { run: [node, at("tests", "conformance", "run.mjs"), "--testTimeout", "600000"], env: { CONFORMANCE: "full" } },
      schemathesis("--stores"),
    ],
  },
  {
    name: "deny",
    what: "cargo-deny finds nothing: licenses, versions and sources of dependencies, and advisories where their database can be had",
    // Its installation takes minutes.
    full: true,
    needs: ["rust", "cargoDeny"],
    commands: [[node, at("scripts", "deny.mjs")]],
  },
  {
    name: "reproducible",
    what: "another build of these files, in another folder, gives the same package",
    full: true,
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen", "packages"],
    after: ["build"],
    commands: [[node, at("scripts", "reproducible.mjs")]],
  },
  {
    name: "firefox",
    what: "the page works in Firefox",
    skip: () => (firefox() === null ? "there is no Firefox (on Debian: apt-get install firefox-esr)" : null),
    needs: ["packages"],
    after: ["build"],
    commands: () => [
      { run: [node, tool("vitest", "vitest.mjs"), "run", "--config", "tests/firefox/vitest.config.ts"], env: { FIREFOX: firefox() } },
    ],
  },
  {
    name: "size",
    what: "no download exceeds its budget",
    needs: ["packages"],
    after: ["build"],
    commands: [[node, at("scripts", "size.mjs")]],
  },
];

/** The stages that run when none is named: all but, unless `full`, those for full runs. */
function unnamed(table, full) {
  const running = table.filter((stage) => full || stage.full !== true);
  return running.filter(({ coveredBy }) => !running.some(({ name }) => name === coveredBy));
}

/** The stages with these names and all stages before them, in the table's order. Without names: see `unnamed`. */
export function chosen(names, table = stages, { full = false } = {}) {
  if (names.length === 0) return unnamed(table, full);
  const wanted = new Set();
  const want = (name) => {
    const stage = table.find((one) => one.name === name);
    if (stage === undefined) throw new Failure(`no stage ${name}; the stages are: ${table.map((one) => one.name).join(", ")}`);
    wanted.add(stage);
    (stage.after ?? []).forEach(want);
  };
  names.forEach(want);
  return table.filter((stage) => wanted.has(stage));
}
