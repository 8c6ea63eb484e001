import { randomBytes } from "./random.js";

/** Bytes of the seed that the core takes. */
const SEED_BYTES = 32;

/** What a registrar's randomness starts from: a short name for a test run, or exactly 32 bytes. */
export type Seed = number | string | Uint8Array;

/**
 * 32 bytes from the platform's own source, or worked out from `seed`, so that the same seed gives the same ids and the
 * same default tokens.
 */
export function seedBytes(seed: Seed | undefined): Uint8Array {
  if (seed === undefined) return randomBytes(SEED_BYTES);
  if (seed instanceof Uint8Array) {
    if (seed.length !== SEED_BYTES) throw new TypeError("seed: a Uint8Array must have exactly 32 bytes");
    return seed.slice();
  }
  if (typeof seed === "number" ? !Number.isFinite(seed) : typeof seed !== "string") {
    throw new TypeError("seed: must be a finite number, a string, or a Uint8Array of 32 bytes");
  }
  return stretch(`${typeof seed}:${seed}`, SEED_BYTES);
}

/**
 * What the default tokens are made of: where no seed was asked for, bytes that have nothing to do with the seed of the
 * ids, nor one half of them with the other.
 */
export function tokenBytes(seed: Seed | undefined): Uint8Array {
  return seed === undefined ? randomBytes(32) : stretch(`tokens:${hex(seedBytes(seed))}`, 32);
}

/** A default token, with its purpose in front, so that it is recognised in a log. */
export function tokenFrom(bytes: Uint8Array, purpose: "account" | "environment"): string {
  return `registrar_${purpose}_${hex(purpose === "account" ? bytes.subarray(0, 16) : bytes.subarray(16, 32))}`;
}

/** Lowercase hexadecimal digits. */
export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/**
 * Spreads a text over `count` bytes. `crypto.subtle` would be asynchronous, and a test seed needs to be repeatable
 * rather than secret.
 */
function stretch(text: string, count: number): Uint8Array {
  // FNV-1a over the text in four lanes, so that all 128 bits of the state depend on all of it.
  const state = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];
  for (let index = 0; index < text.length; index++) {
    for (let lane = 0; lane < 4; lane++) {
      state[lane] = Math.imul((state[lane] ?? 0) ^ (text.charCodeAt(index) + lane), 0x01000193 + 2 * lane) >>> 0;
    }
  }
  const bytes = new Uint8Array(count);
  const view = new DataView(bytes.buffer);
  // sfc32, warmed up first: the state starts out barely mixed.
  for (let step = -16; step < count / 4; step++) {
    const [a = 0, b = 0, c = 0, d = 0] = state;
    const word = (a + b + d) >>> 0;
    state[0] = (b ^ (b >>> 9)) >>> 0;
    state[1] = (c + (c << 3)) >>> 0;
    state[2] = (((c << 21) | (c >>> 11)) + word) >>> 0;
    state[3] = (d + 1) >>> 0;
    if (step >= 0) view.setUint32(step * 4, word);
  }
  return bytes;
}
