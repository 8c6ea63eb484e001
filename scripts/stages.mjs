// What `npm test` runs, in this order. To add a stage, add a row:
//
//   name      for `npm test -- NAME`
//   what      one line for people
//   needs     names of `requirements` in setup.mjs
//   after     stages that must have passed (they run too when this one is asked for)
//   full      true: runs with `npm run test:full` only, or when asked for by name
//   coveredBy the name of a stage that tests all of this one and more: where both would run, this one is left out
//   skip      why it cannot run on this machine, or null; absent: it always can
//   commands  what to run, one after another: [command, ...arguments], or {run: [...], env: {...}};
//             a function where it is only known then; none at all: the stage counts as skipped
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { at, Failure, targetDir } from "./lib.mjs";
import { noPython, venvPython } from "./python.mjs";
import { chrome, chromedriver } from "./setup.mjs";

const node = process.execPath;
const pythonEnv = { PYTHONDONTWRITEBYTECODE: "1" };
const tool = (name, ...path) => at("node_modules", name, ...path);
const wasm32 = ["--target", "wasm32-unknown-unknown"];
const bindings = ["--package", "agent-registrar-wasm"];
const denyWarnings = ["--", "-D", "warnings"];

/** Rust tests that run as WebAssembly: wasm/tests/NAME.rs. */
function wasmTests(env) {
  const names = readdirSync(at("wasm", "tests")).filter((name) => name.endsWith(".rs")).map((name) => name.slice(0, -3));
  return names.map((name) => ({
    run: ["cargo", "test", "--locked", ...bindings, ...wasm32, "--features", "agent,validator,service,bindgen", "--test", name],
    env: { CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER: at("target", "tools", "bin", "wasm-bindgen-test-runner"), ...env },
  }));
}

/** The published typings alone, each entry in both ways of resolving, with and without the DOM library; then what tests/types says about them. */
function publishedTypes() {
  const tsc = (...args) => [node, tool("typescript", "bin", "tsc"), "--noEmit", ...args];
  const strictly = ["--ignoreConfig", "--strict", "--skipLibCheck", "false", "--target", "es2022"];
  const entries = ["validator/index", "validator/slim", "service/index", "service/slim", "cloudflare/index", "service-worker/index", "node/index"];
  const published = (extension) => entries.map((name) => join("dist", "types", `${name}.d.${extension}`));
  const projects = existsSync(at("tests", "types")) ? readdirSync(at("tests", "types")).filter((name) => /^tsconfig.*\.json$/.test(name)) : [];
  return [
    ...["es2022", "es2022,dom,dom.iterable"].flatMap((lib) => [
      tsc(...strictly, "--lib", lib, "--module", "nodenext", ...published("ts"), ...published("cts")),
      tsc(...strictly, "--lib", lib, "--module", "esnext", "--moduleResolution", "bundler", ...published("ts"), join("dist", "types", "wasm", "file.d.ts")),
    ]),
    ...projects.map((name) => tsc("-p", join("tests", "types", name))),
  ];
}

/** webdriver.json, with the browser that `CHROME` names: chromedriver by itself looks in the usual places only. */
function webdriverConfig() {
  if (process.env.CHROME === undefined) return at("webdriver.json");
  const config = JSON.parse(readFileSync(at("webdriver.json"), "utf8"));
  config["goog:chromeOptions"].binary = process.env.CHROME;
  const path = join(at("target", "tools"), "webdriver.json");
  writeFileSync(path, JSON.stringify(config));
  return path;
}

