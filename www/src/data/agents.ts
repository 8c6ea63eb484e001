// Lists of agents. The API sorts and pages; this module finds the part of a sorted list that a name or a status is in.
import type { AgentStatus, AgentSummary, AgentSummaryList } from "../../../js/generated/wire.js";
import { AGENT_STATUSES } from "../../../js/generated/rules.js";
import { call } from "../connection/client.js";
import { compareCodePoints } from "./code-points.js";
import { freshKey } from "./key.js";
import { type Outcome, property, succeeded } from "./resource.js";
import type { Answer } from "../connection/client.js";

export interface Question {
  /** The beginning of the name. */
  readonly q: string;
  readonly env: string;
  readonly status: AgentStatus | "";
  readonly sort: string;
  readonly offset: number;
  readonly size: number;
}

export interface AgentPage {
  readonly rows: readonly AgentSummary[];
  /** The number of agents that the question has. */
  readonly total: number;
  /** The number without name and status; `undefined` if it was not asked. */
  readonly all: number | undefined;
  /** Name and status together match too many names to be filtered here. */
  readonly tooMany?: number;
}

/** A part of a sorted list: from `start`, before `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The most agents of a name that are filtered by status in the page. */
export const FILTERED_HERE = 500;
const PAGE = 100;

const BY = "the search";

/** A request failed: carried out of the search. */
class Failed extends Error {
  constructor(readonly answer: Answer) {
    super("no list");
  }
}

interface Context {
  readonly env: string;
  readonly signal: AbortSignal;
}

function listPath(env: string, sort: string, offset: number, size: number, counts: boolean): string {
  const query = new URLSearchParams();
  if (env !== "") query.set("environment_id", env);
  if (counts) query.set("include_counts", "true");
  query.set("sorting", sort);
  query.set("pagination[offset]", String(offset));
  query.set("pagination[page_size]", String(size));
  return `/api/v1/agent?${query.toString().replaceAll("%5B", "[").replaceAll("%5D", "]")}`;
}

async function page(context: Context, sort: string, offset: number, size: number, by: string): Promise<AgentSummaryList> {
  const answer = await call("GET", listPath(context.env, sort, offset, size, true), undefined, { signal: context.signal, by });
  if (!succeeded(answer)) throw new Failed(answer);
  return answer.body as AgentSummaryList;
}

/** The agents at some offsets of a sorted list, in one request; by lists of one where bulk is refused. */
async function probe(context: Context, sort: string, offsets: readonly number[]): Promise<readonly (AgentSummary | undefined)[]> {
  const tag = freshKey().slice(0, 8);
  const items = offsets.map((offset) => ({
    _type: "agents/list",
    idempotency_key: `${tag}-${offset}`,
    ...(context.env !== "" && { environment_id: context.env }),
    sorting: sort,
    pagination: { offset, page_size: 1 },
  }));
  const answer = await call("POST", "/api/v1/bulk", { items }, { signal: context.signal, by: BY });
  const outputs = property(answer.body, "outputs");
  if (succeeded(answer) && outputs !== undefined) {
    return offsets.map((offset) => (property(property(outputs, `${tag}-${offset}`), "summaries") as AgentSummary[] | undefined)?.[0]);
  }
  if (answer.status === 0 || answer.status === 401) throw new Failed(answer);
  const found: (AgentSummary | undefined)[] = [];
  for (let at = 0; at < offsets.length; at += 6) {
    const some = offsets.slice(at, at + 6).map((offset) => page(context, sort, offset, 1, BY));
    found.push(...(await Promise.all(some)).map((list) => list.summaries[0]));
  }
  return found;
}

const PROBES = 40;

/** The first positions at which each test is true, among `total` agents in an order in which each test turns true once. */
async function borders(
  context: Context,
  sort: string,
  total: number,
  tests: readonly ((agent: AgentSummary) => boolean)[],
): Promise<number[]> {
  // Each border is in `low ..= high`.
  const ranges = tests.map(() => ({ low: 0, high: total }));
  while (ranges.some(({ low, high }) => low < high)) {
    const offsets = new Set<number>();
    for (const { low, high } of ranges) {
      const count = Math.min(PROBES, high - low);
      for (let i = 0; i < count; i++) offsets.add(low + Math.floor(((i + 1) * (high - low)) / (count + 1)));
    }
    const asked = [...offsets].sort((a, b) => a - b);
    const found = await probe(context, sort, asked);
    for (const [index, test] of tests.entries()) {
      const range = ranges[index];
      if (range === undefined) continue;
      for (const [at, offset] of asked.entries()) {
        const agent = found[at];
        // Past the end, where agents were deleted meanwhile, each test counts as true.
        if (agent === undefined || test(agent)) range.high = Math.min(range.high, offset);
        else range.low = Math.max(range.low, offset + 1);
      }
      range.high = Math.max(range.low, range.high);
    }
  }
  return ranges.map(({ low }) => low);
}

