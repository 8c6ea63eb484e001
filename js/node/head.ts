// What the head of a request says.
import type { IncomingMessage } from "node:http";

/** Whether the client waits for `100 Continue` before it sends the body. */
export function isExpecting(request: IncomingMessage): boolean {
  return request.httpVersion === "1.1" && request.headers.expect?.toLowerCase() === "100-continue";
}

/** Whether an answer without a length ends the connection, as it does before HTTP/1.1. */
export function isOld({ httpVersion }: IncomingMessage): boolean {
  return httpVersion !== "1.1";
}

/** Whether a body comes with it, perhaps an empty one. */
export function hasBody({ headers }: IncomingMessage): boolean {
  return headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
}

/** Proxies send the absolute form of the target (RFC 9112, section 3.2.2); the API needs path and query. */
export function originForm(target: string): string {
  if (target.startsWith("/") || !/^https?:\/\//i.test(target)) return target;
  const rest = target.slice(target.indexOf("://") + 3);
  const start = rest.search(/[/?#]/);
  if (start < 0) return "/";
  return rest[start] === "/" ? rest.slice(start) : `/${rest.slice(start)}`;
}

/** Whether it reads only. */
export function isRead(request: IncomingMessage): boolean {
  return request.method === "GET" || request.method === "HEAD";
}

/** What a request without a complete answer counts as, in bytes, besides its answer: its objects. */
const REQUEST_CHARGE = 4_096;
/** What each header of it counts as besides. */
const HEADER_CHARGE = 64;

/** The bytes that a request counts as besides its answer. Its head does not change. */
export function requestCharge({ rawHeaders }: IncomingMessage): number {
  return REQUEST_CHARGE + rawHeaders.length * HEADER_CHARGE;
}
