import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    exclude: ["tests/e2e/**", "tests/types/**", "tests/forms/**", "tests/durable/**", "tests/conformance/**"],
    // What users get is loaded as their Node loads it, not rewritten by the test runner.
    server: { deps: { external: [/\/dist\//] } },
    maxWorkers: 2,
    testTimeout: 20_000,
  },
});
