import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the guide shows the example's form as it is", () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  expect(read("./work/guide/AgentForm.tsx")).toBe(read("../../examples/react-form/src/AgentForm.tsx"));
});
