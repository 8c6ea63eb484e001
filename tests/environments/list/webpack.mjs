// webpack 5, webpack 4 and Rspack without a configuration file, the build for Node apart: entry src/index.js, output dist/main.js.
import { BOTH, html, program, VALIDATOR } from "../lib/probes.mjs";

const workerPage = `const worker = new Worker(new URL("./worker.js", import.meta.url));
const say = (text) => { document.documentElement.dataset.verdict = text; };
worker.onmessage = ({ data }) => say(data);
worker.onerror = (event) => say("threw " + event.message);
`;

/** The common parts; `build` runs the bundler. */
const parts = (label, build) => ({
  build: {
    what: `${label}, production build`,
    browser: true,
    test: async (app) => {
      await app.write({ ...program(BOTH, "page", { folder: "src/", main: "index" }), "dist/index.html": html("main.js", "defer") });
      await build(app, "--mode", "production");
      await app.checkPage("dist", BOTH);
    },
  },
  development: {
    what: `${label}, development build`,
    browser: true,
    test: async (app) => {
      await app.write({ ...program(BOTH, "page", { folder: "src/", main: "index" }), "dist/index.html": html("main.js", "defer") });
      await build(app, "--mode", "development");
      await app.checkPage("dist", BOTH);
    },
  },
  node: {
    what: `${label}, build for Node`,
    needed: 'nothing (`target: "node"`, which is what is tested)',
    test: async (app) => {
      const config = 'module.exports = { target: "node", output: { path: __dirname + "/node" } };\n';
      await app.write({ ...program(BOTH, "console", { folder: "src/", main: "index" }), "node.config.cjs": config });
      await build(app, "--mode", "production", "--config", "node.config.cjs");
      await app.checkAlone("node/main.js", BOTH);
    },
  },
  commonjs: {
    what: `${label}, an app in CommonJS`,
    browser: true,
    test: async (app) => {
      await app.write({
        ...program(BOTH, "page", { folder: "src/", main: "index", commonJs: true }),
        "dist/index.html": html("main.js", "defer"),
      });
      await build(app, "--mode", "production");
      await app.checkPage("dist", BOTH);
    },
  },
  worker: {
    what: `${label}, worker`,
    browser: true,
    test: async (app) => {
      await app.write({
        ...program(BOTH, "worker", { folder: "src/", main: "worker" }),
        "src/index.js": workerPage,
        "dist/index.html": html("main.js", "defer"),
      });
      await build(app, "--mode", "production");
      await app.checkPage("dist", BOTH);
    },
  },
});

export const apps = [
  {
    name: "webpack",
    family: "webpack",
    tool: "webpack",
    node: "node-24",
    parts: {
      ...parts("webpack 5", (app, ...args) => app.tool("webpack", ...args)),
      serve: {
        what: "webpack 5, dev server",
        browser: true,
        test: async (app) => {
          await app.write({ ...program(BOTH, "page", { folder: "src/", main: "index" }), "public/index.html": html("main.js", "defer") });
          await app.checkServed("webpack", (port) => ["serve", "--mode", "development", "--port", String(port)], BOTH);
        },
      },
    },
  },
  {
    name: "webpack-4",
    family: "webpack-4",
    tool: "webpack",
    parts: {
      "": {
        what: "webpack 4, which reads `module` and no `exports`",
        browser: true,
        test: async (app) => {
          await app.write({
            ...program(VALIDATOR, "page", { folder: "src/", main: "index" }),
            "dist/index.html": html("main.js", "defer"),
          });
          await app.tool("webpack", "--mode", "production");
          await app.checkPage("dist", VALIDATOR);
        },
      },
    },
  },
  {
    name: "rspack",
    family: "rspack",
    tool: "@rspack/core",
    parts: parts("Rspack", (app, ...args) => app.tool("rspack", "build", ...args)),
  },
];
