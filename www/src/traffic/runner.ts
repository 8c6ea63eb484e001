// Simulated traffic: real requests that register, start and finish instances. It goes on while other views are open.
import { effect, signal } from "@preact/signals";
import type { AgentInstance, AgentSummary } from "../../../js/generated/wire.js";
import { type Answer, call, connection } from "../connection/client.js";
import { messageOf, succeeded } from "../data/resource.js";
import { setBadge } from "../frame/badges.js";

export interface Settings {
  /** Instances per second. */
  readonly rate: number;
  /** How many agents work. */
  readonly agents: number;
  /** Of a hundred instances, how many fail. */
  readonly fail: number;
  /** When it stops by itself. */
  readonly minutes: number;
}

export const OPERATIONS = ["Register an instance", "Start an instance", "Create a span", "Finish an instance"] as const;
/** Requests for one instance. */
export const PER_INSTANCE = OPERATIONS.length;
/** Steps of the plots, in seconds. */
export const STEPS = 60;

/** What one second brought. */
export interface Step {
  readonly good: number;
  readonly refused: number;
  readonly failed: number;
  /** Times to an answer, in milliseconds; `undefined` without answers. */
  readonly median: number | undefined;
  readonly high: number | undefined;
}

export interface OperationSum {
  readonly sent: number;
  readonly good: number;
  readonly refused: number;
  readonly failed: number;
  readonly median: number | undefined;
  readonly high: number | undefined;
}

export interface Traffic {
  readonly state: "idle" | "running" | "paused";
  readonly settings: Settings;
  readonly startedAt: number;
  readonly steps: readonly Step[];
  readonly operations: readonly OperationSum[];
  /** The statuses of answers that were refused or failed. */
  readonly statuses: { readonly refused: readonly number[]; readonly failed: readonly number[] };
  /** Why it stopped, as a sentence. */
  readonly ended?: string;
}

const NOTHING: Step = { good: 0, refused: 0, failed: 0, median: undefined, high: undefined };
const NO_SUM: OperationSum = { sent: 0, good: 0, refused: 0, failed: 0, median: undefined, high: undefined };

export const traffic = signal<Traffic>({
  state: "idle",
  settings: { rate: 12, agents: 8, fail: 5, minutes: 10 },
  startedAt: 0,
  steps: [],
  operations: OPERATIONS.map(() => NO_SUM),
  statuses: { refused: [], failed: [] },
});

/** Requests under way at once. Beyond them the rate that was asked for is not reached, and the view says so. */
const AT_ONCE = 96;
const TICK = 50;
/** The last times of each operation, for its median. */
const REMEMBERED = 2_000;
const BY = "traffic";

/** A run of the simulation. */
class Run {
  readonly #agents: readonly string[];
  readonly #settings: Settings;
  readonly #generation = connection.peek().generation;
  readonly #times: number[][] = OPERATIONS.map(() => []);
  readonly #sums = OPERATIONS.map(() => ({ sent: 0, good: 0, refused: 0, failed: 0 }));
  readonly #statuses = { refused: new Set<number>(), failed: new Set<number>() };
  #second = { good: 0, refused: 0, failed: 0, times: [] as number[] };
  #owed = 0;
  #underWay = 0;
  #stopped = false;
  #lastTick = performance.now();
  #lastStep = performance.now();
  readonly #timer = setInterval(() => this.#tick(), TICK);

