import { agentCore, asciiLeft, putAscii } from "./agent-core.js";
import { optionsOf } from "./member.js";
import { millis } from "./time.js";
import type { Pfid } from "./types.js";

/** The length of a PFID, in characters. */
const LENGTH = 32;

/** The meaning of the results of `generate_pfid` in wasm/src/agent.rs. */
const PROBLEMS = [
  "",
  "partition must be an integer from 0 to 1073741823",
  "now must be a time from 1970 to 10889, up to 281474976710655 milliseconds",
  "partition has no later ids",
];

/** The time of a PFID, whose binary form is then in the scratch buffer; -1 for any other value. */
function parse(value: unknown): number {
  if (typeof value !== "string" || value.length !== LENGTH) return -1;
  return putAscii(value) ? agentCore().core.parse_pfid(value.length) : -1;
}

/** The partition of the PFID in the scratch buffer. */
function partitionLeft(): number {
  const { scratch } = agentCore();
  return new DataView(scratch.buffer, scratch.byteOffset).getUint32(6);
}

/** Whether a value is a PFID: 32 characters of lowercase Crockford base 32, the first `0` to `7`. [doc] */
export function isPfid(value: unknown): value is Pfid {
  return parse(value) >= 0;
}

/**
 * Parses a PFID into Unix milliseconds, a partition of 30 bits, and ten random bytes. Returns `null` for any other value.
 */
export function parsePfid(
  value: string,
): { readonly timestamp: number; readonly partition: number; readonly randomness: Uint8Array } | null {
  const timestamp = parse(value);
  return timestamp < 0 ? null : { timestamp, partition: partitionLeft(), randomness: agentCore().scratch.slice(10, 20) };
}

/**
 * Generates an id. The ids of a partition increase strictly within one copy of this module, which remembers the last 1,024
 * partitions: within one millisecond, and when the clock steps back. [ours] After an id with a time in the future, the following
 * ids of its partition have at least that time. `partition` is a number of 30 bits (or a bigint, as database drivers give) or any
 * id of the account. `now` is the current time by default.
 *
 * Throws a `TypeError` or `RangeError` if an option is invalid. It needs random values, so on Cloudflare Workers it works only
 * inside a handler.
 */
export function generatePfid(options: { readonly partition: number | bigint | Pfid; readonly now?: Date | number | undefined }): Pfid {
  const given = optionsOf(options, ["partition", "now"]);
  let { partition } = given;
  const now = millis("now", given["now"] ?? Date.now());
  if (typeof partition === "bigint") partition = Number(partition);
  if (typeof partition !== "number") {
    if (!isPfid(partition)) throw new TypeError("partition must be a number or a PFID");
    partition = partitionLeft();
  }
  const { core, scratch } = agentCore();
  crypto.getRandomValues(scratch.subarray(0, 10));
  const problem = core.generate_pfid(now, partition as number);
  if (problem > 0) throw new RangeError(PROBLEMS[problem]);
  return asciiLeft(LENGTH) as Pfid;
}
