import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: { include: ["tests/conformance/**/*.test.ts"], testTimeout: 60_000, root: new URL("../../", import.meta.url).pathname },
  }),
);
