import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["*.test.ts"],
    // What users get is loaded as their Node loads it, not rewritten by the test runner.
    server: { deps: { external: [/\/agent-registrar\/dist\//] } },
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
});
