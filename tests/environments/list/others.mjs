// Smaller tools: Browserify, ncc, tsx.
import { BOTH, checkPrinted, html, program, VALIDATOR } from "../lib/probes.mjs";

export const apps = [
  {
    name: "browserify",
    family: "browserify",
    tool: "browserify",
    parts: {
      "": {
        what: "Browserify, page",
        browser: true,
        test: async (app) => {
          await app.write({ ...program(VALIDATOR, "page", { commonJs: true }), "site/index.html": html("page.js", "") });
          await app.tool("browserify", "main.js", "--outfile", "site/page.js");
          await app.checkPage("site", VALIDATOR);
        },
      },
    },
  },
  {
    name: "ncc",
    family: "ncc",
    tool: "@vercel/ncc",
    parts: {
      esm: {
        what: "ncc, ES module",
        test: async (app) => {
          await app.write({ "package.json": { type: "module" }, ...program(BOTH, "console") });
          await app.tool("ncc", "build", "main.js", "--out", "esm");
          await app.write({ "esm/package.json": { type: "module" } });
          await app.checkAlone("esm/index.js", BOTH);
        },
      },
      commonjs: {
        what: "ncc, CommonJS",
        test: async (app) => {
          await app.write({ "package.json": {}, ...program(BOTH, "console", { commonJs: true }) });
          await app.tool("ncc", "build", "main.js", "--out", "commonjs");
          await app.checkAlone("commonjs/index.js", BOTH);
        },
      },
    },
  },
  {
    name: "tsx",
    family: "tsx",
    tool: "tsx",
    parts: {
      esm: {
        what: "tsx, a TypeScript module",
        test: async (app) => {
          await app.write({ "package.json": { type: "module" }, ...program(BOTH, "console", { extension: "ts" }) });
          checkPrinted((await app.tool("tsx", "main.ts")).stdout, BOTH);
        },
      },
      commonjs: {
        what: "tsx, TypeScript as CommonJS",
        test: async (app) => {
          await app.write({ "package.json": { type: "commonjs" }, ...program(BOTH, "console", { extension: "ts" }) });
          checkPrinted((await app.tool("tsx", "main.ts")).stdout, BOTH);
        },
      },
    },
  },
];
