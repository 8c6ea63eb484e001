// The parts of README.md that follow from other files: `node scripts/readme.mjs` writes "Where it runs" from
// docs/environments.md, and scripts/size.mjs the sizes. Tests fail where they are out of date.
import { readFileSync, writeFileSync } from "node:fs";
import { at, fail, Failure, isMain } from "./lib.mjs";

/** Where, the tool as people call it, and the names of its environments; "" where the version is that of something else. */
const TOOLS = [
  ["pages", "modules, import maps and classic scripts from a static folder", /^static-(module|service|no-|import|classic)/],
  ["pages", "workers", /^static-(worker|module-worker)/],
  ["pages", "Service Workers", /^(static-)?service-worker/, ""],
  ["bundlers", "Vite", /^vite-/],
  ["bundlers", "webpack", /^webpack/],
  ["bundlers", "Rspack", /^rspack/],
  ["bundlers", "Rollup", /^rollup/],
  ["bundlers", "esbuild", /^esbuild/],
  ["bundlers", "Parcel", /^parcel/],
  ["bundlers", "Browserify", /^browserify/],
  ["bundlers", "ncc", /^ncc/],
  ["frameworks", "Next", /^next/],
  ["frameworks", "Nuxt", /^nuxt/],
  ["frameworks", "SvelteKit", /^sveltekit/],
  ["frameworks", "React Router", /^react-router/],
  ["frameworks", "Astro", /^astro/],
  ["servers", "Node", /^node-\d/],
  ["servers", "Bun", /^bun/],
  ["servers", "Deno", /^deno/],
  ["servers", "tsx", /^tsx/],
  ["the edge", "Cloudflare Workers (wrangler)", /^(wrangler|worker)-/],
  ["the edge", "Cloudflare's Vite plugin", /^cloudflare-vite/],
  ["the edge", "Vercel's edge runtime", /^edge-runtime/, ""],
  ["test runners", "Vitest inside workerd", /^vitest-workers/, ""],
  ["test runners", "Vitest", /^vitest-/],
  ["test runners", "Jest", /^jest/],
  ["test runners", "ts-jest", /^ts-jest/],
  ["test runners", "SWC for Jest", /^swc-jest/],
  ["types", "TypeScript", /^typescript/],
  ["package managers", "npm", /^install-npm/],
  ["package managers", "pnpm", /^install-pnpm/],
  ["package managers", "Yarn with Plug'n'Play", /^install-yarn/],
];

/** Checks of the package itself, and those of the Node that runs the tests. */
const NO_TOOL = /^(package-|publint|attw|eslint|node-[a-z])/;

/** `5.4.21` as `5`, `0.28.2` as `0.28`, since with 0 the second number is the one that breaks things. */
const release = (version) => /^0\.\d+|^\d+/.exec(version)?.[0];

/** The rows of docs/environments.md: name, what, version, whether it works. */
function environmentsOf(text) {
  return [...text.matchAll(/^\| `([^`]+)` \| (.*) \| ([^|]*) \| ([^|]*) \| ([^|]*) \|$/gm)].map(([, name, what, version, , outcome]) => ({
    name,
    what,
    version,
    works: outcome === "works",
  }));
}

/** The table "Where it runs", from the text of docs/environments.md. */
export function whereItRuns(text) {
  const groups = new Map();
  for (const { name, what, version, works } of environmentsOf(text)) {
    if (NO_TOOL.test(name)) continue;
    const [group, tool, , shown = release(version)] = TOOLS.find(([, , names]) => names.test(name)) ?? ["others", what.split(",")[0]];
    const tools = groups.get(group) ?? new Map();
    groups.set(group, tools);
    const entry = tools.get(tool) ?? { releases: new Set(), broken: [] };
    tools.set(tool, entry);
    if (shown) entry.releases.add(shown);
    if (!works) entry.broken.push(name);
  }
  const said = ([tool, { releases, broken }]) => {
    const numbers = [...releases].sort((a, b) => Number(a) - Number(b)).join(", ");
    return [tool, numbers, broken.length > 0 && `(but not ${broken.join(", ")})`].filter(Boolean).join(" ");
  };
  const order = [...new Set([...TOOLS.map(([group]) => group), "others"])].filter((group) => groups.has(group));
  const rows = order.map((group) => `| ${group} | ${[...groups.get(group)].map(said).join("; ")} |`);
  return ["| in | tried with |", "| --- | --- |", ...rows].join("\n");
}

/** The text between `<!-- NAME -->` and `<!-- /NAME -->`. */
export function section(text, name) {
  const found = new RegExp(`<!-- ${name} -->\n([^]*?)\n<!-- /${name} -->`).exec(text);
  if (found === null) throw new Failure(`README.md has no section <!-- ${name} -->`);
  return found[1];
}

/** The document with another text in that section. */
export function withSection(text, name, content) {
  section(text, name);
  return text.replace(new RegExp(`(<!-- ${name} -->\n)[^]*?(\n<!-- /${name} -->)`), (_, begin, end) => begin + content + end);
}

/** Writes a section of README.md. */
export function writeSection(name, content) {
  writeFileSync(at("README.md"), withSection(readFileSync(at("README.md"), "utf8"), name, content));
}

/** Writes "Where it runs". */
export function writeWhereItRuns() {
  writeSection("where", whereItRuns(readFileSync(at("docs", "environments.md"), "utf8")));
}

if (isMain(import.meta)) {
  try {
    writeWhereItRuns();
  } catch (error) {
    fail(error);
  }
}
