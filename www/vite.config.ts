import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compress } from "./plugins/compress.ts";
import { policy } from "./plugins/policy.ts";
import { serviceWorker } from "./plugins/service-worker.ts";

const service = "http://127.0.0.1:8787";

/** What the frame and more than one view are made of. The views themselves, the service and the validator stay files of their own. */
const SHARED =
  /\/node_modules\/(@preact|preact)\/|\/www\/src\/(data|frame|parts|router|create\/(check|copy)|requests\/(copy|log))|\/js\/generated\/rules/;

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  // Relative URLs, so that the page can be served at any path.
  base: "./",
  plugins: [policy(), serviceWorker(), compress()],
  build: {
    outDir: "../dist/www",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: true,
    // A `data:` address would need a weaker Content-Security-Policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // PERF(page): the modules that views share are one file. As a file each, the form waited for 20 requests, which HTTP/1.1
            // sends six at a time, and all views weighed 5 % more.
            { name: "shared", test: SHARED },
          ],
        },
      },
    },
  },
  server: {
    // `npx vite www` beside a running `agent-registrar serve`.
    proxy: { "/api": service, "/_registrar": service },
  },
});
