// The tarball through each package manager, in an empty project: npm, pnpm's links, Yarn's Plug'n'Play.
import { BOTH, checkPrinted, program } from "../lib/probes.mjs";

/** A project whose one dependency is the tarball. */
const project = async (app) => {
  await app.write({
    "package.json": { type: "module", dependencies: { "agent-registrar": `file:${app.tarball}` } },
    ...program(BOTH, "console"),
  });
  return app.alone("package.json", "main.js", "validator.js", "service.js");
};

export const apps = [
  {
    name: "install-npm",
    family: "none",
    version: "the one that runs the tests",
    parts: {
      "": {
        what: "npm, `npm install` of the tarball",
        test: async (app) => {
          const cwd = await project(app);
          await app.run("npm", ["install", "--offline", "--no-audit", "--no-fund"], { cwd });
          await app.checkNode("main.js", BOTH, { cwd });
        },
      },
    },
  },
  {
    name: "install-pnpm",
    family: "installers",
    tool: "pnpm",
    parts: {
      "": {
        what: "pnpm, `pnpm install` of the tarball",
        test: async (app) => {
          const cwd = await project(app);
          await app.run(app.path("node_modules", ".bin", "pnpm"), ["install", "--offline"], { cwd });
          await app.checkNode("main.js", BOTH, { cwd });
        },
      },
    },
  },
  {
    name: "install-yarn",
    family: "installers",
    tool: "@yarnpkg/cli-dist",
    parts: {
      pnp: {
        what: "Yarn, Plug'n'Play: the package stays in its archive",
        test: async (app) => {
          const cwd = await project(app);
          const yarn = (...args) =>
            app.run(app.nodePath, [app.path("node_modules", "@yarnpkg", "cli-dist", "bin", "yarn.js"), ...args], {
              cwd,
              env: { YARN_ENABLE_IMMUTABLE_INSTALLS: "false", YARN_ENABLE_TELEMETRY: "0" },
            });
          await yarn("install");
          checkPrinted((await yarn("node", "main.js")).stdout, BOTH);
        },
      },
    },
  },
];
