import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

test("the guide has the form of the example unchanged", () => {
  const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
  expect(read("./work/guide/AgentForm.tsx")).toBe(read("../../examples/react-form/src/AgentForm.tsx"));
});
