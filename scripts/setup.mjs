// Installs missing requirements, and prints each with its reason. Returns at once if nothing is missing.
//
//   npm run setup            what `npm start` needs
//   npm run setup -- --test  what `npm test` needs as well
import { existsSync, readFileSync } from "node:fs";
import { at, atLeast, duration, fail, Failure, isMain, output, quietly, say, toolsDir, wasmBindgenVersion, which } from "./lib.mjs";
import { venv } from "./python.mjs";

const LEAST_NODE = "20.19.0";
/** The same as `rust-version` in Cargo.toml, with the patch number that rustup wants. */
export const MINIMUM_RUST = "1.88.0";

const CARGO_DENY = "0.20.2";
const cargoDenyInstall = ["cargo-deny", "--version", CARGO_DENY, "--locked", "--force", "--root", toolsDir];

/** Chromium, as `CHROME` or the search path has it, or null. */
export const chrome = () => process.env.CHROME ?? which("chromium", "chromium-browser", "google-chrome", "google-chrome-stable");

/**
 * Chromium for pages alone, without what draws windows: `CHROME`, or as the search path has it; where there is none, Chromium. A page
 * takes half the processor time in it.
 */
export const headlessShell = () => process.env.CHROME ?? which("chromium-headless-shell") ?? chrome();

/** Firefox, as `FIREFOX` or the search path has it, or null. Nothing installs it: one stage uses it, where it is. */
export const firefox = () => process.env.FIREFOX ?? which("firefox-esr", "firefox");

/** chromedriver, as `CHROMEDRIVER` or the search path has it, or null. */
export const chromedriver = () => process.env.CHROMEDRIVER ?? which("chromedriver");

/**
 * The requirements of the project, in the order of installation. `missing` returns null, or a short phrase about the
 * present state. `install` installs it. If it fails, or is absent, `byHand` tells a person what to do.
 */
