// The operator's token, where this server itself asks for it.
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Answer } from "../service/answer.js";
import { copyingReader } from "../service/core-types.js";
import type { OperatorToken } from "../service/options.js";
import type { MemoryRegistrar } from "../service/registrar.js";
import type { Metrics } from "./metrics.js";

/** Compares a token with the expected one. The time it takes depends on the length of the given one alone. */
export class TokenCheck {
  readonly #digest: Buffer;

  constructor(expected: OperatorToken) {
    this.#digest = typeof expected === "string" ? digestOf(expected) : Buffer.from(expected.sha256, "hex");
  }

  /** Whether the header `Authorization` has the token. */
  accepts(authorization: string | undefined): boolean {
    const token = /^bearer +([^ ]+) *$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const digest = digestOf(token);
    return digest.length === this.#digest.length && timingSafeEqual(digest, this.#digest);
  }
}

function digestOf(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

const NO_BODY = new Uint8Array(0);

/** Answers `GET /metrics` to the operator's token, and every other request as the API answers those that are not permitted. */
export function metricsForOperator(
  registrar: MemoryRegistrar,
  expected: OperatorToken,
  metrics: Metrics,
): (request: IncomingMessage) => Answer {
  const check = new TokenCheck(expected);
  return (request) => {
    const { method, headers } = request;
    if (method !== "GET" && method !== "HEAD") {
      return registrar.refuse(405, "This path does not allow the method. The Allow header lists the methods that it allows.", headers, {
        allow: "GET, HEAD",
      });
    }
    if (check.accepts(headers.authorization)) return metrics.answer();
    // The core says what is wrong with a token that opens nothing.
    const answer = registrar.answer("GET", "/api/v1/ping", headers, NO_BODY, copyingReader);
    if (answer.status === 401) return answer;
    return registrar.refuse(403, "Metrics are for the operator's token alone.", headers);
  };
}
