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

/** `agent-registrar serve` as users start it: a separate process on a free port. */
export class Server {
  private constructor(
    readonly url: string,
    readonly stop: () => Promise<void>,
  ) {}

  static async start(tokens: { token: string; environmentToken: string } = { token, environmentToken }): Promise<Server> {
    const child = spawn(
      process.execPath,
      [...[COMMAND, "serve", "--port", "0", "--test-hooks"], ...["--token", tokens.token, "--environment-token", tokens.environmentToken]],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    const ended = once(child, "exit");
    const stop = async () => {
      child.kill();
      await ended;
    };
    let said = "";
    for await (const chunk of child.stdout.setEncoding("utf8").iterator({ destroyOnReturn: false })) {
      said += chunk;
      const url = / answers at (http:\S+)\n/.exec(said)?.[1];
      if (url !== undefined) return new Server(url, stop);
    }
    throw new Error(`the server ended before it answered: ${said}`);
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
    return await this.ask("GET", "/_registrar/faults");
  }

  async reset(): Promise<void> {
    await this.ask("POST", "/_registrar/reset");
  }

  async newAgent(name: string): Promise<Details> {
    return this.details("POST", "/api/v1/agent", { details: { name, environment_id: environment } });
  }
}
