import { defineConfig, mergeConfig } from "vitest/config";
import base from "../../vitest.config.ts";

export default mergeConfig(
  { ...base, test: { ...base.test, include: [], exclude: [] } },
  defineConfig({
    test: { include: ["tests/firefox/**/*.test.ts"], testTimeout: 120_000, root: new URL("../../", import.meta.url).pathname },
  }),
);
