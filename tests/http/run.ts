import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFull } from "../shared/full.ts";
import { world, type Driver, type Init, type Service } from "./driver.ts";
import { undescribed } from "./described.ts";
import { at, differences, fill, fillText, type Names } from "./match.ts";
import { ofEntries, table } from "./table.ts";
import type { Json, Row, Step } from "./row.ts";

const tokens = {
  account: world.accountToken,
  environment: world.environmentToken,
  other: world.otherToken,
  operator: world.operatorToken,
} as const;

/** The codes that an answer of each status may have. */
const codes: Record<number, readonly string[]> = {
  400: ["bad_request"],
  401: ["not_authenticated", "bad_authtoken"],
  403: ["not_permitted"],
  404: ["not_found", "not_implemented"],
  405: ["bad_request"],
  409: ["invalid_action", "idempotency_key_already_used", "insufficient_storage"],
  413: ["bad_request"],
  415: ["bad_request"],
  422: ["validation_errors", "unexpected_ref_type"],
};

/** The headers that every page may read, and those of CORS itself. */
const READABLE = /^(cache-control|content-language|content-length|content-type|expires|last-modified|pragma|access-control-.*)$/;

/** Runs the whole table against one home of the service. */
export function runTable(driver: Driver): void {
  describe(`the HTTP table in ${driver.name}`, () => {
    let service: Service;
    beforeAll(async () => {
      service = await driver.start();
    });
    const skipped: string[] = [];
    const { sample } = driver;
    const runs = (title: string, index: number): boolean => {
      return sample === undefined || isFull || ofEntries.includes(title) || index % 3 === sample;
    };
    afterAll(async () => {
      await service?.stop();
      // Printed, so that a rule that is not tested here does not look as if it were.
      const count = Object.values(table).flat().length;
      const shortened = sample === undefined || isFull ? "" : "; of most sections one in three runs, but for TESTS=full";
      console.warn([`${driver.name}: ${skipped.length} of ${count} rows cannot run here${shortened}`, ...skipped].join("\n"));
    });

    for (const [title, rows] of Object.entries(table)) {
      describe(title, () => {
        // No row needs another one.
        for (const row of rows.filter((_, index) => runs(title, index))) {
          const name = `${row.name} [${row.mark}]`;
          const missing = row.needs?.filter((trait) => driver.lacks?.includes(trait)) ?? [];
          if (driver.omits?.includes(row.name) === true) {
            test.skip(`${name} (takes too long here)`);
            skipped.push(`  ${title}: ${name}: takes too long here`);
            continue;
          }
          if (missing.length === 0) test(name, () => converse(service, row));
          else test.skip(`${name} (not here: ${missing.join(", ")})`);
          if (missing.length > 0) skipped.push(`  ${title}: ${name}: this home does not carry ${missing.join(", ")}`);
        }
      });
    }
  });
}

async function converse(service: Service, row: Row): Promise<void> {
  const names = given();
  const answers: string[] = [];
  for (const [index, step] of row.steps.entries()) {
    const where = `step ${index + 1}, ${step.send.slice(0, 120)}`;
    if (step.wait !== undefined) await pause(step.wait);
    const request = written(step, names);
    const response = await service.fetch(request.target, request.init);
    const text = await response.text();
    answers.push(text);

    expect(response.status, `${where}: ${text.slice(0, 500)}`).toBe(step.status);
    always(request.init.method, response, text, where, step.bare);
    if (request.init.method !== "HEAD" && request.init.method !== "OPTIONS") {
      expect(undescribed(request.init.method, request.target, response, JSON.parse(text)), `${where}: docs/openapi.json`).toEqual([]);
    }
    for (const [name, wanted] of Object.entries(step.answerHeaders ?? {})) {
      const found = response.headers.get(name);
      if (wanted instanceof RegExp) expect(found ?? "(absent)", `${where}: ${name}`).toMatch(wanted);
      else expect(found, `${where}: ${name}`).toBe(wanted === null ? null : fillText(wanted, names));
    }
    if (step.answer === null) expect(text, where).toBe("");
    else if (step.answer !== undefined) {
      expect(differences(fill(step.answer, names), JSON.parse(text)), where).toEqual([]);
    }
    if (step.sameAs !== undefined) expect(text, where).toBe(answers[step.sameAs]);
    if (step.contains !== undefined) expect(text, where).toContain(fillText(step.contains, names));
    if (step.without !== undefined) expect(text, where).not.toContain(fillText(step.without, names));
    if (step.increasing !== undefined) {
      const texts = at(JSON.parse(text), step.increasing) as string[];
      expect(texts, where).toEqual([...new Set(texts)].sort());
    }
    for (const [name, path] of Object.entries(step.save ?? {})) {
      const value = at(JSON.parse(text), path);
      expect(value, `${where}: ${path}`).toBeDefined();
      names[name] = value as Json;
    }
  }
}