export const requirements = {
  node: {
    what: `Node ${LEAST_NODE} or newer`,
    why: "runs the service and these scripts",
    // Node 21 and 22.0 to 22.11 are newer than 20.19, but cannot `require` a module.
    missing: () =>
      atLeast(process.versions.node, LEAST_NODE) && process.features.require_module ? null : `this is ${process.versions.node}`,
    byHand: "install Node 20.19, 22.12 or newer from your system's packages or from nodejs.org",
  },
  rust: {
    what: `Rust ${MINIMUM_RUST} or newer`,
    why: "compiles the core",
    missing: () => {
      const version = output("cargo", ["--version"]);
      if (version === null) return "no cargo on the search path";
      return atLeast(version, MINIMUM_RUST) ? null : `this is ${version}`;
    },
    byHand: "install rustup from rustup.rs, or run `rustup update stable`",
  },
  wasmTarget: {
    what: "Rust's wasm32-unknown-unknown target",
    why: "the core is compiled to WebAssembly",
    missing: () => {
      const lib = output("rustc", ["--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
      return lib !== null && existsSync(lib) ? null : "not installed";
    },
    install: () => quietly("rustup", ["target", "add", "wasm32-unknown-unknown"]),
    byHand: "rustup target add wasm32-unknown-unknown",
  },
  minimumRust: {
    what: `Rust ${MINIMUM_RUST} itself`,
    why: "the minimum version that Cargo.toml states is tested with that version",
    missing: () => {
      const libraries = output("rustc", [`+${MINIMUM_RUST}`, "--print", "target-libdir", "--target", "wasm32-unknown-unknown"]);
      return libraries !== null && existsSync(libraries) ? null : "not installed";
    },
    install: () =>
      quietly("rustup", [
        "toolchain",
        "install",
        MINIMUM_RUST,
        "--profile",
        "minimal",
        "--target",
        "wasm32-unknown-unknown",
        "--no-self-update",
      ]),
    byHand: `rustup toolchain install ${MINIMUM_RUST} --profile minimal --target wasm32-unknown-unknown`,
  },
  lints: {
    what: "rustfmt and clippy",
    why: "the first two stages of the tests",
    missing: () =>
      output("cargo", ["fmt", "--version"]) !== null && output("cargo", ["clippy", "--version"]) !== null ? null : "not installed",
    install: () => quietly("rustup", ["component", "add", "rustfmt", "clippy"]),
    byHand: "rustup component add rustfmt clippy",
  },
  linker: {
    what: "a C compiler",
    why: "Rust links programs for this machine with it",
    missing: () => (which("cc", "gcc", "clang") === null ? "none on the search path" : null),
    install: () => apt(["gcc", "libc6-dev"]),
    byHand: "install a C compiler, on Debian: apt-get install gcc libc6-dev",
  },
  wasmBindgen: {
    what: () => `wasm-bindgen ${wasmBindgenVersion()}`,
    why: "generates the JavaScript around the core; must have the version in Cargo.lock",
    missing: () => {
      const version = wasmBindgenVersion();
      for (const program of ["wasm-bindgen", "wasm-bindgen-test-runner"]) {
        const found = output(at("target", "tools", "bin", program), ["--version"]);
        if (found !== `${program} ${version}`) return found === null ? "not built yet" : `this is ${found}`;
      }
      return null;
    },
    // Without optimisation and TLS (it talks only to chromedriver on this machine), it builds in a third of the time.
    // Not `--locked`: locked dependencies of a release age, and the newest compatible ones are tested upstream.
    install: () =>
      quietly("cargo", ["install", ...wasmBindgenInstall(wasmBindgenVersion())], {
        env: { CARGO_PROFILE_RELEASE_OPT_LEVEL: "0", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16", CARGO_INCREMENTAL: "0" },
      }),
    takes: "one to five minutes",
    byHand: () => `cargo ${["install", ...wasmBindgenInstall(wasmBindgenVersion())].join(" ")}`,
  },
  cxx: {
    what: "a C++ compiler",
    why: "compiles libFuzzer",
    missing: () => (which("c++", "g++", "clang++") === null ? "none on the search path" : null),
    install: () => apt(["g++"]),
    byHand: "install a C++ compiler, on Debian: apt-get install g++",
  },
  cargoDeny: {
    what: `cargo-deny ${CARGO_DENY}`,
    why: "checks licenses, advisories, versions and sources of dependencies",
    missing: () => {
      const found = output(at("target", "tools", "bin", "cargo-deny"), ["--version"]);
      if (found === `cargo-deny ${CARGO_DENY}`) return null;
      return found === null ? "not built yet" : `this is ${found}`;
    },
    install: () =>
      quietly("cargo", ["install", ...cargoDenyInstall], {
        env: { CARGO_PROFILE_RELEASE_OPT_LEVEL: "1", CARGO_PROFILE_RELEASE_CODEGEN_UNITS: "16", CARGO_INCREMENTAL: "0" },
      }),
    takes: "three to six minutes",
    byHand: `cargo ${cargoDenyInstall.join(" ")}`,
  },
  packages: {
    what: "the npm packages of package-lock.json",
    why: "bundler, TypeScript, wasm-opt and the test runners",
    missing: () => {
      const installed = at("node_modules", ".package-lock.json");
      if (!existsSync(installed)) return "no node_modules";
      const wanted = JSON.parse(readFileSync(at("package-lock.json"), "utf8"));
      return outOfDate(wanted, JSON.parse(readFileSync(installed, "utf8")));
    },
    install: () => quietly("npm", ["ci", "--loglevel=error"]),
    byHand: "npm ci",
  },
  browser: {
    what: "Chromium and chromedriver",
    why: "tests in a real browser",
    missing: () => {
      const absent = [chrome() ?? "Chromium", chromedriver() ?? "chromedriver"].filter((path) => !existsSync(path));
      return absent.length === 0 ? null : `not found: ${absent.join(", ")}`;
    },
    install: () => apt(["chromium", "chromium-driver"], ["chromium-headless-shell"]),
    takes: "about a minute",
    byHand:
      "install both (on Debian: apt-get install chromium chromium-driver, and chromium-headless-shell for speed), or set CHROME and CHROMEDRIVER to their paths",
  },
  venv,
};

/** What `npm start` needs. */
export const forStart = ["node", "rust", "wasmTarget", "linker", "wasmBindgen", "packages"];

/** What `npm test` needs: everything but what only `npm run test:full` and `npm run fuzz` need. */
export const forTest = Object.keys(requirements).filter((name) => !["cargoDeny", "cxx", "minimumRust"].includes(name));

const wasmBindgenInstall = (version) => [
  "wasm-bindgen-cli",
  "--version",
  version,
  "--no-default-features",
  "--bin",
  "wasm-bindgen",
  "--bin",
  "wasm-bindgen-test-runner",
  "--force",
  "--root",
  toolsDir,
];

/** The difference between the wanted and the installed packages, or null. Packages for other machines do not count. */
export function outOfDate(wanted, installed) {
  for (const [path, { version, optional, link }] of Object.entries(wanted.packages)) {
    if (path === "" || link) continue;
    const found = installed.packages[path];
    if (found === undefined ? !optional : found.version !== version) {
      return `${path.replace(/^node_modules\//, "")} ${version}: ${found === undefined ? "absent" : `found ${found.version}`}`;
    }
  }
  return null;
}

/** Installs packages of Debian, and of the `optional` ones those that this release has. */
async function apt(packages, optional = []) {
  if (which("apt-get") === null) throw new Failure("this system has no apt-get");
  const asRoot = process.getuid() === 0 ? [] : ["sudo", "-n"];
  const apt = async (...args) => {
    const [command, ...rest] = [...asRoot, "apt-get", ...args];
    await quietly(command, rest, { env: { DEBIAN_FRONTEND: "noninteractive" } });
  };
  await apt("update");
  const found = optional.filter((name) => output("apt-cache", ["show", name]) !== null);
  await apt("install", "-y", "--no-install-recommends", ...packages, ...found);
}

const text = (value) => (typeof value === "function" ? value() : value);

/** Installs one requirement if it is missing. A `Failure` says what to do by hand. */
export async function ensure(name) {
  const requirement = requirements[name];
  const missing = requirement.missing();
  if (missing === null) return;
  const what = text(requirement.what);
  const byHand = () => `\n\nTo install it by hand:\n  ${text(requirement.byHand)}`;
  if (requirement.install === undefined) throw new Failure(`${what} is needed: it ${requirement.why} (${missing}).${byHand()}`);
  const took = requirement.takes === undefined ? "" : `, ${requirement.takes}`;
  say(`Installing ${what} (${missing}): ${requirement.why}${took} …`);
  const began = Date.now();
  try {
    await requirement.install();
  } catch (error) {
    throw new Failure(`${what} could not be installed.\n${error.message}${byHand()}`);
  }
  const still = requirement.missing();
  if (still !== null) throw new Failure(`${what} was installed, but is still missing: ${still}.${byHand()}`);
  say(`  done in ${duration(Date.now() - began)}`);
}

/** Installs each of these that is missing. Stops at the first failure. */
export async function setup(names) {
  for (const name of names) await ensure(name);
}

if (isMain(import.meta)) {
  const names = process.argv.includes("--test") ? forTest : forStart;
  await setup(names).then(() => say("Nothing is missing."), fail);
}
