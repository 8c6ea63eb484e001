// No secret in anything that comes out but where it is asked for: answers, the log, the console, metrics, snapshots, messages of errors.
import { createHash } from "node:crypto";
import { connect } from "node:net";
import { once } from "node:events";
import { type RunningServer, serve, type ServeOptions } from "agent-registrar/node";
import { createRegistrar, type RegistrarOptions } from "agent-registrar/service";
import { afterEach, describe, expect, test, vi } from "vitest";
import { send } from "./drivers/send.ts";

/** Secrets are marked, so that any part of one is found. */
const SECRETS = {
  accountToken: "planted-account-token-0123456789",
  environmentToken: "planted-environment-token-012345",
  digestToken: "planted-digest-token-0123456789",
  operatorToken: "planted-operator-token-012345678",
  hooksToken: "planted-hooks-token-0123456789ab",
  wrongToken: "planted-wrong-token-0123456789ab",
  secret: "planted-signing-secret-012345678",
  seed: "planted-seed-0123456789",
};
/** Callers' data may be in answers to them, and in snapshots, but in no log and no message. */
const DATA = {
  name: "Planted-name",
  payload: "planted-payload",
  query: "planted-query",
  key: "planted-key-of-request",
  path: "planted-path",
};

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** The texts in which a secret could come out: plain, encoded, or as its digest. */
function forms(text: string): string[] {
  const bytes = Buffer.from(text);
  // Base 64 of any alignment shares its middle.
  return [text, text.toUpperCase(), bytes.toString("hex"), bytes.toString("base64").slice(4, -4), encodeURIComponent(text), sha256(text)];
}

function around(shown: string, form: string): string {
  const at = shown.indexOf(form);
  return shown.slice(Math.max(0, at - 200), at + 200);
}

function expectNone(where: string, shown: string, planted: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(planted)) {
    for (const form of forms(text)) expect(shown.includes(form), `${name} in ${where}: ${around(shown, form)}`).toBe(false);
    const binary = createHash("sha256").update(text).digest().toString("latin1");
    expect(shown.includes(binary), `the digest of ${name} in ${where}`).toBe(false);
  }
}

let server: RunningServer | undefined;
const said: string[] = [];

/** Takes everything that is said. */
function listen(): void {
  said.length = 0;
  for (const stream of [process.stderr, process.stdout]) {
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      said.push(String(chunk));
      return true;
    });
  }
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...values) => {
      said.push(values.map((value) => (value instanceof Error ? `${value.stack} ${String(value.cause)}` : String(value))).join(" "));
    });
  }
}

afterEach(async () => {
  vi.restoreAllMocks();
  await server?.close();
  server = undefined;
});

const options: ServeOptions = {
  port: 0,
  tokens: [
    { token: SECRETS.accountToken },
    { token: SECRETS.environmentToken, environment_id: "013xrzp12g3nqk8nzxvq7jm2arsfg5h1" },
    { sha256: sha256(SECRETS.digestToken) },
  ],
  operatorToken: SECRETS.operatorToken,
  secret: SECRETS.secret,
  seed: SECRETS.seed,
  testHooks: true,
  testHooksToken: SECRETS.hooksToken,
  serverTiming: true,
  metricsPort: 0,
};

