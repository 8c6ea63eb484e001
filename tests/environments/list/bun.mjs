// Bun: as a runtime, as a bundler, as a test runner, and as the maker of one executable.
import { existsSync } from "node:fs";
import { Skipped } from "../lib/packages.mjs";
import { BOTH, checkPrinted, html, program, testFile } from "../lib/probes.mjs";

/** Bun's executable, which comes in a package of its own for each system. */
function bun(app, ...args) {
  const cpu = { x64: "x64", arm64: "aarch64" }[process.arch];
  const path = app.path("node_modules", "@oven", `bun-${process.platform}-${cpu}`, "bin", "bun");
  if (!existsSync(path)) throw new Skipped(`the registry has no Bun for ${process.platform} ${process.arch}`);
  return app.run(path, args);
}

export const apps = [
  {
    name: "bun",
    family: "bun",
    tool: "bun",
    prepare: (app) =>
      app.write({
        "package.json": { type: "module" },
        ...program(BOTH, "console"),
        ...program(BOTH, "page", { main: "page" }),
        ...program(BOTH, "console", { folder: "commonjs/", commonJs: true, extension: "cjs" }),
        "out/index.html": html("page.js"),
        "app.test.js": testFile(BOTH, 'import { expect, test } from "bun:test";'),
      }),
    parts: {
      run: {
        what: "Bun, `bun run`",
        test: async (app) => checkPrinted((await bun(app, "run", "main.js")).stdout, BOTH),
      },
      commonjs: {
        what: "Bun, `require`",
        test: async (app) => checkPrinted((await bun(app, "run", "commonjs/main.cjs")).stdout, BOTH),
      },
      test: {
        what: "Bun, `bun test`",
        test: (app) => bun(app, "test"),
      },
      "build-page": {
        what: "Bun, `bun build` for a page",
        browser: true,
        test: async (app) => {
          await bun(app, "build", "page.js", "--outdir", "out");
          await app.checkPage("out", BOTH);
        },
      },
      "build-node": {
        what: "Bun, `bun build --target=node`, run in Node",
        test: async (app) => {
          await bun(app, "build", "main.js", "--target=node", "--outfile", "node/main.mjs");
          await app.checkAlone("node/main.mjs", BOTH);
        },
      },
      "build-bun": {
        what: "Bun, `bun build --target=bun`, run in Bun",
        test: async (app) => {
          await bun(app, "build", "main.js", "--target=bun", "--outfile", "bun/main.js");
          const folder = await app.alone("bun");
          checkPrinted((await bun(app, "run", `${folder}/bun/main.js`)).stdout, BOTH);
        },
      },
      compile: {
        what: "Bun, `bun build --compile`",
        test: async (app) => {
          await bun(app, "build", "main.js", "--compile", "--outfile", "exe/app");
          const folder = await app.alone("exe");
          checkPrinted((await app.run(`${folder}/exe/app`, [], { cwd: folder })).stdout, BOTH);
        },
      },
    },
  },
];
