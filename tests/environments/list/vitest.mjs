// Vitest in each of its usual environments, with the package loaded by Node and inlined by Vite.
import { BOTH, probeFiles, testFile, VALIDATOR } from "../lib/probes.mjs";

const HEAD = 'import { expect, test } from "vitest";';

const inlined = `export default { test: { server: { deps: { inline: ["agent-registrar"] } } } };\n`;

/** One environment of Vitest; jsdom has no Request, so the service is left out. */
const part = (environment, inline) => {
  const probes = environment === "jsdom" ? VALIDATOR : BOTH;
  return {
    what: `Vitest, ${environment}${inline ? ", inlined" : ""}`,
    ...(inline ? { needed: "nothing (`server.deps.inline`, which is what is tested)" } : {}),
    test: async (app) => {
      await app.write({ ...probeFiles(probes), "app.test.js": testFile(probes, HEAD), ...(inline ? { "vitest.config.js": inlined } : {}) });
      await app.tool("vitest", "run", "--environment", environment);
    },
  };
};

const app = (name, inline) => ({
  name,
  family: "vitest",
  tool: "vitest",
  node: "node-24",
  prepare: (one) => one.write({ "package.json": { type: "module" } }),
  parts: { node: part("node", inline), jsdom: part("jsdom", inline), "happy-dom": part("happy-dom", inline) },
});

export const apps = [app("vitest", false), app("vitest-inlined", true)];
