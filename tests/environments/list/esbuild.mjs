// esbuild: each format, for pages and for Node.
import { BOTH, html, program } from "../lib/probes.mjs";

/** Bundles page.js into page/ and loads it as a script of this kind. */
const page = (what, attributes, ...flags) => ({
  what: `esbuild, ${what}, page`,
  browser: true,
  test: async (app) => {
    const folder = `page-${flags.join("").replace(/\W+/g, "-")}`;
    await app.write({ [`${folder}/index.html`]: html("page.js", attributes) });
    await app.tool("esbuild", "page.js", "--bundle", ...flags, `--outfile=${folder}/page.js`);
    await app.checkPage(folder, BOTH);
  },
});

/** Bundles main.js and runs it in Node without node_modules. */
const node = (what, extension, ...flags) => ({
  what: `esbuild, ${what}, Node`,
  test: async (app) => {
    const file = `node-${flags.join("").replace(/\W+/g, "-")}/main.${extension}`;
    await app.tool("esbuild", "main.js", "--bundle", ...flags, `--outfile=${file}`);
    await app.checkAlone(file, BOTH);
  },
});

export const apps = [
  {
    name: "esbuild",
    family: "esbuild",
    tool: "esbuild",
    tags: ["quick"],
    prepare: (app) => app.write({ ...program(BOTH, "page", { main: "page" }), ...program(BOTH, "console") }),
    parts: {
      "esm-page": page("ESM", 'type="module"', "--format=esm"),
      "iife-page": page("iife", "", "--format=iife"),
      "es2020-page": page("ESM, `--target=es2020`", 'type="module"', "--format=esm", "--target=es2020"),
      "minified-page": page("iife, minified, `--target=es2020`", "", "--minify", "--target=es2020"),
      "esm-node": node("ESM", "mjs", "--format=esm", "--platform=node"),
      "cjs-node": node("CommonJS", "cjs", "--format=cjs", "--platform=node"),
      "es2020-node": node("CommonJS, `--target=es2020`", "cjs", "--format=cjs", "--platform=node", "--target=es2020"),
      "neutral-node": node("ESM, `--platform=neutral`", "mjs", "--format=esm", "--platform=neutral"),
    },
  },
];
