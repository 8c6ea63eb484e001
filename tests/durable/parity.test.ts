// A registrar in memory and one in a file give the same answers to the same generated requests, byte for byte.
import { type Answer, createRegistrar, type Registrar } from "agent-registrar/service";
import { expect, test } from "vitest";
import { options, Requests } from "../compare/generate.mjs";
import { newFile, registrarIn } from "./support.ts";

const decoder = new TextDecoder();
const START = Date.UTC(2026, 4, 7, 10);

function text({ status, headers, body }: Answer): string {
  return `${status}\n${headers.join("\n")}\n${decoder.decode(body)}`;
}

/** Without ids of requests, which start again with each registrar. */
const withoutRequestId = (answer: string): string => answer.replaceAll(/\b[0-9a-f]{32}\b/g, "REQUEST");

/** Sends generated requests to both. `before` is called before each. */
function compare(count: number, seed: number, restart: boolean): void {
  let now = START;
  const given = options(new Uint8Array(32).fill(seed), () => now);
  const file = newFile();
  const memory = createRegistrar(given);
  let durable: Registrar = registrarIn(file, given);
  expect(durable.defaults).toEqual(memory.defaults);
  const requests = new Requests(seed);
  const statuses = new Set<number>();
  for (let index = 0; index < count; index++) {
    now += requests.step();
    const { method, target, headers, body } = requests.next();
    if (restart) {
      durable.close();
      durable = registrarIn(file, given);
    }
    const [wanted, got] = [memory, durable].map((registrar) => text(registrar.handle(method, target, headers, body)));
    const shown = restart ? withoutRequestId : (answer: string) => answer;
    expect(shown(got as string), `request ${index}: ${method} ${target} ${body}`).toBe(shown(wanted as string));
    statuses.add(Number(wanted?.slice(0, 3)));
    try {
      requests.learn(target, JSON.parse(wanted?.slice(wanted.lastIndexOf("\n")) ?? ""));
    } catch {
      // No body.
    }
  }
  expect([...statuses]).toEqual(expect.arrayContaining([200, 404, 409, 422]));
}

test("one registrar", { timeout: 240_000 }, () => compare(6_000, 1, false));

test("a registrar that is opened again before every request", { timeout: 240_000 }, () => compare(700, 2, true));
