import type { IncomingMessage } from "node:http";
import type { Answer } from "../service/answer.js";
import type { Fault } from "../service/faults.js";
import { members } from "../service/options.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import type { TestClock } from "./clock.js";
import type { HostNames } from "./loopback.js";
import type { TokenCheck } from "./operator.js";

/** `Date` also reads other texts, and those without an offset as local time. */
const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/;

/** The largest absolute time that a `Date` can represent, in milliseconds. */
const LAST_TIME = 8.64e15;

/**
 * The test hooks of the server [ours], for tests that reach the registrar over the network only:
 *
 * | request | does |
 * | --- | --- |
 * | `POST /_registrar/reset` | removes all records and faults, restarts the clock; `{"seed": text}` also restarts the ids from this seed |
 * | `GET /_registrar/snapshot` | all of the state, as bytes |
 * | `POST /_registrar/restore` | goes back to a snapshot |
 * | `GET`, `POST`, `DELETE /_registrar/faults` | lists, adds (one or an array), forgets faults |
 * | `GET /_registrar/clock` | `{now, stopped}` |
 * | `POST /_registrar/clock` | `{"now": time}` stops at a time, `{"advance": milliseconds}` moves on, `{"now": null}` goes back to real time |
 */
export class TestHooks {
  readonly #registrar: MemoryRegistrar;
  readonly #clock: TestClock;
  readonly #names: HostNames;
  /** The token that every hook needs; none if only this machine reaches the server and no token was given. */
  token: TokenCheck | undefined;

  constructor(registrar: MemoryRegistrar, clock: TestClock, names: HostNames) {
    this.#registrar = registrar;
    this.#clock = clock;
    this.#names = names;
  }

  /** The answer to a request that may not use the hooks. */
  refusal(request: IncomingMessage): Answer | undefined {
    const { host, authorization } = request.headers;
    if (!this.#names.allows(host)) {
      return this.#registrar.refuse(403, "The test hooks answer to an IP address, localhost, or a name of --allowed-host.", {});
    }
    // Any page that the browser visits could send a plain POST here.
    if (isForeign(request)) return this.#registrar.refuse(403, "Pages of other origins may not use the test hooks.", {});
    if (this.token === undefined || this.token.accepts(authorization)) return undefined;
    const message =
      "The test hooks need their own token: send the header Authorization: Bearer <token>. The server prints it when it starts.";
    return this.#registrar.refuse(401, message, {}, { "www-authenticate": "Bearer" });
  }

  /** `name` is the path after `/_registrar/`; `undefined`: there is no such hook. */
  answer(method: string, name: string, body: Uint8Array): Answer | undefined {
    switch (`${method} ${name}`) {
      case "POST reset":
        return this.#attempt(() => this.#reset(body));
      case "GET snapshot":
        return this.#snapshot();
      case "POST restore":
        return this.#attempt(() => this.#registrar.restore(body));
      case "GET faults":
        return json(this.#registrar.faults.pending());
      case "POST faults":
        return this.#attempt(() => this.#registrar.faults.add(parse(body) as Fault | readonly Fault[]));
      case "DELETE faults":
        this.#registrar.faults.clear();
        return done();
      case "GET clock":
        return json({ now: new Date(this.#clock.now()).toISOString(), stopped: this.#clock.stopped });
      case "POST clock":
        return this.#attempt(() => this.#setClock(parse(body)));
      default:
        return undefined;
    }
  }

  #attempt(action: () => void): Answer {
    try {
      action();
      return done();
    } catch (cause) {
      // The test's mistakes are `TypeError`s with a message for it. Any other error is internal.
      return cause instanceof TypeError ? this.#registrar.refuse(400, cause.message, {}) : this.#registrar.unexpected({}, cause);
    }
  }

  #snapshot(): Answer {
    try {
      const headers = ["content-type", "application/octet-stream", ...UNSTORED];
      return { status: 200, headers, body: this.#registrar.snapshot() };
    } catch (cause) {
      return cause instanceof TypeError ? this.#registrar.refuse(400, cause.message, {}) : this.#registrar.unexpected({}, cause);
    }
  }

  #reset(body: Uint8Array): void {
    // Clients that always send JSON send `null` for no body.
    const given = (body.length === 0 ? null : parse(body)) ?? {};
    const { seed } = members("options", given, ["seed"]);
    if (seed !== undefined && typeof seed !== "string" && typeof seed !== "number") {
      throw new TypeError("seed: must be a string or a number");
    }
    this.#clock.release();
    this.#registrar.reset(seed);
  }

  #setClock(given: unknown): void {
    const wish = members("options", given, ["now", "advance"]);
    if (wish["now"] === undefined && wish["advance"] === undefined) throw new TypeError("the body needs now or advance");
    const time = typeof wish["now"] === "string" && RFC_3339.test(wish["now"]) ? Date.parse(wish["now"].toUpperCase()) : wish["now"];
    if (time !== undefined && time !== null && !inRange(time)) {
      throw new TypeError("now: must be an RFC 3339 time, Unix milliseconds, or null");
    }
    if (wish["advance"] !== undefined && !(inRange(wish["advance"]) && inRange(this.#clock.now() + wish["advance"]))) {
      throw new TypeError("advance: must be a number of milliseconds");
    }
    if (time === null) this.#clock.release();
    else if (time !== undefined) this.#clock.stopAt(time);
    if (wish["advance"] !== undefined) this.#clock.advance(wish["advance"]);
  }
}

/** Whether a page of another origin sent this. Browsers send `Origin` with every POST. */
function isForeign(request: IncomingMessage): boolean {
  const { origin, host } = request.headers;
  return origin !== undefined && origin !== `http://${host}`;
}

function inRange(value: unknown): value is number {
  return typeof value === "number" && Math.abs(value) <= LAST_TIME;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new TypeError("the body must be JSON");
  }
}

const UNSTORED = ["cache-control", "no-store", "x-content-type-options", "nosniff"];

function done(): Answer {
  return { status: 204, headers: UNSTORED, body: new Uint8Array(0) };
}

/** A JSON answer outside the API. */
export function json(value: unknown): Answer {
  return {
    status: 200,
    headers: ["content-type", "application/json", ...UNSTORED],
    body: new TextEncoder().encode(JSON.stringify(value)),
  };
}
