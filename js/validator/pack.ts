// Passes the values of a body to the core: the kind of each goes into the header, and all texts at once into the scratch
// buffer. These two are the only state. No code of the caller runs between filling them and the verdict.
import { unreadable, type Values } from "./body.js";
import { isWellFormed, put, validator } from "./core.js";
import { Kind } from "./read.js";

/** How many UTF-16 units of a long text are trimmed at once. They always fit in the scratch buffer. */
const PIECE = 16_384;

/** Whether the unit before `end` is the first half of a surrogate pair. */
function endsInPair(text: string, end: number): boolean {
  return (text.charCodeAt(end - 1) & 0xfc00) === 0xd800;
}

/**
 * Fills the header and returns the concatenated texts. With `mayBeIllFormed`, each text is checked for lone surrogates; texts
 * that are too long always are.
 */
function pack(header: Uint32Array, values: Values, limits: readonly number[], mayBeIllFormed: boolean): string {
  let packed = "";
  header[0] = values[0] as number;
  for (let slot = 1; slot < limits.length; slot++) {
    const value = values[slot];
    let kind = Kind.Present;
    if (typeof value !== "string") {
      kind = value === undefined ? Kind.Absent : value === null ? Kind.Null : value === unreadable ? Kind.Unreadable : Kind.WrongType;
    } else {
      // A character has at most two units, so a text of more units is always too long. The core counts characters.
      const most = 2 * (limits[slot] as number);
      if (value.length > most) {
        if (!isWellFormed(value)) kind = Kind.NotWellFormed;
        // The beginning is enough. It must not split a surrogate pair, and the full stop is one character too many.
        else packed += value.slice(0, most + (endsInPair(value, most + 1) ? 0 : 1)) + ".";
      } else if (mayBeIllFormed && !isWellFormed(value)) kind = Kind.NotWellFormed;
      else packed += value;
    }
    header[2 * slot] = kind;
    header[2 * slot + 1] = packed.length;
  }
  return packed;
}

/** Whether a text ends in half a surrogate pair, which could join the other half at the beginning of the next text. */
function isAnyCut(header: Uint32Array, packed: string, slots: number): boolean {
  for (let slot = 1; slot < slots; slot++) {
    if (endsInPair(packed, header[2 * slot + 1] as number)) return true;
  }
  return false;
}

/** The core's verdict on the values of a body, see `check_body` in wasm/src/validator.rs. */
export function check(values: Values, limits: readonly number[], update: boolean): number {
  const { core, header } = validator();
  // PERF(validate): one `encodeInto` for all texts. Each call takes longer than the rules do.
  let packed = pack(header, values, limits, false);
  let written = packed.length && put(packed);
  // ASCII has as many bytes as units, and no surrogates.
  if (written !== packed.length && (!isWellFormed(packed) || isAnyCut(header, packed, limits.length))) {
    packed = pack(header, values, limits, true);
    written = put(packed);
  }
  return core.check_body(Number(update), written);
}

/** Trims a text of more than `most` UTF-16 units, piece by piece. The core finds the white space. */
export function trimLong(text: unknown, most: number): unknown {
  if (typeof text !== "string" || text.length <= most || !isWellFormed(text)) return text;
  const { core } = validator();
  let from = 0;
  let to = text.length;
  let piece: string;
  let white: number;
  do {
    piece = text.slice(from, from + PIECE);
    white = core.white_space(put(piece)) >>> 16;
    from += white;
  } while (white > 0 && white === piece.length);
  do {
    piece = text.slice(Math.max(from, to - PIECE), to);
    white = core.white_space(put(piece)) & 0xffff;
    to -= white;
  } while (white > 0 && white === piece.length);
  return text.slice(from, to);
}
