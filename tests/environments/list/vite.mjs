// Vite 5 to 8: the dev server, a build, library mode, module workers, and a build for the server.
import { BOTH, checkPrinted, html, mainProgram, probeFiles, program, VALIDATOR } from "../lib/probes.mjs";

/** A page that starts a worker and shows its message. */
const workerPage = `const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const say = (text) => { document.documentElement.dataset.verdict = text; };
worker.onmessage = ({ data }) => say(data);
worker.onerror = (event) => say("threw " + event.message);
`;

const source = {
  "package.json": { type: "module" },
  "index.html": html("/main.js"),
  ...program(BOTH, "page"),
};

const workerSource = {
  "package.json": { type: "module" },
  "index.html": html("/main.js"),
  "main.js": workerPage,
  ...program(BOTH, "worker", { main: "worker" }),
};

const librarySource = {
  "package.json": { type: "module" },
  // Library mode requires these lines.
  "vite.config.js": `export default { build: { lib: { entry: "main.js", name: "App", fileName: "app", formats: ["es", "cjs", "iife"] } } };\n`,
  ...probeFiles(VALIDATOR),
  "main.js": `${mainProgram(VALIDATOR, "console").replace("console.log(text)", "globalThis.document ? (document.documentElement.dataset.verdict = text) : console.log(text)")}`,
  "public/index.html": html("app.iife.js", ""),
};

const vite = (app, ...args) => app.tool("vite", ...args);
const devServer = (port) => ["--port", String(port), "--strictPort"];

/** The apps of one major version. Each starts without the cache of the dev server. */
const versions = (family, label, tags = []) => [
  {
    name: family,
    family,
    tool: "vite",
    tags,
    prepare: (app) => app.write(source),
    parts: {
      dev: {
        what: `${label}, dev server`,
        browser: true,
        test: (app) => app.checkServed("vite", devServer, BOTH),
      },
      build: {
        what: `${label}, build`,
        browser: true,
        test: async (app) => {
          await vite(app, "build");
          await app.checkPage("dist", BOTH);
        },
      },
    },
  },
  {
    name: `${family}-worker`,
    family,
    tool: "vite",
    prepare: (app) => app.write(workerSource),
    parts: {
      dev: {
        what: `${label}, module worker, dev server`,
        browser: true,
        test: (app) => app.checkServed("vite", devServer, BOTH),
      },
      build: {
        what: `${label}, module worker, build`,
        browser: true,
        test: async (app) => {
          await vite(app, "build");
          await app.checkPage("dist", BOTH);
        },
      },
    },
  },
  {
    name: `${family}-library`,
    family,
    tool: "vite",
    prepare: async (app) => {
      await app.write(librarySource);
      await vite(app, "build");
    },
    parts: {
      es: {
        what: `${label}, library mode, ES module run in Node`,
        needed: "nothing (`build.lib`, which is library mode)",
        test: async (app) => {
          const folder = await app.alone("dist/app.js", "package.json");
          const { stdout } = await app.run(app.nodePath, ["app.js"], { cwd: folder });
          checkPrinted(stdout, VALIDATOR);
        },
      },
      cjs: {
        what: `${label}, library mode, CommonJS run in Node`,
        needed: "nothing (`build.lib`, which is library mode)",
        test: (app) => app.checkAlone("dist/app.cjs", VALIDATOR),
      },
      iife: {
        what: `${label}, library mode, iife in a page`,
        needed: "nothing (`build.lib`, which is library mode)",
        browser: true,
        test: (app) => app.checkPage("dist", VALIDATOR),
      },
    },
  },
  {
    name: `${family}-ssr`,
    family,
    tool: "vite",
    prepare: (app) => app.write({ "package.json": { type: "module" }, ...program(BOTH, "console") }),
    parts: {
      "": {
        what: `${label}, build for the server`,
        test: async (app) => {
          await vite(app, "build", "--ssr", "main.js");
          await app.checkNode("dist/main.js", BOTH);
        },
      },
    },
  },
];

export const apps = [
  ...versions("vite-5", "Vite 5"),
  ...versions("vite-6", "Vite 6"),
  ...versions("vite-7", "Vite 7"),
  ...versions("vite-8", "Vite 8", ["quick"]),
];
