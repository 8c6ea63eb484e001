// Astro: the package in a page's script and in the component that makes the page.
import { BOTH, checkPrinted, program } from "../lib/probes.mjs";

const page = `---
import { judgeValidator } from "../server/validator.js";
import { judgeService } from "../server/service.js";
const verdict = [judgeValidator(), await judgeService()].join("\\n");
---
<!doctype html>
<html lang="en">
  <head><meta charset="utf-8" /><title>An app</title></head>
  <body>
    <pre>{verdict}</pre>
    <script>
      import "../client/main.js";
    </script>
  </body>
</html>
`;

export const apps = [
  {
    name: "astro",
    family: "astro",
    tool: "astro",
    node: "node-24",
    prepare: (app) =>
      app.write({
        "package.json": { type: "module" },
        "src/pages/index.astro": page,
        ...program(BOTH, "page", { folder: "src/client/" }),
        ...program(BOTH, "console", { folder: "src/server/" }),
      }),
    parts: {
      build: {
        what: "Astro, build: the page's script",
        browser: true,
        test: async (app) => {
          await app.tool("astro", "build");
          await app.checkPage("dist", BOTH);
        },
      },
      "build-component": {
        what: "Astro, build: the component on the server",
        test: async (app) => {
          await app.tool("astro", "build");
          checkPrinted(await app.read("dist/index.html"), BOTH);
        },
      },
      dev: {
        what: "Astro, dev server: both",
        browser: true,
        test: async (app) => {
          const { base } = await app.server("astro", (port) => ["dev", "--port", String(port)]);
          checkPrinted(await (await fetch(base)).text(), BOTH);
          await app.close();
          await app.checkServed("astro", (port) => ["dev", "--port", String(port)], BOTH);
        },
      },
    },
  },
];
