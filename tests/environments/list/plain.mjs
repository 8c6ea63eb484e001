// Pages without any tool: a static folder under a strict policy, and Service Workers.
import { cp } from "node:fs/promises";
import { BOTH, check, html, probeFiles, program, VALIDATOR } from "../lib/probes.mjs";

/** Policies that allow only the page's own sources, with and without the permission to compile WebAssembly. */
const STRICT = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'none'; img-src data:";
const FORBIDDEN = STRICT.replace(" 'wasm-unsafe-eval'", "");
const OWN_ONLY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

const GLOBAL = "vendor/agent-registrar/dist/agent-registrar.global.js";

/** The file of a subpath for browsers: the `default` of the package's exports. */
function fileOf(app, subpath) {
  let target = app.manifest.exports[subpath];
  while (typeof target === "object") target = target.browser ?? target.import ?? target.default;
  return `./${target.replace(/^\.\//, "vendor/agent-registrar/")}`;
}

/** The probes with paths instead of package names, for a page without a bundler. */
function plainProgram(app, probes, { report = "page", ...options }) {
  const files = program(probes, report, options);
  for (const name of Object.keys(files)) {
    files[name] = files[name]
      .replace('from "agent-registrar/service"', `from ${JSON.stringify(fileOf(app, "./service"))}`)
      .replace('from "agent-registrar"', `from ${JSON.stringify(fileOf(app, "."))}`);
  }
  return files;
}

/** A script that shows that the page runs, and the errors of the first two calls. */
const failingCalls = `const heard = [];
for (let call = 1; call <= 2; call++) {
  try {
    validateCreateAgent({});
    heard.push("no error");
  } catch (error) {
    heard.push(error.name + ": " + error.message);
  }
}
document.documentElement.dataset.verdict = "alive\\n" + heard.join("\\n");
`;

/** Fails unless the page ran and both calls threw an error with the package, the cause and the remedy. */
function checkRefused(text, cause) {
  const [alive, ...errors] = text.split("\n");
  const clear = errors.length >= 2 && errors.filter((line) => line.includes("agent-registrar") && cause.test(line)).length === 2;
  if (alive !== "alive" || !clear) throw new Error(`the page said:\n${text}\ninstead of living and naming ${cause}`);
}

/** The probe as a classic script, with the global instead of an import. */
const classicProgram = (report) => `${probeFiles(VALIDATOR)
  ["validator.js"].replace(/^import (\{.*\}) from .*$/m, "const $1 = AgentRegistrar;")
  .replace("export function", "function")}
${report}
`;

const classicPage = (script) => html(script, "").replace("<script  src", `<script src="${GLOBAL}"></script>\n<script src`);

/** A page that starts a worker and shows its message. */
const workerPage = (kind) => `const worker = new Worker("./${kind}worker.js"${kind === "" ? "" : ', { type: "module" }'});
const say = (text) => { document.documentElement.dataset.verdict = text; };
worker.onmessage = ({ data }) => say(data);
worker.onerror = (event) => say("threw " + event.message);
`;

/** A page that registers a Service Worker and creates an agent through it. */
const registering = (options) => `const TOKEN = "environments";
async function main() {
  await navigator.serviceWorker.register("./sw.js", ${JSON.stringify(options)});
  await navigator.serviceWorker.ready;
  if (navigator.serviceWorker.controller === null) {
    await new Promise((resolve) => navigator.serviceWorker.addEventListener("controllerchange", resolve, { once: true }));
  }
  const send = (method, path, body) => fetch(path, { method, headers: { authorization: "Bearer " + TOKEN, "content-type": "application/json" }, body });
  const environments = await (await send("GET", "/api/v1/environment")).json();
  const environment_id = environments.summaries[0].id;
  const create = async (details) => {
    const response = await send("POST", "/api/v1/agent", JSON.stringify({ details }));
    return [response.status, await response.json()];
  };
  const [goodStatus, good] = await create({ name: " Zoë 🦀 ", environment_id });
  const [badStatus, bad] = await create({ name: " ", environment_id: "nowhere" });
  return "service: " + goodStatus + " " + good.details.name + "; " + badStatus + " " + bad.code;
}
const say = (text) => { document.documentElement.dataset.verdict = text; };
main().then(say, (error) => say("threw " + error.stack));
`;

const worker = (from) =>
  `import { installRegistrar } from ${JSON.stringify(from)};\ninstallRegistrar(self, { tokens: [{ token: "environments" }] });\n`;