  constructor(agents: readonly string[], settings: Settings) {
    this.#agents = agents;
    this.#settings = settings;
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const passed = now - this.#lastTick;
    this.#lastTick = now;
    const hidden = document.visibilityState === "hidden";
    const { state, startedAt } = traffic.peek();
    if (hidden !== (state === "paused")) traffic.value = { ...traffic.peek(), state: hidden ? "paused" : "running" };
    if (Date.now() - startedAt > this.#settings.minutes * 60_000)
      return stopTraffic(`It stopped after ${this.#settings.minutes} minutes, as asked.`);
    if (now - this.#lastStep >= 1000) {
      this.#lastStep = now;
      this.#step();
    }
    if (hidden) {
      this.#owed = 0;
      return;
    }
    // What could not be sent is not made up for later.
    this.#owed = Math.min(this.#owed + (this.#settings.rate * passed) / 1000, Math.max(1, this.#settings.rate));
    while (this.#owed >= 1) {
      if (this.#underWay >= AT_ONCE) {
        this.#owed = 0;
        break;
      }
      this.#owed -= 1;
      void this.#instance();
    }
  }

  async #instance(): Promise<void> {
    const agent = this.#agents[Math.floor(Math.random() * this.#agents.length)];
    const registered = await this.#send(0, "/api/v1/agent_instance/register", {
      agent_id: agent,
      agent_version: { external_identifier: "traffic" },
    });
    const id = succeeded(registered) ? (registered.body as { details: AgentInstance }).details.id : undefined;
    if (id === undefined || this.#stopped) return;
    await this.#send(1, `/api/v1/agent_instance/${id}/start`, {});
    const failed = Math.random() * 100 < this.#settings.fail;
    const status = failed ? "failed" : "complete";
    await this.#send(2, "/api/v1/agent_spans", {
      details: { agent_instance_id: id, schema_name: "agent:run", status, payload: { by: "traffic" } },
    });
    // A started instance is finished even after Stop, so that none is left running.
    await this.#send(3, `/api/v1/agent_instance/${id}/finish`, { status });
  }

  async #send(operation: number, path: string, body: unknown): Promise<Answer> {
    this.#underWay++;
    const answer = await call("POST", path, body, { by: BY });
    this.#underWay--;
    this.#count(operation, answer);
    const { generation, state } = connection.peek();
    if (generation !== this.#generation) stopTraffic("The connection was changed.");
    else if (state !== "answering") stopTraffic("The service stopped answering.");
    return answer;
  }

  #count(operation: number, answer: Answer): void {
    if (this.#stopped) return;
    const kind = succeeded(answer) ? "good" : answer.status >= 400 && answer.status < 500 ? "refused" : "failed";
    this.#second[kind]++;
    if (answer.status !== 0) {
      this.#second.times.push(answer.milliseconds);
      const times = this.#times[operation];
      times?.push(answer.milliseconds);
      if (times !== undefined && times.length > REMEMBERED) times.shift();
    }
    const sum = this.#sums[operation];
    if (sum !== undefined) {
      sum.sent++;
      sum[kind]++;
    }
    if (kind !== "good" && answer.status !== 0) this.#statuses[kind].add(answer.status);
  }

  #step(): void {
    const { good, refused, failed, times } = this.#second;
    this.#second = { good: 0, refused: 0, failed: 0, times: [] };
    const now = traffic.peek();
    traffic.value = {
      ...now,
      operations: this.#sums.map((sum, index) => ({ ...sum, ...quantiles(this.#times[index] ?? []) })),
      statuses: { refused: [...this.#statuses.refused].sort(), failed: [...this.#statuses.failed].sort() },
      steps: [...now.steps.slice(1 - STEPS), { good, refused, failed, ...quantiles(times) }],
    };
  }
}

/** The median and the 95th percentile. */
export function quantiles(times: readonly number[]): { readonly median: number | undefined; readonly high: number | undefined } {
  const sorted = [...times].sort((a, b) => a - b);
  const at = (share: number): number | undefined => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return { median: at(0.5), high: at(0.95) };
}

let run: Run | undefined;

export function stopTraffic(why?: string): void {
  if (run === undefined) return;
  run.stop();
  run = undefined;
  traffic.value = { ...traffic.peek(), state: "idle", ...(why !== undefined && { ended: why }) };
}

/** Starts the traffic. Returns what stands in the way, as a sentence. */
export async function startTraffic(settings: Settings): Promise<string | undefined> {
  stopTraffic();
  const answer = await call("GET", "/api/v1/agent?sorting=-updated_at&pagination[page_size]=100", undefined, { by: BY });
  if (!succeeded(answer)) return messageOf(answer);
  const { summaries } = answer.body as { summaries: readonly AgentSummary[] };
  const able = summaries.filter(({ status }) => status !== "retired");
  const active = able.filter(({ status }) => status === "active");
  const chosen = [...active, ...able.filter(({ status }) => status !== "active")].slice(0, settings.agents).map(({ id }) => id);
  if (chosen.length === 0) return "There is no agent that can run. Create one, or reinstate one.";
  const { ended: _ended, ...before } = traffic.peek();
  traffic.value = {
    ...before,
    state: "running",
    settings,
    startedAt: Date.now(),
    steps: Array.from({ length: STEPS }, () => NOTHING),
    operations: OPERATIONS.map(() => NO_SUM),
    statuses: { refused: [], failed: [] },
  };
  run = new Run(chosen, settings);
  return undefined;
}

effect(() => setBadge("traffic", { idle: undefined, running: "running", paused: "paused" }[traffic.value.state]));
