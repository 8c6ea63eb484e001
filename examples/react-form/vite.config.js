import { defineConfig } from "vite";

export default defineConfig({
  server: {
    // The page asks its own origin; the token stays out of the page.
    proxy: {
      "/api": { target: "http://127.0.0.1:8787", headers: { authorization: "Bearer token-for-development" } },
    },
  },
});
