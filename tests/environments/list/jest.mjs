// Jest, in Node and in jsdom: ES modules, transformed by Babel, and CommonJS without a transform.
import { BOTH, probeFiles, testFile, VALIDATOR } from "../lib/probes.mjs";

const jest = (app, environment, ...flags) =>
  app.run(app.nodePath, [...flags, "node_modules/jest/bin/jest.js", `--env=${environment}`, "--ci", "--watchman=false"]);

const files = (probes, commonJs) => ({ ...probeFiles(probes, { commonJs }), "app.test.js": testFile(probes, "", { commonJs }) });

const esmNeeded = "nothing (`--experimental-vm-modules`, Jest's flag for ES modules)";
const babelNeeded = "nothing (Babel's preset-env, as Jest's manual sets it up)";

export const apps = [
  {
    name: "jest-esm",
    family: "jest",
    tool: "jest",
    prepare: (app) => app.write({ "package.json": { type: "module" } }),
    parts: {
      node: {
        what: "Jest, ES modules, Node",
        needed: esmNeeded,
        test: async (app) => {
          await app.write(files(BOTH, false));
          await jest(app, "node", "--experimental-vm-modules");
        },
      },
      jsdom: {
        what: "Jest, ES modules, jsdom",
        needed: esmNeeded,
        test: async (app) => {
          await app.write(files(VALIDATOR, false));
          await jest(app, "jsdom", "--experimental-vm-modules");
        },
      },
    },
  },
  {
    name: "jest-babel",
    family: "jest",
    tool: "jest",
    prepare: (app) =>
      app.write({
        "babel.config.js": `module.exports = { presets: [["@babel/preset-env", { targets: { node: "current" } }]] };\n`,
        ...files(VALIDATOR, false),
      }),
    parts: {
      node: { what: "Jest, transformed by Babel, Node", needed: babelNeeded, test: (app) => jest(app, "node") },
      jsdom: { what: "Jest, transformed by Babel, jsdom", needed: babelNeeded, test: (app) => jest(app, "jsdom") },
    },
  },
  {
    name: "jest-commonjs",
    family: "jest",
    tool: "jest",
    prepare: (app) => app.write(files(VALIDATOR, true)),
    parts: {
      node: { what: "Jest, CommonJS as it comes, Node", test: (app) => jest(app, "node") },
      jsdom: { what: "Jest, CommonJS as it comes, jsdom", test: (app) => jest(app, "jsdom") },
    },
  },
];
