// What checkers of packages say about the tarball, and resolvers that aren't bundlers.
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { root } from "../../../scripts/lib.mjs";

/** All files of a folder, at any depth. */
async function filesOf(folder) {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** What "Are The Types Wrong" finds and what is meant so; anything else, and any of these that it finds no more, is a failure. */
const BY_DESIGN = [
  // Node can't `require` a .wasm file, and no package can change that: these subpaths are for `import` and for bundlers.
  "CJSResolvesToESM ./agent.wasm",
  "CJSResolvesToESM ./service.wasm",
  "CJSResolvesToESM ./service-sql.wasm",
  "CJSResolvesToESM ./validator.wasm",
  // A worker is a default export, by Cloudflare's rule. `require` gives `{ default }`, which is what the typings say.
  "MissingExportEquals dist/cloudflare.cjs",
];

/** A problem as one line. */
const problemLine = ({ kind, entrypoint, implementationFileName, typesFileName }) =>
  `${kind} ${entrypoint ?? (implementationFileName ?? typesFileName).replace("/node_modules/agent-registrar/", "")}`;

/** With the library, because the command exits before its output is flushed to a pipe. */
const CHECK_TYPINGS = `
import { readFileSync } from "node:fs";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
const { problems } = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(process.argv[2]))));
process.stdout.write(JSON.stringify(problems));
`;

async function checkTypings(app) {
  await app.write({ "check-typings.mjs": CHECK_TYPINGS });
  const { stdout } = await app.run(app.nodePath, ["check-typings.mjs", app.tarball]);
  const found = [...new Set(JSON.parse(stdout).map(problemLine))].sort();
  const unexpected = found.filter((line) => !BY_DESIGN.includes(line));
  const gone = BY_DESIGN.filter((line) => !found.includes(line));
  if (unexpected.length + gone.length > 0)
    throw new Error([...unexpected.map((line) => `found: ${line}`), ...gone.map((line) => `no longer found: ${line}`)].join("\n"));
}

export const apps = [
  {
    name: "package",
    family: "none",
    tags: ["quick"],
    parts: {
      paths: {
        what: "no published file names a folder of the machine that built it",
        test: async (app) => {
          const folder = app.path("node_modules", "agent-registrar");
          const folders = [root, homedir(), process.env.CARGO_HOME, process.env.RUSTUP_HOME].filter(
            (path) => path !== undefined && path.length > 1,
          );
          for (const file of await filesOf(folder)) {
            const text = await readFile(file, "latin1");
            const found = folders.find((path) => text.includes(`${path}/`));
            if (found !== undefined) throw new Error(`${file.slice(folder.length + 1)} contains ${found}`);
          }
        },
      },
    },
  },
  {
    name: "publint",
    family: "publint",
    tool: "publint",
    tags: ["quick"],
    parts: { "": { what: "publint, strict", test: (app) => app.tool("publint", "run", app.tarball, "--strict") } },
  },
  {
    name: "attw",
    family: "attw",
    tool: "@arethetypeswrong/cli",
    parts: {
      "": {
        what: "Are The Types Wrong: nothing but what is by design (`require` of a `.wasm`; a worker's default export)",
        test: checkTypings,
      },
    },
  },
  {
    name: "eslint",
    family: "eslint",
    tool: "eslint-plugin-import",
    parts: {
      "": {
        what: "eslint-plugin-import, `import/no-unresolved` and `import/named`",
        test: async (app) => {
          await app.write({
            "package.json": { type: "module" },
            "eslint.config.js": `import plugin from "eslint-plugin-import";\nexport default [{ plugins: { import: plugin }, languageOptions: { ecmaVersion: 2022, sourceType: "module" }, rules: { "import/no-unresolved": "error", "import/named": "error" } }];\n`,
            "app.js": `import { validateCreateAgent } from "agent-registrar";\nexport default validateCreateAgent;\n`,
          });
          await app.tool("eslint", "app.js");
        },
      },
    },
  },
];
