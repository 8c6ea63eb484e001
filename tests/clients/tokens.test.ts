/**
 * The token commands of `@prefactor/cli` 0.0.5, as its source shows their requests, through the HTTP client of `@prefactor/core`
 * that it uses. The command itself is not published where tests can install it.
 */
import { HttpClient } from "@prefactor/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment, Server, token } from "./server.ts";

interface Token {
  readonly id: string;
  readonly status: string;
  readonly [key: string]: unknown;
}

const account = "013xrzp12g3nqk8nyt0q8s8a1vd3p7wk";
let server: Server;
beforeAll(async () => {
  server = await Server.start();
});
afterAll(() => server.stop());

/** The CLI's client: with a retry for each status from 500 on. */
const client = (apiToken: string): HttpClient =>
  new HttpClient({
    apiUrl: server.url,
    apiToken,
    agentIdentifier: "cli",
    requestTimeout: 10_000,
    maxRetries: 2,
    initialRetryDelay: 5,
    maxRetryDelay: 20,
    retryMultiplier: 2,
    retryOnStatusCodes: [429, 500, 501, 502, 503, 504],
  });

const path = "/api/v1/api_token";

test("create of either scope shows the token beside its details", async () => {
  const cli = client(token);
  for (const details of [
    { token_scope: "account" },
    { token_scope: "account", account_id: account, expires_at: "2999-01-01T00:00:00Z" },
    { token_scope: "environment", environment_id: environment },
  ]) {
    const made = await cli.request<{ details: Token; token: string }>(path, { method: "POST", body: { details } });
    expect(made.details).toMatchObject({ type: "api_token", status: "active", last_used_at: null, token_scope: details.token_scope });
    expect(made.token).toMatch(/^registrar_/);
    await expect(client(made.token).request("/api/v1/ping", { method: "GET" })).resolves.toMatchObject({ status: "success" });
  }
});

test("list, retrieve, suspend, activate, revoke and delete", async () => {
  const cli = client(token);
  const made = await cli.request<{ details: Token; token: string }>(path, {
    method: "POST",
    body: { details: { token_scope: "account" } },
  });
  const { id } = made.details;
  const own = client(made.token);
  const ping = (): Promise<unknown> => own.request("/api/v1/ping", { method: "GET" });
  const list = await cli.request<{ summaries: readonly Token[] }>(`${path}?account_id=${account}`, { method: "GET" });
  expect(list.summaries.map((it) => it.id)).toContain(id);
  expect(JSON.stringify(list)).not.toContain(made.token);
  const statuses: string[] = [];
  for (const action of ["suspend", "activate", "revoke"]) {
    const changed = await cli.request<{ details: Token }>(`${path}/${id}/${action}`, { method: "POST", body: {} });
    statuses.push(changed.details.status);
    await (action === "activate" ? expect(ping()).resolves.toBeDefined() : expect(ping()).rejects.toMatchObject({ status: 401 }));
  }
  expect(statuses).toEqual(["suspended", "active", "revoked"]);
  await expect(cli.request(`${path}/${id}`, { method: "GET" })).resolves.toMatchObject({ details: { id, status: "revoked" } });
  await cli.request(`${path}/${id}`, { method: "DELETE" });
  await expect(cli.request(`${path}/${id}`, { method: "GET" })).rejects.toMatchObject({ status: 404 });
});

test("a refusal reaches the caller at once, with its message", async () => {
  // The scope of the CLI's next generation.
  const details = { token_scope: "agent_deployment", agent_id: account, environment_id: environment };
  const refused = client(token).request(path, { method: "POST", body: { details } });
  await expect(refused).rejects.toMatchObject({ status: 422 });
});
