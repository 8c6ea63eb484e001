// Tests of set-up: its checks, its installations and its messages.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { at, atLeast, digest, lockedVersion } from "../lib.mjs";
import { ensure, MINIMUM_RUST, outOfDate, requirements } from "../setup.mjs";

/** Runs set-up as a person does, with another environment. */
function setup(env = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [at("scripts", "setup.mjs")], {
    cwd: at(),
    encoding: "utf8",
    env: { ...process.env, ...env },
  });
  return { status, stdout, stderr };
}

/** Adds a requirement for one test. */
async function withRequirement(requirement, body) {
  requirements.forThisTest = { what: "a thing", why: "this test needs it", byHand: "install-it --now", ...requirement };
  try {
    await body();
  } finally {
    delete requirements.forThisTest;
  }
}

test("versions are compared number by number", () => {
  assert.equal(atLeast("20.9.0", "20.10.0"), false);
  assert.equal(atLeast("20.10.0", "20.9.0"), true);
  assert.equal(atLeast("cargo 1.95.0 (f2d3ce0bd 2026-03-21)", "1.88.0"), true);
  assert.equal(atLeast("24", "24.0.0"), true);
  assert.equal(atLeast("no number", "1"), false);
});

test("Cargo.lock's version is that of the package itself, not of one whose name begins like it", () => {
  const lock = [
    '[[package]]\nname = "a-b"\nversion = "1.0.0"\n',
    '[[package]]\nname = "a"\nversion = "2.3.4"\ndependencies = [\n "a-b",\n]\n',
  ].join("\n");
  assert.equal(lockedVersion(lock, "a"), "2.3.4");
  assert.equal(lockedVersion(lock, "a-b"), "1.0.0");
  assert.throws(() => lockedVersion(lock, "b"), /Cargo.lock names no b/);
});

test("the minimum Rust version is the one in Cargo.toml", () => {
  const [, version] = /^rust-version = "(.*)"$/m.exec(readFileSync(at("Cargo.toml"), "utf8"));
  assert.equal(MINIMUM_RUST, `${version}.0`);
});

test("package-lock.json names no registry's host", () => {
  assert.doesNotMatch(readFileSync(at("package-lock.json"), "utf8"), /"resolved": "https?:/);
});

test("installed packages are up to date where versions agree and only other machines' packages are absent", () => {
  const wanted = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b-win32": { version: "1.0.0", optional: true },
    },
  };
  assert.equal(outOfDate(wanted, { packages: { "node_modules/a": { version: "1.0.0" } } }), null);
  assert.equal(outOfDate(wanted, { packages: { "node_modules/a": { version: "1.0.1" } } }), "a 1.0.0: found 1.0.1");
  assert.equal(outOfDate(wanted, { packages: {} }), "a 1.0.0: absent");
});

test("if nothing is missing, set-up ends at once with one line", () => {
  const { status, stdout } = setup();
  assert.equal(status, 0);
  assert.equal(stdout, "Nothing is missing.\n");
});

test("without cargo, set-up ends with what to install by hand", () => {
  const { status, stdout, stderr } = setup({ PATH: "/nonexistent" });
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^\nRust 1\.88\.0 or newer is needed: it compiles the core \(no cargo on the search path\)\./);
  assert.match(stderr, /To install it by hand:\n {2}install rustup/);
});

test("a present requirement is not installed again", () =>
  withRequirement({ missing: () => null, install: () => assert.fail("installed") }, () => ensure("forThisTest")));

test("a failed installation says what failed and what to do by hand", () =>
  withRequirement({ missing: () => "not there", install: () => Promise.reject(new Error("no network")) }, () =>
    assert.rejects(ensure("forThisTest"), {
      message: "a thing could not be installed.\nno network\n\nTo install it by hand:\n  install-it --now",
    }),
  ));

test("an installation that changes nothing is a failure", () =>
  withRequirement({ missing: () => "not there", install: async () => {} }, () =>
    assert.rejects(ensure("forThisTest"), /was installed, but is still missing: not there\.[^]*install-it --now/),
  ));

test("a digest changes with a file's content and with the rest, and with nothing else", () => {
  assert.equal(digest([at("webdriver.json")], 1), digest([at("webdriver.json")], 1));
  assert.notEqual(digest([at("webdriver.json")], 1), digest([at("webdriver.json")], 2));
  assert.notEqual(digest([at("webdriver.json")]), digest([at("tsconfig.json")]));
});
