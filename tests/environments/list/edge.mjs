// Test runners inside edge runtimes: Cloudflare's workerd, and Vercel's Edge Runtime.
import { BOTH, probeFiles, testFile } from "../lib/probes.mjs";

const HEAD = 'import { expect, test } from "vitest";';

export const apps = [
  {
    name: "vitest-workers",
    family: "vitest-workers",
    tool: "@cloudflare/vitest-plugin",
    node: "node-24",
    parts: {
      "": {
        what: "Vitest inside workerd (`@cloudflare/vitest-plugin`)",
        needed: "nothing (the plugin with the worker's `wrangler.jsonc`)",
        test: async (app) => {
          await app.write({
            "package.json": { type: "module" },
            "vitest.config.js": `import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

export default defineConfig({ plugins: [cloudflareTest({ wrangler: { configPath: "./wrangler.jsonc" } })] });
`,
            "wrangler.jsonc": { name: "app", main: "index.js", compatibility_date: "2026-04-01" },
            "index.js": "export default { fetch: () => new Response() };\n",
            ...probeFiles(BOTH),
            "app.test.js": testFile(BOTH, HEAD),
          });
          await app.tool("vitest", "run");
        },
      },
    },
  },
  {
    name: "edge-runtime",
    family: "edge-runtime",
    tool: "@edge-runtime/vm",
    node: "node-24",
    parts: {
      vitest: {
        what: "Vitest, `edge-runtime`",
        test: async (app) => {
          await app.write({ "package.json": { type: "module" }, ...probeFiles(BOTH), "app.test.js": testFile(BOTH, HEAD) });
          await app.tool("vitest", "run", "--environment", "edge-runtime");
        },
      },
      jest: {
        what: "Jest, `@edge-runtime/jest-environment`, CommonJS as it comes",
        test: async (app) => {
          await app.write({
            "package.json": { type: "commonjs" },
            ...probeFiles(BOTH, { commonJs: true }),
            "app.test.js": testFile(BOTH, "", { commonJs: true }),
          });
          await app.tool("jest", "--env=@edge-runtime/jest-environment", "--ci", "--watchman=false");
        },
      },
    },
  },
];
