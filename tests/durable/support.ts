// Temporary folders, and registrars in files of them.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRegistrar, type Registrar, type RegistrarOptions } from "agent-registrar/service";
import { sqliteStore } from "agent-registrar/sqlite";
import { afterAll, afterEach } from "vitest";

const folders: string[] = [];
const open: Registrar[] = [];

afterEach(() => {
  for (const registrar of open.splice(0)) registrar.close();
});
afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A new folder, removed at the end of the file of tests. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "registrar-"));
  folders.push(folder);
  return folder;
}

/** The path of a file that does not exist yet. */
export const newFile = (): string => join(newFolder(), "agents.db");

/** A registrar in a file, closed after the test. */
export function registrarIn(file: string, options: Omit<RegistrarOptions, "store"> = {}): Registrar {
  const registrar = createRegistrar({ tokens: [{ token: "t" }], ...options, store: sqliteStore({ file }) });
  open.push(registrar);
  return registrar;
}

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  // biome-ignore lint/suspicious/noExplicitAny: any JSON
  readonly json: any;
}

/** Sends a request as the token `t`, and waits for the answer. */
export async function send(registrar: Registrar, method: string, path: string, body?: unknown): Promise<Reply> {
  const headers = { authorization: "Bearer t", "content-type": "application/json" };
  const init = { method, headers, body: body === undefined ? null : JSON.stringify(body) };
  const response = await registrar.fetch(`http://registrar.test/api/v1/${path}`, init);
  const text = await response.text();
  return { status: response.status, headers: Object.fromEntries(response.headers), json: text === "" ? undefined : JSON.parse(text) };
}

/** The body of a create. */
export function agent(registrar: Registrar, name: string, key?: string): unknown {
  return { details: { name, environment_id: registrar.defaults.environment_id }, idempotency_key: key };
}

/** The names of all agents, in the order of their ids. */
export async function names(registrar: Registrar): Promise<string[]> {
  const all: string[] = [];
  for (let offset: number | null = 0; offset !== null; ) {
    const { status, json }: Reply = await send(registrar, "GET", `agent?pagination[page_size]=100&pagination[offset]=${offset}`);
    if (status !== 200) throw new Error(`${status}: ${JSON.stringify(json)}`);
    all.push(...json.summaries.map(({ name }: { name: string }) => name));
    offset = json.pagination.next_page_offset;
  }
  return all;
}