/** The text, and the text with the case of its first letter turned. */
function beginnings(text: string): readonly string[] {
  const [first = ""] = Array.from(text);
  const rest = text.slice(first.length);
  const turned = first === first.toUpperCase() ? first.toLowerCase() : first.toUpperCase();
  return Array.from(turned).length !== 1 || turned === first ? [text] : [text, turned + rest].sort(compareCodePoints);
}

async function rangesOfName(context: Context, text: string, total: number): Promise<readonly Range[]> {
  const begins = beginnings(text);
  const tests = begins.flatMap((begin) => [
    (agent: AgentSummary) => compareCodePoints(agent.name, begin) >= 0,
    (agent: AgentSummary) => compareCodePoints(agent.name, begin) >= 0 && !agent.name.startsWith(begin),
  ]);
  const found = await borders(context, "name", total, tests);
  return begins.map((_, index) => ({ start: found[2 * index] ?? 0, end: found[2 * index + 1] ?? 0 }));
}

/** The rows of a page of ranges that follow one another. */
async function rowsOf(
  context: Context,
  sort: string,
  ranges: readonly Range[],
  offset: number,
  size: number,
): Promise<readonly AgentSummary[]> {
  const rows: AgentSummary[] = [];
  let skipped = 0;
  for (const { start, end } of ranges) {
    const length = end - start;
    let at = start + Math.max(0, offset - skipped);
    skipped += length;
    while (at < end && rows.length < size) {
      const list = await page(context, sort, at, Math.min(size - rows.length, end - at, PAGE), "the list");
      rows.push(...list.summaries);
      at += list.summaries.length;
      if (list.summaries.length === 0) break;
    }
  }
  return rows;
}

const sizeOf = (ranges: readonly Range[]): number => ranges.reduce((sum, { start, end }) => sum + end - start, 0);

async function byName(context: Context, question: Question): Promise<AgentPage> {
  const first = await page(context, "name", 0, 1, BY);
  const all = first.pagination.item_count;
  const ranges = await rangesOfName(context, question.q, all);
  const total = sizeOf(ranges);
  if (question.status !== "") {
    if (total > FILTERED_HERE) return { rows: [], total: 0, all, tooMany: total };
    const named = await rowsOf(context, "name", ranges, 0, FILTERED_HERE);
    const rows = named.filter((agent) => agent.status === question.status);
    return { rows: rows.slice(question.offset, question.offset + question.size), total: rows.length, all };
  }
  if (question.sort !== "-name") return { rows: await rowsOf(context, "name", ranges, question.offset, question.size), total, all };
  // The same list from its end.
  const turned = ranges.map(({ start, end }) => ({ start: all - end, end: all - start })).reverse();
  return { rows: await rowsOf(context, "-name", turned, question.offset, question.size), total, all };
}

async function byStatus(context: Context, question: Question): Promise<AgentPage> {
  const first = await page(context, "status", 0, 1, BY);
  const all = first.pagination.item_count;
  const rank = (status: AgentStatus): number => AGENT_STATUSES.indexOf(status);
  const wanted = rank(question.status === "" ? "pending" : question.status);
  const [start = 0, end = 0] = await borders(context, "status", all, [
    (agent) => rank(agent.status) >= wanted,
    (agent) => rank(agent.status) > wanted,
  ]);
  const range = { start, end };
  return { rows: await rowsOf(context, "status", [range], question.offset, question.size), total: end - start, all };
}

/** The page of the list that answers a question. */
export async function listAgents(question: Question, signal: AbortSignal): Promise<Outcome<AgentPage>> {
  const context = { env: question.env, signal };
  try {
    if (question.q !== "") return { value: await byName(context, question) };
    if (question.status !== "") return { value: await byStatus(context, question) };
    const list = await page(context, question.sort, question.offset, question.size, "the list");
    return { value: { rows: list.summaries, total: list.pagination.item_count, all: list.pagination.item_count } };
  } catch (cause) {
    if (cause instanceof Failed) return { failed: cause.answer };
    throw cause;
  }
}
