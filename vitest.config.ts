import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["tests/**/*.test.ts"],
    // Each of these has a stage and a configuration of its own.
    exclude: [
      "**/node_modules/**",
      ...["conformance", "durable", "e2e", "firefox", "forms", "types"].map((folder) => `tests/${folder}/**`),
    ],
    // What users get is loaded as their Node loads it, not rewritten by the test runner.
    server: { deps: { external: [/\/dist\//] } },
    maxWorkers: 2,
    // Steps that take milliseconds alone take seconds on a machine that is busy with other stages.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
