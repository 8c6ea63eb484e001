import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: {
      include: ["tests/durable/**/*.test.ts", "tests/homes/faults.test.ts"],
      testTimeout: 240_000,
      root: new URL("../../", import.meta.url).pathname,
    },
  }),
);
