import { expect, test } from "vitest";
import { causeOf, type Surroundings } from "../../www/src/connection/causes.ts";

const silent = (): Promise<never> => Promise.reject(new TypeError("Failed to fetch"));
const answers = (): Promise<unknown> => Promise.resolve();

const around = (more: Partial<Surroundings>): Surroundings => ({
  origin: "http://127.0.0.1:8787",
  isOnline: true,
  isBlockedByPolicy: false,
  probe: silent,
  localNetwork: () => Promise.resolve(undefined),
  ...more,
});

const https = "https://console.example";

test.each([
  ["http://127.0.0.1:9999", around({}), "silent", "npx agent-registrar serve"],
  ["https://registrar.example.com", around({}), "silent", "Is it running?"],
  ["https://registrar.example.com", around({ origin: https, probe: answers }), "cors", "--cors https://console.example"],
  ["http://127.0.0.1:8788", around({ probe: answers }), "cors", "--cors http://127.0.0.1:8787"],
  ["http://10.0.0.12:8787", around({ origin: https, probe: answers }), "mixed_content", "open this page from that server"],
  ["http://registrar.example.com", around({ origin: https }), "mixed_content", "https"],
  // Loopback addresses are secure: no mixed content.
  ["http://127.0.0.1:8787", around({ origin: https, probe: answers }), "cors", "--cors"],
  [
    "http://localhost:8787",
    around({ origin: https, localNetwork: () => Promise.resolve("prompt") }),
    "local_network",
    "local network access",
  ],
  ["http://[::1]:8787", around({ origin: https, localNetwork: () => Promise.resolve("denied") }), "local_network", "local network access"],
  ["https://192.168.0.9", around({ origin: https, localNetwork: () => Promise.resolve("denied") }), "local_network", "ask again"],
  ["http://127.0.0.1:8787", around({ origin: https, localNetwork: () => Promise.resolve("granted") }), "silent", "Start it"],
  ["http://build-box:8787", around({ isBlockedByPolicy: true }), "policy", "Serve the page from build-box:8787"],
  ["https://registrar.example.com", around({ isOnline: false }), "offline", "goes on"],
  // This computer is reached without a network.
  ["http://127.0.0.1:8787", around({ isOnline: false }), "silent", "Is it running?"],
  ["http://127.0.0.1:8787", around({ probe: answers }), "silent", "Is it running?"],
])("%s: %#", async (address, surroundings, kind, words) => {
  const cause = await causeOf(address, surroundings);
  expect(cause.kind).toBe(kind);
  expect(`${cause.title} ${cause.text}`).toContain(words);
});
