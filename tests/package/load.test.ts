// Loading the WebAssembly on platforms that lack many APIs, and the errors where it cannot run.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createContext, runInContext } from "node:vm";
import { describe, expect, test } from "vitest";
import { NAME_LIMIT } from "../../js/generated/rules.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const ENVIRONMENT = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

type Package = typeof import("agent-registrar");

/** The package as a classic script in a realm without platform APIs. */
function inBareRealm(options: { wasm: boolean; setup?: string }): { call: (expression: string) => unknown } {
  const context = createContext({}, { codeGeneration: { strings: true, wasm: options.wasm } });
  runInContext(`"use strict"; ${options.setup ?? ""}`, context);
  runInContext(readFileSync(`${root}dist/agent-registrar.global.js`, "utf8"), context);
  return { call: (expression) => JSON.parse(runInContext(`JSON.stringify(${expression})`, context)) as unknown };
}

/** The exception of a call, as data. */
const thrownBy = (call: string) =>
  `(() => { try { ${call}; } catch (e) { return { name: e.name, reason: e.reason, message: e.message, cause: String(e.cause) }; } })()`;

/** Runs a program in a process of its own. */
function node(program: string, { type = "module", args = [] as string[] } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...args, `--input-type=${type}`, "-e", program], {
    cwd: root,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

describe("without TextEncoder, TextDecoder, Buffer, atob and fetch", () => {
  const realm = inBareRealm({ wasm: true });

  test("it validates", () => {
    expect(realm.call(`typeof TextEncoder + typeof Buffer + typeof atob + typeof fetch`)).toBe("undefined".repeat(4));
    const body = { details: { name: " Ada ", environment_id: ENVIRONMENT } };
    expect(realm.call(`AgentRegistrar.validateCreateAgent(${JSON.stringify(body)})`)).toMatchObject({
      ok: true,
      value: { details: { name: "Ada" } },
    });
    expect(realm.call(`AgentRegistrar.validateCreateAgent({ details: { name: "" } }).issues.map(({ reason }) => reason)`)).toEqual([
      "blank",
      "missing",
    ]);
    expect(realm.call(`AgentRegistrar.isPfid("${ENVIRONMENT}")`)).toBe(true);
  });

  test.each(["a", "é", "€", "😀", "\u{10ffff}", "\u0800", "\u07ff", "\uffff"])("%j counts as one character", async (character) => {
    const { validateCreateAgent } = await import("agent-registrar");
    for (const name of [character.repeat(NAME_LIMIT), character.repeat(NAME_LIMIT + 1), `x${character}`, `\u2003${character}\u3000`]) {
      const body = { details: { name, environment_id: ENVIRONMENT, description: character.repeat(300) } };
      expect(realm.call(`AgentRegistrar.validateCreateAgent(${JSON.stringify(body)})`)).toEqual(
        JSON.parse(JSON.stringify(validateCreateAgent(body))),
      );
    }
  });

  test("a lone surrogate is refused", () => {
    expect(realm.call(`AgentRegistrar.validateCreateAgent({ details: { name: "a\\ud800", environment_id: "${ENVIRONMENT}" } }).ok`)).toBe(
      false,
    );
  });
});

describe("a runtime that can't run it gets one error, at the first call", () => {
  test.each([
    [
      "no WebAssembly",
      { wasm: true, setup: "delete globalThis.WebAssembly;" },
      "no_webassembly",
      /no WebAssembly\. Call this package in one that has/,
    ],
    ["bytes refused", { wasm: false }, "refused", /refused the WebAssembly \(.*disallowed by embedder.*"workerd" or "edge-light"/],
    [
      "a policy in the words of Firefox",
      {
        wasm: true,
        setup: `WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError("call to WebAssembly.Module() blocked by CSP"); } };`,
      },
      "blocked_by_policy",
      /Content-Security-Policy forbids WebAssembly\. Add 'wasm-unsafe-eval' to its script-src/,
    ],
    [
      "a policy in the words of WebKit",
      {
        wasm: true,
        setup: `WebAssembly.Module = class { constructor() { throw new EvalError("Refused to create a WebAssembly object because 'unsafe-eval' or 'wasm-unsafe-eval' is not an allowed source of script"); } };`,
      },
      "blocked_by_policy",
      /Add 'wasm-unsafe-eval'/,
    ],
  ])("%s", (_, options, reason, message) => {
    const realm = inBareRealm(options);
    for (const call of [
      "validateCreateAgent({})",
      "validateUpdateAgent(null)",
      `isPfid("${ENVIRONMENT}")`,
      `createAgentSchema["~standard"].validate(1)`,
      "validateCreateAgent({})",
    ]) {
      const thrown = realm.call(thrownBy(`AgentRegistrar.${call}`)) as { message: string };
      expect(thrown).toMatchObject({ name: "WasmLoadError", reason });
      expect(thrown.message).toMatch(message);
      expect(thrown.message).toMatch(/^agent-registrar: /);
    }
  });

  test("a later call tries again", () => {
    const realm = inBareRealm({ wasm: true, setup: "globalThis.kept = WebAssembly; delete globalThis.WebAssembly;" });
    expect(realm.call(thrownBy("AgentRegistrar.validateCreateAgent({})"))).toMatchObject({ reason: "no_webassembly" });
    expect(realm.call(`(globalThis.WebAssembly = kept, AgentRegistrar.validateCreateAgent({}).ok)`)).toBe(false);
  });

  test("the service gives the same error", () => {
    const { stdout } = node(
      `delete globalThis.WebAssembly;
       const { createRegistrar, WasmLoadError } = await import("agent-registrar/service");
       try { createRegistrar(); } catch (e) { console.log(e instanceof WasmLoadError, e.reason); }`,
    );
    expect(stdout).toBe("true no_webassembly\n");
  });
});

describe("passed by the caller", () => {
  const bytes = (name: string) => readFileSync(`${root}dist/${name}.wasm`);

  test("the validator, as bytes and as a module", () => {
    const program = `import { readFileSync } from "node:fs";
      import { initializeWasm, validateCreateAgent, isPfid, WasmLoadError } from "agent-registrar/slim";
      try { validateCreateAgent({}); } catch (e) { console.log(e instanceof WasmLoadError, e.reason); }
      for (const wrong of [null, 1, "x", {}, []]) {
        try { initializeWasm({ validator: wrong }); } catch (e) { console.log(e.name); }
      }
      try { initializeWasm({ validator: new Uint8Array(3) }); } catch (e) { console.log(e.name, e.reason); }
      const read = (name) => readFileSync(new URL(import.meta.resolve("agent-registrar/" + name + ".wasm")));
      initializeWasm({ validator: read("validator"), agent: new WebAssembly.Module(read("agent")) });
      console.log(validateCreateAgent({}).ok, isPfid("${ENVIRONMENT}"));`;
    expect(node(program).stdout.split("\n")).toEqual([
      "true not_initialized",
      ...Array(5).fill("TypeError"),
      "WasmLoadError refused",
      "false true",
      "",
    ]);
  });

  test("the service", async () => {
    const { createRegistrar } = await import("agent-registrar/service");
    const slim = await import("agent-registrar/service/slim");
    for (const wasm of [bytes("service"), new WebAssembly.Module(bytes("service"))]) {
      for (const create of [createRegistrar, slim.createRegistrar]) expect(create({ wasm }).defaults.account_id).toMatch(/^[0-9a-z]{32}$/);
    }
    expect(() => createRegistrar({ wasm: "service.wasm" as never })).toThrow(
      new TypeError("wasm: must be a WebAssembly.Module or its bytes"),
    );
    // @ts-expect-error It has none of its own.
    expect(() => slim.createRegistrar({})).toThrow(/hand in the WebAssembly first/);
  });
});

test("the slim entries contain no bytes", () => {
  for (const file of ["slim.js", "slim.cjs", "service.slim.js", "service.slim.cjs"]) {
    expect(readFileSync(`${root}dist/${file}`, "utf8")).not.toMatch(/[0-9a-f]{200}|\.\/wasm\//);
  }
});

test("every entry loads as a module and in CommonJS, and exports the same names", async () => {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { exports: Record<string, { require?: string }> };
  const subpaths = Object.keys(exports).filter((name) => exports[name]?.require !== undefined);
  expect(subpaths).toHaveLength(9);
  const names = (load: string) =>
    `for (const name of ${JSON.stringify(subpaths)}) console.log(name, Object.keys(${load}("agent-registrar" + name.slice(1))).filter((key) => key !== "module.exports" && key !== "__esModule").sort().join());`;
  const modules = node(names("await import"));
  const commonJs = node(names("require"), { type: "commonjs" });
  expect(modules.stderr + commonJs.stderr).toBe("");
  expect(commonJs.stdout).toBe(modules.stdout);
});

test("Node loads one copy for import and one for require: their ids differ and are valid", async () => {
  const { createRequire } = await import("node:module");
  const commonJs = createRequire(import.meta.url)("agent-registrar") as Package;
  const { generatePfid, isPfid } = await import("agent-registrar");
  const ids = [generatePfid({ partition: 1 }), commonJs.generatePfid({ partition: 1 })];
  expect(new Set(ids).size).toBe(2);
  for (const id of ids) expect(isPfid(id) && commonJs.isPfid(id)).toBe(true);
});

test("Node loads the root entry from one file", () => {
  const text = readFileSync(fileURLToPath(import.meta.resolve("agent-registrar")), "utf8");
  expect(text).not.toMatch(/^\s*(import|export) .*from "/m);
  // The bytes have lines of their own: engines print the line of an uncaught error.
  const lines = text.split("\n").filter((line) => /[0-9a-f]{200}/.test(line));
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line).toMatch(/^[0-9a-f]+$/);
});

describe("an uncaught error shows names and the caller's line, and no bytes", () => {
  const esm = (name: string, from: string, call: string) =>
    `import { ${name} } from "${from}";\nfunction mine() {\n  return ${call};\n}\nmine();\n`;
  const cjs = (name: string, from: string, call: string) =>
    `const { ${name} } = require("${from}");\nfunction mine() {\n  return ${call};\n}\nmine();\n`;
  const cases = [
    ["agent-registrar", "buildAgentResponse", `buildAgentResponse({ name: "" })`],
    ["agent-registrar/service", "createRegistrar", `createRegistrar({ accounts: [{ id: "x" }] })`],
  ] as const;

  test.each(cases)("%s", async (from, name, call) => {
    const { build } = await import("esbuild");
    const bundle = async (format: "esm" | "cjs", minify = false) => {
      const { outputFiles } = await build({
        stdin: { contents: esm(name, from, call), resolveDir: root },
        bundle: true,
        write: false,
        format,
        minify,
        keepNames: minify,
        platform: "node",
      });
      return outputFiles[0]?.text ?? "";
    };
    const { mkdtempSync, rmSync, writeFileSync } = await import("node:fs");
    // Below the repository, so that the package's own name resolves.
    const folder = mkdtempSync(`${root}build/uncaught-`);
    try {
      const files = {
        "a.mjs": esm(name, from, call),
        "a.cjs": cjs(name, from, call),
        "b.mjs": await bundle("esm"),
        "b.cjs": await bundle("cjs"),
        "c.mjs": await bundle("esm", true),
        "c.cjs": await bundle("cjs", true),
      };
      for (const [file, contents] of Object.entries(files)) {
        writeFileSync(`${folder}/${file}`, contents);
        const { stderr } = spawnSync(process.execPath, [`${folder}/${file}`], { encoding: "utf8" });
        expect(stderr, file).toMatch(new RegExp(`TypeError: [\\s\\S]* at ${name} [\\s\\S]* at mine `));
        expect(stderr, file).not.toMatch(/[0-9a-f]{64}/);
        // The paths of this machine aside. A minified line is as long as the user's bundler made it.
        if (!file.startsWith("c.")) expect(stderr.replaceAll(root, "").length, file).toBeLessThan(2_000);
      }
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
