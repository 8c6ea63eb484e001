// PFIDs, compared with upstream's published implementation in both directions.
import * as upstream from "@prefactor/pfid";
import { generatePfid, isPfid, parsePfid, validateCreateAgent } from "agent-registrar";
import { expect, test, vi } from "vitest";

const example = "013xrzp12g3nqk8nx0y2vfkg4s3jp2qr";
const MAX_TIME = 2 ** 48 - 1;
const MAX_PARTITION = 2 ** 30 - 1;

/** Numbers from a fixed seed, so that a failure can be repeated. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const random = mulberry32(20_260_507);
const below = (limit: number): number => Math.floor(random() * limit);

/** Asserts that both implementations convert between text and binary form alike. */
function agree(time: number, partition: number, randomness: readonly number[]): void {
  const binary = Buffer.alloc(20);
  binary.writeUIntBE(time, 0, 6);
  binary.writeUInt32BE(partition, 6);
  binary.set(randomness, 10);
  const text = upstream.encode(binary);
  expect(parsePfid(text)).toEqual({ timestamp: time, partition, randomness: Uint8Array.from(randomness) });
  expect(upstream.decode(text).equals(binary)).toBe(true);
}

test("ids of upstream's implementation have the same parts here", () => {
  for (const time of [0, 1, 2 ** 32 - 1, 2 ** 32, 1_234_567_890_000, MAX_TIME - 1, MAX_TIME]) {
    for (const partition of [0, 1, 2 ** 25, 123_456_789, MAX_PARTITION - 1, MAX_PARTITION]) {
      for (const byte of [0, 1, 0x7f, 0x80, 0xff]) agree(time, partition, Array<number>(10).fill(byte));
    }
  }
  for (let bit = 0; bit < 80; bit++) {
    agree(
      0,
      0,
      Array.from({ length: 10 }, (_, i) => (i === bit >> 3 ? 0x80 >> (bit & 7) : 0)),
    );
  }
  for (let i = 0; i < 10_000; i++) {
    agree(
      below(MAX_TIME + 1),
      below(MAX_PARTITION + 1),
      Array.from({ length: 10 }, () => below(256)),
    );
  }
});

test("our ids have the same parts in upstream's implementation", () => {
  let now = 0;
  for (let i = 0; i < 10_000; i++) {
    // Later each time: within a partition, an earlier one would be moved on.
    now += 1 + below(1e9);
    const partition = below(MAX_PARTITION + 1);
    const id = generatePfid({ partition, now });
    const parsed = parsePfid(id);
    expect(upstream.isPfid(id)).toBe(true);
    expect(upstream.extractPartition(id)).toBe(partition);
    const binary = upstream.decode(id);
    expect(parsed).toEqual({ timestamp: now, partition, randomness: Uint8Array.from(binary.subarray(10)) });
    expect(binary.readUIntBE(0, 6)).toBe(now);
    expect(upstream.encode(binary)).toBe(id);
  }
});

test("both implementations accept the same texts", () => {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyzilouABZ-é \0";
  const texts = [
    "",
    example,
    example.toUpperCase(),
    example.slice(1),
    example + "0",
    "8" + example.slice(1),
    "7".padEnd(32, "z"),
    upstream.zero(),
    upstream.generateExample(),
    `${example}\n`,
  ];
  for (let i = 0; i < 10_000; i++) {
    const at = below(32);
    texts.push(example.slice(0, at) + (alphabet[below(alphabet.length)] as string) + example.slice(at + 1));
  }
  for (let code = 0; code < 0x300; code++) texts.push(String.fromCharCode(code & 7) + String.fromCharCode(code) + example.slice(2));
  for (let code = 0; code < 0x300; code++) texts.push("0" + String.fromCharCode(code) + example.slice(2));
  for (const text of texts) {
    const expected = upstream.isPfid(text);
    expect(isPfid(text), text).toBe(expected);
    expect(parsePfid(text) !== null, text).toBe(expected);
    const result = validateCreateAgent({ details: { name: "Ada", environment_id: text } });
    expect(result.ok, text).toBe(expected);
  }
});