export const stages = [
  {
    name: "fmt",
    what: "Rust is formatted",
    needs: ["rust", "lints"],
    commands: [["cargo", "fmt", "--all", "--check"]],
  },
  {
    name: "clippy",
    what: "clippy finds nothing, on this machine's target",
    needs: ["rust", "lints", "linker"],
    commands: [
      ["cargo", "clippy", "--locked", "--all-targets", "--features", "description,http", ...denyWarnings],
      ["cargo", "clippy", "--locked", "--lib", "--no-default-features", ...denyWarnings],
    ],
  },
  {
    name: "clippy-wasm",
    what: "clippy finds nothing, on wasm32",
    needs: ["rust", "lints", "linker", "wasmTarget"],
    commands: [
      ["cargo", "clippy", "--locked", "--lib", ...wasm32, ...denyWarnings],
      ...["service", "agent", "validator", "bindgen"].map((feature) => ["cargo", "clippy", "--locked", ...bindings, "--lib", ...wasm32, "--features", feature, ...denyWarnings]),
    ],
  },
  {
    name: "rust",
    what: "the core's tests, on this machine's target",
    needs: ["rust", "linker"],
    commands: [
      ["cargo", "test", "--locked", "--features", "description,http"],
      ["cargo", "test", "--locked", "--lib", "--no-default-features"],
    ],
  },
  {
    name: "crate",
    what: "the crate packs, and builds in somebody else's project, natively and for wasm32, and in an axum server",
    needs: ["rust", "linker", "wasmTarget"],
    commands: () => {
      const user = ["--locked", "--manifest-path", at("tests", "crate", "Cargo.toml")];
      const env = { CARGO_TARGET_DIR: join(targetDir, "crate") };
      return [
        { run: ["cargo", "test", ...user], env },
        { run: ["cargo", "build", ...user, ...wasm32], env },
        { run: ["cargo", "test", "--locked", "--manifest-path", at("examples", "axum", "Cargo.toml")], env },
        [process.execPath, at("tests", "crate", "packed.mjs")],
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
    commands: () => wasmTests({ WASM_BINDGEN_USE_BROWSER: "1", CHROMEDRIVER: chromedriver(), WASM_BINDGEN_TEST_WEBDRIVER_JSON: webdriverConfig() }),
  },
  {
    name: "build",
    what: "everything that is published builds",
    needs: ["rust", "linker", "wasmTarget", "wasmBindgen", "packages"],
    commands: [[node, at("scripts", "build.mjs")]],
  },
  {
    name: "types",
    what: "TypeScript's types hold, in sources, page and tests",
    needs: ["packages"],
    after: ["build"],
    commands: () =>
      ["tsconfig.json", "www/tsconfig.json"].map((config) => [node, tool("typescript", "bin", "tsc"), "--noEmit", "-p", config]),
  },
  {
    name: "types-published",
    what: "the published typings hold by themselves, as a user's compiler sees them",
    needs: ["packages"],
    after: ["build"],
    commands: () => publishedTypes(),
  },
  {
    name: "scripts",
    what: "set-up's and build's own tests",
    needs: ["packages"],
    after: ["build"],
    commands: () => [[node, "--test", "--test-reporter=spec", ...readdirSync(at("scripts", "tests")).map((name) => join("scripts", "tests", name))]],
  },
  {
    name: "package",
    what: "the package from JavaScript, in Node",
    needs: ["packages"],
    after: ["build"],
    commands: [[node, tool("vitest", "vitest.mjs"), "run"]],
  },
  {
    name: "environments",
    what: "the packed package loads in pages, Node and a few tools",
    needs: ["packages", "browser"],
    after: ["build"],
    coveredBy: "environments-full",
    commands: [[node, at("tests", "environments", "run.mjs"), "--tag", "quick"]],
  },
  {
    name: "environments-full",
    what: "the packed package loads in every tool and runtime of docs/environments.md, which this writes",
    full: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: [[node, at("tests", "environments", "run.mjs")]],
  },
  {
    name: "forms",
    what: "form libraries, servers and the code of docs/forms.md with the packed package, in Chromium and Node",
    full: true,
    needs: ["packages", "browser"],
    after: ["build"],
    commands: [[node, at("tests", "forms", "run.mjs")]],
  },
  {
    name: "page",
    what: "the page in Chromium",
    needs: ["packages", "browser"],
    after: ["build"],
    commands: () => [
      {
        run: [node, tool("@playwright", "test", "cli.js"), "test", "--config", "tests/e2e/playwright.config.ts"],
        env: { CHROME_BIN: chrome() },
      },
    ],
  },
  {
    name: "clients-python",
    what: "a published Python client against the service",
    skip: noPython,
    needs: ["venv"],
    after: ["build"],
    commands: [{ run: [venvPython, "-m", "unittest", "discover", "tests/clients"], env: pythonEnv }],
  },
  {
    name: "schemathesis",
    what: "requests made from the API's description, all of them answered as described",
    skip: noPython,
    needs: ["venv"],
    after: ["build"],
    commands: [{ run: [venvPython, join("tests", "clients", "schemathesis", "run.py")], env: pythonEnv }],
  },
  {
    name: "size",
    what: "nothing that users download is over its budget",
    needs: ["packages"],
    after: ["build"],
    commands: [[node, at("scripts", "size.mjs")]],
  },
];

/** The stages that run when none is named: with `full` all of them, otherwise those that are not for full runs alone. */
function unnamed(table, full) {
  const running = table.filter((stage) => full || stage.full !== true);
  return running.filter(({ coveredBy }) => !running.some(({ name }) => name === coveredBy));
}

/** The stages of these names with all that they come after, in the table's order; no names: see `unnamed`. */
export function chosen(names, table = stages, { full = false } = {}) {
  if (names.length === 0) return unnamed(table, full);
  const wanted = new Set();
  const want = (name) => {
    const stage = table.find((one) => one.name === name);
    if (stage === undefined) throw new Failure(`no stage ${name}; there are: ${table.map((one) => one.name).join(", ")}`);
    wanted.add(stage);
    (stage.after ?? []).forEach(want);
  };
  names.forEach(want);
  return table.filter((stage) => wanted.has(stage));
}
