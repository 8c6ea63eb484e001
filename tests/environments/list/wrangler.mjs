// wrangler: the bundle for an upload, a local worker, and a copy of worker/.
import { cp } from "node:fs/promises";
import { BOTH, check, probeFiles } from "../lib/probes.mjs";

const worker = `import { judgeValidator } from "./validator.js";
import { judgeService } from "./service.js";

export default {
  async fetch() {
    try {
      return new Response([judgeValidator(), await judgeService()].join("\\n"));
    } catch (error) {
      return new Response(error.stack, { status: 500 });
    }
  },
};
`;

const source = {
  "package.json": { type: "module" },
  "wrangler.jsonc": { name: "app", main: "src/index.js", compatibility_date: "2026-04-01" },
  "src/index.js": worker,
  ...probeFiles(BOTH, { folder: "src/" }),
};

const local = (port, inspector) => [
  "dev",
  "--port",
  String(port),
  "--inspector-port",
  String(inspector),
  "--ip",
  "127.0.0.1",
  "--show-interactive-dev-session=false",
];

/** Checks the responses of a worker that a tool runs. */
async function checkWorker(app, tool, args) {
  const { base, output } = await app.server(tool, args);
  try {
    check(await (await fetch(base)).text(), BOTH);
  } catch (error) {
    throw new Error(`${error.message}\nThe server printed:\n${output()}`);
  }
}

export const apps = [
  {
    name: "wrangler",
    family: "wrangler",
    tool: "wrangler",
    node: "node-24",
    prepare: (app) => app.write(source),
    parts: {
      "dry-run": {
        what: "wrangler, `deploy --dry-run`",
        test: (app) => app.tool("wrangler", "deploy", "--dry-run", "--outdir", "out"),
      },
      local: {
        what: "wrangler, local worker",
        test: (app) => checkWorker(app, "wrangler", local),
      },
    },
  },
  {
    name: "cloudflare-vite",
    family: "cloudflare-vite",
    tool: "@cloudflare/vite-plugin",
    node: "node-24",
    prepare: (app) =>
      app.write({
        ...source,
        "vite.config.js": `import { cloudflare } from "@cloudflare/vite-plugin";\nexport default { plugins: [cloudflare()] };\n`,
      }),
    parts: {
      dev: {
        what: "Cloudflare's Vite plugin, dev server",
        test: (app) => checkWorker(app, "vite", (port) => ["dev", "--port", String(port), "--strictPort"]),
      },
      build: {
        what: "Cloudflare's Vite plugin, build and preview",
        test: async (app) => {
          await app.tool("vite", "build");
          await checkWorker(app, "vite", (port) => ["preview", "--port", String(port), "--strictPort"]);
        },
      },
    },
  },
  {
    name: "worker-copied-out",
    family: "wrangler",
    tool: "wrangler",
    node: "node-24",
    prepare: async (app) => {
      await cp(app.path("node_modules", "agent-registrar", "worker"), app.folder, { recursive: true });
      await cp(app.path(".dev.vars.example"), app.path(".dev.vars"));
    },
    parts: {
      "": {
        what: "the package's `worker/` copied out, as its README says",
        test: async (app) => {
          const { base, output } = await app.server("wrangler", local);
          const response = await fetch(`${base}api/v1/ping`, { headers: { authorization: "Bearer local-token" } });
          if (response.status !== 200)
            throw new Error(`ping answered ${response.status}: ${await response.text()}\nwrangler printed:\n${output()}`);
          const dependency = JSON.parse(await app.read("package.json")).dependencies["agent-registrar"];
          if (/^(file|link):/.test(dependency)) throw new Error(`package.json depends on ${dependency}, which is not beside it`);
        },
      },
    },
  },
];
