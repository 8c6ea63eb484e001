// Rollup with the plugin that resolves packages.
import { BOTH, html, program } from "../lib/probes.mjs";

const bundle = (app, input, ...args) => app.tool("rollup", "--plugin", "node-resolve", "--input", input, ...args);
const needed = "nothing (`@rollup/plugin-node-resolve`, which finds packages)";

export const apps = [
  {
    name: "rollup",
    family: "rollup",
    tool: "rollup",
    prepare: (app) =>
      app.write({ "package.json": { type: "module" }, ...program(BOTH, "page", { main: "page" }), ...program(BOTH, "console") }),
    parts: {
      "es-page": {
        what: "Rollup, ES module, page",
        needed,
        browser: true,
        test: async (app) => {
          await app.write({ "es/index.html": html("page.js") });
          await bundle(app, "page.js", "--format", "es", "--file", "es/page.js");
          await app.checkPage("es", BOTH);
        },
      },
      "iife-page": {
        what: "Rollup, iife, page",
        needed,
        browser: true,
        test: async (app) => {
          await app.write({ "iife/index.html": html("page.js", "") });
          await bundle(app, "page.js", "--format", "iife", "--file", "iife/page.js");
          await app.checkPage("iife", BOTH);
        },
      },
      "es-node": {
        what: "Rollup, ES module, Node",
        needed,
        test: async (app) => {
          await bundle(app, "main.js", "--format", "es", "--file", "node-es/main.mjs");
          await app.checkAlone("node-es/main.mjs", BOTH);
        },
      },
      "cjs-node": {
        what: "Rollup, CommonJS, Node",
        needed,
        test: async (app) => {
          await bundle(app, "main.js", "--format", "cjs", "--file", "node-cjs/main.cjs");
          await app.checkAlone("node-cjs/main.cjs", BOTH);
        },
      },
    },
  },
];
