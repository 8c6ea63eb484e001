// Deno, with the node_modules that npm installed.
import { existsSync } from "node:fs";
import { Skipped } from "../lib/packages.mjs";
import { BOTH, checkPrinted, program } from "../lib/probes.mjs";

/** Deno's executable, from the package for this system. */
function deno(app, ...args) {
  const libc = process.platform === "linux" ? "-glibc" : "";
  const path = app.path("node_modules", "@deno", `${process.platform}-${process.arch}${libc}`, "deno");
  if (!existsSync(path)) throw new Skipped(`the registry has no Deno for ${process.platform} ${process.arch}`);
  return app.run(path, args);
}

export const apps = [
  {
    name: "deno",
    family: "deno",
    tool: "deno",
    prepare: (app) =>
      app.write({
        "package.json": { type: "module" },
        ...program(BOTH, "console"),
        "app.test.js": `import { judgeValidator } from "./validator.js";\nDeno.test("it judges", () => { if (!judgeValidator().startsWith("validator: true")) throw new Error(judgeValidator()); });\n`,
      }),
    parts: {
      run: {
        what: "Deno, `deno run` without permissions",
        test: async (app) => checkPrinted((await deno(app, "run", "--no-prompt", "main.js")).stdout, BOTH),
      },
      test: {
        what: "Deno, `deno test`",
        test: (app) => deno(app, "test", "--no-check"),
      },
      check: {
        what: "Deno, `deno check` of TypeScript",
        test: async (app) => {
          await app.write({
            "check.ts": `import { validateCreateAgent } from "agent-registrar";\nconst result = validateCreateAgent({});\nexport const ok: boolean = result.ok;\n// @ts-expect-error \`ok\` is a boolean.\nexport const wrong: string = result.ok;\n`,
          });
          await deno(app, "check", "check.ts");
        },
      },
    },
  },
];