/** Everything that a caller can be answered: status, headers and body, of requests that succeed and that fail. */
async function converse(): Promise<{ answers: string; errors: string; snapshot: string }> {
  const answers: string[] = [];
  const errors: string[] = [];
  const { url, metricsPort } = server as RunningServer;
  const ask = async (method: string, target: string, token: string | undefined, body?: unknown, more: Record<string, string> = {}) => {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const init = body === undefined ? {} : { body: new TextEncoder().encode(text) };
    const answer = await send(url, target, { method, headers: { "content-type": "application/json", ...authorization, ...more }, ...init });
    const shown = `${answer.status} ${JSON.stringify([...answer.headers])} ${Buffer.from(await answer.arrayBuffer()).toString("latin1")}`;
    answers.push(shown);
    if (answer.status >= 400) errors.push(shown);
    return shown;
  };
  const { accountToken, environmentToken, digestToken, operatorToken, hooksToken, wrongToken } = SECRETS;
  const environment_id = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";
  for (const token of [accountToken, environmentToken, digestToken, operatorToken, hooksToken, wrongToken, undefined]) {
    for (const accept of token === accountToken ? ["*/*", "application/problem+json"] : ["*/*"]) {
      const more = { accept, cookie: `session=${wrongToken}`, "x-api-key": wrongToken, referer: `http://x/${DATA.path}` };
      const details = { name: DATA.name, environment_id };
      await ask("POST", "/api/v1/agent", token, { details, idempotency_key: DATA.key }, more);
      await ask(
        "POST",
        "/api/v1/agent",
        token,
        { details: { name: 1, [DATA.name]: DATA.payload, id: DATA.payload, environment_id: DATA.payload } },
        more,
      );
      await ask("POST", "/api/v1/agent", token, `{"details": ${DATA.payload}`, more);
      await ask("POST", "/api/v1/agent", token, `{"${DATA.payload}": 1, "${DATA.payload}": 2}`, more);
      await ask(
        "POST",
        "/api/v1/agent_spans",
        token,
        { details: { payload: { text: DATA.payload }, agent_instance_id: environment_id } },
        more,
      );
      await ask("POST", "/api/v1/bulk", token, { items: [{ _type: DATA.name, idempotency_key: DATA.key }] }, more);
      await ask("GET", `/api/v1/agent?environment_id=${DATA.query}&sorting=${DATA.query}&${DATA.query}=1`, token, undefined, more);
      await ask("GET", `/api/v1/agent/${DATA.path}?token=${wrongToken}`, token, undefined, more);
      await ask("GET", `/${DATA.path}`, token, undefined, more);
      await ask("PATCH", "/api/v1/agent", token, undefined, more);
      for (const path of ["account", "api_token", "environment", "ping", "openapi"])
        await ask("GET", `/api/v1/${path}`, token, undefined, more);
      for (const path of ["/metrics", "/healthz", "/readyz", "/_registrar/clock", "/_registrar/faults", "/_registrar/defaults"]) {
        await ask("GET", path, token, undefined, more);
      }
    }
  }
  // Their messages name unknown keys, for the author of the test.
  for (const body of [DATA.payload, { unknown: DATA.payload }, { status: 500, match: DATA.name }]) {
    for (const hook of ["reset", "restore", "faults", "clock"]) await ask("POST", `/_registrar/${hook}`, hooksToken, body);
  }
  // A new agent after the reset, so that a snapshot has everything.
  await ask("POST", "/api/v1/agent", accountToken, { details: { name: "Kept", environment_id }, idempotency_key: "a key of the test" });
  await ask("POST", "/api/v1/api_token", accountToken, { details: { token_scope: "account" } });
  const snapshot = await ask("GET", "/_registrar/snapshot", hooksToken);
  // Bytes that are no request.
  for (const text of [
    `GET /${wrongToken}\u0001 HTTP/1.1\r\n\r\n`,
    `${wrongToken}\r\n\r\n`,
    `GET / HTTP/1.1\r\nHost: x\r\nAuthori zation: ${accountToken}\r\n\r\n`,
  ]) {
    const socket = connect(server?.port ?? 0, "127.0.0.1", () => socket.write(text));
    let got = "";
    socket.setEncoding("latin1").on("data", (chunk: string) => (got += chunk));
    await once(socket, "close");
    answers.push(got);
    errors.push(got);
  }
  const metrics = await send(`http://127.0.0.1:${metricsPort}`, "/metrics", { method: "GET", headers: {} });
  errors.push(await metrics.text());
  return { answers: answers.join("\n"), errors: errors.join("\n"), snapshot };
}

describe.each(["json", "text", "off"] as const)("with a log of %s", (log) => {
  test("no secret comes out, and no data of callers gets into errors, logs and metrics", async () => {
    listen();
    server = await serve({ ...options, log });
    const { answers, errors, snapshot } = await converse();
    await server.close();
    vi.restoreAllMocks();
    expect(answers.length).toBeGreaterThan(20_000);
    expectNone("answers", answers, SECRETS);
    expectNone("errors", errors, { ...SECRETS, ...DATA });
    expectNone("the log", said.join("\n"), { ...SECRETS, ...DATA });
    expect(snapshot.length).toBeGreaterThan(500);
    expectNone("the snapshot", snapshot, SECRETS);
    if (log === "off") expect(said.join("\n")).not.toContain("request");
    else expect(said.join("\n").split("\n").length).toBeGreaterThan(100);
  }, 60_000);
});

test("no secret is in the message of an option that is refused", () => {
  const { accountToken, secret, seed } = SECRETS;
  const wrong: RegistrarOptions[] = [
    { tokens: [{ token: `${accountToken} ` }] },
    { tokens: [{ token: accountToken, sha256: sha256(accountToken) } as never] },
    { tokens: [{ token: accountToken }, { token: accountToken }] },
    { tokens: [{ token: accountToken, account_id: secret }] },
    { tokens: [{ token: accountToken, environment_id: seed }] },
    { tokens: [{ sha256: accountToken }] },
    { operatorToken: `${accountToken}\n` },
    { operatorToken: { sha256: accountToken } },
    { operatorToken: accountToken, tokens: [{ token: accountToken }] },
    { secret: `${secret} ` },
    { secret: [secret] as never },
    { seed: [seed] as never },
    { seed: new TextEncoder().encode(seed) },
  ];
  for (const given of wrong) {
    let message = "";
    try {
      createRegistrar(given);
    } catch (cause) {
      message = `${(cause as Error).stack} ${String((cause as Error).cause)}`;
    }
    expect(message, JSON.stringify(given)).toMatch(/TypeError/);
    expectNone(`the error of ${Object.keys(given).join()}`, message, SECRETS);
  }
});
