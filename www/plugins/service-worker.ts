import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Plugin } from "vite";

const SOURCE = fileURLToPath(new URL("../src/in-page/worker.ts", import.meta.url));

/**
 * Bundles the Service Worker into `sw.js` beside the HTML: its folder is its scope. One classic script, because not every browser runs
 * modules there. It is given the list of the page's files, to keep them for use without a network.
 */
export function serviceWorker(): Plugin {
  return {
    name: "service-worker",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      async handler(_options, bundle) {
        const names = Object.keys(bundle).filter((name) => !/\.(map|html)$/.test(name));
        // Names of built files follow from their contents; those of the folder public do not.
        const copied = ["mark.svg", "manifest.webmanifest"];
        const contents = copied.map((name) => readFileSync(new URL(`../public/${name}`, import.meta.url)));
        const files = [...names, ...copied].sort();
        const wasm = files.find((name) => /service-.*\.wasm$/.test(name));
        if (wasm === undefined) throw new Error("the page's build has no service.wasm");
        const html = bundle["index.html"];
        const markup = html?.type === "asset" ? html.source : "";
        const version = [files.join(), markup, ...contents].reduce((hash, it) => hash.update(it), createHash("sha256"));
        const made = await build({
          entryPoints: [SOURCE],
          bundle: true,
          write: false,
          minify: true,
          format: "iife",
          target: "es2022",
          define: {
            FILES: JSON.stringify(files),
            WASM: JSON.stringify(wasm),
            VERSION: JSON.stringify(version.digest("hex").slice(0, 16)),
          },
        });
        this.emitFile({ type: "asset", fileName: "sw.js", source: made.outputFiles[0]?.contents ?? "" });
      },
    },
  };
}
