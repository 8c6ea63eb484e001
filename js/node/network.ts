/** The bounds of a server: how much memory and time the connections of others may take. */
import { members, refuse } from "../service/options.js";

/** The bounds of a server [ours]. Under attack, requests beyond them are refused or their connections closed, so that others are served. */
export interface NetworkOptions {
  /**
   * The most connections at once. For another one, the one that has waited longest for a request is closed, or else the one whose
   * body or answer has not moved for longest. Default 4,096.
   */
  readonly connections?: number | undefined;
  /**
   * The most bytes of bodies in memory, over all requests that are still arriving or wait for their turn. Beyond, the oldest of
   * them is answered with 503 and `Retry-After`. Default 64 MiB.
   */
  readonly bodyBytes?: number | undefined;
  /** The same for the requests of one address; for IPv6, of one network of 64 bits. Default half of {@link bodyBytes}. */
  readonly peerBodyBytes?: number | undefined;
  /**
   * The most bytes of answers that were not sent yet, over all connections. Beyond, the connection is closed that has taken
   * nothing for longest, and long answers wait. Default 64 MiB.
   */
  readonly answerBytes?: number | undefined;
  /** How long the head of a request may take, in milliseconds; then it is answered with 408. Default 10,000. */
  readonly headTimeout?: number | undefined;
  /** How long a whole request may take to arrive, in milliseconds; then it is answered with 408. Default 60,000. */
  readonly requestTimeout?: number | undefined;
  /**
   * How long a body may pause, in milliseconds; then it is answered with 408. And for how long a client may take nothing of an
   * answer; then its connection is closed. Default 10,000.
   */
  readonly stallTimeout?: number | undefined;
}

/** The bounds with their defaults. */
export type Network = { readonly [Name in keyof NetworkOptions]-?: number };

const MIB = 1024 * 1024;
const NAMES = ["connections", "bodyBytes", "peerBodyBytes", "answerBytes", "headTimeout", "requestTimeout", "stallTimeout"];
/** One body, and one long answer, must fit. */
export const LEAST_BYTES = 8 * MIB;
/** Timers take 31 bits. */
const LONGEST = 2 ** 31 - 1;

/** Checks the option `network`. Throws a `TypeError` that names a member. */
export function checkedNetwork(given: unknown): Network {
  const options = given === undefined ? {} : members("network", given, NAMES);
  const whole = (name: keyof NetworkOptions, usual: number, least: number, most: number): number => {
    const value = (options as NetworkOptions)[name] ?? usual;
    if (!Number.isInteger(value) || value < least || value > most) {
      refuse(`network.${name}`, `must be a whole number from ${least} to ${most}`);
    }
    return value;
  };
  const bodyBytes = whole("bodyBytes", 64 * MIB, LEAST_BYTES, Number.MAX_SAFE_INTEGER);
  return {
    connections: whole("connections", 4_096, 1, 1_000_000),
    bodyBytes,
    peerBodyBytes: whole("peerBodyBytes", Math.max(Math.floor(bodyBytes / 2), LEAST_BYTES), LEAST_BYTES, Number.MAX_SAFE_INTEGER),
    answerBytes: whole("answerBytes", 64 * MIB, LEAST_BYTES, Number.MAX_SAFE_INTEGER),
    headTimeout: whole("headTimeout", 10_000, 1, LONGEST),
    requestTimeout: whole("requestTimeout", 60_000, 1, LONGEST),
    stallTimeout: whole("stallTimeout", 10_000, 1, LONGEST),
  };
}
