// What is in the file that pages download: the seam, and nothing that came along unnoticed.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const bytes = readFileSync(new URL(import.meta.resolve("agent-registrar/validator.wasm")));
const module = new WebAssembly.Module(bytes);

test("it takes and gives numbers, and has what is used alone", () => {
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  expect(
    WebAssembly.Module.exports(module)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(["check", "generate_pfid", "life_cycle", "memory", "parse_pfid", "scratch", "white_space", "words"]);
});

test("no panic and no allocator is linked in", () => {
  const text = bytes.toString("latin1");
  for (const trace of ["dlmalloc", "panicked", "library/", "src/"]) expect(text).not.toContain(trace);
});
