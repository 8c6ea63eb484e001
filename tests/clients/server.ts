import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Fault } from "agent-registrar/service";

const COMMAND = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

/** The tokens of the command. They are given, so that its output need not be parsed. */
export const token = "account-token-for-the-clients";
export const environmentToken = "environment-token-for-the-clients";
/** The default environment, which is part of the contract. */
export const environment = "013xrzp12g3nqk8nzxvq7jm2arsfg5h1";

export interface Details {
  readonly id: string;
  readonly [key: string]: unknown;
}

/** The tokens of a server. */
export interface Tokens {
  readonly token: string;
  readonly environmentToken: string;
}

/** Where the service runs. Files of tests that run the tests here again choose another one before they import them. */
export interface Home {
  /** Whether it has the test hooks. */
  readonly hasHooks: boolean;
  start(tokens: Tokens): Promise<{ readonly url: string; stop(): Promise<void> }>;
}

/** The home that was chosen; by default, a server in memory. */
export let home: Home | undefined;

/** Runs the service elsewhere from now on. */
export function useHome(chosen: Home): void {
  home = chosen;
}

/** `agent-registrar serve` as users start it: a separate process on a free port. `more` are further arguments. */
export async function serveCommand(tokens: Tokens, ...more: readonly string[]): Promise<{ url: string; stop(): Promise<void> }> {
  const flags = ["--port", "0", "--test-hooks", "--token", tokens.token, "--environment-token", tokens.environmentToken, ...more];
  const child = spawn(process.execPath, [COMMAND, "serve", ...flags], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "exit");
  const stop = async () => {
    child.kill();
    await ended;
  };
  let said = "";
  for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
    said += chunk;
    const url = / answers at (http:\S+)\n/.exec(said)?.[1];
    if (url !== undefined) return { url, stop };
  }
  throw new Error(`the server ended before it answered: ${said}`);
}

/** The service for a file of tests. */
export class Server {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(tokens: Tokens = { token, environmentToken }): Promise<Server> {
    const { url, stop } = await (home?.start(tokens) ?? serveCommand(tokens));
    return new Server(url, stop);
  }

  /** Sends a request. Throws unless it succeeds. */
  async ask(method: string, path: string, body?: unknown): Promise<Record<string, unknown>> {
    const response = await fetch(new URL(path, this.url), {
      method,
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text === "" ? {} : JSON.parse(text);
  }

  async details(method: string, path: string, body?: unknown): Promise<Details> {
    return (await this.ask(method, path, body))["details"] as Details;
  }

  /** All items of a list with at most 100. */
  async list(path: string, query: Record<string, string>): Promise<Details[]> {
    const parameters = new URLSearchParams({ ...query, "pagination[page_size]": "100" });
    return (await this.ask("GET", `${path}?${parameters}`))["summaries"] as Details[];
  }

  async plan(...faults: Fault[]): Promise<void> {
    await this.ask("POST", "/_registrar/faults", faults);
  }

  /** The faults that are still waiting for a request. */
  async unmet(): Promise<unknown> {
    if (home?.hasHooks === false) return [];
    return await this.ask("GET", "/_registrar/faults");
  }

  async reset(): Promise<void> {
    if (home?.hasHooks === false) return;
    await this.ask("POST", "/_registrar/reset");
  }

  async newAgent(name: string): Promise<Details> {
    return this.details("POST", "/api/v1/agent", { details: { name, environment_id: environment } });
  }
}
