import { createHash } from "node:crypto";
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
        const files = [...names, "mark.svg", "manifest.webmanifest"].sort();
        const wasm = files.find((name) => /service-.*\.wasm$/.test(name));
        if (wasm === undefined) throw new Error("the page's build has no service.wasm");
        const html = bundle["index.html"];
        const markup = html?.type === "asset" ? html.source : "";
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
            VERSION: JSON.stringify(createHash("sha256").update(files.join()).update(markup).digest("hex").slice(0, 16)),
          },
        });
        this.emitFile({ type: "asset", fileName: "sw.js", source: made.outputFiles[0]?.contents ?? "" });
      },
    },
  };
}
