// Frameworks on top of Vite: the package in a page that the server renders and in the browser, and in a route.
import { BOTH, check, checkPrinted, probeFiles } from "../lib/probes.mjs";
import { verdictOfPage } from "../lib/site.mjs";

const judge = `import { judgeValidator } from "./validator.js";
import { judgeService } from "./service.js";

export const verdict = async () => [judgeValidator(), await judgeService()].join("\\n");

/** In the browser: writes the result to the page. */
export const tell = () => {
  const say = (text) => { document.documentElement.dataset.verdict = text; };
  verdict().then(say, (error) => say("threw " + error.stack));
};
`;

const lib = (folder) => ({ [`${folder}judge.js`]: judge, ...probeFiles(BOTH, { folder }) });

const textOf = async (url) => (await fetch(url, { signal: AbortSignal.timeout(60_000) })).text();

/** The results of the server rendering, of the browser and of a route. */
async function checkFramework(app, program, args, options) {
  const { base, output } = await app.server(program, args, options);
  try {
    checkPrinted(await textOf(base), BOTH);
    check(await textOf(`${base}route`), BOTH);
    check(await verdictOfPage(base), BOTH);
  } catch (error) {
    throw new Error(`${error.message}\nThe server printed:\n${output()}`);
  }
}

const sveltekit = {
  "package.json": { type: "module", imports: { "#lib/*": "./src/lib/*" } },
  "vite.config.js": `import { sveltekit } from "@sveltejs/kit/vite";\nimport adapter from "@sveltejs/adapter-node";\nexport default { plugins: [sveltekit({ adapter: adapter() })] };\n`,
  "src/app.html": `<!doctype html>\n<html lang="en">\n<head>%sveltekit.head%</head>\n<body><div>%sveltekit.body%</div></body>\n</html>\n`,
  ...lib("src/lib/"),
  "src/routes/+page.server.js": `import { verdict } from "#lib/judge.js";\nexport const load = async () => ({ verdict: await verdict() });\n`,
  "src/routes/+page.svelte": `<script>\n  import { onMount } from "svelte";\n  import { tell } from "#lib/judge.js";\n  let { data } = $props();\n  onMount(tell);\n</script>\n\n<pre>{data.verdict}</pre>\n`,
  "src/routes/route/+server.js": `import { verdict } from "#lib/judge.js";\nexport const GET = async () => new Response(await verdict());\n`,
};

const nuxt = {
  "package.json": { type: "module" },
  "nuxt.config.js": 'export default defineNuxtConfig({ compatibilityDate: "2026-04-01", telemetry: false });\n',
  ...lib("app/lib/"),
  ...lib("server/lib/"),
  "app/app.vue": `<script setup>\nimport { tell, verdict } from "./lib/judge.js";\nconst { data } = await useAsyncData("verdict", verdict);\nonMounted(tell);\n</script>\n\n<template>\n  <pre>{{ data }}</pre>\n</template>\n`,
  "server/routes/route.js": `import { verdict } from "../lib/judge.js";\nexport default defineEventHandler(verdict);\n`,
};

const reactRouter = {
  // If one of these is missing from package.json, the development server runs `npm install`.
  "package.json": { type: "module", dependencies: { isbot: "5", "react-router": "8" } },
  "vite.config.js": `import { reactRouter } from "@react-router/dev/vite";\nexport default { plugins: [reactRouter()] };\n`,
  ...lib("app/lib/"),
  "app/routes.ts": `import { index, route } from "@react-router/dev/routes";\nexport default [index("page.jsx"), route("route", "route.js")];\n`,
  "app/root.jsx": `import { Outlet, Scripts } from "react-router";\n\nexport default function Root() {\n  return <html lang="en" suppressHydrationWarning><head><title>An app</title></head><body><Outlet /><Scripts /></body></html>;\n}\n`,
  "app/page.jsx": `import { useEffect } from "react";\nimport { tell, verdict } from "./lib/judge.js";\n\nexport const loader = () => verdict();\n\nexport default function Page({ loaderData }) {\n  useEffect(tell, []);\n  return <pre>{loaderData}</pre>;\n}\n`,
  "app/route.js": `import { verdict } from "./lib/judge.js";\n\nexport const loader = async () => new Response(await verdict());\n`,
};

const viteDev = (port) => ["dev", "--port", String(port), "--strictPort"];

/** One framework: its development server, and its build, served by `start`. */
const framework = (name, label, tool, files, { dev, build, start }) => ({
  name,
  family: name,
  tool,
  node: "node-24",
  prepare: (app) => app.write(files),
  parts: {
    dev: {
      what: `${label}, development: page on the server and in the browser, route`,
      browser: true,
      test: (app) => checkFramework(app, ...dev),
    },
    build: {
      what: `${label}, build: the same`,
      browser: true,
      test: async (app) => {
        await app.tool(...build);
        await start(app);
      },
    },
  },
});

export const apps = [
  framework("sveltekit", "SvelteKit", "@sveltejs/kit", sveltekit, {
    dev: ["vite", viteDev],
    build: ["vite", "build"],
    start: (app) => checkFramework(app, app.nodePath, () => ["build/index.js"], { portVariable: "PORT" }),
  }),
  framework("nuxt", "Nuxt", "nuxt", nuxt, {
    dev: ["nuxt", (port) => ["dev", "--port", String(port), "--no-fork"]],
    build: ["nuxt", "build"],
    start: (app) => checkFramework(app, app.nodePath, () => [".output/server/index.mjs"], { portVariable: "PORT" }),
  }),
  framework("react-router", "React Router", "@react-router/dev", reactRouter, {
    dev: ["react-router", viteDev],
    build: ["react-router", "build"],
    start: (app) => checkFramework(app, "react-router-serve", () => ["./build/server/index.js"], { portVariable: "PORT" }),
  }),
];
