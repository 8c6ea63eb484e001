// Compares answers of places to the byte.
import type { Init } from "../http/driver.ts";
import { send } from "../homes/drivers/send.ts";
import type { Clock, Place } from "./places.ts";

/** Headers of the server or of the connection, not of the answer. */
const OF_THE_SERVER = new Set(["connection", "content-length", "date", "keep-alive", "server", "transfer-encoding"]);

/**
 * The one known difference: in Durable Objects, the operator's list has the names that accounts were made with, because the directory is
 * asked by nobody else (js/cloudflare/durable/directory.ts).
 */
const NAMES = /"name":"(?:[^"\\]|\\.)*"|"updated_at":"[^"]*"/g;
const withoutNames = (text: string): string => text.replaceAll(NAMES, "NAME");

/** Ids and texts of tokens. */
const RANDOM = /\b(registrar(_[0-9a-hjkmnp-tv-z]+){3}|[0-7][0-9a-hjkmnp-tv-z]{31})\b/g;

/** The id of a request. The front worker and each object count requests of their own, and have random streams of their own. */
const REQUEST_ID = /\b[0-9a-f]{32}\b/g;
const withoutRequestId = (text: string): string =>
  text.replaceAll(REQUEST_ID, "REQUEST").replaceAll(/"random_position":\d+/g, '"random_position":0');

/** An answer as one text. */
export async function textOf(response: Response): Promise<string> {
  const headers = [...response.headers].filter(([name]) => !OF_THE_SERVER.has(name)).sort();
  return [response.status, ...headers.map((header) => header.join(": ")), "", await response.text()].join("\n");
}

/**
 * Random texts of one place as those of another. In Durable Objects each account has a random stream of its own, so texts of accounts
 * differ from those of a registrar that has one stream for all. They are equal up to a one-to-one renaming: the first time that two
 * answers name different texts in the same place, these are a pair; ever after, the one must stand where the other does.
 */
export class Renaming {
  readonly #there = new Map<string, string>();
  readonly #here = new Map<string, string>();

  /** The text of the other place for a text that is sent. */
  sent(text: string): string {
    return text.replaceAll(RANDOM, (found) => this.#there.get(found) ?? found);
  }

  /** The other place's answer in the words of this one. */
  received(there: string, here: string): string {
    const words = here.match(RANDOM) ?? [];
    let index = 0;
    return there.replaceAll(RANDOM, (found) => {
      const word = words[index++];
      const known = this.#here.get(found);
      if (known !== undefined) return known;
      if (word === undefined || this.#there.has(word)) return found;
      this.#there.set(word, found);
      this.#here.set(found, word);
      return word;
    });
  }
}

/** A request that carries the time to places outside of this process. */
export const timed = (init: Init, clock: Clock): Init => ({ ...init, headers: { ...init.headers, "x-now": String(clock.now) } });

/** Whether an HTTP client that parses its address sends this target as it is. */
export const isParsed = (target: string): boolean => {
  const url = "http://registrar.test";
  return URL.canParse(target, url) && new URL(target, url).href === `${url}${target}`;
};

/** Sends each request to all places, one after another, and finds differences between the answers. */
export class Comparison {
  readonly #places: readonly [Place, ...Place[]];
  readonly #clock: Clock;
  readonly #operatorToken: string;
  readonly #renaming = new Renaming();

  constructor(places: readonly [Place, ...Place[]], clock: Clock, operatorToken: string) {
    this.#places = places;
    this.#clock = clock;
    this.#operatorToken = operatorToken;
  }

  /** The first place's answer. Throws if another place gives another one. */
  async send(target: string, init: Init): Promise<Response> {
    const [first, ...others] = this.#places;
    const request = timed(init, this.#clock);
    const answer = await send(first.url, target, request);
    const wanted = await textOf(answer.clone());
    for (const place of others) {
      const isRenamed = place.name === "Durable Objects";
      if (isRenamed && !isParsed(target)) continue;
      const there = isRenamed ? await this.#renamed(place, target, request, wanted) : await textOf(await send(place.url, target, request));
      const here = isRenamed ? withoutRequestId(wanted) : wanted;
      const isList = isRenamed && this.#isOfOperator(target, init);
      if (there !== here && !(isList && withoutNames(there) === withoutNames(here)))
        throw new Error(`${place.name} answers\n${there}\n\nand ${first.name} answers\n${here}`);
    }
    return answer;
  }

  #isOfOperator(target: string, { headers }: Init): boolean {
    return target.startsWith("/api/v1/account?") && headers["authorization"] === `Bearer ${this.#operatorToken}`;
  }

  async #renamed(place: Place, target: string, { body, headers, ...init }: Init, wanted: string): Promise<string> {
    const sent = (text: string): string => this.#renaming.sent(text);
    const renamed = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, sent(value)]));
    // Bytes that are no text stay as they are: each byte is one character here.
    const bytes = body === undefined ? {} : { body: new Uint8Array(Buffer.from(sent(Buffer.from(body).toString("latin1")), "latin1")) };
    const answer = await send(place.url, sent(target), { ...init, ...bytes, headers: renamed });
    return this.#renaming.received(withoutRequestId(await textOf(answer)), withoutRequestId(wanted));
  }
}
