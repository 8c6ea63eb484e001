// The binding of the service, called from JavaScript without js/service/host.ts: it withstands any input.
import { readFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import type { InitOutput } from "../../build/service/service.js";

const module = new WebAssembly.Module(readFileSync(new URL(import.meta.resolve("agent-registrar/service.wasm"))));
const BUFFER = 0;
const LENGTHS = 2;
const OUTPUT = 12;
const COUNT = 30;
const ABSENT = 0xffff_ffff;

let core: InitOutput;

beforeEach(() => {
  core = new WebAssembly.Instance(module).exports as unknown as InitOutput;
});

const numbers = (): Uint32Array => new Uint32Array(core.memory.buffer, core.numbers(), COUNT);

/** Writes one part into the request buffer; all others are absent. */
function write(part: string): void {
  const bytes = new TextEncoder().encode(part);
  const address = core.reserve(bytes.length) >>> 0;
  new Uint8Array(core.memory.buffer, address).set(bytes);
  numbers().fill(ABSENT, LENGTHS, OUTPUT);
  numbers()[LENGTHS] = bytes.length;
}

function output(): string {
  const [address = 0, head = 0, body = 0] = numbers().subarray(OUTPUT);
  return new TextDecoder().decode(new Uint8Array(core.memory.buffer, address + head, body));
}

test("it imports nothing and exports only what is used", () => {
  expect(WebAssembly.Module.imports(module)).toEqual([]);
  const names = WebAssembly.Module.exports(module).map(({ name }) => name);
  expect(names.sort()).toEqual([
    "defaults",
    "destination",
    "discard",
    "handle",
    "memory",
    "numbers",
    "open",
    "refuse",
    "refuse_by_head",
    "reserve",
    "reset",
    "restore",
    "snapshot",
  ]);
});

test("before a registrar is open, every call reports that", () => {
  for (const call of [
    () => core.handle(0),
    () => core.refuse(400),
    () => core.defaults(),
    () => core.reset(0, 0),
    () => core.snapshot(1),
    () => core.restore(),
  ]) {
    expect(call()).toBe(0);
  }
});

test("a refused configuration is explained, and the previous registrar stays", () => {
  write(JSON.stringify({ seed_text: "a" }));
  expect(core.open(0)).toBe(1);
  expect(core.defaults()).toBe(1);
  const before = output();
  for (const wrong of ["", "{", "[]", '{"seed":"a"}', '{"seed_text":"a","accounts":[]}']) {
    write(wrong);
    expect(core.open(0)).toBe(0);
    expect(output()).not.toBe("");
  }
  expect(core.defaults()).toBe(1);
  expect(output()).toBe(before);
});

describe("with a registrar", () => {
  beforeEach(() => {
    write(JSON.stringify({ seed_text: "a", tokens: [{ token: "t" }] }));
    expect(core.open(0)).toBe(1);
  });

  test("wrong lengths give empty parts, and no trap", () => {
    for (const lie of [0, 1, 7, 16 * 1024, 16 * 1024 + 1, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, ABSENT]) {
      for (let part = 0; part < OUTPUT - LENGTHS; part++) {
        write("GET");
        numbers()[LENGTHS + part] = lie;
        expect(core.handle(0)).toBeGreaterThanOrEqual(400);
        write("a message");
        numbers()[LENGTHS + part] = lie;
        expect(core.refuse(503)).toBe(503);
      }
      numbers()[LENGTHS] = lie;
      expect(core.restore()).toBe(0);
    }
  });

  test("numbers that only the core writes may be overwritten, and bytes may be anything", () => {
    write("GET");
    numbers().fill(ABSENT);
    expect(core.handle(0)).toBe(404);
    const address = core.reserve(1024) >>> 0;
    new Uint8Array(core.memory.buffer, address, 1024).fill(0xff);
    numbers().fill(100, LENGTHS, OUTPUT);
    expect(core.handle(Number.NaN)).toBe(404);
    expect(core.refuse(70_000)).toBe(500);
  });

  test("a buffer too large for memory is refused, and a smaller one works", () => {
    expect(core.reserve(0xffff_ffff)).toBe(0);
    expect([...numbers().subarray(BUFFER, BUFFER + 2)]).toEqual([0, 0]);
    expect(core.handle(0)).toBe(404);
    expect(core.reserve(1)).not.toBe(0);
  });
});