/** Checks the rules that hold for every answer. */
function always(method: string, response: Response, text: string, where: string, bare = false): void {
  expect(response.status, where).toBeLessThan(500);
  expect(response.headers.get("x-request-id"), `${where}: X-Request-Id`).toMatch(/^\S+$/);
  expect(response.headers.get("cache-control"), `${where}: Cache-Control`).toBe("no-store");
  expect(response.headers.get("x-content-type-options"), `${where}: X-Content-Type-Options`).toBe("nosniff");
  // A page of an allowed origin may read every header.
  const exposed = response.headers.get("access-control-expose-headers")?.split(", ");
  if (exposed !== undefined) {
    const hidden = [...response.headers.keys()].filter((name) => !READABLE.test(name) && !exposed.includes(name));
    expect(hidden, `${where}: Access-Control-Expose-Headers`).toEqual([]);
  }
  if (response.status === 401) {
    expect(response.headers.get("www-authenticate"), `${where}: WWW-Authenticate`).toMatch(/^Bearer\b/);
  }
  if (method === "HEAD" || method === "OPTIONS") return;
  const body: unknown = JSON.parse(text);
  if (response.headers.get("content-type") === "application/problem+json") {
    expect(at(body, "status"), where).toBe(response.status);
    expect(codes[response.status], where).toContain(at(body, "code"));
    return;
  }
  expect(response.headers.get("content-type"), `${where}: Content-Type`).toBe("application/json");
  if (response.status === 200 && bare) return;
  if (response.status === 200) {
    expect(at(body, "status"), where).toBe("success");
    return;
  }
  expect(at(body, "status"), where).toBe("error");
  expect(codes[response.status], where).toContain(at(body, "code"));
  expect(at(body, "message"), where).toMatch(/\S/);
}

function written(step: Step, names: Names): { target: string; init: Init } {
  const space = step.send.indexOf(" ");
  const method = step.send.slice(0, space);
  const headers = new Map<string, string>();
  const as = step.as ?? "account";
  if (as !== "none") headers.set("authorization", `Bearer ${as in tokens ? tokens[as as keyof typeof tokens] : fillText(as, names)}`);

  let body = step.bytes;
  const text = step.body === undefined ? step.text : JSON.stringify(fill(step.body, names));
  if (text !== undefined) body = new TextEncoder().encode(step.body === undefined ? fillRaw(text, names) : text);
  if (body !== undefined) headers.set("content-type", "application/json");

  for (const [name, value] of Object.entries(step.headers ?? {})) {
    if (value === null) headers.delete(name);
    else headers.set(name, fillText(value, names));
  }
  const init: Init = { method, headers: Object.fromEntries(headers) };
  if (body !== undefined) init.body = body;
  return { target: fillText(step.send.slice(space + 1), names), init };
}

/** Raw texts may be a megabyte of any content, so only existing names are replaced. */
function fillRaw(text: string, names: Names): string {
  return text.replace(/\$([a-z]\w*)/g, (whole, name: string) => (name in names ? String(names[name]) : whole));
}

function given(): Names {
  const fresh = () => crypto.randomUUID();
  const partition = world.account.slice(10, 16);
  const foreign = world.otherAccount.slice(10, 16);
  return {
    ...world,
    key: fresh(),
    key2: fresh(),
    key3: fresh(),
    new: freshId(partition),
    new2: freshId(partition),
    new3: freshId(partition),
    foreign: freshId(foreign),
    somewhere: freshId(freshId(partition).slice(-6)),
    soon: new Date(Date.now() + 2_500).toISOString(),
  };
}

const digits = "0123456789abcdefghjkmnpqrstvwxyz";

/** Ten digits of time, six of partition and sixteen of randomness. */
function freshId(partition: string): string {
  let time = "";
  for (let rest = Date.now(); time.length < 10; rest = Math.floor(rest / 32)) time = `${digits[rest % 32]}${time}`;
  const random = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => digits[byte % 32]).join("");
  return time + partition + random;
}
