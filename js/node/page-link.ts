// The one-time link of the page: an address with a code that is exchanged for a token once.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** 160 bits: nobody guesses it. */
const CODE_BYTES = 20;

/**
 * A code that opens the page connected, once [ours]. It stands in the fragment of the printed address, which browsers send to no server and
 * which the page removes at once: it gets into no log and no history. A copy of the address is worth nothing afterwards.
 */
export class PageLink {
  readonly #code = randomBytes(CODE_BYTES).toString("hex");
  #isUsed = false;

  /** The address to print for a server at this URL. */
  address(url: string): string {
    return `${url}/#token=${this.#code}`;
  }

  /** Whether this body names the code, for the first time. */
  take(body: Uint8Array): boolean {
    if (this.#isUsed || !isSame(codeOf(body), this.#code)) return false;
    this.#isUsed = true;
    return true;
  }
}

/** The longest body that is read. */
export const EXCHANGE_LIMIT = 1_024;

/** Whether this is a request of the server's own page: other pages could not send JSON without a preflight, and no form sends it. */
export function isOfOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, host = "" } = headers;
  if (headers["content-type"]?.split(";")[0]?.trim() !== "application/json") return false;
  // A proxy may add TLS, so only hosts are compared.
  return origin === undefined || origin.replace(/^https?:\/\//, "") === host;
}

function codeOf(body: Uint8Array): string {
  try {
    const { code } = JSON.parse(new TextDecoder().decode(body)) as { readonly code?: unknown };
    return typeof code === "string" ? code : "";
  } catch {
    return "";
  }
}

/** Takes the same time wherever two texts differ. */
function isSame(one: string, other: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
