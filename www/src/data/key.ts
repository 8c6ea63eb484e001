/** A fresh idempotency key. Not `crypto.randomUUID`, which needs a secure context: a page served over plain HTTP in a local network has none. */
export function freshKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