export const apps = [
  {
    name: "static",
    family: "none",
    version: "Chromium",
    tags: ["quick"],
    prepare: (app) => cp(app.path("node_modules", "agent-registrar"), app.path("site", "vendor", "agent-registrar"), { recursive: true }),
    parts: {
      module: {
        what: "`<script type=\"module\">` from a static folder, strict policy with `'wasm-unsafe-eval'`",
        browser: true,
        test: async (app) => {
          await app.write({ ...plainProgram(app, VALIDATOR, { folder: "site/" }), "site/module.html": html("main.js") });
          await app.checkPage("site", VALIDATOR, { path: "module.html", policy: STRICT });
        },
      },
      service: {
        what: 'the service in `<script type="module">` from a static folder, strict policy',
        browser: true,
        test: async (app) => {
          await app.write({ ...plainProgram(app, BOTH, { folder: "site/", main: "both" }), "site/service.html": html("both.js") });
          await app.checkPage("site", BOTH, { path: "service.html", policy: STRICT });
        },
      },
      "module-refused": {
        what: "the same without `'wasm-unsafe-eval'`: the page lives, the first call says why it can't work",
        browser: true,
        test: async (app) => {
          const script = `import { validateCreateAgent } from ${JSON.stringify(fileOf(app, "."))};\n${failingCalls}`;
          await app.write({ "site/refused.js": script, "site/refused.html": html("refused.js") });
          checkRefused(await app.verdictOf("site", { path: "refused.html", policy: FORBIDDEN }), /wasm-unsafe-eval/);
        },
      },
      "no-webassembly": {
        what: "a browser without WebAssembly: the page lives, the first call says why it can't work",
        browser: true,
        test: async (app) => {
          const script = `import "./remove.js";\nimport { validateCreateAgent } from ${JSON.stringify(fileOf(app, "."))};\n${failingCalls}`;
          await app.write({
            "site/remove.js": "delete globalThis.WebAssembly;\n",
            "site/without.js": script,
            "site/without.html": html("without.js"),
          });
          checkRefused(await app.verdictOf("site", { path: "without.html", policy: STRICT }), /WebAssembly/);
        },
      },
      "import-map": {
        what: "an import map that names the package",
        browser: true,
        test: async (app) => {
          const map = `<script type="importmap">{"imports":{"agent-registrar":${JSON.stringify(fileOf(app, "."))}}}</script>\n<script`;
          await app.write({
            ...program(VALIDATOR, "page", { folder: "site/map/" }),
            "site/map.html": html("map/main.js").replace("<script", map),
          });
          await app.checkPage("site", VALIDATOR, { path: "map.html" });
        },
      },
      classic: {
        what: "classic `<script>` with the global `AgentRegistrar`, strict policy with `'wasm-unsafe-eval'`",
        browser: true,
        test: async (app) => {
          await app.write({
            "site/classic.js": classicProgram("document.documentElement.dataset.verdict = judgeValidator();"),
            "site/classic.html": classicPage("classic.js"),
          });
          await app.checkPage("site", VALIDATOR, { path: "classic.html", policy: STRICT });
        },
      },
      "classic-refused": {
        what: "the same without `'wasm-unsafe-eval'`: the page lives, the first call says why it can't work",
        browser: true,
        test: async (app) => {
          const script = `const { validateCreateAgent } = AgentRegistrar;\n${failingCalls}`;
          await app.write({ "site/classic-refused.js": script, "site/classic-refused.html": classicPage("classic-refused.js") });
          checkRefused(await app.verdictOf("site", { path: "classic-refused.html", policy: FORBIDDEN }), /wasm-unsafe-eval/);
        },
      },
      worker: {
        what: "a classic worker that loads the global with `importScripts`, strict policy",
        browser: true,
        test: async (app) => {
          await app.write({
            "site/worker.js": `importScripts("./${GLOBAL}");\n${classicProgram("postMessage(judgeValidator());")}`,
            "site/worker-page.js": workerPage(""),
            "site/worker.html": html("worker-page.js"),
          });
          await app.checkPage("site", VALIDATOR, { path: "worker.html", policy: STRICT });
        },
      },
      "module-worker": {
        what: "a module worker from a static folder, strict policy",
        browser: true,
        test: async (app) => {
          const files = plainProgram(app, BOTH, { folder: "site/", main: "module-worker", report: "worker" });
          await app.write({
            ...files,
            "site/worker-page-2.js": workerPage("module-"),
            "site/module-worker.html": html("worker-page-2.js"),
          });
          await app.checkPage("site", BOTH, { path: "module-worker.html", policy: STRICT });
        },
      },
      "service-worker": {
        what: "a Service Worker of type module from a static folder",
        browser: true,
        test: async (app) => {
          await app.write({
            "sw-module/main.js": registering({ type: "module" }),
            "sw-module/sw.js": worker(fileOf(app, "./service-worker")),
            "sw-module/index.html": html("main.js"),
          });
          await cp(app.path("node_modules", "agent-registrar"), app.path("sw-module", "vendor", "agent-registrar"), { recursive: true });
          check(await app.verdictOf("sw-module", { policy: OWN_ONLY }), ["service"]);
        },
      },
    },
  },
  {
    name: "service-worker",
    family: "esbuild",
    tool: "esbuild",
    tags: ["quick"],
    parts: {
      classic: {
        what: "a classic Service Worker, bundled by esbuild as iife",
        browser: true,
        test: async (app) => {
          await app.write({
            "worker.js": worker("agent-registrar/service-worker"),
            "site/main.js": registering({}),
            "site/index.html": html("main.js"),
          });
          await app.tool("esbuild", "worker.js", "--bundle", "--format=iife", "--outfile=site/sw.js");
          check(await app.verdictOf("site", { policy: OWN_ONLY }), ["service"]);
        },
      },
    },
  },
];
