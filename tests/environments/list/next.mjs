// Next: a client component, a server component, a route and an edge route, built by both of its bundlers and in
// development.
import { BOTH, check, checkPrinted, probeFiles } from "../lib/probes.mjs";
import { verdictOfPage } from "../lib/site.mjs";

const judge = `import { judgeValidator } from "./validator.js";
import { judgeService } from "./service.js";

export const verdict = async () => [judgeValidator(), await judgeService()].join("\\n");
`;

const route = (runtime) => `import { verdict } from "../../lib/judge.js";

export const dynamic = "force-dynamic";
${runtime === undefined ? "" : `export const runtime = "${runtime}";\n`}
export async function GET() {
  return new Response(await verdict());
}
`;

const source = {
  "lib/judge.js": judge,
  ...probeFiles(BOTH, { folder: "lib/" }),
  "app/layout.js": `export default function Layout({ children }) {\n  return <html lang="en" suppressHydrationWarning><body>{children}</body></html>;\n}\n`,
  "app/client/page.js": `"use client";
import { useEffect } from "react";
import { verdict } from "../../lib/judge.js";

export default function Page() {
  useEffect(() => {
    const say = (text) => { document.documentElement.dataset.verdict = text; };
    verdict().then(say, (error) => say("threw " + error.stack));
  }, []);
  return <p>client</p>;
}
`,
  "app/server/page.js": `import { verdict } from "../../lib/judge.js";

export default async function Page() {
  return <pre>{await verdict()}</pre>;
}
`,
  "app/route/route.js": route(),
};

const edge = { "app/edge/route.js": route("edge") };

/** The response of a path, as text. */
const textOf = async (url) => (await fetch(url, { signal: AbortSignal.timeout(60_000) })).text();

/** A running server's parts. `args` starts it. */
const parts = (label, args) => {
  const served = (what, test, more = {}) => ({
    what: `${label}, ${what}`,
    test: async (app) => {
      const { base, output } = await app.server("next", args, { path: "favicon.ico" });
      try {
        await test(base);
      } catch (error) {
        throw new Error(`${error.message}\nThe server printed:\n${output()}`);
      }
    },
    ...more,
  });
  return {
    client: served("client component", async (base) => check(await verdictOfPage(`${base}client`), BOTH), { browser: true }),
    server: served("server component", async (base) => checkPrinted(await textOf(`${base}server`), BOTH)),
    route: served("route", async (base) => check(await textOf(`${base}route`), BOTH)),
  };
};

const edgePart = (label, args) => ({
  edge: {
    what: `${label}, edge route`,
    test: async (app) => {
      const { base, output } = await app.server("next", args, { path: "favicon.ico" });
      try {
        check(await textOf(`${base}edge`), BOTH);
      } catch (error) {
        throw new Error(`${error.message}\nThe server printed:\n${output()}`);
      }
    },
  },
});

const start = (port) => ["start", "--port", String(port)];
const dev = (port) => ["dev", "--port", String(port)];

/** Two apps: Node and browser, and the edge route. A failing build affects one of them only. */
const built = (name, label, ...flags) => [
  {
    name,
    family: "next",
    tool: "next",
    prepare: async (app) => {
      await app.write(source);
      await app.tool("next", "build", ...flags);
    },
    parts: parts(label, start),
  },
  {
    name,
    key: `${name}-edge`,
    family: "next",
    tool: "next",
    prepare: async (app) => {
      await app.write({ ...source, ...edge });
      await app.tool("next", "build", ...flags);
    },
    parts: edgePart(label, start),
  },
];

export const apps = [
  ...built("next", "Next, built by Turbopack"),
  ...built("next-webpack", "Next, built by webpack", "--webpack"),
  {
    name: "next-dev",
    family: "next",
    tool: "next",
    prepare: (app) => app.write({ ...source, ...edge }),
    parts: { ...parts("Next, development", dev), ...edgePart("Next, development", dev) },
  },
];
