import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";
import { compress } from "./plugins/compress.ts";
import { policy } from "./plugins/policy.ts";
import { serviceWorker } from "./plugins/service-worker.ts";

const service = "http://127.0.0.1:8787";

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
  },
  server: {
    // `npx vite www` beside a running `agent-registrar serve`.
    proxy: { "/api": service, "/_registrar": service },
  },
});
