// The files that pages download contain the binding, and nothing else.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";

describe.each([
  ["validator", ["check_body", "header", "memory", "scratch", "white_space"]],
  ["agent", ["generate_pfid", "life_cycle", "memory", "parse_pfid", "read_timestamp", "scratch", "write_timestamp"]],
])("%s.wasm", (name, names) => {
  const bytes = readFileSync(new URL(import.meta.resolve(`agent-registrar/${name}.wasm`)));
  const module = new WebAssembly.Module(bytes);

  test("it imports nothing and exports only what is used", () => {
    expect(WebAssembly.Module.imports(module)).toEqual([]);
    expect(
      WebAssembly.Module.exports(module)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names);
  });

  test("no panic and no allocator is linked in", () => {
    const text = bytes.toString("latin1");
    for (const trace of ["dlmalloc", "panicked", "library/", "src/"]) expect(text).not.toContain(trace);
  });
});

test.each([
  ["validator", "agent"],
  ["agent", "validator"],
])("%s.wasm in the place of another one is refused by name", async (given, part) => {
  const { initializeWasm } = await import("agent-registrar/slim");
  const { createRegistrar } = await import("agent-registrar/service/slim");
  const wasm = readFileSync(new URL(`../../dist/${given}.wasm`, import.meta.url));
  expect(() => initializeWasm({ [part]: wasm })).toThrow(`is not the ${part}.wasm`);
  expect(() => createRegistrar({ wasm })).toThrow("is not the service.wasm");
});