test("a value that is not a string is not a PFID", () => {
  for (const value of [undefined, null, 5, 5n, Symbol("x"), {}, [example], new String(example), "\ud800".repeat(32)]) {
    expect(isPfid(value)).toBe(false);
    expect(parsePfid(value as string)).toBeNull();
  }
});

test("changes of the returned parts have no effect on later calls", () => {
  const parts = parsePfid(example);
  isPfid(upstream.zero());
  generatePfid({ partition: 5 });
  expect(parts).toEqual(parsePfid(example));
});

const partition = (number: number) => ({
  next(now?: number | Date) {
    const id = generatePfid({ partition: number, now });
    return { id, timestamp: parsePfid(id)?.timestamp ?? -1 };
  },
});

test("ids of a partition increase strictly: in a burst, when the clock steps back, and whatever other partitions do", () => {
  const { next } = partition(7);
  let last = "";
  const check = (now?: number | Date): void => {
    const { id } = next(now);
    expect(id > last, `${id} after ${last}`).toBe(true);
    last = id;
  };
  const now = Date.UTC(2400, 0);
  for (let i = 0; i < 20_000; i++) {
    check(now);
    if (i % 20 === 0) generatePfid({ partition: below(100), now: below(MAX_TIME) });
  }
  check(now - 1e9);
  check(0);
  check();
  check(new Date(now + 60_000));
});

test("after an id at the end of time, other partitions continue normally, and this one counts up", () => {
  const [here, there] = [partition(1_000_001), partition(1_000_000)];
  const first = here.next(MAX_TIME);
  const second = here.next(5);
  expect([first.timestamp, second.timestamp, second.id > first.id]).toEqual([MAX_TIME, MAX_TIME, true]);
  expect(there.next(5).timestamp).toBe(5);
  expect(Math.abs(partition(1_000_002).next().timestamp - Date.now())).toBeLessThan(60_000);
});

test("an exhausted millisecond takes the next one, and the greatest id has no successor", () => {
  const random = vi.spyOn(crypto, "getRandomValues").mockImplementation((bytes) => {
    (bytes as unknown as Uint8Array).fill(255);
    return bytes;
  });
  try {
    expect([partition(2_000_000).next(5), partition(2_000_000).next(5)].map(({ timestamp }) => timestamp)).toEqual([5, 6]);
    expect(partition(2_000_001).next(MAX_TIME).id).toMatch(/^7z{9}/);
    expect(() => partition(2_000_001).next(5)).toThrow(new RangeError("partition has no later ids"));
  } finally {
    random.mockRestore();
  }
  expect(partition(2_000_002).next(5).timestamp).toBe(5);
});

test("the last 1,024 partitions are remembered", () => {
  const used = Array.from({ length: 1024 }, (_, index) => partition(3_000_000 + index));
  for (const { next } of used) next(9);
  // The oldest one becomes the newest.
  expect(used[0]?.next(5).timestamp).toBe(9);
  partition(4_000_000).next(9);
  expect(used.map(({ next }) => next(5).timestamp).filter((time) => time !== 9)).toHaveLength(1023);
  expect(used[1023]?.next(5).timestamp).toBe(5);
});

test("a partition can be given by an id of it", () => {
  expect(parsePfid(generatePfid({ partition: example as ReturnType<typeof generatePfid> }))?.partition).toBe(123_456_789);
});

test("an invalid option throws", () => {
  const generate = generatePfid as (options: unknown) => unknown;
  expect(parsePfid(generatePfid({ partition: 123_456_789n }))?.partition).toBe(123_456_789);
  for (const partition of [-1n, 2n ** 30n, 2n ** 70n, -1, 0.5, MAX_PARTITION + 1, 2 ** 32 + 5, NaN, Infinity]) {
    expect(() => generate({ partition })).toThrow(RangeError);
  }
  for (const partition of [undefined, null, "7", {}, "7n"]) expect(() => generate({ partition })).toThrow(TypeError);
  for (const now of [NaN, Infinity, "2026", new Date(NaN), {}]) expect(() => generate({ partition: 1, now })).toThrow(TypeError);
  for (const now of [-1, MAX_TIME + 1, 1e300]) expect(() => generate({ partition: 1, now })).toThrow(RangeError);
  expect(() => generate(undefined)).toThrow(TypeError);
  expect(isPfid(generate({ partition: 1 }))).toBe(true);
});
