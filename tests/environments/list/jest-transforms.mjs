// Jest with the usual transformers for TypeScript: ts-jest and SWC.
import { BOTH, probeFiles, testFile, VALIDATOR } from "../lib/probes.mjs";

const jest = (app, environment) => app.tool("jest", `--env=${environment}`, "--ci", "--watchman=false");

const typed = (probes) => ({
  ...Object.fromEntries(Object.entries(probeFiles(probes, { extension: "ts" })).map(([name, text]) => [name, `// @ts-nocheck\n${text}`])),
  "app.test.ts": testFile(probes, "// @ts-nocheck").replaceAll('.js"', '"'),
});

const parts = (label, needed, probes) => ({
  node: { what: `Jest, ${label}, Node`, needed, test: async (app) => (await app.write(typed(probes)), jest(app, "node")) },
  jsdom: { what: `Jest, ${label}, jsdom`, needed, test: async (app) => (await app.write(typed(VALIDATOR)), jest(app, "jsdom")) },
});

export const apps = [
  {
    name: "ts-jest",
    family: "jest-transforms",
    tool: "ts-jest",
    prepare: (app) =>
      app.write({
        "jest.config.js": 'module.exports = { preset: "ts-jest" };\n',
        "tsconfig.json": { compilerOptions: { module: "commonjs", target: "es2022", esModuleInterop: true } },
      }),
    parts: parts("ts-jest", "nothing (ts-jest's preset)", BOTH),
  },
  {
    name: "swc-jest",
    family: "jest-transforms",
    tool: "@swc/jest",
    prepare: (app) => app.write({ "jest.config.js": 'module.exports = { transform: { "\\\\.tsx?$": "@swc/jest" } };\n' }),
    parts: parts("SWC", "nothing (`@swc/jest` as its manual sets it up)", BOTH),
  },
];
