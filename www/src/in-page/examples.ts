// The examples of the service in this page: agents of all four statuses, with runs of the last months.

/** Sends a request at a time, in Unix milliseconds. Gives the answer's body; throws if it was refused. */
export type Send = (at: number, method: string, target: string, body?: unknown) => unknown;

/** The environments of the examples. */
export interface Places {
  readonly production: string;
  readonly staging: string;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Example {
  readonly name: string;
  readonly description?: string;
  readonly place: keyof Places;
  /** Its age in milliseconds. */
  readonly age: number;
  /** The finished instances. */
  readonly finished?: number;
  /** Of them, each so-many-th failed. */
  readonly failing?: number;
  /** The age of the last finished instance. */
  readonly last?: number;
  readonly cancelled?: number;
  readonly isRunning?: boolean;
  readonly isRetired?: boolean;
}

const EXAMPLES: readonly Example[] = [
  { name: "Lead scoring v1", place: "staging", age: 120 * DAY, finished: 40, failing: 9, last: 48 * DAY, isRetired: true },
  { name: "Release notes writer", place: "production", age: 96 * DAY, finished: 22, last: 41 * DAY },
  {
    name: "Churn notes",
    description: "Sums up why customers left, once a quarter.",
    place: "production",
    age: 70 * DAY,
    finished: 18,
    failing: 17,
    last: 35 * DAY,
  },
  { name: "Vendor onboarding", place: "production", age: 19 * DAY, finished: 21, failing: 4, last: 9 * DAY, cancelled: 1, isRetired: true },
  {
    name: "Shipping address repair",
    description: "Corrects addresses that carriers refused.",
    place: "production",
    age: 12 * DAY,
    finished: 60,
    failing: 19,
    last: 2 * HOUR,
  },
  { name: "客服助手", place: "production", age: 8 * DAY, finished: 30, failing: 15, last: 5 * HOUR },
  {
    name: "KYC document check",
    place: "staging",
    age: 6 * DAY,
    finished: 36,
    failing: 8,
    last: 40 * MINUTE,
  },
  { name: "Refund triage", place: "production", age: 4 * DAY, finished: 36, failing: 12, last: 26 * MINUTE, cancelled: 1 },
  {
    name: "Invoice reader",
    description: "Reads supplier invoices and posts them to the ledger.",
    place: "production",
    age: 3 * DAY,
    finished: 44,
    failing: 11,
    last: 3 * MINUTE,
    cancelled: 1,
    isRunning: true,
  },
  { name: "وكيل الدعم الفني", place: "production", age: 9 * HOUR },
  { name: "Contract summariser", description: "Ten lines for each contract.", place: "staging", age: 3 * HOUR },
  { name: "Warranty claims", place: "production", age: 12 * MINUTE },
];

interface Details {
  readonly details: { readonly id: string };
}

/** The environments, which are there without examples, too. */
export function makePlaces(send: Send, now: number, defaultId: string, accountId: string): Places {
  send(now - 200 * DAY, "PUT", `/api/v1/environment/${defaultId}`, { details: { name: "production" } });
  const staging = send(now - 200 * DAY, "POST", "/api/v1/environment", { details: { account_id: accountId, name: "staging" } });
  return { production: defaultId, staging: (staging as Details).details.id };
}

/** Makes the examples, and counts them. */
export function makeExamples(send: Send, now: number, places: Places): { readonly agents: number; readonly instances: number } {
  const start = (): number => now;
  let instances = 0;
  for (const example of EXAMPLES) {
    const { name, description, place, age } = example;
    const details = { name, environment_id: places[place], ...(description !== undefined && { description }) };
    const { id } = (send(start() - age, "POST", "/api/v1/agent", { details }) as Details).details;
    instances += runs(send, now, id, example);
    if (example.isRetired === true) send(now - (example.last ?? age), "POST", `/api/v1/agent/${id}/retire`, {});
  }
  return { agents: EXAMPLES.length, instances };
}

/** Makes the instances of an agent, oldest first. */
function runs(send: Send, now: number, agentId: string, example: Example): number {
  const { age, finished = 0, failing = 0, last = 0, cancelled = 0, isRunning = false } = example;
  const register = (at: number, version: number): string => {
    const agent_version = { external_identifier: `v${version}` };
    const body = { agent_id: agentId, agent_version };
    return (send(at, "POST", "/api/v1/agent_instance/register", body) as Details).details.id;
  };
  for (let index = 0; index < finished; index++) {
    const at = now - age + ((age - last) * (index + 1)) / finished - 10 * SECOND;
    const id = register(at, 12 + Math.floor((index * 3) / finished));
    const isFailed = failing > 0 && index % failing === failing - 1;
    send(at, "POST", `/api/v1/agent_instance/${id}/start`, {});
    const length = 1_900 + ((index * 739) % 5_200);
    // The last ones have steps.
    if (index >= finished - 6) steps(send, at, id, length, isFailed);
    send(at + length, "POST", `/api/v1/agent_instance/${id}/finish`, { status: isFailed ? "failed" : "complete" });
  }
  for (let index = 0; index < cancelled; index++) {
    const at = now - last + SECOND;
    const id = register(at, 14);
    send(at + 200, "POST", `/api/v1/agent_instance/${id}/finish`, { status: "cancelled" });
  }
  if (isRunning) {
    const at = now - 40 * SECOND;
    const id = register(at, 14);
    send(at, "POST", `/api/v1/agent_instance/${id}/start`, {});
    const run = span(send, at, id, "agent:run", null, undefined, { document: "invoice-2041.pdf" });
    const plan = span(send, at + 90, id, "step:plan", run, 1_100);
    span(send, at + 120, id, "llm:chat", plan, 980, { model: "small", prompt_tokens: 812 });
    span(send, at + 1_300, id, "step:read_invoice", run, undefined);
  }
  return finished + cancelled + (isRunning ? 1 : 0);
}

/** The steps of one finished instance. */
function steps(send: Send, at: number, instanceId: string, length: number, isFailed: boolean): void {
  const run = span(send, at, instanceId, "agent:run", null, length, { attempt: 1 }, isFailed);
  const plan = span(send, at + 40, instanceId, "step:plan", run, length * 0.12);
  span(send, at + 60, instanceId, "llm:chat", plan, length * 0.1, { model: "small", prompt_tokens: 640 });
  const read = span(send, at + length * 0.14, instanceId, "step:read", run, length * 0.4);
  span(send, at + length * 0.15, instanceId, "tool:fetch_document", read, length * 0.1, { bytes: 48_211 });
  span(send, at + length * 0.27, instanceId, "llm:extract", read, length * 0.25);
  const post = span(send, at + length * 0.56, instanceId, "step:post", run, length * 0.42, {}, isFailed);
  span(send, at + length * 0.57, instanceId, "tool:ledger.post", post, length * 0.4, { amount: "118.20" }, isFailed);
}

/** Makes a step; without a length it goes on. */
function span(
  send: Send,
  at: number,
  instanceId: string,
  name: string,
  parent: string | null,
  length?: number,
  payload: object = {},
  isFailed = false,
): string {
  const time = (unix: number): string => new Date(Math.round(unix)).toISOString();
  const details = {
    agent_instance_id: instanceId,
    schema_name: name,
    status: length === undefined ? "active" : isFailed ? "failed" : "complete",
    payload,
    parent_span_id: parent,
    started_at: time(at),
    ...(length !== undefined && {
      finished_at: time(at + length),
      result_payload: isFailed ? { error: "timeout after 1400 ms", attempt: 2 } : { ok: true },
    }),
  };
  return (send(Math.round(at), "POST", "/api/v1/agent_spans", { details }) as Details).details.id;
}
